//! The second witness: before the old key is revoked, the provider says when both keys were used last.
//!
//! A use of the old key after the gateway's last one is somebody else's: the rotation stands still before it revokes what
//! that one needs. A use of the new key since the agency has it confirms what the agency says.

use ownkey_protocol::instant::Instant;
use serde::{Deserialize, Serialize};

use crate::LISTEN_MILLIS;
use crate::effect::{Effect, Failure, LastUse};
use crate::machine::{Course, Rotation};
use crate::stage::Stage;
use crate::status::{NextAct, Reason};
use crate::trouble::{Pause, Trouble};

/// Times of the provider are told to the second, rounded down.
const ROUNDED_MILLIS: i64 = 1_000;

/// What the provider said, until it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Uses {
    pub(crate) old: Option<Instant>,
    pub(crate) new: LastUse,
}

impl Rotation {
    /// Whether the provider is to be asked before the old key is revoked. Of a leaked key it is known that others use it.
    pub(crate) fn asks_use(&self) -> bool {
        let over = self.is_done(Effect::AskUse) || self.is_done(Effect::RevokeOld);
        self.plan.witness && !self.plan.leaked && !over && self.revoke_old() == Effect::RevokeOld
    }

    pub(crate) fn used(&mut self, old: Option<Instant>, new: LastUse) -> bool {
        if self.under_way() == Some(Effect::AskUse) {
            self.uses = Some(Uses { old, new });
        }
        false
    }

    /// From when on nothing may have used the old key.
    pub(crate) fn quiet_from(&self) -> Option<Instant> {
        self.listens_since.or_else(|| self.reached(Stage::Drained))
    }

    /// What was read is judged.
    pub(crate) fn judge_use(&mut self, now: Instant) {
        let Some(Uses { old, new }) = self.uses.take() else { return self.complete(Effect::AskUse, now) };
        let others = old.zip(self.quiet_from()).is_some_and(|(used, quiet)| used > quiet);
        let unseen = match (new, self.reached(Stage::Pushed)) {
            (LastUse::Never, _) => true,
            (LastUse::At(used), Some(pushed)) => used.plus_millis(ROUNDED_MILLIS) < pushed,
            _ => false,
        };
        if others {
            let trouble = Trouble::ask(Reason::StillUsed, NextAct::RevokeAnyway, now);
            self.troubles.insert(Effect::AskUse, trouble);
        } else if unseen {
            self.trouble(Effect::AskUse, &Failure::NotYet, now);
        } else {
            self.complete(Effect::AskUse, now);
        }
    }

    /// Whether it stands still because something else uses the old key.
    #[must_use]
    pub fn others_use_old(&self) -> bool {
        self.course == Course::Ahead
            && self.under_way().is_none()
            && self.stuck().is_some_and(|(_, trouble)| *trouble.why() == Reason::StillUsed)
    }

    /// Uses before now do not count any more; what comes after is heard later.
    pub(crate) fn wait_on(&mut self, now: Instant) -> bool {
        if self.others_use_old()
            && let Some(trouble) = self.troubles.get_mut(&Effect::AskUse)
        {
            self.listens_since = Some(now);
            trouble.wait(Pause::new(now, LISTEN_MILLIS));
        }
        false
    }

    pub(crate) fn leave_old(&mut self) -> bool {
        if self.others_use_old() {
            self.troubles.remove(&Effect::AskUse);
            self.old_left = true;
        }
        false
    }
}
