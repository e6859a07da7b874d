//! Two computers of one client: only one replaces a key.

use std::sync::Arc;

use ownkey_app::wire::{RotationNext, RotationReason, RotationState, RotationWaitKind};
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::{Provider, Role};

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
    for leaked in [false, true] {
        let refused = ben.app.rotation_start(world.connection(), leaked).await;
        assert_eq!(refused.map_err(|fault| fault.code), Err(Code::RotationRuns), "leaked: {leaked}");
    }
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
