//! The client's engine: everything that Ownkey does on the client's computer, without a window.
//!
//! [`App`] is generic over its [`host::Host`]: the window, a test, or the demo. Its public methods are the commands of
//! [`commands`]; each answers with data for the window or a [`fault::Fault`], and none ever hands out a secret.

pub mod agency_client;
mod alarm;
mod bills;
pub mod commands;
mod connect;
pub mod fault;
mod forget;
mod held;
mod history;
pub mod host;
mod join;
mod joined;
pub mod keychain;
mod limits;
mod local_log;
mod needs;
mod pages;
mod people;
mod perform;
mod preferences;
mod revoke;
mod rotation;
mod schedule;
pub mod store;
mod sync;
pub mod typescript;
mod uses;
mod view;
pub mod wire;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ownkey_protocol::api::Snapshot;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::ClientState;
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::Http;
use tokio::sync::Notify;

pub use connect::POINTS as connect_points;
pub use rotation::POINTS as rotation_points;
pub use store::set_aside;

use connect::Draft;
use fault::Fault;
use host::Host;
use joined::{Joined, Membership};
use keychain::{Keychain, Keys};
use local_log::LocalLog;
use store::{Store, Table};
use wire::{Busy, CheckView, Failure, KeyHint};

/// How the engine is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The folder for the local store.
    pub data_dir: PathBuf,
    /// Where the providers are.
    pub endpoints: Endpoints,
    /// `Ownkey`, or `Ownkey (demo)`.
    pub name: String,
    /// Whether the *Copy a practice key* button is offered.
    pub practice_keys: bool,
}

/// The engine.
pub struct App<H: Host> {
    pub(crate) host: H,
    pub(crate) setup: Setup,
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) log: LocalLog,
    pub(crate) http: Http,
    pub(crate) syncing: tokio::sync::Mutex<()>,
    pub(crate) entered: Notify,
    /// Held while a rotation is read, changed and written down: a person's wish and an effect's answer may come at once.
    pub(crate) rotation_order: Mutex<()>,
    /// A rotation has something to do, or the record something new.
    pub(crate) rotating: Notify,
    /// A page began to watch the clipboard.
    pub(crate) watching: Notify,
    joined: Mutex<Option<Arc<Joined>>>,
    live: Mutex<Live>,
    revision: AtomicU32,
}

/// What is known now and can be had again from the store or the agency.
#[derive(Default)]
pub(crate) struct Live {
    pub(crate) state: Option<Arc<ClientState>>,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) snapshot_etag: Option<String>,
    pub(crate) drafts: HashMap<ConnectionId, Draft>,
    pub(crate) checks: HashMap<ConnectionId, CheckView>,
    pub(crate) rotations: HashMap<ConnectionId, rotation::Kept>,
    /// The page that watches the clipboard.
    pub(crate) watch: Option<rotation::Watch>,
    /// What the driver of rotations is to do next.
    pub(crate) to_do: HashMap<ConnectionId, ownkey_rotation::Effect>,
    /// What a rotation's machine is still to be told, because it could not be written down.
    pub(crate) unwritten: HashMap<ConnectionId, ownkey_rotation::Event>,
    /// New keys between the provider and the keychain.
    pub(crate) hands: HashMap<ConnectionId, ownkey_secret::Secret>,
    pub(crate) busy: HashMap<ConnectionId, Busy>,
    pub(crate) failures: HashMap<ConnectionId, Failure>,
    /// Keys on the clipboard of which the person is asked whose they are.
    pub(crate) asked: HashMap<ConnectionId, KeyHint>,
    pub(crate) online: bool,
    pub(crate) offline_why: Option<Failure>,
    pub(crate) as_of: Option<Instant>,
    pub(crate) verified_at: Option<Instant>,
    /// When the last of these was written down.
    pub(crate) verified_kept: Option<std::time::Instant>,
    pub(crate) alarm: Option<Failure>,
    pub(crate) removed: bool,
    /// The device's key is gone from the keychain: this computer can only be enrolled anew.
    pub(crate) lost: bool,
    /// The statement of the agency's that was looked at last: evidence, should it not add up.
    pub(crate) shown: Option<String>,
    pub(crate) keychain_fault: bool,
    /// Versions whose keys may still be on this computer, once all were looked at; and open ones whose keys were purged.
    pub(crate) unpurged: Option<BTreeSet<(ConnectionId, u32)>>,
    pub(crate) purged: BTreeSet<(ConnectionId, u32)>,
    pub(crate) join_link: Option<String>,
    pub(crate) agency_seen: Option<std::time::Instant>,
    /// Figures for bills are on their way.
    pub(crate) fetching: Option<wire::BillsFetching>,
    /// A bill is being read from a file.
    pub(crate) reading: Option<wire::BillsFetching>,
    /// A file that was dropped on the window.
    pub(crate) dropped: Option<PathBuf>,
    /// What kept the last of them from coming.
    pub(crate) bills_failure: Option<Failure>,
}

impl<H: Host> App<H> {
    /// Opens the engine on its local store; what it shows at once comes from there. Does not wait for the network.
    ///
    /// # Errors
    /// `already_running`, `database_newer`, `database_broken`, `disk_full`.
    pub fn open(host: H, setup: Setup, keychain: Arc<dyn Keychain>) -> Result<Arc<Self>, Fault> {
        let store = Store::open(&setup.data_dir)?;
        let log = LocalLog::new(&setup.data_dir);
        let http = Http::new().map_err(|e| Fault::new(Code::Unforeseen, e.to_string()))?;
        let app = Self {
            host,
            setup,
            store,
            keys: Keys::new(keychain),
            log,
            http,
            syncing: tokio::sync::Mutex::new(()),
            entered: Notify::new(),
            rotation_order: Mutex::default(),
            rotating: Notify::new(),
            watching: Notify::new(),
            joined: Mutex::default(),
            live: Mutex::default(),
            revision: AtomicU32::new(1),
        };
        app.load()?;
        Ok(Arc::new(app))
    }

    /// Reads what the window shows from the local store, folding the record again.
    fn load(&self) -> Result<(), Fault> {
        for (id, draft) in self.store.all::<Draft>(Table::Drafts)? {
            if let Ok(id) = id.parse() {
                self.live(|live| live.drafts.insert(id, draft));
            }
        }
        for (id, check) in self.store.all::<connect::KeptCheck>(Table::Checks)? {
            if let Ok(id) = id.parse() {
                self.live(|live| live.checks.insert(id, check.view()));
            }
        }
        for (_, kept) in self.store.all::<rotation::Kept>(Table::Rotations)? {
            self.live(|live| live.rotations.insert(kept.connection(), kept));
        }
        let Some(membership) = self.store.fact::<Membership>("membership")? else { return Ok(()) };
        let snapshot = self.store.fact::<Snapshot>("snapshot")?;
        let verified_at = self.store.fact("verified_at")?;
        let alarm = self.store.fact::<Option<Code>>("alarm")?.flatten();
        let ring = joined::verify_kept(&membership)?.ring();
        let mut state = ClientState::new(membership.fingerprint, membership.client);
        for leaf in self.store.leaves()? {
            // Each was verified before it was kept: what does not fold now was damaged on this computer.
            state.apply(&leaf, &ring).map_err(|e| Fault::new(Code::DatabaseBroken, e.to_string()))?;
        }
        self.live(|live| {
            live.state = Some(Arc::new(state));
            live.snapshot = snapshot;
            live.verified_at = verified_at;
            live.as_of = verified_at;
            live.alarm = alarm.map(|code| self.told(&Fault::new(code, "an alarm from before")));
        });
        Ok(())
    }

    /// Reads the device's key and goes on where the app was left; called once, after the window is drawn.
    ///
    /// # Errors
    /// The keychain's codes; the rooms still show what is known.
    pub async fn start(self: &Arc<Self>) -> Result<(), Fault> {
        self.finish_enrolment().await?;
        if self.joined().is_none()
            && let Some(membership) = self.store.fact::<Membership>("membership")?
        {
            let seed = self.keys.need(keychain::DEVICE.to_owned()).await;
            match seed.and_then(|seed| Joined::new(membership, &seed, self.host.agency_roots())) {
                Ok(joined) => self.begin(joined)?,
                Err(fault) => {
                    self.live(|live| {
                        live.lost = fault.code == Code::KeychainItemVanished;
                        live.keychain_fault = !live.lost;
                    });
                    self.changed();
                    return Err(fault);
                }
            }
        }
        let _offline_is_shown = self.sync().await;
        self.resume().await;
        self.resume_rotations();
        Ok(())
    }

    /// What the window is told of a fault; its cause is written to the local log beside the reference.
    pub fn told(&self, fault: &Fault) -> Failure {
        let failure = fault.told();
        self.log.write(&failure, &fault.cause);
        failure
    }

    pub(crate) fn begin(&self, joined: Arc<Joined>) -> Result<(), Fault> {
        *self.joined.lock().unwrap_or_else(PoisonError::into_inner) = Some(joined);
        self.live(|live| {
            live.keychain_fault = false;
            live.lost = false;
        });
        self.entered.notify_one();
        Ok(())
    }

    pub(crate) fn joined(&self) -> Option<Arc<Joined>> {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn state(&self) -> Option<Arc<ClientState>> {
        self.live(|live| live.state.clone())
    }

    pub(crate) fn live<T>(&self, act: impl FnOnce(&mut Live) -> T) -> T {
        act(&mut self.live.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is shown has changed: tells the window.
    pub(crate) fn changed(&self) {
        self.revision.fetch_add(1, Ordering::Relaxed);
        self.host.changed();
    }

    pub(crate) fn revision(&self) -> u32 {
        self.revision.load(Ordering::Relaxed)
    }

    /// Looks again: at the keychain if it failed, then at the agency.
    ///
    /// # Errors
    /// What stands between.
    pub async fn refresh(self: &Arc<Self>) -> Result<(), Fault> {
        if self.joined().is_none() { self.start().await } else { self.sync().await }
    }

    /// An invitation was opened in the app (`ownkey://join?…`): the welcome screen reads it by itself.
    pub fn offer_link(&self, link: &str) {
        if (self.joined().is_none() || self.may_join_again()) && link.parse::<ownkey_protocol::join::JoinLink>().is_ok()
        {
            self.live(|live| live.join_link = Some(link.to_owned()));
            self.changed();
        }
    }

    /// This computer was a member's and is none any more: a new invitation may be opened in its place.
    pub(crate) fn may_join_again(&self) -> bool {
        self.live(|live| live.removed || live.lost)
    }

    /// The person wants to leave.
    ///
    /// # Errors
    /// None; a command answers with a result.
    pub async fn quit(&self) -> Result<(), Fault> {
        self.host.quit();
        Ok(())
    }
}
