//! What a rotation says about itself.

use ownkey_protocol::instant::Instant;

use crate::PERSON_LIMIT_MILLIS;
use crate::effect::Effect;
use crate::machine::{Course, Rotation};
use crate::plan::{Plan, Way};
use crate::stage::Stage;
use crate::status::{CancelMeans, NextAct, Reason, RunsOn, Status, StepName, StepState, VisibleStep, Wait};
use crate::trouble::{Then, Trouble};

impl Rotation {
    /// What it set out to do.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How it stands, for the person who looks.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.course {
            Course::Done => return Status::Done,
            Course::Abandoned => return Status::Abandoned,
            Course::Planned => return Status::Going,
            Course::Ahead | Course::Back | Course::HandOver => {}
        }
        if let Some(under_way) = self.under_way {
            return match under_way.effect {
                _ if under_way.unanswered => Status::Stuck { why: Reason::Unanswered, next: NextAct::TryAgain },
                effect if effect.asks_person() => Status::Waiting(Wait::Person(effect)),
                _ if self.course != Course::Ahead => Status::Abandoning,
                _ => Status::Going,
            };
        }
        if let Some((effect, trouble)) = self.stuck() {
            let next = trouble.next(effect).unwrap_or(NextAct::TryAgain);
            return Status::Stuck { why: trouble.why().clone(), next };
        }
        match self.wait() {
            Some(wait) => Status::Waiting(wait),
            None if self.course == Course::Ahead => Status::Going,
            None => Status::Abandoning,
        }
    }

    /// How far it has come: the last stage of those that were reached one after the other.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let reached = Stage::ALL.into_iter().take_while(|stage| self.has(*stage)).last();
        reached.unwrap_or(Stage::Planned)
    }

    /// When it reached this stage. Of a leaked key the end may be reached before the rest.
    #[must_use]
    pub fn reached(&self, stage: Stage) -> Option<Instant> {
        self.reached.get(&stage).copied()
    }

    /// It goes back to the old key, or has gone back.
    #[must_use]
    pub fn goes_back(&self) -> bool {
        matches!(self.course, Course::Back | Course::HandOver | Course::Abandoned)
    }

    /// This device ends the old key through the provider's API, so that no person is asked to.
    #[must_use]
    pub fn ends_old_itself(&self) -> bool {
        self.plan.old.is_some() && self.revoke_old() == Effect::RevokeOld
    }

    /// The effect that was handed out last and has not been answered.
    #[must_use]
    pub fn under_way(&self) -> Option<Effect> {
        self.under_way.map(|under_way| under_way.effect)
    }

    /// On which version calls run, as far as this device knows.
    #[must_use]
    pub fn runs_on(&self) -> RunsOn {
        let promoted = self.has(Stage::Promoted) && !self.is_done(Effect::RetireNew);
        let cut = self.is_done(Effect::Retire) && (self.plan.leaked || !promoted);
        let without_old = self.plan.old.is_none() || (promoted && self.has(Stage::Drained)) || cut;
        match (promoted, without_old) {
            (true, true) => RunsOn::New,
            (true, false) => RunsOn::Both,
            (false, true) => RunsOn::None,
            (false, false) => RunsOn::Old,
        }
    }

    /// What cancelling would do, where it is possible: until the new version is current.
    #[must_use]
    pub fn may_cancel(&self) -> Option<CancelMeans> {
        let possible = matches!(self.course, Course::Planned | Course::Ahead) && !self.has(Stage::Promoted);
        let made = self.tried.contains(&Effect::Make) || self.tried.contains(&Effect::AskForKey);
        let by = if self.revoke_new() == Effect::RevokeNew { Way::Automatic } else { Way::Guided };
        possible.then(|| CancelMeans {
            retires_new: self.tried.contains(&Effect::Push),
            revokes_new: made.then_some(by),
            forgets_new: made,
            revokes_old: self.plan.leaked && self.plan.old.is_some() && !self.has(Stage::Verified),
        })
    }

    /// Whether it can still be told that the old key leaked.
    #[must_use]
    pub fn may_leak(&self) -> bool {
        let over = matches!(self.course, Course::Done | Course::Abandoned);
        !over && !self.plan.leaked && self.plan.old.is_some()
    }

    /// When it wants [`Event::Tick`](crate::Event::Tick), if nothing happens before.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Instant> {
        if let Some(under_way) = self.under_way {
            let waits = under_way.effect.asks_person() && !under_way.unanswered;
            return waits.then(|| under_way.since.plus_millis(PERSON_LIMIT_MILLIS));
        }
        self.agenda().into_iter().filter_map(|effect| self.due_at(effect)).min()
    }

    fn due_at(&self, effect: Effect) -> Option<Instant> {
        let gate = self.gate(effect).map(|gate| gate.pause.until);
        match self.troubles.get(&effect).map(|trouble| trouble.then) {
            None => gate,
            Some(Then::Again(pause)) => Some(gate.map_or(pause.until, |gate| gate.max(pause.until))),
            Some(Then::GivenUp | Then::Ask(_)) => None,
        }
    }

    /// What it waits for: the first on the agenda.
    fn wait(&self) -> Option<Wait> {
        let effect = *self.agenda().first()?;
        match self.troubles.get(&effect) {
            Some(Trouble { then: Then::Again(pause), .. }) => {
                let why = self.troubles[&effect].why().clone();
                let again = pause.until;
                Some(match why {
                    Reason::StillAccepted => Wait::StillAccepted { again },
                    Reason::NotConfirmed => Wait::Confirmation { again },
                    Reason::NotProven if self.tries_first() => Wait::Trial { probe: again },
                    Reason::NotProven => Wait::Proof { probe: again },
                    Reason::StillUsed => Wait::Quiet { again },
                    why => Wait::Retry { effect, why, again },
                })
            }
            _ => self.gate(effect).map(|gate| gate.wait),
        }
    }

    /// The seven steps that a person sees.
    #[must_use]
    pub fn steps(&self) -> [VisibleStep; 7] {
        let over = matches!(self.course, Course::Done | Course::Abandoned);
        let mut active = (!over).then_some(());
        StepName::ALL.map(|name| {
            let state = match self.reached(name.stage()) {
                Some(at) => StepState::Done(at),
                None if active.take().is_some() => StepState::Active,
                None => StepState::Waiting,
            };
            VisibleStep { name, state }
        })
    }
}
