//! Writing the book: one thread takes what has gathered, commits it, and tells who waits.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ownkey_protocol::id::CallId;
use ownkey_protocol::vocabulary::Use;
use ownkey_providers::meter::{self, Picture, Units};
use ownkey_providers::price::{self, Cost};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::shown::Shown;
use super::spent::{Settled, Spent};
use super::{CallFinished, CallStarted, Line, SYNC, Told, lock};
use crate::store::{StoreError, private_file};

/// Each step brings the book from version `n` to `n + 1`; steps that were released are never changed.
const STEPS: &[&str] = &[
    "
CREATE TABLE calls (n INTEGER PRIMARY KEY, id TEXT NOT NULL, client TEXT NOT NULL, assistant TEXT NOT NULL,
    at INTEGER NOT NULL, route TEXT NOT NULL, provider TEXT NOT NULL, purpose TEXT, connection TEXT, version INTEGER,
    paid_by TEXT NOT NULL, asked TEXT, model TEXT, status INTEGER, units TEXT, told TEXT, finished INTEGER);
CREATE INDEX calls_by_client ON calls (client, at);
CREATE TABLE opened (since INTEGER NOT NULL);
INSERT INTO opened VALUES (0);
",
    "
ALTER TABLE calls ADD COLUMN cost INTEGER;
ALTER TABLE calls ADD COLUMN currency TEXT;
ALTER TABLE calls ADD COLUMN rule TEXT;
ALTER TABLE calls ADD COLUMN size TEXT;
ALTER TABLE calls ADD COLUMN quality TEXT;
ALTER TABLE calls ADD COLUMN token TEXT;
",
];

/// The most lines in one transaction.
const MOST: usize = 512;

pub(super) fn open(file: &Path) -> Result<Connection, StoreError> {
    private_file(file)?;
    let db = Connection::open(file)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    crate::store::step(&db, STEPS)?;
    // Only calls since the last start can be without an end: those before were looked at then.
    db.execute_batch(
        "BEGIN; UPDATE calls SET told = 'unknown' WHERE n > (SELECT since FROM opened) AND finished IS NULL;
         UPDATE opened SET since = (SELECT coalesce(max(n), 0) FROM calls); COMMIT;",
    )?;
    Ok(db)
}

/// Starts the thread that writes, and the one that brings the log to the disk.
pub(super) fn start(
    db: Connection,
    file: &Path,
    inbox: Receiver<Line>,
    shown: Arc<Mutex<Shown>>,
    spent: Arc<Spent>,
    well: Arc<AtomicBool>,
) -> Result<(), StoreError> {
    let next: i64 = db.query_row("SELECT coalesce(max(n), 0) + 1 FROM calls", [], |row| row.get(0))?;
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let log = File::open(log)?;
    let dirty = Arc::new(AtomicBool::new(false));
    let seen = dirty.clone();
    std::thread::Builder::new().name("calls-sync".to_owned()).spawn(move || bring_to_disk(&log, &seen))?;
    let mut writer = Writer { db, next, open: HashMap::new(), shown, spent, dirty, well };
    std::thread::Builder::new().name("calls".to_owned()).spawn(move || writer.run(&inbox))?;
    Ok(())
}

/// Every [`SYNC`], when something was committed; ends with the writer.
fn bring_to_disk(log: &File, dirty: &Arc<AtomicBool>) {
    while Arc::strong_count(dirty) > 1 {
        std::thread::sleep(SYNC);
        if dirty.swap(false, Ordering::Relaxed)
            && let Err(error) = log.sync_data()
        {
            tracing::error!(%error, "calls could not be brought to the disk");
        }
    }
}

struct Writer {
    db: Connection,
    next: i64,
    /// Calls that have no end yet, and where they stand.
    open: HashMap<CallId, (i64, CallStarted)>,
    shown: Arc<Mutex<Shown>>,
    spent: Arc<Spent>,
    dirty: Arc<AtomicBool>,
    well: Arc<AtomicBool>,
}

impl Writer {
    fn run(&mut self, inbox: &Receiver<Line>) {
        let (mut lines, mut waiting) = (Vec::new(), Vec::new());
        while let Ok(first) = inbox.recv() {
            lines.push(first);
            while lines.len() < MOST
                && let Ok(line) = inbox.try_recv()
            {
                lines.push(line);
            }
            let written = self.write_patiently(&lines);
            self.well.store(written, Ordering::Relaxed);
            match written {
                true => self.show(&lines),
                false => self.settle_unwritten(&lines),
            }
            for line in lines.drain(..) {
                if let Line::Started(call, done) = line {
                    if !written {
                        self.spent.release(&call);
                    }
                    waiting.push(done);
                }
            }
            tell(&mut waiting, written);
        }
    }

    fn write_patiently(&mut self, lines: &[Line]) -> bool {
        for attempt in 0..4 {
            match self.write(lines) {
                Ok(()) => {
                    self.dirty.store(true, Ordering::Relaxed);
                    return true;
                }
                Err(error) if attempt == 3 => {
                    tracing::error!(%error, lines = lines.len(), "calls could not be written");
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        false
    }

    fn write(&mut self, lines: &[Line]) -> Result<(), rusqlite::Error> {
        // Whoever adds up the book must not see rows of which it will be told again.
        let _gate = self.spent.gate();
        let tx = self.db.transaction()?;
        let mut next = self.next;
        let mut begun: HashMap<CallId, (i64, &CallStarted)> = HashMap::new();
        let mut ended = HashSet::new();
        let mut settled = Vec::new();
        for line in lines {
            match line {
                Line::Started(call, _) => {
                    insert(&tx, next, call)?;
                    begun.insert(call.id, (next, call));
                    next += 1;
                }
                Line::Finished(call) => {
                    let earlier = begun.get(&call.id).copied();
                    let found = earlier.or_else(|| self.open.get(&call.id).map(|(n, started)| (*n, started)));
                    // The first end counts: whatever follows it is a caller who left after all was said.
                    if let Some((n, started)) = found.filter(|_| ended.insert(call.id)) {
                        settled.push(finish(&tx, n, started, call)?);
                    }
                }
            }
        }
        tx.commit()?;
        self.next = next;
        for (n, started) in begun.into_values().filter(|(_, call)| !ended.contains(&call.id)) {
            self.open.insert(started.id, (n, started.clone()));
        }
        for id in &ended {
            self.open.remove(id);
        }
        self.spent.settle(&settled);
        Ok(())
    }

    /// Settles ends that could not be written: nothing stays reserved for them, and what they cost counts. In the book, and
    /// to whoever looks, such a call stays without an end.
    fn settle_unwritten(&mut self, lines: &[Line]) {
        let mut settled = Vec::new();
        for line in lines {
            if let Line::Finished(call) = line
                && let Some((n, begun)) = self.open.remove(&call.id)
            {
                settled.push(Ended::of(&begun, call).settled(n, &begun));
                lock(&self.shown).lost(call.id);
            }
        }
        let _gate = self.spent.gate();
        self.spent.settle(&settled);
    }

    fn show(&self, lines: &[Line]) {
        let mut shown = lock(&self.shown);
        for line in lines {
            match line {
                Line::Started(call, _) => shown.started(call),
                Line::Finished(call) => shown.finished(call),
            }
        }
    }
}

fn tell(waiting: &mut Vec<oneshot::Sender<bool>>, written: bool) {
    for done in waiting.drain(..) {
        let _caller_left = done.send(written);
    }
}

fn insert(db: &Connection, n: i64, call: &CallStarted) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "INSERT INTO calls (n, id, client, assistant, at, route, provider, purpose, connection, version, paid_by, asked, \
         token) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        n,
        call.id.to_string(),
        call.client.to_string(),
        call.assistant.to_string(),
        call.at.unix_millis(),
        call.route,
        call.provider.as_str(),
        call.r#use.map(Use::as_str),
        call.own.map(|(c, _)| c.to_string()),
        call.own.map(|(_, v)| v),
        if call.own.is_some() { "own" } else { "platform" },
        call.model,
        call.token.to_string(),
    ])?;
    Ok(())
}

/// An end with what it cost: the price is looked up here, beside the calls and not within them.
struct Ended<'c> {
    call: &'c CallFinished,
    units: Option<Units>,
    told: Told,
    picture: Picture,
    cost: Option<Cost>,
}

impl<'c> Ended<'c> {
    fn of(begun: &CallStarted, call: &'c CallFinished) -> Self {
        let estimated = |(passed, streamed)| meter::estimate(begun.r#use, begun.asked, passed, streamed);
        let units = call.units.or_else(|| call.passed.and_then(estimated));
        let told = match (call.told, &units) {
            (Told::Estimated, None) => Told::Partial,
            (told, _) => told,
        };
        let picture = Picture {
            size: call.picture.size.clone().or_else(|| begun.picture.size.clone()),
            quality: call.picture.quality.clone().or_else(|| begun.picture.quality.clone()),
        };
        let model = call.model.as_deref().or(begun.model.as_deref());
        let cost = units.and_then(|units| price::cost(begun.provider, model, &units, &picture, begun.at));
        Self { call, units, told, picture, cost }
    }

    fn settled(&self, n: i64, begun: &CallStarted) -> Settled {
        Settled::new(n, begun, self.call.at, self.cost.as_ref().map(|c| c.micro), self.units)
    }
}

fn finish(db: &Connection, n: i64, begun: &CallStarted, call: &CallFinished) -> Result<Settled, rusqlite::Error> {
    let ended = Ended::of(begun, call);
    let text = ended.units.as_ref().and_then(|units| serde_json::to_string(units).ok());
    db.prepare_cached(
        "UPDATE calls SET status = ?2, units = ?3, model = ?4, told = ?5, finished = ?6, cost = ?7, currency = ?8, \
         rule = ?9, size = ?10, quality = ?11 WHERE n = ?1",
    )?
    .execute(params![
        n,
        call.status,
        text,
        call.model,
        ended.told.as_str(),
        call.at.unix_millis(),
        ended.cost.as_ref().map(|c| i64::try_from(c.micro).unwrap_or(i64::MAX)),
        ended.cost.as_ref().map(|c| c.currency.as_str()),
        ended.cost.as_ref().map(|c| c.rule),
        ended.picture.size,
        ended.picture.quality,
    ])?;
    Ok(ended.settled(n, begun))
}
