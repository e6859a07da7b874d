//! Who may replace a connection's key: one rotation at a time, held by a lease with a number that rises (seal.md §5).
//!
//! A device that slept through the end of its lease cannot know that another one took over, so every step of a rotation
//! carries the lease's number, its *fence*, and the law refuses a step whose fence is not the connection's.

use super::{ClientState, Context, Refused, no};
use crate::act::{Actor, Deed};
use crate::code::Code;
use crate::id::{ConnectionId, DeviceId, RotationId};
use crate::instant::Instant;

/// The longest that a lease lasts beyond the moment in which it was logged: ten minutes.
pub const LEASE_MILLIS: i64 = 10 * 60 * 1_000;

/// A rotation that has a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The rotation.
    pub rotation: RotationId,
    /// The device that does it.
    pub device: DeviceId,
    /// Its number: the connection's fence.
    pub fence: u64,
    /// Until when it has the connection, unless it is renewed.
    pub until: Instant,
    /// When this rotation first took the connection.
    pub since: Instant,
}

impl ClientState {
    /// The rotation that is in force on a connection at `now`: it has not ended or run out, and its device may still act.
    #[must_use]
    pub fn rotation_at(&self, connection: ConnectionId, now: Instant) -> Option<&Lease> {
        let lease = self.connections.get(&connection)?.rotation.as_ref()?;
        let may_act = self.devices.get(&lease.device).is_some_and(|d| d.revoked.is_none());
        (now < lease.until && may_act).then_some(lease)
    }

    /// A step of a rotation names the fence under which its device has the connection; while a rotation is in force, there
    /// are no other steps.
    pub(super) fn verify_fence(&self, context: &Context<'_>) -> Result<(), Refused> {
        let Some(fenced) = context.act.deed.fenced() else { return Ok(()) };
        let Some(known) = self.connections.get(&fenced.connection) else { return Ok(()) };
        let by = |lease: &Lease| matches!(context.actor, Actor::Device { device, .. } if *device == lease.device);
        match fenced.fence {
            Some(fence) if !known.rotation.as_ref().is_some_and(|lease| lease.fence == fence && by(lease)) => {
                no(Code::RotationRuns, "this device does not have the connection under this fence")
            }
            None if fenced.must && self.rotation_at(fenced.connection, context.logged).is_some() => {
                no(Code::RotationRuns, "a rotation has the connection")
            }
            _ => Ok(()),
        }
    }

    pub(super) fn apply_rotation(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        let Actor::Device { device, .. } = context.actor else {
            return no(Code::NotAllowed, "only a device rotates");
        };
        match &context.act.deed {
            Deed::RotationLease { rotation, connection, fence, until } => {
                let wanted =
                    Lease { rotation: *rotation, device: *device, fence: *fence, until: *until, since: context.logged };
                let lease = self.lease(context.logged, *connection, wanted)?;
                self.change(*connection, |c| {
                    c.fence = lease.fence;
                    c.rotation = Some(lease);
                })
            }
            Deed::RotationEnd { rotation, connection, .. } => {
                let known = self.connection(*connection)?;
                if known.rotation.is_none_or(|lease| lease.rotation != *rotation) {
                    return no(Code::RotationRuns, "another rotation has the connection");
                }
                self.change(*connection, |c| c.rotation = None)
            }
            _ => no(Code::Malformed, "not an act about rotations"),
        }
    }

    /// The lease that is granted when one is wanted: a renewed one keeps its fence, any other gets the next.
    fn lease(&self, now: Instant, connection: ConnectionId, wanted: Lease) -> Result<Lease, Refused> {
        let known = self.connection(connection)?;
        if wanted.until <= now || wanted.until.millis_since(now) > LEASE_MILLIS {
            return no(Code::ActRefused, "a lease lasts at most ten minutes from now");
        }
        let before = known.rotation.filter(|lease| lease.rotation == wanted.rotation);
        let since = before.map_or(wanted.since, |lease| lease.since);
        let in_force = self.rotation_at(connection, now);
        let own = in_force.is_some_and(|l| l.rotation == wanted.rotation && l.device == wanted.device);
        if in_force.is_some() && !own {
            return no(Code::RotationRuns, "another rotation has the connection");
        }
        match in_force {
            Some(lease) if lease.fence == wanted.fence && wanted.until > lease.until => {}
            Some(lease) if lease.fence == wanted.fence => {
                return no(Code::ActRefused, "a lease is renewed for longer than it lasts");
            }
            _ if known.fence.checked_add(1) == Some(wanted.fence) => {}
            _ => return no(Code::RotationRuns, "the fence is not the connection's next one"),
        }
        Ok(Lease { since, ..wanted })
    }
}
