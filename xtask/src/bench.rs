//! `cargo xtask bench [NAME] [--json]`: figures that anyone can measure again.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::demo::in_a_desktop;
use crate::run::{command, run, target};
use crate::{build, setup};

/// Names of the benches.
pub(crate) const NAMES: &[&str] = &["connect", "start", "gateway"];

pub(crate) fn bench(rest: &[&str]) -> Result<()> {
    let json = rest.contains(&"--json");
    let wanted: Vec<&str> = rest.iter().copied().filter(|w| *w != "--json").collect();
    for name in if wanted.is_empty() { NAMES.to_vec() } else { wanted } {
        let (figures, words): (Value, fn(&Value) -> String) = match name {
            "connect" => (connect()?, connect_words),
            "start" => (start()?, start_words),
            "gateway" => (gateway()?, gateway_words),
            other => bail!("no such bench: {other}; there are {}", NAMES.join(" ")),
        };
        println!("{}", if json { figures.to_string() } else { words(&figures) });
    }
    Ok(())
}

/// From paste to confirmed receipt, release build, less the provider's own time (bar: 100 ms on loopback).
fn connect() -> Result<Value> {
    run(&mut command("cargo build --quiet --release -p ownkey-demo"))?;
    figures(command(&release("ownkey-demo")).arg("--bench-connect"))
}

fn connect_words(figures: &Value) -> String {
    format!(
        "connect: {} runs; paste to receipt {:.1} ms, of which the provider {:.1} ms; Ownkey adds {:.1} ms (bar: 100 ms)",
        figures["runs"],
        number(figures, "paste_to_receipt_ms"),
        number(figures, "provider_ms"),
        number(figures, "ownkey_ms"),
    )
}

/// Memory and start of the window against an empty Tauri window's, release builds (bars: 1.15 and 1.25).
fn start() -> Result<Value> {
    setup::for_driving()?;
    build::page()?;
    run(&mut command("cargo build --quiet --release -p ownkey-demo"))?;
    let windows = "cargo build --quiet --release -p ownkey -p ownkey-empty-window --features tauri/custom-protocol";
    run(&mut command(windows))?;
    let mut bench = in_a_desktop(&release("ownkey-demo"));
    figures(bench.arg("--bench-start").args([release("ownkey"), release("ownkey-empty-window")]))
}

fn start_words(figures: &Value) -> String {
    format!(
        "start: {} runs; first frame with data {:.0} ms, an empty window {:.0} ms, ratio {:.2} (bar: 1.25)\n\
         memory after 5 s idle {:.1} MB, an empty window {:.1} MB, ratio {:.2} (bar: 1.15)",
        figures["runs"],
        number(figures, "start_ms"),
        number(figures, "empty_start_ms"),
        number(figures, "start_ratio"),
        number(figures, "memory_mb"),
        number(figures, "empty_memory_mb"),
        number(figures, "memory_ratio"),
    )
}

/// A call through the gateway beside one through nginx that adds a header, release build (bars: 1.3, 1.5 and 2).
fn gateway() -> Result<Value> {
    setup::for_benches()?;
    run(&mut command("cargo build --quiet --release -p ownkey-demo -p ownkey-agency"))?;
    figures(command(&release("ownkey-demo")).arg("--bench-gateway").arg(release("ownkey-agency")))
}

fn gateway_words(figures: &Value) -> String {
    let line = |case: &Value| {
        let three = |name: &str| {
            let figures = case[name].as_array().into_iter().flatten().map(|f| f.as_f64().unwrap_or_default());
            figures.map(|f| format!("{f:.0}")).collect::<Vec<_>>().join(" / ")
        };
        format!(
            "{}: p50 {} us, p99 {} us, calls/s {} (directly / nginx / gateway); added p50 {:.2} (bar 1.3), p99 {:.2} (bar 1.5); \
             processor {} us a call, {:.2} of nginx's (bar 2); {:.0} MB",
            case["case"].as_str().unwrap_or_default(),
            three("p50_us"),
            three("p99_us"),
            three("calls_per_second"),
            number(case, "p50_ratio"),
            number(case, "p99_ratio"),
            three("cpu_us"),
            number(case, "cpu_vs_nginx"),
            number(case, "rss_mb"),
        )
    };
    figures.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

fn number(figures: &Value, name: &str) -> f64 {
    figures[name].as_f64().unwrap_or_default()
}

fn release(program: &str) -> String {
    target().join("release").join(program).display().to_string()
}

/// The JSON line that a bench prints.
fn figures(bench: &mut Command) -> Result<Value> {
    let output = bench.stderr(std::process::Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().last().context("the bench said nothing")?;
    Ok(serde_json::from_str(line)?)
}
