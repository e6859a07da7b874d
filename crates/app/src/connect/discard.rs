//! Discard: ends a half-made connection cleanly: pending version, draft in the keychain, and what we made at the provider.

use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::code::Code;
use ownkey_protocol::law::Stage;

use super::Draft;
use crate::App;
use crate::fault::Fault;
use crate::host::{Confirmation, Host};
use crate::keychain::key_name;
use crate::wire::{Busy, ConnectStep};

impl<H: Host> App<H> {
    /// Ends a connection in the making, after a native confirmation when something was kept or sent.
    ///
    /// # Errors
    /// `declined`, and the keychain's and the agency's codes; what could not be cleaned up is tried again at the next start.
    pub async fn connect_discard(&self, id: String) -> Result<(), Fault> {
        let mut draft = self.draft(&id)?;
        if self.step_now(&draft) == ConnectStep::Done {
            return Err(Fault::new(Code::ActRefused, "it is in use: revoke it instead"));
        }
        if draft.key.is_some() || draft.making.is_some() {
            self.confirm_discard(&mut draft).await?;
        }
        draft.discarding = true;
        self.keep_draft(draft.clone())?;
        self.host.reached("discard: written down").await;
        self.connect_discard_now(&draft).await
    }

    /// When taking back has failed before, the question is another: what stays at the provider is named.
    async fn confirm_discard(&self, draft: &mut Draft) -> Result<(), Fault> {
        if draft.stuck {
            self.may_leave_behind(draft).await?;
            draft.left_behind = true;
            return Ok(());
        }
        let asked = Confirmation {
            about: "discard",
            fields: vec![("provider", draft.provider.display_name().to_owned())],
            language: self.language(),
        };
        if self.host.confirm(asked).await { Ok(()) } else { Err(Fault::new(Code::Declined, "declined")) }
    }

    pub(crate) async fn connect_discard_now(&self, draft: &Draft) -> Result<(), Fault> {
        let done = self.step(draft.id, Busy::Discarding, self.clean_up(draft)).await;
        if done.is_ok() {
            self.drop_draft(draft.id)?;
        }
        done
    }

    async fn clean_up(&self, draft: &Draft) -> Result<(), Fault> {
        self.take_back(draft).await?;
        self.host.reached("discard: taken back at the provider").await;
        if let Some(sent) = &draft.sent {
            self.sync().await?;
            let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
            if let Some(known) = state.connections().get(&draft.id).filter(|c| !c.closed) {
                let stage = known.versions.get(&sent.version).map(|v| v.stage);
                if matches!(stage, Some(Stage::Pending | Stage::Ready)) {
                    let reason = RetireReason::Discarded;
                    let deed = Deed::VersionRetire { connection: draft.id, version: sent.version, reason, fence: None };
                    self.perform(deed, None, vec![]).await?;
                }
                self.close_if_empty(draft).await?;
            }
            self.host.reached("discard: retired").await;
            self.keys.forget(key_name(draft.id, Some(sent.version))).await?;
        }
        self.keys.forget(key_name(draft.id, None)).await?;
        self.host.reached("discard: keys forgotten").await;
        Ok(())
    }

    async fn close_if_empty(&self, draft: &Draft) -> Result<(), Fault> {
        let Some(state) = self.state() else { return Ok(()) };
        let empty =
            state.connections().get(&draft.id).is_some_and(|c| c.versions.values().all(|v| v.stage == Stage::Retired));
        if empty {
            self.perform(Deed::ConnectionClose { connection: draft.id }, None, vec![]).await?;
        }
        Ok(())
    }
}
