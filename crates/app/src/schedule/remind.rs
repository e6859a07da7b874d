//! Reminders by system notification: 14 and 3 days before, at the day, and weekly after; each once on each computer of
//! the member who looks after the connection. The strip *Needs you* says the same to everybody who may replace the key.

use std::collections::BTreeMap;
use std::sync::Arc;

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{ClientState, Due, Reminder};
use ownkey_protocol::vocabulary::Role;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::fault::Fault;
use crate::host::{Host, Notice};
use crate::joined::Joined;

/// Of what a person was reminded last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Reminded {
    version: u32,
    at: Instant,
    step: u32,
}

/// Rises with how near the date is.
fn step(near: Reminder) -> u32 {
    match near {
        Reminder::TwoWeeks => 1,
        Reminder::ThreeDays => 2,
        Reminder::Due => 3,
        Reminder::Late(weeks) => weeks.saturating_add(3),
    }
}

impl<H: Host> App<H> {
    /// A date that is near, or past, and that a person is to do something about: not while the key is being replaced, nor
    /// before the date where this computer replaces it by itself.
    pub(crate) fn near(&self, state: &ClientState, id: ConnectionId, now: Instant) -> Option<(Due, Reminder)> {
        let due = state.due(id)?;
        let near = Reminder::at(due.at, now)?;
        let early = near < Reminder::Due && self.replaces_by_itself(state.connections().get(&id)?);
        let open = self.live(|live| live.rotations.get(&id).is_some_and(|kept| kept.ended.is_none()));
        (!early && !open && state.rotation_at(id, now).is_none()).then_some((due, near))
    }

    pub(super) fn remind(&self, joined: &Arc<Joined>, state: &ClientState, now: Instant) {
        if let Err(fault) = self.try_to_remind(joined, state, now) {
            tracing::warn!(%fault, "what was reminded of could not be written down");
        }
    }

    fn try_to_remind(&self, joined: &Arc<Joined>, state: &ClientState, now: Instant) -> Result<(), Fault> {
        let before: BTreeMap<String, Reminded> = self.store.fact("reminded")?.unwrap_or_default();
        let mut after = BTreeMap::new();
        for id in state.connections().keys().filter(|id| is_mine(joined, state, **id)) {
            let known = before.get(&id.to_string()).copied();
            let Some((due, near)) = self.near(state, *id, now) else {
                after.extend(known.map(|known| (id.to_string(), known)));
                continue;
            };
            let told = Reminded { version: due.version, at: due.at, step: step(near) };
            let same = known.filter(|known| (known.version, known.at) == (told.version, told.at));
            if same.is_none_or(|same| same.step < told.step) {
                self.notify(self.reminder(state, *id, due, near));
            }
            let kept = same.filter(|same| same.step > told.step).unwrap_or(told);
            after.insert(id.to_string(), kept);
        }
        if after != before {
            self.store.set_fact("reminded", &after)?;
        }
        Ok(())
    }

    fn reminder(&self, state: &ClientState, id: ConnectionId, due: Due, near: Reminder) -> Notice {
        let known = &state.connections()[&id];
        let about = if near < Reminder::Due { "due-soon" } else { "due" };
        let date = due.at.to_string();
        let fields = vec![
            ("provider", known.provider.display_name().to_owned()),
            ("name", self.name_of(known.name_hash)),
            ("date", date[..10].to_owned()),
        ];
        Notice { about, fields, language: self.language() }
    }

    /// Tells the person through the system, where they want that.
    pub(crate) fn notify(&self, notice: Notice) {
        if self.preferences().notifications {
            self.host.notify(notice);
        }
    }
}

/// Whether this device is of the member who looks after a connection, or of an owner where nobody does.
fn is_mine(joined: &Arc<Joined>, state: &ClientState, id: ConnectionId) -> bool {
    let me = joined.membership.member;
    let owner = || state.members().get(&me).is_some_and(|m| m.role == Role::Owner);
    state.looked_after_by(id).map_or_else(owner, |member| member == me)
}
