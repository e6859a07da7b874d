//! The hand on the simulators: makes keys, drains accounts, injects faults, reads the books.
//!
//! The same state as the HTTP control under `/_sim/`, so that a test in Rust and a script see one world.

use crate::books::{BookedCall, BooksChange};
use crate::faults::Fault;
use crate::keys::{AccountId, FULL_CREDITS, KeySpec, KeyStanding, KeyState, MadeKey};
use crate::lag::Lag;
use crate::ledger::LedgerRow;
use crate::provider::Provider;
use crate::room::{Room, now};
use std::sync::{Arc, Mutex, PoisonError};

/// Controls all five simulators. Clones share the same state; every method returns at once.
#[derive(Clone)]
pub struct Control {
    rooms: Arc<[Mutex<Room>; 5]>,
}

/// What [`Control::restrict_key`] changes; `None` leaves a limit as it is.
#[derive(Clone, Debug, Default)]
pub struct Restriction {
    /// The new scopes, as in [`KeySpec::scopes`].
    pub scopes: Option<Vec<String>>,
    /// The only models.
    pub models: Option<Vec<String>>,
    /// The only addresses.
    pub addresses: Option<Vec<String>>,
}

impl Control {
    pub(crate) fn new(rooms: [Room; 5]) -> Control {
        Control { rooms: Arc::new(rooms.map(Mutex::new)) }
    }

    pub(crate) fn with<T>(&self, provider: Provider, act: impl FnOnce(&mut Room) -> T) -> T {
        let mut room = self.rooms[provider.index()].lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut room)
    }

    /// Opens an account with credit; at OpenAI with a default project, at Anthropic with a workspace.
    pub fn make_account(&self, provider: Provider, name: &str) -> AccountId {
        AccountId(self.with(provider, |room| room.make_account(name)))
    }

    /// The account's default project (OpenAI) or workspace (Anthropic).
    pub fn home(&self, provider: Provider, account: impl AsRef<str>) -> Option<String> {
        self.with(provider, |room| room.account(account.as_ref()).map(|one| one.home.clone()))
            .filter(|home| !home.is_empty())
    }

    /// Makes a key. `account` is an id or a name; an account of a name that is not there is opened.
    pub fn make_key(&self, provider: Provider, account: impl AsRef<str>, spec: KeySpec) -> MadeKey {
        self.with(provider, |room| room.make_key(account.as_ref(), spec))
    }

    fn stand(&self, provider: Provider, key: &str, standing: KeyStanding) -> bool {
        self.with(provider, |room| room.stand(key, standing))
    }

    /// Revokes a key for good. False when there is no such key.
    pub fn revoke_key(&self, provider: Provider, key: impl AsRef<str>) -> bool {
        self.stand(provider, key.as_ref(), KeyStanding::Revoked)
    }

    /// Lets a key expire now. False when there is no such key.
    pub fn expire_key(&self, provider: Provider, key: impl AsRef<str>) -> bool {
        let end = now() - 1;
        self.with(provider, |room| room.key_mut(key.as_ref()).map(|one| one.expires_at = Some(end))).is_some()
    }

    /// Switches a key off; [`Control::enable_key`] brings it back. False when there is no such key.
    pub fn disable_key(&self, provider: Provider, key: impl AsRef<str>) -> bool {
        self.stand(provider, key.as_ref(), KeyStanding::Disabled)
    }

    /// Makes a disabled or leaked key live again. False when there is no such key.
    pub fn enable_key(&self, provider: Provider, key: impl AsRef<str>) -> bool {
        self.stand(provider, key.as_ref(), KeyStanding::Live)
    }

    /// Blocks a key as found in public. False when there is no such key.
    pub fn leak_key(&self, provider: Provider, key: impl AsRef<str>) -> bool {
        self.stand(provider, key.as_ref(), KeyStanding::Leaked)
    }

    /// Changes what a key may do. False when there is no such key.
    pub fn restrict_key(&self, provider: Provider, key: impl AsRef<str>, limits: Restriction) -> bool {
        self.with(provider, |room| {
            let Some(one) = room.key_mut(key.as_ref()) else {
                return false;
            };
            one.scopes = limits.scopes.or_else(|| one.scopes.take());
            one.models = limits.models.or_else(|| one.models.take());
            one.addresses = limits.addresses.or_else(|| one.addresses.take());
            true
        })
    }

    /// Sets how much credit an account (id or name) has. False when there is none of that name.
    pub fn set_credits(&self, provider: Provider, account: impl AsRef<str>, credits: f64) -> bool {
        self.with(provider, |room| room.account_mut(account.as_ref()).map(|one| one.credits = credits)).is_some()
    }

    /// Takes all credit from an account (id or name). False when there is none of that name.
    pub fn drain_account(&self, provider: Provider, account: impl AsRef<str>) -> bool {
        self.set_credits(provider, account, 0.0)
    }

    /// Fills an account up again. False when there is none of that name.
    pub fn refill_account(&self, provider: Provider, account: impl AsRef<str>) -> bool {
        self.set_credits(provider, account, FULL_CREDITS)
    }

    /// All keys that were ever made here, in the order of making, without their texts.
    pub fn keys(&self, provider: Provider) -> Vec<KeyState> {
        self.with(provider, |room| room.keys.iter().map(|key| key.state(now())).collect())
    }

    /// The names and ids of the accounts.
    pub fn accounts(&self, provider: Provider) -> Vec<(AccountId, String)> {
        self.with(provider, |room| {
            room.accounts.iter().map(|one| (AccountId(one.id.clone()), one.name.clone())).collect()
        })
    }

    /// All rows of the ledger, oldest first.
    pub fn ledger(&self, provider: Provider) -> Vec<LedgerRow> {
        self.with(provider, |room| room.ledger.clone())
    }

    /// Puts calls into the provider's books, each with a time of its own, as if they had come through the work routes.
    /// Answers how many were taken: those whose key or account is known.
    pub fn book(&self, provider: Provider, calls: Vec<BookedCall>) -> usize {
        self.with(provider, |room| room.book(calls))
    }

    /// Changes how the books are kept or shown.
    ///
    /// # Panics
    /// When a text in it is no number or names nothing. Use [`Control::change_books`] where it comes from outside.
    pub fn books(&self, provider: Provider, change: BooksChange) {
        let words = format!("{change:?}");
        assert!(self.change_books(provider, change), "{provider} cannot do {words}");
    }

    /// As [`Control::books`]; false when a text in it is no number or names nothing.
    pub fn change_books(&self, provider: Provider, change: BooksChange) -> bool {
        self.with(provider, |room| room.change_books(change))
    }

    /// The exact sum that `of` (an account's id or name, or a key's id) is billed from a moment until before another (Unix
    /// milliseconds), as decimal text: also what the figures do not show yet, or leave out. Tax and refunds without a key
    /// are the account's.
    pub fn booked_total(&self, provider: Provider, of: impl AsRef<str>, from: i64, to: i64) -> String {
        self.with(provider, |room| room.booked_total(of.as_ref(), from, to))
    }

    /// Lets a fault wait for calls. Faults are taken in the order of their injection.
    pub fn inject(&self, provider: Provider, fault: Fault) {
        self.with(provider, |room| room.faults.push(fault));
    }

    /// Forgets all waiting faults.
    pub fn clear_faults(&self, provider: Provider) {
        self.with(provider, |room| room.faults.clear());
    }

    /// From now on a key that is revoked, deleted, archived or switched off is accepted for a while yet.
    /// Keys that died before are not touched.
    pub fn dead_keys_linger(&self, provider: Provider, lag: Lag) {
        self.with(provider, |room| room.deaths.from_now_on = lag);
    }

    /// Time has passed for the provider too: from now on it says that keys were used so many seconds later than by this
    /// computer's clock.
    pub fn time_passed(&self, provider: Provider, seconds: i64) {
        self.with(provider, |room| room.ahead = seconds);
    }

    /// From now on lists show a new key, service account or project only after a while (OpenAI's and Anthropic's admin
    /// lists). Looking it up by its id finds it at once.
    pub fn lists_are_late(&self, provider: Provider, lag: Lag) {
        self.with(provider, |room| room.listings.from_now_on = lag);
    }

    /// Sets how an unconfirmed fact is answered; [`crate::SWITCHES`] lists names and values.
    /// Use [`Control::set_unconfirmed`] where the name comes from outside.
    ///
    /// # Panics
    /// When there is no such switch or value: a test that believes otherwise is wrong.
    pub fn unconfirmed(&self, provider: Provider, name: &str, value: &str) {
        assert!(self.set_unconfirmed(provider, name, value), "{provider} has no switch {name} = {value}");
    }

    /// As [`Control::unconfirmed`]; false when there is no such switch or value.
    pub fn set_unconfirmed(&self, provider: Provider, name: &str, value: &str) -> bool {
        self.with(provider, |room| room.set_switch(name, value))
    }
}
