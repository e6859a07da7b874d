//! A month of calls, and what each side writes down of them.

use std::collections::{BTreeMap, BTreeSet};

use ownkey_protocol::id::{AssistantId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::{Currency, Money};
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_protocol::vocabulary::{Payer, Provider, Use};
use ownkey_providers::bill::{Amount, BilledRow};

use crate::{Books, Line, Rates, Zone, reconcile, unique};

pub(super) const MINI: &str = "gpt-4o-mini-2024-07-18";
pub(super) const LARGE: &str = "gpt-4o-2024-08-06";
const HOUR: i64 = 3_600_000;

pub(super) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Who knows what of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Known,
    Elsewhere,
    Unknown,
    /// The agency saw this many of its output tokens.
    Cut(u64),
    NotListed,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) at: Instant,
    /// How long it runs: the provider books it at its end.
    pub(super) runs: i64,
    pub(super) version: u32,
    pub(super) model: &'static str,
    pub(super) input: u64,
    pub(super) cached: u64,
    pub(super) output: u64,
    pub(super) how: How,
}

impl Call {
    pub(super) fn new(when: &str, input: u64, cached: u64, output: u64) -> Self {
        Self { at: at(when), runs: 900, version: 1, model: MINI, input, cached, output, how: How::Known }
    }
}

/// The provider's prices of a million tokens: input, cached, output, in millionths of a dollar.
pub(super) type Prices = fn(&str, Day) -> [u64; 3];

pub(super) fn listed(model: &str, _: Day) -> [u64; 3] {
    if model == MINI { [150_000, 75_000, 600_000] } else { [2_500_000, 1_250_000, 10_000_000] }
}

pub(super) struct World {
    pub(super) claimed: Vec<(Day, UsageLine)>,
    pub(super) billed: Vec<BilledRow>,
    pub(super) keys: BTreeMap<String, u32>,
    pub(super) rates: Rates,
    pub(super) claimed_until: Instant,
    pub(super) billed_until: Instant,
}

fn hour(at: Instant) -> Instant {
    at.plus_millis(-(at.unix_millis() % HOUR))
}

fn units(input: u64, cached: u64, output: u64) -> BTreeMap<String, u64> {
    let all = [("input", input), ("cached_input", cached), ("output", output)];
    all.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| (name.to_owned(), n)).collect()
}

impl World {
    pub(super) fn of(calls: &[Call], prices: Prices) -> Self {
        let keys = BTreeMap::from([("key_a".to_owned(), 1), ("key_b".to_owned(), 2)]);
        let far = at("2027-01-01T00:00:00.000Z");
        let (claimed, billed) = (claims(calls), bills(calls, prices));
        Self { claimed, billed, keys, rates: Rates::default(), claimed_until: far, billed_until: far }
    }

    pub(super) fn lines(&self, from: &str, to: &str) -> Vec<Line> {
        let books = Books {
            provider: Provider::OpenAi,
            zone: Zone::UTC,
            claimed: &self.claimed,
            claimed_until: self.claimed_until,
            billed: &self.billed,
            billed_until: self.billed_until,
            untold: &BTreeSet::new(),
            keys: &self.keys,
            rates: &self.rates,
        };
        reconcile(&books, day(from)..day(to))
    }

    pub(super) fn again(&mut self, rows: Vec<BilledRow>) {
        self.billed = unique(rows);
    }

    /// A line of the bill beside calls.
    pub(super) fn beside(&mut self, on: &str, line: &str, amount: &str) {
        let from = day(on).begin();
        let amount = Some(amount.parse().unwrap());
        self.billed.push(BilledRow {
            line: Some(line.to_owned()),
            amount,
            ..row(from, from.plus_millis(24 * HOUR), None)
        });
    }
}

fn row(from: Instant, to: Instant, key: Option<u32>) -> BilledRow {
    let key = key.map(|version| if version == 1 { "key_a" } else { "key_b" }.to_owned());
    BilledRow { key, currency: Some("USD".to_owned()), ..BilledRow::empty(from, to) }
}

/// A line of the agency's without any call in it.
pub(super) fn no_call() -> UsageLine {
    UsageLine {
        hour: 0,
        provider: Provider::OpenAi,
        model: None,
        assistant: AssistantId::new(Instant::default(), [2; 10]),
        r#use: Some(Use::Chat),
        connection: Some(ConnectionId::new(Instant::default(), [3; 10])),
        version: Some(1),
        paid_by: Payer::Own,
        calls: 0,
        metered: 0,
        unknown: 0,
        partial: 0,
        estimated: 0,
        unpriced: 0,
        failed: 0,
        cost: Money { micro: 0, currency: Currency::Usd },
        units: BTreeMap::new(),
    }
}

fn claims(calls: &[Call]) -> Vec<(Day, UsageLine)> {
    let mut lines: BTreeMap<(Instant, u32, &str), UsageLine> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.how != How::Elsewhere) {
        let begin = hour(call.at);
        let line = lines.entry((begin, call.version, call.model)).or_insert_with(|| UsageLine {
            hour: u8::try_from(begin.unix_millis() / HOUR % 24).unwrap(),
            model: Some(call.model.to_owned()),
            version: Some(call.version),
            ..no_call()
        });
        line.calls += 1;
        let output = match call.how {
            How::Unknown => {
                line.unknown += 1;
                continue;
            }
            How::Cut(seen) => {
                line.partial += 1;
                seen
            }
            _ => call.output,
        };
        line.metered += 1;
        let [input, cached, out] = listed(call.model, Day::of(call.at));
        let pico = (call.input - call.cached) * input + call.cached * cached + output * out;
        line.cost.micro += (pico + 500_000) / 1_000_000;
        for (name, n) in units(call.input, call.cached, output) {
            *line.units.entry(name).or_default() += n;
        }
    }
    lines.into_iter().map(|((begin, ..), line)| (Day::of(begin), line)).collect()
}

fn bills(calls: &[Call], prices: Prices) -> Vec<BilledRow> {
    let mut usage: BTreeMap<(Instant, u32, &str), BilledRow> = BTreeMap::new();
    let mut costs: BTreeMap<(Day, u32, String), (u64, u64)> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.how != How::NotListed) {
        let ended = call.at.plus_millis(call.runs);
        let begin = hour(ended);
        let told = usage.entry((begin, call.version, call.model)).or_insert_with(|| BilledRow {
            model: Some(call.model.to_owned()),
            ..row(begin, begin.plus_millis(HOUR), Some(call.version))
        });
        told.requests = Some(told.requests.unwrap_or(0) + 1);
        for (name, n) in units(call.input, call.cached, call.output) {
            *told.units.entry(name).or_default() += n;
        }
        let day = Day::of(ended);
        let parts = [call.input - call.cached, call.cached, call.output];
        for ((part, count), price) in ["input", "cached input", "output"].iter().zip(parts).zip(prices(call.model, day))
        {
            let line = costs.entry((day, call.version, format!("{}, {part}", call.model))).or_default();
            *line = (line.0 + count, line.1 + count * price);
        }
    }
    let costs =
        costs.into_iter().filter(|(_, (count, _))| *count > 0).map(|((day, version, line), (count, pico))| BilledRow {
            line: Some(line),
            quantity: Some((Amount::from_micro(i64::try_from(count * 1_000_000).unwrap()), "tokens".to_owned())),
            amount: Some(Amount::from_pico(i128::from(pico))),
            ..row(day.begin(), day.next().begin(), Some(version))
        });
    usage.into_values().chain(costs).collect()
}
