//! What the agency's book says of calls, read beside the server that writes it.

use reqwest::Response;
use rusqlite::Connection;
use serde_json::Value;

use super::{World, soon};

/// The end of a call.
pub(super) struct Booked {
    pub(super) status: u16,
    /// How much of the answer was told.
    pub(super) told: String,
    /// Nothing where it told nothing.
    pub(super) units: Value,
    pub(super) cost: Option<i64>,
}

/// The id of the call that is answered.
pub(super) fn call_of(answer: &Response) -> String {
    answer.headers()["ownkey-call"].to_str().unwrap().to_owned()
}

impl World {
    fn book(&self) -> Connection {
        Connection::open(self.servers.folder.path().join("agency/db/calls.sqlite")).unwrap()
    }

    /// A call, once its end is written.
    pub(super) async fn booked(&self, call: &str) -> Booked {
        let query = "SELECT status, told, units, cost FROM calls WHERE id = ?1 AND finished IS NOT NULL";
        let row = |row: &rusqlite::Row<'_>| {
            let units: Option<String> = row.get(2)?;
            let units = units.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
            Ok(Booked { status: row.get(0)?, told: row.get(1)?, units, cost: row.get(3)? })
        };
        soon("the end of the call", || self.book().query_row(query, [call], row).ok()).await
    }

    pub(super) fn newest_call(&self) -> String {
        self.book().query_row("SELECT id FROM calls ORDER BY at DESC LIMIT 1", [], |row| row.get(0)).unwrap()
    }

    /// How many calls ended and told what they used.
    pub(super) fn metered_calls(&self) -> u32 {
        let query = "SELECT count(*) FROM calls WHERE finished IS NOT NULL AND units IS NOT NULL";
        self.book().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// How many calls have no end yet.
    pub(super) fn unended_calls(&self) -> u32 {
        self.book().query_row("SELECT count(*) FROM calls WHERE finished IS NULL", [], |row| row.get(0)).unwrap()
    }

    /// Usage of the last call that ended.
    pub(super) fn units(&self) -> Option<Value> {
        let query = "SELECT units FROM calls WHERE finished IS NOT NULL AND units IS NOT NULL ORDER BY at DESC LIMIT 1";
        let text: String = self.book().query_row(query, [], |row| row.get(0)).ok()?;
        serde_json::from_str(&text).ok()
    }
}
