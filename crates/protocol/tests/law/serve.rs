//! Which account serves a call, as a table of situations and answers (design.md §6).

use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::law::{GRACE_MILLIS, Running, Served, StopReason};
use ownkey_protocol::vocabulary::{Account, Fallback, Payer, Provider, Use};

use crate::world::{Who, World, assistant, at, confirm, connection, name, push};

/// Moment at which offers and fallbacks of these tests end.
const END: i64 = 5_000;

type Answer = Result<Served, StopReason>;

struct Scene {
    world: World,
    owner: Who,
}

impl Scene {
    /// Assistant 1 may chat and is low-stakes, 2 may chat, 3 may do images only.
    fn new() -> Self {
        let (mut world, owner) = World::with_owner();
        let operator = world.operator();
        for (n, uses, low_stakes) in [(1, Use::Chat, true), (2, Use::Chat, false), (3, Use::Images, false)] {
            let add = Deed::AssistantAdd { assistant: assistant(n), name_hash: name(n), uses: vec![uses], low_stakes };
            world.must(&operator, add);
        }
        Self { world, owner }
    }

    fn connected() -> Self {
        let mut scene = Self::new();
        let owner = scene.owner.clone();
        scene.world.connect(&owner, 1, Provider::OpenAi, &[Use::Chat]);
        scene
    }

    fn operator(&mut self, deed: Deed) {
        let who = self.world.operator();
        self.world.must(&who, deed);
    }

    fn gateway(&mut self, deed: Deed) {
        let who = self.world.gateway();
        self.world.must(&who, deed);
    }

    fn owner(&mut self, deed: Deed) {
        let who = self.owner.clone();
        self.world.must(&who, deed);
    }

    fn fallback(&mut self, until: Option<i64>) {
        self.operator(Deed::FallbackSet {
            r#use: Use::Chat,
            fallback: Fallback::Platform,
            until: until.map(at),
            cap: None,
        });
    }

    fn chat(&self, by: u64, provider: Option<Provider>, now: i64) -> Answer {
        self.world.state.serve(assistant(by), Use::Chat, provider, at(now)).map_err(|r| r.reason)
    }
}

fn own(n: u64, provider: Provider, version: u32, model: Option<&str>) -> Answer {
    let model = model.map(Into::into);
    Ok(Served::Own { connection: connection(n), provider, version, model, trial: false })
}

fn tried(n: u64, version: u32) -> Answer {
    Ok(Served::Own { connection: connection(n), provider: Provider::OpenAi, version, model: None, trial: true })
}

fn platform(provider: Option<Provider>, chosen: bool) -> Answer {
    Ok(Served::Platform { provider, chosen })
}

fn dead() -> Deed {
    Deed::VersionDead { connection: connection(1), version: 1, code: "key_refused".into() }
}

const OPENAI: Option<Provider> = Some(Provider::OpenAi);
const ANTHROPIC: Option<Provider> = Some(Provider::Anthropic);

#[test]
fn a_living_own_key_serves_its_provider_and_the_preferred_one_serves_unified_calls() {
    let mut scene = Scene::connected();
    assert_eq!(scene.chat(2, OPENAI, 0), own(1, Provider::OpenAi, 1, Some("model-chat")));
    assert_eq!(scene.chat(2, None, 0), own(1, Provider::OpenAi, 1, Some("model-chat")));
    assert_eq!(scene.chat(2, ANTHROPIC, 0), Err(StopReason::NotConnected));
    let owner = scene.owner.clone();
    scene.world.connect(&owner, 2, Provider::Anthropic, &[Use::Chat]);
    assert_eq!(scene.chat(2, OPENAI, 0), own(1, Provider::OpenAi, 1, None));
    assert_eq!(scene.chat(2, None, 0), own(2, Provider::Anthropic, 1, Some("model-chat")));
}

#[test]
fn an_assistant_calls_only_the_uses_that_it_was_given() {
    let mut scene = Scene::connected();
    assert_eq!(scene.chat(3, OPENAI, 0), Err(StopReason::NotAllowed));
    assert_eq!(scene.chat(4, OPENAI, 0), Err(StopReason::NotAllowed));
    scene.operator(Deed::AssistantRemove { assistant: assistant(2) });
    assert_eq!(scene.chat(2, OPENAI, 0), Err(StopReason::NotAllowed));
}

#[test]
fn nothing_that_was_only_pushed_or_only_confirmed_serves_anybody() {
    let mut scene = Scene::new();
    let owner = scene.owner.clone();
    scene.world.push(&owner, 1, Provider::OpenAi);
    for by in [1, 2] {
        assert_eq!(scene.chat(by, OPENAI, 0), Err(StopReason::NotConnected));
    }
    scene.gateway(confirm(1, 1, Account::Untold));
    for by in [1, 2] {
        assert_eq!(scene.chat(by, OPENAI, 0), Err(StopReason::NotConnected));
    }
}

#[test]
fn a_new_version_changes_nothing_until_it_is_promoted() {
    let mut scene = Scene::connected();
    scene.owner(push(1, 2, Account::Untold));
    scene.gateway(confirm(1, 2, Account::Untold));
    assert_eq!(scene.chat(2, OPENAI, 0), own(1, Provider::OpenAi, 1, Some("model-chat")));
    scene.owner(crate::world::promote(1, 2, &[], &[]));
    assert_eq!(scene.chat(2, OPENAI, 0), own(1, Provider::OpenAi, 2, Some("model-chat")));
}

#[test]
fn a_trial_serves_its_assistant_alone() {
    let mut scene = Scene::connected();
    scene.owner(push(1, 2, Account::Untold));
    scene.gateway(confirm(1, 2, Account::Untold));
    scene.owner(Deed::TrialStart {
        connection: connection(1),
        version: 2,
        assistant: assistant(1),
        uses: vec![Use::Chat],
        fence: None,
    });
    assert_eq!(scene.chat(1, OPENAI, 0), tried(1, 2));
    assert_eq!(scene.chat(1, None, 0), tried(1, 2));
    assert_eq!(scene.chat(1, ANTHROPIC, 0), Err(StopReason::NotConnected));
    assert_eq!(scene.chat(2, OPENAI, 0), own(1, Provider::OpenAi, 1, Some("model-chat")));
    let gone = Deed::VersionDead { connection: connection(1), version: 2, code: "key_refused".into() };
    scene.gateway(gone);
    assert_eq!(scene.chat(1, OPENAI, 0), own(1, Provider::OpenAi, 1, Some("model-chat")));
}

#[test]
fn a_dead_or_retired_key_stops_unless_the_agency_said_that_the_platform_pays() {
    let retire =
        Deed::VersionRetire { connection: connection(1), version: 1, reason: RetireReason::Leaked, fence: None };
    for (end, reason) in [(dead(), StopReason::KeyDead), (retire, StopReason::NotConnected)] {
        let mut scene = Scene::connected();
        scene.gateway_or_owner(end);
        assert_eq!(scene.chat(2, OPENAI, 0), Err(reason));
        assert_eq!(scene.chat(2, None, 0), Err(reason));
        scene.fallback(Some(END));
        assert_eq!(scene.chat(2, OPENAI, END - 1), platform(OPENAI, false));
        assert_eq!(scene.chat(2, None, END - 1), platform(OPENAI, false));
        assert_eq!(scene.chat(2, OPENAI, END), Err(reason));
        scene.fallback(None);
        scene.owner(Deed::FallbackLimit { r#use: Use::Chat, stop: true });
        assert_eq!(scene.chat(2, OPENAI, 0), Err(reason));
        scene.owner(Deed::FallbackLimit { r#use: Use::Chat, stop: false });
        assert_eq!(scene.chat(2, OPENAI, 0), platform(OPENAI, false));
    }
}

impl Scene {
    /// The gateway finds a key dead; a person retires one.
    fn gateway_or_owner(&mut self, deed: Deed) {
        match deed {
            Deed::VersionDead { .. } => self.gateway(deed),
            _ => self.owner(deed),
        }
    }
}

#[test]
fn a_key_that_lives_again_serves_again() {
    let mut scene = Scene::connected();
    scene.gateway(dead());
    scene.gateway(Deed::VersionAlive { connection: connection(1), version: 1 });
    assert_eq!(scene.chat(2, OPENAI, 0), own(1, Provider::OpenAi, 1, Some("model-chat")));
}

#[test]
fn the_platform_pays_by_choice_only_while_it_is_offered() {
    let mut scene = Scene::connected();
    scene.operator(Deed::PlatformOffer { r#use: Use::Chat, offered: true, until: Some(at(END)), cap: None });
    assert_eq!(scene.chat(2, OPENAI, 0), own(1, Provider::OpenAi, 1, Some("model-chat")));
    scene.owner(Deed::AssignmentSet {
        r#use: Use::Chat,
        payer: Payer::Platform,
        serving: vec![],
        preferred: None,
        model: None,
    });
    for provider in [None, OPENAI, ANTHROPIC] {
        assert_eq!(scene.chat(2, provider, END - 1), platform(provider, true));
        assert_eq!(scene.chat(2, provider, END), Err(StopReason::NotConnected));
    }
}

#[test]
fn without_any_account_the_fallback_decides() {
    let mut scene = Scene::new();
    assert_eq!(scene.chat(2, None, 0), Err(StopReason::NotConnected));
    scene.fallback(None);
    assert_eq!(scene.chat(2, None, 0), platform(None, false));
    assert_eq!(scene.chat(2, ANTHROPIC, 0), platform(ANTHROPIC, false));
}

#[test]
fn after_the_end_no_call_is_made() {
    let mut scene = Scene::connected();
    scene.fallback(None);
    scene.operator(Deed::ClientEnd {});
    assert_eq!(scene.chat(2, OPENAI, 0), Err(StopReason::Ended));
}

impl Scene {
    fn made(&self, by: u64, r#use: Option<Use>, made_on: Option<u64>) -> Answer {
        let made_on = made_on.map(connection);
        let served = self.world.state.serve_made(assistant(by), r#use, Provider::OpenAi, made_on, at(0));
        served.map_err(|refusal| refusal.reason)
    }

    fn assign(&mut self, payer: Payer, serving: &[u64]) {
        let serving: Vec<_> = serving.iter().copied().map(connection).collect();
        let preferred = serving.first().copied();
        self.owner(Deed::AssignmentSet { r#use: Use::Chat, payer, serving, preferred, model: None });
    }
}

const CHAT: Option<Use> = Some(Use::Chat);

#[test]
fn a_thing_picks_its_account_and_nothing_that_refuses_other_calls_is_skipped() {
    let mut scene = Scene::connected();
    let owner = scene.owner.clone();
    scene.world.connect(&owner, 2, Provider::OpenAi, &[Use::Chat]);
    assert_eq!(scene.made(2, CHAT, Some(1)), own(1, Provider::OpenAi, 1, None), "not the one that serves now");
    assert_eq!(scene.made(2, None, Some(1)), own(1, Provider::OpenAi, 1, None));
    for r#use in [CHAT, Some(Use::Voice)] {
        assert_eq!(scene.made(3, r#use, Some(1)), Err(StopReason::NotAllowed), "an images-only assistant");
    }
    assert_eq!(scene.made(4, None, Some(1)), Err(StopReason::NotAllowed));
    scene.gateway(dead());
    assert_eq!(scene.made(2, CHAT, Some(1)), Err(StopReason::KeyDead));
    assert!(scene.made(2, CHAT, Some(2)).is_ok());
    scene.owner(Deed::VersionRetire {
        connection: connection(1),
        version: 1,
        reason: RetireReason::Unwanted,
        fence: None,
    });
    assert_eq!(scene.made(2, CHAT, Some(1)), Err(StopReason::NotConnected));
    assert_eq!(scene.made(2, CHAT, Some(7)), Err(StopReason::NotConnected), "a connection of nobody");
    scene.operator(Deed::PlatformOffer { r#use: Use::Chat, offered: true, until: None, cap: None });
    scene.assign(Payer::Platform, &[]);
    assert_eq!(scene.made(2, CHAT, Some(2)), Err(StopReason::OtherAccount), "the client's money is not to be spent");
    scene.operator(Deed::ClientEnd {});
    for (r#use, made_on) in [(CHAT, Some(2)), (None, Some(2)), (CHAT, None), (None, None)] {
        assert_eq!(scene.made(2, r#use, made_on), Err(StopReason::Ended));
    }
}

#[test]
fn a_thing_of_the_platforms_is_followed_up_on_its_account_as_long_as_it_pays() {
    let mut scene = Scene::connected();
    assert_eq!(scene.made(2, CHAT, None), Err(StopReason::OtherAccount), "never on the client's account");
    assert_eq!(scene.made(2, None, None), Err(StopReason::OtherAccount));
    scene.fallback(None);
    assert_eq!(scene.made(2, CHAT, None), platform(OPENAI, false));
    assert_eq!(scene.made(2, None, None), platform(OPENAI, false));
    assert_eq!(scene.made(3, CHAT, None), Err(StopReason::NotAllowed));
    scene.owner(Deed::FallbackLimit { r#use: Use::Chat, stop: true });
    assert_eq!(scene.made(2, CHAT, None), Err(StopReason::OtherAccount));
    scene.operator(Deed::PlatformOffer { r#use: Use::Chat, offered: true, until: None, cap: None });
    scene.assign(Payer::Platform, &[]);
    assert_eq!(scene.made(2, CHAT, None), platform(OPENAI, true));
    scene.operator(Deed::PlatformOffer { r#use: Use::Chat, offered: false, until: None, cap: None });
    assert_eq!(scene.made(2, CHAT, None), Err(StopReason::OtherAccount));
}

#[test]
fn what_was_made_on_trial_is_followed_up_on_the_version_that_is_tried() {
    let mut scene = Scene::new();
    let owner = scene.owner.clone();
    scene.world.push(&owner, 1, Provider::OpenAi);
    scene.gateway(confirm(1, 1, Account::Untold));
    let (connection, uses) = (connection(1), vec![Use::Chat]);
    scene.owner(Deed::TrialStart { connection, version: 1, assistant: assistant(1), uses, fence: None });
    assert_eq!(scene.made(1, CHAT, Some(1)), tried(1, 1));
    assert_eq!(scene.made(2, CHAT, Some(1)), Err(StopReason::OtherAccount));
}

#[test]
fn a_call_of_no_use_goes_where_a_use_is_served_and_else_to_the_platform_if_it_pays_for_one() {
    let mut scene = Scene::connected();
    let any = |scene: &Scene, by| {
        scene.world.state.serve_any(assistant(by), Provider::OpenAi, at(0)).map_err(|refusal| refusal.reason)
    };
    assert_eq!(any(&scene, 2), own(1, Provider::OpenAi, 1, Some("model-chat")));
    assert_eq!(any(&scene, 3), Err(StopReason::NotConnected));
    let fallback = Deed::FallbackSet { r#use: Use::Images, fallback: Fallback::Platform, until: None, cap: None };
    scene.operator(fallback);
    assert_eq!(any(&scene, 3), platform(OPENAI, false), "although chat, which comes first, is not allowed to it");
    assert_eq!(any(&scene, 4), Err(StopReason::NotAllowed));
    scene.operator(Deed::ClientEnd {});
    assert_eq!(any(&scene, 2), Err(StopReason::Ended));
}

#[test]
fn calls_that_run_go_on_but_for_a_minute_after_their_version_is_retired_and_not_at_all_on_a_leaked_one() {
    let mut scene = Scene::connected();
    scene.owner(push(1, 2, Account::Untold));
    scene.gateway(confirm(1, 2, Account::Untold));
    let running = |scene: &Scene, version| scene.world.state.running(connection(1), version);
    let since = |scene: &Scene, version| scene.world.state.connections()[&connection(1)].versions[&version].since;
    scene.owner(Deed::VersionPromote {
        connection: connection(1),
        version: 2,
        uses: vec![],
        preferred: vec![],
        fence: None,
    });
    assert_eq!(
        [1, 2].map(|version| running(&scene, version)),
        [Running::GoesOn; 2],
        "a replaced one's run to their end"
    );
    scene.owner(Deed::VersionRetire {
        connection: connection(1),
        version: 1,
        reason: RetireReason::Replaced,
        fence: None,
    });
    let minute = since(&scene, 1).plus_millis(GRACE_MILLIS);
    assert_eq!((running(&scene, 1), running(&scene, 2)), (Running::EndsBy(minute), Running::GoesOn));
    scene.owner(Deed::VersionRetire {
        connection: connection(1),
        version: 2,
        reason: RetireReason::Leaked,
        fence: None,
    });
    assert_eq!((running(&scene, 1), running(&scene, 2)), (Running::EndsBy(minute), Running::Cut));
    assert!(matches!(running(&scene, 3), Running::EndsBy(_)), "what is not known serves nobody");
}
