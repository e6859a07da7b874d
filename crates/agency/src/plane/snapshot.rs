//! `GET /v1/snapshot`: what the app shows and the record cannot hold. All else the app folds from the record itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ownkey_protocol::api::Snapshot;

use super::Refusal;
use super::signed::SignedRequest;
use crate::Agency;

pub(super) async fn snapshot(
    State(agency): State<Arc<Agency>>,
    headers: HeaderMap,
    signed: SignedRequest,
) -> Result<Response, Refusal> {
    let size = signed.state.tree().size();
    let calls_revision = agency.calls_revision(signed.client);
    let etag = format!("\"{size}-{calls_revision}\"");
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let store = &agency.store;
    let shown = agency.calls.shown(signed.client)?;
    let snapshot = Snapshot {
        size,
        calls_revision,
        contact: agency.config.contact.clone(),
        egress_addresses: agency.config.egress_addresses.clone(),
        names: store.names(signed.client)?,
        calls: shown.last,
        first_calls: shown.first,
        tokens: shown.tokens,
        now: agency.now(),
    };
    Ok(([(header::ETAG, etag)], Json(snapshot)).into_response())
}
