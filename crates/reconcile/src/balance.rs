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

/// A line of the agency's, and how much of it was not taken yet.
struct Open<'a> {
    at: Instant,
    day: Day,
    model: &'a str,
    /// Thousandths of a credit.
    milli: i64,
}

impl Balance {
    /// Reads the looks of an account, in the order of time. `claimed` are all lines of its connection that begin within
    /// `span`: what went between two looks that are not both within it is not told.
    #[must_use]
    pub fn read(looks: &[Look], claimed: &[(Day, UsageLine)], span: Range<Instant>, rates: &Rates) -> Self {
        let mut open: VecDeque<Open<'_>> = claimed.iter().filter_map(|(day, line)| Open::of(*day, line)).collect();
        open.make_contiguous().sort_by_key(|one| one.at);
        let unpriced = claimed.iter().filter(|(_, line)| line.unpriced > 0).map(|(day, line)| begin(*day, line));
        let unpriced: Vec<Instant> = unpriced.collect();
        let mut taken: BTreeMap<(Instant, &str), (Day, i64)> = BTreeMap::new();
        let mut told = Self::default();
        told.is_untold(span.start, looks.first().map_or(span.start, |first| first.at), &span);
        for pair in looks.windows(2) {
            let (from, to) = (pair[0].at, pair[1].at);
            let mut left = milli(pair[0].credits) - milli(pair[1].credits);
            if left < 0 || left > 0 && (from < span.start || to > span.end) {
                told.is_untold(from, to, &span);
                open.retain(|one| one.at.plus_millis(HOUR) > to);
                continue;
            }
            while let Some(late) = open.pop_front_if(|one| one.at.plus_millis(HOUR + LATE) <= from) {
                taken.entry((late.at, late.model)).or_insert((late.day, 0));
            }
            while let Some(first) = open.front_mut().filter(|one| one.at < to && left > 0) {
                let part = first.milli.min(left);
                taken.entry((first.at, first.model)).or_insert((first.day, 0)).1 += part;
                (first.milli, left) = (first.milli - part, left - part);
                if first.milli > 0 {
                    break;
                }
                open.pop_front();
            }
            if left > 0 {
                let unpriced = unpriced.iter().any(|at| from < at.plus_millis(HOUR) && *at < to);
                let line = if unpriced { UNPRICED } else { ELSEWHERE };
                let row = BilledRow { line: Some(line.to_owned()), ..BilledRow::empty(from, to) };
                told.rows.push(priced(row, left, Day::of(from), rates));
            }
        }
        told.rows.extend(taken.into_iter().map(|((at, model), (day, milli))| {
            let row = BilledRow::empty(at, at.plus_millis(HOUR));
            priced(
                BilledRow { model: Some(model.to_owned()), line: Some(CREDITS.to_owned()), ..row },
                milli,
                day,
                rates,
            )
        }));
        told
    }

    /// Notes the days of a time of which nothing is told.
    fn is_untold(&mut self, from: Instant, to: Instant, span: &Range<Instant>) {
        let (from, to) = (from.max(span.start), to.min(span.end));
        let days = std::iter::successors(Some(Day::of(from)), |day| Some(day.next()));
        self.untold.extend(days.take_while(|day| from < to && day.begin() < to));
    }
}

impl<'a> Open<'a> {
    fn of(day: Day, line: &'a UsageLine) -> Option<Self> {
        let milli = Parts::of(&line.units).get(Part::Credit);
        let at = begin(day, line);
        (milli > 0).then(|| Self { at, day, model: line.model.as_deref().unwrap_or_default(), milli })
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
