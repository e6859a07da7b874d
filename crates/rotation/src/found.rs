//! What the verified record says, taken in.

use ownkey_protocol::instant::Instant;

use crate::effect::{Effect, Facts, Failure, VersionStage};
use crate::machine::{Course, Rotation};
use crate::stage::Stage;
use crate::status::{NextAct, Reason};
use crate::trouble::Trouble;

impl Rotation {
    /// Moves the machine on to what happened already, whoever did it. Old facts do no harm: they say nothing new.
    pub(crate) fn found(&mut self, facts: &Facts, now: Instant) -> bool {
        if self.tried.contains(&Effect::Push) {
            self.found_new(facts, now);
        }
        if facts.new_taken && !self.has(Stage::Pushed) && self.course == Course::Ahead {
            self.troubles.insert(Effect::Push, Trouble::ask(Reason::NumberTaken, NextAct::Cancel, now));
        }
        if facts.overtaken && !self.has(Stage::Promoted) && self.course == Course::Ahead {
            self.troubles.insert(Effect::Promote, Trouble::ask(Reason::NumberTaken, NextAct::Cancel, now));
        }
        if self.plan.old.is_some() {
            self.found_old(facts, now);
        }
        false
    }

    fn found_new(&mut self, facts: &Facts, now: Instant) {
        if facts.new_stage.is_none() {
            return;
        }
        self.complete(Effect::Push, now);
        let beyond_ready = matches!(facts.new_stage, Some(VersionStage::Current | VersionStage::Previous));
        if facts.new_works || beyond_ready || facts.new_stage == Some(VersionStage::Ready) {
            self.complete(Effect::AskConfirmation, now);
            self.reach(Stage::Confirmed, now);
        } else if facts.new_refused && !self.has(Stage::Confirmed) && self.course == Course::Ahead {
            let trouble = Trouble::ask(Reason::AgencyRefused, NextAct::TryAgain, now);
            self.troubles.insert(Effect::AskConfirmation, trouble);
        }
        self.found_weaker(facts, now);
        self.found_trial(facts);
        match facts.new_stage {
            Some(VersionStage::Current) if !self.is_done(Effect::RetireNew) => self.complete(Effect::Promote, now),
            Some(VersionStage::Previous) => self.found_previous(facts, now),
            Some(VersionStage::Retired) => self.complete(Effect::RetireNew, now),
            _ => {}
        }
        if facts.proven && self.has(Stage::Promoted) {
            self.complete(Effect::AskProof, now);
            self.reach(Stage::Proven, now);
        }
    }

    fn found_weaker(&mut self, facts: &Facts, now: Instant) {
        let open = self.course == Course::Ahead && !self.weaker_taken && !self.tried.contains(&Effect::Promote);
        if facts.new_weaker.is_empty() || !open {
            return;
        }
        let trouble =
            Trouble::after(None, Effect::Promote, &Failure::Weaker(facts.new_weaker.clone()), self.making, now);
        self.troubles.insert(Effect::Promote, trouble);
    }

    /// Our version was current and is not any more: the old one was put back, or a newer one came.
    fn found_previous(&mut self, facts: &Facts, now: Instant) {
        if self.is_done(Effect::RetireNew) || self.course != Course::Ahead {
            return;
        }
        if !facts.old_current {
            return self.complete(Effect::Promote, now);
        }
        if self.is_done(Effect::Retire) {
            return;
        }
        for effect in [Effect::Promote, Effect::AskProof] {
            self.done.remove(&effect);
            self.troubles.remove(&effect);
        }
        self.reached.retain(|stage, _| *stage < Stage::Promoted);
        self.troubles.insert(Effect::Promote, Trouble::ask(Reason::SentBack, NextAct::TryAgain, now));
    }

    fn found_old(&mut self, facts: &Facts, now: Instant) {
        if facts.old_leaked {
            self.leak(); // told on another device
        }
        if facts.old_retired {
            self.complete(Effect::Retire, now);
        }
        if facts.drained && (self.has(Stage::Promoted) || self.is_done(Effect::Retire)) {
            self.reach(Stage::Drained, now);
        }
        if facts.old_proven_dead {
            self.complete(self.revoke_old(), now);
            self.complete(Effect::ProveOldDead, now);
        }
    }
}
