//! A new key that can do less stops the rotation before the agency has it, and says what is missing.

use ownkey_app::wire::{
    RotationNext, RotationReason, RotationState, RotationView, RotationWaitKind, StepWord, WeaknessKind,
};
use ownkey_protocol::act::Deed;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::KeySpec;

use crate::world::{ACCOUNT, World};

/// A rotation that stands still because this key was pasted; the key's id.
async fn stuck(provider: Provider, spec: KeySpec) -> (World, RotationView, String) {
    let world = World::connected(provider).await;
    world.begin(false).await;
    let weak = world.control().make_key(world.simulated(), ACCOUNT, spec);
    world.paste(&weak).await;
    let view = world.until(|view| view.state == RotationState::Stuck).await;
    assert_eq!(view.stuck.as_ref().unwrap().why, RotationReason::Weaker, "{view:?}");
    assert!(view.steps[3].state != StepWord::Done, "{view:?}");
    let pushed = |deed: &Deed| matches!(deed, Deed::VersionPush { version: 2, .. });
    assert!(!world.deeds().iter().any(pushed), "the agency has it already");
    assert_eq!(world.call().await, "1");
    (world, view, weak.id)
}

fn few_models() -> KeySpec {
    KeySpec { models: Some(vec!["gpt-4o-mini".to_owned()]), ..KeySpec::default() }
}

/// The person revokes the weak key, which the window asks for.
async fn revoked(world: &World, weak: &str) {
    world.until_waits_for(RotationWaitKind::NewRevoked).await;
    assert!(world.control().revoke_key(world.simulated(), weak));
    world.client.app.rotation_revoked(world.connection()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_models_are_listed_and_another_key_goes_on() {
    let (world, view, weak) = stuck(Provider::OpenAi, few_models()).await;
    let stuck = view.stuck.unwrap();
    assert!(stuck.paste_another && stuck.next == RotationNext::UseAnyway, "{stuck:?}");
    assert!(!stuck.weaknesses.is_empty());
    for found in &stuck.weaknesses {
        match found.kind {
            WeaknessKind::FewerModels => {
                assert!(!found.names.is_empty() && !found.names.contains(&"gpt-4o-mini".to_owned()), "{found:?}");
            }
            WeaknessKind::UseMissing => assert!(found.r#use.is_some_and(|used| used != Use::Chat), "{found:?}"),
            _ => panic!("{found:?}"),
        }
    }
    world.client.app.rotation_paste_another(world.connection()).await.unwrap();
    revoked(&world, &weak).await;
    let new = world.paste_new_key().await;
    assert_eq!(world.play().await.state, RotationState::Done);
    assert_eq!(world.living_keys(), [new]);
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_is_missing_is_said_as_the_use_that_it_ends_and_cancel_leaves_the_old_key() {
    let scopes = ["api.model.read", "api.model.request", "api.model.chat_completions.request", "api.responses.write"];
    let scopes = Some(scopes.map(str::to_owned).to_vec());
    let (world, view, weak) = stuck(Provider::OpenAi, KeySpec { scopes, ..KeySpec::default() }).await;
    let mut missing: Vec<_> = view.stuck.unwrap().weaknesses.into_iter().filter_map(|found| found.r#use).collect();
    missing.sort();
    assert_eq!(missing, [Use::Images, Use::Voice]);
    let cancel = view.cancel.unwrap();
    assert!(cancel.by_hand && cancel.revokes_new && !cancel.retires_new, "{cancel:?}");
    world.client.app.rotation_cancel(world.connection()).await.unwrap();
    revoked(&world, &weak).await;
    assert_eq!(world.until_over().await.state, RotationState::Abandoned);
    assert_eq!(world.living_keys(), std::slice::from_ref(&world.first_key));
    assert_eq!(world.kept_keys(), [format!("key/{}/1", world.connection())]);
    assert_eq!(world.call().await, "1");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_take_it_as_it_is() {
    let (world, _, weak) = stuck(Provider::OpenAi, few_models()).await;
    world.client.app.rotation_go_on(world.connection()).await.unwrap();
    assert_eq!(world.play().await.state, RotationState::Done);
    assert_eq!(world.living_keys(), [weak]);
    world.end().await;
}
