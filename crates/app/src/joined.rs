//! What this device knows once it has joined an agency, and the checks on every key set.

use std::sync::Arc;

use ownkey_protocol::api::AgencyInfo;
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::Base64;
use ownkey_protocol::id::{ClientId, DeviceId, MemberId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::{Fingerprint, KeySetRefused, VerifiedKeySet};
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};

use crate::agency_client::{AgencyClient, Signer, now};
use crate::fault::Fault;

/// Facts that are kept about the agency; all of them public.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) origin: String,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) identity: Base64,
    pub(crate) keyset: Envelope,
    pub(crate) client: ClientId,
    pub(crate) member: MemberId,
    pub(crate) device: DeviceId,
    pub(crate) contact: String,
    pub(crate) egress_addresses: Vec<String>,
}

/// A membership in use: connected and able to sign.
pub(crate) struct Joined {
    pub(crate) membership: Membership,
    pub(crate) keyset: VerifiedKeySet,
    pub(crate) signer: Signer,
    pub(crate) http: AgencyClient,
}

impl Joined {
    /// From what was kept, with the device's seed from the keychain.
    pub(crate) fn new(membership: Membership, seed: &Secret, roots: Vec<Vec<u8>>) -> Result<Arc<Self>, Fault> {
        let keyset = verify_kept(&membership)?;
        let http = AgencyClient::new(&membership.origin, roots)?;
        let signer = Signer {
            device: membership.device,
            key: signing_key(seed)?,
            ring: keyset.ring(),
            agency: membership.fingerprint,
        };
        Ok(Arc::new(Self { membership, keyset, signer, http }))
    }
}

impl Joined {
    /// The agency's time, as far as its signed answers have told it: this computer's clock may be wrong.
    pub(crate) fn now(&self) -> Instant {
        now().plus_millis(self.http.skew_millis())
    }

    /// The same membership with a newer key set.
    pub(crate) fn renewed(&self, info: &AgencyInfo) -> Result<Arc<Self>, Fault> {
        let membership = Membership {
            keyset: info.keyset.clone(),
            contact: info.contact.clone(),
            egress_addresses: info.egress_addresses.clone(),
            ..self.membership.clone()
        };
        let keyset = verify_kept(&membership)?;
        let signer = Signer {
            device: membership.device,
            key: self.signer.key.clone(),
            ring: keyset.ring(),
            agency: membership.fingerprint,
        };
        Ok(Arc::new(Self { http: self.http.again(&membership.origin)?, membership, keyset, signer }))
    }
}

/// The key set that was kept, verified again against the pinned identity.
pub(crate) fn verify_kept(kept: &Membership) -> Result<VerifiedKeySet, Fault> {
    VerifiedKeySet::verify(&kept.keyset, &kept.identity.0, kept.fingerprint, 0, None).map_err(|e| keyset_fault(&e))
}

/// The device's signing key from its seed.
pub(crate) fn signing_key(seed: &Secret) -> Result<ed25519_dalek::SigningKey, Fault> {
    // EXPOSE: the device's own seed signs its requests and acts.
    let bytes = seed.expose(|b| <[u8; 32]>::try_from(b).map(zeroize::Zeroizing::new));
    let bytes = bytes.map_err(|_| Fault::new(Code::KeychainItemVanished, "the device's entry is not a seed"))?;
    Ok(ed25519_dalek::SigningKey::from_bytes(&bytes))
}

/// Checks what `GET /v1/agency` answered against the pinned identity.
pub(crate) fn verify_info(
    info: &AgencyInfo,
    pinned: Fingerprint,
    at_least: u64,
    seen: Option<&VerifiedKeySet>,
) -> Result<VerifiedKeySet, Fault> {
    VerifiedKeySet::verify(&info.keyset, &info.identity.0, pinned, at_least, seen).map_err(|e| keyset_fault(&e))
}

fn keyset_fault(error: &KeySetRefused) -> Fault {
    let code = match error {
        KeySetRefused::OtherIdentity | KeySetRefused::Signature => Code::AgencyIdentityChanged,
        KeySetRefused::RolledBack | KeySetRefused::Fork => Code::KeysetRolledBack,
        KeySetRefused::Malformed => Code::AgencyAnswer,
    };
    Fault::new(code, error.to_string())
}
