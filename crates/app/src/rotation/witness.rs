//! The second witness (design.md §7): when the provider saw the two keys in use last.

use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Account;
use ownkey_providers::make::openai::{self, Journal};
use ownkey_providers::make::{Found, Trace};
use ownkey_rotation::{Event, Failure, LastUse};
use ownkey_secret::Secret;

use super::keys::{stopped, told};
use super::{Done, Kept};
use crate::App;
use crate::agency_client::now;
use crate::connect::made_name;
use crate::host::Host;
use crate::keychain::key_name;

impl<H: Host> App<H> {
    /// Asks the provider, and tells the machine by this computer's clock, which may be wrong; the agency's is taken to agree
    /// with the provider's.
    pub(super) async fn ask_use(&self, kept: Kept) -> Done {
        let Some(old) = kept.plan().old else { return Ok(()) };
        let admin = self.kept_admin_key(&kept).await?;
        let behind = self.joined().map_or(0, |joined| joined.now().millis_since(now()));
        let here = |at: Instant| at.plus_millis(-behind);
        let old = self.last_use_of_old(&admin, &kept, old).await?.map(here);
        let new = match kept.making.as_ref().filter(|_| kept.made) {
            None => LastUse::Untold,
            Some(made) => {
                let used = openai::last_used(&self.http, &self.setup.endpoints, &admin, made).await;
                used.map_err(|why| stopped(&why))?.map_or(LastUse::Never, |at| LastUse::At(here(at)))
            }
        };
        self.tell_rotation(kept.connection(), Event::Used { old, new }).map_err(told)
    }

    /// None also where the provider's list does not tell which key it is.
    async fn last_use_of_old(&self, admin: &Secret, kept: &Kept, old: u32) -> Result<Option<Instant>, Failure> {
        let (http, endpoints) = (&self.http, &self.setup.endpoints);
        if let Some(made) = self.store.fact::<Journal>(&made_name(kept.connection(), old)).map_err(told)? {
            return openai::last_used(http, endpoints, admin, &made).await.map_err(|why| stopped(&why));
        }
        let (trace, secret) = self.trace_of_old(kept, old).await?;
        match openai::find(http, endpoints, admin, &trace, secret.as_ref()).await.map_err(|why| stopped(&why))? {
            Found::One(key) => Ok(key.last_used),
            Found::Nothing | Found::Several(_) => Ok(None),
        }
    }

    /// What is known here of an old key that a person made.
    pub(super) async fn trace_of_old(&self, kept: &Kept, old: u32) -> Result<(Trace, Option<Secret>), Failure> {
        let id = kept.connection();
        let secret = self.keys.read(key_name(id, Some(old))).await.map_err(told)?;
        let last_four = self.store.hint(&id.to_string(), old).map_err(told)?.unwrap_or_default();
        let place = match kept.before.as_ref().map(|before| &before.account) {
            Some(Account::Told(place)) => Some(place.clone()),
            _ => None,
        };
        Ok((Trace { last_four, name: None, place }, secret))
    }
}
