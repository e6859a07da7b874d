//! A provider that tells no bill, only how many credits are left (Stability, providers.md §4.5): what went between two looks
//! was used. Which calls it was for, the agency's hours say; what is over went elsewhere.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use ownkey_protocol::instant::Instant;
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::bill::{Amount, BilledRow};
use ownkey_providers::meter::{Part, Parts};
use ownkey_providers::price;
use serde::{Deserialize, Serialize};

use crate::item::{ELSEWHERE, UNPRICED};
use crate::rates::Rates;
use crate::rows::HOUR;

/// How long after a call's hour the provider may take its credits; later ones were not taken for it.
const LATE: i64 = 3 * HOUR;

/// How many credits an account had left at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When.
    pub at: Instant,
    /// How many, to the thousandth.
    pub credits: Amount,
}

/// What a series of looks says, as a bill would.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balance {
    /// Credits that were taken: by hour and model, for calls that the agency has; for a span of time, what is over:
    /// used elsewhere, or by calls of which the agency does not know the price.
    pub rows: Vec<BilledRow>,
    /// Days of which nothing is told, wholly or in part: before the first look, and where credits were bought between two.
    pub untold: BTreeSet<Day>,
}

impl Balance {
    /// Reads the looks of an account, in the order of time. `claimed` are all lines of its connection that begin within
    /// `span`: what went between two looks that are not both within it is not told.
    #[must_use]
    pub fn read(looks: &[Look], claimed: &[(Day, UsageLine)], span: Range<Instant>, rates: &Rates) -> Self {
        let (mut told, mut calls) = (Self::default(), Calls::of(claimed));
        told.leave_out(span.start, looks.first().map_or(span.start, |first| first.at), &span);
        for pair in looks.windows(2) {
            let (from, to) = (pair[0].at, pair[1].at);
            let went = milli(pair[0].credits) - milli(pair[1].credits);
            if went < 0 || went > 0 && (from < span.start || to > span.end) {
                told.leave_out(from, to, &span);
                calls.pass_over(to);
                continue;
            }
            let left = calls.take(from, to, went);
            if left > 0 {
                let line = if calls.any_unpriced(from, to) { UNPRICED } else { ELSEWHERE };
                let row = BilledRow { line: Some(line.to_owned()), ..BilledRow::empty(from, to) };
                told.rows.push(priced(row, left, Day::of(from), rates));
            }
        }
        for ((at, model), (day, milli)) in calls.taken {
            let row = BilledRow::empty(at, at.plus_millis(HOUR));
            let row = BilledRow { model: Some(model.to_owned()), line: Some(CREDITS.to_owned()), ..row };
            told.rows.push(priced(row, milli, day, rates));
        }
        told
    }

    /// Notes the days of a time of which nothing is told.
    fn leave_out(&mut self, from: Instant, to: Instant, span: &Range<Instant>) {
        let (from, to) = (from.max(span.start), to.min(span.end));
        let days = std::iter::successors(Some(Day::of(from)), |day| Some(day.next()));
        self.untold.extend(days.take_while(|day| from < to && day.begin() < to));
    }
}

/// The agency's calls, and what was taken for them.
struct Calls<'a> {
    open: VecDeque<Open<'a>>,
    /// Hours with calls of which the agency has no price.
    unpriced: Vec<Instant>,
    /// Thousandths of a credit, by hour and model.
    taken: BTreeMap<(Instant, &'a str), (Day, i64)>,
}

/// A line of the agency's, and how much of it was not taken yet.
struct Open<'a> {
    at: Instant,
    day: Day,
    model: &'a str,
    /// Thousandths of a credit.
    milli: i64,
}

impl<'a> Calls<'a> {
    fn of(claimed: &'a [(Day, UsageLine)]) -> Self {
        let mut open: VecDeque<Open<'a>> = claimed.iter().filter_map(|(day, line)| Open::of(*day, line)).collect();
        open.make_contiguous().sort_by_key(|one| one.at);
        let unpriced = claimed.iter().filter(|(_, line)| line.unpriced > 0).map(|(day, line)| begin(*day, line));
        Self { open, unpriced: unpriced.collect(), taken: BTreeMap::new() }
    }

    /// Gives what went between two looks to the calls until then, in their order; what is over.
    fn take(&mut self, from: Instant, to: Instant, mut left: i64) -> i64 {
        while let Some(late) = self.open.pop_front_if(|one| one.at.plus_millis(HOUR + LATE) <= from) {
            self.taken.entry((late.at, late.model)).or_insert((late.day, 0));
        }
        while let Some(first) = self.open.front_mut().filter(|one| one.at < to && left > 0) {
            let part = first.milli.min(left);
            self.taken.entry((first.at, first.model)).or_insert((first.day, 0)).1 += part;
            (first.milli, left) = (first.milli - part, left - part);
            if first.milli == 0 {
                self.open.pop_front();
            }
        }
        left
    }

    /// Calls that ended before a look of which nothing can be told.
    fn pass_over(&mut self, to: Instant) {
        self.open.retain(|one| one.at.plus_millis(HOUR) > to);
    }

    fn any_unpriced(&self, from: Instant, to: Instant) -> bool {
        self.unpriced.iter().any(|at| from < at.plus_millis(HOUR) && *at < to)
    }
}

impl<'a> Open<'a> {
    fn of(day: Day, line: &'a UsageLine) -> Option<Self> {
        let milli = Parts::of(&line.units).get(Part::Credit);
        let model = line.model.as_deref().unwrap_or_default();
        (milli > 0).then(|| Self { at: begin(day, line), day, model, milli })
    }
}

/// When the line's hour begins.
fn begin(day: Day, line: &UsageLine) -> Instant {
    day.begin().plus_millis(i64::from(line.hour) * HOUR)
}

/// The unit in which the rows are told.
const CREDITS: &str = "credits";

/// Thousandths of a credit. The provider tells balances as binary fractions, which are not whole to the last digit.
fn milli(credits: Amount) -> i64 {
    credits.to_micro_rounded().saturating_add(500).div_euclid(1_000)
}

fn priced(row: BilledRow, milli: i64, day: Day, rates: &Rates) -> BilledRow {
    let model = row.model.as_deref().unwrap_or_default();
    let listed = price::listed(Provider::Stability, model, day.begin().plus_millis(86_399_999));
    let price = rates.price(Provider::Stability, model, Part::Credit, day, listed).unwrap_or_default();
    let amount = Amount::from_pico(i128::from(price).saturating_mul(i128::from(milli)));
    let credits = Amount::from_micro(milli.saturating_mul(1_000));
    BilledRow {
        quantity: Some((credits, CREDITS.to_owned())),
        amount: Some(amount),
        currency: Some("USD".to_owned()),
        ..row
    }
}
