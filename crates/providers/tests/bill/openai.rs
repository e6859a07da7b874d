//! OpenAI's costs and usage, from the practice OpenAI's books.

use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{BookedCall, BooksChange, KeySpec};
use ownkey_providers::bill::{Ask, BillError, BilledRow, Kind, Span, Tier};
use ownkey_providers::http::tls;
use serde_json::json;

use crate::{DAY, Room, START, calls, once, span, sum, units, used};

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
async fn a_page_that_would_be_too_large_is_asked_for_in_smaller_ones() {
    let room = Room::open(Provider::OpenAi).await;
    let keys: Vec<String> =
        (0..64).map(|_| room.sims.control().make_key(room.sim, "Acme", KeySpec::default()).id).collect();
    let call = |(hour, key): (i64, &String)| BookedCall {
        at: START + hour * 3_600_000,
        key: Some(key.clone()),
        model: "gpt-4o-mini".to_owned(),
        units: units(&[("input", 1_000), ("output", 10)]),
        ..BookedCall::default()
    };
    room.book((0..168).flat_map(|hour| keys.iter().map(move |key| (hour, key))).map(call).collect());
    let (usage, pages) = room.all(Ask::Usage(Kind::Completions), span(7)).await;
    assert_eq!((usage.len(), pages), (64 * 168, 7), "24 hours on a page");
    assert_eq!(used(&usage, "input"), 64 * 168 * 1_000);
    let heard = room.page(Ask::Costs, span(1), Some("nonsense")).await;
    assert_eq!(heard, Err(BillError::Unreadable { what: "the cursor".to_owned() }));
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
