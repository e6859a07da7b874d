//! Calls through the gateway, and the things that they made.

use ownkey_protocol::api::CallRow;
use ownkey_protocol::id::{AssistantId, CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Payer, Provider, Use};
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, StoreError};

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
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct CallFinished {
    /// Which.
    pub id: CallId,
    /// HTTP status that the caller got.
    pub status: u16,
    /// What it spent, as JSON; `None` when the provider said nothing.
    pub units: Option<String>,
    /// When.
    pub at: Instant,
}

/// A thing that a call made at the provider.
#[derive(Debug, Clone)]
pub struct Made {
    /// The client.
    pub client: ClientId,
    /// Provider.
    pub provider: Provider,
    /// The provider's id of it.
    pub thing: String,
    /// The client's connection, or `None` for the platform's account.
    pub connection: Option<ConnectionId>,
    /// When.
    pub at: Instant,
}

const COLUMNS: &str = "at, assistant, provider, purpose, connection, version, paid_by, model, status";

impl Store {
    /// Writes calls that begin and calls that ended, in one transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn write_calls(&self, started: &[CallStarted], finished: &[CallFinished]) -> Result<(), StoreError> {
        let mut db = self.db();
        let tx = db.transaction()?;
        for call in started {
            tx.prepare_cached(
                "INSERT INTO calls (id, client, assistant, at, route, provider, purpose, connection, version, paid_by, model) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
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
            ])?;
        }
        for call in finished {
            tx.prepare_cached("UPDATE calls SET status = ?2, units = ?3, finished = ?4 WHERE id = ?1")?
                .execute(params![call.id.to_string(), call.status, call.units, call.at.unix_millis()])?;
        }
        tx.commit()?;
        Ok(())
    }

    /// The last call per connection, use and payer, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_calls(&self, client: ClientId) -> Result<Vec<CallRow>, StoreError> {
        let query = format!(
            "SELECT {COLUMNS}, max(at) FROM calls WHERE client = ?1 GROUP BY connection, purpose, paid_by ORDER BY at DESC LIMIT 64"
        );
        self.calls(&query, client)
    }

    /// The first call of each version of each connection, per use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn first_calls(&self, client: ClientId) -> Result<Vec<CallRow>, StoreError> {
        let query = format!(
            "SELECT {COLUMNS}, min(at) FROM calls WHERE client = ?1 AND connection IS NOT NULL \
             GROUP BY connection, version, purpose, assistant ORDER BY at LIMIT 256"
        );
        self.calls(&query, client)
    }

    fn calls(&self, query: &str, client: ClientId) -> Result<Vec<CallRow>, StoreError> {
        let db = self.db();
        let mut rows = db.prepare_cached(query)?;
        let found = rows.query_map([client.to_string()], stored)?;
        let found: Vec<Option<CallRow>> = found.collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Remembers a thing that a call made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn add_made(&self, made: &Made, mac: &[u8]) -> Result<(), StoreError> {
        self.db()
            .prepare_cached(
                "INSERT OR IGNORE INTO made (client, provider, thing, connection, at, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                made.client.to_string(),
                made.provider.as_str(),
                made.thing,
                made.connection.map(|c| c.to_string()),
                made.at.unix_millis(),
                mac,
            ])?;
        Ok(())
    }

    /// The account of a thing (`None` = the platform's) and the MAC of its row.
    ///
    /// # Errors
    /// [`StoreError`].
    #[expect(clippy::type_complexity, reason = "a row of two")]
    pub(crate) fn made(
        &self,
        client: ClientId,
        provider: Provider,
        thing: &str,
    ) -> Result<Option<(Option<ConnectionId>, Vec<u8>)>, StoreError> {
        let db = self.db();
        let mut row =
            db.prepare_cached("SELECT connection, mac FROM made WHERE client = ?1 AND provider = ?2 AND thing = ?3")?;
        let key = params![client.to_string(), provider.as_str(), thing];
        let found: Option<(Option<String>, Vec<u8>)> = row.query_row(key, |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
        Ok(found.map(|(connection, mac)| (connection.and_then(|c| c.parse().ok()), mac)))
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
