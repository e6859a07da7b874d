//! `cargo xtask bench [NAME] [--json]`: figures that anyone can measure again.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::run::{command, run, target};

pub(crate) fn bench(rest: &[&str]) -> Result<()> {
    let json = rest.contains(&"--json");
    let names: Vec<&str> = rest.iter().copied().filter(|w| *w != "--json").collect();
    match names.as_slice() {
        [] | ["connect"] => connect(json),
        other => bail!("no such bench: {}; there is: connect", other.join(" ")),
    }
}

/// From paste to confirmed receipt, release build, less the provider's own time (bar: 100 ms on loopback).
fn connect(json: bool) -> Result<()> {
    run(&mut command("cargo build --quiet --release -p ownkey-demo"))?;
    let program = target().join("release/ownkey-demo").display().to_string();
    let output = command(&program).arg("--bench-connect").output()?;
    let line = String::from_utf8(output.stdout)?;
    let figures: Value = serde_json::from_str(&line)?;
    if json {
        println!("{}", line.trim());
    } else {
        println!(
            "connect: {} runs; paste to receipt {:.1} ms, of which the provider {:.1} ms; Ownkey adds {:.1} ms (bar: 100 ms)",
            figures["runs"],
            figures["paste_to_receipt_ms"].as_f64().unwrap_or_default(),
            figures["provider_ms"].as_f64().unwrap_or_default(),
            figures["ownkey_ms"].as_f64().unwrap_or_default(),
        );
    }
    Ok(())
}
