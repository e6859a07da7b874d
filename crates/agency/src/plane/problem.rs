//! Refusals as problem documents (RFC 9457). The cause goes to the log beside a short reference; never into the answer.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ownkey_protocol::api::Problem;
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::random;

use crate::accept::NotAccepted;
use crate::store::StoreError;

/// A request that was refused.
#[derive(Debug)]
pub struct Refusal {
    code: Code,
    cause: String,
    time: Option<Box<Envelope>>,
}

impl Refusal {
    /// A refusal with a cause for the log.
    #[must_use]
    pub fn new(code: Code, cause: &str) -> Self {
        Self { code, cause: cause.to_owned(), time: None }
    }

    /// With the server's time, for `clock_skew`.
    #[must_use]
    pub fn with_time(mut self, time: Envelope) -> Self {
        self.time = Some(Box::new(time));
        self
    }
}

impl From<NotAccepted> for Refusal {
    fn from(error: NotAccepted) -> Self {
        match error {
            NotAccepted::Refused(refused) => Self::new(refused.code, refused.cause),
            NotAccepted::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(Code::Unforeseen, &error.to_string())
    }
}

/// A short reference that a person can read aloud.
#[must_use]
pub(crate) fn reference() -> String {
    let digits = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
    let text: Vec<u8> = random::bytes::<6>().iter().map(|b| digits[usize::from(*b) % digits.len()]).collect();
    let text = String::from_utf8_lossy(&text);
    format!("{}-{}", &text[..3], &text[3..])
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let reference = reference();
        tracing::info!(code = %self.code, r#ref = reference, cause = self.cause, "refused");
        let problem = Problem {
            r#type: format!("urn:ownkey:{}", self.code),
            title: self.code.as_str().replace('_', " "),
            status: self.code.http_status(),
            code: self.code,
            r#ref: reference,
            time: self.time.map(|t| *t),
            act: None,
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
