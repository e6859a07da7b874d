//! The trial within a rotation: the new version serves one assistant before it serves all.

use ownkey_protocol::instant::Instant;

use crate::effect::{Effect, Facts, VersionStage};
use crate::machine::Rotation;
use crate::stage::Stage;

impl Rotation {
    /// Whether it can still be told to try the new version with one assistant first.
    #[must_use]
    pub fn may_try(&self) -> bool {
        self.may_cancel().is_some() && !self.plan.leaked && !self.tried.contains(&Effect::Promote)
    }

    /// Whether the new version serves one assistant first.
    #[must_use]
    pub fn tries_first(&self) -> bool {
        self.trial && !self.plan.leaked && !self.has(Stage::Promoted)
    }

    pub(crate) fn try_first(&mut self, first: bool) -> bool {
        if self.may_try() {
            self.trial = first;
            for effect in [Effect::StartTrial, Effect::AskProof] {
                self.troubles.remove(&effect);
                self.done.remove(&effect);
            }
        }
        false
    }

    /// What comes before the new version serves all.
    pub(crate) fn before_all(&self) -> Option<Effect> {
        let tries = self.tries_first() && !self.trial_proven;
        match self.is_done(Effect::StartTrial) {
            false if tries => Some(Effect::StartTrial),
            true if tries => Some(Effect::AskProof),
            _ => None,
        }
    }

    /// A call of the assistant succeeded, or the agency's check: a proof is one for ever.
    pub(crate) fn found_trial(&mut self, facts: &Facts) {
        if facts.proven && facts.new_stage == Some(VersionStage::Ready) {
            self.trial_proven = true;
            self.troubles.remove(&Effect::AskProof);
        }
    }

    /// From when on a call is waited for.
    pub(crate) fn serves_since(&self) -> Option<Instant> {
        self.reached(Stage::Promoted).or_else(|| self.done.get(&Effect::StartTrial).copied())
    }
}
