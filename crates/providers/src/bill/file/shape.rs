//! Which tables are known, and where a file's table begins.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Provider;

use super::FileError;
use super::cells::{Cells, Record};
use super::number::decimal;
use crate::bill::{Amount, Ask, Kind};

/// A table that is known (docs/bills.md says where each comes from).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// OpenAI's export of costs.
    OpenAiCosts,
    /// OpenAI's export of completions.
    OpenAiUsage,
    /// Anthropic's export of costs.
    AnthropicCosts,
    /// Anthropic's export of tokens.
    AnthropicUsage,
    /// Google Cloud's cost table, as its page saves it.
    GoogleTable,
    /// Google Cloud's billing export (BigQuery), saved as a table.
    GoogleExport,
    /// Ownkey's own: one line for each day, model and amount. For providers without an export.
    Plain,
}

impl Shape {
    /// All; where a head fits two, the former is meant.
    pub const ALL: [Self; 7] = [
        Self::OpenAiCosts,
        Self::OpenAiUsage,
        Self::AnthropicCosts,
        Self::AnthropicUsage,
        Self::GoogleTable,
        Self::GoogleExport,
        Self::Plain,
    ];

    /// Whose it is; none of the plain table, which is anybody's.
    #[must_use]
    pub const fn provider(self) -> Option<Provider> {
        match self {
            Self::OpenAiCosts | Self::OpenAiUsage => Some(Provider::OpenAi),
            Self::AnthropicCosts | Self::AnthropicUsage => Some(Provider::Anthropic),
            Self::GoogleTable | Self::GoogleExport => Some(Provider::Gemini),
            Self::Plain => None,
        }
    }

    /// Which question it answers.
    #[must_use]
    pub const fn ask(self) -> Ask {
        match self {
            Self::OpenAiUsage => Ask::Usage(Kind::Completions),
            Self::AnthropicUsage => Ask::Usage(Kind::Messages),
            _ => Ask::Costs,
        }
    }

    /// Columns that it must have; of each, names that are used for it.
    const fn must(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::OpenAiCosts => &[&["start_time"], &["end_time"], &["amount_value"], &["amount_currency"]],
            Self::OpenAiUsage => &[
                &["start_time"],
                &["end_time"],
                &["num_model_requests"],
                &["model"],
                &["input_tokens"],
                &["output_tokens"],
            ],
            Self::AnthropicCosts => &[&["usage_date_utc"], &["model"], &["token_type"], &["cost_usd"]],
            Self::AnthropicUsage => {
                &[&["usage_date_utc"], &["model_version"], &["usage_input_tokens_no_cache"], &["usage_output_tokens"]]
            }
            Self::GoogleTable => &[
                &["service description"],
                &["sku description"],
                &["usage start date"],
                &["usage end date"],
                &["unrounded cost", "cost"],
            ],
            Self::GoogleExport => &[
                &["service_description"],
                &["sku_description"],
                &["usage_start_time"],
                &["usage_end_time"],
                &["cost"],
                &["currency"],
            ],
            Self::Plain => &[&["date"], &["model"], &["amount"], &["currency"]],
        }
    }
}

/// Where the columns of a table are.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    at: BTreeMap<String, usize>,
    /// As the file writes them.
    names: Vec<String>,
    /// Whether the comma is the decimal sign.
    comma: bool,
}

impl Columns {
    fn of(record: &Record<'_>, delimiter: u8) -> Self {
        let names: Vec<String> = (0..record.len()).map(|at| record.cell(at).to_owned()).collect();
        let at = names.iter().enumerate().map(|(at, name)| (plain(name), at)).rev().collect();
        Self { at, names, comma: delimiter == b';' }
    }

    fn has(&self, name: &str) -> Option<usize> {
        self.at.get(name).copied()
    }

    fn missing(&self, shape: Shape) -> Vec<String> {
        let lacks = |names: &&&[&str]| !names.iter().any(|name| self.has(name).is_some());
        shape.must().iter().filter(lacks).map(|names| names[0].to_owned()).collect()
    }
}

/// A column's name without what differs from export to export: case, dots for underscores, a currency in brackets.
fn plain(name: &str) -> String {
    let name = name.to_lowercase().replace('.', "_");
    name.split(" (").next().unwrap_or_default().trim().to_owned()
}

/// A file's table.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) shape: Shape,
    pub(super) delimiter: u8,
    /// Records up to its head, and the head.
    pub(super) before: usize,
    pub(super) columns: Columns,
    /// Currency of the whole table, where it is told before it or in its head.
    pub(super) currency: Option<String>,
}

/// How many records may stand before the head.
const BEFORE: usize = 40;

/// Finds the head of the table in what a file begins with.
pub(super) fn detect(begin: &[u8]) -> Result<Found, FileError> {
    let mut nearest: Option<(usize, Shape, Vec<String>)> = None;
    for delimiter in [b',', b';', b'\t'] {
        let mut cells = Cells::new(begin)?;
        cells.by(delimiter);
        let mut currency = None;
        for before in 1..=BEFORE {
            // What is cut off at the end of the piece is no head.
            let Ok(Some(record)) = cells.next() else { break };
            if record.cell(0).eq_ignore_ascii_case("currency") {
                currency = Some(record.cell(1).to_uppercase());
            }
            let columns = Columns::of(&record, delimiter);
            for shape in Shape::ALL {
                let missing = columns.missing(shape);
                if missing.is_empty() {
                    let currency = currency.or_else(|| columns.names.iter().find_map(|name| of_sign(name)));
                    return Ok(Found { shape, delimiter, before, columns, currency });
                }
                let lacks = missing.len() * 10 / shape.must().len();
                if nearest.as_ref().is_none_or(|(least, ..)| lacks < *least) {
                    nearest = Some((lacks, shape, missing));
                }
            }
        }
    }
    let (nearest, missing) = match nearest {
        Some((lacks, nearest, missing)) if lacks < 10 => (nearest, missing),
        _ => (Shape::Plain, Shape::Plain.must().iter().map(|names| names[0].to_owned()).collect()),
    };
    Err(FileError::Unknown { nearest, missing })
}

/// The currency in brackets behind a column's name.
fn of_sign(name: &str) -> Option<String> {
    let sign = name.split_once('(')?.1.trim_end_matches(')').trim();
    let code = match sign {
        "$" => "USD",
        "€" => "EUR",
        "£" => "GBP",
        code if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => code,
        _ => return None,
    };
    Some(code.to_owned())
}

/// A line of a table whose columns are known.
pub(super) struct Known<'a> {
    pub(super) columns: &'a Columns,
    pub(super) record: Record<'a>,
}

impl<'a> Known<'a> {
    /// The first of these columns that is there.
    pub(super) fn text(&self, names: &[&str]) -> &'a str {
        let at = names.iter().find_map(|name| self.columns.has(name));
        at.map(|at| self.record.cell(at)).unwrap_or_default()
    }

    /// The same, where something stands in it.
    pub(super) fn some(&self, names: &[&str]) -> Option<String> {
        Some(self.text(names)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// This cell is not as its column has it.
    pub(super) fn bad(&self, names: &[&str]) -> FileError {
        let at = names.iter().find_map(|name| self.columns.has(name));
        let column = at.and_then(|at| self.columns.names.get(at).cloned()).unwrap_or_else(|| names[0].to_owned());
        FileError::Cell { line: self.record.line, column }
    }

    /// A number; none where the cell is empty.
    pub(super) fn number(&self, names: &[&str]) -> Result<Option<Amount>, FileError> {
        match self.text(names) {
            "" => Ok(None),
            text => decimal(text, self.columns.comma).map(Some).ok_or_else(|| self.bad(names)),
        }
    }

    /// A whole number that is not negative; none where the cell is empty.
    pub(super) fn count(&self, names: &[&str]) -> Result<Option<u64>, FileError> {
        let number = self.number(names)?;
        number.map(|number| number.whole().ok_or_else(|| self.bad(names))).transpose()
    }

    /// A day, `2026-11-24`.
    pub(super) fn date(&self, names: &[&str]) -> Result<Date, FileError> {
        self.text(names).parse().map_err(|_| self.bad(names))
    }

    /// A day's begin and end in a time zone.
    pub(super) fn day(&self, names: &[&str], zone: &TimeZone) -> Result<(Instant, Instant), FileError> {
        let date = self.date(names)?;
        let begin = |date: Date| zone.to_timestamp(date.at(0, 0, 0, 0)).ok();
        let both = date.tomorrow().ok().and_then(|next| Some((begin(date)?, begin(next)?)));
        let (from, to) = both.ok_or_else(|| self.bad(names))?;
        Ok((Instant::from_unix_millis(from.as_millisecond()), Instant::from_unix_millis(to.as_millisecond())))
    }

    /// A moment, in seconds since 1970.
    pub(super) fn second(&self, names: &[&str]) -> Result<Instant, FileError> {
        let seconds = self.count(names)?.and_then(|seconds| i64::try_from(seconds).ok());
        let millis = seconds.and_then(|seconds| seconds.checked_mul(1_000));
        millis.map(Instant::from_unix_millis).ok_or_else(|| self.bad(names))
    }

    /// A moment of UTC, `2026-11-24 08:00:00 UTC`, to whatever part of a second.
    pub(super) fn moment(&self, names: &[&str]) -> Result<Instant, FileError> {
        let text = self.text(names);
        let ends = [" UTC", "+00:00", "+00", "Z"];
        let bare = ends.iter().find_map(|end| text.strip_suffix(end)).map(|bare| bare.trim().replacen(' ', "T", 1));
        let read = bare.and_then(|bare| crate::bill::read::moment(&format!("{bare}Z")));
        read.ok_or_else(|| self.bad(names))
    }
}
