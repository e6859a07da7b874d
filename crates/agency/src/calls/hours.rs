//! Calls added up by the hour and by the day as their ends are written: what a month spent is answered from a few thousand
//! rows, however many calls it had. Whole hours, since providers close their days in time zones of their own; days beside
//! them, since a busy month has too many hours for an answer at once. Exact, since a call is added to both in the
//! transaction that writes its end.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ownkey_providers::meter::Units;
use rusqlite::{Connection, Transaction};

use super::write::End;
use super::{CallStarted, Told};

/// Milliseconds of an hour.
pub(super) const HOUR: i64 = 3_600_000;

/// Units in the order of their columns, as they are named in the book.
pub(super) const UNITS: [&str; 14] = [
    "input",
    "cached_input",
    "cache_write",
    "cache_write_hour",
    "audio_in",
    "image_in",
    "output",
    "reasoning",
    "audio_out",
    "image_out",
    "images",
    "seconds_ms",
    "predict_ms",
    "credits_milli",
];

/// What is added up beside the units, in the order of their columns.
pub(super) const COUNTS: [&str; 8] =
    ["calls", "metered", "unknown", "partial", "estimated", "unpriced", "failed", "cost"];

/// Columns that are added up.
pub(super) const SUMS: usize = COUNTS.len() + UNITS.len();

/// The step of the book's schema that brings this table, filled from the calls that the book has. Never changed.
pub(super) const STEP: &str = "
CREATE TABLE hours (client TEXT NOT NULL, hour INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
    assistant TEXT NOT NULL, purpose TEXT NOT NULL, connection TEXT NOT NULL, version INTEGER NOT NULL,
    paid_by TEXT NOT NULL, calls INTEGER NOT NULL, metered INTEGER NOT NULL, unknown INTEGER NOT NULL,
    partial INTEGER NOT NULL, estimated INTEGER NOT NULL, unpriced INTEGER NOT NULL, failed INTEGER NOT NULL, cost INTEGER NOT NULL,
    input INTEGER NOT NULL, cached_input INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    cache_write_hour INTEGER NOT NULL, audio_in INTEGER NOT NULL, image_in INTEGER NOT NULL, output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, image_out INTEGER NOT NULL, images INTEGER NOT NULL,
    seconds_ms INTEGER NOT NULL, predict_ms INTEGER NOT NULL, credits_milli INTEGER NOT NULL,
    PRIMARY KEY (client, hour, provider, model, assistant, purpose, connection, version, paid_by)) WITHOUT ROWID;
CREATE INDEX calls_without_end ON calls (client, at) WHERE told IS NULL;
CREATE VIEW calls_by_hour AS SELECT n, client, at, at / 3600000 AS hour, provider, coalesce(model, asked, '') AS model,
    assistant, coalesce(purpose, '') AS purpose, coalesce(connection, '') AS connection, coalesce(version, 0) AS version,
    paid_by, told, 1 AS calls, units IS NOT NULL AS metered, told IS 'unknown' AS unknown, told IS 'partial' AS partial,
    told IS 'estimated' AS estimated, units IS NOT NULL AND cost IS NULL AS unpriced, coalesce(status, 0) >= 500 AS failed,
    coalesce(cost, 0) AS cost, coalesce(json_extract(units, '$.input'), 0) AS input,
    coalesce(json_extract(units, '$.cached_input'), 0) AS cached_input,
    coalesce(json_extract(units, '$.cache_write'), 0) AS cache_write,
    coalesce(json_extract(units, '$.cache_write_hour'), 0) AS cache_write_hour,
    coalesce(json_extract(units, '$.audio_in'), 0) AS audio_in,
    coalesce(json_extract(units, '$.image_in'), 0) AS image_in, coalesce(json_extract(units, '$.output'), 0) AS output,
    coalesce(json_extract(units, '$.reasoning'), 0) AS reasoning,
    coalesce(json_extract(units, '$.audio_out'), 0) AS audio_out,
    coalesce(json_extract(units, '$.image_out'), 0) AS image_out, coalesce(json_extract(units, '$.images'), 0) AS images,
    coalesce(json_extract(units, '$.seconds_ms'), 0) AS seconds_ms,
    coalesce(json_extract(units, '$.predict_ms'), 0) AS predict_ms,
    coalesce(json_extract(units, '$.credits_milli'), 0) AS credits_milli FROM calls;
INSERT INTO hours SELECT client, hour, provider, model, assistant, purpose, connection, version, paid_by, sum(calls),
    sum(metered), sum(unknown), sum(partial), sum(estimated), sum(unpriced), sum(failed), sum(cost), sum(input), sum(cached_input),
    sum(cache_write), sum(cache_write_hour), sum(audio_in), sum(image_in), sum(output), sum(reasoning), sum(audio_out),
    sum(image_out), sum(images), sum(seconds_ms), sum(predict_ms), sum(credits_milli)
    FROM calls_by_hour WHERE told IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
";

/// The step that brings days, filled from the hours that the book has. Never changed.
pub(super) const DAYS_STEP: &str = "
CREATE TABLE days (client TEXT NOT NULL, day INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
    assistant TEXT NOT NULL, purpose TEXT NOT NULL, connection TEXT NOT NULL, version INTEGER NOT NULL,
    paid_by TEXT NOT NULL, calls INTEGER NOT NULL, metered INTEGER NOT NULL, unknown INTEGER NOT NULL,
    partial INTEGER NOT NULL, estimated INTEGER NOT NULL, unpriced INTEGER NOT NULL, failed INTEGER NOT NULL, cost INTEGER NOT NULL,
    input INTEGER NOT NULL, cached_input INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    cache_write_hour INTEGER NOT NULL, audio_in INTEGER NOT NULL, image_in INTEGER NOT NULL, output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, image_out INTEGER NOT NULL, images INTEGER NOT NULL,
    seconds_ms INTEGER NOT NULL, predict_ms INTEGER NOT NULL, credits_milli INTEGER NOT NULL,
    PRIMARY KEY (client, day, provider, model, assistant, purpose, connection, version, paid_by)) WITHOUT ROWID;
INSERT INTO days SELECT client, hour / 24, provider, model, assistant, purpose, connection, version, paid_by, sum(calls),
    sum(metered), sum(unknown), sum(partial), sum(estimated), sum(unpriced), sum(failed), sum(cost), sum(input), sum(cached_input),
    sum(cache_write), sum(cache_write_hour), sum(audio_in), sum(image_in), sum(output), sum(reasoning), sum(audio_out),
    sum(image_out), sum(images), sum(seconds_ms), sum(predict_ms), sum(credits_milli)
    FROM hours GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
";

/// Hours of a day.
pub(super) const DAY: i64 = 24;

/// Which row a call belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    client: String,
    /// The hour, or the day, since 1970.
    when: i64,
    provider: &'static str,
    model: String,
    assistant: String,
    purpose: &'static str,
    connection: String,
    version: u32,
    paid_by: &'static str,
}

/// What the ends of one transaction add to the table.
#[derive(Debug, Default)]
pub(super) struct Hours(BTreeMap<Key, [i64; SUMS]>);

impl Hours {
    /// A call whose end is written.
    pub(super) fn add(&mut self, begun: &CallStarted, end: &End<'_>) {
        let model = end.model().or(begun.model.as_deref()).unwrap_or_default();
        let key = Key {
            client: begun.client.to_string(),
            when: begun.at.unix_millis().div_euclid(HOUR),
            provider: begun.provider.as_str(),
            model: model.to_owned(),
            assistant: begun.assistant.to_string(),
            purpose: begun.r#use.map_or("", |u| u.as_str()),
            connection: begun.own.map(|(connection, _)| connection.to_string()).unwrap_or_default(),
            version: begun.own.map_or(0, |(_, version)| version),
            paid_by: if begun.own.is_some() { "own" } else { "platform" },
        };
        let sums = self.0.entry(key).or_default();
        for (sum, more) in sums.iter_mut().zip(amounts(end)) {
            *sum = sum.saturating_add(more);
        }
    }

    /// Adds them to what the tables have.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn write(&self, tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
        self.add_to(tx, &UPSERT_HOURS)?;
        self.by_day().add_to(tx, &UPSERT_DAYS)
    }

    fn by_day(&self) -> Self {
        let mut days = Self::default();
        for (key, more) in &self.0 {
            let sums = days.0.entry(Key { when: key.when.div_euclid(DAY), ..key.clone() }).or_default();
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
        }
        days
    }

    fn add_to(&self, tx: &Transaction<'_>, upsert: &str) -> Result<(), rusqlite::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut row = tx.prepare_cached(upsert)?;
        for (key, sums) in &self.0 {
            let own: [&dyn rusqlite::ToSql; 9] = [
                &key.client,
                &key.when,
                &key.provider,
                &key.model,
                &key.assistant,
                &key.purpose,
                &key.connection,
                &key.version,
                &key.paid_by,
            ];
            let sums = sums.iter().map(|sum| sum as &dyn rusqlite::ToSql);
            row.execute(rusqlite::params_from_iter(own.into_iter().chain(sums)))?;
        }
        Ok(())
    }
}

/// Calls whose end nobody wrote, which are *unknown* from now on: those after the row `since`. Calls that were taken in
/// with that word have an end, and were added with it.
///
/// # Errors
/// SQLite's.
pub(super) fn add_unknown(db: &Connection, since: i64) -> Result<(), rusqlite::Error> {
    let sums: Vec<String> = COUNTS.iter().chain(&UNITS).map(|name| format!("sum({name})")).collect();
    let (sums, add) = (sums.join(", "), added());
    for (table, when) in [("hours", "hour"), ("days", "hour / 24")] {
        let query = format!(
            "INSERT INTO {table} SELECT client, {when}, provider, model, assistant, purpose, connection, version, paid_by,
             {sums} FROM calls_by_hour WHERE n IN (SELECT n FROM calls WHERE n > ?1 AND told = 'unknown' AND finished IS NULL)
             GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
             ON CONFLICT DO UPDATE SET {add}"
        );
        db.execute(&query, [since])?;
    }
    Ok(())
}

/// Each adds a row to what its table has of it.
static UPSERT_HOURS: LazyLock<String> = LazyLock::new(|| upsert("hours"));
static UPSERT_DAYS: LazyLock<String> = LazyLock::new(|| upsert("days"));

fn upsert(table: &str) -> String {
    let places: Vec<String> = (1..=9 + SUMS).map(|n| format!("?{n}")).collect();
    format!("INSERT INTO {table} VALUES ({}) ON CONFLICT DO UPDATE SET {}", places.join(", "), added())
}

fn added() -> String {
    let each: Vec<String> = COUNTS.iter().chain(&UNITS).map(|n| format!("{n} = {n} + excluded.{n}")).collect();
    each.join(", ")
}

/// What one call adds, in the order of the columns.
fn amounts(end: &End<'_>) -> [i64; SUMS] {
    let units = end.units.unwrap_or_default();
    let told = |which| i64::from(end.told == which);
    let counts = [
        1,
        i64::from(end.units.is_some()),
        told(Told::Unknown),
        told(Told::Partial),
        told(Told::Estimated),
        i64::from(end.units.is_some() && end.micro().is_none()),
        i64::from(end.status() >= 500),
        end.micro().unwrap_or(0),
    ];
    let mut all = [0; SUMS];
    let parts = counts.into_iter().chain(in_order(&units).map(super::write::stored));
    all.iter_mut().zip(parts).for_each(|(place, part)| *place = part);
    all
}

/// Units in the order of [`UNITS`].
fn in_order(units: &Units) -> [u64; UNITS.len()] {
    [
        units.input,
        units.cached_input,
        units.cache_write,
        units.cache_write_hour,
        units.audio_in,
        units.image_in,
        units.output,
        units.reasoning,
        units.audio_out,
        units.image_out,
        units.images,
        units.seconds_ms,
        units.predict_ms,
        units.credits_milli,
    ]
}

#[cfg(test)]
mod tests;
