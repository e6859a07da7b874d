//! Check: five verdicts about the key, found on this computer, at no cost.

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Answer, Question, Verdict};
use ownkey_providers::check::{self, Report};
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};

use super::Draft;
use crate::App;
use crate::agency_client::now;
use crate::fault::Fault;
use crate::host::Host;
use crate::keychain::key_name;
use crate::store::Table;
use crate::wire::{Busy, CheckView, ConnectStep, ModelOffer, ModelPick};

/// The last check of a connection on this device, as it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptCheck {
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) at: Instant,
    #[serde(default)]
    pub(crate) models: Vec<ModelOffer>,
}

impl KeptCheck {
    pub(crate) fn view(&self) -> CheckView {
        CheckView { running: false, verdicts: self.verdicts.clone(), at: Some(self.at.to_string()) }
    }
}

impl<H: Host> App<H> {
    /// Checks the draft's key with its provider.
    ///
    /// # Errors
    /// `not_found`, and the keychain's codes. What the provider says is a verdict, not an error.
    pub async fn connect_check(&self, id: String) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        if draft.key.is_none() {
            return Err(Fault::new(Code::NotFound, "no key yet"));
        }
        self.step(draft.id, Busy::Checking, async {
            let name = key_name(draft.id, draft.sent.as_ref().map(|s| s.version));
            let secret = self.keys.need(name).await?;
            let report = self.ask_provider(&draft, &secret).await;
            let models = offers(&report);
            let picks = draft
                .picks
                .iter()
                .map(|pick| ModelPick {
                    r#use: pick.r#use,
                    model: pick.model.clone().filter(|m| models.iter().any(|o| o.id == *m)),
                })
                .collect();
            self.keep_draft(Draft {
                verdicts: report.verdicts.to_vec(),
                checked_at: Some(now()),
                account: report.account,
                models,
                picks,
                ..draft
            })?;
            self.host.reached("check: written down").await;
            Ok(())
        })
        .await
    }

    async fn ask_provider(&self, draft: &Draft, secret: &Secret) -> Report {
        check::check(&self.http, &self.setup.endpoints, draft.provider, secret, &draft.uses).await
    }

    /// Sets the model per use; `None` = the assistant decides.
    ///
    /// # Errors
    /// `not_found` for a model that the account does not offer.
    pub async fn connect_pick(&self, id: String, picks: Vec<ModelPick>) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        let offered = |pick: &ModelPick| {
            let model = pick.model.as_ref();
            draft.uses.contains(&pick.r#use)
                && model.is_none_or(|m| draft.models.iter().any(|o| o.id == *m && o.uses.contains(&pick.r#use)))
        };
        if !picks.iter().all(offered) {
            return Err(Fault::new(Code::NotFound, "the account does not offer this model for this use"));
        }
        self.keep_draft(Draft { picks, ..draft })?;
        self.host.reached("pick: written down").await;
        Ok(())
    }

    /// From the checks to the page that shows what will be sent.
    ///
    /// # Errors
    /// `key_refused` when the provider refuses the key for a reason that the agency would meet too.
    pub async fn connect_review(&self, id: String) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        let Some(key) = draft.verdicts.iter().find(|v| v.what == Question::Key) else {
            return Err(Fault::new(Code::ActRefused, "not checked yet"));
        };
        if key.answer == Answer::No && !only_the_agency_can_check(&draft.verdicts) {
            return Err(Fault::new(Code::KeyRefused, format!("{:?}", key.code)));
        }
        self.keep_draft(Draft { step: ConnectStep::Review, ..draft })?;
        self.host.reached("review: written down").await;
        Ok(())
    }

    /// Checks a connection's current key again: here where the key is, and at the agency.
    ///
    /// # Errors
    /// `not_found`, the keychain's and the agency's codes.
    pub async fn check_now(&self, connection: String) -> Result<(), Fault> {
        let id = super::parse(&connection)?;
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        let known = state.connections().get(&id).filter(|c| !c.closed);
        let known = known.ok_or_else(|| Fault::new(Code::NotFound, "no such connection"))?;
        let version = known.current().map(|(n, _)| n).or_else(|| known.versions.keys().next_back().copied());
        let Some(version) = version else { return Err(Fault::new(Code::NotFound, "no version")) };
        if let Some(secret) = self.keys.read(key_name(id, Some(version))).await? {
            self.show_running(id);
            let report =
                check::check(&self.http, &self.setup.endpoints, known.provider, &secret, known.provider.uses()).await;
            let kept = KeptCheck { verdicts: report.verdicts.to_vec(), at: now(), models: offers(&report) };
            self.store.put(Table::Checks, &connection, &kept)?;
            self.live(|live| live.checks.insert(id, kept.view()));
            self.changed();
        }
        let deed = ownkey_protocol::act::Deed::CheckRequest { connection: id, version };
        self.perform(deed, None, vec![]).await.map(|_| ())
    }

    fn show_running(&self, id: ConnectionId) {
        self.live(|live| {
            live.checks.entry(id).or_insert(CheckView { running: true, verdicts: vec![], at: None }).running = true
        });
        self.changed();
    }
}

/// A key that is limited to the agency's addresses fails here by design.
pub(crate) fn only_the_agency_can_check(verdicts: &[Verdict]) -> bool {
    use ownkey_protocol::vocabulary::VerdictCode;
    verdicts.iter().any(|v| v.answer == Answer::No && v.code == VerdictCode::AddressNotAllowed)
}

pub(crate) fn offers(report: &Report) -> Vec<ModelOffer> {
    report
        .models
        .iter()
        .map(|m| ModelOffer { id: m.id.clone(), name: m.display_name.clone(), uses: m.uses.clone() })
        .collect()
}
