//! Rotations one after the other under a constant load of whole and streamed calls, each part in a process of its own.
//! The bars stand here.

use anyhow::Result;
use serde_json::Value;

use super::{figures, number, release};
use crate::run::{command, run};

/// The bar of the ratio of the slowest 1 % of the calls, and of what Ownkey adds to a rotation in milliseconds.
const RATIO: f64 = 1.1;
const ADDED_MS: f64 = 300.0;

/// Release builds; ends after `limit` seconds, or fifteen minutes, with as many rotations as were done by then.
pub(super) fn measure(rotations: usize, limit: Option<u64>) -> Result<Value> {
    run(&mut command("cargo build --quiet --release -p ownkey-demo -p ownkey-agency"))?;
    let mut bench = command(&release("ownkey-demo"));
    bench.args(["--bench-rotation", &rotations.to_string(), "--bench-agency", &release("ownkey-agency")]);
    if let Some(limit) = limit {
        bench.args(["--bench-limit", &limit.to_string()]);
    }
    figures(&mut bench)
}

/// For people, four lines.
pub(super) fn words(figures: &Value) -> String {
    let figure = |name: &str| number(figures, name);
    let bar = |name: &str, most: f64| {
        let missed = if figure(name) <= most { "" } else { ", missed" };
        format!("(bar {most}{missed})")
    };
    let count = |name: &str| format!("{} {}", figures[name], bar(name, 0.0));
    format!(
        "rotation: {} of {} rotations under {} calls, {} of them streamed: failed {}, cut {}, billed to a wrong account {}\n    \
         all but 1 % of the calls {:.2} ms during, {:.2} ms outside, ratio {:.2} {}, of the quietest tenth {:.2}\n    \
         click to Done {:.0} ms, of which the provider {:.0} ms; Ownkey adds {:.0} ms {}; first and last tenth {:.0} and {:.0} ms\n    \
         cores in use {} (agency / apps / assistants / provider)",
        figures["rotations"],
        figures["wanted"],
        figures["calls"],
        figures["streams"],
        count("failed"),
        count("cut"),
        count("wrong_account"),
        figure("p99_ms"),
        figure("p99_outside_ms"),
        figure("p99_ratio"),
        bar("p99_ratio", RATIO),
        figure("p99_ratio_least"),
        figure("click_to_done_ms"),
        figure("provider_ms"),
        figure("ownkey_ms"),
        bar("ownkey_ms", ADDED_MS),
        figure("first_tenth_ms"),
        figure("last_tenth_ms"),
        cores(figures),
    )
}

fn cores(figures: &Value) -> String {
    let parts = figures["cores"].as_array().into_iter().flatten();
    parts.map(|part| format!("{:.2}", part.as_f64().unwrap_or_default())).collect::<Vec<_>>().join(" / ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_missed_bar_is_said() {
        let words =
            super::words(&json!({"failed": 0, "cut": 2, "p99_ratio": 1.05, "ownkey_ms": 301.0, "cores": [0.1, 0.25]}));
        assert!(words.contains("failed 0 (bar 0), cut 2 (bar 0, missed)"), "{words}");
        assert!(words.contains("ratio 1.05 (bar 1.1)") && words.contains("301 ms (bar 300, missed)"), "{words}");
        assert!(words.ends_with("cores in use 0.10 / 0.25 (agency / apps / assistants / provider)"), "{words}");
    }
}
