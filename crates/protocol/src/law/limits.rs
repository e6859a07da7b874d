//! Acts by which a client's people hold calls back, and what the gateway says of budgets (design.md §6).

use super::terms::Reached;
use super::{ClientState, Context, Refused, no};
use crate::act::Deed;
use crate::code::Code;
use crate::instant::Instant;
use crate::limit::{Limit, Month, Pausable, Scope};

impl ClientState {
    pub(super) fn apply_limit(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        match &context.act.deed {
            Deed::PauseSet { of } => {
                self.pause(of)?.get_or_insert(context.logged);
                Ok(())
            }
            Deed::PauseClear { of } => {
                *self.pause(of)? = None;
                Ok(())
            }
            Deed::LimitSet { scope, limit } => self.limit(*scope, *limit),
            Deed::BudgetReached { scope, month, hard } => self.budget(*scope, *month, *hard, context.logged),
            _ => no(Code::Malformed, "not an act about limits"),
        }
    }

    fn pause(&mut self, of: &Pausable) -> Result<&mut Option<Instant>, Refused> {
        let found = match of {
            Pausable::Use(r#use) => Some(&mut self.uses.entry(*r#use).or_default().paused),
            Pausable::Connection(id) => {
                self.connections.get_mut(id).filter(|c| !c.closed).map(|connection| &mut connection.paused)
            }
            Pausable::Assistant(id) => {
                self.assistants.get_mut(id).filter(|a| !a.removed).map(|assistant| &mut assistant.paused)
            }
        };
        found.ok_or(Refused { code: Code::NotFound, cause: "there is nothing to pause" })
    }

    fn limit(&mut self, scope: Scope, limit: Option<Limit>) -> Result<(), Refused> {
        match scope {
            Scope::Platform(_) => return no(Code::NotAllowed, "what the agency pays is the agency's to bound"),
            Scope::Assistant(id) if self.assistants.get(&id).is_none_or(|a| a.removed) => {
                return no(Code::NotFound, "no such assistant");
            }
            _ => {}
        }
        match limit {
            None => self.limits.remove(&scope),
            Some(Limit { money: None, units: None, calls_per_minute: None, .. }) => {
                return no(Code::Malformed, "a limit bounds something");
            }
            Some(limit) => self.limits.insert(scope, limit),
        };
        self.reached.remove(&scope);
        Ok(())
    }

    /// Said once in a month, and again only where it became harder.
    fn budget(&mut self, scope: Scope, month: Month, hard: bool, since: Instant) -> Result<(), Refused> {
        let bounded = match scope {
            Scope::Platform(r#use) => {
                let state = self.of_use(r#use);
                state.fallback.1.cap.or(state.offer.and_then(|terms| terms.cap)).is_some()
            }
            _ => self.limits.get(&scope).is_some_and(|l| l.money.is_some() || l.units.is_some()),
        };
        if !bounded {
            return no(Code::NotFound, "there is no such budget");
        }
        let said = |known: &Reached| known.month > month || (known.month == month && known.hard >= hard);
        if self.reached.get(&scope).is_some_and(said) {
            return no(Code::ActRefused, "it was said before");
        }
        if let Scope::Platform(r#use) = scope {
            self.uses.entry(r#use).or_default().cap_reached = Some(month);
        }
        self.reached.insert(scope, Reached { month, hard, since });
        Ok(())
    }
}
