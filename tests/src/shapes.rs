//! The same kind of call in each shape that a provider has: whole, streamed, and as a form.

use ownkey_protocol::vocabulary::Provider;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Answered as a whole.
    Whole,
    /// Answered as a stream.
    Streamed,
    /// Sent as a form.
    Form,
}

/// The shapes that a provider has.
#[must_use]
pub fn shapes(provider: Provider) -> &'static [Shape] {
    match provider {
        Provider::OpenAi => &[Shape::Whole, Shape::Streamed, Shape::Form],
        Provider::Anthropic | Provider::Gemini => &[Shape::Whole, Shape::Streamed],
        Provider::Stability => &[Shape::Form, Shape::Whole],
        Provider::Replicate => &[Shape::Whole],
    }
}

/// The path that the provider sees.
#[must_use]
pub fn path(provider: Provider, shape: Shape) -> &'static str {
    match (provider, shape) {
        (Provider::OpenAi, Shape::Form) => "/v1/audio/transcriptions",
        (Provider::OpenAi, _) => "/v1/chat/completions",
        (Provider::Anthropic, _) => "/v1/messages",
        (Provider::Gemini, Shape::Streamed) => "/v1beta/models/gemini-3.1-flash-image:streamGenerateContent",
        (Provider::Gemini, _) => "/models/gemini-3.1-flash-image:generateContent",
        (Provider::Stability, _) => "/v2beta/stable-image/generate/core",
        (Provider::Replicate, _) => "/v1/models/black-forest-labs/flux-schnell/predictions",
    }
}

/// One call.
pub fn call(http: &Client, gateway: &str, token: &str, provider: Provider, shape: Shape) -> RequestBuilder {
    let place = match (provider, shape) {
        (Provider::Gemini, Shape::Whole) => "/v1beta/models/gemini-3.1-flash-image:generateContent",
        (Provider::Gemini, _) => "/v1beta/models/gemini-3.1-flash-image:streamGenerateContent?alt=sse",
        _ => path(provider, shape),
    };
    let post = http.post(format!("{gateway}/{provider}{place}"));
    let post = match provider {
        Provider::Anthropic => post.header("x-api-key", token).header("anthropic-version", "2023-06-01"),
        Provider::Gemini => post.header("x-goog-api-key", token),
        _ => post.bearer_auth(token),
    };
    match (provider, shape) {
        (Provider::OpenAi, Shape::Form) => post.multipart(recording(256)),
        (Provider::Stability, _) => {
            post.header("accept", "application/json").multipart(Form::new().text("prompt", "A paper boat"))
        }
        _ => post.json(&body(provider, shape)),
    }
}

/// A recording of so many bytes, to be written down.
#[must_use]
pub fn recording(bytes: usize) -> Form {
    let sound = Part::bytes(vec![0; bytes]).file_name("hello.wav");
    Form::new().text("model", "gpt-4o-mini-transcribe").part("file", sound)
}

fn body(provider: Provider, shape: Shape) -> Value {
    let hello = json!([{ "role": "user", "content": "Say hello." }]);
    let stream = shape == Shape::Streamed;
    match provider {
        Provider::OpenAi => json!({ "model": "gpt-4o-mini", "messages": hello, "stream": stream }),
        Provider::Anthropic => {
            json!({ "model": "claude-sonnet-4-5", "max_tokens": 64, "messages": hello, "stream": stream })
        }
        Provider::Gemini => json!({ "contents": [{ "parts": [{ "text": "A paper boat" }] }] }),
        Provider::Stability => Value::Null,
        Provider::Replicate => json!({ "input": { "prompt": "A paper boat" } }),
    }
}
