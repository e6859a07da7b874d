//! Invites, enrolment, roles, and the owner that there always is.

use ownkey_protocol::act::{Deed, TYPE};
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse;
use ownkey_protocol::encoding::Base64;
use ownkey_protocol::vocabulary::Role;

use crate::world::{HOUR, Who, World, code, device, member, name};

#[test]
fn an_invite_lets_one_device_in_once() {
    let mut world = World::open();
    let operator = world.operator();
    world.must(&operator, World::invite(1, Role::Owner, HOUR));
    assert!(!world.state.members()[&member(1)].joined);
    assert_eq!(world.state.owners().count(), 0);
    let first = Who::device(member(1), device(1));
    let envelope = world.enrolment(&first, &code(1), Role::Owner);
    assert_eq!(world.submit(&envelope), Ok(()));
    assert!(world.state.members()[&member(1)].joined);
    let second = Who::device(member(1), device(2));
    let envelope = world.enrolment(&second, &code(1), Role::Owner);
    assert_eq!(world.submit(&envelope), Err(Code::InviteUsed));
    assert!(!world.state.devices().contains_key(&device(2)));
}

#[test]
fn an_invite_runs_out_at_its_minute_and_not_before() {
    let mut world = World::open();
    let operator = world.operator();
    world.must(&operator, World::invite(1, Role::Owner, HOUR));
    let who = Who::device(member(1), device(1));
    let envelope = world.enrolment(&who, &code(1), Role::Owner);
    world.clock = HOUR;
    assert_eq!(world.clone().submit(&envelope), Err(Code::InviteExpired));
    world.clock = HOUR - 1;
    assert_eq!(world.submit(&envelope), Ok(()));
}

#[test]
fn an_invite_is_good_for_at_most_72_hours_from_its_logging() {
    let mut world = World::open();
    world.clock = HOUR;
    let operator = world.operator();
    for wrong in [0, HOUR, 73 * HOUR + 1, 1_000 * HOUR] {
        world.refused(&operator, World::invite(1, Role::Owner, wrong), Code::ActRefused);
    }
    world.must(&operator, World::invite(1, Role::Owner, 73 * HOUR));
}

#[test]
fn a_code_serves_one_invite_only() {
    let (mut world, owner) = World::with_owner();
    let Deed::MemberInvite { member: _, role, name_hash, code_hash, expires } = World::invite(1, Role::Owner, HOUR)
    else {
        panic!("an invite");
    };
    let again = Deed::MemberInvite { member: member(2), role, name_hash, code_hash, expires };
    world.refused(&owner, again, Code::ActRefused);
}

#[test]
fn a_code_that_nobody_gave_out_opens_nothing() {
    let (mut world, owner) = World::with_owner();
    world.must(&owner, World::invite(2, Role::Member, HOUR));
    let who = Who::device(member(2), device(2));
    let envelope = world.enrolment(&who, &code(99), Role::Member);
    assert_eq!(world.submit(&envelope), Err(Code::InviteUnknown));
}

#[test]
fn an_invite_is_for_its_own_member_and_role() {
    let (mut world, owner) = World::with_owner();
    world.must(&owner, World::invite(2, Role::Viewer, HOUR));
    for (who, role) in [
        (Who::device(member(2), device(2)), Role::Owner),
        (Who::device(member(2), device(2)), Role::Member),
        (Who::device(member(1), device(2)), Role::Viewer),
        (Who::device(member(1), device(2)), Role::Owner),
        (Who::device(member(3), device(2)), Role::Viewer),
    ] {
        let envelope = world.enrolment(&who, &code(2), role);
        assert_eq!(world.submit(&envelope), Err(Code::ActRefused), "{role:?}");
    }
}

#[test]
fn an_invite_of_somebody_who_was_removed_is_worth_nothing() {
    let (mut world, owner) = World::with_owner();
    world.must(&owner, World::invite(2, Role::Member, HOUR));
    world.must(&owner, Deed::MemberRemove { member: member(2) });
    let envelope = world.enrolment(&Who::device(member(2), device(2)), &code(2), Role::Member);
    assert_eq!(world.submit(&envelope), Err(Code::ActRefused));
    let Deed::MemberInvite { role, name_hash, expires, .. } = World::invite(2, Role::Member, HOUR) else {
        panic!("an invite");
    };
    let code_hash = code(50).hash();
    let again = Deed::MemberInvite { member: member(2), role, name_hash, code_hash, expires };
    world.refused(&owner, again, Code::ActRefused);
}

#[test]
fn enrolment_needs_the_signature_of_the_device_and_the_one_of_the_operator() {
    let mut world = World::open();
    let operator = world.operator();
    world.must(&operator, World::invite(1, Role::Owner, HOUR));
    let who = Who::device(member(1), device(1));
    let good = world.enrolment(&who, &code(1), Role::Owner);

    let mut alone = good.clone();
    alone.signatures.truncate(1);
    assert_eq!(world.submit(&alone), Err(Code::NotSigned));

    let mut swapped = good.clone();
    swapped.signatures.swap(0, 1);
    assert_eq!(world.submit(&swapped), Err(Code::NotSigned));

    for flipped in 0..2 {
        let mut wrong = good.clone();
        wrong.signatures[flipped].sig.0[3] ^= 4;
        assert_eq!(world.submit(&wrong), Err(Code::NotSigned), "{flipped}");
    }

    let gateway = world.gateway();
    let (receipt, receipt_key) = world.agency.receipt.clone();
    for (keyid, key) in [
        (gateway.actor.keyid(), gateway.key.clone()),
        (receipt.to_string(), receipt_key),
        (operator.actor.keyid(), who.key.clone()),
        (who.actor.keyid(), who.key.clone()),
    ] {
        let mut wrong = good.clone();
        wrong.signatures[1] = dsse::sign(TYPE, &good.payload.0, &keyid, &key);
        assert_eq!(world.submit(&wrong), Err(Code::NotSigned), "{keyid}");
    }

    let mut three = good.clone();
    world.countersign(&mut three);
    assert_eq!(world.submit(&three), Err(Code::Malformed));
    assert_eq!(world.submit(&good), Ok(()));
}

#[test]
fn a_device_key_is_a_real_one_and_a_device_enrols_once() {
    let (mut world, owner) = World::with_owner();
    world.must(&owner, World::invite(2, Role::Member, HOUR));
    for public in [vec![], vec![1; 31], vec![1; 33], vec![2; 32]] {
        let who = Who::device(member(2), device(2));
        let deed = Deed::DeviceEnrol {
            public: Base64(public),
            name_hash: name(2),
            code: Base64(code(2).0.to_vec()),
            role: Role::Member,
            keyset_seq: 1,
        };
        let mut envelope = world.act(&who, deed).sign(&who.key);
        world.countersign(&mut envelope);
        assert!(matches!(world.submit(&envelope), Err(Code::Malformed | Code::NotSigned)));
    }
    let taken = Who { actor: Who::device(member(2), device(1)).actor, key: Who::device(member(2), device(2)).key };
    let envelope = world.enrolment(&taken, &code(2), Role::Member);
    assert_eq!(world.submit(&envelope), Err(Code::ActRefused));
}

#[test]
fn the_operator_invites_the_first_owner_and_nobody_else() {
    let mut world = World::open();
    let operator = world.operator();
    for role in [Role::Viewer, Role::Member] {
        world.refused(&operator, World::invite(1, role, HOUR), Code::NotAllowed);
    }
    world.join(&operator, 1, Role::Owner);
    world.refused(&operator, World::invite(2, Role::Owner, HOUR), Code::NotAllowed);
}

#[test]
fn the_last_owner_can_neither_be_removed_nor_made_less() {
    let (mut world, owner) = World::with_owner();
    world.join(&owner, 2, Role::Member);
    world.must(&owner, World::invite(3, Role::Owner, HOUR));
    for role in [Role::Member, Role::Viewer] {
        world.refused(&owner, Deed::MemberChange { member: member(1), role }, Code::LastOwner);
    }
    world.refused(&owner, Deed::MemberRemove { member: member(1) }, Code::LastOwner);
    world.must(&owner, Deed::MemberChange { member: member(2), role: Role::Owner });
    world.must(&owner, Deed::MemberRemove { member: member(1) });
    assert_eq!(world.state.owners().map(|(id, _)| *id).collect::<Vec<_>>(), [member(2)]);
}

#[test]
fn whoever_is_removed_or_revoked_or_has_left_can_do_nothing_more() {
    let (mut world, owner) = World::with_owner();
    let removed = world.join(&owner, 2, Role::Member);
    let revoked = world.join(&owner, 3, Role::Owner);
    let left = world.join(&owner, 4, Role::Member);
    world.must(&owner, Deed::MemberRemove { member: member(2) });
    world.must(&owner, Deed::DeviceRevoke { device: device(3) });
    world.must(&left, Deed::DeviceLeave {});
    for who in [removed, revoked, left] {
        assert!(world.state.devices()[&who.device_id()].revoked.is_some());
        world.refused(&who, Deed::DeviceRename { name_hash: name(5) }, Code::DeviceRevoked);
        world.refused(&who, Deed::DeviceLeave {}, Code::DeviceRevoked);
    }
    world.refused(&owner, Deed::DeviceRevoke { device: device(3) }, Code::NotFound);
    world.refused(&owner, Deed::DeviceRevoke { device: device(30) }, Code::NotFound);
    world.refused(&owner, Deed::MemberRemove { member: member(2) }, Code::NotFound);
    world.refused(&owner, Deed::MemberChange { member: member(2), role: Role::Owner }, Code::NotFound);
}

#[test]
fn a_changed_role_counts_from_the_next_act_on() {
    let (mut world, owner) = World::with_owner();
    let other = world.join(&owner, 2, Role::Owner);
    world.must(&other, World::invite(3, Role::Viewer, HOUR));
    world.must(&owner, Deed::MemberChange { member: member(2), role: Role::Viewer });
    world.refused(&other, World::invite(4, Role::Viewer, HOUR), Code::NotAllowed);
    assert_eq!(other.member_id(), member(2));
}
