//! What the agency's engineer on call relies on: health, figures without anybody's content, and limits.

use ownkey_agency::serve::serve_metrics;
use ownkey_protocol::vocabulary::Provider;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::World;

impl World {
    /// The agency's figures, as they are now.
    pub(super) async fn figures(&self) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/metrics", listener.local_addr().unwrap());
        tokio::spawn(serve_metrics(self.servers.agency.clone(), listener));
        self.http.get(address).send().await.unwrap().text().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_figures_tell_of_calls_and_of_nobody() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    assert!(world.asks(Provider::OpenAi).await.status().is_success());
    let bad =
        world.http.get(format!("{}/openai/v1/models", world.gateway())).bearer_auth("okg_no").send().await.unwrap();
    assert_eq!(bad.status(), 401);

    let page = world.figures().await;
    for line in [
        r#"ownkey_calls_total{provider="openai",paid_by="client",status="2xx"} 1"#,
        r#"ownkey_calls_total{provider="openai",paid_by="nobody",status="4xx"} 1"#,
        "ownkey_added_seconds_count 2",
        r#"ownkey_provider_seconds_count{provider="openai"} 1"#,
        "ownkey_calls_in_flight 0",
        "ownkey_opened_keys 1.0",
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
    for secret in ["cl_", "as_", "cn_", "okg_", "sk-", "gpt", "Newsletter"] {
        assert!(!page.contains(secret), "{secret} is in\n{page}");
    }
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/metrics", 404)] {
        let answer = world.http.get(format!("{}{path}", world.servers.origin)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_head_is_refused_and_costs_nobody_a_call() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    let before = world.ledger(Provider::OpenAi).len();
    let address = world.servers.origin.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /gateway/openai/v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nx-more: {}\r\n",
        "a".repeat(200_000)
    );
    let _cut_off = stream.write_all(head.as_bytes()).await;
    let mut answer = String::new();
    let _cut_off = stream.read_to_string(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(world.ledger(Provider::OpenAi).len(), before);
    world.servers.stop().await.unwrap();
}
