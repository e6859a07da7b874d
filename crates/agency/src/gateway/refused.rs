//! Calls that are not made, answered in the provider's own envelope so that its SDK raises a fitting error.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ownkey_protocol::id::CallId;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::refuse::{self, Refusal};

/// Why a call is not made, and one sentence for the assistant's author.
#[derive(Debug)]
pub(crate) struct Refused {
    why: Refusal,
    sentence: &'static str,
}

impl Refused {
    pub(crate) fn new(why: Refusal, sentence: &'static str) -> Self {
        Self { why, sentence }
    }

    pub(crate) fn into_response(self, provider: Provider, call: CallId) -> Response {
        let id = call.to_string();
        tracing::info!(call = id, %provider, why = ?self.why, "refused");
        let (status, body, content_type) = refuse::refusal(provider, self.why, self.sentence, &id);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert("ownkey-call", id);
        }
        response
    }
}

/// A path below `/gateway/` that names no provider: no envelope fits.
pub(crate) fn no_gateway(call: CallId) -> Response {
    (StatusCode::NOT_FOUND, [("ownkey-call", call.to_string())], "no such provider").into_response()
}
