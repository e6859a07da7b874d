//! Anthropic's errors in OpenAI's envelope, with the status at which OpenAI's SDKs raise the class that fits.

use std::borrow::Cow;

use http::StatusCode;
use ownkey_protocol::vocabulary::{Provider, VerdictCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reply::{self, Reply};

/// An error answer for the caller. Its content type is [`crate::refuse::CONTENT_TYPE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The status.
    pub status: StatusCode,
    /// OpenAI's error envelope.
    pub body: Vec<u8>,
    /// What `x-should-retry` must say, where the SDK's own rule by status would be wrong.
    pub should_retry: Option<bool>,
}

/// Translates an answer of Anthropic's that is not 2xx.
///
/// Promises: every status and every body gives an answer. What a key or an account lacks is told by the same table as
/// everywhere ([`reply::classify`]), so an empty account is 429 `credit_balance_exhausted`, not Anthropic's 400. The
/// message is Anthropic's own; keys in it are for the gateway to mask. `retry-after` is a header and stays as it is.
///
/// Source: providers.md §2.1 and §2.2, `_exceptions.py` of PyPI `openai` 3.57.
#[must_use]
pub fn error(status: StatusCode, body: &[u8]) -> Failure {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let words = match reply::said(Provider::Anthropic, &value) {
        words if words.is_empty() => format!("Anthropic answered with status {} and no words.", status.as_u16()),
        words => words,
    };
    let kind = value["error"]["type"].as_str().unwrap_or_default();
    let told = match reply::classify(Provider::Anthropic, status, &value) {
        Reply::Dead(verdict) => dead(verdict),
        Reply::Drained(verdict) => drained(verdict, &words),
        Reply::Permission(_) => Told::caller(StatusCode::FORBIDDEN, "permission_denied"),
        Reply::Rate => Told {
            status: StatusCode::TOO_MANY_REQUESTS,
            kind: "requests",
            code: Some("rate_limit_exceeded"),
            retry: None,
        },
        Reply::Outage | Reply::Ok => outage(status, kind),
        Reply::Other => other(status, &words),
    };
    let param = told.code.filter(|code| *code == "model_not_found").map(|_| "model");
    Failure { status: told.status, body: envelope(&words, told.kind, param, told.code), should_retry: told.retry }
}

struct Told {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    retry: Option<bool>,
}

impl Told {
    fn caller(status: StatusCode, code: &'static str) -> Self {
        Self { status, kind: "invalid_request_error", code: Some(code), retry: None }
    }
}

fn dead(verdict: VerdictCode) -> Told {
    Told::caller(
        StatusCode::UNAUTHORIZED,
        match verdict {
            VerdictCode::AccountDisabled => "account_deactivated",
            VerdictCode::KeyExpired => "expired_api_key",
            _ => "invalid_api_key",
        },
    )
}

fn drained(verdict: VerdictCode, words: &str) -> Told {
    let code = match verdict {
        VerdictCode::SpendLimit if words.contains("workspace") => "project_spend_limit_exceeded",
        VerdictCode::SpendLimit => "organization_spend_limit_exceeded",
        _ => "credit_balance_exhausted",
    };
    Told { status: StatusCode::TOO_MANY_REQUESTS, kind: "insufficient_quota", code: Some(code), retry: Some(false) }
}

/// 529 is a number that only Anthropic knows.
fn outage(status: StatusCode, kind: &str) -> Told {
    let overloaded = status.as_u16() == 529 || kind == "overloaded_error";
    let status = match status {
        _ if overloaded => StatusCode::SERVICE_UNAVAILABLE,
        status if status.is_server_error() && status.as_u16() < 512 => status,
        _ => StatusCode::BAD_GATEWAY,
    };
    Told { status, kind: "server_error", code: overloaded.then_some("overloaded"), retry: None }
}

fn other(status: StatusCode, words: &str) -> Told {
    match status.as_u16() {
        404 if words.starts_with("model:") => Told::caller(status, "model_not_found"),
        404 => Told::caller(status, "not_found"),
        413 => Told::caller(status, "request_too_large"),
        400 if words.contains("prompt is too long") => Told::caller(status, "context_length_exceeded"),
        400..=499 => Told { status, kind: "invalid_request_error", code: None, retry: None },
        // Neither a success nor an error: nothing that a caller of OpenAI's could read.
        _ => Told { status: StatusCode::BAD_GATEWAY, kind: "server_error", code: None, retry: None },
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// OpenAI's error envelope.
pub(super) fn envelope(message: &str, kind: &str, param: Option<&str>, code: Option<&str>) -> Vec<u8> {
    let envelope = Envelope { error: Inner { message, kind, param, code } };
    serde_json::to_vec(&envelope).unwrap_or_default() // texts can always be written
}

/// What the `error` of an event in a stream says.
#[derive(Deserialize, Default)]
pub(super) struct Broken<'b> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'b, str>,
    #[serde(borrow, default)]
    message: Cow<'b, str>,
}

/// The envelope for an error in the middle of a stream, whose status has gone already.
pub(super) fn in_stream(broken: &Broken<'_>) -> Vec<u8> {
    let (kind, code) = match &*broken.kind {
        "overloaded_error" => ("server_error", Some("overloaded")),
        "rate_limit_error" => ("requests", Some("rate_limit_exceeded")),
        "authentication_error" => ("invalid_request_error", Some("invalid_api_key")),
        "billing_error" => ("insufficient_quota", Some("credit_balance_exhausted")),
        "invalid_request_error" | "permission_error" | "not_found_error" => ("invalid_request_error", None),
        _ => ("server_error", None),
    };
    let words = if broken.message.is_empty() { "Anthropic broke the stream off." } else { &broken.message };
    envelope(words, kind, None, code)
}
