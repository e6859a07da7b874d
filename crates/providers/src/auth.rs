//! Credentials on the way through: whose token came in, what must not go on, and the one key that is added.

use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;
use zeroize::{Zeroize, Zeroizing};

/// The key has characters that no header can carry, so no provider can have issued it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key has characters that cannot be sent in a header")]
pub struct KeyUnfit;

/// Headers in which some SDK puts a credential, or that choose another account of the same key (design.md §6).
const CREDENTIALS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-goog-user-project",
    "x-goog-iam-authorization-token",
    "cookie",
    "cookie2",
    "openai-organization",
    "openai-project",
    "anthropic-workspace-id",
    "anthropic-organization-id",
    "organization",
    "stability-client-id",
    "stability-client-user-id",
    "stability-client-version",
];

/// Headers that belong to one connection only (RFC 9110 §7.6.1).
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The token text that an assistant sent where `provider`'s SDKs put their key.
///
/// `None` when there is none, or when two different ones came: the gateway does not choose between credentials.
#[must_use]
pub fn token_from(provider: Provider, headers: &HeaderMap, query: Option<&str>) -> Option<Zeroizing<String>> {
    let mut found: Option<Zeroizing<String>> = None;
    let mut take = |text: &str| match &found {
        Some(before) => before.as_str() == text,
        None => {
            found = Some(Zeroizing::new(text.to_owned()));
            true
        }
    };
    let mut sound = headers.get_all(AUTHORIZATION).iter().filter_map(bearer).all(&mut take);
    let own_header = match provider {
        Provider::Anthropic => Some("x-api-key"),
        Provider::Gemini => Some("x-goog-api-key"),
        _ => None,
    };
    if let Some(name) = own_header {
        sound &= headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::trim).all(&mut take);
    }
    if provider == Provider::Gemini {
        sound &= query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter_map(|part| part.strip_prefix("key="))
            .all(&mut take);
    }
    found.filter(|text| sound && !text.is_empty())
}

/// Whether anything came where some SDK puts a credential, of whatever form.
#[must_use]
pub fn any(headers: &HeaderMap, query: Option<&str>) -> bool {
    let in_query = query.is_some_and(|query| strip_query(Some(query)).as_deref() != Some(query));
    in_query
        || ["authorization", "x-api-key", "x-goog-api-key", "cookie"].iter().any(|name| headers.contains_key(*name))
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token")).then_some(rest.trim())
}

/// Takes out every inbound credential, and what belongs to one connection only, incl. what `Connection` names.
pub fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all("connection")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in CREDENTIALS.iter().chain(HOP_BY_HOP) {
        headers.remove(*name);
    }
}

/// The query without credentials; `None` when nothing is left.
#[must_use]
pub fn strip_query(query: Option<&str>) -> Option<String> {
    let credential = |part: &&str| {
        let name = decoded(part.split('=').next().unwrap_or_default());
        !matches!(name.as_str(), "key" | "api_key" | "apikey" | "access_token" | "oauth_token" | "token" | "$.xgafv")
    };
    let kept: Vec<&str> = query?.split('&').filter(|part| !part.is_empty()).filter(credential).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

fn decoded(name: &str) -> String {
    url::form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| name.to_lowercase()).unwrap_or_default()
}

/// Adds the one credential of this call, in the header that `provider` wants, marked sensitive.
///
/// # Errors
/// [`KeyUnfit`] when the key cannot stand in a header; nothing is added then.
pub fn add_key(provider: Provider, headers: &mut HeaderMap, key: &Secret) -> Result<(), KeyUnfit> {
    let (name, prefix) = match provider {
        Provider::OpenAi | Provider::Stability | Provider::Replicate => (AUTHORIZATION, "Bearer "),
        Provider::Anthropic => (HeaderName::from_static("x-api-key"), ""),
        Provider::Gemini => (HeaderName::from_static("x-goog-api-key"), ""),
    };
    // EXPOSE: the provider reads the key in this header; the copy that the header owns lives for this call only.
    let mut value = key.expose(|bytes| {
        let mut text = Vec::with_capacity(prefix.len() + bytes.len());
        text.extend_from_slice(prefix.as_bytes());
        text.extend_from_slice(bytes);
        let value = HeaderValue::from_bytes(&text);
        text.zeroize();
        value.map_err(|_| KeyUnfit)
    })?;
    value.set_sensitive(true);
    headers.remove(COOKIE);
    headers.insert(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn token(provider: Provider, pairs: &[(&'static str, &'static str)], query: Option<&str>) -> Option<String> {
        token_from(provider, &headers(pairs), query).map(|text| text.to_string())
    }

    #[test]
    fn each_sdk_is_read_where_it_puts_its_key() {
        let okg = Some("okg_1".to_owned());
        for provider in Provider::ALL {
            assert_eq!(token(provider, &[("authorization", "Bearer okg_1")], None), okg);
        }
        assert_eq!(token(Provider::Replicate, &[("authorization", "Token okg_1")], None), okg);
        assert_eq!(token(Provider::Anthropic, &[("x-api-key", "okg_1")], None), okg);
        assert_eq!(token(Provider::Gemini, &[("x-goog-api-key", "okg_1")], None), okg);
        assert_eq!(token(Provider::Gemini, &[], Some("alt=sse&key=okg_1")), okg);
        assert_eq!(token(Provider::OpenAi, &[("x-api-key", "okg_1")], Some("key=okg_1")), None);
        assert_eq!(token(Provider::OpenAi, &[("authorization", "Basic okg_1")], None), None);
    }

    #[test]
    fn two_different_credentials_are_none() {
        let two = [("authorization", "Bearer okg_1"), ("authorization", "Bearer okg_2")];
        assert_eq!(token(Provider::OpenAi, &two, None), None);
        let same = [("authorization", "Bearer okg_1"), ("x-api-key", "okg_1")];
        assert_eq!(token(Provider::Anthropic, &same, None), Some("okg_1".to_owned()));
        assert_eq!(token(Provider::Gemini, &[("x-goog-api-key", "okg_1")], Some("key=okg_2")), None);
    }

    #[test]
    fn nothing_that_came_in_goes_on() {
        let mut map = headers(&[
            ("authorization", "Bearer a"),
            ("authorization", "Bearer b"),
            ("x-api-key", "c"),
            ("x-goog-api-key", "d"),
            ("cookie", "e"),
            ("openai-organization", "f"),
            ("openai-project", "g"),
            ("anthropic-workspace-id", "h"),
            ("connection", "close, x-smuggled"),
            ("x-smuggled", "i"),
            ("transfer-encoding", "chunked"),
            ("anthropic-version", "2026-10-21"),
        ]);
        strip(&mut map);
        assert_eq!(map.len(), 1);
        assert!(map.contains_key("anthropic-version"));
    }

    #[test]
    fn credentials_leave_the_query_and_the_rest_stays_as_it_was() {
        assert_eq!(strip_query(Some("key=x&alt=sse&%6Bey=y")), Some("alt=sse".to_owned()));
        assert_eq!(strip_query(Some("key=x")), None);
        assert_eq!(strip_query(None), None);
        assert_eq!(strip_query(Some("a=%2F&b")), Some("a=%2F&b".to_owned()));
    }

    #[test]
    fn exactly_one_key_is_added_and_it_is_sensitive() {
        let key = Secret::new(b"r8_practice-key".to_vec()).unwrap();
        let mut map = headers(&[("authorization", "Bearer before")]);
        add_key(Provider::Replicate, &mut map, &key).unwrap();
        assert_eq!(map.get_all(AUTHORIZATION).iter().count(), 1);
        assert_eq!(map[AUTHORIZATION], "Bearer r8_practice-key");
        assert!(map[AUTHORIZATION].is_sensitive());
        let bad = Secret::new(b"with\nline-break".to_vec()).unwrap();
        assert_eq!(add_key(Provider::OpenAi, &mut map, &bad), Err(KeyUnfit));
    }
}
