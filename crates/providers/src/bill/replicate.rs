//! Replicate's list of predictions (providers.md §4.4): the account's, newest first, with how long each ran. There is no
//! money in it and no key, and a prediction may be gone from it an hour after it was made.

use url::Url;

use super::read::Fields;
use super::{BillError, BilledRow, Desk, Page, Span, query};

pub(super) async fn page(desk: &Desk<'_>, span: Span, cursor: Option<&str>) -> Result<Page, BillError> {
    let (from, to) = (span.from.to_string(), span.to.to_string());
    let mut pairs = vec![("created_after", from.as_str()), ("created_before", to.as_str())];
    pairs.extend(cursor.map(|cursor| ("cursor", cursor)));
    let heard = desk.get(&query("/v1/predictions", &pairs)).await?;
    read(&heard.body, span)
}

pub(super) fn read(body: &[u8], span: Span) -> Result<Page, BillError> {
    let answer = Fields::whole(body)?;
    let (mut rows, mut newer) = (Vec::new(), false);
    for one in answer.list("results")? {
        let made = one.must("created_at", one.moment("created_at")?)?;
        newer |= made >= span.from;
        if made < span.from || made >= span.to {
            continue;
        }
        let mut row = BilledRow::empty(made, made);
        row.line = Some(one.must("id", one.text("id")?)?);
        row.model = one.text("model")?;
        row.requests = Some(1);
        if let Some(metrics) = one.object("metrics")?
            && let Some(time) = metrics.amount("predict_time")?
        {
            row.used("predict_ms", Some(metrics.must("predict_time", time.to_milli_up())?));
        }
        rows.push(row);
    }
    // The address of the next page is Replicate's own; only what it says of the place in the list is taken from it.
    let next = match answer.text("next")? {
        Some(next) if newer => {
            let url = Url::parse(&next).map_err(|_| answer.bad("next"))?;
            let cursor = url.query_pairs().find(|(name, _)| name == "cursor").map(|(_, value)| value.into_owned());
            Some(answer.must("next", cursor)?)
        }
        _ => None,
    };
    Ok(Page { rows, next, refreshed: None })
}
