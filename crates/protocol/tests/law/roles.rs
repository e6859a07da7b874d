//! The table of seal.md §5, row by row: who may do what.

use ownkey_protocol::act::{Deed, RetireReason, Schedule};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::limit::{Currency, Limit, Money, Month, Pausable, Scope};
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::{Account, Fallback, Payer, Provider, Role, Use};

use crate::world::{
    HOUR, Who, World, assistant, at, confirm, connection, device, lease, member, name, promote, push, states,
};

const QUARTER: Schedule = Schedule::Every { days: 90 };

const LIMIT: Limit = Limit {
    money: Some(Money { micro: 1_000_000, currency: Currency::Usd }),
    units: None,
    calls_per_minute: None,
    hard: true,
};

/// Everybody who may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Owner,
    Member,
    Viewer,
    Operator,
    Gateway,
}

const EVERYBODY: [By; 5] = [By::Owner, By::Member, By::Viewer, By::Operator, By::Gateway];

/// A client in which each act of the table can be done by whoever may.
///
/// Connection 1: version 1 current. 2: version 1 ready. 3: version 1 retired. 4: version 1 pending. 5: version 1 previous.
struct Scene {
    world: World,
    people: [Who; 3],
}

impl Scene {
    fn new() -> Self {
        let (mut world, owner) = World::with_owner();
        let (operator, gateway) = (world.operator(), world.gateway());
        let worker = world.join(&owner, 2, Role::Member);
        let viewer = world.join(&owner, 3, Role::Viewer);
        world.join(&owner, 4, Role::Member);
        world.connect(&owner, 1, Provider::OpenAi, &[Use::Chat]);
        for n in [2, 3, 4] {
            world.push(&owner, n, Provider::Anthropic);
        }
        world.must(&gateway, confirm(2, 1, Account::Untold));
        world.must(&owner, retire(3));
        world.connect(&owner, 5, Provider::Gemini, &[]);
        world.must(&owner, push(5, 2, Account::Untold));
        world.must(&gateway, confirm(5, 2, Account::Untold));
        world.must(&owner, promote(5, 2, &[], &[]));
        let add = add_assistant(1);
        world.must(&operator, add);
        let token = Deed::AssistantToken {
            assistant: assistant(1),
            token_hash: name(7),
            name_hash: None,
            uses: None,
            expires: None,
        };
        world.must(&operator, token);
        world.must(&owner, Deed::LimitSet { scope: Scope::Client, limit: Some(LIMIT) });
        world.must(&operator, Deed::AgreementPropose { schedule: Some(QUARTER) });
        Self { world, people: [owner, worker, viewer] }
    }

    fn who(&self, by: By) -> Who {
        match by {
            By::Owner => self.people[0].clone(),
            By::Member => self.people[1].clone(),
            By::Viewer => self.people[2].clone(),
            By::Operator => self.world.operator(),
            By::Gateway => self.world.gateway(),
        }
    }
}

fn retire(n: u64) -> Deed {
    Deed::VersionRetire { connection: connection(n), version: 1, reason: RetireReason::Unwanted, fence: None }
}

fn add_assistant(n: u64) -> Deed {
    Deed::AssistantAdd { assistant: assistant(n), name_hash: name(n), uses: Use::ALL.to_vec(), low_stakes: true }
}

/// Acts of people and devices.
fn people() -> Vec<(Deed, Vec<By>)> {
    let owner = vec![By::Owner];
    let workers = vec![By::Owner, By::Member];
    let all = vec![By::Owner, By::Member, By::Viewer];
    vec![
        (World::invite(9, Role::Owner, HOUR), owner.clone()),
        (World::invite(9, Role::Viewer, HOUR), owner.clone()),
        (Deed::MemberChange { member: member(4), role: Role::Viewer }, owner.clone()),
        (Deed::MemberRemove { member: member(4) }, owner.clone()),
        (Deed::DeviceRevoke { device: device(4) }, owner.clone()),
        (Deed::FallbackLimit { r#use: Use::Chat, stop: true }, owner.clone()),
        (Deed::AgreementAccept { schedule: Some(QUARTER) }, owner.clone()),
        (Deed::AgreementDecline {}, owner),
        (Deed::DeviceRename { name_hash: name(8) }, workers),
        (Deed::DeviceLeave {}, all),
    ]
}

/// Acts of connections, versions and uses.
fn connections() -> Vec<(Deed, Vec<By>)> {
    let workers = vec![By::Owner, By::Member];
    let own = Deed::AssignmentSet {
        r#use: Use::Chat,
        payer: Payer::Own,
        serving: vec![connection(1)],
        preferred: None,
        model: None,
    };
    let trial = Deed::TrialStart {
        connection: connection(2),
        version: 1,
        assistant: assistant(1),
        uses: vec![Use::Chat],
        fence: None,
    };
    vec![
        (
            Deed::ConnectionOpen { connection: connection(9), provider: Provider::Gemini, name_hash: name(9) },
            workers.clone(),
        ),
        (Deed::ConnectionRename { connection: connection(1), name_hash: name(9) }, workers.clone()),
        (Deed::ConnectionOwner { connection: connection(1), member: member(2) }, workers.clone()),
        (Deed::ConnectionSchedule { connection: connection(1), schedule: Some(QUARTER) }, workers.clone()),
        (Deed::ConnectionClose { connection: connection(3) }, workers.clone()),
        (push(1, 2, Account::Untold), workers.clone()),
        (promote(2, 1, &[Use::Chat], &[]), workers.clone()),
        (retire(1), workers.clone()),
        (trial, workers.clone()),
        (Deed::TrialEnd { connection: connection(2), fence: None }, workers.clone()),
        (lease(1, 1, 1, HOUR / 12), workers.clone()),
        (own, workers.clone()),
        (Deed::ModelPick { r#use: Use::Chat, model: None }, workers.clone()),
        (Deed::PauseSet { of: Pausable::Use(Use::Chat) }, workers.clone()),
        (Deed::PauseClear { of: Pausable::Connection(connection(1)) }, workers.clone()),
        (Deed::LimitSet { scope: Scope::Client, limit: Some(LIMIT) }, workers.clone()),
        (states(1, Day::of(at(-24 * HOUR))), workers),
        (
            Deed::VersionRevoked { connection: connection(3), version: 1, fence: None },
            vec![By::Owner, By::Member, By::Gateway],
        ),
        (Deed::CheckRequest { connection: connection(1), version: 1 }, vec![By::Owner, By::Member, By::Viewer]),
    ]
}

/// Acts of the agency.
fn agency() -> Vec<(Deed, Vec<By>)> {
    let operator = vec![By::Operator];
    let gateway = vec![By::Gateway];
    let (chat, one) = (Use::Chat, assistant(1));
    vec![
        (Deed::ClientEnd {}, operator.clone()),
        (add_assistant(2), operator.clone()),
        (Deed::AssistantMarkLowStakes { assistant: one, low_stakes: false }, operator.clone()),
        (
            Deed::AssistantToken { assistant: one, token_hash: name(3), name_hash: None, uses: None, expires: None },
            operator.clone(),
        ),
        (Deed::AssistantRemove { assistant: one }, operator.clone()),
        (Deed::AssistantTokenEnd { assistant: one, token_hash: name(7), at: at(HOUR) }, operator.clone()),
        (Deed::PlatformOffer { r#use: chat, offered: true, until: None, cap: None }, operator.clone()),
        (Deed::FallbackSet { r#use: chat, fallback: Fallback::Platform, until: None, cap: None }, operator.clone()),
        (Deed::ModelsAllow { r#use: chat, models: vec!["m".into()] }, operator.clone()),
        (Deed::AgreementPropose { schedule: None }, operator),
        (confirm(4, 1, Account::Untold), gateway.clone()),
        (Deed::VersionRefused { connection: connection(4), version: 1, code: "seal_refused".into() }, gateway.clone()),
        (Deed::VersionDead { connection: connection(1), version: 1, code: "key_refused".into() }, gateway.clone()),
        (Deed::VersionAlive { connection: connection(1), version: 1 }, gateway.clone()),
        (Deed::VersionProven { connection: connection(1), version: 1 }, gateway.clone()),
        (Deed::VersionDrained { connection: connection(5), version: 1 }, gateway.clone()),
        (Deed::FallbackBegan { r#use: chat, provider: Provider::OpenAi }, gateway.clone()),
        (Deed::FallbackEnded { r#use: chat, provider: Provider::OpenAi }, gateway.clone()),
        (Deed::BudgetReached { scope: Scope::Client, month: Month::of(at(0)), hard: false }, gateway),
        (Deed::PlatformKeyset { seq: 1, sha256: Hash([0; 32]) }, vec![]),
        (platform_key(1, 1), vec![]),
    ]
}

fn platform_key(n: u64, version: u32) -> Deed {
    Deed::PlatformKey {
        provider: Provider::OpenAi,
        connection: connection(n),
        version,
        sealed_sha256: name(u64::from(version)),
    }
}

#[test]
fn each_act_is_open_to_exactly_those_whom_the_table_names() {
    let scene = Scene::new();
    for (deed, may) in [people(), connections(), agency()].concat() {
        for by in EVERYBODY {
            let mut world = scene.world.clone();
            let expected = if may.contains(&by) { Ok(()) } else { Err(Code::NotAllowed) };
            let answer = world.try_act(&scene.who(by), deed.clone());
            assert_eq!(answer, expected, "{} by {by:?}", deed.name());
        }
    }
}

#[test]
fn the_table_of_this_test_has_every_act_but_three() {
    let mut names: Vec<String> =
        [people(), connections(), agency()].concat().iter().map(|(deed, _)| deed.name()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 49, "client.open, device.enrol and rotation.end have tests of their own: {names:?}");
}

#[test]
fn the_agencys_own_record_takes_platform_acts_of_the_operator_only() {
    let mut world = World::empty(ClientId::PLATFORM);
    let (operator, gateway) = (world.operator(), world.gateway());
    world.must(&operator, Deed::ClientOpen { name_hash: name(1) });
    world.must(&operator, Deed::PlatformKeyset { seq: 1, sha256: Hash([0; 32]) });
    world.must(&operator, platform_key(1, 1));
    world.refused(&operator, platform_key(1, 1), Code::ActRefused);
    world.must(&operator, platform_key(1, 2));
    world.refused(&gateway, platform_key(1, 3), Code::NotAllowed);
    assert_eq!(world.state.platform_keys()[&Provider::OpenAi].version, 2);
    world.refused(&operator, World::invite(1, Role::Owner, HOUR), Code::NotAllowed);
    world.refused(&operator, Deed::ClientEnd {}, Code::NotAllowed);
    world.refused(&operator, add_assistant(1), Code::NotAllowed);
}
