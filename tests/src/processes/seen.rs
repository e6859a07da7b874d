//! What can be looked at from outside: keys at the provider and in the keychain, and the record.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use ownkey_demo::servers::simulated;
use ownkey_protocol::act::{Act, Deed};
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::record::Leaf;
use ownkey_provider_sim::{KeyKind, KeyStanding, KeyState};
use rusqlite::OpenFlags;

use super::{ACCOUNT, KEYRING, LONG, Processes};

impl Processes {
    /// Work keys of the account that the provider accepts.
    #[must_use]
    pub fn living_keys(&self) -> Vec<KeyState> {
        let accounts = self.sims.control().accounts(simulated(self.provider));
        let own = accounts.into_iter().find(|(_, name)| name == ACCOUNT).map(|(id, _)| id);
        let lives =
            |k: &KeyState| Some(&k.account) == own.as_ref() && k.kind == KeyKind::Work && k.state == KeyStanding::Live;
        self.sims.control().keys(simulated(self.provider)).into_iter().filter(lives).collect()
    }

    /// Names of provider keys in the keychain, in order.
    ///
    /// # Errors
    /// When the keychain cannot be asked.
    pub async fn kept_keys(&self) -> Result<Vec<String>> {
        let _one_at_a_time = KEYRING.lock().await;
        let service = &self.opening.keychain_service;
        let found = Command::new("secret-tool").args(["search", "--all", "service", service]).output()?;
        let text = [found.stdout, found.stderr].concat();
        let names = String::from_utf8_lossy(&text);
        let names = names.lines().filter_map(|line| line.strip_prefix("attribute.username = "));
        let mut keys: Vec<String> = names.filter(|name| name.starts_with("key/")).map(str::to_owned).collect();
        keys.sort();
        Ok(keys)
    }

    /// The key that is in the keychain for a version of the connection.
    ///
    /// # Errors
    /// When the keychain cannot be asked, or has none.
    pub async fn kept_key(&self, version: u32) -> Result<String> {
        let _one_at_a_time = KEYRING.lock().await;
        let (service, name) = (&self.opening.keychain_service, format!("key/{}/{version}", self.connection));
        let found = Command::new("secret-tool").args(["lookup", "service", service, "username", &name]).output()?;
        ensure!(found.status.success() && !found.stdout.is_empty(), "no {name}");
        Ok(String::from_utf8(found.stdout)?)
    }

    /// Everything on the client's record from a place on, as it lies in the agency's database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn deeds(&self, from: usize) -> Result<Vec<Deed>> {
        let file = self.server.data().join("db/agency.sqlite");
        let db = rusqlite::Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.busy_timeout(LONG)?;
        let mut rows = db.prepare("SELECT bytes FROM leaves WHERE client = ?1 ORDER BY place LIMIT -1 OFFSET ?2")?;
        let leaves =
            rows.query_map(rusqlite::params![self.client, i64::try_from(from)?], |row| row.get::<_, Vec<u8>>(0))?;
        leaves.map(|leaf| deed(&leaf?)).collect()
    }
}

fn deed(leaf: &[u8]) -> Result<Deed> {
    let leaf = Leaf::parse(leaf).ok().context("no leaf")?;
    let envelope = Envelope::parse(&leaf.envelope.0).ok().context("no envelope")?;
    Ok(Act::parse(&envelope).ok().context("no act")?.deed)
}
