//! OpenAI's `/v1/organization/costs` and `/v1/organization/usage/*` (providers.md §4.1).
//!
//! Money comes by the day, per key, project and line item; usage by the hour, per key, project and model. `amount.value` is
//! a JSON number whose digits are taken as they are.

use super::read::Fields;
use super::{Ask, BillError, BilledRow, Desk, Kind, Page, Span, TOO_LARGE, Tier, query};

/// Days on a page of costs, and hours on a page of usage; fewer where a page would be too large. OpenAI allows 180 and 168.
const DAYS: &[usize] = &[31, 7, 1];
const HOURS: &[usize] = &[168, 24, 4, 1];

pub(super) async fn page(desk: &Desk<'_>, ask: Ask, span: Span, cursor: Option<&str>) -> Result<Page, BillError> {
    // The cursor: how many buckets the page before had, and OpenAI's own word for the page.
    let (most, token) = match cursor.map(|cursor| cursor.split_once('.')) {
        None => (usize::MAX, None),
        Some(Some((most, token))) if most.parse::<usize>().is_ok() => (most.parse().unwrap_or(1), Some(token)),
        Some(_) => return Err(BillError::Unreadable { what: "the cursor".to_owned() }),
    };
    let sizes = if ask == Ask::Costs { DAYS } else { HOURS };
    for size in sizes.iter().copied().filter(|size| *size <= most) {
        match sized(desk, ask, span, size, token).await {
            Err(BillError::Unreadable { what }) if what == TOO_LARGE && size > 1 => {}
            told => return told,
        }
    }
    Err(BillError::Unreadable { what: TOO_LARGE.to_owned() })
}

async fn sized(desk: &Desk<'_>, ask: Ask, span: Span, size: usize, token: Option<&str>) -> Result<Page, BillError> {
    let span = span.widened(ask.bucket());
    let (from, to) = (span.from.unix_seconds().to_string(), span.to.unix_seconds().to_string());
    let (path, width, groups): (_, _, &[&str]) = match ask {
        Ask::Costs => ("costs", "1d", &["api_key_id", "project_id", "line_item"]),
        Ask::Usage(kind) => {
            let (path, groups) = usage(kind)?;
            (path, "1h", groups)
        }
    };
    let limit = size.to_string();
    let mut pairs = vec![("start_time", from.as_str()), ("end_time", &to), ("bucket_width", width), ("limit", &limit)];
    pairs.extend(groups.iter().map(|group| ("group_by[]", *group)));
    pairs.extend(token.map(|token| ("page", token)));
    let heard = desk.get(&query(&format!("/v1/organization/{path}"), &pairs)).await?;
    let (rows, token) = read(&heard.body, ask)?;
    Ok(Page { rows, next: token.map(|token| format!("{size}.{token}")), refreshed: None })
}

/// The rows of an answer, and OpenAI's word for the next page.
pub(super) fn read(body: &[u8], ask: Ask) -> Result<(Vec<BilledRow>, Option<String>), BillError> {
    let answer = Fields::whole(body)?;
    let mut rows = Vec::new();
    for bucket in answer.list("data")? {
        let (from, to) = (bucket.second("start_time")?, bucket.second("end_time")?);
        for result in bucket.list("results")? {
            let mut row = BilledRow::empty(from, to);
            row.key = result.text("api_key_id")?;
            row.place = result.text("project_id")?;
            match ask {
                Ask::Costs => cost(&mut row, &result)?,
                Ask::Usage(kind) => used(&mut row, &result, kind)?,
            }
            rows.push(row);
        }
    }
    Ok((rows, answer.next_page()?))
}

/// Where a kind of usage is asked for, and by what it is grouped.
fn usage(kind: Kind) -> Result<(&'static str, &'static [&'static str]), BillError> {
    let plain: &[&str] = &["api_key_id", "project_id", "model"];
    Ok(match kind {
        Kind::Completions => {
            ("usage/completions", &["api_key_id", "project_id", "model", "batch", "service_tier"] as &[_])
        }
        Kind::Images => ("usage/images", &["api_key_id", "project_id", "model", "size"] as &[_]),
        Kind::Transcriptions => ("usage/audio_transcriptions", plain),
        Kind::Speeches => ("usage/audio_speeches", plain),
        Kind::Embeddings => ("usage/embeddings", plain),
        Kind::Messages | Kind::Predictions => return Err(BillError::NotOffered),
    })
}

fn cost(row: &mut BilledRow, result: &Fields<'_>) -> Result<(), BillError> {
    let amount = result.must("amount", result.object("amount")?)?;
    row.amount = Some(amount.must("value", amount.amount("value")?)?);
    row.currency = Some(amount.must("currency", amount.text("currency")?)?.to_ascii_uppercase());
    row.line = result.text("line_item")?;
    of_line(row);
    if let (Some(quantity), Some(unit)) = (result.amount("quantity")?, result.text("quantity_unit")?) {
        row.quantity = Some((quantity, unit));
    }
    Ok(())
}

/// `gpt-4o-mini-2024-07-18, cached input`: the model stands before the first comma, a tier behind it.
pub(super) fn of_line(row: &mut BilledRow) {
    if let Some((model, words)) = row.line.as_deref().and_then(|line| line.split_once(", ")) {
        row.tier = words.split(", ").find_map(tier).unwrap_or_default();
        row.model = Some(model.to_owned());
    }
}

const fn word(tier: Tier) -> Option<&'static str> {
    match tier {
        Tier::Standard | Tier::Batch => None,
        Tier::Priority => Some("priority"),
        Tier::Flex => Some("flex"),
    }
}

fn tier(word: &str) -> Option<Tier> {
    match word {
        "batch" => Some(Tier::Batch),
        "priority" => Some(Tier::Priority),
        "flex" => Some(Tier::Flex),
        _ => None,
    }
}

/// What a row counts, by OpenAI's name and by the book's.
pub(super) const COMPLETIONS: &[(&str, &str)] = &[
    ("input_tokens", "input"),
    ("input_cached_tokens", "cached_input"),
    ("input_cache_write_tokens", "cache_write"),
    ("input_audio_tokens", "audio_in"),
    ("input_image_tokens", "image_in"),
    ("output_tokens", "output"),
    ("output_audio_tokens", "audio_out"),
    ("output_image_tokens", "image_out"),
];

fn used(row: &mut BilledRow, result: &Fields<'_>, kind: Kind) -> Result<(), BillError> {
    row.model = result.text("model")?;
    row.requests = result.count("num_model_requests")?;
    match kind {
        Kind::Completions => {
            for (theirs, ours) in COMPLETIONS {
                row.used(ours, result.count(theirs)?);
            }
            row.served(result.text("service_tier")?);
            if result.yes("batch")? == Some(true) {
                // A batch that was served in another tier than usual keeps the word for it.
                let tier = std::mem::replace(&mut row.tier, Tier::Batch);
                row.line = row.line.take().or_else(|| word(tier).map(str::to_owned));
            }
        }
        Kind::Images => {
            row.used("images", result.count("images")?);
            row.line = result.text("size")?;
        }
        Kind::Transcriptions => {
            let seconds = result.amount("seconds")?;
            let millis = seconds.map(|seconds| result.must("seconds", seconds.to_milli_up())).transpose()?;
            row.used("seconds_ms", millis);
        }
        Kind::Speeches => row.used("characters", result.count("characters")?),
        _ => row.used("input", result.count("input_tokens")?),
    }
    Ok(())
}
