//! The agency's private keys: made once, kept wrapped, used through one narrow trait (seal.md §2).
//!
//! Private halves are wrapped with XChaCha20-Poly1305 (key id as associated data) under a key-encryption key that is
//! in a file of its own, outside the database's folder. Whoever has the database alone has nothing.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context, bail};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use ownkey_protocol::dsse::{Envelope, EnvelopeSignature, pae};
use ownkey_protocol::encoding::{Base64, json};
use ownkey_protocol::id::{SealingKeyId, SigningKeyId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::{
    Fingerprint, KeySet, LIFETIME_MILLIS, Purpose, SealingKey, SigningKeyEntry, VerifiedKeySet,
};
use ownkey_protocol::record::Checkpoint;
use ownkey_protocol::seal::{self, Place, SealRefused, Suite};
use ownkey_protocol::{keyset, random};
use ownkey_secret::{Secret, clear_stack};
use zeroize::Zeroizing;

use crate::store::Store;

/// What can be done with the agency's private keys; their bytes stay behind it.
pub trait KeyHolder: Send + Sync {
    /// Opens a sealed copy that was found at `place`.
    ///
    /// # Errors
    /// [`SealRefused`]; the cause is for the log only.
    fn open(&self, sealed: &[u8], place: &Place) -> Result<Secret, SealRefused>;

    /// Signs a payload with the key for `purpose`. Gives the key's id and the signature over the envelope.
    fn sign(&self, purpose: Purpose, payload_type: &str, payload: Vec<u8>) -> Envelope;

    /// Adds the signature for `purpose` to an envelope (the operator's countersignature on `device.enrol`).
    fn countersign(&self, purpose: Purpose, envelope: &Envelope) -> EnvelopeSignature;

    /// Signs a checkpoint of the record with this origin.
    fn checkpoint(&self, origin: &str, checkpoint: &Checkpoint) -> String;

    /// A MAC for a row that the record cannot hold, under a key that is not in the database.
    fn mac(&self, row: &[u8]) -> [u8; 32];

    /// Id of the present key for `purpose`.
    fn key_id(&self, purpose: Purpose) -> SigningKeyId;

    /// The newest signed key set.
    fn keyset(&self) -> (Envelope, VerifiedKeySet);

    /// Signs a new key set when half of the present one's life is over; gives the new one then.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn renew(&self, now: Instant) -> anyhow::Result<Option<VerifiedKeySet>>;

    /// The identity's public key.
    fn identity(&self) -> VerifyingKey;
}

/// Keys wrapped in the database under a key from a file.
pub struct FileKeys {
    identity: SigningKey,
    signing: Vec<(SigningKeyId, Purpose, SigningKey)>,
    sealing: Vec<(SealingKeyId, Secret)>,
    /// `HMAC(wrapping key, "ownkey/rows/1")`: for rows that the record cannot hold.
    rows: Zeroizing<[u8; 32]>,
    keyset: Mutex<(Envelope, VerifiedKeySet)>,
    store: Arc<Store>,
    name: String,
}

impl FileKeys {
    /// Opens the keys, or makes them at the first start.
    ///
    /// # Errors
    /// When the wrapping key's file can be read by others, or does not open what the database holds.
    pub fn open(store: &Arc<Store>, key_file: &Path, name: &str, now: Instant) -> anyhow::Result<Self> {
        let wrapping = wrapping_key(key_file, store.keys()?.is_empty())?;
        if store.keys()?.is_empty() {
            make(store, &wrapping, now)?;
        }
        let mut identity = None;
        let mut signing = Vec::new();
        let mut sealing = Vec::new();
        for (id, kind, blob) in store.keys()? {
            let private = unwrap(&wrapping, &id, &blob).with_context(|| format!("key {id}"))?;
            match kind.as_str() {
                "identity" => identity = Some(seed(&private)?),
                "sealing" => sealing.push((id.parse()?, Secret::new(private.to_vec())?)),
                "receipt" => signing.push((id.parse()?, Purpose::Receipt, seed(&private)?)),
                "operator" => signing.push((id.parse()?, Purpose::Operator, seed(&private)?)),
                "gateway" => signing.push((id.parse()?, Purpose::Gateway, seed(&private)?)),
                other => bail!("unknown kind of key {other}"),
            }
        }
        let identity = identity.context("no identity key")?;
        let keyset = current_keyset(store, &identity, &signing, &sealing, name, now)?;
        let keyset = Mutex::new(keyset);
        let rows = Zeroizing::new(hmac(&wrapping, b"ownkey/rows/1"));
        Ok(Self { identity, signing, sealing, rows, keyset, store: store.clone(), name: name.to_owned() })
    }

    fn signing(&self, purpose: Purpose) -> &(SigningKeyId, Purpose, SigningKey) {
        self.signing.iter().rev().find(|(_, p, _)| *p == purpose).expect("three purposes are made at the first start")
    }
}

impl KeyHolder for FileKeys {
    fn open(&self, sealed: &[u8], place: &Place) -> Result<Secret, SealRefused> {
        let header = seal::header_of(sealed)?;
        let private = self.sealing.iter().find(|(id, _)| *id == header.sealing_key);
        let (_, private) = private.ok_or(SealRefused("unknown sealing key"))?;
        let secret = seal::open(sealed, place, private);
        clear_stack(); // what the cipher worked on
        secret
    }

    fn sign(&self, purpose: Purpose, payload_type: &str, payload: Vec<u8>) -> Envelope {
        let (id, _, key) = self.signing(purpose);
        Envelope::signed(payload_type, payload, &id.to_string(), key)
    }

    fn countersign(&self, purpose: Purpose, envelope: &Envelope) -> EnvelopeSignature {
        let (id, _, key) = self.signing(purpose);
        let sig = key.sign(&pae(&envelope.payload_type, &envelope.payload.0));
        EnvelopeSignature { keyid: id.to_string(), sig: Base64(sig.to_bytes().to_vec()) }
    }

    fn checkpoint(&self, origin: &str, checkpoint: &Checkpoint) -> String {
        checkpoint.sign(origin, &self.signing(Purpose::Receipt).2)
    }

    fn mac(&self, row: &[u8]) -> [u8; 32] {
        hmac(&self.rows, row)
    }

    fn key_id(&self, purpose: Purpose) -> SigningKeyId {
        self.signing(purpose).0
    }

    fn keyset(&self) -> (Envelope, VerifiedKeySet) {
        self.keyset.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn renew(&self, now: Instant) -> anyhow::Result<Option<VerifiedKeySet>> {
        let fresh = current_keyset(&self.store, &self.identity, &self.signing, &self.sealing, &self.name, now)?;
        let mut kept = self.keyset.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if fresh.1.set().seq == kept.1.set().seq {
            return Ok(None);
        }
        *kept = fresh.clone();
        Ok(Some(fresh.1))
    }

    fn identity(&self) -> VerifyingKey {
        self.identity.verifying_key()
    }
}

fn wrapping_key(file: &Path, may_make: bool) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    if !file.exists() {
        if !may_make {
            bail!("the wrapping key {} is missing: nothing in this database can be opened without it", file.display());
        }
        let key = Zeroizing::new(random::bytes::<32>());
        let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        out.write_all(key.as_slice())?;
        out.sync_all()?;
        return Ok(key);
    }
    let mode = fs::metadata(file)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("{} can be read by others (mode {:o}): set it to 0600 first", file.display(), mode & 0o777);
    }
    let bytes = Zeroizing::new(fs::read(file)?);
    let key: [u8; 32] = bytes.as_slice().try_into().context("the wrapping key has 32 bytes")?;
    Ok(Zeroizing::new(key))
}

fn make(store: &Store, wrapping: &[u8; 32], now: Instant) -> anyhow::Result<()> {
    let mut keys: Vec<(String, &str, Zeroizing<Vec<u8>>)> =
        vec![("identity".to_owned(), "identity", Zeroizing::new(random::bytes::<32>().to_vec()))];
    for kind in ["receipt", "operator", "gateway"] {
        let seed = Zeroizing::new(random::bytes::<32>().to_vec());
        keys.push((SigningKeyId::random(now).to_string(), kind, seed));
    }
    let (private, _) = seal::generate(Suite::XWing);
    // EXPOSE: the private half is wrapped before it is kept.
    let private = private.expose(|bytes| Zeroizing::new(bytes.to_vec()));
    keys.push((SealingKeyId::random(now).to_string(), "sealing", private));
    for (id, kind, private) in &keys {
        store.add_key(id, kind, &wrap(wrapping, id, private)?)?;
    }
    Ok(())
}

fn wrap(wrapping: &[u8; 32], id: &str, private: &[u8]) -> anyhow::Result<Vec<u8>> {
    let cipher = XChaCha20Poly1305::new(wrapping.into());
    let nonce = random::bytes::<24>();
    let payload = Payload { msg: private, aad: id.as_bytes() };
    let ct = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| anyhow::anyhow!("wrapping failed"))?;
    Ok([nonce.as_slice(), &ct].concat())
}

fn unwrap(wrapping: &[u8; 32], id: &str, blob: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let (nonce, ct) = blob.split_first_chunk::<24>().context("cut off")?;
    let cipher = XChaCha20Poly1305::new(wrapping.into());
    let payload = Payload { msg: ct, aad: id.as_bytes() };
    let private = cipher.decrypt(&XNonce::from(*nonce), payload);
    private.map(Zeroizing::new).map_err(|_| anyhow::anyhow!("the wrapping key does not open it"))
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn seed(private: &[u8]) -> anyhow::Result<SigningKey> {
    let seed = Zeroizing::new(<[u8; 32]>::try_from(private).context("a seed has 32 bytes")?);
    Ok(SigningKey::from_bytes(&seed))
}

/// The newest set; a new one when there is none or half of its life is over.
fn current_keyset(
    store: &Store,
    identity: &SigningKey,
    signing: &[(SigningKeyId, Purpose, SigningKey)],
    sealing: &[(SealingKeyId, Secret)],
    name: &str,
    now: Instant,
) -> anyhow::Result<(Envelope, VerifiedKeySet)> {
    let agency = Fingerprint::of(&identity.verifying_key());
    let public = identity.verifying_key().to_bytes();
    let newest = match store.newest_keyset()? {
        Some(bytes) => {
            let envelope = Envelope::parse(&bytes)?;
            let verified = VerifiedKeySet::verify(&envelope, &public, agency, 0, None)?;
            if now.millis_since(verified.set().issued) < LIFETIME_MILLIS / 2 {
                return Ok((envelope, verified));
            }
            Some(verified)
        }
        None => None,
    };
    let until = now.plus_millis(2 * LIFETIME_MILLIS);
    let set = KeySet {
        v: 1,
        agency,
        name: newest.as_ref().map_or(name, |n| &n.set().name).to_owned(),
        seq: newest.as_ref().map_or(1, |n| n.set().seq + 1),
        issued: now,
        expires: now.plus_millis(LIFETIME_MILLIS),
        next_identity: None,
        sealing: sealing
            .iter()
            .map(|(id, private)| SealingKey {
                id: *id,
                suite: Suite::XWing,
                public: Base64(seal::public_of(Suite::XWing, private)),
                accept_from: now,
                accept_until: until,
            })
            .collect(),
        signing: signing
            .iter()
            .map(|(id, purpose, key)| SigningKeyEntry {
                id: *id,
                purpose: *purpose,
                public: Base64(key.verifying_key().to_bytes().to_vec()),
                from: now,
                until,
            })
            .collect(),
    };
    let envelope = keyset::sign(&set, identity);
    store.add_keyset(set.seq, &json(&envelope))?;
    let verified = VerifiedKeySet::verify(&envelope, &public, agency, 0, newest.as_ref())?;
    Ok((envelope, verified))
}
