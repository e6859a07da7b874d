//! Acts about who pays for a use, and about the assistants that call.

use std::collections::BTreeMap;

use super::state::Assignment;
use super::terms::{Terms, Token};
use super::{Assistant, ClientState, Context, Refused, no, short_and_unique};
use crate::act::Deed;
use crate::code::Code;
use crate::id::ConnectionId;
use crate::limit::Scope;
use crate::vocabulary::{Payer, Provider, Use};

impl ClientState {
    pub(super) fn apply_use(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        match &context.act.deed {
            Deed::AssignmentSet { r#use, payer, serving, preferred, model } => {
                let assignment = self.assignment(context, *r#use, *payer, serving, *preferred, model.as_ref())?;
                self.uses.entry(*r#use).or_default().assignment = Some(assignment);
                Ok(())
            }
            Deed::ModelPick { r#use, model } => {
                let state = self.uses.entry(*r#use).or_default();
                match state.assignment.as_mut().filter(|a| a.payer == Payer::Own && a.preferred.is_some()) {
                    Some(assignment) => {
                        assignment.model = model.clone();
                        Ok(())
                    }
                    None => no(Code::ActRefused, "no account is preferred for this use"),
                }
            }
            Deed::FallbackLimit { r#use, stop } => {
                self.uses.entry(*r#use).or_default().stop = *stop;
                Ok(())
            }
            Deed::PlatformOffer { r#use, offered, until, cap } => {
                let state = self.uses.entry(*r#use).or_default();
                state.offer = offered.then_some(Terms { until: *until, cap: *cap });
                state.cap_reached = None;
                self.reached.remove(&Scope::Platform(*r#use));
                Ok(())
            }
            Deed::FallbackSet { r#use, fallback, until, cap } => {
                let state = self.uses.entry(*r#use).or_default();
                state.fallback = (*fallback, Terms { until: *until, cap: *cap });
                state.cap_reached = None;
                self.reached.remove(&Scope::Platform(*r#use));
                Ok(())
            }
            Deed::ModelsAllow { r#use, models } => {
                short_and_unique(models)?;
                self.uses.entry(*r#use).or_default().models = models.iter().cloned().collect();
                Ok(())
            }
            Deed::FallbackBegan { r#use, provider } => {
                let state = self.uses.entry(*r#use).or_default();
                state.falling_back.entry(*provider).or_insert(context.logged);
                Ok(())
            }
            Deed::FallbackEnded { r#use, provider } => {
                self.uses.entry(*r#use).or_default().falling_back.remove(provider);
                Ok(())
            }
            _ => no(Code::Malformed, "not an act about uses"),
        }
    }

    fn assignment(
        &self,
        context: &Context<'_>,
        r#use: Use,
        payer: Payer,
        serving: &[ConnectionId],
        preferred: Option<ConnectionId>,
        model: Option<&String>,
    ) -> Result<Assignment, Refused> {
        short_and_unique(serving)?;
        if payer == Payer::Platform {
            if !serving.is_empty() || preferred.is_some() || model.is_some() {
                return no(Code::Malformed, "the platform has no accounts of the client's");
            }
            if !self.of_use(r#use).offered_at(context.logged) {
                return no(Code::PlatformNotOffered, "the agency does not offer its account for this use");
            }
            return Ok(Assignment { payer, serving: BTreeMap::new(), preferred: None, model: None });
        }
        let mut by_provider: BTreeMap<Provider, ConnectionId> = BTreeMap::new();
        for id in serving {
            let known = self.connection(*id)?;
            if known.current().is_none() {
                return no(Code::ActRefused, "the connection has no current version");
            }
            if !known.provider.uses().contains(&r#use) {
                return no(Code::ActRefused, "the provider does not serve this use");
            }
            if by_provider.insert(known.provider, *id).is_some() {
                return no(Code::ActRefused, "two connections at one provider");
            }
        }
        if preferred.is_some_and(|p| !serving.contains(&p)) || (preferred.is_none() && model.is_some()) {
            return no(Code::ActRefused, "the preferred connection does not serve the use");
        }
        Ok(Assignment { payer, serving: by_provider, preferred, model: model.cloned() })
    }

    pub(super) fn apply_assistant(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        match &context.act.deed {
            Deed::AssistantAdd { assistant, name_hash, uses, low_stakes } => {
                short_and_unique(uses)?;
                if self.assistants.contains_key(assistant) {
                    return no(Code::ActRefused, "the assistant exists");
                }
                let fresh = Assistant {
                    name_hash: *name_hash,
                    uses: uses.iter().copied().collect(),
                    low_stakes: *low_stakes,
                    tokens: BTreeMap::new(),
                    paused: None,
                    removed: false,
                    revision: 0,
                };
                self.assistants.insert(*assistant, fresh);
                Ok(())
            }
            Deed::AssistantMarkLowStakes { assistant, low_stakes } => {
                self.assistant(*assistant)?.low_stakes = *low_stakes;
                if !low_stakes {
                    self.end_trials_on(*assistant);
                }
                Ok(())
            }
            Deed::AssistantToken { assistant, token_hash, name_hash, uses, expires } => {
                short_and_unique(uses.as_deref().unwrap_or_default())?;
                if self.assistants.values().any(|a| a.tokens.contains_key(token_hash)) {
                    return no(Code::ActRefused, "the token exists");
                }
                let known = self.assistant(*assistant)?;
                if uses.iter().flatten().any(|u| !known.uses.contains(u)) {
                    return no(Code::ActRefused, "a token is good for no more than its assistant");
                }
                let uses = uses.as_ref().map(|uses| uses.iter().copied().collect());
                let token = Token { name_hash: *name_hash, uses, expires: *expires, since: context.logged };
                known.tokens.insert(*token_hash, token);
                Ok(())
            }
            Deed::AssistantTokenEnd { assistant, token_hash, at } => {
                match self.assistant(*assistant)?.tokens.get_mut(token_hash) {
                    Some(token) if token.good_at(*at) => {
                        token.expires = Some(*at);
                        Ok(())
                    }
                    Some(_) => no(Code::ActRefused, "the token ends before that"),
                    None => no(Code::NotFound, "no such token"),
                }
            }
            Deed::AssistantRemove { assistant } => {
                let id = *assistant;
                self.assistant(id).map(|a| {
                    a.removed = true;
                    a.tokens.clear();
                })?;
                self.end_trials_on(id);
                Ok(())
            }
            _ => no(Code::Malformed, "not an act about assistants"),
        }
    }

    /// New keys are tried on assistants that are there and marked for it, on no other.
    fn end_trials_on(&mut self, assistant: crate::id::AssistantId) {
        for connection in self.connections.values_mut() {
            if connection.trial.as_ref().is_some_and(|t| t.assistant == assistant) {
                connection.trial = None;
            }
        }
    }

    fn assistant(&mut self, id: crate::id::AssistantId) -> Result<&mut Assistant, Refused> {
        match self.assistants.get_mut(&id) {
            Some(known) if !known.removed => Ok(known),
            _ => no(Code::NotFound, "no such assistant"),
        }
    }
}
