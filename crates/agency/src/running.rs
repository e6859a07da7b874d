//! Calls that run on clients' own keys now: how many on each version, and their end once it is retired (design.md §4).
//!
//! A call is counted before its secret is opened, and until its end is handed to the book. The record withdraws here with
//! every act that it accepts, after it changed the state and wiped the opened secrets: so a call is either counted before
//! that, and ended with its version, or it finds no secret to open.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{self, ClientState};
use prometheus_client::metrics::counter::Counter;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::Agency;
use crate::intake::Job;

/// Locks that calls of different versions share: a call takes one for a moment when it begins, and none when it ends.
const SHARDS: usize = 16;

/// Not retired.
const NEVER: i64 = i64::MAX;

/// The calls that run on each version of each client's connections. A call that the platform pays for is not among them.
pub struct RunningCalls {
    shards: [Mutex<HashMap<Job, Arc<OnVersion>>>; SHARDS],
    hasher: RandomState,
    /// Calls got an end.
    withdrawn: Notify,
    /// The last call on a version ended, and somebody waits for it.
    emptied: Arc<Notify>,
    cut: Counter,
}

struct OnVersion {
    of: Job,
    calls: AtomicUsize,
    /// Somebody waits until no call runs here.
    awaited: AtomicBool,
    emptied: Arc<Notify>,
    /// A call told that it proved the version.
    proven: AtomicBool,
    /// When they must be over, in milliseconds of the server's clock.
    ends: AtomicI64,
    cut: AtomicBool,
    told: Arc<Notify>,
}

/// One call that runs on a version: counted until it is dropped.
pub(crate) struct RunningCall {
    on: Arc<OnVersion>,
    /// The version was not proven when the call began.
    unproven: bool,
}

/// Completes when the call is cut; moved to where the call's answer streams.
pub(crate) struct UntilCut {
    on: Arc<OnVersion>,
    told: Pin<Box<OwnedNotified>>,
}

/// The version that a call ran on is withdrawn, so the call is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key of this call was withdrawn while it ran")]
pub(crate) struct Withdrawn;

impl Default for RunningCalls {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            withdrawn: Notify::new(),
            emptied: Arc::default(),
            cut: Counter::default(),
        }
    }
}

impl RunningCalls {
    /// How many calls run on a version at this moment. None on a version that takes no more calls means that it is
    /// drained: none can come back.
    #[must_use]
    pub fn on(&self, client: ClientId, connection: ConnectionId, version: u32) -> usize {
        let key = Job { client, connection, version };
        self.shard(&key).get(&key).map_or(0, |on| on.calls.load(Ordering::Acquire))
    }

    /// Cuts the calls whose time is over at `now`; the server does so by itself when it is. When the next one's is.
    pub fn cut_overdue(&self, now: Instant) -> Option<Instant> {
        let mut next = NEVER;
        for shard in &self.shards {
            for on in lock(shard).values().filter(|on| on.runs()) {
                match on.ends.load(Ordering::Relaxed) {
                    ends if ends <= now.unix_millis() => self.cut.inc_by(on.cut()),
                    ends => {
                        next = next.min(ends);
                        0
                    }
                };
            }
        }
        (next != NEVER).then(|| Instant::from_unix_millis(next))
    }

    /// Whether no call runs on a version; if one does, [`Self::emptied`] is told when the last one ends.
    pub(crate) fn none_on(&self, version: &Job) -> bool {
        let shard = self.shard(version);
        let Some(on) = shard.get(version) else { return true };
        // A call that ends counts itself out before it looks whether somebody waits: one of the two sees the other.
        on.awaited.store(true, Ordering::SeqCst);
        on.calls.load(Ordering::SeqCst) == 0
    }

    /// Completes when the last call ended on a version that somebody waits for.
    pub(crate) async fn emptied(&self) {
        self.emptied.notified().await;
    }

    /// One more call on a version; `unproven` when a success of it would be the first.
    pub(crate) fn begin(
        &self,
        client: ClientId,
        connection: ConnectionId,
        version: u32,
        unproven: bool,
    ) -> RunningCall {
        let key = Job { client, connection, version };
        let mut shard = self.shard(&key);
        if !shard.contains_key(&key) {
            shard.retain(|_, on| on.calls.load(Ordering::Relaxed) > 0);
        }
        let on = shard.entry(key).or_insert_with(|| Arc::new(OnVersion::new(key, self.emptied.clone())));
        on.calls.fetch_add(1, Ordering::Relaxed);
        RunningCall { on: on.clone(), unproven }
    }

    /// Gives the calls of a client's versions the end that its state says.
    pub(crate) fn withdraw(&self, state: &ClientState) {
        let mut later = false;
        for shard in &self.shards {
            for (key, on) in lock(shard).iter().filter(|(key, on)| key.client == state.client() && on.runs()) {
                match state.running(key.connection, key.version) {
                    law::Running::GoesOn => {}
                    law::Running::EndsBy(end) => {
                        later |= on.ends.fetch_min(end.unix_millis(), Ordering::Relaxed) == NEVER
                    }
                    law::Running::Cut => drop(self.cut.inc_by(on.cut())),
                }
            }
        }
        if later {
            self.withdrawn.notify_one();
        }
    }

    /// Calls that were cut.
    pub(crate) fn cut(&self) -> Counter {
        self.cut.clone()
    }

    fn shard(&self, key: &Job) -> MutexGuard<'_, HashMap<Job, Arc<OnVersion>>> {
        let hash = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        lock(&self.shards[hash])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl OnVersion {
    fn new(of: Job, emptied: Arc<Notify>) -> Self {
        let (calls, ends, cut) = (AtomicUsize::new(0), AtomicI64::new(NEVER), AtomicBool::new(false));
        let (awaited, proven) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { of, calls, awaited, emptied, proven, ends, cut, told: Arc::default() }
    }

    fn runs(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > 0 && !self.cut.load(Ordering::Relaxed)
    }

    /// Tells every call that it is cut; how many they are.
    fn cut(&self) -> u64 {
        if self.cut.swap(true, Ordering::AcqRel) {
            return 0;
        }
        let calls = self.calls.load(Ordering::Relaxed); // before they are told, and end
        self.told.notify_waiters();
        calls as u64
    }
}

impl RunningCall {
    /// The call succeeded: the version that it proved, if it is the first to.
    pub(crate) fn proves(&self) -> Option<Job> {
        let first = self.unproven && !self.on.proven.swap(true, Ordering::Relaxed);
        first.then_some(self.on.of)
    }

    /// Whether the call is cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.on.cut.load(Ordering::Acquire)
    }

    /// Completes when the call is cut.
    pub(crate) fn until_cut(&self) -> UntilCut {
        UntilCut { on: self.on.clone(), told: Box::pin(self.on.told.clone().notified_owned()) }
    }

    /// What comes of `work`, unless the call is cut before: then the work is dropped.
    pub(crate) async fn unless_cut<T>(&self, work: impl Future<Output = T>) -> Result<T, Withdrawn> {
        match select(self.until_cut(), pin!(work)).await {
            Either::Left(((), _dropped)) => Err(Withdrawn),
            Either::Right((done, _)) => Ok(done),
        }
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let last = self.on.calls.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.on.awaited.load(Ordering::SeqCst) && self.on.awaited.swap(false, Ordering::SeqCst) {
            self.on.emptied.notify_one();
        }
    }
}

impl Future for UntilCut {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // What was told before `told` was made is not told again, so the mark is looked at, too.
        if self.on.cut.load(Ordering::Acquire) { Poll::Ready(()) } else { self.told.as_mut().poll(context) }
    }
}

/// As [`RunningCall::unless_cut`], also for a call that nothing cuts.
pub(crate) async fn unless_cut<T>(
    running: Option<&RunningCall>,
    work: impl Future<Output = T>,
) -> Result<T, Withdrawn> {
    match running {
        Some(running) => running.unless_cut(work).await,
        None => Ok(work.await),
    }
}

/// Cuts calls when their time is over, until the server stops.
pub(crate) async fn cut_when_over(agency: Arc<Agency>) {
    let mut stopping = agency.stopping();
    loop {
        let now = agency.now();
        let next = agency.running.cut_overdue(now).map(|end| u64::try_from(end.millis_since(now)).unwrap_or(0));
        let over = async {
            match next {
                Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => {}
            () = agency.running.withdrawn.notified() => {}
            _ = stopping.changed() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> ConnectionId {
        ConnectionId::new(Instant::from_unix_millis(0), [1; 10])
    }

    #[test]
    fn a_version_counts_its_own_calls_until_each_has_ended() {
        let (calls, connection, client) = (RunningCalls::default(), connection(), ClientId::PLATFORM);
        let (first, second) = (calls.begin(client, connection, 1, false), calls.begin(client, connection, 1, false));
        let other = calls.begin(client, connection, 2, false);
        assert_eq!([1, 2, 3].map(|version| calls.on(client, connection, version)), [2, 1, 0]);
        drop((first, other));
        assert_eq!([1, 2].map(|version| calls.on(client, connection, version)), [1, 0]);
        drop(second);
        assert_eq!(calls.on(client, connection, 1), 0);
    }

    #[tokio::test]
    async fn a_call_is_cut_wherever_it_waits_and_also_when_it_did_not_wait_yet() {
        let (calls, connection, client) = (RunningCalls::default(), connection(), ClientId::PLATFORM);
        let call = Arc::new(calls.begin(client, connection, 1, false));
        call.on.ends.store(1_000, Ordering::Relaxed);
        assert_eq!(call.unless_cut(async { 7 }).await, Ok(7));
        let until = call.until_cut();
        let waiting = tokio::spawn({
            let call = call.clone();
            async move { call.unless_cut(std::future::pending::<()>()).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(calls.cut_overdue(Instant::from_unix_millis(999)), Some(Instant::from_unix_millis(1_000)));
        assert!(!call.is_cut());
        assert_eq!(calls.cut_overdue(Instant::from_unix_millis(1_000)), None);
        assert_eq!(waiting.await.unwrap(), Err(Withdrawn));
        until.await;
        assert_eq!(call.unless_cut(std::future::pending::<()>()).await, Err(Withdrawn), "cut before");
        assert_eq!((calls.cut.get(), calls.on(client, connection, 1)), (1, 1), "it counts until it is dropped");
    }

    #[tokio::test]
    async fn whoever_waits_for_the_last_call_of_a_version_is_told_when_it_ends() {
        let (calls, connection, client) = (RunningCalls::default(), connection(), ClientId::PLATFORM);
        let version = Job { client, connection, version: 1 };
        let (first, last) = (calls.begin(client, connection, 1, false), calls.begin(client, connection, 1, false));
        assert!(!calls.none_on(&version) && calls.none_on(&Job { version: 2, ..version }));
        let told = || async { futures_util::poll!(pin!(calls.emptied())).is_ready() };
        drop(first);
        assert!(!told().await, "one still runs");
        drop(last);
        assert!(told().await && calls.none_on(&version));
        drop(calls.begin(client, connection, 1, false));
        assert!(told().await, "it was looked at again");
        drop(calls.begin(client, connection, 1, false));
        assert!(!told().await, "nobody waits any more");
    }

    #[test]
    fn the_first_success_on_a_version_that_was_not_proven_proves_it() {
        let (calls, connection, client) = (RunningCalls::default(), connection(), ClientId::PLATFORM);
        let begin = |unproven| calls.begin(client, connection, 1, unproven);
        assert_eq!(begin(false).proves(), None, "it is proven already");
        let (first, second) = (begin(true), begin(true));
        assert_eq!(first.proves(), Some(Job { client, connection, version: 1 }));
        assert_eq!((first.proves(), second.proves()), (None, None));
    }
}
