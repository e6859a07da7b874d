//! What crosses crates.

pub mod calls;
pub mod device;
pub mod leak;
pub mod server;

use std::path::{Path, PathBuf};

use anyhow::Context;

/// A program of the project, beside the tests: `cargo xtask test` builds it first.
///
/// # Errors
/// When it is not there.
pub fn built(name: &str) -> anyhow::Result<PathBuf> {
    let tests = std::env::current_exe()?;
    let built = tests.parent().and_then(Path::parent).context("no target folder")?.join(name);
    anyhow::ensure!(built.exists(), "build it first: cargo build -p {name}");
    Ok(built)
}

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
