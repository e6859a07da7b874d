//! The official SDKs, in one process that makes the calls it is asked for.

use std::path::Path;
use std::process::Stdio;

use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::reply::Reply;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::world::World;

pub(crate) struct Sdk {
    _process: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// What an SDK raised; nothing when the call succeeded.
#[derive(Debug, Deserialize)]
pub(crate) struct Raised {
    pub(crate) class: Option<String>,
    pub(crate) status: Option<u16>,
}

impl Sdk {
    pub(crate) async fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdks/raised.py");
        let mut process = Command::new(ownkey_tests::python())
            .arg(script)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (asks, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { _process: process, asks, answers: BufReader::new(answers).lines() }
    }

    pub(crate) async fn call(&mut self, world: &World) -> Raised {
        let ask = json!({ "provider": world.provider, "gateway": world.gateway(), "token": world.token() });
        self.asks.write_all(format!("{ask}\n").as_bytes()).await.unwrap();
        let line = self.answers.next_line().await.unwrap().expect("the SDKs' process ended");
        serde_json::from_str(&line).unwrap()
    }
}

/// What a provider's SDK raises for a key that the gateway knows to be dead or drained.
pub(crate) fn expected(provider: Provider, reply: Reply) -> (&'static str, u16) {
    let drained = matches!(reply, Reply::Drained(_));
    match provider {
        Provider::OpenAi if drained => ("RateLimitError", 429),
        Provider::Anthropic if drained => ("BadRequestError", 400),
        Provider::OpenAi | Provider::Anthropic => ("AuthenticationError", 401),
        Provider::Gemini => ("ClientError", if drained { 402 } else { 401 }),
        Provider::Stability => ("HTTPStatusError", if drained { 402 } else { 401 }),
        Provider::Replicate => ("ReplicateError", if drained { 402 } else { 401 }),
    }
}
