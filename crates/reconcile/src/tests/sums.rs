//! Whatever the rows are: columns add up, however they are grouped, cut, ordered or repeated.

use ownkey_providers::bill::Amount;
use proptest::prelude::*;

use super::world::{Call, How, LARGE, MINI, World, at, listed};
use crate::{Line, total};

fn call() -> impl Strategy<Value = Call> {
    let how = prop_oneof![
        8 => Just(How::Known),
        1 => Just(How::Elsewhere),
        1 => Just(How::Unknown),
        1 => (0..400_u64).prop_map(How::Cut),
        1 => Just(How::NotListed),
    ];
    // Five days, with many calls close to the hour.
    let when = (0..5 * 24_i64, prop_oneof![0..3_600_000_i64, 3_598_000..3_600_000_i64]);
    (when, 0..5_000_i64, 1..3_u32, any::<bool>(), 1..9_000_u64, 0..2_000_u64, 0..900_u64, how).prop_map(
        |((hour, within), runs, version, mini, input, cached, output, how)| Call {
            at: at("2026-11-01T00:00:00.000Z").plus_millis(hour * 3_600_000 + within),
            runs,
            version,
            model: if mini { MINI } else { LARGE },
            input: input + cached,
            cached,
            output,
            how,
        },
    )
}

fn adds_up(lines: &[Line]) -> Result<(), TestCaseError> {
    for line in lines {
        let explained: Amount = line.sum.causes.values().copied().sum();
        prop_assert_eq!(line.sum.billed.unwrap(), line.sum.claimed + explained, "{:?}", line);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_adds_up_and_sums_over_any_grouping_agree(calls in prop::collection::vec(call(), 1..120)) {
        let world = World::of(&calls, listed);
        prop_assume!(world.billed.iter().any(|row| row.amount.is_some()));
        let lines = world.lines("2026-11-01", "2026-12-01");
        adds_up(&lines)?;
        let all = total(&lines, |_| ());
        let mut regrouped = Vec::new();
        for sums in [
            total(&lines, |who| who.day.to_string()),
            total(&lines, |who| who.version.to_string()),
            total(&lines, |who| format!("{:?}", who.model)),
        ] {
            let who = lines[0].who.clone();
            let again: Vec<Line> = sums.into_values().map(|sum| Line { who: who.clone(), sum }).collect();
            regrouped.push(total(&again, |_| ()));
        }
        for other in regrouped {
            prop_assert_eq!(&other, &all);
        }
    }

    #[test]
    fn a_month_that_is_cut_anywhere_adds_up_to_the_same(calls in prop::collection::vec(call(), 1..120), cut in 1..8_u8) {
        let world = World::of(&calls, listed);
        let cut = format!("2026-11-{cut:02}");
        let whole = world.lines("2026-11-01", "2026-12-01");
        let mut parts = world.lines("2026-11-01", &cut);
        parts.extend(world.lines(&cut, "2026-12-01"));
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn pages_in_any_order_and_twice_change_nothing(
        calls in prop::collection::vec(call(), 1..80),
        order in any::<prop::sample::Selector>(),
        twice in 0..50_usize,
    ) {
        let mut world = World::of(&calls, listed);
        let before = world.lines("2026-11-01", "2026-12-01");
        let mut rows = world.billed.clone();
        rows.extend(world.billed.iter().take(twice).cloned());
        let mut shuffled = Vec::new();
        while !rows.is_empty() {
            let at = order.select(0..rows.len());
            shuffled.push(rows.swap_remove(at));
        }
        world.again(shuffled);
        prop_assert_eq!(world.lines("2026-11-01", "2026-12-01"), before);
    }
}
