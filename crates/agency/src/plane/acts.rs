//! `POST /v1/acts`: the one way in which a device changes anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use ownkey_protocol::act::{Act, Actor};
use ownkey_protocol::api::{ActAnswer, ActRequest};
use ownkey_protocol::code::Code;

use super::Refusal;
use super::signed::SignedRequest;
use crate::Agency;

pub(super) async fn accept(
    State(agency): State<Arc<Agency>>,
    signed: SignedRequest,
) -> Result<Json<ActAnswer>, Refusal> {
    let request: ActRequest =
        serde_json::from_slice(&signed.body).map_err(|_| Refusal::new(Code::Malformed, "not an act request"))?;
    let act = Act::parse(&request.act).map_err(|_| Refusal::new(Code::Malformed, "not an act"))?;
    match act.actor {
        Actor::Device { device, .. } if device == signed.device => {}
        _ => return Err(Refusal::new(Code::NotAllowed, "acts come from the device that signed the request")),
    }
    Ok(Json(agency.accept(signed.client, request).await?))
}
