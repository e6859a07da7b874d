//! Replace: the driver of rotations (design.md §7). The machine in `ownkey-rotation` decides; here it is done.
//!
//! A rotation is written down after every decision and before what it decided is begun, so that the app, killed at any
//! moment, goes on where it was. One task drives all rotations of this device ([`App::drive`]); commands only tell the
//! machine what the person did.

mod acts;
mod calls;
mod commands;
mod facts;
mod keys;
mod points;
mod report;
mod saved;
mod switch_off;
mod trial;
mod view;
mod watch;
mod witness;

use std::sync::PoisonError;
use std::time::Duration;

use futures_util::future::join_all;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::{AssistantId, ConnectionId, RotationId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Account, Provider, Use};
use ownkey_providers::check::Snapshot;
use ownkey_providers::make::openai::Journal;
use ownkey_rotation::{Effect, Event, Failure, Party, Plan, Reason, Rotation, Status};
use serde::{Deserialize, Serialize};

pub use points::POINTS;
pub(crate) use watch::Watch;

use crate::App;
use crate::agency_client::now;
use crate::connect::{KeptCheck, Sent};
use crate::fault::Fault;
use crate::host::{Host, Notice};
use crate::store::Table;
use crate::wire::{KeyHint, RotationCalls};

/// What became of an effect.
type Done = Result<(), Failure>;

/// The longest that nothing is looked at while a rotation is open: time passes without news.
const LOOK: Duration = Duration::from_secs(1);

/// A rotation as it is written down. Holds no secret: keys are in the keychain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) id: RotationId,
    pub(crate) provider: Provider,
    /// Uses that the connection served when it began.
    pub(crate) uses: Vec<Use>,
    pub(crate) rotation: Rotation,
    /// What the old key could do when it began, where this device has it.
    pub(crate) before: Option<Snapshot>,
    /// How far the new key is made, where Ownkey makes it.
    pub(crate) making: Option<Journal>,
    /// The new key was handed over by the provider at least once.
    pub(crate) made: bool,
    pub(crate) key: Option<KeyHint>,
    pub(crate) check: Option<KeptCheck>,
    /// Whose account the new key told.
    pub(crate) account: Account,
    pub(crate) sent: Option<Sent>,
    /// Id of the old key at the provider, where Ownkey switches it off.
    #[serde(default)]
    pub(crate) switched_off: Option<String>,
    /// The assistant that the new version serves first, and for which uses.
    #[serde(default)]
    pub(crate) trial: Option<(AssistantId, Vec<Use>)>,
    /// The number of the lease, and until when it holds.
    pub(crate) lease: Option<(u64, Instant)>,
    /// Calls that ran meanwhile, once the agency said how many.
    #[serde(default)]
    pub(crate) calls: Option<RotationCalls>,
    /// How often the agency was asked about the new version.
    pub(crate) asked: u32,
    pub(crate) started: Instant,
    /// No person began it: it was due.
    #[serde(default)]
    pub(crate) by_itself: bool,
    pub(crate) ended: Option<Instant>,
}

impl Kept {
    pub(crate) fn plan(&self) -> &Plan {
        self.rotation.plan()
    }

    pub(crate) fn connection(&self) -> ConnectionId {
        self.plan().connection
    }

    /// It began by itself, and another computer is at it or was: it goes back without a person.
    fn gives_way(&self) -> bool {
        let other = |why: &Reason| matches!(why, Reason::OtherDevice | Reason::NumberTaken);
        let lost = matches!(self.rotation.status(), Status::Stuck { why, .. } if other(&why));
        self.by_itself && lost && self.rotation.may_cancel().is_some()
    }

    pub(crate) fn fence(&self) -> Option<u64> {
        self.lease.map(|(fence, _)| fence)
    }
}

impl<H: Host> App<H> {
    pub(crate) fn kept_rotation(&self, id: ConnectionId) -> Result<Kept, Fault> {
        self.live(|live| live.rotations.get(&id).cloned())
            .ok_or_else(|| Fault::new(Code::NotFound, "no rotation of this connection"))
    }

    /// Changes what is kept of a rotation, and writes it down.
    fn change_rotation(&self, id: ConnectionId, change: impl FnOnce(&mut Kept)) -> Result<Kept, Fault> {
        let _order = self.rotation_order.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = self.kept_rotation(id)?;
        change(&mut kept);
        self.keep_rotation(kept.clone())?;
        Ok(kept)
    }

    fn keep_rotation(&self, kept: Kept) -> Result<(), Fault> {
        self.store.put(Table::Rotations, &kept.connection().to_string(), &kept)?;
        self.live(|live| live.rotations.insert(kept.connection(), kept));
        self.changed();
        Ok(())
    }

    /// Tells the machine what happened, writes down what it decided, and leaves it to the driver.
    pub(crate) fn tell_rotation(&self, id: ConnectionId, event: Event) -> Result<(), Fault> {
        let _order = self.rotation_order.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = self.kept_rotation(id)?;
        let before = kept.rotation.clone();
        let mut effects = kept.rotation.step(event, now());
        let over = matches!(kept.rotation.status(), ownkey_rotation::Status::Done | ownkey_rotation::Status::Abandoned);
        if over && kept.ended.is_none() {
            kept.ended = Some(now());
        }
        if kept.rotation != before {
            self.tell_person(&kept, &before);
            self.keep_rotation(kept)?;
        }
        if let Some(effect) = effects.pop() {
            self.live(|live| live.to_do.insert(id, effect));
            self.rotating.notify_one();
        }
        Ok(())
    }

    /// What the machine is told but once, and waits for: where it cannot be written down now (a full disk), it is told again.
    fn tell_surely(&self, id: ConnectionId, event: Event) -> Result<(), Fault> {
        let told = self.tell_rotation(id, event.clone());
        let unwritten = told.is_err().then_some(event);
        self.live(|live| match unwritten {
            Some(event) => drop(live.unwritten.insert(id, event)),
            None => drop(live.unwritten.remove(&id)),
        });
        self.changed();
        told
    }

    fn say_unwritten(&self, id: ConnectionId) -> Result<(), Fault> {
        match self.live(|live| live.unwritten.get(&id).cloned()) {
            Some(event) => self.tell_surely(id, event),
            None => Ok(()),
        }
    }

    /// What happens without a person is told through the system: the end, and a standstill.
    fn tell_person(&self, kept: &Kept, before: &Rotation) {
        let about = match (before.status(), kept.rotation.status()) {
            (Status::Done, _) | (Status::Stuck { .. }, Status::Stuck { .. }) => return,
            (_, Status::Done) => "replaced",
            (_, Status::Stuck { .. }) => "replace-stuck",
            _ => return,
        };
        if kept.by_itself && !kept.gives_way() {
            let fields = vec![("provider", kept.provider.display_name().to_owned())];
            self.notify(Notice { about, fields, language: self.language() });
        }
    }

    /// Drives this device's rotations until the app ends.
    pub async fn drive(&self) {
        loop {
            self.rotations_go_on().await;
            tokio::select! {
                () = self.rotating.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Brings every rotation as far as it can go now; none, before this computer's own key was read.
    pub async fn rotations_go_on(&self) {
        if self.joined().is_none() {
            return;
        }
        let open: Vec<ConnectionId> = self.live(|live| {
            let going = live.rotations.values().filter(|kept| kept.ended.is_none());
            going.map(Kept::connection).collect()
        });
        join_all(open.into_iter().map(|id| self.rotation_goes_on(id))).await;
    }

    async fn rotation_goes_on(&self, id: ConnectionId) {
        let looked = self.say_unwritten(id).and_then(|()| self.look_at_rotation(id));
        self.log_rotation(id, looked);
        while let Some(effect) = self.live(|live| live.to_do.remove(&id)) {
            self.host.reached(points::before(effect)).await;
            if effect.asks_person() {
                return self.ask_person(id, effect).await;
            }
            let answer = match self.do_effect(id, effect).await {
                Ok(()) => Event::Done(effect),
                Err(why) => Event::Failed(effect, why),
            };
            self.host.reached(points::after(effect)).await;
            let told = self.tell_surely(id, answer).and_then(|()| self.look_at_rotation(id));
            self.log_rotation(id, told);
        }
    }

    /// The person sees it in the window. Whoever is asked for a key has the connection for itself from then on.
    async fn ask_person(&self, id: ConnectionId, effect: Effect) {
        if effect == Effect::AskForKey
            && let Ok(kept) = self.kept_rotation(id)
            && let Err(why) = self.lease(kept).await
        {
            tracing::info!(connection = %id, ?why, "the lease is taken with the push");
        }
    }

    /// Tells the machine what the record says, and that time has passed.
    fn look_at_rotation(&self, id: ConnectionId) -> Result<(), Fault> {
        let kept = self.kept_rotation(id)?;
        if kept.gives_way() || self.is_left_with(&kept) {
            self.tell_rotation(id, Event::CancelAsked)?;
        }
        if let Some(facts) = self.facts(&kept) {
            self.tell_rotation(id, Event::Found(facts))?;
        }
        self.tell_rotation(id, Event::Tick)
    }

    /// This computer was revoked before it handed its new key to the agency: nobody else knows of that key, so it goes back.
    fn is_left_with(&self, kept: &Kept) -> bool {
        self.live(|live| live.removed) && kept.sent.is_none() && kept.rotation.may_cancel().is_some()
    }

    /// What could not be written down stands in the log; it is looked at again in a second.
    fn log_rotation(&self, id: ConnectionId, done: Result<(), Fault>) {
        if let Err(fault) = done {
            tracing::warn!(connection = %id, %fault, "a rotation could not be written down");
        }
    }

    /// After a start of the app: what was under way is handed out again.
    pub(crate) fn resume_rotations(&self) {
        let open: Vec<ConnectionId> = self.live(|live| live.rotations.keys().copied().collect());
        for id in open {
            let resumed = self.tell_surely(id, Event::Resume);
            self.log_rotation(id, resumed);
        }
    }

    async fn do_effect(&self, id: ConnectionId, effect: Effect) -> Result<(), Failure> {
        let kept = self.kept_rotation(id).map_err(|fault| failure(&fault))?;
        match effect {
            Effect::Make => self.make_new_key(kept).await,
            Effect::Keep => self.keep_new_key(kept).await,
            Effect::Test => self.test_new_key(kept).await,
            Effect::Push => self.push_new_version(kept).await,
            Effect::AskConfirmation | Effect::AskProof => self.ask_agency(kept).await,
            Effect::StartTrial => self.start_trial(kept).await,
            Effect::Promote => self.promote_new_version(kept).await,
            Effect::Retire => self.retire_old_version(kept).await,
            Effect::AskUse => self.ask_use(kept).await,
            Effect::RevokeOld => self.revoke_old_key(kept).await,
            Effect::ProveOldDead => self.prove_old_key_dead(kept).await,
            Effect::ForgetOld => self.forget_old_key(kept).await,
            Effect::ArchiveOld => self.archive_old_key(kept).await,
            Effect::RetireNew => self.retire_new_version(kept).await,
            Effect::RevokeNew => self.revoke_new_key(kept).await,
            Effect::ForgetNew => self.forget_new_key(kept).await,
            Effect::HandOver => self.hand_new_key_over(kept).await,
            Effect::End => self.end_rotation(kept).await,
            Effect::AskForKey | Effect::AskToRevokeOld | Effect::AskToRevokeNew => Ok(()),
        }
    }
}

/// What a fault means to the machine.
pub(crate) fn failure(fault: &Fault) -> Failure {
    tracing::info!(code = %fault.code, cause = fault.cause, "a step of a rotation did not come about");
    match fault.code {
        Code::AgencyUnreachable | Code::AgencyUntrusted => Failure::Unreachable(Party::Agency),
        Code::AgencyAnswer | Code::Unforeseen | Code::Stale => Failure::Unknown,
        Code::SlowDown => Failure::Busy(Party::Agency),
        Code::ProviderUnreachable => Failure::Unreachable(Party::Provider),
        Code::ClockSkew => Failure::NotYet,
        Code::DiskFull | Code::DatabaseBroken => Failure::DiskFull,
        Code::RotationRuns => Failure::LeaseTaken,
        code if code.as_str().starts_with("keychain") => Failure::KeychainLocked,
        _ => Failure::Refused,
    }
}
