//! What becomes of a failure: tried again with growing pauses, or put before a person.

use ownkey_protocol::instant::Instant;
use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Failure, Weakness};
use crate::plan::Way;
use crate::status::{NextAct, Reason};
use crate::{FRESH_LIMIT_MILLIS, LEAST_TRIES, PATIENCE_MILLIS};

/// A span of time in which nothing is tried. A clock that jumps back to before its start ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Pause {
    pub(crate) from: Instant,
    pub(crate) until: Instant,
}

impl Pause {
    pub(crate) fn new(from: Instant, millis: i64) -> Self {
        Self { from, until: from.plus_millis(millis) }
    }

    pub(crate) fn is_over(self, now: Instant) -> bool {
        now >= self.until || now < self.from
    }
}

/// An effect that failed and has not been done since.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Trouble {
    why: Reason,
    pub(crate) since: Instant,
    pub(crate) tries: u32,
    pub(crate) then: Then,
}

/// A new key that is lost this often is made again only when a person says so.
pub(crate) const MOST_LOSSES: u8 = 3;

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    /// It is tried again after the pause.
    Again(Pause),
    /// It was tried for long enough: a person, or a new start of the app, tries again.
    GivenUp,
    /// Trying again by itself would not help: a person decides.
    Ask(NextAct),
}

impl Trouble {
    /// What a person must decide.
    pub(crate) fn ask(why: Reason, next: NextAct, now: Instant) -> Self {
        Self { why, since: now, tries: 1, then: Then::Ask(next) }
    }

    /// One more failure of an effect, after `before`.
    pub(crate) fn after(before: Option<&Self>, effect: Effect, failure: &Failure, making: Way, now: Instant) -> Self {
        let why = reason(effect, failure);
        let since = before.map_or(now, |b| b.since);
        let tries = before.map_or(0, |b| b.tries).saturating_add(1);
        let then = match judge(effect, failure, making) {
            Judgement::Ask(next) => Then::Ask(next),
            Judgement::Again { patience } => {
                let long_enough = now.millis_since(since) >= patience && tries >= LEAST_TRIES;
                if long_enough { Then::GivenUp } else { Then::Again(Pause::new(now, back_off(tries))) }
            }
        };
        Self { why, since, tries, then }
    }

    pub(crate) fn pull_back(&mut self, now: Instant) {
        self.since = now.min(self.since);
    }

    /// A person lets it be until then.
    pub(crate) fn wait(&mut self, pause: Pause) {
        self.then = Then::Again(pause);
    }

    pub(crate) fn why(&self) -> &Reason {
        &self.why
    }

    /// The button, where nothing happens without a person.
    pub(crate) fn next(&self, effect: Effect) -> Option<NextAct> {
        match self.then {
            Then::Again(_) => None,
            Then::GivenUp if effect == Effect::Test && self.why == Reason::KeyRefused => Some(NextAct::PasteAnother),
            Then::GivenUp if self.why == Reason::Unseen => Some(NextAct::RevokeAnyway),
            Then::GivenUp => Some(NextAct::TryAgain),
            Then::Ask(next) => Some(next),
        }
    }
}

/// 1, 2, 4, … 60 seconds.
fn back_off(tries: u32) -> i64 {
    let seconds = 1_i64 << tries.saturating_sub(1).min(6);
    seconds.min(60) * 1_000
}

enum Judgement {
    Again { patience: i64 },
    Ask(NextAct),
}

fn judge(effect: Effect, failure: &Failure, making: Way) -> Judgement {
    match failure {
        Failure::Weaker(list) if list.contains(&Weakness::OtherAccount) => Judgement::Ask(NextAct::OfferNewConnection),
        Failure::Weaker(_) => Judgement::Ask(NextAct::UseAnyway),
        Failure::KeyRefused if effect == Effect::Test && making == Way::Guided => Judgement::Ask(NextAct::PasteAnother),
        Failure::KeyRefused if effect == Effect::Test => Judgement::Again { patience: FRESH_LIMIT_MILLIS },
        Failure::AdminRefused => Judgement::Ask(NextAct::GoByHand),
        Failure::Lost if effect == Effect::Push => Judgement::Ask(NextAct::Cancel),
        Failure::LeaseTaken | Failure::Refused | Failure::NotFound => Judgement::Ask(NextAct::TryAgain),
        _ => Judgement::Again { patience: PATIENCE_MILLIS },
    }
}

fn reason(effect: Effect, failure: &Failure) -> Reason {
    match failure {
        Failure::Unknown | Failure::TimedOut => Reason::NoAnswer,
        Failure::Unreachable(party) => Reason::Unreachable(*party),
        Failure::Busy(party) => Reason::Busy(*party),
        Failure::KeychainLocked => Reason::KeychainLocked,
        Failure::DiskFull => Reason::DiskFull,
        Failure::NotYet if effect == Effect::AskConfirmation => Reason::NotConfirmed,
        Failure::NotYet if effect == Effect::AskProof => Reason::NotProven,
        Failure::NotYet if effect == Effect::AskUse => Reason::Unseen,
        Failure::NotYet => Reason::NoAnswer,
        Failure::AdminRefused => Reason::AdminRefused,
        Failure::KeyRefused => Reason::KeyRefused,
        Failure::Weaker(list) if list.contains(&Weakness::OtherAccount) => Reason::OtherAccount,
        Failure::Weaker(list) => Reason::Weaker(list.clone()),
        Failure::StillAccepted => Reason::StillAccepted,
        Failure::Lost if effect == Effect::ProveOldDead => Reason::Unproven,
        Failure::Lost => Reason::KeyLost,
        Failure::LeaseTaken => Reason::OtherDevice,
        Failure::Refused | Failure::NotFound => Reason::Refused,
    }
}
