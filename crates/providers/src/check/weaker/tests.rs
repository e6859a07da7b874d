use super::*;
use crate::models::ModelOffer;

const CHAT: &[Use] = &[Use::Chat];

fn told(id: &str) -> Account {
    Account::Told(id.to_owned())
}

/// A key in order: two models for chat, one for pictures.
fn good() -> Report {
    let model = |id: &str, used| ModelOffer { id: id.to_owned(), uses: vec![used], display_name: id.to_owned() };
    Report {
        verdicts: Question::ALL.map(|what| Verdict { what, answer: Answer::Yes, code: VerdictCode::Ok, words: None }),
        models: vec![model("gpt-5", Use::Chat), model("gpt-4o", Use::Chat), model("gpt-image-1", Use::Images)],
        account: told("proj_1"),
        lacking: vec![],
    }
}

fn with(what: Question, answer: Answer, code: VerdictCode) -> Report {
    let mut report = good();
    for verdict in report.verdicts.iter_mut().filter(|verdict| verdict.what == what) {
        *verdict = Verdict { what, answer, code, words: None };
    }
    report
}

fn found(new: &Report, uses: &[Use]) -> Vec<Weakness> {
    weaker(&Snapshot::from(&good()), new, uses)
}

#[test]
fn a_key_that_is_as_good_or_better_is_not_weaker() {
    assert_eq!(found(&good(), &Use::ALL), []);
    let mut poor = good();
    poor.models.clear();
    poor.account = Account::Untold;
    assert_eq!(weaker(&Snapshot::from(&poor), &good(), &Use::ALL), []);
    let narrower = with(Question::Scope, Answer::Yes, VerdictCode::ScopeWide);
    assert_eq!(weaker(&Snapshot::from(&narrower), &good(), CHAT), [], "fewer rights than all are no weakness");
}

#[test]
fn models_that_are_gone_are_named_for_the_uses_in_question_only() {
    let mut new = good();
    new.models.retain(|model| model.id == "gpt-5");
    let missing = vec!["gpt-4o".to_owned()];
    assert_eq!(found(&new, CHAT), [Weakness::FewerModels { missing: missing.clone() }]);
    let both = found(&new, &[Use::Chat, Use::Images]);
    assert_eq!(both, [Weakness::UseMissing(Use::Images), Weakness::FewerModels { missing }]);
    assert_eq!(found(&new, &[]), []);
}

#[test]
fn a_use_is_missing_without_its_permission_or_without_any_model() {
    let mut new = with(Question::Scope, Answer::No, VerdictCode::ScopeMissing);
    new.lacking = vec![Use::Images];
    assert_eq!(found(&new, &Use::ALL), [Weakness::UseMissing(Use::Images)]);
    assert_eq!(found(&new, CHAT), [], "what nobody used is not missed");
    let mut new = with(Question::Model, Answer::No, VerdictCode::ModelMissing);
    new.models.retain(|model| model.uses != CHAT);
    assert_eq!(found(&new, CHAT), [Weakness::UseMissing(Use::Chat)]);
}

#[test]
fn models_that_are_hidden_now_are_not_called_gone() {
    let mut new = with(Question::Model, Answer::NotProvable, VerdictCode::ModelsHidden);
    new.models.clear();
    assert_eq!(found(&new, CHAT), [Weakness::ModelsHidden]);
    assert_eq!(weaker(&Snapshot::from(&new), &new, CHAT), [], "they were hidden before");
}

#[test]
fn another_project_organisation_or_workspace_is_another_account() {
    for (old, new) in [("proj_1", "proj_2"), ("org-1", "org-2"), ("wrkspc_1", "wrkspc_2"), ("acme", "other-user")] {
        let (before, after) = (Report { account: told(old), ..good() }, Report { account: told(new), ..good() });
        let other = Weakness::OtherAccount { old: old.to_owned(), new: new.to_owned() };
        assert_eq!(weaker(&Snapshot::from(&before), &after, CHAT), [other]);
    }
    let untold = Report { account: Account::Untold, ..good() };
    assert_eq!(found(&untold, CHAT), [Weakness::AccountUnseen]);
    let organisation = Report { account: told("org-1"), ..good() };
    assert_eq!(
        found(&organisation, CHAT),
        [Weakness::AccountUnseen],
        "a project and an organisation cannot be compared"
    );
}

#[test]
fn money_that_is_gone_is_told_unless_it_was_gone_before() {
    for code in [VerdictCode::NoCredit, VerdictCode::SpendLimit] {
        let new = with(Question::Credit, Answer::No, code);
        assert_eq!(found(&new, CHAT), [Weakness::NoCredit(code)]);
        assert_eq!(weaker(&Snapshot::from(&new), &new, CHAT), []);
    }
}

#[test]
fn a_refused_key_is_told_with_its_reason_and_nothing_else() {
    let mut new = with(Question::Key, Answer::No, VerdictCode::KeyExpired);
    new.models.clear();
    assert_eq!(
        found(&Report { account: told("proj_1"), ..new }, CHAT),
        [Weakness::KeyRefused(VerdictCode::KeyExpired)]
    );
}

#[test]
fn silence_and_a_limit_to_other_addresses_prove_nothing() {
    let unproven = |what, code| Weakness::Unproven { what, code };
    let silent = with(Question::Reach, Answer::No, VerdictCode::Timeout);
    assert_eq!(found(&silent, CHAT), [unproven(Question::Reach, VerdictCode::Timeout)]);
    let elsewhere = with(Question::Key, Answer::No, VerdictCode::AddressNotAllowed);
    assert_eq!(found(&elsewhere, CHAT), [unproven(Question::Key, VerdictCode::AddressNotAllowed)]);
    let slow = with(Question::Scope, Answer::NotProvable, VerdictCode::RateLimited);
    assert_eq!(found(&slow, CHAT), [unproven(Question::Scope, VerdictCode::RateLimited)]);
    assert_eq!(weaker(&Snapshot::from(&slow), &slow, CHAT), []);
}

#[test]
fn what_is_written_down_comes_back() {
    let all = [
        Weakness::KeyRefused(VerdictCode::KeyRefused),
        Weakness::OtherAccount { old: "proj_1".to_owned(), new: "proj_2".to_owned() },
        Weakness::AccountUnseen,
        Weakness::UseMissing(Use::Voice),
        Weakness::FewerModels { missing: vec!["gpt-5".to_owned()] },
        Weakness::ModelsHidden,
        Weakness::NoCredit(VerdictCode::SpendLimit),
        Weakness::Unproven { what: Question::Scope, code: VerdictCode::Outage },
    ];
    let text = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Weakness>>(&text).unwrap(), all);
    assert!(text.contains(r#"{"kind":"use_missing","of":"voice"}"#), "{text}");
    let snapshot = Snapshot::from(&good());
    let text = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
}
