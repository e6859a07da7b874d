//! Things that calls made at the providers.

use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Provider;
use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError};

/// A thing that a call made at the provider.
#[derive(Debug, Clone)]
pub struct Made {
    /// The client.
    pub client: ClientId,
    /// Provider.
    pub provider: Provider,
    /// The provider's id of it.
    pub thing: String,
    /// The client's connection, or `None` for the platform's account.
    pub connection: Option<ConnectionId>,
    /// When.
    pub at: Instant,
}

impl Store {
    /// Remembers a thing that a call made; false when it was known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn add_made(&self, made: &Made, mac: &[u8]) -> Result<bool, StoreError> {
        let added = self
            .db()
            .prepare_cached(
                "INSERT OR IGNORE INTO made (client, provider, thing, connection, at, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                made.client.to_string(),
                made.provider.as_str(),
                made.thing,
                made.connection.map(|c| c.to_string()),
                made.at.unix_millis(),
                mac,
            ])?;
        Ok(added == 1)
    }

    /// The account of a thing (`None` = the platform's) and the MAC of its row.
    ///
    /// # Errors
    /// [`StoreError`].
    #[expect(clippy::type_complexity, reason = "a row of two")]
    pub(crate) fn made(
        &self,
        client: ClientId,
        provider: Provider,
        thing: &str,
    ) -> Result<Option<(Option<ConnectionId>, Vec<u8>)>, StoreError> {
        let db = self.db();
        let mut row =
            db.prepare_cached("SELECT connection, mac FROM made WHERE client = ?1 AND provider = ?2 AND thing = ?3")?;
        let key = params![client.to_string(), provider.as_str(), thing];
        let found: Option<(Option<String>, Vec<u8>)> = row.query_row(key, |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
        Ok(found.map(|(connection, mac)| (connection.and_then(|c| c.parse().ok()), mac)))
    }
}
