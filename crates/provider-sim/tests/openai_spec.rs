//! OpenAI's success bodies and stream events against its own specification.
#![allow(clippy::unwrap_used)]

mod world;

use ownkey_provider_sim::{KeyKind, KeySpec, Provider};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use world::{World, conforms, data_lines, read, world};

fn is(schema: &str, value: &Value) {
    conforms("openai.json", &format!("/components/schemas/{schema}"), value);
}

async fn here() -> World {
    world(Provider::OpenAi).await
}

fn chat(stream: bool) -> Value {
    json!({
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": stream,
        "stream_options": {"include_usage": true}
    })
}

#[tokio::test]
async fn models_and_errors() {
    let here = here().await;
    is("ListModelsResponse", &here.get("/v1/models").await.json);
    is("Model", &here.get("/v1/models/gpt-4o").await.json);
    is("ErrorResponse", &here.get("/v1/models/nothing").await.json);
}

#[tokio::test]
async fn chats() {
    let here = here().await;
    let mut whole = chat(false);
    whole.as_object_mut().unwrap().remove("stream_options");
    is("CreateChatCompletionResponse", &here.post("/v1/chat/completions", whole).await.json);
    let stream = here.post("/v1/chat/completions", chat(true)).await;
    let chunks = data_lines(&stream.text);
    assert_eq!(chunks.last().unwrap(), "[DONE]");
    for chunk in &chunks[..chunks.len() - 1] {
        is("CreateChatCompletionStreamResponse", chunk);
    }
}

#[tokio::test]
async fn responses() {
    let here = here().await;
    let made = here.post("/v1/responses", json!({"model": "gpt-4o", "input": "Hello"})).await;
    is("Response", &made.json);
    let path = format!("/v1/responses/{}", made.json["id"].as_str().unwrap());
    is("Response", &here.get(&path).await.json);
    let waiting = here.post("/v1/responses", json!({"model": "gpt-4o", "input": "Hello", "background": true})).await;
    is("Response", &waiting.json);
    let stream = here.post("/v1/responses", json!({"model": "gpt-4o", "input": "Hello", "stream": true})).await;
    let events = data_lines(&stream.text);
    assert!(events.len() > 5);
    for event in &events {
        is("ResponseStreamEvent", event);
    }
}

#[tokio::test]
async fn images() {
    let here = here().await;
    let body = json!({"model": "gpt-image-1", "prompt": "A loaf of bread"});
    is("ImagesResponse", &here.post("/v1/images/generations", body.clone()).await.json);
    let mut streamed = body;
    streamed["stream"] = true.into();
    streamed["partial_images"] = 2.into();
    let stream = here.post("/v1/images/generations", streamed).await;
    let events = data_lines(&stream.text);
    assert!(!events.is_empty());
    for event in &events {
        is("ImageGenStreamEvent", event);
    }
    let picture = Part::bytes(b"\x89PNG".to_vec()).file_name("a.png").mime_str("image/png").unwrap();
    let form = Form::new().text("model", "gpt-image-1").text("prompt", "Toast").part("image", picture);
    let edit = read(here.with(&here.key.text, "POST", "/v1/images/edits").multipart(form)).await;
    is("ImagesResponse", &edit.json);
}

#[tokio::test]
async fn transcriptions() {
    let here = here().await;
    let transcribe = |fields: &[(&'static str, &'static str)]| {
        let sound = Part::bytes(vec![7; 4_000]).file_name("a.wav").mime_str("audio/wav").unwrap();
        let form = fields.iter().fold(Form::new().part("file", sound), |form, (name, value)| form.text(*name, *value));
        read(here.with(&here.key.text, "POST", "/v1/audio/transcriptions").multipart(form))
    };
    let plain = transcribe(&[("model", "gpt-4o-transcribe")]).await;
    is("CreateTranscriptionResponseJson", &plain.json);
    let verbose = transcribe(&[("model", "whisper-1"), ("response_format", "verbose_json")]).await;
    is("CreateTranscriptionResponseVerboseJson", &verbose.json);
    for (format, start) in [("text", ""), ("srt", "1\n00:00:00,000 -->"), ("vtt", "WEBVTT")] {
        let got = transcribe(&[("model", "whisper-1"), ("response_format", format)]).await;
        assert!(got.status == 200 && got.json.is_null() && !got.text.is_empty(), "{format} carries no usage: {got:?}");
        assert!(got.text.starts_with(start), "{}", got.text);
    }
    let stream = transcribe(&[("model", "gpt-4o-transcribe"), ("stream", "true")]).await;
    let events = data_lines(&stream.text);
    assert!(!events.is_empty());
    for event in &events {
        is("CreateTranscriptionResponseStreamEvent", event);
    }
}

#[tokio::test]
async fn the_admin_routes() {
    let here = here().await;
    let admin = here.key(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() });
    let get = |path: String| read(here.with(&admin.text, "GET", &path));
    let post = |path: String, body: Value| read(here.with(&admin.text, "POST", &path).json(&body));
    let project = post("/v1/organization/projects".into(), json!({"name": "Agency"})).await.json;
    is("Project", &project);
    let base = format!("/v1/organization/projects/{}", project["id"].as_str().unwrap());
    is("ProjectListResponse", &get("/v1/organization/projects".into()).await.json);
    let account = post(format!("{base}/service_accounts"), json!({"name": "ownkey"})).await.json;
    is("ProjectServiceAccountCreateResponse", &account);
    is("ProjectServiceAccountListResponse", &get(format!("{base}/service_accounts")).await.json);
    let owner = format!("{base}/service_accounts/{}", account["id"].as_str().unwrap());
    is("ProjectServiceAccount", &get(owner.clone()).await.json);
    let key = post(format!("{owner}/api_keys"), json!({"name": "chat", "scopes": ["api.responses.write"]})).await.json;
    is("ServiceAccountApiKeyBody", &key);
    is("ProjectApiKeyListResponse", &get(format!("{base}/api_keys?owner_project_access=any")).await.json);
    let one = format!("{base}/api_keys/{}", key["id"].as_str().unwrap());
    is("ProjectApiKey", &get(one.clone()).await.json);
    is("ProjectApiKeyDeleteResponse", &read(here.with(&admin.text, "DELETE", &one)).await.json);
    is("ProjectServiceAccountDeleteResponse", &read(here.with(&admin.text, "DELETE", &owner)).await.json);
    let limit = json!({"threshold_amount": 50, "currency": "USD", "interval": "month"});
    is("ProjectSpendLimitResource", &post(format!("{base}/spend_limit"), limit).await.json);
    let list = json!({"mode": "allow_list", "model_ids": ["gpt-4o"]});
    is("ProjectModelPermissions", &post(format!("{base}/model_permissions"), list).await.json);
    let made =
        post("/v1/organization/admin_api_keys".into(), json!({"name": "short", "expires_in_seconds": 600})).await;
    is("AdminApiKeyCreateResponse", &made.json);
    is("ApiKeyList", &get("/v1/organization/admin_api_keys".into()).await.json);
    is("Project", &post(format!("{base}/archive"), json!({})).await.json);
}
