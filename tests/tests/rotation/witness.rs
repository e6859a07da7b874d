//! The second witness: what the provider says of the use of both keys before the old one is revoked.

use std::time::Duration;

use ownkey_app::keychain::Keychain as _;
use ownkey_app::wire::{RotationNext, RotationReason, RotationState, RotationWaitKind};
use ownkey_demo::assistants::http;
use ownkey_protocol::code::Code;

use crate::world::World;

const ASKED: &str = "rotation: before ask for last use";

/// Something else calls with the old key once the gateway's last call on it has ended and before the provider is asked: the
/// rotation stands still.
async fn used_elsewhere() -> World {
    let mut world = World::made_for_me().await;
    let old = world.client.keychain.read(&format!("key/{}/1", world.connection())).unwrap().unwrap();
    let old = old.expose(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    world.client.host.die_at(ASKED, 0);
    let host = world.client.host.clone();
    tokio::select! {
        () = host.died() => {}
        view = begun(&world) => panic!("it was not asked: {view:?}"),
    }
    // The provider tells times to the second: the call is in another one than the gateway's last.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let origin = world.servers.sims.origin(world.simulated());
    let models = http().unwrap().get(format!("{origin}/v1/models")).bearer_auth(&old).send().await.unwrap();
    assert_eq!(models.status(), 200);
    world = world.reopened().await;
    let view = world.until(|view| view.state == RotationState::Stuck).await;
    let stuck = view.stuck.unwrap();
    assert_eq!((stuck.why, stuck.next), (RotationReason::StillUsed, RotationNext::RevokeAnyway));
    assert!(stuck.may_wait && view.cancel.is_none());
    assert_eq!(world.living_keys().len(), 2, "nothing was revoked");
    assert_eq!(world.call().await, "2", "and calls run on the new key");
    world
}

async fn begun(world: &World) -> RotationState {
    world.begin(false).await;
    world.play().await.state
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_uses_the_old_key_stops_its_end_until_a_person_says_so() {
    let world = used_elsewhere().await;
    world.client.app.rotation_go_on(world.connection()).await.unwrap();
    assert_eq!(world.until_over().await.state, RotationState::Done);
    assert_eq!(world.living_keys().len(), 1);
    let over = world.client.app.rotation_wait(world.connection()).await;
    assert_eq!(over.map_err(|fault| fault.code), Err(Code::ActRefused));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_wait_or_leave_the_old_key_as_it_is() {
    let world = used_elsewhere().await;
    world.client.app.rotation_wait(world.connection()).await.unwrap();
    let view = world.until_waits_for(RotationWaitKind::Quiet).await;
    assert!(view.wait.unwrap().until.is_some());
    assert_eq!(world.living_keys().len(), 2);
    let waits = world.client.app.rotation_leave(world.connection()).await;
    assert_eq!(waits.map_err(|fault| fault.code), Err(Code::ActRefused));
    world.end().await;
    let world = used_elsewhere().await;
    world.client.app.rotation_leave(world.connection()).await.unwrap();
    let view = world.until_over().await;
    assert_eq!((view.state, view.report.unwrap().refused_at), (RotationState::Done, None));
    assert_eq!((world.living_keys().len(), world.kept_keys().len()), (2, 2), "it can be revoked later");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nothing_else_uses_it_the_old_key_is_revoked_after_the_provider_was_asked() {
    let world = World::made_for_me().await;
    assert_eq!(begun(&world).await, RotationState::Done);
    let points = world.client.host.points();
    let at = |point: &str| points.iter().position(|one| *one == point).unwrap();
    assert!(at(ASKED) < at("rotation: before revoke old"), "{points:?}");
    assert_eq!(world.living_keys().len(), 1);
    world.end().await;
}
