//! The old key's end at a provider whose API makes no keys but ends them: it is switched off, and archived once it is dead.

use ownkey_providers::make::anthropic::{self, Found, Standing};
use ownkey_rotation::Failure;
use ownkey_secret::Secret;

use super::keys::{stopped, told};
use super::{Done, Kept};
use crate::App;
use crate::host::Host;

impl<H: Host> App<H> {
    /// Switches the old key off. Which one it is was found once and is written down first: a list read later, with one more
    /// key that looks alike, changes nothing.
    pub(super) async fn switch_old_off(&self, admin: &Secret, kept: &Kept, old: u32) -> Done {
        let key = match &kept.switched_off {
            Some(known) => known.clone(),
            None => {
                let found = self.find_old(admin, kept, old).await?;
                let same = found.clone();
                self.change_rotation(kept.connection(), |kept| kept.switched_off = Some(same)).map_err(told)?;
                found
            }
        };
        let set = anthropic::set(&self.http, &self.setup.endpoints, admin, &key, Standing::Inactive).await;
        set.map(drop).map_err(|why| stopped(&why))
    }

    /// Just one key of the list must fit, else a person ends it.
    async fn find_old(&self, admin: &Secret, kept: &Kept, old: u32) -> Result<String, Failure> {
        let (trace, secret) = self.trace_of_old(kept, old).await?;
        let found = anthropic::find(&self.http, &self.setup.endpoints, admin, &trace, secret.as_ref()).await;
        match found.map_err(|why| stopped(&why))? {
            Found::One(key) => Ok(key.id),
            Found::Nothing | Found::Several(_) => Err(Failure::NotFound),
        }
    }

    /// Archives what was switched off; a key that a person or somebody else ended is left as it is.
    pub(super) async fn archive_old_key(&self, kept: Kept) -> Done {
        let Some(key) = &kept.switched_off else { return Ok(()) };
        let admin = self.kept_admin_key(&kept).await?;
        let set = anthropic::set(&self.http, &self.setup.endpoints, &admin, key, Standing::Archived).await;
        set.map(drop).map_err(|why| stopped(&why))
    }
}
