//! What goes in: the two sides' rows, and how they are made comparable.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_protocol::vocabulary::{Payer, Provider};
use ownkey_providers::bill::{BilledRow, Tier};

use crate::rates::Rates;

/// The time zone in which a provider closes its days.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// UTC: OpenAI and Anthropic.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// By its name, `America/Los_Angeles`; `None` for one that is not known.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The day of a moment there.
    #[must_use]
    pub fn day(&self, at: Instant) -> Day {
        match jiff::Timestamp::from_millisecond(at.unix_millis()) {
            Ok(time) => self.0.to_datetime(time).date().into(),
            Err(_) => Day::of(at),
        }
    }

    /// A day's first moment there.
    #[must_use]
    pub fn begin(&self, day: Day) -> Instant {
        match self.0.to_timestamp(day.date().at(0, 0, 0, 0)) {
            Ok(time) => Instant::from_unix_millis(time.as_millisecond()),
            Err(_) => day.begin(),
        }
    }
}

/// Both sides' rows of one connection.
#[derive(Debug, Clone)]
pub struct Books<'a> {
    /// Provider.
    pub provider: Provider,
    /// Where it closes its days.
    pub zone: Zone,
    /// What the agency says, by day in UTC; only lines that the client paid for on this connection.
    pub claimed: &'a [(Day, UsageLine)],
    /// Until when what the agency says is settled, exclusively.
    pub claimed_until: Instant,
    /// What the provider says, each row once ([`unique`]); rows of keys that are not of this connection are left out.
    pub billed: &'a [BilledRow],
    /// Until when what the provider says is settled, exclusively.
    pub billed_until: Instant,
    /// Days of which the provider tells nothing, or not of all of it; none for providers that have bills.
    pub untold: &'a BTreeSet<Day>,
    /// The provider's ids of this connection's keys, and which version each is.
    pub keys: &'a BTreeMap<String, u32>,
    /// Agreed prices.
    pub rates: &'a Rates,
}

impl Books<'_> {
    /// The version of a row: 0 where the provider does not tell keys apart. `None` for a key of somebody else.
    pub(crate) fn version(&self, row: &BilledRow) -> Option<u32> {
        match &row.key {
            Some(key) => self.keys.get(key).copied(),
            None => Some(0),
        }
    }

    /// Whether the provider tells the keys of this connection apart. If some of its rows do not, versions are not compared.
    pub(crate) fn by_version(&self) -> bool {
        self.billed.iter().all(|row| row.key.is_some() || matches!(crate::item(row), crate::Item::Beside(_)))
    }
}

/// What the client paid for on each connection, of all that the agency states; nothing is copied.
#[must_use]
pub fn by_connection(said: Vec<(Day, UsageLine)>) -> BTreeMap<ConnectionId, Vec<(Day, UsageLine)>> {
    let mut all: BTreeMap<ConnectionId, Vec<(Day, UsageLine)>> = BTreeMap::new();
    for (day, line) in said {
        if let Some(connection) = line.connection.filter(|_| line.paid_by == Payer::Own) {
            all.entry(connection).or_default().push((day, line));
        }
    }
    all
}

/// A model's name without the date of its edition.
pub(crate) fn canonical(model: &str) -> &str {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let dated = |date: &str| match date.len() {
        8 => digits(date),
        10 => date.split('-').map(str::len).eq([4, 2, 2]) && date.split('-').all(digits),
        _ => false,
    };
    let cut = model.char_indices().filter(|(_, c)| *c == '-').find(|(at, _)| dated(&model[at + 1..]));
    let name = cut.map_or(model, |(at, _)| &model[..at]);
    name.strip_suffix("-latest").unwrap_or(name)
}

/// Which row a provider states: the same one, stated again, takes the place of the first.
type Identity<'a> = (Instant, Instant, [Option<&'a str>; 4], Tier, bool);

/// Each row once, in order: a page that came twice changes nothing, and of a row that the provider states anew (a day that
/// was not settled) the last one holds.
#[must_use]
pub fn unique(rows: Vec<BilledRow>) -> Vec<BilledRow> {
    let mut last: BTreeMap<Identity<'_>, &BilledRow> = BTreeMap::new();
    for row in &rows {
        let names = [row.key.as_deref(), row.place.as_deref(), row.model.as_deref(), row.line.as_deref()];
        last.insert((row.from, row.to, names, row.tier, row.amount.is_some()), row);
    }
    last.into_values().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_is_known_without_its_date() {
        for (model, name) in [
            ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
            ("gpt-4o", "gpt-4o"),
            ("claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
            ("o3", "o3"),
        ] {
            assert_eq!(canonical(model), name);
        }
    }

    #[test]
    fn days_begin_where_the_provider_is() {
        let pacific = Zone::named("America/Los_Angeles").unwrap();
        let at: Instant = "2026-11-02T07:59:59.999Z".parse().unwrap();
        assert_eq!(pacific.day(at).to_string(), "2026-11-01");
        assert_eq!(pacific.day(at.plus_millis(1)).to_string(), "2026-11-02");
        assert_eq!(pacific.begin(pacific.day(at)).to_string(), "2026-11-01T07:00:00.000Z", "summer time ends that day");
    }
}
