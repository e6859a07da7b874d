//! A call that may be made, and the account that it runs on.

use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{AssistantId, CallId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{ClientState, Served};
use ownkey_protocol::vocabulary::{Payer, Provider, Use};
use ownkey_providers::refuse::Refusal;
use ownkey_providers::routes::{Route, Seen};
use ownkey_providers::unified::chat::Asked;
use ownkey_secret::Secret;

use super::flight::Flight;
use super::{Door, Refused, refuse};
use crate::Agency;
use crate::running::{RunningCall, Withdrawn, unless_cut};

/// The account that made a thing: a connection of the client's, or `None` for the platform's.
pub(crate) type MadeOn = Option<ConnectionId>;

/// A call that may be made: everything that was found out about it.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) door: Door,
    pub(crate) assistant: AssistantId,
    /// Of the token that it came with.
    pub(crate) token: Hash,
    pub(crate) provider: Provider,
    pub(crate) route: &'static Route,
    pub(crate) r#use: Option<Use>,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) seen: Seen,
    /// Where the things were made that it refers to; it can run on no other account.
    pub(crate) made_on: Option<MadeOn>,
    /// It has a body that could not be looked through to its end.
    pub(crate) unread: bool,
    /// It was translated: what the way back must know.
    pub(crate) asked: Option<Asked>,
    /// Usage was asked for in the caller's stead, so it must not reach the caller.
    pub(crate) asked_for_usage: bool,
    pub(crate) at: Instant,
    pub(crate) flight: Flight,
}

impl Call {
    /// Whether its body is a form, whose fields refer to nothing.
    pub(crate) fn is_form(&self) -> bool {
        self.headers.get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"multipart/form-data"))
    }
}

/// On whose account a call runs.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) own: Option<(ConnectionId, u32)>,
    pub(crate) secret: Arc<Secret>,
    pub(crate) model: Option<String>,
    /// The call on the client's own version, which may be cut.
    pub(crate) running: Option<Arc<RunningCall>>,
}

impl Account {
    /// What comes of `work`, unless the account's version is withdrawn before.
    pub(crate) async fn unless_cut<T>(&self, work: impl Future<Output = T>) -> Result<T, Withdrawn> {
        unless_cut(self.running.as_deref(), work).await
    }

    pub(crate) fn payer(&self) -> Payer {
        if self.own.is_some() { Payer::Own } else { Payer::Platform }
    }
}

/// Counts the call on its version, and opens the secret: from memory at once, else off the network's threads.
pub(crate) async fn open(
    agency: &Arc<Agency>,
    state: &Arc<ClientState>,
    served: &Served,
    provider: Provider,
) -> Result<Account, Refused> {
    let mut running = None;
    if let Served::Own { connection, version, model, .. } = served {
        let known = state.connections().get(connection).and_then(|c| c.versions.get(version));
        let unproven = known.is_some_and(|v| !v.proven);
        running = Some(Arc::new(agency.running.begin(state.client(), *connection, *version, unproven)));
        if let Some(secret) = agency.vault.opened_before(state, *connection, *version) {
            return Ok(Account { own: Some((*connection, *version)), secret, model: model.clone(), running });
        }
    }
    let (agency, state, served) = (agency.clone(), state.clone(), served.clone());
    let opened = tokio::task::spawn_blocking(move || match served {
        Served::Own { connection, version, model, .. } => {
            let secret = agency.vault.open(&state, connection, version)?;
            Ok(Account { own: Some((connection, version)), secret, model, running })
        }
        Served::Platform { .. } => {
            let platform = agency.record.state(ownkey_protocol::id::ClientId::PLATFORM).map_err(|_| "record")?;
            let secret = agency.vault.open_platform(&platform, provider)?;
            Ok::<_, &'static str>(Account { own: None, secret, model: None, running: None })
        }
    });
    match opened.await {
        Ok(Ok(account)) => Ok(account),
        Ok(Err("no platform key")) => {
            refuse(Refusal::NotConnected, "Neither the client nor the agency has an account at this provider.")
        }
        Ok(Err(cause)) => {
            tracing::error!(cause, "a sealed copy could not be opened");
            refuse(Refusal::Unforeseen, "The key could not be opened. The agency has been told.")
        }
        Err(_) => refuse(Refusal::Overloaded, "The gateway stumbled."),
    }
}
