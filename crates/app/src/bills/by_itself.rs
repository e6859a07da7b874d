//! Figures that come by themselves, once the person has switched them on: an amount to be told at is worth nothing to whoever
//! must fetch the figures first.

use std::time::Duration;

use ownkey_protocol::code::Code;
use ownkey_protocol::instant::Instant;

use super::balance::BETWEEN_LOOKS;
use crate::App;
use crate::host::Host;

/// How often is looked whether it is time.
const LOOK: Duration = Duration::from_secs(60);

/// Between two fetches, in milliseconds: providers tell what was used an hour or more later, and settle days once a day.
const BETWEEN_FETCHES: i64 = 6 * 3_600_000;

/// The fact that says when figures were fetched last, or tried to be.
const TRIED: &str = "bills/tried";

impl<H: Host> App<H> {
    /// Fetches what it is time for, until the app ends.
    pub(crate) async fn keep_bills(&self) {
        loop {
            self.look_at_bills().await;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Fetches what it is time for: a look at each balance every hour, all figures every six hours. Nothing while it is
    /// switched off, or the agency is not there: then the network may not be, either.
    pub async fn look_at_bills(&self) {
        let wanted = self.bill_settings().on && self.joined().is_some();
        if !wanted || !self.live(|live| live.online && live.alarm.is_none() && !live.removed && !live.lost) {
            return;
        }
        let tried: Option<Instant> = self.store.fact(TRIED).ok().flatten();
        let since = tried.map(|tried| self.bills_now().millis_since(tried));
        // A clock that was ahead must not keep figures away.
        if since.is_some_and(|since| (0..BETWEEN_FETCHES).contains(&since)) {
            if let Err(fault) = self.look_at_balances(BETWEEN_LOOKS).await {
                tracing::info!(%fault, "a balance was not told");
            }
            return;
        }
        if let Err(fault) = self.bills_fetch().await {
            tracing::info!(%fault, "figures did not come by themselves");
            // Nobody waits for it, and it comes again.
            if matches!(fault.code, Code::ProviderUnreachable | Code::AgencyUnreachable) {
                self.live(|live| live.bills_failure = None);
                self.changed();
            }
        }
    }

    /// Notes that figures are fetched now.
    pub(super) fn note_fetch(&self) {
        if let Err(fault) = self.store.set_fact(TRIED, &self.bills_now()) {
            tracing::warn!(%fault, "when figures were fetched could not be kept");
        }
    }
}
