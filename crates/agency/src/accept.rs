//! The one function through which anything changes (seal.md §5).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ownkey_protocol::act::{Act, Actor, Deed, Seen};
use ownkey_protocol::api::{ActAnswer, ActRequest, Named, RecordPage};
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::{Base64, Hash, json};
use ownkey_protocol::id::{ActId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::{Fingerprint, KeyRing, Purpose};
use ownkey_protocol::law::{ClientState, Refused};
use ownkey_protocol::record::{Checkpoint, Leaf, origin};
use ownkey_protocol::seal::{self, SealPurpose};
use ownkey_protocol::{act, encoding};
use tokio::sync::broadcast;

use crate::keys::KeyHolder;
use crate::running::RunningCalls;
use crate::store::{Accepted, SealedCopy, Store, StoreError};
use crate::vault::Opened;

/// The folded clients, and the one way to change them.
pub struct Record {
    store: Arc<Store>,
    keys: Arc<dyn KeyHolder>,
    opened: Arc<Opened>,
    running: Arc<RunningCalls>,
    ring: KeyRing,
    agency: Fingerprint,
    clients: Mutex<HashMap<ClientId, Arc<Folded>>>,
    changed: broadcast::Sender<Changed>,
}

/// One client: its state, swapped whole with each act, and the lock that puts acts in order.
struct Folded {
    state: Mutex<Arc<ClientState>>,
    order: Mutex<()>,
}

/// Something changed for a client.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Which client.
    pub client: ClientId,
    /// The deed, when it was an act; `None` for a call or a finding that is not one.
    pub deed: Option<Deed>,
}

/// Why an act was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// The law, or what stands beside it, says no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store could not be read or written; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn refused<T>(code: Code, cause: &'static str) -> Result<T, NotAccepted> {
    Err(Refused { code, cause }.into())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Record {
    /// The record over a store; `opened` is wiped, and calls that run are ended, as its acts say.
    pub(crate) fn new(
        store: Arc<Store>,
        keys: Arc<dyn KeyHolder>,
        opened: Arc<Opened>,
        running: Arc<RunningCalls>,
    ) -> Self {
        let ring = keys.keyset().1.ring();
        let agency = Fingerprint::of(&keys.identity());
        let (changed, _) = broadcast::channel(256);
        Self { store, keys, opened, running, ring, agency, clients: Mutex::default(), changed }
    }

    /// The agency.
    #[must_use]
    pub fn agency(&self) -> Fingerprint {
        self.agency
    }

    /// News about every client.
    #[must_use]
    pub fn news(&self) -> broadcast::Receiver<Changed> {
        self.changed.subscribe()
    }

    /// Tells listeners that something beside the record changed (a call, a receipt).
    pub fn tell(&self, client: ClientId) {
        let _nobody_listens = self.changed.send(Changed { client, deed: None });
    }

    /// The fold of a client's verified acts; folded from the leaves at first use.
    ///
    /// # Errors
    /// [`NotAccepted`] when a leaf does not verify: then nothing of this client is served.
    pub fn state(&self, client: ClientId) -> Result<Arc<ClientState>, NotAccepted> {
        let folded = self.folded(client)?;
        let state = lock(&folded.state).clone();
        Ok(state)
    }

    fn folded(&self, client: ClientId) -> Result<Arc<Folded>, NotAccepted> {
        if let Some(known) = lock(&self.clients).get(&client) {
            return Ok(known.clone());
        }
        let state = self.fold(client)?;
        let fresh = Arc::new(Folded { state: Mutex::new(Arc::new(state)), order: Mutex::new(()) });
        Ok(lock(&self.clients).entry(client).or_insert(fresh).clone())
    }

    /// Folds a client's leaves anew, and refuses a database that is behind the checkpoint kept outside it. The table of
    /// pointers is a cache of this fold: what is missing from it, or points elsewhere, is put right.
    fn fold(&self, client: ClientId) -> Result<ClientState, NotAccepted> {
        let mut state = ClientState::new(self.agency, client);
        let mut points = Vec::new();
        loop {
            let page = self.store.leaves(client, state.tree().size(), 500)?;
            if page.is_empty() {
                break;
            }
            for leaf in page {
                points.extend(pointers(&state.apply(&leaf, &self.ring)?));
            }
        }
        if let Some(note) = self.store.kept_checkpoint(client)? {
            let kept = Checkpoint::verify(&note, &self.origin(client), &self.ring);
            let Ok(kept) = kept else { return refused(Code::RecordSplit, "the kept checkpoint does not verify") };
            if state.tree().root_at(kept.size) != Some(kept.root) {
                return refused(Code::RecordSplit, "the database is behind, or differs from, its last checkpoint");
            }
        }
        self.store.point(client, &points)?;
        Ok(state)
    }

    /// The record's name in checkpoints.
    #[must_use]
    pub fn origin(&self, client: ClientId) -> String {
        origin(self.agency, &client.to_string())
    }

    /// A signed checkpoint of this state.
    #[must_use]
    pub fn checkpoint(&self, state: &ClientState) -> String {
        let checkpoint = Checkpoint { size: state.tree().size(), root: state.tree().root() };
        self.keys.checkpoint(&self.origin(state.client()), &checkpoint)
    }

    /// At most `limit` leaves from an index on, none of them beyond the checkpoint that comes with them: an act that is being
    /// accepted has its leaf before it has its checkpoint.
    ///
    /// # Errors
    /// As [`Self::state`].
    pub fn page(&self, client: ClientId, from: u64, limit: u32) -> Result<RecordPage, NotAccepted> {
        let state = self.state(client)?;
        let within = state.tree().size().saturating_sub(from);
        let leaves = self.store.leaves(client, from, u32::try_from(within).unwrap_or(limit).min(limit))?;
        Ok(RecordPage { from, leaves: leaves.into_iter().map(Base64).collect(), checkpoint: self.checkpoint(&state) })
    }

    /// Accepts an act: judged by the law, written with its effects and its leaf in one transaction.
    ///
    /// The same act again gets the first answer again.
    ///
    /// # Errors
    /// [`NotAccepted`]; nothing was changed then.
    pub fn accept(&self, client: ClientId, request: &ActRequest, now: Instant) -> Result<ActAnswer, NotAccepted> {
        self.accept_with(client, request, None, now).map(|(answer, _)| answer)
    }

    /// As [`Self::accept`], and tells what the act did: `None` when it was accepted before.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub(crate) fn accept_first(
        &self,
        client: ClientId,
        request: &ActRequest,
        now: Instant,
    ) -> Result<(ActAnswer, Option<Deed>), NotAccepted> {
        self.accept_with(client, request, None, now)
    }

    fn accept_with(
        &self,
        client: ClientId,
        request: &ActRequest,
        receipt: Option<(ConnectionId, u32, &[u8])>,
        now: Instant,
    ) -> Result<(ActAnswer, Option<Deed>), NotAccepted> {
        let parsed =
            Act::parse(&request.act).or_else(|_| refused(Code::Malformed, "the act is not in the agreed form"))?;
        if parsed.client != client {
            return refused(Code::NotFound, "act of another client");
        }
        let folded = self.folded(client)?;
        let _in_order = lock(&folded.order);
        let before = lock(&folded.state).clone();
        let envelope = request.act.to_bytes();
        if let Some((index, hash)) = before.act(parsed.id) {
            return self.again(&before, index, hash == Hash::of(&[&envelope])).map(|answer| (answer, None));
        }
        let leaf =
            Leaf { index: before.tree().size(), logged: now.max(before.last_logged()), envelope: Base64(envelope) };
        let leaf = leaf.to_bytes();
        let mut after = ClientState::clone(&before);
        let act = after.apply(&leaf, &self.ring)?;
        let points = pointers(&act);
        for (kind, key) in &points {
            if self.store.pointer(kind, key)?.is_some_and(|known| known != client) {
                return refused(Code::ActRefused, "this token, code or device is another client's");
            }
        }
        self.check_names(&act, &request.names)?;
        let sealed = self.check_sealed(&after, &act, request.sealed.as_ref(), now)?;
        self.store.accept(&Accepted {
            client,
            index: before.tree().size(),
            leaf: &leaf,
            names: &request.names,
            sealed,
            receipt,
            pointers: &points,
        })?;
        let checkpoint = self.checkpoint(&after);
        let after = Arc::new(after);
        *lock(&folded.state) = after.clone();
        self.opened.wipe(&after);
        self.running.withdraw(&after);
        self.store.keep_checkpoint(client, &checkpoint)?;
        tracing::info!(%client, act = %act.id, deed = act.deed.name(), "accepted");
        let _nobody_listens = self.changed.send(Changed { client, deed: Some(act.deed.clone()) });
        let answer = ActAnswer { index: before.tree().size(), leaf: Base64(leaf), checkpoint };
        Ok((answer, Some(act.deed)))
    }

    fn again(&self, state: &ClientState, index: u64, same: bool) -> Result<ActAnswer, NotAccepted> {
        if !same {
            return refused(Code::ActConflict, "the same act id with other bytes");
        }
        let leaf = self.store.leaf(state.client(), index)?;
        match leaf {
            Some(leaf) => Ok(ActAnswer { index, leaf: Base64(leaf), checkpoint: self.checkpoint(state) }),
            None => refused(Code::Unforeseen, "a leaf that was accepted is missing"),
        }
    }

    /// Every name hash in the act comes with its name, and nothing else does.
    fn check_names(&self, act: &Act, names: &[Named]) -> Result<(), NotAccepted> {
        let wanted = name_hashes(act);
        let fits = names.len() == wanted.len() && names.iter().all(|n| n.is_proper() && wanted.contains(&n.hash()));
        if fits { Ok(()) } else { refused(Code::Malformed, "names do not fit the act's hashes") }
    }

    /// The sealed bytes come with `version.push` and `platform.key` only, and say the same as the act.
    fn check_sealed<'a>(
        &self,
        after: &ClientState,
        act: &Act,
        sealed: Option<&'a Base64>,
        now: Instant,
    ) -> Result<Option<SealedCopy<'a>>, NotAccepted> {
        let (connection, version, hash, provider, client, purpose) = match &act.deed {
            Deed::VersionPush { connection, version, sealed_sha256, .. } => {
                let provider = after.connections().get(connection).map(|c| c.provider);
                let client = act.client.to_string();
                (*connection, *version, *sealed_sha256, provider, client, SealPurpose::ClientKey)
            }
            Deed::PlatformKey { connection, version, sealed_sha256, provider } => {
                let client = "platform".to_owned();
                (*connection, *version, *sealed_sha256, Some(*provider), client, SealPurpose::PlatformKey)
            }
            _ if sealed.is_none() => return Ok(None),
            _ => return refused(Code::Malformed, "sealed bytes with an act that has none"),
        };
        let Some(sealed) = sealed else { return refused(Code::SealRefused, "the sealed bytes are missing") };
        let header = seal::header_of(&sealed.0).or_else(|e| refused(Code::SealRefused, e.0))?;
        let (_, keyset) = self.keys.keyset();
        let in_window = keyset.set().sealing.iter().any(|k| {
            k.id == header.sealing_key && k.suite == header.suite && k.accept_from <= now && now < k.accept_until
        });
        let fits = seal::fingerprint(&sealed.0) == hash
            && header.agency == self.agency
            && header.client == client
            && header.connection == connection
            && Some(header.provider) == provider
            && header.version == version
            && header.device == act.actor.keyid()
            && header.purpose == purpose;
        if !fits || !in_window {
            return refused(Code::SealRefused, "the sealed copy says something else than the act");
        }
        Ok(Some(SealedCopy { connection, version, sha256: hash, bytes: &sealed.0 }))
    }

    /// Makes, signs and accepts an act of the gateway's.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn finding(&self, client: ClientId, deed: Deed, now: Instant) -> Result<ActAnswer, NotAccepted> {
        let actor = Actor::Gateway { key: self.keys.key_id(Purpose::Gateway) };
        let act = self.own_act(client, actor, Purpose::Gateway, deed, now)?;
        self.accept(client, &ActRequest { act, sealed: None, names: vec![] }, now)
    }

    /// As [`Self::finding`], together with the receipt that says the same: whoever sees one sees the other.
    ///
    /// # Errors
    /// [`NotAccepted`]; the receipt is not kept then either.
    pub fn finding_with_receipt(
        &self,
        client: ClientId,
        deed: Deed,
        receipt: (ConnectionId, u32, &[u8]),
        now: Instant,
    ) -> Result<ActAnswer, NotAccepted> {
        let actor = Actor::Gateway { key: self.keys.key_id(Purpose::Gateway) };
        let act = self.own_act(client, actor, Purpose::Gateway, deed, now)?;
        self.accept_with(client, &ActRequest { act, sealed: None, names: vec![] }, Some(receipt), now)
            .map(|(answer, _)| answer)
    }

    /// Makes, signs and accepts an act of the operator's.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn operate(
        &self,
        client: ClientId,
        operator: &Named,
        deed: Deed,
        sealed: Option<Base64>,
        mut names: Vec<Named>,
        now: Instant,
    ) -> Result<ActAnswer, NotAccepted> {
        let actor = Actor::Operator { key: self.keys.key_id(Purpose::Operator), name_hash: operator.hash() };
        names.push(operator.clone());
        let act = self.own_act(client, actor, Purpose::Operator, deed, now)?;
        self.accept(client, &ActRequest { act, sealed, names }, now)
    }

    /// An act of the agency's own, signed.
    fn own_act(
        &self,
        client: ClientId,
        actor: Actor,
        purpose: Purpose,
        deed: Deed,
        now: Instant,
    ) -> Result<Envelope, NotAccepted> {
        let state = self.state(client)?;
        let expects = match purpose {
            Purpose::Operator => deed
                .writes()
                .into_iter()
                .map(|t| {
                    let r = state.revision(&t);
                    (t, r)
                })
                .collect(),
            _ => Default::default(),
        };
        let act = Act {
            v: 1,
            id: ActId::random(now),
            agency: self.agency,
            client,
            actor,
            at: now,
            seen: Seen { size: state.tree().size(), root: state.tree().root() },
            expects,
            deed,
        };
        Ok(self.keys.sign(purpose, act::TYPE, json(&act)))
    }

    /// Opens the client's record if it is not open yet.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn open_platform(&self, operator: &Named, name: &str, now: Instant) -> Result<(), NotAccepted> {
        let client = ClientId::PLATFORM;
        if self.state(client)?.tree().size() == 0 {
            let name = Named::new(name);
            self.operate(client, operator, Deed::ClientOpen { name_hash: name.hash() }, None, vec![name], now)?;
            self.log_keyset(operator, now)?;
        }
        Ok(())
    }

    /// Puts the present key set on the agency's own record.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn log_keyset(&self, operator: &Named, now: Instant) -> Result<(), NotAccepted> {
        let (envelope, keyset) = self.keys.keyset();
        let sha256 = Hash::of(&[&encoding::json(&envelope)]);
        let deed = Deed::PlatformKeyset { seq: keyset.set().seq, sha256 };
        self.operate(ClientId::PLATFORM, operator, deed, None, vec![], now).map(|_| ())
    }
}

/// Hashes of names that an act carries.
fn name_hashes(act: &Act) -> Vec<Hash> {
    use Deed::*;
    let mut hashes = match &act.deed {
        ClientOpen { name_hash }
        | MemberInvite { name_hash, .. }
        | DeviceEnrol { name_hash, .. }
        | DeviceRename { name_hash }
        | ConnectionOpen { name_hash, .. }
        | ConnectionRename { name_hash, .. }
        | AssistantAdd { name_hash, .. }
        | AssistantToken { name_hash: Some(name_hash), .. } => vec![*name_hash],
        _ => vec![],
    };
    if let Actor::Operator { name_hash, .. } = act.actor {
        hashes.push(name_hash);
    }
    hashes
}

/// What points to this client from now on.
fn pointers(act: &Act) -> Vec<(&'static str, String)> {
    match (&act.deed, &act.actor) {
        (Deed::AssistantToken { token_hash, .. }, _) => vec![("token", token_hash.to_string())],
        (Deed::MemberInvite { code_hash, .. }, _) => vec![("invite", code_hash.to_string())],
        (Deed::DeviceEnrol { .. }, Actor::Device { device, .. }) => vec![("device", device.to_string())],
        _ => vec![],
    }
}
