//! Addresses of a provider's further hosts on their way home and back, and what must be remembered of them.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::auth;
use ownkey_providers::hosts::{self, Addresses};
use ownkey_providers::refuse::Refusal;
use ownkey_providers::routes::{Reference, Seen, Thing, uploads_in};

use super::body::Held;
use super::call::{Account, Call, MadeOn};
use super::{Door, Refused, refuse};
use crate::Agency;
use crate::store::{Made, StoreError};

/// More addresses in one body are not looked up: such a body is refused.
const MAX_ADDRESSES: usize = 256;

/// Where the answers of `provider` lead, there and here.
pub(crate) fn addresses(agency: &Agency, provider: Provider) -> Addresses {
    Addresses::new(&agency.config.endpoints, provider, &super::answer::here(agency, provider))
}

/// The origin and path that a call goes to, and whether the key goes with it; `None` when that host is not there.
pub(crate) fn target<'c>(agency: &'c Agency, call: &'c Call) -> Option<(&'c str, &'c str, bool)> {
    match hosts::in_path(call.provider, &call.path) {
        Some((host, path)) => Some((agency.config.endpoints.host(host)?, path, host.credential)),
        None => Some((agency.config.endpoints.origin(call.provider), &call.path, true)),
    }
}

/// Turns the gateway's addresses in a body back into the provider's, and notes what they refer to. A body that carries the
/// caller's own token is refused: the provider would send it on, for example to a webhook.
pub(crate) fn send_away(
    agency: &Agency,
    door: Door,
    headers: &HeaderMap,
    body: &mut Held,
    seen: &mut Seen,
) -> Result<(), Refused> {
    if door != Door::Direct(Provider::Replicate) || !body.whole() {
        return Ok(());
    }
    let Ok(text) = std::str::from_utf8(&body.start) else { return Ok(()) };
    if auth::token_from(Provider::Replicate, headers, None).is_some_and(|token| text.contains(token.as_str())) {
        return refuse(Refusal::BadRequest, "The body has the gateway token in it, which goes to no provider.");
    }
    let mut found = Vec::new();
    let turned = match addresses(agency, Provider::Replicate).away(text, &mut found) {
        Cow::Owned(turned) => Some(turned),
        Cow::Borrowed(_) => None,
    };
    if found.len() > MAX_ADDRESSES {
        return refuse(Refusal::TooLarge, "The body names more files than can be looked up.");
    }
    seen.references.extend(found.into_iter().map(|id| Reference { thing: Thing::Address, id }));
    if let Some(turned) = turned {
        body.start = turned.into_bytes().into();
    }
    Ok(())
}

/// Remembers what the addresses in answers lead to.
#[derive(Clone)]
pub(crate) struct Keeper {
    agency: Arc<Agency>,
    client: ClientId,
    provider: Provider,
    connection: MadeOn,
}

impl Keeper {
    pub(crate) fn new(agency: &Arc<Agency>, client: ClientId, call: &Call, account: &Account) -> Self {
        let connection = account.own.map(|(c, _)| c);
        Self { agency: agency.clone(), client, provider: call.provider, connection }
    }

    fn made(&self, thing: String) -> Made {
        let (client, provider, connection) = (self.client, self.provider, self.connection);
        Made { client, provider, thing, connection, at: self.agency.now() }
    }

    pub(crate) fn keep(&self, found: Vec<String>) -> Result<(), StoreError> {
        found.into_iter().try_for_each(|thing| self.agency.things.remember(&self.made(thing)))
    }

    /// Whether what this thing used has not been counted yet. When it cannot be told, it counts.
    pub(crate) fn stated_first(&self, thing: String) -> bool {
        self.agency.things.stated_first(self.made(thing)).unwrap_or(true)
    }

    /// Off the network's threads; what could not be remembered must not reach the assistant.
    pub(crate) async fn keep_apart(&self, found: Vec<String>) -> Result<(), Refused> {
        if found.is_empty() {
            return Ok(());
        }
        let keeper = self.clone();
        match tokio::task::spawn_blocking(move || keeper.keep(found)).await {
            Ok(Ok(())) => Ok(()),
            _ => refuse(Refusal::Overloaded, "What the call made could not be remembered."),
        }
    }
}

/// Headers that hold an address: it comes home, or goes when it leads elsewhere. The uploads that they name.
pub(crate) fn headers_home(agency: &Agency, call: &Call, headers: &mut HeaderMap) -> Vec<String> {
    let mut uploads = Vec::new();
    for name in ["location", "content-location", "x-goog-upload-url", "x-goog-upload-control-url"] {
        let Some(value) = headers.get(name).and_then(|v| v.to_str().ok()) else { continue };
        let home = match addresses(agency, call.provider).home(value, &mut uploads) {
            Cow::Owned(home) => HeaderValue::from_str(&home).ok(),
            Cow::Borrowed(_) => None,
        };
        let query = value.split_once('?').map(|(_, query)| query);
        uploads.extend(uploads_in(call.route, query));
        match home {
            Some(home) => headers.insert(name, home),
            None => headers.remove(name),
        };
    }
    uploads
}
