//! The client plane `/v1/…`: signed by devices (design.md §5). Reads, one way to change, and news.

mod acts;
mod calls;
mod enrol;
mod events;
mod join;
mod openapi;
mod problem;
mod record;
mod signed;
mod snapshot;
mod usage;

pub use problem::Refusal;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{MethodRouter, get, post};
use ownkey_protocol::api::{
    ActAnswer, ActRequest, AgencyInfo, EnrolPreview, EnrolPreviewRequest, RecordPage, Snapshot, UsageDays, UsagePage,
    VersionCalls,
};
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::Base64;
use schemars::{JsonSchema, SchemaGenerator};

use crate::Agency;
use openapi::Body;

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
    summary: &'static str,
    query: &'static [&'static str],
    takes: Body,
    answers: Body,
    answer: Answer,
}

type Answer = fn() -> MethodRouter<Arc<Agency>>;

impl Route {
    const fn open(method: &'static str, path: &'static str, answer: Answer, summary: &'static str) -> Self {
        Self { method, path, open: true, summary, query: &[], takes: Body::None, answers: Body::None, answer }
    }

    const fn signed(method: &'static str, path: &'static str, answer: Answer, summary: &'static str) -> Self {
        Self { open: false, ..Self::open(method, path, answer, summary) }
    }

    const fn query(mut self, names: &'static [&'static str]) -> Self {
        self.query = names;
        self
    }

    const fn takes<T: JsonSchema>(mut self) -> Self {
        self.takes = Body::Json(SchemaGenerator::subschema_for::<T>);
        self
    }

    const fn answers<T: JsonSchema>(mut self) -> Self {
        self.answers = Body::Json(SchemaGenerator::subschema_for::<T>);
        self
    }

    const fn content(mut self, kind: &'static str) -> Self {
        self.answers = Body::Other(kind);
        self
    }
}

/// Every route of the client plane: the router and the OpenAPI document are built from this list, and tests draw their
/// lists of cases from it.
pub const ROUTES: &[Route] = &[
    Route::open("GET", "/join", || get(join::page), "The page behind an invitation's link").content("text/html"),
    Route::open("GET", "/v1/openapi.json", || get(openapi::document), "This document").content("application/json"),
    Route::open("GET", "/v1/agency", || get(info), "Who the agency is: identity, key set, contact, addresses")
        .answers::<AgencyInfo>(),
    Route::open("POST", "/v1/enrol/preview", || post(enrol::preview), "What an invitation is for")
        .takes::<EnrolPreviewRequest>()
        .answers::<EnrolPreview>(),
    Route::open("POST", "/v1/enrol", || post(enrol::enrol), "Enrols a device: the act device.enrol")
        .takes::<ActRequest>()
        .answers::<ActAnswer>(),
    Route::signed("POST", "/v1/acts", || post(acts::accept), "The one way to change anything")
        .takes::<ActRequest>()
        .answers::<ActAnswer>(),
    Route::signed("GET", "/v1/snapshot", || get(snapshot::snapshot), "What is shown and the record cannot hold")
        .answers::<Snapshot>(),
    Route::signed("GET", "/v1/record", || get(record::leaves), "Leaves from an index on, at most 500")
        .query(&["from"])
        .answers::<RecordPage>(),
    Route::signed("GET", "/v1/record/checkpoint", || get(record::checkpoint), "The newest signed checkpoint")
        .content("text/plain"),
    Route::signed("GET", "/v1/receipts/{connection}/{version}", || get(record::receipt), "A signed receipt")
        .answers::<Envelope>(),
    Route::signed("GET", "/v1/usage", || get(usage::usage), "What the client's calls spent")
        .query(&["from", "to", "group"])
        .answers::<UsagePage>(),
    Route::signed("GET", "/v1/usage/days", || get(usage::days), "What the agency says of each day, signed")
        .query(&["from", "to"])
        .answers::<UsageDays>(),
    Route::signed("GET", "/v1/calls/{connection}/{version}", || get(calls::calls), "Calls on one version's key")
        .query(&["from", "before", "limit"])
        .answers::<VersionCalls>(),
    Route::signed("GET", "/v1/events", || get(events::events), "Something changed, as server-sent events")
        .content("text/event-stream"),
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
