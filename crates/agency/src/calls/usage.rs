//! Adding up the book: what calls spent, by day, connection, version, assistant or model, and by who paid.

use std::collections::BTreeMap;

use ownkey_protocol::api::{UsageGroup, UsageRow};
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::{Currency, Money};
use ownkey_protocol::usage::UsageLine;
use ownkey_protocol::vocabulary::Payer;
use rusqlite::Row;
use rusqlite::types::Value;

use super::Calls;
use super::hours::{COUNTS, DAY, HOUR, UNITS};
use crate::store::StoreError;

const fn key(group: UsageGroup) -> &'static str {
    match group {
        UsageGroup::Day => "date(hour * 3600, 'unixepoch')",
        UsageGroup::Connection => "connection",
        UsageGroup::Version => "iif(connection = '', '', connection || '/' || version)",
        UsageGroup::Assistant => "assistant",
        UsageGroup::Model => "provider || '/' || model",
    }
}

impl Calls {
    /// What a client's calls spent that began from `from` on and before `to`: whole days and hours as they were added
    /// up, and the calls of an hour that the span begins or ends in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn usage(
        &self,
        client: ClientId,
        from: Instant,
        to: Instant,
        group: UsageGroup,
    ) -> Result<Vec<UsageRow>, StoreError> {
        let db = super::read::open(&self.file)?;
        let sums = sums();
        let mut rows = db.prepare(&format!(
            "SELECT {} AS key, paid_by, {sums} FROM ({}) GROUP BY key, paid_by ORDER BY key, paid_by",
            key(group),
            rows_within()
        ))?;
        let found = rows.query_map(within(client, from, to), stored)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// What a client's calls that ended spent in the whole hours of a span, hour by hour.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lines(&self, client: ClientId, from: Instant, to: Instant) -> Result<Vec<UsageLine>, StoreError> {
        let db = super::read::open(&self.file)?;
        let mut rows = db.prepare(&format!(
            "SELECT hour, provider, model, assistant, purpose, connection, version, paid_by, {}, {} FROM hours
             WHERE client = ?1 AND hour >= ?2 AND hour < ?3",
            COUNTS.join(", "),
            UNITS.join(", ")
        ))?;
        let span = (client.to_string(), from.unix_millis().div_euclid(HOUR), to.unix_millis().div_euclid(HOUR));
        let found: Vec<Option<UsageLine>> = rows.query_map(span, line)?.collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Whether calls that began in a span have no end yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn any_runs(&self, client: ClientId, from: Instant, to: Instant) -> Result<bool, StoreError> {
        let db = super::read::open(&self.file)?;
        let runs = "SELECT EXISTS (SELECT 1 FROM calls WHERE client = ?1 AND told IS NULL AND at >= ?2 AND at < ?3)";
        Ok(db.query_row(runs, (client.to_string(), from.unix_millis(), to.unix_millis()), |row| row.get(0))?)
    }
}

/// `None` for a row that this version cannot read.
fn line(row: &Row<'_>) -> rusqlite::Result<Option<UsageLine>> {
    let text = |at: usize| row.get::<_, String>(at);
    let number = |at: usize| row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0));
    let (Ok(provider), Ok(assistant)) = (text(1)?.parse(), text(3)?.parse()) else { return Ok(None) };
    let connection = text(5)?.parse().ok();
    let version = row.get(6)?;
    Ok(Some(UsageLine {
        hour: u8::try_from(row.get::<_, i64>(0)?.rem_euclid(24)).unwrap_or(0),
        provider,
        model: Some(text(2)?).filter(|model| !model.is_empty()),
        assistant,
        r#use: text(4)?.parse().ok(),
        connection,
        version: connection.map(|_| version),
        paid_by: if text(7)? == "own" { Payer::Own } else { Payer::Platform },
        calls: number(8)?,
        metered: number(9)?,
        unknown: number(10)?,
        partial: number(11)?,
        estimated: number(12)?,
        unpriced: number(13)?,
        failed: number(14)?,
        cost: Money { micro: number(15)?, currency: Currency::Usd },
        units: units(row, 8 + COUNTS.len())?,
    }))
}

/// Units from a column on; what is 0 is left out.
fn units(row: &Row<'_>, from: usize) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut units = BTreeMap::new();
    for (at, name) in UNITS.iter().enumerate() {
        let count = u64::try_from(row.get::<_, i64>(from + at)?).unwrap_or(0);
        if count > 0 {
            units.insert((*name).to_owned(), count);
        }
    }
    Ok(units)
}

/// The rows of a span, for the parameters of [`within`]: days that lie in it whole, whole hours before and after them, calls
/// of the hours at its edges, and calls that run.
fn rows_within() -> String {
    let columns = format!(
        "provider, model, assistant, purpose, connection, version, paid_by, {}, {}",
        COUNTS.join(", "),
        UNITS.join(", ")
    );
    format!(
        "SELECT day * {DAY} AS hour, {columns} FROM days WHERE client = ?1 AND day >= ?2 AND day < ?3
         UNION ALL SELECT hour, {columns} FROM hours WHERE client = ?1 AND hour >= ?4 AND hour < ?5
         UNION ALL SELECT hour, {columns} FROM hours WHERE client = ?1 AND hour >= ?6 AND hour < ?7
         UNION ALL SELECT hour, {columns} FROM calls_by_hour
            WHERE client = ?1 AND told IS NOT NULL AND (at >= ?8 AND at < ?9 OR at >= ?10 AND at < ?11)
         UNION ALL SELECT hour, {columns} FROM calls_by_hour WHERE client = ?1 AND told IS NULL AND at >= ?8 AND at < ?11"
    )
}

/// Parameters of [`rows_within`]: the client, then begins and ends.
fn within(client: ClientId, from: Instant, to: Instant) -> impl rusqlite::Params {
    let (from, to) = (from.unix_millis(), to.unix_millis());
    let (hours, before, after) = whole(from, to, HOUR);
    let (days, earlier, later) = whole(hours[0], hours[1], DAY);
    let spans = [days, earlier, later, before, after].into_iter().flatten().map(Value::Integer);
    rusqlite::params_from_iter(std::iter::once(Value::Text(client.to_string())).chain(spans))
}

/// What lies whole in a span, counted in `of`, and the span's parts before and after that; all of it is before where
/// nothing lies in it whole.
fn whole(from: i64, to: i64, of: i64) -> ([i64; 2], [i64; 2], [i64; 2]) {
    let (first, last) = (-(-from).div_euclid(of), to.div_euclid(of));
    if first >= last {
        return ([0, 0], [from, to], [to, to]);
    }
    ([first, last], [from, first * of], [last * of, to])
}

fn sums() -> String {
    let each: Vec<String> = COUNTS.iter().chain(&UNITS).map(|name| format!("coalesce(sum({name}), 0)")).collect();
    each.join(", ")
}

fn stored(row: &Row<'_>) -> rusqlite::Result<UsageRow> {
    let number = |at: usize| row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0));
    Ok(UsageRow {
        key: row.get(0)?,
        paid_by: if row.get::<_, String>(1)? == "own" { Payer::Own } else { Payer::Platform },
        calls: number(2)?,
        metered: number(3)?,
        unknown: number(4)?,
        partial: number(5)?,
        estimated: number(6)?,
        unpriced: number(7)?,
        failed: number(8)?,
        cost: Money { micro: number(9)?, currency: Currency::Usd },
        units: units(row, 2 + COUNTS.len())?,
    })
}
