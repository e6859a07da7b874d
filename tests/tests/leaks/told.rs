//! What a collector is told: one span per call, of a closed list of attributes, and nothing of keys, tokens or contents.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, body::Bytes, routing::post};
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{Fault, FaultKind, KeySpec, Sims, SimsConfig};
use ownkey_tests::device::http;
use ownkey_tests::leak::{Search, Tape, record};
use ownkey_tests::server::Server;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const PROMPT: &str = "canary-prompt-7731";

/// All that a span may say.
const ALLOWED: [&str; 11] = [
    "http.response.status_code",
    "ownkey.added_us",
    "ownkey.assistant",
    "ownkey.call",
    "ownkey.client",
    "ownkey.key_version",
    "ownkey.paid_by",
    "ownkey.provider",
    "ownkey.provider_us",
    "ownkey.route",
    "ownkey.use",
];

/// A collector: keeps every body that it is sent, and is busy the first time.
async fn collector(tape: Tape) -> String {
    let take = |State(tape): State<Tape>, headers: HeaderMap, body: Bytes| async move {
        assert_eq!(headers["content-type"], "application/json");
        let first = tape.bytes().is_empty();
        tape.add(&body);
        tape.add(b"\n");
        if first { (StatusCode::SERVICE_UNAVAILABLE, "") } else { (StatusCode::OK, "{}") }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(take)).with_state(tape);
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

/// The spans that the collector took: of what was sent twice, the second.
fn spans(tape: &Tape) -> Vec<Value> {
    let text = String::from_utf8(tape.bytes()).unwrap();
    let bodies = text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
    bodies.flat_map(|body| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()).collect()
}

fn attributes(span: &Value) -> BTreeMap<String, String> {
    let one = |attribute: &Value| {
        let value = attribute["value"].as_object().unwrap().values().next().unwrap();
        (attribute["key"].as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned())
    };
    span["attributes"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_is_told_ids_and_times_of_each_call_and_no_key_token_or_content() {
    let folder = tempfile::tempdir().unwrap();
    let sims = Sims::start(SimsConfig { seed: 79, ..SimsConfig::default() }).await.unwrap();
    let (told, upstream) = (Tape::default(), Tape::default());
    let origin = collector(told.clone()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let openai = format!("openai=http://{}", listener.local_addr().unwrap());
    let real = sims.origin(simulated(Provider::OpenAi)).trim_start_matches("http://").parse().unwrap();
    tokio::spawn(record(listener, real, upstream.clone()));
    let more = ["--otlp", &origin, "--provider-origin", &openai];
    let server = Server::start_told(&folder.path().join("agency"), &sims, &more).await.unwrap();

    let word = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let client = word(&server.operator(&["client", "add", "Traced & Sons"], None).unwrap(), "client");
    let add = ["assistant", "add", &client, "Try-out", "--use", "chat"];
    let assistant = word(&server.operator(&add, None).unwrap(), "assistant");
    let token = word(&server.operator(&["assistant", "token", &client, &assistant], None).unwrap(), "token");
    server.operator(&["fallback", &client, "chat", "platform"], None).unwrap();
    let platform = sims.control().make_key(simulated(Provider::OpenAi), "Platform", KeySpec::default()).text;
    server.operator(&["platform-key", "openai"], Some(&platform)).unwrap();

    let http = http(None).unwrap();
    let call = |stream: bool, token: &str| {
        let said = json!([{ "role": "user", "content": PROMPT }]);
        let body = json!({ "model": "gpt-4o-mini", "stream": stream, "messages": said });
        let request = http.post(format!("{}/gateway/openai/v1/chat/completions", server.origin)).bearer_auth(token);
        request
            .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
            .header("x-note", "canary-header-7731")
            .json(&body)
    };
    let mut calls = Vec::new();
    for (stream, token) in [(false, token.as_str()), (true, &token), (false, "okg_canarytoken7731canarytoken")] {
        let answer = call(stream, token).send().await.unwrap();
        calls.push((answer.headers()["ownkey-call"].to_str().unwrap().to_owned(), answer.status().as_u16()));
        answer.bytes().await.unwrap();
    }
    sims.control().inject(simulated(Provider::OpenAi), Fault::next(1, FaultKind::EchoKey));
    call(false, &token).send().await.unwrap().bytes().await.unwrap();

    let until = Instant::now() + Duration::from_secs(20);
    while told.bytes().is_empty() || spans(&told).len() < 4 {
        assert!(Instant::now() < until, "{} spans came", spans(&told).len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let late = call(false, &token).send().await.unwrap();
    late.bytes().await.unwrap();
    server.end_by("TERM").unwrap();

    let spans = spans(&told);
    assert_eq!(spans.len(), 5, "one for each call, and the last one when the server stopped");
    let sent = String::from_utf8_lossy(&upstream.bytes()).to_lowercase();
    for (span, (id, status)) in spans.iter().zip(&calls) {
        assert_eq!((&span["traceId"], &span["parentSpanId"]), (&json!(TRACE), &json!(PARENT)));
        assert_eq!((&span["kind"], &span["status"]), (&json!(2), &json!({})));
        let said = attributes(span);
        assert_eq!((&said["ownkey.call"], &said["http.response.status_code"]), (id, &status.to_string()));
        let nanos = |name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
        let micros = |name: &str| said[name].parse::<u128>().unwrap();
        let whole = nanos("endTimeUnixNano") - nanos("startTimeUnixNano");
        assert!(whole / 1_000 + 2_000 >= micros("ownkey.added_us") + micros("ownkey.provider_us"), "{span}");
        assert_ne!(span["spanId"], PARENT);
        let handed_on = format!("traceparent: 00-{TRACE}-{}-01", span["spanId"].as_str().unwrap());
        assert_eq!(sent.contains(&handed_on), *status == 200, "our span is the provider's parent");
    }
    assert!(!sent.contains(&format!("{TRACE}-{PARENT}")), "the caller's span is not its parent any more");
    let first = attributes(&spans[0]);
    for (name, value) in [
        ("ownkey.provider", "openai"),
        ("ownkey.route", "openai.chat"),
        ("ownkey.use", "chat"),
        ("ownkey.paid_by", "platform"),
        ("ownkey.client", &client),
        ("ownkey.assistant", &assistant),
    ] {
        assert_eq!(first[name], value, "{name}");
    }
    assert_eq!(attributes(&spans[2])["ownkey.paid_by"], "nobody");
    for span in &spans {
        assert!(attributes(span).keys().all(|name| ALLOWED.contains(&name.as_str())), "{span}");
    }

    let mut search = Search::default();
    search.add("the platform's key", &platform);
    search.add("the assistant's token", &token);
    assert_eq!(search.find(&told.bytes()), None);
    let text = String::from_utf8(told.bytes()).unwrap();
    for canary in [PROMPT, "canary", "Traced", "Try-out", "gpt-4o", "Bearer"] {
        assert!(!text.contains(canary), "{canary}");
    }
}
