//! Versions and their stages, accounts, trials, and what holds after a key died or was retired.

use ownkey_protocol::act::{Deed, Preference, RetireReason};
use ownkey_protocol::code::Code;
use ownkey_protocol::law::{AtProvider, Health, Stage, Version};
use ownkey_protocol::vocabulary::{Account, Payer, Provider, Use};

use crate::world::{Who, World, assistant, confirm, connection, name, promote, push, sealed};

fn version(world: &World, n: u64, number: u32) -> Version {
    world.state.connections()[&connection(n)].versions[&number].clone()
}

fn told(id: &str) -> Account {
    Account::Told(id.into())
}

fn retire(n: u64, version: u32) -> Deed {
    Deed::VersionRetire { connection: connection(n), version, reason: RetireReason::Replaced, fence: None }
}

fn dead(n: u64, version: u32) -> Deed {
    Deed::VersionDead { connection: connection(n), version, code: "key_refused".into() }
}

fn trial(n: u64, version: u32, uses: &[Use]) -> Deed {
    Deed::TrialStart { connection: connection(n), version, assistant: assistant(1), uses: uses.to_vec(), fence: None }
}

fn add(n: u64, uses: &[Use], low_stakes: bool) -> Deed {
    Deed::AssistantAdd { assistant: assistant(n), name_hash: name(n), uses: uses.to_vec(), low_stakes }
}

fn own(r#use: Use, serving: &[u64], preferred: Option<u64>, model: Option<&str>) -> Deed {
    Deed::AssignmentSet {
        r#use,
        payer: Payer::Own,
        serving: serving.iter().map(|n| connection(*n)).collect(),
        preferred: preferred.map(connection),
        model: model.map(Into::into),
    }
}

fn ready() -> (World, Who, Who) {
    let (mut world, owner) = World::with_owner();
    world.push(&owner, 1, Provider::OpenAi);
    let gateway = world.gateway();
    world.must(&gateway, confirm(1, 1, Account::Untold));
    (world, owner, gateway)
}

#[test]
fn version_numbers_rise_by_one_and_are_never_used_again() {
    let (mut world, owner, _) = ready();
    for wrong in [0, 1, 3, u32::MAX] {
        world.refused(&owner, push(1, wrong, Account::Untold), Code::ActRefused);
    }
    world.must(&owner, push(1, 2, Account::Untold));
    world.must(&owner, retire(1, 2));
    world.refused(&owner, push(1, 2, Account::Untold), Code::ActRefused);
    world.must(&owner, push(1, 3, Account::Untold));
    world.refused(&owner, push(2, 1, Account::Untold), Code::NotFound);
}

#[test]
fn a_pushed_version_is_pending_until_the_agency_confirms_those_very_bytes() {
    let (mut world, owner) = World::with_owner();
    world.push(&owner, 1, Provider::OpenAi);
    assert_eq!(version(&world, 1, 1).stage, Stage::Pending);
    world.refused(&owner, promote(1, 1, &[Use::Chat], &[]), Code::ActRefused);
    let gateway = world.gateway();
    let other = Deed::VersionConfirmed {
        connection: connection(1),
        version: 1,
        sealed_sha256: sealed(1, 2),
        account: Account::Untold,
    };
    world.refused(&gateway, other, Code::ActRefused);
    world.must(&gateway, confirm(1, 1, Account::Untold));
    let known = version(&world, 1, 1);
    assert_eq!((known.stage, known.health), (Stage::Ready, Health::Works));
    assert_eq!(known.device, owner.device_id());
}

#[test]
fn a_version_that_was_refused_stays_pending_and_cannot_be_promoted_or_tried() {
    let (mut world, owner) = World::with_owner();
    let (operator, gateway) = (world.operator(), world.gateway());
    world.must(&operator, add(1, &[Use::Chat], true));
    world.push(&owner, 1, Provider::OpenAi);
    let refused = Deed::VersionRefused { connection: connection(1), version: 1, code: "key_refused".into() };
    world.must(&gateway, refused);
    assert_eq!(version(&world, 1, 1).stage, Stage::Pending);
    assert_eq!(version(&world, 1, 1).health, Health::Dead("key_refused".into()));
    world.refused(&owner, promote(1, 1, &[Use::Chat], &[]), Code::ActRefused);
    world.refused(&owner, trial(1, 1, &[Use::Chat]), Code::ActRefused);
    let alive = Deed::VersionAlive { connection: connection(1), version: 1 };
    world.refused(&gateway, alive, Code::ActRefused);
}

#[test]
fn promoting_makes_one_version_current_and_the_one_before_previous() {
    let (mut world, owner, gateway) = ready();
    world.must(&owner, promote(1, 1, &[Use::Chat, Use::Voice], &[Use::Chat]));
    world.must(&owner, push(1, 2, Account::Untold));
    world.must(&gateway, confirm(1, 2, Account::Untold));
    world.must(&owner, promote(1, 2, &[], &[]));
    assert_eq!(version(&world, 1, 1).stage, Stage::Previous);
    assert_eq!(version(&world, 1, 2).stage, Stage::Current);
    world.must(&owner, promote(1, 1, &[], &[]));
    assert_eq!(version(&world, 1, 1).stage, Stage::Current);
    assert_eq!(version(&world, 1, 2).stage, Stage::Previous);
    let chat = world.state.of_use(Use::Chat).assignment.clone().unwrap();
    assert_eq!((chat.payer, chat.preferred), (Payer::Own, Some(connection(1))));
    assert_eq!(chat.model.as_deref(), Some("model-chat"));
    let voice = world.state.of_use(Use::Voice).assignment.clone().unwrap();
    assert_eq!((voice.serving[&Provider::OpenAi], voice.preferred), (connection(1), None));
    assert!(world.state.of_use(Use::Images).assignment.is_none());
}

#[test]
fn only_what_works_is_promoted_and_only_for_uses_of_its_provider() {
    let (mut world, owner, gateway) = ready();
    world.refused(&owner, promote(1, 9, &[Use::Chat], &[]), Code::NotFound);
    world.refused(&owner, promote(9, 1, &[Use::Chat], &[]), Code::NotFound);
    world.refused(&owner, promote(1, 1, &[Use::Chat], &[Use::Voice]), Code::ActRefused);
    world.refused(&owner, promote(1, 1, &[Use::Chat, Use::Chat], &[]), Code::Malformed);
    let twice = Deed::VersionPromote {
        connection: connection(1),
        version: 1,
        uses: vec![Use::Chat],
        preferred: vec![
            Preference { r#use: Use::Chat, model: None },
            Preference { r#use: Use::Chat, model: Some("m".into()) },
        ],
        fence: None,
    };
    world.refused(&owner, twice, Code::Malformed);
    world.must(&gateway, dead(1, 1));
    world.refused(&owner, promote(1, 1, &[Use::Chat], &[]), Code::ActRefused);
    world.must(&gateway, Deed::VersionAlive { connection: connection(1), version: 1 });
    world.must(&owner, promote(1, 1, &[Use::Chat], &[]));
    world.push(&owner, 2, Provider::Anthropic);
    world.must(&gateway, confirm(2, 1, Account::Untold));
    world.refused(&owner, promote(2, 1, &[Use::Images], &[]), Code::ActRefused);
}

#[test]
fn promoting_another_account_of_a_provider_takes_the_place_of_the_first() {
    let (mut world, owner, gateway) = ready();
    world.must(&owner, promote(1, 1, &[Use::Chat], &[Use::Chat]));
    world.push(&owner, 2, Provider::OpenAi);
    world.must(&gateway, confirm(2, 1, Account::Untold));
    world.must(&owner, promote(2, 1, &[Use::Chat], &[]));
    let chat = world.state.of_use(Use::Chat).assignment.clone().unwrap();
    assert_eq!(chat.serving.into_values().collect::<Vec<_>>(), [connection(2)]);
    assert_eq!((chat.preferred, chat.model), (None, None));
}

#[test]
fn a_retired_version_is_over_for_good() {
    let (mut world, owner, gateway) = ready();
    world.must(&owner, promote(1, 1, &[Use::Chat], &[]));
    let revoked = Deed::VersionRevoked { connection: connection(1), version: 1, fence: None };
    world.refused(&owner, revoked.clone(), Code::ActRefused);
    world.must(&owner, retire(1, 1));
    let known = version(&world, 1, 1);
    assert_eq!((known.stage, known.at_provider), (Stage::Retired, AtProvider::Unproven));
    assert_eq!(known.reason, Some(RetireReason::Replaced));
    world.refused(&owner, retire(1, 1), Code::ActRefused);
    world.refused(&owner, promote(1, 1, &[Use::Chat], &[]), Code::ActRefused);
    world.refused(&owner, Deed::CheckRequest { connection: connection(1), version: 1 }, Code::ActRefused);
    for deed in
        [confirm(1, 1, Account::Untold), dead(1, 1), Deed::VersionAlive { connection: connection(1), version: 1 }]
    {
        world.refused(&gateway, deed, Code::ActRefused);
    }
    world.must(&gateway, revoked);
    assert_eq!(version(&world, 1, 1).at_provider, AtProvider::Revoked);
}

#[test]
fn a_connection_is_closed_after_its_last_version_and_then_serves_nothing() {
    let (mut world, owner, _) = ready();
    let close = Deed::ConnectionClose { connection: connection(1) };
    world.must(&owner, promote(1, 1, &[Use::Chat], &[Use::Chat]));
    world.refused(&owner, close.clone(), Code::ActRefused);
    world.must(&owner, retire(1, 1));
    world.must(&owner, close.clone());
    let chat = world.state.of_use(Use::Chat).assignment.clone().unwrap();
    assert!(chat.serving.is_empty() && chat.preferred.is_none() && chat.model.is_none());
    world.refused(&owner, close, Code::NotFound);
    world.refused(&owner, push(1, 2, Account::Untold), Code::NotFound);
    let again = Deed::ConnectionOpen { connection: connection(1), provider: Provider::OpenAi, name_hash: name(1) };
    world.refused(&owner, again, Code::ActRefused);
}

#[test]
fn a_connection_belongs_to_the_first_account_that_was_told() {
    let (mut world, owner, gateway) = ready();
    world.must(&owner, push(1, 2, told("org-a")));
    assert_eq!(world.state.connections()[&connection(1)].account, told("org-a"));
    world.refused(&owner, push(1, 3, told("org-b")), Code::OtherAccount);
    world.refused(&gateway, confirm(1, 2, told("org-b")), Code::OtherAccount);
    world.must(&gateway, confirm(1, 2, Account::Untold));
    assert_eq!(world.state.connections()[&connection(1)].account, told("org-a"));

    world.push(&owner, 2, Provider::OpenAi);
    world.must(&gateway, confirm(2, 1, told("org-c")));
    world.refused(&owner, push(2, 2, told("org-a")), Code::OtherAccount);
    world.must(&owner, push(2, 2, told("org-c")));
}

#[test]
fn a_trial_is_for_a_ready_version_on_an_assistant_that_the_agency_marked() {
    let (mut world, owner, _) = ready();
    let operator = world.operator();
    world.refused(&owner, trial(1, 1, &[Use::Chat]), Code::NotFound);
    world.must(&operator, add(1, &[Use::Chat, Use::Voice], false));
    world.refused(&owner, trial(1, 1, &[Use::Chat]), Code::ActRefused);
    world.must(&operator, Deed::AssistantMarkLowStakes { assistant: assistant(1), low_stakes: true });
    world.refused(&owner, trial(1, 1, &[]), Code::ActRefused);
    world.refused(&owner, trial(1, 1, &[Use::Images]), Code::ActRefused);
    world.refused(&owner, trial(1, 1, &[Use::Chat, Use::Chat]), Code::Malformed);
    world.must(&owner, trial(1, 1, &[Use::Chat]));
    assert!(world.state.connections()[&connection(1)].trial.is_some());
    world.must(&owner, Deed::TrialEnd { connection: connection(1), fence: None });
    assert!(world.state.connections()[&connection(1)].trial.is_none());
}

#[test]
fn a_trial_ends_with_promotion_with_retirement_and_with_its_assistant() {
    let (mut world, owner, _) = ready();
    let operator = world.operator();
    world.must(&operator, add(1, &[Use::Chat], true));
    world.must(&owner, trial(1, 1, &[Use::Chat]));
    let unmark = Deed::AssistantMarkLowStakes { assistant: assistant(1), low_stakes: false };
    for end in [promote(1, 1, &[Use::Chat], &[]), retire(1, 1)] {
        let mut world = world.clone();
        world.must(&owner, end);
        assert!(world.state.connections()[&connection(1)].trial.is_none());
    }
    for end in [Deed::AssistantRemove { assistant: assistant(1) }, unmark] {
        let mut world = world.clone();
        world.must(&operator, end);
        assert!(world.state.connections()[&connection(1)].trial.is_none());
    }
}

#[test]
fn an_assignment_names_living_connections_at_most_one_per_provider() {
    let (mut world, owner, gateway) = ready();
    world.refused(&owner, own(Use::Chat, &[1], None, None), Code::ActRefused);
    world.must(&owner, promote(1, 1, &[], &[]));
    world.connect(&owner, 2, Provider::OpenAi, &[]);
    world.connect(&owner, 3, Provider::Anthropic, &[]);
    world.refused(&owner, own(Use::Chat, &[1, 2], None, None), Code::ActRefused);
    world.refused(&owner, own(Use::Chat, &[1, 1], None, None), Code::Malformed);
    world.refused(&owner, own(Use::Images, &[3], None, None), Code::ActRefused);
    world.refused(&owner, own(Use::Chat, &[1], Some(3), None), Code::ActRefused);
    world.refused(&owner, own(Use::Chat, &[1], None, Some("m")), Code::ActRefused);
    world.refused(&owner, own(Use::Chat, &[8], None, None), Code::NotFound);
    world.must(&owner, own(Use::Chat, &[1, 3], Some(3), Some("m")));
    world.must(&owner, Deed::ModelPick { r#use: Use::Chat, model: Some("n".into()) });
    let chat = world.state.of_use(Use::Chat).assignment.clone().unwrap();
    assert_eq!((chat.serving.len(), chat.model.as_deref()), (2, Some("n")));
    world.refused(&owner, Deed::ModelPick { r#use: Use::Voice, model: None }, Code::ActRefused);
    world.must(&gateway, dead(1, 1));
    world.must(&owner, own(Use::Chat, &[1], None, None));
}

#[test]
fn the_platform_is_chosen_only_while_it_is_offered() {
    let (mut world, owner) = World::with_owner();
    let operator = world.operator();
    let platform = |serving: &[u64]| Deed::AssignmentSet {
        r#use: Use::Chat,
        payer: Payer::Platform,
        serving: serving.iter().map(|n| connection(*n)).collect(),
        preferred: None,
        model: None,
    };
    world.refused(&owner, platform(&[]), Code::PlatformNotOffered);
    let until = Some(crate::world::at(1_000));
    world.must(&operator, Deed::PlatformOffer { r#use: Use::Chat, offered: true, until, cap: None });
    world.refused(&owner, platform(&[1]), Code::Malformed);
    world.must(&owner, platform(&[]));
    world.clock = 1_000;
    world.refused(&owner, platform(&[]), Code::PlatformNotOffered);
    world.must(&operator, Deed::PlatformOffer { r#use: Use::Chat, offered: true, until: None, cap: None });
    world.must(&owner, platform(&[]));
    world.must(&operator, Deed::PlatformOffer { r#use: Use::Chat, offered: false, until: None, cap: None });
    world.refused(&owner, platform(&[]), Code::PlatformNotOffered);
}

#[test]
fn a_token_belongs_to_one_assistant_until_it_ends() {
    let mut world = World::open();
    let operator = world.operator();
    for n in [1, 2] {
        world.must(&operator, add(n, &[Use::Chat], false));
    }
    world.refused(&operator, add(1, &[Use::Chat], false), Code::ActRefused);
    let token = |n, hash: u64, expires| Deed::AssistantToken {
        assistant: assistant(n),
        token_hash: name(hash),
        name_hash: None,
        uses: None,
        expires,
    };
    world.must(&operator, token(1, 1, Some(crate::world::at(10))));
    world.must(&operator, token(1, 2, None));
    world.refused(&operator, token(2, 1, None), Code::ActRefused);
    world.refused(&operator, token(3, 3, None), Code::NotFound);
    let of = |world: &World, hash, millis| world.state.assistant_of(name(hash), crate::world::at(millis));
    assert_eq!(of(&world, 1, 9), Some(assistant(1)));
    assert_eq!(of(&world, 1, 10), None);
    assert_eq!(of(&world, 2, 10), Some(assistant(1)));
    assert_eq!(of(&world, 3, 0), None);
    world.must(&operator, Deed::AssistantRemove { assistant: assistant(1) });
    assert_eq!(of(&world, 2, 0), None);
    world.refused(&operator, token(1, 5, None), Code::NotFound);
}
