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
    /// There, here, and which further host it is.
    pairs: Vec<(String, String, Option<&'static Host>)>,
}

impl Addresses {
    /// `gateway` is the gateway's address of this provider: `https://agency.example/gateway/replicate`.
    #[must_use]
    pub fn new(endpoints: &Endpoints, provider: Provider, gateway: &str) -> Self {
        let further = HOSTS.iter().filter(|host| host.provider == provider).filter_map(|host| {
            let there = endpoints.host(host)?.to_owned();
            Some((there, format!("{gateway}/{HERE}/{}", host.name), Some(host)))
        });
        let mut pairs: Vec<_> = further.collect();
        pairs.push((endpoints.origin(provider).to_owned(), gateway.to_owned(), None));
        Self { pairs }
    }

    /// A text with the provider's addresses turned into the gateway's. `found` gets `host/path` of each public address of
    /// a further host: it must be remembered, since it does not tell what it belongs to. A text may quote its caller, so
    /// an address to which the key would go is never found here, only in [`Addresses::urls`].
    #[must_use]
    pub fn home<'t>(&self, text: &'t str, found: &mut Vec<String>) -> Cow<'t, str> {
        turn(text, |rest| {
            let (there, here, host) = self.pairs.iter().find(|(there, ..)| starts(rest, there))?;
            if let Some(host) = host.filter(|host| !host.credential) {
                found.extend(of_host(host, &rest[there.len()..]));
            }
            Some((there.len(), here.as_str()))
        })
    }

    /// A text with the gateway's addresses turned back into the provider's. `found` gets what they refer to:
    /// `host/path`, and ids of uploaded files.
    #[must_use]
    pub fn away<'t>(&self, text: &'t str, found: &mut Vec<String>) -> Cow<'t, str> {
        turn(text, |rest| {
            if let Some((there, here, host)) = self.pairs.iter().find(|(_, here, _)| starts(rest, here)) {
                let after = &rest[here.len()..];
                found.extend(match host {
                    Some(host) => of_host(host, after),
                    None => file(after).map(str::to_owned),
                });
                return Some((here.len(), there.as_str()));
            }
            let (there, ..) = self.pairs.iter().find(|(there, _, host)| host.is_none() && starts(rest, there))?;
            found.extend(file(&rest[there.len()..]).map(str::to_owned));
            None
        })
    }

    /// Looks at a prediction's `urls` and a batch's `results_url`: an SDK calls them with its credential. Those that do
    /// not lead to the gateway are taken out (`None` when nothing has to go); `found` gets `host/path` of those that lead
    /// to a further host. `body` has been turned home before.
    #[must_use]
    pub fn urls(&self, body: &str, found: &mut Vec<String>) -> Option<String> {
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
        let mut leads_here = |address: &str| {
            let pair = self.pairs.iter().find(|(_, here, _)| starts(address, here));
            if let Some((_, here, Some(host))) = pair {
                found.extend(of_host(host, &address[here.len()..]));
            }
            pair.is_some()
        };
        let mut strangers: Vec<_> = [urls.get, urls.cancel, urls.stream, made.results_url]
            .into_iter()
            .flatten()
            .filter(|raw| {
                let address: Option<String> = serde_json::from_str(raw.get()).ok();
                address.is_some_and(|address| !leads_here(&address))
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

/// What is remembered of an address of a further host. It begins with the host's name, so it is no id of anything else.
fn of_host(host: &Host, rest: &str) -> Option<String> {
    path(rest).map(|path| format!("{}/{path}", host.name))
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
        assert_eq!(found, ["delivery/xezq/R/out-0.png", "pbxt/a%20b.png"]);
        let (mut urls, mut referred) = (vec![], vec![]);
        assert_eq!(real().urls(&here, &mut urls), None);
        assert_eq!(urls, ["stream/v1/streams/x~1"]);
        assert_eq!(real().away(&here, &mut referred), there);
        assert_eq!(referred, [urls, found].concat());
    }

    #[test]
    fn what_a_caller_writes_into_a_prompt_gives_it_no_thing() {
        let (_, found) = home(r#"{"id":"p1","input":{"prompt":"https://stream.replicate.com/v1/streams/foreign"}}"#);
        assert!(found.is_empty());
        let (_, found) = home(r#"{"input":{"prompt":"https://replicate.delivery/foreignprediction"}}"#);
        assert_eq!(found, ["delivery/foreignprediction"], "which is no prediction's id");
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
        let out = real().urls(&body, &mut vec![]).unwrap();
        assert_eq!(
            out,
            r#"{"urls":{"get":"https://agency.example/gateway/replicate/v1/predictions/p","cancel":null,"stream":null,"web":"https://replicate.com/p/p"}}"#
        );
        assert_eq!(real().urls(&out, &mut vec![]), None);
        assert_eq!(real().urls("no json", &mut vec![]), None);
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
