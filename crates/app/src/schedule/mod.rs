//! When keys are replaced: who looks after a connection, its schedule, what the agency proposed (design.md §7).
//!
//! The dates come from the record ([`ClientState::due`]), so every device and the agency read the same ones. What this
//! computer does by itself, reminding and replacing, is in [`by_itself`] and [`remind`].

mod by_itself;
mod quiet;
mod remind;
mod view;

pub(crate) use view::agreement;

use std::sync::Arc;
use std::time::Duration;

use ownkey_protocol::act::{Deed, Schedule};
use ownkey_protocol::code::Code;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::ClientState;

use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::joined::Joined;

/// How often dates are looked at.
const LOOK: Duration = Duration::from_secs(60);

impl<H: Host> App<H> {
    /// Sets when a connection's key is to be replaced; `None` = as was agreed for all.
    ///
    /// # Errors
    /// `not_allowed`; `act_refused` for less often than was agreed; `malformed` for what is no schedule.
    pub async fn set_schedule(&self, connection: String, schedule: Option<Schedule>) -> Result<(), Fault> {
        self.may_change()?;
        let connection = parse(&connection)?;
        self.perform(Deed::ConnectionSchedule { connection, schedule }, None, vec![]).await.map(drop)
    }

    /// Says who looks after a connection.
    ///
    /// # Errors
    /// `not_allowed`; `act_refused` for somebody who may not replace its key.
    pub async fn set_owner(&self, connection: String, member: String) -> Result<(), Fault> {
        self.may_change()?;
        let connection = parse(&connection)?;
        let member = member.parse().map_err(|_| Fault::new(Code::Malformed, "not a member"))?;
        self.perform(Deed::ConnectionOwner { connection, member }, None, vec![]).await.map(drop)
    }

    /// Agrees to what the agency proposed, or turns it down. `schedule` is what the person saw.
    ///
    /// # Errors
    /// `not_allowed` for whoever is no owner; `act_refused` when something else is proposed by now.
    pub async fn answer_agreement(&self, schedule: Option<Schedule>, accept: bool) -> Result<(), Fault> {
        let deed = if accept { Deed::AgreementAccept { schedule } } else { Deed::AgreementDecline {} };
        self.perform(deed, None, vec![]).await.map(drop)
    }

    /// Looks at the dates until the app ends: reminds, and replaces by itself what is due.
    pub(crate) async fn keep_schedule(&self) {
        loop {
            self.look_at_schedule().await;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Looks at the dates once.
    pub async fn look_at_schedule(&self) {
        let Some((joined, state)) = self.joined().zip(self.state()) else { return };
        let stands_still = self.live(|live| live.alarm.is_some() || live.removed || live.lost);
        if stands_still || state.ended() || self.may_change().is_err() {
            return;
        }
        let now = self.agencys_now(&joined);
        self.begin_what_is_due(&joined, &state, now).await;
        self.remind(&joined, &state, now);
    }

    /// The time by which dates are reckoned: the agency's, as far as it is known, since this computer's clock may be wrong.
    pub(crate) fn agencys_now(&self, joined: &Arc<Joined>) -> Instant {
        self.host.now().plus_millis(joined.http.skew_millis())
    }

    /// The time by which the dates of `state` are reckoned.
    pub(crate) fn now_of(&self, state: &ClientState) -> Instant {
        let now = self.joined().map_or_else(|| self.host.now(), |joined| self.agencys_now(&joined));
        now.max(state.last_logged())
    }
}
