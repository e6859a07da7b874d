//! Good keys, foreign keys, and permissions one by one; the whole matrix of wrong keys is in `cells`.

use ownkey_protocol::vocabulary::Answer::{No, NotProvable, Yes};
use ownkey_protocol::vocabulary::{Provider, Question, Use, VerdictCode as Code};
use ownkey_provider_sim::KeySpec;
use ownkey_providers::check::check;
use ownkey_providers::classify::{Pasted, classify};

use super::{Room, answer, of, refused};

#[tokio::test]
async fn a_good_key_is_good_everywhere_and_costs_nothing() {
    let room = Room::open().await;
    for p in Provider::ALL {
        let scopes = (p == Provider::OpenAi)
            .then(|| ownkey_providers::make::openai::scopes(p.uses()).into_iter().map(str::to_owned).collect());
        let (_, key) = room.key(p, KeySpec { scopes, ..KeySpec::default() });
        let report = room.check(p, &key).await;
        assert_eq!(report.verdicts.clone().map(|v| v.what), Question::ALL);
        for what in [Question::Reach, Question::Key] {
            assert_eq!(answer(&report, what), (Yes, Code::Ok), "{p} {report:?}");
        }
        assert!(report.verdicts.iter().all(|v| matches!(v.answer, Yes | NotProvable)), "{p} {report:?}");
        assert!(report.models.iter().all(|m| !m.id.is_empty() && !m.display_name.is_empty()));
        let rows = room.sims.control().ledger(of(p));
        assert!(!rows.is_empty() && rows.iter().all(|row| !row.billed), "{p}: {rows:?}");
    }
}

#[tokio::test]
async fn credit_is_proven_where_a_free_call_tells_it() {
    let room = Room::open().await;
    for p in Provider::ALL {
        let (_, key) = room.key(p, KeySpec::default());
        let expected = if p == Provider::Stability { (Yes, Code::Ok) } else { (NotProvable, Code::CreditUnseen) };
        assert_eq!(answer(&room.check(p, &key).await, Question::Credit), expected, "{p}");
    }
}

#[tokio::test]
async fn another_providers_key_is_refused_without_being_sent() {
    let room = Room::open().await;
    for p in Provider::ALL {
        for other in Provider::ALL.into_iter().filter(|q| *q != p) {
            let (_, key) = room.key(other, KeySpec::default());
            if (p, other) == (Provider::OpenAi, Provider::Stability) {
                // The one shape that two providers share: the app asks the person before it comes to a check.
                let shape = key.expose(|bytes| classify(std::str::from_utf8(bytes).unwrap()));
                assert_eq!(shape, Pasted::Ambiguous { providers: vec![other, p] });
                continue;
            }
            refused(&room.check(p, &key).await, Code::OtherProvider, &format!("{p} gets {other}'s"));
        }
        assert!(room.sims.control().ledger(of(p)).is_empty(), "{p}");
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused() {
    let room = Room::open().await;
    for p in Provider::ALL {
        let (id, key) = room.key(p, KeySpec::default());
        room.sims.control().revoke_key(of(p), &id);
        let report = room.check(p, &key).await;
        assert_eq!(answer(&report, Question::Reach), (Yes, Code::Ok));
        refused(&report, Code::KeyRefused, p.as_str());
    }
}

#[tokio::test]
async fn an_openai_key_without_a_scope_lives_and_says_what_is_missing() {
    let room = Room::open().await;
    let scopes = |list: &[&str]| Some(list.iter().map(|s| (*s).to_owned()).collect());
    let (_, key) = room.key(
        Provider::OpenAi,
        KeySpec {
            scopes: scopes(&[
                "api.model.read",
                "api.model.request",
                "api.model.chat_completions.request",
                "api.responses.write",
            ]),
            ..KeySpec::default()
        },
    );
    let report = room.check(Provider::OpenAi, &key).await;
    assert_eq!(answer(&report, Question::Key), (Yes, Code::Ok), "{report:?}");
    assert_eq!(answer(&report, Question::Scope), (No, Code::ScopeMissing), "{report:?}");
    let chat = check(&room.http, &room.endpoints, Provider::OpenAi, &key, &[Use::Chat]).await;
    assert_eq!(answer(&chat, Question::Scope).0, Yes, "{chat:?}");

    let (_, key) = room.key(
        Provider::OpenAi,
        KeySpec {
            scopes: scopes(&["api.model.request", "api.model.chat_completions.request", "api.responses.write"]),
            ..KeySpec::default()
        },
    );
    let hidden = check(&room.http, &room.endpoints, Provider::OpenAi, &key, &[Use::Chat]).await;
    assert_eq!(answer(&hidden, Question::Key), (Yes, Code::Ok), "{hidden:?}");
    assert_eq!(answer(&hidden, Question::Model), (NotProvable, Code::ModelsHidden), "{hidden:?}");
}
