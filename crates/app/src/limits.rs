//! The client's hand on its calls: pauses, the fallback tightened to `stop`, limits.

use ownkey_protocol::act::Deed;
use ownkey_protocol::code::Code;
use ownkey_protocol::law::ClientState;
use ownkey_protocol::limit::{Currency, Limit, Money, Month, Pausable, Scope};

use crate::App;
use crate::agency_client::now;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::{FallbackChange, LimitChange, LimitScope, LimitView, Pausing};

impl<H: Host> App<H> {
    /// Pauses calls, or lets them go on; in force with the next call.
    ///
    /// # Errors
    /// `not_found`, the agency's codes.
    pub async fn pause(&self, what: Pausing, on: bool) -> Result<(), Fault> {
        self.may_change()?;
        let of = match what {
            Pausing::Use(r#use) => Pausable::Use(r#use),
            Pausing::Connection(id) => Pausable::Connection(parse(&id)?),
            Pausing::Assistant(id) => Pausable::Assistant(assistant(&id)?),
        };
        let deed = if on { Deed::PauseSet { of } } else { Deed::PauseClear { of } };
        self.perform(deed, None, vec![]).await.map(|_| ())
    }

    /// Tightens the fallback of a use to `stop`, or goes back to what the agency set.
    ///
    /// # Errors
    /// `stale` when somebody else changed the use meanwhile; the agency's codes.
    pub async fn limit_fallback(&self, change: FallbackChange) -> Result<(), Fault> {
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        if state.of_use(change.r#use).revision != u64::from(change.revision) {
            return Err(Fault::new(Code::Stale, "the use was changed meanwhile"));
        }
        let deed = Deed::FallbackLimit { r#use: change.r#use, stop: change.stop };
        self.perform(deed, None, vec![]).await.map(|_| ())
    }

    /// Sets a limit; one that bounds nothing takes it away.
    ///
    /// # Errors
    /// `not_found`, the agency's codes.
    pub async fn set_limit(&self, change: LimitChange) -> Result<(), Fault> {
        self.may_change()?;
        let scope = match &change.scope {
            LimitScope::Client => Scope::Client,
            LimitScope::Use(r#use) => Scope::Use(*r#use),
            LimitScope::Assistant(id) => Scope::Assistant(assistant(id)?),
        };
        let bounds = change.money_micro.is_some() || change.units.is_some() || change.calls_per_minute.is_some();
        let limit = bounds.then(|| Limit {
            money: change.money_micro.map(|micro| Money { micro, currency: Currency::Usd }),
            units: change.units,
            calls_per_minute: change.calls_per_minute,
            hard: change.hard,
        });
        self.perform(Deed::LimitSet { scope, limit }, None, vec![]).await.map(|_| ())
    }
}

fn assistant(id: &str) -> Result<ownkey_protocol::id::AssistantId, Fault> {
    id.parse().map_err(|_| Fault::new(Code::NotFound, "no such assistant"))
}

/// The limits that are set, as the window shows them.
pub(crate) fn shown(state: &ClientState) -> Vec<LimitView> {
    let month = Month::of(now());
    let views = state.limits().iter().filter_map(|(scope, limit)| {
        let scope_shown = match scope {
            Scope::Client => LimitScope::Client,
            Scope::Use(r#use) => LimitScope::Use(*r#use),
            Scope::Assistant(id) => LimitScope::Assistant(id.to_string()),
            Scope::Platform(_) => return None,
        };
        let reached = state.reached().get(scope).filter(|r| r.month == month);
        Some(LimitView {
            scope: scope_shown,
            money_micro: limit.money.map(|m| m.micro),
            units: limit.units,
            calls_per_minute: limit.calls_per_minute,
            hard: limit.hard,
            reached: reached.map(|r| r.since.to_string()),
        })
    });
    views.collect()
}
