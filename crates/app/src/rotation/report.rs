//! What is said of a rotation afterwards.

use ownkey_protocol::api::{UsageGroup, UsagePage};
use reqwest::Method;

use super::Kept;
use crate::App;
use crate::host::Host;
use crate::wire::RotationCalls;

impl<H: Host> App<H> {
    /// Asks the agency's book how many calls ran meanwhile. A rotation ends without that, too.
    pub(super) async fn count_calls(&self, kept: &Kept) {
        let Some(joined) = self.joined() else { return };
        let (id, group) = (kept.connection(), UsageGroup::Version);
        let from = kept.started.plus_millis(joined.http.skew_millis());
        let query = format!("from={from}&to={}&group=version", joined.now());
        let page = joined.http.signed::<UsagePage>(&joined.signer, Method::GET, "/v1/usage", &query, None).await;
        match page {
            Ok(page) if page.group == group => {
                let begins = format!("{id}/");
                let of_it = page.rows.iter().filter(|row| row.key.starts_with(&begins));
                let (all, failed) = of_it.fold((0, 0), |(all, failed), row| (all + row.calls, failed + row.failed));
                let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
                let calls = RotationCalls { all: small(all), failed: small(failed) };
                let kept = self.change_rotation(id, |kept| kept.calls = Some(calls));
                self.log_rotation(id, kept.map(drop));
            }
            Ok(_) => {}
            Err(fault) => tracing::info!(connection = %id, %fault, "how many calls ran is not known"),
        }
    }
}
