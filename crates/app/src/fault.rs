//! What went wrong inside, before it becomes a [`Failure`] at the window's edge.
//!
//! The cause stays in the local log beside a short reference; the window gets the code, the reference and allow-listed
//! fields.

use ownkey_protocol::code::Code;
use ownkey_protocol::random;

use crate::wire::{Failure, Field};

/// A code, a cause for the log, and fields for the sentences.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {cause}")]
pub struct Fault {
    /// From the closed list.
    pub code: Code,
    /// For the log. Never contains a secret or text that might be one.
    pub cause: String,
    /// Names and ids for the sentences.
    pub fields: Vec<Field>,
}

impl Fault {
    /// A fault with a cause.
    pub fn new(code: Code, cause: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), fields: Vec::new() }
    }

    /// With a value for the sentences.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.fields.push(Field { name: name.to_owned(), value: value.to_string() });
        self
    }

    /// What the window is told; the cause goes to the log beside the reference.
    #[must_use]
    pub fn told(&self) -> Failure {
        let digits = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
        let text: String =
            random::bytes::<6>().iter().map(|b| char::from(digits[usize::from(*b) % digits.len()])).collect();
        let reference = format!("{}-{}", &text[..3], &text[3..]);
        tracing::warn!(code = %self.code, r#ref = reference, cause = self.cause, "failed");
        Failure { code: self.code, r#ref: reference, fields: self.fields.clone() }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let code = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Code::DiskFull
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Code::DatabaseBroken,
            _ => Code::Unforeseen,
        };
        Self::new(code, error.to_string())
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let code = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => Code::DiskFull,
            _ => Code::Unforeseen,
        };
        Self::new(code, error.to_string())
    }
}
