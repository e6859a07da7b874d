//! Forgetting: everything that this copy of the app keeps in the keychain. The demo ends with it.

use ownkey_protocol::vocabulary::Provider;

use crate::App;
use crate::connect::draft_admin_name;
use crate::fault::Fault;
use crate::host::Host;
use crate::keychain::{DEVICE, admin_name, key_name};

impl<H: Host> App<H> {
    /// Removes the device's seed, every key of every connection and draft, and kept admin keys from the keychain.
    /// The keys go on living at their providers, and the sealed copies at the agency.
    ///
    /// # Errors
    /// The keychain's codes; what was removed before stays removed.
    pub async fn forget_keys(&self) -> Result<(), Fault> {
        self.forget_connections().await?;
        self.keys.forget(DEVICE.to_owned()).await?;
        for provider in Provider::ALL {
            self.keys.forget(admin_name(provider)).await?;
            self.store.set_fact(&admin_name(provider), &false)?;
        }
        Ok(())
    }

    /// Removes the keys of every connection and draft.
    pub(crate) async fn forget_connections(&self) -> Result<(), Fault> {
        let mut names = Vec::new();
        for draft in self.live(|live| live.drafts.keys().copied().collect::<Vec<_>>()) {
            names.push(key_name(draft, None));
            names.push(key_name(draft, Some(1)));
            names.push(draft_admin_name(draft));
        }
        for (connection, known) in self.state().iter().flat_map(|s| s.connections()) {
            names.push(key_name(*connection, None));
            let highest = known.versions.keys().next_back().copied().unwrap_or(0);
            names.extend((1..=highest + 1).map(|number| key_name(*connection, Some(number))));
        }
        for name in names {
            self.keys.forget(name).await?;
        }
        Ok(())
    }
}
