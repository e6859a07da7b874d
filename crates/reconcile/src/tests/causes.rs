//! Each cause, brought about alone, is found as what it is, to the last digit, and nothing else is.

use std::collections::BTreeMap;

use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::bill::Amount;
use ownkey_providers::meter::Part;

use super::world::{Call, How, LARGE, MINI, World, day, listed};
use crate::{Cause, Line, Rate, total};

/// Two days of calls of which a million tokens' price makes whole millionths, so that no rounding is in the way.
fn calls() -> Vec<Call> {
    let mut all = Vec::new();
    for d in [2, 3] {
        for h in 0..24 {
            all.push(Call::new(&format!("2026-11-{d:02}T{h:02}:20:00.000Z"), 4_000, 2_000, 1_000));
            let large = Call {
                model: LARGE,
                version: 2,
                ..Call::new(&format!("2026-11-{d:02}T{h:02}:40:00.000Z"), 800, 0, 60)
            };
            all.push(large);
        }
    }
    all
}

fn causes(lines: &[Line]) -> BTreeMap<Cause, Amount> {
    for line in lines {
        let sum = &line.sum;
        let explained: Amount = sum.causes.values().copied().sum();
        assert_eq!(sum.billed.unwrap(), sum.claimed + explained, "{line:?}");
    }
    total(lines, |_| ()).remove(&()).map(|sum| sum.causes).unwrap_or_default()
}

fn micro(micro: i64) -> Amount {
    Amount::from_micro(micro)
}

fn november(world: &World) -> BTreeMap<Cause, Amount> {
    causes(&world.lines("2026-11-01", "2026-12-01"))
}

#[test]
fn columns_that_agree_have_no_cause() {
    assert_eq!(november(&World::of(&calls(), listed)), BTreeMap::new());
}

#[test]
fn other_use_of_the_same_key_is_found() {
    let mut all = calls();
    all.push(Call { how: How::Elsewhere, ..Call::new("2026-11-02T03:10:00.000Z", 100_000, 0, 10_000) });
    assert_eq!(november(&World::of(&all, listed)), [(Cause::UsedElsewhere, micro(15_000 + 6_000))].into());
}

#[test]
fn a_call_of_which_the_agency_knows_no_end_is_found() {
    let mut all = calls();
    all.push(Call { how: How::Unknown, ..Call::new("2026-11-02T03:10:00.000Z", 4_000, 0, 1_000) });
    assert_eq!(november(&World::of(&all, listed)), [(Cause::UnknownCalls, micro(1_200))].into());
}

#[test]
fn a_stream_that_was_cut_is_found() {
    let mut all = calls();
    all.push(Call { how: How::Cut(1_000), ..Call::new("2026-11-02T03:10:00.000Z", 4_000, 0, 3_000) });
    assert_eq!(november(&World::of(&all, listed)), [(Cause::CutStreams, micro(1_200))].into());
}

#[test]
fn a_call_that_the_provider_does_not_list_is_found() {
    let mut all = calls();
    all.push(Call { how: How::NotListed, ..Call::new("2026-11-02T03:10:00.000Z", 4_000, 0, 1_000) });
    assert_eq!(november(&World::of(&all, listed)), [(Cause::NotListed, micro(-1_200))].into());
}

#[test]
fn a_call_over_midnight_is_of_both_days_and_of_neither_month() {
    let mut all = calls();
    all.push(Call { runs: 5_000, ..Call::new("2026-11-02T23:59:58.000Z", 4_000, 0, 1_000) });
    let world = World::of(&all, listed);
    assert_eq!(november(&world), BTreeMap::new());
    let by_day = total(&world.lines("2026-11-01", "2026-12-01"), |who| who.day);
    assert_eq!(by_day[&day("2026-11-02")].causes, [(Cause::DayEdge, micro(-1_200))].into());
    assert_eq!(by_day[&day("2026-11-03")].causes, [(Cause::DayEdge, micro(1_200))].into());
}

#[test]
fn a_call_over_the_hour_is_no_difference() {
    let mut all = calls();
    all.push(Call { runs: 5_000, ..Call::new("2026-11-02T10:59:58.000Z", 4_000, 0, 1_000) });
    all.push(Call { runs: 5_000, ..Call::new("2026-11-02T11:59:58.000Z", 8_000, 0, 3_000) });
    assert_eq!(november(&World::of(&all, listed)), BTreeMap::new());
}

#[test]
fn calls_of_which_each_is_rounded_differ_by_that() {
    let mut all = calls();
    let odd = |n: u32| Call::new(&format!("2026-11-02T05:{n:02}:00.000Z"), 3, 0, 0);
    all.extend((0..10).map(odd));
    // 3 × 0.15 micro is 0.45, which the agency writes down as 0.
    assert_eq!(november(&World::of(&all, listed)), [(Cause::Rounding, "0.0000045".parse().unwrap())].into());
}

#[test]
fn another_price_is_found_from_the_day_on_which_it_holds() {
    fn dearer(model: &str, on: Day) -> [u64; 3] {
        let [input, cached, output] = listed(model, on);
        if on >= day("2026-11-03") && model == MINI { [input, cached, output * 2] } else { [input, cached, output] }
    }
    let world = World::of(&calls(), dearer);
    let by_day = total(&world.lines("2026-11-01", "2026-12-01"), |who| who.day);
    assert_eq!(by_day[&day("2026-11-02")].causes, BTreeMap::new());
    assert_eq!(by_day[&day("2026-11-03")].causes, [(Cause::Price, micro(24 * 600))].into());
}

#[test]
fn an_agreed_price_stands_in_both_columns() {
    fn half(model: &str, on: Day) -> [u64; 3] {
        let [input, cached, output] = listed(model, on);
        if model == MINI { [input / 2, cached / 2, output / 2] } else { [input, cached, output] }
    }
    let mut world = World::of(&calls(), half);
    let price = micro(2 * 24 * (300 + 150 + 600));
    assert_eq!(november(&world), [(Cause::Price, Amount::ZERO - price.share(1, 2))].into());
    let agreed = |part, price| Rate {
        provider: Provider::OpenAi,
        model: "gpt-4o-mini".to_owned(),
        part,
        price,
        from: day("2026-11-01"),
    };
    let all = [(Part::TextIn, 75_000), (Part::CachedIn, 37_500), (Part::TextOut, 300_000)];
    world.rates.0 = all.map(|(part, price)| agreed(part, price)).to_vec();
    assert_eq!(november(&world), BTreeMap::new());
    let sum = total(&world.lines("2026-11-01", "2026-12-01"), |_| ()).remove(&()).unwrap();
    let by_line: Amount = world.claimed.iter().map(|(day, line)| world.rates.claimed(*day, line)).sum();
    assert_eq!(by_line, sum.claimed, "line by line it comes to the same");
}

#[test]
fn an_agreed_price_counts_for_a_model_that_the_list_does_not_have() {
    let named = |world: &mut World| {
        for (_, line) in &mut world.claimed {
            (line.model, line.cost.micro, line.unpriced) = (Some("mystery-2".to_owned()), 0, line.calls);
        }
        for row in &mut world.billed {
            row.model = row.model.as_ref().map(|_| "mystery-2".to_owned());
            row.line = row.line.as_ref().map(|line| line.replace(MINI, "mystery-2"));
        }
    };
    let mut world = World::of(&[Call::new("2026-11-02T03:20:00.000Z", 4_000, 0, 1_000)], listed);
    named(&mut world);
    assert_eq!(november(&world), [(Cause::NoPrice, micro(600 + 600))].into());
    let agreed = |part, price| Rate {
        provider: Provider::OpenAi,
        model: "mystery-2".to_owned(),
        part,
        price,
        from: day("2026-11-01"),
    };
    world.rates.0 = vec![agreed(Part::TextIn, 150_000), agreed(Part::TextOut, 600_000)];
    assert_eq!(november(&world), BTreeMap::new());
    assert_eq!(world.rates.claimed(world.claimed[0].0, &world.claimed[0].1), micro(1_200));
}

#[test]
fn what_the_provider_gave_away_is_found_also_on_the_day_on_which_it_ran_out() {
    let mut world = World::of(&calls(), listed);
    let mut gone = Amount::ZERO;
    for row in &mut world.billed {
        let (Some(line), Some(amount)) = (&row.line, row.amount) else { continue };
        if line.starts_with(MINI) && line.ends_with(", output") {
            let second = row.from >= day("2026-11-03").begin();
            let left = if second { Amount::from_pico(600_000 * 7_000) } else { Amount::ZERO };
            gone += amount - left;
            row.amount = Some(left);
        }
    }
    assert_eq!(november(&world), [(Cause::FreeTier, Amount::ZERO - gone)].into());
}

#[test]
fn calls_in_another_tier_have_another_price() {
    use ownkey_providers::bill::Tier;
    let mut world = World::of(&calls(), listed);
    let mut saved = Amount::ZERO;
    for row in world.billed.iter_mut().filter(|row| row.key.as_deref() == Some("key_b")) {
        row.tier = if row.amount.is_none() { Tier::Batch } else { row.tier };
        if let Some(amount) = row.amount {
            saved += amount.share(1, 2);
            row.amount = Some(amount - amount.share(1, 2));
        }
    }
    assert_eq!(november(&world), [(Cause::Tier, Amount::ZERO - saved)].into());
}

#[test]
fn what_stands_beside_calls_is_named() {
    let mut world = World::of(&calls(), listed);
    world.beside("2026-11-03", "VAT 19 %", "0.019");
    world.beside("2026-11-03", "Refund", "-0.5");
    world.beside("2026-11-02", "vector store storage", "0.1");
    let expected = [(Cause::Tax, "0.019"), (Cause::Refund, "-0.5"), (Cause::NotMetered, "0.1")];
    assert_eq!(november(&world), expected.map(|(cause, text)| (cause, text.parse().unwrap())).into());
}

#[test]
fn of_a_day_that_is_not_settled_nothing_else_is_said() {
    let mut all = calls();
    all.push(Call { how: How::Elsewhere, ..Call::new("2026-11-03T03:10:00.000Z", 100_000, 0, 10_000) });
    let mut world = World::of(&all, listed);
    world.billed_until = day("2026-11-03").begin();
    assert_eq!(november(&world), [(Cause::NotSettled, micro(21_000))].into());
}

#[test]
fn a_model_without_its_date_is_the_dated_one() {
    let mut world = World::of(&calls(), listed);
    for (_, line) in world.claimed.iter_mut().filter(|(_, line)| line.model.as_deref() == Some(MINI)) {
        line.model = Some("gpt-4o-mini".to_owned());
    }
    assert_eq!(november(&world), BTreeMap::new());
}

#[test]
fn a_key_of_somebody_else_is_not_on_this_bill() {
    let mut world = World::of(&calls(), listed);
    let mut more = world.billed.clone();
    more.iter_mut().for_each(|row| row.key = Some("key_of_another".to_owned()));
    world.billed.extend(more);
    assert_eq!(november(&world), BTreeMap::new());
}
