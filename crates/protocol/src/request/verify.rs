//! The server's half: everything is checked before the body is parsed.

use ed25519_dalek::{Signature, VerifyingKey};

use super::{Covered, Request, WINDOW_MILLIS, signature_base};
use crate::encoding::{from_base64, from_base64url};
use crate::id::DeviceId;
use crate::instant::Instant;

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefused {
    /// The signature is missing, not in the profile's form, or does not verify.
    #[error("not signed: {0}")]
    NotSigned(&'static str),
    /// Its time is more than 60 seconds away.
    #[error("clock skew")]
    ClockSkew {
        /// The request's nonce, to be answered with the server's time.
        nonce: [u8; 16],
    },
}

/// A request whose signature was verified. The caller must still see that the nonce is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// Who signed.
    pub device: DeviceId,
    /// The nonce, which must not have been seen in the last 150 seconds.
    pub nonce: [u8; 16],
}

/// Verifies a request.
///
/// `header(name)` gives all values of a header, in order: a covered header that stands twice is refused.
/// `key_of` gives the public key of an enrolled device that was not revoked.
///
/// # Errors
/// [`RequestRefused`].
pub fn verify<'h>(
    request: &Request<'_>,
    header: impl Fn(&str) -> Vec<&'h str>,
    now: Instant,
    key_of: impl FnOnce(DeviceId) -> Option<VerifyingKey>,
) -> Result<Signed, RequestRefused> {
    let no = |why| Err(RequestRefused::NotSigned(why));
    let [input] = header("signature-input")[..] else {
        return no("one signature-input expected");
    };
    let [signature] = header("signature")[..] else {
        return no("one signature expected");
    };
    if request.body.is_some() {
        if header("content-type").len() != 1 {
            return no("one content-type expected");
        }
        let expected = request.body.map(|(_, body)| super::content_digest(body));
        if header("content-digest")[..] != [expected.as_deref().unwrap_or_default()] {
            return no("content-digest is not that of the body");
        }
    }
    let Some(params) = input.strip_prefix("ownkey=") else {
        return no("another label");
    };
    let Some((created, nonce, keyid)) = take_apart(params) else {
        return no("parameters");
    };
    let covered = Covered::of(request);
    if covered.params(created, nonce, keyid) != params {
        return no("another form than the profile's");
    }
    let Ok(device) = keyid.parse::<DeviceId>() else {
        return no("keyid");
    };
    let Some(nonce) = from_base64url(nonce).and_then(|n| <[u8; 16]>::try_from(n).ok()) else {
        return no("nonce");
    };
    let Some(key) = key_of(device) else {
        return no("unknown or revoked device");
    };
    let bytes = signature.strip_prefix("ownkey=:").and_then(|s| s.strip_suffix(':')).and_then(from_base64);
    let Some(sig) = bytes.and_then(|b| Signature::from_slice(&b).ok()) else {
        return no("signature");
    };
    let base = signature_base(&covered.components, params);
    if key.verify_strict(base.as_bytes(), &sig).is_err() {
        return no("the signature does not verify");
    }
    let distance = now.unix_millis().saturating_sub(created.saturating_mul(1_000)).saturating_abs();
    if distance > WINDOW_MILLIS {
        return Err(RequestRefused::ClockSkew { nonce });
    }
    Ok(Signed { device, nonce })
}

/// `created`, `nonce` and `keyid` of parameters in the profile's form; the caller rebuilds and compares the whole.
fn take_apart(params: &str) -> Option<(i64, &str, &str)> {
    let rest = params.split_once(");created=")?.1;
    let (created, rest) = rest.split_once(";nonce=\"")?;
    let (nonce, rest) = rest.split_once("\";alg=\"ed25519\";keyid=\"")?;
    let (keyid, _) = rest.split_once('"')?;
    Some((created.parse().ok()?, nonce, keyid))
}
