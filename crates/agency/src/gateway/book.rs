//! The book of calls: a *started* row is durable before the first byte of an answer leaves, and its commit overlaps
//! the provider's own latency; *finished* rows follow, grouped (design.md §6).

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::store::{CallFinished, CallStarted, Store};

enum Line {
    Started(CallStarted, oneshot::Sender<bool>),
    Finished(CallFinished),
}

/// The book, written by one thread.
pub(crate) struct Book {
    lines: Sender<Line>,
}

impl Book {
    pub(crate) fn open(store: Arc<Store>) -> Self {
        let (lines, inbox) = channel();
        std::thread::spawn(move || write(&store, &inbox));
        Self { lines }
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

/// Takes what has gathered, writes it in one transaction, and tells who waits.
fn write(store: &Store, inbox: &Receiver<Line>) {
    while let Ok(first) = inbox.recv() {
        let (mut started, mut finished, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(line) = next {
            match line {
                Line::Started(call, done) => {
                    started.push(call);
                    waiting.push(done);
                }
                Line::Finished(call) => finished.push(call),
            }
            next = if started.len() + finished.len() < 512 { inbox.try_recv().ok() } else { None };
        }
        let mut written = store.write_calls(&started, &finished);
        for _ in 0..3 {
            if written.is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
            written = store.write_calls(&started, &finished);
        }
        if let Err(error) = &written {
            tracing::error!(%error, calls = started.len() + finished.len(), "calls could not be written");
        }
        for done in waiting {
            let _caller_left = done.send(written.is_ok());
        }
    }
}
