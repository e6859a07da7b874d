//! Building the page and the window.

use std::path::PathBuf;

use anyhow::Result;

use crate::run::{command, root, run, target};
use crate::setup;

/// Builds the page into `ui/dist`.
pub(crate) fn page() -> Result<()> {
    setup::for_page()?;
    run(command("npm run --silent build").current_dir(root().join("ui")))
}

/// Builds the window with practice switches; gives the binary.
pub(crate) fn practice_window() -> Result<PathBuf> {
    setup::for_building()?;
    page()?;
    run(&mut command("cargo build --quiet -p ownkey --features practice,tauri/custom-protocol"))?;
    Ok(target().join("debug/ownkey"))
}
