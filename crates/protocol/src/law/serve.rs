//! Which key serves a call: the gateway's decision, made from the fold alone (design.md §6).

use super::{ClientState, Health, Stage};
use crate::id::{AssistantId, ConnectionId};
use crate::instant::Instant;
use crate::vocabulary::{Fallback, Payer, Provider, Use};

/// What a call runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// The client's own account.
    Own {
        /// The connection.
        connection: ConnectionId,
        /// Its provider.
        provider: Provider,
        /// The version.
        version: u32,
        /// The model that `model: "ownkey"` stands for.
        model: Option<String>,
        /// Whether a trial decided this.
        trial: bool,
    },
    /// The platform's account.
    Platform {
        /// The provider that was called, on a direct route.
        provider: Option<Provider>,
        /// True when the client chose it; false when it is the fallback.
        chosen: bool,
    },
}

/// Why a call is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: StopReason,
    /// At which provider, where one was named or preferred.
    pub provider: Option<Provider>,
}

/// Reasons for which a call is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The assistant may not call this use.
    NotAllowed,
    /// The client has no account at this provider, and the fallback is `stop`.
    NotConnected,
    /// The client's key is dead, and the fallback is `stop`.
    KeyDead,
    /// The client has ended its agreement.
    Ended,
}

impl ClientState {
    /// Which account serves a call of `assistant` for `use` at `now`.
    ///
    /// `provider` is the one of a direct route; `None` on a unified route, which takes the preferred account.
    ///
    /// # Errors
    /// [`Refusal`] when the call must not be made.
    pub fn serve(
        &self,
        assistant: AssistantId,
        r#use: Use,
        provider: Option<Provider>,
        now: Instant,
    ) -> Result<Served, Refusal> {
        let refuse = |reason| Err(Refusal { reason, provider });
        if self.ended {
            return refuse(StopReason::Ended);
        }
        match self.assistants.get(&assistant) {
            Some(known) if !known.removed && known.uses.contains(&r#use) => {}
            _ => return refuse(StopReason::NotAllowed),
        }
        if let Some(served) = self.trial_for(assistant, r#use, provider) {
            return Ok(served);
        }
        let state = self.of_use(r#use);
        let Some(assignment) = &state.assignment else {
            return self.without_own(r#use, provider, StopReason::NotConnected, now);
        };
        if assignment.payer == Payer::Platform {
            return if state.offered_at(now) {
                Ok(Served::Platform { provider, chosen: true })
            } else {
                refuse(StopReason::NotConnected)
            };
        }
        let connection = match provider {
            Some(provider) => assignment.serving.get(&provider).copied(),
            None => assignment.preferred,
        };
        let Some((id, known)) = connection.and_then(|id| Some((id, self.connections.get(&id)?))) else {
            return self.without_own(r#use, provider, StopReason::NotConnected, now);
        };
        match known.current() {
            Some((version, current)) if current.health == Health::Works => Ok(Served::Own {
                connection: id,
                provider: known.provider,
                version,
                model: assignment.model.clone().filter(|_| assignment.preferred == Some(id)),
                trial: false,
            }),
            Some(_) => self.without_own(r#use, Some(known.provider), StopReason::KeyDead, now),
            None => self.without_own(r#use, Some(known.provider), StopReason::NotConnected, now),
        }
    }

    /// What the fallback says for a call whose own key is dead or missing.
    ///
    /// # Errors
    /// [`Refusal`] with `reason` when the fallback is `stop`.
    pub fn without_own(
        &self,
        r#use: Use,
        provider: Option<Provider>,
        reason: StopReason,
        now: Instant,
    ) -> Result<Served, Refusal> {
        match self.of_use(r#use).fallback_at(now) {
            Fallback::Platform => Ok(Served::Platform { provider, chosen: false }),
            Fallback::Stop => Err(Refusal { reason, provider }),
        }
    }

    fn trial_for(&self, assistant: AssistantId, r#use: Use, provider: Option<Provider>) -> Option<Served> {
        self.connections.iter().find_map(|(id, connection)| {
            let trial = connection.trial.as_ref()?;
            let version = connection.versions.get(&trial.version)?;
            let fits = trial.assistant == assistant
                && trial.uses.contains(&r#use)
                && provider.is_none_or(|p| p == connection.provider)
                && !connection.closed
                && version.health == Health::Works
                && matches!(version.stage, Stage::Ready | Stage::Previous);
            fits.then_some(Served::Own {
                connection: *id,
                provider: connection.provider,
                version: trial.version,
                model: None,
                trial: true,
            })
        })
    }
}
