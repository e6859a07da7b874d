//! The plain table: for providers whose pages save no table, typed off an invoice or made by a program of the account's own.

use jiff::tz::TimeZone;

use super::shape::Known;
use super::{FileError, Keep};
use crate::bill::BilledRow;

const CURRENCY: &[&str] = &["currency"];

pub(super) fn line(line: &Known<'_>, keep: Keep<'_>) -> Result<(), FileError> {
    let Some(amount) = line.number(&["amount"])? else { return Ok(()) };
    let (from, to) = line.day(&["date"], &TimeZone::UTC)?;
    let mut row = BilledRow::empty(from, to);
    row.key = line.some(&["key"]);
    row.model = line.some(&["model"]);
    row.line = line.some(&["kind"]);
    row.requests = line.count(&["calls"])?;
    row.amount = Some(amount);
    let currency = line.some(CURRENCY).filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic()));
    row.currency = Some(currency.ok_or_else(|| line.bad(CURRENCY))?.to_uppercase());
    if let (Some(quantity), Some(unit)) = (line.number(&["quantity"])?, line.some(&["unit"])) {
        row.quantity = Some((quantity, unit));
    }
    keep(row)
}
