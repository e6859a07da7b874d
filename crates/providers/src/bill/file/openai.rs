//! OpenAI's exports of its usage page: the fields of its API, a line for each result; a bucket without results is a line
//! without figures.

use super::shape::Known;
use super::{FileError, Keep};
use crate::bill::openai::{COMPLETIONS, of_line};
use crate::bill::{BilledRow, Tier};

pub(super) fn cost(line: &Known<'_>, keep: Keep<'_>) -> Result<(), FileError> {
    let Some(amount) = line.number(&["amount_value"])? else { return Ok(()) };
    let mut row = timed(line)?;
    row.amount = Some(amount);
    let currency = line.some(&["amount_currency"]).ok_or_else(|| line.bad(&["amount_currency"]))?;
    row.currency = Some(currency.to_ascii_uppercase());
    row.line = line.some(&["line_item"]);
    of_line(&mut row);
    keep(row)
}

pub(super) fn usage(line: &Known<'_>, keep: Keep<'_>) -> Result<(), FileError> {
    let Some(requests) = line.count(&["num_model_requests"])? else { return Ok(()) };
    let mut row = timed(line)?;
    row.requests = Some(requests);
    row.model = line.some(&["model"]);
    for (theirs, ours) in COMPLETIONS {
        row.used(ours, line.count(&[theirs])?);
    }
    row.served(line.some(&["service_tier"]));
    if line.text(&["batch"]).eq_ignore_ascii_case("true") {
        row.tier = Tier::Batch;
    }
    keep(row)
}

fn timed(line: &Known<'_>) -> Result<BilledRow, FileError> {
    let mut row = BilledRow::empty(line.second(&["start_time"])?, line.second(&["end_time"])?);
    row.key = line.some(&["api_key_id"]);
    row.place = line.some(&["project_id"]);
    Ok(row)
}
