//! Anthropic's analytics, and the older reports where the beta is refused.

use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{self as sim, BookedCall, BooksChange, Fault, FaultKind};
use ownkey_providers::bill::{Ask, BillError, BilledRow, Kind, Tier};
use serde_json::json;

use crate::{DAY, Room, START, calls, once, span, sum, units, used};

const MESSAGES: Ask = Ask::Usage(Kind::Messages);

/// A room with a call of each key in each hour, some of which wrote to a cache: too many for one page.
async fn opened(days: i64) -> (Room, Vec<BookedCall>) {
    let room = Room::open(Provider::Anthropic).await;
    let mut booked = calls(&room, ["claude-sonnet-4-5", "claude-haiku-4-5"], days);
    for (number, call) in booked.iter_mut().enumerate().filter(|(number, _)| number % 5 == 0) {
        call.units.extend(units(&[("cache_write", 40), ("cache_write_hour", 30)]));
        call.tier = if number % 10 == 0 { sim::Tier::Priority } else { sim::Tier::Standard };
    }
    let other = |key: &String| room.keys.iter().find(|one| *one != key).cloned();
    let more: Vec<BookedCall> =
        booked.iter().map(|call| BookedCall { key: call.key.as_ref().and_then(other), ..call.clone() }).collect();
    booked.extend(more);
    room.book(booked.clone());
    (room, booked)
}

fn told_as_booked(usage: &[BilledRow], booked: &[BookedCall]) {
    for name in ["input", "cached_input", "cache_write", "cache_write_hour", "output"] {
        let ours: u64 = booked.iter().filter_map(|call| call.units.get(name)).sum();
        assert_eq!(used(usage, name), ours, "{name}");
    }
}

#[tokio::test]
async fn anthropic_bills_each_key_what_its_books_say() {
    let (room, booked) = opened(70).await;
    room.change(BooksChange::Tax(Some("19".to_owned())));
    room.change(BooksChange::Discount { percent: "7.5".to_owned(), from: START + DAY });
    let (rows, pages) = room.all(Ask::Costs, span(70)).await;
    assert!(pages >= 3, "31 days at a time: {pages}");
    assert_eq!(sum(&rows), room.total("Acme", span(70)));
    for key in &room.keys {
        assert_eq!(sum(rows.iter().filter(|row| row.key.as_ref() == Some(key))), room.total(key, span(70)));
    }
    let read = |row: &&BilledRow| {
        row.line.as_deref() == Some("tokens, cache_read_input_tokens")
            && row.model.as_deref() == Some("claude-sonnet-4-5-20250929")
    };
    let row = rows.iter().find(read).unwrap();
    assert_eq!((row.currency.as_deref(), row.place.as_deref()), (Some("USD"), None));
    assert_eq!(row.to.millis_since(row.from), DAY);
    assert_eq!(rows.iter().filter(|row| row.line.as_deref() == Some("tax")).count(), 70);

    let (usage, pages) = room.all(MESSAGES, span(70)).await;
    assert_eq!(pages, 5, "two pages for 31 days");
    told_as_booked(&usage, &booked);
    assert_eq!(usage.iter().filter_map(|row| row.requests).sum::<u64>(), booked.len() as u64);
    assert_eq!(usage.iter().filter(|row| row.tier == Tier::Priority).count(), booked.len().div_ceil(10));
    assert!(usage.iter().all(|row| row.key.is_some() && row.place.is_some() && row.amount.is_none()));
    assert_eq!(usage[0].to.millis_since(usage[0].from), 3_600_000);
}

#[tokio::test]
async fn where_the_beta_is_refused_the_older_reports_are_asked() {
    for refusal in ["404", "400"] {
        let (room, mut booked) = opened(40).await;
        room.sims.control().unconfirmed(room.sim, "analytics", refusal);
        let (rows, pages) = room.all(Ask::Costs, span(40)).await;
        assert_eq!(pages, 2, "31 days at a time");
        assert!(rows.iter().all(|row| row.key.is_none() && row.place.is_some()));
        assert!(sum(&rows) < room.total("Acme", span(40)), "the priority tier is not in it");
        let described = rows.iter().find_map(|row| row.line.as_deref()).unwrap();
        assert!(described.starts_with("tokens, "), "{described}");
        let (usage, _) = room.all(MESSAGES, span(40)).await;
        assert!(usage.iter().all(|row| row.key.is_some() && row.requests.is_none()));
        told_as_booked(&usage, &booked);
        booked.clear();
        let asked = room.sims.control().ledger(room.sim);
        let analytics = asked.iter().filter(|row| row.route.contains("/analytics/")).count();
        assert_eq!(analytics, 2, "each question tried it once, at its first page");
    }
}

#[tokio::test]
async fn without_the_priority_tier_the_older_report_has_the_whole_sum() {
    let room = Room::open(Provider::Anthropic).await;
    room.book(calls(&room, ["claude-opus-4-1", "claude-3-haiku"], 33));
    room.sims.control().unconfirmed(room.sim, "analytics", "404");
    assert_eq!(sum(&room.all(Ask::Costs, span(33)).await.0), room.total("Acme", span(33)));
}

#[tokio::test]
async fn pages_out_of_order_and_rows_that_come_twice_make_the_same_bill() {
    let (room, booked) = opened(62).await;
    room.change(BooksChange::Shuffled(true));
    room.change(BooksChange::Repeated(true));
    assert_eq!(sum(&once(room.all(Ask::Costs, span(62)).await.0)), room.total("Acme", span(62)));
    let (usage, pages) = room.all(MESSAGES, span(62)).await;
    assert_eq!(pages, 4);
    told_as_booked(&once(usage), &booked);
}

#[tokio::test]
async fn it_says_up_to_when_the_figures_are_whole() {
    let (room, _) = opened(2).await;
    room.change(BooksChange::Now(Some(START + 2 * DAY)));
    room.change(BooksChange::SettleDelay(4 * 3_600));
    let page = room.page(Ask::Costs, span(2), None).await.unwrap();
    assert_eq!(page.refreshed.unwrap().unix_millis(), START + 2 * DAY - 4 * 3_600_000);
    let partly = sum(&page.rows);
    room.change(BooksChange::Now(Some(START + 3 * DAY)));
    assert!(partly < sum(&room.all(Ask::Costs, span(2)).await.0));
}

#[tokio::test]
async fn cents_keep_their_fraction_and_a_field_that_is_wrong_is_named() {
    let (room, _) = opened(1).await;
    let body = |cost: serde_json::Value| {
        json!({
            "has_more": false, "next_page": null, "data_refreshed_at": null,
            "data": [{
                "starting_at": "2026-09-01T00:00:00Z", "ending_at": "2026-09-02T00:00:00Z",
                "group": {"api_key_id": "apikey_1"}, "cost": cost
            }]
        })
    };
    let answer = async |body| {
        room.sims.control().inject(room.sim, Fault::next(1, FaultKind::Status { code: 200, body }));
        room.page(Ask::Costs, span(1), None).await
    };
    let page = answer(body(json!({"amount": "1234.5000000001", "currency": "usd", "requests": 3}))).await.unwrap();
    assert_eq!(page.rows[0].amount.unwrap().to_string(), "12.345000000001");
    assert_eq!((page.rows[0].requests, page.rows[0].currency.as_deref()), (Some(3), Some("USD")));
    for (cost, what) in [
        (json!({"amount": "12,5", "currency": "USD"}), "data[0].cost.amount"),
        (json!({"currency": "USD"}), "data[0].cost.amount"),
        (json!(null), "data[0].cost"),
        (json!({"amount": "1"}), "data[0].cost.currency"),
    ] {
        assert_eq!(answer(body(cost)).await, Err(BillError::Unreadable { what: what.to_owned() }));
    }
    let heard = room.page(Ask::Costs, span(1), Some("nonsense")).await;
    assert_eq!(heard, Err(BillError::Unreadable { what: "the cursor".to_owned() }));
}
