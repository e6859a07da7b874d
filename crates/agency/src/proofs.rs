//! Watches over versions that begin to serve or cease to: says on the record when one is *proven*, because a call or the
//! agency's own check succeeded on it, and when one is *drained*, because no call runs on it any more (design.md §7).
//!
//! A call that proves a version tells so when it ends, and the last call on one that takes no more tells that it was the
//! last; what follows is done here, beside the calls. After a start nothing runs, so all that was waited for is drained.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use ownkey_protocol::act::Deed;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{ClientState, Connection, Health};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::Agency;
use crate::accept::{Changed, NotAccepted};
use crate::intake::Job;

/// A version that serves without traffic is checked after this.
const QUIET_MILLIS: i64 = 60 * 1_000;

/// One that was checked is checked again after this. Until then intake goes on by itself with a provider that it could
/// not reach.
const AGAIN_MILLIS: i64 = 24 * 3_600 * 1_000;

/// Where calls tell that they proved a version.
pub(crate) struct Proofs(UnboundedSender<Job>);

impl Proofs {
    /// Where it is told, and what comes of it.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Job>) {
        let (tell, told) = unbounded_channel();
        (Self(tell), told)
    }

    /// A call succeeded on a version that was not proven.
    pub(crate) fn proven(&self, version: Job) {
        let _the_server_stops = self.0.send(version);
    }
}

/// Checks every version that serves and is not proven, once and now; the server does so by itself a minute after a
/// promotion, unless a call succeeded before.
pub fn check_unproven(agency: &Agency) {
    for client in agency.store.clients().unwrap_or_default() {
        let Ok(state) = agency.record.state(client) else { continue };
        unproven(&state).for_each(|(job, _)| agency.look(job));
    }
}

/// Versions that serve, work and are not proven, and since when they serve.
fn unproven(state: &ClientState) -> impl Iterator<Item = (Job, Instant)> {
    let open = state.connections().iter().filter(|(_, known)| !known.closed && !state.ended());
    open.filter_map(|(connection, known)| {
        let (version, v) = known.current().filter(|(_, v)| !v.proven && v.health == Health::Works)?;
        Some((Job { client: state.client(), connection: *connection, version }, v.since))
    })
}

/// Versions that take no more calls and are not known to be drained.
fn draining(state: &ClientState) -> impl Iterator<Item = Job> {
    let all = state.connections().iter().filter(|_| !state.ended());
    all.flat_map(|(connection, known)| {
        let drains = |version: &u32| Connection::drains(known, *version);
        known.open_versions().map(|(version, _)| version).filter(drains).map(|version| (*connection, version))
    })
    .map(|(connection, version)| Job { client: state.client(), connection, version })
}

/// What is waited for.
#[derive(Debug, Default)]
struct Waits {
    /// Since when calls could tell; a version that served before had no time yet.
    from: Instant,
    drains: BTreeSet<Job>,
    /// When each is to be checked, if no call succeeds before.
    checks: BTreeMap<Job, Instant>,
    /// When what failed is to be tried again.
    again: Option<Instant>,
}

impl Waits {
    /// What a client's state says now.
    fn see(
        &mut self,
        client: ClientId,
        draining: impl IntoIterator<Item = Job>,
        unproven: impl IntoIterator<Item = (Job, Instant)>,
    ) {
        self.drains.retain(|job| job.client != client);
        self.drains.extend(draining);
        let before = std::mem::take(&mut self.checks);
        let (theirs, others) = before.into_iter().partition::<BTreeMap<_, _>, _>(|(job, _)| job.client == client);
        self.checks = others;
        for (job, since) in unproven {
            let due = since.max(self.from).plus_millis(QUIET_MILLIS);
            self.checks.insert(job, theirs.get(&job).map_or(due, |known| due.max(*known)));
        }
    }

    /// Versions whose check is due; they are due again later, unless they are proven by then.
    fn due(&mut self, now: Instant) -> Vec<Job> {
        self.again = self.again.filter(|again| now < *again);
        let due: Vec<Job> = self.checks.iter().filter(|(_, at)| **at <= now).map(|(job, _)| *job).collect();
        for job in &due {
            self.checks.insert(*job, now.plus_millis(AGAIN_MILLIS));
        }
        due
    }

    fn next(&self) -> Option<Instant> {
        self.checks.values().copied().chain(self.again).min()
    }
}

/// Whether an act may change what is waited for.
fn matters(deed: &Deed) -> bool {
    use Deed::*;
    matches!(
        deed,
        VersionPromote { .. }
            | VersionRetire { .. }
            | TrialStart { .. }
            | TrialEnd { .. }
            | AssistantMarkLowStakes { .. }
            | AssistantRemove { .. }
            | ConnectionClose { .. }
            | ClientEnd {}
            | VersionConfirmed { .. }
            | VersionRefused { .. }
            | VersionDead { .. }
            | VersionAlive { .. }
            | VersionProven { .. }
            | VersionDrained { .. }
    )
}

/// Watches until the server stops.
pub(crate) async fn work(agency: Arc<Agency>, mut told: UnboundedReceiver<Job>) {
    let (mut stopping, mut news) = (agency.stopping(), agency.record.news());
    let mut waits = Waits { from: agency.now(), ..Waits::default() };
    see_all(&agency, &mut waits);
    loop {
        let now = agency.now();
        waits.due(now).into_iter().for_each(|job| agency.look(job));
        say_drained(&agency, &mut waits).await;
        tokio::select! {
            _ = stopping.changed() => return,
            Some(job) = told.recv() => say_proven(&agency, job).await,
            changed = news.recv() => match changed {
                Ok(Changed { client, deed }) if deed.as_ref().is_some_and(matters) => see(&agency, &mut waits, client),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => see_all(&agency, &mut waits),
                Err(RecvError::Closed) => return,
            },
            () = agency.running.emptied() => {}
            () = until(waits.next(), now) => {}
        }
    }
}

async fn until(next: Option<Instant>, now: Instant) {
    match next {
        Some(next) => tokio::time::sleep(Duration::from_millis(next.millis_since(now).max(0).unsigned_abs())).await,
        None => std::future::pending().await,
    }
}

fn see(agency: &Agency, waits: &mut Waits, client: ClientId) {
    if let Ok(state) = agency.record.state(client) {
        waits.see(client, draining(&state), unproven(&state));
    }
}

fn see_all(agency: &Agency, waits: &mut Waits) {
    for client in agency.store.clients().unwrap_or_default() {
        see(agency, waits, client);
    }
}

/// Says of every version that is waited for and on which nothing runs that it is drained.
async fn say_drained(agency: &Arc<Agency>, waits: &mut Waits) {
    let empty: Vec<Job> = waits.drains.iter().filter(|job| agency.running.none_on(job)).copied().collect();
    for job in empty {
        let Job { client, connection, version } = job;
        match say(agency, client, Deed::VersionDrained { connection, version }).await {
            Err(error @ NotAccepted::Store(_)) => {
                tracing::warn!(%error, %client, "that a version is drained could not be put on the record");
                waits.again = Some(agency.now().plus_millis(QUIET_MILLIS));
            }
            // Where the law refused it, it serves again; what holds then comes as news.
            Ok(()) | Err(NotAccepted::Refused(_)) => drop(waits.drains.remove(&job)),
        }
    }
}

/// Says that a version is proven, unless it was said.
async fn say_proven(agency: &Arc<Agency>, job: Job) {
    let Job { client, connection, version } = job;
    if let Err(error) = say(agency, client, Deed::VersionProven { connection, version }).await {
        tracing::info!(%error, %client, "that a version is proven was not put on the record");
    }
}

/// Puts a finding on the record, off the network's threads.
async fn say(agency: &Arc<Agency>, client: ClientId, deed: Deed) -> Result<(), NotAccepted> {
    let agency = agency.clone();
    let said = tokio::task::spawn_blocking(move || {
        let now = agency.now();
        agency.record.finding(client, deed, now).map(|_| agency.moved(client))
    });
    said.await.unwrap_or(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ownkey_protocol::id::ConnectionId;

    fn at(seconds: i64) -> Instant {
        Instant::from_unix_millis(1_000_000 + seconds * 1_000)
    }

    fn version(client: u8, version: u32) -> Job {
        let connection = ConnectionId::new(at(0), [client; 10]);
        Job { client: ClientId::new(at(0), [client; 10]), connection, version }
    }

    #[test]
    fn a_version_is_checked_a_minute_after_it_began_to_serve_and_seldom_after_that() {
        let (mut waits, one) = (Waits::default(), version(1, 1));
        waits.see(one.client, [], [(one, at(0))]);
        assert_eq!((waits.next(), waits.due(at(59))), (Some(at(60)), vec![]));
        assert_eq!(waits.due(at(60)), [one]);
        assert_eq!(waits.due(at(61)), [], "it was asked");
        waits.see(one.client, [], [(one, at(0))]);
        assert_eq!(waits.next(), Some(at(60 + 24 * 3_600)), "another act does not bring it forward");
        waits.see(one.client, [], [(one, at(90_000))]);
        assert_eq!(waits.next(), Some(at(90_060)), "it began to serve again");
        waits.see(one.client, [], []);
        assert_eq!(waits.next(), None, "it is proven");
    }

    #[test]
    fn after_a_start_calls_have_their_minute_first() {
        let (mut waits, one) = (Waits { from: at(100), ..Waits::default() }, version(1, 1));
        waits.see(one.client, [], [(one, at(0))]);
        assert_eq!(waits.next(), Some(at(160)));
    }

    #[test]
    fn what_is_waited_for_of_one_client_is_not_anothers() {
        let (mut waits, one, other) = (Waits::default(), version(1, 1), version(2, 1));
        waits.see(one.client, [one], [(version(1, 2), at(0))]);
        waits.see(other.client, [other], [(version(2, 2), at(5))]);
        waits.see(one.client, [], []);
        assert_eq!((waits.drains.iter().copied().collect::<Vec<_>>(), waits.next()), (vec![other], Some(at(65))));
    }
}
