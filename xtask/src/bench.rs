//! `cargo xtask bench [NAME] [NUMBER] [--bench-limit SECONDS] [--json]`: figures that anyone can measure again.

mod bills;
mod gateway;
mod readme;
mod rotation;

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::demo::in_a_desktop;
use crate::run::{command, run, target};
use crate::{build, setup};

/// Names of the benches.
pub(crate) const NAMES: &[&str] = &["connect", "start", "rotation", "gateway", "bills"];

/// Rotations, where no number is told.
const ROTATIONS: usize = 1_000;

/// Writes the gateway's figures into README.md too.
const README: &str = "--readme";

/// Seconds after which no further rotation is begun.
const LIMIT: &str = "--bench-limit";

pub(crate) fn bench(rest: &[&str]) -> Result<()> {
    let (limit, rest) = limit(rest)?;
    let (json, keep) = (rest.contains(&"--json"), rest.contains(&README));
    let wanted: Vec<&str> = rest.iter().copied().filter(|w| *w != "--json" && *w != README).collect();
    let (numbers, wanted): (Vec<&str>, Vec<&str>) = wanted.into_iter().partition(|w| w.parse::<usize>().is_ok());
    if limit.is_some() && wanted != ["rotation"] || !numbers.is_empty() && !matches!(*wanted, ["rotation" | "bills"]) {
        bail!(
            "how many rotations, or calls: cargo xtask bench rotation 100 {LIMIT} 60, cargo xtask bench bills 200000"
        );
    }
    let many = |usual: usize| numbers.first().map_or(Ok(usual), |number| number.parse());
    if keep && wanted != ["gateway"] {
        bail!("only the gateway's figures stand in README.md: cargo xtask bench gateway {README}");
    }
    for name in if wanted.is_empty() { NAMES.to_vec() } else { wanted } {
        let (figures, words): (Value, fn(&Value) -> String) = match name {
            "connect" => (connect()?, connect_words),
            "start" => (start()?, start_words),
            "rotation" => (rotation::measure(many(ROTATIONS)?, limit)?, rotation::words),
            "gateway" => (gateway::measure()?, gateway::words),
            "bills" => (bills::measure(many(bills::ROWS)?)?, bills::words),
            other => bail!("no such bench: {other}; there are {}", NAMES.join(" ")),
        };
        if keep {
            readme::write(&figures)?;
        }
        println!("{}", if json { figures.to_string() } else { words(&figures) });
    }
    Ok(())
}

/// The limit in seconds, where one is told, and all other words.
fn limit<'w>(rest: &[&'w str]) -> Result<(Option<u64>, Vec<&'w str>)> {
    let Some(place) = rest.iter().position(|word| *word == LIMIT) else { return Ok((None, rest.to_vec())) };
    let seconds = rest.get(place + 1).and_then(|word| word.parse().ok()).context("how many seconds?")?;
    Ok((Some(seconds), [&rest[..place], &rest[place + 2..]].concat()))
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
