//! `/v1/organization/costs` and `/usage/*` (facts: section 4.1 of the provider notes).

use super::account_of;
use crate::books::counts::Counts;
use crate::books::figures::{Buckets, buckets, number, page_of, page_text};
use crate::books::money::Money;
use crate::books::posted::{Posted, Span};
use crate::books::{Booked, DAY, Tier};
use crate::call::{Answer, Call};
use crate::openai::access::{self, Caller, Reply};
use crate::openai::errors;
use crate::openai::models::{self, Use};
use crate::room::Room;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

/// What was asked for.
struct Asked<'a> {
    from: i64,
    to: i64,
    width: i64,
    limit: usize,
    page: Option<i64>,
    groups: Vec<&'a str>,
    keys: Vec<&'a str>,
    projects: Vec<&'a str>,
    models: Vec<&'a str>,
    lines: Vec<&'a str>,
}

fn invalid<T>(name: &str) -> Reply<T> {
    let words = format!("Invalid value for '{name}'.");
    access::refuse(errors::bad_request(&words, Some(name), Some("invalid_value")))
}

/// The values of a list, written as `name[]=` or `name=`.
fn list<'a>(call: &'a Call, name: &str) -> Vec<&'a str> {
    let named = call.query.iter().filter(|(key, _)| key.strip_suffix("[]").unwrap_or(key) == name);
    named.map(|(_, value)| value.as_str()).collect()
}

/// A width, its word, and how many buckets come when nothing is said, and at most.
type Width = (&'static str, i64, usize, usize);

const COSTS: &[Width] = &[("1d", DAY, 7, 180)];
const USAGE: &[Width] = &[("1d", DAY, 7, 31), ("1h", HOUR, 24, 168), ("1m", MINUTE, 60, 1440)];

fn asked<'a>(room: &Room, call: &'a Call, widths: &[Width], groups: &[&str]) -> Reply<Asked<'a>> {
    let seconds = |name: &str| call.query(name).map(|text| text.parse::<i64>().map_err(|_| ())).transpose();
    let (Ok(from), Ok(to)) = (seconds("start_time"), seconds("end_time")) else {
        return invalid("start_time");
    };
    let Some(from) = from else {
        return access::refuse(errors::missing("start_time"));
    };
    let to = to.map_or_else(|| room.books.rules.now(), |to| to * 1_000);
    let width = call.query("bucket_width").unwrap_or("1d");
    let Some((_, width, default, most)) = widths.iter().find(|(word, ..)| *word == width) else {
        return invalid("bucket_width");
    };
    let limit = match call.query("limit").map(str::parse::<usize>) {
        None => *default,
        Some(Ok(limit)) if (1..=*most).contains(&limit) => limit,
        Some(_) => return invalid("limit"),
    };
    let page = match call.query("page").map(page_of) {
        Some(None) => return invalid("page"),
        page => page.flatten(),
    };
    let asked = list(call, "group_by");
    if asked.iter().any(|name| !groups.contains(name)) {
        return invalid("group_by");
    }
    Ok(Asked {
        from: from * 1_000,
        to,
        width: *width,
        limit,
        page,
        groups: asked,
        keys: list(call, "api_key_ids"),
        projects: list(call, "project_ids"),
        models: list(call, "models"),
        lines: list(call, "line_items"),
    })
}

impl<'a> Asked<'a> {
    fn by(&self, name: &str) -> bool {
        self.groups.contains(&name)
    }

    fn wants(list: &[&str], value: Option<&str>) -> bool {
        list.is_empty() || value.is_some_and(|value| list.contains(&value))
    }

    fn buckets(&self, room: &Room) -> Buckets {
        buckets(self.from, self.to, self.width, self.limit, self.page, room.books.rules.repeated)
    }

    /// The part of the books that a page is about.
    fn span<'b>(&self, account: &'b str, buckets: &Buckets) -> Span<'b> {
        let from = buckets.starts.first().copied().unwrap_or_default();
        let to = buckets.starts.last().map_or(from, |last| last + self.width);
        Span { account, from, to, shown_only: true }
    }
}

#[derive(Serialize)]
struct Page<T> {
    object: &'static str,
    data: Vec<Bucket<T>>,
    has_more: bool,
    next_page: Option<String>,
}

#[derive(Serialize)]
struct Bucket<T> {
    object: &'static str,
    start_time: i64,
    end_time: i64,
    results: Vec<T>,
}

fn page<T: Serialize>(room: &Room, asked: &Asked<'_>, found: Buckets, mut rows: BTreeMap<i64, Vec<T>>) -> Reply {
    let mut repeat: Vec<Bucket<T>> = Vec::new();
    for start in found.starts {
        let (start_time, end_time) = (start / 1_000, (start + asked.width) / 1_000);
        let mut results = rows.remove(&start).unwrap_or_default();
        if room.books.rules.shuffled {
            results.reverse();
        }
        repeat.push(Bucket { object: "bucket", start_time, end_time, results });
    }
    if room.books.rules.shuffled {
        repeat.reverse();
    }
    let next_page = found.next.map(page_text);
    let page = Page { object: "page", data: repeat, has_more: next_page.is_some(), next_page };
    let text = serde_json::to_vec(&page).unwrap_or_default();
    Ok(Answer::bytes(200, "application/json", text.into()))
}

#[derive(Serialize)]
struct Amount {
    value: Box<RawValue>,
    currency: &'static str,
}

#[derive(Serialize)]
struct Cost {
    object: &'static str,
    amount: Amount,
    line_item: Option<String>,
    project_id: Option<String>,
    api_key_id: Option<String>,
    quantity: Option<Box<RawValue>>,
    quantity_unit: Option<&'static str>,
}

/// A line's words: `gpt-4o-mini-2024-07-18, cached input`.
fn line_item(line: &Posted<'_>) -> String {
    match (line.counted, line.model, line.tier) {
        (Some((counted, _)), Some(model), Tier::Standard) => format!("{model}, {}", counted.name()),
        (Some((counted, _)), Some(model), tier) => format!("{model}, {}, {}", tier.name(), counted.name()),
        _ => line.words.to_owned(),
    }
}

pub(super) fn costs(room: &mut Room, call: &Call, caller: &Caller) -> Reply {
    let asked = asked(room, call, COSTS, &["project_id", "line_item", "api_key_id"])?;
    let found = asked.buckets(room);
    let work = room.booked_work();
    let lines = room.posted(&work, asked.span(account_of(caller), &found));
    let mut sums: BTreeMap<_, (Money, u64, Option<&'static str>)> = BTreeMap::new();
    for line in &lines {
        let item = line_item(line);
        let wanted = Asked::wants(&asked.keys, line.key)
            && Asked::wants(&asked.projects, line.place)
            && Asked::wants(&asked.lines, Some(&item));
        if !wanted {
            continue;
        }
        let group = (
            line.at.div_euclid(asked.width) * asked.width,
            line.key.filter(|_| asked.by("api_key_id")),
            line.place.filter(|_| asked.by("project_id")),
            Some(item).filter(|_| asked.by("line_item")),
        );
        let sum = sums.entry(group).or_default();
        sum.0 += line.amount;
        if let Some((counted, count)) = line.counted {
            sum.1 += count;
            sum.2 = Some(counted.unit());
        }
    }
    let mut rows: BTreeMap<i64, Vec<Cost>> = BTreeMap::new();
    for ((start, key, place, item), (amount, quantity, unit)) in sums {
        let unit = unit.filter(|_| item.is_some());
        let thousandths = matches!(unit, Some("duration_seconds" | "credits"));
        let counted = Money::parse(&quantity.to_string()).unwrap_or_default();
        let counted = if thousandths { counted.of_a_thousand() } else { counted };
        rows.entry(start).or_default().push(Cost {
            object: "organization.costs.result",
            amount: Amount { value: number(amount), currency: "usd" },
            line_item: item,
            project_id: place.map(str::to_owned),
            api_key_id: key.map(str::to_owned),
            quantity: unit.map(|_| number(counted)),
            quantity_unit: unit,
        });
    }
    page(room, &asked, found, rows)
}

/// What a kind of usage counts, and by what it may be grouped.
const KINDS: &[(&str, &str, &[&str])] = &[
    ("completions", "completions", &["project_id", "user_id", "api_key_id", "model", "batch", "service_tier"]),
    ("images", "images", &["project_id", "user_id", "api_key_id", "model", "size", "source"]),
    ("audio_transcriptions", "audio_transcriptions", &["project_id", "user_id", "api_key_id", "model"]),
    ("audio_speeches", "audio_speeches", &["project_id", "user_id", "api_key_id", "model"]),
    ("embeddings", "embeddings", &["project_id", "user_id", "api_key_id", "model"]),
];

/// Whether a call counts as usage of a kind.
fn counts(room: &Room, kind: &str, call: &Booked) -> bool {
    let use_ = models::use_of(&call.model);
    match kind {
        "completions" if use_ == Use::Images => {
            call.counts.input > 0 && room.switch("image_tokens_in_completions") == "yes"
        }
        "completions" => use_ == Use::Chat,
        "images" => use_ == Use::Images,
        "audio_transcriptions" => use_ == Use::Transcription,
        "audio_speeches" => use_ == Use::Speech,
        _ => use_ == Use::Embeddings,
    }
}

pub(super) fn usage(room: &mut Room, call: &Call, caller: &Caller, kind: &str) -> Reply {
    let Some((kind, object, groups)) = KINDS.iter().find(|(name, ..)| *name == kind) else {
        return access::refuse(errors::unknown_url(call.method.as_str(), &call.path));
    };
    let asked = asked(room, call, USAGE, groups)?;
    let found = asked.buckets(room);
    let work = room.booked_work();
    let mut sums: BTreeMap<_, (Counts, u64, u64)> = BTreeMap::new();
    for one in room.calls_of(&work, asked.span(account_of(caller), &found)) {
        let wanted = counts(room, kind, one)
            && Asked::wants(&asked.keys, one.key.as_deref())
            && Asked::wants(&asked.projects, one.place.as_deref())
            && Asked::wants(&asked.models, Some(&one.model));
        if !wanted {
            continue;
        }
        let size = one.size.as_deref().and_then(|size| size.split('/').next());
        let group = (
            one.at.div_euclid(asked.width) * asked.width,
            one.key.as_deref().filter(|_| asked.by("api_key_id")),
            one.place.as_deref().filter(|_| asked.by("project_id")),
            Some(one.model.as_str()).filter(|_| asked.by("model")),
            Some(one.tier == Tier::Batch).filter(|_| asked.by("batch")),
            Some(one.tier).filter(|_| asked.by("service_tier")),
            size.filter(|_| asked.by("size")),
        );
        let sum = sums.entry(group).or_default();
        sum.0 += &one.counts;
        sum.1 += 1;
        sum.2 += one.counts.seconds_ms.div_ceil(1_000);
    }
    let mut rows: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for ((start, key, place, model, batch, tier, size), (counts, requests, seconds)) in sums {
        let mut row = told(kind, &counts, seconds);
        row["object"] = format!("organization.usage.{object}.result").into();
        row["num_model_requests"] = requests.into();
        row["project_id"] = json!(place);
        row["user_id"] = Value::Null;
        row["api_key_id"] = json!(key);
        row["model"] = json!(model);
        if *kind == "completions" {
            row["batch"] = json!(batch);
            row["service_tier"] = json!(tier.map(|tier| match tier {
                Tier::Standard | Tier::Batch => "default",
                tier => tier.name(),
            }));
        }
        if *kind == "images" {
            row["size"] = json!(size);
            row["source"] = Value::Null;
        }
        rows.entry(start).or_default().push(row);
    }
    page(room, &asked, found, rows)
}

/// The numbers of a row.
fn told(kind: &str, counts: &Counts, seconds: u64) -> Value {
    match kind {
        "completions" => json!({
            "input_tokens": counts.input,
            "input_cached_tokens": counts.cached,
            "input_cache_write_tokens": counts.write,
            "input_uncached_tokens": counts.uncached(),
            "output_tokens": counts.output,
            "input_audio_tokens": counts.audio_in,
            "output_audio_tokens": counts.audio_out,
            "input_image_tokens": counts.image_in,
            "output_image_tokens": counts.image_out
        }),
        "images" => json!({"images": counts.images}),
        "audio_transcriptions" => json!({"seconds": seconds}),
        "audio_speeches" => json!({"characters": counts.characters}),
        _ => json!({"input_tokens": counts.input}),
    }
}
