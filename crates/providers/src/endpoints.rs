//! Where the providers are. Real addresses, unless a practice build names simulated ones on loopback.

use std::net::IpAddr;

use ownkey_protocol::vocabulary::Provider;
use url::{Host as UrlHost, Url};

use crate::hosts::Host;

/// The base origin of each provider, without a path and without a slash at the end.
///
/// Real ones by default. Another can be given, but only on loopback: a key never goes to a stranger because of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoints {
    overridden: [Option<String>; 5],
    hosts: Vec<(&'static str, String)>,
}

/// Why an address was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefused {
    /// It is not an address of the form `http://127.0.0.1:1234`.
    #[error("a provider's address is an origin such as http://127.0.0.1:8080, without path, name or password")]
    NotAnOrigin,
    /// It leads to another computer.
    #[error("a provider's address can be replaced by one on this computer only (127.0.0.1, ::1 or localhost)")]
    NotLoopback,
}

/// The provider's own origin.
#[must_use]
pub const fn real(provider: Provider) -> &'static str {
    match provider {
        Provider::OpenAi => "https://api.openai.com",
        Provider::Anthropic => "https://api.anthropic.com",
        Provider::Gemini => "https://generativelanguage.googleapis.com",
        Provider::Stability => "https://api.stability.ai",
        Provider::Replicate => "https://api.replicate.com",
    }
}

impl Endpoints {
    /// The same, with `provider` at `origin`.
    ///
    /// # Errors
    /// [`EndpointRefused`] when `origin` is not a plain origin on loopback.
    pub fn overridden(mut self, provider: Provider, origin: &str) -> Result<Self, EndpointRefused> {
        self.overridden[slot(provider)] = Some(practice(origin)?);
        Ok(self)
    }

    /// The same, with one of a provider's further hosts at `origin`.
    ///
    /// # Errors
    /// As [`Endpoints::overridden`].
    pub fn host_overridden(mut self, host: &'static Host, origin: &str) -> Result<Self, EndpointRefused> {
        self.hosts.push((host.real, practice(origin)?));
        Ok(self)
    }

    /// Where a further host is; `None` when its provider is simulated and it is not.
    #[must_use]
    pub fn host(&self, host: &'static Host) -> Option<&str> {
        match self.hosts.iter().rev().find(|(real, _)| *real == host.real) {
            Some((_, origin)) => Some(origin),
            None if self.is_overridden(host.provider) => None,
            None => Some(host.real),
        }
    }

    /// The origin of `provider`, without a slash at the end.
    #[must_use]
    pub fn origin(&self, provider: Provider) -> &str {
        self.overridden[slot(provider)].as_deref().unwrap_or(real(provider))
    }

    /// Whether `provider` is a simulated one on loopback.
    #[must_use]
    pub fn is_overridden(&self, provider: Provider) -> bool {
        self.overridden[slot(provider)].is_some()
    }

    /// Whether any provider is simulated. The banner that says so cannot be hidden then.
    #[must_use]
    pub fn simulated(&self) -> bool {
        self.overridden.iter().any(Option::is_some)
    }
}

/// The origin, if it is a plain one on loopback.
fn practice(origin: &str) -> Result<String, EndpointRefused> {
    let url = Url::parse(origin).map_err(|_| EndpointRefused::NotAnOrigin)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        return Err(EndpointRefused::NotAnOrigin);
    }
    if !loopback(&url) {
        return Err(EndpointRefused::NotLoopback);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether an address leads to this computer.
pub(crate) fn loopback(url: &Url) -> bool {
    match url.host() {
        Some(UrlHost::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(UrlHost::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(UrlHost::Domain(name)) => name == "localhost",
        None => false,
    }
}

const fn slot(provider: Provider) -> usize {
    match provider {
        Provider::OpenAi => 0,
        Provider::Anthropic => 1,
        Provider::Gemini => 2,
        Provider::Stability => 3,
        Provider::Replicate => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_origins_replace_a_provider() {
        let refused = |text: &str| Endpoints::default().overridden(Provider::OpenAi, text).unwrap_err();
        assert_eq!(refused("https://api.openai.com.evil.example"), EndpointRefused::NotLoopback);
        assert_eq!(refused("http://127.0.0.1.evil.example"), EndpointRefused::NotLoopback);
        assert_eq!(refused("http://10.0.0.1:80"), EndpointRefused::NotLoopback);
        assert_eq!(refused("http://user@127.0.0.1:80"), EndpointRefused::NotAnOrigin);
        assert_eq!(refused("http://127.0.0.1:80/v1"), EndpointRefused::NotAnOrigin);
        assert_eq!(refused("file:///tmp"), EndpointRefused::NotAnOrigin);
        assert_eq!(refused("127.0.0.1:80"), EndpointRefused::NotAnOrigin);
    }

    #[test]
    fn an_override_is_seen_and_hits_one_provider_only() {
        let real = Endpoints::default();
        assert!(!real.simulated());
        let practice = real.overridden(Provider::Gemini, "http://127.0.0.1:4004/").unwrap();
        assert!(practice.simulated());
        assert_eq!(practice.origin(Provider::Gemini), "http://127.0.0.1:4004");
        assert_eq!(practice.origin(Provider::OpenAi), "https://api.openai.com");
        assert!(Endpoints::default().overridden(Provider::Stability, "http://[::1]:9").is_ok());
    }
}
