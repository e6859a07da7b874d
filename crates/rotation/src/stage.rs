//! How far a rotation has come.

use serde::{Deserialize, Serialize};

/// How far a rotation has come. Ordered; each stage includes all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Written down, nothing done.
    Planned,
    /// The new key exists at the provider.
    Created,
    /// The new key is in this device's keychain.
    Stored,
    /// The new key is as good as the old one, or a person took it as it is, or only the agency can test it.
    Tested,
    /// The agency holds the sealed copy.
    Pushed,
    /// The agency's receipt says that the new version works.
    Confirmed,
    /// New calls run on the new version.
    Promoted,
    /// A call on the new version succeeded.
    Proven,
    /// No call runs on the old version.
    Drained,
    /// The provider was told to revoke the old key.
    Revoked,
    /// The provider refused a call with the old key.
    Verified,
    /// Nothing is left to do.
    Done,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Stage; 12] = [
        Self::Planned,
        Self::Created,
        Self::Stored,
        Self::Tested,
        Self::Pushed,
        Self::Confirmed,
        Self::Promoted,
        Self::Proven,
        Self::Drained,
        Self::Revoked,
        Self::Verified,
        Self::Done,
    ];

    /// What is true in this stage, in one sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Planned => "The rotation is written down and nothing has been done outside.",
            Self::Created => "The new key exists at the provider, under the rotation's name or in the person's hand.",
            Self::Stored => "The new key is in this device's keychain and survives a crash.",
            Self::Tested => {
                "The new key can do what the old one does, or a person took it as it is, or only the agency can test it."
            }
            Self::Pushed => "The agency holds the sealed copy of the new key as a pending version.",
            Self::Confirmed => "The agency's receipt says that the new version works from its own network.",
            Self::Promoted => "New calls run on the new version; calls that had begun on the old one end there.",
            Self::Proven => "A call on the new version succeeded at the provider, as the verified record says.",
            Self::Drained => "No call runs on the old version any more, or its time was up and the person was told.",
            Self::Revoked => "The old version is retired, and the provider was told to revoke the old key.",
            Self::Verified => "The provider refused a call with the old key.",
            Self::Done => "The old key is forgotten on this device and the rotation's lease is given back.",
        }
    }
}
