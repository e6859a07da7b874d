//! Calls that are not made, answered in the provider's own envelope so that its SDK raises a fitting error.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ownkey_protocol::id::CallId;
use ownkey_protocol::vocabulary::{Payer, Provider};
use ownkey_providers::refuse::{self, Refusal};

/// The header of every answer that says whose money it cost: `client`, `platform` or `nobody`.
pub(crate) const PAID_BY: &str = "ownkey-paid-by";

/// The word for a payer in that header.
pub(crate) const fn paid_by(payer: Payer) -> &'static str {
    match payer {
        Payer::Own => "client",
        Payer::Platform => "platform",
    }
}

/// The payer that an answer names, as one of the three words.
pub(crate) fn payer_in(headers: &HeaderMap) -> &'static str {
    match headers.get(PAID_BY).map(HeaderValue::as_bytes) {
        Some(b"client") => "client",
        Some(b"platform") => "platform",
        _ => "nobody",
    }
}

/// Why a call is not made, or not answered, and one sentence for the assistant's author.
#[derive(Debug)]
pub(crate) struct Refused {
    why: Refusal,
    sentence: &'static str,
    paid_by: &'static str,
}

impl Refused {
    pub(crate) fn new(why: Refusal, sentence: &'static str) -> Self {
        Self { why, sentence, paid_by: "nobody" }
    }

    /// The provider was asked before the answer got lost, so the call may have been paid for.
    pub(crate) fn paid_by(self, payer: Payer) -> Self {
        Self { paid_by: paid_by(payer), ..self }
    }

    pub(crate) fn into_response(self, provider: Provider, call: CallId) -> Response {
        let id = call.to_string();
        tracing::info!(call = id, %provider, why = ?self.why, "refused");
        let (status, body, content_type) = refuse::refusal(provider, self.why, self.sentence, &id);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(PAID_BY, HeaderValue::from_static(self.paid_by));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert("ownkey-call", id);
        }
        response
    }
}

/// A path below `/gateway/` that names no provider: no envelope fits.
pub(crate) fn no_gateway(call: CallId) -> Response {
    let headers = [("ownkey-call", call.to_string()), (PAID_BY, "nobody".to_owned())];
    (StatusCode::NOT_FOUND, headers, "no such provider").into_response()
}
