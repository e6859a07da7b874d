//! Checkpoints: C2SP `tlog-checkpoint` in a C2SP `signed-note`, so that any such tool can read them.
//!
//! ```text
//! <origin>\n<size>\n<base64 root>\n\n— <key name> <base64(key id ‖ signature)>\n
//! key id = first 4 bytes of SHA-256(key name ‖ 0x0A ‖ 0x01 ‖ public key)
//! ```

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::encoding::{Hash, from_base64, to_base64, to_base64url};
use crate::keyset::{Fingerprint, KeyRing, Purpose};

/// A verified or about-to-be-signed checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

/// The checkpoint is not in its form, of another record, or its signature does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint does not verify")]
pub struct CheckpointRefused;

/// The record's name: `ownkey/<fingerprint, base64url>/<cl_…>`; also the key name in the note.
#[must_use]
pub fn origin(agency: Fingerprint, client: &str) -> String {
    format!("ownkey/{}/{client}", to_base64url(&agency.0.0))
}

fn key_id(origin: &str, public: &VerifyingKey) -> [u8; 4] {
    let hash = Hash::of(&[origin.as_bytes(), b"\n", &[1], public.as_bytes()]);
    [hash.0[0], hash.0[1], hash.0[2], hash.0[3]]
}

impl Checkpoint {
    fn body(&self, origin: &str) -> String {
        format!("{origin}\n{}\n{}\n", self.size, to_base64(&self.root.0))
    }

    /// The signed note.
    #[must_use]
    pub fn sign(&self, origin: &str, key: &SigningKey) -> String {
        let body = self.body(origin);
        let mut blob = key_id(origin, &key.verifying_key()).to_vec();
        blob.extend_from_slice(&key.sign(body.as_bytes()).to_bytes());
        format!("{body}\n\u{2014} {origin} {}\n", to_base64(&blob))
    }

    /// Reads a note and checks it: the right record, signed by one of the agency's `receipt` keys.
    ///
    /// # Errors
    /// [`CheckpointRefused`].
    pub fn verify(note: &str, origin: &str, ring: &KeyRing) -> Result<Self, CheckpointRefused> {
        let refused = CheckpointRefused;
        if note.len() > 4_096 {
            return Err(refused);
        }
        let (body, signatures) = note.split_once("\n\n").ok_or(refused)?;
        let mut lines = body.split('\n');
        let (Some(name), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(refused);
        };
        let root: [u8; 32] = from_base64(root).and_then(|b| b.try_into().ok()).ok_or(refused)?;
        let checkpoint = Self { size: size.parse().map_err(|_| refused)?, root: Hash(root) };
        let text = checkpoint.body(origin);
        if name != origin || text.strip_suffix('\n') != Some(body) {
            return Err(refused);
        }
        let signed = signatures.lines().any(|line| {
            let blob = line.strip_prefix("\u{2014} ").and_then(|l| l.split_once(' ')).filter(|(n, _)| *n == origin);
            let Some(blob) = blob.and_then(|(_, b)| from_base64(b)) else {
                return false;
            };
            let Some((id, sig)) = blob.split_first_chunk::<4>() else {
                return false;
            };
            let Ok(sig) = Signature::from_slice(sig) else {
                return false;
            };
            ring.all(Purpose::Receipt)
                .any(|(_, key)| key_id(origin, key) == *id && key.verify_strict(text.as_bytes(), &sig).is_ok())
        });
        if signed { Ok(checkpoint) } else { Err(refused) }
    }
}
