//! Calls to the gateway as an assistant could make them: any route of the tables, with any token.

use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::routes::Route;
use reqwest::{Client, Method, RequestBuilder};

/// A path of the gateway with every place filled; `thing` where it refers to one.
#[must_use]
pub fn path_of(route: &Route, thing: &str) -> String {
    let mut segments: Vec<String> = route.path.split('/').map(str::to_owned).collect();
    for (number, segment) in segments.iter_mut().enumerate() {
        let referred = route.refers.is_some_and(|r| match r.rest {
            true => segment.contains("...}"),
            false => r.segment + 1 == number,
        });
        *segment = match segment.as_str() {
            _ if referred => place(segment, thing),
            "{v}" => "v1beta".to_owned(),
            "{owner}" => "black-forest-labs".to_owned(),
            "{name}" => "flux-schnell".to_owned(),
            other if route.provider == Provider::Gemini => place(other, "gemini-3.1-flash-image"),
            other => place(other, "gpt-4o-mini"),
        };
    }
    segments.join("/")
}

/// What the agency remembers of a thing that [`path_of`] names.
#[must_use]
pub fn remembered(route: &Route, thing: &str) -> String {
    match route.refers.filter(|r| r.rest) {
        Some(r) => format!("{}/{thing}", route.path.split('/').nth(r.segment + 1).unwrap_or_default()),
        None => thing.to_owned(),
    }
}

fn place(segment: &str, value: &str) -> String {
    match (segment.find('{'), segment.find('}')) {
        (Some(from), Some(to)) => format!("{}{value}{}", &segment[..from], &segment[to + 1..]),
        _ => segment.to_owned(),
    }
}

/// A call with the token where this provider's SDK puts its key; a body only where the method has one.
pub fn call(
    http: &Client,
    origin: &str,
    token: Option<&str>,
    provider: Provider,
    method: &Method,
    path: &str,
    body: &str,
) -> RequestBuilder {
    let mut request = http.request(method.clone(), format!("{origin}/gateway/{provider}{path}"));
    if let Some(token) = token {
        request = match provider {
            Provider::Anthropic => request.header("x-api-key", token).header("anthropic-version", "2023-06-01"),
            Provider::Gemini => request.header("x-goog-api-key", token),
            _ => request.bearer_auth(token),
        };
    }
    if *method != Method::GET && *method != Method::DELETE {
        request = request.header("content-type", "application/json").body(body.to_owned());
    }
    request
}
