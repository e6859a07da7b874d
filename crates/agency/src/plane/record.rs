//! The record and the receipts, as they are kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use ownkey_protocol::api::RecordPage;
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::id::ConnectionId;
use serde::Deserialize;

use super::Refusal;
use super::signed::SignedRequest;
use crate::Agency;

/// Leaves per page.
const PAGE: u32 = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    #[serde(default)]
    from: u64,
}

pub(super) async fn leaves(
    State(agency): State<Arc<Agency>>,
    Query(query): Query<From>,
    signed: SignedRequest,
) -> Result<Json<RecordPage>, Refusal> {
    Ok(Json(agency.record.page(signed.client, query.from, PAGE)?))
}

pub(super) async fn checkpoint(State(agency): State<Arc<Agency>>, signed: SignedRequest) -> Result<String, Refusal> {
    Ok(agency.record.checkpoint(&signed.state))
}

pub(super) async fn receipt(
    State(agency): State<Arc<Agency>>,
    Path((connection, version)): Path<(String, u32)>,
    signed: SignedRequest,
) -> Result<Json<Envelope>, Refusal> {
    let none = || Refusal::new(Code::NotFound, "no such receipt");
    let connection: ConnectionId = connection.parse().map_err(|_| none())?;
    let bytes = agency.store.receipt(signed.client, connection, version)?.ok_or_else(none)?;
    Envelope::parse(&bytes).map(Json).map_err(|_| Refusal::new(Code::Unforeseen, "a kept receipt is broken"))
}
