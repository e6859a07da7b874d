//! OpenAI: the list of models proves the key; calls that are invalid on purpose prove scopes (providers.md §2.1).

use futures_util::future::join_all;
use ownkey_protocol::vocabulary::{Account, Answer, Question, Use, VerdictCode};

use super::findings::{Findings, code_of};
use super::{Asker, Told};
use crate::http::{Ask, Unheard};
use crate::models;
use crate::reply::Reply;

/// Lacks what every work route requires, so it is refused after the scope was looked at and before anything costs.
const INVALID: &str = r#"{"speed":1}"#;

pub(super) async fn check(asker: &Asker<'_>, uses: &[Use]) -> Box<Findings> {
    let (mut findings, told) = match asker.first("/v1/models").await {
        Ok(living) => living,
        Err(done) => return done,
    };
    findings.account = account(&told);
    match told.reply {
        Reply::Ok => findings.models(models::offers(asker.provider, &told.body), uses),
        _ => findings.unproven(Question::Model, VerdictCode::ModelsHidden, told.words),
    }
    let routes: Vec<(Use, &str)> =
        uses.iter().flat_map(|used| probes(*used).iter().map(|route| (*used, *route))).collect();
    let (answers, wide) = futures_util::join!(
        join_all(routes.iter().map(|(used, route)| async { (*used, asker.ask(Ask::post(route, INVALID)).await) })),
        asker.ask(Ask::get("/v1/fine_tuning/jobs?limit=1")),
    );
    scope(&mut findings, answers, wide);
    findings.credit_unseen();
    findings
}

/// Routes whose scope a use needs.
const fn probes(used: Use) -> &'static [&'static str] {
    match used {
        Use::Chat => &["/v1/responses", "/v1/chat/completions"],
        Use::Images => &["/v1/images/generations"],
        Use::Voice => &["/v1/audio/speech"],
    }
}

fn scope(findings: &mut Findings, answers: Vec<(Use, Result<Told, Unheard>)>, wide: Result<Told, Unheard>) {
    let mut missing = None;
    let mut unknown = None;
    for (used, answer) in answers {
        match answer {
            Err(unheard) => unknown = Some(code_of(unheard)),
            Ok(told) => match told.reply {
                // After the first answer the key is known to live, so a refusal here is one of this route.
                Reply::Permission(_) | Reply::Dead(_) => {
                    missing = missing.or(Some(told.words));
                    if !findings.lacking.contains(&used) {
                        findings.lacking.push(used);
                    }
                }
                Reply::Drained(code) => findings.set(Question::Credit, Answer::No, code, told.words),
                Reply::Rate => unknown = Some(VerdictCode::RateLimited),
                Reply::Outage => unknown = Some(VerdictCode::Outage),
                Reply::Ok | Reply::Other => {}
            },
        }
    }
    match (missing, unknown) {
        (Some(words), _) => findings.set(Question::Scope, Answer::No, VerdictCode::ScopeMissing, words),
        (None, Some(code)) => findings.unproven(Question::Scope, code, None),
        (None, None) if wide.is_ok_and(|told| told.reply == Reply::Ok) => {
            findings.set(Question::Scope, Answer::Yes, VerdictCode::ScopeWide, None);
        }
        (None, None) => findings.yes(Question::Scope),
    }
}

/// OpenAI names organisation and project of the key in its answers' headers.
fn account(told: &Told) -> Account {
    let header = |name: &str| told.headers.get(name).and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
    match header("openai-project").or_else(|| header("openai-organization")) {
        Some(id) if id.len() <= 128 => Account::Told(id.to_owned()),
        _ => Account::Untold,
    }
}
