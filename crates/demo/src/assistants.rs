//! The demo's assistants: each makes a small call every few seconds, as a real one would, with nothing but its token.

use std::time::Duration;

use ownkey_protocol::vocabulary::Use;
use reqwest::{Client, RequestBuilder};
use serde_json::json;

use crate::servers::PracticeAssistant;

/// A client for calls over loopback.
///
/// # Errors
/// When TLS cannot be set up.
pub fn http() -> anyhow::Result<Client> {
    let tls = ownkey_providers::http::tls(&[])?;
    Ok(Client::builder().tls_backend_preconfigured(tls).no_proxy().timeout(Duration::from_secs(60)).build()?)
}

/// The calls that an assistant may make for a use, one per provider.
#[must_use]
pub fn calls(http: &Client, gateway: &str, token: &str, r#use: Use) -> Vec<RequestBuilder> {
    let post = |path: &str| http.post(format!("{gateway}{path}"));
    let hello = json!([{ "role": "user", "content": "Say hello." }]);
    let picture = "A paper boat on a calm lake";
    match r#use {
        Use::Chat => vec![
            post("/openai/v1/chat/completions")
                .bearer_auth(token)
                .json(&json!({ "model": "gpt-4o-mini", "messages": hello })),
            post("/anthropic/v1/messages")
                .header("x-api-key", token)
                .header("anthropic-version", "2023-06-01")
                .json(&json!({ "model": "claude-sonnet-4-5", "max_tokens": 64, "messages": hello })),
        ],
        Use::Images => vec![
            post("/openai/v1/images/generations")
                .bearer_auth(token)
                .json(&json!({ "model": "gpt-image-1", "prompt": picture })),
            post("/gemini/v1beta/models/gemini-3.1-flash-image:generateContent").header("x-goog-api-key", token).json(
                &json!({
                    "contents": [{ "parts": [{ "text": picture }] }],
                    "generationConfig": { "responseModalities": ["IMAGE"] }
                }),
            ),
            post("/stability/v2beta/stable-image/generate/core")
                .bearer_auth(token)
                .header("accept", "application/json")
                .multipart(reqwest::multipart::Form::new().text("prompt", picture)),
            post("/replicate/v1/models/black-forest-labs/flux-schnell/predictions")
                .bearer_auth(token)
                .header("prefer", "wait")
                .json(&json!({ "input": { "prompt": picture } })),
        ],
        Use::Voice => {
            let sound = reqwest::multipart::Part::bytes(vec![0; 256]).file_name("hello.wav");
            let form = reqwest::multipart::Form::new().text("model", "gpt-4o-mini-transcribe").part("file", sound);
            vec![post("/openai/v1/audio/transcriptions").bearer_auth(token).multipart(form)]
        }
    }
}

/// Calls once for every use and provider; who has no account there is refused, which is fine.
pub async fn call_once(http: &Client, gateway: &str, assistant: &PracticeAssistant) {
    for r#use in &assistant.uses {
        for call in calls(http, gateway, &assistant.token, *r#use) {
            match call.send().await {
                Ok(answer) => tracing::debug!(assistant = assistant.name, status = answer.status().as_u16(), "called"),
                Err(error) => tracing::debug!(assistant = assistant.name, %error, "not called"),
            }
        }
    }
}

/// Calls every few seconds until the task is dropped.
pub async fn keep_calling(gateway: String, assistants: Vec<PracticeAssistant>, pause: Duration) {
    let Ok(http) = http() else { return };
    loop {
        for assistant in &assistants {
            call_once(&http, &gateway, assistant).await;
        }
        tokio::time::sleep(pause).await;
    }
}
