//! Calls that refer to what an earlier call made: the thing picks the account, and everything that refuses another call
//! refuses these too.

use ownkey_agency::operator::{self, Command};
use ownkey_agency::store::Made;
use ownkey_protocol::act::Deed;
use ownkey_protocol::api::Named;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_providers::routes::{self, Route, UseFrom};
use ownkey_tests::calls::{self, path_of};
use ownkey_tests::device::now;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{ACCOUNT, NEWSLETTER, World, payer};

impl World {
    pub(super) fn connection(&self, provider: Provider) -> ConnectionId {
        let state = self.servers.agency.record.state(self.servers.clients[0].id).unwrap();
        *state.connections().iter().find(|(_, c)| c.provider == provider).unwrap().0
    }

    /// As if a call had made this thing on the client's own account, or on the platform's.
    fn was_made(&self, provider: Provider, thing: &str, connection: Option<ConnectionId>) {
        let (client, thing) = (self.servers.clients[0].id, thing.to_owned());
        self.servers.agency.things.remember(&Made { client, provider, thing, connection, at: now() }).unwrap();
    }

    /// A token of an assistant that was given this use and no other.
    fn only(&self, r#use: Use) -> String {
        let client = self.servers.clients[0].id;
        let run = |command| operator::run(&self.servers.agency, "Mara", command).unwrap();
        let name = format!("Only {}", r#use.as_str());
        let added = run(Command::AssistantAdd { client, name, uses: vec![r#use], low_stakes: false });
        let assistant = added["assistant"].as_str().unwrap().parse().unwrap();
        run(Command::AssistantToken { client, assistant, name: None, uses: None, expires: None })["token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Calls a route so that it refers to `thing`: in its path, or else in its body.
    async fn refer(&self, token: &str, route: &Route, thing: &str) -> Response {
        let body = if route.refers.is_some() { json!({}) } else { json!({ "previous_response_id": thing }) };
        let (path, body) = (path_of(route, thing), body.to_string());
        let call =
            calls::call(&self.http, &self.servers.origin, Some(token), route.provider, &route.method, &path, &body);
        call.send().await.unwrap()
    }

    async fn respond(&self, body: Value) -> Response {
        let address = format!("{}/openai/v1/responses", self.gateway());
        self.http.post(address).bearer_auth(self.token(NEWSLETTER)).json(&body).send().await.unwrap()
    }

    async fn follow_up(&self, response: &str) -> Response {
        self.respond(json!({ "model": "gpt-4o-mini", "input": "And?", "previous_response_id": response })).await
    }
}

fn referring() -> impl Iterator<Item = &'static Route> {
    Provider::ALL.into_iter().flat_map(routes::all).filter(|r| r.refers.is_some() || r.method == Method::POST)
}

/// A use that no call of this route can belong to.
fn foreign(route: &Route) -> Option<Use> {
    Use::ALL.into_iter().find(|u| match route.use_ {
        UseFrom::Fixed(fixed) => *u != fixed,
        _ => *u != Use::Chat && !route.provider.uses().contains(u),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thing_opens_no_account_to_an_assistant_without_the_use_nor_to_anybody_after_the_end() {
    let world = World::new().await;
    for provider in Provider::ALL {
        world.client.connect(&world.servers, provider, ACCOUNT).await.unwrap();
        for route in routes::all(provider) {
            let own = calls::remembered(route, "thing_0000000000");
            world.was_made(provider, &own, Some(world.connection(provider)));
            world.was_made(provider, &calls::remembered(route, "thing_platform000"), None);
        }
    }
    let tokens = Use::ALL.map(|u| world.only(u));
    let rows = |world: &World| Provider::ALL.map(|p| world.ledger(p).len());
    let mut refused = 0;
    for route in referring() {
        let before = rows(&world);
        let answer = world.refer(world.token(NEWSLETTER), route, "thing_0000000000").await;
        let status = answer.status().as_u16();
        assert_eq!(payer(&answer), "client", "{}: whoever may, reaches it: {status}", route.id);
        assert_ne!(rows(&world), before, "{}", route.id);

        let Some(r#use) = foreign(route) else { continue };
        refused += 1;
        let before = rows(&world);
        let token = &tokens[Use::ALL.iter().position(|u| *u == r#use).unwrap()];
        for thing in ["thing_0000000000", "thing_platform000", "thing_of_nobody00"] {
            let answer = world.refer(token, route, thing).await;
            assert_eq!((answer.status().as_u16(), payer(&answer)), (403, "nobody"), "{} with {thing}", route.id);
        }
        assert_eq!(rows(&world), before, "{}: the provider was asked", route.id);
    }
    let client = world.servers.clients[0].id;
    operator::run(&world.servers.agency, "Mara", Command::ClientEnd { client }).unwrap();
    let before = rows(&world);
    let mut ended = 0;
    for route in referring() {
        for thing in ["thing_0000000000", "thing_platform000"] {
            ended += 1;
            let answer = world.refer(world.token(NEWSLETTER), route, thing).await;
            assert_eq!((answer.status().as_u16(), payer(&answer)), (403, "nobody"), "{} with {thing}", route.id);
        }
    }
    assert_eq!(rows(&world), before, "a provider was asked for a client that has ended");
    assert!(refused > 30 && ended > 80, "{refused} routes without the use, {ended} calls after the end");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_made_is_followed_up_on_its_account_while_it_pays_and_never_on_the_clients() {
    let world = World::new().await;
    world.fallback(Use::Chat, Fallback::Platform);
    let made = world.respond(json!({ "model": "gpt-4o-mini", "input": "Say hello.", "store": true })).await;
    assert_eq!(payer(&made), "platform");
    let made: Value = made.json().await.unwrap();
    let response = made["id"].as_str().unwrap();
    let key = world.client.connect(&world.servers, Provider::OpenAi, ACCOUNT).await.unwrap();
    assert_eq!(payer(&world.asks(Provider::OpenAi).await), "client");

    let before = world.ledger(Provider::OpenAi).len();
    let followed = world.follow_up(response).await;
    assert_eq!((followed.status().as_u16(), payer(&followed)), (200, "platform"));
    let rows = world.ledger(Provider::OpenAi).split_off(before);
    assert!(rows.len() == 1 && rows[0].key.as_ref() == Some(&world.platform(Provider::OpenAi)), "{rows:?}");

    world.fallback(Use::Chat, Fallback::Stop);
    let before = world.ledger(Provider::OpenAi).len();
    let refused = world.follow_up(response).await;
    assert_eq!((refused.status().as_u16(), payer(&refused)), (403, "nobody"));
    let told: Value = refused.json().await.unwrap();
    assert!(told["error"]["message"].as_str().unwrap().contains("does not pay for these calls any more"), "{told}");
    assert_eq!(world.ledger(Provider::OpenAi).len(), before, "neither {key} nor the platform's key was used");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_on_a_dead_account_stops_there_because_the_thing_is_nowhere_else() {
    let (world, key) = World::connected(Provider::OpenAi).await;
    world.fallback(Use::Chat, Fallback::Platform);
    let made: Value = world.respond(json!({ "model": "gpt-4o-mini", "input": "Hello" })).await.json().await.unwrap();
    let response = made["id"].as_str().unwrap();
    assert!(world.control().revoke_key(super::simulated(Provider::OpenAi), &key));
    let found_out = world.follow_up(response).await;
    assert_eq!((found_out.status().as_u16(), payer(&found_out)), (401, "client"), "the provider's own words");
    let before = world.ledger(Provider::OpenAi).len();
    let refused = world.follow_up(response).await;
    assert_eq!((refused.status().as_u16(), payer(&refused)), (401, "nobody"));
    assert_eq!(world.ledger(Provider::OpenAi).len(), before, "no key was used, the platform's neither");
    assert_eq!(payer(&world.asks(Provider::OpenAi).await), "platform", "another call falls back as agreed");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_account_is_not_tried_again_for_an_assistant_without_the_use() {
    let (world, key) = World::connected(Provider::OpenAi).await;
    world.control().drain_account(super::simulated(Provider::OpenAi), ACCOUNT);
    world.asks(Provider::OpenAi).await;
    world.control().refill_account(super::simulated(Provider::OpenAi), ACCOUNT);
    let before = world.ledger(Provider::OpenAi).len();
    let chat = routes::all(Provider::OpenAi).iter().find(|r| r.id == "openai.chat").unwrap();
    let body = super::hello(json!({})).to_string();
    let token = world.only(Use::Images);
    let path = path_of(chat, "");
    let call = calls::call(&world.http, &world.servers.origin, Some(&token), chat.provider, &chat.method, &path, &body);
    let refused = call.send().await.unwrap();
    assert_eq!((refused.status().as_u16(), payer(&refused)), (403, "nobody"));
    assert_eq!(world.ledger(Provider::OpenAi).len(), before, "{key} was used");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_through_is_not_sent_on_the_platforms_account() {
    let world = World::new().await;
    world.fallback(Use::Chat, Fallback::Platform);
    let padding = " ".repeat(5 * 1024 * 1024);
    let late = format!(r#"{{"model":"gpt-4o-mini","input":"And?",{padding}"previous_response_id":"resp_of_a"}}"#);
    let broken = r#"{"model":"gpt-4o-mini",,"input":"And?","previous_response_id":"resp_of_a"}"#.to_owned();
    let address = format!("{}/openai/v1/responses", world.gateway());
    let send = |body: String| {
        let call = world.http.post(&address).bearer_auth(world.token(NEWSLETTER));
        call.header("content-type", "application/json").body(body).send()
    };
    for body in [late.clone(), broken] {
        let refused = send(body).await.unwrap();
        assert_eq!((refused.status().as_u16(), payer(&refused)), (400, "nobody"));
    }
    assert!(world.ledger(Provider::OpenAi).is_empty());
    world.client.connect(&world.servers, Provider::OpenAi, ACCOUNT).await.unwrap();
    assert_eq!(payer(&send(late).await.unwrap()), "client", "on an account of its own it reaches its own things only");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_models_holds_for_models_named_as_versions_and_for_bodies_that_cannot_be_read() {
    let (world, _) = World::connected(Provider::Replicate).await;
    let (client, record) = (world.servers.clients[0].id, &world.servers.agency.record);
    let allow = Deed::ModelsAllow { r#use: Use::Images, models: vec!["black-forest-labs/flux-schnell".to_owned()] };
    record.operate(client, &Named::new("Mara"), allow, None, vec![], now()).unwrap();
    let address = format!("{}/replicate/v1/predictions", world.gateway());
    let predict = |version: &str, end: &str| {
        let body = format!(r#"{{"version":"{version}","input":{{"prompt":"A boat"}}{end}"#);
        let call = world.http.post(&address).bearer_auth(world.token(NEWSLETTER));
        call.header("content-type", "application/json").body(body).send()
    };
    assert_eq!(payer(&predict("black-forest-labs/flux-schnell", "}").await.unwrap()), "client");
    let before = world.ledger(Provider::Replicate).len();
    let refused = predict("black-forest-labs/flux-1.1-pro", "}").await.unwrap();
    assert_eq!((refused.status().as_u16(), payer(&refused)), (403, "nobody"));
    let body = "no JSON at all".to_owned();
    let call =
        world.http.post(&address).bearer_auth(world.token(NEWSLETTER)).header("content-type", "application/json");
    let refused = call.body(body).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), payer(&refused)), (403, "nobody"));
    assert_eq!(world.ledger(Provider::Replicate).len(), before);
    world.servers.stop().await.unwrap();
}
