//! Anthropic: routes, versions, streams, and one test per refusal that is modelled.
#![allow(clippy::unwrap_used)]

mod world;

use ownkey_provider_sim::{KeyKind, KeyShape, KeySpec, Provider, Restriction};
use serde_json::json;
use world::{World, conforms, data_lines, event_names, read, world};

const SPEC: &str = "anthropic-schemas.json";

async fn here() -> World {
    world(Provider::Anthropic).await
}

fn hello() -> serde_json::Value {
    json!({"model": "claude-opus-4-7", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello there"}]})
}

fn refused(got: &world::Read, status: u16, kind: &str, words: &str) {
    assert_eq!(got.status, status, "{}", got.text);
    assert_eq!(got.json["type"], "error");
    assert_eq!(got.json["error"]["type"], kind, "{}", got.text);
    assert!(got.json["error"]["message"].as_str().unwrap().contains(words), "{}", got.text);
    assert_eq!(got.json["request_id"], got.header("request-id"));
}

#[tokio::test]
async fn models_are_listed_with_either_header_and_conform() {
    let here = here().await;
    let first = here.get("/v1/models?limit=1").await;
    assert_eq!(first.status, 200);
    assert_eq!(first.json["data"].as_array().unwrap().len(), 1);
    assert_eq!(first.json["has_more"], true);
    conforms(SPEC, "/schemas/ModelInfo", &first.json["data"][0]);
    assert!(first.header("anthropic-workspace-id").starts_with("wrkspc_"));
    assert!(first.header("request-id").starts_with("req_"));
    let last = first.json["last_id"].as_str().unwrap();
    let next = read(
        here.bare("GET", &format!("/v1/models?after_id={last}"))
            .bearer_auth(&here.key.text)
            .header("anthropic-version", "2026-10-21"),
    )
    .await;
    assert_eq!(next.status, 200);
    assert!(next.json["data"].as_array().unwrap().iter().all(|one| one["id"] != last));
    let one = here.get("/v1/models/claude-opus-4-7").await;
    conforms(SPEC, "/schemas/ModelInfo", &one.json);
    refused(&here.get("/v1/models/nothing").await, 404, "not_found_error", "nothing");
    assert!(here.rows().iter().all(|row| !row.billed));
}

#[tokio::test]
async fn a_message_conforms_and_is_booked_on_its_key() {
    let here = here().await;
    let got = here.post("/v1/messages", hello()).await;
    assert_eq!(got.status, 200, "{}", got.text);
    conforms(SPEC, "/schemas/Message", &got.json);
    let row = here.row();
    assert_eq!(row.key.as_deref(), Some(here.key.id.as_str()));
    assert_eq!(row.account.as_deref(), Some(here.account.as_str()));
    assert_eq!(row.route, "POST /v1/messages");
    assert_eq!(row.model.as_deref(), Some("claude-opus-4-7"));
    assert!(row.billed);
    assert_eq!(row.units["output_tokens"], got.json["usage"]["output_tokens"]);
    assert_eq!(row.units["input_tokens"], got.json["usage"]["input_tokens"]);
    assert_eq!(row.request_id, got.header("request-id"));
    let again = here.post("/v1/messages", hello()).await;
    assert_eq!(again.json["content"], got.json["content"], "the same question, the same answer");
}

#[tokio::test]
async fn a_stream_has_the_documented_events_and_cumulative_usage() {
    let here = here().await;
    let mut body = hello();
    body["stream"] = true.into();
    let got = here.post("/v1/messages", body).await;
    assert!(got.header("content-type").starts_with("text/event-stream"));
    let names = event_names(&got.text);
    assert_eq!(names[..3], ["message_start", "content_block_start", "ping"]);
    assert_eq!(names[names.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
    assert!(names[3..names.len() - 3].iter().all(|name| name == "content_block_delta"));
    let events = data_lines(&got.text);
    for (name, event) in names.iter().zip(&events) {
        assert_eq!(event["type"], *name);
        if name != "ping" {
            conforms(SPEC, "/schemas/RawMessageStreamEvent", event);
        }
    }
    let delta = &events[events.len() - 2];
    assert_eq!(delta["usage"]["output_tokens"], here.row().units["output_tokens"]);
    assert!(events[0]["message"]["usage"]["input_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn counting_tokens_is_free_and_shows_credit_only_by_switch() {
    let here = here().await;
    let body = json!({"model": "claude-opus-4-7", "messages": [{"role": "user", "content": "Hello"}]});
    let got = here.post("/v1/messages/count_tokens", body.clone()).await;
    assert_eq!(got.status, 200);
    conforms(SPEC, "/schemas/MessageTokensCount", &got.json);
    assert!(!here.row().billed);
    here.control().drain_account(Provider::Anthropic, &here.account);
    assert_eq!(here.post("/v1/messages/count_tokens", body.clone()).await.status, 200);
    here.set("count_tokens_shows_credit", "yes");
    let got = here.post("/v1/messages/count_tokens", body).await;
    refused(&got, 400, "invalid_request_error", "credit balance is too low");
}

#[tokio::test]
async fn keys_that_are_no_good_get_401() {
    let here = here().await;
    let control = here.control();
    let none = read(here.bare("GET", "/v1/models").header("anthropic-version", "2023-06-01")).await;
    refused(&none, 401, "authentication_error", "x-api-key header is required");
    let unknown = read(here.with("sk-ant-api03-unknown", "GET", "/v1/models")).await;
    refused(&unknown, 401, "authentication_error", "invalid x-api-key");
    conforms(SPEC, "/schemas/ErrorResponse", &unknown.json);
    let revoked = here.key(KeySpec::default());
    control.revoke_key(Provider::Anthropic, &revoked.id);
    let expired = here.key(KeySpec { expires_at: Some(1_000), ..KeySpec::default() });
    let enterprise = here.key(KeySpec { shape: KeyShape::Enterprise, ..KeySpec::default() });
    for key in [&revoked, &expired, &enterprise] {
        let got = read(here.with(&key.text, "GET", "/v1/models")).await;
        refused(&got, 401, "authentication_error", "invalid x-api-key");
    }
}

#[tokio::test]
async fn a_disabled_key_is_401_or_404_by_switch() {
    let here = here().await;
    here.control().disable_key(Provider::Anthropic, &here.key.id);
    refused(&here.get("/v1/models").await, 401, "authentication_error", "invalid");
    here.set("disabled_status", "404");
    refused(&here.get("/v1/models").await, 404, "not_found_error", "");
    here.control().enable_key(Provider::Anthropic, &here.key.id);
    assert_eq!(here.get("/v1/models").await.status, 200);
}

#[tokio::test]
async fn addresses_workspaces_origins_and_kinds_are_checked() {
    let here = here().await;
    let far = here.key(KeySpec { addresses: Some(vec!["203.0.113.7".into()]), ..KeySpec::default() });
    refused(&read(here.with(&far.text, "GET", "/v1/models")).await, 401, "authentication_error", "IP address");
    here.set("address_status", "403");
    refused(&read(here.with(&far.text, "GET", "/v1/models")).await, 403, "permission_error", "IP address");
    let other = here.with(&here.key.text, "GET", "/v1/models").header("anthropic-workspace-id", "wrkspc_other");
    refused(&read(other).await, 403, "permission_error", "permission");
    here.set("origin_header", "forbidden");
    let from_page = here.with(&here.key.text, "GET", "/v1/models").header("origin", "https://example.com");
    refused(&read(from_page).await, 401, "authentication_error", "CORS requests are not allowed");
    let admin = here.key(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() });
    assert_eq!(read(here.with(&admin.text, "GET", "/v1/models")).await.status, 401);
    here.set("admin_on_work_route", "403");
    assert_eq!(read(here.with(&admin.text, "GET", "/v1/models")).await.status, 403);
}

#[tokio::test]
async fn no_credit_is_told_in_five_ways() {
    let here = here().await;
    here.control().drain_account(Provider::Anthropic, &here.account);
    assert_eq!(here.get("/v1/models").await.status, 200, "listing models proves no credit");
    let rows = [
        ("credit_balance", 400, "invalid_request_error", "credit balance is too low", None),
        ("billing_error", 402, "billing_error", "", Some("linked_organization_billing_unavailable")),
        ("spend_limit", 400, "invalid_request_error", "You have reached your specified API usage limits", None),
        ("tier_cap", 429, "rate_limit_error", "", Some("enforced_spend_limit_reached")),
        ("on_hold", 400, "invalid_request_error", "This organization has been disabled.", Some("organization_on_hold")),
    ];
    for (how, status, kind, words, code) in rows {
        here.set("no_credit", how);
        let got = here.post("/v1/messages", hello()).await;
        refused(&got, status, kind, words);
        assert_eq!(got.json["error"]["details"]["error_code"].as_str(), code);
        assert!(!got.headers.contains_key("retry-after"));
        assert!(!here.row().billed);
    }
    here.control().refill_account(Provider::Anthropic, &here.account);
    assert_eq!(here.post("/v1/messages", hello()).await.status, 200);
}

#[tokio::test]
async fn the_version_is_required_and_the_new_one_takes_less() {
    let here = here().await;
    let without = read(here.bare("GET", "/v1/models").header("x-api-key", &here.key.text)).await;
    refused(&without, 400, "invalid_request_error", "anthropic-version: header is required");
    let odd = here.bare("GET", "/v1/models").header("x-api-key", &here.key.text).header("anthropic-version", "1");
    refused(&read(odd).await, 400, "invalid_request_error", "not a valid version");
    let newer = |body: serde_json::Value| {
        let call = here.bare("POST", "/v1/messages").bearer_auth(&here.key.text);
        call.header("anthropic-version", "2026-10-21").json(&body)
    };
    let mut warm = hello();
    warm["temperature"] = 0.5.into();
    assert_eq!(here.post("/v1/messages", warm.clone()).await.status, 200);
    refused(&read(newer(warm)).await, 400, "invalid_request_error", "temperature");
    let mut document = hello();
    document["messages"][0] = json!({"role": "assistant", "content": [{"type": "document"}]});
    refused(&read(newer(document)).await, 400, "invalid_request_error", "document");
    let mut cited = hello();
    cited["messages"][0]["content"] = json!([{"type": "text", "text": "a", "citations": []}]);
    refused(&read(newer(cited)).await, 400, "invalid_request_error", "citations");
}

#[tokio::test]
async fn bad_bodies_and_unknown_models_are_refused() {
    let here = here().await;
    let post = |body: serde_json::Value| here.post("/v1/messages", body);
    refused(&post(json!({"messages": []})).await, 400, "invalid_request_error", "model");
    refused(&post(json!({"model": "claude-opus-4-7"})).await, 400, "invalid_request_error", "messages");
    let mut endless = hello();
    endless["max_tokens"] = serde_json::Value::Null;
    refused(&post(endless).await, 400, "invalid_request_error", "max_tokens");
    let mut unknown = hello();
    unknown["model"] = "claude-nothing".into();
    refused(&post(unknown).await, 404, "not_found_error", "model: claude-nothing");
    let models = Some(vec!["claude-haiku-4-5".to_owned()]);
    let limits = Restriction { models, ..Restriction::default() };
    here.control().restrict_key(Provider::Anthropic, &here.key.id, limits);
    refused(&post(hello()).await, 404, "not_found_error", "model: claude-opus-4-7");
    refused(&here.get("/v1/else").await, 404, "not_found_error", "");
}

#[tokio::test]
async fn an_admin_key_lists_and_archives_keys() {
    let here = here().await;
    let admin = here.key(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() });
    let as_admin = |method: &str, path: &str| here.with(&admin.text, method, path);
    let me = read(as_admin("GET", "/v1/organizations/me")).await;
    assert_eq!(me.json, json!({"id": here.account.as_str(), "type": "organization", "name": "Bakery"}));
    assert_eq!(here.get("/v1/organizations/me").await.status, 401);
    here.set("work_on_admin_route", "403");
    assert_eq!(here.get("/v1/organizations/me").await.status, 403);
    let list = read(as_admin("GET", "/v1/organizations/api_keys?status=active")).await;
    assert_eq!(list.json["data"].as_array().unwrap().len(), 1);
    conforms(SPEC, "/schemas/APIKey", &list.json["data"][0]);
    assert!(!list.text.contains(&here.key.text));
    let hint = list.json["data"][0]["partial_key_hint"].as_str().unwrap();
    assert!(hint.ends_with(&here.key.last_four));
    let path = format!("/v1/organizations/api_keys/{}", here.key.id);
    let off = read(as_admin("POST", &path).json(&json!({"status": "inactive"}))).await;
    assert_eq!(off.json["status"], "inactive");
    assert_eq!(here.get("/v1/models").await.status, 401);
    let gone = read(as_admin("POST", &path).json(&json!({"status": "archived"}))).await;
    assert_eq!(gone.json["status"], "archived");
    assert_eq!(read(as_admin("POST", &path).json(&json!({"status": "active"}))).await.status, 400);
    here.set("archived_reversible", "yes");
    assert_eq!(read(as_admin("POST", &path).json(&json!({"status": "active"}))).await.status, 200);
    let stranger = here.control().make_account(Provider::Anthropic, "Other");
    let theirs = here.control().make_key(Provider::Anthropic, &stranger, KeySpec::default());
    let path = format!("/v1/organizations/api_keys/{}", theirs.id);
    assert_eq!(read(as_admin("GET", &path)).await.status, 404);
}
