//! One provider's state: accounts, keys, books, waiting faults and the things that calls made.

use crate::books::Books;
use crate::faults::{Fault, FaultKind};
use crate::hosts::Host;
use crate::keys::{Account, FULL_CREDITS, Key, KeyKind, KeySpec, KeyStanding, MadeKey, key_text, last_four};
use crate::lag::Lags;
use crate::ledger::LedgerRow;
use crate::openai::admin::Projects;
use crate::prompt_cache::PromptCache;
use crate::provider::Provider;
use crate::seeded::Seeded;
use crate::switches;
use serde_json::Value;
use std::collections::BTreeMap;

/// Something that a call made and a later call may ask for: a response, a file, a prediction.
#[derive(Clone)]
pub(crate) struct Thing {
    pub(crate) account: String,
    pub(crate) project: Option<String>,
    pub(crate) value: Value,
    /// How often it was looked at; predictions and background responses move on by it.
    pub(crate) looks: usize,
}

pub(crate) struct Room {
    pub(crate) provider: Provider,
    pub(crate) origin: String,
    further: Vec<(Host, String)>,
    seed: u64,
    /// How many ids were made. Set back, the same calls get the same ids.
    pub(crate) counter: u64,
    pub(crate) accounts: Vec<Account>,
    pub(crate) keys: Vec<Key>,
    pub(crate) ledger: Vec<LedgerRow>,
    pub(crate) faults: Vec<Fault>,
    /// Dead keys that are still accepted.
    pub(crate) deaths: Lags,
    /// New keys, service accounts and projects that no list shows yet.
    pub(crate) listings: Lags,
    switches: BTreeMap<&'static str, &'static str>,
    pub(crate) things: BTreeMap<String, Thing>,
    pub(crate) projects: Projects,
    pub(crate) prompts: PromptCache,
    pub(crate) books: Books,
    /// Seconds by which its clock is ahead where it says when a key was used.
    pub(crate) ahead: i64,
}

/// Now, in Unix seconds.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A Unix time in seconds as RFC 3339.
pub(crate) fn rfc3339(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string()
}

impl Room {
    pub(crate) fn new(provider: Provider, seed: u64, origin: String, further: Vec<(Host, String)>) -> Room {
        Room {
            provider,
            origin,
            further,
            seed,
            counter: 0,
            accounts: Vec::new(),
            keys: Vec::new(),
            ledger: Vec::new(),
            faults: Vec::new(),
            deaths: Lags::default(),
            listings: Lags::default(),
            switches: BTreeMap::new(),
            things: BTreeMap::new(),
            projects: Projects::default(),
            prompts: PromptCache::default(),
            books: Books::default(),
            ahead: 0,
        }
    }

    /// Where a host of this provider listens.
    pub(crate) fn host(&self, host: Host) -> &str {
        self.further.iter().find(|(one, _)| *one == host).map_or(&self.origin, |(_, origin)| origin)
    }

    /// Repeatable text for one purpose.
    pub(crate) fn seeded(&self, label: &str) -> Seeded {
        Seeded::new(self.seed, &format!("{}/{label}", self.provider))
    }

    /// The next id with this prefix: repeatable, and different each time.
    pub(crate) fn next_id(&mut self, prefix: &str, length: usize) -> String {
        self.counter += 1;
        let label = format!("id/{prefix}/{}", self.counter);
        format!("{prefix}{}", self.seeded(&label).letters("id", length))
    }

    /// The next id that is a UUID.
    pub(crate) fn next_uuid(&mut self) -> String {
        self.counter += 1;
        let label = format!("uuid/{}", self.counter);
        self.seeded(&label).uuid("id")
    }

    /// The value of a switch for an unconfirmed fact.
    pub(crate) fn switch(&self, name: &str) -> &'static str {
        match self.switches.get(name) {
            Some(value) => value,
            None => switches::default_of(self.provider, name),
        }
    }

    pub(crate) fn set_switch(&mut self, name: &str, value: &str) -> bool {
        match switches::choice(self.provider, name, value) {
            Some((name, value)) => {
                self.switches.insert(name, value);
                true
            }
            None => false,
        }
    }

    pub(crate) fn make_account(&mut self, name: &str) -> String {
        let (id, home) = match self.provider {
            Provider::OpenAi => (self.next_id("org-", 24), self.next_id("proj_", 24)),
            Provider::Anthropic => (self.next_uuid(), self.next_id("wrkspc_01", 22)),
            Provider::Gemini => (format!("gen-lang-client-{}", self.next_id("", 10).to_lowercase()), String::new()),
            Provider::Stability => (self.next_id("org-", 24), String::new()),
            Provider::Replicate => (self.user_name(name), String::new()),
        };
        if self.provider == Provider::OpenAi {
            self.projects.add(&home, &id, "Default project", now());
        }
        self.accounts.push(Account { id: id.clone(), name: name.to_owned(), home, credits: FULL_CREDITS });
        id
    }

    fn user_name(&mut self, name: &str) -> String {
        let plain: String =
            name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        if self.accounts.iter().any(|one| one.id == plain) {
            let tail = self.next_id("-", 4).to_lowercase();
            return format!("{plain}{tail}");
        }
        plain
    }

    /// The account with this id or name; made if there is none.
    pub(crate) fn account_or_make(&mut self, id_or_name: &str) -> String {
        match self.accounts.iter().find(|one| one.id == id_or_name || one.name == id_or_name) {
            Some(account) => account.id.clone(),
            None => self.make_account(id_or_name),
        }
    }

    pub(crate) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|one| one.id == id)
    }

    pub(crate) fn account_mut(&mut self, id_or_name: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|one| one.id == id_or_name || one.name == id_or_name)
    }

    pub(crate) fn make_key(&mut self, account: &str, spec: KeySpec) -> MadeKey {
        let account = self.account_or_make(account);
        let id = match self.provider {
            Provider::Anthropic => self.next_id("apikey_01", 22),
            Provider::Gemini => self.next_uuid(),
            _ => self.next_id("key_", 16),
        };
        let text = spec
            .text
            .unwrap_or_else(|| key_text(self.provider, spec.kind, spec.shape, &self.seeded(&format!("key/{id}"))));
        let home = self.account(&account).map(|one| one.home.clone()).filter(|home| !home.is_empty());
        let name = if spec.name.is_empty() { "Practice key".to_owned() } else { spec.name };
        let key = Key {
            id: id.clone(),
            text: text.clone(),
            account,
            project: if spec.kind == KeyKind::Admin { None } else { spec.project.or(home) },
            service_account: None,
            name,
            kind: spec.kind,
            scopes: spec.scopes,
            models: spec.models,
            addresses: spec.addresses,
            expires_at: spec.expires_at,
            standing: KeyStanding::Live,
            created: now(),
            last_used_at: None,
        };
        self.listings.begin(&key.id);
        self.keys.push(key);
        MadeKey { id, last_four: last_four(&text), text }
    }

    pub(crate) fn key_mut(&mut self, id: &str) -> Option<&mut Key> {
        self.keys.iter_mut().find(|key| key.id == id)
    }

    /// The key with this text, whatever its standing.
    pub(crate) fn key_by_text(&self, text: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.text == text)
    }

    /// Changes how a key stands; whether callers learn it at once is up to the lag of deaths.
    pub(crate) fn stand(&mut self, id: &str, standing: KeyStanding) -> bool {
        let Some(key) = self.key_mut(id) else {
            return false;
        };
        let before = std::mem::replace(&mut key.standing, standing);
        match (before, standing) {
            (_, KeyStanding::Live) => self.deaths.end(id),
            (KeyStanding::Live, _) => self.deaths.begin(id),
            _ => {}
        }
        true
    }

    /// Revokes all keys of which this holds.
    pub(crate) fn revoke_all(&mut self, which: impl Fn(&Key) -> bool) {
        let ids: Vec<String> = self.keys.iter().filter(|key| which(key)).map(|key| key.id.clone()).collect();
        for id in ids {
            self.stand(&id, KeyStanding::Revoked);
        }
    }

    /// How a call with this key is taken: as the key stands, or, while its death has not spread, as live.
    pub(crate) fn taken_as(&mut self, key: &Key) -> KeyStanding {
        match key.standing(now()) {
            KeyStanding::Live => KeyStanding::Live,
            _ if self.deaths.holds(&key.id) => KeyStanding::Live,
            dead => dead,
        }
    }

    /// The ids of these that a list shows by now.
    pub(crate) fn shown_by_now(&mut self, ids: Vec<String>) -> Vec<String> {
        ids.into_iter().filter(|id| !self.listings.holds(id)).collect()
    }

    /// Notes that a key got past its check.
    pub(crate) fn touch(&mut self, id: &str) {
        let now = now() + self.ahead;
        if let Some(key) = self.key_mut(id) {
            key.last_used_at = Some(now);
        }
    }

    /// Whether paid calls of this account are refused.
    pub(crate) fn drained(&self, account: &str) -> bool {
        self.account(account).is_none_or(|one| one.credits <= 0.0)
    }

    /// Takes the next fault that waits for this route and the key of this id.
    pub(crate) fn take_fault(&mut self, route: &str, key: Option<&str>) -> Option<FaultKind> {
        let at = self.faults.iter().position(|fault| {
            let here = fault.route_contains.as_deref().is_none_or(|part| route.contains(part));
            let theirs = fault.key.is_none() || fault.key.as_deref() == key;
            fault.times > 0 && here && theirs
        })?;
        let fault = &mut self.faults[at];
        fault.times -= 1;
        let kind = fault.kind.clone();
        if fault.times == 0 {
            self.faults.remove(at);
        }
        Some(kind)
    }
}
