//! What a provider learns late, does without saying, or stops doing in the middle.
#![allow(clippy::unwrap_used)]

mod world;

use ownkey_provider_sim::{Fault, FaultKind, KeyKind, KeySpec, KeyStanding, Lag, Provider};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use world::{World, read, world};

const PROBES: [(Provider, &str); 5] = [
    (Provider::OpenAi, "/v1/models"),
    (Provider::Anthropic, "/v1/models"),
    (Provider::Gemini, "/v1beta/models"),
    (Provider::Stability, "/v1/user/balance"),
    (Provider::Replicate, "/v1/account"),
];
const PROJECTS: &str = "/v1/organization/projects";

struct Admin {
    here: World,
    text: String,
    id: String,
}

impl Admin {
    async fn at(provider: Provider) -> Admin {
        let here = world(provider).await;
        let made = here.key(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() });
        Admin { here, text: made.text, id: made.id }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> world::Read {
        let call = self.here.with(&self.text, method, path);
        read(if body.is_null() { call } else { call.json(&body) }).await
    }

    async fn names(&self, path: &str) -> Vec<String> {
        let list = self.ask("GET", path, Value::Null).await;
        list.json["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_revoked_key_is_accepted_for_so_many_calls_yet() {
    for (provider, path) in PROBES {
        let here = world(provider).await;
        here.control().dead_keys_linger(provider, Lag::calls(2));
        assert!(here.control().revoke_key(provider, &here.key.id));
        let state = here.control().keys(provider)[0].state;
        assert_eq!(state, KeyStanding::Revoked, "the books know at once");
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(here.get(path).await.status == 200);
        }
        assert_eq!(statuses, [true, true, false, false], "{provider}");
    }
}

#[tokio::test]
async fn a_revoked_key_is_accepted_until_its_time_has_passed() {
    let here = world(Provider::Stability).await;
    let lag = json!({"millis": 300});
    assert_eq!(read(here.bare("POST", "/_sim/lag/deaths").json(&lag)).await.status, 200);
    let start = Instant::now();
    here.control().revoke_key(Provider::Stability, &here.key.id);
    let mut accepted = 0;
    while here.get("/v1/user/balance").await.status == 200 {
        accepted += 1;
        assert!(start.elapsed() < Duration::from_secs(20), "it never died");
    }
    assert!(accepted > 0 && start.elapsed() >= Duration::from_millis(299), "{accepted}");
    assert_eq!(read(here.bare("POST", "/_sim/lag/nothing").json(&lag)).await.status, 404);
}

#[tokio::test]
async fn a_deleted_and_a_deactivated_key_linger_and_a_reactivated_one_just_lives() {
    let admin = Admin::at(Provider::Anthropic).await;
    let path = format!("/v1/organizations/api_keys/{}", admin.here.key.id);
    admin.here.control().dead_keys_linger(Provider::Anthropic, Lag::calls(1));
    assert_eq!(admin.ask("POST", &path, json!({"status": "inactive"})).await.json["status"], "inactive");
    assert_eq!(admin.here.get("/v1/models").await.status, 200);
    assert_eq!(admin.here.get("/v1/models").await.status, 401);
    admin.ask("POST", &path, json!({"status": "active"})).await;
    for _ in 0..3 {
        assert_eq!(admin.here.get("/v1/models").await.status, 200);
    }
    let admin = Admin::at(Provider::OpenAi).await;
    admin.here.control().dead_keys_linger(Provider::OpenAi, Lag::calls(1));
    let home = admin.here.control().home(Provider::OpenAi, &admin.here.account).unwrap();
    let path = format!("{PROJECTS}/{home}/api_keys/{}", admin.here.key.id);
    assert_eq!(admin.ask("DELETE", &path, Value::Null).await.json["deleted"], true);
    assert_eq!(admin.ask("GET", &path, Value::Null).await.status, 404);
    assert_eq!(admin.here.get("/v1/models").await.status, 200);
    assert_eq!(admin.here.get("/v1/models").await.status, 401);
}

#[tokio::test]
async fn lists_show_what_is_new_late_and_a_look_by_id_at_once() {
    let admin = Admin::at(Provider::OpenAi).await;
    let lag = json!({"calls": 1});
    assert_eq!(read(admin.here.bare("POST", "/_sim/lag/lists").json(&lag)).await.status, 200);
    let project = admin.ask("POST", PROJECTS, json!({"name": "Assistants"})).await;
    assert_eq!(admin.names(PROJECTS).await, ["Default project"]);
    assert_eq!(admin.names(PROJECTS).await, ["Default project", "Assistants"]);
    let path = format!("{PROJECTS}/{}", project.json["id"].as_str().unwrap());
    let account = admin.ask("POST", &format!("{path}/service_accounts"), json!({"name": "late"})).await;
    let accounts = format!("{path}/service_accounts");
    assert!(admin.names(&accounts).await.is_empty());
    assert_eq!(admin.names(&accounts).await, ["late"]);
    let keys = format!("{path}/api_keys");
    assert!(admin.names(&keys).await.is_empty());
    let by_id = format!("{keys}/{}", account.json["api_key"]["id"].as_str().unwrap());
    assert_eq!(admin.ask("GET", &by_id, Value::Null).await.status, 200);
    assert_eq!(admin.names(&keys).await, ["Secret Key"]);
    let admin = Admin::at(Provider::Anthropic).await;
    admin.here.control().lists_are_late(Provider::Anthropic, Lag::calls(1));
    let made = admin.here.key(KeySpec { name: "by hand".to_owned(), ..KeySpec::default() });
    let list = "/v1/organizations/api_keys";
    assert_eq!(admin.names(list).await, ["Practice key"]);
    assert_eq!(admin.ask("GET", &format!("{list}/{}", made.id), Value::Null).await.status, 200);
    assert_eq!(admin.names(list).await, ["Practice key", "by hand"]);
}

#[tokio::test]
async fn an_admin_call_acts_and_is_answered_after_its_caller_has_left_or_never() {
    let admin = Admin::at(Provider::OpenAi).await;
    for kind in [FaultKind::ActedButLate(5_000), FaultKind::ActedButNoAnswer] {
        let name = kind_name(&kind);
        admin.here.control().inject(Provider::OpenAi, Fault::on("POST /v1/organization", 1, kind));
        let call = admin.here.with(&admin.text, "POST", PROJECTS).json(&json!({"name": name}));
        assert!(call.timeout(Duration::from_millis(300)).send().await.is_err());
        assert!(admin.names(PROJECTS).await.contains(&name.to_owned()), "it acted: {name}");
        assert!(admin.here.rows().iter().any(|row| row.fault == Some(name) && row.status == 200));
    }
    admin.here.control().inject(Provider::OpenAi, Fault::next(1, FaultKind::ActedButLate(100)));
    let start = Instant::now();
    assert_eq!(admin.ask("GET", PROJECTS, Value::Null).await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(100));
}

fn kind_name(kind: &FaultKind) -> &'static str {
    if matches!(kind, FaultKind::ActedButLate(_)) { "acted_but_late" } else { "acted_but_no_answer" }
}

#[tokio::test]
async fn an_admin_key_dies_in_the_middle() {
    for (provider, path) in [(Provider::OpenAi, PROJECTS), (Provider::Anthropic, "/v1/organizations/api_keys")] {
        let admin = Admin::at(provider).await;
        let fault = json!({"route_contains": path, "kind": "key_dies_after"});
        assert_eq!(read(admin.here.bare("POST", "/_sim/faults").json(&fault)).await.status, 200);
        assert_eq!(admin.ask("GET", path, Value::Null).await.status, 200, "this call is answered yet");
        assert_eq!(admin.ask("GET", path, Value::Null).await.status, 401);
        let state = |id: &str| admin.here.control().keys(provider).into_iter().find(|key| key.id == id).unwrap().state;
        assert_eq!(state(&admin.id), KeyStanding::Revoked);
        assert_eq!(state(&admin.here.key.id), KeyStanding::Live, "nothing but the key that called");
    }
}

#[tokio::test]
async fn a_provider_is_down_until_it_is_up_again() {
    for (provider, path) in PROBES {
        let here = world(provider).await;
        here.control().inject(provider, Fault::next(usize::MAX, FaultKind::HangUp));
        for _ in 0..3 {
            assert!(here.with(&here.key.text, "GET", path).send().await.is_err(), "{provider}");
        }
        here.control().clear_faults(provider);
        assert_eq!(here.get(path).await.status, 200, "{provider}");
    }
}
