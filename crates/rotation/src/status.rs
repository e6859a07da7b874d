//! What a rotation says about itself.

use ownkey_protocol::instant::Instant;
use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Party, Weakness};
use crate::plan::Way;
use crate::stage::Stage;

/// How a rotation stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Something is being done.
    Going,
    /// It goes on by itself.
    Waiting(Wait),
    /// It goes on only when a person acts (or the record says that it happened already).
    Stuck {
        /// Why.
        why: Reason,
        /// What the one button does: [`Event::GoOn`](crate::Event::GoOn).
        next: NextAct,
    },
    /// On its way back: the new key is being revoked, the old one works.
    Abandoning,
    /// Over: the new key is revoked (or another connection's), the old one never stopped working unless it was leaked.
    Abandoned,
    /// Over: the new key is in use, the old one is dead.
    Done,
}

/// What a rotation waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// A person was asked to do this.
    Person(Effect),
    /// The agency's receipt; asked for again then.
    Confirmation {
        /// When the agency is asked again.
        again: Instant,
    },
    /// A call of the one assistant that tries the new version; the agency is asked to probe it then.
    Trial {
        /// When the agency is asked.
        probe: Instant,
    },
    /// A real call on the new version; the agency is asked to probe it then.
    Proof {
        /// When the agency is asked.
        probe: Instant,
    },
    /// Calls still run on the old version, which is retired at the latest then.
    Draining {
        /// When it is retired even so.
        retire: Instant,
    },
    /// The old version is retired and calls still run on it; the gateway cuts them then.
    Cutting {
        /// When they are cut and the key is revoked.
        cut: Instant,
    },
    /// The provider still accepts the old key, which it was told to revoke; tried again then.
    StillAccepted {
        /// When a call with it is tried again.
        again: Instant,
    },
    /// A person waits whether something else goes on using the old key; the provider is asked again then.
    Quiet {
        /// When the provider is asked.
        again: Instant,
    },
    /// Something failed that passes by itself; tried again then.
    Retry {
        /// What failed.
        effect: Effect,
        /// Why.
        why: Reason,
        /// When it is tried again.
        again: Instant,
    },
}

/// Why a rotation stands still. The window has one sentence for each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The new key can do less than the old one.
    Weaker(Vec<Weakness>),
    /// The new key belongs to another account.
    OtherAccount,
    /// The provider does not accept the new key.
    KeyRefused,
    /// The agency says that the new version does not work.
    AgencyRefused,
    /// The agency has not said whether the new version works.
    NotConfirmed,
    /// No call on the new version has succeeded.
    NotProven,
    /// Somebody made the old version current again.
    SentBack,
    /// The provider still accepts the old key.
    StillAccepted,
    /// Something else uses the old key: the provider saw it in use after the gateway's last call on it.
    StillUsed,
    /// The provider has not seen the new key in use since the agency has it.
    Unseen,
    /// Nobody who has the old key could call with it.
    Unproven,
    /// The provider does not accept the admin key.
    AdminRefused,
    /// The new key is lost.
    KeyLost,
    /// Another device rotates this connection.
    OtherDevice,
    /// The new version's number was taken by another key.
    NumberTaken,
    /// The agency or the provider refused.
    Refused,
    /// A person was asked and has not answered.
    Unanswered,
    /// No connection came about.
    Unreachable(Party),
    /// The other side asks to slow down.
    Busy(Party),
    /// No answer came in time, or it was lost.
    NoAnswer,
    /// The keychain is locked.
    KeychainLocked,
    /// The disk is full.
    DiskFull,
}

/// What the one button of a stuck rotation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextAct {
    /// Do again what failed.
    TryAgain,
    /// Go on with the weaker key. Beside it stand *paste another* (before the push) and *cancel*.
    UseAnyway,
    /// Revoke this new key and paste another one.
    PasteAnother,
    /// Make a new connection of the new key; this rotation is abandoned.
    OfferNewConnection,
    /// Go on without the admin key: a person makes and revokes keys.
    GoByHand,
    /// Revoke the old key all the same. Where something else uses it, *wait* and *leave it* stand beside it.
    RevokeAnyway,
    /// Go back: the new key is revoked.
    Cancel,
}

/// What cancelling does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CancelMeans {
    /// The new version is retired at the agency.
    pub retires_new: bool,
    /// The new key is revoked at the provider, if one was made or may have been, and by whom.
    pub revokes_new: Option<Way>,
    /// The new key is removed from the keychain.
    pub forgets_new: bool,
    /// The old key is revoked even so, because it leaked.
    pub revokes_old: bool,
}

/// On which version calls run, as far as this device knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunsOn {
    /// All on the old one.
    Old,
    /// New calls on the new one; some that had begun still on the old one.
    Both,
    /// All on the new one.
    New,
    /// On neither: fallback says what happens to a call.
    None,
}

/// One of the seven steps that a person sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VisibleStep {
    /// Which.
    pub name: StepName,
    /// How it stands.
    pub state: StepState,
}

/// The seven steps that a person sees, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// New key made: [`Stage::Created`].
    Made,
    /// Kept: [`Stage::Stored`].
    Kept,
    /// Checked: [`Stage::Tested`].
    Checked,
    /// Sent: [`Stage::Pushed`].
    Sent,
    /// Confirmed: [`Stage::Confirmed`].
    Confirmed,
    /// In use: [`Stage::Proven`].
    InUse,
    /// Old one revoked: [`Stage::Verified`].
    OldRevoked,
}

impl StepName {
    /// All seven, in order.
    pub const ALL: [StepName; 7] =
        [Self::Made, Self::Kept, Self::Checked, Self::Sent, Self::Confirmed, Self::InUse, Self::OldRevoked];

    /// The stage with which the step is done.
    #[must_use]
    pub const fn stage(self) -> Stage {
        match self {
            Self::Made => Stage::Created,
            Self::Kept => Stage::Stored,
            Self::Checked => Stage::Tested,
            Self::Sent => Stage::Pushed,
            Self::Confirmed => Stage::Confirmed,
            Self::InUse => Stage::Proven,
            Self::OldRevoked => Stage::Verified,
        }
    }
}

/// How a visible step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Done at that moment.
    Done(Instant),
    /// This is what the rotation is at.
    Active,
    /// Not begun.
    Waiting,
}
