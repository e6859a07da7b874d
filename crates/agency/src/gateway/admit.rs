//! Who calls: from a token to an assistant and the state of its client.

use std::sync::{Arc, PoisonError};

use axum::http::HeaderMap;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::AssistantId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::ClientState;
use ownkey_protocol::token;
use ownkey_providers::auth;
use ownkey_providers::refuse::Refusal;

use super::{Door, Refused, refuse};
use crate::Agency;

/// An assistant that may call.
pub(crate) struct Admitted {
    pub(crate) assistant: AssistantId,
    /// SHA-256 of its token.
    pub(crate) token: Hash,
    pub(crate) state: Arc<ClientState>,
}

const UNKNOWN: &str = "This gateway token is not known, or has run out. Ask the agency for a new one.";

pub(crate) fn admit(
    agency: &Agency,
    door: Door,
    headers: &HeaderMap,
    query: Option<&str>,
    now: Instant,
) -> Result<Admitted, Refused> {
    let Some(text) = auth::token_from(door.envelope(), headers, query) else {
        return refuse(Refusal::BadToken, "Send exactly one gateway token where the provider's SDK puts its key.");
    };
    if !token::has_form(&text) {
        return refuse(Refusal::BadToken, "This is not a gateway token. Never send a provider's key to the gateway.");
    }
    let hash = token::hash(text.as_bytes());
    let known = agency.gateway.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).copied();
    let client = match known {
        Some(client) => client,
        None => {
            let Ok(Some(client)) = agency.store.pointer("token", &hash.to_string()) else {
                return refuse(Refusal::BadToken, UNKNOWN);
            };
            agency.gateway.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(hash, client);
            client
        }
    };
    let Ok(state) = agency.record.state(client) else {
        tracing::error!(%client, "the record does not verify; not served");
        return refuse(Refusal::Overloaded, "This client cannot be served at present. The agency has been told.");
    };
    match state.assistant_of(hash, now) {
        Some(assistant) => Ok(Admitted { assistant, token: hash, state }),
        None => refuse(Refusal::BadToken, UNKNOWN),
    }
}
