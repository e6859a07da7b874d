//! Anthropic's exports of its cost and usage pages, a line for each day, key, model and kind of token.

use jiff::tz::TimeZone;

use super::shape::Known;
use super::{FileError, Keep};
use crate::bill::{BilledRow, Tier};

const DATE: &[&str] = &["usage_date_utc"];

/// Kinds of token: the export's name, and the API's.
const TOKENS: [(&str, &str); 5] = [
    ("input_no_cache", "uncached_input_tokens"),
    ("input_cache_read", "cache_read_input_tokens"),
    ("input_cache_write_5m", "cache_creation.ephemeral_5m_input_tokens"),
    ("input_cache_write_1h", "cache_creation.ephemeral_1h_input_tokens"),
    ("output", "output_tokens"),
];

pub(super) fn cost(line: &Known<'_>, keep: Keep<'_>) -> Result<(), FileError> {
    let Some(amount) = line.number(&["cost_usd"])? else { return Ok(()) };
    let mut row = named(line)?;
    row.model = line.some(&["model"]).map(|name| model(&name));
    let kind = line.text(&["token_type"]);
    let token = TOKENS.iter().find(|(theirs, _)| *theirs == kind).map(|(_, ours)| (*ours).to_owned());
    row.line = token.or_else(|| line.some(&["token_type"])).or_else(|| line.some(&["cost_type"]));
    row.amount = Some(amount);
    row.currency = Some("USD".to_owned());
    keep(row)
}

pub(super) fn usage(line: &Known<'_>, keep: Keep<'_>) -> Result<(), FileError> {
    let mut row = named(line)?;
    row.model = line.some(&["model_version"]).map(|name| model(&name));
    let count = |name| line.count(&[name]).map(Option::unwrap_or_default);
    let fresh = count("usage_input_tokens_no_cache")?;
    let read = count("usage_input_tokens_cache_read")?;
    let written = count("usage_input_tokens_cache_write_5m")?;
    let written_hour = count("usage_input_tokens_cache_write_1h")?;
    // The book's input contains what was cached.
    let input = [fresh, read, written, written_hour].into_iter().try_fold(0_u64, u64::checked_add);
    row.used("input", Some(input.ok_or_else(|| line.bad(&["usage_input_tokens_no_cache"]))?));
    row.used("cached_input", Some(read));
    row.used("cache_write", Some(written));
    row.used("cache_write_hour", Some(written_hour));
    row.used("output", Some(count("usage_output_tokens")?));
    if row.units.is_empty() { Ok(()) } else { keep(row) }
}

fn named(line: &Known<'_>) -> Result<BilledRow, FileError> {
    let (from, to) = line.day(DATE, &TimeZone::UTC)?;
    let mut row = BilledRow::empty(from, to);
    row.key = line.some(&["api_key_id"]);
    if line.text(&["usage_type"]).eq_ignore_ascii_case("batch") {
        row.tier = Tier::Batch;
    }
    Ok(row)
}

/// A model's name from its title: `Claude Haiku 4.5` is `claude-haiku-4-5`, `Claude Sonnet 3.7` is `claude-3-7-sonnet`.
fn model(title: &str) -> String {
    let words: Vec<String> = title.split_whitespace().map(|word| word.to_lowercase().replace('.', "-")).collect();
    match words.iter().map(String::as_str).collect::<Vec<&str>>().as_slice() {
        ["claude", family, version] if *version == "3" || version.starts_with("3-") => {
            format!("claude-{version}-{family}")
        }
        words => words.join("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_the_names_that_calls_bear() {
        for (title, name) in [
            ("Claude Haiku 4.5", "claude-haiku-4-5"),
            ("Claude Sonnet 3.7", "claude-3-7-sonnet"),
            ("Claude Opus 4.1", "claude-opus-4-1"),
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"),
        ] {
            assert_eq!(model(title), name);
        }
    }
}
