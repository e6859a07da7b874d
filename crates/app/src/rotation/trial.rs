//! The trial within a rotation: one low-stakes assistant runs on the new version before all do.

use ownkey_protocol::act::Deed;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::{AssistantId, ConnectionId};
use ownkey_protocol::vocabulary::Use;
use ownkey_rotation::{Event, Failure};

use super::acts::known;
use super::{Done, Kept};
use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;

impl<H: Host> App<H> {
    /// Lets a new key serve this assistant first, the one that is on its way and those to come; without one, it serves all as
    /// soon as it can.
    ///
    /// # Errors
    /// `not_found`; `act_refused` for an assistant that is not marked for trials of this key.
    pub async fn rotation_try(&self, connection: String, assistant: Option<String>) -> Result<(), Fault> {
        self.may_change()?;
        let id = parse(&connection)?;
        let trial =
            match &assistant {
                Some(text) => Some(self.tester_of(id, text).ok_or_else(|| {
                    Fault::new(Code::ActRefused, "the assistant is not marked for trials of this key")
                })?),
                None => None,
            };
        self.store.set_fact(&try_name(id), &assistant)?;
        let may = |kept: &Kept| kept.rotation.may_try();
        if self.live(|live| live.rotations.get(&id).is_some_and(may)) {
            let first = trial.is_some();
            self.change_rotation(id, |kept| kept.trial = trial)?;
            self.tell_rotation(id, Event::TryFirst(first))?;
        }
        self.changed();
        Ok(())
    }

    /// The assistant that a new key of this connection serves first, where it still may.
    pub(crate) fn tries_first(&self, id: ConnectionId) -> Option<(AssistantId, Vec<Use>)> {
        let kept = self.store.fact::<Option<String>>(&try_name(id)).ok().flatten().flatten()?;
        self.tester_of(id, &kept)
    }

    /// An assistant that may try it, and for which uses.
    fn tester_of(&self, connection: ConnectionId, assistant: &str) -> Option<(AssistantId, Vec<Use>)> {
        let id: AssistantId = assistant.parse().ok()?;
        let state = self.state()?;
        let found = state.assistants().get(&id).filter(|one| one.low_stakes && !one.removed)?;
        let uses: Vec<Use> = self.uses_hit(connection).into_iter().filter(|used| found.uses.contains(used)).collect();
        (!uses.is_empty()).then_some((id, uses))
    }

    pub(super) async fn start_trial(&self, kept: Kept) -> Done {
        let Some((assistant, uses)) = kept.trial.clone() else { return Err(Failure::Refused) };
        let kept = self.lease(kept).await?;
        let state = self.fresh_state().await?;
        let (connection, version) = (kept.connection(), kept.plan().new);
        let runs = known(&state, &kept)?.trial.as_ref();
        if runs.is_some_and(|trial| trial.version == version && trial.assistant == assistant) {
            return Ok(());
        }
        self.act(Deed::TrialStart { connection, version, assistant, uses, fence: kept.fence() }, None).await
    }
}

/// Name of the fact that says which assistant a new key serves first.
fn try_name(connection: ConnectionId) -> String {
    format!("try/{connection}")
}
