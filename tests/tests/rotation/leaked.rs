//! *It may have leaked*: what runs on the old key is cut, and nothing begins on it any more, before anything else happens.

use std::time::Duration;

use ownkey_app::wire::{RotationState, RotationWaitKind, RunsOnWord};
use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::{Fallback, Provider};
use ownkey_provider_sim::{Fault, FaultKind};

use crate::world::World;

/// An answer read on: whether it broke off.
async fn breaks_off(mut answer: reqwest::Response) -> bool {
    let reading = async {
        loop {
            match answer.chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading).await.expect("the answer goes on")
}

/// Versions that were retired, in order, and why.
fn retired(world: &World) -> Vec<(u32, RetireReason)> {
    let deeds = world.deeds().into_iter();
    let retired = deeds.filter_map(|deed| match deed {
        Deed::VersionRetire { version, reason, .. } => Some((version, reason)),
        _ => None,
    });
    retired.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn by_hand_the_old_key_is_dead_before_a_new_one_is_asked_for_and_calls_fall_back_meanwhile() {
    let world = World::connected(Provider::Anthropic).await;
    world.falls_back(Fallback::Platform);
    world.control().inject(world.simulated(), Fault::next(1, FaultKind::SlowBody { bytes_per_s: 20 }));
    let stream = world.stream().await;
    world.begin(true).await;
    let view = world.until_waits_for(RotationWaitKind::OldRevoked).await;
    assert!(breaks_off(stream).await, "it looks whole");
    assert_eq!(view.runs_on, RunsOnWord::None);
    assert!(view.leaked && !view.automatic);
    assert_eq!(retired(&world), [(1, RetireReason::Leaked)]);
    assert_eq!(world.payer().await, "platform", "calls follow the fallback");
    world.revoke_old();
    world.client.app.rotation_revoked(world.connection()).await.unwrap();
    world.until_waits_for(RotationWaitKind::NewKey).await;
    assert!(world.living_keys().is_empty());
    assert_eq!(world.kept_keys(), Vec::<String>::new(), "the dead key is forgotten before there is another");
    assert_eq!(world.payer().await, "platform");
    let new = world.paste_new_key().await;
    let view = world.play().await;
    assert_eq!(view.state, RotationState::Done, "{view:?}");
    assert_eq!(world.living_keys(), [new]);
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
    assert_eq!(world.call().await, "2");
    assert_eq!(world.payer().await, "client");
    world.client.app.rotation_save(world.connection()).await.unwrap();
    let saved = world.client.host.saved().remove(0);
    let ids: Vec<_> =
        super::sentences(&saved).iter().map(|line| line.id.trim_start_matches("native-report-")).collect();
    assert_eq!(ids[..2], ["head", "leaked"]);
    assert!(ids.contains(&"list") && ids.contains(&"cost") && ids.contains(&"call"), "{ids:?}");
    let asked = world.client.host.asked();
    assert_eq!(asked.iter().filter(|question| question.about == "leaked").count(), 1, "{asked:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_on_the_leaked_key_are_listed_with_assistant_and_cost() {
    let world = World::connected(Provider::Anthropic).await;
    for _ in 0..3 {
        assert_eq!(world.call().await, "1");
    }
    world.begin(true).await;
    world.until_waits_for(RotationWaitKind::OldRevoked).await;
    let mut listed = world.client.app.version_calls(world.connection(), 1, None).await.unwrap();
    for _ in 0..200 {
        if listed.unpriced == 0 && listed.all == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        listed = world.client.app.version_calls(world.connection(), 1, None).await.unwrap();
    }
    assert_eq!((listed.all, listed.unpriced, listed.calls.len(), &listed.next), (3, 0, 3, &None), "{listed:?}");
    assert!(listed.cost_micro > 0 && listed.calls.iter().all(|call| !call.assistant.is_empty()), "{listed:?}");
    let last = listed.calls[2].id.clone();
    let older = world.client.app.version_calls(world.connection(), 1, Some(last)).await.unwrap();
    assert!(older.calls.is_empty() && older.all == 3, "{older:?}");
    let unknown = world.client.app.version_calls(world.connection(), 9, None).await;
    assert_eq!(unknown.map(drop).map_err(|fault| fault.code), Err(Code::NotFound));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_admin_key_a_new_one_serves_at_once_and_the_old_one_is_revoked() {
    let world = World::made_for_me().await;
    world.falls_back(Fallback::Platform);
    let old = world.living_keys();
    world.control().inject(world.simulated(), Fault::next(1, FaultKind::SlowBody { bytes_per_s: 20 }));
    let stream = world.stream().await;
    world.begin(true).await;
    assert!(breaks_off(stream).await, "it looks whole");
    let view = world.play().await;
    assert_eq!(view.state, RotationState::Done, "{view:?}");
    assert_eq!(retired(&world), [(1, RetireReason::Leaked)]);
    let living = world.living_keys();
    assert!(living.len() == 1 && living != old, "{living:?}");
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
    assert_eq!(world.call().await, "2");
    assert_eq!(world.client.host.asked().iter().filter(|question| question.about == "leaked").count(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fallback_calls_stop_until_the_new_key_serves() {
    let world = World::connected(Provider::Anthropic).await;
    world.falls_back(Fallback::Stop);
    world.begin(true).await;
    world.until_waits_for(RotationWaitKind::OldRevoked).await;
    let refused = world.answer().await;
    assert!(refused.status().is_client_error() || refused.status().is_server_error(), "{}", refused.status());
    assert_eq!(world.play().await.state, RotationState::Done);
    assert_eq!(world.call().await, "2");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_nothing_happens() {
    for world in [World::connected(Provider::Anthropic).await, World::made_for_me().await] {
        let (deeds, living, kept) = (world.deeds().len(), world.living_keys(), world.kept_keys());
        world.client.host.decline();
        let declined = world.client.app.rotation_start(world.connection(), true).await;
        assert_eq!(declined.map_err(|fault| fault.code), Err(Code::Declined));
        assert!(world.client.app.app_state().await.unwrap().rotations.is_empty());
        assert_eq!((world.deeds().len(), world.living_keys(), world.kept_keys()), (deeds, living, kept));
        assert_eq!(world.call().await, "1");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_while_a_new_key_is_waited_for_the_old_one_ends_first_and_the_same_replacement_goes_on() {
    let world = World::connected(Provider::Anthropic).await;
    world.falls_back(Fallback::Platform);
    world.begin(false).await;
    let before = world.until_waits_for(RotationWaitKind::NewKey).await;
    assert!(before.may_leak);
    world.client.host.decline();
    let declined = world.client.app.rotation_start(world.connection(), true).await;
    assert_eq!(declined.map_err(|fault| fault.code), Err(Code::Declined));
    assert!(!world.view().await.leaked, "who says no changes nothing");
    world.client.host.accept();
    world.control().inject(world.simulated(), Fault::next(1, FaultKind::SlowBody { bytes_per_s: 20 }));
    let stream = world.stream().await;
    world.begin(true).await;
    assert!(breaks_off(stream).await, "it looks whole");
    let view = world.until_waits_for(RotationWaitKind::OldRevoked).await;
    assert!(view.leaked && !view.may_leak && view.runs_on == RunsOnWord::None && view.started == before.started);
    assert_eq!(retired(&world), [(1, RetireReason::Leaked)]);
    assert_eq!(world.payer().await, "platform");
    let view = world.play().await;
    assert_eq!(view.state, RotationState::Done, "{view:?}");
    assert_eq!((view.new, world.call().await.as_str()), (2, "2"));
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn told_once_the_new_key_serves_the_old_one_waits_for_nothing_and_no_second_key_is_made() {
    let world = World::made_for_me().await;
    world.begin(false).await;
    world.until(|view| view.runs_on != RunsOnWord::Old).await;
    assert_eq!(world.living_keys().len(), 2);
    world.begin(true).await;
    let view = world.play().await;
    assert_eq!(view.state, RotationState::Done, "{view:?}");
    assert!(view.leaked && view.report.unwrap().refused_at.is_some());
    assert_eq!(retired(&world), [(1, RetireReason::Leaked)]);
    assert_eq!((world.living_keys().len(), world.call().await.as_str()), (1, "2"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_while_it_is_told_does_not_hold_up_the_end_at_the_agency() {
    let world = World::made_for_me().await;
    world.control().inject(world.simulated(), Fault::on("/v1/organization/projects", 1, FaultKind::Delay(20_000)));
    world.begin(false).await;
    while !world.client.host.points().contains(&"rotation: before make") {
        world.client.host.news().await;
    }
    world.until_leased().await;
    world.begin(true).await;
    for _ in 0..150 {
        if retired(&world) == [(1, RetireReason::Leaked)] {
            return world.end().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is not retired: {:#?}", world.view().await);
}
