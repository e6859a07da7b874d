use http::StatusCode;

use super::*;
use crate::reply::{Reply, classify};
use crate::unified::chat::error;
use ownkey_protocol::vocabulary::{Provider, VerdictCode};

fn told(status: u16, kind: &str, message: &str, detail: Option<&str>) -> (u16, Value, Option<bool>) {
    let mut body = json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"});
    if let Some(detail) = detail {
        body["error"]["details"] = json!({"error_code": detail});
    }
    let failure = error(StatusCode::from_u16(status).unwrap(), body.to_string().as_bytes());
    let body: Value = serde_json::from_slice(&failure.body).unwrap();
    assert_eq!(body["error"]["message"], message);
    (failure.status.as_u16(), body["error"].clone(), failure.should_retry)
}

#[test]
fn every_error_has_the_status_and_the_code_that_the_sdk_knows() {
    let credit = "Your credit balance is too low to access the Anthropic API.";
    let limit = "You have reached your specified workspace API usage limits.";
    for (status, kind, message, detail, expected, code) in [
        (401, "authentication_error", "invalid x-api-key", None, 401, json!("invalid_api_key")),
        (400, "invalid_request_error", credit, None, 429, json!("credit_balance_exhausted")),
        (
            402,
            "billing_error",
            "m",
            Some("linked_organization_billing_unavailable"),
            429,
            json!("credit_balance_exhausted"),
        ),
        (400, "invalid_request_error", limit, None, 429, json!("project_spend_limit_exceeded")),
        (
            429,
            "rate_limit_error",
            "m",
            Some("enforced_spend_limit_reached"),
            429,
            json!("organization_spend_limit_exceeded"),
        ),
        (400, "invalid_request_error", "This organization has been disabled.", None, 401, json!("account_deactivated")),
        (403, "permission_error", "m", None, 403, json!("permission_denied")),
        (404, "not_found_error", "model: x", None, 404, json!("model_not_found")),
        (404, "not_found_error", "Not found", None, 404, json!("not_found")),
        (400, "invalid_request_error", "prompt is too long: 9 > 8", None, 400, json!("context_length_exceeded")),
        (400, "invalid_request_error", "messages: x", None, 400, json!(null)),
        (413, "request_too_large", "m", None, 413, json!("request_too_large")),
        (429, "rate_limit_error", "m", None, 429, json!("rate_limit_exceeded")),
        (500, "api_error", "m", None, 500, json!(null)),
        (504, "timeout_error", "m", None, 504, json!(null)),
        (529, "overloaded_error", "Overloaded", None, 503, json!("overloaded")),
    ] {
        let (told, error, retry) = told(status, kind, message, detail);
        assert_eq!((told, &error["code"]), (expected, &code), "{status} {message}");
        assert_eq!(retry, (error["type"] == "insufficient_quota").then_some(false), "{status} {message}");
    }
}

/// The caller's own eyes see what ours saw.
#[test]
fn what_the_error_means_for_a_key_survives_the_translation() {
    let body = json!({"type": "error", "error": {"type": "billing_error", "message": "m"}});
    let failure = error(StatusCode::PAYMENT_REQUIRED, body.to_string().as_bytes());
    let body = serde_json::from_slice(&failure.body).unwrap();
    assert_eq!(classify(Provider::OpenAi, failure.status, &body), Reply::Drained(VerdictCode::NoCredit));
}

#[test]
fn any_status_and_any_body_give_an_error() {
    for status in 100..1000 {
        for body in ["", "<html>", "null", "{}", "{\"error\":7}"] {
            let failure = error(StatusCode::from_u16(status).unwrap(), body.as_bytes());
            assert!(failure.status.is_client_error() || failure.status.is_server_error(), "{status}");
            let body: Value = serde_json::from_slice(&failure.body).unwrap();
            assert!(body["error"]["message"].as_str().is_some_and(|words| !words.is_empty()));
        }
    }
}

#[test]
fn a_refused_field_is_named_in_openais_envelope() {
    let failure = refused(&call(json!({"seed": 7}))).failure();
    let body: Value = serde_json::from_slice(&failure.body).unwrap();
    assert_eq!((failure.status.as_u16(), failure.should_retry), (400, Some(false)));
    assert_eq!(
        body["error"],
        json!({
            "message": "Not carried to Anthropic: 'seed'. Anthropic has no seed.",
            "type": "invalid_request_error", "param": "seed", "code": "unsupported_parameter"
        })
    );
    let failure = refused(&json!([])).failure();
    let body: Value = serde_json::from_slice(&failure.body).unwrap();
    assert_eq!((&body["error"]["param"], &body["error"]["code"]), (&json!(null), &json!("invalid_value")));
}
