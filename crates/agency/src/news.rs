//! "Something changed", gathered: a client with a thousand calls a second is told four times a second.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ownkey_protocol::id::ClientId;

use crate::Agency;

/// The longest that news wait.
const GATHER: Duration = Duration::from_millis(250);

/// What has moved beside the record.
#[derive(Default)]
pub(crate) struct News(Mutex<Moved>);

#[derive(Default)]
struct Moved {
    revisions: HashMap<ClientId, u64>,
    untold: HashSet<ClientId>,
}

impl News {
    fn moves(&self) -> MutexGuard<'_, Moved> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rises with every call and finding that the app shows.
    pub(crate) fn revision(&self, client: ClientId) -> u64 {
        self.moves().revisions.get(&client).copied().unwrap_or(0)
    }

    /// Something moved.
    pub(crate) fn moved(&self, client: ClientId) {
        let mut moves = self.moves();
        *moves.revisions.entry(client).or_insert(0) += 1;
        moves.untold.insert(client);
    }

    fn take(&self) -> HashSet<ClientId> {
        std::mem::take(&mut self.moves().untold)
    }
}

/// Tells what moved, until the server stops.
pub(crate) async fn tell(agency: Arc<Agency>) {
    let mut stopping = agency.stopping();
    loop {
        tokio::select! {
            () = tokio::time::sleep(GATHER) => {}
            _ = stopping.changed() => return,
        }
        for client in agency.news.take() {
            agency.record.tell(client);
        }
    }
}
