//! The replacement of a connection's key, as the room *Replace* shows it.

use ownkey_protocol::vocabulary::{Provider, Use};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Failure, KeyHint};

/// A replacement of a connection's key, one at most per connection.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RotationView {
    /// `cn_…`: the connection.
    pub connection: String,
    /// Provider.
    pub provider: Provider,
    /// The version that is replaced; `None` when there is no living one.
    pub old: Option<u32>,
    /// Last four characters of its key, where this device knows them.
    pub old_last_four: Option<String>,
    /// The version that takes its place.
    pub new: u32,
    /// Last four characters of the new key, once there is one.
    pub new_last_four: Option<String>,
    /// The old key may be in wrong hands.
    pub leaked: bool,
    /// It can still be told that the old key may be in wrong hands.
    pub may_leak: bool,
    /// Ownkey makes and revokes the keys itself, with the admin key on this computer.
    pub automatic: bool,
    /// Ownkey ends the old key itself, whoever makes the new one.
    pub ends_old: bool,
    /// An admin key would let Ownkey end the old key: none is on this computer, and it is not ended yet.
    pub may_end_old: bool,
    /// It can still be told whether the new key serves one assistant first.
    pub may_try: bool,
    /// `as_…`: the assistant that the new key serves first, until it serves all.
    pub trial: Option<String>,
    /// Until when the clipboard is watched for the new key (RFC 3339); none unless the person switched that on.
    pub watching: Option<String>,
    /// Always seven: what a person sees of it.
    pub steps: Vec<RotationStep>,
    /// On which version calls run now.
    pub runs_on: RunsOnWord,
    /// How it stands.
    pub state: RotationState,
    /// What it waits for, with `waiting`.
    pub wait: Option<RotationWait>,
    /// Why it stands still, with `stuck`.
    pub stuck: Option<RotationStuck>,
    /// What cancelling would do, where it is possible.
    pub cancel: Option<RotationCancel>,
    /// A key that was just refused on paste, until the next try.
    pub failure: Option<Failure>,
    /// Set while the person is asked whose key is on the clipboard: its shape is that of several providers.
    pub asked: Option<KeyHint>,
    /// The report, once it is over.
    pub report: Option<RotationReport>,
    /// Began when (RFC 3339).
    pub started: String,
}

/// One of the seven visible steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RotationStepName {
    /// New key made.
    Made,
    /// Kept in this computer's keychain.
    Kept,
    /// Checked against what the old one can do.
    Checked,
    /// Sealed and sent.
    Sent,
    /// Confirmed by the agency.
    Confirmed,
    /// In use, and proven by a call.
    InUse,
    /// Old one revoked, and refused by the provider.
    OldRevoked,
}

/// A visible step and how it stands.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RotationStep {
    /// Which.
    pub name: RotationStepName,
    /// How it stands.
    pub state: StepWord,
    /// When it was done (RFC 3339).
    pub at: Option<String>,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepWord {
    /// Done.
    Done,
    /// On it now.
    Active,
    /// Not yet.
    Waiting,
}

/// On which version calls run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunsOnWord {
    /// The old one.
    Old,
    /// New calls on the new one, earlier ones still on the old.
    Both,
    /// The new one.
    New,
    /// None of them: the fallback says what happens.
    None,
}

/// How a rotation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RotationState {
    /// Something is being done.
    Going,
    /// It goes on by itself, or once the person has done what it waits for.
    Waiting,
    /// It goes on only when the person presses the one button.
    Stuck,
    /// The new key is being taken back.
    GoingBack,
    /// Over: the old key stays.
    Abandoned,
    /// Over: the new key is in use, the old one is dead.
    Done,
}

/// What a rotation waits for.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RotationWait {
    /// What.
    pub kind: RotationWaitKind,
    /// When it goes on by itself (RFC 3339); `None` when a person must act.
    pub until: Option<String>,
    /// Why it is tried again, with `retry`.
    pub why: Option<RotationReason>,
}

/// What a rotation waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RotationWaitKind {
    /// The person makes a key at the provider's page and pastes it. Buttons: open page, paste key.
    NewKey,
    /// The person revokes the old key at the provider's page. Buttons: open page, *it is revoked*.
    OldRevoked,
    /// The person revokes the new key at the provider's page. Buttons: open page, *it is revoked*.
    NewRevoked,
    /// The agency's word on the new key.
    Confirmation,
    /// The first call of the one assistant that the new key serves; else the agency tries it then.
    Trial,
    /// The first call on the new key; else the agency tries it then.
    Proof,
    /// Calls still run on the old key; it is retired then at the latest.
    Draining,
    /// Calls still run on the old key, and are cut then.
    Cutting,
    /// The provider still accepts the old key; it is asked again then.
    StillAccepted,
    /// The person waits whether something else goes on using the old key; the provider is asked then.
    Quiet,
    /// Something failed that passes by itself; it is tried again then.
    Retry,
}

/// Why a rotation stands still.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RotationStuck {
    /// Why.
    pub why: RotationReason,
    /// What the new key lacks, with `weaker`.
    pub weaknesses: Vec<WeaknessView>,
    /// What the one button does.
    pub next: RotationNext,
    /// Whether *paste another key* stands beside it.
    pub paste_another: bool,
    /// Whether *wait* and *leave the old key* stand beside it: something else uses that key.
    pub may_wait: bool,
}

/// Why a rotation stands still: one sentence each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RotationReason {
    /// The new key can do less.
    Weaker,
    /// The new key is of another account.
    OtherAccount,
    /// The provider does not accept the new key.
    KeyRefused,
    /// The agency says that the new key does not work.
    AgencyRefused,
    /// The agency has not answered whether it works.
    NotConfirmed,
    /// No call on it has succeeded.
    NotProven,
    /// Somebody put the old key back into use.
    SentBack,
    /// The provider still accepts the old key.
    StillAccepted,
    /// Something else uses the old key.
    StillUsed,
    /// The provider has not seen the new key in use.
    Unseen,
    /// Nobody here has the old key to prove that it is dead.
    Unproven,
    /// The provider does not accept the admin key.
    AdminRefused,
    /// The new key is lost.
    KeyLost,
    /// Another computer replaces this key.
    OtherDevice,
    /// The version's number was taken.
    NumberTaken,
    /// The agency or the provider refused.
    Refused,
    /// The person has not answered.
    Unanswered,
    /// The provider cannot be reached, or asks to slow down.
    ProviderUnreachable,
    /// The agency cannot be reached, or asks to slow down.
    AgencyUnreachable,
    /// No answer came.
    NoAnswer,
    /// The keychain is locked.
    KeychainLocked,
    /// The disk is full.
    DiskFull,
}

/// What the one button of a stuck rotation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RotationNext {
    /// Try again.
    TryAgain,
    /// Go on with the weaker key.
    UseAnyway,
    /// Paste another key.
    PasteAnother,
    /// Make a new connection of the new key.
    NewConnection,
    /// Go on by hand, without the admin key.
    GoByHand,
    /// Revoke the old key all the same.
    RevokeAnyway,
    /// Take the new key back.
    Cancel,
}

/// What a new key lacks.
#[derive(Debug, Clone, Serialize, TS)]
pub struct WeaknessView {
    /// Which sentence.
    pub kind: WeaknessKind,
    /// The use that it cannot serve.
    pub r#use: Option<Use>,
    /// Models that it lacks, or the permission.
    pub names: Vec<String>,
}

/// What a new key lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WeaknessKind {
    /// Another account.
    OtherAccount,
    /// Models.
    FewerModels,
    /// A use.
    UseMissing,
    /// A permission.
    ScopeMissing,
    /// Money.
    NoCredit,
}

/// What cancelling does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct RotationCancel {
    /// The agency's copy is retired.
    pub retires_new: bool,
    /// The new key is revoked: by Ownkey, or by hand.
    pub revokes_new: bool,
    /// … by hand.
    pub by_hand: bool,
}

/// What can be said afterwards, and saved.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RotationReport {
    /// When the provider refused the old key (RFC 3339).
    pub refused_at: Option<String>,
    /// When it was over (RFC 3339).
    pub ended: String,
    /// Calls that ran while it was going on, and those that failed, where the agency said so.
    pub calls: Option<RotationCalls>,
}

/// Calls during a rotation, from the agency's book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RotationCalls {
    /// All calls of this connection.
    pub all: u32,
    /// Of them, those that were answered with 5xx.
    pub failed: u32,
}
