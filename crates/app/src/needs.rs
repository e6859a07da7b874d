//! The strip *Needs you*: at most three sentences with a button each, most pressing first.

use ownkey_protocol::act::RetireReason;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{AtProvider, ClientState, Health, Reminder};
use ownkey_protocol::limit::{Month, Scope};
use ownkey_protocol::vocabulary::{Fallback, Payer, Use};

use crate::App;
use crate::agency_client::now;
use crate::host::Host;
use crate::wire::{ConnectStep, Need, NeedKind};

pub(crate) const fn need(kind: NeedKind) -> Need {
    Need { kind, connection: None, provider: None, r#use: None, assistant: None, since: None, by: None }
}

impl<H: Host> App<H> {
    pub(crate) fn needs_you(&self, state: Option<&ClientState>) -> Vec<Need> {
        let mut needs = Vec::new();
        let (alarm, keychain) = self.live(|live| (live.alarm.is_some(), live.keychain_fault));
        if alarm {
            needs.push(need(NeedKind::Alarm));
        }
        if keychain {
            needs.push(need(NeedKind::KeychainFault));
        }
        if self.joined().is_some_and(|j| j.http.skew_millis().abs() > 300_000) {
            needs.push(need(NeedKind::ClockWrong));
        }
        let Some(state) = state else { return needs };
        needs.extend(of_state(state, now()));
        needs.extend(self.rotations_that_wait());
        needs.extend(self.keys_that_are_due(state));
        needs.extend(self.bills_that_reached(state));
        let waiting = self.live(|live| live.drafts.values().find(|d| d.step != ConnectStep::Done).cloned());
        if let Some(draft) = waiting {
            needs.push(Need {
                connection: Some(draft.id.to_string()),
                provider: Some(draft.provider),
                since: Some(draft.started.to_string()),
                ..need(NeedKind::DraftWaits)
            });
        } else if state.connections().values().all(|c| c.closed || c.versions.is_empty()) && needs.is_empty() {
            needs.push(need(NeedKind::NothingConnected));
        }
        needs.truncate(3);
        needs
    }
}

impl<H: Host> App<H> {
    /// Dates that are near, the nearest first, and what the agency proposes.
    fn keys_that_are_due(&self, state: &ClientState) -> Vec<Need> {
        let now = self.now_of(state);
        let mut due: Vec<_> =
            state.connections().iter().filter_map(|(id, c)| Some((id, c, self.near(state, *id, now)?))).collect();
        due.sort_by_key(|(.., (due, _))| due.at);
        let proposed = state
            .agreement()
            .proposal
            .map(|proposal| Need { since: Some(proposal.since.to_string()), ..need(NeedKind::AgreementWaits) });
        let dates = due.into_iter().map(|(id, known, (due, near))| Need {
            connection: Some(id.to_string()),
            provider: Some(known.provider),
            r#use: uses_of(state, *id).first().copied(),
            by: Some(due.at.to_string()),
            ..need(if near < Reminder::Due { NeedKind::KeyDueSoon } else { NeedKind::KeyDue })
        });
        dates.chain(proposed).collect()
    }
}

/// What the record itself says: dead keys, budgets, pauses, keys that may live on.
pub(crate) fn of_state(state: &ClientState, now: Instant) -> Vec<Need> {
    let mut needs = dead_keys(state, now);
    let named: Vec<Option<Use>> =
        needs.iter().filter(|n| n.kind == NeedKind::KeyDeadPlatformPays).map(|n| n.r#use).collect();
    for r#use in Use::ALL {
        let known = state.of_use(r#use);
        let runs = known.fallback_at(now) == Fallback::Platform && !named.contains(&Some(r#use));
        if let Some((provider, since)) = known.falling_back.iter().next().filter(|_| runs) {
            needs.push(Need {
                provider: Some(*provider),
                r#use: Some(r#use),
                since: Some(since.to_string()),
                ..need(NeedKind::FallbackRuns)
            });
        }
    }
    needs.extend(budgets(state, now));
    needs.extend(unproven(state));
    needs.extend(pauses(state));
    needs
}

/// The uses that a connection serves.
fn uses_of(state: &ClientState, id: ConnectionId) -> Vec<Use> {
    let serves = |u: &Use| {
        let assignment = state.of_use(*u).assignment.as_ref().filter(|a| a.payer == Payer::Own);
        assignment.is_some_and(|a| a.serving.values().any(|c| *c == id))
    };
    Use::ALL.into_iter().filter(serves).collect()
}

/// One for the uses that the platform pays for, and one for those that are stopped; each names a use of its kind.
fn dead_keys(state: &ClientState, now: Instant) -> Vec<Need> {
    let mut needs = Vec::new();
    for (id, known) in state.connections().iter().filter(|(_, c)| !c.closed) {
        let Some((_, version)) = known.current().filter(|(_, v)| matches!(v.health, Health::Dead(_))) else { continue };
        let about = |kind, r#use| Need {
            connection: Some(id.to_string()),
            provider: Some(known.provider),
            r#use,
            since: Some(version.since.to_string()),
            ..need(kind)
        };
        let uses = uses_of(state, *id);
        let pays = |u: &&Use| state.of_use(**u).fallback_at(now) == Fallback::Platform;
        let stopped = uses.iter().find(|u| !pays(u)).copied();
        if stopped.is_some() || uses.is_empty() {
            needs.push(about(NeedKind::KeyDeadStopped, stopped));
        }
        if let Some(paid) = uses.iter().find(pays) {
            needs.push(about(NeedKind::KeyDeadPlatformPays, Some(*paid)));
        }
    }
    needs
}

fn unproven(state: &ClientState) -> Vec<Need> {
    let mut needs = Vec::new();
    for (id, known) in state.connections().iter().filter(|(_, c)| !c.closed) {
        let open = known
            .open_versions()
            .map(|(_, v)| v)
            .find(|v| v.at_provider == AtProvider::Unproven && v.reason != Some(RetireReason::Discarded));
        if let Some(version) = open {
            needs.push(Need {
                connection: Some(id.to_string()),
                provider: Some(known.provider),
                r#use: uses_of(state, *id).first().copied(),
                since: Some(version.since.to_string()),
                ..need(NeedKind::RevokeUnproven)
            });
        }
    }
    needs
}

fn budgets(state: &ClientState, now: Instant) -> Vec<Need> {
    let month = Month::of(now);
    let reached = state.reached().iter().filter(|(scope, r)| r.month == month && !matches!(scope, Scope::Platform(_)));
    reached
        .map(|(scope, r)| Need {
            r#use: if let Scope::Use(r#use) = scope { Some(*r#use) } else { None },
            assistant: if let Scope::Assistant(id) = scope { Some(id.to_string()) } else { None },
            since: Some(r.since.to_string()),
            ..need(if r.hard { NeedKind::BudgetStops } else { NeedKind::BudgetReached })
        })
        .collect()
}

fn pauses(state: &ClientState) -> Vec<Need> {
    let paused = |since: Option<Instant>| since.map(|s| Need { since: Some(s.to_string()), ..need(NeedKind::Paused) });
    let uses = Use::ALL.into_iter().filter_map(|u| Some(Need { r#use: Some(u), ..paused(state.of_use(u).paused)? }));
    let connections = state.connections().iter().filter(|(_, c)| !c.closed).filter_map(|(id, c)| {
        Some(Need { connection: Some(id.to_string()), provider: Some(c.provider), ..paused(c.paused)? })
    });
    let assistants = state
        .assistants()
        .iter()
        .filter(|(_, a)| !a.removed)
        .filter_map(|(id, a)| Some(Need { assistant: Some(id.to_string()), ..paused(a.paused)? }));
    uses.chain(connections).chain(assistants).collect()
}
