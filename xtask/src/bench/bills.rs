//! What a month spent, asked of an agency with ten million calls, beside DuckDB on the same calls; and a year of five
//! accounts reconciled. The bars stand here.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{figures, number, release};
use crate::run::{command, root, run, target};
use crate::setup;

/// Calls in the book, where no number is told.
pub(super) const ROWS: usize = 10_000_000;

/// The bars: a month asked three ways, a year reconciled, in milliseconds, and the memory it takes, in MB.
const QUERY_MS: f64 = 200.0;
const RECONCILE_MS: f64 = 100.0;
const RECONCILE_MB: f64 = 30.0;

/// Release build. Filling the book takes its time once; it is kept in `target/bills`.
pub(super) fn measure(rows: usize) -> Result<Value> {
    setup::for_bills()?;
    run(&mut command("cargo build --quiet --release -p ownkey-demo"))?;
    let mut bench = command(&release("ownkey-demo"));
    bench.args(["--bench-bills", &rows.to_string(), "--bench-folder"]).arg(target().join("bills"));
    let mut measured = figures(&mut bench)?;
    let asked = measured["asked"].take();
    let text = |field: &str| asked[field].as_str().context("what was asked");
    let ours = Path::new(text("answers")?);
    let theirs = ours.with_file_name("duckdb.json");
    let mut reference = Command::new(target().join("duckdb/bin/python"));
    reference.arg(root().join("xtask/src/bench/bills.py")).args([text("book")?, text("client")?]);
    reference.args([asked["from"].to_string(), asked["to"].to_string()]).arg(&theirs);
    let beside = figures(&mut reference)?;
    same(ours, &theirs)?;
    if beside["rows"] != measured["rows"] {
        bail!("DuckDB was given {} calls of {}", beside["rows"], measured["rows"]);
    }
    let all = measured.as_object_mut().context("figures")?;
    all.remove("asked");
    for field in ["duckdb", "duckdb_ms", "duckdb_lines_ms"] {
        all.insert(field.to_owned(), beside[field].clone());
    }
    let ratio = |a: f64, b: f64| serde_json::json!(a / b);
    let three = ratio(number(&measured, "query_ms"), number(&beside, "duckdb_ms"));
    let lines = ratio(number(&measured, "lines_ms"), number(&beside, "duckdb_lines_ms"));
    measured["vs_duckdb"] = three;
    measured["lines_vs_duckdb"] = lines;
    Ok(measured)
}

/// Both answers agree to the last digit, row by row.
fn same(ours: &Path, theirs: &Path) -> Result<()> {
    let read = |file: &Path| -> Result<Value> { Ok(serde_json::from_slice(&std::fs::read(file)?)?) };
    match differs(&read(ours)?, &read(theirs)?) {
        None => Ok(()),
        Some(where_) => bail!("the agency and DuckDB do not answer alike: {where_}"),
    }
}

/// The first row in which two answers differ; the order of rows does not count.
fn differs(ours: &Value, theirs: &Value) -> Option<String> {
    let sorted = |of: &Value| {
        let mut rows: Vec<String> = of.as_array().into_iter().flatten().map(Value::to_string).collect();
        rows.sort_unstable();
        rows
    };
    for question in ["day", "model", "assistant", "lines"] {
        let [a, b] = [ours, theirs].map(|all| sorted(&all[question]));
        if a.is_empty() || a.len() != b.len() {
            return Some(format!("{question}: {} rows and {}", a.len(), b.len()));
        }
        if let Some((a, b)) = a.iter().zip(&b).find(|(a, b)| a != b) {
            return Some(format!("{question}: {a} and {b}"));
        }
    }
    None
}

/// For people, five lines.
pub(super) fn words(figures: &Value) -> String {
    let figure = |name: &str| number(figures, name);
    let bar = |name: &str, most: f64| {
        let missed = if figure(name) <= most { "" } else { ", missed" };
        format!("{:.1} (bar {most}{missed})", figure(name))
    };
    let each: Vec<String> = figures["each_ms"].as_array().into_iter().flatten().map(|ms| format!("{ms:.1}")).collect();
    format!(
        "bills: {} calls in the book, {} of them in the month that is asked about\n    \
         by day, by model and by assistant {} ms together ({}), {:.0} ms when nothing of it was in memory\n    \
         DuckDB {} on the same calls {:.1} ms, ratio {:.2}; the answers agree to the last digit\n    \
         all {} lines of the month at once {:.1} ms, DuckDB {:.1} ms, ratio {:.2}\n    \
         a year of five accounts, {} lines of the agency's and {} rows of the providers', reconciled in {} ms, {} MB more; \
         read in {:.0} ms",
        figures["rows"],
        figures["month_calls"],
        bar("query_ms", QUERY_MS),
        each.join(" / "),
        figure("cold_ms"),
        figures["duckdb"].as_str().unwrap_or_default(),
        figure("duckdb_ms"),
        figure("vs_duckdb"),
        figures["lines"],
        figure("lines_ms"),
        figure("duckdb_lines_ms"),
        figure("lines_vs_duckdb"),
        figures["agency_lines"],
        figures["provider_rows"],
        bar("reconcile_ms", RECONCILE_MS),
        bar("reconcile_mb", RECONCILE_MB),
        figure("read_ms"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{differs, words};

    #[test]
    fn answers_are_compared_to_the_last_digit_in_any_order() {
        let answers = |last: u64| {
            let lines = json!([["2026-04-01 00", 7], ["2026-04-01 01", last]]);
            let rows = json!([["a", 1], ["b", 2]]);
            json!({"day": rows, "model": rows, "assistant": rows, "lines": lines})
        };
        let mut turned = answers(9_007_199_254_740_993);
        turned["day"].as_array_mut().unwrap().reverse();
        assert_eq!(differs(&answers(9_007_199_254_740_993), &turned), None);
        let found = differs(&answers(9_007_199_254_740_993), &answers(9_007_199_254_740_992)).unwrap();
        assert!(found.starts_with("lines: ") && found.contains("740993"), "{found}");
        assert!(differs(&answers(1), &json!({})).is_some(), "nothing is no answer");
    }

    #[test]
    fn a_missed_bar_is_said() {
        let words = words(&json!({"query_ms": 250.0, "reconcile_ms": 40.0, "each_ms": [1.0, 2.5, 3.0]}));
        assert!(words.contains("250.0 (bar 200, missed) ms together (1.0 / 2.5 / 3.0)"), "{words}");
        assert!(words.contains("reconciled in 40.0 (bar 100) ms"), "{words}");
    }
}
