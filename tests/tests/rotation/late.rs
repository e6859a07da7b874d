//! A provider that is late: it acts and answers after the time limit, or its lists show a new key a while later.

use std::time::Duration;

use ownkey_app::wire::{RotationReason, RotationState, RotationView, RotationWaitKind, RunsOnWord};
use ownkey_provider_sim::{Fault, FaultKind, Lag};
use ownkey_providers::http::WHOLE_LIMIT;
use tokio::task::JoinSet;

use crate::world::World;

fn waits(view: &RotationView) -> Option<RotationReason> {
    view.wait.as_ref().filter(|wait| wait.kind == RotationWaitKind::Retry)?.why
}

async fn all_well(world: World, what: &str) {
    let view = world.play().await;
    assert_eq!(view.state, RotationState::Done, "{what}: {view:?}");
    assert_eq!(world.living_keys().len(), 1, "{what}: {:?}", world.living_keys());
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())], "{what}");
    assert_eq!(world.call().await, "2", "{what}");
    world.end().await;
}

/// The nth admin call on this route acts, and answers when nobody waits any more.
async fn answers_too_late(route: &'static str, nth: usize) {
    let what = format!("{route}, {nth} before");
    let world = World::made_for_me().await;
    let late = WHOLE_LIMIT + Duration::from_secs(2);
    let late = FaultKind::ActedButLate(u64::try_from(late.as_millis()).unwrap());
    // Faults are taken in their order: those before do nothing that is felt.
    if nth > 0 {
        world.control().inject(world.simulated(), Fault::on(route, nth, FaultKind::Delay(0)));
    }
    world.control().inject(world.simulated(), Fault::on(route, 1, late));
    let revokes = route.starts_with("DELETE");
    world.begin(false).await;
    if revokes {
        world.until(|view| view.runs_on != RunsOnWord::Old).await;
        world.call_until_version(2).await;
    }
    let named = |view: &RotationView| {
        matches!(waits(view), Some(RotationReason::NoAnswer | RotationReason::ProviderUnreachable))
    };
    let view = world.until_within(Duration::from_secs(120), named).await;
    assert!(view.wait.unwrap().until.is_some(), "{what}");
    assert_eq!(world.call().await, if revokes { "2" } else { "1" }, "{what}");
    all_well(world, &what).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_the_time_limit_is_named_and_leaves_no_second_key() {
    let mut all = JoinSet::new();
    // The service account, its first key's end, the key itself; the end of the old one.
    all.spawn(answers_too_late("POST /v1/organization", 0));
    all.spawn(answers_too_late("POST /v1/organization", 1));
    all.spawn(answers_too_late("DELETE /v1/organization", 1));
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_shows_a_new_key_late_hides_none_for_good() {
    let mut all = JoinSet::new();
    for lag in [Lag::calls(5), Lag::millis(4_000)] {
        for lost in [None, Some(0), Some(1)] {
            all.spawn(async move {
                let what = format!("{lag:?}, lost: {lost:?}");
                let world = World::made_for_me().await;
                world.control().lists_are_late(world.simulated(), lag);
                if let Some(nth) = lost {
                    let route = "POST /v1/organization";
                    if nth > 0 {
                        world.control().inject(world.simulated(), Fault::on(route, nth, FaultKind::Delay(0)));
                    }
                    world.control().inject(world.simulated(), Fault::on(route, 1, FaultKind::ActedButNoAnswer));
                }
                world.begin(false).await;
                all_well(world, &what).await;
            });
        }
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}
