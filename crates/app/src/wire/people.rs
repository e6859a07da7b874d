//! People, their computers, and invitations.

use ownkey_protocol::vocabulary::Role;
use serde::Serialize;
use ts_rs::TS;

use super::HeldKey;

/// A person.
#[derive(Debug, Clone, Serialize, TS)]
pub struct MemberView {
    /// `mb_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Whether it is the person who sits here.
    pub me: bool,
    /// How many devices.
    pub devices: u32,
    /// Revision that an act on this member must expect.
    pub revision: u32,
}

/// One installed app.
#[derive(Debug, Clone, Serialize, TS)]
pub struct DeviceView {
    /// `dv_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// Whose.
    pub member: String,
    /// Name of that person.
    pub member_name: String,
    /// Whether it is this one.
    pub this_device: bool,
    /// Enrolled when (RFC 3339).
    pub enrolled: String,
    /// Revoked when (RFC 3339).
    pub revoked: Option<String>,
    /// Keys that it pushed and that are not retired.
    pub held: Vec<HeldKey>,
}

/// An invite that nobody has used yet.
#[derive(Debug, Clone, Serialize, TS)]
pub struct InviteView {
    /// The act that made it.
    pub id: String,
    /// For whom.
    pub name: String,
    /// With which role.
    pub role: Role,
    /// Until when (RFC 3339).
    pub expires: String,
}

/// The answer to an invite: the only time that the link is shown.
#[derive(Debug, Clone, Serialize, TS)]
pub struct InviteMade {
    /// The join link for that person.
    pub link: String,
    /// Until when (RFC 3339).
    pub expires: String,
}
