//! Gemini: the list of models proves little for keys bound to a service account, so tokens are counted too, which is
//! free and needs the right that calls need (providers.md §2.3).

use ownkey_protocol::vocabulary::{Answer, Question, Use, VerdictCode};

use super::Asker;
use super::findings::{Findings, code_of};
use crate::http::Ask;
use crate::models;
use crate::reply::Reply;

pub(super) async fn check(asker: &Asker<'_>, uses: &[Use]) -> Box<Findings> {
    let (mut findings, told) = match asker.first("/v1beta/models?pageSize=1000").await {
        Ok(living) => living,
        Err(done) => return done,
    };
    match told.reply {
        Reply::Ok => findings.models(models::offers(asker.provider, &told.body), uses),
        Reply::Permission(code) => {
            findings.unproven(Question::Model, VerdictCode::ModelsHidden, told.words.clone());
            findings.set(Question::Scope, Answer::No, code, told.words);
        }
        _ => findings.unproven(Question::Model, VerdictCode::ModelsHidden, told.words),
    }
    if findings.answer(Question::Scope) == Answer::NotAsked {
        match findings.models.first().map(|model| model.id.clone()) {
            Some(model) => count(asker, &mut findings, &model).await,
            None => findings.unproven(Question::Scope, VerdictCode::ScopeUnseen, None),
        }
    }
    findings.credit_unseen();
    findings
}

async fn count(asker: &Asker<'_>, findings: &mut Findings, model: &str) {
    let path = format!("/v1beta/models/{model}:countTokens");
    let body = r#"{"contents":[{"parts":[{"text":"hello"}]}]}"#;
    match asker.ask(Ask::post(&path, body)).await {
        Err(unheard) => findings.unproven(Question::Scope, code_of(unheard), None),
        Ok(told) => match told.reply {
            Reply::Ok => findings.yes(Question::Scope),
            Reply::Permission(code) => findings.set(Question::Scope, Answer::No, code, told.words),
            Reply::Drained(code) => {
                findings.set(Question::Credit, Answer::No, code, told.words);
                findings.yes(Question::Scope);
            }
            // A key without the role is answered like a wrong one here, though the list accepted it.
            Reply::Dead(_) => findings.set(Question::Scope, Answer::No, VerdictCode::ScopeMissing, told.words),
            Reply::Rate => findings.unproven(Question::Scope, VerdictCode::RateLimited, told.words),
            Reply::Outage => findings.unproven(Question::Scope, VerdictCode::Outage, told.words),
            Reply::Other => findings.unproven(Question::Scope, VerdictCode::ScopeUnseen, told.words),
        },
    }
}
