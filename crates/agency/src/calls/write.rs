//! Writing the book: rows from the journal's lines, many in one transaction.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ownkey_protocol::id::CallId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Use;
use ownkey_providers::meter::{self, Picture, Units};
use ownkey_providers::price::{self, Cost};
use rusqlite::{Connection, Row, params};

use super::hours::{self, Hours};
use super::journal::{Batch, Journals, Line, Place, left};
use super::spent::{Settled, Spent};
use super::{CallFinished, CallStarted, Told};
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
    "
ALTER TABLE calls ADD COLUMN length INTEGER;
CREATE TABLE journals (number INTEGER PRIMARY KEY, generation INTEGER NOT NULL, bytes INTEGER NOT NULL);
",
    hours::STEP,
    hours::DAYS_STEP,
];

/// The version of the book's schema.
pub const SCHEMA: usize = STEPS.len();

/// The book, open for its one writer.
pub(super) struct Book {
    db: Connection,
    file: PathBuf,
    next: i64,
    /// Calls that have no end yet, and where they stand.
    open: HashMap<CallId, (i64, CallStarted)>,
    spent: Arc<Spent>,
}

/// Opens the book, and fresh journals beside it. What an earlier process had not written into the book is written now;
/// its calls without an end are *unknown* from then on.
///
/// # Errors
/// [`StoreError`].
pub(super) fn open(folder: &Path, spent: Arc<Spent>) -> Result<(Book, Journals), StoreError> {
    let file = folder.join("calls.sqlite");
    private_file(&file)?;
    let db = Connection::open(&file)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    crate::store::step(&db, STEPS)?;
    let places = places(&db)?;
    let (lines, files, generation) = left(folder, &places)?;
    let mut book = Book { open: without_end(&db)?, next: next(&db)?, db, file, spent };
    let numbers = places.into_keys().chain(0..=crate::gateway::workers());
    let places = numbers.map(|number| (number, Place { generation, bytes: 0 })).collect();
    book.write(&Batch { lines, places, done: vec![] })?;
    book.open.clear();
    // Only calls since the last start can be without an end: those before were looked at then.
    let tx = book.db.transaction()?;
    let since = tx.query_row("SELECT since FROM opened", [], |row| row.get(0))?;
    tx.execute("UPDATE calls SET told = 'unknown' WHERE n > ?1 AND finished IS NULL", [since])?;
    hours::add_unknown(&tx, since)?;
    tx.execute("UPDATE opened SET since = (SELECT coalesce(max(n), 0) FROM calls)", [])?;
    tx.commit()?;
    let journals = Journals::create(folder, generation)?;
    book.forget(&files)?;
    Ok((book, journals))
}

fn next(db: &Connection) -> Result<i64, rusqlite::Error> {
    db.query_row("SELECT coalesce(max(n), 0) + 1 FROM calls", [], |row| row.get(0))
}

/// Up to where the book has which journal.
fn places(db: &Connection) -> Result<BTreeMap<usize, Place>, rusqlite::Error> {
    let mut rows = db.prepare("SELECT number, generation, bytes FROM journals")?;
    let number = |row: &Row<'_>, at: usize| row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0));
    let found = rows.query_map([], |row| {
        let place = Place { generation: number(row, 1)?, bytes: number(row, 2)? };
        Ok((usize::try_from(number(row, 0)?).unwrap_or(usize::MAX), place))
    })?;
    found.collect()
}

/// Calls since the last start whose end is not in the book.
fn without_end(db: &Connection) -> Result<HashMap<CallId, (i64, CallStarted)>, rusqlite::Error> {
    let mut rows = db.prepare(
        "SELECT n, id, client, assistant, at, route, provider, purpose, connection, version, asked, token, length, size,
            quality FROM calls WHERE n > (SELECT since FROM opened) AND finished IS NULL",
    )?;
    let found = rows.query_map([], |row| Ok(started(row)?.map(|call| (call.id, (row.get_unwrap(0), call)))))?;
    found.filter_map(Result::transpose).collect()
}

/// `None` for a row that this version cannot read.
fn started(row: &Row<'_>) -> Result<Option<CallStarted>, rusqlite::Error> {
    let text = |at: usize| row.get::<_, Option<String>>(at);
    let connection = text(8)?.and_then(|id| id.parse().ok());
    let own = connection.zip(row.get::<_, Option<u32>>(9)?);
    let read = || {
        Some(CallStarted {
            id: text(1).ok()??.parse().ok()?,
            client: text(2).ok()??.parse().ok()?,
            assistant: text(3).ok()??.parse().ok()?,
            at: Instant::from_unix_millis(row.get(4).ok()?),
            route: text(5).ok()??.into(),
            provider: text(6).ok()??.parse().ok()?,
            r#use: text(7).ok()?.and_then(|word| word.parse().ok()),
            own,
            model: text(10).ok()?,
            token: text(11).ok()??.parse().ok()?,
            asked: row.get::<_, Option<i64>>(12).ok()?.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
            picture: Picture { size: text(13).ok()?, quality: text(14).ok()? },
        })
    };
    Ok(read())
}

impl Book {
    /// Writes a batch in one transaction, and settles what its calls had reserved.
    ///
    /// # Errors
    /// SQLite's; then nothing is written, and the same batch may be tried again.
    pub(super) fn write(&mut self, batch: &Batch) -> Result<(), rusqlite::Error> {
        // Whoever adds up the book must not see rows of which it will be told again.
        let spent = self.spent.clone();
        let _gate = spent.gate();
        let (begun, ends) = sorted(&batch.lines);
        let count = i64::try_from(begun.len()).unwrap_or(0);
        let mut rows = Vec::new();
        let mut settled = Vec::new();
        let mut hours = Hours::default();
        let tx = self.db.transaction()?;
        for (n, call) in (self.next..).zip(begun) {
            let end = ends.get(&call.id).map(|end| End::of(call, end));
            insert(&tx, n, call, end.as_ref())?;
            match end {
                Some(end) => {
                    hours.add(call, &end);
                    settled.push(end.settled(n, call));
                }
                None => rows.push((n, call)),
            }
        }
        for end in ends.values() {
            // The first end counts: whatever follows it is a caller who left after all was said.
            if let Some((n, call)) = self.open.get(&end.id) {
                let end = End::of(call, end);
                finish(&tx, *n, &end)?;
                hours.add(call, &end);
                settled.push(end.settled(*n, call));
            }
        }
        hours.write(&tx)?;
        for (number, place) in &batch.places {
            tx.prepare_cached("INSERT OR REPLACE INTO journals (number, generation, bytes) VALUES (?1, ?2, ?3)")?
                .execute([*number as u64, place.generation, place.bytes].map(stored))?;
        }
        tx.commit()?;
        self.next += count;
        self.open.retain(|id, _| !ends.contains_key(id));
        self.open.extend(rows.into_iter().map(|(n, call)| (call.id, (n, call.clone()))));
        spent.settle(&settled);
        Ok(())
    }

    /// Deletes journals whose lines are in the book, once the book is on the disk.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn forget(&self, journals: &[PathBuf]) -> std::io::Result<()> {
        if journals.is_empty() {
            return Ok(());
        }
        let mut log = self.file.clone().into_os_string();
        log.push("-wal");
        match std::fs::File::open(log) {
            Ok(log) => log.sync_data()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        journals.iter().try_for_each(std::fs::remove_file)
    }
}

pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Calls that begin, in the order of time, and the first end of each call.
fn sorted(lines: &[Line]) -> (Vec<&CallStarted>, HashMap<CallId, &CallFinished>) {
    let (mut begun, mut ends) = (Vec::new(), HashMap::new());
    for line in lines {
        match line {
            Line::Started(call) => begun.push(call),
            Line::Finished(call) => drop(ends.entry(call.id).or_insert(call)),
        }
    }
    begun.sort_by_key(|call| call.at);
    (begun, ends)
}

/// How a call ended, with what it cost: the price is looked up here, beside the calls and not within them.
pub(super) struct End<'c> {
    call: &'c CallFinished,
    pub(super) told: Told,
    pub(super) units: Option<Units>,
    picture: Picture,
    cost: Option<Cost>,
}

impl<'c> End<'c> {
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
        Self { call, told, units, picture, cost }
    }

    fn settled(&self, n: i64, begun: &CallStarted) -> Settled {
        Settled::new(n, begun, self.call.at, self.cost.as_ref().map(|cost| cost.micro), self.units)
    }

    /// The model that the provider says has answered.
    pub(super) fn model(&self) -> Option<&str> {
        self.call.model.as_deref()
    }

    /// HTTP status that the caller got.
    pub(super) fn status(&self) -> u16 {
        self.call.status
    }

    fn units(&self) -> Option<String> {
        self.units.as_ref().and_then(|units| serde_json::to_string(units).ok())
    }

    /// What it cost by list price, where that is known.
    pub(super) fn micro(&self) -> Option<i64> {
        self.cost.as_ref().map(|cost| stored(cost.micro))
    }
}

/// A row, with its end where that is known already.
fn insert(db: &Connection, n: i64, call: &CallStarted, end: Option<&End<'_>>) -> Result<(), rusqlite::Error> {
    let picture = end.map_or(&call.picture, |end| &end.picture);
    let cost = end.and_then(|end| end.cost.as_ref());
    db.prepare_cached(
        "INSERT INTO calls (n, id, client, assistant, at, route, provider, purpose, connection, version, paid_by, asked, \
         token, length, size, quality, status, units, model, told, finished, cost, currency, rule) VALUES (?1, ?2, ?3, ?4, \
         ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
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
        stored(call.asked),
        picture.size,
        picture.quality,
        end.map(|end| end.call.status),
        end.and_then(End::units),
        end.map(|end| &end.call.model),
        end.map(|end| end.told.as_str()),
        end.map(|end| end.call.at.unix_millis()),
        end.and_then(End::micro),
        cost.map(|cost| cost.currency.as_str()),
        cost.map(|cost| cost.rule),
    ])?;
    Ok(())
}

/// The end of a call whose row is in the book.
fn finish(db: &Connection, n: i64, end: &End<'_>) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "UPDATE calls SET status = ?2, units = ?3, model = ?4, told = ?5, finished = ?6, cost = ?7, currency = ?8, \
         rule = ?9, size = ?10, quality = ?11 WHERE n = ?1",
    )?
    .execute(params![
        n,
        end.call.status,
        end.units(),
        end.call.model,
        end.told.as_str(),
        end.call.at.unix_millis(),
        end.micro(),
        end.cost.as_ref().map(|cost| cost.currency.as_str()),
        end.cost.as_ref().map(|cost| cost.rule),
        end.picture.size,
        end.picture.quality,
    ])?;
    Ok(())
}
