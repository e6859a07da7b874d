//! The vault: opens a sealed copy in the place where the verified state says it belongs, and keeps the secret in
//! memory for calls, bounded, wiped when it is retired, replaced or pushed out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::law::ClientState;
use ownkey_protocol::seal::{Place, SealPurpose};
use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;

use crate::keys::KeyHolder;
use crate::store::Store;

/// At most this many opened secrets are kept.
pub const CAPACITY: usize = 4_096;

type Key = (ClientId, ConnectionId, u32);

/// Opened secrets and when each was last used, counted in uses.
#[derive(Default)]
struct Opened {
    secrets: HashMap<Key, (Arc<Secret>, u64)>,
    uses: u64,
}

/// Opens copies and keeps opened secrets.
pub struct Vault {
    store: Arc<Store>,
    keys: Arc<dyn KeyHolder>,
    opened: Mutex<Opened>,
}

impl Vault {
    /// A vault over a store.
    #[must_use]
    pub fn new(store: Arc<Store>, keys: Arc<dyn KeyHolder>) -> Self {
        Self { store, keys, opened: Mutex::default() }
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
        let known = state.connections().get(&connection).ok_or("no such connection")?;
        let v = known.versions.get(&version).ok_or("no such version")?;
        let place = Place {
            agency: state.agency(),
            client: state.client().to_string(),
            connection,
            provider: known.provider,
            version,
            device: v.device.to_string(),
            purpose: SealPurpose::ClientKey,
            sealed_sha256: v.sealed_sha256,
        };
        self.open_at((state.client(), connection, version), &place)
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

    fn open_at(&self, key: Key, place: &Place) -> Result<Arc<Secret>, &'static str> {
        if let Some(secret) = self.opened().used(&key) {
            return Ok(secret);
        }
        let sealed = self.store.copy(key.0, key.1, key.2).map_err(|_| "store")?.ok_or("copy is missing")?;
        let secret = Arc::new(self.keys.open(&sealed, place).map_err(|refused| refused.0)?);
        self.opened().keep(key, secret.clone());
        Ok(secret)
    }

    fn opened(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a version's secret.
    pub fn forget(&self, client: ClientId, connection: ConnectionId, version: u32) {
        self.opened().secrets.remove(&(client, connection, version));
    }
}

impl Opened {
    fn used(&mut self, key: &Key) -> Option<Arc<Secret>> {
        self.uses += 1;
        let (secret, used) = self.secrets.get_mut(key)?;
        *used = self.uses;
        Some(secret.clone())
    }

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
