//! Large bodies pass without being held: the memory of the gateway's own process is measured, not time.

use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{Fault, FaultKind, KeySpec, Provider as Sim, Sims, SimsConfig};
use ownkey_tests::server::Server;
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const MEGABYTE: usize = 1024 * 1024;
/// What may be held of one request until its answer begins, in kilobytes.
const REPLAY: u64 = 4 * 1024;
/// What a call may take beside it, the buffers of both connections included.
const BESIDE: u64 = 1024;

/// An agency's process whose platform pays, and a token.
async fn agency() -> (Sims, Server, tempfile::TempDir, String) {
    let sims = Sims::start(SimsConfig::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("agency"), &sims).await.unwrap();
    let word = |made: Value, name: &str| made[name].as_str().unwrap().to_owned();
    let client = word(server.operator(&["client", "add", "Large & Sons"], None).unwrap(), "client");
    let add = ["assistant", "add", &client, "Scribe", "--use", "voice", "--use", "images", "--use", "chat"];
    let assistant = word(server.operator(&add, None).unwrap(), "assistant");
    let token = word(server.operator(&["assistant", "token", &client, &assistant], None).unwrap(), "token");
    let key = sims.control().make_key(Sim::OpenAi, "Brightwork Studio", KeySpec::default());
    server.operator(&["platform-key", Provider::OpenAi.as_str()], Some(&key.text)).unwrap();
    for r#use in ["voice", "images", "chat"] {
        server.operator(&["fallback", &client, r#use, "platform"], None).unwrap();
    }
    (sims, server, folder, token)
}

/// The bytes of an answer, read piece by piece.
async fn length(call: RequestBuilder) -> usize {
    let mut answer = call.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let mut length = 0;
    while let Some(piece) = answer.chunk().await.unwrap() {
        length += piece.len();
    }
    length
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_a_picture_and_a_long_stream_pass_without_being_held() {
    let (sims, server, _folder, token) = agency().await;
    let http = ownkey_demo::assistants::http().unwrap();
    let post = |path: &str| http.post(format!("{}/gateway/openai/v1{path}", server.origin)).bearer_auth(&token);
    let answers =
        |body: Value| sims.control().inject(Sim::OpenAi, Fault::next(1, FaultKind::Status { code: 200, body }));
    let hello = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]});
    for _ in 0..20 {
        length(post("/chat/completions").json(&hello)).await;
    }

    let before = server.memory_from_now().unwrap();
    let recording = Part::bytes(vec![b'R'; 25 * MEGABYTE]).file_name("long.wav");
    let form = Form::new().text("model", "gpt-4o-mini-transcribe").part("file", recording);
    length(post("/audio/transcriptions").multipart(form)).await;
    let upload = server.most_memory().unwrap() - before;

    let before = server.memory_from_now().unwrap();
    answers(json!({"created": 1, "data": [{"b64_json": "A".repeat(33 * MEGABYTE)}]}));
    let picture = json!({"model": "gpt-image-1", "prompt": "A boat", "size": "3840x2160"});
    assert!(length(post("/images/generations").json(&picture)).await > 33 * MEGABYTE);
    let download = server.most_memory().unwrap() - before;

    let before = server.memory_from_now().unwrap();
    let event = format!("event: response.output_text.delta\ndata: {{\"delta\":\"{}\"}}\n\n", "word ".repeat(20));
    answers(Value::String(event.repeat(64 * MEGABYTE / event.len())));
    let stream = json!({"model": "gpt-4o-mini", "messages": hello["messages"], "stream": true});
    assert!(length(post("/chat/completions").json(&stream)).await > 60 * MEGABYTE);
    let streamed = server.most_memory().unwrap() - before;

    println!("held beyond before, in KiB: upload {upload}, download {download}, stream {streamed}");
    assert!(upload <= REPLAY + BESIDE, "{upload} KiB for an upload of 25 MiB");
    assert!(download <= BESIDE, "{download} KiB for a picture of 33 MiB");
    assert!(streamed <= BESIDE, "{streamed} KiB for a stream of 64 MiB");
}
