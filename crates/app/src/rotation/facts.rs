//! What the verified record says of a rotation.

use ownkey_protocol::act::RetireReason;
use ownkey_protocol::law::{AtProvider, Health, Stage};
use ownkey_rotation::Facts;

use super::Kept;
use crate::App;
use crate::host::Host;

impl<H: Host> App<H> {
    /// `None` before there is a record.
    pub(super) fn facts(&self, kept: &Kept) -> Option<Facts> {
        let state = self.state()?;
        let known = state.connections().get(&kept.connection())?;
        let plan = kept.plan();
        let there = known.versions.get(&plan.new);
        let ours = there.filter(|v| kept.sent.as_ref().is_some_and(|sent| sent.sealed_sha256 == v.sealed_sha256));
        let old = plan.old.and_then(|number| known.versions.get(&number));
        let old_current = old.is_some_and(|v| v.stage == Stage::Current);
        Some(Facts {
            new_stage: ours.map(|v| v.stage),
            new_taken: there.is_some() && ours.is_none(),
            new_works: ours.is_some_and(|v| v.health == Health::Works && v.stage != Stage::Pending),
            new_refused: ours.is_some_and(|v| matches!(v.health, Health::Dead(_))),
            new_weaker: vec![],
            old_current,
            old_retired: old.is_some_and(|v| v.stage == Stage::Retired),
            old_leaked: old.is_some_and(|v| v.reason == Some(RetireReason::Leaked)),
            overtaken: known.current().is_some_and(|(number, _)| number > plan.new),
            proven: ours.is_some_and(|v| v.proven),
            drained: old.is_some_and(|v| v.drained && !old_current),
            old_proven_dead: old.is_some_and(|v| v.at_provider == AtProvider::Revoked),
        })
    }
}
