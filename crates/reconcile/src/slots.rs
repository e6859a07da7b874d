//! The two sides' units side by side, in the buckets that the provider tells.

use std::collections::{BTreeMap, BTreeSet};

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

/// All buckets of a series, by their begins. Both sides come in the order of time: the last bucket is most often the one.
#[derive(Debug, Default)]
pub(crate) struct Buckets(pub(crate) Vec<(Instant, Slot)>);

impl Buckets {
    /// The bucket that begins then.
    fn at(&mut self, begin: Instant) -> &mut Slot {
        let place = match self.0.last() {
            Some((last, _)) if *last == begin => self.0.len() - 1,
            Some((last, _)) if *last > begin => {
                let found = self.0.binary_search_by_key(&begin, |(begin, _)| *begin);
                found.unwrap_or_else(|place| {
                    self.0.insert(place, (begin, Slot::default()));
                    place
                })
            }
            _ => {
                self.0.push((begin, Slot::default()));
                self.0.len() - 1
            }
        };
        &mut self.0[place].1
    }

    /// The bucket that this moment is in, or one that begins with it.
    fn within(&mut self, at: Instant) -> &mut Slot {
        let after = self.0.partition_point(|(begin, _)| *begin <= at);
        match after.checked_sub(1).filter(|place| at < self.0[*place].1.to) {
            Some(place) => &mut self.0[place].1,
            None => self.at(at),
        }
    }
}

/// Puts both sides into buckets. Where a series has no rows with units, its cost lines' quantities stand in for them.
pub(crate) fn slots(rows: &Rows<'_>) -> BTreeMap<Series, Buckets> {
    let mut slots: BTreeMap<Series, Buckets> = BTreeMap::new();
    for Billed { version, about, row } in &rows.billed {
        if let About::Usage(Some(model)) = about {
            tell(slots.entry((*version, *model)).or_default().at(row.from), row, Parts::of(&row.units), row.requests);
        }
    }
    let counted: BTreeSet<Series> = slots.keys().copied().collect();
    for Billed { version, about, row } in &rows.billed {
        let About::Part(model, part) = about else { continue };
        let series = (*version, *model);
        if let (false, Some(count)) = (counted.contains(&series), quantity(row)) {
            let mut parts = Parts::default();
            parts.set(*part, count.max(0));
            tell(slots.entry(series).or_default().at(row.from), row, parts, None);
        }
    }
    for Claimed { at, version, model, parts, line, .. } in &rows.claimed {
        let end = at.plus_millis(HOUR);
        let slot = slots.entry((*version, *model)).or_default().within(*at);
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

fn tell(slot: &mut Slot, row: &BilledRow, parts: Parts, requests: Option<u64>) {
    slot.to = row.to.max(slot.to);
    slot.told += parts;
    slot.other_tier |= row.tier != Tier::Standard;
    slot.requests = match (slot.requests, requests) {
        (sum, Some(more)) => Some(sum.unwrap_or(0) + i64::try_from(more).unwrap_or(i64::MAX)),
        (sum, None) => sum,
    };
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
