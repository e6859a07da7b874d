//! The lines that come out, and how they add up.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ownkey_protocol::instant::Instant;
use ownkey_protocol::usage::Day;
use ownkey_providers::bill::Amount;
use ownkey_providers::meter::{Part, Parts};
use ownkey_providers::price;

use crate::books::Books;
use crate::cause::Cause;
use crate::money::{BillLine, Cell, Prices, price_cell};
use crate::rows::{About, Billed, Claimed, Name, Rows};
use crate::slots::{quantity, slots};
use crate::units;

/// Whose line it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who {
    /// The day, where the provider is.
    pub day: Day,
    /// The version of the key; 0 where the provider does not tell keys apart.
    pub version: u32,
    /// The model; `None` for what stands beside calls.
    pub model: Option<String>,
}

/// Both columns, and why they differ. `claimed + Σ causes = billed` wherever something was billed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sum {
    /// What the agency says it cost.
    pub claimed: Amount,
    /// What the provider says; `None` where it says nothing of money at all.
    pub billed: Option<Amount>,
    /// Causes of the difference.
    pub causes: BTreeMap<Cause, Amount>,
    /// Calls that the agency has.
    pub calls: u64,
    /// Calls that the provider counted, where it does.
    pub requests: Option<i64>,
    /// What the agency counted.
    pub claimed_units: Parts,
    /// What the provider counted.
    pub told_units: Parts,
    /// Where the counts differ, and why.
    pub found: BTreeMap<Cause, Parts>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whose.
    pub who: Who,
    /// What.
    pub sum: Sum,
}

impl Sum {
    /// Billed less claimed, where something was billed.
    #[must_use]
    pub fn difference(&self) -> Option<Amount> {
        self.billed.map(|billed| billed - self.claimed)
    }

    /// Adds another line's.
    pub fn add(&mut self, other: &Self) {
        self.claimed += other.claimed;
        self.billed = match (self.billed, other.billed) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        for (cause, amount) in &other.causes {
            *self.causes.entry(*cause).or_default() += *amount;
        }
        self.causes.retain(|_, amount| *amount != Amount::ZERO);
        self.calls += other.calls;
        self.requests = match (self.requests, other.requests) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.claimed_units += other.claimed_units;
        self.told_units += other.told_units;
        for (cause, parts) in &other.found {
            *self.found.entry(*cause).or_default() += *parts;
        }
        self.found.retain(|_, parts| !parts.is_zero());
    }
}

/// Adds lines up by anything.
#[must_use]
pub fn total<K: Ord>(lines: &[Line], by: impl Fn(&Who) -> K) -> BTreeMap<K, Sum> {
    let mut sums: BTreeMap<K, Sum> = BTreeMap::new();
    for line in lines {
        sums.entry(by(&line.who)).or_default().add(&line.sum);
    }
    sums
}

/// Reconciles the days of a span. Rows about it decide: those of the hours before and after make its edges out, so that
/// spans that follow each other add up to the whole.
#[must_use]
pub fn reconcile(books: &Books<'_>, days: Range<Day>) -> Vec<Line> {
    let rows = Rows::of(books);
    let mut cells = counted(books, &rows);
    for Claimed { day, version, model, parts, line, .. } in &rows.claimed {
        let cell = cells.entry((*day, *version, *model)).or_default();
        cell.cost += Amount::from_micro(i64::try_from(line.cost.micro).unwrap_or(i64::MAX));
        cell.calls += i64::try_from(line.metered).unwrap_or(i64::MAX);
        cell.unpriced += i64::try_from(line.unpriced).unwrap_or(i64::MAX);
        cell.all_calls += line.calls;
        cell.claimed += *parts;
    }
    let mut beside: BTreeMap<Who, BTreeMap<Cause, Amount>> = BTreeMap::new();
    let mut last_billed: Option<Day> = None;
    for Billed { version, about, row } in &rows.billed {
        let Some(amount) = row.amount else { continue };
        let (day, version) = (books.zone.day(row.from), *version);
        last_billed = last_billed.max(Some(day));
        let (model, part) = match about {
            About::Part(model, part) => (*model, Some(*part)),
            About::Model(model) => (*model, None),
            About::Beside(cause) => {
                let causes = beside.entry(Who { day, version, model: None }).or_default();
                *causes.entry(*cause).or_default() += amount;
                continue;
            }
            About::Usage(_) => continue,
        };
        let cell = cells.entry((day, version, model)).or_default();
        cell.lines.push(BillLine { part, count: quantity(row), amount });
    }
    let mut lines = Vec::new();
    let mut free: BTreeMap<(u32, Name, [i16; 2]), BTreeSet<Part>> = BTreeMap::new();
    for ((day, version, model), cell) in cells {
        let month = [day.date().year(), i16::from(day.date().month())];
        let name = &rows.names[model as usize];
        let free = free.entry((version, model, month)).or_default();
        let (provider, rates, free_before) = (books.provider, books.rates, free.clone());
        let listed = price::listed(provider, name, day.begin().plus_millis(86_399_999));
        let prices = Prices { provider, model: name, day, rates, listed, free_before };
        let mut priced = price_cell(&cell, &prices);
        free.append(&mut priced.free);
        if !days.contains(&day) {
            continue;
        }
        let mut sum = Sum {
            claimed: priced.claimed,
            billed: last_billed.map(|_| priced.billed),
            causes: if last_billed.is_some() { priced.causes } else { BTreeMap::new() },
            calls: cell.all_calls,
            requests: cell.requests,
            claimed_units: cell.claimed,
            told_units: cell.told,
            found: cell.found,
        };
        match last_billed {
            Some(last) if last < day => put_off(&mut sum, Cause::NotSettled),
            _ => put_off_where_open(books, day, &mut sum),
        }
        lines.push(Line { who: Who { day, version, model: Some(name.clone()) }, sum });
    }
    for (who, causes) in beside.into_iter().filter(|(who, _)| days.contains(&who.day)) {
        let mut sum = Sum { billed: Some(causes.values().copied().sum()), causes, ..Sum::default() };
        put_off_where_open(books, who.day, &mut sum);
        lines.push(Line { who, sum });
    }
    lines.sort_by(|a, b| a.who.cmp(&b.who));
    lines
}

/// Units of both sides and why they differ, in cells: by day, version and model.
fn counted(books: &Books<'_>, rows: &Rows<'_>) -> BTreeMap<(Day, u32, Name), Cell> {
    let mut cells: BTreeMap<(Day, u32, Name), Cell> = BTreeMap::new();
    for ((version, model), of_series) in slots(rows) {
        for (at, slot) in &of_series.0 {
            let cell = cells.entry((books.zone.day(*at), version, model)).or_default();
            cell.told += slot.told;
            cell.other_tier |= slot.other_tier;
            cell.requests = match (cell.requests, slot.requests) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.or(b),
            };
        }
        for (day, found) in units::causes(&of_series.0, &books.zone) {
            cells.entry((day, version, model)).or_default().found = found;
        }
    }
    cells
}

/// Whether both sides will say nothing else of a day.
fn settled(books: &Books<'_>, day: Day) -> bool {
    let end: Instant = books.zone.begin(day.next());
    end <= books.claimed_until && end <= books.billed_until
}

/// While figures can grow, and where one of them is missing, nothing is said of why they differ.
fn put_off_where_open(books: &Books<'_>, day: Day, sum: &mut Sum) {
    if !settled(books, day) {
        put_off(sum, Cause::NotSettled);
    } else if books.untold.contains(&day) {
        put_off(sum, Cause::NotTold);
    }
}

fn put_off(sum: &mut Sum, cause: Cause) {
    sum.found.clear();
    sum.causes.clear();
    if let Some(left) = sum.difference().filter(|left| *left != Amount::ZERO) {
        sum.causes.insert(cause, left);
    }
}
