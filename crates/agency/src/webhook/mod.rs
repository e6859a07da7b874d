//! Tells the agency's own systems what needs a hand: a key that died, leaked or is due, a rotation that stands still or is
//! done. Off unless `serve --webhook` names a receiver.
//!
//! As the Standard Webhooks specification says: `webhook-id`, `webhook-timestamp` and `webhook-signature` (`v1`,
//! HMAC-SHA256 over `id.timestamp.body`), a body `{"type","timestamp","data"}`, and deliveries that fail are repeated for
//! three days. Nothing is told that is not on the record or in the names beside it: no key, no call, no content.
//!
//! What is to be told stands in the store before it is sent, under an id that follows from what happened. So a crash
//! loses nothing, and what is told twice has the same `webhook-id` twice.

mod deliver;
mod event;
mod signature;

pub use signature::Keys;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use ownkey_protocol::act::Act;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::record::Leaf;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::broadcast::error::RecvError;

use crate::Agency;
use crate::outgoing::may_go;
use crate::store::StoreError;
use event::Event;

/// How often dates are looked at.
const LOOK: Duration = Duration::from_secs(60);

/// What happened longer ago is not told any more: the receiver was named only now, or was off.
const OLD_MILLIS: i64 = 7 * 24 * 3_600 * 1_000;

/// Leaves that are read at once.
const PAGE: u32 = 500;

/// How many were told, and how many were given up.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    pub(crate) sent: Counter,
    pub(crate) given_up: Counter,
}

/// Where webhooks go.
#[derive(Debug, Clone)]
pub struct Receiver(Uri);

/// The address of a receiver is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write an address such as https://ops.example/ownkey, or http:// to this computer")]
pub struct NotAReceiver;

impl FromStr for Receiver {
    type Err = NotAReceiver;

    fn from_str(text: &str) -> Result<Self, NotAReceiver> {
        let to: Uri = text.parse().map_err(|_| NotAReceiver)?;
        if may_go(&to) { Ok(Self(to)) } else { Err(NotAReceiver) }
    }
}

/// Tells from now on, until the server stops. What happened before the first start with a receiver is not told.
///
/// # Errors
/// When the store says no, or TLS cannot be set up.
pub fn start(agency: &Arc<Agency>, receiver: Receiver, keys: Keys) -> anyhow::Result<()> {
    let http = crate::outgoing::client()?;
    let size = |client| agency.record.state(client).map_or(0, |state| state.tree().size());
    let ends: Vec<_> = agency.store.clients()?.into_iter().map(|client| (client, size(client))).collect();
    agency.store.begin_webhooks(&ends)?;
    let (found, wake) = tokio::sync::watch::channel(());
    tokio::spawn(watch(agency.clone(), found));
    tokio::spawn(deliver::work(agency.clone(), http, receiver.0, keys, wake));
    Ok(())
}

/// Looks for what is to be told.
async fn watch(agency: Arc<Agency>, found: tokio::sync::watch::Sender<()>) {
    let (mut stopping, mut news) = (agency.stopping(), agency.record.news());
    let mut of = None;
    loop {
        look(&agency, of).await;
        let _nobody_delivers = found.send(());
        of = tokio::select! {
            _ = stopping.changed() => return,
            client = acted(&mut news) => match client {
                Ok(client) => client,
                Err(()) => return,
            },
            () = tokio::time::sleep(LOOK) => None,
        };
    }
}

/// The client of the next act; `None` when some were missed.
async fn acted(news: &mut tokio::sync::broadcast::Receiver<crate::accept::Changed>) -> Result<Option<ClientId>, ()> {
    loop {
        match news.recv().await {
            Ok(changed) if changed.deed.is_some() => return Ok(Some(changed.client)),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return Ok(None),
            Err(RecvError::Closed) => return Err(()),
        }
    }
}

/// Looks at the acts of a client, or of all and at the dates.
async fn look(agency: &Arc<Agency>, of: Option<ClientId>) {
    let agency = agency.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let now = agency.now();
        let clients = of.map_or_else(|| agency.store.clients(), |client| Ok(vec![client]))?;
        for client in clients.into_iter().filter(|client| *client != ClientId::PLATFORM) {
            look_at(&agency, client, now)?;
        }
        Ok::<_, StoreError>(())
    });
    if let Ok(Err(error)) = looked.await {
        tracing::warn!(%error, "what is to be told could not be written down");
    }
}

fn look_at(agency: &Agency, client: ClientId, now: Instant) -> Result<(), StoreError> {
    let Ok(state) = agency.record.state(client) else { return Ok(()) };
    let names = |hash| crate::operator::name(agency, client, Some(hash)).unwrap_or_default();
    loop {
        let from = agency.store.webhooks_seen(client)?;
        let leaves = agency.store.leaves(client, from, PAGE)?;
        if leaves.is_empty() {
            break;
        }
        let acts = leaves
            .iter()
            .filter_map(|bytes| read(bytes))
            .filter(|(leaf, _)| now.millis_since(leaf.logged) < OLD_MILLIS);
        let events: Vec<Event> = acts.filter_map(|(leaf, act)| event::of_act(&state, &leaf, &act, &names)).collect();
        agency.store.add_webhooks(client, from + leaves.len() as u64, &written(&events), now)?;
    }
    let events = event::of_dates(&state, now, &names);
    agency.store.add_webhooks(client, agency.store.webhooks_seen(client)?, &written(&events), now)
}

fn written(events: &[Event]) -> Vec<(&str, Vec<u8>)> {
    events.iter().map(|event| (event.id.as_str(), event.body())).collect()
}

fn read(bytes: &[u8]) -> Option<(Leaf, Act)> {
    let leaf = Leaf::parse(bytes).ok()?;
    let act = Act::parse(&Envelope::parse(&leaf.envelope.0).ok()?).ok()?;
    Some((leaf, act))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_reached_over_tls_or_on_this_computer() {
        for good in
            ["https://ops.example/hooks?of=ownkey", "http://127.0.0.1:9000/x", "http://[::1]/", "http://localhost"]
        {
            assert!(good.parse::<Receiver>().is_ok(), "{good}");
        }
        for bad in ["http://ops.example/hooks", "https://u:p@ops.example", "ftp://ops.example", "ops.example", "/x"] {
            assert!(bad.parse::<Receiver>().is_err(), "{bad}");
        }
    }
}
