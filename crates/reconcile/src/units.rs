//! Which calls one side does not know: from what the provider counted beside what the agency counted, bucket by bucket.

use std::collections::BTreeMap;

use ownkey_protocol::instant::Instant;
use ownkey_protocol::usage::Day;
use ownkey_providers::meter::Parts;

use crate::books::Zone;
use crate::cause::Cause;
use crate::slots::Slot;

/// How many buckets in a row may pass calls on to the next.
const CHAIN: usize = 3;

/// What a day's difference in units comes from; positive where the provider counted more.
pub(crate) type Found = BTreeMap<Cause, Parts>;

/// Takes a series' differences apart, by day in the provider's time zone.
pub(crate) fn causes(all: &[(Instant, Slot)], zone: &Zone) -> BTreeMap<Day, Found> {
    let mut rest: Vec<Difference> = all.iter().map(|(_, slot)| Difference::of(slot)).collect();
    let mut found: BTreeMap<Day, Found> = BTreeMap::new();
    let mut add = |at: Instant, cause: Cause, parts: Parts| {
        if !parts.is_zero() {
            *found.entry(zone.day(at)).or_default().entry(cause).or_default() += parts;
        }
    };
    for first in 0..all.len() {
        let Some(carried) = chain(all, &rest, first) else { continue };
        for (step, parts) in carried.iter().enumerate() {
            let (from, to) = (first + step, first + step + 1);
            rest[from].parts += *parts;
            rest[to].parts = rest[to].parts - *parts;
            if zone.day(all[from].0) != zone.day(all[to].0) {
                add(all[from].0, Cause::DayEdge, Parts::default() - *parts);
                add(all[to].0, Cause::DayEdge, *parts);
            }
        }
        // Whole calls moved on: the two buckets' counts of calls add up, however they are split.
        let last = first + carried.len();
        let calls: Option<i64> = rest[first..=last].iter().map(|d| d.calls).sum();
        rest[first..last].iter_mut().for_each(|d| d.calls = Some(0));
        rest[last].calls = calls;
    }
    for ((at, slot), difference) in all.iter().zip(&rest) {
        for (cause, parts) in difference.causes(slot) {
            add(*at, cause, parts);
        }
    }
    found
}

/// What a bucket has too much (or, negative, too little) at the provider.
#[derive(Debug, Clone, Copy)]
struct Difference {
    parts: Parts,
    calls: Option<i64>,
}

/// What is carried from a bucket to the next, and from there on: calls that began in the one and were billed in the other.
/// `None` unless the last of them takes all of it.
fn chain(all: &[(Instant, Slot)], rest: &[Difference], first: usize) -> Option<Vec<Parts>> {
    let mut carried: Vec<Parts> = Vec::new();
    let mut over = Parts::default();
    for at in first..all.len().min(first + CHAIN + 1) {
        let here = rest[at].parts - over;
        if !carried.is_empty() && (all[at - 1].1.to != all[at].0 || rest[at].parts.is_zero()) {
            return None;
        }
        if negative(here).is_zero() {
            return (!carried.is_empty()).then_some(carried);
        }
        let too_few = Parts::default() - here;
        let fits = negative(too_few).is_zero() && negative(all[at].1.tail - too_few).is_zero();
        let calls_fit = carried.is_empty().then_some(rest[at].calls).flatten().is_none_or(|calls| calls < 0);
        if !fits || !calls_fit {
            return None;
        }
        carried.push(too_few);
        over = too_few;
    }
    None
}

fn negative(parts: Parts) -> Parts {
    parts.with(Parts::default(), |count, _| count.min(0))
}

fn positive(parts: Parts) -> Parts {
    parts.with(Parts::default(), |count, _| count.max(0))
}

impl Difference {
    fn of(slot: &Slot) -> Self {
        Self { parts: slot.told - slot.claimed, calls: slot.requests.map(|told| told - slot.calls) }
    }

    fn causes(&self, slot: &Slot) -> Vec<(Cause, Parts)> {
        let (more, less) = (positive(self.parts), negative(self.parts));
        let cut = (slot.cut > 0).then_some(Cause::CutStreams);
        let Some(calls) = self.calls else {
            let unknown = (slot.unknown > 0).then_some(Cause::UnknownCalls);
            let surplus = unknown.or(cut).unwrap_or(Cause::UsedElsewhere);
            return vec![(surplus, more), (cut.unwrap_or(Cause::NotListed), less)];
        };
        if calls == 0 {
            let why = cut.unwrap_or(Cause::Unexplained);
            return vec![(why, self.parts)];
        }
        if calls < 0 {
            return vec![(cut.unwrap_or(Cause::Unexplained), more), (Cause::NotListed, less)];
        }
        if slot.unknown >= calls {
            return vec![(Cause::UnknownCalls, self.parts)];
        }
        let of_unknown = more.with(Parts::default(), |count, _| share(count, slot.unknown, calls));
        let deficit = cut.unwrap_or(Cause::NotListed);
        vec![(Cause::UnknownCalls, of_unknown), (Cause::UsedElsewhere, more - of_unknown), (deficit, less)]
    }
}

/// Where unknown calls and calls from elsewhere share an hour, each is taken for an average one.
fn share(count: i64, part: i64, of: i64) -> i64 {
    i64::try_from(i128::from(count) * i128::from(part) / i128::from(of.max(1))).unwrap_or(i64::MAX)
}
