//! One test per row of OpenAI's table of refusals (provider notes, section 2.1).

use crate::Ground;
use ownkey_provider_sim::{Fault, FaultKind, KeyKind, KeySpec, Provider};
use serde_json::{Value, json};

fn chat() -> Value {
    json!({"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]})
}

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn an_unknown_key_is_refused_without_quoting_it() {
    let ground = Ground::new().await;
    let text = "sk-proj-abcdefghijklmnopqrstuvwxyz0123";
    let got = ground.get("/v1/models", text).await;
    assert_eq!((got.status, got.code()), (401, json!("invalid_api_key")));
    assert!(got.message().starts_with("Incorrect API key provided: sk-"));
    assert!(got.message().contains("0123"));
    assert!(!got.text.contains("abcdefgh"));
    assert_eq!(ground.last_row().key, None);
}

#[tokio::test]
async fn revoked_disabled_and_foreign_keys_look_the_same() {
    let ground = Ground::new().await;
    let [revoked, disabled] = [0, 1].map(|_| ground.make(KeySpec::default()));
    ground.control().revoke_key(Provider::OpenAi, &revoked.id);
    ground.control().disable_key(Provider::OpenAi, &disabled.id);
    let foreign = ground.control().make_key(Provider::Stability, "Alder Studio", KeySpec::default());
    for text in [&revoked.text, &disabled.text, &foreign.text] {
        let got = ground.get("/v1/models", text).await;
        assert_eq!((got.status, got.code()), (401, json!("invalid_api_key")));
    }
}

#[tokio::test]
async fn an_expired_key_has_either_code() {
    let ground = Ground::new().await;
    ground.control().expire_key(Provider::OpenAi, &ground.key.id);
    for code in ["invalid_api_key", "expired_api_key"] {
        ground.control().unconfirmed(Provider::OpenAi, "expired_code", code);
        let got = ground.get("/v1/models", &ground.key.text).await;
        assert_eq!((got.status, got.code()), (401, json!(code)));
    }
}

#[tokio::test]
async fn no_key_at_all_is_refused() {
    let ground = Ground::new().await;
    let request = ground.request("GET", "/v1/models", "");
    assert_eq!(ground.send(request).await.status, 401);
}

#[tokio::test]
async fn a_missing_scope_is_401_on_work_and_403_on_models() {
    let ground = Ground::new().await;
    let key = ground.scoped(&["api.model.request", "api.model.audio.request"]);
    let images = ground.post("/v1/images/generations", &key.text, json!({"prompt": "a tree"})).await;
    assert_eq!((images.status, images.code()), (401, Value::Null));
    assert!(images.message().contains("Missing scopes: api.model.images.request."));
    let models = ground.get("/v1/models", &key.text).await;
    assert_eq!(models.status, 403);
    assert!(models.message().contains("Missing scopes: api.model.read."));
    ground.control().unconfirmed(Provider::OpenAi, "models_missing_scope_status", "401");
    ground.control().unconfirmed(Provider::OpenAi, "missing_scope_code", "missing_scope");
    let models = ground.get("/v1/models", &key.text).await;
    assert_eq!((models.status, models.code()), (401, json!("missing_scope")));
}

#[tokio::test]
async fn a_leaf_scope_needs_its_parent_unless_switched() {
    let ground = Ground::new().await;
    let key = ground.scoped(&["api.model.chat_completions.request"]);
    let got = ground.post(CHAT, &key.text, chat()).await;
    assert_eq!(got.status, 401);
    assert!(got.message().contains("Missing scopes: model.request."));
    ground.control().unconfirmed(Provider::OpenAi, "parent_scope", "not_needed");
    assert_eq!(ground.post(CHAT, &key.text, chat()).await.status, 200);
}

#[tokio::test]
async fn an_empty_list_of_scopes_grants_everything() {
    let ground = Ground::new().await;
    let key = ground.scoped(&[]);
    assert_eq!(ground.post(CHAT, &key.text, chat()).await.status, 200);
}

/// The probes that cost nothing: 400 (or 200) with the scope, 401 without it.
#[tokio::test]
async fn scopes_can_be_probed_without_cost() {
    let ground = Ground::new().await;
    let all = ground.key.clone();
    let none = ground.scoped(&["api.all.nothing"]);
    for path in ["/v1/images/generations", "/v1/responses", CHAT] {
        assert_eq!(ground.post(path, &all.text, json!({"speed": 1})).await.status, 400, "{path}");
        assert_eq!(ground.post(path, &none.text, json!({"speed": 1})).await.status, 401, "{path}");
    }
    for (path, with) in
        [("/v1/responses/1", 400), ("/v1/files", 200), ("/v1/evals", 200), ("/v1/fine_tuning/jobs", 200)]
    {
        assert_eq!(ground.get(path, &all.text).await.status, with, "{path}");
        assert_eq!(ground.get(path, &none.text).await.status, 401, "{path}");
    }
    assert!(ground.control().ledger(Provider::OpenAi).iter().all(|row| !row.billed));
}

#[tokio::test]
async fn a_transcription_may_judge_its_body_before_the_scope() {
    let ground = Ground::new().await;
    let none = ground.scoped(&["api.model.read"]);
    let form = || {
        let empty = reqwest::multipart::Part::bytes(Vec::new()).file_name("a.wav");
        reqwest::multipart::Form::new().text("model", "whisper-1").part("file", empty)
    };
    let probe = || ground.request("POST", "/v1/audio/transcriptions", &none.text).multipart(form());
    assert_eq!(ground.send(probe()).await.status, 401);
    ground.control().unconfirmed(Provider::OpenAi, "audio_scope_order", "body_first");
    let got = ground.send(probe()).await;
    assert_eq!((got.status, got.code()), (400, json!("unsupported_value")));
}

#[tokio::test]
async fn an_address_that_is_not_listed_is_refused() {
    let ground = Ground::new().await;
    let at = |address: &str| Some(vec![address.to_owned()]);
    let far = ground.make(KeySpec { addresses: at("203.0.113.7"), ..KeySpec::default() });
    let near = ground.make(KeySpec { addresses: at("127.0.0.1"), ..KeySpec::default() });
    let got = ground.get("/v1/models", &far.text).await;
    assert_eq!((got.status, got.code()), (401, json!("ip_not_authorized")));
    assert_eq!(ground.get("/v1/models", &near.text).await.status, 200);
}

#[tokio::test]
async fn the_headers_of_another_organisation_or_project_are_refused() {
    let ground = Ground::new().await;
    for (header, code) in [("openai-organization", "mismatched_organization"), ("openai-project", "mismatched_project")]
    {
        let request = ground.request("GET", "/v1/models", &ground.key.text).header(header, "org-other");
        let got = ground.send(request).await;
        assert_eq!((got.status, got.code()), (401, json!(code)));
    }
    let own =
        ground.request("GET", "/v1/models", &ground.key.text).header("openai-organization", ground.account.as_str());
    assert_eq!(ground.send(own).await.status, 200);
}

#[tokio::test]
async fn an_unsupported_country_is_refused() {
    let ground = Ground::new().await;
    ground.control().inject(Provider::OpenAi, Fault::next(1, FaultKind::Region));
    let got = ground.get("/v1/models", &ground.key.text).await;
    assert_eq!((got.status, got.code()), (403, json!("unsupported_country_region_territory")));
    assert_eq!(ground.get("/v1/models", &ground.key.text).await.status, 200);
}

#[tokio::test]
async fn a_model_that_is_not_allowed_is_refused_either_way() {
    let ground = Ground::new().await;
    let key = ground.make(KeySpec { models: Some(vec!["gpt-4o".to_owned()]), ..KeySpec::default() });
    for status in ["403", "404"] {
        ground.control().unconfirmed(Provider::OpenAi, "model_not_allowed", status);
        let got = ground.post(CHAT, &key.text, chat()).await;
        assert_eq!((got.status.to_string().as_str(), got.code()), (status, json!("model_not_found")));
    }
    let mut other = chat();
    other["model"] = json!("no-such-model");
    let got = ground.post(CHAT, &ground.key.text, other).await;
    assert_eq!((got.status, got.code()), (404, json!("model_not_found")));
}

#[tokio::test]
async fn too_many_calls_are_429_with_a_wait() {
    let ground = Ground::new().await;
    let kind = FaultKind::Status { code: 429, body: Value::Null };
    ground.control().inject(Provider::OpenAi, Fault::next(1, kind));
    let answer = ground.request("POST", CHAT, &ground.key.text).json(&chat()).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn no_money_is_429_with_one_of_five_codes_and_models_do_not_show_it() {
    let ground = Ground::new().await;
    ground.control().drain_account(Provider::OpenAi, &ground.account);
    for code in [
        "credit_balance_exhausted",
        "insufficient_quota",
        "project_spend_limit_exceeded",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    ] {
        ground.control().unconfirmed(Provider::OpenAi, "no_credit_code", code);
        let got = ground.post(CHAT, &ground.key.text, chat()).await;
        assert_eq!((got.status, got.code()), (429, json!(code)));
        assert!(!ground.last_row().billed);
    }
    assert_eq!(ground.get("/v1/models", &ground.key.text).await.status, 200);
    ground.control().refill_account(Provider::OpenAi, &ground.account);
    assert_eq!(ground.post(CHAT, &ground.key.text, chat()).await.status, 200);
}

#[tokio::test]
async fn admin_keys_do_not_work_and_work_keys_do_not_manage() {
    let ground = Ground::new().await;
    let admin = ground.make(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() });
    for status in ["401", "403"] {
        ground.control().unconfirmed(Provider::OpenAi, "admin_on_work_route", status);
        ground.control().unconfirmed(Provider::OpenAi, "work_on_admin_route", status);
        assert_eq!(ground.get("/v1/models", &admin.text).await.status.to_string(), status);
        assert_eq!(ground.get("/v1/organization/projects", &ground.key.text).await.status.to_string(), status);
    }
}

#[tokio::test]
async fn other_paths_are_not_there() {
    let ground = Ground::new().await;
    assert_eq!(ground.get("/v1/nothing", &ground.key.text).await.status, 404);
    assert_eq!(ground.get("/v2/models", &ground.key.text).await.status, 404);
}
