//! Revoke: the gateway stops first, then the provider, then a call with the key that must be refused (design.md §4).

use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::law::{AtProvider, Stage};
use ownkey_protocol::vocabulary::{Answer, Question, Use};
use ownkey_providers::check;
use ownkey_providers::make::openai::Journal;

use crate::App;
use crate::connect::{made_name, parse};
use crate::fault::Fault;
use crate::host::{Confirmation, Host};
use crate::keychain::key_name;

impl<H: Host> App<H> {
    /// Retires every version of a connection, after a native confirmation that names what is hit.
    ///
    /// # Errors
    /// `declined`, `not_found`, the agency's codes; where the key is revoked by API, the provider's.
    pub async fn revoke(&self, connection: String) -> Result<(), Fault> {
        self.may_change()?;
        let id = parse(&connection)?;
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        let known = state.connections().get(&id).filter(|c| !c.closed);
        let known = known.ok_or_else(|| Fault::new(Code::NotFound, "no such connection"))?;
        let question = Confirmation {
            about: "revoke",
            fields: vec![
                ("provider", known.provider.display_name().to_owned()),
                ("name", self.name_of(known.name_hash)),
                ("uses", self.uses_hit(id).iter().map(|u| u.as_str()).collect::<Vec<_>>().join(",")),
            ],
            language: self.language(),
        };
        if !self.host.confirm(question).await {
            return Err(Fault::new(Code::Declined, "declined"));
        }
        let live: Vec<u32> =
            known.versions.iter().filter(|(_, v)| v.stage != Stage::Retired).map(|(n, _)| *n).collect();
        for version in live {
            let deed = Deed::VersionRetire { connection: id, version, reason: RetireReason::Unwanted, fence: None };
            self.perform(deed, None, vec![]).await?;
        }
        self.revoke_at_provider(id).await
    }

    /// Revokes at the provider what Ownkey made there, where the admin key was kept, and proves it; all else is guided.
    async fn revoke_at_provider(&self, id: ConnectionId) -> Result<(), Fault> {
        let Some(state) = self.state() else { return Ok(()) };
        let Some(known) = state.connections().get(&id) else { return Ok(()) };
        let unproven = known.versions.iter().filter(|(_, v)| v.at_provider == AtProvider::Unproven);
        for (version, _) in unproven {
            let Some(made) = self.store.fact::<Journal>(&made_name(id, *version))? else { continue };
            if self.revoke_by_kept_admin_key(known.provider, &made).await? {
                self.prove_revoked(id.to_string(), *version).await?;
            }
        }
        Ok(())
    }

    /// After the person revoked the key at the provider: a call with it must be refused.
    ///
    /// # Errors
    /// `key_elsewhere` when this device never had the key; `still_accepted` when the provider still accepts it.
    pub async fn prove_revoked(&self, connection: String, version: u32) -> Result<(), Fault> {
        let id = parse(&connection)?;
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        let known = state.connections().get(&id).ok_or_else(|| Fault::new(Code::NotFound, "no such connection"))?;
        let secret = self.keys.read(key_name(id, Some(version))).await?;
        let secret = secret.ok_or_else(|| Fault::new(Code::KeyElsewhere, "the key is not on this device"))?;
        let report = check::check(&self.http, &self.setup.endpoints, known.provider, &secret, &[]).await;
        let unheard = report.verdicts.iter().any(|v| v.what == Question::Reach && v.answer == Answer::No);
        let refused = match report.refused_for_good() {
            Some(true) => None,
            Some(false) => Some(Fault::new(Code::StillAccepted, "the provider still accepts the key")),
            None if unheard => Some(Fault::new(Code::ProviderUnreachable, "no answer")),
            None => Some(Fault::new(Code::NotProvableHere, "refused for another reason than the key")),
        };
        if let Some(fault) = refused {
            return Err(fault.with("provider", known.provider.display_name()));
        }
        drop(secret);
        self.sync().await?; // what was said and not answered is sent by this
        let state = self.state();
        let known = state.as_ref().and_then(|state| state.connections().get(&id)?.versions.get(&version));
        if known.is_none_or(|known| known.at_provider != AtProvider::Revoked) {
            self.perform(Deed::VersionRevoked { connection: id, version, fence: None }, None, vec![]).await?;
        }
        self.keys.forget(key_name(id, Some(version))).await?;
        self.close_when_all_revoked(id).await
    }

    async fn close_when_all_revoked(&self, id: ConnectionId) -> Result<(), Fault> {
        let Some(state) = self.state() else { return Ok(()) };
        let Some(known) = state.connections().get(&id) else { return Ok(()) };
        if known.versions.values().all(|v| v.stage == Stage::Retired && v.at_provider == AtProvider::Revoked) {
            self.perform(Deed::ConnectionClose { connection: id }, None, vec![]).await?;
        }
        Ok(())
    }

    /// Uses that a connection serves now.
    pub(crate) fn uses_hit(&self, id: ConnectionId) -> Vec<Use> {
        let Some(state) = self.state() else { return vec![] };
        let serves =
            |u: &Use| state.of_use(*u).assignment.as_ref().is_some_and(|a| a.serving.values().any(|c| *c == id));
        Use::ALL.into_iter().filter(serves).collect()
    }
}
