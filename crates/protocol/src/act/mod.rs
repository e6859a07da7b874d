//! Acts: the only way in which anything changes (seal.md §5).
//!
//! An act is a statement signed by its actor. It says what it does, what its actor had seen of the record, and which
//! revision of each thing that it writes its actor was looking at.

mod deed;
mod parts;
mod writes;

pub use deed::Deed;
pub use parts::{Preference, RetireReason, RotationOutcome, Schedule, Stated};

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::dsse::Envelope;
use crate::encoding::{Hash, Malformed, json, strict, unique_map};
use crate::id::{ActId, ClientId, DeviceId, MemberId, SigningKeyId};
use crate::instant::Instant;
use crate::keyset::Fingerprint;

/// Payload type of an act.
pub const TYPE: &str = "application/vnd.ownkey.act+json";

/// The most entries that any list within an act may have.
pub const MAX_LIST: usize = 64;

/// One signed change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// 1.
    pub v: u8,
    /// Makes it idempotent.
    pub id: ActId,
    /// The agency.
    pub agency: Fingerprint,
    /// The client whose record it belongs to.
    pub client: ClientId,
    /// Who acts.
    pub actor: Actor,
    /// When, by the actor's clock.
    pub at: Instant,
    /// The newest checkpoint that this actor has verified.
    pub seen: Seen,
    /// The revision of each thing that it writes, as the actor saw it.
    #[serde(deserialize_with = "unique_map")]
    pub expects: BTreeMap<String, u64>,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: Deed,
}

/// A checkpoint without its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

impl Seen {
    /// Of a record that has no entry yet.
    #[must_use]
    pub fn nothing() -> Self {
        Self { size: 0, root: Hash::of(&[]) }
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Actor {
    /// A member, on a device.
    Device {
        /// The device; its key signs.
        device: DeviceId,
        /// The member.
        member: MemberId,
    },
    /// Somebody at the agency.
    Operator {
        /// The operator key.
        key: SigningKeyId,
        /// `SHA-256(salt ‖ name)` of the person.
        name_hash: Hash,
    },
    /// The gateway, on what it found out.
    Gateway {
        /// The gateway key.
        key: SigningKeyId,
    },
}

impl Act {
    /// Signs the act with its actor's key.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Envelope {
        Envelope::signed(TYPE, json(self), &self.actor.keyid(), key)
    }

    /// Reads the act within an envelope. The signature is the law's to check.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(envelope: &Envelope) -> Result<Self, Malformed> {
        if envelope.payload_type != TYPE {
            return Err(Malformed);
        }
        let act: Self = strict(&envelope.payload.0)?;
        if act.v == 1 && act.expects.len() <= MAX_LIST { Ok(act) } else { Err(Malformed) }
    }
}

impl Actor {
    /// The id of the key that signs for this actor.
    #[must_use]
    pub fn keyid(&self) -> String {
        match self {
            Self::Device { device, .. } => device.to_string(),
            Self::Operator { key, .. } | Self::Gateway { key } => key.to_string(),
        }
    }
}
