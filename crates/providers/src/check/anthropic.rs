//! Anthropic: the list of models proves the key; counting tokens is free and may tell about credit (providers.md §2.2).

use ownkey_protocol::vocabulary::{Account, Answer, Question, Use, VerdictCode};
use serde_json::json;

use super::Asker;
use super::findings::Findings;
use crate::http::Ask;
use crate::models;
use crate::reply::Reply;

pub(super) async fn check(asker: &Asker<'_>, uses: &[Use]) -> Box<Findings> {
    let (mut findings, told) = match asker.ask(Ask::get("/v1/models?limit=1000")).await {
        Err(unheard) => return Findings::unheard(unheard),
        // A disabled key is answered "not found".
        Ok(told) if told.status == 404 => {
            let mut findings = Findings::new();
            findings.yes(Question::Reach);
            return findings.key_refused(VerdictCode::KeyRefused, told.words);
        }
        Ok(told) => match Findings::first(told) {
            Ok(living) => living,
            Err(done) => return done,
        },
    };
    let workspace = told.headers.get("anthropic-workspace-id").and_then(|value| value.to_str().ok());
    if let Some(id) = workspace.filter(|id| !id.is_empty() && id.len() <= 128) {
        findings.account = Account::Told(id.to_owned());
    }
    match told.reply {
        Reply::Ok => findings.models(models::offers(asker.provider, &told.body), uses),
        Reply::Permission(code) => {
            findings.unproven(Question::Model, VerdictCode::ModelsHidden, told.words.clone());
            findings.set(Question::Scope, Answer::No, code, told.words);
        }
        _ => findings.unproven(Question::Model, VerdictCode::ModelsHidden, told.words),
    }
    match findings.models.first().map(|model| model.id.clone()) {
        Some(model) => count(asker, &mut findings, &model).await,
        None if findings.answer(Question::Scope) == Answer::No => {}
        None => findings.unproven(Question::Scope, VerdictCode::ScopeUnseen, None),
    }
    findings.credit_unseen();
    findings
}

/// Counts the tokens of one word, which costs nothing.
async fn count(asker: &Asker<'_>, findings: &mut Findings, model: &str) {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "hello"}]}).to_string();
    let told = asker.ask(Ask::post("/v1/messages/count_tokens", body)).await;
    findings.unproven(Question::Scope, VerdictCode::ScopeUnseen, None);
    let Ok(told) = told else { return };
    match told.reply {
        Reply::Drained(code) => findings.set(Question::Credit, Answer::No, code, told.words),
        Reply::Permission(code) => findings.set(Question::Scope, Answer::No, code, told.words),
        Reply::Ok | Reply::Dead(_) | Reply::Rate | Reply::Outage | Reply::Other => {}
    }
}
