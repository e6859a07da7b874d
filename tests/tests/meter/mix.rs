//! The calls of the mix: every kind of token that a provider bills, in bodies and in streams.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ownkey_protocol::vocabulary::Provider;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// What the simulator's ledger writes, and what our book calls it.
pub(crate) const KINDS: [(&str, &str, u64); 12] = [
    ("input_tokens", "input", 1),
    ("cached_tokens", "cached_input", 1),
    ("cache_write_tokens", "cache_write", 1),
    ("cache_write_1h_tokens", "cache_write_hour", 1),
    ("audio_input_tokens", "audio_in", 1),
    ("image_input_tokens", "image_in", 1),
    ("output_tokens", "output", 1),
    ("reasoning_tokens", "reasoning", 1),
    ("audio_output_tokens", "audio_out", 1),
    ("image_output_tokens", "image_out", 1),
    ("images", "images", 1),
    ("seconds", "seconds_ms", 1_000),
];

/// A call, the provider that it is for, and a part of its route's path.
pub(crate) type Asked = (Provider, &'static str, RequestBuilder);

/// Whom to ask, and as whom.
pub(crate) struct Caller<'a> {
    pub(crate) http: &'a Client,
    pub(crate) origin: &'a str,
    pub(crate) token: &'a str,
}

/// How many kinds of calls there are.
const CALLS: usize = 25;

impl Caller<'_> {
    /// The call of this number: the same number gives the same call.
    pub(crate) fn call(&self, n: usize) -> Asked {
        let kind = n % CALLS;
        match kind {
            0..=6 => self.chat(n, kind),
            7 | 8 => self.response(n, kind == 8),
            9 => {
                let body = json!({ "model": "text-embedding-3-small", "input": format!("Text number {n}") });
                self.openai("embeddings", body)
            }
            10 | 11 => self.picture(n, kind == 11),
            12 => self.edited(n),
            13..=15 => self.transcription(n, kind),
            16 => self.openai(
                "audio/speech",
                json!({
                    "model": "gpt-4o-mini-tts", "voice": "alloy", "input": format!("Hello, number {n}."),
                    "stream_format": "sse"
                }),
            ),
            17..=20 => self.message(n, kind),
            _ => self.gemini(n, kind),
        }
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}/gateway{path}", self.origin))
    }

    fn openai(&self, route: &'static str, body: Value) -> Asked {
        let request = self.post(&format!("/openai/v1/{route}")).bearer_auth(self.token).json(&body);
        (Provider::OpenAi, route, request)
    }

    fn form(&self, route: &'static str, form: Form) -> Asked {
        let request = self.post(&format!("/openai/v1/{route}")).bearer_auth(self.token).multipart(form);
        (Provider::OpenAi, route, request)
    }

    fn chat(&self, n: usize, kind: usize) -> Asked {
        let stream = kind % 2 == 1 || kind == 6;
        let heard = json!({ "data": sound(n), "format": "wav" });
        let mut body = match kind {
            0 | 1 => json!({ "model": "gpt-4o-mini", "messages": said(n) }),
            2 | 3 => json!({ "model": "gpt-4o-mini", "messages": long(n) }),
            4 => json!({ "model": "gpt-5.6", "messages": long(n), "reasoning_effort": "low" }),
            _ => json!({
                "model": "gpt-audio",
                "modalities": ["text", "audio"],
                "audio": { "voice": "alloy", "format": if stream { "pcm16" } else { "wav" } },
                "messages": [
                    { "role": "system", "content": handbook(n) },
                    { "role": "user", "content": [
                        { "type": "text", "text": format!("What is this, number {n}?") },
                        { "type": "input_audio", "input_audio": heard }
                    ] }
                ]
            }),
        };
        body["stream"] = stream.into();
        if n.is_multiple_of(3) {
            body["max_completion_tokens"] = (n % 90 + 1).into();
        }
        self.openai("chat/completions", body)
    }

    fn response(&self, n: usize, stream: bool) -> Asked {
        let body = json!({
            "model": "gpt-5.6", "instructions": handbook(n), "input": format!("Number {n}?"), "stream": stream,
            "store": false, "reasoning": { "effort": if n.is_multiple_of(2) { "medium" } else { "none" } }
        });
        self.openai("responses", body)
    }

    fn picture(&self, n: usize, stream: bool) -> Asked {
        let body = json!({ "model": "gpt-image-1", "prompt": format!("A paper boat, number {n}"), "stream": stream });
        self.openai("images/generations", body)
    }

    fn edited(&self, n: usize) -> Asked {
        let picture = Part::bytes(vec![137; 400]).file_name("boat.png");
        let form = Form::new().text("model", "gpt-image-1").text("prompt", format!("Blue, number {n}"));
        self.form("images/edits", form.part("image", picture))
    }

    fn transcription(&self, n: usize, kind: usize) -> Asked {
        let file = Part::bytes(vec![7; 9_000 * (n % 13 + 1)]).file_name("speech.wav");
        let model = if kind == 15 { "whisper-1" } else { "gpt-4o-transcribe" };
        let mut form = Form::new().text("model", model);
        if kind == 14 {
            form = form.text("stream", "true").text("prompt", format!("Names: number {n}"));
        }
        self.form("audio/transcriptions", form.part("file", file))
    }

    fn message(&self, n: usize, kind: usize) -> Asked {
        let minutes = json!({ "type": "ephemeral" });
        let hour = json!({ "type": "ephemeral", "ttl": "1h" });
        let marked = |text: &str, mark: &Value| json!([{ "type": "text", "text": text, "cache_control": mark }]);
        let question = format!("Say hello, number {n}.");
        let story = format!("{} {}", handbook(n + 1), n % 40);
        let two = json!([
            { "type": "text", "text": story, "cache_control": minutes },
            { "type": "text", "text": question }
        ]);
        let mut body = json!({ "model": "claude-sonnet-4-5", "max_tokens": 2_000, "messages": said(n) });
        match kind {
            19 => body["system"] = marked(&handbook(n), if n.is_multiple_of(2) { &minutes } else { &hour }),
            20 => {
                body["system"] = marked(&handbook(n), &hour);
                body["messages"] = json!([{ "role": "user", "content": two }]);
                body["thinking"] = json!({ "type": "enabled", "budget_tokens": 1_024 });
            }
            _ => {}
        }
        body["stream"] = (kind.is_multiple_of(2) || n.is_multiple_of(3)).into();
        let request = self.post("/anthropic/v1/messages").header("x-api-key", self.token);
        (Provider::Anthropic, "messages", request.header("anthropic-version", "2023-06-01").json(&body))
    }

    fn gemini(&self, n: usize, kind: usize) -> Asked {
        let inline = |kind: &str, data: String| json!({ "inlineData": { "mimeType": kind, "data": data } });
        let picture = inline("image/png", STANDARD.encode([137; 300]));
        let question = json!({ "text": format!("Number {n}?") });
        let long = json!([{ "text": handbook(n) }, inline("audio/wav", sound(n % 5)), picture, question]);
        let (model, parts, config) = match kind {
            21 => {
                ("gemini-3-pro-image", json!([picture, question]), json!({ "responseModalities": ["TEXT", "IMAGE"] }))
            }
            22 => ("gemini-2.5-flash-image", long, json!({ "responseModalities": ["IMAGE"] })),
            23 => ("gemini-2.5-flash", long, json!({ "thinkingConfig": { "thinkingBudget": 300 } })),
            _ => ("gemini-2.5-flash-preview-tts", json!([question]), json!({ "responseModalities": ["AUDIO"] })),
        };
        let act = match n % 3 {
            0 => "generateContent",
            1 => "streamGenerateContent",
            _ => "streamGenerateContent?alt=sse",
        };
        let body = json!({ "contents": [{ "role": "user", "parts": parts }], "generationConfig": config });
        let request = self.post(&format!("/gemini/v1beta/models/{model}:{act}")).header("x-goog-api-key", self.token);
        (Provider::Gemini, "enerateContent", request.json(&body))
    }
}

fn said(n: usize) -> Value {
    json!([{ "role": "user", "content": format!("Say hello, number {n}.") }])
}

/// Long texts that come again for a while, each with a fresh question behind it.
fn long(n: usize) -> Value {
    json!([
        { "role": "system", "content": handbook(n) },
        { "role": "user", "content": format!("Where is number {n}?") }
    ])
}

fn handbook(n: usize) -> String {
    let round = n / CALLS;
    format!("Chapter {}. ", round % 8 + round / 24 * 8)
        + &"Whoever opens the shop looks after the coffee machine first. ".repeat(90)
}

/// A practice recording.
fn sound(n: usize) -> String {
    STANDARD.encode(vec![3; 2_000 * (n % 9 + 1)])
}
