//! Figures in the local store: the agency's signed days, and the providers' rows by day.

use std::collections::BTreeMap;

use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::usage::Day;
use ownkey_providers::bill::{Ask, BilledRow};
use ownkey_reconcile::Zone;
use rusqlite::{OptionalExtension, params};

use crate::fault::Fault;
use crate::store::{Store, parse, write};

/// When a question about a month was answered last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answered {
    /// When.
    pub(super) at: Instant,
    /// Until when what was answered is settled.
    pub(super) settled: Instant,
}

impl Store {
    /// What the agency said of a day, as it came.
    pub(super) fn put_usage_day(&self, day: Day, settled: bool, envelope: &Envelope) -> Result<(), Fault> {
        self.db().execute(
            "INSERT OR REPLACE INTO usage_days (day, settled, envelope) VALUES (?1, ?2, ?3)",
            params![day.to_string(), settled, envelope.to_bytes()],
        )?;
        Ok(())
    }

    /// What the agency said of days from `from` on and before `to`, and whether it is settled.
    pub(super) fn usage_days(&self, from: Day, to: Day) -> Result<Vec<(Day, bool, Vec<u8>)>, Fault> {
        let db = self.db();
        let mut rows =
            db.prepare("SELECT day, settled, envelope FROM usage_days WHERE day >= ?1 AND day < ?2 ORDER BY day")?;
        let found = rows.query_map(params![from.to_string(), to.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
        })?;
        let all: Vec<(String, bool, Vec<u8>)> = found.collect::<Result<_, _>>()?;
        Ok(all.into_iter().filter_map(|(day, settled, bytes)| Some((day.parse().ok()?, settled, bytes))).collect())
    }

    /// Months of which the agency, a provider or a file said something, the newest first.
    pub(super) fn months_told(&self) -> Result<Vec<Month>, Fault> {
        let db = self.db();
        let mut rows = db.prepare(
            "SELECT substr(day, 1, 7) FROM usage_days UNION SELECT substr(day, 1, 7) FROM billed ORDER BY 1 DESC",
        )?;
        let found = rows.query_map([], |row| row.get::<_, String>(0))?;
        let all: Vec<String> = found.collect::<Result<_, _>>()?;
        Ok(all.iter().filter_map(|text| text.parse().ok()).collect())
    }

    /// Whole answer to a question about a month: takes the place of what was answered before, in one transaction.
    pub(super) fn put_billed(
        &self,
        connection: &str,
        ask: Ask,
        month: Month,
        rows: &[BilledRow],
        answered: Answered,
        zone: &Zone,
    ) -> Result<(), Fault> {
        let ask = write(&ask)?;
        let mut by_day: BTreeMap<Day, Vec<&BilledRow>> = BTreeMap::new();
        rows.iter().for_each(|row| by_day.entry(zone.day(row.from)).or_default().push(row));
        let (first, last) = super::span(month);
        let mut db = self.db();
        let tx = db.transaction()?;
        tx.execute(
            "DELETE FROM billed WHERE connection = ?1 AND ask = ?2 AND day >= ?3 AND day < ?4",
            params![connection, ask, first.to_string(), last.to_string()],
        )?;
        for (day, rows) in by_day {
            tx.execute(
                "INSERT OR REPLACE INTO billed (connection, ask, day, rows) VALUES (?1, ?2, ?3, ?4)",
                params![connection, ask, day.to_string(), write(&rows)?],
            )?;
        }
        tx.execute(
            "INSERT OR REPLACE INTO bill_asks (connection, ask, month, fetched, settled) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![connection, ask, month.to_string(), answered.at.unix_millis(), answered.settled.unix_millis()],
        )?;
        tx.commit()?;
        Ok(())
    }

    /// All questions about a connection are open again.
    pub(super) fn ask_anew(&self, connection: &str) -> Result<(), Fault> {
        self.db().execute("DELETE FROM bill_asks WHERE connection = ?1", [connection])?;
        Ok(())
    }

    /// When a question about a month was answered last.
    pub(super) fn answered_bill(&self, connection: &str, ask: Ask, month: Month) -> Result<Option<Answered>, Fault> {
        let query = "SELECT fetched, settled FROM bill_asks WHERE connection = ?1 AND ask = ?2 AND month = ?3";
        let found = self.db().query_row(query, params![connection, write(&ask)?, month.to_string()], |row| {
            let at = |n| row.get(n).map(Instant::from_unix_millis);
            Ok(Answered { at: at(0)?, settled: at(1)? })
        });
        Ok(found.optional()?)
    }

    /// A connection's rows of days from `from` on and before `to`, of all questions.
    pub(super) fn billed(&self, connection: &str, from: Day, to: Day) -> Result<Vec<BilledRow>, Fault> {
        let db = self.db();
        let mut rows =
            db.prepare("SELECT rows FROM billed WHERE connection = ?1 AND day >= ?2 AND day < ?3 ORDER BY day, ask")?;
        let found = rows.query_map(params![connection, from.to_string(), to.to_string()], |row| row.get(0))?;
        let texts: Vec<String> = found.collect::<Result<_, _>>()?;
        let mut all = Vec::new();
        for text in texts {
            all.extend(parse::<Vec<BilledRow>>(&text)?);
        }
        Ok(all)
    }
}
