//! The book of calls: who called what, on whose account, and what it spent (design.md §6).
//!
//! A *started* row is committed before the first byte of an answer leaves, and its commit overlaps the provider's own
//! latency; the *finished* row follows, grouped. The book is a database of its own: what a killed process committed
//! stays (it is in the write-ahead log), and only a power cut can take the last moments, since the log reaches the disk
//! every [`SYNC`]. The record and the keys are written to the disk with each act instead.

mod read;
mod shown;
mod spent;
mod usage;
mod write;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{AssistantId, CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::meter::{Picture, Units};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::store::StoreError;
use shown::Shown;
pub use shown::ShownCalls;
use spent::Spent;
pub(crate) use spent::{Asks, Over, Reached};

/// The longest that committed rows wait for the disk.
pub const SYNC: Duration = Duration::from_millis(50);

/// A call that begins: durable before the first byte of its answer leaves.
#[derive(Debug, Clone)]
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
    pub route: &'static str,
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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// All of it.
    Whole,
    /// The answer was cut off: what was seen until then.
    Partial,
    /// Nothing: a refusal, or an answer without usage.
    Nothing,
    /// Nothing, because the caller hung up; it is estimated where it can be.
    Estimated,
}

impl Told {
    /// The spelling in the book. A further word, `unknown`, stands at calls of which no end was written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Partial => "partial",
            Self::Nothing => "nothing",
            Self::Estimated => "estimated",
        }
    }
}

enum Line {
    Started(CallStarted, oneshot::Sender<bool>),
    Finished(CallFinished),
}

/// The book: one thread writes, everybody reads.
pub struct Calls {
    lines: Sender<Line>,
    reader: Mutex<Connection>,
    shown: Arc<Mutex<Shown>>,
    /// Whether the last lines could be written.
    well: Arc<AtomicBool>,
    spent: Arc<Spent>,
    reached: Mutex<Option<mpsc::UnboundedReceiver<Reached>>>,
    file: PathBuf,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Calls {
    /// Opens the book in the folder of the databases; calls of which no end was written are *unknown* from now on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join("calls.sqlite");
        let db = write::open(&file)?;
        let reader = read::open(&file)?;
        let shown = Arc::new(Mutex::new(Shown::default()));
        let (lines, inbox) = channel();
        let (tell, reached) = mpsc::unbounded_channel();
        let spent = Arc::new(Spent::new(tell));
        let well = Arc::new(AtomicBool::new(true));
        write::start(db, &file, inbox, shown.clone(), spent.clone(), well.clone())?;
        let reached = Mutex::new(Some(reached));
        Ok(Self { lines, reader: Mutex::new(reader), shown, well, spent, reached, file })
    }

    /// Whether calls can be written down.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.well.load(Ordering::Relaxed)
    }

    /// Writes that a call begins; the answer says whether it is durable.
    pub(crate) fn started(&self, call: CallStarted) -> oneshot::Receiver<bool> {
        let (done, durable) = oneshot::channel();
        if self.lines.send(Line::Started(call, done)).is_err() {
            tracing::error!("the book is closed");
        }
        durable
    }

    /// Writes that a call ended.
    pub(crate) fn finished(&self, call: CallFinished) {
        if self.lines.send(Line::Finished(call)).is_err() {
            tracing::error!("the book is closed");
        }
    }
}
