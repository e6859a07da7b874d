//! Tables, and the steps from one version to the next.

use rusqlite::Connection;

use super::StoreError;

/// Each step brings the database from version `n` to `n + 1`; steps that were released are never changed.
const STEPS: &[&str] = &["
CREATE TABLE keys (id TEXT PRIMARY KEY, kind TEXT NOT NULL, wrapped BLOB NOT NULL);
CREATE TABLE keysets (seq INTEGER PRIMARY KEY, envelope BLOB NOT NULL);
CREATE TABLE leaves (client TEXT NOT NULL, place INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (client, place))
    WITHOUT ROWID;
CREATE TABLE names (client TEXT NOT NULL, hash TEXT NOT NULL, salt BLOB NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (client, hash)) WITHOUT ROWID;
CREATE TABLE copies (client TEXT NOT NULL, connection TEXT NOT NULL, version INTEGER NOT NULL, sha256 TEXT NOT NULL,
    sealed BLOB NOT NULL, PRIMARY KEY (client, connection, version));
CREATE TABLE receipts (client TEXT NOT NULL, connection TEXT NOT NULL, version INTEGER NOT NULL, envelope BLOB NOT NULL);
CREATE INDEX receipts_by_version ON receipts (client, connection, version);
CREATE TABLE pointers (kind TEXT NOT NULL, key TEXT NOT NULL, client TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE nonces (nonce BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX nonces_by_time ON nonces (at);
CREATE TABLE calls (id TEXT PRIMARY KEY, client TEXT NOT NULL, assistant TEXT NOT NULL, at INTEGER NOT NULL,
    route TEXT NOT NULL, provider TEXT NOT NULL, purpose TEXT, connection TEXT, version INTEGER, paid_by TEXT NOT NULL,
    model TEXT, status INTEGER, units TEXT, finished INTEGER) WITHOUT ROWID;
CREATE INDEX calls_by_client ON calls (client, at);
CREATE INDEX calls_by_version ON calls (client, connection, version, at);
CREATE TABLE made (client TEXT NOT NULL, provider TEXT NOT NULL, thing TEXT NOT NULL, connection TEXT, at INTEGER NOT NULL,
    PRIMARY KEY (client, provider, thing)) WITHOUT ROWID;
",
    "ALTER TABLE made ADD COLUMN mac BLOB NOT NULL DEFAULT x'';",
    "DROP TABLE calls;",
    "
CREATE TABLE webhooks (id TEXT PRIMARY KEY, client TEXT NOT NULL, body BLOB NOT NULL, tries INTEGER NOT NULL,
    due INTEGER NOT NULL, over INTEGER NOT NULL);
CREATE INDEX webhooks_by_time ON webhooks (over, due);
CREATE TABLE webhooks_seen (client TEXT PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;
",
];

pub(super) fn prepare(db: &Connection) -> Result<(), StoreError> {
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "secure_delete", "ON")?;
    db.pragma_update(None, "foreign_keys", "ON")?;
    step(db, STEPS)
}

/// Takes the steps that a database has not taken yet.
///
/// # Errors
/// [`StoreError::Newer`] when it has taken more than there are.
pub(crate) fn step(db: &Connection, steps: &[&str]) -> Result<(), StoreError> {
    let version: usize = db.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0))?.try_into().unwrap_or(0);
    if version > steps.len() {
        return Err(StoreError::Newer);
    }
    for (number, step) in steps.iter().enumerate().skip(version) {
        db.execute_batch(&format!("BEGIN; {step} PRAGMA user_version = {}; COMMIT;", number + 1))?;
    }
    Ok(())
}
