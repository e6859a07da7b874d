//! Google Cloud's cost table and its billing export: a line for each day (or hour), service and SKU. Google closes its days
//! in California.

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::shape::Known;
use super::{FileError, Keep};
use crate::bill::{Amount, BilledRow};

const SERVICE: &[&str] = &["service description", "service_description"];
const SKU: &[&str] = &["sku description", "sku_description"];
const START: &[&str] = &["usage start date"];
const END: &[&str] = &["usage end date"];
const COST: &[&str] = &["unrounded cost", "cost"];
const CREDITS: &[&str] = &["credits"];

/// Services that serve Gemini's models: SKUs of other services are none of a key's calls.
const SERVICES: [&str; 3] = ["gemini api", "generative language api", "vertex ai"];

pub(super) fn table(line: &Known<'_>, currency: Option<&str>, keep: Keep<'_>) -> Result<(), FileError> {
    let kind = line.text(&["cost type"]).to_lowercase();
    let beside = kind.contains("tax") || !line.text(&["credit type"]).is_empty();
    // Sums at the table's end have neither service nor date.
    if line.text(START).is_empty() || !(served(line) || kind.contains("tax")) {
        return Ok(());
    }
    let Some(amount) = line.number(COST)? else { return Ok(()) };
    let pacific = pacific().ok_or_else(|| line.bad(START))?;
    let (from, to) = line.day(START, &pacific)?;
    // A line of more than a day is of no day.
    if !beside && line.date(END)? > line.date(START)? {
        return Err(line.bad(END));
    }
    let mut row = BilledRow::empty(from, to);
    row.amount = Some(amount);
    row.currency = Some(currency.ok_or_else(|| line.bad(&["currency"]))?.to_owned());
    if kind.contains("tax") {
        row.line = Some("tax".to_owned());
    } else if let Some(credit) = line.some(&["credit type"]) {
        row.line = Some(given(&credit));
    } else {
        named(&mut row, line.text(SKU));
        measured(&mut row, line.number(&["usage amount"])?, line.text(&["usage unit"]));
    }
    keep(row)
}

/// A credit of the billing export.
#[derive(Deserialize)]
struct Credit<'a> {
    #[serde(borrow)]
    amount: &'a serde_json::value::RawValue,
    #[serde(rename = "type", default)]
    kind: String,
}

pub(super) fn export(line: &Known<'_>, keep: Keep<'_>) -> Result<(), FileError> {
    let tax = line.text(&["cost_type"]).eq_ignore_ascii_case("tax");
    if !(served(line) || tax) {
        return Ok(());
    }
    let Some(amount) = line.number(&["cost"])? else { return Ok(()) };
    let currency = line.some(&["currency"]).ok_or_else(|| line.bad(&["currency"]))?;
    let mut row = BilledRow::empty(line.moment(&["usage_start_time"])?, line.moment(&["usage_end_time"])?);
    row.currency = Some(currency.to_uppercase());
    let credits = line.text(CREDITS);
    if !credits.is_empty() {
        let credits: Vec<Credit<'_>> = serde_json::from_str(credits).map_err(|_| line.bad(CREDITS))?;
        for credit in credits {
            let digits = credit.amount.get().trim_matches('"');
            let amount = Amount::parse(digits).map_err(|_| line.bad(CREDITS))?;
            keep(BilledRow { amount: Some(amount), line: Some(given(&credit.kind)), ..row.clone() })?;
        }
    }
    row.amount = Some(amount);
    if tax {
        row.line = Some("tax".to_owned());
    } else {
        named(&mut row, line.text(SKU));
        measured(&mut row, line.number(&["usage_amount"])?, line.text(&["usage_unit"]));
    }
    keep(row)
}

fn pacific() -> Option<TimeZone> {
    TimeZone::get("America/Los_Angeles").ok()
}

fn served(line: &Known<'_>) -> bool {
    let service = line.text(SERVICE).to_lowercase();
    SERVICES.contains(&service.as_str())
}

/// What a credit is.
fn given(kind: &str) -> String {
    let word = kind.to_lowercase();
    let free = ["free", "promotion", "trial"].iter().any(|one| word.contains(one));
    format!("{}: {kind}", if free { "free tier" } else { "discount" })
}

/// Words of a SKU that belong to a model's name.
const FAMILY: [&str; 9] = ["flash", "pro", "lite", "ultra", "image", "preview", "tts", "live", "generate"];

/// Model and kind from a SKU's description: `Generate content output token count gemini 2.5 flash lite`.
fn named(row: &mut BilledRow, sku: &str) {
    let words: Vec<String> =
        sku.to_lowercase().split(|c: char| c.is_whitespace() || c == '-').map(str::to_owned).collect();
    let version = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
    let begin = words.windows(2).position(|pair| pair[0] == "gemini" && version(&pair[1]));
    let Some(begin) = begin else {
        row.line = Some(sku.to_owned());
        return;
    };
    let family = words[begin + 2..].iter().take_while(|word| FAMILY.contains(&word.as_str())).count();
    let end = begin + 2 + family;
    row.model = Some(words[begin..end].join("-"));
    let others: Vec<&str> = words[..begin].iter().chain(&words[end..]).map(String::as_str).collect();
    row.line = kind(&others).map(str::to_owned).or_else(|| Some(sku.to_owned()));
}

/// What of a call a SKU counts, in words that the bill's other lines use; none for what is no call: storage of caches.
fn kind(words: &[&str]) -> Option<&'static str> {
    let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
    if has(&["storage"]) {
        return None;
    }
    let (cached, audio, image) = (has(&["cached", "caching", "cache"]), has(&["audio"]), has(&["image", "images"]));
    match (has(&["output"]), has(&["input"])) {
        (true, _) if audio => Some("audio output"),
        (true, _) if image => Some("image output"),
        (true, _) => Some("output"),
        (_, true) if cached => Some("cached input"),
        (_, true) if audio => Some("audio input"),
        (_, true) if image => Some("image input"),
        (_, true) => Some("input"),
        _ => None,
    }
}

/// How much it is: Google counts tokens one by one.
fn measured(row: &mut BilledRow, amount: Option<Amount>, unit: &str) {
    let counted = matches!(unit.to_lowercase().as_str(), "count" | "token" | "tokens");
    if let Some(amount) = amount.filter(|_| counted && row.model.is_some()) {
        row.quantity = Some((amount, "tokens".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use ownkey_protocol::instant::Instant;

    use super::*;

    #[test]
    fn a_sku_names_a_model_and_what_was_counted() {
        for (sku, model, line) in [
            ("Generate content output token count gemini 2.5 flash", Some("gemini-2.5-flash"), "output"),
            ("Generate content input token count Gemini 2.5 Flash-Lite short", Some("gemini-2.5-flash-lite"), "input"),
            ("Generate content cached input token count gemini 2.5 pro", Some("gemini-2.5-pro"), "cached input"),
            ("Gemini 2.5 Flash audio input tokens", Some("gemini-2.5-flash"), "audio input"),
            ("Gemini 2.5 Flash Image output image tokens", Some("gemini-2.5-flash-image"), "image output"),
            (
                "Cache storage token count gemini 2.5 pro",
                Some("gemini-2.5-pro"),
                "Cache storage token count gemini 2.5 pro",
            ),
            ("N2 Instance Core", None, "N2 Instance Core"),
        ] {
            let mut row = BilledRow::empty(Instant::default(), Instant::default());
            named(&mut row, sku);
            assert_eq!((row.model.as_deref(), row.line.as_deref()), (model, Some(line)), "{sku}");
        }
    }
}
