//! Acts about people and devices.

use ed25519_dalek::VerifyingKey;

use super::{ClientState, Context, Device, Invite, Member, Refused, no};
use crate::act::{Actor, Deed};
use crate::code::Code;
use crate::encoding::Hash;
use crate::id::{MemberId, SigningKeyId};
use crate::instant::Instant;
use crate::keyset::Purpose;
use crate::vocabulary::Role;

/// The longest that an invite is good: 72 hours.
pub(super) const INVITE_MILLIS: i64 = 72 * 3_600 * 1_000;

impl ClientState {
    pub(super) fn apply_people(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        match &context.act.deed {
            Deed::MemberInvite { member, role, name_hash, code_hash, expires } => {
                self.invite(context, *member, *role, *name_hash, *code_hash, *expires)
            }
            Deed::MemberChange { member, role } => {
                self.present_member(*member)?;
                if *role != Role::Owner {
                    self.another_owner_than(*member)?;
                }
                self.members.entry(*member).and_modify(|m| m.role = *role);
                Ok(())
            }
            Deed::MemberRemove { member } => {
                self.present_member(*member)?;
                self.another_owner_than(*member)?;
                self.members.entry(*member).and_modify(|m| m.removed = true);
                for device in self.devices.values_mut().filter(|d| d.member == *member) {
                    device.revoked.get_or_insert(context.logged);
                }
                Ok(())
            }
            Deed::DeviceEnrol { public, name_hash, code, role, .. } => {
                self.enrol(context, &public.0, *name_hash, &code.0, *role)
            }
            Deed::DeviceRevoke { device } => match self.devices.get_mut(device) {
                Some(known) if known.revoked.is_none() => {
                    known.revoked = Some(context.logged);
                    Ok(())
                }
                _ => no(Code::NotFound, "no such device"),
            },
            Deed::DeviceRename { name_hash } => self.own_device(context).map(|device| device.name_hash = *name_hash),
            Deed::DeviceLeave {} => self.own_device(context).map(|device| device.revoked = Some(context.logged)),
            _ => no(Code::Malformed, "not an act about people"),
        }
    }

    fn invite(
        &mut self,
        context: &Context<'_>,
        member: MemberId,
        role: Role,
        name_hash: Hash,
        code_hash: Hash,
        expires: Instant,
    ) -> Result<(), Refused> {
        if expires <= context.logged || expires.millis_since(context.logged) > INVITE_MILLIS {
            return no(Code::ActRefused, "an invite is good for at most 72 hours");
        }
        if self.invites.contains_key(&code_hash) {
            return no(Code::ActRefused, "this code was used for another invite");
        }
        match self.members.get(&member) {
            Some(known) if known.removed || known.role != role => {
                return no(Code::ActRefused, "the member was removed or has another role");
            }
            Some(_) => {}
            None => {
                let fresh = Member { name_hash, role, joined: false, removed: false, revision: 0 };
                self.members.insert(member, fresh);
            }
        }
        let invite = Invite { act: context.act.id, member, role, expires, used: false };
        self.invites.insert(code_hash, invite);
        Ok(())
    }

    fn enrol(
        &mut self,
        context: &Context<'_>,
        public: &[u8],
        name_hash: Hash,
        code: &[u8],
        role: Role,
    ) -> Result<(), Refused> {
        let Actor::Device { device, member } = *context.actor else {
            return no(Code::NotAllowed, "only a device enrols");
        };
        let code_hash = Hash::of(&[code]);
        let Some(invite) = self.invites.get(&code_hash) else {
            return no(Code::InviteUnknown, "no such invite");
        };
        if invite.used {
            return no(Code::InviteUsed, "the invite was used");
        }
        if context.logged >= invite.expires {
            return no(Code::InviteExpired, "the invite has run out");
        }
        if invite.member != member || self.members.get(&member).is_none_or(|m| m.removed || m.role != role) {
            return no(Code::ActRefused, "the invite is for another member or role");
        }
        if self.devices.contains_key(&device) {
            return no(Code::ActRefused, "the device is enrolled");
        }
        let Ok(bytes) = <[u8; 32]>::try_from(public) else {
            return no(Code::Malformed, "a device key has 32 bytes");
        };
        let Ok(key) = VerifyingKey::from_bytes(&bytes) else {
            return no(Code::Malformed, "not an Ed25519 key");
        };
        let counter = context.envelope.signatures.get(1).and_then(|s| s.keyid.parse::<SigningKeyId>().ok());
        let counter_key = counter.and_then(|id| Some((id, context.ring.get(id, Purpose::Operator)?)));
        let signed = context.envelope.verifies(0, &device.to_string(), &key)
            && counter_key.is_some_and(|(id, k)| context.envelope.verifies(1, &id.to_string(), k));
        if !signed {
            return no(Code::NotSigned, "enrolment needs the device's and the operator's signature");
        }
        self.invites.entry(code_hash).and_modify(|i| i.used = true);
        self.members.entry(member).and_modify(|m| m.joined = true);
        let fresh = Device { member, public: bytes, name_hash, enrolled: context.logged, revoked: None, revision: 0 };
        self.devices.insert(device, fresh);
        Ok(())
    }

    fn present_member(&self, member: MemberId) -> Result<(), Refused> {
        match self.members.get(&member) {
            Some(known) if !known.removed => Ok(()),
            _ => no(Code::NotFound, "no such member"),
        }
    }

    fn another_owner_than(&self, member: MemberId) -> Result<(), Refused> {
        if self.owners().any(|(id, _)| *id != member) {
            Ok(())
        } else {
            no(Code::LastOwner, "there is always at least one owner")
        }
    }

    fn own_device(&mut self, context: &Context<'_>) -> Result<&mut Device, Refused> {
        let Actor::Device { device, .. } = context.actor else {
            return no(Code::NotAllowed, "only a device does this to itself");
        };
        self.devices.get_mut(device).ok_or(Refused { code: Code::NotFound, cause: "no such device" })
    }
}
