//! Which key serves a call: the gateway's decision, made from the fold alone (design.md §6).

use super::{ClientState, Connection, Health, Stage};
use crate::act::RetireReason;
use crate::id::{AssistantId, ClientId, ConnectionId};
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

/// How long calls that run on a version go on after it was retired.
pub const GRACE_MILLIS: i64 = 60_000;

/// What becomes of the calls that run on a version (design.md §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Running {
    /// They go on.
    GoesOn,
    /// Its version was retired, or the client has ended: they have until then.
    EndsBy(Instant),
    /// Its version leaked: they are cut at once.
    Cut,
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
    /// The client's people paused these calls.
    Paused,
    /// What the agency pays a month is spent.
    CapReached,
    /// The client has ended its agreement.
    Ended,
    /// What the call refers to was made on an account that does not pay for this use any more.
    OtherAccount,
}

impl ClientState {
    /// Whether `assistant` may make calls for `use` at `provider` at all, whoever pays for them; without a use, whether it
    /// was given any that the provider serves.
    ///
    /// # Errors
    /// [`Refusal`] when the client has ended, or the assistant was not given this use.
    pub fn may_call(&self, assistant: AssistantId, r#use: Option<Use>, provider: Provider) -> Result<(), Refusal> {
        let may = |r#use| self.may(assistant, r#use, Some(provider));
        match r#use {
            Some(r#use) => may(r#use),
            None => self.each_use(provider, may).min_by_key(Result::is_err).unwrap_or(Ok(())),
        }
    }

    fn may(&self, assistant: AssistantId, r#use: Use, provider: Option<Provider>) -> Result<(), Refusal> {
        let refuse = |reason| Err(Refusal { reason, provider });
        if self.ended {
            return refuse(StopReason::Ended);
        }
        match self.assistants.get(&assistant) {
            Some(known) if !known.removed && known.uses.contains(&r#use) => {
                let paused = known.paused.or(self.of_use(r#use).paused);
                if paused.is_some() { refuse(StopReason::Paused) } else { Ok(()) }
            }
            _ => refuse(StopReason::NotAllowed),
        }
    }

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
        self.may(assistant, r#use, provider)?;
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
                refuse(if state.cap_reached_at(now) { StopReason::CapReached } else { StopReason::NotConnected })
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
            Some(_) if known.paused.is_some() => refuse(StopReason::Paused),
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

    /// Which account serves a call that belongs to no use: the one that serves a use at this provider, in the order of
    /// [`Use::ALL`]; else the platform's, where it pays for one.
    ///
    /// # Errors
    /// [`Refusal`] when no use that the assistant was given is served there.
    pub fn serve_any(&self, assistant: AssistantId, provider: Provider, now: Instant) -> Result<Served, Refusal> {
        let each = self.each_use(provider, |r#use| self.serve(assistant, r#use, Some(provider), now));
        each.min_by_key(|answer| match answer {
            Ok(Served::Own { .. }) => 0,
            Ok(Served::Platform { .. }) => 1,
            Err(refusal) if refusal.reason != StopReason::NotAllowed => 2,
            Err(_) => 3,
        })
        .unwrap_or(Err(Refusal { reason: StopReason::NotConnected, provider: Some(provider) }))
    }

    /// Which account serves a call that refers to something that an earlier call made: `made_on` is the client's
    /// connection, or `None` for the platform's account. Such a call can run nowhere else, so the thing picks the
    /// account; everything that may refuse another call may refuse this one too.
    ///
    /// # Errors
    /// [`Refusal`] when the call must not be made.
    pub fn serve_made(
        &self,
        assistant: AssistantId,
        r#use: Option<Use>,
        provider: Provider,
        made_on: Option<ConnectionId>,
        now: Instant,
    ) -> Result<Served, Refusal> {
        let of = |r#use| {
            self.may(assistant, r#use, Some(provider))?;
            self.serve_made_for(assistant, r#use, provider, made_on, now)
                .map_err(|reason| Refusal { reason, provider: Some(provider) })
        };
        match r#use {
            Some(r#use) => of(r#use),
            None => self
                .each_use(provider, of)
                .min_by_key(|answer| match answer {
                    Ok(_) => 0,
                    Err(refusal) if refusal.reason != StopReason::NotAllowed => 1,
                    Err(_) => 2,
                })
                .unwrap_or(Err(Refusal { reason: StopReason::NotConnected, provider: Some(provider) })),
        }
    }

    fn serve_made_for(
        &self,
        assistant: AssistantId,
        r#use: Use,
        provider: Provider,
        made_on: Option<ConnectionId>,
        now: Instant,
    ) -> Result<Served, StopReason> {
        let state = self.of_use(r#use);
        let payer = state.assignment.as_ref().map(|a| a.payer);
        let Some(connection) = made_on else {
            let chosen = payer == Some(Payer::Platform);
            let pays = if chosen { state.offered_at(now) } else { state.fallback_at(now) == Fallback::Platform };
            let platform = Served::Platform { provider: Some(provider), chosen };
            return if pays { Ok(platform) } else { Err(StopReason::OtherAccount) };
        };
        match self.trial_for(assistant, r#use, Some(provider)) {
            Some(served @ Served::Own { connection: tried, .. }) if tried == connection => return Ok(served),
            _ => {}
        }
        let Some(assignment) = state.assignment.as_ref().filter(|a| a.payer == Payer::Own) else {
            return Err(StopReason::OtherAccount);
        };
        let known = self.connections.get(&connection).filter(|c| !c.closed && c.provider == provider);
        match known.and_then(Connection::current) {
            Some(_) if known.is_some_and(|c| c.paused.is_some()) => Err(StopReason::Paused),
            Some((version, current)) if current.health == Health::Works => {
                let model = assignment.model.clone().filter(|_| assignment.preferred == Some(connection));
                Ok(Served::Own { connection, provider, version, model, trial: false })
            }
            Some(_) => Err(StopReason::KeyDead),
            None => Err(StopReason::NotConnected),
        }
    }

    /// An answer for each use that the provider serves, in the order of [`Use::ALL`].
    fn each_use<T>(&self, provider: Provider, answer: impl FnMut(Use) -> T) -> impl Iterator<Item = T> {
        Use::ALL.into_iter().filter(move |u| provider.uses().contains(u)).map(answer)
    }

    /// Whether the copy of a version may be opened: not once it is retired, its connection closed, or the client has
    /// ended. In the agency's own record: whether it is the platform's key of a provider.
    #[must_use]
    pub fn may_open(&self, connection: ConnectionId, version: u32) -> bool {
        if self.client == ClientId::PLATFORM {
            return self.platform.values().any(|k| k.connection == connection && k.version == version);
        }
        let known = self.connections.get(&connection).filter(|c| !c.closed && !self.ended);
        known.and_then(|c| c.versions.get(&version)).is_some_and(|v| v.stage != Stage::Retired)
    }

    /// Whether an opened secret may stay in memory for the next call: not that of a version which was replaced.
    #[must_use]
    pub fn may_keep_open(&self, connection: ConnectionId, version: u32) -> bool {
        let known = self.connections.get(&connection);
        let replaced = known.is_some_and(|c| {
            let tried = c.trial.as_ref().is_some_and(|t| t.version == version);
            !tried && c.versions.get(&version).is_some_and(|v| v.stage == Stage::Previous)
        });
        self.may_open(connection, version) && !replaced
    }

    /// What becomes of the calls that run on a version now.
    #[must_use]
    pub fn running(&self, connection: ConnectionId, version: u32) -> Running {
        let known = self.connections.get(&connection).and_then(|c| c.versions.get(&version));
        match known.filter(|v| v.stage == Stage::Retired) {
            Some(retired) if retired.reason == Some(RetireReason::Leaked) => Running::Cut,
            Some(retired) => Running::EndsBy(retired.since.plus_millis(GRACE_MILLIS)),
            None if self.may_open(connection, version) => Running::GoesOn,
            None => Running::EndsBy(self.last_logged.plus_millis(GRACE_MILLIS)),
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
                && connection.paused.is_none()
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
