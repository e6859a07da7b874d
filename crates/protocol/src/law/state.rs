//! What is true of a client: the fold of its record.

use std::collections::{BTreeMap, BTreeSet};

use super::rotation::Lease;
use super::schedule::{Agreement, Scheduled};
use super::shelf::Shelves;
use super::statement::Statement;
use super::terms::{Reached, Terms, Token};
use super::version::{Stage, Version};
use crate::encoding::Hash;
use crate::id::{ActId, AssistantId, ClientId, ConnectionId, DeviceId, MemberId, SigningKeyId};
use crate::instant::Instant;
use crate::keyset::Fingerprint;
use crate::limit::{Limit, Month, Scope};

use crate::record::Tree;
use crate::vocabulary::{Account, Fallback, Payer, Provider, Role, Use};

/// Everything that is true of one client, folded from its verified acts and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientState {
    pub(super) agency: Fingerprint,
    pub(super) client: ClientId,
    pub(super) tree: Tree,
    pub(super) last_logged: Instant,
    pub(super) name_hash: Option<Hash>,
    pub(super) ended: bool,
    pub(super) acts: Shelves<ActId, (u64, Hash)>,
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) invites: BTreeMap<Hash, Invite>,
    pub(super) devices: BTreeMap<DeviceId, Device>,
    pub(super) connections: BTreeMap<ConnectionId, Connection>,
    pub(super) assistants: BTreeMap<AssistantId, Assistant>,
    pub(super) uses: BTreeMap<Use, UseState>,
    pub(super) platform: BTreeMap<Provider, PlatformKey>,
    pub(super) limits: BTreeMap<Scope, Limit>,
    pub(super) reached: BTreeMap<Scope, Reached>,
    pub(super) limits_revision: u64,
    pub(super) statements: BTreeMap<(ConnectionId, Month), Statement>,
    pub(super) agreement: Agreement,
}

/// The platform's own key at a provider (in the agency's own record only).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKey {
    /// The connection that the copy is sealed for.
    pub connection: ConnectionId,
    /// Its number.
    pub version: u32,
    /// Which sealed bytes.
    pub sealed_sha256: Hash,
    /// The operator key that set it.
    pub key: SigningKeyId,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Hash of the name.
    pub name_hash: Hash,
    /// Role.
    pub role: Role,
    /// Whether a device has enrolled for it; before that it is only an invite.
    pub joined: bool,
    /// Whether it was removed.
    pub removed: bool,
    /// Revision.
    pub revision: u64,
}

/// An invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The act that made it.
    pub act: ActId,
    /// For whom.
    pub member: MemberId,
    /// With which role.
    pub role: Role,
    /// Until when.
    pub expires: Instant,
    /// Whether it was used.
    pub used: bool,
}

/// One installed app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Whose.
    pub member: MemberId,
    /// Its public key.
    pub public: [u8; 32],
    /// Hash of its name.
    pub name_hash: Hash,
    /// When it was enrolled.
    pub enrolled: Instant,
    /// When it was revoked or left.
    pub revoked: Option<Instant>,
    /// Revision.
    pub revision: u64,
}

/// One account at one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Provider.
    pub provider: Provider,
    /// Hash of its name.
    pub name_hash: Hash,
    /// The account that it is pinned to.
    pub account: Account,
    /// The member who looks after it: who opened it, until another one is named.
    pub owner: MemberId,
    /// When its key is to be replaced, where that was set for it alone.
    pub schedule: Option<Scheduled>,
    /// Its versions.
    pub versions: Shelves<u32, Version>,
    /// Those of them that are not over.
    pub(super) open: BTreeSet<u32>,
    /// Since when its calls are paused.
    pub paused: Option<Instant>,
    /// The trial that runs.
    pub trial: Option<Trial>,
    /// The rotation that has it, or had it last without an end; [`ClientState::rotation_at`] says whether it is in force.
    pub rotation: Option<Lease>,
    /// The number of the newest rotation that took it; 0 before the first.
    pub fence: u64,
    /// Whether it was closed.
    pub closed: bool,
    /// Revision.
    pub revision: u64,
}

impl Connection {
    /// The version that calls run on.
    #[must_use]
    pub fn current(&self) -> Option<(u32, &Version)> {
        self.open_versions().find(|(_, v)| v.stage == Stage::Current)
    }

    /// The versions that are not over: of those of which nothing can change any more, a connection gathers very many.
    pub fn open_versions(&self) -> impl Iterator<Item = (u32, &Version)> {
        self.open.iter().filter_map(|number| Some((*number, self.versions.get(number)?)))
    }

    /// Whether a trial of this version runs.
    #[must_use]
    pub fn tries(&self, version: u32) -> bool {
        self.trial.as_ref().is_some_and(|t| t.version == version)
    }

    /// Whether calls may begin on this version.
    #[must_use]
    pub fn takes(&self, version: u32) -> bool {
        self.tries(version) || self.versions.get(&version).is_some_and(|v| v.stage == Stage::Current)
    }

    /// Whether this version takes no more calls and is not known to be free of those that ran on it.
    #[must_use]
    pub fn drains(&self, version: u32) -> bool {
        let over = |v: &Version| matches!(v.stage, Stage::Previous | Stage::Retired) && !v.drained;
        self.versions.get(&version).is_some_and(over) && !self.tries(version)
    }
}

/// A trial on a low-stakes assistant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The version.
    pub version: u32,
    /// The assistant.
    pub assistant: AssistantId,
    /// For which uses.
    pub uses: BTreeSet<Use>,
    /// Since when.
    pub since: Instant,
}

/// A program of the agency's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assistant {
    /// Hash of its name.
    pub name_hash: Hash,
    /// Uses that it may call.
    pub uses: BTreeSet<Use>,
    /// Whether new keys may be tried on it.
    pub low_stakes: bool,
    /// Its tokens, by hash.
    pub tokens: BTreeMap<Hash, Token>,
    /// Since when its calls are paused.
    pub paused: Option<Instant>,
    /// Whether it was removed.
    pub removed: bool,
    /// Revision.
    pub revision: u64,
}

/// What holds for one use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseState {
    /// Who pays, once somebody chose.
    pub assignment: Option<Assignment>,
    /// How the platform's account is offered, if it is.
    pub offer: Option<Terms>,
    /// What the agency set for a dead own key, and on which terms.
    pub fallback: (Fallback, Terms),
    /// The month in which the agency's cap was spent.
    pub cap_reached: Option<Month>,
    /// Since when its calls are paused.
    pub paused: Option<Instant>,
    /// Whether the client tightened it to `stop`.
    pub stop: bool,
    /// Models that are allowed; empty = all.
    pub models: BTreeSet<String>,
    /// Providers at which the platform pays now because an own key is dead, since when.
    pub falling_back: BTreeMap<Provider, Instant>,
    /// Revision.
    pub revision: u64,
}

impl Default for UseState {
    fn default() -> Self {
        Self {
            assignment: None,
            offer: None,
            fallback: (Fallback::Stop, Terms::default()),
            cap_reached: None,
            paused: None,
            stop: false,
            models: BTreeSet::new(),
            falling_back: BTreeMap::new(),
            revision: 0,
        }
    }
}

impl UseState {
    /// What happens at `now` to a call without a living own key.
    #[must_use]
    pub fn fallback_at(&self, now: Instant) -> Fallback {
        match self.fallback {
            (Fallback::Platform, terms) if !self.stop && self.holds(terms, now) => Fallback::Platform,
            _ => Fallback::Stop,
        }
    }

    /// Whether the platform's account may be chosen at `now`.
    #[must_use]
    pub fn offered_at(&self, now: Instant) -> bool {
        self.offer.is_some_and(|terms| self.holds(terms, now))
    }

    /// Whether the agency pays on these terms at `now`: before their end, and while the month's cap is not spent.
    fn holds(&self, terms: Terms, now: Instant) -> bool {
        terms.until.is_none_or(|end| now < end) && !self.cap_reached_at(now)
    }

    /// Whether this month's cap of the agency's is spent.
    #[must_use]
    pub fn cap_reached_at(&self, now: Instant) -> bool {
        self.cap_reached.is_some_and(|month| month == Month::of(now))
    }
}

/// Who pays for a use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Who pays.
    pub payer: Payer,
    /// The connections that serve it, at most one per provider.
    pub serving: BTreeMap<Provider, ConnectionId>,
    /// Which of them is preferred.
    pub preferred: Option<ConnectionId>,
    /// The model of the preferred one.
    pub model: Option<String>,
}

impl ClientState {
    /// A client of whom nothing is known yet.
    #[must_use]
    pub fn new(agency: Fingerprint, client: ClientId) -> Self {
        Self {
            agency,
            client,
            tree: Tree::default(),
            last_logged: Instant::default(),
            name_hash: None,
            ended: false,
            acts: Shelves::default(),
            members: BTreeMap::new(),
            invites: BTreeMap::new(),
            devices: BTreeMap::new(),
            connections: BTreeMap::new(),
            assistants: BTreeMap::new(),
            uses: Use::ALL.into_iter().map(|u| (u, UseState::default())).collect(),
            platform: BTreeMap::new(),
            limits: BTreeMap::new(),
            reached: BTreeMap::new(),
            limits_revision: 0,
            statements: BTreeMap::new(),
            agreement: Agreement::default(),
        }
    }

    /// The agency.
    #[must_use]
    pub fn agency(&self) -> Fingerprint {
        self.agency
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// The record's tree.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// When the newest leaf was logged.
    #[must_use]
    pub fn last_logged(&self) -> Instant {
        self.last_logged
    }

    /// Hash of the client's name, once the record is open.
    #[must_use]
    pub fn name_hash(&self) -> Option<Hash> {
        self.name_hash
    }

    /// Whether the agreement has ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Place in the record, and hash of the envelope, of an act that was accepted.
    #[must_use]
    pub fn act(&self, id: ActId) -> Option<(u64, Hash)> {
        self.acts.get(&id).copied()
    }

    /// People, removed ones too.
    #[must_use]
    pub fn members(&self) -> &BTreeMap<MemberId, Member> {
        &self.members
    }

    /// Invites by the hash of their code.
    #[must_use]
    pub fn invites(&self) -> &BTreeMap<Hash, Invite> {
        &self.invites
    }

    /// Devices, revoked ones too.
    #[must_use]
    pub fn devices(&self) -> &BTreeMap<DeviceId, Device> {
        &self.devices
    }

    /// Connections, closed ones too.
    #[must_use]
    pub fn connections(&self) -> &BTreeMap<ConnectionId, Connection> {
        &self.connections
    }

    /// Assistants, removed ones too.
    #[must_use]
    pub fn assistants(&self) -> &BTreeMap<AssistantId, Assistant> {
        &self.assistants
    }

    /// The platform's own keys.
    #[must_use]
    pub fn platform_keys(&self) -> &BTreeMap<Provider, PlatformKey> {
        &self.platform
    }

    /// Limits that the client's people set.
    #[must_use]
    pub fn limits(&self) -> &BTreeMap<Scope, Limit> {
        &self.limits
    }

    /// Budgets that were spent, each in the month that stands there.
    #[must_use]
    pub fn reached(&self) -> &BTreeMap<Scope, Reached> {
        &self.reached
    }

    /// What the client last told of a connection's month.
    #[must_use]
    pub fn statement(&self, connection: ConnectionId, month: Month) -> Option<&Statement> {
        self.statements.get(&(connection, month))
    }

    /// What the agency proposed and the client agreed to.
    #[must_use]
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// What holds for a use.
    #[must_use]
    pub fn of_use(&self, r#use: Use) -> &UseState {
        &self.uses[&r#use]
    }

    /// The present revision of a thing named as in `expects`; 0 for one that does not exist yet.
    #[must_use]
    pub fn revision(&self, thing: &str) -> u64 {
        if thing == "limits" {
            return self.limits_revision;
        }
        if thing == "agreement" {
            return self.agreement.revision;
        }
        if let Some(word) = thing.strip_prefix("use:") {
            return word.parse::<Use>().map_or(0, |u| self.uses[&u].revision);
        }
        if let Ok(id) = thing.parse::<MemberId>() {
            return self.members.get(&id).map_or(0, |m| m.revision);
        }
        if let Ok(id) = thing.parse::<DeviceId>() {
            return self.devices.get(&id).map_or(0, |d| d.revision);
        }
        if let Ok(id) = thing.parse::<ConnectionId>() {
            return self.connections.get(&id).map_or(0, |c| c.revision);
        }
        if let Ok(id) = thing.parse::<AssistantId>() {
            return self.assistants.get(&id).map_or(0, |a| a.revision);
        }
        0
    }

    /// Active owners who have joined.
    pub fn owners(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.members.iter().filter(|(_, m)| m.role == Role::Owner && m.joined && !m.removed)
    }

    /// Whether a token is good for calls of a use; those that belong to none need one that is good for any.
    #[must_use]
    pub fn token_may(&self, token_hash: Hash, r#use: Option<Use>) -> bool {
        let token = self.assistants.values().find_map(|a| a.tokens.get(&token_hash));
        let Some(uses) = token.and_then(|t| t.uses.as_ref()) else { return token.is_some() };
        r#use.map_or(!uses.is_empty(), |r#use| uses.contains(&r#use))
    }

    /// The assistant that a token belongs to, at `now`. What it may call, [`Self::may_call`] says: nothing once the
    /// client has ended.
    #[must_use]
    pub fn assistant_of(&self, token_hash: Hash, now: Instant) -> Option<AssistantId> {
        self.assistants.iter().find_map(|(id, a)| {
            let token = a.tokens.get(&token_hash)?;
            (!a.removed && token.good_at(now)).then_some(*id)
        })
    }
}
