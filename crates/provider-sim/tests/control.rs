//! The hand on the simulators: in Rust, over HTTP and on the web page, one world.
#![allow(clippy::unwrap_used)]

mod world;

use ownkey_provider_sim::{KeyKind, KeyShape, KeySpec, KeyStanding, Provider, SWITCHES, Sims, SimsConfig};
use serde_json::{Value, json};
use world::{World, read, world};

impl World {
    async fn sim(&self, method: &str, path: &str, body: Value) -> world::Read {
        read(self.bare(method, &format!("/_sim/{path}")).json(&body)).await
    }

    async fn form(&self, path: &str, body: &'static str) -> world::Read {
        let call = self.bare("POST", path).header("content-type", "application/x-www-form-urlencoded");
        read(call.body(body)).await
    }
}

#[tokio::test]
async fn keys_have_the_shapes_and_lengths_of_the_real_ones() {
    let here = world(Provider::OpenAi).await;
    let rows = [
        (Provider::OpenAi, KeyKind::Work, KeyShape::Usual, "sk-proj-", 164),
        (Provider::OpenAi, KeyKind::Work, KeyShape::ServiceAccount, "sk-svcacct-", 167),
        (Provider::OpenAi, KeyKind::Work, KeyShape::Legacy, "sk-", 51),
        (Provider::OpenAi, KeyKind::Admin, KeyShape::Usual, "sk-admin-", 133),
        (Provider::Anthropic, KeyKind::Work, KeyShape::Usual, "sk-ant-api03-", 108),
        (Provider::Anthropic, KeyKind::Admin, KeyShape::Usual, "sk-ant-admin01-", 110),
        (Provider::Gemini, KeyKind::Work, KeyShape::Usual, "AQ.Ab8RN6", 53),
        (Provider::Gemini, KeyKind::Work, KeyShape::Standard, "AIzaSy", 39),
        (Provider::Stability, KeyKind::Work, KeyShape::Usual, "sk-", 51),
        (Provider::Replicate, KeyKind::Work, KeyShape::Usual, "r8_", 40),
    ];
    for (provider, kind, shape, start, length) in rows {
        let spec = KeySpec { kind, shape, ..KeySpec::default() };
        let made = here.control().make_key(provider, "Shapes", spec);
        assert!(made.text.starts_with(start), "{provider}");
        assert_eq!(made.text.len(), length, "{start}");
        assert_eq!(made.text.contains("T3BlbkFJ"), provider == Provider::OpenAi);
        assert!(made.text.ends_with(&made.last_four));
        assert!(!format!("{made:?}").contains(&made.text));
    }
}

#[tokio::test]
async fn the_same_seed_makes_the_same_keys() {
    let (first, second, third) =
        (world(Provider::OpenAi).await, world(Provider::OpenAi).await, SimsConfig { seed: 9, ..SimsConfig::default() });
    assert_eq!(first.key.text, second.key.text);
    let other = Sims::start(third).await.unwrap();
    let account = other.control().make_account(Provider::OpenAi, "Bakery");
    assert_ne!(other.control().make_key(Provider::OpenAi, &account, KeySpec::default()).text, first.key.text);
    other.stop().await;
}

#[tokio::test]
async fn keys_are_made_changed_and_listed_over_http() {
    for provider in Provider::ALL {
        let here = world(provider).await;
        let made = here
            .sim("POST", "keys", json!({"account": "Bakery", "name": "Marked", "text": "sk-marked-practice"}))
            .await;
        assert_eq!((made.status, &made.json["text"]), (200, &json!("sk-marked-practice")));
        let id = made.json["id"].as_str().unwrap().to_owned();
        let list = here.sim("GET", "keys", Value::Null).await;
        assert!(!list.text.contains("sk-marked"), "a list never holds a text");
        let mine = |list: &world::Read| {
            list.json["keys"].as_array().unwrap().iter().find(|one| one["id"] == id.as_str()).cloned().unwrap()
        };
        assert_eq!(mine(&list)["account"], here.account.as_str(), "found by its name");
        for (act, state) in [
            ("disable", "disabled"),
            ("enable", "live"),
            ("leak", "leaked"),
            ("expire", "expired"),
            ("revoke", "revoked"),
        ] {
            assert_eq!(here.sim("POST", &format!("keys/{id}/{act}"), Value::Null).await.status, 200);
            assert_eq!(mine(&here.sim("GET", "keys", Value::Null).await)["state"], state, "{provider} {act}");
        }
        assert_eq!(here.sim("POST", "keys/nothing/revoke", Value::Null).await.status, 404);
        assert_eq!(here.sim("POST", "keys", json!({"kind": "boss"})).await.status, 400);
        assert!(here.rows().is_empty(), "the control itself is not booked");
    }
}

#[tokio::test]
async fn limits_money_faults_and_switches_over_http() {
    let here = world(Provider::OpenAi).await;
    let id = &here.key.id;
    here.sim("POST", &format!("keys/{id}/restrict"), json!({"addresses": ["203.0.113.7"]})).await;
    assert_eq!(here.get("/v1/models").await.json["error"]["code"], "ip_not_authorized");
    here.sim("POST", &format!("keys/{id}/restrict"), json!({"addresses": ["127.0.0.1"]})).await;
    assert_eq!(here.get("/v1/models").await.status, 200);
    let chat = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]});
    let account = here.account.as_str();
    here.sim("POST", &format!("accounts/{account}/drain"), Value::Null).await;
    let switch = json!({"name": "no_credit_code", "value": "insufficient_quota"});
    assert_eq!(here.sim("POST", "unconfirmed", switch).await.status, 200);
    assert_eq!(here.post("/v1/chat/completions", chat.clone()).await.json["error"]["code"], "insufficient_quota");
    here.sim("POST", &format!("accounts/{account}/refill"), Value::Null).await;
    let fault = json!({"route_contains": "chat", "times": 1, "kind": {"status": {"code": 500}}});
    assert_eq!(here.sim("POST", "faults", fault).await.status, 200);
    assert_eq!(here.post("/v1/chat/completions", chat.clone()).await.status, 500);
    here.sim("POST", "faults", json!({"kind": "garbage"})).await;
    here.sim("DELETE", "faults", Value::Null).await;
    assert_eq!(here.post("/v1/chat/completions", chat).await.status, 200);
    assert_eq!(here.sim("POST", "unconfirmed", json!({"name": "nothing", "value": "x"})).await.status, 400);
    let ledger = here.sim("GET", "ledger", Value::Null).await;
    let rows = ledger.json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), here.rows().len());
    let last = rows.last().unwrap();
    assert_eq!((&last["key"], &last["status"], &last["billed"]), (&json!(id), &json!(200), &json!(true)));
    for field in ["at", "account", "route", "model", "units", "request_id"] {
        assert!(!last[field].is_null(), "{field}");
    }
    let switches = here.sim("GET", "unconfirmed", Value::Null).await;
    let of_openai = SWITCHES.iter().filter(|one| one.provider == Provider::OpenAi).count();
    assert_eq!(switches.json["switches"].as_array().unwrap().len(), of_openai);
}

#[tokio::test]
async fn last_use_is_kept_and_every_switch_takes_all_its_values() {
    let here = world(Provider::Replicate).await;
    let state = || here.control().keys(Provider::Replicate).pop().unwrap();
    assert!(state().last_used_at.is_none());
    here.get("/v1/account").await;
    assert!(state().last_used_at.is_some());
    assert_eq!(state().state, KeyStanding::Live);
    for one in SWITCHES {
        assert!(one.choices.len() > 1, "{}", one.name);
        for value in one.choices {
            here.control().unconfirmed(one.provider, one.name, value);
        }
        assert!(!here.control().set_unconfirmed(one.provider, one.name, "nothing"));
    }
}

#[tokio::test]
async fn a_person_makes_and_revokes_a_key_on_the_page() {
    for provider in Provider::ALL {
        let here = world(provider).await;
        let page = read(here.bare("GET", "/console")).await;
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text.contains(provider.title()));
        assert!(!page.text.contains(&here.key.text));
        let made = here.form("/console/keys", "name=%3Cb%3EOven%3C%2Fb%3E&account=Bakery&kind=work").await;
        assert!(made.text.contains("It is not shown again"));
        assert!(made.text.contains("&lt;b&gt;Oven&lt;/b&gt;") && !made.text.contains("<b>Oven"), "names are escaped");
        let key = here.control().keys(provider).pop().unwrap();
        let text = made.text.split("readonly value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(text.ends_with(&key.last_four));
        let again = read(here.bare("GET", "/console")).await;
        assert!(!again.text.contains(text), "the text is shown once");
        let gone = read(here.bare("POST", &format!("/console/keys/{}/revoke", key.id))).await;
        assert_eq!((gone.status, gone.header("location")), (303, "/console"));
        assert_eq!(here.control().keys(provider).pop().unwrap().state, KeyStanding::Revoked);
    }
}

#[tokio::test]
async fn stopping_frees_the_ports_and_closes_connections() {
    let here = world(Provider::OpenAi).await;
    assert_eq!(here.get("/v1/models").await.status, 200);
    let port: u16 = here.sims.origin(Provider::OpenAi).rsplit(':').next().unwrap().parse().unwrap();
    here.sims.stop().await;
    let mut ports = [0; 5];
    ports[0] = port;
    let again = Sims::start(SimsConfig { ports, ..SimsConfig::default() }).await.unwrap();
    assert_eq!(again.origin(Provider::OpenAi), format!("http://127.0.0.1:{port}"));
    assert!(Sims::start(SimsConfig { ports, ..SimsConfig::default() }).await.is_err(), "a taken port is an error");
    again.stop().await;
}
