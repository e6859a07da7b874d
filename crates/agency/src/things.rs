//! What calls made at the providers, and on whose account it is (design.md §6).
//!
//! The record cannot hold it, so each row carries a MAC under a key that is not in the database (seal.md): whoever can
//! write to the database cannot make a thing of one client's another's.

use std::sync::Arc;

use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::vocabulary::Provider;

use crate::keys::KeyHolder;
use crate::store::{Made, Store, StoreError};

/// Things that calls made.
pub struct Things {
    store: Arc<Store>,
    keys: Arc<dyn KeyHolder>,
}

impl Things {
    /// The things in a store.
    pub(crate) fn new(store: Arc<Store>, keys: Arc<dyn KeyHolder>) -> Self {
        Self { store, keys }
    }

    /// Remembers a thing that a call made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remember(&self, made: &Made) -> Result<(), StoreError> {
        self.add(made).map(drop)
    }

    /// Whether what a thing used is stated for the first time. A finished prediction states it at every look, and it
    /// counts once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn stated_first(&self, made: Made) -> Result<bool, StoreError> {
        self.add(&Made { thing: format!("used:{}", made.thing), ..made })
    }

    fn add(&self, made: &Made) -> Result<bool, StoreError> {
        let mac = self.mac(made.client, made.provider, &made.thing, made.connection);
        self.store.add_made(made, &mac)
    }

    /// On whose account a thing of this client was made (`Some(None)`: on the platform's); `None` = it is not this
    /// client's, or its row was not written by this agency.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn made_on(
        &self,
        client: ClientId,
        provider: Provider,
        thing: &str,
    ) -> Result<Option<Option<ConnectionId>>, StoreError> {
        let Some((connection, kept)) = self.store.made(client, provider, thing)? else { return Ok(None) };
        let mac = self.mac(client, provider, thing, connection);
        let same = kept.len() == mac.len() && kept.iter().zip(&mac).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0;
        if !same {
            tracing::error!(%client, %provider, "a row of things was not written by this agency");
        }
        Ok(same.then_some(connection))
    }

    /// `HMAC("made" ‖ 0 ‖ client ‖ 0 ‖ provider ‖ 0 ‖ connection or "platform" ‖ 0 ‖ thing)`; only the last may hold any
    /// byte.
    fn mac(&self, client: ClientId, provider: Provider, thing: &str, connection: Option<ConnectionId>) -> [u8; 32] {
        let account = connection.map_or_else(|| "platform".to_owned(), |c| c.to_string());
        self.keys.mac(format!("made\0{client}\0{provider}\0{account}\0{thing}").as_bytes())
    }
}
