//! A year of five accounts, month after month as the app shows them: the agency's days and the provider's rows are read
//! from the bytes in which they are kept, and reconciled.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use ownkey_protocol::id::{AssistantId, ConnectionId};
use ownkey_protocol::instant::Instant as Moment;
use ownkey_protocol::limit::{Currency, Money, Month};
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_protocol::vocabulary::{Payer, Provider, Use};
use ownkey_providers::bill::{Amount, BilledRow};
use ownkey_providers::meter::{Part, Parts};
use ownkey_providers::price;
use ownkey_reconcile::{Books, Cause, Rates, Sum, Zone, by_connection, reconcile, total};
use serde::Serialize;

use super::calls::Dice;
use crate::bench::{median, milliseconds};

/// The year that begins here.
const FIRST: &str = "2025-12-01";
const DAYS: usize = 365;

/// How often the year is reconciled.
const RUNS: usize = 5;

/// How many days before a month the app reads too, to tell which days are usual.
const BEFORE: usize = 63;

/// Versions of each account's key in the year, and assistants that call.
const VERSIONS: usize = 4;
const ASSISTANTS: u8 = 2;

/// The accounts: two models of each call in every hour.
const ACCOUNTS: [(Provider, [&str; 2]); 5] = [
    (Provider::OpenAi, ["gpt-4o-mini-2024-07-18", "gpt-4o-2024-08-06"]),
    (Provider::OpenAi, ["gpt-5-mini-2025-08-07", "gpt-5-2025-08-07"]),
    (Provider::OpenAi, ["gpt-4o-mini-2024-07-18", "o3-2025-04-16"]),
    (Provider::Anthropic, ["claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"]),
    (Provider::Anthropic, ["claude-haiku-4-5-20251001", "claude-opus-4-1-20250805"]),
];

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Year {
    /// All twelve months of all five accounts: median.
    pub reconcile_ms: f64,
    /// The most memory that it took more, with the rows of the month and of the weeks before it, in MB.
    pub reconcile_mb: f64,
    /// What it took to read the rows of all twelve months from their bytes, the weeks before each too.
    pub read_ms: f64,
    /// How many lines the agency states of the year.
    pub agency_lines: usize,
    /// How many rows the providers state.
    pub provider_rows: usize,
}

/// What is kept of a day: the agency's lines, and the rows of each account.
struct Kept {
    day: Day,
    lines: Vec<u8>,
    rows: Vec<Vec<u8>>,
}

/// Reconciles the year.
///
/// # Errors
/// When what comes out is not what was put in.
pub(super) fn measure() -> Result<Year> {
    let (kept, agency_lines, provider_rows) = year()?;
    let before = memory("VmRSS")?;
    // The highest that it was so far is forgotten.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let (mut reconciled, mut read) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (a, b) = walk(&kept)?;
        reconciled.push(a);
        read.push(b);
    }
    let reconcile_mb = (memory("VmHWM")? - before).max(0.0) / 1_024.0;
    Ok(Year { reconcile_ms: median(reconciled), reconcile_mb, read_ms: median(read), agency_lines, provider_rows })
}

/// One figure of this process's memory, in KiB.
fn memory(field: &str) -> Result<f64> {
    let all = std::fs::read_to_string("/proc/self/status")?;
    let line = all.lines().find_map(|line| line.strip_prefix(field)).context("no such figure of memory")?;
    Ok(line.trim_matches([':', ' ', '\t', 'k', 'B']).parse()?)
}

/// All months; how long reconciling took, and how long reading.
fn walk(kept: &[Kept]) -> Result<(f64, f64)> {
    let (mut reconciling, mut reading) = (0.0, 0.0);
    let mut first = 0;
    let mut found: BTreeMap<Cause, Amount> = BTreeMap::new();
    while first < kept.len() {
        let month = Month::of(kept[first].day.begin());
        let length = kept[first..].iter().take_while(|one| Month::of(one.day.begin()) == month).count();
        let last = first + length;
        let end = (last + 1).min(kept.len());
        let began = Instant::now();
        let mut said: Vec<(Day, UsageLine)> = Vec::new();
        let mut before: BTreeMap<(Option<ConnectionId>, Day), u64> = BTreeMap::new();
        for (n, one) in kept[..end].iter().enumerate().skip(first.saturating_sub(BEFORE)) {
            let lines: Vec<UsageLine> = serde_json::from_slice(&one.lines)?;
            if n + 1 >= first {
                said.extend(lines.into_iter().map(|line| (one.day, line)));
            } else {
                lines.iter().for_each(|line| *before.entry((line.connection, one.day)).or_default() += line.cost.micro);
            }
        }
        reading += milliseconds(began);
        let began = Instant::now();
        let mut said = by_connection(said);
        reconciling += milliseconds(began);
        for (number, (provider, _)) in ACCOUNTS.into_iter().enumerate() {
            let began = Instant::now();
            let mut billed: Vec<BilledRow> = Vec::new();
            for one in &kept[first.saturating_sub(1)..end] {
                billed.extend(serde_json::from_slice::<Vec<BilledRow>>(&one.rows[number])?);
            }
            reading += milliseconds(began);
            let began = Instant::now();
            let claimed = said.remove(&connection(number)).unwrap_or_default();
            let sum = month_of(number, provider, &claimed, &billed, kept[first].day..kept[last - 1].day.next());
            reconciling += milliseconds(began);
            if sum.billed != Some(sum.claimed + sum.causes.values().copied().sum()) {
                bail!("the causes of {month} do not add up");
            }
            sum.causes.into_iter().for_each(|(cause, amount)| *found.entry(cause).or_default() += amount);
        }
        first = last;
    }
    let kinds: Vec<Cause> = found.into_keys().collect();
    if !kinds.contains(&Cause::UsedElsewhere) || kinds.contains(&Cause::Unexplained) {
        bail!("what was put in is not found: {kinds:?}");
    }
    Ok((reconciling, reading))
}

/// One account's month, added up as the app shows it.
fn month_of(
    number: usize,
    provider: Provider,
    claimed: &[(Day, UsageLine)],
    billed: &[BilledRow],
    days: Range<Day>,
) -> Sum {
    let keys: BTreeMap<String, u32> = (0..VERSIONS).map(|n| (key(number, n), version(n))).collect();
    let end = days.end.begin();
    let rates = &Rates::default();
    let books = Books {
        provider,
        zone: Zone::UTC,
        claimed,
        claimed_until: end,
        billed,
        billed_until: end,
        untold: &BTreeSet::new(),
        keys: &keys,
        rates,
    };
    let lines = reconcile(&books, days);
    let _by_day = std::hint::black_box(total(&lines, |who| who.day));
    let _by_model = std::hint::black_box(total(&lines, |who| who.model.clone()));
    total(&lines, |_| ()).remove(&()).unwrap_or_default()
}

fn connection(number: usize) -> ConnectionId {
    ConnectionId::new(Moment::default(), [u8::try_from(number).unwrap_or(0); 10])
}

fn key(number: usize, version: usize) -> String {
    format!("key_{number}{version}AbCdEfGhIjKlMnOpQr")
}

fn version(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(0) + 1
}

/// Both sides' rows, and how many there are of each.
fn year() -> Result<(Vec<Kept>, usize, usize)> {
    let mut day: Day = FIRST.parse().ok().context("a day")?;
    let mut dice = Dice(11);
    let (mut all, mut lines, mut rows) = (Vec::new(), 0, 0);
    for n in 0..DAYS {
        let mut of_day = Vec::new();
        let mut of_accounts = Vec::new();
        for (number, (provider, models)) in ACCOUNTS.into_iter().enumerate() {
            let mut billed = Vec::new();
            for model in models {
                let of = Of { day, key: n * VERSIONS / DAYS, number, provider, model };
                of.both(&mut dice, &mut of_day, &mut billed);
            }
            rows += billed.len();
            of_accounts.push(serde_json::to_vec(&billed)?);
        }
        lines += of_day.len();
        all.push(Kept { day, lines: serde_json::to_vec(&of_day)?, rows: of_accounts });
        day = day.next();
    }
    Ok((all, lines, rows))
}

/// A day's calls of one model on one account.
#[derive(Clone, Copy)]
struct Of {
    day: Day,
    key: usize,
    number: usize,
    provider: Provider,
    model: &'static str,
}

impl Of {
    /// What both sides say of them; in every fiftieth hour the key was used elsewhere too.
    fn both(self, dice: &mut Dice, lines: &mut Vec<UsageLine>, rows: &mut Vec<BilledRow>) {
        let Self { day, number, provider, model, .. } = self;
        let base = BilledRow {
            key: Some(key(number, self.key)),
            place: Some("proj_bench".to_owned()),
            model: Some(model.to_owned()),
            ..BilledRow::empty(day.begin(), day.next().begin())
        };
        let mut whole = Parts::default();
        for hour in 0..24_u8 {
            let (mut told, mut requests) = (BTreeMap::<String, u64>::new(), 0);
            let mut counted = |units: &BTreeMap<String, u64>, calls: u64| {
                units.iter().for_each(|(name, n)| *told.entry(name.clone()).or_default() += n);
                requests += calls;
            };
            for assistant in 0..ASSISTANTS {
                let line = self.line(hour, assistant, dice);
                counted(&line.units, line.calls);
                lines.push(line);
            }
            if dice.roll(50) == 0 {
                counted(&[("input".to_owned(), 10_000), ("output".to_owned(), 900)].into(), 3);
            }
            whole += Parts::of(&told);
            let from = day.begin().plus_millis(i64::from(hour) * 3_600_000);
            let to = from.plus_millis(3_600_000);
            rows.push(BilledRow { from, to, requests: Some(requests), units: told, ..base.clone() });
        }
        for (part, count) in whole.iter() {
            let words = match (provider, part) {
                (Provider::OpenAi, Part::CachedIn) => format!("{model}, cached input"),
                (Provider::OpenAi, part) => format!("{model}, {}", part.unit()),
                (_, Part::CachedIn) => "cache_read_input_tokens".to_owned(),
                (_, Part::TextOut) => "output_tokens".to_owned(),
                _ => "uncached_input_tokens".to_owned(),
            };
            // Anthropic tells money by workspace, not by key.
            let by_key = provider == Provider::OpenAi;
            rows.push(BilledRow {
                key: base.key.clone().filter(|_| by_key),
                model: base.model.clone().filter(|_| !by_key),
                line: Some(words),
                amount: Some(self.worth(part, count)),
                currency: Some("USD".to_owned()),
                ..base.clone()
            });
        }
    }

    /// What a count costs by the list.
    fn worth(self, part: Part, count: i64) -> Amount {
        let price = price::listed(self.provider, self.model, self.day.begin())
            .and_then(|listed| listed.of(part))
            .unwrap_or_default();
        Amount::from_pico(i128::from(price) * i128::from(count))
    }

    /// What the agency says of an hour's calls of one assistant.
    fn line(self, hour: u8, assistant: u8, dice: &mut Dice) -> UsageLine {
        let calls = 1 + dice.roll(40);
        let cached = calls * dice.roll(900);
        let units = BTreeMap::from([
            ("cached_input".to_owned(), cached),
            ("input".to_owned(), cached + calls * (1 + dice.roll(2_000))),
            ("output".to_owned(), calls * (1 + dice.roll(700))),
        ]);
        let cost: Amount = Parts::of(&units).iter().map(|(part, n)| self.worth(part, n)).sum();
        UsageLine {
            hour,
            provider: self.provider,
            model: Some(self.model.to_owned()),
            assistant: AssistantId::new(Moment::default(), [assistant; 10]),
            r#use: Some(Use::Chat),
            connection: Some(connection(self.number)),
            version: Some(version(self.key)),
            paid_by: Payer::Own,
            calls,
            metered: calls,
            unknown: 0,
            partial: 0,
            estimated: 0,
            unpriced: 0,
            failed: 0,
            cost: Money { micro: u64::try_from(cost.to_micro_rounded()).unwrap_or(0), currency: Currency::Usd },
            units,
        }
    }
}
