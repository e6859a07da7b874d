//! What is to be told to the agency's own systems, and how far each record was looked through for it.

use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant;
use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError};

/// What was told is remembered this long, so that it is not told again.
const REMEMBERED_MILLIS: i64 = 400 * 24 * 3_600 * 1_000;

/// One that waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    /// How often it was sent.
    pub(crate) tries: u32,
    /// When it is to be sent.
    pub(crate) due: Instant,
}

impl Store {
    /// At the first start with a receiver: records are looked through from where they end now.
    pub(crate) fn begin_webhooks(&self, ends: &[(ClientId, u64)]) -> Result<(), StoreError> {
        let mut db = self.db();
        let tx = db.transaction()?;
        // The agency's own record is not told of; its row says that this was done.
        let fresh = tx.execute("INSERT OR IGNORE INTO webhooks_seen (client, place) VALUES ('platform', 0)", [])?;
        for (client, place) in ends.iter().filter(|(client, _)| fresh == 1 && *client != ClientId::PLATFORM) {
            tx.execute(
                "INSERT OR REPLACE INTO webhooks_seen (client, place) VALUES (?1, ?2)",
                params![client.to_string(), *place as i64],
            )?;
        }
        Ok(tx.commit()?)
    }

    /// From where on a client's record was not looked through.
    pub(crate) fn webhooks_seen(&self, client: ClientId) -> Result<u64, StoreError> {
        let db = self.db();
        let mut row = db.prepare_cached("SELECT place FROM webhooks_seen WHERE client = ?1")?;
        let place: Option<i64> = row.query_row([client.to_string()], |r| r.get(0)).optional()?;
        Ok(place.unwrap_or(0).unsigned_abs())
    }

    /// Keeps what is to be told, each once, together with how far the record was looked through.
    pub(crate) fn add_webhooks(
        &self,
        client: ClientId,
        seen: u64,
        events: &[(&str, Vec<u8>)],
        now: Instant,
    ) -> Result<(), StoreError> {
        if events.is_empty() && self.webhooks_seen(client)? == seen {
            return Ok(());
        }
        let mut db = self.db();
        let tx = db.transaction()?;
        for (id, body) in events {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO webhooks (id, client, body, tries, due, over) VALUES (?1, ?2, ?3, 0, ?4, 0)",
            )?
            .execute(params![id, client.to_string(), body, now.unix_millis()])?;
        }
        tx.prepare_cached("INSERT OR REPLACE INTO webhooks_seen (client, place) VALUES (?1, ?2)")?
            .execute(params![client.to_string(), seen as i64])?;
        tx.prepare_cached("DELETE FROM webhooks WHERE over = 1 AND due < ?1")?
            .execute([now.plus_millis(-REMEMBERED_MILLIS).unix_millis()])?;
        Ok(tx.commit()?)
    }

    /// The one that is to be sent next.
    pub(crate) fn next_webhook(&self) -> Result<Option<Waiting>, StoreError> {
        let db = self.db();
        let mut row =
            db.prepare_cached("SELECT id, body, tries, due FROM webhooks WHERE over = 0 ORDER BY due, rowid LIMIT 1")?;
        let waiting = row.query_row([], |r| {
            let due = Instant::from_unix_millis(r.get(3)?);
            Ok(Waiting { id: r.get(0)?, body: r.get(1)?, tries: r.get(2)?, due })
        });
        Ok(waiting.optional()?)
    }

    /// It was taken, or is given up.
    pub(crate) fn webhook_is_over(&self, id: &str) -> Result<(), StoreError> {
        self.db().execute("UPDATE webhooks SET over = 1, body = x'' WHERE id = ?1", [id])?;
        Ok(())
    }

    /// It was not taken, and is to be sent once more.
    pub(crate) fn webhook_again(&self, id: &str, due: Instant) -> Result<(), StoreError> {
        let again = "UPDATE webhooks SET tries = tries + 1, due = ?2 WHERE id = ?1";
        self.db().execute(again, params![id, due.unix_millis()])?;
        Ok(())
    }
}
