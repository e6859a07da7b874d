//! The older reports: usage per key, costs per workspace only (facts: section 4.2 of the provider notes).

use super::figures::{Asked, Width, asked, told, words};
use crate::books::counts::Counts;
use crate::books::figures::{Buckets, buckets, page_text};
use crate::books::money::Money;
use crate::books::posted::Span;
use crate::books::{DAY, Tier};
use crate::call::{Answer, Call, Reply};
use crate::room::{Room, rfc3339};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const USAGE: &[Width] = &[("1d", DAY, 7, 31), ("1h", 3_600_000, 24, 168), ("1m", 60_000, 60, 1440)];
const COSTS: &[Width] = &[("1d", DAY, 7, 31)];

fn found(room: &Room, asked: &Asked<'_>) -> Buckets {
    buckets(asked.from, asked.to, asked.width, asked.limit, asked.page, room.books.rules.repeated)
}

fn span<'a>(account: &'a str, asked: &Asked<'_>, found: &Buckets) -> Span<'a> {
    let from = found.starts.first().copied().unwrap_or_default();
    let to = found.starts.last().map_or(from, |last| last + asked.width);
    Span { account, from, to, shown_only: true }
}

fn page(room: &Room, asked: &Asked<'_>, found: Buckets, mut rows: BTreeMap<i64, Vec<Value>>) -> Answer {
    let shuffled = room.books.rules.shuffled;
    let bucket = |start: i64| {
        let mut results = rows.remove(&start).unwrap_or_default();
        if shuffled {
            results.reverse();
        }
        json!({
            "starting_at": rfc3339(start / 1_000),
            "ending_at": rfc3339((start + asked.width) / 1_000),
            "results": results
        })
    };
    let mut data: Vec<Value> = found.starts.into_iter().map(bucket).collect();
    if shuffled {
        data.reverse();
    }
    let next = found.next.map(page_text);
    Answer::json(200, &json!({"data": data, "has_more": next.is_some(), "next_page": next}))
}

/// `GET /v1/organizations/usage_report/messages`.
pub(super) fn usage(room: &Room, call: &Call, account: &str) -> Reply {
    let groups = ["api_key_id", "workspace_id", "model", "service_tier", "context_window"];
    let asked = asked(room, call, "bucket_width", USAGE, &groups)?;
    let found = found(room, &asked);
    let work = room.booked_work();
    let mut sums: BTreeMap<_, Counts> = BTreeMap::new();
    for one in room.calls_of(&work, span(account, &asked, &found)) {
        let (key, place, model) = (one.key.as_deref(), one.place.as_deref(), Some(one.model.as_str()));
        if !asked.wants(key, place, model) {
            continue;
        }
        let group = (
            asked.bucket(one.at),
            key.filter(|_| asked.by("api_key_id")),
            place.filter(|_| asked.by("workspace_id")),
            model.filter(|_| asked.by("model")),
            Some(one.tier).filter(|_| asked.by("service_tier")),
        );
        *sums.entry(group).or_default() += &one.counts;
    }
    let mut rows: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for ((start, key, place, model, tier), counts) in sums {
        let mut row = told(&counts);
        row["api_key_id"] = json!(key);
        row["workspace_id"] = json!(place);
        row["model"] = json!(model);
        row["service_tier"] = json!(tier.map(Tier::name));
        row["context_window"] = Value::Null;
        rows.entry(start).or_default().push(row);
    }
    Ok(page(room, &asked, found, rows))
}

/// `GET /v1/organizations/cost_report`: no keys, and nothing of the priority tier.
pub(super) fn costs(room: &Room, call: &Call, account: &str) -> Reply {
    let asked = asked(room, call, "bucket_width", COSTS, &["workspace_id", "description"])?;
    let found = found(room, &asked);
    let work = room.booked_work();
    let mut sums: BTreeMap<_, Money> = BTreeMap::new();
    for line in room.posted(&work, span(account, &asked, &found)) {
        if line.tier == Tier::Priority {
            continue;
        }
        let (cost_type, token_type) = words(&line);
        let described = asked.by("description");
        let about = (line.model, line.model.map(|_| line.tier), cost_type, token_type);
        let place = line.place.filter(|_| asked.by("workspace_id"));
        *sums.entry((asked.bucket(line.at), place, Some(about).filter(|_| described))).or_default() += line.amount;
    }
    let mut rows: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for ((start, place, about), amount) in sums {
        let mut row = json!({
            "amount": amount.cents().text(),
            "currency": "USD",
            "workspace_id": place,
            "description": null,
            "cost_type": null,
            "model": null,
            "token_type": null,
            "service_tier": null,
            "context_window": null,
            "inference_geo": null
        });
        if let Some((model, tier, cost_type, token_type)) = about {
            row["description"] = match (model, token_type) {
                (Some(model), Some(token_type)) => format!("{model} Usage - {token_type}").into(),
                _ => cost_type.clone().into(),
            };
            row["cost_type"] = cost_type.into();
            row["model"] = json!(model);
            row["token_type"] = json!(token_type);
            row["service_tier"] = json!(tier.map(Tier::name));
        }
        rows.entry(start).or_default().push(row);
    }
    Ok(page(room, &asked, found, rows))
}
