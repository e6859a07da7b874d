//! The agency's keys: one identity that a client pins, and a signed set of everything that it uses (seal.md §2).

use std::collections::BTreeMap;

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::dsse::Envelope;
use crate::encoding::{Base64, Hash, strict};
use crate::id::{SealingKeyId, SigningKeyId};
use crate::instant::Instant;
use crate::suite::Suite;

/// Payload type of a key set.
pub const TYPE: &str = "application/vnd.ownkey.keyset+json";

/// How long a set lives: 90 days.
pub const LIFETIME_MILLIS: i64 = 90 * 24 * 3_600 * 1_000;

/// The agency's identity: `SHA-256("ownkey/identity/1" ‖ 0x00 ‖ public key)`. The agency is named by it, everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub Hash);

impl Fingerprint {
    /// The fingerprint of an identity key.
    #[must_use]
    pub fn of(public: &VerifyingKey) -> Self {
        Self(Hash::of(&[b"ownkey/identity/1", &[0], public.as_bytes()]))
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a signing key is for; three different keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Receipts and checkpoints.
    Receipt,
    /// Acts of the operator, and the countersignature of a new device.
    Operator,
    /// Acts of the gateway.
    Gateway,
}

/// A key that clients seal to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealingKey {
    /// Its id.
    pub id: SealingKeyId,
    /// Its suite.
    pub suite: Suite,
    /// The public half, as HPKE serialises it.
    pub public: Base64,
    /// From when copies sealed to it are taken.
    pub accept_from: Instant,
    /// Until when copies sealed to it are taken; it is kept for opening as long as a live copy names it.
    pub accept_until: Instant,
}

/// A key that the agency signs with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyEntry {
    /// Its id.
    pub id: SigningKeyId,
    /// What it signs.
    pub purpose: Purpose,
    /// 32 bytes, Ed25519.
    pub public: Base64,
    /// From when.
    pub from: Instant,
    /// Until when; past keys stay listed so that old statements can be checked.
    pub until: Instant,
}

/// The agency's key set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySet {
    /// 1.
    pub v: u8,
    /// The agency.
    pub agency: Fingerprint,
    /// Its name, for people.
    pub name: String,
    /// Rises with each set.
    pub seq: u64,
    /// When it was signed.
    pub issued: Instant,
    /// When it stops being good for new seals.
    pub expires: Instant,
    /// Hash of the identity key that may one day succeed this one.
    pub next_identity: Option<Hash>,
    /// Keys to seal to, newest last.
    pub sealing: Vec<SealingKey>,
    /// Keys that sign, past ones too.
    pub signing: Vec<SigningKeyEntry>,
}

/// A key set whose signature was checked against the identity that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedKeySet {
    set: KeySet,
    bytes: Vec<u8>,
}

/// Why a key set was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetRefused {
    /// Not in the agreed form.
    #[error("the key set is not in the agreed form")]
    Malformed,
    /// Signed by another identity than the pinned one.
    #[error("the key set is of another identity")]
    OtherIdentity,
    /// The signature does not verify.
    #[error("the key set's signature does not verify")]
    Signature,
    /// A smaller `seq` than one that was seen, or than the invite named.
    #[error("the key set is older than one that was seen")]
    RolledBack,
    /// The same `seq` with other bytes.
    #[error("two different key sets carry the same number")]
    Fork,
}

/// Signs a key set with the identity key.
#[must_use]
pub fn sign(set: &KeySet, identity: &SigningKey) -> Envelope {
    Envelope::signed(TYPE, crate::encoding::json(set), &set.agency.to_string(), identity)
}

impl VerifiedKeySet {
    /// Checks an envelope against the pinned fingerprint.
    ///
    /// `identity` is the public key as the agency told it; it is believed because its hash is the fingerprint.
    /// `seen` is the newest set that this side has verified, `at_least` the number that the invite named.
    ///
    /// # Errors
    /// [`KeySetRefused`].
    pub fn verify(
        envelope: &Envelope,
        identity: &[u8],
        pinned: Fingerprint,
        at_least: u64,
        seen: Option<&VerifiedKeySet>,
    ) -> Result<Self, KeySetRefused> {
        let public: [u8; 32] = identity.try_into().map_err(|_| KeySetRefused::Malformed)?;
        let public = VerifyingKey::from_bytes(&public).map_err(|_| KeySetRefused::Malformed)?;
        if Fingerprint::of(&public) != pinned {
            return Err(KeySetRefused::OtherIdentity);
        }
        if envelope.payload_type != TYPE || envelope.signatures.len() != 1 {
            return Err(KeySetRefused::Malformed);
        }
        if !envelope.verifies(0, &pinned.to_string(), &public) {
            return Err(KeySetRefused::Signature);
        }
        let set: KeySet = strict(&envelope.payload.0).map_err(|_| KeySetRefused::Malformed)?;
        if set.v != 1 || set.agency != pinned {
            return Err(KeySetRefused::Malformed);
        }
        if set.seq < at_least || seen.is_some_and(|s| set.seq < s.set.seq) {
            return Err(KeySetRefused::RolledBack);
        }
        let bytes = envelope.payload.0.clone();
        if seen.is_some_and(|s| set.seq == s.set.seq && bytes != s.bytes) {
            return Err(KeySetRefused::Fork);
        }
        Ok(Self { set, bytes })
    }

    /// The set.
    #[must_use]
    pub fn set(&self) -> &KeySet {
        &self.set
    }

    /// The newest sealing key of the wanted suite that takes copies at `now`, if the set has not expired.
    #[must_use]
    pub fn sealing_key(&self, suite: Suite, now: Instant) -> Option<&SealingKey> {
        if now >= self.set.expires {
            return None;
        }
        self.set.sealing.iter().rev().find(|k| k.suite == suite && k.accept_from <= now && now < k.accept_until)
    }

    /// The agency's signing keys, for verifying statements.
    #[must_use]
    pub fn ring(&self) -> KeyRing {
        let mut ring = KeyRing::default();
        for entry in &self.set.signing {
            let Ok(public) = <[u8; 32]>::try_from(entry.public.0.as_slice()) else {
                continue;
            };
            if let Ok(key) = VerifyingKey::from_bytes(&public) {
                ring.keys.insert(entry.id, (entry.purpose, key));
            }
        }
        ring
    }
}

/// The agency's signing keys by id.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    keys: BTreeMap<SigningKeyId, (Purpose, VerifyingKey)>,
}

impl KeyRing {
    /// The key with this id, if it is for this purpose.
    #[must_use]
    pub fn get(&self, id: SigningKeyId, purpose: Purpose) -> Option<&VerifyingKey> {
        self.keys.get(&id).filter(|(p, _)| *p == purpose).map(|(_, key)| key)
    }

    /// The payload of a statement of the agency's: of this type, with one signature, by a `receipt` key. What it says is
    /// still to be read.
    #[must_use]
    pub fn stated<'e>(&self, envelope: &'e Envelope, payload_type: &str) -> Option<&'e [u8]> {
        let [signature] = envelope.signatures.as_slice() else { return None };
        let key = self.get(signature.keyid.parse().ok()?, Purpose::Receipt)?;
        let signed = envelope.payload_type == payload_type && envelope.verifies(0, &signature.keyid, key);
        signed.then_some(envelope.payload.0.as_slice())
    }

    /// All keys for a purpose.
    pub fn all(&self, purpose: Purpose) -> impl Iterator<Item = (SigningKeyId, &VerifyingKey)> {
        self.keys.iter().filter(move |(_, (p, _))| *p == purpose).map(|(id, (_, key))| (*id, key))
    }
}
