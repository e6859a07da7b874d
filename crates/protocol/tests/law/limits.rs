//! Pauses, limits, the agency's caps, and tokens with bounds of their own.

use ownkey_protocol::act::{Deed, Stated};
use ownkey_protocol::code::Code;
use ownkey_protocol::law::{Served, StopReason};
use ownkey_protocol::limit::{Currency, Decimal, Limit, Money, Month, Pausable, Scope};
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::{Fallback, Payer, Provider, Use};

use crate::world::{Who, World, assistant, at, connection, name, states};

/// Two assistants may chat; connection 1 serves the chat.
fn scene() -> (World, Who) {
    let (mut world, owner) = World::with_owner();
    let operator = world.operator();
    for n in [1, 2] {
        let add = Deed::AssistantAdd {
            assistant: assistant(n),
            name_hash: name(n),
            uses: vec![Use::Chat],
            low_stakes: false,
        };
        world.must(&operator, add);
    }
    world.connect(&owner, 1, Provider::OpenAi, &[Use::Chat]);
    (world, owner)
}

fn chat(world: &World, by: u64) -> Result<Served, StopReason> {
    world.state.serve(assistant(by), Use::Chat, Some(Provider::OpenAi), at(world.clock)).map_err(|r| r.reason)
}

fn money(micro: u64) -> Option<Money> {
    Some(Money { micro, currency: Currency::Usd })
}

fn limit(hard: bool) -> Limit {
    Limit { money: money(5), units: None, calls_per_minute: None, hard }
}

#[test]
fn what_is_paused_is_not_served_and_no_fallback_pays_for_it() {
    let (mut world, owner) = scene();
    let operator = world.operator();
    let pays = Deed::FallbackSet { r#use: Use::Chat, fallback: Fallback::Platform, until: None, cap: None };
    world.must(&operator, pays);
    let each = [
        (Pausable::Use(Use::Chat), true),
        (Pausable::Connection(connection(1)), true),
        (Pausable::Assistant(assistant(1)), false),
    ];
    for (of, others_too) in each {
        world.must(&owner, Deed::PauseSet { of });
        assert_eq!(chat(&world, 1), Err(StopReason::Paused), "{of:?}");
        assert_eq!(chat(&world, 2).is_err(), others_too, "{of:?}");
        let made = world.state.serve_made(
            assistant(1),
            Some(Use::Chat),
            Provider::OpenAi,
            Some(connection(1)),
            at(world.clock),
        );
        assert_eq!(made.map_err(|r| r.reason), Err(StopReason::Paused), "{of:?}");
        world.must(&owner, Deed::PauseClear { of });
        assert!(matches!(chat(&world, 1), Ok(Served::Own { .. })), "{of:?}");
    }
    world.refused(&owner, Deed::PauseSet { of: Pausable::Connection(connection(9)) }, Code::NotFound);
    world.refused(&owner, Deed::PauseSet { of: Pausable::Assistant(assistant(9)) }, Code::NotFound);
}

#[test]
fn a_budget_is_said_once_a_month_and_again_only_where_it_became_harder() {
    let (mut world, owner) = scene();
    let gateway = world.gateway();
    let month = Month::of(at(world.clock));
    let said = |hard| Deed::BudgetReached { scope: Scope::Client, month, hard };
    world.refused(&gateway, said(false), Code::NotFound);
    world.must(&owner, Deed::LimitSet { scope: Scope::Client, limit: Some(limit(false)) });
    world.must(&gateway, said(false));
    world.refused(&gateway, said(false), Code::ActRefused);
    world.must(&gateway, said(true));
    world.refused(&gateway, said(false), Code::ActRefused);
    world.must(&owner, Deed::LimitSet { scope: Scope::Client, limit: Some(limit(true)) });
    assert!(world.state.reached().is_empty(), "another limit is another budget");
    world.must(&owner, Deed::LimitSet { scope: Scope::Client, limit: None });
    assert!(world.state.limits().is_empty());
    let nothing = Limit { money: None, units: None, calls_per_minute: None, hard: true };
    world.refused(&owner, Deed::LimitSet { scope: Scope::Client, limit: Some(nothing) }, Code::Malformed);
    world.refused(
        &owner,
        Deed::LimitSet { scope: Scope::Platform(Use::Chat), limit: Some(limit(true)) },
        Code::NotAllowed,
    );
}

#[test]
fn the_platform_stops_paying_when_its_cap_is_spent_until_the_month_or_the_cap_changes() {
    let (mut world, owner) = scene();
    let (operator, gateway) = (world.operator(), world.gateway());
    let offer = || Deed::PlatformOffer { r#use: Use::Chat, offered: true, until: None, cap: money(5) };
    world.must(&operator, offer());
    let platform =
        Deed::AssignmentSet { r#use: Use::Chat, payer: Payer::Platform, serving: vec![], preferred: None, model: None };
    world.must(&owner, platform);
    assert!(matches!(chat(&world, 1), Ok(Served::Platform { chosen: true, .. })));
    let month = Month::of(at(world.clock));
    world.must(&gateway, Deed::BudgetReached { scope: Scope::Platform(Use::Chat), month, hard: true });
    assert_eq!(chat(&world, 1), Err(StopReason::CapReached));
    let next = world.state.serve(assistant(1), Use::Chat, Some(Provider::OpenAi), at(world.clock + 32 * 86_400_000));
    assert!(next.is_ok(), "the next month has a cap of its own");
    world.must(&operator, offer());
    assert!(chat(&world, 1).is_ok(), "a new offer begins anew");
}

#[test]
fn a_token_is_good_for_no_more_than_it_says_and_ends_when_it_is_told() {
    let (mut world, _) = scene();
    let operator = world.operator();
    let token = |hash, uses| Deed::AssistantToken {
        assistant: assistant(1),
        token_hash: name(hash),
        name_hash: Some(name(70)),
        uses,
        expires: None,
    };
    world.must(&operator, token(60, Some(vec![])));
    world.must(&operator, token(61, None));
    world.refused(&operator, token(62, Some(vec![Use::Voice])), Code::ActRefused);
    assert!(!world.state.token_may(name(60), Some(Use::Chat)));
    assert!(world.state.token_may(name(61), Some(Use::Chat)) && world.state.token_may(name(61), None));
    let end = at(world.clock + 1_000);
    world.must(&operator, Deed::AssistantTokenEnd { assistant: assistant(1), token_hash: name(61), at: end });
    assert_eq!(world.state.assistant_of(name(61), at(world.clock + 999)), Some(assistant(1)));
    assert_eq!(world.state.assistant_of(name(61), end), None);
    let later = Deed::AssistantTokenEnd { assistant: assistant(1), token_hash: name(61), at: at(world.clock + 9_000) };
    world.refused(&operator, later, Code::ActRefused);
}

#[test]
fn what_a_client_told_of_a_month_is_known_the_last_of_it_and_of_no_day_to_come() {
    let (mut world, owner) = scene();
    let today = Day::of(at(world.clock));
    let through = Day::of(today.begin().plus_millis(-1));
    let (id, month) = (connection(1), Month::of(through.begin()));
    world.must(&owner, states(1, through));
    let told = world.state.statement(id, month).unwrap().stated.clone();
    assert_eq!((told.claimed.as_str(), told.billed.as_ref().map(Decimal::as_str)), ("12.5", Some("12.75")));
    world.must(&owner, Deed::StatementSend(Stated { billed: None, ..told }));
    assert_eq!(world.state.statement(id, month).unwrap().stated.billed, None);
    world.refused(&owner, states(1, today), Code::Malformed);
    let Deed::StatementSend(told) = states(1, through) else { unreachable!() };
    let another = Month::of(month.begin().plus_millis(-1));
    world.refused(&owner, Deed::StatementSend(Stated { month: another, ..told }), Code::Malformed);
    world.refused(&owner, states(9, through), Code::NotFound);
}
