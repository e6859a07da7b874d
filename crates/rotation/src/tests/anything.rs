//! Any order of events, mishaps and delays: what holds at every moment and at the end.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::moves::{Life, MISHAPS, WELL};
use super::*;

fn any_plan() -> impl Strategy<Value = Plan> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(guided, first, leaked)| {
        let way = if guided { Way::Guided } else { Way::Automatic };
        plan(way, (!first || leaked).then_some(2), leaked)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_calls_find_a_key_and_no_key_is_forgotten(
        plan in any_plan(),
        rough in 1..60_u8,
        moves in prop::collection::vec((any::<u8>(), any::<u8>()), 0..120),
    ) {
        let mut life = Life::begin(plan);
        for (kind, which) in moves {
            let list: &[_] = if kind % 60 < rough { &MISHAPS } else { &WELL };
            life.make(list[usize::from(which) % list.len()]);
        }
        life.clone().left_alone(false);
        life.left_alone(true);
    }
}
