//! A month of one account as CSV.

use std::fmt::Write as _;

use ownkey_protocol::code::Code;
use ownkey_reconcile::{Cause, Line};

use super::month;
use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::{Host, Saved, SavedText, Saving};

impl<H: Host> App<H> {
    /// Saves a month of an account where the person says: a row for each day, version of the key and model, amounts as
    /// exact decimals.
    ///
    /// # Errors
    /// `not_found` for an account without figures in that month; `declined`; `disk_full` when the file cannot be written.
    pub async fn bills_save(&self, month: String, connection: String) -> Result<(), Fault> {
        let id = parse(&connection)?;
        let found = self.lines_of(self::month(&month)?, id)?;
        let compared = found.ok_or_else(|| Fault::new(Code::NotFound, "no figures of that month"))?;
        let file = format!("ownkey-bill-{}-{month}.csv", compared.provider);
        let saving = Saving { file, text: SavedText::Table(csv(&compared.lines)), language: self.language() };
        match self.host.save(saving).await {
            Saved::Written => Ok(()),
            Saved::Declined => Err(Fault::new(Code::Declined, "no place was chosen")),
            Saved::Failed => Err(Fault::new(Code::DiskFull, "the table could not be written there")),
        }
    }
}

/// The table (RFC 4180): a column for each cause that occurs.
pub(super) fn csv(lines: &[Line]) -> String {
    let occurs = |cause: &Cause| lines.iter().any(|line| line.sum.causes.contains_key(cause));
    let causes: Vec<Cause> = Cause::ALL.into_iter().filter(occurs).collect();
    let word = |cause: &Cause| serde_json::to_value(cause).ok().and_then(|v| v.as_str().map(str::to_owned));
    let names: Vec<String> = causes.iter().filter_map(word).collect();
    let head = ["day", "version", "model", "calls", "claimed", "billed", "difference"];
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).chain(names).collect();
    let mut out = head.join(",") + "\r\n";
    for Line { who, sum } in lines {
        let model = who.model.as_deref().map(cell).unwrap_or_default();
        let version = if who.version == 0 { String::new() } else { who.version.to_string() };
        let told = |amount: Option<String>| amount.unwrap_or_default();
        let mut cells = vec![
            who.day.to_string(),
            version,
            model,
            sum.calls.to_string(),
            sum.claimed.to_string(),
            told(sum.billed.map(|amount| amount.to_string())),
            told(sum.difference().map(|amount| amount.to_string())),
        ];
        cells.extend(causes.iter().map(|cause| told(sum.causes.get(cause).map(|amount| amount.to_string()))));
        let _strings_take_all = write!(out, "{}\r\n", cells.join(","));
    }
    out
}

/// Text is quoted where it must be, and never begins as a formula would.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
