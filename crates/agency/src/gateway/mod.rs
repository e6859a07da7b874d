//! The gateway: an assistant's token goes in, the client's own key goes to the provider (design.md §6).
//!
//! Per call: token → assistant → client → use → assignment → connection → version → opened secret → provider. Every
//! decision is made from the fold of verified acts; tables only say where to look.

mod admit;
mod answer;
mod body;
mod call;
mod change;
mod dead;
mod door;
mod ending;
mod forward;
mod limits;
mod refused;
mod retired;
mod tap;
mod upstream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_providers::refuse::Refusal;

use crate::Agency;
pub(crate) use dead::ask_again;
pub use dead::ask_dead_keys;
pub use door::{Door, ROUTES};
pub(crate) use limits::tell_reached;
use refused::Refused;
pub(crate) use retired::ask_again as ask_retired_again;
pub use retired::ask_retired_keys;
use upstream::Upstream;

/// What the gateway keeps beside the record.
pub(crate) struct Gateway {
    upstream: Upstream,
    /// Which client a token points to: a cache of a hint; the fold decides.
    tokens: Mutex<HashMap<Hash, ClientId>>,
    /// When a drained key was last tried.
    tried: Mutex<HashMap<(ClientId, ConnectionId, u32), Instant>>,
}

impl Gateway {
    /// Opens the connections' pool.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self { upstream: Upstream::new()?, tokens: Mutex::default(), tried: Mutex::default() })
    }
}

/// The gateway's routes.
pub(crate) fn router(agency: Arc<Agency>) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, (path, door)| {
            let answer = |State(agency): State<Arc<Agency>>, request: Request| call(agency, *door, request);
            router.route(path, any(answer))
        })
        .route("/gateway/{*path}", any(nowhere))
        .with_state(agency)
}

async fn call(agency: Arc<Agency>, door: Door, request: Request) -> Response {
    let id = CallId::random(agency.now());
    match forward::forward(&agency, id, door, request).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(door.envelope(), id),
    }
}

async fn nowhere(State(agency): State<Arc<Agency>>) -> Response {
    refused::no_gateway(CallId::random(agency.now()))
}

/// A refusal with its sentence for the assistant's author.
pub(crate) fn refuse<T>(why: Refusal, sentence: &'static str) -> Result<T, Refused> {
    Err(Refused::new(why, sentence))
}
