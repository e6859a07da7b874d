//! The book of calls: who called what, on whose account, and what it spent (design.md §6).
//!
//! That a call *started* is in a file before the first byte of its answer leaves: a line of a [`journal`], written
//! while the provider is at work. The *finished* line follows, grouped, and the rows of the book, which is a database of
//! its own, follow both. What a killed process wrote stays; only a power cut can take the last moments, since journals
//! reach the disk every [`SYNC`]. The record and the keys are written to the disk with each act instead.

mod hours;
mod journal;
mod read;
mod shown;
mod spent;
mod usage;
mod version;
mod write;
mod writer;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{AssistantId, CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::meter::{Picture, Units};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::news::News;
use crate::store::StoreError;
use journal::Line;
use shown::Shown;
pub use shown::ShownCalls;
use spent::Spent;
pub(crate) use spent::{Asks, Over, Reached};
pub use version::OfVersion;
pub use write::SCHEMA;
use writer::{Rounds, Shared};

/// The longest that written lines wait for the disk.
pub const SYNC: Duration = Duration::from_millis(50);

/// How many calls are taken in before the book has them.
const AT_ONCE: usize = 1_000;

/// A call that begins: durable before the first byte of its answer leaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallStarted {
    /// Its id.
    pub id: CallId,
    /// The client.
    pub client: ClientId,
    /// The assistant.
    pub assistant: AssistantId,
    /// When it began.
    pub at: Instant,
    /// Id of its route in the table of routes.
    pub route: Cow<'static, str>,
    /// Provider.
    pub provider: Provider,
    /// Use, where it belongs to one.
    pub r#use: Option<Use>,
    /// Connection and version, when the client pays.
    pub own: Option<(ConnectionId, u32)>,
    /// Model that was asked for.
    pub model: Option<String>,
    /// SHA-256 of the token that it came with.
    pub token: Hash,
    /// Length of its body, for an estimate.
    pub asked: u64,
    /// What kind of picture it asked for.
    pub picture: Picture,
}

/// How a call ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallFinished {
    /// Which.
    pub id: CallId,
    /// HTTP status that the caller got.
    pub status: u16,
    /// What it spent; `None` when the provider said nothing.
    pub units: Option<Units>,
    /// The model that the provider says has answered.
    pub model: Option<String>,
    /// What a picture is like, where the answer told.
    pub picture: Picture,
    /// How much of it was told.
    pub told: Told,
    /// How many bytes passed before the caller hung up, and whether of a stream.
    pub passed: Option<(u64, bool)>,
    /// When.
    pub at: Instant,
}

/// How much the provider told of what a call spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// All of it.
    Whole,
    /// The answer was cut off: what was seen until then.
    Partial,
    /// Nothing: a refusal, or an answer without usage.
    Nothing,
    /// Nothing, because the caller hung up; it is estimated where it can be.
    Estimated,
    /// Nobody knows: the server was ended in the middle. Only of calls that are taken in; those of this server get the
    /// word in the book at its next start.
    Unknown,
}

impl Told {
    /// The spelling in the book.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Partial => "partial",
            Self::Nothing => "nothing",
            Self::Estimated => "estimated",
            Self::Unknown => "unknown",
        }
    }
}

/// A line that must be in its journal before the answer leaves.
#[derive(Debug)]
#[must_use = "a call whose line is not written must not be answered"]
pub(crate) struct Noted(Option<usize>);

/// The book: threads of its own write, everybody reads.
pub struct Calls {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    reader: Mutex<Connection>,
    spent: Arc<Spent>,
    reached: Mutex<Option<mpsc::UnboundedReceiver<Reached>>>,
    file: PathBuf,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Calls {
    /// Opens the book in the folder of the databases; calls of which no end was written are *unknown* from now on. `news`
    /// is told of what clients see of their calls.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn open(folder: &Path, news: Arc<News>) -> Result<Self, StoreError> {
        let (tell, reached) = mpsc::unbounded_channel();
        let spent = Arc::new(Spent::new(tell));
        let (book, journals) = write::open(folder, spent.clone())?;
        let (shown, well, closing) = (Mutex::new(Shown::default()), AtomicBool::new(true), AtomicBool::new(false));
        let rounds = Rounds::default();
        let shared = Arc::new(Shared { journals, shown, well, closing, news, rounds });
        let file = folder.join("calls.sqlite");
        let reader = Mutex::new(read::open(&file)?);
        let writer = Some(writer::start(book, &shared)?);
        Ok(Self { shared, writer, reader, spent, reached: Mutex::new(Some(reached)), file })
    }

    /// Whether calls can be written down.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.shared.well.load(Ordering::Acquire)
    }

    /// Notes that a call begins.
    pub(crate) fn started(&self, call: CallStarted) -> Noted {
        Noted(self.shared.journals.add(Line::Started(call)))
    }

    /// Takes calls into the book that were made elsewhere, or at another time: a server that is moved, a practice month.
    /// Blocks until all are in.
    ///
    /// # Errors
    /// [`StoreError`] when the book cannot be written in time; what was taken until then stays.
    pub fn take_in(&self, calls: impl IntoIterator<Item = (CallStarted, CallFinished)>) -> Result<(), StoreError> {
        let late = || StoreError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
        for (number, (begun, end)) in calls.into_iter().enumerate() {
            if number % AT_ONCE == AT_ONCE - 1 && !self.shared.written_until_now() {
                return Err(late());
            }
            self.shared.journals.add(Line::Started(begun)).ok_or_else(late)?;
            self.shared.journals.add(Line::Finished(end));
        }
        if self.shared.written_until_now() { Ok(()) } else { Err(late()) }
    }

    /// Whether what was noted survives the end of this process; writes it, if nobody did.
    pub(crate) fn durable(&self, noted: Noted) -> bool {
        let Noted(Some(number)) = noted else { return false };
        match self.shared.journals.write(number) {
            Ok(()) => self.writes(),
            Err(error) => {
                tracing::error!(%error, "a call could not be written down");
                false
            }
        }
    }

    /// Notes that a call ended. It is in the book soon, or at once when the client's next call may hang on what this one
    /// cost, or when the caller left, so that nothing else will write the call's beginning down.
    pub(crate) fn finished(&self, client: ClientId, call: CallFinished) {
        let left = call.passed.is_some();
        self.shared.journals.add(Line::Finished(call));
        if left || self.spent.counts(client) {
            self.shared.journals.hurry();
        }
    }
}

impl Drop for Calls {
    /// All that was noted is in the book then.
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Release);
        let Some(writer) = self.writer.take() else { return };
        writer.thread().unpark();
        if writer.join().is_err() {
            tracing::error!("the book's writer panicked");
        }
    }
}

#[cfg(test)]
mod tests;
