//! Who calls: from a token to an assistant and the state of its client.

use std::sync::{Arc, PoisonError};

use axum::http::{HeaderMap, Uri};
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
    pub(crate) state: Arc<ClientState>,
}

const UNKNOWN: &str = "This gateway token is not known, or has run out. Ask the agency for a new one.";

/// The hash of the token that was shown, be it known or not.
pub(crate) fn token(
    agency: &Agency,
    door: Door,
    headers: &HeaderMap,
    uri: &Uri,
    now: Instant,
) -> Result<Hash, Refused> {
    match auth::token_from(door.envelope(), headers, uri.query()) {
        Some(text) if token::has_form(&text) => Ok(token::hash(text.as_bytes())),
        Some(_) => {
            let words = "This is not a gateway token. Never send a provider's key to the gateway.";
            refuse(Refusal::BadToken, words)
        }
        None => match agency.gateway.uploads.token(door, uri, now).filter(|_| !auth::any(headers, uri.query())) {
            Some(hash) => Ok(hash),
            None => {
                let words = "Send exactly one gateway token where the provider's SDK puts its key.";
                refuse(Refusal::BadToken, words)
            }
        },
    }
}

/// Whose token it is, and what holds for its client now.
pub(crate) fn admit(agency: &Agency, hash: Hash, now: Instant) -> Result<Admitted, Refused> {
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
        Some(assistant) => Ok(Admitted { assistant, state }),
        None => refuse(Refusal::BadToken, UNKNOWN),
    }
}
