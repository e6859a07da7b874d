//! Why a call was not translated.

use std::fmt;

use http::StatusCode;

use super::Failure;
use super::error::envelope;

/// A field that keeps a call from being translated. Nothing of such a call is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCarried {
    /// Where it stands, as OpenAI writes it: `messages[2].content[0].file.file_id`; empty for the body as a whole.
    pub param: String,
    /// What is wrong with it: a sentence for the assistant's author, without its value.
    pub why: &'static str,
    /// Whether the field is sound in OpenAI's shape.
    pub kind: Kind,
}

/// Whose fault it is that a field is not carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// OpenAI would take it, Anthropic has nothing like it; or it is a field that is not known here.
    Unsupported,
    /// OpenAI would not take it either.
    Invalid,
}

impl NotCarried {
    pub(super) fn unsupported(why: &'static str) -> Self {
        Self { param: String::new(), why, kind: Kind::Unsupported }
    }

    pub(super) fn invalid(why: &'static str) -> Self {
        Self { param: String::new(), why, kind: Kind::Invalid }
    }

    /// The same, seen from one level further out.
    pub(super) fn within(mut self, step: impl fmt::Display) -> Self {
        let dot = if self.param.is_empty() || self.param.starts_with('[') { "" } else { "." };
        self.param = format!("{step}{dot}{}", self.param);
        self
    }

    /// The answer to the caller: 400 in OpenAI's envelope, with `param` named, not worth another try.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let code = match self.kind {
            Kind::Unsupported => "unsupported_parameter",
            Kind::Invalid => "invalid_value",
        };
        let param = Some(self.param.as_str()).filter(|param| !param.is_empty());
        let body = envelope(&self.to_string(), "invalid_request_error", param, Some(code));
        Failure { status: StatusCode::BAD_REQUEST, body, should_retry: Some(false) }
    }
}

impl fmt::Display for NotCarried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.param.as_str()) {
            (Kind::Unsupported, param) => write!(f, "Not carried to Anthropic: '{param}'. {}", self.why),
            (Kind::Invalid, "") => write!(f, "The body cannot be read. {}", self.why),
            (Kind::Invalid, param) => write!(f, "Invalid: '{param}'. {}", self.why),
        }
    }
}

impl std::error::Error for NotCarried {}
