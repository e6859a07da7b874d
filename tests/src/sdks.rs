//! The providers' official SDKs, in Python.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use ownkey_protocol::token;

/// The Python in which the providers' official SDKs are installed; `OWNKEY_SDKS` names another.
///
/// # Panics
/// When they are not installed.
#[must_use]
pub fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("OWNKEY_SDKS") {
        return named.into();
    }
    let test = std::env::current_exe().unwrap_or_default();
    let found = test.ancestors().map(|folder| folder.join("sdks/bin/python")).find(|python| python.exists());
    found.unwrap_or_else(|| panic!("the SDKs are not installed: run `cargo xtask setup`"))
}

/// Runs one part of a script of `tests/sdks` as an assistant with this token.
///
/// # Errors
/// When a step of it fails, with all that it printed.
pub async fn run(
    script: &str,
    part: &str,
    gateway: &str,
    token: &str,
    more: impl IntoIterator<Item = (&str, &str)>,
) -> anyhow::Result<()> {
    let ran = tokio::process::Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("sdks").join(script))
        .arg(part)
        .env("OWNKEY_GATEWAY", gateway)
        .env("OWNKEY_TOKEN", token)
        .env("OWNKEY_UNKNOWN_TOKEN", unknown_token())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(more)
        .output()
        .await?;
    let (out, error) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    ensure!(ran.status.success(), "{script} {part}\n{out}\n{error}");
    Ok(())
}

/// A token of the right form that nobody was given.
#[must_use]
pub fn unknown_token() -> String {
    token::from_random(&[7; 32]).expose(|bytes| String::from_utf8_lossy(bytes).into_owned())
}
