//! Reading the book, beside the thread that writes it.

use std::path::Path;

use ownkey_protocol::api::CallRow;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Payer;
use rusqlite::{Connection, OpenFlags, Row};

use super::shown::{OfClient, ShownCalls};
use super::{Calls, lock};
use crate::store::StoreError;

pub(super) fn open(file: &Path) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(db)
}

impl Calls {
    /// What the app is shown.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn shown(&self, client: ClientId) -> Result<ShownCalls, StoreError> {
        if let Some(of) = lock(&self.shared.shown).of(client) {
            return Ok(of.all());
        }
        let mut found = OfClient::default();
        for row in self.rows(client)? {
            found.add(None, row);
        }
        self.used(client, &mut found)?;
        let mut shown = lock(&self.shared.shown);
        let of = shown.with_older(client, found);
        Ok(of.all())
    }

    fn used(&self, client: ClientId, found: &mut OfClient) -> Result<(), StoreError> {
        let db = lock(&self.reader);
        let mut rows = db.prepare_cached(
            "SELECT token, max(at) FROM calls WHERE client = ?1 AND token IS NOT NULL GROUP BY token",
        )?;
        let mut rows = rows.query([client.to_string()])?;
        while let Some(row) = rows.next()? {
            if let Ok(token) = row.get::<_, String>(0)?.parse() {
                found.used(token, Instant::from_unix_millis(row.get(1)?));
            }
        }
        Ok(())
    }

    /// The rows that may be shown: the newest and the oldest of each kind, oldest first.
    fn rows(&self, client: ClientId) -> Result<Vec<CallRow>, StoreError> {
        let db = lock(&self.reader);
        let mut rows = db.prepare_cached(
            "SELECT at, assistant, provider, purpose, connection, version, paid_by, asked, status FROM calls WHERE n IN (
                SELECT max(n) FROM calls WHERE client = ?1 GROUP BY connection, purpose, paid_by
                UNION SELECT min(n) FROM calls WHERE client = ?1 AND connection IS NOT NULL
                    GROUP BY connection, version, purpose, assistant)
             ORDER BY n",
        )?;
        let found = rows.query_map([client.to_string()], stored)?;
        let found: Vec<Option<CallRow>> = found.collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// `None` for a row that this version cannot read.
fn stored(row: &Row<'_>) -> rusqlite::Result<Option<CallRow>> {
    let provider: String = row.get(2)?;
    let Ok(provider) = provider.parse() else { return Ok(None) };
    Ok(Some(CallRow {
        at: Instant::from_unix_millis(row.get(0)?),
        assistant: row.get(1)?,
        provider,
        r#use: row.get::<_, Option<String>>(3)?.and_then(|u| u.parse().ok()),
        connection: row.get::<_, Option<String>>(4)?.and_then(|c| c.parse().ok()),
        version: row.get(5)?,
        paid_by: if row.get::<_, String>(6)? == "own" { Payer::Own } else { Payer::Platform },
        model: row.get(7)?,
        status: row.get(8)?,
    }))
}
