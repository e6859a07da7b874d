//! The machine itself: what is known, and what each event changes in it.

use std::collections::{BTreeMap, BTreeSet};

use ownkey_protocol::instant::Instant;
use serde::{Deserialize, Serialize};

use crate::PERSON_LIMIT_MILLIS;
use crate::effect::{Effect, Event, Failure};
use crate::plan::{Plan, Way};
use crate::stage::Stage;
use crate::status::{NextAct, Reason};
use crate::trouble::{Pause, Then, Trouble};

/// One replacement of one connection's current key.
///
/// It ends in [`Status::Done`](crate::Status::Done) or [`Status::Abandoned`](crate::Status::Abandoned), or stands still as
/// [`Status::Stuck`](crate::Status::Stuck) with a next act. The old version is neither retired nor its key revoked before the
/// new one was proven (unless it leaked), and what was made at the provider ends in use, revoked, or handed over.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rotation {
    pub(crate) plan: Plan,
    pub(crate) course: Course,
    /// Who makes the new key.
    pub(crate) making: Way,
    /// Who revokes keys.
    pub(crate) revoking: Way,
    /// The new key is being given up for another one, which is made in this way.
    pub(crate) again: Option<Way>,
    /// A person took the new key although it can do less.
    pub(crate) weaker_taken: bool,
    /// How often the new key was lost before it was kept.
    losses: u8,
    pub(crate) reached: BTreeMap<Stage, Instant>,
    /// Effects that were begun, so that something may have come of them.
    pub(crate) tried: BTreeSet<Effect>,
    /// Effects of which it is known that they were done, and when.
    pub(crate) done: BTreeMap<Effect, Instant>,
    pub(crate) troubles: BTreeMap<Effect, Trouble>,
    pub(crate) under_way: Option<UnderWay>,
    /// The new version serves one assistant before it serves all.
    #[serde(default)]
    pub(crate) trial: bool,
    /// A call on the new version succeeded before it served all.
    #[serde(default)]
    pub(crate) trial_proven: bool,
    /// What the provider said of the use of both keys, until it is judged.
    #[serde(default)]
    pub(crate) uses: Option<crate::witness::Uses>,
    /// A person waits since then whether something else uses the old key.
    #[serde(default)]
    pub(crate) listens_since: Option<Instant>,
    /// A person left the old key as it is, because something else uses it.
    #[serde(default)]
    pub(crate) old_left: bool,
}

/// Where a rotation is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Course {
    /// Not begun.
    Planned,
    /// To the new key.
    Ahead,
    /// Back to the old one.
    Back,
    /// Back to the old one; the new key becomes a connection of its own.
    HandOver,
    Done,
    Abandoned,
}

/// The one effect that was handed out and not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct UnderWay {
    pub(crate) effect: Effect,
    pub(crate) since: Instant,
    /// It was handed out more than once.
    pub(crate) repeated: bool,
    /// The person who was asked has not answered for too long.
    pub(crate) unanswered: bool,
}

impl Rotation {
    /// A rotation that is planned. Nothing happens before [`Event::Begin`].
    #[must_use]
    pub fn new(plan: Plan, now: Instant) -> Self {
        Self {
            making: plan.way,
            revoking: plan.way,
            plan,
            course: Course::Planned,
            again: None,
            weaker_taken: false,
            losses: 0,
            reached: BTreeMap::from([(Stage::Planned, now)]),
            tried: BTreeSet::new(),
            done: BTreeMap::new(),
            troubles: BTreeMap::new(),
            under_way: None,
            trial: false,
            trial_proven: false,
            uses: None,
            listens_since: None,
            old_left: false,
        }
    }

    /// Takes in what happened and hands out what to do now: nothing, or one effect.
    ///
    /// The rotation must be written down before the effect is begun. Events that do not fit are dropped.
    pub fn step(&mut self, event: Event, now: Instant) -> Vec<Effect> {
        if matches!(self.course, Course::Done | Course::Abandoned) {
            return Vec::new();
        }
        self.pull_back(now);
        let repeat = match event {
            Event::Begin => self.begin(),
            Event::Resume => self.resume(),
            Event::GoOn => self.go_on(now),
            Event::Done(effect) => self.answered(effect, Ok(()), now),
            Event::Failed(effect, failure) => self.answered(effect, Err(failure), now),
            Event::Found(facts) => self.found(&facts, now),
            Event::Used { old, new } => self.used(old, new),
            Event::WaitOn => self.wait_on(now),
            Event::LeaveOld => self.leave_old(),
            Event::CancelAsked => self.cancel(),
            Event::Leaked => self.leak(),
            Event::TryFirst(first) => self.try_first(first),
            Event::AdminKept => self.admin_kept(),
            Event::PasteAnother => self.paste_another(now),
            Event::Tick => false,
        };
        self.settle(now);
        self.hand_out(repeat, now)
    }

    /// A clock that was set back must not make anything wait for longer than it was meant to.
    fn pull_back(&mut self, now: Instant) {
        let times = self.reached.values_mut().chain(self.done.values_mut());
        times.for_each(|at| *at = now.min(*at));
        self.troubles.values_mut().for_each(|trouble| trouble.pull_back(now));
        self.listens_since = self.listens_since.map(|since| now.min(since));
        if let Some(under_way) = self.under_way.as_mut() {
            under_way.since = now.min(under_way.since);
        }
    }

    fn begin(&mut self) -> bool {
        if self.course == Course::Planned {
            self.course = Course::Ahead;
        }
        false
    }

    /// After a new start of the app what was given up is tried again, too: the times may have changed.
    fn resume(&mut self) -> bool {
        self.begin();
        self.troubles.retain(|_, trouble| trouble.then != Then::GivenUp);
        true
    }

    fn answered(&mut self, effect: Effect, answer: Result<(), Failure>, now: Instant) -> bool {
        let Some(under_way) = self.under_way.filter(|u| u.effect == effect) else { return false };
        self.under_way = None;
        match answer {
            Ok(()) => self.was_done(effect, now),
            Err(_) if self.is_done(effect) => {}
            Err(failure) => self.failed(under_way, &failure, now),
        }
        false
    }

    fn was_done(&mut self, effect: Effect, now: Instant) {
        match effect {
            Effect::AskConfirmation if !self.has(Stage::Confirmed) => self.trouble(effect, &Failure::NotYet, now),
            Effect::AskProof if self.trial_proven && !self.has(Stage::Promoted) => {}
            Effect::AskProof if !self.has(Stage::Proven) => self.trouble(effect, &Failure::NotYet, now),
            Effect::AskUse => self.judge_use(now),
            // Something came up while it was given back: it is not over.
            Effect::End if self.agenda() != [Effect::End] => {}
            _ => self.complete(effect, now),
        }
    }

    /// Takes it as known that an effect was done, whoever did it.
    pub(crate) fn complete(&mut self, effect: Effect, now: Instant) {
        self.troubles.remove(&effect);
        self.done.entry(effect).or_insert(now);
        let stage = match effect {
            Effect::Make | Effect::AskForKey => Stage::Created,
            Effect::Keep => Stage::Stored,
            Effect::Test => Stage::Tested,
            Effect::Push => Stage::Pushed,
            Effect::Promote => return self.promoted(now),
            Effect::Retire => return self.old_retired(),
            Effect::RetireNew => return self.new_retired(),
            Effect::RevokeOld | Effect::AskToRevokeOld => Stage::Revoked,
            Effect::ProveOldDead => Stage::Verified,
            Effect::End => return self.ended(now),
            _ => return,
        };
        self.reach(stage, now);
    }

    /// A new version that is current is never given up, even if a person wanted to cancel meanwhile.
    fn promoted(&mut self, now: Instant) {
        self.reach(Stage::Promoted, now);
        if matches!(self.course, Course::Back | Course::HandOver) {
            self.course = Course::Ahead;
        }
    }

    /// There is no way back any more, even if somebody retired the new version meanwhile.
    fn old_retired(&mut self) {
        if self.course == Course::Back && self.has(Stage::Proven) {
            self.course = Course::Ahead;
        }
    }

    /// Whoever retired our version: unless the old one has ended before, it is the old one that stays.
    fn new_retired(&mut self) {
        let old_ended = self.has(Stage::Proven) && self.is_done(Effect::Retire);
        if self.course == Course::Ahead && !old_ended {
            self.turn_back(Course::Back);
        }
    }

    fn ended(&mut self, now: Instant) {
        if self.course == Course::Ahead {
            self.reach(Stage::Done, now);
            self.course = Course::Done;
        } else {
            self.course = Course::Abandoned;
        }
    }

    fn failed(&mut self, under_way: UnderWay, failure: &Failure, now: Instant) {
        let effect = under_way.effect;
        if effect == Effect::Make && *failure == Failure::AdminRefused && !under_way.repeated {
            self.tried.remove(&effect); // it was refused the first time, so nothing can have come of it
        }
        let before_push = matches!(effect, Effect::Keep | Effect::Test);
        if *failure == Failure::Lost && before_push && self.course == Course::Ahead {
            return self.lost(effect, now);
        }
        if *failure == Failure::Lost && effect == Effect::HandOver {
            return self.turn_back(Course::Back);
        }
        if *failure == Failure::NotFound && effect == Effect::RevokeOld {
            self.revoking = Way::Guided;
            return;
        }
        self.trouble(effect, failure, now);
    }

    fn lost(&mut self, effect: Effect, now: Instant) {
        self.losses = self.losses.saturating_add(1);
        if self.losses < crate::trouble::MOST_LOSSES {
            self.again = Some(self.making);
        } else {
            self.troubles.insert(effect, Trouble::ask(Reason::KeyLost, NextAct::TryAgain, now));
        }
    }

    pub(crate) fn trouble(&mut self, effect: Effect, failure: &Failure, now: Instant) {
        let trouble = Trouble::after(self.troubles.get(&effect), effect, failure, self.making, now);
        let seen = *failure == Failure::NotYet;
        let optional = effect == Effect::ArchiveOld || (effect == Effect::AskUse && !seen);
        if optional && !matches!(trouble.then, Then::Again(_)) {
            return self.complete(effect, now); // what it would tell or tidy up is not needed
        }
        self.troubles.insert(effect, trouble);
    }

    fn cancel(&mut self) -> bool {
        if self.may_cancel().is_some() {
            self.turn_back(Course::Back);
        }
        false
    }

    /// The end of the old key comes first from now on: it waits for nothing, not for its calls, and not for a person who
    /// was asked for something else. The new key goes on as far as it has come.
    pub(crate) fn leak(&mut self) -> bool {
        if !self.may_leak() {
            return false;
        }
        self.plan.leaked = true;
        self.troubles.retain(|effect, trouble| match effect {
            Effect::Retire => false, // refused while the old version was current: of a leaked one it is not
            Effect::RevokeOld | Effect::AskToRevokeOld | Effect::ProveOldDead => matches!(trouble.then, Then::Ask(_)),
            _ => true,
        });
        let urgent = self.end_of_old();
        if self.under_way.is_some_and(|u| u.effect.asks_person() && !urgent.contains(&u.effect)) && !urgent.is_empty() {
            self.under_way = None;
        }
        false
    }

    fn turn_back(&mut self, course: Course) {
        self.course = course;
        self.again = None;
        self.troubles.clear();
    }

    fn go_on(&mut self, now: Instant) -> bool {
        if let Some(under_way) = self.under_way.as_mut() {
            let asked_again = under_way.unanswered;
            under_way.unanswered = false;
            return asked_again;
        }
        let Some((effect, trouble)) = self.stuck() else { return false };
        let Some(next) = trouble.next(effect) else { return false };
        let why = trouble.why().clone();
        self.troubles.remove(&effect);
        match next {
            NextAct::TryAgain => self.try_again(effect, &why),
            NextAct::UseAnyway => self.use_anyway(effect, now),
            NextAct::PasteAnother => self.again = Some(Way::Guided),
            NextAct::OfferNewConnection => self.turn_back(Course::HandOver),
            NextAct::GoByHand => self.go_by_hand(effect),
            NextAct::RevokeAnyway => self.complete(effect, now),
            NextAct::Cancel => self.turn_back(Course::Back),
        }
        false
    }

    fn try_again(&mut self, effect: Effect, why: &Reason) {
        match why {
            Reason::KeyLost if matches!(effect, Effect::Keep | Effect::Test) => {
                self.losses = 0;
                self.again = Some(self.making);
            }
            // The provider accepts the key after all this time: it may not have been revoked at all.
            Reason::StillAccepted => {
                self.done.remove(&Effect::RevokeOld);
                self.done.remove(&Effect::AskToRevokeOld);
            }
            _ => {}
        }
    }

    fn use_anyway(&mut self, effect: Effect, now: Instant) {
        self.weaker_taken = true;
        if effect == Effect::Test {
            self.complete(effect, now);
        }
    }

    fn go_by_hand(&mut self, effect: Effect) {
        self.revoking = Way::Guided;
        if effect == Effect::Make {
            self.again = Some(Way::Guided);
        }
    }

    /// Whoever was asked to revoke the old key need not any more.
    fn admin_kept(&mut self) -> bool {
        self.revoking = Way::Automatic;
        if !self.is_done(Effect::AskToRevokeOld) {
            self.troubles.remove(&Effect::AskToRevokeOld);
            self.troubles.remove(&Effect::RevokeOld);
        }
        false
    }

    fn paste_another(&mut self, now: Instant) -> bool {
        let tested = matches!(self.stuck(), Some((Effect::Test | Effect::Keep | Effect::Make | Effect::AskForKey, _)));
        if tested && self.under_way.is_none() && !self.tried.contains(&Effect::Push) {
            self.troubles.clear();
            self.again = Some(Way::Guided);
            self.settle(now);
        }
        false
    }

    /// Draws the conclusions that need no effect.
    fn settle(&mut self, now: Instant) {
        if self.again.is_some() && self.under_way.is_none_or(|u| u.effect.asks_person()) && self.undo().is_none() {
            self.start_over();
        }
        if self.has(Stage::Proven) && self.plan.old.is_none() {
            for stage in [Stage::Drained, Stage::Revoked, Stage::Verified] {
                self.reach(stage, now);
            }
        }
        if self.is_done(Effect::Retire) && (self.plan.leaked || self.has(Stage::Revoked)) {
            self.reach(Stage::Drained, now);
        }
    }

    /// The new key is gone without a trace: another one is made.
    fn start_over(&mut self) {
        self.making = self.again.take().unwrap_or(self.making);
        self.weaker_taken = false;
        for effect in crate::agenda::OF_A_NEW_KEY {
            self.tried.remove(&effect);
            self.done.remove(&effect);
            self.troubles.remove(&effect);
        }
        for stage in [Stage::Created, Stage::Stored, Stage::Tested] {
            self.reached.remove(&stage);
        }
    }

    /// Hands out the effect that is under way once more, or else the next one that is due.
    fn hand_out(&mut self, repeat: bool, now: Instant) -> Vec<Effect> {
        let agenda = self.agenda();
        if self.under_way.is_some_and(|u| u.effect.asks_person() && !agenda.contains(&u.effect)) {
            self.under_way = None;
        }
        if let Some(under_way) = self.under_way.as_mut() {
            if repeat {
                *under_way = UnderWay { since: now, repeated: true, unanswered: false, ..*under_way };
                return vec![under_way.effect];
            }
            let patience = Pause::new(under_way.since, PERSON_LIMIT_MILLIS);
            under_way.unanswered |= under_way.effect.asks_person() && now >= patience.until;
            return Vec::new();
        }
        let Some(effect) = agenda.into_iter().find(|effect| self.is_due(*effect, now)) else { return Vec::new() };
        self.hand(effect, now);
        vec![effect]
    }

    fn hand(&mut self, effect: Effect, now: Instant) {
        let ends_old = effect == self.revoke_old() || effect == Effect::AskUse;
        if ends_old && self.is_done(Effect::Retire) {
            self.reach(Stage::Drained, now);
        }
        let repeated = !self.tried.insert(effect);
        self.under_way = Some(UnderWay { effect, since: now, repeated, unanswered: false });
    }

    pub(crate) fn reach(&mut self, stage: Stage, now: Instant) {
        self.reached.entry(stage).or_insert(now);
    }

    pub(crate) fn has(&self, stage: Stage) -> bool {
        self.reached.contains_key(&stage)
    }

    pub(crate) fn is_done(&self, effect: Effect) -> bool {
        self.done.contains_key(&effect)
    }
}
