//! The gateway's own refusals, each in the envelope of the provider that was called, so that its SDK raises the error
//! class that fits (design.md §6, providers.md §2).
//!
//! Statuses are chosen for how the official SDKs behave: none of these is retried by them, except [`Refusal::Overloaded`].

use http::StatusCode;
use ownkey_protocol::vocabulary::Provider;
use serde_json::{Value, json};

/// Why the gateway did not pass a call on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The route is not one that may be called.
    NoRoute,
    /// No token, or one that is not known.
    BadToken,
    /// The token is not for this provider or use.
    NotAllowed,
    /// The client has no account at this provider for this use.
    NotConnected,
    /// The client's key is refused by the provider, and the setting is to stop.
    DeadKey,
    /// The client's account has no credit left, and the setting is to stop.
    Drained,
    /// The client or the agency has stopped these calls.
    Stopped,
    /// The client's people paused these calls.
    Paused,
    /// What a month may cost is spent.
    OverBudget,
    /// The thing that the call refers to is not this client's, or does not exist: the answer does not tell which.
    NotYours,
    /// The model is not among those that the client allows.
    ModelNotAllowed,
    /// The gateway cannot read the call.
    BadRequest,
    /// The body is larger than what can be taken.
    TooLarge,
    /// The client asked for too many calls in a minute.
    TooMany,
    /// The gateway has too much to do.
    Overloaded,
    /// The provider did not answer.
    Unreachable,
    /// The gateway's own fault.
    Unforeseen,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Refusal; 17] = [
        Self::NoRoute,
        Self::BadToken,
        Self::NotAllowed,
        Self::NotConnected,
        Self::DeadKey,
        Self::Drained,
        Self::Stopped,
        Self::Paused,
        Self::OverBudget,
        Self::NotYours,
        Self::ModelNotAllowed,
        Self::BadRequest,
        Self::TooLarge,
        Self::TooMany,
        Self::Overloaded,
        Self::Unreachable,
        Self::Unforeseen,
    ];

    /// The code that programs read, the same at every provider.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoRoute => "route_not_offered",
            Self::BadToken => "bad_token",
            Self::NotAllowed => "not_allowed",
            Self::NotConnected => "not_connected",
            Self::DeadKey => "key_dead",
            Self::Drained => "key_drained",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
            Self::OverBudget => "over_budget",
            Self::NotYours => "not_found",
            Self::ModelNotAllowed => "model_not_allowed",
            Self::BadRequest => "bad_request",
            Self::TooLarge => "too_large",
            Self::TooMany => "too_many_calls",
            Self::Overloaded => "overloaded",
            Self::Unreachable => "provider_unreachable",
            Self::Unforeseen => "unforeseen",
        }
    }

    /// The status at `provider`. Being drained has each provider's own, and a spent budget is answered alike.
    #[must_use]
    pub const fn status(self, provider: Provider) -> StatusCode {
        match self {
            Self::NoRoute | Self::NotYours => StatusCode::NOT_FOUND,
            Self::BadToken | Self::DeadKey => StatusCode::UNAUTHORIZED,
            Self::NotAllowed | Self::NotConnected | Self::Stopped | Self::Paused | Self::ModelNotAllowed => {
                StatusCode::FORBIDDEN
            }
            Self::Drained | Self::OverBudget => match provider {
                Provider::OpenAi => StatusCode::TOO_MANY_REQUESTS,
                Provider::Anthropic => StatusCode::BAD_REQUEST,
                Provider::Gemini | Provider::Stability | Provider::Replicate => StatusCode::PAYMENT_REQUIRED,
            },
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreachable => StatusCode::BAD_GATEWAY,
            Self::Unforeseen => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the caller's SDK should not try again by itself (`x-should-retry: false`, which OpenAI's and Anthropic's
    /// SDKs read). Only what may pass by itself is worth another try.
    #[must_use]
    pub const fn worth_retrying(self) -> bool {
        matches!(self, Self::TooMany | Self::Overloaded | Self::Unreachable)
    }
}

/// The content type of every refusal.
pub const CONTENT_TYPE: &str = "application/json";

/// Status, body and content type of a refusal in `provider`'s envelope.
///
/// `message` is for the assistant's author: what happened and what to do. `call` is the id of the call (`call_…`).
#[must_use]
pub fn refusal(provider: Provider, refusal: Refusal, message: &str, call: &str) -> (StatusCode, Vec<u8>, &'static str) {
    let status = refusal.status(provider);
    let body = match provider {
        Provider::OpenAi => openai(refusal, status, message, call),
        Provider::Anthropic => anthropic(refusal, status, message, call),
        Provider::Gemini => gemini(refusal, status, message, call),
        Provider::Stability => stability(refusal, message, call),
        Provider::Replicate => replicate(refusal, status, message, call),
    };
    (status, body.to_string().into_bytes(), CONTENT_TYPE)
}

fn openai(refusal: Refusal, status: StatusCode, message: &str, call: &str) -> Value {
    let kind = match refusal {
        Refusal::Drained | Refusal::OverBudget => "insufficient_quota",
        Refusal::TooMany => "requests",
        _ if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    };
    let code = match refusal {
        Refusal::BadToken => "invalid_api_key",
        Refusal::Drained => "credit_balance_exhausted",
        Refusal::TooMany => "rate_limit_exceeded",
        other => other.code(),
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}, "ownkey": ours(refusal, call)})
}

fn anthropic(refusal: Refusal, status: StatusCode, message: &str, call: &str) -> Value {
    let kind = match status.as_u16() {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 => "overloaded_error",
        _ => "api_error",
    };
    json!({
        "type": "error",
        "error": {"type": kind, "message": message, "details": {"error_code": refusal.code()}},
        "request_id": call,
        "ownkey": ours(refusal, call),
    })
}

fn gemini(refusal: Refusal, status: StatusCode, message: &str, call: &str) -> Value {
    let word = match status.as_u16() {
        400 | 413 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        402 | 429 => "RESOURCE_EXHAUSTED",
        503 | 502 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    json!({"error": {
        "code": status.as_u16(),
        "message": message,
        "status": word,
        "details": [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": refusal.code().to_ascii_uppercase(),
            "domain": "ownkey",
            "metadata": {"call": call},
        }],
    }})
}

fn stability(refusal: Refusal, message: &str, call: &str) -> Value {
    let name = match refusal {
        Refusal::Drained => "payment_required",
        Refusal::BadToken => "unauthorized",
        other => other.code(),
    };
    json!({"id": call, "name": name, "errors": [message], "message": message})
}

fn replicate(refusal: Refusal, status: StatusCode, message: &str, call: &str) -> Value {
    let title = match refusal {
        Refusal::Drained => "Insufficient credit",
        Refusal::BadToken | Refusal::DeadKey => "Unauthenticated",
        _ => status.canonical_reason().unwrap_or("Error"),
    };
    json!({"title": title, "detail": message, "status": status.as_u16(), "type": refusal.code(), "instance": call})
}

/// The same at every provider whose envelope leaves room for it.
fn ours(refusal: Refusal, call: &str) -> Value {
    json!({"code": refusal.code(), "call": call})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply;

    #[test]
    fn every_refusal_speaks_every_providers_language() {
        for provider in Provider::ALL {
            for one in Refusal::ALL {
                let (status, body, kind) = refusal(provider, one, "Words for \"people\".", "call_1");
                let body: Value = serde_json::from_slice(&body).unwrap();
                assert!(status.is_client_error() || status.is_server_error());
                assert_eq!(kind, "application/json");
                assert_eq!(reply::said(provider, &body), "Words for \"people\".", "{provider} {one:?}");
                assert!(body.to_string().contains("call_1"), "{provider} {one:?}");
            }
        }
    }

    #[test]
    fn being_drained_looks_as_it_does_at_the_provider() {
        for provider in Provider::ALL {
            if provider == Provider::Anthropic {
                continue; // there it is told by the words alone, which are ours here
            }
            let (status, body, _) = refusal(provider, Refusal::Drained, "No credit.", "call_1");
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert!(matches!(reply::classify(provider, status, &body), reply::Reply::Drained(_)), "{provider}");
        }
    }

    #[test]
    fn foreign_and_missing_things_look_the_same() {
        for provider in Provider::ALL {
            assert_eq!(Refusal::NotYours.status(provider), StatusCode::NOT_FOUND);
        }
    }
}
