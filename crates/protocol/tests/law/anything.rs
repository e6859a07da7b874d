//! Any order of acts by anybody: what holds after each of them, whatever was tried.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ownkey_protocol::act::{Act, Actor, Deed, RetireReason, RotationOutcome, Schedule, Seen};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::law::{ClientState, Health, Served, Stage};
use ownkey_protocol::limit::{Currency, Limit, Money, Month, Pausable, Scope};
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::{Account, Fallback, Payer, Provider, Role, Use};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::world::{
    Agency, HOUR, Who, World, assistant, at, code, confirm, connection, device, fenced, lease, member, name, promote,
    push, rotation, states,
};

/// One step, as numbers: who, what, on what, and what is wrong with it.
type Step = (u8, u8, [u8; 4], u8);

fn record() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..12_u8, 0..56_u8, any::<[u8; 4]>(), any::<u8>()), 40..120)
}

/// People whom steps may act as or act upon, in the record or not.
static PEOPLE: LazyLock<[Who; 6]> = LazyLock::new(|| [1, 2, 3, 4, 5, 6].map(|n| Who::device(member(n), device(n))));

/// Another agency, with keys of its own.
static FOREIGN: LazyLock<Agency> = LazyLock::new(|| Agency::new(2));

fn person(n: u8) -> Who {
    PEOPLE[usize::from(n % 6)].clone()
}

/// Somebody: mostly people, also the agency, strangers, and the keys of another client and agency.
fn somebody(world: &World, n: u8) -> Who {
    match n {
        0..=6 => person(n),
        7 => world.operator(),
        8 => world.gateway(),
        9 => person(n).forged(),
        10 => Who { actor: world.operator().actor, key: FOREIGN.operator.key.clone() },
        _ => FOREIGN.gateway.clone(),
    }
}

fn pick<T: Copy>(list: &[T], n: u8) -> T {
    list[usize::from(n) % list.len()]
}

/// One of four connections: mostly one that is open.
fn some_connection(world: &World, n: u8) -> u64 {
    let open: Vec<u64> =
        (1..=4).filter(|c| world.state.connections().get(&connection(*c)).is_some_and(|c| !c.closed)).collect();
    if n < 48 || open.is_empty() { u64::from(n % 4) + 1 } else { pick(&open, n) }
}

fn some_uses(n: u8) -> Vec<Use> {
    Use::ALL.into_iter().filter(|u| n & (1 << *u as u8) != 0).collect()
}

fn account(n: u8) -> Account {
    match n % 4 {
        0 => Account::Told("org-a".into()),
        1 => Account::Told("org-b".into()),
        _ => Account::Untold,
    }
}

/// A version of the connection: mostly the newest or the next one.
fn some_version(world: &World, n: u64, seed: u8) -> u32 {
    let known = world.state.connections().get(&connection(n));
    let newest = known.and_then(|c| c.versions.keys().next_back().copied()).unwrap_or(0);
    match seed % 8 {
        0 => newest + 1,
        1 => newest.saturating_sub(1),
        2 => u32::from(seed),
        _ => newest.max(1),
    }
}

/// A version in one of these stages, mostly; else any.
fn version_in(world: &World, n: u64, seed: u8, stages: &[Stage]) -> u32 {
    let known = world.state.connections().get(&connection(n));
    let found = known.and_then(|c| c.versions.iter().find(|(_, v)| stages.contains(&v.stage)));
    found.filter(|_| seed < 200).map_or_else(|| some_version(world, n, seed), |(number, _)| *number)
}

fn people_deed(world: &World, kind: u8, p: [u8; 4]) -> Deed {
    let who = member(u64::from(p[0] % 6) + 1);
    let role = pick(&[Role::Owner, Role::Member, Role::Viewer], p[1]);
    match kind {
        0 => Deed::MemberInvite {
            member: who,
            role,
            name_hash: name(1),
            code_hash: code(u64::from(p[0] % 6) + 1).hash(),
            expires: at(world.clock + i64::from(p[2]) * HOUR / 3),
        },
        1 => Deed::MemberChange { member: who, role },
        2 => Deed::MemberRemove { member: who },
        3 => Deed::DeviceRevoke { device: device(u64::from(p[0] % 6) + 1) },
        4 => Deed::DeviceRename { name_hash: name(2) },
        5 => Deed::DeviceLeave {},
        _ => Deed::FallbackLimit { r#use: pick(&Use::ALL, p[0]), stop: p[1].is_multiple_of(2) },
    }
}

fn connection_deed(world: &World, kind: u8, p: [u8; 4]) -> Deed {
    let n = some_connection(world, p[0]);
    let (id, version) = (connection(n), some_version(world, n, p[1]));
    let uses = some_uses(p[2] % 4);
    match kind {
        0 => Deed::ConnectionOpen {
            connection: connection(u64::from(p[0] % 4) + 1),
            provider: pick(&Provider::ALL, p[0] % 2),
            name_hash: name(3),
        },
        1 => Deed::ConnectionRename { connection: id, name_hash: name(4) },
        2 => Deed::ConnectionClose { connection: id },
        3 | 4 => push(n, some_version(world, n, if p[1] < 200 { 0 } else { p[1] }), account(p[3])),
        5 | 6 => promote(
            n,
            version_in(world, n, p[1], &[Stage::Ready]),
            &uses,
            if p[3].is_multiple_of(2) { &uses } else { &[] },
        ),
        7 => Deed::VersionRetire {
            connection: id,
            version,
            reason: if p[3] < 40 { RetireReason::Leaked } else { RetireReason::Unwanted },
            fence: None,
        },
        8 => Deed::VersionRevoked { connection: id, version, fence: None },
        9 => Deed::TrialStart {
            connection: id,
            version: version_in(world, n, p[1], &[Stage::Ready]),
            assistant: assistant(u64::from(p[3] % 3)),
            uses,
            fence: None,
        },
        10 => Deed::TrialEnd { connection: id, fence: None },
        11 => Deed::CheckRequest { connection: id, version },
        12 => Deed::ModelPick { r#use: pick(&Use::ALL, p[2]), model: Some("m".into()) },
        _ => Deed::AssignmentSet {
            r#use: pick(&Use::ALL, p[2]),
            payer: if p[3].is_multiple_of(3) { Payer::Platform } else { Payer::Own },
            serving: if p[3].is_multiple_of(3) { vec![] } else { serving(world, p[0], p[1]) },
            preferred: (p[3] % 3 == 1).then_some(id),
            model: None,
        },
    }
}

fn serving(world: &World, first: u8, second: u8) -> Vec<ConnectionId> {
    let both = [connection(some_connection(world, first)), connection(some_connection(world, second))];
    both[..usize::from(second % 2) + 1].to_vec()
}

fn agency_deed(world: &World, kind: u8, p: [u8; 4]) -> Deed {
    let one = assistant(u64::from(p[0] % 3));
    let (r#use, provider) = (pick(&Use::ALL, p[1]), pick(&Provider::ALL, p[2]));
    let n = some_connection(world, p[0]);
    let (id, version) = (connection(n), some_version(world, n, p[1]));
    let until = (p[3].is_multiple_of(2)).then(|| at(world.clock + i64::from(p[3]) * 1_000));
    match kind {
        0 => Deed::AssistantAdd { assistant: one, name_hash: name(5), uses: some_uses(p[1]), low_stakes: p[2] < 128 },
        1 => Deed::AssistantMarkLowStakes { assistant: one, low_stakes: p[2] < 128 },
        2 => Deed::AssistantToken {
            assistant: one,
            token_hash: name(u64::from(p[1])),
            name_hash: None,
            uses: None,
            expires: until,
        },
        3 => Deed::AssistantRemove { assistant: one },
        4 => Deed::PlatformOffer { r#use, offered: p[2] < 200, until, cap: None },
        5 => {
            let fallback = if p[2] < 128 { Fallback::Stop } else { Fallback::Platform };
            Deed::FallbackSet { r#use, fallback, until, cap: None }
        }
        6 => Deed::ModelsAllow { r#use, models: vec!["m".into()] },
        7..=9 => confirm(n, version_in(world, n, p[1], &[Stage::Pending]), account(p[3])),
        10 => Deed::VersionRefused { connection: id, version, code: "key_refused".into() },
        11 => Deed::VersionDead { connection: id, version, code: "no_credit".into() },
        12 => Deed::VersionAlive { connection: id, version },
        13 => Deed::FallbackBegan { r#use, provider },
        14 if p[1] == 0 => Deed::ClientEnd {},
        _ => Deed::FallbackEnded { r#use, provider },
    }
}

fn limit_deed(world: &World, kind: u8, p: [u8; 4]) -> Deed {
    let (one, r#use) = (assistant(u64::from(p[0] % 3)), pick(&Use::ALL, p[1]));
    let of = match p[2] % 3 {
        0 => Pausable::Use(r#use),
        1 => Pausable::Connection(connection(some_connection(world, p[0]))),
        _ => Pausable::Assistant(one),
    };
    let scope = pick(&[Scope::Client, Scope::Use(r#use), Scope::Assistant(one), Scope::Platform(r#use)], p[2]);
    let money = Some(Money { micro: u64::from(p[3]), currency: Currency::Usd });
    let bound = Limit { money, units: None, calls_per_minute: p[0].is_multiple_of(2).then_some(3), hard: p[1] < 128 };
    match kind {
        0 => Deed::PauseSet { of },
        1 | 2 => Deed::PauseClear { of },
        3 => Deed::LimitSet { scope, limit: (p[3] < 200).then_some(bound) },
        4 => Deed::BudgetReached { scope, month: Month::of(at(world.clock)), hard: p[3] < 128 },
        _ => Deed::AssistantTokenEnd { assistant: one, token_hash: name(u64::from(p[1])), at: at(world.clock) },
    }
}

fn rotation_deed(world: &World, kind: u8, p: [u8; 4]) -> Deed {
    let n = some_connection(world, p[0]);
    let known = world.state.connections().get(&connection(n));
    let (which, id) = (u64::from(p[2] % 2), connection(n));
    let has = known.and_then(|c| c.rotation).map_or(rotation(which), |lease| lease.rotation);
    let until = world.clock + i64::from(p[1]) * 3_000;
    let outcomes = [RotationOutcome::Done, RotationOutcome::Abandoned, RotationOutcome::HandedOver];
    let fence = known.map_or(0, |c| c.fence);
    match kind {
        0 | 1 => lease(which, n, fence + 1, until),
        2 => Deed::RotationLease { rotation: has, connection: id, fence, until: at(until) },
        3 => Deed::RotationEnd { rotation: has, connection: id, fence, outcome: pick(&outcomes, p[1]) },
        4 => Deed::VersionProven { connection: id, version: version_in(world, n, p[1], &[Stage::Current]) },
        _ => Deed::VersionDrained { connection: id, version: version_in(world, n, p[1], &[Stage::Previous]) },
    }
}

fn schedule_deed(world: &World, kind: u8, p: [u8; 4]) -> Deed {
    let id = connection(some_connection(world, p[0]));
    let schedule = match p[1] % 3 {
        0 => None,
        1 => Some(Schedule::Every { days: u16::from(p[2]) }),
        _ => Some(Schedule::By { at: at(world.clock + i64::from(p[2]) * 3_600_000) }),
    };
    let proposed = world.state.agreement().proposal.and_then(|p| p.schedule);
    match kind {
        0 => Deed::ConnectionOwner { connection: id, member: member(u64::from(p[1] % 6)) },
        1 => Deed::ConnectionSchedule { connection: id, schedule },
        2 => Deed::AgreementPropose { schedule },
        3 => Deed::AgreementAccept { schedule: if p[3] < 200 { proposed } else { schedule } },
        _ => Deed::AgreementDecline {},
    }
}

/// One of people's deeds, mostly as a step of the rotation that has its connection.
fn as_step(world: &World, deed: Deed, seed: u8) -> Deed {
    let id = serde_json::to_value(&deed).unwrap()["connection"].as_str().and_then(|id| id.parse().ok());
    match id.and_then(|id: ConnectionId| world.state.rotation_at(id, at(world.clock))) {
        Some(lease) if !seed.is_multiple_of(8) => fenced(deed, lease.fence),
        _ => deed,
    }
}

fn deed(world: &World, kind: u8, p: [u8; 4]) -> Deed {
    match kind {
        0..=6 => people_deed(world, kind, p),
        7..=20 => as_step(world, connection_deed(world, kind - 7, p), p[3]),
        21..=37 => agency_deed(world, kind - 21, p),
        38..=43 => limit_deed(world, kind - 38, p),
        44..=49 => rotation_deed(world, kind - 44, p),
        50..=54 => schedule_deed(world, kind - 50, p),
        _ => states(u64::from(p[0] % 8), Day::of(at(world.clock - i64::from(p[1]) * 24 * HOUR))),
    }
}

/// Whom an honest act of this kind would come from: else hardly any random act would be allowed.
fn fitting(world: &World, kind: u8, n: u8) -> Who {
    match (kind, n) {
        (21..=27 | 52, 0..=6) => world.operator(),
        (28..=34 | 42 | 48 | 49, 0..=6) => world.gateway(),
        (43, 0..=6) => world.operator(),
        (_, 0..=6) => person(if n < 5 { 0 } else { n }),
        _ => somebody(world, n),
    }
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
