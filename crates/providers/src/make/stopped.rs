//! Why an act with an admin key did not come about.

use http::StatusCode;
use ownkey_protocol::vocabulary::{Provider, VerdictCode};
use serde_json::Value;

use crate::http::Unheard;
use crate::reply::{self, Reply};

/// Why a step did not come about. The journal stays as it was; the same step can be tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// No answer.
    #[error(transparent)]
    Unheard(#[from] Unheard),
    /// The admin key is not accepted.
    #[error("the admin key is not accepted: {words}")]
    AdminKeyRefused {
        /// Why.
        code: VerdictCode,
        /// The provider's words, masked.
        words: String,
    },
    /// The admin key lacks a right.
    #[error("the admin key may not do this: {words}")]
    AdminKeyWeak {
        /// The provider's words, masked.
        words: String,
    },
    /// The provider did not delete or archive a key; it is shown and tried again. An account is never deleted instead
    /// while another key depends on it.
    #[error("the provider refused to delete key {key}: {words}")]
    DeletionRefused {
        /// Id of the key.
        key: String,
        /// The provider's words, masked.
        words: String,
    },
    /// What the act is about is not there for this admin key: it is gone, or it belongs to another organisation.
    #[error("{id} is not there for this admin key: gone, or of another organisation")]
    NotThere {
        /// Id of the project, service account or key.
        id: String,
    },
    /// Any other answer than the documented one.
    #[error("the provider answered {status}: {words}")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// The provider's words, masked.
        words: String,
    },
}

impl Stopped {
    /// Whether the same call may go well a while later, with nothing changed by a person: the provider was down, did
    /// not answer in time or asked to slow down.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Unheard(Unheard::Timeout | Unheard::Unreachable) => true,
            Self::Unexpected { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }

    /// Whether the provider may have done what it was asked although it looks as if it had not: the answer was lost,
    /// or was not one.
    #[must_use]
    pub const fn may_have_acted(&self) -> bool {
        match self {
            Self::Unheard(unheard) => matches!(unheard, Unheard::Timeout | Unheard::Unreachable | Unheard::TooLarge),
            Self::Unexpected { status, .. } => matches!(status, 200..300 | 500..),
            _ => false,
        }
    }

    /// A success that is not the documented one.
    pub(super) fn odd(words: &str) -> Self {
        Self::Unexpected { status: 200, words: words.to_owned() }
    }

    /// What an answer that is no success means.
    pub(super) fn told(provider: Provider, status: StatusCode, body: &Value, words: String) -> Self {
        match reply::classify(provider, status, body) {
            Reply::Dead(code) => Self::AdminKeyRefused { code, words },
            Reply::Permission(VerdictCode::ScopeMissing) => Self::AdminKeyWeak { words },
            Reply::Permission(code) => Self::AdminKeyRefused { code, words },
            _ => Self::Unexpected { status: status.as_u16(), words },
        }
    }

    /// A 404 is about the thing of this id.
    pub(super) fn about(self, id: &str) -> Self {
        match self {
            Self::Unexpected { status: 404, .. } => Self::NotThere { id: id.to_owned() },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_down_is_asked_again_and_a_refusal_is_not() {
        let answered = |status| Stopped::Unexpected { status, words: String::new() };
        for passing in [Stopped::Unheard(Unheard::Timeout), answered(429), answered(503)] {
            assert!(passing.may_pass(), "{passing}");
        }
        let dead = Stopped::AdminKeyRefused { code: VerdictCode::KeyRefused, words: String::new() };
        for lasting in [dead, answered(400), Stopped::NotThere { id: "x".to_owned() }, Unheard::Untrusted.into()] {
            assert!(!lasting.may_pass() && !lasting.may_have_acted(), "{lasting}");
        }
        assert!(answered(200).may_have_acted() && answered(502).may_have_acted() && !answered(429).may_have_acted());
    }
}
