//! Where a call comes in: a provider's own routes, or one route in OpenAI's shape for whichever account is preferred.

use ownkey_protocol::vocabulary::{Provider, Use};

/// Where a call goes: straight to a provider, or to whichever the client prefers for a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// `/gateway/{provider}/…`
    Direct(Provider),
    /// One route in OpenAI's shape for a use.
    Unified(Use),
}

/// Every path of the gateway plane with its door; `{*path}` stands for one character or more. Tests draw their lists of
/// cases from it.
pub const ROUTES: &[(&str, Door)] = &[
    ("/gateway/openai/{*path}", Door::Direct(Provider::OpenAi)),
    ("/gateway/anthropic/{*path}", Door::Direct(Provider::Anthropic)),
    ("/gateway/gemini/{*path}", Door::Direct(Provider::Gemini)),
    ("/gateway/stability/{*path}", Door::Direct(Provider::Stability)),
    ("/gateway/replicate/{*path}", Door::Direct(Provider::Replicate)),
    ("/gateway/chat/v1/chat/completions", Door::Unified(Use::Chat)),
    ("/gateway/images/v1/images/generations", Door::Unified(Use::Images)),
];

impl Door {
    /// The door that a path leads to.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let leads = |pattern: &str| match pattern.strip_suffix("{*path}") {
            Some(start) => path.len() > start.len() && path.starts_with(start),
            None => path == pattern,
        };
        ROUTES.iter().find(|(pattern, _)| leads(pattern)).map(|(_, door)| *door)
    }

    /// Whose envelope a refusal is in.
    #[must_use]
    pub const fn envelope(self) -> Provider {
        match self {
            Self::Direct(provider) => provider,
            Self::Unified(_) => Provider::OpenAi,
        }
    }

    /// The provider's path in the address of a call: what follows the door's name, as it was sent (not decoded).
    pub(crate) fn inside(self, path: &str) -> &str {
        let rest = path.strip_prefix("/gateway/").unwrap_or(path);
        rest.find('/').map_or("/", |at| &rest[at..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_one_door_or_none() {
        assert_eq!(Door::at("/gateway/gemini/v1beta/models"), Some(Door::Direct(Provider::Gemini)));
        assert_eq!(Door::at("/gateway/chat/v1/chat/completions"), Some(Door::Unified(Use::Chat)));
        for path in
            ["/gateway/openai", "/gateway/openai/", "/gateway/openaix/v1", "/gateway/chat/v1/models", "/v1/acts"]
        {
            assert_eq!(Door::at(path), None, "{path}");
        }
    }

    #[test]
    fn what_follows_the_door_is_kept_as_it_was_sent() {
        let door = Door::Direct(Provider::OpenAi);
        assert_eq!(door.inside("/gateway/openai/v1/models/a%2Fb"), "/v1/models/a%2Fb");
        assert_eq!(door.inside("/gateway/openai//v1"), "//v1");
        assert_eq!(door.inside("/gateway/chat/v1/chat/completions"), "/v1/chat/completions");
    }
}
