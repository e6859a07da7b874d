//! The arrows between crates: only those listed here may exist (design.md §2).

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::command;

/// Who may depend on whom. Tests within a crate may use the simulator, which stands alone.
const ALLOWED: &[(&str, &[&str])] = &[
    ("ownkey-secret", &[]),
    ("ownkey-protocol", &["ownkey-secret"]),
    ("ownkey-providers", &["ownkey-secret", "ownkey-protocol"]),
    ("ownkey-rotation", &["ownkey-secret", "ownkey-protocol"]),
    ("ownkey-reconcile", &["ownkey-protocol", "ownkey-providers"]),
    ("ownkey-app", &["ownkey-secret", "ownkey-protocol", "ownkey-providers", "ownkey-rotation", "ownkey-reconcile"]),
    ("ownkey-agency", &["ownkey-secret", "ownkey-protocol", "ownkey-providers", "ownkey-rotation"]),
    ("ownkey-provider-sim", &[]),
    ("ownkey-empty-window", &[]),
    ("ownkey", &["ownkey-app", "ownkey-protocol", "ownkey-providers"]),
];

/// Crates that may use all others.
const FREE: &[&str] = &["ownkey-demo", "ownkey-tests", "xtask"];

pub(crate) fn check() -> Result<()> {
    let output = command("cargo metadata --format-version 1 --no-deps").output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let house: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("a package's name")?;
        if FREE.contains(&name) {
            continue;
        }
        let allowed = ALLOWED.iter().find(|(crate_, _)| *crate_ == name).map(|(_, list)| *list);
        let Some(allowed) = allowed else {
            wrong.push(format!("{name} is not in the list of crates"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let in_tests = dependency["kind"].as_str() == Some("dev") && to == "ownkey-provider-sim";
            if house.contains(to) && !allowed.contains(&to) && !in_tests {
                wrong.push(format!("{name} → {to}"));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { bail!("arrows that are not allowed: {}", wrong.join(", ")) }
}
