//! The provider's ids of a connection's keys: bills name keys by them. Of a key that Ownkey made it was written down; one
//! that a person made is looked up in the provider's list by its ends, once, and written down then.

use std::collections::BTreeMap;

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::vocabulary::{Account, Provider};
use ownkey_providers::make::openai::{self, Journal};
use ownkey_providers::make::{Found, Trace, anthropic};
use ownkey_secret::Secret;

use crate::App;
use crate::connect::made_name;
use crate::fault::Fault;
use crate::host::Host;
use crate::keychain::{admin_name, key_name};

/// The fact that keeps the id of a key that a person made.
fn found_name(connection: ConnectionId, version: u32) -> String {
    format!("found/{connection}/{version}")
}

/// The fact that keeps in which project such a key was found.
fn place_name(connection: ConnectionId) -> String {
    format!("found/{connection}/project")
}

impl<H: Host> App<H> {
    /// The project in which a key that a person made was found, where it did not tell itself.
    pub(super) fn found_place(&self, connection: ConnectionId) -> Option<String> {
        self.store.fact(&place_name(connection)).ok().flatten()
    }

    /// The provider's ids of a connection's keys, as far as they are known here, and which version each is.
    pub(super) fn provider_keys(&self, connection: ConnectionId) -> BTreeMap<String, u32> {
        let state = self.state();
        let known = state.as_ref().and_then(|state| state.connections().get(&connection));
        let versions = known.into_iter().flat_map(|known| known.versions.keys());
        versions.filter_map(|version| Some((self.provider_key(connection, *version)?, *version))).collect()
    }

    fn provider_key(&self, connection: ConnectionId, version: u32) -> Option<String> {
        let made = self.store.fact::<Journal>(&made_name(connection, version)).ok().flatten();
        let found = || self.store.fact::<String>(&found_name(connection, version)).ok().flatten();
        made.and_then(|journal| journal.key).or_else(found)
    }

    /// Looks up keys of which no id is known. What is not found, or not certainly, stays unknown; when one is found, the
    /// provider is asked anew for what was passed over.
    ///
    /// # Errors
    /// The store's and the keychain's.
    pub(super) async fn find_keys(&self, connection: ConnectionId) -> Result<(), Fault> {
        let Some(state) = self.state() else { return Ok(()) };
        let Some(known) = state.connections().get(&connection) else { return Ok(()) };
        if !matches!(known.provider, Provider::OpenAi | Provider::Anthropic) {
            return Ok(());
        }
        let Some(admin) = self.keys.read(admin_name(known.provider)).await? else { return Ok(()) };
        let place = match &known.account {
            Account::Told(place) => Some(place.clone()),
            _ => None,
        };
        for version in known.versions.keys().filter(|v| self.provider_key(connection, **v).is_none()) {
            let last_four = self.store.hint(&connection.to_string(), *version)?.unwrap_or_default();
            let secret = self.keys.read(key_name(connection, Some(*version))).await?;
            if secret.is_none() && last_four.is_empty() {
                continue;
            }
            let trace = Trace { last_four, name: None, place: place.clone() };
            if let Some((id, project)) = self.listed_key(known.provider, &admin, &trace, secret.as_ref()).await {
                self.store.set_fact(&found_name(connection, *version), &id)?;
                if let Some(project) = project.filter(|_| place.is_none()) {
                    self.store.set_fact(&place_name(connection), &project)?;
                }
                self.store.ask_anew(&connection.to_string())?;
            }
        }
        Ok(())
    }

    /// The id of the one key in the provider's list that fits, and its project where there are projects.
    async fn listed_key(
        &self,
        provider: Provider,
        admin: &Secret,
        trace: &Trace,
        key: Option<&Secret>,
    ) -> Option<(String, Option<String>)> {
        let (http, endpoints) = (&self.http, &self.setup.endpoints);
        if provider == Provider::OpenAi {
            let found = match (openai::find(http, endpoints, admin, trace, key).await, key) {
                (Ok(Found::Nothing), Some(key)) => openai::find_anywhere(http, endpoints, admin, key).await,
                (found, _) => found,
            };
            return match found {
                Ok(Found::One(key)) => Some((key.key, Some(key.project))),
                _ => None,
            };
        }
        match anthropic::find(http, endpoints, admin, trace, key).await {
            Ok(Found::One(key)) => Some((key.id, None)),
            _ => None,
        }
    }
}
