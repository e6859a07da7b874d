//! Anthropic's refusals (facts: section 2.2 of the provider notes).

use crate::call::{Answer, Call};
use serde_json::json;

/// The envelope of every refusal; `code` becomes `details.error_code`.
pub(crate) fn error(status: u16, kind: &str, message: &str, code: Option<&str>, request_id: &str) -> Answer {
    let mut error = json!({"type": kind, "message": message});
    if let Some(code) = code {
        error["details"] = json!({"error_code": code});
    }
    Answer::json(status, &json!({"type": "error", "error": error, "request_id": request_id}))
}

/// A refusal that says only its status.
pub(crate) fn plain(status: u16, request_id: &str) -> Answer {
    let (kind, words) = match status {
        401 => ("authentication_error", "invalid x-api-key"),
        402 => ("billing_error", "There is a problem with the billing of your organization."),
        403 => ("permission_error", "Your API key does not have permission to use the specified resource."),
        404 => ("not_found_error", "Not found"),
        413 => ("request_too_large", "Request exceeds the maximum size"),
        429 => ("rate_limit_error", "This request would exceed your organization's rate limit."),
        529 => ("overloaded_error", "Overloaded"),
        500.. => ("api_error", "Internal server error"),
        _ => ("invalid_request_error", "The request was refused."),
    };
    error(status, kind, words, None, request_id)
}

pub(crate) fn region(request_id: &str) -> Answer {
    error(403, "forbidden", "Request not allowed", None, request_id)
}

pub(crate) fn bad_request(call: &Call, message: &str) -> Answer {
    error(400, "invalid_request_error", message, None, &call.request_id)
}

pub(crate) fn bad_key(call: &Call) -> Answer {
    error(401, "authentication_error", "invalid x-api-key", None, &call.request_id)
}

pub(crate) fn not_found(call: &Call, what: &str) -> Answer {
    error(404, "not_found_error", what, None, &call.request_id)
}

/// No money: five ways to say so, with four statuses.
pub(crate) fn no_credit(call: &Call, how: &str) -> Answer {
    let id = &call.request_id;
    match how {
        "billing_error" => error(
            402,
            "billing_error",
            "Billing is unavailable for this organization.",
            Some("linked_organization_billing_unavailable"),
            id,
        ),
        "spend_limit" => error(
            400,
            "invalid_request_error",
            "You have reached your specified API usage limits. You will regain access on the first of next month.",
            None,
            id,
        ),
        "tier_cap" => error(
            429,
            "rate_limit_error",
            "Your organization has reached the spend limit of its tier.",
            Some("enforced_spend_limit_reached"),
            id,
        ),
        "on_hold" => error(
            400,
            "invalid_request_error",
            "This organization has been disabled.",
            Some("organization_on_hold"),
            id,
        ),
        _ => error(
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or \
             purchase credits.",
            None,
            id,
        ),
    }
}
