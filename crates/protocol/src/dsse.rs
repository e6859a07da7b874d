//! DSSE v1 envelopes: what is signed is the bytes that travelled, together with their type.
//!
//! `PAE(type, body) = "DSSEv1" SP len(type) SP type SP len(body) SP body`, lengths in ASCII decimal
//! (DSSE protocol v1, "Pre-Authentication Encoding"). Signatures are Ed25519 (RFC 8032), verified strictly.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::encoding::{Base64, Malformed, json, strict};

/// A payload, its type and who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The bytes that were signed.
    pub payload: Base64,
    /// What they are, e.g. `application/vnd.ownkey.act+json`.
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// One signature, or two for `device.enrol`.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// Whose: a device, a signing key, or the identity's fingerprint.
    pub keyid: String,
    /// 64 bytes.
    pub sig: Base64,
}

/// `PAE(type, body)`; see the module's text.
#[must_use]
pub fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len()).into_bytes();
    out.extend_from_slice(body);
    out
}

/// The signature of `key` over a payload.
#[must_use]
pub fn sign(payload_type: &str, payload: &[u8], keyid: &str, key: &SigningKey) -> EnvelopeSignature {
    let sig = key.sign(&pae(payload_type, payload));
    EnvelopeSignature { keyid: keyid.to_owned(), sig: Base64(sig.to_bytes().to_vec()) }
}

impl Envelope {
    /// Signs `payload` with one key.
    #[must_use]
    pub fn signed(payload_type: &str, payload: Vec<u8>, keyid: &str, key: &SigningKey) -> Self {
        let signature = sign(payload_type, &payload, keyid, key);
        Self { payload: Base64(payload), payload_type: payload_type.to_owned(), signatures: vec![signature] }
    }

    /// Reads an envelope from its JSON bytes.
    ///
    /// # Errors
    /// [`Malformed`] for anything else, or without one to two signatures.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let envelope: Self = strict(bytes)?;
        if envelope.signatures.is_empty() || envelope.signatures.len() > 2 {
            return Err(Malformed);
        }
        Ok(envelope)
    }

    /// The envelope's JSON bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json(self)
    }

    /// Whether the signature at `index` is by `keyid` and verifies under `key`.
    #[must_use]
    pub fn verifies(&self, index: usize, keyid: &str, key: &VerifyingKey) -> bool {
        let Some(signature) = self.signatures.get(index) else {
            return false;
        };
        let Ok(sig) = Signature::from_slice(&signature.sig.0) else {
            return false;
        };
        signature.keyid == keyid && key.verify_strict(&pae(&self.payload_type, &self.payload.0), &sig).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pae_is_the_one_of_the_dsse_protocol() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn a_signature_holds_for_its_payload_type_and_key_only() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let envelope = Envelope::signed("t", b"body".to_vec(), "k", &key);
        assert!(envelope.verifies(0, "k", &key.verifying_key()));
        assert!(!envelope.verifies(1, "k", &key.verifying_key()));
        assert!(!envelope.verifies(0, "other", &key.verifying_key()));
        assert!(!envelope.verifies(0, "k", &SigningKey::from_bytes(&[8; 32]).verifying_key()));
        let mut changed = envelope.clone();
        changed.payload.0[0] ^= 1;
        assert!(!changed.verifies(0, "k", &key.verifying_key()));
        let mut changed = envelope;
        changed.payload_type = "u".into();
        assert!(!changed.verifies(0, "k", &key.verifying_key()));
    }
}
