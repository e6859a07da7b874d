//! The threads behind the book: one that takes what the journals gathered into it, and one that brings the journals to
//! the disk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::journal::{Batch, Journals, Line};
use super::shown::Shown;
use super::write::Book;
use super::{SYNC, lock};
use crate::news::News;
use crate::store::StoreError;

/// How long lines gather before they are written into the book, unless somebody waits for them.
const GATHER: Duration = Duration::from_millis(20);

/// How long it is waited before a book that could not be written is tried again.
const AGAIN: Duration = Duration::from_millis(50);

/// The longest that somebody waits for a round of the writer's.
const ROUND: Duration = Duration::from_secs(5);

/// How often the writer began to take what there was, and which of these rounds brought all of it into the book.
#[derive(Default)]
pub(super) struct Rounds {
    counted: Mutex<(u64, u64)>,
    ended: Condvar,
}

impl Rounds {
    fn begin(&self) -> u64 {
        let mut counted = lock(&self.counted);
        counted.0 += 1;
        counted.0
    }

    fn end(&self, round: u64) {
        lock(&self.counted).1 = round;
        self.ended.notify_all();
    }
}

/// What the threads and the book's door share.
pub(super) struct Shared {
    pub(super) journals: Journals,
    pub(super) shown: Mutex<Shown>,
    /// Whether the last lines could be written.
    pub(super) well: AtomicBool,
    pub(super) closing: AtomicBool,
    pub(super) news: Arc<News>,
    pub(super) rounds: Rounds,
}

impl Shared {
    /// Waits until all that was noted before is in the book; `false` when it cannot be written in time. Blocks.
    pub(super) fn written_until_now(&self) -> bool {
        let counted = lock(&self.rounds.counted);
        let next = counted.0 + 1;
        self.journals.ask();
        let waited = self.rounds.ended.wait_timeout_while(counted, ROUND, |counted| counted.1 < next);
        waited.unwrap_or_else(PoisonError::into_inner).0.1 >= next
    }
}

/// Starts both threads; the first ends when all is written after `closing` was set, the second soon after it.
///
/// # Errors
/// When a thread cannot be started.
pub(super) fn start(book: Book, shared: &Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let synced = Arc::downgrade(shared);
    std::thread::Builder::new().name("calls-sync".to_owned()).spawn(move || {
        while let Some(shared) = synced.upgrade() {
            if let Err(error) = shared.journals.sync() {
                tracing::error!(%error, "calls could not be brought to the disk");
            }
            drop(shared);
            std::thread::sleep(SYNC);
        }
    })?;
    let shared = shared.clone();
    std::thread::Builder::new().name("calls".to_owned()).spawn(move || run(book, &shared))
}

fn run(mut book: Book, shared: &Shared) {
    shared.journals.is_writer();
    let mut batch = Batch::default();
    loop {
        let closing = shared.closing.load(Ordering::Acquire);
        let idle = batch.lines.is_empty() && shared.well.load(Ordering::Acquire);
        if !closing && idle && !shared.journals.take_work() {
            std::thread::park();
            continue;
        }
        if !closing {
            gather(shared);
        }
        write(&mut book, shared, &mut batch);
        if closing {
            return;
        }
    }
}

fn gather(shared: &Shared) {
    let until = Instant::now() + GATHER;
    while !shared.journals.take_hurry() && !shared.closing.load(Ordering::Acquire) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left);
    }
}

/// Writes what there is; what cannot be written stays in `batch`.
fn write(book: &mut Book, shared: &Shared, batch: &mut Batch) {
    let round = shared.rounds.begin();
    let taken = shared.journals.take(batch).map_err(StoreError::from);
    let written = book.write(batch).map_err(StoreError::from);
    let kept = written.is_err();
    let all = taken.is_ok();
    let done = taken.and(written);
    let well = shared.well.swap(done.is_ok(), Ordering::AcqRel);
    match done {
        Ok(()) if !well => tracing::info!("calls can be written again"),
        Err(error) if well => tracing::error!(%error, "calls cannot be written"),
        _ => {}
    }
    if kept {
        std::thread::sleep(AGAIN);
        return;
    }
    if let Err(error) = book.forget(&batch.done) {
        tracing::warn!(%error, "journals of calls that are in the book could not be deleted");
    }
    show(shared, &batch.lines);
    *batch = Batch::default();
    if all {
        shared.rounds.end(round);
    }
}

fn show(shared: &Shared, lines: &[Line]) {
    let mut shown = lock(&shared.shown);
    for line in lines {
        let client = match line {
            Line::Started(call) => shown.started(call),
            Line::Finished(call) => shown.finished(call),
        };
        if let Some(client) = client {
            shared.news.moved(client);
        }
    }
}
