//! Replicate: the account proves the key; credit and permissions show nowhere (providers.md §2.5). Never tested with a
//! prediction: a bad version is answered before the token is looked at.

use ownkey_protocol::vocabulary::{Account, Question, Use, VerdictCode};
use serde_json::Value;

use super::Asker;
use super::findings::Findings;
use crate::models;

pub(super) async fn check(asker: &Asker<'_>, uses: &[Use]) -> Box<Findings> {
    let (mut findings, told) = match asker.first("/v1/account").await {
        Ok(living) => living,
        Err(done) => return done,
    };
    let id = told.body["username"].as_str().filter(|id| !id.is_empty() && id.len() <= 128 && !id.contains('@'));
    if let Some(id) = id {
        findings.account = Account::Told(id.to_owned());
    }
    findings.models(models::offers(asker.provider, &Value::Null), uses);
    findings.credit_unseen();
    findings.unproven(Question::Scope, VerdictCode::ScopeUnseen, None);
    findings
}
