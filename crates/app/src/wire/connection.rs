//! Accounts, the versions of their keys, and what became of them.

use ownkey_protocol::act::Schedule;
use ownkey_protocol::vocabulary::{Payer, Provider, Use, Verdict};
use serde::Serialize;
use ts_rs::TS;

use super::{DueView, ModelOffer};

/// One account at a provider.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ConnectionView {
    /// `cn_…`
    pub id: String,
    /// Provider.
    pub provider: Provider,
    /// The name that the client gave it.
    pub name: String,
    /// The account at the provider, where the key tells it.
    pub account: Option<String>,
    /// Uses that it serves now.
    pub uses: Vec<Use>,
    /// Since when its calls are paused (RFC 3339).
    pub paused: Option<String>,
    /// Its newest versions, and every older one that is not over, newest first.
    pub versions: Vec<VersionView>,
    /// Number of the version that calls run on.
    pub current: Option<u32>,
    /// Name of the member who looks after it.
    pub owner: String,
    /// `mb_…` of that member.
    pub owner_member: String,
    /// When its key is to be replaced, where that was set for it alone.
    pub schedule: Option<Schedule>,
    /// When its key is to be replaced next.
    pub due: Option<DueView>,
    /// `as_…`: the assistant that a new key of it serves first, if the person wants that.
    pub try_first: Option<String>,
    /// The last check that this device made.
    pub check: Option<CheckView>,
    /// What the account offered at that check, for all uses.
    pub models: Vec<ModelOffer>,
    /// The last call that an assistant made on it.
    pub last_call: Option<CallView>,
    /// The computer that has the secret, where it is another one.
    pub secret_on: Option<String>,
    /// Whether this device has the secret.
    pub secret_here: bool,
}

/// One key of a connection.
#[derive(Debug, Clone, Serialize, TS)]
pub struct VersionView {
    /// From 1.
    pub number: u32,
    /// Stage.
    pub stage: StageWord,
    /// Health.
    pub health: HealthWord,
    /// At the provider, once retired.
    pub at_provider: AtProvider,
    /// The last four characters, where this device knows them.
    pub last_four: Option<String>,
    /// Since when it is in that stage (RFC 3339).
    pub since: String,
    /// When it was pushed (RFC 3339).
    pub pushed: String,
}

/// Stage of a version (design.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StageWord {
    /// Pushed.
    Pending,
    /// The agency says that it works.
    Ready,
    /// Calls run on it.
    Current,
    /// The one before.
    Previous,
    /// No call runs on it any more.
    Retired,
}

/// Health of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HealthWord {
    /// Nobody has tried.
    Unknown,
    /// The agency has called with it.
    Works,
    /// The provider refuses it.
    Dead,
}

/// What is known of a retired key at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AtProvider {
    /// Not retired.
    Live,
    /// Proven dead by a call that was refused.
    Revoked,
    /// Retired here; the provider may still accept it.
    Unproven,
}

/// Five verdicts and when they were found.
#[derive(Debug, Clone, Serialize, TS)]
pub struct CheckView {
    /// Whether a check runs now.
    pub running: bool,
    /// Those that are known so far, in order.
    pub verdicts: Vec<Verdict>,
    /// When (RFC 3339); `None` while the first runs.
    pub at: Option<String>,
}

/// One call of an assistant.
#[derive(Debug, Clone, Serialize, TS)]
pub struct CallView {
    /// When it began (RFC 3339).
    pub at: String,
    /// Name of the assistant.
    pub assistant: String,
    /// Model that was asked for, if the call named one.
    pub model: Option<String>,
    /// Who paid.
    pub paid_by: Payer,
    /// Version it ran on.
    pub version: Option<u32>,
    /// HTTP status that the provider answered.
    pub status: Option<u16>,
}
