//! What can happen to a rotation in the model world, one move at a time.

use super::world::World;
use super::*;

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Move {
    /// The effect under way is done and says so.
    Well,
    /// The newest record is folded.
    Sync,
    /// Time passes until the rotation wants to wake.
    Wake,
    /// A call on the new version succeeds.
    Traffic,
    /// The last call on the old version ends.
    Drain,
    /// The person presses the button.
    GoOn,
    /// The effect is not done, or is done and the answer is lost.
    Fails,
    Lost,
    /// The app is killed before the effect, or after it.
    KilledBefore,
    KilledAfter,
    /// The last answer arrives once more, or a fold that is old.
    Twice,
    Late,
    /// The admin key is refused, or finds the old key not; the key is weaker, of another account, or refused; the keychain forgot it.
    Admin,
    Unfound,
    Weaker,
    Other,
    Refused,
    Vanished,
    Cancel,
    Another,
    /// The person learns that the old key is in wrong hands.
    Leaks,
    /// An admin key is brought.
    AdminKept,
    /// The person wants a trial first, or none after all.
    TryFirst,
    /// Something else uses the old key; the person waits, or leaves it. The provider has not seen the new one.
    OtherUses,
    WaitOn,
    LeaveOld,
    Unseen,
    /// A person (or a laptop) is away for hours; the clock is set back.
    Away,
    ClockBack,
    /// The agency confirms unasked; another device promotes, sends back, retires.
    Confirmed,
    Promoted,
    SentBack,
    OldRetired,
    NewRetired,
    /// On another device it is said that the old key leaked.
    LeakTold,
}

/// What happens in a run without a mishap.
pub(super) const WELL: [Move; 6] = [Move::Well, Move::Sync, Move::Wake, Move::Traffic, Move::Drain, Move::GoOn];

/// Mishaps, and people who change their mind.
pub(super) const MISHAPS: [Move; 29] = [
    Move::Fails,
    Move::Lost,
    Move::KilledBefore,
    Move::KilledAfter,
    Move::Twice,
    Move::Late,
    Move::Admin,
    Move::Unfound,
    Move::Weaker,
    Move::Other,
    Move::Refused,
    Move::Vanished,
    Move::Cancel,
    Move::Another,
    Move::Leaks,
    Move::AdminKept,
    Move::TryFirst,
    Move::OtherUses,
    Move::WaitOn,
    Move::LeaveOld,
    Move::Unseen,
    Move::Away,
    Move::ClockBack,
    Move::Confirmed,
    Move::Promoted,
    Move::SentBack,
    Move::OldRetired,
    Move::NewRetired,
    Move::LeakTold,
];

/// A rotation in its world.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) rotation: Rotation,
    pub(super) world: World,
    pub(super) now: Instant,
    /// How far this device's clock is behind.
    pub(super) behind: i64,
    pub(super) last_answer: Option<Effect>,
    pub(super) old_facts: Facts,
}

impl Life {
    pub(super) fn begin(plan: Plan) -> Self {
        Self::begin_with(plan, false)
    }

    /// `admin`: with an admin key that ends the old key.
    pub(super) fn begin_with(plan: Plan, admin: bool) -> Self {
        let world = World::new(&plan);
        let mut life = Self {
            rotation: Rotation::new(plan, at(0)),
            old_facts: world.facts(),
            world,
            now: at(0),
            behind: 0,
            last_answer: None,
        };
        if admin {
            life.rotation.step(Event::AdminKept, life.now);
        }
        life.tell(Event::Begin);
        life
    }

    fn tell(&mut self, event: Event) {
        let before = self.rotation.under_way();
        let repeats = matches!(event, Event::Resume | Event::GoOn);
        let answers = matches!(event, Event::Done(e) | Event::Failed(e, _) if Some(e) == before);
        let handed = self.rotation.step(event.clone(), self.clock());
        assert!(handed.len() <= 1, "more than one effect: {handed:?}");
        let free = before.is_none_or(|effect| answers || effect.asks_person() || (repeats && handed == [effect]));
        assert!(free || handed.is_empty(), "{handed:?} beside {before:?} after {event:?}");
        assert!(handed.is_empty() || self.rotation.under_way() == handed.first().copied());
        self.world.check();
        self.world.left = self.rotation.old_left;
        if matches!(self.rotation.status(), Status::Done | Status::Abandoned) {
            self.world.check_end(&self.rotation.status());
        } else {
            let moves = self.rotation.under_way().is_some() || self.rotation.wakes_at().is_some();
            let stuck = matches!(self.rotation.status(), Status::Stuck { .. });
            assert!(moves || stuck, "it stands still without a next act: {:#?}", self.rotation);
        }
    }

    /// What this device's clock shows.
    pub(super) fn clock(&self) -> Instant {
        self.now.plus_millis(-self.behind)
    }

    fn act(&mut self) -> Option<(Effect, Result<(), Failure>)> {
        let effect = self.rotation.under_way()?;
        let untried = effect == Effect::Promote && self.rotation.tries_first() && !self.world.proven;
        assert!(!untried, "it serves all before it was tried: {self:#?}");
        if effect == Effect::AskUse {
            let old = self.world.old_used.map(|at| at.plus_millis(-self.behind));
            self.tell(Event::Used { old, new: LastUse::At(self.clock()) });
        }
        Some((effect, self.world.act(effect, self.now)))
    }

    /// Whether something else used the old key after the gateway's last call on it.
    pub(super) fn others_use_old(&self) -> bool {
        let used = self.world.old_used.map(|at| at.plus_millis(-self.behind));
        used.is_some_and(|used| self.rotation.quiet_from().is_none_or(|quiet| used > quiet))
    }

    fn fail(&mut self, effects: &[Effect], failure: Failure) -> bool {
        let Some(effect) = self.rotation.under_way().filter(|e| effects.is_empty() || effects.contains(e)) else {
            return false;
        };
        self.tell(Event::Failed(effect, failure));
        true
    }

    fn well(&mut self) -> bool {
        let Some((effect, answer)) = self.act() else { return false };
        self.last_answer = Some(effect);
        self.tell(match answer {
            Ok(()) => Event::Done(effect),
            Err(failure) => Event::Failed(effect, failure),
        });
        true
    }

    fn killed(&mut self, after: bool) -> bool {
        if after && self.act().is_none() {
            return false;
        }
        self.world.hand = None;
        // What was written down is what comes back.
        let written = serde_json::to_string(&self.rotation).unwrap();
        self.rotation = serde_json::from_str(&written).unwrap();
        self.tell(Event::Resume);
        true
    }

    fn sync(&mut self) -> bool {
        self.old_facts = self.world.facts();
        self.tell(Event::Found(self.world.facts()));
        true
    }

    /// Makes a move, if it is one that can be made here.
    pub(super) fn make(&mut self, this: Move) -> bool {
        use Effect as E;
        match this {
            Move::Well => self.well(),
            Move::Sync => self.sync(),
            Move::Wake => match self.rotation.wakes_at() {
                None => false,
                Some(at) => self.wait(at.millis_since(self.clock()).max(0)),
            },
            Move::Traffic => self.outside(World::prove),
            Move::Drain => {
                self.world.running
                    && self.world.old != Some(VersionStage::Current)
                    && self.outside(|w| w.running = false)
            }
            Move::GoOn => self.if_stuck(Event::GoOn),
            Move::Fails => self.fail(&[], Failure::Unreachable(Party::Agency)),
            Move::Lost => self.act().is_some_and(|_| self.fail(&[], Failure::Unknown)),
            Move::KilledBefore => self.killed(false),
            Move::KilledAfter => self.killed(true),
            Move::Twice => match self.last_answer.filter(|e| self.rotation.under_way() != Some(*e)) {
                None => false,
                Some(effect) => self.told(Event::Done(effect)),
            },
            Move::Late => self.told(Event::Found(self.old_facts.clone())),
            Move::Admin => {
                self.fail(&[E::Make, E::RevokeOld, E::AskUse, E::RevokeNew, E::ArchiveOld], Failure::AdminRefused)
            }
            Move::Unfound => self.fail(&[E::RevokeOld], Failure::NotFound),
            Move::AdminKept => !self.rotation.ends_old_itself() && self.told(Event::AdminKept),
            Move::OtherUses => {
                let asked = self.rotation.has(Stage::Drained)
                    && self.rotation.plan().witness
                    && self.world.keys[0].live
                    && !self.others_use_old();
                self.world.old_used = self.world.old_used.filter(|_| !asked).or(asked.then_some(self.now));
                asked
            }
            Move::TryFirst => self.rotation.may_try() && self.told(Event::TryFirst(!self.rotation.tries_first())),
            Move::WaitOn => self.rotation.others_use_old() && self.told(Event::WaitOn),
            Move::LeaveOld => self.rotation.others_use_old() && self.told(Event::LeaveOld),
            Move::Unseen => {
                self.rotation.under_way() == Some(E::AskUse) && {
                    self.tell(Event::Used { old: None, new: LastUse::Never });
                    self.told(Event::Done(E::AskUse))
                }
            }
            Move::Weaker => self.fail(&[E::Test], Failure::Weaker(vec![Weakness::NoCredit])),
            Move::Other => self.fail(&[E::Test], Failure::Weaker(vec![Weakness::OtherAccount])),
            Move::Refused => self.fail(&[E::Test], Failure::KeyRefused),
            Move::Vanished => self.world.kept.take().is_some() | self.world.hand.take().is_some(),
            Move::Cancel => self.told(Event::CancelAsked),
            Move::Leaks => {
                self.rotation.may_leak() && {
                    self.world.leak();
                    self.told(Event::Leaked)
                }
            }
            Move::Another => self.if_stuck(Event::PasteAnother),
            Move::Away => self.wait(5 * 3_600_000),
            Move::ClockBack => {
                self.behind += 3_600_000;
                self.told(Event::Tick)
            }
            Move::Confirmed => self.outside(World::confirm),
            Move::Promoted => self.outside(|world| _ = world.promote()),
            Move::SentBack => self.outside(World::send_back),
            Move::OldRetired => self.retired(false),
            Move::NewRetired => self.world.new.is_some() && self.retired(true),
            Move::LeakTold => {
                let now = self.now;
                self.outside(|world| world.leak_apart(now))
            }
        }
    }

    fn wait(&mut self, millis: i64) -> bool {
        self.now = self.now.plus_millis(millis);
        self.told(Event::Tick)
    }

    fn told(&mut self, event: Event) -> bool {
        self.tell(event);
        true
    }

    fn if_stuck(&mut self, event: Event) -> bool {
        matches!(self.rotation.status(), Status::Stuck { .. }) && self.told(event)
    }

    fn outside(&mut self, change: impl FnOnce(&mut World)) -> bool {
        let before = self.world.clone();
        change(&mut self.world);
        before != self.world
    }

    fn retired(&mut self, new: bool) -> bool {
        let now = self.now;
        self.outside(|world| world.retire(new, now))
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.rotation.status(), Status::Done | Status::Abandoned)
    }

    /// Left alone, with all well or with nothing that answers, it comes to an end or to a person.
    pub(super) fn left_alone(mut self, well: bool) -> Status {
        for _ in 0..400 {
            if self.is_over() {
                return self.rotation.status();
            }
            let person = self.rotation.under_way().is_some_and(Effect::asks_person);
            let moved = match well {
                true => self.make(Move::Well) && self.make(Move::Sync),
                false => !person && self.make(Move::Fails),
            };
            if !moved && !self.make(Move::Wake) {
                let status = self.rotation.status();
                assert!(matches!(status, Status::Stuck { .. }), "{status:?}: {self:#?}");
                return status;
            }
        }
        panic!("left alone it never ends: {self:#?}");
    }
}
