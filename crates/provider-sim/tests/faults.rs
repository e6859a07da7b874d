//! Faults on request: what the caller sees, and what the books say.
#![allow(clippy::unwrap_used)]

mod world;

use futures_util::StreamExt;
use ownkey_provider_sim::{Fault, FaultKind, Provider};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use world::{World, data_lines, event_names, read, world};

fn hello() -> Value {
    json!({"model": "claude-opus-4-7", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello there"}]})
}

impl World {
    fn inject(&self, kind: FaultKind) {
        self.control().inject(self.provider, Fault::next(1, kind));
    }
}

#[tokio::test]
async fn a_status_is_answered_so_often_and_only_on_its_route() {
    let here = world(Provider::Anthropic).await;
    let kind = FaultKind::Status { code: 529, body: Value::Null };
    here.control().inject(Provider::Anthropic, Fault::on("messages", 2, kind));
    assert_eq!(here.get("/v1/models").await.status, 200);
    for _ in 0..2 {
        let got = here.post("/v1/messages", hello()).await;
        assert_eq!((got.status, &got.json["error"]["type"]), (529, &json!("overloaded_error")));
        assert_eq!(here.row().fault, Some("status"));
        assert!(!here.row().billed);
    }
    assert_eq!(here.post("/v1/messages", hello()).await.status, 200);
}

#[tokio::test]
async fn plain_statuses_speak_the_providers_envelope() {
    let rows = [
        (Provider::OpenAi, "/v1/models", "/error/code", json!("rate_limit_exceeded")),
        (Provider::Anthropic, "/v1/models", "/error/type", json!("rate_limit_error")),
        (Provider::Gemini, "/v1beta/models", "/error/status", json!("RESOURCE_EXHAUSTED")),
        (Provider::Stability, "/v1/user/balance", "/name", json!("rate_limit_exceeded")),
    ];
    for (provider, path, pointer, wanted) in rows {
        let here = world(provider).await;
        here.inject(FaultKind::Status { code: 429, body: Value::Null });
        let got = here.get(path).await;
        assert_eq!(got.status, 429);
        assert_eq!(got.json.pointer(pointer), Some(&wanted), "{provider}");
        assert!(!got.header("retry-after").is_empty());
    }
    let here = world(Provider::Replicate).await;
    here.inject(FaultKind::Status { code: 429, body: Value::Null });
    let got = here.get("/v1/account").await;
    assert_eq!(got.json, json!({"detail": "Request was throttled. Your rate limit resets in ~30s."}));
    here.inject(FaultKind::Status { code: 418, body: json!({"odd": true}) });
    let got = here.get("/v1/account").await;
    assert_eq!((got.status, got.json), (418, json!({"odd": true})));
}

#[tokio::test]
async fn an_unsupported_country_is_told_in_the_providers_words() {
    let rows = [
        (Provider::OpenAi, "/v1/models", 403, "unsupported_country_region_territory"),
        (Provider::Anthropic, "/v1/models", 403, "Request not allowed"),
        (Provider::Gemini, "/v1beta/models", 400, "User location is not supported"),
        (Provider::Stability, "/v1/user/balance", 403, "permission_denied"),
        (Provider::Replicate, "/v1/account", 403, "Permission denied"),
    ];
    for (provider, path, status, words) in rows {
        let here = world(provider).await;
        here.inject(FaultKind::Region);
        let got = here.get(path).await;
        assert_eq!(got.status, status, "{provider}");
        assert!(got.text.contains(words), "{provider}: {}", got.text);
    }
}

#[tokio::test]
async fn a_careless_provider_quotes_the_whole_key() {
    for (provider, path) in [
        (Provider::OpenAi, "/v1/models"),
        (Provider::Anthropic, "/v1/models"),
        (Provider::Gemini, "/v1beta/models"),
        (Provider::Stability, "/v1/user/balance"),
        (Provider::Replicate, "/v1/account"),
    ] {
        let here = world(provider).await;
        here.inject(FaultKind::EchoKey);
        let got = here.get(path).await;
        assert_eq!(got.status, 401, "{provider}");
        assert!(got.text.contains(&here.key.text), "{provider}");
    }
}

#[tokio::test]
async fn a_call_may_act_and_never_be_answered_or_not_act_at_all() {
    let here = world(Provider::Anthropic).await;
    let call = || here.with(&here.key.text, "POST", "/v1/messages").json(&hello()).send();
    here.inject(FaultKind::ActedButNoAnswer);
    assert!(call().await.is_err());
    let row = here.row();
    assert!(row.billed && row.status == 200 && row.fault == Some("acted_but_no_answer"));
    here.inject(FaultKind::HangUp);
    assert!(call().await.is_err());
    let row = here.row();
    assert!(!row.billed && row.status == 0 && row.fault == Some("hang_up"));
    assert_eq!(row.key.as_deref(), Some(here.key.id.as_str()));
    assert_eq!(call().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_cut_stream_gives_whole_events_and_then_breaks() {
    let here = world(Provider::Anthropic).await;
    here.inject(FaultKind::CutStream { after_events: 4 });
    let mut body = hello();
    body["stream"] = true.into();
    let response = here.with(&here.key.text, "POST", "/v1/messages").json(&body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (mut text, mut broken) = (String::new(), false);
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => text.push_str(&String::from_utf8_lossy(&piece)),
            Err(_) => broken = true,
        }
    }
    assert!(broken, "the caller is told that the body is not whole");
    assert!(text.matches("\n\n").count() == 4, "{text}");
    assert_eq!(event_names(&text)[..3], ["message_start", "content_block_start", "ping"]);
    assert!(!data_lines(&text).iter().any(|event| event["type"] == "message_stop"));
    assert!(here.row().billed, "what was made is paid, whoever saw it");
    here.inject(FaultKind::CutStream { after_events: 1 });
    let response = here.with(&here.key.text, "GET", "/v1/models").send().await.unwrap();
    assert!(response.bytes().await.is_err(), "an answer that is no stream is cut in the middle");
}

#[tokio::test]
async fn slow_and_late_answers_are_whole() {
    let here = world(Provider::Anthropic).await;
    here.inject(FaultKind::Delay(120));
    let start = Instant::now();
    assert_eq!(here.get("/v1/models").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(120));
    let plain = here.get("/v1/models?limit=1").await.text;
    here.inject(FaultKind::SlowBody { bytes_per_s: plain.len() as u64 * 3 });
    let start = Instant::now();
    assert_eq!(here.get("/v1/models?limit=1").await.text, plain);
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn garbage_is_no_json_and_faults_can_be_forgotten() {
    let here = world(Provider::Anthropic).await;
    here.inject(FaultKind::Garbage);
    let got = here.post("/v1/messages", hello()).await;
    assert_eq!((got.status, got.json), (200, Value::Null));
    assert!(!here.row().billed);
    here.inject(FaultKind::HangUp);
    here.control().clear_faults(Provider::Anthropic);
    assert_eq!(read(here.with(&here.key.text, "GET", "/v1/models")).await.status, 200);
}
