//! Enrolment: an invite's code becomes a device. Wrong tries are limited per address, so that guessing from one place
//! never locks out another.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use ownkey_protocol::act::{Act, Deed};
use ownkey_protocol::api::{ActAnswer, ActRequest, EnrolPreview, EnrolPreviewRequest};
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::keyset::Purpose;
use ownkey_protocol::law::{ClientState, Invite};

use super::Refusal;
use crate::Agency;

pub(super) async fn preview(
    State(agency): State<Arc<Agency>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Bytes,
) -> Result<Json<EnrolPreview>, Refusal> {
    let request: EnrolPreviewRequest =
        serde_json::from_slice(&body).map_err(|_| Refusal::new(Code::Malformed, "not a preview request"))?;
    let (client, state, invite) = find(&agency, from.ip(), &request.code.0)?;
    let nameless = || Refusal::new(Code::NotFound, "a name is missing");
    let member_name = state.members().get(&invite.member).map(|m| m.name_hash).ok_or_else(nameless)?;
    let client_name = state.name_hash().ok_or_else(nameless)?;
    Ok(Json(EnrolPreview {
        client,
        client_name: agency.store.name(client, client_name)?.ok_or_else(nameless)?,
        member: invite.member,
        member_name: agency.store.name(client, member_name)?.ok_or_else(nameless)?,
        role: invite.role,
        expires: invite.expires,
    }))
}

pub(super) async fn enrol(
    State(agency): State<Arc<Agency>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Bytes,
) -> Result<Json<ActAnswer>, Refusal> {
    let mut request: ActRequest =
        serde_json::from_slice(&body).map_err(|_| Refusal::new(Code::Malformed, "not an act request"))?;
    let act = Act::parse(&request.act).map_err(|_| Refusal::new(Code::Malformed, "not an act"))?;
    let Deed::DeviceEnrol { code, .. } = &act.deed else {
        return Err(Refusal::new(Code::NotAllowed, "only enrolment comes through this door"));
    };
    if request.act.signatures.len() != 1 {
        return Err(Refusal::new(Code::Malformed, "the device's signature alone is expected"));
    }
    let countersigned = agency.keys.countersign(Purpose::Operator, &request.act);
    request.act.signatures.push(countersigned);
    if !answered_before(&agency, &act, &code.0, &request.act)? {
        find(&agency, from.ip(), &code.0)?;
    }
    Ok(Json(agency.accept(act.client, request).await?))
}

/// Whether this very enrolment was accepted before, so that it gets its first answer again. Nothing is looked at for who
/// does not hold the invite's code: neither whether the client exists nor whether it knows the act.
fn answered_before(agency: &Agency, act: &Act, code: &[u8], envelope: &Envelope) -> Result<bool, Refusal> {
    if agency.store.pointer("invite", &Hash::of(&[code]).to_string())? != Some(act.client) {
        return Ok(false);
    }
    let known = agency.record.state(act.client)?.act(act.id);
    Ok(known.is_some_and(|(_, hash)| hash == Hash::of(&[&envelope.to_bytes()])))
}

/// The invite behind a code, counting wrong tries against the address.
fn find(agency: &Agency, from: IpAddr, code: &[u8]) -> Result<(ClientId, Arc<ClientState>, Invite), Refusal> {
    let now = agency.now();
    if agency.wrong_tries.exhausted(from, now) {
        return Err(Refusal::new(Code::SlowDown, "too many wrong codes from this address"));
    }
    let wrong = |code, cause| {
        agency.wrong_tries.count(from, now);
        Err(Refusal::new(code, cause))
    };
    let hash = Hash::of(&[code]);
    let Some(client) = agency.store.pointer("invite", &hash.to_string())? else {
        return wrong(Code::InviteUnknown, "no such invite");
    };
    let state = agency.record.state(client)?;
    let Some(invite) = state.invites().get(&hash).cloned() else {
        return wrong(Code::InviteUnknown, "not in the fold");
    };
    if invite.used {
        return wrong(Code::InviteUsed, "used before");
    }
    if now >= invite.expires {
        return wrong(Code::InviteExpired, "run out");
    }
    Ok((client, state, invite))
}
