//! Tokens of assistants: made, listed by their names, and rotated.

use std::collections::BTreeSet;

use ownkey_protocol::act::Deed;
use ownkey_protocol::api::Named;
use ownkey_protocol::id::{AssistantId, ClientId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{Assistant, Token};
use ownkey_protocol::vocabulary::Use;
use ownkey_protocol::{random, token};
use serde_json::{Value, json};

use super::{Answer, name};
use crate::Agency;

/// Makes a token; the only time that it is shown.
pub(super) fn make(
    assistant: AssistantId,
    named: Option<Named>,
    uses: Option<Vec<Use>>,
    expires: Option<Instant>,
    act: impl Fn(Deed, Vec<Named>) -> Result<(), String>,
) -> Answer {
    let token = token::from_random(&random::bytes());
    // EXPOSE: a token is shown once, to the operator who asked for it.
    let text = token.expose(|t| String::from_utf8_lossy(t).into_owned());
    let token_hash = token::hash(text.as_bytes());
    let name_hash = named.as_ref().map(Named::hash);
    act(Deed::AssistantToken { assistant, token_hash, name_hash, uses, expires }, named.into_iter().collect())?;
    Ok(json!({ "assistant": assistant, "token": text }))
}

/// Makes a token in the place of those of the same name, with what they were good for; they end after the overlap.
pub(super) fn rotate(
    agency: &Agency,
    (client, assistant): (ClientId, AssistantId),
    wanted: Option<&str>,
    overlap_hours: u32,
    expires: Option<Instant>,
    act: impl Fn(Deed, Vec<Named>) -> Result<(), String>,
) -> Answer {
    let state = agency.record.state(client).map_err(|e| e.to_string())?;
    let known = state.assistants().get(&assistant).ok_or("there is no such assistant")?;
    let now = agency.now();
    let end = now.plus_millis(i64::from(overlap_hours) * 3_600_000);
    let mut old: Vec<(_, &Token)> = Vec::new();
    for (hash, token) in known.tokens.iter().filter(|(_, token)| token.good_at(now)) {
        let called = token.name_hash.map(|hash| name(agency, client, Some(hash))).transpose()?;
        if called.as_deref() == wanted {
            old.push((*hash, token));
        }
    }
    if old.is_empty() {
        return Err("there is no token of that name to replace".to_owned());
    }
    let all = old.iter().any(|(_, token)| token.uses.is_none());
    let uses: BTreeSet<Use> = old.iter().filter_map(|(_, token)| token.uses.as_ref()).flatten().copied().collect();
    let uses = (!all).then(|| uses.into_iter().collect());
    let mut made = make(assistant, wanted.map(Named::new), uses, expires, &act)?;
    for (token_hash, _) in old.iter().filter(|(_, token)| token.good_at(end)) {
        act(Deed::AssistantTokenEnd { assistant, token_hash: *token_hash, at: end }, vec![])?;
    }
    made["replaces"] = old.len().into();
    made["old_ends"] = json!(end);
    Ok(made)
}

/// The tokens of an assistant that are good now.
pub(super) fn list(agency: &Agency, client: ClientId, known: &Assistant) -> Result<Value, String> {
    let now = agency.now();
    let mut rows = Vec::new();
    for token in known.tokens.values().filter(|token| token.good_at(now)) {
        rows.push(json!({
            "name": name(agency, client, token.name_hash)?,
            "uses": token.uses,
            "since": token.since,
            "expires": token.expires,
        }));
    }
    Ok(Value::Array(rows))
}
