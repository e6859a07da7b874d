//! What an assistant's author and a client rely on at the gateway: who pays for a call, what happens when the client's
//! own key is dead or drained, and what never passes. Who was billed is read from the simulators' ledgers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod book;
mod cut;
mod health;
mod held;
mod hosts;
mod images;
mod limits;
mod opened;
mod proofs;
mod things;
mod tls;
mod unified;

use std::time::Duration;

use ownkey_agency::gateway::ask_dead_keys;
use ownkey_agency::operator::{self, Command};
use ownkey_demo::assistants::{calls, http};
use ownkey_demo::client::{Headless, confirmed};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_provider_sim::{Control, Fault, FaultKind, KeySpec, LedgerRow, Provider as Sim};
use ownkey_tests::client::{agency_and_client, prefer};
use ownkey_tests::sdks::unknown_token;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

const ACCOUNT: &str = "Own account";
const NEWSLETTER: usize = 0;
const STUDIO: usize = 2;

/// An agency with platform keys and one client.
struct World {
    servers: Servers,
    client: Headless,
    http: reqwest::Client,
}

impl World {
    async fn new() -> Self {
        let (servers, client) = agency_and_client().await.unwrap();
        Self { servers, client, http: http().unwrap() }
    }

    /// With one account; its key's id.
    async fn connected(provider: Provider) -> (Self, String) {
        let world = Self::new().await;
        let key = world.client.connect(&world.servers, provider, ACCOUNT).await.unwrap();
        (world, key)
    }

    fn token(&self, assistant: usize) -> &str {
        &self.servers.clients[0].assistants[assistant].token
    }

    fn gateway(&self) -> String {
        format!("{}/gateway", self.servers.origin)
    }

    fn control(&self) -> &Control {
        self.servers.sims.control()
    }

    /// An ordinary call at a provider, as the demo's assistants make it.
    fn call(&self, provider: Provider, assistant: usize) -> RequestBuilder {
        let own = |u: Use| calls(&self.http, &self.gateway(), self.token(assistant), u);
        let place = format!("/gateway/{provider}/");
        let mut all = provider.uses().iter().flat_map(|u| own(*u));
        // Only a form cannot be cloned, and of the first calls only Stability's is one.
        let fits = |call: &RequestBuilder| match call.try_clone() {
            Some(call) => call.build().unwrap().url().path().starts_with(&place),
            None => provider == Provider::Stability,
        };
        all.find(fits).unwrap()
    }

    async fn asks(&self, provider: Provider) -> Response {
        self.call(provider, NEWSLETTER).send().await.unwrap()
    }

    fn chat(&self, body: &Value) -> RequestBuilder {
        let address = format!("{}/openai/v1/chat/completions", self.gateway());
        self.http.post(address).bearer_auth(self.token(NEWSLETTER)).json(body)
    }

    fn fallback(&self, r#use: Use, fallback: Fallback) {
        let client = self.servers.clients[0].id;
        let set = Command::FallbackSet { client, r#use, fallback, until: None, cap: None };
        operator::run(&self.servers.agency, "Mara", set).unwrap();
    }

    fn ledger(&self, provider: Provider) -> Vec<LedgerRow> {
        self.control().ledger(simulated(provider))
    }

    /// The platform's key at a provider.
    fn platform(&self, provider: Provider) -> String {
        let accounts = self.control().accounts(simulated(provider));
        let (account, _) = accounts.into_iter().find(|(_, name)| name == "Brightwork Studio").unwrap();
        self.control().keys(simulated(provider)).into_iter().find(|k| k.account == account).unwrap().id
    }
}

/// Waits for something that follows soon.
async fn soon<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..200 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what} did not come within five seconds");
}

fn payer(response: &Response) -> &str {
    response.headers()["ownkey-paid-by"].to_str().unwrap()
}

/// Whether a refusal is the gateway's own, with this code where the provider's envelope has room for one.
fn told(provider: Provider, answer: &Value, code: &str) -> bool {
    match provider {
        Provider::Gemini => answer["error"]["details"][0]["reason"] == code.to_uppercase(),
        Provider::Stability => answer["id"].as_str().is_some_and(|id| id.starts_with("call_")),
        Provider::Replicate => answer["type"] == code,
        Provider::OpenAi | Provider::Anthropic => answer["ownkey"]["code"] == code,
    }
}

fn routes_of<'r>(rows: &'r [LedgerRow], key: &str) -> Vec<&'r str> {
    rows.iter().filter(|r| r.key.as_deref() == Some(key)).map(|r| r.route.as_str()).collect()
}

fn hello(more: Value) -> Value {
    let mut body = json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": "Say hello." }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_who_paid_with_which_version_in_which_call() {
    let world = World::new().await;
    for provider in Provider::ALL {
        let key = world.client.connect(&world.servers, provider, ACCOUNT).await.unwrap();
        let before = world.ledger(provider).len();
        let answer = world.asks(provider).await;
        assert!(answer.status().is_success(), "{provider}: {}", answer.text().await.unwrap());
        assert_eq!(payer(&answer), "client", "{provider}");
        assert_eq!(answer.headers()["ownkey-key-version"], "1");
        assert!(answer.headers()["ownkey-call"].to_str().unwrap().starts_with("call_"));
        assert!(!answer.headers().contains_key("set-cookie"));
        let rows = world.ledger(provider).split_off(before);
        assert_eq!(rows.len(), 1, "{provider}");
        assert!(rows[0].billed && rows[0].key.as_ref() == Some(&key));
    }
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_fallback_platform_a_revoked_key_is_tried_once_and_then_the_platform_pays() {
    for provider in Provider::ALL {
        let (world, key) = World::connected(provider).await;
        provider.uses().iter().for_each(|u| world.fallback(*u, Fallback::Platform));
        assert!(world.control().revoke_key(simulated(provider), &key));
        let before = world.ledger(provider).len();
        let answer = world.asks(provider).await;
        assert_eq!((answer.status().as_u16() / 100, payer(&answer)), (2, "platform"), "{provider}");
        for kept_back in ["openai-organization", "openai-project", "anthropic-organization-id", "ownkey-key-version"] {
            assert!(!answer.headers().contains_key(kept_back), "{provider}: {kept_back}");
        }
        let rows = world.ledger(provider).split_off(before);
        let billed: Vec<_> = rows.iter().filter(|r| r.billed).map(|r| r.key.clone().unwrap()).collect();
        assert_eq!(billed, [world.platform(provider)], "{provider}: billed once, and to the platform");
        let before = world.ledger(provider).len();
        assert_eq!(payer(&world.asks(provider).await), "platform");
        let rows = world.ledger(provider).split_off(before);
        assert_eq!(routes_of(&rows, &key), Vec::<&str>::new(), "{provider}: a dead key is remembered");
        assert_eq!(rows.len(), 1);
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_fallback_stop_a_revoked_key_ends_calls_and_the_provider_is_asked_no_more() {
    for provider in Provider::ALL {
        let (world, key) = World::connected(provider).await;
        assert!(world.control().revoke_key(simulated(provider), &key));
        let before = world.ledger(provider).len();
        assert!(world.asks(provider).await.status().is_client_error());
        let between = world.ledger(provider).len();
        let refused = world.asks(provider).await;
        assert_eq!((refused.status().as_u16(), payer(&refused)), (401, "nobody"), "{provider}");
        let answer: Value = refused.json().await.unwrap();
        assert!(told(provider, &answer, "key_dead"), "{provider}: {answer}");
        assert_eq!(world.ledger(provider).len(), between, "{provider}");
        assert!(world.ledger(provider)[before..].iter().all(|r| !r.billed));
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_account_stops_or_falls_back_and_its_next_real_call_finds_new_credit() {
    for (fallback, first) in [(Fallback::Stop, "client"), (Fallback::Platform, "platform")] {
        for provider in [Provider::OpenAi, Provider::Anthropic, Provider::Stability, Provider::Replicate] {
            let (world, key) = World::connected(provider).await;
            provider.uses().iter().for_each(|u| world.fallback(*u, fallback));
            world.control().drain_account(simulated(provider), ACCOUNT);
            let before = world.ledger(provider).len();
            let answer = world.asks(provider).await;
            assert_eq!(payer(&answer), first, "{provider}");
            assert_eq!(answer.status().is_success(), fallback == Fallback::Platform, "{provider}");
            let rows = world.ledger(provider).split_off(before);
            assert_eq!(routes_of(&rows, &key).len(), 1, "{provider}: drained is said by the call itself");
            assert!(rows.iter().all(|r| !r.billed || r.key.as_ref() == Some(&world.platform(provider))));

            world.control().refill_account(simulated(provider), ACCOUNT);
            let answer = world.asks(provider).await;
            assert_eq!((answer.status().as_u16() / 100, payer(&answer)), (2, "client"), "{provider}");
            world.servers.stop().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_account_that_stays_empty_is_asked_once_and_then_told_as_the_provider_would() {
    for (provider, status) in [(Provider::OpenAi, 429), (Provider::Anthropic, 400), (Provider::Stability, 402)] {
        let (world, _) = World::connected(provider).await;
        world.control().drain_account(simulated(provider), ACCOUNT);
        world.asks(provider).await;
        world.asks(provider).await;
        let before = world.ledger(provider).len();
        let refused = world.asks(provider).await;
        assert_eq!(refused.status().as_u16(), status, "{provider}");
        let answer: Value = refused.json().await.unwrap();
        assert!(told(provider, &answer, "key_drained"), "{provider}: {answer}");
        assert_eq!(world.ledger(provider).len(), before, "{provider}");
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_switched_off_serves_again_once_the_provider_takes_it_again() {
    let (world, key) = World::connected(Provider::OpenAi).await;
    world.fallback(Use::Chat, Fallback::Platform);
    world.control().disable_key(Sim::OpenAi, &key);
    assert_eq!(payer(&world.asks(Provider::OpenAi).await), "platform");
    ask_dead_keys(&world.servers.agency).await;
    assert_eq!(payer(&world.asks(Provider::OpenAi).await), "platform", "it is still switched off");
    world.control().enable_key(Sim::OpenAi, &key);
    ask_dead_keys(&world.servers.agency).await;
    assert_eq!(payer(&world.asks(Provider::OpenAi).await), "client");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_outages_are_the_callers_to_see_and_never_spend_the_platforms_money() {
    for provider in Provider::ALL {
        let (world, _) = World::connected(provider).await;
        provider.uses().iter().for_each(|u| world.fallback(*u, Fallback::Platform));
        for code in [429, 500, 503] {
            world.control().inject(simulated(provider), Fault::next(1, FaultKind::Status { code, body: Value::Null }));
            let answer = world.asks(provider).await;
            assert_eq!((answer.status().as_u16(), payer(&answer)), (code, "client"), "{provider}");
        }
        assert_eq!(payer(&world.asks(provider).await), "client", "{provider}: the key is as alive as before");
        let platform = world.platform(provider);
        assert!(routes_of(&world.ledger(provider), &platform).is_empty(), "{provider}");
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_quotes_the_key_in_its_error_does_not_show_it_to_the_assistant() {
    let prefixes = ["sk-proj-", "sk-ant-api03-", "AQ.Ab8RN6", "sk-", "r8_"];
    for (provider, prefix) in Provider::ALL.into_iter().zip(prefixes) {
        let (world, _) = World::connected(provider).await;
        world.control().inject(simulated(provider), Fault::next(1, FaultKind::EchoKey));
        let answer = world.asks(provider).await;
        assert_eq!(answer.status(), 401, "{provider}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("Incorrect API key provided"), "{provider}: {text}");
        let shown = |rest: &str| rest.chars().take_while(char::is_ascii_alphanumeric).count() >= 8;
        assert!(!text.split(prefix).skip(1).any(shown), "{provider}: {text}");
        assert_eq!(payer(&world.asks(provider).await), "client", "{provider}: the probe found the key alive");
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_an_assistant_smuggles_in_do_not_reach_the_provider() {
    let (world, own) = World::connected(Provider::OpenAi).await;
    let other = world.control().make_key(Sim::OpenAi, "Somebody else", KeySpec::default());
    let headers = [
        ("x-api-key", other.text.as_str()),
        ("api-key", &other.text),
        ("x-goog-api-key", &other.text),
        ("cookie", "session=stolen"),
        ("openai-organization", "org-of-somebody-else"),
        ("openai-project", "proj_of_somebody_else"),
        ("connection", "close, x-more"),
        ("x-more", "1"),
    ];
    let before = world.ledger(Provider::OpenAi).len();
    for (name, value) in headers {
        let answer = world.chat(&hello(json!({}))).header(name, value).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), payer(&answer)), (200, "client"), "{name}");
    }
    let rows = world.ledger(Provider::OpenAi).split_off(before);
    assert_eq!(routes_of(&rows, &own).len(), headers.len());
    assert_eq!(rows.len(), headers.len());
    let before = world.ledger(Provider::OpenAi).len();
    for bearer in [other.text.clone(), format!("{}x", world.token(NEWSLETTER))] {
        let answer = world.chat(&hello(json!({}))).header("authorization", format!("Bearer {bearer}")).send().await;
        assert_eq!(answer.unwrap().status(), 401, "two credentials are none");
    }
    let address = format!("{}/openai/v1/chat/completions", world.gateway());
    let alone = world.http.post(address).bearer_auth(&other.text).json(&hello(json!({}))).send().await.unwrap();
    assert_eq!(alone.status(), 401, "a provider's key opens nothing here");
    assert_eq!(world.ledger(Provider::OpenAi).len(), before);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_is_404_and_an_unknown_token_401_in_each_providers_own_words() {
    let world = World::new().await;
    let stranger = unknown_token();
    for provider in Provider::ALL {
        for (token, status, code) in
            [(world.token(NEWSLETTER), 404, "route_not_offered"), (&stranger, 401, "bad_token")]
        {
            let path = if provider == Provider::Gemini { "v1beta/cachedContents" } else { "v1/none" };
            let address = format!("{}/{provider}/{path}", world.gateway());
            let answer = world.http.get(address).bearer_auth(token).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{provider}");
            let answer: Value = answer.json().await.unwrap();
            assert!(told(provider, &answer, code), "{provider}: {answer}");
            let envelope = match provider {
                Provider::OpenAi => &answer["error"]["message"],
                Provider::Anthropic => &answer["error"]["type"],
                Provider::Gemini => &answer["error"]["status"],
                Provider::Stability => &answer["errors"][0],
                Provider::Replicate => &answer["detail"],
            };
            assert!(envelope.is_string(), "{provider}: {answer}");
        }
    }
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_gateway_refused_was_paid_by_nobody_and_one_whose_answer_got_lost_perhaps_by_the_client() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    let get = |path: &str| world.http.get(format!("{}/{path}", world.gateway())).bearer_auth(world.token(NEWSLETTER));
    for (path, status) in [("nowhere/v1/models", 404), ("openai/v1/none", 404), ("anthropic/v1/models", 403)] {
        let refused = get(path).send().await.unwrap();
        assert_eq!((refused.status().as_u16(), payer(&refused)), (status, "nobody"), "{path}");
    }
    world.control().inject(Sim::OpenAi, Fault::next(1, FaultKind::ActedButNoAnswer));
    let lost = world.asks(Provider::OpenAi).await;
    assert_eq!((lost.status().as_u16(), payer(&lost)), (502, "client"));
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_connected_is_said_by_name_and_never_paid_by_the_platform_unless_agreed() {
    let world = World::new().await;
    let refused = world.asks(Provider::Anthropic).await;
    assert_eq!(refused.status(), 403);
    let told: Value = refused.json().await.unwrap();
    assert_eq!((&told["type"], &told["ownkey"]["code"]), (&json!("error"), &json!("not_connected")));
    assert!(world.ledger(Provider::Anthropic).is_empty());
    world.fallback(Use::Chat, Fallback::Platform);
    assert_eq!(payer(&world.asks(Provider::Anthropic).await), "platform");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_ownkey_is_the_one_that_the_client_picked() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    prefer(&world.client, Provider::OpenAi, Use::Chat, "gpt-5-mini").await.unwrap();
    for door in ["chat", "openai"] {
        let address = format!("{}/{door}/v1/chat/completions", world.gateway());
        let body = hello(json!({ "model": "ownkey" }));
        let answer = world.http.post(address).bearer_auth(world.token(NEWSLETTER)).json(&body).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), payer(&answer)), (200, "client"), "{door}");
        assert_eq!(world.ledger(Provider::OpenAi).last().unwrap().model.as_deref(), Some("gpt-5-mini"));
    }
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_stream_is_metered_although_its_caller_did_not_ask_and_arrives_as_it_would_have() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    let quiet = json!({ "stream": true, "stream_options": { "include_obfuscation": false } });
    let answer = world.chat(&hello(quiet)).send().await.unwrap().text().await.unwrap();
    assert!(answer.ends_with("data: [DONE]\n\n") && !answer.contains("\"usage\""), "{answer}");
    let billed = world.ledger(Provider::OpenAi).last().unwrap().units.clone();
    let units = soon("the usage", || world.units()).await;
    assert_eq!(units["input"], billed["input_tokens"], "{units}");
    assert_eq!(units["output"], billed["output_tokens"], "{units}");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_on_trial_serves_only_the_low_stakes_assistant() {
    let world = World::new().await;
    let app = &world.client.app;
    let made = world.control().make_key(Sim::OpenAi, ACCOUNT, KeySpec::default());
    world.client.host.copy(&made.text);
    let id = app.connect_start(Provider::OpenAi, vec![Use::Chat]).await.unwrap();
    app.connect_paste(id.clone()).await.unwrap();
    app.connect_review(id.clone()).await.unwrap();
    app.connect_send(id.clone()).await.unwrap();
    confirmed(&world.client.app, &id).await.unwrap();
    let asks = |assistant| world.call(Provider::OpenAi, assistant).send();
    assert_eq!(asks(NEWSLETTER).await.unwrap().status(), 403, "nothing runs on it yet");
    app.connect_try(id.clone()).await.unwrap();
    assert_eq!(payer(&asks(NEWSLETTER).await.unwrap()), "client");
    assert_eq!(asks(STUDIO).await.unwrap().status(), 403);
    app.connect_use(id, vec![Use::Chat], vec![Use::Chat]).await.unwrap();
    assert_eq!(payer(&asks(STUDIO).await.unwrap()), "client");
    world.servers.stop().await.unwrap();
}
