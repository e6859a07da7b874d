//! Declares the window's commands to Tauri, so that any other is refused.

use std::path::Path;

fn main() {
    let list = Path::new("../crates/app/src/commands.rs");
    println!("cargo:rerun-if-changed={}", list.display());
    let text = std::fs::read_to_string(list).expect("the list of commands stands in crates/app");
    let names: Vec<&'static str> = names(&text).into_iter().map(|n| &*n.to_owned().leak()).collect();
    let manifest = tauri_build::AppManifest::new().commands(names.leak());
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)).expect("Tauri's build step");
}

/// Lines of the form `name(argument: Type) -> Answer;` within the macro.
fn names(text: &str) -> Vec<&str> {
    let list = text.split("$then! {").nth(1).and_then(|t| t.split('}').next()).unwrap_or_default();
    list.lines().filter_map(|line| line.trim().split_once('(').map(|(name, _)| name)).collect()
}
