//! A rotation as the window shows it.

use ownkey_rotation::{
    Effect, NextAct, Party, Reason, RunsOn, Status, StepName, StepState, VisibleStep, Wait, Way, Weakness,
};

use super::Kept;
use crate::App;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::*;

impl<H: Host> App<H> {
    /// All rotations of this device, oldest first.
    pub(crate) fn rotation_views(&self) -> Result<Vec<RotationView>, Fault> {
        let mut all: Vec<Kept> = self.live(|live| live.rotations.values().cloned().collect());
        all.sort_by_key(|kept| kept.started);
        all.iter().map(|kept| self.rotation_view(kept)).collect()
    }

    fn rotation_view(&self, kept: &Kept) -> Result<RotationView, Fault> {
        let (id, plan) = (kept.connection().to_string(), kept.plan());
        let status = kept.rotation.status();
        let failure = self.live(|live| live.failures.get(&kept.connection()).cloned());
        let asked = self.live(|live| live.asked.get(&kept.connection()).cloned());
        let unwritten = self.live(|live| live.unwritten.contains_key(&kept.connection()));
        let state = if unwritten { RotationState::Waiting } else { state(&status) };
        Ok(RotationView {
            provider: kept.provider,
            old: plan.old,
            old_last_four: plan.old.map_or(Ok(None), |old| self.store.hint(&id, old))?,
            new: plan.new,
            new_last_four: kept.key.as_ref().map(|key| key.last_four.clone()),
            leaked: plan.leaked,
            may_leak: kept.rotation.may_leak(),
            automatic: plan.way == Way::Automatic,
            ends_old: kept.rotation.ends_old_itself(),
            may_end_old: super::commands::ends_keys(kept.provider)
                && plan.old.is_some()
                && !kept.rotation.ends_old_itself()
                && kept.rotation.reached(ownkey_rotation::Stage::Revoked).is_none()
                && !kept.rotation.goes_back(),
            may_try: kept.rotation.may_try(),
            trial: kept
                .trial
                .as_ref()
                .filter(|_| kept.rotation.tries_first())
                .map(|(assistant, _)| assistant.to_string()),
            watching: self
                .live(|live| live.watch.filter(|watch| watch.connection == kept.connection()))
                .map(|watch| watch.until.to_string()),
            steps: kept.rotation.steps().into_iter().map(step).collect(),
            runs_on: match kept.rotation.runs_on() {
                RunsOn::Old => RunsOnWord::Old,
                RunsOn::Both => RunsOnWord::Both,
                RunsOn::New => RunsOnWord::New,
                RunsOn::None => RunsOnWord::None,
            },
            state,
            wait: match &status {
                _ if unwritten => Some(for_room()),
                Status::Waiting(waits) => Some(wait(waits)),
                _ => None,
            },
            stuck: match &status {
                Status::Stuck { why, next } if !unwritten => Some(stuck(kept, why, *next)),
                _ => None,
            },
            cancel: kept.rotation.may_cancel().map(|means| RotationCancel {
                retires_new: means.retires_new,
                revokes_new: means.revokes_new.is_some(),
                by_hand: means.revokes_new == Some(Way::Guided),
            }),
            failure,
            asked,
            report: kept.ended.map(|ended| RotationReport {
                refused_at: kept.rotation.reached(ownkey_rotation::Stage::Verified).map(|at| at.to_string()),
                ended: ended.to_string(),
                calls: kept.calls,
            }),
            started: kept.started.to_string(),
            connection: id,
        })
    }

    /// Rotations that wait for a person, or stand still.
    pub(crate) fn rotations_that_wait(&self) -> Vec<Need> {
        let waits =
            |kept: &&Kept| matches!(kept.rotation.status(), Status::Stuck { .. } | Status::Waiting(Wait::Person(_)));
        self.live(|live| {
            let all = live.rotations.values().filter(waits);
            all.map(|kept| Need {
                kind: NeedKind::RotationWaits,
                connection: Some(kept.connection().to_string()),
                provider: Some(kept.provider),
                r#use: None,
                assistant: None,
                since: Some(kept.started.to_string()),
                by: None,
            })
            .collect()
        })
    }
}

fn step(step: VisibleStep) -> RotationStep {
    let (state, at) = match step.state {
        StepState::Done(at) => (StepWord::Done, Some(at.to_string())),
        StepState::Active => (StepWord::Active, None),
        StepState::Waiting => (StepWord::Waiting, None),
    };
    let name = match step.name {
        StepName::Made => RotationStepName::Made,
        StepName::Kept => RotationStepName::Kept,
        StepName::Checked => RotationStepName::Checked,
        StepName::Sent => RotationStepName::Sent,
        StepName::Confirmed => RotationStepName::Confirmed,
        StepName::InUse => RotationStepName::InUse,
        StepName::OldRevoked => RotationStepName::OldRevoked,
    };
    RotationStep { name, state, at }
}

const fn state(status: &Status) -> RotationState {
    match status {
        Status::Going => RotationState::Going,
        Status::Waiting(_) => RotationState::Waiting,
        Status::Stuck { .. } => RotationState::Stuck,
        Status::Abandoning => RotationState::GoingBack,
        Status::Abandoned => RotationState::Abandoned,
        Status::Done => RotationState::Done,
    }
}

/// The disk is full: what was done cannot be written down, and nothing further is begun before it is.
const fn for_room() -> RotationWait {
    RotationWait { kind: RotationWaitKind::Retry, until: None, why: Some(RotationReason::DiskFull) }
}

fn wait(wait: &Wait) -> RotationWait {
    use RotationWaitKind as Kind;
    let (kind, until, why) = match wait {
        Wait::Person(Effect::AskToRevokeOld) => (Kind::OldRevoked, None, None),
        Wait::Person(Effect::AskToRevokeNew) => (Kind::NewRevoked, None, None),
        Wait::Person(_) => (Kind::NewKey, None, None),
        Wait::Confirmation { again } => (Kind::Confirmation, Some(again), None),
        Wait::Trial { probe } => (Kind::Trial, Some(probe), None),
        Wait::Proof { probe } => (Kind::Proof, Some(probe), None),
        Wait::Draining { retire } => (Kind::Draining, Some(retire), None),
        Wait::Cutting { cut } => (Kind::Cutting, Some(cut), None),
        Wait::StillAccepted { again } => (Kind::StillAccepted, Some(again), None),
        Wait::Quiet { again } => (Kind::Quiet, Some(again), None),
        Wait::Retry { why, again, .. } => (Kind::Retry, Some(again), Some(reason(why))),
    };
    RotationWait { kind, until: until.map(ToString::to_string), why }
}

fn stuck(kept: &Kept, why: &Reason, next: NextAct) -> RotationStuck {
    let weaknesses = if let Reason::Weaker(found) = why { found.iter().map(weakness).collect() } else { vec![] };
    let pushed = kept.rotation.reached(ownkey_rotation::Stage::Pushed).is_some();
    RotationStuck {
        why: reason(why),
        weaknesses,
        paste_another: matches!(why, Reason::Weaker(_) | Reason::OtherAccount)
            && !pushed
            && kept.plan().way == Way::Guided,
        may_wait: kept.rotation.others_use_old(),
        next: match next {
            NextAct::TryAgain => RotationNext::TryAgain,
            NextAct::UseAnyway => RotationNext::UseAnyway,
            NextAct::PasteAnother => RotationNext::PasteAnother,
            NextAct::OfferNewConnection => RotationNext::NewConnection,
            NextAct::GoByHand => RotationNext::GoByHand,
            NextAct::RevokeAnyway => RotationNext::RevokeAnyway,
            NextAct::Cancel => RotationNext::Cancel,
        },
    }
}

const fn reason(why: &Reason) -> RotationReason {
    match why {
        Reason::Weaker(_) => RotationReason::Weaker,
        Reason::OtherAccount => RotationReason::OtherAccount,
        Reason::KeyRefused => RotationReason::KeyRefused,
        Reason::AgencyRefused => RotationReason::AgencyRefused,
        Reason::NotConfirmed => RotationReason::NotConfirmed,
        Reason::NotProven => RotationReason::NotProven,
        Reason::SentBack => RotationReason::SentBack,
        Reason::StillAccepted => RotationReason::StillAccepted,
        Reason::StillUsed => RotationReason::StillUsed,
        Reason::Unseen => RotationReason::Unseen,
        Reason::Unproven => RotationReason::Unproven,
        Reason::AdminRefused => RotationReason::AdminRefused,
        Reason::KeyLost => RotationReason::KeyLost,
        Reason::OtherDevice => RotationReason::OtherDevice,
        Reason::NumberTaken => RotationReason::NumberTaken,
        Reason::Refused => RotationReason::Refused,
        Reason::Unanswered => RotationReason::Unanswered,
        Reason::Unreachable(Party::Provider) | Reason::Busy(Party::Provider) => RotationReason::ProviderUnreachable,
        Reason::Unreachable(Party::Agency) | Reason::Busy(Party::Agency) => RotationReason::AgencyUnreachable,
        Reason::NoAnswer => RotationReason::NoAnswer,
        Reason::KeychainLocked => RotationReason::KeychainLocked,
        Reason::DiskFull => RotationReason::DiskFull,
    }
}

fn weakness(found: &Weakness) -> WeaknessView {
    let (kind, r#use, names) = match found {
        Weakness::OtherAccount => (WeaknessKind::OtherAccount, None, vec![]),
        Weakness::FewerModels(missing) => (WeaknessKind::FewerModels, None, missing.clone()),
        Weakness::UseMissing(r#use) => (WeaknessKind::UseMissing, Some(*r#use), vec![]),
        Weakness::ScopeMissing(scope) => (WeaknessKind::ScopeMissing, None, vec![scope.clone()]),
        Weakness::NoCredit => (WeaknessKind::NoCredit, None, vec![]),
    };
    WeaknessView { kind, r#use, names }
}
