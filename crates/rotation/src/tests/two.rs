//! Two devices that replace the same key at once, with the record and the provider between them: every order.
//!
//! Each device has a machine of its own, a key in hand or in its keychain, and its last fold of the record. They share
//! the provider's keys, the versions on the record and the lease, which may run out under either of them.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::*;

/// How many moves a run has at the most: after so many, every stage was come to in every way that the bounds allow, and
/// what is new differs in how often something was tried.
const DEPTH: usize = 22;

/// One of the two devices.
type Device = usize;

/// What the two share.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shared {
    /// Living keys: the old one, and those that each device had made.
    old_lives: bool,
    made: [Option<bool>; 2],
    old: VersionStage,
    /// The new version, and whose it is.
    new: Option<(Device, VersionStage)>,
    works: bool,
    proven: bool,
    running: bool,
    old_refused: bool,
    lease: Option<Device>,
}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, to: &mut H) {
        (self.old_lives, self.made, self.old as u8, self.new.map(|(d, stage)| (d, stage as u8))).hash(to);
        (self.works, self.proven, self.running, self.old_refused, self.lease).hash(to);
    }
}

/// What a device has for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Own {
    rotation: Rotation,
    hand: bool,
    kept: bool,
    old_kept: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    shared: Shared,
    own: [Own; 2],
    now: Instant,
    /// Leases that may still run out.
    lapses: u8,
    /// Kills that may still happen.
    kills: u8,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Well(Device),
    Killed(Device),
    Sync(Device),
    Wake(Device),
    /// The person on that device presses the button of a standstill, or stops it.
    GoOn(Device),
    Cancel(Device),
    Traffic,
    Drain,
    Lapse,
}

const MOVES: [Move; 15] = {
    use Move::*;
    [
        Well(0),
        Well(1),
        Killed(0),
        Killed(1),
        Sync(0),
        Sync(1),
        Wake(0),
        Wake(1),
        GoOn(0),
        GoOn(1),
        Cancel(0),
        Cancel(1),
        Traffic,
        Drain,
        Lapse,
    ]
};

impl Pair {
    fn begin(ways: [Way; 2]) -> Self {
        let own = ways.map(|way| Own {
            rotation: Rotation::new(plan(way, Some(2), false), at(0)),
            hand: false,
            kept: false,
            old_kept: true,
        });
        let shared = Shared {
            old_lives: true,
            made: [None; 2],
            old: VersionStage::Current,
            new: None,
            works: false,
            proven: false,
            running: true,
            old_refused: false,
            lease: None,
        };
        let mut pair = Self { shared, own, now: at(0), lapses: 1, kills: 1 };
        for device in 0..2 {
            pair.tell(device, Event::Begin);
        }
        pair
    }

    fn facts(&self, device: Device) -> Facts {
        let shared = &self.shared;
        let ours = shared.new.filter(|(whose, _)| *whose == device);
        Facts {
            new_stage: ours.map(|(_, stage)| stage),
            new_taken: shared.new.is_some() && ours.is_none(),
            new_works: ours.is_some() && shared.works,
            old_current: shared.old == VersionStage::Current,
            old_retired: shared.old == VersionStage::Retired,
            proven: ours.is_some() && shared.proven,
            drained: !shared.running && shared.old != VersionStage::Current,
            old_proven_dead: shared.old_refused,
            ..Facts::default()
        }
    }

    fn tell(&mut self, device: Device, event: Event) {
        self.own[device].rotation.step(event, self.now);
        self.check();
    }

    /// What holds at every moment.
    fn check(&self) {
        let shared = &self.shared;
        let old = shared.old == VersionStage::Current && shared.old_lives;
        let new = matches!(shared.new, Some((device, VersionStage::Current)) if shared.made[device] == Some(true));
        assert!(old || new, "no version that works is current: {self:#?}");
    }

    /// What holds once both are over: one key lives, it is in use, and nothing is left behind.
    fn check_end(&self) {
        let shared = &self.shared;
        let in_use = shared.new.filter(|(_, stage)| *stage == VersionStage::Current).map(|(device, _)| device);
        for device in 0..2 {
            let mine = in_use == Some(device);
            assert!(shared.made[device] != Some(true) || mine, "a key of device {device} is forgotten: {self:#?}");
            assert!(
                mine || !(self.own[device].hand || self.own[device].kept),
                "a key is left in a keychain: {self:#?}"
            );
            let done = self.own[device].rotation.status() == Status::Done;
            assert!(!done || (mine && !self.own[device].old_kept), "done, and not in use: {self:#?}");
        }
        assert_eq!(shared.old_lives, in_use.is_none(), "both keys live, or none: {self:#?}");
    }

    /// What a step of a rotation needs.
    fn leases(&mut self, device: Device) -> Result<(), Failure> {
        match self.shared.lease {
            Some(whose) if whose != device => Err(Failure::LeaseTaken),
            _ => {
                self.shared.lease = Some(device);
                Ok(())
            }
        }
    }

    fn is_mine(&self, device: Device) -> Option<VersionStage> {
        self.shared.new.filter(|(whose, _)| *whose == device).map(|(_, stage)| stage)
    }

    fn act(&mut self, device: Device, effect: Effect) -> Result<(), Failure> {
        match effect {
            Effect::Make | Effect::AskForKey => {
                if effect == Effect::AskForKey {
                    let _taken_with_the_push = self.leases(device);
                }
                self.shared.made[device] = Some(true);
                self.own[device].hand = true;
            }
            Effect::Keep => {
                let own = &mut self.own[device];
                own.kept |= std::mem::take(&mut own.hand);
                return if own.kept { Ok(()) } else { Err(Failure::Lost) };
            }
            Effect::Test | Effect::AskUse | Effect::StartTrial => {}
            Effect::Push => self.push(device)?,
            Effect::AskConfirmation => self.confirm(device),
            Effect::Promote => self.promote(device)?,
            Effect::AskProof => self.shared.proven |= self.is_mine(device) == Some(VersionStage::Current),
            Effect::Retire => {
                self.leases(device)?;
                if self.shared.old == VersionStage::Current {
                    return Err(Failure::Refused);
                }
                assert!(self.shared.proven, "retired before the new one was proven: {self:#?}");
                self.shared.old = VersionStage::Retired;
            }
            Effect::RevokeOld | Effect::AskToRevokeOld => {
                assert!(self.shared.proven && self.shared.old == VersionStage::Retired, "revoked too early: {self:#?}");
                self.shared.old_lives = false;
            }
            Effect::ProveOldDead => {
                if self.shared.old_lives {
                    return Err(Failure::StillAccepted);
                }
                self.shared.old_refused = true;
            }
            Effect::ForgetOld => self.own[device].old_kept = false,
            Effect::RetireNew => self.retire_new(device)?,
            Effect::RevokeNew | Effect::AskToRevokeNew => {
                self.shared.made[device] = self.shared.made[device].map(|_| false);
            }
            Effect::ForgetNew => (self.own[device].hand, self.own[device].kept) = (false, false),
            Effect::End if self.shared.lease == Some(device) => self.shared.lease = None,
            Effect::End | Effect::HandOver | Effect::ArchiveOld => {}
        }
        Ok(())
    }

    fn push(&mut self, device: Device) -> Result<(), Failure> {
        if self.is_mine(device).is_some() {
            return Ok(());
        }
        self.leases(device)?;
        if self.shared.new.is_some() || !self.own[device].kept {
            return Err(Failure::Refused);
        }
        self.shared.new = Some((device, VersionStage::Pending));
        Ok(())
    }

    fn confirm(&mut self, device: Device) {
        if self.is_mine(device) == Some(VersionStage::Pending) {
            self.shared.works = true;
            self.shared.new = Some((device, VersionStage::Ready));
        }
    }

    fn promote(&mut self, device: Device) -> Result<(), Failure> {
        self.leases(device)?;
        match self.is_mine(device) {
            Some(VersionStage::Current) => Ok(()),
            Some(VersionStage::Ready) => {
                self.shared.new = Some((device, VersionStage::Current));
                self.shared.old = VersionStage::Previous;
                Ok(())
            }
            _ => Err(Failure::Refused),
        }
    }

    fn retire_new(&mut self, device: Device) -> Result<(), Failure> {
        match self.is_mine(device) {
            None | Some(VersionStage::Retired) => Ok(()),
            Some(VersionStage::Current) => Err(Failure::Refused),
            Some(_) => {
                self.leases(device)?;
                self.shared.new = Some((device, VersionStage::Retired));
                Ok(())
            }
        }
    }

    /// Makes a move, if it is one that can be made here.
    fn make(&mut self, this: Move) -> bool {
        match this {
            Move::Well(device) => self.well(device),
            Move::Killed(device) => self.kills > 0 && self.killed(device),
            Move::Sync(device) => {
                let facts = self.facts(device);
                self.tell(device, Event::Found(facts));
                true
            }
            Move::Wake(device) => match self.own[device].rotation.wakes_at() {
                None => false,
                Some(moment) => {
                    self.now = self.now.max(moment);
                    self.tell(device, Event::Tick);
                    true
                }
            },
            Move::GoOn(device) => self.stands_still(device) && self.told(device, Event::GoOn),
            Move::Cancel(device) => {
                let may = self.own[device].rotation.may_cancel().is_some();
                may && self.told(device, Event::CancelAsked)
            }
            Move::Traffic => {
                let proves = matches!(self.shared.new, Some((_, VersionStage::Current))) && !self.shared.proven;
                self.shared.proven |= proves;
                proves
            }
            Move::Drain => {
                let drains = self.shared.running && self.shared.old != VersionStage::Current;
                self.shared.running &= !drains;
                drains
            }
            Move::Lapse => {
                let lapses = self.lapses > 0 && self.shared.lease.take().is_some();
                self.lapses -= u8::from(lapses);
                lapses
            }
        }
    }

    fn told(&mut self, device: Device, event: Event) -> bool {
        self.tell(device, event);
        true
    }

    fn well(&mut self, device: Device) -> bool {
        let Some(effect) = self.own[device].rotation.under_way() else { return false };
        let answer = match self.act(device, effect) {
            Ok(()) => Event::Done(effect),
            Err(why) => Event::Failed(effect, why),
        };
        self.told(device, answer)
    }

    /// Killed after an effect, before its answer was written down.
    fn killed(&mut self, device: Device) -> bool {
        let Some(effect) = self.own[device].rotation.under_way() else { return false };
        self.kills -= 1;
        let _nobody_heard = self.act(device, effect);
        self.own[device].hand = false;
        self.told(device, Event::Resume)
    }

    fn is_over(&self, device: Device) -> bool {
        matches!(self.own[device].rotation.status(), Status::Done | Status::Abandoned)
    }

    fn stands_still(&self, device: Device) -> bool {
        matches!(self.own[device].rotation.status(), Status::Stuck { .. })
    }

    /// Left to itself, with a person who presses the button that is offered, it comes to an end on both devices.
    fn left_alone(mut self) {
        for turn in 0..2_000 {
            if self.is_over(0) && self.is_over(1) {
                return self.check_end();
            }
            let device = turn % 2;
            let next = match self.own[device].rotation.status() {
                Status::Stuck { next, .. } => Some(next),
                _ => None,
            };
            let _as_it_goes = match next {
                Some(NextAct::Cancel) => self.make(Move::Cancel(device)),
                // A person tries now and then, and gives up in the end.
                Some(_) if turn > 400 => self.make(Move::Cancel(device)) || self.make(Move::GoOn(device)),
                Some(_) => self.make(Move::GoOn(device)),
                None => self.make(Move::Well(device)) | self.make(Move::Sync(device)) || self.make(Move::Wake(device)),
            };
            self.make(Move::Traffic);
            self.make(Move::Drain);
            self.shared.lease = self.shared.lease.filter(|whose| !self.is_over(*whose));
        }
        panic!("it never ends: {self:#?}");
    }

    /// Where it stands; two that differ only in how long ago something was are the same.
    fn place(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.shared, self.lapses, self.kills).hash(&mut hasher);
        for own in &self.own {
            (own.rotation.timeless(self.now), own.hand, own.kept, own.old_kept).hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// How many states there are, and the longest way to one.
fn explore(ways: [Way; 2]) -> (usize, usize) {
    let start = Pair::begin(ways);
    let (mut seen, mut frontier, mut deepest) = (HashSet::from([start.place()]), vec![start], 0);
    for depth in 1..=DEPTH {
        let mut next = Vec::new();
        for pair in frontier.drain(..) {
            for this in MOVES {
                let mut after = pair.clone();
                if after.make(this) && seen.insert(after.place()) {
                    after.clone().left_alone();
                    next.push(after);
                }
            }
        }
        deepest = if next.is_empty() { deepest } else { depth };
        frontier = next;
    }
    (seen.len(), deepest)
}

#[test]
fn in_every_order_of_two_devices_one_key_lives_in_the_end_and_it_is_in_use() {
    let pairs = [[Way::Automatic; 2], [Way::Guided; 2], [Way::Automatic, Way::Guided]];
    std::thread::scope(|scope| {
        let running = pairs.map(|ways| (ways, scope.spawn(move || explore(ways))));
        for (ways, run) in running {
            let (states, deepest) = run.join().unwrap();
            assert!(states > 50_000 && deepest == DEPTH, "{ways:?}: {states} states, {deepest} deep");
        }
    });
}
