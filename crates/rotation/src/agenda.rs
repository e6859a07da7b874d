//! What comes next: two lines of work, one to the new key and one to the end of the old one, and the way back.

use ownkey_protocol::instant::Instant;

use crate::effect::Effect;
use crate::machine::{Course, Rotation};
use crate::plan::Way;
use crate::stage::Stage;
use crate::status::Wait;
use crate::trouble::{Pause, Then, Trouble};
use crate::{CUT_LIMIT_MILLIS, DRAIN_LIMIT_MILLIS, PROBE_AFTER_MILLIS};

/// The effects that belong to one new key, and are forgotten with it when another one is made.
pub(crate) const OF_A_NEW_KEY: [Effect; 7] = [
    Effect::Make,
    Effect::AskForKey,
    Effect::Keep,
    Effect::Test,
    Effect::RevokeNew,
    Effect::AskToRevokeNew,
    Effect::ForgetNew,
];

/// Nothing happens before then, and why.
pub(crate) struct Gate {
    pub(crate) pause: Pause,
    pub(crate) wait: Wait,
}

impl Rotation {
    /// What may be done now, the most urgent first. Never empty until the rotation is over.
    pub(crate) fn agenda(&self) -> Vec<Effect> {
        let mut agenda = match self.course {
            Course::Planned | Course::Done | Course::Abandoned => return Vec::new(),
            Course::Ahead => self.ahead(),
            Course::Back | Course::HandOver => {
                let undo = self.undo();
                if self.plan.leaked {
                    self.end_of_old().into_iter().chain(undo).collect()
                } else {
                    undo.into_iter().collect()
                }
            }
        };
        if agenda.is_empty() {
            agenda.push(if self.archives() { Effect::ArchiveOld } else { Effect::End });
        }
        agenda
    }

    fn ahead(&self) -> Vec<Effect> {
        let new = self.to_the_new();
        if self.plan.leaked {
            return self.leaked(new);
        }
        match new {
            Some(effect) => vec![effect],
            None => self.end_of_old().into_iter().take(1).collect(),
        }
    }

    /// Retire first. A key that can be had in seconds comes before the old one is revoked, but never holds it up.
    fn leaked(&self, new: Option<Effect>) -> Vec<Effect> {
        let mut agenda = self.end_of_old();
        let quick = matches!(new, Some(Effect::Make | Effect::Keep)) && self.making == Way::Automatic;
        let place = if quick { agenda.iter().take_while(|e| **e == Effect::Retire).count() } else { agenda.len() };
        if let Some(effect) = new {
            agenda.insert(place, effect);
        }
        agenda
    }

    /// The next effect on the way to a new version that is proven.
    fn to_the_new(&self) -> Option<Effect> {
        if self.again.is_some() {
            return self.undo();
        }
        let make = if self.making == Way::Automatic { Effect::Make } else { Effect::AskForKey };
        let way = [
            (make, Stage::Created),
            (Effect::Keep, Stage::Stored),
            (Effect::Test, Stage::Tested),
            (Effect::Push, Stage::Pushed),
            (Effect::AskConfirmation, Stage::Confirmed),
            (Effect::Promote, Stage::Promoted),
            (Effect::AskProof, Stage::Proven),
        ];
        let beyond = way.iter().rposition(|(_, stage)| self.has(*stage)).map_or(0, |at| at + 1);
        let next = way.get(beyond).map(|(effect, _)| *effect);
        self.before_all().filter(|_| next == Some(Effect::Promote)).or(next)
    }

    /// What may be done now towards the end of the old version, in order. Without a leak only the first counts.
    pub(crate) fn end_of_old(&self) -> Vec<Effect> {
        if self.plan.old.is_none() || (self.old_left && !self.plan.leaked && self.is_done(Effect::Retire)) {
            return Vec::new();
        }
        let retire = (!self.is_done(Effect::Retire)).then_some(Effect::Retire);
        let rest = [self.revoke_old(), Effect::ProveOldDead, Effect::ForgetOld];
        let rest = rest.into_iter().find(|effect| !self.is_done(*effect));
        let rest = rest.map(|effect| if self.asks_use() { Effect::AskUse } else { effect });
        retire.into_iter().chain(rest).collect()
    }

    /// The next effect that takes the new key back, as far as anything may have come of it.
    pub(crate) fn undo(&self) -> Option<Effect> {
        let pushed = self.tried.contains(&Effect::Push);
        let made = self.tried.contains(&Effect::Make) || self.tried.contains(&Effect::AskForKey);
        let way = if self.course == Course::HandOver {
            [(Effect::RetireNew, pushed), (Effect::HandOver, true), (Effect::HandOver, true)]
        } else {
            [(Effect::RetireNew, pushed), (self.revoke_new(), made), (Effect::ForgetNew, made)]
        };
        way.into_iter().find(|(effect, needed)| *needed && !self.is_done(*effect)).map(|(effect, _)| effect)
    }

    pub(crate) fn revoke_old(&self) -> Effect {
        let by_hand = self.is_done(Effect::AskToRevokeOld) || self.revoking == Way::Guided;
        if self.is_done(Effect::RevokeOld) || !by_hand { Effect::RevokeOld } else { Effect::AskToRevokeOld }
    }

    /// What was only switched off is put away once it is dead.
    fn archives(&self) -> bool {
        let dead = self.is_done(Effect::RevokeOld) && self.is_done(Effect::ProveOldDead);
        self.plan.archives && dead && !self.is_done(Effect::ArchiveOld)
    }

    /// Only what the API made does the API find again by its name.
    pub(crate) fn revoke_new(&self) -> Effect {
        let by_api = self.making == Way::Automatic && self.revoking == Way::Automatic;
        if by_api || self.is_done(Effect::RevokeNew) { Effect::RevokeNew } else { Effect::AskToRevokeNew }
    }

    pub(crate) fn is_due(&self, effect: Effect, now: Instant) -> bool {
        let rested = match self.troubles.get(&effect).map(|trouble| trouble.then) {
            None => true,
            Some(Then::Again(pause)) => pause.is_over(now),
            Some(Then::GivenUp | Then::Ask(_)) => false,
        };
        rested && self.gate(effect).is_none_or(|gate| gate.pause.is_over(now))
    }

    /// What an effect has to wait for although nothing failed.
    pub(crate) fn gate(&self, effect: Effect) -> Option<Gate> {
        let open = self.plan.leaked || self.has(Stage::Drained);
        let (from, millis) = match effect {
            Effect::AskProof => (self.serves_since()?, PROBE_AFTER_MILLIS),
            Effect::Retire if !open => (self.reached(Stage::Proven)?, DRAIN_LIMIT_MILLIS),
            Effect::AskUse | Effect::RevokeOld | Effect::AskToRevokeOld if !open => {
                (*self.done.get(&Effect::Retire)?, CUT_LIMIT_MILLIS)
            }
            _ => return None,
        };
        let pause = Pause::new(from, millis);
        let wait = match effect {
            Effect::AskProof if self.tries_first() => Wait::Trial { probe: pause.until },
            Effect::AskProof => Wait::Proof { probe: pause.until },
            Effect::Retire => Wait::Draining { retire: pause.until },
            _ => Wait::Cutting { cut: pause.until },
        };
        Some(Gate { pause, wait })
    }

    /// The first effect on which only a person can decide.
    pub(crate) fn stuck(&self) -> Option<(Effect, &Trouble)> {
        let troubles = self.agenda().into_iter().filter_map(|effect| Some((effect, self.troubles.get(&effect)?)));
        troubles.into_iter().find(|(effect, trouble)| trouble.next(*effect).is_some())
    }
}
