//! Replacing by itself what is due, on a computer that may: where the provider lets Ownkey make keys, the admin key is
//! kept here, the person did not switch it off, and the old key was brought here: another computer could neither end it at
//! the provider nor prove that it is dead.
//!
//! Not all keys are replaced at once: each begins some hours before its date, by a number that is its own and stays the
//! same.

use std::sync::Arc;

use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{ConnectionId, DeviceId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{ClientState, Connection, Due, DueReason};
use ownkey_protocol::vocabulary::Provider;

use crate::App;
use crate::host::Host;
use crate::joined::Joined;
use crate::keychain::admin_name;

const HOUR: i64 = 60 * 60 * 1_000;

/// Beginnings are spread over these hours before the date.
const SPREAD: i64 = 12 * HOUR;

/// A key that expires is replaced this much sooner, since calls would fail then.
const BEFORE_EXPIRY: i64 = 24 * HOUR;

/// The next one of a connection is begun this much later at the earliest, whatever the dates say.
const AGAIN: i64 = 12 * HOUR;

/// When a device begins with what is due.
fn begins(due: Due, device: DeviceId, connection: ConnectionId) -> Instant {
    let parts = [device.to_string(), connection.to_string(), due.version.to_string()];
    let own = Hash::of(&[b"ownkey/spread/1", parts.join("/").as_bytes()]);
    let number = i64::from(u32::from_be_bytes([own.0[0], own.0[1], own.0[2], own.0[3]]));
    let sooner = if due.reason == DueReason::Expiry { BEFORE_EXPIRY } else { 0 };
    due.at.plus_millis(-sooner - number % SPREAD)
}

impl<H: Host> App<H> {
    /// Whether this computer replaces a connection's key by itself.
    pub(crate) fn replaces_by_itself(&self, known: &Connection) -> bool {
        let kept = || self.store.fact::<bool>(&admin_name(known.provider)).ok().flatten().unwrap_or(false);
        let here = self.joined().map(|joined| joined.membership.device);
        known.provider == Provider::OpenAi
            && known.current().is_some_and(|(_, key)| Some(key.device) == here)
            && self.preferences().by_itself
            && self.may_change().is_ok()
            && kept()
    }

    pub(super) async fn begin_what_is_due(&self, joined: &Arc<Joined>, state: &ClientState, now: Instant) {
        if self.preferences().quiet.is_some_and(|quiet| quiet.hold_at(self.host.now())) {
            return;
        }
        for (id, known) in state.connections() {
            let Some(due) = state.due(*id) else { continue };
            let begun = begins(due, joined.membership.device, *id) <= now;
            if begun && self.replaces_by_itself(known) && self.nobody_replaces(state, *id, now) {
                self.begin_by_itself(*id).await;
            }
        }
    }

    /// Whether no device is at it, and this one was not at it a moment ago.
    fn nobody_replaces(&self, state: &ClientState, id: ConnectionId, now: Instant) -> bool {
        let free = self.live(|live| {
            let rests = |ended: Instant| (0..AGAIN).contains(&crate::agency_client::now().millis_since(ended));
            let mine = live.rotations.get(&id).is_some_and(|kept| kept.ended.is_none_or(rests));
            !mine && !live.drafts.contains_key(&id)
        });
        free && state.rotation_at(id, now).is_none()
    }

    async fn begin_by_itself(&self, id: ConnectionId) {
        match self.rotation_begin(id, false, true).await {
            Ok(()) => tracing::info!(connection = %id, "the key is due and is replaced"),
            Err(fault) => tracing::warn!(connection = %id, %fault, "the key is due and could not be replaced"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computers_begin_apart_within_half_a_day_before_the_date_and_a_day_sooner_before_an_expiry() {
        let at = Instant::from_unix_millis(1_800_000_000_000);
        let connection = ConnectionId::new(at, [7; 10]);
        let due = |reason| Due { version: 3, at, reason };
        let mut begun: Vec<Instant> =
            (0..50).map(|n| begins(due(DueReason::Schedule), DeviceId::new(at, [n; 10]), connection)).collect();
        assert!(begun.iter().all(|b| *b <= at && at.millis_since(*b) < SPREAD));
        let one = DeviceId::new(at, [1; 10]);
        assert_eq!(begun[1], begins(due(DueReason::Agreement), one, connection), "its number stays the same");
        assert_eq!(begins(due(DueReason::Expiry), one, connection), begun[1].plus_millis(-BEFORE_EXPIRY));
        begun.sort();
        begun.dedup();
        assert!(begun.len() > 45, "they differ");
    }
}
