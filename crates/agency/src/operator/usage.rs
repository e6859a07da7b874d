//! `ownkey-agency usage`: what a client's calls spent.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;

use ownkey_protocol::api::{UsageGroup, UsageRow};
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::{Instant, NotAnInstant};
use ownkey_protocol::law::{ClientState, Statement};
use ownkey_protocol::limit::{Decimal, Month};
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::Payer;
use serde_json::{Map, Value, json};

use super::Answer;
use crate::Agency;

/// The rows, as JSON objects without nests.
pub(super) fn rows(
    agency: &Agency,
    client: ClientId,
    from: Option<Instant>,
    to: Option<Instant>,
    group: UsageGroup,
) -> Answer {
    let now = agency.now();
    let from = from.unwrap_or_else(|| Month::of(now).begin());
    let to = to.unwrap_or(now);
    let by_month = group == UsageGroup::Connection && from == Month::of(from).begin();
    let state = by_month.then(|| agency.record.state(client).map_err(|e| e.to_string())).transpose()?;
    let (mut rows, mut books) = (Vec::new(), BTreeMap::new());
    for row in agency.calls.usage(client, from, to, group).map_err(|e| e.to_string())? {
        let statement = state.as_ref().and_then(|state| statement(state, &row, from, to));
        let told = match statement {
            Some(told) => Some(stated(told, &row, until(agency, client, told.stated.through, from, &mut books)?)),
            None => None,
        };
        let mut flat = serde_json::to_value(row).map_err(|e| e.to_string())?;
        let fields = flat.as_object_mut().ok_or("a row has fields")?;
        if let Some(Value::Object(cost)) = fields.remove("cost") {
            fields.insert("cost_micro".to_owned(), cost["micro"].clone());
            fields.insert("currency".to_owned(), cost["currency"].clone());
        }
        if let Some(Value::Object(units)) = fields.remove("units") {
            fields.extend(units);
        }
        fields.extend(told.into_iter().flatten());
        rows.push(flat);
    }
    Ok(Value::Array(rows))
}

/// What the client told of the account and month of a row, unless the row ends earlier than it.
fn statement<'s>(state: &'s ClientState, row: &UsageRow, from: Instant, to: Instant) -> Option<&'s Statement> {
    let account = row.key.parse().ok().filter(|_| row.paid_by == Payer::Own)?;
    let of_month = state.statement(account, Month::of(from));
    of_month.filter(|told| (..=to).contains(&told.stated.through.next().begin()))
}

/// What the book has until the end of a day; statements of one client often end on the same day.
fn until<'b>(
    agency: &Agency,
    client: ClientId,
    through: Day,
    from: Instant,
    books: &'b mut BTreeMap<Day, Vec<UsageRow>>,
) -> Result<&'b [UsageRow], String> {
    match books.entry(through) {
        Entry::Occupied(known) => Ok(known.into_mut()),
        Entry::Vacant(place) => {
            let to = through.next().begin();
            let rows = agency.calls.usage(client, from, to, UsageGroup::Connection);
            Ok(place.insert(rows.map_err(|e| e.to_string())?))
        }
    }
}

/// A statement beside what the book has of the same days: `agrees` says whether both hold the same sum.
fn stated(statement: &Statement, row: &UsageRow, book: &[UsageRow]) -> Map<String, Value> {
    let told = &statement.stated;
    let same =
        |other: &&UsageRow| (&other.key, other.paid_by, other.cost.currency) == (&row.key, row.paid_by, told.currency);
    let own: u64 = book.iter().filter(same).map(|row| row.cost.micro).sum();
    let mut fields = Map::new();
    fields.insert("stated".to_owned(), json!(told.claimed));
    fields.insert("stated_billed".to_owned(), json!(told.billed));
    fields.insert("stated_through".to_owned(), json!(told.through));
    fields.insert("stated_at".to_owned(), json!(statement.sent));
    fields.insert("stated_sha256".to_owned(), json!(told.sha256));
    fields.insert("agrees".to_owned(), json!(told.claimed == Decimal::from_micro(own)));
    fields
}

/// A moment as people write it: a day in UTC, or the whole of it.
///
/// # Errors
/// [`NotAnInstant`].
pub fn moment(text: &str) -> Result<Instant, NotAnInstant> {
    if text.len() == 10 { format!("{text}T00:00:00.000Z").parse() } else { text.parse() }
}

/// The columns that come first; units follow by their names.
const FIRST: [&str; 9] =
    ["key", "paid_by", "calls", "failed", "unknown", "partial", "estimated", "unpriced", "cost_micro"];

/// Rows as CSV (RFC 4180), with every column that any of them has.
#[must_use]
pub fn csv(rows: &Value) -> String {
    let rows: Vec<_> = rows.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let mut names: Vec<&str> = FIRST.to_vec();
    for row in &rows {
        names.extend(row.keys().map(String::as_str).filter(|name| !FIRST.contains(name)));
    }
    names[FIRST.len()..].sort_unstable();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    let mut out = names.join(",") + "\r\n";
    for row in rows {
        let cells: Vec<String> = names.iter().map(|name| cell(row.get(*name))).collect();
        let _strings_take_all = write!(out, "{}\r\n", cells.join(","));
    }
    out
}

/// Text is quoted where it must be, and never begins as a formula would.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => {
            let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.clone() };
            if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_csv_that_no_spreadsheet_takes_for_a_formula() {
        let rows = json!([
            { "key": "a,\"b\"", "paid_by": "own", "calls": 2, "cost_micro": 5, "input": 7 },
            { "key": "=1+1", "paid_by": "platform", "calls": 1, "output": 3 },
        ]);
        let lines: Vec<String> = csv(&rows).lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "key,paid_by,calls,failed,unknown,partial,estimated,unpriced,cost_micro,input,output");
        assert_eq!(lines[1], "\"a,\"\"b\"\"\",own,2,,,,,,5,7,");
        assert_eq!(lines[2], "'=1+1,platform,1,,,,,,,,3");
    }

    #[test]
    fn a_day_is_a_moment_too() {
        assert_eq!(moment("2026-11-24").map(|m| m.to_string()).as_deref(), Ok("2026-11-24T00:00:00.000Z"));
        assert!(moment("yesterday").is_err());
    }
}
