//! What a provider's answer means for a key: one closed table per provider (providers.md §2).
//!
//! The status alone never decides; where the provider has a code, the code does.

use http::StatusCode;
use ownkey_protocol::vocabulary::{Provider, VerdictCode};
use serde_json::Value;

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// A success.
    Ok,
    /// The key is not accepted; why.
    Dead(VerdictCode),
    /// The account has no money left, or a limit that its owner set was reached.
    Drained(VerdictCode),
    /// The key lives but may not do this.
    Permission(VerdictCode),
    /// Slow down.
    Rate,
    /// The provider's own trouble.
    Outage,
    /// Anything else: the caller's matter.
    Other,
}

/// The provider's own words in an error body; empty when there are none.
#[must_use]
pub fn said(provider: Provider, body: &Value) -> String {
    let text = match provider {
        Provider::OpenAi | Provider::Anthropic | Provider::Gemini => {
            body["error"]["message"].as_str().map(str::to_owned)
        }
        Provider::Stability => body["message"].as_str().map(str::to_owned).or_else(|| {
            let list = body["errors"].as_array()?;
            Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }),
        Provider::Replicate => body["detail"].as_str().map(str::to_owned),
    };
    text.unwrap_or_default()
}

/// Reads an answer.
#[must_use]
pub fn classify(provider: Provider, status: StatusCode, body: &Value) -> Reply {
    if status.is_success() {
        return Reply::Ok;
    }
    if status.is_server_error() {
        return Reply::Outage;
    }
    match provider {
        Provider::OpenAi => openai(status.as_u16(), body),
        Provider::Anthropic => anthropic(status.as_u16(), body),
        Provider::Gemini => gemini(status.as_u16(), body),
        Provider::Stability => stability(status.as_u16(), body),
        Provider::Replicate => replicate(status.as_u16(), body),
    }
}

fn openai(status: u16, body: &Value) -> Reply {
    let error = &body["error"];
    let code = error["code"].as_str().or(error["type"].as_str()).unwrap_or_default();
    let words = error["message"].as_str().unwrap_or_default();
    let kind = error["type"].as_str().unwrap_or_default();
    match (status, code) {
        (429, "credit_balance_exhausted" | "insufficient_quota") => Reply::Drained(VerdictCode::NoCredit),
        (
            429,
            "project_spend_limit_exceeded" | "organization_spend_limit_exceeded" | "organization_usage_limit_exceeded",
        ) => Reply::Drained(VerdictCode::SpendLimit),
        (429, _) if kind == "insufficient_quota" => Reply::Drained(VerdictCode::NoCredit),
        (429, _) => Reply::Rate,
        (401 | 403, _) if words.contains("Missing scopes") || code == "missing_scope" => {
            Reply::Permission(VerdictCode::ScopeMissing)
        }
        (401 | 403, "ip_not_authorized") => Reply::Permission(VerdictCode::AddressNotAllowed),
        (401, "mismatched_organization" | "mismatched_project") => Reply::Permission(VerdictCode::OtherOrganisation),
        (401, "expired_api_key") => Reply::Dead(VerdictCode::KeyExpired),
        (401, _) if words.to_ascii_lowercase().contains("expired") => Reply::Dead(VerdictCode::KeyExpired),
        (401, "account_deactivated") => Reply::Dead(VerdictCode::AccountDisabled),
        (401, _) => Reply::Dead(VerdictCode::KeyRefused),
        (403, "unsupported_country_region_territory") => Reply::Permission(VerdictCode::RegionUnsupported),
        (403 | 404, "model_not_found") => Reply::Permission(VerdictCode::ModelMissing),
        (403, _) => Reply::Permission(VerdictCode::ScopeMissing),
        _ => Reply::Other,
    }
}

fn anthropic(status: u16, body: &Value) -> Reply {
    let error = &body["error"];
    let words = error["message"].as_str().unwrap_or_default();
    let detail = error["details"]["error_code"].as_str().unwrap_or_default();
    match status {
        400 if words.starts_with("Your credit balance is too low") => Reply::Drained(VerdictCode::NoCredit),
        400 if words.contains("specified API usage limits") || words.contains("workspace API usage limits") => {
            Reply::Drained(VerdictCode::SpendLimit)
        }
        400 if words.contains("organization has been disabled") || detail == "organization_on_hold" => {
            Reply::Dead(VerdictCode::AccountDisabled)
        }
        401 if words.starts_with("CORS requests are not allowed") => Reply::Permission(VerdictCode::ScopeMissing),
        401 if words.contains("expired") => Reply::Dead(VerdictCode::KeyExpired),
        401 => Reply::Dead(VerdictCode::KeyRefused),
        402 => {
            Reply::Drained(if detail.contains("spend_limit") { VerdictCode::SpendLimit } else { VerdictCode::NoCredit })
        }
        403 if detail == "organization_on_hold" => Reply::Dead(VerdictCode::AccountDisabled),
        403 => Reply::Permission(VerdictCode::ScopeMissing),
        429 if matches!(detail, "enforced_spend_limit_reached" | "contract_spend_limit_reached") => {
            Reply::Drained(VerdictCode::SpendLimit)
        }
        429 => Reply::Rate,
        _ => Reply::Other,
    }
}

fn gemini(status: u16, body: &Value) -> Reply {
    let error = &body["error"];
    let words = error["message"].as_str().unwrap_or_default();
    let details = error["details"].as_array();
    let reason = details.and_then(|d| d.iter().find_map(|e| e["reason"].as_str())).unwrap_or_default();
    match (status, reason) {
        (400 | 401 | 403, "API_KEY_INVALID" | "API_KEY_EXPIRED") if words.to_ascii_lowercase().contains("expired") => {
            Reply::Dead(VerdictCode::KeyExpired)
        }
        (400, "API_KEY_INVALID") => Reply::Dead(VerdictCode::KeyRefused),
        (400, _) if words.starts_with("API key not valid") || words.starts_with("API Key not found") => {
            Reply::Dead(VerdictCode::KeyRefused)
        }
        (400, _) if words.contains("User location is not supported") => {
            Reply::Permission(VerdictCode::RegionUnsupported)
        }
        (401, "ACCESS_TOKEN_TYPE_UNSUPPORTED") => Reply::Dead(VerdictCode::KindRetired),
        (401, _) => Reply::Dead(VerdictCode::KeyRefused),
        (402, _) => Reply::Drained(VerdictCode::NoCredit),
        (403, _) if words.contains("reported as leaked") => Reply::Dead(VerdictCode::KeyLeaked),
        (403, "API_KEY_SERVICE_BLOCKED") => Reply::Permission(VerdictCode::ScopeMissing),
        (
            403,
            "API_KEY_IP_ADDRESS_BLOCKED"
            | "API_KEY_HTTP_REFERRER_BLOCKED"
            | "API_KEY_IOS_APP_BLOCKED"
            | "API_KEY_ANDROID_APP_BLOCKED",
        ) => Reply::Permission(VerdictCode::AddressNotAllowed),
        (403, "SERVICE_DISABLED") => Reply::Permission(VerdictCode::ApiDisabled),
        (403, _) => Reply::Permission(VerdictCode::ScopeMissing),
        (429, _) => Reply::Rate,
        _ => Reply::Other,
    }
}

fn stability(status: u16, body: &Value) -> Reply {
    match (status, body["name"].as_str().unwrap_or_default()) {
        (401, _) => Reply::Dead(VerdictCode::KeyRefused),
        (402, _) => Reply::Drained(VerdictCode::NoCredit),
        (403, "content_moderation") => Reply::Other,
        (403, _) => Reply::Permission(VerdictCode::ScopeMissing),
        (429, _) => Reply::Rate,
        _ => Reply::Other,
    }
}

fn replicate(status: u16, _body: &Value) -> Reply {
    match status {
        401 => Reply::Dead(VerdictCode::KeyRefused),
        402 => Reply::Drained(VerdictCode::NoCredit),
        403 => Reply::Permission(VerdictCode::ScopeMissing),
        429 => Reply::Rate,
        _ => Reply::Other,
    }
}

#[cfg(test)]
mod tests;
