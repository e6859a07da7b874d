//! OpenAI's refusals (facts: section 2.1 of the provider notes).

use crate::call::Answer;
use crate::keys::last_four;
use serde_json::json;

/// The envelope of every refusal.
pub(crate) fn error(status: u16, message: &str, kind: &str, param: Option<&str>, code: Option<&str>) -> Answer {
    Answer::json(status, &json!({"error": {"message": message, "type": kind, "param": param, "code": code}}))
}

/// A refusal that says only its status.
pub(crate) fn plain(status: u16) -> Answer {
    match status {
        429 => error(429, "Rate limit reached for requests", "requests", None, Some("rate_limit_exceeded")),
        500.. => error(
            status,
            "The server had an error while processing your request. Sorry about that!",
            "server_error",
            None,
            None,
        ),
        _ => error(status, "The request was refused.", "invalid_request_error", None, None),
    }
}

pub(crate) fn region() -> Answer {
    let words = "Country, region, or territory not supported";
    error(403, words, "request_forbidden", None, Some("unsupported_country_region_territory"))
}

pub(crate) fn no_key() -> Answer {
    let words = "You didn't provide an API key. You need to provide your API key in an Authorization header using \
                 Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
    error(401, words, "invalid_request_error", None, None)
}

/// The key shown as OpenAI shows it: three characters, stars, the last four.
pub(crate) fn bad_key(text: &str, code: &str) -> Answer {
    let start: String = text.chars().take(3).collect();
    let words = format!(
        "Incorrect API key provided: {start}{}{}. You can find your API key at \
         https://platform.openai.com/account/api-keys.",
        "*".repeat(16),
        last_four(text)
    );
    error(401, &words, "invalid_request_error", None, Some(code))
}

pub(crate) fn missing_scopes(status: u16, scopes: &str, code: Option<&str>) -> Answer {
    let words = format!(
        "You have insufficient permissions for this operation. Missing scopes: {scopes}. Check that you have the \
         correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using \
         a restricted API key, that it has the necessary scopes."
    );
    error(status, &words, "invalid_request_error", None, code)
}

pub(crate) fn address() -> Answer {
    let words = "Your IP is not authorized to make this request.";
    error(401, words, "ip_not_authorized", None, Some("ip_not_authorized"))
}

pub(crate) fn bad_request(message: &str, param: Option<&str>, code: Option<&str>) -> Answer {
    error(400, message, "invalid_request_error", param, code)
}

pub(crate) fn missing(param: &str) -> Answer {
    bad_request(&format!("Missing required parameter: '{param}'."), Some(param), Some("missing_required_parameter"))
}

pub(crate) fn not_found(message: &str) -> Answer {
    error(404, message, "invalid_request_error", None, None)
}

pub(crate) fn unknown_url(method: &str, path: &str) -> Answer {
    error(404, &format!("Invalid URL ({method} {path})"), "invalid_request_error", None, None)
}

pub(crate) fn no_model(status: u16, model: &str) -> Answer {
    let words = if status == 404 {
        format!("The model `{model}` does not exist or you do not have access to it.")
    } else {
        format!("Project does not have access to model `{model}`")
    };
    error(status, &words, "invalid_request_error", None, Some("model_not_found"))
}

/// No money: five different codes under one status.
pub(crate) fn no_credit(code: &str) -> Answer {
    let words = match code {
        "project_spend_limit_exceeded" => "This project has reached its spend limit.",
        "organization_spend_limit_exceeded" => "Your organization has reached its spend limit.",
        "organization_usage_limit_exceeded" => "Your organization has reached its usage limit.",
        _ => "You exceeded your current quota, please check your plan and billing details.",
    };
    error(429, words, "insufficient_quota", None, Some(code))
}
