//! Replicate's refusals, RFC 7807 (facts: section 2.5 of the provider notes).

use crate::call::Answer;
use serde_json::json;

/// The envelope of almost every refusal.
pub(crate) fn error(status: u16, title: &str, detail: &str) -> Answer {
    let mut answer = Answer::json(status, &json!({"title": title, "detail": detail, "status": status}));
    answer.content_type = "application/problem+json".to_owned();
    answer
}

/// Throttling has neither title nor status.
pub(crate) fn throttled() -> Answer {
    Answer::json(429, &json!({"detail": "Request was throttled. Your rate limit resets in ~30s."}))
}

/// A refusal that says only its status.
pub(crate) fn plain(status: u16) -> Answer {
    match status {
        401 => error(401, "Unauthenticated", "You did not pass a valid authentication token"),
        402 => no_credit(),
        403 => error(403, "Permission denied", "You do not have permission to perform this action."),
        404 => error(404, "Not found", "The requested resource could not be found."),
        429 => throttled(),
        500.. => error(status, "Internal server error", "Something went wrong."),
        _ => error(status, "Bad request", "The request was refused."),
    }
}

pub(crate) fn no_credit() -> Answer {
    let words = "You have insufficient credit to run this model. Go to \
                 https://replicate.com/account/billing#billing to purchase credit. Once you purchase credit, please \
                 wait a few minutes before trying again.";
    error(402, "Insufficient credit", words)
}

pub(crate) fn invalid(detail: &str) -> Answer {
    error(422, "Input validation failed", detail)
}

pub(crate) fn bad_version() -> Answer {
    let words = "The specified version does not exist (or perhaps you don't have permission to use it?)";
    error(422, "Invalid version or not permitted", words)
}
