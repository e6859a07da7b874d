//! The sealed copy: the only form in which the agency ever gets a client's key (seal.md §3).
//!
//! ```text
//! plaintext = u16 big-endian length ‖ secret ‖ zeros, up to the next multiple of 512 bytes
//! info      = "ownkey/sealed-copy/1"
//! aad       = header bytes
//! sealed    = {"header": base64, "enc": base64, "ct": base64}
//! ```
//! HPKE base mode (RFC 9180). The padding makes every usual key the same size, so that the size tells nothing.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::encoding::{Base64, Hash, json, strict};
use crate::id::{ConnectionId, SealingKeyId};
use crate::instant::Instant;
use crate::keyset::Fingerprint;
pub use crate::suite::Suite;
use crate::vocabulary::Provider;

const INFO: &[u8] = b"ownkey/sealed-copy/1";
const BLOCK: usize = 512;

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealPurpose {
    /// A client's.
    ClientKey,
    /// The agency's own.
    PlatformKey,
}

/// What a sealed copy says about itself; bound to the ciphertext as associated data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// 1.
    pub v: u8,
    /// Suite.
    pub suite: Suite,
    /// The agency's key that can open it.
    pub sealing_key: SealingKeyId,
    /// The agency.
    pub agency: Fingerprint,
    /// `cl_…`, or `platform`.
    pub client: String,
    /// Connection.
    pub connection: ConnectionId,
    /// Provider.
    pub provider: Provider,
    /// Version.
    pub version: u32,
    /// `dv_…`, or the operator key's id.
    pub device: String,
    /// Whose key it is.
    pub purpose: SealPurpose,
    /// When it was sealed, by the sealer's clock.
    pub at: Instant,
}

/// Where a copy was found: what the verified state says about the place. Opening compares every field with this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The agency.
    pub agency: Fingerprint,
    /// `cl_…`, or `platform`.
    pub client: String,
    /// Connection.
    pub connection: ConnectionId,
    /// Provider.
    pub provider: Provider,
    /// Version.
    pub version: u32,
    /// Who pushed it.
    pub device: String,
    /// Whose key it is.
    pub purpose: SealPurpose,
    /// SHA-256 of the sealed bytes, from the act.
    pub sealed_sha256: Hash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    header: Base64,
    enc: Base64,
    ct: Base64,
}

/// The copy does not belong where it was found, or cannot be opened. One error for all; the cause is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("seal refused: {0}")]
pub struct SealRefused(pub &'static str);

/// A public key that is not one of its suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sealing key of this suite")]
pub struct BadSealingKey;

/// A sealing key pair of the suite: the private half as a secret, the public half as bytes.
#[must_use]
pub fn generate(suite: Suite) -> (Secret, Vec<u8>) {
    fn pair<K: Kem>() -> (Secret, Vec<u8>) {
        let (private, public) = K::gen_keypair();
        let private = Secret::new(private.to_bytes().to_vec()).expect("private halves have 32 bytes");
        (private, public.to_bytes().to_vec())
    }
    match suite {
        Suite::XWing => pair::<XWing>(),
        Suite::X25519 => pair::<X25519HkdfSha256>(),
    }
}

/// The public half of a private one, as HPKE serialises it.
///
/// # Panics
/// When `private` is not a private half that [`generate`] made.
#[must_use]
pub fn public_of(suite: Suite, private: &Secret) -> Vec<u8> {
    fn public<K: Kem>(private: &[u8]) -> Vec<u8> {
        let private = K::PrivateKey::from_bytes(private).expect("made by `generate`");
        K::sk_to_pk(&private).to_bytes().to_vec()
    }
    // EXPOSE: the public half is computed from it.
    private.expose(|bytes| match suite {
        Suite::XWing => public::<XWing>(bytes),
        Suite::X25519 => public::<X25519HkdfSha256>(bytes),
    })
}

/// Seals `secret` under `header` to the agency's public key. The answer is what travels and what is hashed.
///
/// # Errors
/// [`BadSealingKey`] when `public` is not a key of the header's suite.
pub fn seal(header: &Header, public: &[u8], secret: &Secret) -> Result<Vec<u8>, BadSealingKey> {
    fn with<K: Kem>(public: &[u8], header: &[u8], text: &[u8]) -> Result<(Vec<u8>, Vec<u8>), BadSealingKey> {
        let public = K::PublicKey::from_bytes(public).map_err(|_| BadSealingKey)?;
        let (enc, ct) =
            hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, K>(&OpModeS::Base, &public, INFO, text, header)
                .map_err(|_| BadSealingKey)?;
        Ok((enc.to_bytes().to_vec(), ct))
    }
    let header_bytes = json(header);
    // EXPOSE: sealing is what the key is here for; the padded copy is wiped.
    let plaintext = secret.expose(pad);
    let (enc, ct) = match header.suite {
        Suite::XWing => with::<XWing>(public, &header_bytes, &plaintext)?,
        Suite::X25519 => with::<X25519HkdfSha256>(public, &header_bytes, &plaintext)?,
    };
    Ok(json(&Sealed { header: Base64(header_bytes), enc: Base64(enc), ct: Base64(ct) }))
}

/// SHA-256 of the sealed bytes, as the act and the receipt carry it.
#[must_use]
pub fn fingerprint(sealed: &[u8]) -> Hash {
    Hash::of(&[sealed])
}

/// The header of a sealed copy, unverified: only to find the private half that may open it.
///
/// # Errors
/// [`SealRefused`] when it is not in the agreed form.
pub fn header_of(sealed: &[u8]) -> Result<Header, SealRefused> {
    let parts: Sealed = strict(sealed).map_err(|_| SealRefused("not in the agreed form"))?;
    strict(&parts.header.0).map_err(|_| SealRefused("header not in the agreed form"))
}

/// Opens a copy that was found at `place`.
///
/// # Errors
/// [`SealRefused`] when any field differs from the place, or the copy cannot be opened, or its padding is wrong.
pub fn open(sealed: &[u8], place: &Place, private: &Secret) -> Result<Secret, SealRefused> {
    fn with<K: Kem>(private: &[u8], parts: &Sealed) -> Result<Vec<u8>, SealRefused> {
        let private = K::PrivateKey::from_bytes(private).map_err(|_| SealRefused("private key"))?;
        let enc = K::EncappedKey::from_bytes(&parts.enc.0).map_err(|_| SealRefused("enc"))?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(
            &OpModeR::Base,
            &private,
            &enc,
            INFO,
            &parts.ct.0,
            &parts.header.0,
        )
        .map_err(|_| SealRefused("ciphertext"))
    }
    if fingerprint(sealed) != place.sealed_sha256 {
        return Err(SealRefused("other bytes than the act names"));
    }
    let parts: Sealed = strict(sealed).map_err(|_| SealRefused("not in the agreed form"))?;
    let header: Header = strict(&parts.header.0).map_err(|_| SealRefused("header not in the agreed form"))?;
    compare(&header, place)?;
    // EXPOSE: the private half opens the copy.
    let plaintext = Zeroizing::new(private.expose(|key| match header.suite {
        Suite::XWing => with::<XWing>(key, &parts),
        Suite::X25519 => with::<X25519HkdfSha256>(key, &parts),
    })?);
    unpad(&plaintext)
}

fn compare(header: &Header, place: &Place) -> Result<(), SealRefused> {
    let checks = [
        (header.v == 1, "version of the format"),
        (header.agency == place.agency, "agency"),
        (header.client == place.client, "client"),
        (header.connection == place.connection, "connection"),
        (header.provider == place.provider, "provider"),
        (header.version == place.version, "version"),
        (header.device == place.device, "device"),
        (header.purpose == place.purpose, "purpose"),
    ];
    match checks.into_iter().find(|(same, _)| !same) {
        Some((_, what)) => Err(SealRefused(what)),
        None => Ok(()),
    }
}

fn pad(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = u16::try_from(secret.len()).expect("a secret has at most 2,048 bytes");
    let size = (secret.len() + 2).next_multiple_of(BLOCK);
    let mut out = Zeroizing::new(Vec::with_capacity(size));
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(secret);
    out.resize(size, 0);
    out
}

fn unpad(plaintext: &[u8]) -> Result<Secret, SealRefused> {
    let wrong = SealRefused("padding");
    let (length, rest) = plaintext.split_first_chunk::<2>().ok_or(wrong)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if plaintext.len() != (length + 2).next_multiple_of(BLOCK) {
        return Err(wrong);
    }
    let (secret, zeros) = rest.split_at_checked(length).ok_or(wrong)?;
    if zeros.iter().any(|b| *b != 0) {
        return Err(wrong);
    }
    Secret::new(secret.to_vec()).map_err(|_| SealRefused("length"))
}
