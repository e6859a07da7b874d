//! Calls on one version's key, one by one: what a client looks at when that key was in wrong hands.

use std::collections::BTreeMap;

use ownkey_protocol::api::{VersionCall, VersionCalls};
use ownkey_protocol::id::{CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::{Currency, Money};
use ownkey_protocol::vocabulary::Payer;
use rusqlite::{Connection, Row, params};

use super::Calls;
use crate::store::StoreError;

/// Which calls are asked for.
#[derive(Debug, Clone, Copy)]
pub struct OfVersion {
    /// Connection.
    pub connection: ConnectionId,
    /// Version.
    pub version: u32,
    /// Calls that began from then on.
    pub from: Instant,
    /// Only calls before this one.
    pub before: Option<CallId>,
    /// The most that are answered at once.
    pub limit: u32,
}

impl Calls {
    /// A client's calls on one version's key, newest first. Takes as long as the client has calls from then on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_version(&self, client: ClientId, asked: OfVersion) -> Result<VersionCalls, StoreError> {
        let db = super::read::open(&self.file)?;
        let mut page = added_up(&db, client, asked)?;
        page.calls = listed(&db, client, asked)?;
        if page.calls.len() > asked.limit as usize {
            page.calls.truncate(asked.limit as usize);
            page.next = page.calls.last().map(|call| call.id);
        }
        Ok(page)
    }
}

fn added_up(db: &Connection, client: ClientId, asked: OfVersion) -> Result<VersionCalls, StoreError> {
    let mut row = db.prepare(
        "SELECT count(*), count(*) FILTER (WHERE cost IS NULL), coalesce(sum(cost), 0) FROM calls
         WHERE client = ?1 AND connection = ?2 AND version = ?3 AND at >= ?4",
    )?;
    let of = params![client.to_string(), asked.connection.to_string(), asked.version, asked.from.unix_millis()];
    let page = row.query_row(of, |row| {
        let number = |at: usize| row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0));
        Ok(VersionCalls {
            from: asked.from,
            all: number(0)?,
            unpriced: number(1)?,
            cost: Money { micro: number(2)?, currency: Currency::Usd },
            calls: vec![],
            next: None,
        })
    })?;
    Ok(page)
}

/// One more than the limit, to know whether there are more.
fn listed(db: &Connection, client: ClientId, asked: OfVersion) -> Result<Vec<VersionCall>, StoreError> {
    let mut rows = db.prepare(
        "SELECT id, at, assistant, purpose, coalesce(model, asked), paid_by, status, units, cost FROM calls
         WHERE client = ?1 AND connection = ?2 AND version = ?3 AND at >= ?4 AND (?5 IS NULL
            OR (at, n) < (SELECT at, n FROM calls WHERE client = ?1 AND connection = ?2 AND version = ?3 AND id = ?5))
         ORDER BY at DESC, n DESC LIMIT ?6",
    )?;
    let of = params![
        client.to_string(),
        asked.connection.to_string(),
        asked.version,
        asked.from.unix_millis(),
        asked.before.map(|id| id.to_string()),
        i64::from(asked.limit) + 1,
    ];
    let found: Vec<Option<VersionCall>> = rows.query_map(of, stored)?.collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// `None` for a row that this version cannot read.
fn stored(row: &Row<'_>) -> rusqlite::Result<Option<VersionCall>> {
    let Ok(id) = row.get::<_, String>(0)?.parse() else { return Ok(None) };
    let units = row.get::<_, Option<String>>(7)?;
    let units: BTreeMap<String, u64> = units.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let cost = row.get::<_, Option<i64>>(8)?.map(|micro| u64::try_from(micro).unwrap_or(0));
    Ok(Some(VersionCall {
        id,
        at: Instant::from_unix_millis(row.get(1)?),
        assistant: row.get(2)?,
        r#use: row.get::<_, Option<String>>(3)?.and_then(|word| word.parse().ok()),
        model: row.get(4)?,
        paid_by: if row.get::<_, String>(5)? == "own" { Payer::Own } else { Payer::Platform },
        status: row.get(6)?,
        units: units.into_iter().filter(|(_, count)| *count > 0).collect(),
        cost: cost.map(|micro| Money { micro, currency: Currency::Usd }),
    }))
}
