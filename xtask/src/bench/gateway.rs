//! A call through the gateway beside one through nginx, Portkey's gateway and the LiteLLM proxy; then the gateway's memory
//! with many connections and many streams. The bars stand here.

use anyhow::Result;
use serde_json::Value;

use super::{figures, number, release};
use crate::run::{command, run};
use crate::setup;

/// A figure that has a bar.
pub(super) struct Bar {
    /// Its field.
    pub field: &'static str,
    /// What it is, in a few words.
    pub name: &'static str,
    /// The most that it may be.
    pub most: f64,
    /// How it is read: as a number, or as one part of so many.
    pub part: bool,
}

/// The bars of each case with calls.
pub(super) const CALLS: [Bar; 5] = [
    Bar { field: "p50_ratio", name: "added to half of the calls, of what nginx adds", most: 1.3, part: false },
    Bar { field: "p99_ratio", name: "added to all but 1 %", most: 1.5, part: false },
    Bar { field: "cpu_vs_nginx", name: "processor time, of nginx's", most: 2.0, part: false },
    Bar { field: "cpu_vs_portkey", name: "of Portkey's", most: 1.0 / 30.0, part: true },
    Bar { field: "cpu_vs_litellm", name: "of LiteLLM's", most: 1.0 / 200.0, part: true },
];

/// The bar of memory in MB: with open streams, and with all else.
const STREAMS_MB: f64 = 256.0;
const MEMORY_MB: f64 = 64.0;

/// How a figure stands to its bar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Met,
    Missed,
    /// There was nothing to divide by.
    Unknown,
}

impl Bar {
    /// The memory of a case.
    pub(super) fn memory(case: &Value) -> Self {
        let streams = text(case, "case").contains("open streams");
        let most = if streams { STREAMS_MB } else { MEMORY_MB };
        Self { field: "rss_mb", name: "memory in MB", most, part: false }
    }

    /// Whether it is met in this case.
    pub(super) fn verdict(&self, case: &Value) -> Verdict {
        match case[self.field].as_f64() {
            None => Verdict::Unknown,
            Some(figure) if figure <= self.most => Verdict::Met,
            Some(_) => Verdict::Missed,
        }
    }

    /// The figure of this case.
    pub(super) fn figure(&self, case: &Value) -> String {
        case[self.field].as_f64().map_or_else(|| "–".to_owned(), |figure| self.read(figure))
    }

    /// The bar itself.
    pub(super) fn bar(&self) -> String {
        if self.part { self.read(self.most) } else { self.most.to_string() }
    }

    fn read(&self, figure: f64) -> String {
        if self.part {
            format!("1/{:.0}", 1.0 / figure)
        } else if figure < 10.0 {
            format!("{figure:.2}")
        } else {
            format!("{figure:.0}")
        }
    }

    fn words(&self, case: &Value) -> String {
        let missed = if self.verdict(case) == Verdict::Missed { ", missed" } else { "" };
        format!("{} {} (bar {}{missed})", self.name, self.figure(case), self.bar())
    }
}

/// Release builds; takes four to five minutes, and once the time to install what is measured beside.
pub(super) fn measure() -> Result<Value> {
    setup::for_benches()?;
    run(&mut command("cargo build --quiet --release -p ownkey-demo -p ownkey-agency"))?;
    let mut bench = command(&release("ownkey-demo"));
    figures(bench.arg("--bench-gateway").arg(release("ownkey-agency")).args(setup::other_gateways()))
}

/// For people, a few lines for each case.
pub(super) fn words(figures: &Value) -> String {
    cases(figures).map(|case| if has_calls(case) { calls(case) } else { held(case) }).collect::<Vec<_>>().join("\n")
}

fn calls(case: &Value) -> String {
    let bars: Vec<String> = CALLS.iter().chain([&Bar::memory(case)]).map(|bar| bar.words(case)).collect();
    format!(
        "{}: half of the calls {} µs, all but 1 % {} µs (directly / nginx / gateway)\n    calls a second {} (directly / nginx / \
         gateway / Portkey / LiteLLM), processor time a call {} µs (nginx / gateway / Portkey / LiteLLM)\n    {}",
        text(case, "case"),
        several(case, "p50_us"),
        several(case, "p99_us"),
        several(case, "calls_per_second"),
        several(case, "cpu_us"),
        bars.join("; "),
    )
}

fn held(case: &Value) -> String {
    let bar = Bar::memory(case);
    format!("{}: {}; {} answers came", text(case, "case"), bar.words(case), number(case, "answered"))
}

/// All cases.
pub(super) fn cases(figures: &Value) -> impl Iterator<Item = &Value> {
    figures.as_array().into_iter().flatten()
}

/// Whether it is a case of calls, not of connections that are held.
pub(super) fn has_calls(case: &Value) -> bool {
    case.get("cpu_us").is_some()
}

/// A field of words.
pub(super) fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_default()
}

/// A field of several figures, each with its thousands apart.
pub(super) fn several(case: &Value, field: &str) -> String {
    let figures = case[field].as_array().into_iter().flatten().map(|figure| figure.as_f64().unwrap_or_default());
    figures.map(thousands).collect::<Vec<_>>().join(" / ")
}

fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut apart = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_missed_bar_is_said() {
        let case = json!({"p50_ratio": null, "cpu_vs_nginx": 3.2, "cpu_vs_portkey": 0.0371});
        let [half, _, nginx, portkey, _] = CALLS;
        assert_eq!(half.verdict(&case), Verdict::Unknown);
        assert_eq!(nginx.words(&case), "processor time, of nginx's 3.20 (bar 2, missed)");
        assert_eq!(portkey.words(&case), "of Portkey's 1/27 (bar 1/30, missed)");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(thousands(107_569.6), "107,570");
        assert_eq!(thousands(999.0), "999");
    }
}
