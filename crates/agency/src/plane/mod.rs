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

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{MethodRouter, get, post};
use ownkey_protocol::api::AgencyInfo;
use ownkey_protocol::encoding::Base64;

use crate::Agency;

/// The most bytes that a request body may have.
pub const MAX_BODY: usize = 256 * 1024;

/// One route of the client plane.
#[derive(Debug)]
pub struct Route {
    /// Its method.
    pub method: &'static str,
    /// Its path; `{…}` stands for one segment.
    pub path: &'static str,
    /// Whether it is answered without a device's signature.
    pub open: bool,
    answer: fn() -> MethodRouter<Arc<Agency>>,
}

const fn open(method: &'static str, path: &'static str, answer: fn() -> MethodRouter<Arc<Agency>>) -> Route {
    Route { method, path, open: true, answer }
}

const fn signed(method: &'static str, path: &'static str, answer: fn() -> MethodRouter<Arc<Agency>>) -> Route {
    Route { method, path, open: false, answer }
}

/// Every route of the client plane: the router is built from this list, and tests draw their lists of cases from it.
pub const ROUTES: &[Route] = &[
    open("GET", "/join", || get(join::page)),
    open("GET", "/v1/agency", || get(info)),
    open("POST", "/v1/enrol/preview", || post(enrol::preview)),
    open("POST", "/v1/enrol", || post(enrol::enrol)),
    signed("POST", "/v1/acts", || post(acts::accept)),
    signed("GET", "/v1/snapshot", || get(snapshot::snapshot)),
    signed("GET", "/v1/record", || get(record::leaves)),
    signed("GET", "/v1/record/checkpoint", || get(record::checkpoint)),
    signed("GET", "/v1/receipts/{connection}/{version}", || get(record::receipt)),
    signed("GET", "/v1/events", || get(events::events)),
];

/// The routes.
pub fn router(agency: Arc<Agency>) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, route| router.route(route.path, (route.answer)()))
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
