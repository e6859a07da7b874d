//! Bills and usage, fetched from the simulator's own books.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{self as sim, BookedCall, BooksChange, Fault, FaultKind, KeyKind, KeySpec, Sims, SimsConfig};
use ownkey_providers::bill::{self, Amount, Ask, BillError, BilledRow, Kind, Page, Span, Tier};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::{Http, tls};
use ownkey_secret::Secret;
use serde_json::json;

const DAY: i64 = 86_400_000;
/// 2026-09-01T00:00:00Z.
const START: i64 = 1_788_220_800_000;

struct Room {
    sims: Sims,
    http: Http,
    endpoints: Endpoints,
    provider: Provider,
    sim: sim::Provider,
    admin: Secret,
    keys: [String; 2],
}

fn sim_of(provider: Provider) -> sim::Provider {
    sim::Provider::ALL.into_iter().find(|one| one.as_str() == provider.as_str()).unwrap()
}

impl Room {
    async fn open(provider: Provider) -> Self {
        let sims = Sims::start(SimsConfig::default()).await.unwrap();
        let sim = sim_of(provider);
        let endpoints = Endpoints::default().overridden(provider, &sims.origin(sim)).unwrap();
        let make = |kind| sims.control().make_key(sim, "Acme", KeySpec { kind, ..KeySpec::default() });
        let admin = Secret::new(make(KeyKind::Admin).text.into_bytes()).unwrap();
        let keys = [make(KeyKind::Work).id, make(KeyKind::Work).id];
        Self { http: Http::new().unwrap(), endpoints, provider, sim, admin, keys, sims }
    }

    fn book(&self, calls: Vec<BookedCall>) {
        let count = calls.len();
        assert_eq!(self.sims.control().book(self.sim, calls), count);
    }

    fn change(&self, change: BooksChange) {
        self.sims.control().books(self.sim, change);
    }

    async fn page(&self, ask: Ask, span: Span, cursor: Option<&str>) -> Result<Page, BillError> {
        bill::page(&self.http, &self.endpoints, self.provider, &self.admin, ask, span, cursor).await
    }

    /// All pages, and how many there were.
    async fn all(&self, ask: Ask, span: Span) -> (Vec<BilledRow>, usize) {
        let (mut rows, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = self.page(ask, span, cursor.as_deref()).await.unwrap();
            rows.extend(page.rows);
            pages += 1;
            cursor = page.next;
            if cursor.is_none() {
                return (rows, pages);
            }
        }
    }

    fn total(&self, of: &str, span: Span) -> Amount {
        let total = self.sims.control().booked_total(self.sim, of, span.from.unix_millis(), span.to.unix_millis());
        total.parse().unwrap()
    }
}

fn span(days: i64) -> Span {
    Span { from: Instant::from_unix_millis(START), to: Instant::from_unix_millis(START + days * DAY) }
}

fn units(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Calls of two keys with two models, one in an hour and in turn, over so many days.
fn calls(room: &Room, models: [&str; 2], days: i64) -> Vec<BookedCall> {
    let call = |number: i64| {
        let turn = usize::try_from(number % 2).unwrap();
        let more = u64::try_from(number).unwrap();
        BookedCall {
            at: START + number * 3_600_000 + 1_234,
            key: Some(room.keys[turn].clone()),
            model: models[usize::try_from(number / 2 % 2).unwrap()].to_owned(),
            units: units(&[("input", 1_000 + more), ("cached_input", 100 + more % 7), ("output", 333 + more % 11)]),
            tier: if number % 24 == 23 { sim::Tier::Batch } else { sim::Tier::Standard },
            ..BookedCall::default()
        }
    };
    (0..days * 24).map(call).collect()
}

fn sum<'a>(rows: impl IntoIterator<Item = &'a BilledRow>) -> Amount {
    let amounts = rows.into_iter().filter_map(|row| row.amount);
    amounts.fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).unwrap())
}

fn used(rows: &[BilledRow], name: &str) -> u64 {
    rows.iter().filter_map(|row| row.units.get(name)).sum()
}

/// Rows without those that came twice.
fn once(rows: Vec<BilledRow>) -> Vec<BilledRow> {
    let mut seen = BTreeSet::new();
    let name =
        |row: &BilledRow| (row.from, row.key.clone(), row.place.clone(), row.model.clone(), row.line.clone(), row.tier);
    rows.into_iter().filter(|row| seen.insert(name(row))).collect()
}

#[tokio::test]
async fn openai_bills_each_key_what_its_books_say() {
    let room = Room::open(Provider::OpenAi).await;
    let booked = calls(&room, ["gpt-4o-mini", "gpt-4o"], 70);
    room.book(booked.clone());
    let (rows, pages) = room.all(Ask::Costs, span(70)).await;
    assert_eq!(pages, 3, "31 days on a page");
    assert_eq!(sum(&rows), room.total("Acme", span(70)));
    for key in &room.keys {
        assert_eq!(sum(rows.iter().filter(|row| row.key.as_ref() == Some(key))), room.total(key, span(70)));
    }
    let account = room.sims.control().accounts(room.sim)[0].0.clone();
    let home = room.sims.control().home(room.sim, account);
    assert!(rows.iter().all(|row| row.currency.as_deref() == Some("USD") && row.place == home));
    let cached = rows.iter().find(|row| row.line.as_deref() == Some("gpt-4o-mini-2024-07-18, cached input")).unwrap();
    assert_eq!(cached.model.as_deref(), Some("gpt-4o-mini-2024-07-18"));
    assert_eq!(cached.to.millis_since(cached.from), DAY);
    assert_eq!(cached.quantity.as_ref().unwrap().1, "tokens");
    let batch = rows.iter().find(|row| row.tier == Tier::Batch).unwrap();
    assert_eq!(batch.model.as_deref(), Some("gpt-4o-2024-08-06"), "{:?}", batch.line);

    let (usage, pages) = room.all(Ask::Usage(Kind::Completions), span(70)).await;
    assert_eq!((usage.len(), pages), (booked.len(), 10), "a call in each hour, 168 hours on a page");
    for (name, theirs) in [("input", "input"), ("cached_input", "cached_input"), ("output", "output")] {
        let ours: u64 = booked.iter().map(|call| call.units[theirs]).sum();
        assert_eq!(used(&usage, name), ours, "{name}");
    }
    assert!(usage.iter().all(|row| row.requests == Some(1) && row.amount.is_none()));
    assert_eq!(usage.iter().filter(|row| row.tier == Tier::Batch).count(), 70);
}

#[tokio::test]
async fn openai_counts_pictures_seconds_characters_and_embeddings() {
    let room = Room::open(Provider::OpenAi).await;
    let call = |model: &str, pairs: &[(&str, u64)], size: Option<&str>| BookedCall {
        at: START + 5,
        key: Some(room.keys[0].clone()),
        model: model.to_owned(),
        units: units(pairs),
        size: size.map(str::to_owned),
        ..BookedCall::default()
    };
    room.book(vec![
        call("dall-e-3", &[("images", 2)], Some("1792x1024/hd")),
        call("whisper-1", &[("seconds_ms", 61_000)], None),
        call("tts-1", &[("characters", 4_096)], None),
        call("text-embedding-3-small", &[("input", 77)], None),
        call(
            "gpt-image-1",
            &[("input", 50), ("image_in", 20), ("output", 4_000), ("image_out", 4_000), ("images", 1)],
            None,
        ),
    ]);
    let one = async |kind| room.all(Ask::Usage(kind), span(1)).await.0;
    let pictures = one(Kind::Images).await;
    assert_eq!(used(&pictures, "images"), 3);
    assert!(pictures.iter().any(|row| row.line.as_deref() == Some("1792x1024")));
    assert_eq!(used(&one(Kind::Transcriptions).await, "seconds_ms"), 61_000);
    assert_eq!(used(&one(Kind::Speeches).await, "characters"), 4_096);
    assert_eq!(used(&one(Kind::Embeddings).await, "input"), 77);
    assert_eq!(used(&one(Kind::Completions).await, "image_out"), 4_000);
    room.sims.control().unconfirmed(room.sim, "image_tokens_in_completions", "no");
    assert_eq!(one(Kind::Completions).await, []);
    let (rows, _) = room.all(Ask::Costs, span(1)).await;
    assert_eq!(sum(&rows), room.total("Acme", span(1)));
    let line = |name: &str| rows.iter().find(|row| row.line.as_deref() == Some(name)).unwrap();
    assert_eq!(line("whisper-1, duration").quantity, Some(("61".parse().unwrap(), "duration_seconds".to_owned())));
    assert_eq!(line("dall-e-3, images").amount, Some("0.24".parse().unwrap()));
    assert_eq!(line("text-embedding-3-small, input").amount, Some("0.00000154".parse().unwrap()));
}

#[tokio::test]
async fn what_belongs_to_no_key_and_what_changed_in_between_is_in_the_sum() {
    let room = Room::open(Provider::OpenAi).await;
    room.book(calls(&room, ["gpt-4o-mini", "gpt-5"], 3));
    room.change(BooksChange::Price {
        model: "gpt-5".to_owned(),
        line: "output".to_owned(),
        dollars: "8".to_owned(),
        from: START + DAY,
    });
    room.change(BooksChange::Discount { percent: "12.5".to_owned(), from: START + 2 * DAY });
    room.change(BooksChange::FreeTier(Some(10_000)));
    room.change(BooksChange::Tax(Some("20".to_owned())));
    room.change(BooksChange::Refund {
        at: START + DAY + 1,
        account: "Acme".to_owned(),
        key: None,
        dollars: "0.5".to_owned(),
        line: "Refund".to_owned(),
    });
    let (rows, _) = room.all(Ask::Costs, span(3)).await;
    assert_eq!(sum(&rows), room.total("Acme", span(3)));
    let others: Vec<&BilledRow> = rows.iter().filter(|row| row.key.is_none()).collect();
    assert_eq!(others.iter().filter(|row| row.line.as_deref() == Some("Tax")).count(), 3);
    let refund = others.iter().find(|row| row.line.as_deref() == Some("Refund")).unwrap();
    assert_eq!((refund.amount, refund.model.as_deref()), (Some("-0.5".parse().unwrap()), None));
}

#[tokio::test]
async fn a_day_is_whole_only_after_a_while() {
    let room = Room::open(Provider::OpenAi).await;
    room.book(calls(&room, ["gpt-4o-mini", "gpt-4o"], 2));
    room.change(BooksChange::SettleDelay(6 * 3_600));
    let mut sums = Vec::new();
    for hours in [24, 36, 48, 54] {
        room.change(BooksChange::Now(Some(START + hours * 3_600_000)));
        sums.push(sum(&room.all(Ask::Costs, span(2)).await.0));
    }
    assert!(sums.is_sorted() && sums[0] < sums[1] && sums[1] < sums[2] && sums[2] < sums[3], "{sums:?}");
    assert_eq!(sums[3], room.total("Acme", span(2)));
    room.change(BooksChange::LeaveOut(Some(10)));
    assert!(sum(&room.all(Ask::Costs, span(2)).await.0) < sums[3], "calls that are left out are missing");
}

#[tokio::test]
async fn pages_out_of_order_and_rows_that_come_twice_make_the_same_bill() {
    let room = Room::open(Provider::OpenAi).await;
    room.book(calls(&room, ["gpt-4o-mini", "gpt-4o"], 40));
    let (before, _) = room.all(Ask::Costs, span(40)).await;
    room.change(BooksChange::Shuffled(true));
    room.change(BooksChange::Repeated(true));
    let (after, _) = room.all(Ask::Costs, span(40)).await;
    assert!(after.len() > before.len() && after[0] != before[0]);
    assert_eq!(sum(&once(after)), sum(&before));
}

#[tokio::test]
async fn ordinary_calls_are_in_the_books() {
    let room = Room::open(Provider::OpenAi).await;
    let key = room.sims.control().make_key(room.sim, "Acme", KeySpec::default());
    let origin = room.endpoints.origin(Provider::OpenAi);
    let body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]});
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls(&[]).unwrap()).build().unwrap();
    let said = client.post(format!("{origin}/v1/chat/completions")).bearer_auth(&key.text);
    let said: serde_json::Value = said.json(&body).send().await.unwrap().json().await.unwrap();
    let now = said["created"].as_i64().unwrap() * 1_000;
    let today = Span { from: Instant::from_unix_millis(now - DAY), to: Instant::from_unix_millis(now + DAY) };
    let (usage, _) = room.all(Ask::Usage(Kind::Completions), today).await;
    assert_eq!(usage.len(), 1);
    assert_eq!(usage[0].key.as_ref(), Some(&key.id));
    assert_eq!(used(&usage, "input"), said["usage"]["prompt_tokens"].as_u64().unwrap());
    let (costs, _) = room.all(Ask::Costs, today).await;
    let wide = Span { from: today.from.plus_millis(-DAY), to: today.to.plus_millis(DAY) };
    assert_eq!(sum(&costs), room.total(&key.id, wide));
}

#[tokio::test]
async fn fifty_thousand_calls_are_booked_and_told_in_no_time() {
    let room = Room::open(Provider::OpenAi).await;
    let mut many = calls(&room, ["gpt-4o-mini", "gpt-4o"], 31);
    while many.len() < 50_000 {
        many.extend_from_within(..many.len().min(50_000 - many.len()));
    }
    room.book(many);
    let (rows, _) = room.all(Ask::Costs, span(31)).await;
    assert_eq!(sum(&rows), room.total("Acme", span(31)));
    let (usage, _) = room.all(Ask::Usage(Kind::Completions), span(31)).await;
    assert_eq!(usage.iter().filter_map(|row| row.requests).sum::<u64>(), 50_000);
}

fn unreadable(what: &str) -> BillError {
    BillError::Unreadable { what: what.to_owned() }
}

#[tokio::test]
async fn an_answer_that_is_not_as_documented_says_which_field() {
    let room = Room::open(Provider::OpenAi).await;
    let page = |results: serde_json::Value| {
        json!({
            "object": "page", "has_more": false, "next_page": null,
            "data": [{"object": "bucket", "start_time": 1_788_220_800, "end_time": 1_788_307_200, "results": results}]
        })
    };
    let amount = |value: serde_json::Value| json!([{"amount": {"value": value, "currency": "usd"}}]);
    let cases = [
        (json!([]), "an answer that is no JSON object"),
        (json!({}), "data"),
        (json!({"data": {}}), "data"),
        (json!({"data": [], "has_more": true, "next_page": null}), "next_page"),
        (json!({"data": []}), "has_more"),
        (json!({"data": [{"start_time": "x"}]}), "data[0].start_time"),
        (page(json!([{}])), "data[0].results[0].amount"),
        (page(amount(json!(null))), "data[0].results[0].amount.value"),
        (page(amount(json!("about six"))), "data[0].results[0].amount.value"),
        (page(json!([1])), "data[0].results[0]"),
        (page(json!([{"amount": {"value": 1, "currency": 7}}])), "data[0].results[0].amount.currency"),
    ];
    for (body, what) in cases {
        room.sims.control().inject(room.sim, Fault::next(1, FaultKind::Status { code: 200, body }));
        assert_eq!(room.page(Ask::Costs, span(1), None).await, Err(unreadable(what)));
    }
    room.sims.control().inject(room.sim, Fault::next(1, FaultKind::Garbage));
    assert_eq!(room.page(Ask::Costs, span(1), None).await, Err(unreadable("an answer that is no JSON object")));
    for counts in [json!({"input_tokens": -1}), json!({"input_tokens": 1.5}), json!({"input_tokens": "many"})] {
        let body = page(json!([counts]));
        room.sims.control().inject(room.sim, Fault::next(1, FaultKind::Status { code: 200, body }));
        let heard = room.page(Ask::Usage(Kind::Completions), span(1), None).await;
        assert_eq!(heard, Err(unreadable("data[0].results[0].input_tokens")));
    }
}

#[tokio::test]
async fn a_number_keeps_its_digits_also_where_a_float_would_lose_them() {
    let room = Room::open(Provider::OpenAi).await;
    let text = r#"{"object":"page","has_more":false,"next_page":null,"data":[{"object":"bucket","start_time":1788220800,
        "end_time":1788307200,"results":[
        {"amount":{"value":123456789.123456789012,"currency":"usd"}},{"amount":{"value":3.0000000000000004e-7,"currency":"usd"}},
        {"amount":{"value":-12E-1,"currency":"usd"}}]}]}"#;
    let body = serde_json::Value::String(text.to_owned());
    room.sims.control().inject(room.sim, Fault::next(1, FaultKind::Status { code: 200, body }));
    let page = room.page(Ask::Costs, span(1), None).await.unwrap();
    let amounts: Vec<String> = page.rows.iter().map(|row| row.amount.unwrap().to_string()).collect();
    assert_eq!(amounts, ["123456789.123456789012", "0.0000003", "-1.2"]);
}

#[tokio::test]
async fn a_refused_key_a_work_key_and_a_provider_in_trouble_are_told_apart() {
    for provider in [Provider::OpenAi] {
        let mut room = Room::open(provider).await;
        let ask = bill::asks(provider)[0];
        let fault = |kind| room.sims.control().inject(room.sim, Fault::next(1, kind));
        fault(FaultKind::Status { code: 429, body: json!(null) });
        let slow = BillError::TooMany { retry_after: Some(Duration::from_secs(1)) };
        assert_eq!(room.page(ask, span(1), None).await, Err(slow));
        fault(FaultKind::Status { code: 503, body: json!(null) });
        assert_eq!(room.page(ask, span(1), None).await, Err(BillError::Away));
        fault(FaultKind::HangUp);
        assert_eq!(room.page(ask, span(1), None).await, Err(BillError::Away));
        fault(FaultKind::EchoKey);
        let Err(BillError::Refused { words, .. }) = room.page(ask, span(1), None).await else { panic!("accepted") };
        let text = room.sims.control().keys(room.sim)[0].last_four.clone();
        assert!(!words.contains("T3BlbkFJ") && words.len() < 200, "{words} {text}");
        for kind in [KeyKind::Work, KeyKind::Admin] {
            let made = room.sims.control().make_key(room.sim, "Acme", KeySpec { kind, ..KeySpec::default() });
            if kind == KeyKind::Admin {
                room.sims.control().revoke_key(room.sim, &made.id);
            }
            room.admin = Secret::new(made.text.into_bytes()).unwrap();
            let heard = room.page(ask, span(1), None).await;
            match kind {
                KeyKind::Work if provider == Provider::OpenAi => {
                    assert!(matches!(heard, Err(BillError::NotAllowed { .. })), "{heard:?}");
                }
                _ => assert!(matches!(heard, Err(BillError::Refused { .. })), "{heard:?}"),
            }
        }
    }
}

#[tokio::test]
async fn what_a_provider_does_not_have_is_not_asked_for() {
    let room = Room::open(Provider::Gemini).await;
    assert_eq!(bill::asks(Provider::Gemini), []);
    assert_eq!(room.page(Ask::Costs, span(1), None).await, Err(BillError::NotOffered));
    assert!(room.sims.control().ledger(room.sim).is_empty());
}
