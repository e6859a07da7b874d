//! The meter against the simulators' own books: for each work call, what we read is what the provider charged.
#![allow(clippy::unwrap_used)]

use http::Method;
use ownkey_protocol::vocabulary::Provider::{self, Anthropic, Gemini, OpenAi, Replicate, Stability};
use ownkey_provider_sim::{self as sim, KeySpec, LedgerRow, Sims, SimsConfig};
use ownkey_providers::meter::{Metered, StreamMeter, Unasked, ask_for_usage};
use ownkey_providers::{auth, http as our_http, routes};
use ownkey_secret::Secret;
use serde_json::{Value, json};

struct Room {
    sims: Sims,
    client: reqwest::Client,
}

impl Room {
    async fn open() -> Self {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(our_http::tls(&[]).unwrap())
            .no_proxy()
            .build()
            .unwrap();
        Self { sims: Sims::start(SimsConfig::default()).await.unwrap(), client }
    }

    /// Makes a call with a fresh key; gives back the answer's pieces and the row in the provider's book.
    async fn call(&self, provider: Provider, path: &str, body: Vec<u8>, kind: &str) -> (Vec<Vec<u8>>, LedgerRow) {
        let of = sim::Provider::ALL.into_iter().find(|p| p.as_str() == provider.as_str()).unwrap();
        let made = self.sims.control().make_key(of, "Acme", KeySpec::default());
        let key = Secret::new(made.text.into_bytes()).unwrap();
        let mut headers = http::HeaderMap::new();
        auth::add_key(provider, &mut headers, &key).unwrap();
        headers.insert("content-type", kind.parse().unwrap());
        headers.insert("anthropic-version", "2023-06-01".parse().unwrap());
        headers.insert("accept", "application/json".parse().unwrap());
        headers.insert("prefer", "wait".parse().unwrap());
        let url = format!("{}{path}", self.sims.origin(of));
        let mut answer = self.client.post(url).headers(headers).body(body).send().await.unwrap();
        let status = answer.status();
        let mut pieces = Vec::new();
        while let Some(piece) = answer.chunk().await.unwrap() {
            pieces.push(piece.to_vec());
        }
        assert!(status.is_success(), "{path} {status} {}", String::from_utf8_lossy(&pieces.concat()));
        let row = self.sims.control().ledger(of).into_iter().rfind(|row| row.key.as_ref() == Some(&made.id)).unwrap();
        (pieces, row)
    }
}

fn metered(provider: Provider, path: &str, pieces: &[Vec<u8>]) -> Metered {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut meter = StreamMeter::new(provider, routes::lookup(provider, &Method::POST, path, query).unwrap());
    pieces.iter().for_each(|piece| meter.feed(piece));
    meter.finish()
}

fn booked(row: &LedgerRow, name: &str) -> u64 {
    row.units.get(name).and_then(Value::as_u64).unwrap_or(0)
}

#[tokio::test]
async fn tokens_read_are_tokens_booked() {
    let room = Room::open().await;
    let talk = json!([{"role": "user", "content": "What does \"usage\":{\"input_tokens\":9} mean?"}]);
    let parts = json!([{"parts": [{"text": "A harbour at dawn"}]}]);
    let gemini = "/v1beta/models/gemini-3.1-flash-image";
    let rows: Vec<(Provider, String, Value)> = vec![
        (OpenAi, "/v1/chat/completions".into(), json!({"model": "gpt-5", "messages": talk})),
        (OpenAi, "/v1/chat/completions".into(), json!({"model": "gpt-5", "messages": talk, "stream": true})),
        (OpenAi, "/v1/responses".into(), json!({"model": "gpt-5", "input": "hello"})),
        (OpenAi, "/v1/responses".into(), json!({"model": "gpt-5", "input": "hello", "stream": true})),
        (OpenAi, "/v1/images/generations".into(), json!({"model": "gpt-image-1", "prompt": "a harbour"})),
        (
            OpenAi,
            "/v1/images/generations".into(),
            json!({"model": "gpt-image-1", "prompt": "a harbour", "stream": true, "partial_images": 1}),
        ),
        (Anthropic, "/v1/messages".into(), json!({"model": "claude-haiku-4-5", "max_tokens": 50, "messages": talk})),
        (
            Anthropic,
            "/v1/messages".into(),
            json!({"model": "claude-haiku-4-5", "max_tokens": 50, "messages": talk, "stream": true}),
        ),
        (
            Gemini,
            format!("{gemini}:generateContent"),
            json!({"contents": parts, "generationConfig": {"responseModalities": ["IMAGE"]}}),
        ),
        (Gemini, format!("{gemini}:streamGenerateContent?alt=sse"), json!({"contents": parts})),
        (Gemini, format!("{gemini}:streamGenerateContent"), json!({"contents": parts})),
    ];
    for (provider, path, body) in rows {
        let streamed = body["stream"] == true || path.contains(":stream");
        let mut bytes = body.to_string().into_bytes();
        if path == "/v1/chat/completions" {
            bytes = ask_for_usage(&bytes).unwrap_or(bytes);
        }
        let (pieces, row) = room.call(provider, &path, bytes, "application/json").await;
        let seen = metered(provider, &path, &pieces);
        let units = seen.units.unwrap_or_else(|| panic!("{path} {row:?}"));
        let (input, output) = (booked(&row, "input_tokens"), booked(&row, "output_tokens"));
        assert!(row.billed && output > 0, "{path} {row:?}");
        assert_eq!(
            (units.input, units.output, units.images),
            (input, output, booked(&row, "images")),
            "{path} {row:?}"
        );
        assert!(seen.ended || !streamed, "{path}");
        if let Some(model) = &seen.model {
            assert!(model.starts_with(row.model.as_deref().unwrap()), "{path} {model}");
        }
        if streamed && provider != Gemini {
            let cut = metered(provider, &path, &pieces[..pieces.len() / 2]);
            assert!(!cut.ended, "{path}: half a stream is not taken for a whole one");
        }
    }
}

#[tokio::test]
async fn a_chat_stream_is_what_the_caller_asked_for() {
    let room = Room::open().await;
    let body = json!({"model": "gpt-5", "messages": [{"role": "user", "content": "hello"}], "stream": true})
        .to_string()
        .into_bytes();
    let (with, _) = room.call(OpenAi, "/v1/chat/completions", ask_for_usage(&body).unwrap(), "application/json").await;
    let mut filter = Unasked::default();
    let mut out: Vec<u8> = with.iter().flat_map(|piece| filter.feed(piece)).collect();
    out.extend(filter.finish());
    let out = String::from_utf8(out).unwrap();
    assert!(!out.contains("usage") && out.ends_with("data: [DONE]\n\n"), "{out}");
    let (plain, _) = room.call(OpenAi, "/v1/chat/completions", body, "application/json").await;
    let events = |text: &str| text.matches("data: ").count();
    assert_eq!(events(&out), events(std::str::from_utf8(&plain.concat()).unwrap()));
}

fn form(fields: &[(&str, &str)], file: Option<(&str, &str)>) -> (Vec<u8>, String) {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    if let Some((name, content)) = file {
        body += &format!(
            "--edge\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.wav\"\r\ncontent-type: audio/wav\r\n\r\n{content}\r\n"
        );
    }
    body += "--edge--\r\n";
    (body.into_bytes(), "multipart/form-data; boundary=edge".to_owned())
}

#[tokio::test]
async fn voice_pictures_and_predictions_are_measured() {
    let room = Room::open().await;
    let (body, kind) = form(&[("model", "gpt-4o-transcribe")], Some(("file", "RIFF....WAVEfmt practice")));
    let (pieces, row) = room.call(OpenAi, "/v1/audio/transcriptions", body, &kind).await;
    let units = metered(OpenAi, "/v1/audio/transcriptions", &pieces).units.unwrap();
    assert_eq!((units.input, units.output), (booked(&row, "input_tokens"), booked(&row, "output_tokens")), "{row:?}");

    for (path, credits_milli) in
        [("/v2beta/stable-image/generate/core", 3_000), ("/v2beta/stable-image/generate/ultra", 8_000)]
    {
        let (body, kind) = form(&[("prompt", "a harbour")], None);
        let (pieces, row) = room.call(Stability, path, body, &kind).await;
        let units = metered(Stability, path, &pieces).units.unwrap();
        assert_eq!((units.images, units.credits_milli), (1, credits_milli), "{row:?}");
        assert_eq!(row.units["credits"].as_f64().unwrap() * 1_000.0, credits_milli as f64);
    }

    let path = "/v1/models/black-forest-labs/flux-schnell/predictions";
    let (pieces, row) = room
        .call(Replicate, path, json!({"input": {"prompt": "a harbour"}}).to_string().into_bytes(), "application/json")
        .await;
    assert!(row.billed && metered(Replicate, path, &pieces).units.unwrap().predict_ms > 0);
}
