//! Putting a confirmed version to use: first on a low-stakes assistant if the person wants, then for all.

use ownkey_protocol::act::{Deed, Preference};
use ownkey_protocol::code::Code;
use ownkey_protocol::id::AssistantId;
use ownkey_protocol::law::{Health, Stage};
use ownkey_protocol::vocabulary::Use;

use super::Draft;
use crate::App;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::{Busy, ConnectStep};

impl<H: Host> App<H> {
    /// Starts the trial on the low-stakes assistant.
    ///
    /// # Errors
    /// `act_refused` before the agency has confirmed the version, or when there is no such assistant.
    pub async fn connect_try(&self, id: String) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        let version = self.confirmed(&draft)?;
        let (assistant, uses) =
            self.tester(&draft).ok_or_else(|| Fault::new(Code::ActRefused, "no low-stakes assistant"))?;
        self.step(draft.id, Busy::Switching, async {
            let deed = Deed::TrialStart { connection: draft.id, version, assistant, uses, fence: None };
            self.perform(deed, None, vec![]).await?;
            self.host.reached("try: trial started").await;
            self.keep_draft(Draft { step: ConnectStep::Try, ..draft })
        })
        .await
    }

    /// Goes on without a trial.
    ///
    /// # Errors
    /// `act_refused` before the agency has confirmed the version.
    pub async fn connect_skip_try(&self, id: String) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        self.confirmed(&draft)?;
        self.keep_draft(Draft { step: ConnectStep::Use, skipped_trial: true, ..draft })
    }

    /// Uses the version for all: one act makes it current and lets it serve the uses.
    ///
    /// # Errors
    /// `act_refused`, and the agency's codes.
    pub async fn connect_use(&self, id: String, uses: Vec<Use>, preferred: Vec<Use>) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        let version = self.confirmed(&draft)?;
        let preferred = preferred
            .into_iter()
            .map(|u| Preference {
                r#use: u,
                model: draft.picks.iter().find(|p| p.r#use == u).and_then(|p| p.model.clone()),
            })
            .collect();
        self.step(draft.id, Busy::Switching, async {
            let deed = Deed::VersionPromote { connection: draft.id, version, uses, preferred, fence: None };
            self.perform(deed, None, vec![]).await?;
            self.host.reached("use: promoted").await;
            self.forget_draft_admin(&draft).await?;
            self.keep_draft(Draft { step: ConnectStep::Done, ..draft })
        })
        .await
    }

    /// Where the person is: what the record says moves a connection on by itself, also when the app was killed between an
    /// act and writing down that it was done.
    pub(crate) fn step_now(&self, draft: &Draft) -> ConnectStep {
        if draft.step < ConnectStep::Confirm {
            return draft.step;
        }
        let version = draft.sent.as_ref().map(|s| s.version);
        let state = self.state();
        let connection = state.as_ref().and_then(|s| s.connections().get(&draft.id));
        if version.is_some() && connection.and_then(|c| c.current()).map(|(number, _)| number) == version {
            return ConnectStep::Done;
        }
        if connection.and_then(|c| c.trial.as_ref()).is_some_and(|t| Some(t.version) == version) {
            return ConnectStep::Try;
        }
        match draft.step {
            ConnectStep::Confirm if self.confirmed(draft).is_err() => ConnectStep::Confirm,
            ConnectStep::Confirm if self.tester(draft).is_none() => ConnectStep::Use,
            ConnectStep::Confirm => ConnectStep::Try,
            other => other,
        }
    }

    fn confirmed(&self, draft: &Draft) -> Result<u32, Fault> {
        let not_yet = || Fault::new(Code::ActRefused, "the agency has not confirmed the version yet");
        let version = draft.sent.as_ref().ok_or_else(not_yet)?.version;
        let state = self.state().ok_or_else(not_yet)?;
        let known = state.connections().get(&draft.id).and_then(|c| c.versions.get(&version)).ok_or_else(not_yet)?;
        let works = known.health == Health::Works && known.stage != Stage::Retired && known.stage != Stage::Pending;
        if works { Ok(version) } else { Err(not_yet()) }
    }

    /// The low-stakes assistant that can try a draft, and for which of its uses.
    pub(crate) fn tester(&self, draft: &Draft) -> Option<(AssistantId, Vec<Use>)> {
        let state = self.state()?;
        state.assistants().iter().filter(|(_, a)| a.low_stakes && !a.removed).find_map(|(id, assistant)| {
            let uses: Vec<Use> = draft.uses.iter().copied().filter(|u| assistant.uses.contains(u)).collect();
            (!uses.is_empty()).then_some((*id, uses))
        })
    }
}
