//! A key that a person replaces, and that an admin key on this computer ends: switched off, proven dead, archived.

use ownkey_app::keychain::Keychain as _;
use ownkey_app::wire::{RotationNext, RotationReason, RotationState, RotationWaitKind, StepWord};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{KeyKind, KeySpec, KeyStanding};

use crate::world::{ACCOUNT, World};

/// How the first key stands at the provider.
fn first_key(world: &World) -> KeyStanding {
    let keys = world.control().keys(world.simulated());
    keys.into_iter().find(|key| key.id == world.first_key).unwrap().state
}

/// Whether a person was ever asked to end the old key.
fn asked_a_person(world: &World) -> bool {
    world.client.host.points().contains(&"rotation: before ask to revoke old")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_is_switched_off_and_archived_once_it_is_dead_and_nobody_is_asked() {
    let world = World::connected(Provider::Anthropic).await;
    world.keep_admin().await;
    world.begin(false).await;
    let view = world.view().await;
    assert!(!view.automatic && view.ends_old && !view.may_end_old, "{view:?}");
    let new = world.paste_new_key().await;
    world.until(|view| view.steps[4].state == StepWord::Done).await;
    assert_eq!(first_key(&world), KeyStanding::Live, "before the new one is proven nothing ends");
    let view = world.play().await;
    assert_eq!(view.state, RotationState::Done, "{view:?}");
    assert!(!asked_a_person(&world) && view.report.unwrap().refused_at.is_some());
    assert_eq!(first_key(&world), KeyStanding::Revoked);
    assert_eq!(world.living_keys(), [new]);
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())]);
    let points = world.client.host.points();
    let at = |point: &str| points.iter().position(|one| *one == point).unwrap();
    assert!(at("rotation: after prove old dead") < at("rotation: before archive old"), "{points:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_that_look_alike_are_both_left_and_a_person_is_asked() {
    let world = World::connected(Provider::Anthropic).await;
    let first = world.client.keychain.read(&format!("key/{}/1", world.connection())).unwrap().unwrap();
    let first = first.expose(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    let middle = first.len() / 2;
    let text = Some(format!("{}{}{}", &first[..middle], "0000", &first[middle + 4..]));
    assert_ne!(text.as_ref(), Some(&first));
    let twin = world.control().make_key(world.simulated(), ACCOUNT, KeySpec { text, ..KeySpec::default() });
    world.keep_admin().await;
    world.begin(false).await;
    world.paste_new_key().await;
    world.until(|view| view.steps[4].state == StepWord::Done).await;
    world.call_until_version(2).await;
    world.until_waits_for(RotationWaitKind::OldRevoked).await;
    let living = world.living_keys();
    assert!(living.contains(&world.first_key) && living.contains(&twin.id), "{living:?}");
    assert_eq!(world.play().await.state, RotationState::Done);
    assert!(world.living_keys().contains(&twin.id));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_key_that_is_refused_in_the_middle_leaves_it_to_a_person() {
    let world = World::connected(Provider::Anthropic).await;
    world.keep_admin().await;
    world.begin(false).await;
    world.paste_new_key().await;
    world.revoke_admin();
    world.until(|view| view.steps[4].state == StepWord::Done).await;
    world.call_until_version(2).await;
    let view = world.until(|view| view.state == RotationState::Stuck).await;
    let stuck = view.stuck.unwrap();
    assert_eq!((stuck.why, stuck.next), (RotationReason::AdminRefused, RotationNext::GoByHand));
    assert_eq!(first_key(&world), KeyStanding::Live);
    world.client.app.rotation_go_on(world.connection()).await.unwrap();
    world.until_waits_for(RotationWaitKind::OldRevoked).await;
    assert_eq!(world.play().await.state, RotationState::Done);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_key_that_is_brought_while_a_person_is_asked_ends_the_old_key() {
    let world = World::connected(Provider::Anthropic).await;
    let work = world.new_key(ACCOUNT);
    world.client.host.copy(&work.text);
    let refused = world.client.app.keep_admin_key(Provider::Anthropic).await;
    assert_eq!(refused.map_err(|fault| fault.code), Err(Code::WorkKeyPasted));
    let elsewhere = world.client.app.keep_admin_key(Provider::Gemini).await;
    assert_eq!(elsewhere.map_err(|fault| fault.code), Err(Code::ActRefused));
    world.begin(false).await;
    assert!(world.view().await.may_end_old);
    world.paste(&work).await;
    world.until(|view| view.steps[4].state == StepWord::Done).await;
    world.call_until_version(2).await;
    world.until_waits_for(RotationWaitKind::OldRevoked).await;
    world.keep_admin().await;
    let view = world.until_over().await;
    assert_eq!((view.state, first_key(&world)), (RotationState::Done, KeyStanding::Revoked));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_leaves_the_old_key_as_it_is() {
    let world = World::connected(Provider::Anthropic).await;
    world.keep_admin().await;
    world.begin(false).await;
    world.until_waits_for(RotationWaitKind::NewKey).await;
    world.client.app.rotation_cancel(world.connection()).await.unwrap();
    assert_eq!(world.play().await.state, RotationState::Abandoned);
    assert_eq!((first_key(&world), world.call().await.as_str()), (KeyStanding::Live, "1"));
    world.end().await;
}

impl World {
    /// The person brings an admin key, which stays on this computer.
    pub(crate) async fn keep_admin(&self) {
        let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
        let admin = self.control().make_key(self.simulated(), ACCOUNT, spec);
        self.client.host.copy(&admin.text);
        self.client.app.keep_admin_key(self.provider).await.unwrap();
    }
}
