//! The server's store on SQLite: what the record cannot hold, and the record itself.
//!
//! Every query that touches a client's rows takes the [`ClientId`] first. Nothing here is believed by itself: leaves
//! are verified by the fold, sealed copies by a hash within an act, names by a salted hash. Tables that point from a
//! token, an invite code or a device to its client are caches that are rebuilt from the leaves.

mod made;
mod private;
mod schema;
mod webhooks;

pub use made::Made;
pub(crate) use private::file as private_file;
pub use private::write;
pub(crate) use schema::step;
pub(crate) use webhooks::Waiting;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ownkey_protocol::api::Named;
use ownkey_protocol::encoding::{Base64, Hash};
use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use rusqlite::{Connection, OptionalExtension, params};

/// The database and the folder that it is in.
pub struct Store {
    db: Mutex<Connection>,
    folder: PathBuf,
    _lock: fs::File,
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file system said no.
    #[error("folder: {0}")]
    Io(#[from] std::io::Error),
    /// Another process has the store open.
    #[error("another process works with this folder")]
    Locked,
    /// The database was written by a newer version.
    #[error("the database was written by a newer version of ownkey-agency")]
    Newer,
}

/// What one accepted act writes, in one transaction.
pub struct Accepted<'a> {
    /// The client.
    pub client: ClientId,
    /// Place in the record.
    pub index: u64,
    /// The leaf's bytes.
    pub leaf: &'a [u8],
    /// Names behind hashes in the act.
    pub names: &'a [Named],
    /// A sealed copy.
    pub sealed: Option<SealedCopy<'a>>,
    /// A receipt that comes true with this act: connection, version, signed bytes.
    pub receipt: Option<(ConnectionId, u32, &'a [u8])>,
    /// Pointers to this client: kind (`token`, `invite`, `device`) and key.
    pub pointers: &'a [(&'static str, String)],
}

/// A sealed copy on its way into the store.
#[derive(Debug, Clone, Copy)]
pub struct SealedCopy<'a> {
    /// The connection.
    pub connection: ConnectionId,
    /// The version.
    pub version: u32,
    /// SHA-256 of the bytes.
    pub sha256: Hash,
    /// The sealed bytes as they travelled.
    pub bytes: &'a [u8],
}

impl Store {
    /// Opens the store in `folder`, makes it at the first start, and keeps others out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let inner = folder.join("db");
        let checkpoints = folder.join("checkpoints");
        for closed in [folder, &inner, &folder.join("keys"), &checkpoints] {
            private::folder(closed)?;
        }
        let lock = private::file(&folder.join("lock"))?;
        lock.try_lock().map_err(|_| StoreError::Locked)?;
        let file = inner.join("agency.sqlite");
        private::file(&file)?;
        private::files_in(&inner)?;
        private::files_in(&checkpoints)?;
        let db = Connection::open(&file)?;
        schema::prepare(&db)?;
        Ok(Self { db: Mutex::new(db), folder: folder.to_path_buf(), _lock: lock })
    }

    /// The folder that holds everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wrapped private keys: id, kind, wrapped bytes, in the order of making.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keys(&self) -> Result<Vec<(String, String, Vec<u8>)>, StoreError> {
        let db = self.db();
        let mut rows = db.prepare("SELECT id, kind, wrapped FROM keys ORDER BY rowid")?;
        let found = rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Keeps a wrapped private key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_key(&self, id: &str, kind: &str, wrapped: &[u8]) -> Result<(), StoreError> {
        self.db().execute("INSERT INTO keys (id, kind, wrapped) VALUES (?1, ?2, ?3)", params![id, kind, wrapped])?;
        Ok(())
    }

    /// The newest signed key set.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn newest_keyset(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db();
        let query = "SELECT envelope FROM keysets ORDER BY seq DESC LIMIT 1";
        Ok(db.query_row(query, [], |r| r.get(0)).optional()?)
    }

    /// Keeps a signed key set.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_keyset(&self, seq: u64, envelope: &[u8]) -> Result<(), StoreError> {
        self.db().execute("INSERT INTO keysets (seq, envelope) VALUES (?1, ?2)", params![seq as i64, envelope])?;
        Ok(())
    }

    /// All clients that have a record, the agency itself included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn clients(&self) -> Result<Vec<ClientId>, StoreError> {
        let db = self.db();
        let mut rows = db.prepare("SELECT DISTINCT client FROM leaves ORDER BY client")?;
        let found = rows.query_map([], |r| r.get::<_, String>(0))?;
        let texts: Vec<String> = found.collect::<Result<_, _>>()?;
        Ok(texts.iter().filter_map(|t| t.parse().ok()).collect())
    }

    /// Leaves of a client from an index on, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn leaves(&self, client: ClientId, from: u64, limit: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let db = self.db();
        let mut rows =
            db.prepare_cached("SELECT bytes FROM leaves WHERE client = ?1 AND place >= ?2 ORDER BY place LIMIT ?3")?;
        let found = rows.query_map(params![client.to_string(), from as i64, limit], |r| r.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// One leaf.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn leaf(&self, client: ClientId, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db();
        let mut row = db.prepare_cached("SELECT bytes FROM leaves WHERE client = ?1 AND place = ?2")?;
        Ok(row.query_row(params![client.to_string(), index as i64], |r| r.get(0)).optional()?)
    }

    /// Writes an accepted act with all that belongs to it, in one transaction.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was written then.
    pub fn accept(&self, accepted: &Accepted<'_>) -> Result<(), StoreError> {
        let client = accepted.client.to_string();
        let mut db = self.db();
        let tx = db.transaction()?;
        tx.execute(
            "INSERT INTO leaves (client, place, bytes) VALUES (?1, ?2, ?3)",
            params![client, accepted.index as i64, accepted.leaf],
        )?;
        for name in accepted.names {
            tx.execute(
                "INSERT OR IGNORE INTO names (client, hash, salt, name) VALUES (?1, ?2, ?3, ?4)",
                params![client, name.hash().to_string(), name.salt.0, name.name],
            )?;
        }
        if let Some(SealedCopy { connection, version, sha256, bytes }) = accepted.sealed {
            tx.execute(
                "INSERT INTO copies (client, connection, version, sha256, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![client, connection.to_string(), version, sha256.to_string(), bytes],
            )?;
        }
        if let Some((connection, version, envelope)) = accepted.receipt {
            tx.execute(
                "INSERT INTO receipts (client, connection, version, envelope) VALUES (?1, ?2, ?3, ?4)",
                params![client, connection.to_string(), version, envelope],
            )?;
        }
        point(&tx, &client, accepted.pointers)?;
        tx.commit()?;
        Ok(())
    }

    /// Puts the pointers to a client right; nothing is written when all of them stand there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn point(&self, client: ClientId, pointers: &[(&'static str, String)]) -> Result<(), StoreError> {
        let mut db = self.db();
        let tx = db.transaction()?;
        point(&tx, &client.to_string(), pointers)?;
        tx.commit()?;
        Ok(())
    }

    /// The client that a token, invite code or device points to. A hint: the fold decides.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pointer(&self, kind: &str, key: &str) -> Result<Option<ClientId>, StoreError> {
        let db = self.db();
        let mut row = db.prepare_cached("SELECT client FROM pointers WHERE kind = ?1 AND key = ?2")?;
        let text: Option<String> = row.query_row(params![kind, key], |r| r.get(0)).optional()?;
        Ok(text.and_then(|t| t.parse().ok()))
    }

    /// Every name of a client that is still kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn names(&self, client: ClientId) -> Result<Vec<Named>, StoreError> {
        let db = self.db();
        let mut rows = db.prepare_cached("SELECT salt, name FROM names WHERE client = ?1")?;
        let found = rows.query_map([client.to_string()], |r| Ok(Named { salt: Base64(r.get(0)?), name: r.get(1)? }))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The name behind a hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn name(&self, client: ClientId, hash: Hash) -> Result<Option<Named>, StoreError> {
        Ok(self.names(client)?.into_iter().find(|n| n.hash() == hash))
    }

    /// The sealed bytes of a version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn copy(
        &self,
        client: ClientId,
        connection: ConnectionId,
        version: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db();
        let mut row =
            db.prepare_cached("SELECT sealed FROM copies WHERE client = ?1 AND connection = ?2 AND version = ?3")?;
        let key = params![client.to_string(), connection.to_string(), version];
        Ok(row.query_row(key, |r| r.get(0)).optional()?)
    }

    /// Keeps a receipt as the newest for its version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_receipt(
        &self,
        client: ClientId,
        connection: ConnectionId,
        version: u32,
        envelope: &[u8],
    ) -> Result<(), StoreError> {
        self.db().execute(
            "INSERT INTO receipts (client, connection, version, envelope) VALUES (?1, ?2, ?3, ?4)",
            params![client.to_string(), connection.to_string(), version, envelope],
        )?;
        Ok(())
    }

    /// The newest receipt for a version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn receipt(
        &self,
        client: ClientId,
        connection: ConnectionId,
        version: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db();
        let mut row = db.prepare_cached(
            "SELECT envelope FROM receipts WHERE client = ?1 AND connection = ?2 AND version = ?3 \
             ORDER BY rowid DESC LIMIT 1",
        )?;
        let key = params![client.to_string(), connection.to_string(), version];
        Ok(row.query_row(key, |r| r.get(0)).optional()?)
    }

    /// Remembers a nonce; false when it was seen within the time that nonces are kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn fresh_nonce(&self, nonce: &[u8; 16], now: Instant, keep_millis: i64) -> Result<bool, StoreError> {
        let db = self.db();
        db.prepare_cached("DELETE FROM nonces WHERE at < ?1")?
            .execute([now.plus_millis(-keep_millis).unix_millis()])?;
        let added = db
            .prepare_cached("INSERT OR IGNORE INTO nonces (nonce, at) VALUES (?1, ?2)")?
            .execute(params![nonce.as_slice(), now.unix_millis()])?;
        Ok(added == 1)
    }

    /// Writes the newest checkpoint of a client outside the database, so that an old backup is noticed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_checkpoint(&self, client: ClientId, note: &str) -> Result<(), StoreError> {
        write(&self.folder.join("checkpoints").join(client.to_string()), note.as_bytes())?;
        Ok(())
    }

    /// The newest checkpoint that was kept outside the database.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn kept_checkpoint(&self, client: ClientId) -> Result<Option<String>, StoreError> {
        match fs::read_to_string(self.folder.join("checkpoints").join(client.to_string())) {
            Ok(note) => Ok(Some(note)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
}

fn point(tx: &rusqlite::Transaction<'_>, client: &str, pointers: &[(&'static str, String)]) -> Result<(), StoreError> {
    let mut put = tx.prepare_cached(
        "INSERT INTO pointers (kind, key, client) VALUES (?1, ?2, ?3) \
         ON CONFLICT (kind, key) DO UPDATE SET client = excluded.client WHERE client <> excluded.client",
    )?;
    for (kind, key) in pointers {
        put.execute(params![kind, key, client])?;
    }
    Ok(())
}
