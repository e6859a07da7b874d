//! The two sides' units side by side, in the buckets that the provider tells.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ownkey_protocol::instant::Instant;
use ownkey_providers::bill::{Amount, BilledRow, Tier};
use ownkey_providers::meter::Parts;

use crate::rows::{About, Billed, Claimed, HOUR, Name, Rows};

/// A version and a model.
pub(crate) type Series = (u32, Name);

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

/// Puts both sides into buckets.
pub(crate) fn slots(rows: &Rows<'_>) -> Slots {
    let mut slots = Slots::new();
    let told = told(rows);
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
    for Claimed { at, version, model, parts, line, .. } in &rows.claimed {
        let end = at.plus_millis(HOUR);
        let of_series = slots.entry((*version, model.clone())).or_default();
        let within = of_series.range(..=*at).next_back().filter(|(_, slot)| *at < slot.to).map(|(begin, _)| *begin);
        let slot = of_series.entry(within.unwrap_or(*at)).or_default();
        slot.to = slot.to.max(end);
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        slot.calls += count(line.metered);
        slot.unknown += count(line.unknown);
        slot.cut += count(line.partial + line.estimated);
        slot.claimed += *parts;
        if end == slot.to {
            slot.tail += *parts;
        }
    }
    slots
}

/// Rows with units, by series. Where a series has none, its cost lines' quantities stand in for them.
fn told<'a>(rows: &Rows<'a>) -> BTreeMap<Series, Vec<Cow<'a, BilledRow>>> {
    let mut all: BTreeMap<Series, Vec<Cow<'a, BilledRow>>> = BTreeMap::new();
    for Billed { version, about, row } in &rows.billed {
        if let About::Usage(Some(model)) = about {
            all.entry((*version, model.clone())).or_default().push(Cow::Borrowed(*row));
        }
    }
    let mut quantities: BTreeMap<Series, Vec<BilledRow>> = BTreeMap::new();
    for Billed { version, about, row } in &rows.billed {
        let About::Part(model, part) = about else { continue };
        let series = (*version, model.clone());
        if let (false, Some(count)) = (all.contains_key(&series), quantity(row)) {
            let units = BTreeMap::from([(part.unit().to_owned(), u64::try_from(count).unwrap_or(0))]);
            quantities.entry(series).or_default().push(BilledRow { units, requests: None, ..(*row).clone() });
        }
    }
    for (series, rows) in quantities {
        all.insert(series, with_totals(rows).into_iter().map(Cow::Owned).collect());
    }
    all
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
