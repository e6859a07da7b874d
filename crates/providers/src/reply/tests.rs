use Provider::*;
use Reply::*;
use VerdictCode as V;
use serde_json::json;

use super::*;

/// One row per row of providers.md §2.
#[test]
fn every_row_of_the_table() {
    let openai = |code: Value, message: &str| json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}});
    let anthropic = |kind: &str, message: &str, detail: &str| json!({"type": "error", "error": {"type": kind, "message": message, "details": {"error_code": detail}}});
    let gemini = |message: &str, reason: &str| json!({"error": {"code": 0, "message": message, "status": "X", "details": [{"@type": "a"}, {"reason": reason}]}});
    let rows: Vec<(Provider, u16, Value, Reply)> = vec![
        (OpenAi, 401, openai(json!("invalid_api_key"), "Incorrect API key provided"), Dead(V::KeyRefused)),
        (OpenAi, 401, openai(json!("invalid_api_key"), "Your API key has expired."), Dead(V::KeyExpired)),
        (
            OpenAi,
            401,
            openai(
                Value::Null,
                "You have insufficient permissions for this operation. Missing scopes: api.model.images.request.",
            ),
            Permission(V::ScopeMissing),
        ),
        (OpenAi, 401, openai(json!("missing_scope"), "x"), Permission(V::ScopeMissing)),
        (OpenAi, 403, openai(Value::Null, "Missing scopes: api.model.read"), Permission(V::ScopeMissing)),
        (
            OpenAi,
            401,
            openai(json!("ip_not_authorized"), "Your IP is not authorized"),
            Permission(V::AddressNotAllowed),
        ),
        (OpenAi, 401, openai(json!("mismatched_organization"), "x"), Permission(V::OtherOrganisation)),
        (OpenAi, 401, openai(json!("mismatched_project"), "x"), Permission(V::OtherOrganisation)),
        (OpenAi, 403, openai(json!("unsupported_country_region_territory"), "x"), Permission(V::RegionUnsupported)),
        (OpenAi, 404, openai(json!("model_not_found"), "x"), Permission(V::ModelMissing)),
        (OpenAi, 429, openai(json!("rate_limit_exceeded"), "x"), Rate),
        (OpenAi, 429, openai(json!("slow_down"), "x"), Rate),
        (OpenAi, 429, openai(json!("credit_balance_exhausted"), "x"), Drained(V::NoCredit)),
        (OpenAi, 429, openai(json!("insufficient_quota"), "x"), Drained(V::NoCredit)),
        (OpenAi, 429, openai(json!("project_spend_limit_exceeded"), "x"), Drained(V::SpendLimit)),
        (OpenAi, 429, openai(json!("organization_spend_limit_exceeded"), "x"), Drained(V::SpendLimit)),
        (OpenAi, 429, openai(json!("organization_usage_limit_exceeded"), "x"), Drained(V::SpendLimit)),
        (OpenAi, 400, openai(json!("invalid_value"), "x"), Other),
        (OpenAi, 500, openai(Value::Null, "x"), Outage),
        (Anthropic, 401, anthropic("authentication_error", "invalid x-api-key", ""), Dead(V::KeyRefused)),
        (
            Anthropic,
            401,
            anthropic("authentication_error", "CORS requests are not allowed for this Organization", ""),
            Permission(V::ScopeMissing),
        ),
        (Anthropic, 403, anthropic("permission_error", "x", ""), Permission(V::ScopeMissing)),
        (
            Anthropic,
            400,
            anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API.", ""),
            Drained(V::NoCredit),
        ),
        (
            Anthropic,
            402,
            anthropic("billing_error", "x", "linked_organization_billing_unavailable"),
            Drained(V::NoCredit),
        ),
        (
            Anthropic,
            402,
            anthropic("billing_error", "x", "linked_organization_spend_limit_reached"),
            Drained(V::SpendLimit),
        ),
        (
            Anthropic,
            400,
            anthropic("invalid_request_error", "You have reached your specified API usage limits.", ""),
            Drained(V::SpendLimit),
        ),
        (Anthropic, 429, anthropic("rate_limit_error", "x", "enforced_spend_limit_reached"), Drained(V::SpendLimit)),
        (Anthropic, 429, anthropic("rate_limit_error", "x", "contract_spend_limit_reached"), Drained(V::SpendLimit)),
        (Anthropic, 429, anthropic("rate_limit_error", "x", ""), Rate),
        (
            Anthropic,
            400,
            anthropic("invalid_request_error", "This organization has been disabled.", ""),
            Dead(V::AccountDisabled),
        ),
        (Anthropic, 400, anthropic("invalid_request_error", "x", "organization_on_hold"), Dead(V::AccountDisabled)),
        (Anthropic, 529, anthropic("overloaded_error", "x", ""), Outage),
        (
            Gemini,
            400,
            gemini("API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
            Dead(V::KeyRefused),
        ),
        (
            Gemini,
            400,
            gemini("API Key not found. Please pass a valid API key.", "API_KEY_INVALID"),
            Dead(V::KeyRefused),
        ),
        (Gemini, 400, gemini("API key expired. Please renew the API key.", "API_KEY_INVALID"), Dead(V::KeyExpired)),
        (
            Gemini,
            401,
            gemini("Request had invalid authentication credentials.", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
            Dead(V::KindRetired),
        ),
        (
            Gemini,
            403,
            gemini("Your API key was reported as leaked. Please use another API key.", ""),
            Dead(V::KeyLeaked),
        ),
        (Gemini, 403, gemini("x", "API_KEY_SERVICE_BLOCKED"), Permission(V::ScopeMissing)),
        (Gemini, 403, gemini("x", "API_KEY_IP_ADDRESS_BLOCKED"), Permission(V::AddressNotAllowed)),
        (Gemini, 403, gemini("x", "SERVICE_DISABLED"), Permission(V::ApiDisabled)),
        (Gemini, 400, gemini("User location is not supported for the API use.", ""), Permission(V::RegionUnsupported)),
        (Gemini, 402, gemini("x", ""), Drained(V::NoCredit)),
        (Gemini, 429, gemini("x", ""), Rate),
        (Stability, 401, json!({"id": "1", "name": "unauthorized", "message": "x"}), Dead(V::KeyRefused)),
        (Stability, 403, json!({"id": "1", "name": "permission_denied", "message": "x"}), Permission(V::ScopeMissing)),
        (Stability, 403, json!({"id": "1", "name": "content_moderation", "errors": ["x"]}), Other),
        (Stability, 402, json!({"id": "1", "name": "payment_required", "errors": ["x"]}), Drained(V::NoCredit)),
        (Stability, 429, json!({}), Rate),
        (Replicate, 401, json!({"title": "Unauthenticated", "detail": "x", "status": 401}), Dead(V::KeyRefused)),
        (Replicate, 402, json!({"title": "Insufficient credit", "detail": "x", "status": 402}), Drained(V::NoCredit)),
        (Replicate, 422, json!({"title": "Invalid version or not permitted"}), Other),
        (Replicate, 429, json!({"detail": "Request was throttled."}), Rate),
    ];
    for (provider, status, body, expected) in rows {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(classify(provider, status, &body), expected, "{provider} {status} {body}");
    }
}

#[test]
fn the_providers_own_words_are_found_in_each_envelope() {
    assert_eq!(said(OpenAi, &json!({"error": {"message": "a"}})), "a");
    assert_eq!(said(Stability, &json!({"message": "b"})), "b");
    assert_eq!(said(Stability, &json!({"errors": ["c", "d"]})), "c d");
    assert_eq!(said(Replicate, &json!({"detail": "e"})), "e");
    assert_eq!(said(Gemini, &Value::Null), "");
}

#[test]
fn every_row_is_reached_by_its_own_example() {
    for (number, row) in TABLE.iter().enumerate() {
        let body: Value = serde_json::from_str(row.example).unwrap();
        for status in row.statuses {
            let first = TABLE.iter().position(|r| r.fits(row.provider, *status, &body));
            assert_eq!(first, Some(number), "{status} {}", row.example);
        }
        assert!(!said(row.provider, &body).is_empty(), "{}", row.example);
    }
}

#[test]
fn words_that_a_caller_put_into_a_refusal_drain_no_account() {
    let echo = json!({"type": "error", "error": {"type": "invalid_request_error", "message": "role: 'You have reached your specified API usage limits' is not a role"}});
    assert_eq!(classify(Anthropic, StatusCode::BAD_REQUEST, &echo), Other);
}
