//! The two sides' units side by side, in the buckets that the provider tells.

use std::collections::{BTreeMap, BTreeSet};

use ownkey_protocol::instant::Instant;
use ownkey_providers::bill::{Amount, BilledRow, Tier};
use ownkey_providers::meter::Parts;

use crate::books::{Books, canonical};
use crate::item::{Item, item};

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// A version and a model.
pub(crate) type Series = (u32, String);

/// One bucket of a series.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot {
    /// Its end, exclusively.
    pub(crate) to: Instant,
    /// Calls of the agency's that spent something.
    pub(crate) calls: i64,
    /// Calls of which it knows no end.
    pub(crate) unknown: i64,
    /// Calls that were cut off or estimated.
    pub(crate) cut: i64,
    /// What the agency counted.
    pub(crate) claimed: Parts,
    /// Of it: in the last hour.
    pub(crate) tail: Parts,
    /// What the provider counted.
    pub(crate) told: Parts,
    /// Calls that the provider counted, where it does.
    pub(crate) requests: Option<i64>,
    /// Whether any of it was in another tier.
    pub(crate) other_tier: bool,
}

/// All buckets of all series, by their begins.
pub(crate) type Slots = BTreeMap<Series, BTreeMap<Instant, Slot>>;

/// Names of models that one side has without their date, and what the other calls them.
pub(crate) fn aliases(books: &Books<'_>) -> BTreeMap<String, String> {
    let ours: BTreeSet<&str> = books.claimed.iter().filter_map(|(_, line)| line.model.as_deref()).collect();
    let items: Vec<Item> = books.billed.iter().filter(|row| row.amount.is_some()).map(item).collect();
    let of_items = items.iter().filter_map(|item| match item {
        Item::Part(model, _) | Item::Model(model) => Some(model.as_str()),
        Item::Beside(_) => None,
    });
    let usage = books.billed.iter().filter(|row| row.amount.is_none()).filter_map(|row| row.model.as_deref());
    let theirs: BTreeSet<&str> = of_items.chain(usage).collect();
    let mut found = BTreeMap::new();
    for (mine, others) in [(&ours, &theirs), (&theirs, &ours)] {
        for name in mine.difference(others).filter(|name| canonical(name) == **name) {
            let mut dated = others.iter().filter(|other| canonical(other) == *name);
            if let (Some(one), None) = (dated.next(), dated.next()) {
                found.insert((*name).to_owned(), (*one).to_owned());
            }
        }
    }
    found
}

/// Puts both sides into buckets.
pub(crate) fn slots(books: &Books<'_>, aliases: &BTreeMap<String, String>) -> Slots {
    let by_version = books.by_version();
    let name = |model: &str| aliases.get(model).map_or_else(|| model.to_owned(), Clone::clone);
    let mut slots = Slots::new();
    let told = told(books, by_version, &name);
    for (series, rows) in &told {
        let of_series = slots.entry(series.clone()).or_default();
        for row in rows {
            let slot = of_series.entry(row.from).or_default();
            slot.to = row.to.max(slot.to);
            slot.told += Parts::of(&row.units);
            slot.other_tier |= row.tier != Tier::Standard;
            slot.requests = match (slot.requests, row.requests) {
                (sum, Some(more)) => Some(sum.unwrap_or(0) + i64::try_from(more).unwrap_or(i64::MAX)),
                (sum, None) => sum,
            };
        }
    }
    for (day, line) in books.claimed {
        let (Some(version), Some(model)) = (line.version, line.model.as_deref()) else { continue };
        let begin = day.begin().plus_millis(i64::from(line.hour) * HOUR);
        let of_series = slots.entry((if by_version { version } else { 0 }, name(model))).or_default();
        let within = of_series.range(..=begin).next_back().filter(|(_, slot)| begin < slot.to).map(|(at, _)| *at);
        let slot = of_series.entry(within.unwrap_or(begin)).or_default();
        slot.to = slot.to.max(begin.plus_millis(HOUR));
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        slot.calls += count(line.metered);
        slot.unknown += count(line.unknown);
        slot.cut += count(line.partial + line.estimated);
        let parts = Parts::of(&line.units);
        slot.claimed += parts;
        if begin.plus_millis(HOUR) == slot.to {
            slot.tail += parts;
        }
    }
    slots
}

/// Rows with units, by series. Where a series has none, its cost lines' quantities stand in for them.
fn told(books: &Books<'_>, by_version: bool, name: &impl Fn(&str) -> String) -> BTreeMap<Series, Vec<BilledRow>> {
    let mut usage: BTreeMap<Series, Vec<BilledRow>> = BTreeMap::new();
    let mut quantities: BTreeMap<Series, Vec<BilledRow>> = BTreeMap::new();
    for row in books.billed {
        let Some(version) = books.version(row) else { continue };
        let version = if by_version { version } else { 0 };
        if row.amount.is_none() {
            if let Some(model) = &row.model {
                usage.entry((version, name(model))).or_default().push(row.clone());
            }
            continue;
        }
        if let (Item::Part(model, part), Some(count)) = (item(row), quantity(row)) {
            let units = BTreeMap::from([(part.unit().to_owned(), u64::try_from(count).unwrap_or(0))]);
            let row = BilledRow { units, requests: None, ..row.clone() };
            quantities.entry((version, name(&model))).or_default().push(row);
        }
    }
    for (series, rows) in quantities {
        usage.entry(series).or_insert_with(|| with_totals(rows));
    }
    usage
}

/// Quantities tell each part alone; units have totals that contain them.
fn with_totals(rows: Vec<BilledRow>) -> Vec<BilledRow> {
    let contained = |name: &str| match name {
        "cached_input" | "cache_write" | "cache_write_hour" | "audio_in" | "image_in" => Some("input"),
        "audio_out" | "image_out" => Some("output"),
        _ => None,
    };
    let add = |mut row: BilledRow| {
        let totals: Vec<(&str, u64)> = row.units.iter().filter_map(|(name, n)| Some((contained(name)?, *n))).collect();
        totals.into_iter().for_each(|(total, n)| *row.units.entry(total.to_owned()).or_default() += n);
        row
    };
    rows.into_iter().map(add).collect()
}

/// A cost line's quantity in the units of its part; `None` where none is told, or in a measure that is not known.
pub(crate) fn quantity(row: &BilledRow) -> Option<i64> {
    let (amount, unit) = row.quantity.as_ref()?;
    let scale: i128 = match unit.as_str() {
        "tokens" | "images" | "characters" => 1,
        "1000_tokens" | "duration_seconds" | "credits" => 1_000,
        "duration_minutes" => 60_000,
        "duration_hours" => 3_600_000,
        _ => return None,
    };
    let one = Amount::from_micro(1_000_000).pico();
    i64::try_from(amount.pico().checked_mul(scale)? / one).ok()
}
