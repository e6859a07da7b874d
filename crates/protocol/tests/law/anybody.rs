//! Anybody, and anything that somebody may try: acts from numbers.

use std::sync::LazyLock;

use ownkey_protocol::act::{Deed, RetireReason, RotationOutcome, Schedule};
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::law::Stage;
use ownkey_protocol::limit::{Currency, Limit, Money, Month, Pausable, Scope};
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::{Account, Fallback, Payer, Provider, Role, Use};

use crate::world::{
    Agency, HOUR, Who, World, assistant, at, code, confirm, connection, device, fenced, lease, member, name, promote,
    push, rotation, states,
};

/// People whom steps may act as or act upon, in the record or not.
static PEOPLE: LazyLock<[Who; 6]> = LazyLock::new(|| [1, 2, 3, 4, 5, 6].map(|n| Who::device(member(n), device(n))));

/// Another agency, with keys of its own.
static FOREIGN: LazyLock<Agency> = LazyLock::new(|| Agency::new(2));

pub(crate) fn person(n: u8) -> Who {
    PEOPLE[usize::from(n % 6)].clone()
}

/// Somebody: mostly people, also the agency, strangers, and the keys of another client and agency.
pub(crate) fn somebody(world: &World, n: u8) -> Who {
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
pub(crate) fn as_step(world: &World, deed: Deed, seed: u8) -> Deed {
    let id = serde_json::to_value(&deed).unwrap()["connection"].as_str().and_then(|id| id.parse().ok());
    match id.and_then(|id: ConnectionId| world.state.rotation_at(id, at(world.clock))) {
        Some(lease) if !seed.is_multiple_of(8) => fenced(deed, lease.fence),
        _ => deed,
    }
}

pub(crate) fn deed(world: &World, kind: u8, p: [u8; 4]) -> Deed {
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
pub(crate) fn fitting(world: &World, kind: u8, n: u8) -> Who {
    match (kind, n) {
        (21..=27 | 52, 0..=6) => world.operator(),
        (28..=34 | 42 | 48 | 49, 0..=6) => world.gateway(),
        (43, 0..=6) => world.operator(),
        (_, 0..=6) => person(if n < 5 { 0 } else { n }),
        _ => somebody(world, n),
    }
}
