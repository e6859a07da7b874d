//! Where and when an act stands: order, time, identity, what was seen and expected.

use ownkey_protocol::act::{Act, Deed, MAX_LIST, Seen};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::{Base64, Hash};
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::{Provider, Role};

use crate::world::{Agency, HOUR, Who, World, at, connection, device, member, name};

fn open(n: u64) -> Deed {
    Deed::ConnectionOpen { connection: connection(n), provider: Provider::OpenAi, name_hash: name(n) }
}

/// Signs and submits an honest act after `change`.
fn changed(world: &mut World, who: &Who, deed: Deed, change: impl FnOnce(&mut Act)) -> Result<(), Code> {
    let mut act = world.act(who, deed);
    change(&mut act);
    world.submit(&act.sign(&who.key))
}

#[test]
fn a_leaf_stands_at_its_own_place_only() {
    let (mut world, owner) = World::with_owner();
    let envelope = world.act(&owner, open(1)).sign(&owner.key);
    let here = world.leaf(&envelope).index;
    for index in [0, here - 1, here + 1, u64::MAX] {
        let mut leaf = world.leaf(&envelope);
        leaf.index = index;
        assert_eq!(world.apply(&leaf).unwrap_err().code, Code::ActRefused, "{index}");
    }
    assert_eq!(world.submit(&envelope), Ok(()));
}

#[test]
fn the_time_of_logging_never_goes_back() {
    let (mut world, owner) = World::with_owner();
    world.clock = HOUR;
    world.must(&owner, open(1));
    world.clock = HOUR - 1;
    world.refused(&owner, open(2), Code::ActRefused);
    world.clock = HOUR;
    world.must(&owner, open(2));
    assert_eq!(world.state.last_logged(), at(HOUR));
}

#[test]
fn the_actors_own_clock_decides_nothing() {
    let (mut world, owner) = World::with_owner();
    for (n, claimed) in [(1, -30 * 24 * HOUR), (2, 30 * 24 * HOUR)] {
        assert_eq!(changed(&mut world, &owner, open(n), |act| act.at = at(claimed)), Ok(()));
    }
}

#[test]
fn the_first_act_and_only_it_opens_the_client() {
    let mut world = World::empty(ClientId::new(at(0), [1; 10]));
    let operator = world.operator();
    world.refused(&operator, World::invite(1, Role::Owner, HOUR), Code::ActRefused);
    world.must(&operator, Deed::ClientOpen { name_hash: name(1) });
    world.refused(&operator, Deed::ClientOpen { name_hash: name(2) }, Code::ActRefused);
    assert_eq!(world.state.name_hash(), Some(name(1)));
}

#[test]
fn an_act_of_another_agency_or_client_is_refused() {
    let (mut world, owner) = World::with_owner();
    let other = Agency::new(2).print;
    assert_eq!(changed(&mut world, &owner, open(1), |act| act.agency = other), Err(Code::ActRefused));
    let other = ClientId::new(at(1), [9; 10]);
    assert_eq!(changed(&mut world, &owner, open(1), |act| act.client = other), Err(Code::ActRefused));
}

#[test]
fn the_same_act_is_never_applied_twice_with_the_same_or_with_other_bytes() {
    let (mut world, owner) = World::with_owner();
    let act = world.act(&owner, open(1));
    let envelope = act.sign(&owner.key);
    assert_eq!(world.submit(&envelope), Ok(()));
    let place = world.state.act(act.id).unwrap();
    assert_eq!(place, (world.state.tree().size() - 1, Hash::of(&[&envelope.to_bytes()])));
    assert_eq!(world.submit(&envelope), Err(Code::ActConflict));
    assert_eq!(changed(&mut world, &owner, open(2), |other| other.id = act.id), Err(Code::ActConflict));
    assert_eq!(world.state.act(act.id), Some(place));
}

#[test]
fn what_was_seen_must_be_a_part_of_this_very_record() {
    let (mut world, owner) = World::with_owner();
    let size = world.state.tree().size();
    let root = world.state.tree().root();
    let wrong = [
        Seen { size, root: Hash([1; 32]) },
        Seen { size: size - 1, root },
        Seen { size: size + 1, root },
        Seen { size: u64::MAX, root },
        Seen { size: 0, root },
        Seen { size: 0, root: Hash([0; 32]) },
    ];
    for seen in wrong {
        let answer = changed(&mut world, &owner, open(1), |act| act.seen = seen);
        assert_eq!(answer, Err(Code::RecordSplit), "{seen:?}");
    }
}

#[test]
fn an_older_checkpoint_of_this_record_is_good_enough() {
    let (mut world, owner) = World::with_owner();
    for size in 0..=world.state.tree().size() {
        let root = world.state.tree().root_at(size).unwrap();
        let answer = changed(&mut world, &owner, open(size), |act| act.seen = Seen { size, root });
        assert_eq!(answer, Ok(()), "{size}");
    }
}

#[test]
fn an_act_on_a_thing_that_has_moved_is_stale() {
    let (mut world, owner) = World::with_owner();
    world.must(&owner, open(1));
    let thing = connection(1).to_string();
    let now = world.state.revision(&thing);
    let rename = Deed::ConnectionRename { connection: connection(1), name_hash: name(7) };
    for revision in [0, now - 1, now + 1, u64::MAX] {
        if revision == now {
            continue;
        }
        let answer = changed(&mut world, &owner, rename.clone(), |act| {
            act.expects.insert(thing.clone(), revision);
        });
        assert_eq!(answer, Err(Code::Stale), "{revision}");
    }
    let late = world.act(&owner, rename.clone()).sign(&owner.key);
    world.must(&owner, rename);
    assert_eq!(world.state.revision(&thing), now + 1);
    assert_eq!(world.submit(&late), Err(Code::Stale));
}

#[test]
fn an_act_says_what_it_expects_of_exactly_what_it_writes() {
    let (mut world, owner) = World::with_owner();
    assert_eq!(changed(&mut world, &owner, open(1), |act| act.expects.clear()), Err(Code::Malformed));
    let answer = changed(&mut world, &owner, open(1), |act| {
        act.expects.insert("use:chat".into(), 0);
    });
    assert_eq!(answer, Err(Code::Malformed));
    let answer = changed(&mut world, &owner, open(1), |act| {
        act.expects.clear();
        act.expects.insert(connection(2).to_string(), 0);
    });
    assert_eq!(answer, Err(Code::Malformed));
    let answer = changed(&mut world, &owner, open(1), |act| {
        act.expects.extend((0..=MAX_LIST as u64).map(|n| (connection(n).to_string(), 0)));
    });
    assert_eq!(answer, Err(Code::Malformed));
}

#[test]
fn findings_of_the_gateway_move_nothing_that_a_person_is_looking_at() {
    let (mut world, owner) = World::with_owner();
    world.push(&owner, 1, Provider::OpenAi);
    let before = world.state.revision(&connection(1).to_string());
    let gateway = world.gateway();
    world.must(&gateway, crate::world::confirm(1, 1, ownkey_protocol::vocabulary::Account::Untold));
    assert_eq!(world.state.revision(&connection(1).to_string()), before);
    let dead = Deed::VersionDead { connection: connection(1), version: 1, code: "key_refused".into() };
    let answer = changed(&mut world, &gateway, dead, |act| {
        act.expects.insert(connection(1).to_string(), before);
    });
    assert_eq!(answer, Err(Code::Malformed));
}

#[test]
fn after_the_end_nothing_is_accepted_any_more() {
    let (mut world, owner) = World::with_owner();
    let operator = world.operator();
    world.must(&operator, Deed::ClientEnd {});
    world.refused(&owner, open(1), Code::ClientEnded);
    world.refused(&operator, Deed::ClientEnd {}, Code::ClientEnded);
    assert!(world.state.ended());
}

#[test]
fn a_signature_counts_for_its_own_actor_and_bytes_only() {
    let (mut world, owner) = World::with_owner();
    let act = world.act(&owner, open(1));
    let good = act.sign(&owner.key);

    let mut flipped = good.clone();
    flipped.signatures[0].sig.0[10] ^= 1;
    assert_eq!(world.submit(&flipped), Err(Code::NotSigned));

    let mut other = good.clone();
    other.payload = Base64(ownkey_protocol::encoding::json(&world.act(&owner, open(2))));
    assert_eq!(world.submit(&other), Err(Code::NotSigned));

    let mut renamed = good.clone();
    renamed.signatures[0].keyid = world.operator().actor.keyid();
    assert_eq!(world.submit(&renamed), Err(Code::NotSigned));

    let mut twice = good.clone();
    world.countersign(&mut twice);
    assert_eq!(world.submit(&twice), Err(Code::Malformed));

    let mut typed = good.clone();
    typed.payload_type = ownkey_protocol::receipt::TYPE.into();
    assert_eq!(world.submit(&typed), Err(Code::Malformed));

    let stranger = Who::device(member(1), device(77));
    world.refused(&stranger, open(1), Code::NotSigned);
    let borrowed = Who::device(member(2), owner.device_id());
    world.refused(&borrowed, open(1), Code::NotSigned);
    for who in [owner.clone(), world.operator(), world.gateway()] {
        let deed = match who.actor {
            ownkey_protocol::act::Actor::Gateway { .. } => {
                Deed::FallbackBegan { r#use: ownkey_protocol::vocabulary::Use::Chat, provider: Provider::OpenAi }
            }
            ownkey_protocol::act::Actor::Operator { .. } => Deed::ClientEnd {},
            ownkey_protocol::act::Actor::Device { .. } => open(1),
        };
        world.refused(&who.forged(), deed, Code::NotSigned);
    }
    assert_eq!(world.submit(&good), Ok(()));
}

#[test]
fn the_agencys_keys_sign_for_their_own_purpose_only() {
    let mut world = World::open();
    let (operator, gateway) = (world.operator(), world.gateway());
    let (receipt, receipt_key) = world.agency.receipt.clone();
    let operator_id = match operator.actor {
        ownkey_protocol::act::Actor::Operator { key, .. } => key,
        _ => panic!("an operator"),
    };
    let gateway_id = match gateway.actor {
        ownkey_protocol::act::Actor::Gateway { key } => key,
        _ => panic!("a gateway"),
    };
    let as_operator = |key| ownkey_protocol::act::Actor::Operator { key, name_hash: name(0) };
    let as_gateway = |key| ownkey_protocol::act::Actor::Gateway { key };
    let wrong = [
        Who { actor: as_operator(gateway_id), key: gateway.key.clone() },
        Who { actor: as_operator(receipt), key: receipt_key.clone() },
        Who { actor: as_operator(operator_id), key: gateway.key.clone() },
    ];
    for who in wrong {
        world.refused(&who, World::invite(1, Role::Owner, HOUR), Code::NotSigned);
    }
    let began = Deed::FallbackBegan { r#use: ownkey_protocol::vocabulary::Use::Chat, provider: Provider::OpenAi };
    for (id, key) in [(operator_id, operator.key.clone()), (receipt, receipt_key)] {
        world.refused(&Who { actor: as_gateway(id), key }, began.clone(), Code::NotSigned);
    }
}

#[test]
fn the_tree_grows_with_accepted_leaves_only_and_folds_to_the_same_state_again() {
    let (mut world, owner) = World::with_owner();
    world.connect(&owner, 1, Provider::OpenAi, &[ownkey_protocol::vocabulary::Use::Chat]);
    let (size, root) = (world.state.tree().size(), world.state.tree().root());
    world.refused(&owner, open(1), Code::ActRefused);
    assert_eq!((world.state.tree().size(), world.state.tree().root()), (size, root));
    assert_eq!(size, world.leaves.len() as u64);
    assert_eq!(world.refolded(), world.state);
}
