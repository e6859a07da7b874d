//! Signed requests: RFC 9421 HTTP Message Signatures in one narrow profile (seal.md §4).
//!
//! Label `ownkey`; covered are `@method`, `@authority`, `@path`, `@query` and, with a body, `content-digest` (RFC 9530,
//! sha-256) and `content-type`; parameters are `created`, `nonce`, `alg="ed25519"`, `keyid`, `tag="ownkey/1"`, in this
//! order. A request in any other form is refused, also where RFC 9421 would allow it.

mod base;
mod verify;

pub use base::{Covered, content_digest, signature_base};
pub use verify::{RequestRefused, Signed, verify};

use ed25519_dalek::{Signer, SigningKey};

use crate::encoding::{to_base64, to_base64url};
use crate::id::DeviceId;
use crate::instant::Instant;

/// A request's time may be this far from the server's clock: 60 seconds.
pub const WINDOW_MILLIS: i64 = 60_000;
/// A nonce is remembered for 150 seconds: longer than twice the window.
pub const NONCE_MILLIS: i64 = 150_000;

/// The parts of a request that are signed.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// E.g. `POST`.
    pub method: &'a str,
    /// Host and, when it is not the scheme's own, port: from the agency's public URL.
    pub authority: &'a str,
    /// Path, starting with `/`.
    pub path: &'a str,
    /// Query without `?`; empty when there is none.
    pub query: &'a str,
    /// Content type and body, when there is one.
    pub body: Option<(&'a str, &'a [u8])>,
}

/// Headers that a signed request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// `signature-input`
    pub input: String,
    /// `signature`
    pub signature: String,
    /// `content-digest`, with a body.
    pub content_digest: Option<String>,
}

/// Signs a request for a device.
#[must_use]
pub fn sign(
    request: &Request<'_>,
    device: DeviceId,
    key: &SigningKey,
    created: Instant,
    nonce: [u8; 16],
) -> SignatureHeaders {
    let covered = Covered::of(request);
    let params = covered.params(created.unix_seconds(), &to_base64url(&nonce), &device.to_string());
    let base = signature_base(&covered.components, &params);
    let signature = key.sign(base.as_bytes());
    SignatureHeaders {
        input: format!("ownkey={params}"),
        signature: format!("ownkey=:{}:", to_base64(&signature.to_bytes())),
        content_digest: request.body.map(|(_, body)| content_digest(body)),
    }
}

#[cfg(test)]
mod tests;
