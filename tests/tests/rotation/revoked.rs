//! The computer is revoked in the middle of a rotation: it changes nothing more at the agency, takes back what nobody else
//! knows of, and another computer of the client goes on with what the record shows.

use std::time::Duration;

use ownkey_agency::gateway::ask_retired_keys;
use ownkey_app::wire::{RotationReason, RotationState, RotationView, RotationWaitKind, RunsOnWord, Stage};
use ownkey_demo::client::Headless;
use ownkey_protocol::vocabulary::Provider;
use ownkey_rotation::Effect;
use tokio::task::JoinHandle;

use crate::crash::points_of;
use crate::devices::second;
use crate::world::{ACCOUNT, World};

/// Anna's rotation stands before an effect, and Ben revokes her computer.
async fn revoked_before(effect: Effect, provider: Provider) -> (World, Headless) {
    let world = match provider {
        Provider::OpenAi => World::made_for_me().await,
        provider => World::connected(provider).await,
    };
    let ben = second(&world).await;
    world.client.host.hold_at(points_of(effect)[0]);
    world.begin(false).await;
    tokio::select! {
        () = world.client.host.held() => {}
        view = world.play() => panic!("{effect:?} is not reached: {view:?}"),
    }
    ben.app.sync().await.unwrap();
    let state = ben.app.app_state().await.unwrap();
    let annas = state.devices.iter().find(|device| !device.this_device).unwrap().id.clone();
    ben.app.revoke_device(annas).await.unwrap();
    world.client.host.go();
    (world, ben)
}

async fn is_removed(world: &World) -> bool {
    world.client.app.app_state().await.unwrap().stage == Stage::Removed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nobody_else_knows_of_is_revoked_and_the_old_one_serves_on() {
    for effect in [Effect::Make, Effect::Keep, Effect::Test, Effect::Push] {
        let (world, _ben) = revoked_before(effect, Provider::OpenAi).await;
        let view = world.until_over().await;
        assert_eq!(view.state, RotationState::Abandoned, "{effect:?}: {view:?}");
        assert!(is_removed(&world).await, "{effect:?}");
        assert_eq!(world.living_keys().len(), 1, "{effect:?}: {:?}", world.living_keys());
        assert_eq!(world.kept_keys(), [format!("key/{}/1", world.connection())], "{effect:?}");
        assert_eq!(world.call().await, "1", "{effect:?}");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_key_that_a_person_made_the_person_is_asked_to_revoke_it() {
    for effect in [Effect::Keep, Effect::Push] {
        let (world, _ben) = revoked_before(effect, Provider::Anthropic).await;
        world.until_waits_for(RotationWaitKind::NewRevoked).await;
        assert!(is_removed(&world).await, "{effect:?}");
        assert_eq!(world.play().await.state, RotationState::Abandoned, "{effect:?}");
        assert_eq!(world.living_keys(), std::slice::from_ref(&world.first_key), "{effect:?}");
        assert_eq!(world.kept_keys(), [format!("key/{}/1", world.connection())], "{effect:?}");
        assert_eq!(world.call().await, "1", "{effect:?}");
        world.end().await;
    }
}

/// Ben at his own computer, with its rotation.
struct Ben {
    client: Headless,
    connection: String,
    driven: JoinHandle<()>,
}

impl Ben {
    fn sits_down(client: Headless, connection: String) -> Self {
        let app = client.app.clone();
        let driven = tokio::spawn(async move { app.follow().await });
        Self { client, connection, driven }
    }

    async fn until(&self, shows: impl Fn(&RotationView) -> bool) {
        let waiting = async {
            loop {
                let state = self.client.app.app_state().await.unwrap();
                if state.rotations.iter().any(|view| view.connection == self.connection && shows(view)) {
                    return;
                }
                self.client.host.news().await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), waiting).await.is_err() {
            panic!("it stays at {:#?}", self.client.app.app_state().await.unwrap().rotations);
        }
    }

    async fn until_waits_for(&self, kind: RotationWaitKind) {
        self.until(|view| view.wait.as_ref().is_some_and(|wait| wait.kind == kind)).await;
    }
}

/// What Anna's computer had sent is in the record, so Ben sees it: he ends her keys, and brings one of his own.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_seen_by_the_others_who_end_it_and_bring_another_key() {
    for (effect, in_use, beside) in [(Effect::Promote, 1, 2), (Effect::Retire, 2, 1)] {
        let (world, ben) = revoked_before(effect, Provider::Anthropic).await;
        let view = world.until(|view| view.state == RotationState::Stuck).await;
        assert_eq!(view.stuck.unwrap().why, RotationReason::Refused, "{effect:?}");
        assert!(is_removed(&world).await, "{effect:?}");
        assert_eq!(world.call().await, in_use.to_string(), "{effect:?}: what served goes on serving");
        ben.app.sync().await.unwrap();
        let state = ben.app.app_state().await.unwrap();
        let annas = state.devices.iter().find(|device| !device.this_device).unwrap();
        let held: Vec<u32> = annas.held.iter().map(|key| key.version).collect();
        assert_eq!(held, [1, 2], "{effect:?}");
        ben.app.stop_leaked(world.connection(), beside).await.unwrap();
        ben.app.rotation_start(world.connection(), true).await.unwrap();
        let ben = Ben::sits_down(ben, world.connection());
        ben.until_waits_for(RotationWaitKind::OldRevoked).await;
        for key in world.living_keys() {
            assert!(world.control().revoke_key(world.simulated(), &key));
        }
        ben.client.app.rotation_revoked(world.connection()).await.unwrap();
        // He never had that key: the agency, which still has the sealed copy, proves that it is dead.
        ask_retired_keys(&world.servers.agency).await;
        ben.until_waits_for(RotationWaitKind::NewKey).await;
        let key = world.new_key(ACCOUNT);
        ben.client.host.copy(&key.text);
        ben.client.app.rotation_paste(world.connection()).await.unwrap();
        ben.until(|view| view.runs_on == RunsOnWord::New).await;
        world.call_until_version(3).await;
        ben.until(|view| view.state == RotationState::Done).await;
        assert_eq!(world.living_keys(), [key.id], "{effect:?}");
        assert_eq!(world.call().await, "3", "{effect:?}");
        ben.driven.abort();
        world.end().await;
    }
}
