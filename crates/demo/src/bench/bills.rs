//! What a month spent, asked of an agency whose book has millions of calls; and a year of five accounts reconciled.
//!
//! The book is the agency's own, filled by its own code. It is kept for the next run, and so are the answers, which are
//! compared with those of somebody else who reads the same calls.

mod calls;
mod year;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use ownkey_agency::Agency;
use ownkey_agency::calls::SCHEMA;
use ownkey_agency::config::{Config, MOST_CALLS};
use ownkey_protocol::api::{UsageGroup, UsageRow};
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant as Moment;
use ownkey_protocol::usage::UsageLine;
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::meter::Units;
use serde::Serialize;
use serde_json::{Value, json};

use super::{median, milliseconds};
pub use year::Year;

/// The questions: one month of the client with the most calls.
const GROUPS: [(&str, UsageGroup); 3] =
    [("day", UsageGroup::Day), ("model", UsageGroup::Model), ("assistant", UsageGroup::Assistant)];

/// How often each is asked.
const RUNS: usize = 9;

/// What was measured. Times in milliseconds.
#[derive(Debug, Serialize)]
pub struct Bills {
    /// Calls in the book.
    pub rows: u64,
    /// How many were written in a second; `None` when the book was there already.
    pub written_per_second: Option<f64>,
    /// Calls of the month that is asked about.
    pub month_calls: u64,
    /// The month by day, then by model, then by assistant: median of all three together.
    pub query_ms: f64,
    /// Each of them.
    pub each_ms: [f64; 3],
    /// All three, when nothing of the book was in memory.
    pub cold_ms: f64,
    /// The month by hour, model, assistant and all else at once, as it is signed for the client.
    pub lines_ms: f64,
    /// How many lines that are.
    pub lines: usize,
    /// A year reconciled.
    #[serde(flatten)]
    pub year: Year,
    /// What was asked, for others to answer.
    pub asked: Asked,
}

/// The question, and where everything is.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// The book.
    pub book: PathBuf,
    /// The client.
    pub client: ClientId,
    /// The month's first moment.
    pub from: i64,
    /// The first one after it.
    pub to: i64,
    /// The agency's answers: a JSON object of lists of rows.
    pub answers: PathBuf,
}

/// Fills a book of `rows` calls below `folder`, unless it is there, and asks it.
///
/// # Errors
/// When the folder cannot be used, or the book cannot be written in time.
pub fn bills(folder: &Path, rows: u64) -> Result<Bills> {
    // First, while this process has nothing else in memory.
    let year = year::measure()?;
    let place = folder.join(format!("{rows}-{SCHEMA}-{}", calls::VERSION));
    let whole = place.join("whole");
    let there = whole.exists();
    if !there && place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    let agency = open(&place)?;
    let began = Instant::now();
    if !there {
        agency.calls.take_in(calls::calls(rows))?;
        std::fs::write(&whole, b"")?;
    }
    let took = began.elapsed().as_secs_f64();
    let book = agency.store.folder().join("db/calls.sqlite");
    let (client, from, to) = calls::question();
    forget(&book);
    let (answers, cold) = ask(&agency, client, from, to)?;
    let mut all: Vec<[f64; 3]> = Vec::new();
    let (mut lines_ms, mut lines) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        all.push(ask(&agency, client, from, to)?.1);
        let began = Instant::now();
        lines = agency.calls.lines(client, from, to)?;
        lines_ms.push(milliseconds(began));
    }
    let month_calls = answers[0].iter().map(|row| row.calls).sum();
    let file = place.join("answers.json");
    std::fs::write(&file, serde_json::to_vec(&flat(&answers, &lines, from)?)?)?;
    Ok(Bills {
        rows,
        written_per_second: (!there).then(|| u32::try_from(rows).map_or(f64::MAX, f64::from) / took),
        month_calls,
        query_ms: median(all.iter().map(|each| each.iter().sum()).collect()),
        each_ms: [0, 1, 2].map(|n| median(all.iter().map(|each| each[n]).collect())),
        cold_ms: cold.iter().sum(),
        lines_ms: median(lines_ms),
        lines: lines.len(),
        year,
        asked: Asked { book, client, from: from.unix_millis(), to: to.unix_millis(), answers: file },
    })
}

/// An agency that serves nobody.
fn open(place: &Path) -> Result<std::sync::Arc<Agency>> {
    std::fs::create_dir_all(place)?;
    Agency::open(Config {
        data_dir: place.join("agency"),
        name: "Bench".to_owned(),
        public_url: "http://127.0.0.1:1".to_owned(),
        contact: "Bench".to_owned(),
        egress_addresses: vec![],
        most_calls: MOST_CALLS,
        endpoints: Endpoints::default(),
    })
}

type Answers = [Vec<UsageRow>; 3];

fn ask(agency: &Agency, client: ClientId, from: Moment, to: Moment) -> Result<(Answers, [f64; 3])> {
    let mut answers = Answers::default();
    let mut times = [0.0; 3];
    for (n, (_, group)) in GROUPS.into_iter().enumerate() {
        let began = Instant::now();
        answers[n] = agency.calls.usage(client, from, to, group)?;
        times[n] = milliseconds(began);
    }
    Ok((answers, times))
}

/// The system forgets what it has of a file in memory, where it can be asked to.
fn forget(file: &Path) {
    let of = format!("if={}", file.display());
    let dropped = std::process::Command::new("dd").arg(of).args(["iflag=nocache", "count=0", "status=none"]).status();
    if !dropped.is_ok_and(|status| status.success()) {
        tracing::warn!("the first run may be a warm one");
    }
}

/// Rows as lists: what they are about, eight counts, then units by their names in the order of the alphabet.
fn flat(answers: &Answers, lines: &[UsageLine], from: Moment) -> Result<Value> {
    let names = json!(Units::default());
    let mut names: Vec<&String> = names.as_object().context("units have names")?.keys().collect();
    names.sort();
    let units = |of: &std::collections::BTreeMap<String, u64>| {
        names.iter().map(|name| json!(of.get(*name).copied().unwrap_or(0))).collect::<Vec<Value>>()
    };
    let of_row = |row: &UsageRow| {
        let counts = [row.calls, row.metered, row.unknown, row.partial, row.estimated, row.unpriced, row.failed];
        let mut all = vec![json!(row.key), json!(row.paid_by)];
        all.extend(counts.into_iter().chain([row.cost.micro]).map(|n| json!(n)));
        all.extend(units(&row.units));
        Value::Array(all)
    };
    // Lines come in the order of hours and tell the hour of the day: a smaller one is of the day after.
    let (mut day, mut last) = (ownkey_protocol::usage::Day::of(from), 0);
    let mut of_line = |line: &UsageLine| {
        if line.hour < last {
            day = day.next();
        }
        last = line.hour;
        let counts = [line.calls, line.metered, line.unknown, line.partial, line.estimated, line.unpriced, line.failed];
        let mut all = vec![
            json!(format!("{day} {:02}", line.hour)),
            json!(line.provider),
            json!(line.model),
            json!(line.assistant),
            json!(line.r#use),
            json!(line.connection),
            json!(line.version),
            json!(line.paid_by),
        ];
        all.extend(counts.into_iter().chain([line.cost.micro]).map(|n| json!(n)));
        all.extend(units(&line.units));
        Value::Array(all)
    };
    let mut told = serde_json::Map::new();
    told.insert("lines".to_owned(), lines.iter().map(&mut of_line).collect());
    for ((name, _), rows) in GROUPS.iter().zip(answers) {
        told.insert((*name).to_owned(), rows.iter().map(of_row).collect());
    }
    Ok(Value::Object(told))
}
