//! What the machine hands out, and what it is told.

use ownkey_protocol::instant::Instant;
pub use ownkey_protocol::law::Stage as VersionStage;
use ownkey_protocol::vocabulary::Use;
use serde::{Deserialize, Serialize};

/// One thing to do outside: at the provider, in the keychain, at the agency, or by a person.
///
/// Each is idempotent under the rotation's id: done twice, it is done once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Make the new key through the provider's API, named by the rotation. One of that name whose secret cannot be had any
    /// more is revoked and made again within this effect.
    Make,
    /// Have a person make the new key and paste it.
    AskForKey,
    /// Put the new key into the keychain. `Failed(Keep, Lost)` when it is neither in hand nor there.
    Keep,
    /// Check the new key against what the old one can do. Done also where only the agency's address can test it.
    Test,
    /// Seal the new key and push it as the new version.
    Push,
    /// Sync, and ask the agency to check the new version (`check.request`). Done says only that it was asked.
    AskConfirmation,
    /// Let one assistant run on the new version, as a trial. Done also when it does.
    StartTrial,
    /// Make the new version current, which ends its trial.
    Promote,
    /// Ask the agency to probe the new version. Done says only that it was asked.
    AskProof,
    /// Retire the old version at the agency. Unless leaked, it must fail with `Refused` when the old version is current.
    Retire,
    /// Read at the provider when both keys were used last ([`Event::Used`]). Done says only that it was read.
    AskUse,
    /// Revoke the old key through the provider's API, or switch it off there. Done also when it is gone already.
    RevokeOld,
    /// Have a person revoke the old key.
    AskToRevokeOld,
    /// Call the provider with the old key, which must be refused.
    ProveOldDead,
    /// Remove the old key from the keychain. Done also when it is gone already.
    ForgetOld,
    /// Archive the old key, which was switched off and is proven dead, through the provider's API. It only tidies up: what
    /// does not pass by itself is left.
    ArchiveOld,
    /// Retire the version that holds our bytes. Done also when there is none (then a push that is still on its way must
    /// never be accepted); it must fail with `Refused` when that version is current.
    RetireNew,
    /// Revoke every key of the rotation's name through the provider's API. Done also when there is none.
    RevokeNew,
    /// Have a person revoke the new key, if one was made.
    AskToRevokeNew,
    /// Remove the new key from hand and keychain. Done also when it is in neither.
    ForgetNew,
    /// Turn the new key, which belongs to another account, into the draft of a new connection. Done also when it is one
    /// already; `Failed(HandOver, Lost)` when it is neither that nor in the keychain: then it is revoked.
    HandOver,
    /// Give the lease back and say how it ended.
    End,
}

impl Effect {
    /// All effects.
    pub const ALL: [Effect; 22] = [
        Self::Make,
        Self::AskForKey,
        Self::Keep,
        Self::Test,
        Self::Push,
        Self::AskConfirmation,
        Self::StartTrial,
        Self::Promote,
        Self::AskProof,
        Self::Retire,
        Self::AskUse,
        Self::RevokeOld,
        Self::AskToRevokeOld,
        Self::ProveOldDead,
        Self::ForgetOld,
        Self::ArchiveOld,
        Self::RetireNew,
        Self::RevokeNew,
        Self::AskToRevokeNew,
        Self::ForgetNew,
        Self::HandOver,
        Self::End,
    ];

    /// A person does it: it may take long, and it ends when another effect is handed out.
    #[must_use]
    pub const fn asks_person(self) -> bool {
        matches!(self, Self::AskForKey | Self::AskToRevokeOld | Self::AskToRevokeNew)
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The rotation may start.
    Begin,
    /// The effect that is under way was done.
    Done(Effect),
    /// The effect that is under way was not done, or nobody knows.
    Failed(Effect, Failure),
    /// What the verified record says now.
    Found(Facts),
    /// When the provider saw the two keys in use last, by this device's clock.
    Used {
        /// The old key; none where it was never used, or nothing is told.
        old: Option<Instant>,
        /// The new key.
        new: LastUse,
    },
    /// The person waits whether something else goes on using the old key. Without effect unless it stands still for that.
    WaitOn,
    /// The person leaves the old key as it is: it is retired, and not revoked. Without effect unless it stands still because
    /// something else uses that key.
    LeaveOld,
    /// A person wants to cancel. Without effect when [`Rotation::may_cancel`](crate::Rotation::may_cancel) says no.
    CancelAsked,
    /// A person says that the old key is in wrong hands. From now on it is retired and revoked first, whatever becomes of
    /// the new one. Without effect when [`Rotation::may_leak`](crate::Rotation::may_leak) says no.
    Leaked,
    /// The app was started again: what was under way is handed out again, and what a person was asked to retry is retried.
    Resume,
    /// The person pressed the one button of [`Status::Stuck`](crate::Status::Stuck).
    GoOn,
    /// The person wants the new version to serve one assistant first, or all at once after all. Without effect once it serves
    /// all, or is about to.
    TryFirst(bool),
    /// An admin key that can end keys at the provider is on this device: from now on no person is asked to revoke the old one.
    AdminKept,
    /// The person wants to paste another key instead of the one that was tested. Without effect once it was pushed.
    PasteAnother,
    /// Time passed; see [`Rotation::wakes_at`](crate::Rotation::wakes_at).
    Tick,
}

/// When a provider saw a key in use last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastUse {
    /// It does not tell of this key.
    Untold,
    /// Not once.
    Never,
    /// At this moment, told to the second and rounded down.
    At(Instant),
}

/// Whom a rotation talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The provider.
    Provider,
    /// The agency.
    Agency,
}

/// Why an effect is not known to be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The answer was lost or made no sense: it may have been done.
    Unknown,
    /// No connection came about, or the other side has an outage.
    Unreachable(Party),
    /// No answer within the time limit: it may have been done.
    TimedOut,
    /// The other side asks to slow down.
    Busy(Party),
    /// The keychain is locked, or the person dismissed its prompt.
    KeychainLocked,
    /// The disk is full.
    DiskFull,
    /// The answer is not there yet.
    NotYet,
    /// The provider does not accept the admin key, or it is gone.
    AdminRefused,
    /// The provider's list does not tell which of its keys is the old one: a person ends it.
    NotFound,
    /// The provider does not accept the new key.
    KeyRefused,
    /// The new key can do less than the old one. Never empty.
    Weaker(Vec<Weakness>),
    /// The provider still accepts the old key.
    StillAccepted,
    /// The key is neither in hand nor in the keychain.
    Lost,
    /// Another device rotates this connection.
    LeaseTaken,
    /// The agency or the provider refused, and would refuse again.
    Refused,
}

/// What a new key lacks beside the old one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// It belongs to another organisation or project: a new connection, never a rotation.
    OtherAccount,
    /// These models are not offered to it.
    FewerModels(Vec<String>),
    /// It cannot serve this use.
    UseMissing(Use),
    /// It lacks a permission that was in use lately.
    ScopeMissing(String),
    /// No money is behind it.
    NoCredit,
}

/// What the verified record says now about the two versions.
///
/// Facts may be old: each says what was true at some moment after the rotation began. The default says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Stage of the version that holds *our* sealed bytes, if it is in the record.
    pub new_stage: Option<VersionStage>,
    /// Our version's number is taken by other bytes than ours.
    pub new_taken: bool,
    /// The agency's receipt says that our version works.
    pub new_works: bool,
    /// The agency's receipt says that our version does not work, or the gateway found it dead.
    pub new_refused: bool,
    /// What the agency's own check found our version to lack.
    pub new_weaker: Vec<Weakness>,
    /// The old version is current.
    pub old_current: bool,
    /// The old version is retired.
    pub old_retired: bool,
    /// It was retired because it may be in wrong hands, by whoever.
    pub old_leaked: bool,
    /// A version that came after ours is current: another device replaced the key in the meantime.
    pub overtaken: bool,
    /// A call on our version succeeded (and, where the provider tells, was seen there too).
    pub proven: bool,
    /// No call runs on the old version, and it is not current.
    pub drained: bool,
    /// The provider refused a call with the old key, as this device or the gateway saw.
    pub old_proven_dead: bool,
}
