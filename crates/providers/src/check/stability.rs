//! Stability: the balance proves key and credit at once (providers.md §2.4). The account route is not asked: it answers
//! with personal data.

use ownkey_protocol::vocabulary::{Answer, Question, Use, VerdictCode};
use serde_json::Value;

use super::Asker;
use super::findings::Findings;
use crate::models;
use crate::reply::Reply;

pub(super) async fn check(asker: &Asker<'_>, uses: &[Use]) -> Box<Findings> {
    let (mut findings, told) = match asker.first("/v1/user/balance").await {
        Ok(living) => living,
        Err(done) => return done,
    };
    findings.models(models::offers(asker.provider, &Value::Null), uses);
    match told.body["credits"].as_f64() {
        Some(credits) if credits > 0.0 => findings.yes(Question::Credit),
        Some(_) => findings.set(Question::Credit, Answer::No, VerdictCode::NoCredit, None),
        None => findings.credit_unseen(),
    }
    match told.reply {
        Reply::Permission(code) => findings.set(Question::Scope, Answer::No, code, told.words),
        _ => findings.unproven(Question::Scope, VerdictCode::ScopeUnseen, None),
    }
    findings
}
