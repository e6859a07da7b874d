//! What is away for a while, or for good: the rotation waits, says for whom, and goes on.

use ownkey_app::wire::{
    RotationNext, RotationReason, RotationState, RotationView, RotationWaitKind, RunsOnWord, StepWord,
};
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{Fault, FaultKind, Lag};

use crate::network::Network;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_waited_for() {
    for world in [World::connected(Provider::Anthropic).await, World::made_for_me().await] {
        world.begin(false).await;
        world.until(|view| view.runs_on == RunsOnWord::Old).await;
        world.control().inject(world.simulated(), Fault::next(100_000, FaultKind::HangUp));
        if world.provider == Provider::Anthropic {
            world.paste_new_key().await;
        }
        let view = world.until_waits_for(RotationWaitKind::Retry).await;
        let why = view.wait.unwrap().why.unwrap();
        assert!(matches!(why, RotationReason::ProviderUnreachable | RotationReason::NoAnswer), "{why:?}");
        world.control().clear_faults(world.simulated());
        assert_eq!(world.play().await.state, RotationState::Done);
        assert_eq!(world.living_keys().len(), 1);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_key_that_is_revoked_in_the_middle_leaves_the_old_key_to_be_revoked_by_hand() {
    let world = World::made_for_me().await;
    let old = world.living_keys().remove(0);
    world.begin(false).await;
    world.until(|view| view.steps[4].state == StepWord::Done).await;
    world.revoke_admin();
    world.call_until_version(2).await;
    let view = world.until(|view| view.state == RotationState::Stuck).await;
    let stuck = view.stuck.unwrap();
    assert_eq!((stuck.why, stuck.next), (RotationReason::AdminRefused, RotationNext::GoByHand));
    assert_eq!(world.call().await, "2");
    world.client.app.rotation_go_on(world.connection()).await.unwrap();
    world.until_waits_for(RotationWaitKind::OldRevoked).await;
    assert!(world.control().revoke_key(world.simulated(), &old));
    world.client.app.rotation_revoked(world.connection()).await.unwrap();
    assert_eq!(world.until_over().await.state, RotationState::Done);
    assert_eq!(world.living_keys().len(), 1);
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_key_that_is_revoked_before_it_made_anything_leaves_the_new_key_to_be_made_by_hand() {
    let world = World::made_for_me().await;
    let old = world.living_keys().remove(0);
    world.revoke_admin();
    world.begin(false).await;
    let view = world.until(|view| view.state == RotationState::Stuck).await;
    assert_eq!(view.stuck.unwrap().why, RotationReason::AdminRefused);
    world.client.app.rotation_go_on(world.connection()).await.unwrap();
    let new = world.paste_new_key().await;
    world.until(|view| view.steps[4].state == StepWord::Done).await;
    world.call_until_version(2).await;
    world.until_waits_for(RotationWaitKind::OldRevoked).await;
    assert!(world.control().revoke_key(world.simulated(), &old));
    world.client.app.rotation_revoked(world.connection()).await.unwrap();
    assert_eq!(world.until_over().await.state, RotationState::Done);
    assert_eq!(world.living_keys(), [new]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_accepts_a_dead_key_for_a_while_is_asked_until_it_does_not() {
    for world in [World::connected(Provider::Anthropic).await, World::made_for_me().await] {
        world.control().dead_keys_linger(world.simulated(), Lag::millis(2_500));
        world.begin(false).await;
        if world.provider == Provider::Anthropic {
            world.paste_new_key().await;
        }
        world.call_until_version(2).await;
        if world.provider == Provider::Anthropic {
            world.until_waits_for(RotationWaitKind::OldRevoked).await;
            world.revoke_old();
            world.client.app.rotation_revoked(world.connection()).await.unwrap();
        }
        let view = world.until_waits_for(RotationWaitKind::StillAccepted).await;
        assert!(view.wait.unwrap().until.is_some());
        assert!(world.kept_keys().contains(&format!("key/{}/1", world.connection())), "it is needed for the proof");
        let view = world.until_over().await;
        assert_eq!(view.state, RotationState::Done);
        assert!(view.report.unwrap().refused_at.is_some());
        assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
        world.end().await;
    }
}

fn waits_for_agency(view: &RotationView) -> bool {
    view.wait.as_ref().is_some_and(|wait| wait.why == Some(RotationReason::AgencyUnreachable))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_that_is_away_in_the_middle_is_waited_for_also_by_an_app_that_was_closed_meanwhile() {
    for closed in [false, true] {
        let network = Network::start().await;
        let mut world = World::connected_through(&network).await;
        world.begin(false).await;
        world.until_leased().await;
        network.cut();
        let new = world.paste_new_key().await;
        let view = world.until(waits_for_agency).await;
        assert_eq!((view.state, view.steps[2].state), (RotationState::Waiting, StepWord::Done), "{view:?}");
        if closed {
            world = world.reopened().await;
            world.until(waits_for_agency).await;
        }
        network.mend();
        assert_eq!(world.play().await.state, RotationState::Done, "closed: {closed}");
        assert_eq!(world.living_keys(), [new]);
        assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_that_is_away_after_the_old_key_was_revoked_hears_of_it_later() {
    let network = Network::start().await;
    let world = World::connected_through(&network).await;
    world.begin(false).await;
    let new = world.paste_new_key().await;
    world.call_until_version(2).await;
    world.until_waits_for(RotationWaitKind::OldRevoked).await;
    network.cut();
    world.revoke_old();
    world.client.app.rotation_revoked(world.connection()).await.unwrap();
    world.until(waits_for_agency).await;
    network.mend();
    assert_eq!(world.until_over().await.state, RotationState::Done);
    assert_eq!(world.living_keys(), [new]);
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_after_the_provider_acted_leaves_no_second_key() {
    for kind in [FaultKind::ActedButNoAnswer, FaultKind::Garbage] {
        for route in ["POST /v1/organization", "DELETE /v1/organization", "GET /v1/organization"] {
            let world = World::made_for_me().await;
            world.control().lists_are_late(world.simulated(), Lag::calls(1));
            world.control().inject(world.simulated(), Fault::on(route, 1, kind.clone()));
            world.begin(false).await;
            let what = format!("{route} {kind:?}");
            assert_eq!(world.play().await.state, RotationState::Done, "{what}");
            assert_eq!(world.living_keys().len(), 1, "{what}: {:?}", world.living_keys());
            assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())], "{what}");
            assert_eq!(world.call().await, "2", "{what}");
            world.end().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_call_the_agency_proves_the_new_key_after_a_minute() {
    let world = World::connected(Provider::Anthropic).await;
    world.begin(false).await;
    world.paste_new_key().await;
    world.until_waits_for(RotationWaitKind::Proof).await;
    let asks = |view: &RotationView| view.wait.as_ref().is_some_and(|wait| wait.kind == RotationWaitKind::OldRevoked);
    world.until_within(std::time::Duration::from_secs(90), asks).await;
    assert_eq!(world.play().await.state, RotationState::Done);
    assert_eq!(world.living_keys().len(), 1);
    world.end().await;
}
