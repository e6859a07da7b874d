//! Retired keys: whether the provider refuses them by now. The gateway asks too, because a key may work from its
//! addresses only, or lie on a computer that is lost (design.md §4). It asks while it still has the sealed copy.

use std::sync::Arc;
use std::time::Duration;

use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::law::{AtProvider, ClientState, Stage, Version};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::check;

use crate::Agency;

/// A key that was retired within the last hour is asked about this often.
const AGAIN: Duration = Duration::from_secs(60);

/// One that was retired earlier is asked about every so many rounds.
const SELDOM: u64 = 60;

/// Asks about retired keys until the server stops.
pub(crate) async fn ask_again(agency: Arc<Agency>) {
    let mut stopping = agency.stopping();
    for round in 1_u64.. {
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = stopping.changed() => return,
        }
        ask(&agency, round.is_multiple_of(SELDOM)).await;
    }
}

/// Asks the provider of every retired key whether it refuses it, once and now; the server does so by itself.
pub async fn ask_retired_keys(agency: &Arc<Agency>) {
    ask(agency, true).await;
}

async fn ask(agency: &Arc<Agency>, older_too: bool) {
    const HOUR: i64 = 3_600 * 1_000;
    for client in agency.store.clients().unwrap_or_default() {
        let Ok(state) = agency.record.state(client) else { continue };
        for (connection, known) in state.connections().iter().filter(|(_, c)| !c.closed) {
            for (number, version) in known.open_versions().filter(|(_, v)| is_open(v)) {
                if older_too || agency.now().millis_since(version.since) < HOUR {
                    prove(agency, &state, *connection, number, known.provider).await;
                }
            }
        }
    }
}

/// Whether anybody waits for the proof. What was discarded never served anybody.
fn is_open(version: &Version) -> bool {
    version.stage == Stage::Retired
        && version.at_provider == AtProvider::Unproven
        && version.reason != Some(RetireReason::Discarded)
}

async fn prove(agency: &Arc<Agency>, state: &ClientState, connection: ConnectionId, version: u32, provider: Provider) {
    let client = state.client();
    let Ok(secret) = agency.vault.open_to_prove(state, connection, version) else { return };
    let report = check::check(&agency.http, &agency.config.endpoints, provider, &secret, &[]).await;
    if report.refused_for_good() != Some(true) {
        return;
    }
    let said = agency.clone();
    let done = tokio::task::spawn_blocking(move || {
        said.record
            .finding(client, Deed::VersionRevoked { connection, version, fence: None }, said.now())
            .map(|_| said.moved(client))
    });
    if let Ok(Err(error)) = done.await {
        tracing::warn!(%error, %client, "that a retired key is refused could not be put on the record");
    }
}
