//! The providers' bad days, and what nobody has confirmed about them, either way.

use ownkey_protocol::vocabulary::Answer::No;
use ownkey_protocol::vocabulary::{Account, Provider, Question, VerdictCode as Code};
use ownkey_provider_sim::{self as sim, FaultKind, KeyShape, KeySpec};

use super::{Room, answer, of, refused};

#[tokio::test]
async fn googles_older_keys_are_told_that_they_are_no_longer_accepted() {
    let room = Room::open().await;
    let (_, key) = room.key(Provider::Gemini, KeySpec { shape: KeyShape::Standard, ..KeySpec::default() });
    refused(&room.check(Provider::Gemini, &key).await, Code::KindRetired, "AIza");
}

#[tokio::test]
async fn bad_days_of_the_provider_are_not_the_keys_fault() {
    let room = Room::open().await;
    for p in Provider::ALL {
        for kind in [
            FaultKind::Status { code: 500, body: serde_json::Value::Null },
            FaultKind::Status { code: 429, body: serde_json::Value::Null },
            FaultKind::HangUp,
            FaultKind::Garbage,
        ] {
            let (_, key) = room.key(p, KeySpec::default());
            room.fault(p, kind.clone());
            let report = room.check(p, &key).await;
            room.sims.control().clear_faults(of(p));
            assert_ne!(answer(&report, Question::Key).0, No, "{p} {kind:?} {report:?}");
            assert!(
                report
                    .verdicts
                    .iter()
                    .any(|v| matches!(v.code, Code::Outage | Code::RateLimited | Code::Unreachable | Code::Timeout)),
                "{p} {kind:?} {report:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_provider_that_quotes_the_key_is_masked() {
    let room = Room::open().await;
    for p in Provider::ALL {
        let (_, key) = room.key(p, KeySpec::default());
        room.fault(p, FaultKind::EchoKey);
        let report = room.check(p, &key).await;
        let said = format!("{report:?}");
        let text = key.expose(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        let random = &text[14..];
        for at in 0..random.len() - 8 {
            assert!(!said.contains(&random[at..at + 8]), "{p} {said}");
        }
        assert!(report.verdicts.iter().all(|v| v.words.as_ref().is_none_or(|w| w.chars().count() <= 300)));
    }
}

#[tokio::test]
async fn the_account_is_an_id_and_no_personal_data() {
    let room = Room::open().await;
    for p in Provider::ALL {
        let (_, key) = room.key(p, KeySpec::default());
        match room.check(p, &key).await.account {
            Account::Told(id) => assert!(!id.contains('@') && !id.is_empty(), "{p} {id}"),
            Account::Untold => {}
        }
    }
}

#[tokio::test]
async fn unconfirmed_facts_are_met_either_way() {
    use Provider::{Anthropic, Gemini, OpenAi, Stability};
    // (provider, switch, value, what is done to the key, expected)
    let rows: [(Provider, &str, &str, &str, Code); 11] = [
        (OpenAi, "expired_code", "expired_api_key", "expire", Code::KeyExpired),
        (Anthropic, "disabled_status", "404", "disable", Code::KeyRefused),
        (Anthropic, "disabled_status", "401", "disable", Code::KeyRefused),
        (Gemini, "bad_key_message", "not_found", "revoke", Code::KeyRefused),
        (Stability, "bad_key_body", "message_only", "revoke", Code::KeyRefused),
        (Stability, "bad_key_body", "unauthorized", "revoke", Code::KeyRefused),
        (Gemini, "bad_key_message", "not_valid", "leak", Code::KeyLeaked),
        (OpenAi, "models_missing_scope_status", "401", "hide", Code::Ok),
        (OpenAi, "models_missing_scope_status", "403", "hide", Code::Ok),
        (OpenAi, "missing_scope_code", "missing_scope", "hide", Code::Ok),
        (Anthropic, "count_tokens_shows_credit", "no", "drain", Code::Ok),
    ];
    for (p, switch, value, deed, expected) in rows {
        let room = Room::open().await;
        let control = room.sims.control();
        control.unconfirmed(of(p), switch, value);
        let scopes = (deed == "hide").then(|| vec!["api.model.request".to_owned()]);
        let (id, key) = room.key(p, KeySpec { scopes, ..KeySpec::default() });
        match deed {
            "expire" => drop(control.expire_key(of(p), &id)),
            "disable" => drop(control.disable_key(of(p), &id)),
            "leak" => drop(control.leak_key(of(p), &id)),
            "revoke" => drop(control.revoke_key(of(p), &id)),
            "drain" => drop(control.drain_account(of(p), &control.keys(of(p))[0].account)),
            _ => {}
        }
        let report = room.check(p, &key).await;
        assert_eq!(answer(&report, Question::Key).1, expected, "{p} {switch} {value} {report:?}");
    }
}

#[tokio::test]
async fn anthropics_ways_to_say_that_there_is_no_money() {
    for (how, expected) in [
        ("credit_balance", (Question::Credit, Code::NoCredit)),
        ("billing_error", (Question::Credit, Code::NoCredit)),
        ("spend_limit", (Question::Credit, Code::SpendLimit)),
        ("tier_cap", (Question::Credit, Code::SpendLimit)),
    ] {
        let room = Room::open().await;
        let control = room.sims.control();
        control.unconfirmed(sim::Provider::Anthropic, "count_tokens_shows_credit", "yes");
        control.unconfirmed(sim::Provider::Anthropic, "no_credit", how);
        let (_, key) = room.key(Provider::Anthropic, KeySpec::default());
        control.drain_account(sim::Provider::Anthropic, &control.keys(sim::Provider::Anthropic)[0].account);
        let report = room.check(Provider::Anthropic, &key).await;
        assert_eq!(answer(&report, expected.0), (No, expected.1), "{how} {report:?}");
    }
}

#[tokio::test]
async fn a_switched_off_api_is_said_for_gemini() {
    let room = Room::open().await;
    room.sims.control().unconfirmed(sim::Provider::Gemini, "api", "disabled");
    let (_, key) = room.key(Provider::Gemini, KeySpec::default());
    let report = room.check(Provider::Gemini, &key).await;
    assert!(report.verdicts.iter().any(|v| v.answer == No && v.code == Code::ApiDisabled), "{report:?}");
}
