//! The agency's signed statement about a sealed copy (seal.md §6).

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::dsse::Envelope;
use crate::encoding::{Hash, json, strict};
use crate::id::{ClientId, ConnectionId, SigningKeyId};
use crate::instant::Instant;
use crate::keyset::{Fingerprint, KeyRing};
use crate::vocabulary::{Account, Verdict};

/// Payload type of a receipt.
pub const TYPE: &str = "application/vnd.ownkey.receipt+json";

/// What the agency says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Kept, not opened yet.
    Stored,
    /// The agency itself opened that copy and called the provider with it.
    Works,
    /// It could not be opened, or the provider refuses it.
    Refused,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// 1.
    pub v: u8,
    /// The agency.
    pub agency: Fingerprint,
    /// The client.
    pub client: ClientId,
    /// The connection.
    pub connection: ConnectionId,
    /// The version.
    pub version: u32,
    /// Which sealed bytes.
    pub sealed_sha256: Hash,
    /// What the agency says.
    pub outcome: Outcome,
    /// What it found when it called the provider.
    pub verdicts: Vec<Verdict>,
    /// Whose account it is, as far as the key tells.
    pub account: Account,
    /// When, by the agency's clock.
    pub at: Instant,
    /// Place in the record of the act that carried the copy.
    pub index: u64,
}

/// The receipt does not verify, or is about something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the receipt does not verify")]
pub struct ReceiptRefused;

impl Receipt {
    /// Signs it with a `receipt` key.
    #[must_use]
    pub fn sign(&self, id: SigningKeyId, key: &SigningKey) -> Envelope {
        Envelope::signed(TYPE, json(self), &id.to_string(), key)
    }

    /// Checks the signature and that it is about exactly these sealed bytes in this place.
    ///
    /// # Errors
    /// [`ReceiptRefused`].
    pub fn verify(
        envelope: &Envelope,
        ring: &KeyRing,
        agency: Fingerprint,
        client: ClientId,
        connection: ConnectionId,
        version: u32,
        sealed_sha256: Hash,
    ) -> Result<Self, ReceiptRefused> {
        let payload = ring.stated(envelope, TYPE).ok_or(ReceiptRefused)?;
        let receipt: Self = strict(payload).map_err(|_| ReceiptRefused)?;
        let about = receipt.v == 1
            && receipt.agency == agency
            && receipt.client == client
            && receipt.connection == connection
            && receipt.version == version
            && receipt.sealed_sha256 == sealed_sha256;
        if about { Ok(receipt) } else { Err(ReceiptRefused) }
    }
}
