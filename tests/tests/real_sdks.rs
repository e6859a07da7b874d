//! The official Python SDKs through the gateway: every work call that the project's task names, streamed and not, sync
//! and async, on the client's own account. What is asserted about answers stands in `tests/sdks/*.py`; who was billed is
//! read here, from the simulators' ledgers.
//!
//! `cargo xtask test real-sdks` installs the SDKs into `<target>/sdks`; `OWNKEY_SDKS` names another Python.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

use std::sync::Arc;

use ownkey_agency::webhook;
use ownkey_app::wire::{LimitChange, LimitScope, Pausing};
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::{PracticeClient, Servers, simulated};
use ownkey_protocol::act::{Deed, Schedule};
use ownkey_protocol::api::Named;
use ownkey_protocol::limit::{UnitKind, UnitLimit};
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Host, KeySpec, LedgerRow};
use ownkey_tests::client::prefer;
use ownkey_tests::device::now;
use ownkey_tests::receiver::Receiver;
use ownkey_tests::sdks;
use serde_json::json;

/// Two clients that are both connected at one provider, with keys of their own.
struct World {
    servers: Servers,
    provider: Provider,
    keys: [String; 2],
    /// Where the simulated provider is, and a key of the first client's account there.
    direct: Vec<(&'static str, String)>,
    open: Vec<Headless>,
}

impl World {
    async fn connected(provider: Provider) -> Self {
        Self::with(provider, true).await
    }

    async fn with(provider: Provider, connected: bool) -> Self {
        let servers = Servers::start(&["Café Morgenrot", "Lindner & Partner"]).await.unwrap();
        let mut keys = Vec::new();
        let mut open = Vec::new();
        for client in &servers.clients {
            let headless = Headless::open(&servers, &client.name, Arc::new(MemoryKeychain::default())).unwrap();
            headless.join(&client.invite).await.unwrap();
            keys.push(match connected {
                true => headless.connect(&servers, provider, &client.name).await.unwrap(),
                false => String::new(),
            });
            open.push(headless);
        }
        let sims = &servers.sims;
        let key = sims.control().make_key(simulated(provider), &servers.clients[0].name, KeySpec::default());
        let hosts: Vec<_> = Host::FURTHER.iter().map(|host| (host.as_str(), sims.host(*host))).collect();
        let direct = vec![
            ("OWNKEY_DIRECT", sims.origin(simulated(provider))),
            ("OWNKEY_DIRECT_KEY", key.text),
            ("OWNKEY_FURTHER", json!(hosts.into_iter().collect::<std::collections::BTreeMap<_, _>>()).to_string()),
        ];
        Self { servers, provider, keys: keys.try_into().unwrap(), direct, open }
    }

    fn first(&self) -> &PracticeClient {
        &self.servers.clients[0]
    }

    /// Runs one part of a provider's script as the first client's assistant; what the provider saw meanwhile.
    async fn run(&self, part: &str) -> Vec<LedgerRow> {
        self.run_script(self.provider.as_str(), part).await
    }

    async fn run_script(&self, script: &str, part: &str) -> Vec<LedgerRow> {
        let before = self.ledger().len();
        let (gateway, token) = (format!("{}/gateway", self.servers.origin), &self.first().assistants[0].token);
        let more = self.direct.iter().map(|(name, value)| (*name, value.as_str()));
        let more = more.chain([("OWNKEY_PREFERRED", self.provider.as_str())]);
        sdks::run(&format!("{script}_calls.py"), part, &gateway, token, more).await.unwrap();
        self.ledger().split_off(before)
    }

    fn ledger(&self) -> Vec<LedgerRow> {
        self.servers.sims.control().ledger(simulated(self.provider))
    }
}

/// The provider's calls on the first client's key: as many as the script makes, and nothing on the other's.
async fn every_call_is_billed_to_its_client(provider: Provider, paid: usize) {
    let world = World::connected(provider).await;
    let rows = world.run("calls").await;
    let [own, other] = &world.keys;
    for row in &rows {
        let public = row.host == Host::Delivery;
        assert!(!public || !row.credential, "a credential went to the host of public files: {row:?}");
        assert!(public || row.key.as_ref() == Some(own), "not on the client's own key: {row:?}");
    }
    let billed = rows.iter().filter(|r| r.billed).count();
    assert_eq!(billed, paid, "calls that cost money");
    let refused = world.run("errors").await;
    assert!(refused.iter().all(|r| !r.billed && r.key.as_ref() != Some(other)), "{refused:#?}");
    world.servers.stop().await.unwrap();
}

/// The client's key is revoked at the provider, and the fallback is `stop`.
async fn a_revoked_key_bills_nobody(provider: Provider) {
    let world = World::connected(provider).await;
    assert!(world.servers.sims.control().revoke_key(simulated(provider), &world.keys[0]));
    let rows = world.run("dead").await;
    assert!(!rows.is_empty(), "the provider was asked");
    assert!(rows.iter().all(|r| !r.billed && r.key.as_ref() != Some(&world.keys[1])), "{rows:#?}");
    world.servers.stop().await.unwrap();
}

/// Every call once through the gateway and once directly: the SDK gives the same, byte for byte.
async fn an_sdk_sees_what_it_sees_without_the_gateway(provider: Provider) {
    let world = World::connected(provider).await;
    let rows: Vec<_> = world.run("same").await.into_iter().filter(|row| row.host != Host::Delivery).collect();
    let own = rows.iter().filter(|row| row.key.as_ref() == Some(&world.keys[0])).count();
    let directly = rows.len() - own;
    assert!(own > 3 && own == directly, "{own} calls through the gateway, {directly} beside it");
    world.servers.stop().await.unwrap();
}

/// One program, unchanged, on the account that the client prefers for pictures.
async fn the_unified_images_route_draws(provider: Provider, model: &str) {
    let world = World::connected(provider).await;
    prefer(&world.open[0], provider, Use::Images, model).await.unwrap();
    let rows = world.run_script("unified", "calls").await;
    let billed = rows.iter().filter(|r| r.billed).count();
    let own = rows.iter().filter(|r| r.billed && r.key.as_ref() == Some(&world.keys[0])).count();
    assert_eq!((billed, own), if provider == Provider::OpenAi { (2, 2) } else { (4, 4) }, "{rows:#?}");
    assert!(world.run_script("unified", "errors").await.iter().all(|r| !r.billed));
    assert!(world.servers.sims.control().revoke_key(simulated(provider), &world.keys[0]));
    assert!(world.run_script("unified", "dead").await.iter().all(|r| !r.billed));
    world.servers.stop().await.unwrap();
}

/// What the client's people paused, or let spend no more this month, is the SDK's own fitting class, and nobody pays.
async fn the_clients_hand_is_an_error_of_its_class(provider: Provider) {
    let world = World::connected(provider).await;
    let app = &world.open[0].app;
    let connection = app.app_state().await.unwrap().connections[0].id.clone();
    let assistant = world.first().assistants[0].id.to_string();
    let uses: Vec<Pausing> = provider.uses().iter().copied().map(Pausing::Use).collect();
    for all in [uses, vec![Pausing::Connection(connection)], vec![Pausing::Assistant(assistant)]] {
        for what in &all {
            app.pause(what.clone(), true).await.unwrap();
        }
        let rows = world.run("paused").await;
        assert!(rows.is_empty(), "{all:?}: {rows:#?}");
        for what in all {
            app.pause(what, false).await.unwrap();
        }
    }
    let none = Some(UnitLimit { kind: UnitKind::Calls, most: 0 });
    let scope = LimitScope::Client;
    app.set_limit(LimitChange { scope, money_micro: None, units: none, calls_per_minute: None, hard: true })
        .await
        .unwrap();
    let rows = world.run("over_budget").await;
    assert!(rows.is_empty(), "{rows:#?}");
    world.servers.stop().await.unwrap();
}

/// Each reason to refuse a call is the SDK's own fitting class, and nobody pays.
async fn every_refusal_is_an_error_of_its_class(provider: Provider) {
    let world = World::with(provider, false).await;
    let rows = world.run("not_connected").await;
    assert!(rows.is_empty(), "{rows:#?}");
    world.servers.stop().await.unwrap();

    let world = World::connected(provider).await;
    world.servers.sims.control().drain_account(simulated(provider), &world.first().name);
    let rows = world.run("drained").await;
    assert!(!rows.is_empty() && rows.iter().all(|r| !r.billed), "{rows:#?}");
    world.servers.stop().await.unwrap();

    let world = World::connected(provider).await;
    let record = &world.servers.agency.record;
    for r#use in provider.uses() {
        let allow = Deed::ModelsAllow { r#use: *r#use, models: vec!["another-model".to_owned()] };
        record.operate(world.first().id, &Named::new("Mara"), allow, None, vec![], now()).unwrap();
    }
    let rows = world.run("not_allowed").await;
    assert!(rows.is_empty(), "{rows:#?}");
    world.servers.stop().await.unwrap();
    the_clients_hand_is_an_error_of_its_class(provider).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_openai_sdk_runs_on_the_clients_own_account() {
    every_call_is_billed_to_its_client(Provider::OpenAi, 29).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_sdk_says_that_a_revoked_key_is_refused_and_nobody_pays() {
    a_revoked_key_bills_nobody(Provider::OpenAi).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_anthropic_sdk_runs_on_the_clients_own_account() {
    every_call_is_billed_to_its_client(Provider::Anthropic, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_anthropic_sdk_says_that_a_revoked_key_is_refused_and_nobody_pays() {
    a_revoked_key_bills_nobody(Provider::Anthropic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_google_genai_sdk_runs_on_the_clients_own_account() {
    every_call_is_billed_to_its_client(Provider::Gemini, 9).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_google_genai_sdk_says_that_a_revoked_key_is_refused_and_nobody_pays() {
    a_revoked_key_bills_nobody(Provider::Gemini).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_plain_multipart_client_of_stability_runs_on_the_clients_own_account() {
    every_call_is_billed_to_its_client(Provider::Stability, 18).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_multipart_client_of_stability_says_that_a_revoked_key_is_refused_and_nobody_pays() {
    a_revoked_key_bills_nobody(Provider::Stability).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_replicate_sdk_runs_on_the_clients_own_account() {
    every_call_is_billed_to_its_client(Provider::Replicate, 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replicate_sdk_says_that_a_revoked_key_is_refused_and_nobody_pays() {
    a_revoked_key_bills_nobody(Provider::Replicate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_sdk_sees_what_it_sees_without_the_gateway() {
    an_sdk_sees_what_it_sees_without_the_gateway(Provider::OpenAi).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_an_error_of_its_class_in_the_openai_sdk() {
    every_refusal_is_an_error_of_its_class(Provider::OpenAi).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_anthropic_sdk_sees_what_it_sees_without_the_gateway() {
    an_sdk_sees_what_it_sees_without_the_gateway(Provider::Anthropic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_an_error_of_its_class_in_the_anthropic_sdk() {
    every_refusal_is_an_error_of_its_class(Provider::Anthropic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_google_genai_sdk_sees_what_it_sees_without_the_gateway() {
    an_sdk_sees_what_it_sees_without_the_gateway(Provider::Gemini).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_an_error_of_its_class_in_the_google_genai_sdk() {
    every_refusal_is_an_error_of_its_class(Provider::Gemini).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stability_sdk_sees_what_it_sees_without_the_gateway() {
    an_sdk_sees_what_it_sees_without_the_gateway(Provider::Stability).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_an_error_of_its_class_in_the_stability_sdk() {
    every_refusal_is_an_error_of_its_class(Provider::Stability).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replicate_sdk_sees_what_it_sees_without_the_gateway() {
    an_sdk_sees_what_it_sees_without_the_gateway(Provider::Replicate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_an_error_of_its_class_in_the_replicate_sdk() {
    every_refusal_is_an_error_of_its_class(Provider::Replicate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_draws_at_openai_by_the_unified_route() {
    the_unified_images_route_draws(Provider::OpenAi, "gpt-image-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_draws_at_gemini_by_the_unified_route() {
    the_unified_images_route_draws(Provider::Gemini, "gemini-3.1-flash-image").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_draws_at_stability_by_the_unified_route() {
    the_unified_images_route_draws(Provider::Stability, "core").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_draws_at_replicate_by_the_unified_route() {
    the_unified_images_route_draws(Provider::Replicate, "black-forest-labs/flux-schnell").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_library_of_standard_webhooks_takes_what_the_agency_tells() {
    let world = World::connected(Provider::Anthropic).await;
    let receiver = Receiver::start().await.unwrap();
    let key = world.servers.folder.path().join("agency/keys/webhook.key");
    let keys = webhook::Keys::open(&key).unwrap();
    webhook::start(&world.servers.agency, receiver.url.parse().unwrap(), keys).unwrap();
    let app = &world.open[0].app;
    let connection = app.app_state().await.unwrap().connections[0].id.clone();
    app.set_schedule(connection, Some(Schedule::Every { days: 10 })).await.unwrap();
    let told = receiver.until(1).await.unwrap().remove(0);
    let header = |name: &str| told.headers[name].to_str().unwrap().to_owned();
    let body = String::from_utf8(told.body.to_vec()).unwrap();
    let whole = std::fs::read_to_string(&key).unwrap();
    let more = [
        ("OWNKEY_BODY", body),
        ("OWNKEY_WEBHOOK_ID", header("webhook-id")),
        ("OWNKEY_WEBHOOK_TIMESTAMP", header("webhook-timestamp")),
        ("OWNKEY_WEBHOOK_SIGNATURE", header("webhook-signature")),
        ("OWNKEY_WEBHOOK_KEY", whole.trim().to_owned()),
    ];
    sdks::run("webhooks.py", "all", "", "", more.iter().map(|(name, value)| (*name, value.as_str()))).await.unwrap();
    world.servers.stop().await.unwrap();
}
