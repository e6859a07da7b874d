//! What a person is to be told of the present month: an amount that it has reached, a day that is out of the usual. Each
//! once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::usage::Day;
use ownkey_providers::bill::Amount;
use serde::{Deserialize, Serialize};

use crate::forecast::Unusual;

/// Days out of the usual are told of for a week; older ones are only shown.
const NEWS_MILLIS: i64 = 7 * 24 * 3_600 * 1_000;

/// What is known of one account in the present month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Which account.
    pub connection: ConnectionId,
    /// What the agency says that the month has cost so far.
    pub claimed: Amount,
    /// What the provider says, where it says something.
    pub billed: Option<Amount>,
    /// Days out of the usual, of this month and of the weeks before.
    pub unusual: Vec<Unusual>,
}

impl Present {
    /// What the month has come to: the larger of the two columns, since either may be behind.
    #[must_use]
    pub fn figure(&self) -> Amount {
        self.billed.map_or(self.claimed, |billed| billed.max(self.claimed))
    }

    /// Whether the month has reached so many millionths.
    #[must_use]
    pub fn has_reached(&self, micro: u64) -> bool {
        self.figure() >= Amount::from_micro(i64::try_from(micro).unwrap_or(i64::MAX))
    }
}

/// One thing to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// The month has reached an amount that the person set.
    Reached {
        /// Which account.
        connection: ConnectionId,
        /// The amount, in millionths.
        micro: u64,
        /// What the month has come to.
        figure: Amount,
    },
    /// A day is far out of the usual.
    Unusual {
        /// Which account.
        connection: ConnectionId,
        /// Which day, and how far.
        day: Unusual,
    },
}

/// What was told already.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Told {
    /// In which month amounts were told of; in another one they may be told of again.
    month: Option<Month>,
    /// Amounts of that month, and when each was told of.
    reached: BTreeMap<ConnectionId, BTreeMap<u64, Instant>>,
    /// Days that were told of.
    unusual: BTreeMap<ConnectionId, BTreeSet<Day>>,
}

impl Told {
    /// Since when a person has been told, in the month of `now`, that an account has reached so many millionths.
    #[must_use]
    pub fn since(&self, now: Instant, connection: ConnectionId, micro: u64) -> Option<Instant> {
        let reached = self.reached.get(&connection).filter(|_| self.month == Some(Month::of(now)))?;
        reached.get(&micro).copied()
    }
}

/// What there is to tell now, and what has been told after that: each amount once in a month, each day once.
#[must_use]
pub fn tell(now: Instant, present: &[Present], alerts: &BTreeMap<ConnectionId, u64>, told: &Told) -> (Vec<Tell>, Told) {
    let (month, since) = (Month::of(now), Day::of(now.plus_millis(-NEWS_MILLIS)));
    let mut after = told.clone();
    if after.month != Some(month) {
        (after.month, after.reached) = (Some(month), BTreeMap::new());
    }
    after.unusual.values_mut().for_each(|days| days.retain(|day| *day >= since));
    after.unusual.retain(|_, days| !days.is_empty());
    let mut news = Vec::new();
    for one in present {
        let connection = one.connection;
        if let Some(micro) = alerts.get(&connection).copied().filter(|micro| one.has_reached(*micro)) {
            let known = after.reached.entry(connection).or_default();
            if let Entry::Vacant(untold) = known.entry(micro) {
                untold.insert(now);
                news.push(Tell::Reached { connection, micro, figure: one.figure() });
            }
        }
        for day in one.unusual.iter().filter(|unusual| unusual.day >= since) {
            if after.unusual.entry(connection).or_default().insert(day.day) {
                news.push(Tell::Unusual { connection, day: *day });
            }
        }
    }
    (news, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> ConnectionId {
        ConnectionId::new(at("2026-10-01"), [1; 10])
    }

    fn at(text: &str) -> Instant {
        format!("{text}T12:00:00.000Z").parse().unwrap()
    }

    const NOTHING: [u64; 0] = [];

    fn usd(dollars: i64) -> Amount {
        Amount::from_micro(dollars * 1_000_000)
    }

    fn month(claimed: i64, billed: Option<i64>) -> Present {
        Present { connection: account(), claimed: usd(claimed), billed: billed.map(usd), unusual: Vec::new() }
    }

    fn alert(dollars: u64) -> BTreeMap<ConnectionId, u64> {
        [(account(), dollars * 1_000_000)].into()
    }

    /// Amounts in dollars that are told of.
    fn amounts(news: &[Tell]) -> Vec<u64> {
        let amount = |one: &Tell| match one {
            Tell::Reached { micro, .. } => Some(micro / 1_000_000),
            Tell::Unusual { .. } => None,
        };
        news.iter().filter_map(amount).collect()
    }

    #[test]
    fn an_amount_is_told_of_once_it_is_reached_by_either_column_and_not_before() {
        let now = at("2026-11-20");
        for (claimed, billed, told) in [
            (49, None, false),
            (50, None, true),
            (51, None, true),
            (20, Some(50), true),
            (50, Some(20), true),
            (49, Some(49), false),
        ] {
            let present = month(claimed, billed);
            let (news, _) = tell(now, &[present], &alert(50), &Told::default());
            assert_eq!(!news.is_empty(), told, "{claimed} {billed:?}");
        }
        let (news, _) = tell(now, &[month(80, None)], &BTreeMap::new(), &Told::default());
        assert_eq!(news, [], "where nothing was set, nothing is told");
    }

    #[test]
    fn each_amount_once_in_a_month_and_again_in_the_next_one() {
        let mut told = Told::default();
        let mut step = |day: &str, dollars: i64, set: u64| {
            let (news, after) = tell(at(day), &[month(dollars, None)], &alert(set), &told);
            told = after;
            amounts(&news)
        };
        assert_eq!(step("2026-11-10", 50, 50), [50]);
        assert_eq!(step("2026-11-10", 50, 50), NOTHING);
        assert_eq!(step("2026-11-11", 60, 50), NOTHING, "that it grows is nothing new");
        assert_eq!(step("2026-11-11", 60, 80), NOTHING, "a higher amount is not reached yet");
        assert_eq!(step("2026-11-12", 81, 80), [80]);
        assert_eq!(step("2026-11-13", 81, 50), NOTHING, "and the lower one was told of");
        assert_eq!(step("2026-11-14", 40, 50), NOTHING);
        assert_eq!(step("2026-11-15", 55, 50), NOTHING, "nor again when a figure went back and forth");
        assert_eq!(step("2026-12-01", 2, 50), NOTHING);
        assert_eq!(step("2026-12-09", 50, 50), [50]);
    }

    #[test]
    fn it_is_known_since_when_an_amount_was_told_of_in_this_month() {
        let (first, later) = (at("2026-11-10"), at("2026-11-20"));
        let (_, told) = tell(first, &[month(50, None)], &alert(50), &Told::default());
        let (_, told) = tell(later, &[month(70, None)], &alert(50), &told);
        assert_eq!(told.since(later, account(), 50_000_000), Some(first));
        assert_eq!(told.since(later, account(), 60_000_000), None);
        assert_eq!(told.since(at("2026-12-01"), account(), 50_000_000), None);
    }

    #[test]
    fn a_day_out_of_the_usual_is_told_of_once_and_only_while_it_is_news() {
        let wild = |text: &str| Unusual { day: text.parse().unwrap(), cost: usd(90), usual: usd(10) };
        let days = vec![wild("2026-11-12"), wild("2026-11-29"), wild("2026-12-01")];
        let present = [Present { unusual: days, ..month(5, None) }];
        let told_of = |news: &[Tell]| -> Vec<String> {
            let day = |one: &Tell| match one {
                Tell::Unusual { day, .. } => Some(day.day.to_string()),
                Tell::Reached { .. } => None,
            };
            news.iter().filter_map(day).collect()
        };
        let (news, told) = tell(at("2026-12-01"), &present, &BTreeMap::new(), &Told::default());
        assert_eq!(told_of(&news), ["2026-11-29", "2026-12-01"]);
        let (news, told) = tell(at("2026-12-02"), &present, &BTreeMap::new(), &told);
        assert_eq!(told_of(&news), [""; 0]);
        let (news, told) = tell(at("2026-12-20"), &present, &BTreeMap::new(), &told);
        assert_eq!(told_of(&news), [""; 0], "nor when it is no longer kept that they were told of");
        assert_eq!(told.unusual, BTreeMap::new(), "what is told does not grow for ever");
    }

    #[test]
    fn what_was_told_is_the_same_after_a_restart() {
        let (_, told) = tell(at("2026-11-10"), &[month(50, None)], &alert(50), &Told::default());
        let kept = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Told>(&kept).unwrap(), told);
    }
}
