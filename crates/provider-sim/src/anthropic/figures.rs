//! What is asked about money and usage, and the analytics API that tells both per key (facts: section 4.2 of the provider
//! notes). Amounts are cents with a fraction, as text.

use super::errors;
use crate::books::counts::Counts;
use crate::books::figures::{page_of, page_text};
use crate::books::money::Money;
use crate::books::posted::{Posted, Span};
use crate::books::{DAY, Tier};
use crate::call::{Answer, Call, Reply, refuse};
use crate::room::{Room, rfc3339};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const BETA: &str = "analytics-usage-cost-2026-08-24";
const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
/// 2026-01-01T00:00:00Z: nothing before it is told.
const FIRST: i64 = 1_767_225_600_000;

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) width: i64,
    pub(super) limit: usize,
    pub(super) page: Option<i64>,
    groups: Vec<&'a str>,
    keys: Vec<&'a str>,
    workspaces: Vec<&'a str>,
    models: Vec<&'a str>,
}

/// A width, its word, and how many rows (or buckets) come when nothing is said, and at most.
pub(super) type Width = (&'static str, i64, usize, usize);

const ANALYTICS: &[Width] = &[("1d", DAY, 20, 1000), ("1h", HOUR, 20, 1000), ("1m", MINUTE, 20, 1000)];

fn invalid<T>(call: &Call, name: &str) -> Reply<T> {
    refuse(errors::bad_request(call, &format!("{name}: Invalid value")))
}

/// The values of a list, written as `name[]=` or `name=`.
fn list<'a>(call: &'a Call, name: &str) -> Vec<&'a str> {
    let named = call.query.iter().filter(|(key, _)| key.strip_suffix("[]").unwrap_or(key) == name);
    named.map(|(_, value)| value.as_str()).collect()
}

fn moment(call: &Call, name: &str) -> Reply<Option<i64>> {
    match call.query(name).map(str::parse::<jiff::Timestamp>) {
        None => Ok(None),
        Some(Ok(moment)) => Ok(Some(moment.as_millisecond())),
        Some(Err(_)) => invalid(call, name),
    }
}

/// Reads a question. `width` is the parameter's name; without it, buckets are days.
pub(super) fn asked<'a>(
    room: &Room,
    call: &'a Call,
    width: &str,
    widths: &[Width],
    groups: &[&str],
) -> Reply<Asked<'a>> {
    let Some(from) = moment(call, "starting_at")? else {
        return refuse(errors::bad_request(call, "starting_at: Field required"));
    };
    let to = moment(call, "ending_at")?.unwrap_or_else(|| room.books.rules.now());
    let word = call.query(width).unwrap_or("1d");
    let Some((_, span, default, most)) = widths.iter().find(|(one, ..)| *one == word) else {
        return invalid(call, width);
    };
    let limit = match call.query("limit").map(str::parse::<usize>) {
        None => *default,
        Some(Ok(limit)) if (1..=*most).contains(&limit) => limit,
        Some(_) => return invalid(call, "limit"),
    };
    let page = match call.query("page").map(page_of) {
        Some(None) => return invalid(call, "page"),
        page => page.flatten(),
    };
    let asked = list(call, "group_by");
    if asked.len() > 5 || asked.iter().any(|name| !groups.contains(name)) {
        return invalid(call, "group_by");
    }
    Ok(Asked {
        from: from.div_euclid(*span) * *span,
        to,
        width: *span,
        limit,
        page,
        groups: asked,
        keys: list(call, "api_key_ids"),
        workspaces: list(call, "workspace_ids"),
        models: list(call, "models"),
    })
}

impl Asked<'_> {
    pub(super) fn by(&self, name: &str) -> bool {
        self.groups.contains(&name)
    }

    pub(super) fn bucket(&self, at: i64) -> i64 {
        at.div_euclid(self.width) * self.width
    }

    pub(super) fn wants(&self, key: Option<&str>, workspace: Option<&str>, model: Option<&str>) -> bool {
        let holds =
            |list: &[&str], value: Option<&str>| list.is_empty() || value.is_some_and(|value| list.contains(&value));
        holds(&self.keys, key) && holds(&self.workspaces, workspace) && holds(&self.models, model)
    }
}

/// What a line is about, in Anthropic's words: the type of cost, and the type of token.
pub(super) fn words(line: &Posted<'_>) -> (String, Option<&'static str>) {
    match line.counted {
        Some((counted, _)) => ("tokens".to_owned(), counted.token_type()),
        None => (line.words.to_lowercase(), None),
    }
}

/// The parts of input, none of which is another's, and the output.
pub(super) fn told(counts: &Counts) -> Value {
    json!({
        "uncached_input_tokens": counts.uncached(),
        "cache_read_input_tokens": counts.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts.write,
            "ephemeral_1h_input_tokens": counts.write_hour
        },
        "output_tokens": counts.output,
        "server_tool_use": {"web_search_requests": 0}
    })
}

/// What a row is grouped by; what is not asked for is null.
type Group<'a> =
    (i64, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<Tier>, Option<String>, Option<&'static str>);

fn group_shown((_, key, workspace, model, tier, cost_type, token_type): &Group<'_>) -> Value {
    json!({
        "api_key_id": key,
        "workspace_id": workspace,
        "model": model,
        "service_tier": tier.map(Tier::name),
        "cost_type": cost_type,
        "token_type": token_type,
        "actor": null
    })
}

/// `GET /v1/organizations/analytics/{cost|usage}`.
pub(super) fn analytics(room: &Room, call: &Call, account: &str, what: &str) -> Reply {
    match room.switch("analytics") {
        "404" => return refuse(errors::not_found(call, "Not Found")),
        "400" => return refuse(errors::bad_request(call, "Unexpected value(s) for the `anthropic-beta` header")),
        _ => {}
    }
    if !call.header("anthropic-beta").is_some_and(|betas| betas.split(',').any(|beta| beta.trim() == BETA)) {
        return refuse(errors::not_found(call, "Not Found"));
    }
    let mut groups = vec!["api_key_id", "workspace_id", "model", "service_tier", "actor"];
    if what == "cost" {
        groups.extend(["cost_type", "token_type"]);
    }
    let asked = asked(room, call, "time_bucket_width", ANALYTICS, &groups)?;
    let now = room.books.rules.now();
    if asked.from < FIRST || asked.from < now - 366 * DAY {
        return invalid(call, "starting_at");
    }
    let longest = if asked.width == MINUTE { DAY } else { 31 * DAY };
    if call.query("ending_at").is_none() || asked.to <= asked.from || asked.to - asked.from > longest {
        return invalid(call, "ending_at");
    }
    let span = Span { account, from: asked.from, to: asked.to, shown_only: true };
    let rows = if what == "cost" { costs(room, &asked, span) } else { usage(room, &asked, span) };
    Ok(page(room, &asked, rows))
}

fn row(asked: &Asked<'_>, group: &Group<'_>) -> Value {
    json!({
        "starting_at": rfc3339(group.0 / 1_000),
        "ending_at": rfc3339((group.0 + asked.width) / 1_000),
        "group": group_shown(group)
    })
}

fn costs(room: &Room, asked: &Asked<'_>, span: Span<'_>) -> Vec<Value> {
    let work = room.booked_work();
    let mut sums: BTreeMap<Group<'_>, (Money, Money)> = BTreeMap::new();
    for line in room.posted(&work, span).iter().filter(|one| asked.wants(one.key, one.place, one.model)) {
        let (cost_type, token_type) = words(line);
        let group = (
            asked.bucket(line.at),
            line.key.filter(|_| asked.by("api_key_id")),
            line.place.filter(|_| asked.by("workspace_id")),
            line.model.filter(|_| asked.by("model")),
            line.model.map(|_| line.tier).filter(|_| asked.by("service_tier")),
            Some(cost_type).filter(|_| asked.by("cost_type")),
            token_type.filter(|_| asked.by("token_type")),
        );
        let sum = sums.entry(group).or_default();
        sum.0 += line.amount;
        sum.1 += line.listed;
    }
    let shown = sums.iter().map(|(group, (amount, listed))| {
        let mut row = row(asked, group);
        row["cost"] = json!({
            "amount": amount.cents().text(),
            "list_amount": listed.cents().text(),
            "currency": "USD",
            "requests": null
        });
        row
    });
    shown.collect()
}

fn usage(room: &Room, asked: &Asked<'_>, span: Span<'_>) -> Vec<Value> {
    let work = room.booked_work();
    let mut sums: BTreeMap<Group<'_>, (Counts, u64)> = BTreeMap::new();
    for one in room.calls_of(&work, span) {
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
            None,
            None,
        );
        let sum = sums.entry(group).or_default();
        sum.0 += &one.counts;
        sum.1 += 1;
    }
    let shown = sums.iter().map(|(group, (counts, requests))| {
        let mut row = row(asked, group);
        row["usage"] = told(counts);
        row["usage"]["total_tokens"] = (counts.input + counts.output).into();
        row["usage"]["requests"] = (*requests).into();
        row
    });
    shown.collect()
}

/// Rows from one on; a page is told by the number of its first row.
fn page(room: &Room, asked: &Asked<'_>, rows: Vec<Value>) -> Answer {
    let rules = &room.books.rules;
    let begin = usize::try_from(asked.page.unwrap_or_default()).unwrap_or_default();
    let end = begin + asked.limit;
    let next = (end < rows.len()).then(|| page_text(end as i64));
    let begin = if rules.repeated { begin.saturating_sub(1) } else { begin };
    let mut data: Vec<Value> = rows.into_iter().take(end).skip(begin).collect();
    if rules.shuffled {
        data.reverse();
    }
    let refreshed = rfc3339((rules.now() - rules.delay) / 1_000);
    Answer::json(
        200,
        &json!({"data": data, "has_more": next.is_some(), "next_page": next, "data_refreshed_at": refreshed}),
    )
}
