//! What goes wrong with questions about money, and how it is told.

use std::time::Duration;

use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{Fault, FaultKind, KeyKind, KeySpec};
use ownkey_providers::bill::{self, Ask, BillError, Kind};
use ownkey_secret::Secret;
use serde_json::json;

use crate::{Room, span};

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
    for provider in [Provider::OpenAi, Provider::Anthropic, Provider::Replicate] {
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
                KeyKind::Work if provider == Provider::Replicate => assert!(heard.is_ok(), "an ordinary token will do"),
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
