//! A client with its people, and an agency with its keys: enough of a world to try acts in.

use ed25519_dalek::SigningKey;
use ownkey_protocol::act::{Act, Actor, Deed, Seen, Stated, TYPE};
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::{self, Envelope};
use ownkey_protocol::encoding::{Base64, Hash};
use ownkey_protocol::id::{ActId, AssistantId, ClientId, ConnectionId, DeviceId, MemberId, RotationId, SigningKeyId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::join::InviteCode;
use ownkey_protocol::keyset::{self, Fingerprint, KeyRing, KeySet, Purpose, SigningKeyEntry, VerifiedKeySet};
use ownkey_protocol::law::{ClientState, Refused};
use ownkey_protocol::limit::{Currency, Decimal, Month};
use ownkey_protocol::record::Leaf;
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::{Account, Provider, Role, Use};

/// When the record begins.
pub(crate) const START: i64 = 1_764_000_000_000;
/// One hour.
pub(crate) const HOUR: i64 = 3_600_000;

/// Somebody who can sign.
#[derive(Clone)]
pub(crate) struct Who {
    pub(crate) actor: Actor,
    pub(crate) key: SigningKey,
}

impl Who {
    pub(crate) fn device(member: MemberId, device: DeviceId) -> Self {
        let seed = Hash::of(&[device.to_string().as_bytes()]);
        Self { actor: Actor::Device { device, member }, key: SigningKey::from_bytes(&seed.0) }
    }

    /// The same name, another key.
    pub(crate) fn forged(&self) -> Self {
        Self { actor: self.actor.clone(), key: SigningKey::from_bytes(&[0xfe; 32]) }
    }

    pub(crate) fn device_id(&self) -> DeviceId {
        match self.actor {
            Actor::Device { device, .. } => device,
            _ => panic!("not a device"),
        }
    }

    pub(crate) fn member_id(&self) -> MemberId {
        match self.actor {
            Actor::Device { member, .. } => member,
            _ => panic!("not a device"),
        }
    }
}

/// Ten bytes for an id, from a small number.
fn bytes(n: u64) -> [u8; 10] {
    let mut out = [0; 10];
    out[2..].copy_from_slice(&n.to_be_bytes());
    out
}

pub(crate) fn at(millis: i64) -> Instant {
    Instant::from_unix_millis(START + millis)
}

pub(crate) fn member(n: u64) -> MemberId {
    MemberId::new(at(0), bytes(n))
}

pub(crate) fn device(n: u64) -> DeviceId {
    DeviceId::new(at(0), bytes(n))
}

pub(crate) fn connection(n: u64) -> ConnectionId {
    ConnectionId::new(at(0), bytes(n))
}

pub(crate) fn assistant(n: u64) -> AssistantId {
    AssistantId::new(at(0), bytes(n))
}

pub(crate) fn rotation(n: u64) -> RotationId {
    RotationId::new(at(0), bytes(n))
}

pub(crate) fn name(n: u64) -> Hash {
    Hash::of(&[b"name", &n.to_be_bytes()])
}

pub(crate) fn code(n: u64) -> InviteCode {
    let mut out = [7; 16];
    out[8..].copy_from_slice(&n.to_be_bytes());
    InviteCode(out)
}

/// The agency's keys.
#[derive(Clone)]
pub(crate) struct Agency {
    pub(crate) print: Fingerprint,
    pub(crate) ring: KeyRing,
    pub(crate) operator: Who,
    pub(crate) gateway: Who,
    pub(crate) receipt: (SigningKeyId, SigningKey),
}

impl Agency {
    pub(crate) fn new(seed: u8) -> Self {
        let identity = SigningKey::from_bytes(&[seed; 32]);
        let print = Fingerprint::of(&identity.verifying_key());
        let keys: Vec<(SigningKeyId, Purpose, SigningKey)> = [Purpose::Receipt, Purpose::Operator, Purpose::Gateway]
            .into_iter()
            .enumerate()
            .map(|(n, purpose)| {
                let key = SigningKey::from_bytes(&Hash::of(&[&[seed, n as u8]]).0);
                (SigningKeyId::new(at(0), bytes(u64::from(seed) * 16 + n as u64)), purpose, key)
            })
            .collect();
        let signing = keys.iter().map(|(id, purpose, key)| SigningKeyEntry {
            id: *id,
            purpose: *purpose,
            public: Base64(key.verifying_key().to_bytes().to_vec()),
            from: at(0),
            until: at(90 * 24 * HOUR),
        });
        let set = KeySet {
            v: 1,
            agency: print,
            name: "Test agency".into(),
            seq: 1,
            issued: at(0),
            expires: at(90 * 24 * HOUR),
            next_identity: None,
            sealing: vec![],
            signing: signing.collect(),
        };
        let envelope = keyset::sign(&set, &identity);
        let public = identity.verifying_key().to_bytes();
        let ring = VerifiedKeySet::verify(&envelope, &public, print, 1, None).unwrap().ring();
        let who = |actor, n: usize| Who { actor, key: keys[n].2.clone() };
        Self {
            print,
            ring,
            operator: who(Actor::Operator { key: keys[1].0, name_hash: name(0) }, 1),
            gateway: who(Actor::Gateway { key: keys[2].0 }, 2),
            receipt: (keys[0].0, keys[0].2.clone()),
        }
    }
}

/// One client's record as it grows.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) agency: Agency,
    pub(crate) state: ClientState,
    pub(crate) leaves: Vec<Vec<u8>>,
    /// The agency's clock, in milliseconds after [`START`].
    pub(crate) clock: i64,
    acts: u64,
}

impl World {
    /// Nothing on record yet.
    pub(crate) fn empty(client: ClientId) -> Self {
        let agency = Agency::new(1);
        let state = ClientState::new(agency.print, client);
        Self { agency, state, leaves: vec![], clock: 0, acts: 0 }
    }

    /// A client that was opened.
    pub(crate) fn open() -> Self {
        let mut world = Self::empty(ClientId::new(at(0), bytes(1)));
        let operator = world.operator();
        world.must(&operator, Deed::ClientOpen { name_hash: name(1) });
        world
    }

    /// An open client with an owner.
    pub(crate) fn with_owner() -> (Self, Who) {
        let mut world = Self::open();
        let operator = world.operator();
        let owner = world.join(&operator, 1, Role::Owner);
        (world, owner)
    }

    pub(crate) fn operator(&self) -> Who {
        self.agency.operator.clone()
    }

    pub(crate) fn gateway(&self) -> Who {
        self.agency.gateway.clone()
    }

    /// An act as an honest actor makes it now.
    pub(crate) fn act(&mut self, who: &Who, deed: Deed) -> Act {
        self.acts += 1;
        let expects = match who.actor {
            Actor::Gateway { .. } => Default::default(),
            _ => deed.writes().into_iter().map(|thing| (thing.clone(), self.state.revision(&thing))).collect(),
        };
        Act {
            v: 1,
            id: ActId::new(at(0), bytes(self.acts)),
            agency: self.state.agency(),
            client: self.state.client(),
            actor: who.actor.clone(),
            at: at(self.clock),
            seen: Seen { size: self.state.tree().size(), root: self.state.tree().root() },
            expects,
            deed,
        }
    }

    /// The leaf that would carry an envelope now.
    pub(crate) fn leaf(&self, envelope: &Envelope) -> Leaf {
        Leaf { index: self.state.tree().size(), logged: at(self.clock), envelope: Base64(envelope.to_bytes()) }
    }

    /// Applies a leaf; whoever is refused must have changed nothing.
    pub(crate) fn apply(&mut self, leaf: &Leaf) -> Result<Act, Refused> {
        let bytes = leaf.to_bytes();
        let before = self.state.clone();
        let answer = self.state.apply(&bytes, &self.agency.ring);
        match &answer {
            Ok(_) => self.leaves.push(bytes),
            Err(refused) => assert!(self.state == before, "a refused leaf changed the state: {refused}"),
        }
        answer
    }

    pub(crate) fn submit(&mut self, envelope: &Envelope) -> Result<(), Code> {
        let leaf = self.leaf(envelope);
        self.apply(&leaf).map(|_| ()).map_err(|r| r.code)
    }

    /// Makes, signs and submits an act.
    pub(crate) fn try_act(&mut self, who: &Who, deed: Deed) -> Result<(), Code> {
        let act = self.act(who, deed);
        self.submit(&act.sign(&who.key))
    }

    #[track_caller]
    pub(crate) fn must(&mut self, who: &Who, deed: Deed) {
        let name = deed.name();
        assert_eq!(self.try_act(who, deed), Ok(()), "{name}");
    }

    #[track_caller]
    pub(crate) fn refused(&mut self, who: &Who, deed: Deed, code: Code) {
        let name = deed.name();
        assert_eq!(self.try_act(who, deed), Err(code), "{name}");
    }

    pub(crate) fn invite(n: u64, role: Role, expires: i64) -> Deed {
        Deed::MemberInvite {
            member: member(n),
            role,
            name_hash: name(n),
            code_hash: code(n).hash(),
            expires: at(expires),
        }
    }

    /// The envelope with which a device enrols, countersigned by the operator.
    pub(crate) fn enrolment(&mut self, who: &Who, code: &InviteCode, role: Role) -> Envelope {
        let deed = Deed::DeviceEnrol {
            public: Base64(who.key.verifying_key().to_bytes().to_vec()),
            name_hash: name(9),
            code: Base64(code.0.to_vec()),
            role,
            keyset_seq: 1,
        };
        let mut envelope = self.act(who, deed).sign(&who.key);
        self.countersign(&mut envelope);
        envelope
    }

    pub(crate) fn countersign(&self, envelope: &mut Envelope) {
        let operator = &self.agency.operator;
        let signature = dsse::sign(TYPE, &envelope.payload.0, &operator.actor.keyid(), &operator.key);
        envelope.signatures.push(signature);
    }

    /// Invites person `n` and enrols its device `n`.
    pub(crate) fn join(&mut self, host: &Who, n: u64, role: Role) -> Who {
        self.must(host, Self::invite(n, role, self.clock + HOUR));
        let who = Who::device(member(n), device(n));
        let envelope = self.enrolment(&who, &code(n), role);
        assert_eq!(self.submit(&envelope), Ok(()), "enrol");
        who
    }

    /// Opens connection `n` and pushes its first version.
    pub(crate) fn push(&mut self, who: &Who, n: u64, provider: Provider) {
        let open = Deed::ConnectionOpen { connection: connection(n), provider, name_hash: name(n) };
        self.must(who, open);
        self.must(who, push(n, 1, Account::Untold));
    }

    /// Connection `n`, opened, pushed, confirmed and promoted.
    pub(crate) fn connect(&mut self, who: &Who, n: u64, provider: Provider, uses: &[Use]) {
        self.push(who, n, provider);
        let gateway = self.gateway();
        self.must(&gateway, confirm(n, 1, Account::Untold));
        self.must(who, promote(n, 1, uses, uses));
    }

    /// Folds all accepted leaves again, from nothing.
    pub(crate) fn refolded(&self) -> ClientState {
        let mut again = ClientState::new(self.state.agency(), self.state.client());
        for leaf in &self.leaves {
            again.apply(leaf, &self.agency.ring).unwrap();
        }
        again
    }
}

pub(crate) fn sealed(connection: u64, version: u32) -> Hash {
    Hash::of(&[b"sealed", &connection.to_be_bytes(), &version.to_be_bytes()])
}

pub(crate) fn push(n: u64, version: u32, account: Account) -> Deed {
    Deed::VersionPush {
        connection: connection(n),
        version,
        sealed_sha256: sealed(n, version),
        account,
        expires: None,
        fence: None,
    }
}

pub(crate) fn confirm(n: u64, version: u32, account: Account) -> Deed {
    Deed::VersionConfirmed { connection: connection(n), version, sealed_sha256: sealed(n, version), account }
}

pub(crate) fn promote(n: u64, version: u32, uses: &[Use], preferred: &[Use]) -> Deed {
    let preferred = preferred
        .iter()
        .map(|u| ownkey_protocol::act::Preference { r#use: *u, model: Some(format!("model-{u}")) })
        .collect();
    Deed::VersionPromote { connection: connection(n), version, uses: uses.to_vec(), preferred, fence: None }
}

/// Rotation `n` takes connection `c`, or keeps it, until a moment.
pub(crate) fn lease(n: u64, c: u64, fence: u64, until: i64) -> Deed {
    Deed::RotationLease { rotation: rotation(n), connection: connection(c), fence, until: at(until) }
}

/// What a client tells of a month of connection `c`.
pub(crate) fn states(c: u64, through: Day) -> Deed {
    Deed::StatementSend(Stated {
        connection: connection(c),
        month: Month::of(through.begin()),
        currency: Currency::Usd,
        through,
        claimed: Decimal::from_micro(12_500_000),
        billed: Some(Decimal::from_micro(12_750_000)),
        sha256: name(c),
    })
}

/// The same deed as a step of the rotation that has this fence.
pub(crate) fn fenced(mut deed: Deed, number: u64) -> Deed {
    use Deed::*;
    if let VersionPush { fence, .. }
    | VersionPromote { fence, .. }
    | VersionRetire { fence, .. }
    | VersionRevoked { fence, .. }
    | TrialStart { fence, .. }
    | TrialEnd { fence, .. } = &mut deed
    {
        *fence = Some(number);
    }
    deed
}
