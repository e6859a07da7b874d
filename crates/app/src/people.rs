//! People and devices: invite, change role, remove, revoke.

use ownkey_protocol::act::Deed;
use ownkey_protocol::api::Named;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::{DeviceId, MemberId};
use ownkey_protocol::join::{InviteCode, JoinLink};
use ownkey_protocol::random;
use ownkey_protocol::vocabulary::Role;

use crate::App;
use crate::fault::Fault;
use crate::host::{Confirmation, Host};
use crate::wire::InviteMade;

/// A little under the law's 72 hours, so that a clock that differs does not matter.
const GOOD_FOR_MILLIS: i64 = 71 * 3_600 * 1_000;

impl<H: Host> App<H> {
    /// Invites a person; the link is shown this once.
    ///
    /// # Errors
    /// `not_allowed` for members and viewers, `malformed` for a name that is none.
    pub async fn invite_member(&self, name: String, role: Role) -> Result<InviteMade, Fault> {
        let joined = self.joined().ok_or_else(|| Fault::new(Code::NotAllowed, "not joined"))?;
        let code = InviteCode(random::bytes());
        let name = Named::new(name.trim());
        let at = joined.now();
        let expires = at.plus_millis(GOOD_FOR_MILLIS);
        let deed = Deed::MemberInvite {
            member: MemberId::random(at),
            role,
            name_hash: name.hash(),
            code_hash: code.hash(),
            expires,
        };
        self.perform(deed, None, vec![name]).await?;
        let link = JoinLink {
            origin: joined.membership.origin.clone(),
            code,
            fingerprint: joined.membership.fingerprint,
            seq: joined.keyset.set().seq,
        };
        Ok(InviteMade { link: link.to_string(), expires: expires.to_string() })
    }

    /// Changes a role.
    ///
    /// # Errors
    /// `last_owner`, `stale`, `not_allowed`.
    pub async fn change_member(&self, member: String, role: Role, revision: u32) -> Result<(), Fault> {
        let member: MemberId = member.parse().map_err(|_| Fault::new(Code::NotFound, "not a member's id"))?;
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        if state.revision(&member.to_string()) != u64::from(revision) {
            return Err(Fault::new(Code::Stale, "the member was changed meanwhile"));
        }
        self.perform(Deed::MemberChange { member, role }, None, vec![]).await.map(|_| ())
    }

    /// Removes a person and its devices, after a native confirmation.
    ///
    /// # Errors
    /// `declined`, `last_owner`, `not_allowed`.
    pub async fn remove_member(&self, member: String) -> Result<(), Fault> {
        let id: MemberId = member.parse().map_err(|_| Fault::new(Code::NotFound, "not a member's id"))?;
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        let known = state.members().get(&id).ok_or_else(|| Fault::new(Code::NotFound, "no such member"))?;
        self.confirmed_natively("remove-member", self.name_of(known.name_hash)).await?;
        self.perform(Deed::MemberRemove { member: id }, None, vec![]).await.map(|_| ())
    }

    /// Revokes a device, after a native confirmation.
    ///
    /// # Errors
    /// `declined`, `not_found`, `not_allowed`.
    pub async fn revoke_device(&self, device: String) -> Result<(), Fault> {
        let id: DeviceId = device.parse().map_err(|_| Fault::new(Code::NotFound, "not a device's id"))?;
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        let known = state.devices().get(&id).ok_or_else(|| Fault::new(Code::NotFound, "no such device"))?;
        self.confirmed_natively("revoke-device", self.name_of(known.name_hash)).await?;
        self.perform(Deed::DeviceRevoke { device: id }, None, vec![]).await.map(|_| ())
    }

    async fn confirmed_natively(&self, about: &'static str, name: String) -> Result<(), Fault> {
        let question = Confirmation { about, fields: vec![("name", name)], language: self.language() };
        if self.host.confirm(question).await { Ok(()) } else { Err(Fault::new(Code::Declined, "declined")) }
    }
}
