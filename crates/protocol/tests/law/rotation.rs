//! One rotation at a time has a connection; and what is known of the calls on its versions.

use ownkey_protocol::act::{Deed, RetireReason, RotationOutcome};
use ownkey_protocol::code::Code;
use ownkey_protocol::law::{LEASE_MILLIS, Lease, Stage, Version};
use ownkey_protocol::vocabulary::{Account, Provider, Role, Use};

use crate::world::{Who, World, assistant, at, confirm, connection, fenced, lease, name, promote, push, rotation};

const MINUTE: i64 = 60_000;

/// A client whose connection 1 serves, its owner, and another member who may rotate it.
fn serving() -> (World, Who, Who) {
    let (mut world, owner) = World::with_owner();
    let other = world.join(&owner, 2, Role::Member);
    world.connect(&owner, 1, Provider::OpenAi, &[Use::Chat]);
    (world, owner, other)
}

fn end(n: u64, fence: u64, outcome: RotationOutcome) -> Deed {
    Deed::RotationEnd { rotation: rotation(n), connection: connection(1), fence, outcome }
}

fn retire(version: u32, reason: RetireReason) -> Deed {
    Deed::VersionRetire { connection: connection(1), version, reason, fence: None }
}

fn held(world: &World) -> Option<Lease> {
    world.state.rotation_at(connection(1), at(world.clock)).copied()
}

fn version(world: &World, number: u32) -> Version {
    world.state.connections()[&connection(1)].versions[&number].clone()
}

fn proven(version: u32) -> Deed {
    Deed::VersionProven { connection: connection(1), version }
}

fn drained(version: u32) -> Deed {
    Deed::VersionDrained { connection: connection(1), version }
}

#[test]
fn one_rotation_has_a_connection_until_it_ends_or_runs_out() {
    let (mut world, owner, other) = serving();
    world.must(&owner, lease(1, 1, 1, MINUTE));
    let first = held(&world).unwrap();
    assert_eq!((first.rotation, first.device, first.fence), (rotation(1), owner.device_id(), 1));
    assert_eq!((first.since, first.until), (at(0), at(MINUTE)));
    for wanted in
        [lease(2, 1, 2, MINUTE), lease(2, 1, 1, 2 * MINUTE), lease(1, 1, 2, MINUTE), lease(1, 1, 1, 2 * MINUTE)]
    {
        world.refused(&other, wanted, Code::RotationRuns);
    }
    world.refused(&owner, lease(2, 1, 2, MINUTE), Code::RotationRuns);

    world.clock = MINUTE;
    assert_eq!(held(&world), None, "it has run out");
    world.refused(&other, lease(2, 1, 1, 2 * MINUTE), Code::RotationRuns);
    world.refused(&other, lease(2, 1, 3, 2 * MINUTE), Code::RotationRuns);
    world.must(&other, lease(2, 1, 2, 2 * MINUTE));
    world.must(&other, end(2, 2, RotationOutcome::Done));
    assert_eq!(held(&world), None);
    world.refused(&owner, lease(3, 1, 2, 3 * MINUTE), Code::RotationRuns);
    world.must(&owner, lease(3, 1, 3, 3 * MINUTE));
    assert_eq!(world.state.connections()[&connection(1)].fence, 3);
}

#[test]
fn a_lease_is_kept_for_longer_by_its_own_device_and_taken_again_when_it_ran_out() {
    let (mut world, owner, _) = serving();
    world.must(&owner, lease(1, 1, 1, MINUTE));
    for until in [0, MINUTE] {
        world.clock = 1;
        world.refused(&owner, lease(1, 1, 1, until), Code::ActRefused);
    }
    world.must(&owner, lease(1, 1, 1, 2 * MINUTE));
    assert_eq!(held(&world).unwrap().until, at(2 * MINUTE));
    world.clock = 2 * MINUTE;
    world.refused(&owner, lease(1, 1, 1, 3 * MINUTE), Code::RotationRuns);
    world.must(&owner, lease(1, 1, 2, 3 * MINUTE));
    let again = held(&world).unwrap();
    assert_eq!((again.fence, again.since), (2, at(0)), "the same rotation, since it began");
}

#[test]
fn a_lease_lasts_at_most_ten_minutes_and_ends_later_than_now() {
    let (mut world, owner, _) = serving();
    world.clock = MINUTE;
    for until in [0, MINUTE, MINUTE + LEASE_MILLIS + 1] {
        world.refused(&owner, lease(1, 1, 1, until), Code::ActRefused);
    }
    let elsewhere =
        Deed::RotationLease { rotation: rotation(1), connection: connection(9), fence: 1, until: at(2 * MINUTE) };
    world.refused(&owner, elsewhere, Code::NotFound);
    world.must(&owner, lease(1, 1, 1, MINUTE + LEASE_MILLIS));
}

#[test]
fn while_a_rotation_runs_nobody_else_changes_which_keys_serve() {
    let (mut world, owner, other) = serving();
    let (operator, gateway) = (world.operator(), world.gateway());
    let uses = vec![Use::Chat];
    let tester =
        Deed::AssistantAdd { assistant: assistant(1), name_hash: name(1), uses: uses.clone(), low_stakes: true };
    world.must(&operator, tester);
    world.must(&owner, push(1, 2, Account::Untold));
    world.must(&gateway, confirm(1, 2, Account::Untold));
    world.must(&owner, lease(1, 1, 1, MINUTE));
    let trial = Deed::TrialStart { connection: connection(1), version: 2, assistant: assistant(1), uses, fence: None };
    let steps = [
        push(1, 3, Account::Untold),
        promote(1, 2, &[Use::Chat], &[]),
        retire(1, RetireReason::Replaced),
        trial,
        Deed::TrialEnd { connection: connection(1), fence: None },
    ];
    for step in &steps {
        world.refused(&other, step.clone(), Code::RotationRuns);
        world.refused(&other, fenced(step.clone(), 1), Code::RotationRuns);
        world.refused(&owner, step.clone(), Code::RotationRuns);
        world.refused(&owner, fenced(step.clone(), 2), Code::RotationRuns);
        world.refused(&owner, fenced(step.clone(), 0), Code::RotationRuns);
        let mut taken = world.clone();
        taken.must(&owner, fenced(step.clone(), 1));
    }
    world.refused(&owner, Deed::ConnectionClose { connection: connection(1) }, Code::RotationRuns);
    world.must(&other, Deed::ConnectionRename { connection: connection(1), name_hash: name(7) });
    world.clock = MINUTE;
    world.must(&other, promote(1, 2, &[Use::Chat], &[]));
}

#[test]
fn a_leaked_key_is_retired_by_anybody_whoever_rotates() {
    for fence in [None, Some(1), Some(7)] {
        let (mut world, owner, other) = serving();
        world.must(&owner, lease(1, 1, 1, MINUTE));
        let leaked = Deed::VersionRetire { connection: connection(1), version: 1, reason: RetireReason::Leaked, fence };
        world.must(&other, leaked);
        assert_eq!(version(&world, 1).stage, Stage::Retired);
    }
}

#[test]
fn a_device_that_slept_through_its_lease_learns_that_another_one_took_over() {
    let (mut world, owner, other) = serving();
    world.must(&owner, lease(1, 1, 1, MINUTE));
    world.clock = 2 * MINUTE;
    let mut alone = world.clone();
    alone.must(&owner, fenced(push(1, 2, Account::Untold), 1));
    alone.must(&owner, end(1, 1, RotationOutcome::Abandoned));

    world.must(&other, lease(2, 1, 2, 3 * MINUTE));
    world.must(&other, fenced(push(1, 2, Account::Untold), 2));
    world.refused(&owner, fenced(push(1, 3, Account::Untold), 1), Code::RotationRuns);
    world.refused(&owner, end(1, 1, RotationOutcome::Done), Code::RotationRuns);
    world.refused(&owner, end(2, 2, RotationOutcome::Done), Code::RotationRuns);
    world.refused(&other, end(1, 2, RotationOutcome::Done), Code::RotationRuns);
    world.must(&other, end(2, 2, RotationOutcome::Done));
    world.refused(&other, fenced(push(1, 3, Account::Untold), 2), Code::RotationRuns);
    world.must(&other, push(1, 3, Account::Untold));
}

#[test]
fn a_step_that_comes_too_late_is_told_so_though_the_connection_has_moved() {
    let (mut world, owner, other) = serving();
    world.must(&owner, lease(1, 1, 1, MINUTE));
    let late = world.act(&owner, fenced(push(1, 2, Account::Untold), 1));
    world.clock = MINUTE;
    world.must(&other, lease(2, 1, 2, 2 * MINUTE));
    world.must(&other, fenced(push(1, 2, Account::Untold), 2));
    assert_eq!(world.submit(&late.sign(&owner.key)), Err(Code::RotationRuns));
}

#[test]
fn a_revoked_device_holds_no_connection_and_another_one_goes_on_with_its_rotation() {
    let (mut world, owner, other) = serving();
    world.must(&other, lease(1, 1, 1, MINUTE));
    let mut removed = world.clone();
    removed.must(&owner, Deed::MemberRemove { member: other.member_id() });
    assert_eq!(held(&removed), None);
    world.must(&owner, Deed::DeviceRevoke { device: other.device_id() });
    assert_eq!(held(&world), None);
    world.must(&owner, lease(1, 1, 2, MINUTE));
    assert_eq!(held(&world).unwrap().device, owner.device_id());
}

#[test]
fn a_rotation_is_handed_over_and_its_lease_does_not_outdate_what_people_see() {
    let (mut world, owner, other) = serving();
    let before = world.state.revision(&connection(1).to_string());
    world.must(&owner, lease(1, 1, 1, MINUTE));
    world.must(&owner, end(1, 1, RotationOutcome::HandedOver));
    world.must(&other, lease(1, 1, 2, MINUTE));
    assert_eq!(world.state.revision(&connection(1).to_string()), before);
}

#[test]
fn a_version_is_proven_once_while_it_serves_or_is_tried_and_for_ever() {
    let (mut world, owner, _) = serving();
    let gateway = world.gateway();
    world.must(&owner, push(1, 2, Account::Untold));
    world.refused(&gateway, proven(2), Code::ActRefused);
    world.must(&gateway, confirm(1, 2, Account::Untold));
    world.refused(&gateway, proven(2), Code::ActRefused);
    world.must(&gateway, proven(1));
    world.refused(&gateway, proven(1), Code::ActRefused);
    world.must(&owner, promote(1, 2, &[], &[]));
    assert!(version(&world, 1).proven && !version(&world, 2).proven);
    world.must(&gateway, proven(2));
    world.must(&owner, promote(1, 1, &[], &[]));
    assert!(version(&world, 1).proven && version(&world, 2).proven);
    world.refused(&gateway, proven(9), Code::NotFound);
}

#[test]
fn a_trial_proves_a_version_before_it_is_promoted() {
    let (mut world, owner, _) = serving();
    let (operator, gateway, uses) = (world.operator(), world.gateway(), vec![Use::Chat]);
    let tester =
        Deed::AssistantAdd { assistant: assistant(1), name_hash: name(1), uses: uses.clone(), low_stakes: true };
    world.must(&operator, tester);
    world.must(&owner, push(1, 2, Account::Untold));
    world.must(&gateway, confirm(1, 2, Account::Untold));
    let trial = Deed::TrialStart { connection: connection(1), version: 2, assistant: assistant(1), uses, fence: None };
    world.must(&owner, trial.clone());
    world.must(&gateway, proven(2));
    world.must(&owner, promote(1, 2, &[], &[]));
    assert!(version(&world, 2).proven);

    world.must(&gateway, drained(1));
    let again = Deed::TrialStart {
        connection: connection(1),
        version: 1,
        assistant: assistant(1),
        uses: vec![Use::Chat],
        fence: None,
    };
    world.must(&owner, again);
    assert!(!version(&world, 1).drained, "calls run on it again");
    world.refused(&gateway, drained(1), Code::ActRefused);
}

#[test]
fn a_version_is_drained_once_it_takes_no_calls_and_not_when_it_serves_again() {
    let (mut world, owner, _) = serving();
    let gateway = world.gateway();
    world.must(&owner, push(1, 2, Account::Untold));
    world.must(&gateway, confirm(1, 2, Account::Untold));
    for number in [1, 2, 9] {
        world.refused(&gateway, drained(number), Code::ActRefused);
    }
    world.must(&owner, promote(1, 2, &[], &[]));
    world.refused(&gateway, drained(2), Code::ActRefused);
    world.must(&gateway, drained(1));
    world.refused(&gateway, drained(1), Code::ActRefused);
    world.must(&owner, promote(1, 1, &[], &[]));
    assert!(!version(&world, 1).drained && !version(&world, 2).drained);
    world.must(&owner, retire(2, RetireReason::Replaced));
    world.must(&gateway, drained(2));
}

#[test]
fn a_version_that_never_served_is_drained_when_it_is_retired() {
    let (mut world, owner, _) = serving();
    world.must(&owner, push(1, 2, Account::Untold));
    world.must(&owner, retire(2, RetireReason::Discarded));
    world.must(&owner, retire(1, RetireReason::Replaced));
    assert!(version(&world, 2).drained && !version(&world, 1).drained);
}
