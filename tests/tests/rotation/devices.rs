//! Two computers of one client: only one replaces a key.

use std::sync::Arc;
use std::time::Duration;

use ownkey_app::wire::{RotationNext, RotationReason, RotationState, RotationWaitKind, RunsOnWord, StageWord};
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::{Fallback, Provider, Role};
use ownkey_provider_sim::{Fault, FaultKind};
use ownkey_rotation::Effect;

use crate::crash::points_of;
use crate::world::World;

/// Ben, another owner, on a computer of his own.
pub(crate) async fn second(world: &World) -> Headless {
    let invite = world.client.app.invite_member("Ben".to_owned(), Role::Owner).await.unwrap();
    let ben = Headless::open(&world.servers, "ben", Arc::new(MemoryKeychain::default())).unwrap();
    ben.join(&invite.link).await.unwrap();
    ben
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_is_refused_while_the_first_has_the_lease_and_may_begin_after_it() {
    let world = World::connected(Provider::Anthropic).await;
    let ben = second(&world).await;
    world.begin(false).await;
    world.until_leased().await;
    ben.app.sync().await.unwrap();
    let refused = ben.app.rotation_start(world.connection(), false).await;
    assert_eq!(refused.map_err(|fault| fault.code), Err(Code::RotationRuns));
    assert!(ben.app.app_state().await.unwrap().rotations.is_empty());
    assert!(ben.host.asked().is_empty(), "nobody is asked about what would be refused");
    assert_eq!(world.play().await.state, RotationState::Done);
    ben.app.sync().await.unwrap();
    ben.app.rotation_start(world.connection(), false).await.unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_pressed_at_once_one_of_them_stands_still_and_neither_loses_a_key() {
    let world = World::connected(Provider::Anthropic).await;
    let ben = second(&world).await;
    ben.app.rotation_start(world.connection(), false).await.unwrap();
    world.begin(false).await;
    world.until_leased().await;
    let driven = {
        let app = ben.app.clone();
        tokio::spawn(async move { app.follow().await })
    };
    let bens = |ben: &Headless| {
        let app = ben.app.clone();
        async move { app.app_state().await.unwrap().rotations.remove(0) }
    };
    while bens(&ben).await.wait.is_none_or(|wait| wait.kind != RotationWaitKind::NewKey) {
        ben.host.news().await;
    }
    let key = world.new_key(crate::world::ACCOUNT);
    ben.host.copy(&key.text);
    ben.app.rotation_paste(world.connection()).await.unwrap();
    let stuck = loop {
        match bens(&ben).await.stuck {
            Some(stuck) => break stuck,
            None => ben.host.news().await,
        }
    };
    assert_eq!((stuck.why, stuck.next), (RotationReason::OtherDevice, RotationNext::TryAgain));
    assert_eq!(world.play().await.state, RotationState::Done);
    ben.app.rotation_cancel(world.connection()).await.unwrap();
    while bens(&ben).await.wait.is_none_or(|wait| wait.kind != RotationWaitKind::NewRevoked) {
        ben.host.news().await;
    }
    world.control().revoke_key(world.simulated(), &key.id);
    ben.app.rotation_revoked(world.connection()).await.unwrap();
    while bens(&ben).await.state != RotationState::Abandoned {
        ben.host.news().await;
    }
    assert_eq!(world.living_keys().len(), 1);
    assert!(!ben.keychain.names().iter().any(|name| name.starts_with("key/")), "{:?}", ben.keychain.names());
    assert_eq!(world.call().await, "2");
    driven.abort();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_told_on_the_second_ends_the_old_key_at_once_and_the_first_goes_on_as_after_a_leak() {
    for effect in [Effect::Keep, Effect::Test, Effect::Push, Effect::Promote] {
        for world in [World::connected(Provider::Anthropic).await, World::made_for_me().await] {
            world.falls_back(Fallback::Stop);
            let ben = second(&world).await;
            world.client.host.hold_at(points_of(effect)[0]);
            world.begin(false).await;
            tokio::select! {
                () = world.client.host.held() => {}
                view = world.play() => panic!("{effect:?} is not reached: {view:?}"),
            }
            ben.app.sync().await.unwrap();
            ben.host.decline();
            let declined = ben.app.rotation_start(world.connection(), true).await;
            assert_eq!(declined.map_err(|fault| fault.code), Err(Code::Declined), "{effect:?}");
            assert_eq!(world.call().await, "1", "{effect:?}: who says no changes nothing");
            ben.host.accept();
            ben.app.rotation_start(world.connection(), true).await.unwrap();
            assert!(!world.answer().await.status().is_success(), "{effect:?}: calls on it have ended");
            world.client.host.go();
            world.until(|view| view.leaked).await;
            let view = world.play().await;
            assert_eq!((view.state, view.leaked), (RotationState::Done, true), "{effect:?}: {view:?}");
            let retired = |deed: &&Deed| matches!(deed, Deed::VersionRetire { version: 1, .. });
            assert_eq!(world.deeds().iter().filter(retired).count(), 1, "{effect:?}: once");
            assert_eq!((world.living_keys().len(), world.call().await.as_str()), (1, "2"), "{effect:?}");
            assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())], "{effect:?}");
            assert!(ben.app.app_state().await.unwrap().rotations.is_empty());
            world.end().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_new_key_is_in_use_a_leak_is_told_where_both_keys_are_known() {
    let world = World::connected(Provider::Anthropic).await;
    let ben = second(&world).await;
    world.begin(false).await;
    world.paste_new_key().await;
    world.call_until_version(2).await;
    ben.app.sync().await.unwrap();
    let refused = ben.app.rotation_start(world.connection(), true).await;
    assert_eq!(refused.map_err(|fault| fault.code), Err(Code::RotationRuns));
    assert!(ben.host.asked().is_empty(), "nobody is asked about what would be refused");
    assert_eq!(world.play().await.state, RotationState::Done);
    world.end().await;
}

/// A second computer's key in use, a newer one of its that is not, and the person who lost that computer.
#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_revoked_device_are_known_and_each_can_be_ended_as_leaked() {
    let world = World::connected(Provider::Anthropic).await;
    let ben = second(&world).await;
    let own = ben.connect(&world.servers, Provider::OpenAi, &world.servers.clients[0].name).await.unwrap();
    world.client.app.sync().await.unwrap();
    let state = world.client.app.app_state().await.unwrap();
    let bens = state.devices.iter().find(|device| !device.this_device).unwrap();
    let held: Vec<_> = bens.held.iter().map(|key| (key.provider, key.version, key.stage)).collect();
    assert_eq!(held, [(Provider::OpenAi, 1, StageWord::Current)], "what the other computer pushed is not its own");
    let lost = bens.held[0].connection.clone();
    world.client.app.revoke_device(bens.id.clone()).await.unwrap();
    let in_use = world.client.app.stop_leaked(lost.clone(), 1).await;
    assert_eq!(in_use.map_err(|fault| fault.code), Err(Code::ActRefused), "what is in use is replaced");
    world.client.app.rotation_start(lost.clone(), true).await.unwrap();
    let retired = |deed: &Deed| matches!(deed, Deed::VersionRetire { reason: RetireReason::Leaked, version: 1, .. });
    for _ in 0..500 {
        if world.deeds().iter().any(retired) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(world.deeds().iter().any(retired), "it is taken out of use at once");
    world.client.app.sync().await.unwrap();
    let state = world.client.app.app_state().await.unwrap();
    assert!(state.devices.iter().all(|device| device.this_device || device.held.is_empty()), "{:?}", state.devices);
    assert_eq!(world.client.host.asked().iter().filter(|asked| asked.about == "leaked").count(), 1);
    drop(own);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_in_use_any_more_is_stopped_as_leaked_without_another_in_its_place() {
    let world = World::connected(Provider::Anthropic).await;
    world.control().inject(world.simulated(), Fault::next(1, FaultKind::SlowBody { bytes_per_s: 20 }));
    let running = world.stream().await;
    world.begin(false).await;
    world.paste_new_key().await;
    world.until(|view| view.runs_on == RunsOnWord::Both).await;
    world.client.app.stop_leaked(world.connection(), 1).await.unwrap();
    let leaked = |deed: &Deed| matches!(deed, Deed::VersionRetire { reason: RetireReason::Leaked, version: 1, .. });
    assert!(world.deeds().iter().any(leaked));
    for (version, code) in [(1, Code::NotFound), (2, Code::ActRefused), (7, Code::NotFound)] {
        let refused = world.client.app.stop_leaked(world.connection(), version).await;
        assert_eq!(refused.map_err(|fault| fault.code), Err(code), "{version}");
    }
    drop(running);
    assert_eq!(world.play().await.state, RotationState::Done);
    assert_eq!(world.call().await, "2");
    world.end().await;
}
