//! The operator's socket: `operator.sock` in the data folder, 0600, one JSON line per command and answer.
//!
//! A platform key travels as a second line of its own, so that it never stands inside a value that could be logged.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::{Answer, Command, run, set_platform_key, to_line};
use crate::Agency;

/// The most bytes of a line.
const MAX_LINE: u64 = 64 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    operator: String,
    #[serde(default)]
    command: Option<Command>,
    #[serde(default)]
    platform_key: Option<Provider>,
}

/// Where the socket of a data folder is.
#[must_use]
pub fn path(folder: &Path) -> PathBuf {
    folder.join("operator.sock")
}

/// Listens beside a running server.
///
/// # Errors
/// When the socket cannot be made.
pub fn listen(agency: Arc<Agency>) -> anyhow::Result<JoinHandle<()>> {
    let path = path(&agency.config.data_dir);
    if path.exists() {
        std::fs::remove_file(&path).context("an old socket is in the way")?;
    }
    let listener = tokio::net::UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(agency.clone(), stream));
        }
    }))
}

async fn answer(agency: Arc<Agency>, stream: tokio::net::UnixStream) {
    let (read, mut write) = stream.into_split();
    let mut read = tokio::io::BufReader::new(tokio::io::AsyncReadExt::take(read, 2 * MAX_LINE));
    let mut line = String::new();
    if read.read_line(&mut line).await.is_err() {
        return;
    }
    let answer = match serde_json::from_str::<Line>(&line) {
        Ok(Line { operator, command: Some(command), platform_key: None }) => {
            tokio::task::spawn_blocking(move || run(&agency, &operator, command))
                .await
                .unwrap_or_else(|_| Err("failed".into()))
        }
        Ok(Line { operator, command: None, platform_key: Some(provider) }) => {
            let mut key = Zeroizing::new(Vec::new());
            match read.read_until(b'\n', &mut key).await {
                Ok(_) => tokio::task::spawn_blocking(move || {
                    let secret = secret(&key)?;
                    set_platform_key(&agency, &operator, provider, &secret)
                })
                .await
                .unwrap_or_else(|_| Err("failed".into())),
                Err(_) => Err("the key did not arrive".into()),
            }
        }
        _ => Err("not a command".to_owned()),
    };
    let _gone = write.write_all(&to_line(&answer)).await;
}

/// A secret from a line of text, without its line end.
///
/// # Errors
/// One sentence for the person at the terminal.
pub fn secret(line: &[u8]) -> Result<Secret, String> {
    Secret::new(line.trim_ascii().to_vec()).map_err(|e| e.to_string())
}

/// Sends a command to the server that runs in `folder`; `None` when none does.
///
/// # Errors
/// When the server does not answer.
pub fn send(folder: &Path, operator: &str, command: Command) -> anyhow::Result<Option<Answer>> {
    let line = Line { operator: operator.to_owned(), command: Some(command), platform_key: None };
    exchange(folder, &line, None)
}

/// Sends a platform key to the server that runs in `folder`; `None` when none does.
///
/// # Errors
/// When the server does not answer.
pub fn send_key(folder: &Path, operator: &str, provider: Provider, key: &Secret) -> anyhow::Result<Option<Answer>> {
    let line = Line { operator: operator.to_owned(), command: None, platform_key: Some(provider) };
    exchange(folder, &line, Some(key))
}

fn exchange(folder: &Path, line: &Line, key: Option<&Secret>) -> anyhow::Result<Option<Answer>> {
    let Ok(mut stream) = UnixStream::connect(path(folder)) else { return Ok(None) };
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    stream.write_all(&bytes)?;
    if let Some(key) = key {
        // EXPOSE: the platform's key goes to the server over its private socket, to be sealed there.
        key.expose(|k| stream.write_all(k))?;
        stream.write_all(b"\n")?;
    }
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    let mut value: Value = serde_json::from_str(&answer).context("the server's answer")?;
    Ok(Some(match value.get("error").and_then(Value::as_str) {
        Some(error) => Err(error.to_owned()),
        None => Ok(value["ok"].take()),
    }))
}
