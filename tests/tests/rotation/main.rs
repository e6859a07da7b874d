//! Rotations through the real engine, agency and simulated providers: what became of every key, what the calls saw, and
//! what the record says.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test says what it expected by failing")]

mod apart;
mod by_admin;
mod crash;
mod devices;
mod late;
mod leaked;
mod middle;
mod network;
mod revoked;
mod schedule;
mod trial;
mod watch;
mod weaker;
mod webhook;
mod witness;
mod world;

use ownkey_app::host::{SavedText, Saving, Sentence};
use ownkey_app::wire::{RotationReason, RotationState, RotationStepName, RotationWaitKind, RunsOnWord, StepWord};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use ownkey_tests::shapes as calls;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn by_hand_at_every_provider_the_new_key_serves_and_the_old_one_is_proven_dead() {
    for provider in Provider::ALL {
        let world = World::connected(provider).await;
        world.begin(false).await;
        assert_eq!(world.view().await.runs_on, RunsOnWord::Old);
        let new = world.paste_new_key().await;
        world.until(|view| view.steps[4].state == StepWord::Done).await;
        world.call_until_version(2).await;
        world.until_waits_for(RotationWaitKind::OldRevoked).await;
        world.revoke_old();
        world.client.app.rotation_revoked(world.connection()).await.unwrap();
        let view = world.until_over().await;
        assert_eq!(view.state, RotationState::Done, "{provider}: {view:?}");
        assert!(view.steps.iter().all(|step| step.state == StepWord::Done && step.at.is_some()), "{view:?}");
        let report = view.report.unwrap();
        saves_report(&world).await;
        assert!(report.refused_at.is_some());
        assert!(report.calls.is_some_and(|calls| calls.all > 0 && calls.failed == 0), "{provider}: {report:?}");
        assert_eq!(world.living_keys(), [new], "{provider}");
        assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())], "{provider}");
        world.end().await;
    }
}

/// What the report says, without its words: no more of a key than its last four characters.
async fn saves_report(world: &World) {
    let (app, host) = (&world.client.app, &world.client.host);
    host.decline();
    let declined = app.rotation_save(world.connection()).await;
    assert_eq!(declined.map_err(|fault| fault.code), Err(Code::Declined));
    host.accept();
    app.rotation_save(world.connection()).await.unwrap();
    let [saved] = host.saved().try_into().unwrap();
    assert!(saved.file.starts_with(&format!("ownkey-{}-20", world.provider)) && saved.file.ends_with(".txt"));
    let ids: Vec<_> = sentences(&saved).iter().map(|line| line.id.trim_start_matches("native-report-")).collect();
    assert_eq!(ids, ["head", "ordinary", "refused", "new", "calls", "ids"]);
    let view = world.view().await;
    let last_four =
        |line: usize| sentences(&saved)[line].fields.iter().find(|(name, _)| *name == "last").unwrap().1.clone();
    assert_eq!((Some(last_four(2)), Some(last_four(3))), (view.old_last_four, view.new_last_four));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_admin_key_it_goes_by_itself() {
    let world = World::made_for_me().await;
    world.begin(false).await;
    world.until(|view| view.runs_on != RunsOnWord::Old).await;
    world.call_until_version(2).await;
    let view = world.until_over().await;
    assert_eq!(view.state, RotationState::Done, "{view:?}");
    assert!(view.automatic && view.steps[0].name == RotationStepName::Made);
    assert_eq!(world.living_keys().len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_account_is_offered_as_a_connection_of_its_own() {
    let world = World::connected(Provider::Anthropic).await;
    world.begin(false).await;
    world.paste(&world.new_key("Another account")).await;
    let view = world.until(|view| view.state == RotationState::Stuck).await;
    assert_eq!(view.stuck.unwrap().why, RotationReason::OtherAccount);
    world.client.app.rotation_go_on(world.connection()).await.unwrap();
    assert_eq!(world.until_over().await.state, RotationState::Abandoned);
    assert_eq!(world.client.app.app_state().await.unwrap().drafts.len(), 1);
    assert_eq!(world.call().await, "1", "the old key serves on");
    world.end().await;
}

fn sentences(saved: &Saving) -> &[Sentence] {
    match &saved.text {
        SavedText::Sentences(lines) => lines,
        SavedText::Table(_) => panic!("a report is for people"),
    }
}
