//! Any order of acts by anybody: what holds after each of them, whatever was tried.

use std::collections::BTreeSet;

use ownkey_protocol::act::{Act, Actor, Deed, RetireReason, Seen};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::law::{ClientState, Health, Served, Stage};
use ownkey_protocol::vocabulary::{Account, Fallback, Provider, Role, Use};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::anybody::{deed, fitting, person};
use crate::world::{Who, World, assistant, at, code, confirm, name, push};

/// One step, as numbers: who, what, on what, and what is wrong with it.
type Step = (u8, u8, [u8; 4], u8);

fn record() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..12_u8, 0..56_u8, any::<[u8; 4]>(), any::<u8>()), 40..120)
}

/// What is made wrong with an act before it is signed, and with which code it must be refused then.
fn spoil(act: &mut Act, wrong: u8) -> Option<Code> {
    match wrong {
        0..=3 => {
            act.seen = Seen { size: act.seen.size, root: Hash([wrong; 32]) };
            Some(Code::RecordSplit)
        }
        4..=7 => {
            let moved = act.expects.values_mut().next()?;
            *moved += 1;
            Some(Code::Stale)
        }
        8..=11 => {
            act.client = ClientId::new(at(5), [wrong; 10]);
            Some(Code::ActRefused)
        }
        _ => None,
    }
}

/// Tries one step and checks all that must hold after it.
fn step(world: &mut World, (who, kind, p, wrong): Step) {
    world.clock += i64::from(p[3]) * 1_000;
    let before = world.state.clone();
    let enrols = (35..38).contains(&kind);
    let actor = match enrols {
        true => person(p[0]),
        false => fitting(world, kind, who),
    };
    let mut act = match enrols {
        true => {
            let role = before.members().get(&actor.member_id()).map_or(Role::Owner, |m| m.role);
            Act::parse(&world.enrolment(&actor, &code(u64::from(p[0] % 6) + 1), role)).unwrap()
        }
        false => {
            let deed = deed(world, kind, p);
            world.act(&actor, deed)
        }
    };
    let demanded = spoil(&mut act, wrong);
    let mut envelope = act.sign(&actor.key);
    if enrols && wrong != 12 {
        world.countersign(&mut envelope);
    }
    let known = may_sign(&before, world, &actor) || enrols;
    let answer = world.submit(&envelope);
    if demanded.is_some() || !known || (enrols && wrong == 12) {
        assert!(answer.is_err(), "{} by {:?} was accepted", act.deed.name(), actor.actor);
    }
    if let Some(code) = demanded.filter(|c| *c == Code::RecordSplit && !before.ended()) {
        assert_eq!(answer, Err(code));
    }
    if answer.is_ok() {
        one_device_replaces(&before, &world.state, &act, world.clock);
        assert_eq!(world.submit(&envelope).map_err(|c| c == Code::ActConflict), Err(true), "the same act again");
    }
    holds(&before, &world.state);
    pending_never_serves(&world.state, world.clock);
}

/// Whether this actor, with this key, is one of this record's.
fn may_sign(state: &ClientState, world: &World, who: &Who) -> bool {
    match &who.actor {
        Actor::Device { device, member } => state.devices().get(device).is_some_and(|d| {
            d.member == *member
                && d.revoked.is_none()
                && !state.members()[member].removed
                && d.public == who.key.verifying_key().to_bytes()
        }),
        _ => [&world.agency.operator, &world.agency.gateway]
            .into_iter()
            .any(|a| a.actor == who.actor && a.key.to_bytes() == who.key.to_bytes()),
    }
}

/// While a rotation has a connection, no other device changes which of its keys serve; only a leaked one is retired.
fn one_device_replaces(before: &ClientState, after: &ClientState, act: &Act, clock: i64) {
    let Actor::Device { device, .. } = &act.actor else { return };
    if matches!(act.deed, Deed::VersionRetire { reason: RetireReason::Leaked, .. }) {
        return;
    }
    for (id, known) in before.connections() {
        let Some(lease) = before.rotation_at(*id, at(clock)).filter(|lease| lease.device != *device) else { continue };
        let keys = |state: &ClientState| {
            let now = &state.connections()[id];
            let stages: Vec<_> = now.versions.values().map(|v| v.stage).collect();
            (stages, now.trial.clone(), now.closed, now.rotation)
        };
        assert_eq!(keys(before), keys(after), "{} during {lease:?} of {known:?}", act.deed.name());
    }
}

/// What holds from one state to the next.
fn holds(before: &ClientState, after: &ClientState) {
    if before.owners().next().is_some() {
        assert!(after.owners().next().is_some(), "there was an owner and now there is none");
    }
    assert!(after.tree().size() >= before.tree().size() && after.last_logged() >= before.last_logged());
    for (id, connection) in after.connections() {
        let current = connection.versions.values().filter(|v| v.stage == Stage::Current).count();
        assert!(current <= 1, "two versions are current");
        let numbers: Vec<u32> = connection.versions.keys().copied().collect();
        assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>(), "numbers rise by one");
        assert!(!connection.closed || current == 0, "a closed connection serves");
        let Some(old) = before.connections().get(id) else { continue };
        assert_eq!(old.provider, connection.provider);
        assert!(connection.fence == old.fence || connection.fence == old.fence + 1, "fences rise by one");
        for (number, version) in old.versions.iter() {
            let now = &connection.versions[number];
            assert_eq!(now.sealed_sha256, version.sealed_sha256, "the bytes of a version changed");
            assert!(!version.proven || now.proven, "a proof was lost");
            assert!(
                !now.drained || matches!(now.stage, Stage::Previous | Stage::Retired),
                "drained, and calls run on it"
            );
            assert!(version.stage != Stage::Retired || now.stage == Stage::Retired, "a retired version came back");
            assert!(version.stage == Stage::Pending || now.stage != Stage::Pending);
        }
        if let Account::Told(_) = old.account {
            assert_eq!(old.account, connection.account, "a pinned account changed");
        }
    }
    for (id, device) in before.devices() {
        assert_eq!(after.devices()[id].public, device.public);
        assert!(device.revoked.is_none() || after.devices()[id].revoked == device.revoked);
    }
    for assignment in Use::ALL.iter().filter_map(|u| after.of_use(*u).assignment.as_ref()) {
        for (provider, id) in &assignment.serving {
            assert_eq!(after.connections()[id].provider, *provider, "at most one per provider, under its own");
        }
        assert!(assignment.preferred.is_none_or(|p| assignment.serving.values().any(|c| *c == p)));
    }
}

/// Whatever is asked, only a confirmed, living, not retired key of a fitting provider serves.
fn pending_never_serves(state: &ClientState, clock: i64) {
    let assistants: BTreeSet<_> = (0..4).map(assistant).collect();
    for id in assistants {
        for r#use in Use::ALL {
            for provider in Provider::ALL.into_iter().map(Some).chain([None]) {
                let Ok(served) = state.serve(id, r#use, provider, at(clock)) else { continue };
                assert!(!state.ended() && state.assistants()[&id].uses.contains(&r#use));
                assert!(state.assistants()[&id].paused.is_none() && state.of_use(r#use).paused.is_none());
                let Served::Own { connection, provider: of, version, trial, .. } = served else {
                    let known = state.of_use(r#use);
                    assert!(!known.cap_reached_at(at(clock)), "the platform pays beyond its cap");
                    assert!(known.offered_at(at(clock)) || known.fallback_at(at(clock)) == Fallback::Platform);
                    continue;
                };
                let known = &state.connections()[&connection];
                let version = &known.versions[&version];
                let allowed: &[Stage] = if trial { &[Stage::Ready, Stage::Previous] } else { &[Stage::Current] };
                assert!(allowed.contains(&version.stage) && version.health == Health::Works && !known.closed);
                assert!(known.paused.is_none());
                assert!(known.provider == of && of.uses().contains(&r#use) && provider.is_none_or(|p| p == of));
                assert!(!trial || (state.assistants()[&id].low_stakes && !state.assistants()[&id].removed));
            }
        }
    }
}

/// A client with an owner, an assistant, one account that serves and has a key to replace its own, and one that was only pushed.
fn lively() -> World {
    let (mut world, owner) = World::with_owner();
    let operator = world.operator();
    let uses = Use::ALL.to_vec();
    world.must(&operator, Deed::AssistantAdd { assistant: assistant(0), name_hash: name(5), uses, low_stakes: true });
    world.connect(&owner, 1, Provider::OpenAi, &[Use::Chat, Use::Images]);
    world.must(&owner, push(1, 2, Account::Untold));
    let gateway = world.gateway();
    world.must(&gateway, confirm(1, 2, Account::Untold));
    world.push(&owner, 2, Provider::Anthropic);
    world
}

fn config() -> ProptestConfig {
    let cases = if std::env::var_os("OWNKEY_LONG").is_some() { 480 } else { 24 };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_anybody_tries_the_law_holds_and_the_record_folds_to_the_same_state(steps in record()) {
        let mut world = lively();
        for s in steps {
            step(&mut world, s);
        }
        prop_assert_eq!(world.refolded(), world.state);
    }

    #[test]
    fn whatever_is_tried_before_anybody_joined_only_an_invited_owner_comes_in(steps in record()) {
        let mut world = World::open();
        for s in steps {
            step(&mut world, s);
        }
        if world.state.devices().is_empty() {
            prop_assert!(world.state.connections().is_empty());
        }
        prop_assert_eq!(world.refolded(), world.state);
    }
}

#[test]
fn random_records_reach_every_stage_and_many_acts_are_accepted() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let (mut tried, mut accepted, mut names) = (0, 0, BTreeSet::new());
    let mut stages = [false; 5];
    for _ in 0..48 {
        let mut world = lively();
        let start = world.leaves.len();
        let steps = record().new_tree(&mut runner).unwrap().current();
        tried += steps.len();
        for s in steps {
            step(&mut world, s);
            for version in world.state.connections().values().flat_map(|c| c.versions.values()) {
                stages[version.stage as usize] = true;
            }
        }
        accepted += world.leaves.len() - start;
        let mut again = ClientState::new(world.state.agency(), world.state.client());
        for leaf in &world.leaves {
            names.insert(again.apply(leaf, &world.agency.ring).unwrap().deed.name());
        }
    }
    assert!(accepted * 5 > tried, "{accepted} of {tried} acts were accepted");
    assert_eq!(stages, [true; 5], "pending, ready, current, previous, retired");
    assert!(["rotation.lease", "rotation.end", "version.proven"].iter().all(|n| names.contains(*n)), "{names:?}");
    assert!(names.len() >= 38, "{} kinds of acts were accepted: {names:?}", names.len());
}
