//! What a pasted text is, by its shape alone: nothing is tried anywhere (design.md §4.3, providers.md §1).
//!
//! Length alone never refuses a key: providers change lengths without saying so.

use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;
use zeroize::Zeroizing;

/// What a text looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pasted {
    /// A key for work calls.
    Work {
        /// Of which provider.
        provider: Provider,
        /// Of which kind.
        kind: Kind,
    },
    /// An admin key.
    Admin {
        /// Of which provider.
        provider: Provider,
    },
    /// Whose key this is, or of which kind, the shape does not tell for sure: the person is asked, nothing is tried.
    Ambiguous {
        /// Whose it may be, the likeliest first.
        providers: Vec<Provider>,
    },
    /// Several keys: the person is asked to copy one.
    Several(usize),
    /// Not a key.
    NotAKey(Reason),
}

/// Kinds of work keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// OpenAI: of a project.
    Project,
    /// OpenAI: of a service account.
    ServiceAccount,
    /// OpenAI: of a person, older form.
    User,
    /// Anthropic: of the API.
    Api,
    /// Google: bound to a service account.
    AuthKey,
    /// Google: the older form that is being refused.
    StandardKey,
    /// Replicate: a token.
    Token,
}

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nothing but white space.
    Empty,
    /// Longer than any key.
    TooLong,
    /// An address.
    Address,
    /// A key of Anthropic's that is not for the API (Claude Enterprise, OAuth).
    OtherAnthropicKey,
    /// A gateway token: it belongs into an assistant, not here.
    GatewayToken,
    /// None of the known shapes.
    Unknown,
}

impl Pasted {
    /// A word of the locale files for the kind of key.
    #[must_use]
    pub fn kind_word(&self) -> &'static str {
        match self {
            Self::Work { kind, .. } => match kind {
                Kind::Project => "project_key",
                Kind::ServiceAccount => "service_account_key",
                Kind::User => "user_key",
                Kind::Api => "api_key",
                Kind::AuthKey => "auth_key",
                Kind::StandardKey => "standard_key",
                Kind::Token => "api_token",
            },
            Self::Admin { .. } => "admin_key",
            _ => "api_key",
        }
    }
}

/// What a text looks like, and the key in it. Everything of `text` that is not given back is wiped.
#[must_use]
pub fn take(text: String) -> (Pasted, Option<Secret>) {
    let text = Zeroizing::new(text);
    let found = candidates(&text);
    match found.as_slice() {
        [] => (Pasted::NotAKey(reason(&text)), None),
        [one] => {
            let shape = shape(one);
            let secret = match shape {
                Pasted::NotAKey(_) => None,
                _ => Secret::new(one.as_bytes().to_vec()).ok(),
            };
            (shape, secret)
        }
        many => (Pasted::Several(many.len()), None),
    }
}

/// What a text looks like.
#[must_use]
pub fn classify(text: &str) -> Pasted {
    match candidates(text).as_slice() {
        [] => Pasted::NotAKey(reason(text)),
        [one] => shape(one),
        many => Pasted::Several(many.len()),
    }
}

/// Words in the text that have the shape of a key, each once. Quotes, `export X=`, `Bearer` and JSON around are shed.
fn candidates(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    // Whatever no key contains is an edge, so that also a byte order mark, a zero-width or a typographic sign is shed.
    let edge = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    for word in text.split(edge).map(|word| word.trim_matches('.')).filter(|w| !w.is_empty()) {
        let known = !matches!(shape(word), Pasted::NotAKey(Reason::Unknown | Reason::Empty | Reason::Address));
        if known && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

fn reason(text: &str) -> Reason {
    let text = text.trim();
    if text.is_empty() {
        Reason::Empty
    } else if text.len() > ownkey_secret::MAX_BYTES {
        Reason::TooLong
    } else if text.starts_with("http://") || text.starts_with("https://") {
        Reason::Address
    } else {
        Reason::Unknown
    }
}

/// The order is that of providers.md §1: the most telling prefix first.
fn shape(word: &str) -> Pasted {
    let key_like =
        |rest: &str| rest.len() >= 16 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let work = |provider, kind| Pasted::Work { provider, kind };
    if word.len() > ownkey_secret::MAX_BYTES {
        return Pasted::NotAKey(Reason::TooLong);
    }
    if let Some(rest) = word.strip_prefix("sk-ant-") {
        return match rest {
            _ if !key_like(rest) => Pasted::NotAKey(Reason::Unknown),
            _ if rest.starts_with("admin") => Pasted::Admin { provider: Provider::Anthropic },
            _ if rest.starts_with("api03-") => work(Provider::Anthropic, Kind::Api),
            _ if rest.starts_with("api01-") || rest.starts_with("oat") || rest.starts_with("sid") => {
                Pasted::NotAKey(Reason::OtherAnthropicKey)
            }
            _ => Pasted::Ambiguous { providers: vec![Provider::Anthropic] },
        };
    }
    if let Some(rest) = word.strip_prefix("sk-admin-") {
        return if key_like(rest) {
            Pasted::Admin { provider: Provider::OpenAi }
        } else {
            Pasted::NotAKey(Reason::Unknown)
        };
    }
    for (prefix, kind) in
        [("sk-proj-", Kind::Project), ("sk-svcacct-", Kind::ServiceAccount), ("sk-service-", Kind::ServiceAccount)]
    {
        if let Some(rest) = word.strip_prefix(prefix) {
            return if key_like(rest) { work(Provider::OpenAi, kind) } else { Pasted::NotAKey(Reason::Unknown) };
        }
    }
    if let Some(rest) = word.strip_prefix("sk-") {
        return match rest {
            _ if !key_like(rest) => Pasted::NotAKey(Reason::Unknown),
            _ if rest.contains("T3BlbkFJ") => work(Provider::OpenAi, Kind::User),
            _ if rest.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Pasted::Ambiguous { providers: vec![Provider::Stability, Provider::OpenAi] }
            }
            _ => work(Provider::OpenAi, Kind::User),
        };
    }
    if let Some(rest) = word.strip_prefix("AQ.") {
        return if key_like(rest) { work(Provider::Gemini, Kind::AuthKey) } else { Pasted::NotAKey(Reason::Unknown) };
    }
    if let Some(rest) = word.strip_prefix("AIza") {
        return if key_like(rest) {
            work(Provider::Gemini, Kind::StandardKey)
        } else {
            Pasted::NotAKey(Reason::Unknown)
        };
    }
    if let Some(rest) = word.strip_prefix("r8_") {
        return if key_like(rest) { work(Provider::Replicate, Kind::Token) } else { Pasted::NotAKey(Reason::Unknown) };
    }
    if word.starts_with("okg_") && key_like(&word[4..]) {
        return Pasted::NotAKey(Reason::GatewayToken);
    }
    Pasted::NotAKey(if word.trim().is_empty() { Reason::Empty } else { Reason::Unknown })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openai(prefix: &str, half: usize) -> String {
        format!("{prefix}{}T3BlbkFJ{}", "a".repeat(half), "b".repeat(half))
    }

    #[test]
    fn each_kind_is_known_by_its_shape_at_each_length() {
        let mut table: Vec<(String, Pasted)> = Vec::new();
        for half in [20, 58, 74, 91] {
            let work = |kind| Pasted::Work { provider: Provider::OpenAi, kind };
            table.push((openai("sk-proj-", half), work(Kind::Project)));
            table.push((openai("sk-svcacct-", half), work(Kind::ServiceAccount)));
            table.push((openai("sk-admin-", half), Pasted::Admin { provider: Provider::OpenAi }));
            table.push((openai("sk-", half), work(Kind::User)));
        }
        let anthropic = format!("sk-ant-api03-{}AA", "z".repeat(93));
        table.push((anthropic, Pasted::Work { provider: Provider::Anthropic, kind: Kind::Api }));
        table.push((format!("sk-ant-admin01-{}AA", "z".repeat(93)), Pasted::Admin { provider: Provider::Anthropic }));
        table.push((format!("sk-ant-api01-{}", "z".repeat(93)), Pasted::NotAKey(Reason::OtherAnthropicKey)));
        table.push((
            format!("sk-ant-usr02-{}", "z".repeat(93)),
            Pasted::Ambiguous { providers: vec![Provider::Anthropic] },
        ));
        table.push((
            format!("AIzaSy{}", "c".repeat(33)),
            Pasted::Work { provider: Provider::Gemini, kind: Kind::StandardKey },
        ));
        table.push((
            format!("AQ.Ab8RN6{}", "c".repeat(44)),
            Pasted::Work { provider: Provider::Gemini, kind: Kind::AuthKey },
        ));
        table.push((
            format!("r8_{}", "d".repeat(37)),
            Pasted::Work { provider: Provider::Replicate, kind: Kind::Token },
        ));
        table.push((
            format!("sk-{}", "e".repeat(48)),
            Pasted::Ambiguous { providers: vec![Provider::Stability, Provider::OpenAi] },
        ));
        table.push((format!("okg_{}", "f".repeat(49)), Pasted::NotAKey(Reason::GatewayToken)));
        for (text, expected) in table {
            for around in [
                "{}",
                " {}\n",
                "\"{}\"",
                "'{}'",
                "export OPENAI_API_KEY={}",
                "KEY=\"{}\"",
                "Authorization: Bearer {}",
                "{\"apiKey\": \"{}\"}",
                "Key (keep safe): {};",
                "Here it is: {}.",
                "\u{feff}{}\u{200b}",
                "[{}]",
                "{}\n{}",
            ] {
                assert_eq!(classify(&around.replace("{}", &text)), expected, "{around} {text}");
            }
        }
    }

    #[test]
    fn several_keys_are_asked_about_and_the_same_twice_is_one() {
        let (a, b) = (openai("sk-proj-", 20), openai("sk-svcacct-", 20));
        assert_eq!(classify(&format!("{a}\n{b}")), Pasted::Several(2));
        assert!(matches!(classify(&format!("{a}\n{a}")), Pasted::Work { .. }));
        assert!(take(format!("{a}\n{b}")).1.is_none());
    }

    #[test]
    fn other_texts_are_not_keys() {
        assert_eq!(classify("  \n"), Pasted::NotAKey(Reason::Empty));
        assert_eq!(classify("https://platform.openai.com/api-keys"), Pasted::NotAKey(Reason::Address));
        assert_eq!(classify("hunter2"), Pasted::NotAKey(Reason::Unknown));
        assert_eq!(classify("sk-proj-short"), Pasted::NotAKey(Reason::Unknown));
        assert_eq!(classify(&"x".repeat(3_000)), Pasted::NotAKey(Reason::TooLong));
    }

    #[test]
    fn the_key_comes_without_what_stood_around_it() {
        let key = openai("sk-proj-", 58);
        let (_, secret) = take(format!("export OPENAI_API_KEY='{key}'\n"));
        assert!(secret.unwrap().same_as(&Secret::new(key.into_bytes()).unwrap()));
    }

    #[test]
    fn a_key_that_was_not_copied_in_full_is_none() {
        for text in ["sk-...abcd", "sk-proj-************abcd", "sk-ant-api03-R2D…igAA", "sk-ant-api03-R2D...igAA"] {
            assert_eq!(take(text.to_owned()).0, Pasted::NotAKey(Reason::Unknown), "{text}");
        }
    }

    #[test]
    fn any_text_is_survived_and_a_key_comes_out_exactly_when_one_was_told() {
        let mut seed = 7_u64;
        let alphabet: Vec<char> = "sk-ant AQ.AIzar8_T3BlbkFJ=\"'{}:\n\u{0}é…•*/".chars().collect();
        for _ in 0..20_000 {
            let text: String = (0..40)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    alphabet[(seed >> 33) as usize % alphabet.len()]
                })
                .collect();
            let told = classify(&text);
            let (pasted, secret) = take(text.clone());
            assert_eq!(pasted, told);
            let one = matches!(pasted, Pasted::Work { .. } | Pasted::Admin { .. } | Pasted::Ambiguous { .. });
            assert_eq!(one, secret.is_some(), "{text:?}");
            let _ = crate::mask::mask(&text);
        }
    }
}
