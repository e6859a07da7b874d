//! A balance that goes down, beside the agency's hours: what the calls took, what went elsewhere, and what nobody can tell.

use std::collections::{BTreeMap, BTreeSet};

use ownkey_protocol::limit::{Currency, Money};
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::bill::Amount;

use super::world::{at, day, no_call};
use crate::{Balance, Books, Cause, Look, Rates, Zone, reconcile, total};

const CORE: &str = "core";
const ULTRA: &str = "ultra";

/// An hour of the agency's: so many pictures of 3 credits, or of 8.
fn hour(on: &str, hour: u8, model: &str, pictures: u64) -> (Day, UsageLine) {
    let milli = pictures * if model == CORE { 3_000 } else { 8_000 };
    let line = UsageLine {
        hour,
        provider: Provider::Stability,
        model: Some(model.to_owned()),
        r#use: Some(Use::Images),
        calls: pictures,
        metered: pictures,
        cost: Money { currency: Currency::Usd, micro: milli * 10 },
        units: BTreeMap::from([("images".to_owned(), pictures), ("credits_milli".to_owned(), milli)]),
        ..no_call()
    };
    (day(on), line)
}

fn look(when: &str, credits: &str) -> Look {
    Look { at: at(&format!("{when}:00.000Z")), credits: credits.parse().unwrap() }
}

/// By day: what was billed, and causes.
type Told = BTreeMap<String, (i64, BTreeMap<Cause, i64>)>;

/// A day of it, as a test writes it.
type Expected<'a> = (&'a str, i64, &'a [(Cause, i64)]);

/// What November comes to, by day: billed in millionths, and causes.
fn november(looks: &[Look], claimed: &[(Day, UsageLine)]) -> Told {
    let span = day("2026-10-31").begin()..day("2026-12-02").begin();
    let rates = Rates::default();
    let told = Balance::read(looks, claimed, span, &rates);
    let until = looks.last().map_or(day("2026-11-01").begin(), |last| Day::of(last.at).begin());
    let books = Books {
        provider: Provider::Stability,
        zone: Zone::UTC,
        claimed,
        claimed_until: at("2027-01-01T00:00:00.000Z"),
        billed: &told.rows,
        billed_until: until,
        untold: &told.untold,
        keys: &BTreeMap::new(),
        rates: &rates,
    };
    let lines = reconcile(&books, day("2026-11-01")..day("2026-12-01"));
    for line in &lines {
        let explained: Amount = line.sum.causes.values().copied().sum();
        assert_eq!(line.sum.billed, Some(line.sum.claimed + explained), "{line:?}");
    }
    let micro = |amount: Amount| amount.to_micro_rounded();
    let told = total(&lines, |who| who.day).into_iter().map(|(day, sum)| {
        let causes = sum.causes.iter().map(|(cause, amount)| (*cause, micro(*amount))).collect();
        (day.to_string(), (micro(sum.billed.unwrap()), causes))
    });
    told.collect()
}

fn is(days: &[Expected<'_>]) -> Told {
    let one = |(day, billed, causes): &Expected<'_>| ((*day).to_owned(), (*billed, causes.iter().copied().collect()));
    days.iter().map(one).collect()
}

#[test]
fn what_the_calls_took_agrees_to_the_last_credit_however_the_provider_writes_it() {
    let claimed = [hour("2026-11-03", 9, CORE, 2), hour("2026-11-03", 9, ULTRA, 1), hour("2026-11-04", 20, CORE, 1)];
    let looks = [
        look("2026-10-31T12:00", "100.6336833840314097"),
        look("2026-11-03T10:30", "86.6336833840314"),
        look("2026-11-06T08:00", "83.63368338403141"),
    ];
    assert_eq!(november(&looks, &claimed), is(&[("2026-11-03", 140_000, &[]), ("2026-11-04", 30_000, &[])]));
}

#[test]
fn calls_that_name_no_model_cost_what_they_cost() {
    let (on, line) = hour("2026-11-03", 9, CORE, 2);
    let looks = [look("2026-10-31T12:00", "100"), look("2026-11-05T10:30", "94")];
    let nameless = UsageLine { model: None, ..line };
    assert_eq!(november(&looks, &[(on, nameless)]), is(&[("2026-11-03", 60_000, &[])]));
}

#[test]
fn what_went_beyond_the_calls_was_used_elsewhere() {
    let claimed = [hour("2026-11-03", 9, CORE, 2)];
    let looks = [look("2026-10-31T12:00", "100"), look("2026-11-03T09:00", "98"), look("2026-11-05T09:00", "87.5")];
    let expected: &[_] = &[
        ("2026-10-31", 20_000, [(Cause::UsedElsewhere, 20_000)].as_slice()),
        ("2026-11-03", 105_000, &[(Cause::UsedElsewhere, 45_000)]),
    ];
    // The first of them began in October.
    assert_eq!(november(&looks, &claimed), is(&expected[1..]));
}

#[test]
fn what_went_beside_calls_without_a_price_may_be_theirs() {
    let (on, line) = hour("2026-11-03", 9, "sd3.5-large-turbo", 2);
    let cost = Money { micro: 0, ..line.cost };
    let unpriced = UsageLine { units: BTreeMap::from([("images".to_owned(), 2)]), unpriced: 2, cost, ..line };
    let looks = [look("2026-11-01T00:00", "100"), look("2026-11-03T09:30", "92"), look("2026-11-05T10:30", "92")];
    let told = november(&looks, &[(on, unpriced)]);
    let all: Vec<&BTreeMap<Cause, i64>> =
        told.values().map(|(_, causes)| causes).filter(|one| !one.is_empty()).collect();
    assert_eq!(all, [&BTreeMap::from([(Cause::NoPrice, 80_000)])]);
}

#[test]
fn calls_that_took_nothing_are_missing_at_the_provider_and_later_credits_are_not_theirs() {
    let claimed = [hour("2026-11-03", 9, CORE, 2)];
    let looks = [
        look("2026-10-31T12:00", "100"),
        look("2026-11-03T10:00", "97"),
        look("2026-11-03T14:00", "97"),
        look("2026-11-07T10:00", "90"),
    ];
    let told = november(&looks, &claimed);
    let causes: BTreeMap<Cause, i64> = [(Cause::NotListed, -30_000), (Cause::UsedElsewhere, 70_000)].into();
    assert_eq!(told["2026-11-03"], (100_000, causes), "seven credits went after two in the afternoon");
}

#[test]
fn an_hour_in_which_is_looked_takes_from_both_sides_of_the_look() {
    let claimed = [hour("2026-11-03", 9, CORE, 10)];
    let looks = [look("2026-10-31T12:00", "100"), look("2026-11-03T09:20", "88"), look("2026-11-05T09:00", "70")];
    assert_eq!(november(&looks, &claimed), is(&[("2026-11-03", 300_000, &[])]));
}

#[test]
fn days_before_the_first_look_and_days_on_which_credits_were_bought_are_not_told() {
    let claimed = [
        hour("2026-11-02", 9, CORE, 1),
        hour("2026-11-04", 9, CORE, 1),
        hour("2026-11-06", 9, CORE, 1),
        hour("2026-11-08", 9, CORE, 1),
    ];
    let looks = [
        look("2026-11-03T12:00", "10"),
        look("2026-11-05T12:00", "7"),
        look("2026-11-06T12:00", "1004"),
        look("2026-11-09T12:00", "1001"),
    ];
    let untold: &[_] = &[(Cause::NotTold, -30_000)];
    let expected = [("2026-11-02", 0, untold), ("2026-11-04", 30_000, &[]), ("2026-11-06", 0, untold)];
    let told = november(&looks, &claimed);
    assert_eq!(told, is(&[expected.as_slice(), &[("2026-11-08", 30_000, &[])]].concat()));
}

#[test]
fn a_series_that_leaves_the_span_is_no_ones_to_judge() {
    let span = day("2026-11-01").begin()..day("2026-12-01").begin();
    let rates = Rates::default();
    let looks = [look("2026-11-28T12:00", "10"), look("2026-12-03T12:00", "4")];
    let claimed = [hour("2026-11-29", 9, CORE, 1)];
    let told = Balance::read(&looks, &claimed, span.clone(), &rates);
    let first: BTreeSet<Day> = (1..=30).map(|n| day(&format!("2026-11-{n:02}"))).collect();
    assert_eq!((told.rows.len(), told.untold), (0, first));
    assert_eq!(Balance::read(&[], &claimed, span, &rates), Balance::default());
}
