//! Hosts that a provider answers from beside its own origin, and how their addresses are turned into the gateway's and back.
//!
//! Replicate answers with absolute addresses: events come from one host, output files from another. An SDK follows them
//! with its credential, which is a gateway token here, so they must lead to the gateway. The list below is an allow-list of
//! exact hosts; the gateway calls no other, and follows no redirect.

use std::borrow::Cow;

use ownkey_protocol::vocabulary::Provider;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::endpoints::Endpoints;

/// One such host.
#[derive(Debug, PartialEq, Eq)]
pub struct Host {
    /// Whose answers name it.
    pub provider: Provider,
    /// Its name in the gateway's addresses: `/gateway/{provider}/_host/{name}/…`.
    pub name: &'static str,
    /// Its origin, without a slash at the end.
    pub real: &'static str,
    /// Whether calls to it carry the key. A host of public files gets none.
    pub credential: bool,
}

/// Every host that may be called beside the origins of [`crate::endpoints`].
pub const HOSTS: &[Host] = &[
    Host { provider: Provider::Replicate, name: "stream", real: "https://stream.replicate.com", credential: true },
    Host { provider: Provider::Replicate, name: "delivery", real: "https://replicate.delivery", credential: false },
    Host { provider: Provider::Replicate, name: "pbxt", real: "https://pbxt.replicate.delivery", credential: false },
];

/// The first segment of the gateway's addresses for these hosts.
pub const HERE: &str = "_host";

/// The host of this name.
#[must_use]
pub fn named(provider: Provider, name: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.provider == provider && host.name == name)
}

/// The host and its path in a path of the gateway; `None` for a path of the provider's own origin.
#[must_use]
pub fn in_path(provider: Provider, path: &str) -> Option<(&'static Host, &str)> {
    let rest = path.strip_prefix('/')?.strip_prefix(HERE)?.strip_prefix('/')?;
    let at = rest.find('/')?;
    Some((named(provider, &rest[..at])?, &rest[at..]))
}

/// The addresses of one provider, there and here.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// There, here, and whether it is a further host.
    pairs: Vec<(String, String, bool)>,
}

impl Addresses {
    /// `gateway` is the gateway's address of this provider: `https://agency.example/gateway/replicate`.
    #[must_use]
    pub fn new(endpoints: &Endpoints, provider: Provider, gateway: &str) -> Self {
        let further = HOSTS.iter().filter(|host| host.provider == provider).filter_map(|host| {
            let there = endpoints.host(host)?.to_owned();
            Some((there, format!("{gateway}/{HERE}/{}", host.name), true))
        });
        let mut pairs: Vec<_> = further.collect();
        pairs.push((endpoints.origin(provider).to_owned(), gateway.to_owned(), false));
        Self { pairs }
    }

    /// A text with the provider's addresses turned into the gateway's. `found` gets the path of each address of a further
    /// host, without its first slash: it must be remembered, since it does not tell what it belongs to.
    #[must_use]
    pub fn home<'t>(&self, text: &'t str, found: &mut Vec<String>) -> Cow<'t, str> {
        turn(text, |rest| {
            let (there, here, further) = self.pairs.iter().find(|(there, ..)| starts(rest, there))?;
            if *further {
                found.extend(path(&rest[there.len()..]).map(str::to_owned));
            }
            Some((there.len(), here.as_str()))
        })
    }

    /// A text with the gateway's addresses turned back into the provider's. `found` gets what they refer to: paths as
    /// [`Addresses::home`] tells them, and ids of uploaded files.
    #[must_use]
    pub fn away<'t>(&self, text: &'t str, found: &mut Vec<String>) -> Cow<'t, str> {
        turn(text, |rest| {
            if let Some((there, here, further)) = self.pairs.iter().find(|(_, here, _)| starts(rest, here)) {
                let after = &rest[here.len()..];
                found.extend(if *further { path(after) } else { file(after) }.map(str::to_owned));
                return Some((here.len(), there.as_str()));
            }
            let (there, ..) = self.pairs.iter().find(|(there, _, further)| !further && starts(rest, there))?;
            found.extend(file(&rest[there.len()..]).map(str::to_owned));
            None
        })
    }

    /// Takes out of a prediction's `urls`, and of a batch's `results_url`, what an SDK would call with its credential and what does not lead to the
    /// gateway. `body` has been turned home before. `None` when nothing has to go.
    #[must_use]
    pub fn without_strangers(&self, body: &str) -> Option<String> {
        #[derive(Deserialize)]
        struct Prediction<'b> {
            #[serde(borrow, default)]
            urls: Option<Urls<'b>>,
            #[serde(borrow, default)]
            results_url: Option<&'b RawValue>,
        }
        #[derive(Deserialize, Default)]
        struct Urls<'b> {
            #[serde(borrow, default)]
            get: Option<&'b RawValue>,
            #[serde(borrow, default)]
            cancel: Option<&'b RawValue>,
            #[serde(borrow, default)]
            stream: Option<&'b RawValue>,
        }
        let made = serde_json::from_str::<Prediction<'_>>(body).ok()?;
        let urls = made.urls.unwrap_or_default();
        let mut strangers: Vec<_> = [urls.get, urls.cancel, urls.stream, made.results_url]
            .into_iter()
            .flatten()
            .filter(|raw| {
                let address: Option<String> = serde_json::from_str(raw.get()).ok();
                address.is_some_and(|address| !self.pairs.iter().any(|(_, here, _)| starts(&address, here)))
            })
            .filter_map(|raw| {
                let from = (raw.get().as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
                Some(from..from + raw.get().len())
            })
            .collect();
        if strangers.is_empty() {
            return None;
        }
        strangers.sort_by_key(|range| std::cmp::Reverse(range.start));
        let mut out = body.to_owned();
        for range in strangers {
            out.replace_range(range, "null");
        }
        Some(out)
    }
}

/// Replaces addresses in a text: `with` says how much of the rest of the text goes, and what takes its place.
fn turn<'t, 'h>(text: &'t str, mut with: impl FnMut(&str) -> Option<(usize, &'h str)>) -> Cow<'t, str> {
    let mut out = String::new();
    let (mut done, mut from) = (0, 0);
    while let Some(at) = text[from..].find("http") {
        let at = from + at;
        match with(&text[at..]) {
            Some((length, instead)) => {
                out.push_str(&text[done..at]);
                out.push_str(instead);
                done = at + length;
                from = done;
            }
            None => from = at + 4,
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Whether an address begins with this origin, and not with a longer host's or another port's.
fn starts(text: &str, origin: &str) -> bool {
    let after = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'@' | b'_' | b'%'));
    text.strip_prefix(origin).is_some_and(|rest| rest.as_bytes().first().is_none_or(after))
}

/// The path at the beginning of what follows an origin, without its first slash.
fn path(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix('/')?;
    let part = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&b);
    let end = rest.bytes().position(|b| !part(b)).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|path| !path.is_empty() && path.len() <= crate::routes::LONGEST_PATH)
}

/// The id in the path of an uploaded file.
fn file(rest: &str) -> Option<&str> {
    path(rest)?.strip_prefix("v1/files/").map(|rest| rest.split('/').next().unwrap_or(rest)).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: &str = "https://agency.example/gateway/replicate";

    fn real() -> Addresses {
        Addresses::new(&Endpoints::default(), Provider::Replicate, GATEWAY)
    }

    fn home(text: &str) -> (String, Vec<String>) {
        let mut found = vec![];
        let text = real().home(text, &mut found).into_owned();
        (text, found)
    }

    #[test]
    fn every_host_on_the_list_comes_home_and_goes_back() {
        let there = r#"{"urls":{"get":"https://api.replicate.com/v1/predictions/p1","stream":"https://stream.replicate.com/v1/streams/x~1"},"output":["https://replicate.delivery/xezq/R/out-0.png","https://pbxt.replicate.delivery/a%20b.png?s=1"]}"#;
        let (here, found) = home(there);
        assert!(here.contains(r#""https://agency.example/gateway/replicate/v1/predictions/p1""#), "{here}");
        assert!(
            here.contains(r#""https://agency.example/gateway/replicate/_host/delivery/xezq/R/out-0.png""#),
            "{here}"
        );
        assert!(!here.contains("replicate.com") && !here.contains("replicate.delivery"), "{here}");
        assert_eq!(found, ["v1/streams/x~1", "xezq/R/out-0.png", "a%20b.png"]);
        let mut referred = vec![];
        assert_eq!(real().away(&here, &mut referred), there);
        assert_eq!(referred, found);
    }

    #[test]
    fn hosts_that_only_look_alike_stay_where_they_are() {
        for text in [
            "https://replicate.delivery.evil.example/a",
            "https://api.replicate.com:8443/v1",
            "https://api.replicate.com@evil.example/",
            "https://evil.example/?to=https:api.replicate.com/",
            "http://api.replicate.com/v1",
            "https://replicate.com/p/1",
            "é https://stream.replicate.community/",
        ] {
            assert_eq!(home(text), (text.to_owned(), vec![]));
        }
        assert!(named(Provider::Replicate, "evil").is_none() && named(Provider::OpenAi, "stream").is_none());
        assert!(in_path(Provider::Replicate, "/_host/evil.example/a").is_none());
        let (host, path) = in_path(Provider::Replicate, "/_host/delivery/xezq/a.png").unwrap();
        assert_eq!((host.real, path, host.credential), ("https://replicate.delivery", "/xezq/a.png", false));
    }

    #[test]
    fn an_uploaded_file_is_a_reference_however_it_is_written() {
        for text in [
            r#"{"input":{"image":"https://api.replicate.com/v1/files/f1"}}"#,
            r#"{"input":{"image":"https://agency.example/gateway/replicate/v1/files/f1/download"}}"#,
        ] {
            let mut found = vec![];
            assert!(real().away(text, &mut found).contains("https://api.replicate.com/v1/files/f1"));
            assert_eq!(found, ["f1"]);
        }
    }

    #[test]
    fn an_sdk_gets_no_address_of_a_stranger_to_call_with_its_token() {
        let (body, _) = home(
            r#"{"urls":{"get":"https://api.replicate.com/v1/predictions/p","cancel":"https:\/\/api.replicate.com\/x","stream":"https://stream-b.svc.example/v1","web":"https://replicate.com/p/p"}}"#,
        );
        let out = real().without_strangers(&body).unwrap();
        assert_eq!(
            out,
            r#"{"urls":{"get":"https://agency.example/gateway/replicate/v1/predictions/p","cancel":null,"stream":null,"web":"https://replicate.com/p/p"}}"#
        );
        assert_eq!(real().without_strangers(&out), None);
        assert_eq!(real().without_strangers("no json"), None);
    }

    #[test]
    fn a_practice_provider_leads_to_no_real_host() {
        let practice = Endpoints::default().overridden(Provider::Replicate, "http://127.0.0.1:4005").unwrap();
        let stream = named(Provider::Replicate, "stream").unwrap();
        assert_eq!(practice.host(stream), None);
        let practice = practice.host_overridden(stream, "http://127.0.0.1:4006").unwrap();
        assert_eq!(practice.host(stream), Some("http://127.0.0.1:4006"));
        assert!(practice.clone().host_overridden(stream, "http://10.0.0.1:1").is_err());
        assert_eq!(Endpoints::default().host(stream), Some("https://stream.replicate.com"));
    }
}
