//! What crosses crates.

pub mod calls;
pub mod client;
pub mod device;
pub mod headless;
pub mod leak;
pub mod memory;
pub mod processes;
pub mod receiver;
pub mod sdks;
pub mod server;
pub mod shapes;
pub mod way;
pub mod written;

use std::path::{Path, PathBuf};

use anyhow::Context;
pub use sdks::python;

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
