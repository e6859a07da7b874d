//! Requests that two programs could read in two ways, written byte by byte: whatever they carry, a provider sees the
//! caller's own key or nothing.

use ownkey_protocol::vocabulary::Provider;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{A, B, World};

impl World {
    /// Sends these bytes; the status of the first answer, or 0 when the connection ends without one.
    async fn raw(&self, bytes: &str) -> u16 {
        let place = self.servers.origin.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(place).await.unwrap();
        socket.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let reading = socket.read_to_end(&mut answer);
        let _a_refused_connection_may_end_badly =
            tokio::time::timeout(std::time::Duration::from_secs(20), reading).await;
        let text = String::from_utf8_lossy(&answer);
        text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }
}

const CHAT: &str = "/gateway/openai/v1/chat/completions";
const BODY: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hello"}]}"#;

/// `target` and header lines, each ended, with a body and its length.
fn post(target: &str, headers: &str) -> String {
    let length = BODY.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n{headers}\r\n{BODY}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn two_credentials_are_none_and_a_foreign_one_goes_nowhere() {
    let world = World::with(&[Provider::OpenAi, Provider::Gemini]).await;
    let (a, b) = (world.token(A), world.token(B));
    let gemini = "/gateway/gemini/v1beta/models/gemini-3.1-flash-image:generateContent";
    let key = "sk-proj-a-key-that-was-smuggled-in";
    let cases = [
        (post(CHAT, &format!("Authorization: Bearer {b}\r\nAuthorization: Bearer {a}\r\n")), 401),
        (post(CHAT, &format!("Authorization: Bearer {a}\r\nAuthorization: Bearer {b}\r\n")), 401),
        (post(CHAT, &format!("Authorization: Bearer {key}\r\nAuthorization: Bearer {b}\r\n")), 401),
        (post(CHAT, &format!("Authorization: Bearer {b}, Bearer {a}\r\n")), 401),
        (post(gemini, &format!("x-goog-api-key: {b}\r\nAuthorization: Bearer {a}\r\n")), 401),
        (post(&format!("{gemini}?key={a}"), &format!("x-goog-api-key: {b}\r\n")), 401),
        (post(&format!("{gemini}?key={b}&key={a}"), ""), 401),
        (post(&format!("{gemini}?%6Bey={a}"), &format!("x-goog-api-key: {b}\r\n")), 400),
        (post(&format!("{CHAT}?key={a}"), &format!("Authorization: Bearer {b}\r\n")), 200),
        (post(CHAT, &format!("Authorization: Bearer {b}\r\nx-goog-api-key: {key}\r\nx-api-key: {key}\r\n")), 200),
        (post(CHAT, &format!("Authorization: Bearer {b}\r\nConnection: authorization\r\n")), 200),
        (post(CHAT, &format!("Authorization: Bearer {b}\r\nConnection: content-type, x-added\r\nX-Added: 1\r\n")), 200),
    ];
    for (request, expected) in &cases {
        let before = world.ledger_sizes();
        let status = world.raw(request).await;
        let told = request.split("\r\n\r\n").next().unwrap();
        assert_eq!(status, *expected, "{told}");
        assert!(world.shown(&before).is_subset(&world.keys[B]), "{told}");
        if status != 200 && *expected == 401 {
            assert_eq!(world.ledger_sizes(), before, "{told}");
        }
    }
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_two_readings_reaches_no_provider() {
    let world = World::with(&[Provider::OpenAi, Provider::Replicate]).await;
    let token = format!("Authorization: Bearer {}\r\n", world.token(B));
    let evil = world.servers.sims.origin(ownkey_provider_sim::Provider::Anthropic);
    let targets = [
        "/gateway/openai/../openai/v1/chat/completions".to_owned(),
        "/gateway/openai/v1/../v1/chat/completions".to_owned(),
        "/gateway/openai/v1/./chat/completions".to_owned(),
        "/gateway/openai//v1/chat/completions".to_owned(),
        "/gateway/openai/v1/chat%2fcompletions".to_owned(),
        "/gateway/openai/v1%2Fchat/completions".to_owned(),
        "/gateway/openai/%2e%2e/openai/v1/chat/completions".to_owned(),
        "/gateway/openai/v1/chat/completions/".to_owned(),
        "/gateway/openai/v1/chat/completions;x".to_owned(),
        "/gateway/openai/v1/chat\\completions".to_owned(),
        "/gateway/openai/v1/responses/..%2ffiles".to_owned(),
        "/gateway/openai/@evil.example/v1/chat/completions".to_owned(),
        "/gateway/replicate/_host/delivery/../../v1/account".to_owned(),
        "/gateway/replicate/_host/delivery/%2e%2e/v1/account".to_owned(),
        "/gateway/replicate/_host/evil.example/v1/predictions".to_owned(),
        "/gateway/replicate/_host//v1/predictions".to_owned(),
        format!("/gateway/replicate/_host/{evil}/v1/messages"),
        "*".to_owned(),
    ];
    for target in &targets {
        let before = world.ledger_sizes();
        let status = world.raw(&post(target, &token)).await;
        assert!(matches!(status, 0 | 400 | 404 | 405), "{status}: {target}");
        assert_eq!(world.ledger_sizes(), before, "{target}");
    }
    // An absolute target names the gateway's path and nothing else: the host in it is not called.
    for host in [evil.as_str(), "http://evil.example", "https://api.openai.com"] {
        let before = world.ledger_sizes();
        let status = world.raw(&post(&format!("{host}{CHAT}"), &token)).await;
        assert!(matches!(status, 0 | 200 | 400 | 404), "{status}: {host}");
        assert!(world.shown(&before).is_subset(&world.keys[B]), "{host}");
        let elsewhere = world.raw(&post(&format!("{host}/v1/chat/completions"), &token)).await;
        assert!(matches!(elsewhere, 0 | 400 | 404 | 405), "{elsewhere}: {host}");
    }
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_that_contradict_each_other_make_no_second_request() {
    let world = World::with(&[Provider::OpenAi]).await;
    let (a, b) = (world.token(A), world.token(B));
    let second =
        format!("POST {CHAT} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {a}\r\nContent-Length: 0\r\n\r\n");
    let requests = [
        format!(
            "POST {CHAT} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {b}\r\nContent-Type: application/json\r\n\
             Content-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n{second}"
        ),
        format!(
            "POST {CHAT} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {b}\r\nContent-Length: 4\r\n\
             Content-Length: 5\r\nConnection: close\r\n\r\nabcd{second}"
        ),
        format!(
            "POST {CHAT} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {b}\r\nTransfer-Encoding: xchunked\r\n\
             Connection: close\r\n\r\n0\r\n\r\n{second}"
        ),
    ];
    for request in &requests {
        let before = world.ledger_sizes();
        world.raw(request).await;
        assert!(world.shown(&before).is_subset(&world.keys[B]), "{request}");
    }
    world.servers.stop().await.unwrap();
}
