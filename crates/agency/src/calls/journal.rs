//! The journal before the book: where a call is written down before its answer leaves.
//!
//! A commit for each call would cost more than all else that the gateway does for it. So a call is first a line in a
//! file that only grows: one write for all that gathered on a thread, and no thread is woken for it. The book's rows
//! follow in large transactions (`write`), each of which says up to where it holds which journal; what it does not hold
//! yet is read from the journal at the next start. There is one journal for each thread that serves, and one for all
//! others, so that two calls do not wait for each other.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::Thread;

use serde::{Deserialize, Serialize};

use super::{CallFinished, CallStarted, lock};
use crate::gateway::{worker, workers};
use crate::store::{StoreError, private_file};

/// A journal of this many bytes is followed by a fresh one.
const FULL: u64 = 16 * 1024 * 1024;

/// The most bytes that wait for a disk that cannot be written; calls beyond it are refused.
const MOST_WAITING: usize = 4 * 1024 * 1024;

/// A line: JSON on disk, one to a line of text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Line {
    /// A call begins.
    Started(CallStarted),
    /// A call ended.
    Finished(CallFinished),
}

/// Up to where a journal is meant: which file, and how many bytes of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) generation: u64,
    pub(super) bytes: u64,
}

/// The journals of a running server.
pub(super) struct Journals {
    folder: PathBuf,
    all: Vec<Mutex<Journal>>,
    /// Lines wait for the book.
    work: AtomicBool,
    /// They should not wait for more.
    hurry: AtomicBool,
    writer: OnceLock<Thread>,
}

struct Journal {
    file: Arc<File>,
    generation: u64,
    /// Bytes that are in the file.
    written: u64,
    /// Bytes that are not yet.
    buffer: Vec<u8>,
    /// Lines that the book does not have yet.
    lines: Vec<Line>,
    /// The file has bytes that were not brought to the disk.
    dirty: bool,
}

/// What the book is to take, and up to where it then has which journal.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) lines: Vec<Line>,
    pub(super) places: BTreeMap<usize, Place>,
    /// Files that are not needed once this batch is on the disk.
    pub(super) done: Vec<PathBuf>,
}

impl Journals {
    /// Fresh journals, each of the generation that is given.
    ///
    /// # Errors
    /// [`StoreError`] when a file cannot be made.
    pub(super) fn create(folder: &Path, generation: u64) -> Result<Self, StoreError> {
        let all = (0..=workers()).map(|number| Ok(Mutex::new(Journal::create(folder, number, generation)?)));
        Ok(Self {
            folder: folder.to_owned(),
            all: all.collect::<Result<_, StoreError>>()?,
            work: AtomicBool::new(false),
            hurry: AtomicBool::new(false),
            writer: OnceLock::new(),
        })
    }

    /// Adds a line to this thread's journal; it is on the way to the file, and to the book. Which journal, or `None` when
    /// too much waits for the disk already: a call that begins then must not be made. Ends are always taken.
    pub(super) fn add(&self, line: Line) -> Option<usize> {
        let number = worker().min(self.all.len() - 1);
        let mut journal = lock(&self.all[number]);
        if journal.buffer.len() > MOST_WAITING && matches!(line, Line::Started(_)) {
            return None;
        }
        if serde_json::to_writer(&mut journal.buffer, &line).is_err() {
            return None;
        }
        journal.buffer.push(b'\n');
        journal.lines.push(line);
        drop(journal);
        if !self.work.load(Ordering::Relaxed) && !self.work.swap(true, Ordering::AcqRel) {
            self.wake();
        }
        Some(number)
    }

    /// Writes what has gathered in a journal: all of its lines then survive the end of this process.
    pub(super) fn write(&self, number: usize) -> std::io::Result<()> {
        lock(&self.all[number]).write()
    }

    /// The book should take what there is at once.
    pub(super) fn hurry(&self) {
        if !self.hurry.swap(true, Ordering::AcqRel) {
            self.wake();
        }
    }

    /// As [`Self::hurry`], also where no line waits.
    pub(super) fn ask(&self) {
        self.work.store(true, Ordering::Release);
        self.hurry.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    /// This thread writes the book.
    pub(super) fn is_writer(&self) {
        let _set_once = self.writer.set(std::thread::current());
    }

    /// Whether lines came since this was asked last.
    pub(super) fn take_work(&self) -> bool {
        self.work.swap(false, Ordering::AcqRel)
    }

    /// Whether somebody waits for the book since this was asked last.
    pub(super) fn take_hurry(&self) -> bool {
        self.hurry.swap(false, Ordering::AcqRel)
    }

    /// Takes all lines that the book does not have, with what was taken before.
    ///
    /// # Errors
    /// When a journal cannot be written; the lines of all others are taken.
    pub(super) fn take(&self, batch: &mut Batch) -> std::io::Result<()> {
        let mut failed = Ok(());
        for (number, journal) in self.all.iter().enumerate() {
            let mut journal = lock(journal);
            if let Err(error) = journal.write() {
                failed = Err(error);
                continue;
            }
            if journal.lines.is_empty() {
                continue;
            }
            batch.lines.append(&mut journal.lines);
            batch.places.insert(number, journal.place());
            if journal.written > FULL
                && let Ok(fresh) = Journal::create(&self.folder, number, journal.generation + 1)
            {
                batch.done.push(file(&self.folder, number, journal.generation));
                *journal = fresh;
                batch.places.insert(number, journal.place());
            }
        }
        failed
    }

    /// Brings what was written to the disk.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        for journal in &self.all {
            let file = {
                let mut journal = lock(journal);
                std::mem::take(&mut journal.dirty).then(|| journal.file.clone())
            };
            file.map_or(Ok(()), |file| file.sync_data())?;
        }
        Ok(())
    }
}

impl Journal {
    fn create(folder: &Path, number: usize, generation: u64) -> Result<Self, StoreError> {
        let path = file(folder, number, generation);
        private_file(&path)?;
        let file = Arc::new(File::options().append(true).open(path)?);
        let (buffer, lines) = (Vec::new(), Vec::new());
        Ok(Self { file, generation, written: 0, buffer, lines, dirty: false })
    }

    fn place(&self) -> Place {
        Place { generation: self.generation, bytes: self.written }
    }

    fn write(&mut self) -> std::io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.file.as_ref().write_all(&self.buffer) {
            // A part of a line would end the journal for whoever reads it; if it cannot be cut off, no more is written.
            self.file.set_len(self.written)?;
            return Err(error);
        }
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        self.dirty = true;
        Ok(())
    }
}

fn file(folder: &Path, number: usize, generation: u64) -> PathBuf {
    folder.join(format!("calls-{number}.{generation}.journal"))
}

/// What earlier processes left: lines that a book which has the journals up to `places` does not have, in order; all
/// files there are; and a generation that none of them has.
///
/// # Errors
/// When the folder or a file cannot be read.
pub(super) fn left(folder: &Path, places: &BTreeMap<usize, Place>) -> std::io::Result<(Vec<Line>, Vec<PathBuf>, u64)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(key) = path.file_name().and_then(|name| numbers(name.to_str()?)) {
            found.insert(key, path);
        }
    }
    let newest = found.keys().map(|(_, generation)| *generation).chain(places.values().map(|p| p.generation)).max();
    let mut lines = Vec::new();
    for ((number, generation), path) in &found {
        let known = places.get(number).copied().unwrap_or_default();
        let skip = match generation.cmp(&known.generation) {
            std::cmp::Ordering::Less => continue,
            std::cmp::Ordering::Equal => usize::try_from(known.bytes).unwrap_or(usize::MAX),
            std::cmp::Ordering::Greater => 0,
        };
        read(path, skip, &mut lines)?;
    }
    Ok((lines, found.into_values().collect(), newest.map_or(1, |newest| newest + 1)))
}

/// `calls-{number}.{generation}.journal`
fn numbers(name: &str) -> Option<(usize, u64)> {
    let (number, generation) = name.strip_prefix("calls-")?.strip_suffix(".journal")?.split_once('.')?;
    Some((number.parse().ok()?, generation.parse().ok()?))
}

/// Reads a journal's lines from `skip` bytes on; a last line that was cut off was never relied on.
fn read(path: &Path, skip: usize, lines: &mut Vec<Line>) -> std::io::Result<()> {
    let text = std::fs::read(path)?;
    let mut rest = text.get(skip..).unwrap_or_default();
    while let Some(end) = memchr::memchr(b'\n', rest) {
        match serde_json::from_slice(&rest[..end]) {
            Ok(line) => lines.push(line),
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "a journal of calls cannot be read to its end");
                break;
            }
        }
        rest = &rest[end + 1..];
    }
    Ok(())
}
