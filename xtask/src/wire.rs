//! The TypeScript of what travels between engine and window.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};

use crate::run::{root, target};

/// Writes it anew.
pub(crate) fn write() -> Result<()> {
    let wire = root().join("ui/src/wire");
    std::fs::remove_dir_all(&wire)?;
    std::fs::create_dir_all(&wire)?;
    ownkey_app::typescript::export_to(&wire)?;
    Ok(std::fs::write(root().join("src-tauri/capabilities/main.json"), capability())?)
}

/// Fails when what is committed is not what the Rust types say.
pub(crate) fn check() -> Result<()> {
    let fresh = target().join("wire");
    let _old = std::fs::remove_dir_all(&fresh);
    std::fs::create_dir_all(&fresh)?;
    ownkey_app::typescript::export_to(&fresh)?;
    let (committed, expected) = (files(&root().join("ui/src/wire"))?, files(&fresh)?);
    let names = committed.keys().chain(expected.keys());
    let differing: Vec<&String> = names.filter(|name| committed.get(*name) != expected.get(*name)).collect();
    let capability_fits = std::fs::read_to_string(root().join("src-tauri/capabilities/main.json"))? == capability();
    if differing.is_empty() && capability_fits {
        return Ok(());
    }
    bail!("ui/src/wire or the capability file is not what the Rust types say; run `cargo xtask wire`: {differing:?}")
}

fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        found.insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path())?);
    }
    Ok(found)
}

/// The one capability file: each command by its name.
fn capability() -> String {
    let mut permissions = vec!["core:event:allow-listen".to_owned(), "core:event:allow-unlisten".to_owned()];
    permissions.extend(ownkey_app::commands::NAMES.iter().map(|n| format!("allow-{}", n.replace('_', "-"))));
    let value = serde_json::json!({
        "identifier": "main",
        "description": "The one window: the engine's commands, each by its name, and the event that something changed.",
        "windows": ["main"],
        "permissions": permissions,
    });
    format!("{value:#}\n")
}
