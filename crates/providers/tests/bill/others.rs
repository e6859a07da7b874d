//! Replicate's list of predictions and Stability's balance.

use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{BookedCall, BooksChange, Fault, FaultKind};
use ownkey_providers::bill::{self, Ask, BillError, Kind};
use serde_json::json;

use crate::{Room, START, once, span, units, used};

const PREDICTIONS: Ask = Ask::Usage(Kind::Predictions);

#[tokio::test]
async fn replicate_lists_each_prediction_with_the_time_it_ran() {
    let room = Room::open(Provider::Replicate).await;
    let call = |number: u64| BookedCall {
        at: START + i64::try_from(number).unwrap() * 1_000_000,
        key: Some(room.keys[0].clone()),
        model: "black-forest-labs/flux-schnell".to_owned(),
        units: units(&[("predict_ms", 1_234 + number)]),
        ..BookedCall::default()
    };
    let booked: Vec<BookedCall> = (0..250).map(call).collect();
    room.book(booked.clone());
    let inside = |call: &&BookedCall| (span(1).from.unix_millis()..span(1).to.unix_millis()).contains(&call.at);
    let sum = |calls: &[BookedCall]| calls.iter().filter(inside).map(|call| call.units["predict_ms"]).sum::<u64>();
    let (rows, _) = room.all(PREDICTIONS, span(1)).await;
    assert_eq!((rows.len(), used(&rows, "predict_ms")), (87, sum(&booked)), "those of the day only");
    let (rows, pages) = room.all(PREDICTIONS, span(5)).await;
    assert_eq!((rows.len(), pages), (250, 3));
    assert!(
        rows.iter().all(|row| row.model.as_deref() == Some("black-forest-labs/flux-schnell") && row.line.is_some())
    );
    assert!(rows.iter().all(|row| row.amount.is_none() && row.key.is_none() && row.requests == Some(1)));
    room.change(BooksChange::Shuffled(true));
    room.change(BooksChange::Repeated(true));
    let (again, _) = room.all(PREDICTIONS, span(5)).await;
    assert_eq!((again.len(), once(again).len()), (252, 250));
    room.change(BooksChange::LeaveOut(Some(5)));
    assert_eq!(once(room.all(PREDICTIONS, span(5)).await.0).len(), 200, "what was forgotten is not in the list");
}

#[tokio::test]
async fn the_next_page_is_asked_for_at_replicate_whatever_address_it_names() {
    let room = Room::open(Provider::Replicate).await;
    let body = |next: serde_json::Value| {
        json!({"next": next, "previous": null, "results": [{
            "id": "p1", "model": null, "created_at": "2026-09-01T10:20:30.765994Z", "metrics": {"predict_time": 0.1234567}
        }]})
    };
    let answer = async |body| {
        room.sims.control().inject(room.sim, Fault::next(1, FaultKind::Status { code: 200, body }));
        room.page(PREDICTIONS, span(1), None).await
    };
    let page = answer(body(json!("https://elsewhere.example/v1/predictions?cursor=cD0y%3D"))).await.unwrap();
    assert_eq!(page.next.as_deref(), Some("cD0y="));
    assert_eq!(page.rows[0].units["predict_ms"], 124, "as the agency's book counts: up to the next thousandth");
    let none = answer(body(json!("https://elsewhere.example/v1/predictions"))).await;
    assert_eq!(none, Err(BillError::Unreadable { what: "next".to_owned() }));
}

#[tokio::test]
async fn stability_tells_its_balance_to_the_last_digit() {
    let room = Room::open(Provider::Stability).await;
    let balance = async || bill::balance(&room.http, &room.endpoints, &room.admin).await;
    assert_eq!(balance().await.unwrap().to_string(), "1000.5");
    let text = r#"{"credits":0.6336833840314097}"#.to_owned();
    let fault = |body| room.sims.control().inject(room.sim, Fault::next(1, FaultKind::Status { code: 200, body }));
    fault(json!(text));
    assert_eq!(balance().await.unwrap().to_string(), "0.633683384031");
    fault(json!({"credits": "many"}));
    assert_eq!(balance().await, Err(BillError::Unreadable { what: "credits".to_owned() }));
    room.sims.control().revoke_key(room.sim, &room.sims.control().keys(room.sim)[0].id);
    assert!(matches!(balance().await, Err(BillError::Refused { .. })));
}
