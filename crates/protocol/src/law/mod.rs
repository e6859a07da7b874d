//! The law: one pure function that folds acts into what is true (seal.md §5).
//!
//! [`ClientState::apply`] is used by the agency to accept acts, by the gateway to know which key serves whom, by the
//! app to show what is true, and by anyone who checks an export. Its only clock is the leaf's `logged`.
//! A leaf that is refused changes nothing.

mod connections;
mod limits;
mod people;
mod rotation;
mod schedule;
mod serve;
mod shelf;
mod state;
mod statement;
mod terms;
mod uses;
mod version;

pub use rotation::{LEASE_MILLIS, Lease};
pub use schedule::{Agreement, Due, DueReason, Proposal, Reminder, Scheduled};
pub use serve::{GRACE_MILLIS, Refusal, Running, Served, StopReason};
pub use shelf::Shelves;
pub use state::*;
pub use statement::Statement;
pub use terms::{Reached, Terms, Token};
pub use version::*;

use ed25519_dalek::VerifyingKey;

use crate::act::{Act, Actor, Deed, MAX_LIST};
use crate::code::Code;
use crate::dsse::Envelope;
use crate::encoding::Hash;
use crate::id::{ClientId, ConnectionId};
use crate::instant::Instant;
use crate::keyset::{KeyRing, Purpose};
use crate::record::{Leaf, leaf_hash};
use crate::vocabulary::{Provider, Role};

/// An act was refused. The state is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {cause}")]
pub struct Refused {
    /// For people and programs.
    pub code: Code,
    /// For the log.
    pub cause: &'static str,
}

/// Shorthand for a refusal.
fn no<T>(code: Code, cause: &'static str) -> Result<T, Refused> {
    Err(Refused { code, cause })
}

/// What the handlers of single acts are told beside the act.
struct Context<'a> {
    actor: &'a Actor,
    act: &'a Act,
    envelope: &'a Envelope,
    logged: Instant,
    index: u64,
    ring: &'a KeyRing,
}

impl ClientState {
    /// Applies one leaf, given as the bytes that travelled. Returns the act that it carries.
    ///
    /// # Errors
    /// [`Refused`]; the state is unchanged then.
    pub fn apply(&mut self, leaf: &[u8], ring: &KeyRing) -> Result<Act, Refused> {
        let malformed = |_| Refused { code: Code::Malformed, cause: "not in the agreed form" };
        let parsed = Leaf::parse(leaf).map_err(malformed)?;
        let envelope = Envelope::parse(&parsed.envelope.0).map_err(malformed)?;
        let act = Act::parse(&envelope).map_err(malformed)?;
        let index = self.tree.size();
        if parsed.index != index {
            return no(Code::ActRefused, "leaf out of place");
        }
        if parsed.logged < self.last_logged {
            return no(Code::ActRefused, "time of logging goes back");
        }
        if act.agency != self.agency || act.client != self.client {
            return no(Code::ActRefused, "act of another agency or client");
        }
        if self.acts.contains_key(&act.id) {
            return no(Code::ActConflict, "act id stands in the record already");
        }
        if self.ended {
            return no(Code::ClientEnded, "the client has ended");
        }
        if (index == 0) != matches!(act.deed, Deed::ClientOpen { .. }) {
            return no(Code::ActRefused, "the first act, and only it, opens the client");
        }
        if self.tree.root_at(act.seen.size) != Some(act.seen.root) {
            return no(Code::RecordSplit, "what the actor has seen is not a part of this record");
        }
        let context = Context { actor: &act.actor, act: &act, envelope: &envelope, logged: parsed.logged, index, ring };
        self.verify_actor(&context)?;
        self.verify_fence(&context)?;
        self.verify_expectations(&act)?;
        self.apply_deed(&context)?;

        for thing in act.deed.writes() {
            self.raise_revision(&thing);
        }
        self.acts.insert(act.id, (index, Hash::of(&[&parsed.envelope.0])));
        self.last_logged = parsed.logged;
        self.tree.append(leaf_hash(leaf));
        Ok(act)
    }

    fn verify_actor(&self, context: &Context<'_>) -> Result<(), Refused> {
        let envelope = context.envelope;
        if let Deed::DeviceEnrol { .. } = context.act.deed {
            return Ok(()); // two signatures, checked with the invite in `people`
        }
        if envelope.signatures.len() != 1 {
            return no(Code::Malformed, "one signature expected");
        }
        let key = match context.actor {
            Actor::Device { device, member } => {
                let known = self.devices.get(device).filter(|d| d.member == *member);
                let Some(known) = known else {
                    return no(Code::NotSigned, "unknown device");
                };
                if known.revoked.is_some() || self.members.get(member).is_none_or(|m| m.removed) {
                    return no(Code::DeviceRevoked, "device revoked or member removed");
                }
                VerifyingKey::from_bytes(&known.public).ok()
            }
            Actor::Operator { key, .. } => context.ring.get(*key, Purpose::Operator).copied(),
            Actor::Gateway { key } => context.ring.get(*key, Purpose::Gateway).copied(),
        };
        let Some(key) = key else {
            return no(Code::NotSigned, "unknown key");
        };
        if !envelope.verifies(0, &context.actor.keyid(), &key) {
            return no(Code::NotSigned, "the signature does not verify");
        }
        self.verify_role(context)
    }

    /// The table of seal.md §5: which kind of actor, and which role, may do what.
    fn verify_role(&self, context: &Context<'_>) -> Result<(), Refused> {
        use Deed::*;
        let allowed = match (&context.act.deed, context.actor) {
            (PlatformKeyset { .. } | PlatformKey { .. }, Actor::Operator { .. }) => self.client == ClientId::PLATFORM,
            (ClientOpen { .. }, Actor::Operator { .. }) => true,
            _ if self.client == ClientId::PLATFORM => false,
            (ClientEnd {}, Actor::Operator { .. }) => true,
            (MemberInvite { role, .. }, Actor::Operator { .. }) => {
                *role == Role::Owner && self.owners().next().is_none()
            }
            (
                AssistantAdd { .. }
                | AssistantMarkLowStakes { .. }
                | AssistantToken { .. }
                | AssistantTokenEnd { .. }
                | AssistantRemove { .. }
                | PlatformOffer { .. }
                | FallbackSet { .. }
                | ModelsAllow { .. }
                | AgreementPropose { .. },
                Actor::Operator { .. },
            ) => true,
            (
                VersionConfirmed { .. }
                | VersionRefused { .. }
                | VersionDead { .. }
                | VersionAlive { .. }
                | VersionProven { .. }
                | VersionDrained { .. }
                | VersionRevoked { .. }
                | FallbackBegan { .. }
                | FallbackEnded { .. }
                | BudgetReached { .. },
                Actor::Gateway { .. },
            ) => true,
            (deed, Actor::Device { member, .. }) => {
                let role = self.members.get(member).map(|m| m.role);
                required_role(deed).is_some_and(|needed| role >= Some(needed))
            }
            _ => false,
        };
        if allowed { Ok(()) } else { no(Code::NotAllowed, "not allowed to this actor") }
    }

    /// Devices and operators name the revision of exactly the things that they write; the gateway names none.
    fn verify_expectations(&self, act: &Act) -> Result<(), Refused> {
        if matches!(act.actor, Actor::Gateway { .. }) {
            return if act.expects.is_empty() { Ok(()) } else { no(Code::Malformed, "a gateway expects nothing") };
        }
        let writes = act.deed.writes();
        if act.expects.len() != writes.len() || writes.iter().any(|thing| !act.expects.contains_key(thing)) {
            return no(Code::Malformed, "expects must list what is written");
        }
        if act.expects.iter().any(|(thing, revision)| self.revision(thing) != *revision) {
            return no(Code::Stale, "the thing has moved");
        }
        Ok(())
    }

    fn apply_deed(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        use Deed::*;
        match &context.act.deed {
            ClientOpen { name_hash } => {
                self.name_hash = Some(*name_hash);
                Ok(())
            }
            ClientEnd {} => {
                self.ended = true;
                Ok(())
            }
            PlatformKeyset { .. } => Ok(()),
            PlatformKey { provider, connection, version, sealed_sha256 } => {
                self.set_platform_key(context, *provider, *connection, *version, *sealed_sha256)
            }
            MemberInvite { .. }
            | MemberChange { .. }
            | MemberRemove { .. }
            | DeviceEnrol { .. }
            | DeviceRevoke { .. }
            | DeviceRename { .. }
            | DeviceLeave {} => self.apply_people(context),
            ConnectionOpen { .. }
            | ConnectionRename { .. }
            | ConnectionClose { .. }
            | VersionPush { .. }
            | VersionPromote { .. }
            | VersionRetire { .. }
            | VersionRevoked { .. }
            | TrialStart { .. }
            | TrialEnd { .. }
            | CheckRequest { .. } => self.apply_connection(context),
            RotationLease { .. } | RotationEnd { .. } => self.apply_rotation(context),
            ConnectionOwner { .. }
            | ConnectionSchedule { .. }
            | AgreementPropose { .. }
            | AgreementAccept { .. }
            | AgreementDecline {} => self.apply_schedule(context),
            VersionConfirmed { .. }
            | VersionRefused { .. }
            | VersionDead { .. }
            | VersionAlive { .. }
            | VersionProven { .. }
            | VersionDrained { .. } => self.apply_finding(context),
            AssignmentSet { .. }
            | ModelPick { .. }
            | FallbackLimit { .. }
            | PlatformOffer { .. }
            | FallbackSet { .. }
            | ModelsAllow { .. }
            | FallbackBegan { .. }
            | FallbackEnded { .. } => self.apply_use(context),
            AssistantAdd { .. }
            | AssistantMarkLowStakes { .. }
            | AssistantToken { .. }
            | AssistantTokenEnd { .. }
            | AssistantRemove { .. } => self.apply_assistant(context),
            PauseSet { .. } | PauseClear { .. } | LimitSet { .. } | BudgetReached { .. } => self.apply_limit(context),
            StatementSend { .. } => self.apply_statement(context),
        }
    }

    fn set_platform_key(
        &mut self,
        context: &Context<'_>,
        provider: Provider,
        connection: ConnectionId,
        version: u32,
        sealed_sha256: Hash,
    ) -> Result<(), Refused> {
        let Actor::Operator { key, .. } = context.actor else {
            return no(Code::NotAllowed, "only the operator sets a platform key");
        };
        if self.platform.values().any(|k| k.connection == connection && k.version >= version) {
            return no(Code::ActRefused, "version numbers rise");
        }
        self.platform.insert(provider, PlatformKey { connection, version, sealed_sha256, key: *key });
        Ok(())
    }

    /// Gateway acts move no revision: what a person was looking at is still what it was.
    fn raise_revision(&mut self, thing: &str) {
        if thing == "limits" {
            self.limits_revision += 1;
        } else if thing == "agreement" {
            self.agreement.revision += 1;
        } else if let Some(word) = thing.strip_prefix("use:") {
            if let Ok(state) = word.parse().map(|u| self.uses.entry(u).or_default()) {
                state.revision += 1;
            }
        } else if let Some(member) = thing.parse().ok().and_then(|id| self.members.get_mut(&id)) {
            member.revision += 1;
        } else if let Some(device) = thing.parse().ok().and_then(|id| self.devices.get_mut(&id)) {
            device.revision += 1;
        } else if let Some(connection) = thing.parse().ok().and_then(|id| self.connections.get_mut(&id)) {
            connection.revision += 1;
        } else if let Some(assistant) = thing.parse().ok().and_then(|id| self.assistants.get_mut(&id)) {
            assistant.revision += 1;
        }
    }

    fn connection(&self, id: ConnectionId) -> Result<&Connection, Refused> {
        match self.connections.get(&id) {
            Some(connection) if !connection.closed => Ok(connection),
            _ => no(Code::NotFound, "no such open connection"),
        }
    }
}

/// The least role that may do this on a device; `None` = no device may.
fn required_role(deed: &Deed) -> Option<Role> {
    use Deed::*;
    match deed {
        MemberInvite { .. }
        | MemberChange { .. }
        | MemberRemove { .. }
        | DeviceRevoke { .. }
        | FallbackLimit { .. }
        | AgreementAccept { .. }
        | AgreementDecline {} => Some(Role::Owner),
        DeviceRename { .. }
        | ConnectionOpen { .. }
        | ConnectionRename { .. }
        | ConnectionOwner { .. }
        | ConnectionSchedule { .. }
        | ConnectionClose { .. }
        | VersionPush { .. }
        | VersionPromote { .. }
        | VersionRetire { .. }
        | VersionRevoked { .. }
        | TrialStart { .. }
        | TrialEnd { .. }
        | RotationLease { .. }
        | RotationEnd { .. }
        | AssignmentSet { .. }
        | ModelPick { .. }
        | PauseSet { .. }
        | PauseClear { .. }
        | LimitSet { .. }
        | StatementSend { .. } => Some(Role::Member),
        DeviceLeave {} | CheckRequest { .. } => Some(Role::Viewer),
        _ => None,
    }
}

/// Lists within acts are short and name nothing twice.
fn short_and_unique<T: Ord>(list: &[T]) -> Result<(), Refused> {
    let unique: std::collections::BTreeSet<&T> = list.iter().collect();
    if list.len() <= MAX_LIST && unique.len() == list.len() {
        Ok(())
    } else {
        no(Code::Malformed, "a list is too long or names something twice")
    }
}
