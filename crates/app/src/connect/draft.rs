//! A connection in the making, as it is written down.

use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{ConnectionId, RotationId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Account, Provider, Use, Verdict};
use ownkey_providers::make::openai::Journal;
use serde::{Deserialize, Serialize};

use crate::wire::{ConnectStep, How, KeyHint, ModelOffer, ModelPick};

/// A connection in the making. Holds no secret: the key is in the keychain under the connection's name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) id: ConnectionId,
    pub(crate) provider: Provider,
    pub(crate) uses: Vec<Use>,
    pub(crate) how: Option<How>,
    pub(crate) step: ConnectStep,
    pub(crate) key: Option<KeyHint>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) checked_at: Option<Instant>,
    pub(crate) account: Account,
    pub(crate) models: Vec<ModelOffer>,
    pub(crate) picks: Vec<ModelPick>,
    pub(crate) sent: Option<Sent>,
    pub(crate) skipped_trial: bool,
    pub(crate) making: Option<Journal>,
    pub(crate) discarding: bool,
    /// Whether an admin key may be in the keychain under this draft's name; an older version did not write it down.
    #[serde(default = "maybe")]
    pub(crate) admin: bool,
    /// What was made at the provider could not be taken back, and the person was told.
    #[serde(default)]
    pub(crate) stuck: bool,
    /// The person agreed that what was made stays at the provider.
    #[serde(default)]
    pub(crate) left_behind: bool,
    /// The rotation whose new key turned out to be of another account, and became this.
    #[serde(default)]
    pub(crate) handed_over: Option<RotationId>,
    pub(crate) started: Instant,
}

fn maybe() -> bool {
    true
}

/// What was sealed: written down with the act before it is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) version: u32,
    pub(crate) sealed_sha256: Hash,
}
