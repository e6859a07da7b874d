//! One key of a connection: how far it has come, and what is known of it.

use crate::act::RetireReason;
use crate::encoding::Hash;
use crate::id::DeviceId;
use crate::instant::Instant;

/// One key of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Stage.
    pub stage: Stage,
    /// Health.
    pub health: Health,
    /// At the provider, once retired.
    pub at_provider: AtProvider,
    /// Which sealed bytes.
    pub sealed_sha256: Hash,
    /// The device that pushed it.
    pub device: DeviceId,
    /// When the provider stops accepting it, where the device that pushed it knew.
    pub expires: Option<Instant>,
    /// Place in the record of the act that pushed it.
    pub index: u64,
    /// When it was pushed.
    pub pushed: Instant,
    /// Since when it is in its stage.
    pub since: Instant,
    /// Why it was retired.
    pub reason: Option<RetireReason>,
    /// Whether calls could ever run on it: it was promoted or tried.
    pub served: bool,
    /// Whether a call, or the agency's own check, succeeded on it since it serves.
    pub proven: bool,
    /// Whether no call runs on it, and none can come: of a version that was replaced or retired.
    pub drained: bool,
}

impl Version {
    /// Whether nothing can change of it any more: it is retired, no call runs on it, and the provider refuses it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Retired && self.drained && self.at_provider == AtProvider::Revoked
    }
}

/// Stage of a version (design.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Pushed. Nothing runs on it.
    Pending,
    /// The agency's receipt says that it works. Only a trial runs on it.
    Ready,
    /// Calls run on it.
    Current,
    /// The one before.
    Previous,
    /// No call runs on it any more.
    Retired,
}

/// Health of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Nobody has tried.
    Unknown,
    /// The agency has called with it.
    Works,
    /// The provider refuses it; why.
    Dead(String),
}

/// What is known of a key at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtProvider {
    /// Not retired.
    Live,
    /// A call with it was refused.
    Revoked,
    /// Retired here; the provider may still accept it.
    Unproven,
}
