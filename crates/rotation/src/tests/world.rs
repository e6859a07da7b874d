//! A small model of what is outside: keys at the provider, the agency's record, the keychain.

use std::hash::{Hash, Hasher};

use super::*;

/// Who made a key at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Maker {
    Before,
    Api,
    Person,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) maker: Maker,
    pub(super) live: bool,
    /// How often a revoked key is still accepted.
    lingers: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    leaked: bool,
    pub(super) keys: Vec<Key>,
    /// The new key in memory and in the keychain, as its place among the keys.
    pub(super) hand: Option<usize>,
    pub(super) kept: Option<usize>,
    old_kept: bool,
    /// The new version: which key, and its stage.
    pub(super) new: Option<(usize, VersionStage)>,
    /// No push of this rotation is accepted any more.
    closed: bool,
    pub(super) old: Option<VersionStage>,
    works: bool,
    pub(super) proven: bool,
    old_refused: bool,
    /// Calls run on the old version, and since when it is retired.
    pub(super) running: bool,
    retired_at: Option<Instant>,
    /// Another person did on purpose what a rotation would not.
    pub(super) on_purpose: bool,
    /// It was said on another device that the old key leaked.
    told_apart: bool,
    handed_over: Option<usize>,
    /// One assistant runs on the new version while it is ready.
    trial: bool,
    /// When something else used the old key, as the provider tells.
    pub(super) old_used: Option<Instant>,
    /// The person left the old key as it is.
    pub(super) left: bool,
}

impl Hash for World {
    fn hash<H: Hasher>(&self, to: &mut H) {
        (self.leaked, self.trial, &self.keys, self.hand, self.kept, self.old_kept, self.closed, self.handed_over)
            .hash(to);
        self.told_apart.hash(to);
        (self.works, self.proven, self.old_refused, self.running, self.retired_at, self.on_purpose).hash(to);
        (self.new.map(|(at, stage)| (at, stage as u8)), self.old.map(|stage| stage as u8)).hash(to);
    }
}

impl World {
    pub(super) fn new(plan: &Plan) -> Self {
        let old = plan.old.is_some();
        let before = Key { maker: Maker::Before, live: old, lingers: u8::from(!plan.leaked) };
        Self {
            leaked: plan.leaked,
            keys: vec![before],
            hand: None,
            kept: None,
            old_kept: old,
            new: None,
            closed: false,
            old: old.then_some(VersionStage::Current),
            works: false,
            proven: false,
            old_refused: false,
            running: old,
            retired_at: None,
            on_purpose: false,
            told_apart: false,
            handed_over: None,
            trial: false,
            old_used: None,
            left: false,
        }
    }

    pub(super) fn facts(&self) -> Facts {
        Facts {
            new_stage: self.new.map(|(_, stage)| stage),
            new_works: self.works,
            old_current: self.old == Some(VersionStage::Current),
            old_retired: self.old == Some(VersionStage::Retired),
            old_leaked: self.leaked && self.old == Some(VersionStage::Retired),
            proven: self.proven,
            drained: !self.running && self.old != Some(VersionStage::Current),
            old_proven_dead: self.old_refused,
            ..Facts::default()
        }
    }

    pub(super) fn leak(&mut self) {
        self.leaked = true;
    }

    /// Another device retires the old version as leaked.
    pub(super) fn leak_apart(&mut self, now: Instant) {
        if self.old.is_some_and(|stage| stage != VersionStage::Retired) {
            (self.leaked, self.told_apart, self.on_purpose) = (true, true, true);
            self.set_old_retired(now);
        }
    }

    fn make(&mut self, maker: Maker) {
        let secret_is_here = |at: usize| self.hand == Some(at) || self.kept == Some(at);
        let known = self.keys.iter().position(|key| key.maker == maker && key.live);
        let place = match known {
            // A person has the page open and copies it again; the API shows a secret once.
            Some(at) if secret_is_here(at) || maker == Maker::Person => at,
            _ => {
                self.revoke(|key| key.maker == maker && maker == Maker::Api);
                self.keys.push(Key { maker, live: true, lingers: 0 });
                self.keys.len() - 1
            }
        };
        self.hand = Some(place);
    }

    fn revoke(&mut self, which: impl Fn(&Key) -> bool) {
        let handed_over = self.handed_over;
        let keys = self.keys.iter_mut().enumerate().filter(|(at, key)| Some(*at) != handed_over && which(key));
        keys.for_each(|(_, key)| key.live = false);
    }

    fn stage_new(&mut self, stage: VersionStage) {
        if let Some((_, known)) = self.new.as_mut() {
            *known = stage;
        }
    }

    pub(super) fn is_current(&self) -> bool {
        matches!(self.new, Some((_, VersionStage::Current)))
    }

    fn new_lives(&self) -> bool {
        self.new.is_some_and(|(at, stage)| self.keys[at].live && stage != VersionStage::Retired)
    }

    /// Does an effect, whether its answer will arrive or not.
    pub(super) fn act(&mut self, effect: Effect, now: Instant) -> Result<(), Failure> {
        match effect {
            Effect::Make => self.make(Maker::Api),
            Effect::AskForKey => self.make(Maker::Person),
            Effect::Keep => self.kept = Some(self.kept.or(self.hand.take()).ok_or(Failure::Lost)?),
            Effect::Test => {
                let key = self.keys[self.kept.ok_or(Failure::Lost)?];
                return if key.live { Ok(()) } else { Err(Failure::KeyRefused) };
            }
            Effect::Push => self.push()?,
            Effect::AskConfirmation => self.confirm(),
            Effect::Promote => self.promote()?,
            Effect::AskProof => self.prove(),
            Effect::Retire => self.retire_old(now)?,
            Effect::RevokeOld | Effect::AskToRevokeOld => self.revoke_old(now),
            Effect::ProveOldDead => self.call_with_old()?,
            Effect::StartTrial => {
                if !matches!(self.new, Some((_, VersionStage::Ready | VersionStage::Previous))) {
                    return Err(Failure::Refused);
                }
                self.trial = true;
            }
            Effect::AskUse => {}
            Effect::ForgetOld => self.old_kept = false,
            Effect::ArchiveOld => assert!(self.old_refused, "archived before it was proven dead"),
            Effect::RetireNew if self.is_current() => return Err(Failure::Refused),
            Effect::RetireNew => {
                self.closed = true;
                self.stage_new(VersionStage::Retired);
            }
            Effect::RevokeNew => self.revoke(|key| key.maker == Maker::Api),
            Effect::AskToRevokeNew => self.revoke(|key| key.maker != Maker::Before),
            Effect::ForgetNew => (self.hand, self.kept) = (None, None),
            Effect::HandOver => {
                self.handed_over = Some(self.handed_over.or(self.kept).or(self.hand).ok_or(Failure::Lost)?);
                (self.hand, self.kept) = (None, None);
            }
            Effect::End => {}
        }
        Ok(())
    }

    fn push(&mut self) -> Result<(), Failure> {
        if self.new.is_none() {
            if self.closed {
                return Err(Failure::Refused);
            }
            self.new = Some((self.kept.ok_or(Failure::Lost)?, VersionStage::Pending));
        }
        Ok(())
    }

    pub(super) fn confirm(&mut self) {
        if self.new_lives() {
            self.works = true;
            if matches!(self.new, Some((_, VersionStage::Pending))) {
                self.stage_new(VersionStage::Ready);
            }
        }
    }

    pub(super) fn promote(&mut self) -> Result<(), Failure> {
        if !self.works || matches!(self.new, None | Some((_, VersionStage::Retired))) {
            return Err(Failure::Refused);
        }
        self.stage_new(VersionStage::Current);
        if self.old == Some(VersionStage::Current) {
            self.old = Some(VersionStage::Previous);
        }
        Ok(())
    }

    pub(super) fn prove(&mut self) {
        let tried = self.trial && matches!(self.new, Some((_, VersionStage::Ready)));
        self.proven |= (self.is_current() || tried) && self.new_lives();
    }

    fn retire_old(&mut self, now: Instant) -> Result<(), Failure> {
        assert!(self.leaked || self.proven, "the old version was to be retired before the new one was proven");
        if self.old == Some(VersionStage::Current) && !self.leaked {
            return Err(Failure::Refused);
        }
        self.set_old_retired(now);
        Ok(())
    }

    fn set_old_retired(&mut self, now: Instant) {
        self.old = Some(VersionStage::Retired);
        self.retired_at.get_or_insert(now);
    }

    fn revoke_old(&mut self, now: Instant) {
        assert!(self.leaked || self.proven, "the old key was revoked before the new one was proven");
        assert!(self.leaked || self.old == Some(VersionStage::Retired), "revoked before it was retired");
        let cut = self.retired_at.is_some_and(|at| now.millis_since(at) >= CUT_LIMIT_MILLIS);
        assert!(self.leaked || !self.running || cut, "revoked under a running call");
        self.keys[0].live = false;
    }

    fn call_with_old(&mut self) -> Result<(), Failure> {
        if self.keys[0].live || self.keys[0].lingers > 0 {
            self.keys[0].lingers = self.keys[0].lingers.saturating_sub(u8::from(!self.keys[0].live));
            return Err(Failure::StillAccepted);
        }
        self.old_refused = true;
        Ok(())
    }

    /// Another device makes the old version current again.
    pub(super) fn send_back(&mut self) {
        if self.old == Some(VersionStage::Previous) {
            self.old = Some(VersionStage::Current);
            self.on_purpose = true;
            if self.is_current() {
                self.stage_new(VersionStage::Previous);
            }
        }
    }

    /// Another device retires a version.
    pub(super) fn retire(&mut self, new: bool, now: Instant) {
        self.on_purpose = true;
        if new {
            self.stage_new(VersionStage::Retired);
        } else if self.old.is_some() {
            self.set_old_retired(now);
        }
    }

    /// The same world, with ages that make no difference left out.
    pub(super) fn timeless(&self, now: Instant) -> Self {
        Self { retired_at: self.retired_at.map(|at| age(at, now)), ..self.clone() }
    }

    /// What holds at every moment: calls find a version that works.
    pub(super) fn check(&self) {
        if self.leaked || self.on_purpose || self.old.is_none() {
            return;
        }
        let old = self.old == Some(VersionStage::Current) && self.keys[0].live;
        assert!(old || (self.is_current() && self.new_lives()), "no version that works is current: {self:#?}");
    }

    /// What holds at the end: nothing is forgotten.
    pub(super) fn check_end(&self, status: &Status) {
        let alive = |at: usize| self.keys[at].live && Some(at) != self.handed_over;
        let in_use = self.new.map(|(at, _)| at).filter(|_| *status == Status::Done);
        let orphans: Vec<usize> = (1..self.keys.len()).filter(|at| alive(*at) && Some(*at) != in_use).collect();
        assert!(orphans.is_empty(), "keys {orphans:?} are forgotten at the provider: {self:#?}");
        if *status == Status::Done {
            let ended = !self.keys[0].live && !self.old_kept;
            assert!(ended || (self.left && self.old == Some(VersionStage::Retired)), "the old key is left: {self:#?}");
            assert!(self.on_purpose || (self.is_current() && self.new_lives()), "the new one is not in use: {self:#?}");
        } else {
            assert!(self.hand.is_none() && self.kept.is_none(), "the new key is left in the keychain: {self:#?}");
            let left = self.new.is_some_and(|(_, stage)| stage != VersionStage::Retired);
            assert!(!left, "the new version is left at the agency: {self:#?}");
            // Told elsewhere after the last look at the record: then it stands before everybody as not proven dead.
            if self.leaked && !self.told_apart {
                assert!(!self.keys[0].live && !self.old_kept, "the leaked key lives: {self:#?}");
            } else if self.old.is_some() && !self.on_purpose {
                assert!(self.keys[0].live && self.old == Some(VersionStage::Current), "no key is left: {self:#?}");
            }
        }
    }
}
