//! `GET /v1/calls/{connection}/{version}`: the calls that were made with one version's key.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use ownkey_protocol::api::VersionCalls;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::{CallId, ConnectionId};
use ownkey_protocol::instant::Instant;
use serde::Deserialize;

use super::Refusal;
use super::signed::SignedRequest;
use crate::Agency;
use crate::calls::OfVersion;

/// Calls on a page, where nothing is said, and at the most.
const PAGE: u32 = 100;
const LARGEST: u32 = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    from: Instant,
    before: Option<CallId>,
    #[serde(default = "page")]
    limit: u32,
}

const fn page() -> u32 {
    PAGE
}

pub(super) async fn calls(
    State(agency): State<Arc<Agency>>,
    Path((connection, version)): Path<(String, u32)>,
    Query(Asked { from, before, limit }): Query<Asked>,
    signed: SignedRequest,
) -> Result<Json<VersionCalls>, Refusal> {
    let none = || Refusal::new(Code::NotFound, "no such version");
    let connection: ConnectionId = connection.parse().map_err(|_| none())?;
    let client = signed.client;
    let state = agency.record.state(client)?;
    state.connections().get(&connection).filter(|known| known.versions.contains_key(&version)).ok_or_else(none)?;
    if !(1..=LARGEST).contains(&limit) {
        return Err(Refusal::new(Code::Malformed, "1 to 500 calls at once"));
    }
    let asked = OfVersion { connection, version, from, before, limit };
    match tokio::task::spawn_blocking(move || agency.calls.of_version(client, asked)).await {
        Ok(page) => Ok(Json(page?)),
        Err(_) => Err(Refusal::new(Code::Unforeseen, "calls could not be listed")),
    }
}
