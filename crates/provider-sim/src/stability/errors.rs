//! Stability's refusals: v1 says `message`, v2beta says `errors` (facts: section 2.4 of the provider notes).

use crate::call::{Answer, Call};
use serde_json::json;

/// The envelope of v1.
pub(crate) fn v1(status: u16, name: &str, message: &str, call: &Call) -> Answer {
    Answer::json(status, &json!({"id": call.request_id, "name": name, "message": message}))
}

/// The envelope of v2beta.
pub(crate) fn v2(status: u16, name: &str, message: &str, call: &Call) -> Answer {
    Answer::json(status, &json!({"id": call.request_id, "name": name, "errors": [message]}))
}

/// The envelope that belongs to the call's path.
pub(crate) fn either(status: u16, name: &str, message: &str, call: &Call) -> Answer {
    if call.path.starts_with("/v1/") { v1(status, name, message, call) } else { v2(status, name, message, call) }
}

/// A refusal that says only its status.
pub(crate) fn plain(status: u16, call: &Call) -> Answer {
    let (name, words) = match status {
        401 => ("unauthorized", "Incorrect API key provided"),
        402 => ("payment_required", NO_CREDIT),
        403 => ("permission_denied", "You do not have permission to access this resource."),
        404 => ("not_found", "The requested resource was not found."),
        413 => ("payload_too_large", "Your request was larger than 10MiB."),
        429 => ("rate_limit_exceeded", "You have exceeded the rate limit of 150 requests within a 10 second period."),
        500.. => ("internal_error", "An unexpected server error has occurred, please try again later."),
        _ => ("bad_request", "The request was refused."),
    };
    either(status, name, words, call)
}

pub(crate) const NO_CREDIT: &str = "You lack sufficient credits to make this request. Please purchase more credits at \
                                    https://platform.stability.ai/account/credits and try again.";
