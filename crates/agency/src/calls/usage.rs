//! Adding up the book: what calls spent, by day, connection, version, assistant or model, and by who paid.

use ownkey_protocol::api::{UsageGroup, UsageRow};
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Payer;
use rusqlite::Row;

use super::Calls;
use crate::store::StoreError;

/// Units in the order in which they are added up, as they are named in the book.
const UNITS: [&str; 14] = [
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

const fn key(group: UsageGroup) -> &'static str {
    match group {
        UsageGroup::Day => "date(at / 1000, 'unixepoch')",
        UsageGroup::Connection => "coalesce(connection, '')",
        UsageGroup::Version => "coalesce(connection || '/' || version, '')",
        UsageGroup::Assistant => "assistant",
        UsageGroup::Model => "provider || '/' || coalesce(model, asked, '')",
    }
}

impl Calls {
    /// What a client's calls spent that began from `from` on and before `to`. Takes as long as there are rows.
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
        let units: String = UNITS.iter().map(|u| format!(", coalesce(sum(json_extract(units, '$.{u}')), 0)")).collect();
        let mut rows = db.prepare(&format!(
            "SELECT {} AS key, paid_by, count(*), count(*) FILTER (WHERE told = 'unknown'),
                count(*) FILTER (WHERE told = 'partial'), count(*) FILTER (WHERE told = 'estimated'),
                count(*) FILTER (WHERE units IS NOT NULL AND cost IS NULL), coalesce(sum(cost), 0),
                count(*) FILTER (WHERE status >= 500) {units}
             FROM calls WHERE client = ?1 AND at >= ?2 AND at < ?3 GROUP BY key, paid_by ORDER BY key, paid_by",
            key(group)
        ))?;
        let found = rows.query_map((client.to_string(), from.unix_millis(), to.unix_millis()), stored)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<UsageRow> {
    let number = |at: usize| row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0));
    let mut units = std::collections::BTreeMap::new();
    for (at, name) in UNITS.iter().enumerate() {
        let count = number(at + 9)?;
        if count > 0 {
            units.insert((*name).to_owned(), count);
        }
    }
    Ok(UsageRow {
        key: row.get(0)?,
        paid_by: if row.get::<_, String>(1)? == "own" { Payer::Own } else { Payer::Platform },
        calls: number(2)?,
        unknown: number(3)?,
        partial: number(4)?,
        estimated: number(5)?,
        unpriced: number(6)?,
        failed: number(8)?,
        cost: ownkey_protocol::limit::Money { micro: number(7)?, currency: ownkey_protocol::limit::Currency::Usd },
        units,
    })
}
