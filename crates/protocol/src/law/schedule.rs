//! When a key is to be replaced, and who looks after that (design.md §7).
//!
//! The agency proposes a schedule for all of a client's keys and an owner of the client's agrees to it; a connection may
//! have one of its own that is not longer. From that and from what is known of a key's expiry at its provider follows one
//! moment, [`ClientState::due`], the same for both sides: whoever reminds of it reads it from the record.

use super::{ClientState, Connection, Context, Refused, no};
use crate::act::{Deed, Schedule};
use crate::code::Code;
use crate::id::{ConnectionId, MemberId};
use crate::instant::Instant;
use crate::vocabulary::Role;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// The longest time between two keys, and the farthest date.
const MAX_DAYS: u16 = 730;

/// A schedule that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// Which.
    pub schedule: Schedule,
    /// Since when it holds.
    pub since: Instant,
}

impl Scheduled {
    /// When a key that was pushed at `pushed` is to be replaced.
    fn due(self, pushed: Instant) -> Option<Instant> {
        match self.schedule {
            Schedule::Every { days } => Some(pushed.plus_millis(i64::from(days) * DAY)),
            Schedule::By { at } => (pushed <= self.since).then_some(at),
        }
    }
}

/// What the agency proposed and the client agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreement {
    /// What waits for an owner's answer.
    pub proposal: Option<Proposal>,
    /// What holds for all keys.
    pub agreed: Option<Scheduled>,
    /// Revision, of the thing `agreement`.
    pub revision: u64,
}

/// What the agency proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// When all keys are to be replaced; `None` = nothing is to be agreed any more.
    pub schedule: Option<Schedule>,
    /// Since when it waits.
    pub since: Instant,
}

/// When a key is to be replaced at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which version.
    pub version: u32,
    /// When.
    pub at: Instant,
    /// Why then.
    pub reason: DueReason,
}

/// What makes a key due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueReason {
    /// The connection's own schedule.
    Schedule,
    /// What was agreed for all keys.
    Agreement,
    /// The provider stops accepting it then.
    Expiry,
}

/// How near a date is: each is reason to remind once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reminder {
    /// 14 days before, or less.
    TwoWeeks,
    /// 3 days before, or less.
    ThreeDays,
    /// It is due.
    Due,
    /// So many full weeks have passed, one at least.
    Late(u32),
}

impl Reminder {
    /// The one of `due` at `now`; `None` while there are more than 14 days.
    #[must_use]
    pub fn at(due: Instant, now: Instant) -> Option<Self> {
        match due.millis_since(now) {
            left if left > 14 * DAY => None,
            left if left > 3 * DAY => Some(Self::TwoWeeks),
            left if left > 0 => Some(Self::ThreeDays),
            left if left > -7 * DAY => Some(Self::Due),
            left => Some(Self::Late(u32::try_from(-left / (7 * DAY)).unwrap_or(u32::MAX))),
        }
    }
}

impl ClientState {
    /// When the key that a connection's calls run on is to be replaced; `None` without a schedule, or without a key.
    #[must_use]
    pub fn due(&self, connection: ConnectionId) -> Option<Due> {
        let known = self.connections.get(&connection).filter(|c| !c.closed && !self.ended)?;
        let (version, key) = known.current()?;
        let by = |scheduled: Option<Scheduled>, reason| Some((scheduled?.due(key.pushed)?, reason));
        let moments = [
            by(known.schedule, DueReason::Schedule),
            by(self.agreement.agreed, DueReason::Agreement),
            key.expires.map(|at| (at, DueReason::Expiry)),
        ];
        let (at, reason) = moments.into_iter().flatten().min_by_key(|(at, _)| *at)?;
        Some(Due { version, at, reason })
    }

    /// The member who looks after a connection, while that is one who may replace its key.
    #[must_use]
    pub fn looked_after_by(&self, connection: ConnectionId) -> Option<MemberId> {
        let owner = self.connections.get(&connection)?.owner;
        self.may_look_after(owner).then_some(owner)
    }

    fn may_look_after(&self, member: MemberId) -> bool {
        self.members.get(&member).is_some_and(|m| m.joined && !m.removed && m.role >= Role::Member)
    }

    pub(super) fn apply_schedule(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        let since = context.logged;
        match &context.act.deed {
            Deed::ConnectionOwner { connection, member } => {
                self.connection(*connection)?;
                if !self.may_look_after(*member) {
                    return no(Code::ActRefused, "who looks after a connection may replace its key");
                }
                self.change(*connection, |c| c.owner = *member)
            }
            Deed::ConnectionSchedule { connection, schedule } => {
                self.connection(*connection)?;
                let scheduled = schedule.map(|schedule| proper(schedule, since)).transpose()?;
                self.not_longer_than_agreed(*schedule)?;
                self.change(*connection, |c: &mut Connection| c.schedule = scheduled)
            }
            Deed::AgreementPropose { schedule } => {
                schedule.map(|schedule| proper(schedule, since)).transpose()?;
                self.agreement.proposal = Some(Proposal { schedule: *schedule, since });
                Ok(())
            }
            Deed::AgreementAccept { schedule } => {
                if self.agreement.proposal.is_none_or(|proposed| proposed.schedule != *schedule) {
                    return no(Code::ActRefused, "this was not proposed");
                }
                self.agreement.agreed = schedule.map(|schedule| Scheduled { schedule, since });
                self.agreement.proposal = None;
                Ok(())
            }
            Deed::AgreementDecline {} => match self.agreement.proposal.take() {
                Some(_) => Ok(()),
                None => no(Code::NotFound, "nothing is proposed"),
            },
            _ => no(Code::Malformed, "not an act about schedules"),
        }
    }

    fn not_longer_than_agreed(&self, wanted: Option<Schedule>) -> Result<(), Refused> {
        let agreed = self.agreement.agreed.map(|agreed| agreed.schedule);
        match (agreed, wanted) {
            (Some(Schedule::Every { days: agreed }), Some(Schedule::Every { days })) if days > agreed => {
                no(Code::ActRefused, "less often than was agreed")
            }
            _ => Ok(()),
        }
    }
}

fn proper(schedule: Schedule, now: Instant) -> Result<Scheduled, Refused> {
    let within = match schedule {
        Schedule::Every { days } => (1..=MAX_DAYS).contains(&days),
        Schedule::By { at } => now < at && at.millis_since(now) <= i64::from(MAX_DAYS) * DAY,
    };
    if within {
        Ok(Scheduled { schedule, since: now })
    } else {
        no(Code::Malformed, "a schedule is of 1 to 730 days, or a date within two years")
    }
}
