//! What a rotation sets out to do.

use ownkey_protocol::id::ConnectionId;
use serde::{Deserialize, Serialize};

/// What a rotation sets out to do. Fixed when it begins, but for a leak of which one learns meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// Whose key is replaced.
    pub connection: ConnectionId,
    /// The version that is current now, if there is one.
    pub old: Option<u32>,
    /// The number that the new version gets when it is pushed.
    pub new: u32,
    /// Who makes and revokes the keys.
    pub way: Way,
    /// The old key is in wrong hands: it is retired first and revoked as soon as possible, whatever becomes of the new one.
    pub leaked: bool,
    /// The provider's API only switches a key off: one that is proven dead is archived in the end.
    #[serde(default)]
    pub archives: bool,
    /// The provider's API tells when a key was used last: a second witness beside the agency.
    #[serde(default)]
    pub witness: bool,
}

/// Who makes and revokes keys at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// This device, through the provider's API, with an admin key.
    Automatic,
    /// A person on the provider's page, guided by the app.
    Guided,
}
