//! The local store: the record as it travelled, drafts, checks, and what was sent but not yet answered.
//!
//! It holds ids, stages, verdicts, last four characters and the record; never a secret.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ActId;
use ownkey_protocol::instant::Instant;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::agency_client::now;
use crate::fault::Fault;

/// Each step brings the database from version `n` to `n + 1`; steps that were released are never changed.
const STEPS: &[&str] = &[
    "
CREATE TABLE facts (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE leaves (place INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE outbox (act TEXT PRIMARY KEY, request BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE drafts (connection TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE checks (connection TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE receipts (connection TEXT NOT NULL, version INTEGER NOT NULL, envelope BLOB NOT NULL,
    PRIMARY KEY (connection, version)) WITHOUT ROWID;
CREATE TABLE hints (connection TEXT NOT NULL, version INTEGER NOT NULL, last_four TEXT NOT NULL,
    PRIMARY KEY (connection, version)) WITHOUT ROWID;
",
    "
CREATE TABLE rotations (connection TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
",
    "
CREATE TABLE usage_days (day TEXT PRIMARY KEY, settled INTEGER NOT NULL, envelope BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE billed (connection TEXT NOT NULL, ask TEXT NOT NULL, day TEXT NOT NULL, rows TEXT NOT NULL,
    PRIMARY KEY (connection, ask, day)) WITHOUT ROWID;
CREATE TABLE bill_asks (connection TEXT NOT NULL, ask TEXT NOT NULL, month TEXT NOT NULL, fetched INTEGER NOT NULL,
    settled INTEGER NOT NULL, PRIMARY KEY (connection, ask, month)) WITHOUT ROWID;
",
];

/// The local database and the lock on its folder.
pub struct Store {
    db: Mutex<Connection>,
    _lock: fs::File,
}

impl Store {
    /// Opens the store in `folder`; makes it at the first start.
    ///
    /// # Errors
    /// `already_running`, `database_newer`, `database_broken`, `disk_full`.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        fs::create_dir_all(folder)?;
        private(folder)?;
        let lock = private_file(&folder.join("lock"))?;
        lock.try_lock().map_err(|e| Fault::new(Code::AlreadyRunning, e.to_string()))?;
        let file = folder.join("ownkey.sqlite");
        private_file(&file)?;
        let db = Connection::open(&file)?;
        let version = db.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0))?;
        let version = usize::try_from(version).unwrap_or(0);
        if version > STEPS.len() {
            return Err(Fault::new(Code::DatabaseNewer, format!("version {version}")));
        }
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "secure_delete", "ON")?;
        for (number, step) in STEPS.iter().enumerate().skip(version) {
            db.execute_batch(&format!("BEGIN; {step} PRAGMA user_version = {}; COMMIT;", number + 1))?;
        }
        Ok(Self { db: Mutex::new(db), _lock: lock })
    }

    /// A membership begins: what was signed or shown under an earlier one is over. The record goes on when it is of the
    /// same client; else all that was kept of the other client goes.
    pub(crate) fn enter<T: Serialize>(&self, membership: &T, same_client: bool) -> Result<(), Fault> {
        let mut db = self.db();
        let tx = db.transaction()?;
        tx.execute_batch("DELETE FROM outbox; DELETE FROM facts WHERE name IN ('enrolling', 'snapshot', 'alarm');")?;
        if !same_client {
            tx.execute_batch(
                "DELETE FROM leaves; DELETE FROM receipts; DELETE FROM drafts; DELETE FROM checks; DELETE FROM rotations; DELETE FROM hints;
                 DELETE FROM usage_days; DELETE FROM billed; DELETE FROM bill_asks;
                 DELETE FROM facts WHERE name IN ('checkpoint', 'verified_at') OR name LIKE 'made/%' OR name LIKE 'found/%' OR name LIKE 'filed/%' OR name IN ('bills', 'bills/agency', 'bills/told');",
            )?;
        }
        let text = write(membership)?;
        tx.execute("INSERT OR REPLACE INTO facts (name, json) VALUES ('membership', ?1)", [&text])?;
        tx.commit()?;
        Ok(())
    }

    pub(crate) fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fact under a name.
    pub(crate) fn fact<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Fault> {
        let text: Option<String> =
            self.db().query_row("SELECT json FROM facts WHERE name = ?1", [name], |r| r.get(0)).optional()?;
        text.map(|t| parse(&t)).transpose()
    }

    /// Sets a fact.
    pub(crate) fn set_fact<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Fault> {
        let text = write(value)?;
        self.db().execute("INSERT OR REPLACE INTO facts (name, json) VALUES (?1, ?2)", [name, &text])?;
        Ok(())
    }

    /// Forgets a fact.
    pub(crate) fn forget_fact(&self, name: &str) -> Result<(), Fault> {
        self.db().execute("DELETE FROM facts WHERE name = ?1", [name])?;
        Ok(())
    }

    /// All leaves, in order.
    pub(crate) fn leaves(&self) -> Result<Vec<Vec<u8>>, Fault> {
        let db = self.db();
        let mut rows = db.prepare("SELECT bytes FROM leaves ORDER BY place")?;
        let found = rows.query_map([], |r| r.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Appends verified leaves from `place` on, and pins the checkpoint that covers them, in one transaction; and when the
    /// record was verified, where these are its last.
    pub(crate) fn append(
        &self,
        place: u64,
        leaves: &[Vec<u8>],
        checkpoint: &str,
        verified_at: Option<Instant>,
    ) -> Result<(), Fault> {
        let mut db = self.db();
        let tx = db.transaction()?;
        for (offset, leaf) in leaves.iter().enumerate() {
            let at = place as i64 + offset as i64;
            tx.execute("INSERT INTO leaves (place, bytes) VALUES (?1, ?2)", params![at, leaf])?;
        }
        tx.execute("INSERT OR REPLACE INTO facts (name, json) VALUES ('checkpoint', ?1)", [write(&checkpoint)?])?;
        if let Some(at) = verified_at {
            tx.execute("INSERT OR REPLACE INTO facts (name, json) VALUES ('verified_at', ?1)", [write(&at)?])?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Keeps an act with its sealed bytes before it is sent.
    pub(crate) fn put_out(&self, act: ActId, request: &[u8]) -> Result<(), Fault> {
        self.db().execute(
            "INSERT OR REPLACE INTO outbox (act, request) VALUES (?1, ?2)",
            params![act.to_string(), request],
        )?;
        Ok(())
    }

    /// Acts that were not answered yet, oldest first.
    pub(crate) fn outbox(&self) -> Result<Vec<(ActId, Vec<u8>)>, Fault> {
        let db = self.db();
        let mut rows = db.prepare("SELECT act, request FROM outbox ORDER BY act")?;
        let found = rows.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get(1)?)))?;
        let rows: Vec<(String, Vec<u8>)> = found.collect::<Result<_, _>>()?;
        Ok(rows.into_iter().filter_map(|(id, request)| Some((id.parse().ok()?, request))).collect())
    }

    /// An act was answered.
    pub(crate) fn answered(&self, act: ActId) -> Result<(), Fault> {
        self.db().execute("DELETE FROM outbox WHERE act = ?1", [act.to_string()])?;
        Ok(())
    }

    /// All of a table of JSON by connection.
    pub(crate) fn all<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, T)>, Fault> {
        let db = self.db();
        let mut rows = db.prepare(&format!("SELECT connection, json FROM {} ORDER BY connection", table.name()))?;
        let found = rows.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
        let rows: Vec<(String, String)> = found.collect::<Result<_, _>>()?;
        rows.into_iter().map(|(key, text)| Ok((key, parse(&text)?))).collect()
    }

    /// Sets one row of a table of JSON by connection.
    pub(crate) fn put<T: Serialize>(&self, table: Table, connection: &str, value: &T) -> Result<(), Fault> {
        let query = format!("INSERT OR REPLACE INTO {} (connection, json) VALUES (?1, ?2)", table.name());
        self.db().execute(&query, [connection, &write(value)?])?;
        Ok(())
    }

    /// Removes one row of a table of JSON by connection.
    pub(crate) fn remove(&self, table: Table, connection: &str) -> Result<(), Fault> {
        self.db().execute(&format!("DELETE FROM {} WHERE connection = ?1", table.name()), [connection])?;
        Ok(())
    }

    /// The newest verified receipt of a version.
    pub(crate) fn receipt(&self, connection: &str, version: u32) -> Result<Option<Vec<u8>>, Fault> {
        let query = "SELECT envelope FROM receipts WHERE connection = ?1 AND version = ?2";
        Ok(self.db().query_row(query, params![connection, version], |r| r.get(0)).optional()?)
    }

    /// Keeps a verified receipt.
    pub(crate) fn put_receipt(&self, connection: &str, version: u32, envelope: &[u8]) -> Result<(), Fault> {
        self.db().execute(
            "INSERT OR REPLACE INTO receipts (connection, version, envelope) VALUES (?1, ?2, ?3)",
            params![connection, version, envelope],
        )?;
        Ok(())
    }

    /// The last four characters of a version's key, where this device knows them.
    pub(crate) fn hint(&self, connection: &str, version: u32) -> Result<Option<String>, Fault> {
        let query = "SELECT last_four FROM hints WHERE connection = ?1 AND version = ?2";
        let db = self.db();
        let mut row = db.prepare_cached(query)?;
        Ok(row.query_row(params![connection, version], |r| r.get(0)).optional()?)
    }

    /// Keeps the last four characters of a version's key.
    pub(crate) fn put_hint(&self, connection: &str, version: u32, last_four: &str) -> Result<(), Fault> {
        self.db().execute(
            "INSERT OR REPLACE INTO hints (connection, version, last_four) VALUES (?1, ?2, ?3)",
            params![connection, version, last_four],
        )?;
        Ok(())
    }
}

/// Sets a database that cannot be read aside, under another name; nothing is deleted. Gives the new name of the file.
///
/// # Errors
/// When it cannot be renamed.
pub fn set_aside(folder: &Path) -> Result<PathBuf, Fault> {
    let at = now().unix_millis();
    let aside = folder.join(format!("ownkey.broken-{at}.sqlite"));
    for end in ["", "-wal", "-shm"] {
        let from = folder.join(format!("ownkey.sqlite{end}"));
        if from.exists() {
            fs::rename(from, folder.join(format!("ownkey.broken-{at}.sqlite{end}")))?;
        }
    }
    Ok(aside)
}

/// Tables of JSON by connection.
#[derive(Clone, Copy)]
pub(crate) enum Table {
    /// Connections in the making.
    Drafts,
    /// The last check of each connection on this device.
    Checks,
    /// Replacements of keys.
    Rotations,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Drafts => "drafts",
            Self::Checks => "checks",
            Self::Rotations => "rotations",
        }
    }
}

pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|e| Fault::new(Code::DatabaseBroken, e.to_string()))
}

pub(crate) fn write<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|e| Fault::new(Code::Unforeseen, e.to_string()))
}

/// Opens a file, or makes it, for this person alone; SQLite's own files beside it take its mode.
fn private_file(path: &Path) -> Result<fs::File, Fault> {
    let mut how = fs::OpenOptions::new();
    how.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    let file = how.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

#[cfg(unix)]
fn private(folder: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?)
}

#[cfg(not(unix))]
fn private(_folder: &Path) -> Result<(), Fault> {
    Ok(()) // profile folders are private to their person there
}
