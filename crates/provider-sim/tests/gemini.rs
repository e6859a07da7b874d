//! Gemini: both path versions, both kinds of keys, texts and pictures, streams, and the refusals.
#![allow(clippy::unwrap_used)]

mod world;

use base64::Engine;
use ownkey_provider_sim::{KeyShape, KeySpec, Provider};
use serde_json::{Value, json};
use world::{Read, World, conforms, data_lines, read, world};

const SPEC: &str = "gemini-schemas.json";
const CHAT: &str = "/v1beta/models/gemini-3.1-flash:generateContent";
const DRAW: &str = "/v1beta/models/gemini-3.1-flash-image:generateContent";

async fn here() -> World {
    world(Provider::Gemini).await
}

fn ask() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "Draw a loaf of bread"}]}]})
}

fn refused(got: &Read, code: u16, status: &str, reason: Option<&str>, words: &str) {
    assert_eq!(got.status, code, "{}", got.text);
    assert_eq!(got.json["error"]["code"], code);
    assert_eq!(got.json["error"]["status"], status, "{}", got.text);
    assert_eq!(got.json["error"]["details"][0]["reason"].as_str(), reason, "{}", got.text);
    assert!(got.json["error"]["message"].as_str().unwrap().contains(words), "{}", got.text);
}

fn standard(scopes: Option<&str>) -> KeySpec {
    KeySpec { shape: KeyShape::Standard, scopes: scopes.map(|one| vec![one.to_owned()]), ..KeySpec::default() }
}

const SERVICE: &str = "generativelanguage.googleapis.com";

#[tokio::test]
async fn models_are_paged_on_both_versions() {
    let here = here().await;
    let first = here.get("/v1beta/models?pageSize=2").await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.json["models"].as_array().unwrap().len(), 2);
    let token = first.json["nextPageToken"].as_str().unwrap();
    let next = here.get(&format!("/v1/models?pageSize=1000&pageToken={token}")).await;
    assert!(next.json["nextPageToken"].is_null());
    assert_ne!(next.json["models"][0]["name"], first.json["models"][0]["name"]);
    let one = here.get("/v1beta/models/gemini-3.1-flash-image").await;
    for field in ["name", "baseModelId", "version", "displayName", "description"] {
        assert!(one.json[field].is_string(), "{field}");
    }
    assert_eq!(one.json["supportedGenerationMethods"][0], "generateContent");
    assert!(one.json["inputTokenLimit"].is_u64());
}

#[tokio::test]
async fn the_key_may_be_in_the_query_but_never_in_two_places() {
    let here = here().await;
    let text = &here.key.text;
    assert_eq!(read(here.bare("GET", &format!("/v1beta/models?key={text}"))).await.status, 200);
    assert!(!here.row().route.contains(text), "the ledger never holds a query");
    assert_eq!(here.row().key.as_deref(), Some(here.key.id.as_str()));
    let two = here.with(text, "GET", "/v1beta/models").bearer_auth("ya29.practice");
    refused(&read(two).await, 400, "INVALID_ARGUMENT", None, "Multiple authentication credentials received");
    let bearer = here.bare("GET", "/v1beta/models").bearer_auth(text);
    assert_eq!(read(bearer).await.status, 401);
    refused(&read(here.bare("GET", "/v1beta/models")).await, 403, "PERMISSION_DENIED", None, "unregistered callers");
}

#[tokio::test]
async fn a_text_conforms_and_is_booked() {
    let here = here().await;
    let got = here.post(CHAT, ask()).await;
    assert_eq!(got.status, 200, "{}", got.text);
    conforms(SPEC, "/schemas/GenerateContentResponse", &got.json);
    assert!(got.json["candidates"][0]["content"]["parts"][0]["text"].is_string());
    let row = here.row();
    assert!(row.billed);
    assert_eq!(row.model.as_deref(), Some("gemini-3.1-flash"));
    assert_eq!(row.units["output_tokens"], got.json["usageMetadata"]["candidatesTokenCount"]);
}

#[tokio::test]
async fn a_picture_is_a_real_png_and_counts_1290_tokens() {
    let here = here().await;
    let mut body = ask();
    body["generationConfig"] = json!({"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9"}});
    let got = here.post(DRAW, body.clone()).await;
    conforms(SPEC, "/schemas/GenerateContentResponse", &got.json);
    let part = &got.json["candidates"][0]["content"]["parts"][0]["inlineData"];
    assert_eq!(part["mimeType"], "image/png");
    let png = base64::prelude::BASE64_STANDARD.decode(part["data"].as_str().unwrap()).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.ends_with(b"IEND\xaeB`\x82"));
    assert_eq!(
        got.json["usageMetadata"]["candidatesTokensDetails"],
        json!([{"modality": "IMAGE", "tokenCount": 1290}])
    );
    assert_eq!(here.row().units["images"], 1);
    refused(&here.post(CHAT, body).await, 400, "INVALID_ARGUMENT", None, "modalities");
}

#[tokio::test]
async fn streams_come_as_events_or_as_one_array() {
    let here = here().await;
    let path = "/v1beta/models/gemini-3.1-flash:streamGenerateContent";
    let sse = here.post(&format!("{path}?alt=sse"), ask()).await;
    assert!(sse.header("content-type").starts_with("text/event-stream"));
    let events = data_lines(&sse.text);
    assert!(events.len() > 2);
    for event in &events {
        conforms(SPEC, "/schemas/GenerateContentResponse", event);
    }
    let last = events.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    assert_eq!(last["usageMetadata"]["candidatesTokenCount"], here.row().units["output_tokens"]);
    let array = here.post(path, ask()).await;
    assert!(array.header("content-type").starts_with("application/json"));
    assert_eq!(array.json.as_array().unwrap().len(), events.len());
}

#[tokio::test]
async fn counting_tokens_is_free_and_may_or_may_not_need_the_role() {
    let here = here().await;
    let path = "/v1beta/models/gemini-3.1-flash:countTokens";
    let got = here.post(path, ask()).await;
    assert!(got.json["totalTokens"].as_u64().unwrap() > 0);
    assert!(!here.row().billed);
    let weak = here.key(KeySpec { scopes: Some(vec!["role:none".into()]), ..KeySpec::default() });
    let call = |path: &str| here.with(&weak.text, "POST", path).json(&ask());
    assert_eq!(read(here.with(&weak.text, "GET", "/v1beta/models")).await.status, 200, "listing proves little");
    refused(&read(call(CHAT)).await, 403, "PERMISSION_DENIED", None, "does not have permission");
    assert_eq!(read(call(path)).await.status, 403);
    here.set("count_tokens_needs_role", "no");
    assert_eq!(read(call(path)).await.status, 200);
}

#[tokio::test]
async fn a_bad_standard_key_is_400_and_a_bad_auth_key_401() {
    let here = here().await;
    let models = |key: &str| read(here.with(key, "GET", "/v1beta/models"));
    let bad = models("AIzaSyPracticePracticePracticePractice12").await;
    refused(&bad, 400, "INVALID_ARGUMENT", Some("API_KEY_INVALID"), "API key not valid. Please pass a valid API key.");
    here.set("bad_key_message", "not_found");
    let bad = models("AIzaSyPracticePracticePracticePractice12").await;
    refused(&bad, 400, "INVALID_ARGUMENT", Some("API_KEY_INVALID"), "API Key not found");
    refused(
        &models("AQ.Ab8RN6practice").await,
        401,
        "UNAUTHENTICATED",
        Some("ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        "Expected OAuth 2 access token",
    );
    let old = here.key(standard(Some(SERVICE)));
    assert_eq!(models(&old.text).await.status, 200);
    here.control().expire_key(Provider::Gemini, &old.id);
    assert_eq!(models(&old.text).await.status, 400);
    here.control().revoke_key(Provider::Gemini, &here.key.id);
    assert_eq!(models(&here.key.text).await.status, 401);
}

#[tokio::test]
async fn unrestricted_standard_keys_are_refused_unless_switched() {
    let here = here().await;
    let free = here.key(standard(None));
    let models = || read(here.with(&free.text, "GET", "/v1beta/models"));
    refused(&models().await, 401, "UNAUTHENTICATED", Some("ACCESS_TOKEN_TYPE_UNSUPPORTED"), "invalid authentication");
    here.set("unrestricted_standard_keys", "accepted");
    assert_eq!(models().await.status, 200);
    here.set("standard_keys", "refused");
    assert_eq!(models().await.status, 401);
}

#[tokio::test]
async fn live_keys_with_a_restriction_are_403_with_a_reason() {
    let here = here().await;
    let models = |key: &str| read(here.with(key, "GET", "/v1beta/models"));
    let other = here.key(standard(Some("translate.googleapis.com")));
    refused(&models(&other.text).await, 403, "PERMISSION_DENIED", Some("API_KEY_SERVICE_BLOCKED"), "blocked");
    let far = here.key(KeySpec { addresses: Some(vec!["203.0.113.7".into()]), ..KeySpec::default() });
    refused(&models(&far.text).await, 403, "PERMISSION_DENIED", Some("API_KEY_IP_ADDRESS_BLOCKED"), "IP address");
    let leaked = here.key(KeySpec::default());
    here.control().leak_key(Provider::Gemini, &leaked.id);
    refused(&models(&leaked.text).await, 403, "PERMISSION_DENIED", None, "reported as leaked");
    here.set("api", "disabled");
    refused(&models(&here.key.text).await, 403, "PERMISSION_DENIED", Some("SERVICE_DISABLED"), "disabled");
}

#[tokio::test]
async fn no_credit_is_402_and_only_on_paid_calls() {
    let here = here().await;
    here.control().drain_account(Provider::Gemini, &here.account);
    assert_eq!(here.get("/v1beta/models").await.status, 200);
    refused(&here.post(CHAT, ask()).await, 402, "RESOURCE_EXHAUSTED", None, "credits are depleted");
    assert!(!here.row().billed);
}

#[tokio::test]
async fn unknown_models_and_bodies_are_refused() {
    let here = here().await;
    let unknown = here.post("/v1beta/models/gemini-nothing:generateContent", ask()).await;
    refused(&unknown, 404, "NOT_FOUND", None, "models/gemini-nothing is not found for API version v1beta");
    let imagen = here.post("/v1beta/models/imagen-4.0-generate-001:predict", json!({"instances": []})).await;
    refused(&imagen, 404, "NOT_FOUND", None, "imagen-4.0");
    refused(&here.post(CHAT, json!({})).await, 400, "INVALID_ARGUMENT", None, "contents is not specified");
    let one = here.key(KeySpec { models: Some(vec!["gemini-3-pro".into()]), ..KeySpec::default() });
    assert_eq!(read(here.with(&one.text, "POST", CHAT).json(&ask())).await.status, 404);
}
