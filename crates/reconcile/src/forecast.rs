//! Where a month is going, and which of its days are out of the usual. Both by the agency's column, which is there at once.

use std::collections::BTreeMap;

use ownkey_protocol::usage::Day;
use ownkey_providers::bill::Amount;

/// Where a month is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// The month's end at the present pace.
    pub end: Amount,
    /// At the least: as the calmest half of days.
    pub low: Amount,
    /// At the most: as the busiest half of days.
    pub high: Amount,
}

/// How many days back the pace is taken from.
const PACE_DAYS: usize = 14;

/// The fewest days of which a pace can be told.
const FEWEST: usize = 3;

/// The month's end, from what its days cost until `today` (which is not over, and counts as it stands), for a month of
/// `days` days. Working days and weekends are kept apart. `None` with fewer than three days that are over.
#[must_use]
pub fn forecast(costs: &BTreeMap<Day, Amount>, today: Day, last: Day) -> Option<Forecast> {
    let past: Vec<(Day, Amount)> = costs.iter().filter(|(day, _)| **day < today).map(|(d, a)| (*d, *a)).collect();
    if past.len() < FEWEST {
        return None;
    }
    let recent = &past[past.len().saturating_sub(PACE_DAYS)..];
    let first = Day::from(today.date().first_of_month());
    let so_far: Amount = costs.range(first..=today).map(|(_, cost)| *cost).sum();
    let [mut end, mut low, mut high] = [so_far; 3];
    let mut day = today.next();
    while day <= last {
        let mut like: Vec<Amount> =
            recent.iter().filter(|(d, _)| is_weekend(*d) == is_weekend(day)).map(|(_, cost)| *cost).collect();
        if like.is_empty() {
            like = recent.iter().map(|(_, cost)| *cost).collect();
        }
        like.sort_unstable();
        end += median(&like);
        low += like[like.len() / 4];
        high += like[(like.len() * 3 / 4).min(like.len() - 1)];
        day = day.next();
        if day.next() == day {
            break;
        }
    }
    Some(Forecast { end, low, high })
}

fn is_weekend(day: Day) -> bool {
    use jiff::civil::Weekday::{Saturday, Sunday};
    matches!(day.date().weekday(), Saturday | Sunday)
}

/// A day far out of the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusual {
    /// Which.
    pub day: Day,
    /// What it cost.
    pub cost: Amount,
    /// What such a day of the week usually costs.
    pub usual: Amount,
}

/// Days that cost far more than the same day of the week usually does: beyond five times the median absolute deviation
/// from the median of the eight weeks before, and at least half as much again, and by at least `least`. Robust: one wild
/// day does not make the next one look tame. Days with fewer than three like them before are not judged.
#[must_use]
pub fn unusual(costs: &BTreeMap<Day, Amount>, least: Amount) -> Vec<Unusual> {
    let mut found = Vec::new();
    for (day, cost) in costs {
        let weekday = day.date().weekday();
        let before = costs.range(..*day).rev().filter(|(d, _)| d.date().weekday() == weekday).take(8);
        let mut like: Vec<Amount> = before.map(|(_, cost)| *cost).collect();
        if like.len() < FEWEST {
            continue;
        }
        like.sort_unstable();
        let usual = median(&like);
        let mut apart: Vec<Amount> = like.iter().map(|one| (*one - usual).abs()).collect();
        apart.sort_unstable();
        let over = *cost - usual;
        if over > median(&apart).share(5, 1) && over > usual.share(1, 2) && over >= least {
            found.push(Unusual { day: *day, cost: *cost, usual });
        }
    }
    found
}

/// Of sorted amounts that are not none.
fn median(sorted: &[Amount]) -> Amount {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { (sorted[middle - 1] + sorted[middle]).share(1, 2) } else { sorted[middle] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i16) -> Day {
        Day::from(jiff::civil::date(2026, 10, 1) + jiff::Span::new().days(n))
    }

    fn usd(n: i64) -> Amount {
        Amount::from_micro(n * 1_000_000)
    }

    #[test]
    fn a_month_of_equal_days_ends_where_it_must() {
        let costs: BTreeMap<Day, Amount> = (0..10).map(|n| (day(n), usd(3))).collect();
        let told = forecast(&costs, day(9), day(30)).unwrap();
        assert_eq!((told.low, told.end, told.high), (usd(93), usd(93), usd(93)));
        assert_eq!(forecast(&costs, day(2), day(30)), None, "two days are no pace");
    }

    #[test]
    fn weekends_are_reckoned_as_weekends_and_the_range_says_how_days_vary() {
        let cost = |n: i16| if is_weekend(day(n)) { usd(1) } else { usd(10 + i64::from(n % 3)) };
        let costs: BTreeMap<Day, Amount> = (0..21).map(|n| (day(n), cost(n))).collect();
        let told = forecast(&costs, day(20), day(30)).unwrap();
        let rest: Amount = (21..31).map(cost).sum();
        let so_far: Amount = (0..21).map(cost).sum();
        assert!(told.low <= told.end && told.end <= told.high && told.low < told.high);
        assert!((told.end - so_far - rest).abs() < usd(8), "{told:?}");
    }

    #[test]
    fn a_wild_day_is_found_and_does_not_hide_the_next_one() {
        let mut costs: BTreeMap<Day, Amount> = (0..56).map(|n| (day(n), usd(10 + i64::from(n % 2)))).collect();
        assert_eq!(unusual(&costs, usd(1)), []);
        costs.insert(day(42), usd(90));
        costs.insert(day(49), usd(70));
        let found: Vec<(Day, Amount)> = unusual(&costs, usd(1)).iter().map(|u| (u.day, u.cost)).collect();
        assert_eq!(found, [(day(42), usd(90)), (day(49), usd(70))]);
        assert_eq!(unusual(&costs, usd(75)).len(), 1, "too little money to tell of");
    }
}
