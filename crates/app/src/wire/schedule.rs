//! When keys are replaced.

use ownkey_protocol::act::Schedule;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// When the key of a connection is to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct DueView {
    /// When (RFC 3339).
    pub at: String,
    /// Why then.
    pub reason: DueReasonWord,
    /// How near that is; `None` while there are more than two weeks.
    pub near: Option<DueNear>,
    /// Whether this computer replaces it by itself.
    pub by_itself: bool,
}

/// What makes a key due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DueReasonWord {
    /// The connection's own schedule.
    Schedule,
    /// What was agreed for all keys.
    Agreement,
    /// The provider stops accepting it then.
    Expiry,
}

/// How near a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DueNear {
    /// Within two weeks.
    Soon,
    /// It has come.
    Due,
    /// More than a week ago.
    Late,
}

/// What was agreed for all keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct AgreementView {
    /// When every key is to be replaced, if that was agreed.
    pub agreed: Option<Schedule>,
    /// Since when (RFC 3339).
    pub since: Option<String>,
    /// What the agency proposes and waits for an owner's answer.
    pub proposal: Option<ProposalView>,
}

impl AgreementView {
    pub(crate) const fn none() -> Self {
        Self { agreed: None, since: None, proposal: None }
    }
}

/// What the agency proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ProposalView {
    /// When every key is to be replaced; `None` = no longer on a schedule.
    pub schedule: Option<Schedule>,
    /// Since when it waits (RFC 3339).
    pub since: String,
}

/// Hours in which nothing is replaced by itself, in this computer's time; they may pass midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuietHours {
    /// Minutes since midnight at which they begin.
    pub from: u16,
    /// Minutes since midnight at which they end.
    pub until: u16,
}
