//! The gateway's figures in README.md: the block between two marks, written from what was just measured.

use anyhow::{Context, Result};
use serde_json::Value;

use super::gateway::{Bar, CALLS, Verdict, cases, has_calls, several, text};
use crate::run::root;

const BEGIN: &str = "<!-- figures: written by `cargo xtask bench gateway --readme` -->\n";
const END: &str = "<!-- end of figures -->\n";

/// Puts the figures into README.md.
///
/// # Errors
/// When its marks are missing.
pub(super) fn write(figures: &Value) -> Result<()> {
    let path = root().join("README.md");
    let before = std::fs::read_to_string(&path)?;
    let after = between(&before, &block(figures, &machine())).context("README.md has lost its marks for figures")?;
    Ok(std::fs::write(path, after)?)
}

fn between(page: &str, block: &str) -> Option<String> {
    let (head, rest) = page.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}{block}{END}{tail}"))
}

/// The processor's name and how many of its cores are here.
fn machine() -> String {
    let all = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = all.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = named.map_or("an unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name}, {cores} cores")
}

fn block(figures: &Value, machine: &str) -> String {
    format!(
        "Measured on: {machine}, shared by load, provider and gateway; {}.\n\n{}\n{}\n{}",
        tally(figures),
        bars(figures),
        memory(figures),
        times(figures)
    )
}

/// How many bars are met and how many are missed.
fn tally(figures: &Value) -> String {
    let of = |case: &Value| {
        let calls = if has_calls(case) { CALLS.as_slice() } else { &[] };
        calls.iter().chain([&Bar::memory(case)]).map(|bar| bar.verdict(case)).collect::<Vec<_>>()
    };
    let all: Vec<Verdict> = cases(figures).flat_map(of).collect();
    let count = |wanted: Verdict| all.iter().filter(|verdict| **verdict == wanted).count();
    format!("of {} bars, {} are met and **{} missed**", all.len(), count(Verdict::Met), count(Verdict::Missed))
}

fn bars(figures: &Value) -> String {
    let row = |case: &Value| {
        let shown = CALLS.iter().map(|bar| cell(bar, case)).collect::<Vec<_>>().join(" | ");
        format!("| {} | {shown} | {} |\n", text(case, "case"), cell(&Bar::memory(case), case))
    };
    let [half, most, nginx, portkey, litellm] = &CALLS;
    let head = format!(
        "| case | added to half of the calls, by what nginx adds (bar {}) | to all but 1 % (bar {}) | processor time a call, \
         by nginx's (bar {}) | by Portkey's (bar {}) | by LiteLLM's (bar {}) | memory, MB (bar 64) |\n|---|---|---|---|---|---|---|\n",
        half.bar(),
        most.bar(),
        nginx.bar(),
        portkey.bar(),
        litellm.bar(),
    );
    head + &cases(figures).filter(|case| has_calls(case)).map(row).collect::<String>()
}

fn cell(bar: &Bar, case: &Value) -> String {
    let figure = bar.figure(case);
    if bar.verdict(case) == Verdict::Missed { format!("**{figure}** missed") } else { figure }
}

fn memory(figures: &Value) -> String {
    let row = |case: &Value| {
        let bar = Bar::memory(case);
        format!("- Memory in MB with {}: {} (bar {})\n", text(case, "case"), cell(&bar, case), bar.bar())
    };
    cases(figures).filter(|case| !has_calls(case)).map(row).collect()
}

fn times(figures: &Value) -> String {
    let row = |case: &Value| {
        let shown = ["p50_us", "p99_us", "calls_per_second", "cpu_us"].map(|field| several(case, field));
        format!("| {} | {} |\n", text(case, "case"), shown.join(" | "))
    };
    let head = "| case | half of the calls, µs: directly / nginx / gateway | all but 1 % | calls a second: these, Portkey, LiteLLM \
                | processor time a call, µs: nginx / gateway / Portkey / LiteLLM |\n|---|---|---|---|---|\n";
    head.to_owned() + &cases(figures).filter(|case| has_calls(case)).map(row).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_stands_between_the_marks_is_written_and_misses_are_shown() {
        let figures = json!([
            {"case": "body", "p50_us": [1, 2, 3], "p99_us": [1, 2, 3], "calls_per_second": [1, 2, 3, 4, 5],
             "cpu_us": [10, 30, 600, 9000], "p50_ratio": 2.0, "p99_ratio": null, "cpu_vs_nginx": 3.0,
             "cpu_vs_portkey": 0.05, "cpu_vs_litellm": 0.003, "rss_mb": 20},
            {"case": "2,000 open streams", "connections": 2000, "answered": 9, "rss_mb": 200}
        ]);
        let page = between(&format!("before\n{BEGIN}old\n{END}after\n"), &block(&figures, "a machine")).unwrap();
        assert!(page.starts_with("before\n") && page.ends_with("after\n") && !page.contains("old"));
        assert!(page.contains("of 7 bars, 3 are met and **3 missed**"), "{page}");
        assert!(
            page.contains("| body | **2.00** missed | – | **3.00** missed | **1/20** missed | 1/333 | 20 |"),
            "{page}"
        );
        assert!(page.contains("2,000 open streams: 200 (bar 256)"), "{page}");
        assert_eq!(between("no marks", ""), None);
    }
}
