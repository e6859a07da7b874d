//! OpenAI's work calls: bodies, streams, and what is booked for them.

use crate::{Got, Ground};
use ownkey_provider_sim::{KeySpec, Provider};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// The `data:` of every event of a stream.
fn data(got: &Got) -> Vec<String> {
    got.text.split("\n\n").filter_map(|event| Some(event.split_once("data: ")?.1.to_owned())).collect()
}

fn parsed(got: &Got) -> Vec<Value> {
    data(got).iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
}

fn chat(more: Value) -> Value {
    let mut body = json!({"model": "gpt-5-mini", "messages": [{"role": "user", "content": "How are you?"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_chat_is_answered_and_booked_on_its_key() {
    let ground = Ground::new().await;
    let got = ground.post(CHAT, &ground.key.text, chat(json!({}))).await;
    assert_eq!(got.status, 200);
    let body = got.json();
    assert!(!body["choices"][0]["message"]["content"].as_str().unwrap().is_empty());
    let row = ground.last_row();
    assert_eq!(row.key.as_deref(), Some(ground.key.id.as_str()));
    assert_eq!(row.account.as_deref(), Some(ground.account.as_str()));
    assert_eq!((row.route.as_str(), row.model.as_deref()), ("POST /v1/chat/completions", Some("gpt-5-mini")));
    assert_eq!(row.units["input_tokens"], body["usage"]["prompt_tokens"]);
    assert_eq!(row.units["output_tokens"], body["usage"]["completion_tokens"]);
    assert!(row.billed);
}

#[tokio::test]
async fn the_same_seed_and_request_give_the_same_text() {
    let mut texts = Vec::new();
    for _ in 0..2 {
        let ground = Ground::new().await;
        let got = ground.post(CHAT, &ground.key.text, chat(json!({}))).await.json();
        texts.push((ground.key.text.clone(), got["id"].clone(), got["choices"].clone()));
    }
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test]
async fn a_chat_stream_says_its_usage_only_when_asked() {
    let ground = Ground::new().await;
    let plain = ground.post(CHAT, &ground.key.text, chat(json!({"stream": true}))).await;
    assert_eq!(data(&plain).last().unwrap(), "[DONE]");
    assert!(parsed(&plain).iter().all(|chunk| chunk.get("usage").is_none() && chunk["choices"][0].is_object()));
    let asked = json!({"stream": true, "stream_options": {"include_usage": true}});
    let counted = parsed(&ground.post(CHAT, &ground.key.text, chat(asked)).await);
    let (last, rest) = counted.split_last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert!(last["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert!(rest.iter().all(|chunk| chunk["usage"].is_null() && chunk.get("usage").is_some()));
}

fn response(more: Value) -> Value {
    let mut body = json!({"model": "gpt-5", "input": "Say something."});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_response_is_kept_for_its_project_and_can_be_deleted() {
    let ground = Ground::new().await;
    let made = ground.post("/v1/responses", &ground.key.text, response(json!({}))).await.json();
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(ground.get(&path, &ground.key.text).await.json(), made);
    let other = ground.control().make_key(Provider::OpenAi, "Birch Bakery", KeySpec::default());
    assert_eq!(ground.get(&path, &other.text).await.status, 404);
    assert_eq!(ground.delete(&path, &other.text).await.status, 404);
    assert_eq!(ground.delete(&path, &ground.key.text).await.json()["deleted"], true);
    assert_eq!(ground.get(&path, &ground.key.text).await.status, 404);
}

#[tokio::test]
async fn a_response_that_is_not_stored_is_gone() {
    let ground = Ground::new().await;
    let made = ground.post("/v1/responses", &ground.key.text, response(json!({"store": false}))).await.json();
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(ground.get(&path, &ground.key.text).await.status, 404);
}

#[tokio::test]
async fn a_response_stream_is_numbered_and_ends_with_its_usage() {
    let ground = Ground::new().await;
    let got = ground.post("/v1/responses", &ground.key.text, response(json!({"stream": true}))).await;
    let events = parsed(&got);
    assert!(got.text.starts_with("event: response.created\n"));
    assert!(!got.text.contains("[DONE]"));
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["usage"]["output_tokens"], ground.last_row().units["output_tokens"]);
    let deltas = events.iter().filter(|event| event["type"] == "response.output_text.delta");
    let text: String = deltas.map(|event| event["delta"].as_str().unwrap()).collect();
    assert_eq!(text, last["response"]["output"][0]["content"][0]["text"].as_str().unwrap());
}

#[tokio::test]
async fn a_background_response_is_finished_later_or_cancelled() {
    let ground = Ground::new().await;
    let begin = || ground.post("/v1/responses", &ground.key.text, response(json!({"background": true})));
    let made = begin().await.json();
    assert_eq!((made["status"].as_str(), made["usage"].is_null()), (Some("queued"), true));
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(ground.get(&path, &ground.key.text).await.json()["status"], "in_progress");
    let done = ground.get(&path, &ground.key.text).await.json();
    assert_eq!((done["status"].as_str(), done["usage"].is_object()), (Some("completed"), true));
    let other = begin().await.json();
    let path = format!("/v1/responses/{}", other["id"].as_str().unwrap());
    let cancelled = ground.post(&format!("{path}/cancel"), &ground.key.text, json!({})).await;
    assert_eq!(cancelled.json()["status"], "cancelled");
    assert_eq!(ground.get(&path, &ground.key.text).await.json()["status"], "cancelled");
}

#[tokio::test]
async fn pictures_come_as_base64_with_usage_or_behind_an_address() {
    let ground = Ground::new().await;
    let path = "/v1/images/generations";
    let got = ground.post(path, &ground.key.text, json!({"model": "gpt-image-1", "prompt": "a pear", "n": 2})).await;
    let body = got.json();
    assert_eq!(body["data"].as_array().unwrap().len(), 2);
    assert!(body["data"][0]["b64_json"].as_str().unwrap().starts_with("iVBORw0KGgo"));
    assert_eq!(ground.last_row().units["images"], 2);
    assert_eq!(ground.last_row().units["output_tokens"], body["usage"]["output_tokens"]);
    let older = ground.post(path, &ground.key.text, json!({"model": "dall-e-3", "prompt": "a pear"})).await.json();
    assert!(older.get("usage").is_none());
    let picture = reqwest::get(older["data"][0]["url"].as_str().unwrap()).await.unwrap();
    assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn a_picture_stream_shows_parts_and_then_the_usage() {
    let ground = Ground::new().await;
    let body = json!({"model": "gpt-image-1", "prompt": "a pear", "stream": true, "partial_images": 2});
    let events = parsed(&ground.post("/v1/images/generations", &ground.key.text, body).await);
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let part = "image_generation.partial_image";
    assert_eq!(kinds, [part, part, "image_generation.completed"]);
    assert!(events[2]["usage"]["total_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn an_edit_wants_a_form_with_a_picture() {
    let ground = Ground::new().await;
    let path = "/v1/images/edits";
    let form = Form::new()
        .text("prompt", "bluer")
        .text("model", "gpt-image-1")
        .part("image[]", Part::bytes(b"\x89PNG".to_vec()).file_name("a.png"));
    let got = ground.send(ground.request("POST", path, &ground.key.text).multipart(form)).await;
    assert_eq!(got.status, 200);
    assert!(got.json()["usage"]["input_tokens_details"]["image_tokens"].as_u64().unwrap() > 0);
    let bare = Form::new().text("prompt", "bluer");
    assert_eq!(ground.send(ground.request("POST", path, &ground.key.text).multipart(bare)).await.status, 400);
    let json =
        json!({"prompt": "bluer", "model": "gpt-image-1", "images": [{"image_url": "https://example.com/a.png"}]});
    assert_eq!(ground.post(path, &ground.key.text, json.clone()).await.status, 400);
    ground.control().unconfirmed(Provider::OpenAi, "json_image_edits", "accepted");
    assert_eq!(ground.post(path, &ground.key.text, json).await.status, 200);
}

async fn transcribe(ground: &Ground, fields: &[(&'static str, &'static str)]) -> Got {
    let mut form = Form::new().part("file", Part::bytes(vec![0; 70_000]).file_name("a.wav"));
    for (name, value) in fields {
        form = form.text(*name, *value);
    }
    ground.send(ground.request("POST", "/v1/audio/transcriptions", &ground.key.text).multipart(form)).await
}

#[tokio::test]
async fn transcriptions_count_time_or_tokens() {
    let ground = Ground::new().await;
    let by_time = transcribe(&ground, &[("model", "whisper-1")]).await.json();
    assert_eq!(by_time["usage"], json!({"type": "duration", "seconds": 3}));
    assert_eq!(ground.last_row().units["seconds"], 3);
    let by_tokens = transcribe(&ground, &[("model", "gpt-4o-transcribe")]).await.json();
    assert_eq!(by_tokens["usage"]["type"], "tokens");
    let text = transcribe(&ground, &[("model", "whisper-1"), ("response_format", "text")]).await;
    assert!(text.text.ends_with(".\n") && !text.text.contains("usage"));
    let refused = transcribe(&ground, &[("model", "gpt-4o-transcribe"), ("response_format", "srt")]).await;
    assert_eq!(refused.status, 400);
    let events = parsed(&transcribe(&ground, &[("model", "gpt-4o-transcribe"), ("stream", "true")]).await);
    assert_eq!(events[0]["type"], "transcript.text.delta");
    assert_eq!(events.last().unwrap()["usage"]["output_tokens"], ground.last_row().units["output_tokens"]);
}

#[tokio::test]
async fn translations_speech_and_embeddings_answer() {
    let ground = Ground::new().await;
    let form = Form::new().text("model", "whisper-1").part("file", Part::bytes(vec![1; 10]).file_name("a.wav"));
    let got = ground.send(ground.request("POST", "/v1/audio/translations", &ground.key.text).multipart(form)).await;
    assert!(!got.json()["text"].as_str().unwrap().is_empty());
    let body = json!({"model": "gpt-4o-mini-tts", "input": "Good morning", "voice": "alloy"});
    let answer = ground.request("POST", "/v1/audio/speech", &ground.key.text).json(&body).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "audio/mpeg");
    assert!(answer.bytes().await.unwrap().starts_with(&[0xff, 0xfb]));
    assert_eq!(ground.last_row().units["characters"], 12);
    let body = json!({"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 8});
    let got = ground.post("/v1/embeddings", &ground.key.text, body).await.json();
    assert_eq!(got["data"][1]["embedding"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn a_file_is_there_for_its_project_only() {
    let ground = Ground::new().await;
    let form = Form::new().text("purpose", "user_data").part("file", Part::bytes(b"abc".to_vec()).file_name("a.txt"));
    let made = ground.send(ground.request("POST", "/v1/files", &ground.key.text).multipart(form)).await.json();
    assert_eq!((made["bytes"].as_u64(), made["filename"].as_str()), (Some(3), Some("a.txt")));
    let path = format!("/v1/files/{}", made["id"].as_str().unwrap());
    assert_eq!(ground.get(&path, &ground.key.text).await.json(), made);
    assert_eq!(ground.get(&format!("{path}/content"), &ground.key.text).await.text, "abc");
    let other = ground.control().make_key(Provider::OpenAi, "Birch Bakery", KeySpec::default());
    assert_eq!(ground.get(&path, &other.text).await.status, 404);
    assert_eq!(ground.get("/v1/files", &other.text).await.json()["data"], json!([]));
    assert_eq!(ground.delete(&path, &ground.key.text).await.json()["deleted"], true);
}
