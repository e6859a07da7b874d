//! Who signed a request. Everything is checked before the body is parsed.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use ed25519_dalek::VerifyingKey;
use ownkey_protocol::api::{ServerTime, TIME_TYPE};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::{Base64, json};
use ownkey_protocol::id::{ClientId, DeviceId};
use ownkey_protocol::keyset::Purpose;
use ownkey_protocol::law::ClientState;
use ownkey_protocol::request::{self, NONCE_MILLIS, RequestRefused};

use super::{MAX_BODY, Refusal};
use crate::Agency;

/// A request that an enrolled device signed.
pub(super) struct SignedRequest {
    /// The client that the device belongs to.
    pub client: ClientId,
    /// The device.
    pub device: DeviceId,
    /// The client's state as it was when the signature was verified.
    pub state: Arc<ClientState>,
    /// The body.
    pub body: Bytes,
}

impl FromRequest<Arc<Agency>> for SignedRequest {
    type Rejection = Refusal;

    async fn from_request(request: Request, agency: &Arc<Agency>) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| Refusal::new(Code::TooLarge, "body"))?;
        let input = parts.headers.get("signature-input").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let device: DeviceId =
            keyid(input).and_then(|id| id.parse().ok()).ok_or_else(|| Refusal::new(Code::NotSigned, "no keyid"))?;
        let client = agency.store.pointer("device", &device.to_string())?;
        let client = client.ok_or_else(|| Refusal::new(Code::NotSigned, "unknown device"))?;
        let state = agency.record.state(client)?;
        let known = state.devices().get(&device).ok_or_else(|| Refusal::new(Code::NotSigned, "not in the fold"))?;
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let signed = request::Request {
            method: parts.method.as_str(),
            authority: agency.config.authority(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            body: (!body.is_empty()).then_some((content_type.unwrap_or_default(), &body)),
        };
        let header = |name: &str| -> Vec<&str> {
            parts.headers.get_all(name).iter().map(|v| v.to_str().unwrap_or("\u{0}")).collect()
        };
        let now = agency.now();
        let verified = request::verify(&signed, header, now, |_| VerifyingKey::from_bytes(&known.public).ok());
        let verified = match verified {
            Ok(verified) => verified,
            Err(RequestRefused::NotSigned(cause)) => return Err(Refusal::new(Code::NotSigned, cause)),
            Err(RequestRefused::ClockSkew { nonce }) => {
                let time = ServerTime { v: 1, agency: agency.record.agency(), now, nonce: Base64(nonce.to_vec()) };
                let time = agency.keys.sign(Purpose::Receipt, TIME_TYPE, json(&time));
                return Err(Refusal::new(Code::ClockSkew, "clock skew").with_time(time));
            }
        };
        if known.revoked.is_some() || state.members().get(&known.member).is_none_or(|m| m.removed) {
            return Err(Refusal::new(Code::DeviceRevoked, "device revoked or member removed"));
        }
        if !agency.store.fresh_nonce(&verified.nonce, now, NONCE_MILLIS)? {
            return Err(Refusal::new(Code::NotSigned, "nonce seen before"));
        }
        Ok(Self { client, device, state: state.clone(), body })
    }
}

fn keyid(input: &str) -> Option<&str> {
    input.split_once(";keyid=\"")?.1.split_once('"').map(|(id, _)| id)
}
