//! What a device held that is in wrong hands now: the keys that it pushed, as the record says, and how each one ends.
//!
//! Whether an admin key was kept on it nobody else knows: admin keys never leave a computer, not even as a word of them.

use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::code::Code;
use ownkey_protocol::id::DeviceId;
use ownkey_protocol::law::{ClientState, Stage};

use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::view::stage_word;
use crate::wire::HeldKey;

impl<H: Host> App<H> {
    /// Keys of open connections that this device pushed, and that are not retired.
    pub(crate) fn held_by(&self, state: &ClientState, device: DeviceId) -> Vec<HeldKey> {
        let open = state.connections().iter().filter(|(_, known)| !known.closed);
        let held = open.flat_map(|(id, known)| {
            let versions = known.versions.iter().filter(|(_, v)| v.device == device && v.stage != Stage::Retired);
            versions.map(move |(number, version)| (id, known, *number, version.stage))
        });
        held.map(|(id, known, version, stage)| HeldKey {
            connection: id.to_string(),
            name: self.name_of(known.name_hash),
            provider: known.provider,
            version,
            stage: stage_word(stage),
            last_four: self.store.hint(&id.to_string(), version).ok().flatten(),
        })
        .collect()
    }

    /// Retires one version as leaked, after a native confirmation: of a key that is not in use nothing has to take its place.
    /// What is left to do at the provider stands in the strip *Needs you* from then on.
    ///
    /// # Errors
    /// `declined`, `not_found`, `not_allowed`; `act_refused` for the version in use, which is replaced instead.
    pub async fn stop_leaked(&self, connection: String, version: u32) -> Result<(), Fault> {
        self.may_change()?;
        let id = parse(&connection)?;
        let gone = || Fault::new(Code::NotFound, "no such living version");
        let state = self.state().ok_or_else(gone)?;
        let known = state.connections().get(&id).filter(|known| !known.closed).ok_or_else(gone)?;
        match known.versions.get(&version).map(|known| known.stage) {
            None | Some(Stage::Retired) => return Err(gone()),
            Some(Stage::Current) => return Err(Fault::new(Code::ActRefused, "it is in use: replace it")),
            Some(_) => {}
        }
        self.confirm_leaked(known.provider, self.name_of(known.name_hash)).await?;
        let deed = Deed::VersionRetire { connection: id, version, reason: RetireReason::Leaked, fence: None };
        self.perform(deed, None, vec![]).await.map(drop)
    }
}
