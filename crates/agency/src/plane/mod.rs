//! The client plane `/v1/…`: signed by devices (design.md §5). Reads, one way to change, and news.

mod acts;
mod enrol;
mod events;
mod join;
mod problem;
mod record;
mod signed;
mod snapshot;

pub use problem::Refusal;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::Json;
use ownkey_protocol::api::AgencyInfo;
use ownkey_protocol::encoding::Base64;

use crate::Agency;

/// The most bytes that a request body may have.
pub const MAX_BODY: usize = 256 * 1024;

/// Every route of the client plane with its methods; tests draw their lists of cases from it.
pub const ROUTES: &[(&str, &str)] = &[
    ("GET", "/join"),
    ("GET", "/v1/agency"),
    ("POST", "/v1/enrol/preview"),
    ("POST", "/v1/enrol"),
    ("POST", "/v1/acts"),
    ("GET", "/v1/snapshot"),
    ("GET", "/v1/record"),
    ("GET", "/v1/record/checkpoint"),
    ("GET", "/v1/receipts/{connection}/{version}"),
    ("GET", "/v1/events"),
];

/// The routes.
pub fn router(agency: Arc<Agency>) -> Router {
    Router::new()
        .route("/join", get(join::page))
        .route("/v1/agency", get(info))
        .route("/v1/enrol/preview", post(enrol::preview))
        .route("/v1/enrol", post(enrol::enrol))
        .route("/v1/acts", post(acts::accept))
        .route("/v1/snapshot", get(snapshot::snapshot))
        .route("/v1/record", get(record::leaves))
        .route("/v1/record/checkpoint", get(record::checkpoint))
        .route("/v1/receipts/{connection}/{version}", get(record::receipt))
        .route("/v1/events", get(events::events))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(agency)
}

async fn info(State(agency): State<Arc<Agency>>) -> Json<AgencyInfo> {
    let (keyset, _) = agency.keys.keyset();
    Json(AgencyInfo {
        url: agency.config.public_url.clone(),
        identity: Base64(agency.keys.identity().to_bytes().to_vec()),
        keyset,
        contact: agency.config.contact.clone(),
        egress_addresses: agency.config.egress_addresses.clone(),
    })
}
