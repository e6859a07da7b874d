//! The record: an append-only list of signed acts, one Merkle tree per client (seal.md §7).
//!
//! Leaf = JSON bytes `{"index":n,"logged":…,"envelope":base64}`, kept verbatim, because what is hashed is what travelled.

mod checkpoint;
mod tree;

pub use checkpoint::{Checkpoint, CheckpointRefused, origin};
pub use tree::{Tree, leaf_hash, node_hash};

use serde::{Deserialize, Serialize};

use crate::encoding::{Base64, Malformed, json, strict};
use crate::instant::Instant;

/// One line of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Its place, from 0.
    pub index: u64,
    /// When the agency logged it; never goes back.
    pub logged: Instant,
    /// The act's envelope as it travelled.
    pub envelope: Base64,
}

impl Leaf {
    /// Reads a leaf from its bytes.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        strict(bytes)
    }

    /// The leaf's bytes, to be kept verbatim from then on.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json(self)
    }
}
