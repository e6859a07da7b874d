//! What is made of everything that was seen.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Result, ensure};
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::Sims;
use serde::{Deserialize, Serialize};

use super::app::Took;
use super::{ACCOUNT, NEIGHBOUR};
use crate::bench::{median, milliseconds};
use crate::servers::simulated;

/// What was measured. Times in milliseconds.
#[derive(Debug, Serialize)]
pub struct Rotations {
    /// Rotations that were asked for.
    pub wanted: usize,
    /// Rotations that came to *Done* before the time was over.
    pub rotations: usize,
    /// Calls of both clients.
    pub calls: usize,
    /// Those of them that were streamed.
    pub streams: usize,
    /// Calls of the rotated connection that were on their way at any moment of a rotation.
    pub calls_during: usize,
    /// Those that began, and ended, without one.
    pub calls_outside: usize,
    /// Calls that were not answered, or not with success.
    pub failed: usize,
    /// Answers that began and did not come to their end.
    pub cut: usize,
    /// Answers that said somebody else paid, and what the provider booked on an account beyond its own client's calls.
    pub wrong_account: usize,
    /// All but 1 % of the calls during a rotation took less: to the end of a whole answer, to the first event of a stream.
    pub p99_ms: f64,
    /// The same of those outside.
    pub p99_outside_ms: f64,
    /// The first by the second.
    pub p99_ratio: f64,
    /// The same of tenths of the run, the least of them: other work on the machine only ever makes it larger.
    pub p99_ratio_least: f64,
    /// Half of each.
    pub p50_ms: f64,
    /// Half of those outside.
    pub p50_outside_ms: f64,
    /// Median from *Replace* to *Done*.
    pub click_to_done_ms: f64,
    /// Of the slowest 1 %.
    pub click_to_done_p99_ms: f64,
    /// Median of what the provider takes of it: the same questions asked directly under the same load.
    pub provider_ms: f64,
    /// The first less the second: what Ownkey adds.
    pub ownkey_ms: f64,
    /// Medians of the first and the last tenth of the rotations: whether a longer record makes them slower.
    pub first_tenth_ms: f64,
    /// The last tenth.
    pub last_tenth_ms: f64,
    /// When each step was done, after the click, in the order of the room; medians.
    pub steps: Vec<(String, f64)>,
    /// Processor time while it rotated, as parts of one core: the agency, the apps, the assistants, the provider.
    pub cores: [f64; 4],
}

/// What the assistants saw.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) calls: Vec<Row>,
}

/// One call.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    /// On the clock that all parts share.
    pub(super) begun: i64,
    pub(super) streamed: bool,
    /// Of the client whose key is replaced.
    pub(super) own: bool,
    pub(super) ended: Ended,
}

/// How a call ended.
#[derive(Serialize, Deserialize)]
pub(super) enum Ended {
    /// In order, after so many milliseconds.
    Well(f64),
    Failed(String),
    Cut(String),
    Foreign(String),
}

impl Ended {
    pub(super) fn words(&self) -> Option<&str> {
        match self {
            Self::Well(_) => None,
            Self::Failed(words) | Self::Cut(words) | Self::Foreign(words) => Some(words),
        }
    }
}

/// Processor time of the four processes between two moments.
pub(super) struct Share {
    begun: Instant,
    before: [f64; 4],
}

impl Share {
    pub(super) fn begin(before: [f64; 4]) -> Self {
        Self { begun: Instant::now(), before }
    }

    pub(super) fn end(&self, now: [f64; 4]) -> [f64; 4] {
        let seconds = milliseconds(self.begun) / 1_000.0;
        std::array::from_fn(|place| (now[place] - self.before[place]) / seconds)
    }
}

/// Chat completions that the provider booked, by the name of the account.
pub(super) fn booked(sims: &Sims) -> HashMap<String, usize> {
    let provider = simulated(Provider::OpenAi);
    let control = sims.control();
    let names: HashMap<String, String> =
        control.accounts(provider).into_iter().map(|(id, name)| (id.0, name)).collect();
    let mut booked = HashMap::new();
    for row in control.ledger(provider).into_iter().filter(|row| row.billed && row.route.ends_with("/chat/completions"))
    {
        let name = row.account.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        *booked.entry(name).or_default() += 1;
    }
    booked
}

/// What was booked on each account beyond the calls of its own client.
fn wrongly_booked(made: &HashMap<&str, usize>, booked: &HashMap<String, usize>) -> usize {
    let own = |name: &str| made.get(name).copied().unwrap_or_default();
    booked.iter().map(|(name, count)| count.saturating_sub(own(name))).sum()
}

/// Times of calls during rotations, and of those outside.
#[derive(Default)]
struct Times {
    during: Vec<f64>,
    outside: Vec<f64>,
}

impl Times {
    /// A call is during a rotation when it is on its way at any moment of it, as far as its time is measured; it is outside
    /// when it began in a time without one, and ended before the next.
    fn of(calls: &[Row], rotations: &[(i64, i64)], quiet: &[(i64, i64)]) -> Self {
        let mut times = Self::default();
        for row in calls.iter().filter(|row| row.own) {
            let Ended::Well(took) = row.ended else { continue };
            #[allow(clippy::cast_possible_truncation, reason = "microseconds of one call")]
            let over = row.begun + (took * 1_000.0) as i64;
            if meets(rotations, row.begun, over) {
                times.during.push(took);
            } else if meets(quiet, row.begun, row.begun) {
                times.outside.push(took);
            }
        }
        times.during.sort_by(f64::total_cmp);
        times.outside.sort_by(f64::total_cmp);
        times
    }

    fn ratio(&self) -> f64 {
        part(&self.during, 0.99) / part(&self.outside, 0.99)
    }
}

/// Whether any of these, which are in order, has a moment between the two.
fn meets(windows: &[(i64, i64)], from: i64, to: i64) -> bool {
    let next = windows.partition_point(|(_, end)| *end < from);
    windows.get(next).is_some_and(|(begin, _)| *begin <= to)
}

/// The least ratio of tenths of the run.
fn least_ratio(calls: &[Row], took: &Took) -> f64 {
    let tenth = took.rotations.len().div_ceil(10).max(1);
    let tenths = took.rotations.chunks(tenth).zip(took.quiet.chunks(tenth));
    tenths.map(|(rotations, quiet)| Times::of(calls, rotations, quiet).ratio()).fold(f64::INFINITY, f64::min)
}

pub(super) fn figures(
    wanted: usize,
    took: Took,
    seen: &Seen,
    booked: &HashMap<String, usize>,
    cores: [f64; 4],
) -> Result<Rotations> {
    let count = |wanted: fn(&Row) -> bool| seen.calls.iter().filter(|row| wanted(row)).count();
    let made = HashMap::from([(ACCOUNT, count(|row| row.own)), (NEIGHBOUR, count(|row| !row.own))]);
    let times = Times::of(&seen.calls, &took.rotations, &took.quiet);
    ensure!(!times.during.is_empty() && !times.outside.is_empty(), "nobody called");
    let p99_ratio_least = least_ratio(&seen.calls, &took);
    let rotations = took.whole.len();
    let tenth = rotations.div_ceil(10);
    let [first, last] = [&took.whole[..tenth], &took.whole[rotations - tenth..]].map(<[f64]>::to_vec);
    let mut whole = took.whole.clone();
    whole.sort_by(f64::total_cmp);
    let (click_to_done_ms, provider_ms) = (median(took.whole), median(took.provider));
    let foreign = count(|row| matches!(row.ended, Ended::Foreign(_)));
    Ok(Rotations {
        wanted,
        rotations,
        calls: seen.calls.len(),
        streams: count(|row| row.streamed),
        calls_during: times.during.len(),
        calls_outside: times.outside.len(),
        failed: count(|row| matches!(row.ended, Ended::Failed(_))),
        cut: count(|row| matches!(row.ended, Ended::Cut(_))),
        wrong_account: foreign.max(wrongly_booked(&made, booked)),
        p99_ms: part(&times.during, 0.99),
        p99_outside_ms: part(&times.outside, 0.99),
        p99_ratio: times.ratio(),
        p99_ratio_least,
        p50_ms: part(&times.during, 0.5),
        p50_outside_ms: part(&times.outside, 0.5),
        click_to_done_ms,
        click_to_done_p99_ms: part(&whole, 0.99),
        provider_ms,
        ownkey_ms: (click_to_done_ms - provider_ms).max(0.0),
        first_tenth_ms: median(first),
        last_tenth_ms: median(last),
        steps: took.steps.into_iter().map(|(name, times)| (name, median(times))).collect(),
        cores,
    })
}

/// The figure below which this part of the sorted ones is.
fn part(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place).or(sorted.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_booked_beyond_a_clients_own_calls_is_wrong() {
        let made = HashMap::from([(ACCOUNT, 5), (NEIGHBOUR, 3)]);
        let booked = |own, neighbour, platform| {
            HashMap::from(
                [(ACCOUNT, own), (NEIGHBOUR, neighbour), ("Platform", platform)].map(|(n, c)| (n.to_owned(), c)),
            )
        };
        assert_eq!(wrongly_booked(&made, &booked(5, 3, 0)), 0);
        assert_eq!(wrongly_booked(&made, &booked(4, 4, 0)), 1);
        assert_eq!(wrongly_booked(&made, &booked(4, 3, 2)), 2);
    }

    #[test]
    fn a_call_is_during_a_rotation_when_it_is_on_its_way_at_any_moment_of_it() {
        let call = |begun, took, own| Row { begun, streamed: false, own, ended: Ended::Well(took) };
        let (rotations, quiet) = ([(10_000, 20_000), (40_000, 50_000)], [(22_000, 38_000)]);
        let calls = [
            call(9_000, 2.0, true),   // reaches into the first
            call(19_999, 9.0, true),  // begins in it
            call(20_500, 1.0, true),  // between both sides
            call(23_000, 3.0, true),  // outside
            call(37_000, 4.0, true),  // begins outside and reaches into the second
            call(23_000, 5.0, false), // the neighbour's
        ];
        let times = Times::of(&calls, &rotations, &quiet);
        assert_eq!((times.during, times.outside), (vec![2.0, 4.0, 9.0], vec![3.0]));
    }

    #[test]
    fn all_but_one_in_a_hundred_are_below() {
        let figures: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((part(&figures, 0.99), part(&figures, 0.5), part(&[], 0.99)), (199.0, 101.0, 0.0));
    }
}
