//! The client's hand on its calls: pauses, budgets, calls within a minute, the agency's cap, tokens with bounds of their
//! own. Each is in force with the next call, and what is refused never reaches the provider.

use std::time::{Duration, Instant};

use ownkey_agency::operator::{self, Command};
use ownkey_app::wire::{FallbackChange, LimitChange, LimitScope, Need, NeedKind, Pausing};
use ownkey_protocol::act::Deed;
use ownkey_protocol::law::ClientState;
use ownkey_protocol::limit::{Scope, UnitKind, UnitLimit};
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, Provider as Sim};
use serde_json::{Value, json};

use super::book::{Booked, call_of};
use super::{NEWSLETTER, World, payer, told};

impl World {
    async fn limit(&self, scope: LimitScope, money: Option<u64>, calls: Option<u64>, minute: Option<u32>, hard: bool) {
        let units = calls.map(|most| UnitLimit { kind: UnitKind::Calls, most });
        let change = LimitChange { scope, money_micro: money, units, calls_per_minute: minute, hard };
        self.client.app.set_limit(change).await.unwrap();
    }

    async fn ask(&self) -> reqwest::Response {
        self.chat(&json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": "Say hello." }] }))
            .send()
            .await
            .unwrap()
    }

    /// Waits until the record says it.
    async fn until(&self, said: impl Fn(&ClientState) -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !said(&self.servers.agency.record.state(self.servers.clients[0].id).unwrap()) {
            assert!(Instant::now() < end, "the record never says it");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn needs(&self) -> Vec<Need> {
        self.client.app.refresh().await.unwrap();
        self.client.app.app_state().await.unwrap().needs_you
    }

    fn operate(&self, command: Command) -> Value {
        operator::run(&self.servers.agency, "Mara", command).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_is_refused_in_every_providers_envelope_until_it_goes_on() {
    for provider in Provider::ALL {
        let (world, _) = World::connected(provider).await;
        provider.uses().iter().for_each(|u| world.fallback(*u, Fallback::Platform));
        world.client.app.refresh().await.unwrap();
        let connection = world.connection(provider).to_string();
        let assistant = world.servers.clients[0].assistants[NEWSLETTER].id.to_string();
        let each = [Pausing::Use(provider.uses()[0]), Pausing::Connection(connection), Pausing::Assistant(assistant)];
        for what in each {
            world.client.app.pause(what.clone(), true).await.unwrap();
            let before = world.ledger(provider).len();
            let answer = world.asks(provider).await;
            assert_eq!((answer.status().as_u16(), payer(&answer)), (403, "nobody"), "{provider} {what:?}");
            let body: Value = answer.json().await.unwrap();
            assert!(told(provider, &body, "paused"), "{provider} {what:?}: {body}");
            assert_eq!(world.ledger(provider).len(), before, "{provider} {what:?}");
            assert!(world.needs().await.iter().any(|n| n.kind == NeedKind::Paused), "{provider} {what:?}");
            world.client.app.pause(what.clone(), false).await.unwrap();
            assert_eq!(payer(&world.asks(provider).await), "client", "{provider} {what:?}");
        }
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_budget_counts_what_the_book_has_and_stops_the_next_call_in_the_providers_envelope() {
    for provider in Provider::ALL {
        let (world, _) = World::connected(provider).await;
        world.asks(provider).await.bytes().await.unwrap();
        let r#use = provider.uses()[0];
        world.limit(LimitScope::Use(r#use), None, Some(2), None, true).await;
        world.asks(provider).await.bytes().await.unwrap();
        let before = world.ledger(provider).len();
        let refused = world.asks(provider).await;
        let status = match provider {
            Provider::OpenAi => 429,
            Provider::Anthropic => 400,
            _ => 402,
        };
        assert_eq!((refused.status().as_u16(), payer(&refused)), (status, "nobody"), "{provider}");
        let body: Value = refused.json().await.unwrap();
        assert!(told(provider, &body, "over_budget"), "{provider}: {body}");
        assert_eq!(world.ledger(provider).len(), before, "{provider}");
        world.until(|s| s.reached().get(&Scope::Use(r#use)).is_some_and(|r| r.hard)).await;
        let needs = world.needs().await;
        assert!(needs.iter().any(|n| n.kind == NeedKind::BudgetStops && n.r#use == Some(r#use)), "{needs:?}");
        world.limit(LimitScope::Use(r#use), None, None, None, true).await;
        assert_eq!(payer(&world.asks(provider).await), "client", "{provider}: without a limit it goes on");
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_budget_is_told_and_calls_go_on() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    world.limit(LimitScope::Client, Some(1), None, None, false).await;
    for _ in 0..3 {
        let answer = world.ask().await;
        assert_eq!((answer.status().as_u16(), payer(&answer)), (200, "client"));
        answer.bytes().await.unwrap();
    }
    world.until(|s| s.reached().get(&Scope::Client).is_some_and(|r| !r.hard)).await;
    assert!(world.needs().await.iter().any(|n| n.kind == NeedKind::BudgetReached));
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_beside_each_other_do_not_slip_through_a_bound() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    world.limit(LimitScope::Client, None, Some(10), None, true).await;
    let answers = futures(&world, 40).await;
    assert_eq!(answers.iter().filter(|s| **s == 200).count(), 10, "{answers:?}");
    world.limit(LimitScope::Client, None, None, Some(5), false).await;
    let answers = futures(&world, 40).await;
    assert_eq!(answers.iter().filter(|s| **s == 200).count(), 5, "{answers:?}");
    assert!(answers.iter().all(|s| matches!(s, 200 | 429)));
    world.servers.stop().await.unwrap();
}

async fn futures(world: &World, count: usize) -> Vec<u16> {
    let body = json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": "Say hello." }] });
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..count {
        let call = world.chat(&body);
        running.spawn(async move { call.send().await.unwrap().status().as_u16() });
    }
    running.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_pays_up_to_its_cap_and_not_beyond() {
    let world = World::new().await;
    let (client, r#use) = (world.servers.clients[0].id, Use::Chat);
    let set = |cap| Command::FallbackSet { client, r#use, fallback: Fallback::Platform, until: None, cap };
    world.operate(set(Some(1)));
    let first = world.ask().await;
    assert_eq!((first.status().as_u16(), payer(&first)), (200, "platform"));
    first.bytes().await.unwrap();
    world.until(|s| s.of_use(Use::Chat).cap_reached.is_some()).await;
    let before = world.ledger(Provider::OpenAi).len();
    let refused = world.ask().await;
    assert_eq!((refused.status().is_success(), payer(&refused)), (false, "nobody"));
    assert_eq!(world.ledger(Provider::OpenAi).len(), before);
    world.operate(set(Some(1_000_000)));
    assert_eq!(payer(&world.ask().await), "platform", "a larger cap");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_its_uses_and_is_rotated_with_an_overlap() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    let client = world.servers.clients[0].id;
    let assistant = world.servers.clients[0].assistants[NEWSLETTER].id;
    let name = Some("production".to_owned());
    let uses = Some(vec![Use::Chat]);
    let made = world.operate(Command::AssistantToken { client, assistant, name: name.clone(), uses, expires: None });
    let post = |path: &str, token: &Value, body: Value| {
        let address = format!("{}/openai/v1{path}", world.gateway());
        world.http.post(address).bearer_auth(token.as_str().unwrap()).json(&body).send()
    };
    let hello = json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": "Say hello." }] });
    let picture = json!({ "model": "gpt-image-1", "prompt": "A paper boat" });
    assert_eq!(post("/chat/completions", &made["token"], hello.clone()).await.unwrap().status(), 200);
    assert_eq!(post("/images/generations", &made["token"], picture.clone()).await.unwrap().status(), 403);

    let rotate = |overlap_hours| Command::AssistantTokenRotate {
        client,
        assistant,
        name: name.clone(),
        overlap_hours,
        expires: None,
    };
    let second = world.operate(rotate(1));
    for token in [&made["token"], &second["token"]] {
        assert_eq!(post("/chat/completions", token, hello.clone()).await.unwrap().status(), 200);
        assert_eq!(post("/images/generations", token, picture.clone()).await.unwrap().status(), 403);
    }
    let third = world.operate(rotate(0));
    for token in [&made["token"], &second["token"]] {
        assert_eq!(post("/chat/completions", token, hello.clone()).await.unwrap().status(), 401);
    }
    assert_eq!(post("/chat/completions", &third["token"], hello).await.unwrap().status(), 200);

    let (tokens, named) = loop {
        world.client.app.refresh().await.unwrap();
        let shown = world.client.app.app_state().await.unwrap().assistants;
        let tokens = shown.into_iter().find(|a| a.id == assistant.to_string()).unwrap().tokens;
        let named = tokens.iter().find(|t| t.name == "production").unwrap().clone();
        if named.last_used.is_some() {
            break (tokens, named);
        }
        tokio::task::yield_now().await; // the book follows its journal
    };
    assert_eq!(named.uses, [Use::Chat]);
    assert!(tokens.iter().any(|t| t.name.is_empty()), "the demo's own token has no name");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_key_makes_one_need_for_what_the_platform_pays_and_one_for_what_is_stopped() {
    let (world, key) = World::connected(Provider::OpenAi).await;
    [Use::Images, Use::Voice].into_iter().for_each(|u| world.fallback(u, Fallback::Platform));
    world.control().revoke_key(Sim::OpenAi, &key);
    world.ask().await.bytes().await.unwrap();
    let needs = world.needs().await;
    let of = |kind| needs.iter().find(|n| n.kind == kind).and_then(|n| n.r#use);
    assert_eq!(of(NeedKind::KeyDeadStopped), Some(Use::Chat));
    assert_eq!(of(NeedKind::KeyDeadPlatformPays), Some(Use::Images));
    for r#use in [Use::Images, Use::Voice] {
        let state = world.servers.agency.record.state(world.servers.clients[0].id).unwrap();
        let revision = u32::try_from(state.of_use(r#use).revision).unwrap();
        world.client.app.limit_fallback(FallbackChange { r#use, stop: true, revision }).await.unwrap();
    }
    let needs = world.needs().await;
    assert!(needs.iter().all(|n| n.kind != NeedKind::KeyDeadPlatformPays), "{needs:?}");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_nobody_set_is_never_spent() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    let state = world.servers.agency.record.state(world.servers.clients[0].id).unwrap();
    assert!(state.limits().is_empty() && state.reached().is_empty());
    let said = Deed::BudgetReached {
        scope: Scope::Client,
        month: ownkey_protocol::limit::Month::of(world.servers.agency.now()),
        hard: true,
    };
    let refused = world.servers.agency.record.finding(state.client(), said, world.servers.agency.now());
    assert!(refused.is_err(), "not even the gateway says that a budget is spent which nobody set");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_before_usage_is_told_costs_an_estimate() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    let slow = FaultKind::SlowBody { bytes_per_s: 400 };
    world.control().inject(Sim::OpenAi, Fault::on("chat/completions", 1, slow));
    let body = json!({ "model": "gpt-4o-mini", "stream": true, "messages": [{ "role": "user", "content": "Tell." }] });
    let mut answer = world.chat(&body).send().await.unwrap();
    let call = call_of(&answer);
    answer.chunk().await.unwrap();
    drop(answer);
    let Booked { told, units, cost, .. } = world.booked(&call).await;
    assert_eq!(told, "estimated");
    assert!(units["input"].as_u64() > Some(10) && units["output"].as_u64() > Some(0), "{units}");
    assert!(cost > Some(0));

    let answer = world.ask().await;
    let call = call_of(&answer);
    answer.bytes().await.unwrap();
    let Booked { told, cost, .. } = world.booked(&call).await;
    assert!(told == "whole" && cost > Some(0));
    world.servers.stop().await.unwrap();
}
