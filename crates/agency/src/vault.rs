//! The vault: opens a sealed copy in the place where the verified state says it belongs, and keeps the secret in
//! memory for calls, bounded, wiped when it is retired, replaced or pushed out, or its client ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::law::{AtProvider, ClientState, Stage};
use ownkey_protocol::seal::{Place, SealPurpose};
use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;

use crate::accept::Record;
use crate::keys::KeyHolder;
use crate::store::Store;

/// At most this many opened secrets are kept.
pub const CAPACITY: usize = 4_096;

type Key = (ClientId, ConnectionId, u32);

/// Opened secrets in memory. The record wipes here with every act that it accepts, whichever door it came through.
#[derive(Default)]
pub(crate) struct Opened(Mutex<Cache>);

/// Opened secrets and when each was last used, counted in uses.
#[derive(Default)]
struct Cache {
    secrets: HashMap<Key, (Arc<Secret>, u64)>,
    uses: u64,
}

/// Opens copies and keeps opened secrets.
pub struct Vault {
    store: Arc<Store>,
    keys: Arc<dyn KeyHolder>,
    record: Arc<Record>,
    opened: Arc<Opened>,
}

impl Vault {
    /// A vault over a store, beside the record that says what may be opened.
    pub(crate) fn new(store: Arc<Store>, keys: Arc<dyn KeyHolder>, record: Arc<Record>, opened: Arc<Opened>) -> Self {
        Self { store, keys, record, opened }
    }

    /// The secret of a client's version.
    ///
    /// # Errors
    /// A cause for the log: the copy is missing, or does not belong where it was found.
    pub fn open(
        &self,
        state: &ClientState,
        connection: ConnectionId,
        version: u32,
    ) -> Result<Arc<Secret>, &'static str> {
        self.open_at((state.client(), connection, version), &place(state, connection, version)?)
    }

    /// The secret of a retired version, for one question to its provider: whether it refuses it. It is never kept.
    ///
    /// # Errors
    /// A cause for the log; also when the version is not retired, or its death is proven.
    pub(crate) fn open_to_prove(
        &self,
        state: &ClientState,
        connection: ConnectionId,
        version: u32,
    ) -> Result<Secret, &'static str> {
        let known = state.connections().get(&connection).and_then(|c| c.versions.get(&version));
        let waits = known.is_some_and(|v| v.stage == Stage::Retired && v.at_provider == AtProvider::Unproven);
        if !waits {
            return Err("nobody waits for its proof");
        }
        let place = place(state, connection, version)?;
        let sealed = self.store.copy(state.client(), connection, version).map_err(|_| "store")?;
        self.keys.open(&sealed.ok_or("copy is missing")?, &place).map_err(|refused| refused.0)
    }

    /// The secret of the platform's own key at a provider.
    ///
    /// # Errors
    /// A cause for the log.
    pub fn open_platform(&self, platform: &ClientState, provider: Provider) -> Result<Arc<Secret>, &'static str> {
        let key = platform.platform_keys().get(&provider).ok_or("no platform key")?;
        let place = Place {
            agency: platform.agency(),
            client: "platform".to_owned(),
            connection: key.connection,
            provider,
            version: key.version,
            device: key.key.to_string(),
            purpose: SealPurpose::PlatformKey,
            sealed_sha256: key.sealed_sha256,
        };
        self.open_at((ClientId::PLATFORM, key.connection, key.version), &place)
    }

    /// The secret of a client's version, where it is open already: every act that ends a version wipes it first.
    #[must_use]
    pub fn opened_before(&self, state: &ClientState, connection: ConnectionId, version: u32) -> Option<Arc<Secret>> {
        self.opened.used(&(state.client(), connection, version))
    }

    fn open_at(&self, key: Key, place: &Place) -> Result<Arc<Secret>, &'static str> {
        if let Some(secret) = self.opened.used(&key) {
            return Ok(secret);
        }
        let sealed = self.store.copy(key.0, key.1, key.2).map_err(|_| "store")?.ok_or("copy is missing")?;
        let secret = Arc::new(self.keys.open(&sealed, place).map_err(|refused| refused.0)?);
        self.opened.keep_if(key, secret, || self.record.state(key.0).ok())
    }

    /// How many secrets are open in memory now.
    #[must_use]
    pub fn open_in_all(&self) -> usize {
        self.opened.cache().secrets.len()
    }

    /// How many secrets of a client are open in memory now.
    #[must_use]
    pub fn open_now(&self, client: ClientId) -> usize {
        self.opened.cache().secrets.keys().filter(|(of, ..)| *of == client).count()
    }
}

/// Where a version's copy belongs, by the verified state.
fn place(state: &ClientState, connection: ConnectionId, version: u32) -> Result<Place, &'static str> {
    let known = state.connections().get(&connection).ok_or("no such connection")?;
    let v = known.versions.get(&version).ok_or("no such version")?;
    Ok(Place {
        agency: state.agency(),
        client: state.client().to_string(),
        connection,
        provider: known.provider,
        version,
        device: v.device.to_string(),
        purpose: SealPurpose::ClientKey,
        sealed_sha256: v.sealed_sha256,
    })
}

impl Opened {
    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self, key: &Key) -> Option<Arc<Secret>> {
        let mut cache = self.cache();
        cache.uses += 1;
        let now = cache.uses;
        let (secret, used) = cache.secrets.get_mut(key)?;
        *used = now;
        Some(secret.clone())
    }

    /// Gives the secret, and keeps it, as far as the law still says so. It is asked with the cache held: an act that is
    /// accepted meanwhile changes the state first and wipes then, so it is either seen here or finds what was kept here.
    fn keep_if(
        &self,
        key: Key,
        secret: Arc<Secret>,
        state: impl FnOnce() -> Option<Arc<ClientState>>,
    ) -> Result<Arc<Secret>, &'static str> {
        let mut cache = self.cache();
        let state = state().filter(|s| s.may_open(key.1, key.2)).ok_or("retired, or the client has ended")?;
        if state.may_keep_open(key.1, key.2) {
            cache.keep(key, secret.clone());
        }
        Ok(secret)
    }

    /// Wipes what may not stay open in this state of its client.
    pub(crate) fn wipe(&self, state: &ClientState) {
        self.cache().secrets.retain(|key, _| key.0 != state.client() || state.may_keep_open(key.1, key.2));
    }
}

impl Cache {
    fn keep(&mut self, key: Key, secret: Arc<Secret>) {
        if self.secrets.len() >= CAPACITY
            && let Some(oldest) = self.secrets.iter().min_by_key(|(_, (_, used))| *used).map(|(k, _)| *k)
        {
            self.secrets.remove(&oldest);
        }
        self.uses += 1;
        self.secrets.insert(key, (secret, self.uses));
    }
}
