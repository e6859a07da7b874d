//! The unified chat route where the preferred account is at Anthropic: OpenAI's shape goes out as Anthropic's and comes
//! back as OpenAI's (`providers::unified::chat` says how).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use ownkey_protocol::vocabulary::{Payer, Provider, Use};
use ownkey_providers::refuse::CONTENT_TYPE;
use ownkey_providers::routes;
use ownkey_providers::unified::chat::{self, ANTHROPIC_VERSION, Failure};

use super::Door;
use super::body::Held;
use super::call::Call;
use super::refused::{PAID_BY, paid_by};

/// Puts a call into the shape of the provider that it goes to; a call that is in it already stays as it is.
///
/// # Errors
/// What cannot be carried, as an answer in OpenAI's envelope. Nothing was sent then.
pub(crate) fn translate(call: &mut Call, body: &mut Held) -> Result<(), Failure> {
    if call.door != Door::Unified(Use::Chat) || call.provider != Provider::Anthropic || call.asked.is_some() {
        return Ok(());
    }
    let translated = match body.whole() {
        true => chat::to_anthropic(&body.start).map_err(|not_carried| not_carried.failure())?,
        false => return Err(chat::error(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE)),
    };
    body.start = Bytes::from(translated.body);
    "/v1/messages".clone_into(&mut call.path);
    call.query = None;
    if let Some(route) = routes::lookup(Provider::Anthropic, &Method::POST, &call.path, None) {
        call.route = route;
    }
    call.headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
    call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    call.asked = Some(translated.asked);
    Ok(())
}

const TOO_LARGE: &[u8] = br#"{"type":"error","error":{"type":"request_too_large","message":"The unified chat route takes bodies of up to 4 MiB."}}"#;

/// Anthropic's id of a request under the name at which OpenAI's SDKs look for one.
pub(crate) fn name_the_request(headers: &mut HeaderMap) {
    if let Some(id) = headers.remove("request-id") {
        headers.insert("x-request-id", id);
    }
}

/// A refusal as an answer. `payer` when the provider was asked.
pub(crate) fn refused(failure: Failure, payer: Option<Payer>, call: &Call) -> Response {
    let mut response = Response::new(Body::from(failure.body));
    *response.status_mut() = failure.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert(PAID_BY, HeaderValue::from_static(payer.map_or("nobody", paid_by)));
    if let Some(retry) = failure.should_retry {
        headers.insert("x-should-retry", HeaderValue::from_static(if retry { "true" } else { "false" }));
    }
    if let Ok(id) = HeaderValue::from_str(&call.id.to_string()) {
        headers.insert("ownkey-call", id);
    }
    response
}
