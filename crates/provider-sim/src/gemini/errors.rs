//! Google's refusals (facts: section 2.3 of the provider notes).

use crate::call::Answer;
use serde_json::json;

/// The envelope of every refusal; `reason` adds an `ErrorInfo`.
pub(crate) fn error(code: u16, status: &str, message: &str, reason: Option<&str>) -> Answer {
    let mut error = json!({"code": code, "message": message, "status": status});
    if let Some(reason) = reason {
        error["details"] = json!([
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": reason,
                "domain": "googleapis.com",
                "metadata": {"service": "generativelanguage.googleapis.com"}
            },
            {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": message}
        ]);
    }
    Answer::json(code, &json!({ "error": error }))
}

/// A refusal that says only its status.
pub(crate) fn plain(code: u16) -> Answer {
    let (status, words) = match code {
        401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
        402 => ("RESOURCE_EXHAUSTED", NO_CREDIT),
        403 => ("PERMISSION_DENIED", "The caller does not have permission"),
        404 => ("NOT_FOUND", "Requested entity was not found."),
        429 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        503 => ("UNAVAILABLE", "The model is overloaded. Please try again later."),
        504 => ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
        500.. => ("INTERNAL", "An internal error has occurred."),
        _ => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    };
    error(code, status, words, None)
}

pub(crate) const NO_CREDIT: &str =
    "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.";

pub(crate) fn region() -> Answer {
    error(400, "FAILED_PRECONDITION", "User location is not supported for the API use.", None)
}

/// A bad, deleted or expired `AIza` key is 400, not 401.
pub(crate) fn bad_standard_key(message: &str) -> Answer {
    let words = match message {
        "not_found" => "API Key not found. Please pass a valid API key.",
        _ => "API key not valid. Please pass a valid API key.",
    };
    error(400, "INVALID_ARGUMENT", words, Some("API_KEY_INVALID"))
}

pub(crate) fn bad_token() -> Answer {
    let words = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
                 valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
    error(401, "UNAUTHENTICATED", words, Some("ACCESS_TOKEN_TYPE_UNSUPPORTED"))
}

pub(crate) fn denied(message: &str, reason: Option<&str>) -> Answer {
    error(403, "PERMISSION_DENIED", message, reason)
}

pub(crate) fn bad_request(message: &str) -> Answer {
    error(400, "INVALID_ARGUMENT", message, None)
}

pub(crate) fn not_found(message: &str) -> Answer {
    error(404, "NOT_FOUND", message, None)
}
