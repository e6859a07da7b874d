//! The gateway: an assistant's token goes in, the client's own key goes to the provider (design.md §6).
//!
//! Per call: token → assistant → client → use → assignment → connection → version → opened secret → provider. Every
//! decision is made from the fold of verified acts; tables only say where to look.

mod admit;
mod answer;
mod body;
mod book;
mod call;
mod change;
mod dead;
mod forward;
mod refused;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::refuse::Refusal;

use crate::Agency;
use crate::config::Config;
use crate::store::Store;
use book::Book;
pub(crate) use dead::ask_again;
pub use dead::ask_dead_keys;
use refused::Refused;

/// What the gateway keeps beside the record.
pub(crate) struct Gateway {
    upstream: reqwest::Client,
    book: Book,
    /// Which client a token points to: a cache of a hint; the fold decides.
    tokens: Mutex<HashMap<Hash, ClientId>>,
    /// When a drained key was last tried.
    tried: Mutex<HashMap<(ClientId, ConnectionId, u32), Instant>>,
}

/// Every path of the gateway plane; tests draw their lists of cases from it.
pub const ROUTES: &[&str] = &[
    "/gateway/openai/{*path}",
    "/gateway/anthropic/{*path}",
    "/gateway/gemini/{*path}",
    "/gateway/stability/{*path}",
    "/gateway/replicate/{*path}",
    "/gateway/chat/v1/chat/completions",
    "/gateway/images/v1/images/generations",
];

impl Gateway {
    /// Opens the connections' pool and the book.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new(_config: &Config, store: Arc<Store>) -> anyhow::Result<Self> {
        let upstream = reqwest::Client::builder()
            .tls_backend_preconfigured(ownkey_providers::http::tls(&[])?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(600))
            .pool_max_idle_per_host(64)
            .build()?;
        Ok(Self { upstream, book: Book::open(store), tokens: Mutex::default(), tried: Mutex::default() })
    }
}

/// The gateway's routes.
pub(crate) fn router(agency: Arc<Agency>) -> Router {
    Router::new()
        .route("/gateway/{provider}", any(call))
        .route("/gateway/{provider}/{*path}", any(call))
        .with_state(agency)
}

/// Where a call goes: straight to a provider, or to whichever the client prefers for a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `/gateway/{provider}/…`
    Direct(Provider),
    /// `/gateway/chat/…` or `/gateway/images/…`, in OpenAI's shape.
    Unified(Use),
}

impl Door {
    /// Whose envelope a refusal is in.
    pub(crate) fn envelope(self) -> Provider {
        match self {
            Self::Direct(provider) => provider,
            Self::Unified(_) => Provider::OpenAi,
        }
    }
}

async fn call(State(agency): State<Arc<Agency>>, request: Request) -> Response {
    let id = CallId::random(agency.now());
    let Some((door, path)) = door(request.uri().path()) else {
        return refused::no_gateway(id);
    };
    match forward::forward(&agency, id, door, &path, request).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(door.envelope(), id),
    }
}

/// Takes the path apart: the door, and what follows it, as it was sent.
fn door(path: &str) -> Option<(Door, String)> {
    let rest = path.strip_prefix("/gateway/")?;
    let (name, tail) = rest.split_once('/').unwrap_or((rest, ""));
    let door = match name {
        "chat" => Door::Unified(Use::Chat),
        "images" => Door::Unified(Use::Images),
        other => Door::Direct(other.parse().ok()?),
    };
    Some((door, format!("/{tail}")))
}

/// A refusal with its sentence for the assistant's author.
pub(crate) fn refuse<T>(why: Refusal, sentence: &'static str) -> Result<T, Refused> {
    Err(Refused::new(why, sentence))
}
