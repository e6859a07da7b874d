//! The provider's own books: what is billed, and the shapes in which OpenAI and Anthropic tell it.
#![allow(clippy::unwrap_used)]

mod world;

use ownkey_provider_sim::{BookedCall, BooksChange, KeyKind, KeySpec, Provider, Tier};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use world::{Read, World, conforms, read, world};

const DAY: i64 = 86_400_000;
/// 2026-09-01T00:00:00Z.
const START: i64 = 1_788_220_800_000;

fn units(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

impl World {
    fn call(&self, at: i64, model: &str, pairs: &[(&str, u64)]) -> BookedCall {
        BookedCall {
            at,
            key: Some(self.key.id.clone()),
            model: model.to_owned(),
            units: units(pairs),
            ..BookedCall::default()
        }
    }

    fn book(&self, calls: Vec<BookedCall>) {
        let count = calls.len();
        assert_eq!(self.control().book(self.provider, calls), count);
    }

    fn total(&self, of: &str, from: i64, to: i64) -> String {
        self.control().booked_total(self.provider, of, from, to)
    }

    async fn ask(&self, path: &str) -> Read {
        let admin = self.key(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() });
        read(self.with(&admin.text, "GET", path).header("anthropic-beta", "analytics-usage-cost-2026-08-24")).await
    }
}

#[tokio::test]
async fn a_day_is_billed_line_by_line_and_to_the_last_digit() {
    let here = world(Provider::OpenAi).await;
    here.book(vec![
        here.call(START, "gpt-4o-mini", &[("input", 1_000), ("cached_input", 300), ("output", 7), ("reasoning", 3)]),
        here.call(START + DAY - 1, "gpt-4o-mini", &[("input", 1)]),
    ]);
    let path =
        format!("/v1/organization/costs?start_time={}&group_by[]=line_item&group_by[]=api_key_id", START / 1_000);
    let got = here.ask(&path).await;
    assert_eq!(got.status, 200, "{}", got.text);
    conforms("openai.json", "/components/schemas/UsageResponse", &got.json);
    for result in got.json["data"][0]["results"].as_array().unwrap() {
        conforms("openai.json", "/components/schemas/CostsResult", result);
    }
    // 701 × 0.15 $/M, 300 × 0.075 $/M, 7 × 0.60 $/M: as decimals in the text itself.
    for (line, value) in [("input", "0.00010515"), ("cached input", "0.0000225"), ("output", "0.0000042")] {
        let amount = format!("\"amount\":{{\"value\":{value},\"currency\":\"usd\"}}");
        let named = format!("{amount},\"line_item\":\"gpt-4o-mini-2024-07-18, {line}\"");
        assert!(got.text.contains(&named), "{named} is not in {}", got.text);
    }
    let first = &got.json["data"][0]["results"][0];
    assert_eq!((&first["api_key_id"], &first["project_id"]), (&json!(here.key.id), &Value::Null));
    assert_eq!(here.total("Bakery", START, START + DAY), "0.00013185");
    assert_eq!(here.total(&here.key.id, START, START + DAY - 1), "0.0001317");
    assert_eq!(here.total("nobody", START, START + DAY), "0");
}

#[tokio::test]
async fn tiers_prices_discounts_and_free_tokens_change_what_is_billed() {
    let here = world(Provider::OpenAi).await;
    let mut batch = here.call(START, "gpt-4o", &[("output", 100)]);
    batch.tier = Tier::Batch;
    here.book(vec![
        batch,
        here.call(START + DAY, "gpt-4o", &[("output", 100)]),
        here.call(START + 2 * DAY, "gpt-4o", &[("output", 100)]),
    ]);
    let days = |here: &World| [0, 1, 2].map(|day| here.total("Bakery", START + day * DAY, START + (day + 1) * DAY));
    assert_eq!(days(&here), ["0.0005", "0.001", "0.001"]);
    let change = |change| here.control().books(here.provider, change);
    let (model, line) = ("gpt-4o".to_owned(), "output".to_owned());
    change(BooksChange::Price { model, line, dollars: "7".to_owned(), from: START + 2 * DAY });
    assert_eq!(days(&here), ["0.0005", "0.001", "0.0007"]);
    change(BooksChange::Discount { percent: "10".to_owned(), from: START + DAY });
    assert_eq!(days(&here), ["0.0005", "0.0009", "0.00063"]);
    change(BooksChange::FreeTier(Some(150)));
    assert_eq!(days(&here), ["0", "0.00045", "0.00063"], "the first 150 tokens of the month");
    change(BooksChange::Tax(Some("20".to_owned())));
    assert_eq!(days(&here), ["0", "0.00054", "0.000756"]);
    assert_eq!(here.total(&here.key.id, START, START + 3 * DAY), "0.00108", "tax is no key's");
}

#[tokio::test]
async fn openai_refuses_what_it_does_not_understand() {
    let here = world(Provider::OpenAi).await;
    let start = START / 1_000;
    let costs = format!("/v1/organization/costs?start_time={start}");
    let usage = format!("/v1/organization/usage/completions?start_time={start}");
    for (path, status) in [
        ("/v1/organization/costs".to_owned(), 400),
        (costs.clone(), 200),
        (format!("{costs}&limit=180"), 200),
        (format!("{costs}&limit=181"), 400),
        (format!("{costs}&limit=0"), 400),
        (format!("{costs}&bucket_width=1h"), 400),
        (format!("{costs}&group_by[]=model"), 400),
        (format!("{costs}&page=nonsense"), 400),
        (format!("{usage}&bucket_width=1h&limit=168"), 200),
        (format!("{usage}&bucket_width=1h&limit=169"), 400),
        (format!("{usage}&limit=31"), 200),
        (format!("{usage}&limit=32"), 400),
        (format!("{usage}&group_by[]=line_item"), 400),
        (format!("/v1/organization/usage/nothing?start_time={start}"), 404),
    ] {
        let got = here.ask(&path).await;
        assert_eq!(got.status, status, "{path}: {}", got.text);
        if status != 200 {
            conforms("openai.json", "/components/schemas/ErrorResponse", &got.json);
        }
    }
    assert_eq!(here.get(&costs).await.status, 401, "a work key sees no bill");
}

#[tokio::test]
async fn openais_pages_go_on_where_the_last_one_ended() {
    let here = world(Provider::OpenAi).await;
    let (from, to) = (START / 1_000, (START + 10 * DAY) / 1_000);
    let path = format!("/v1/organization/costs?start_time={from}&end_time={to}");
    let (mut page, mut seen) = (String::new(), Vec::new());
    loop {
        let got = here.ask(&format!("{path}&limit=4{page}")).await.json;
        seen.extend(got["data"].as_array().unwrap().iter().map(|bucket| bucket["start_time"].as_i64().unwrap()));
        assert_eq!(got["has_more"].as_bool().unwrap(), got["next_page"].is_string());
        match got["next_page"].as_str() {
            Some(next) => page = format!("&page={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (0..10).map(|day| from + day * 86_400).collect::<Vec<_>>());
    assert_eq!(here.ask(&path).await.json["data"].as_array().unwrap().len(), 7, "seven, when nothing is said");
}

#[tokio::test]
async fn anthropic_tells_rows_of_its_own_shape_and_limits_what_is_asked() {
    let here = world(Provider::Anthropic).await;
    here.book(vec![here.call(
        START,
        "claude-sonnet-4-5",
        &[("input", 100), ("cached_input", 10), ("cache_write", 20), ("cache_write_hour", 30), ("output", 5)],
    )]);
    let span = "starting_at=2026-09-01T00:00:00Z&ending_at=2026-09-03T00:00:00Z";
    let analytics = format!("/v1/organizations/analytics/cost?{span}&time_bucket_width=1d");
    let got = here.ask(&format!("{analytics}&group_by[]=token_type&group_by[]=cost_type&group_by[]=model")).await;
    let rows = got.json["data"].as_array().unwrap();
    assert_eq!(rows.len(), 5, "{}", got.text);
    for row in rows {
        conforms("anthropic-schemas.json", "/schemas/CostItem", row);
    }
    // 40 tokens at 3 dollars a million are 0.012 cents.
    let fresh = rows.iter().find(|row| row["group"]["token_type"] == "uncached_input_tokens").unwrap();
    assert_eq!((&fresh["cost"]["amount"], &fresh["group"]["api_key_id"]), (&json!("0.012"), &Value::Null));
    let usage = format!("/v1/organizations/analytics/usage?{span}&time_bucket_width=1h&group_by[]=api_key_id");
    let got = here.ask(&usage).await.json;
    conforms("anthropic-schemas.json", "/schemas/UsageItem", &got["data"][0]);
    assert_eq!(got["data"][0]["usage"]["total_tokens"], 105);
    let report = format!("/v1/organizations/cost_report?{span}&group_by[]=workspace_id");
    let got = here.ask(&report).await.json;
    assert_eq!(got["data"][0]["results"][0]["workspace_id"], json!(here.control().home(here.provider, &here.account)));
    assert_eq!(got["data"][1]["results"], json!([]));
    let work = here.get(&report).await;
    assert_eq!(work.status, 401, "a work key sees no bill");
    for (path, status) in [
        (format!("{analytics}&limit=1001"), 400),
        (format!("{analytics}&group_by[]=nothing"), 400),
        ("/v1/organizations/analytics/cost".to_owned(), 400),
        (
            "/v1/organizations/analytics/cost?starting_at=2026-09-01T00:00:00Z&ending_at=2026-10-03T00:00:00Z".into(),
            400,
        ),
        (
            "/v1/organizations/analytics/cost?starting_at=2025-12-31T00:00:00Z&ending_at=2026-01-02T00:00:00Z".into(),
            400,
        ),
        (format!("{report}&limit=32"), 400),
        (format!("{report}&group_by[]=api_key_id"), 400),
        (format!("/v1/organizations/usage_report/messages?{span}&bucket_width=1h&limit=169"), 400),
    ] {
        let got = here.ask(&path).await;
        assert_eq!((got.status, got.json["type"].as_str()), (status, Some("error")), "{path}");
    }
    let admin = here.key(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() });
    let plain = read(here.with(&admin.text, "GET", &analytics)).await;
    assert_eq!(plain.status, 404, "not without the beta's header");
}

#[tokio::test]
async fn the_books_are_kept_over_http_too() {
    let here = world(Provider::OpenAi).await;
    let post = |path: &str, body: Value| read(here.bare("POST", &format!("/_sim/{path}")).json(&body));
    let calls = json!([
        {"at": START, "key": here.key.id, "model": "gpt-4o", "units": {"output": 1_000}, "tier": "flex", "cut": true},
        {"at": START, "account": "Bakery", "model": "dall-e-3", "units": {"images": 1}, "size": "1024x1024/hd"},
        {"at": START, "key": "key_of_nobody", "model": "gpt-4o", "units": {"output": 1}}
    ]);
    assert_eq!(post("books/calls", calls).await.json, json!({"booked": 2}));
    let refund = json!({"refund": {"at": START, "account": "Bakery", "key": null, "dollars": "1", "line": "Refund"}});
    assert_eq!(post("books", refund).await.status, 200);
    for change in [
        json!({"settle_delay": 60}),
        json!({"now": START + DAY}),
        json!({"leave_out": null}),
        json!({"shuffled": true}),
        json!({"discount": {"percent": "0", "from": 0}}),
    ] {
        assert_eq!(post("books", change.clone()).await.status, 200, "{change}");
    }
    for change in [
        json!({"tax": "many"}),
        json!({"price": {"model": "gpt-4o", "line": "nothing", "dollars": "1", "from": 0}}),
        json!({"nothing": 1}),
    ] {
        assert_eq!(post("books", change.clone()).await.status, 400, "{change}");
    }
    let total = format!("/_sim/books/total?of=Bakery&from={START}&to={}", START + DAY);
    assert_eq!(read(here.bare("GET", &total)).await.json, json!({"total": "-0.915"}));
    assert_eq!(read(here.bare("GET", "/_sim/books/total?of=Bakery")).await.status, 400);
}

#[tokio::test]
async fn a_picture_that_was_really_made_is_billed_by_its_size() {
    let here = world(Provider::OpenAi).await;
    let body = json!({"model": "dall-e-3", "prompt": "Toast", "size": "1792x1024", "quality": "hd"});
    assert_eq!(here.post("/v1/images/generations", body).await.status, 200);
    let at = here.row().at;
    assert_eq!(here.total("Bakery", at - DAY, at + DAY), "0.12");
}
