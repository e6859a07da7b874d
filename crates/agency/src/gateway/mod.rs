//! The gateway: an assistant's token goes in, the client's own key goes to the provider (design.md §6).
//!
//! Per call: token → assistant → client → use → assignment → connection → version → opened secret → provider. Every
//! decision is made from the fold of verified acts; tables only say where to look.

mod admit;
mod answer;
mod body;
mod call;
mod change;
mod chat;
mod dead;
mod door;
mod ending;
mod flight;
mod forward;
mod gather;
mod hosts;
mod images;
mod leftovers;
mod limits;
mod platform;
mod refused;
mod retired;
mod shelf;
mod tap;
mod uploads;
mod upstream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_providers::refuse::Refusal;

use crate::Agency;
pub(crate) use dead::ask_again;
pub use dead::ask_dead_keys;
pub use door::{Door, ROUTES};
use flight::Flights;
pub(crate) use gather::next_turn;
pub(crate) use leftovers::close_connections;
pub(crate) use limits::tell_reached;
use refused::Refused;
pub(crate) use retired::ask_again as ask_retired_again;
pub use retired::ask_retired_keys;
use shelf::Shelf;
use uploads::Uploads;
use upstream::Upstream;
pub(crate) use upstream::{is_worker, worker, workers};

/// Where the gateway's addresses begin, and those of pictures.
const PLANE: &str = "/gateway/";
const PICTURES: &str = "/gateway/images/pictures/";

/// What the gateway keeps beside the record.
pub(crate) struct Gateway {
    upstream: Upstream,
    flights: Flights,
    /// Which client a token points to: a cache of a hint; the fold decides.
    tokens: Mutex<HashMap<Hash, ClientId>>,
    uploads: Uploads,
    shelf: Shelf,
    /// When a drained key was last tried.
    tried: Mutex<HashMap<(ClientId, ConnectionId, u32), Instant>>,
}

impl Gateway {
    /// Opens the connections' pool.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            upstream: Upstream::new()?,
            flights: Flights::default(),
            tokens: Mutex::default(),
            uploads: Uploads::default(),
            shelf: Shelf::default(),
            tried: Mutex::default(),
        })
    }
}

impl Gateway {
    /// How many calls are on their way.
    pub(crate) fn flights(&self) -> usize {
        self.flights.now()
    }
}

/// Whether an address is the gateway's.
pub(crate) fn is_at(path: &str) -> bool {
    path.strip_prefix(PLANE).is_some_and(|rest| !rest.is_empty())
}

/// Answers a request to the gateway.
pub(crate) async fn answer(agency: Arc<Agency>, request: Request) -> Response {
    let path = request.uri().path();
    if let Some(door) = Door::at(path) {
        return call(agency, door, request).await;
    }
    match path.strip_prefix(PICTURES) {
        Some(name) if matches!(*request.method(), Method::GET | Method::HEAD) => shelf::picture(&agency, name),
        _ => refused::no_gateway(CallId::random(agency.now())),
    }
}

const OVERLOADED: &str = "The gateway has too many calls on their way. Try again in a moment.";

async fn call(agency: Arc<Agency>, door: Door, mut request: Request) -> Response {
    let begun = std::time::Instant::now();
    let id = CallId::random(agency.now());
    let span = agency.metrics.spans.begin(door.envelope(), request.headers_mut());
    let Some(flight) = agency.gateway.flights.begin(agency.config.most_calls, span.clone()) else {
        agency.metrics.overloaded();
        let response = Refused::new(Refusal::Overloaded, OVERLOADED).into_response(door.envelope(), id);
        if let Some(span) = span {
            span.answered(&response, "nobody", begun.elapsed(), Duration::ZERO);
        }
        return response;
    };
    let response = match forward::forward(&agency, id, door, request, flight.clone()).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(door.envelope(), id),
    };
    let paid_by = refused::payer_in(response.headers());
    if let Some(span) = span {
        span.answered(&response, paid_by, begun.elapsed(), flight.provider_time());
    }
    agency.metrics.answered(door.envelope(), paid_by, response.status(), begun.elapsed(), flight.provider_time());
    response
}

/// A refusal with its sentence for the assistant's author.
pub(crate) fn refuse<T>(why: Refusal, sentence: &'static str) -> Result<T, Refused> {
    Err(Refused::new(why, sentence))
}
