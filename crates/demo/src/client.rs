//! A client without a window: the engine of `crates/app` with a keychain in memory and a clipboard of its own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use ownkey_app::fault::Fault;
use ownkey_app::host::{ClipboardFault, Confirmation, Host, Later, Notice, Saved, Saving};
use ownkey_app::keychain::Keychain;
use ownkey_app::wire::{ConnectStep, How, ReceiptOutcome};
use ownkey_app::{App, Setup};
use ownkey_protocol::code::Code;
use ownkey_protocol::instant::Instant as Timestamp;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{KeyKind, KeySpec};
use ownkey_providers::endpoints::Endpoints;
use ownkey_secret::Secret;
use zeroize::Zeroizing;

use crate::servers::{Servers, simulated};

type Entries = HashMap<String, Zeroizing<Vec<u8>>>;

/// A keychain that lives as long as the process: where there is no desktop. Never for a person's real keys.
#[derive(Default)]
pub struct MemoryKeychain {
    kept: Mutex<Entries>,
    locked: AtomicBool,
}

impl MemoryKeychain {
    /// Names of what is kept.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.kept.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        names.sort();
        names
    }

    /// From now on it is locked, or open again.
    pub fn lock(&self, locked: bool) {
        self.locked.store(locked, Ordering::Relaxed);
    }

    fn open(&self) -> Result<MutexGuard<'_, Entries>, Fault> {
        if self.locked.load(Ordering::Relaxed) {
            return Err(Fault::new(Code::KeychainLocked, "on request"));
        }
        Ok(self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keychain for MemoryKeychain {
    fn keep(&self, name: &str, secret: &Secret) -> Result<(), Fault> {
        // EXPOSE: this keychain is memory.
        let copy = secret.expose(|bytes| Zeroizing::new(bytes.to_vec()));
        self.open()?.insert(name.to_owned(), copy);
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Option<Secret>, Fault> {
        let kept = self.open()?.get(name).map(|bytes| bytes.to_vec());
        Ok(kept.and_then(|bytes| Secret::new(bytes).ok()))
    }

    fn forget(&self, name: &str) -> Result<(), Fault> {
        self.open()?.remove(name);
        Ok(())
    }
}

/// A host without a window: a clipboard in memory, every dialog confirmed unless told otherwise.
#[derive(Clone, Default)]
pub struct HeadlessHost {
    clipboard: Arc<Mutex<Option<Zeroizing<String>>>>,
    reads: Arc<AtomicUsize>,
    declines: Arc<AtomicBool>,
    browserless: Arc<AtomicBool>,
    agency_roots: Arc<Mutex<Vec<Vec<u8>>>>,
    opened: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<Vec<Confirmation>>>,
    saved: Arc<Mutex<Vec<Saving>>>,
    chooses: Arc<Mutex<Option<PathBuf>>>,
    dies_at: Arc<Mutex<Option<(&'static str, usize)>>>,
    holds_at: Arc<Mutex<Option<&'static str>>>,
    held: Arc<tokio::sync::Notify>,
    goes_on: Arc<tokio::sync::Notify>,
    points: Arc<Mutex<Vec<&'static str>>>,
    notices: Arc<Mutex<Vec<Notice>>>,
    /// By how many milliseconds the clock of dates is ahead.
    ahead: Arc<AtomicI64>,
    starts_with_system: Arc<AtomicBool>,
    died: Arc<tokio::sync::Notify>,
    news: Arc<tokio::sync::Notify>,
}

impl HeadlessHost {
    /// Puts a text on the clipboard, as a person would.
    pub fn copy(&self, text: &str) {
        *self.clipboard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Zeroizing::new(text.to_owned()));
    }

    /// What is on the clipboard now.
    #[must_use]
    pub fn clipboard(&self) -> Option<String> {
        self.clipboard.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|t| t.to_string())
    }

    /// From now on every native dialog is declined.
    pub fn decline(&self) {
        self.declines.store(true, Ordering::Relaxed);
    }

    /// From now on every native dialog is confirmed again.
    pub fn accept(&self) {
        self.declines.store(false, Ordering::Relaxed);
    }

    /// From now on no page can be opened.
    pub fn without_browser(&self) {
        self.browserless.store(true, Ordering::Relaxed);
    }

    /// From now on a certificate of the agency may stand on this root (DER).
    pub fn trust(&self, root: &[u8]) {
        self.agency_roots.lock().unwrap_or_else(PoisonError::into_inner).push(root.to_vec());
    }

    /// The computer dies when `point` is reached for the `nth` time, counted from 0: nothing after it happens.
    pub fn die_at(&self, point: &'static str, nth: usize) {
        *self.dies_at.lock().unwrap_or_else(PoisonError::into_inner) = Some((point, nth));
    }

    /// It stands still, once, when it reaches `point` next.
    pub fn hold_at(&self, point: &'static str) {
        *self.holds_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(point);
    }

    /// Waits until it stands still.
    pub async fn held(&self) {
        self.held.notified().await;
    }

    /// It goes on from where it stands still.
    pub fn go(&self) {
        self.goes_on.notify_one();
    }

    /// What was told through the system since it was asked last.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        std::mem::take(&mut self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Turns the clock by which dates are reckoned to a moment, from where it goes on.
    pub fn turn_clock_to(&self, at: Timestamp) {
        self.ahead.store(at.millis_since(ownkey_app::agency_client::now()), Ordering::Relaxed);
    }

    /// Moves the clock by which dates are reckoned so far ahead of the computer's.
    pub fn move_clock(&self, ahead: Duration) {
        self.ahead.store(i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// How often the clipboard was read.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// Whether the app was asked to start with the system.
    #[must_use]
    pub fn starts_with_system(&self) -> bool {
        self.starts_with_system.load(Ordering::Relaxed)
    }

    /// Points that were reached, in order.
    #[must_use]
    pub fn points(&self) -> Vec<&'static str> {
        self.points.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets which points were reached.
    pub fn forget_points(&self) {
        self.points.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits until what would be shown has changed.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// Waits until the computer has died.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// Native dialogs that were shown.
    #[must_use]
    pub fn asked(&self) -> Vec<Confirmation> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Texts that were saved.
    #[must_use]
    pub fn saved(&self) -> Vec<Saving> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on the person chooses this file, or none.
    pub fn choose_file(&self, file: Option<PathBuf>) {
        *self.chooses.lock().unwrap_or_else(PoisonError::into_inner) = file;
    }

    /// Addresses that were opened.
    #[must_use]
    pub fn opened(&self) -> Vec<String> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl HeadlessHost {
    fn holds(&self, point: &'static str) -> bool {
        let mut holds_at = self.holds_at.lock().unwrap_or_else(PoisonError::into_inner);
        holds_at.take_if(|at| *at == point).is_some()
    }
}

impl Host for HeadlessHost {
    fn read_clipboard(&self) -> Result<Zeroizing<String>, ClipboardFault> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.clipboard.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(ClipboardFault::Empty)
    }

    fn clear_clipboard(&self, used: &str) {
        let mut clipboard = self.clipboard.lock().unwrap_or_else(PoisonError::into_inner);
        if clipboard.as_ref().is_some_and(|now| now.as_str() == used) {
            *clipboard = None;
        }
    }

    fn write_clipboard(&self, text: &str) -> Result<(), ClipboardFault> {
        self.copy(text);
        Ok(())
    }

    fn open_page(&self, address: &str) -> bool {
        if self.browserless.load(Ordering::Relaxed) {
            return false;
        }
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(address.to_owned());
        true
    }

    fn confirm(&self, question: Confirmation) -> Later<'_, bool> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(question);
        let answer = !self.declines.load(Ordering::Relaxed);
        Box::pin(async move { answer })
    }

    fn notify(&self, notice: Notice) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    fn start_with_system(&self, on: bool) -> bool {
        self.starts_with_system.store(on, Ordering::Relaxed);
        true
    }

    fn now(&self) -> Timestamp {
        ownkey_app::agency_client::now().plus_millis(self.ahead.load(Ordering::Relaxed))
    }

    fn save(&self, saving: Saving) -> Later<'_, Saved> {
        let declined = self.declines.load(Ordering::Relaxed);
        if !declined {
            self.saved.lock().unwrap_or_else(PoisonError::into_inner).push(saving);
        }
        Box::pin(async move { if declined { Saved::Declined } else { Saved::Written } })
    }

    fn choose(&self) -> Later<'_, Option<PathBuf>> {
        let chosen = self.chooses.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move { chosen })
    }

    fn changed(&self) {
        self.news.notify_one();
    }

    fn agency_roots(&self) -> Vec<Vec<u8>> {
        self.agency_roots.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn quit(&self) {}

    fn reached(&self, point: &'static str) -> Later<'_, ()> {
        self.points.lock().unwrap_or_else(PoisonError::into_inner).push(point);
        let mut dies_at = self.dies_at.lock().unwrap_or_else(PoisonError::into_inner);
        match dies_at.as_mut() {
            Some((at, 0)) if *at == point => {
                self.died.notify_one();
                Box::pin(std::future::pending())
            }
            Some((at, more)) if *at == point => {
                *more -= 1;
                Box::pin(std::future::ready(()))
            }
            _ if self.holds(point) => {
                self.held.notify_one();
                Box::pin(self.goes_on.notified())
            }
            _ => Box::pin(std::future::ready(())),
        }
    }

    fn practice_key<'a>(&'a self, _provider: &'a str, _admin: bool) -> Later<'a, bool> {
        Box::pin(async { false })
    }
}

/// Opens the engine as soon as whoever had its folder before has let go of it.
///
/// # Errors
/// As the engine's; `already_running` after ten seconds.
pub async fn open_when_free(
    host: &HeadlessHost,
    setup: Setup,
    keychain: Arc<dyn Keychain>,
) -> anyhow::Result<Arc<App<HeadlessHost>>> {
    let begun = Instant::now();
    loop {
        match App::open(host.clone(), setup.clone(), keychain.clone()) {
            Ok(app) => return Ok(app),
            Err(fault) if fault.code == Code::AlreadyRunning && begun.elapsed() < Duration::from_secs(10) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(fault) => bail!("{fault}"),
        }
    }
}

/// A client's app without a window.
pub struct Headless {
    /// The engine.
    pub app: Arc<App<HeadlessHost>>,
    /// Its host.
    pub host: HeadlessHost,
    /// Its keychain.
    pub keychain: Arc<MemoryKeychain>,
}

impl Headless {
    /// Opens the engine in a folder below the servers' own.
    ///
    /// # Errors
    /// As the engine's.
    pub fn open(servers: &Servers, folder: &str, keychain: Arc<MemoryKeychain>) -> anyhow::Result<Self> {
        Self::open_at(servers.folder.path().join("apps").join(folder), servers.endpoints()?, keychain)
    }

    /// Opens the engine in a folder.
    ///
    /// # Errors
    /// As the engine's.
    pub fn open_at(data_dir: PathBuf, endpoints: Endpoints, keychain: Arc<MemoryKeychain>) -> anyhow::Result<Self> {
        let host = HeadlessHost::default();
        let setup = Setup { data_dir, endpoints, name: "Ownkey (demo)".to_owned(), practice_keys: true };
        let app = App::open(host.clone(), setup, keychain.clone()).map_err(|fault| anyhow!("{fault}"))?;
        Ok(Self { app, host, keychain })
    }

    /// Joins with an invite.
    ///
    /// # Errors
    /// As the engine's.
    pub async fn join(&self, invite: &str) -> anyhow::Result<()> {
        let told = |fault: Fault| anyhow!("{fault}");
        self.app.join_preview(invite.to_owned()).await.map_err(told)?;
        self.app.join_accept(invite.to_owned(), "Practice computer".to_owned()).await.map_err(told)
    }

    /// Connects a provider with a fresh practice key, up to *use for all*. Gives the key's id at the simulator.
    ///
    /// # Errors
    /// When a step does not go as it should.
    pub async fn connect(&self, servers: &Servers, provider: Provider, account: &str) -> anyhow::Result<String> {
        let made = servers.sims.control().make_key(simulated(provider), account, KeySpec::default());
        self.connect_with(provider, &made.text).await?;
        Ok(made.id)
    }

    /// Connects a provider with a key, up to *use for all*.
    ///
    /// # Errors
    /// When a step does not go as it should.
    pub async fn connect_with(&self, provider: Provider, key: &str) -> anyhow::Result<()> {
        self.host.copy(key);
        let told = |fault: Fault| anyhow!("{provider}: {fault}");
        let uses: Vec<Use> = provider.uses().to_vec();
        let id = self.app.connect_start(provider, uses.clone()).await.map_err(told)?;
        match self.app.connect_paste(id.clone()).await {
            Err(fault) if fault.code == Code::AmbiguousKey => self.app.connect_paste_sure(id.clone()).await,
            other => other,
        }
        .map_err(told)?;
        self.finish(id, uses).await.with_context(|| provider.to_string())
    }

    /// Connects OpenAI with a key that Ownkey makes, up to *use for all*; the admin key stays on the computer. Gives it.
    ///
    /// # Errors
    /// When a step does not go as it should.
    pub async fn have_made(&self, servers: &Servers, account: &str) -> anyhow::Result<String> {
        let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
        let admin = servers.sims.control().make_key(simulated(Provider::OpenAi), account, spec);
        self.have_made_with(&admin.text).await?;
        Ok(admin.text)
    }

    /// Connects OpenAI with a key that Ownkey makes by this admin key, up to *use for all*; it stays on the computer.
    ///
    /// # Errors
    /// When a step does not go as it should.
    pub async fn have_made_with(&self, admin: &str) -> anyhow::Result<()> {
        let provider = Provider::OpenAi;
        self.host.copy(admin);
        let told = |fault: Fault| anyhow!("{provider}: {fault}");
        let uses: Vec<Use> = provider.uses().to_vec();
        let id = self.app.connect_start(provider, uses.clone()).await.map_err(told)?;
        self.app.connect_how(id.clone(), How::MadeForMe).await.map_err(told)?;
        self.app.connect_paste(id.clone()).await.map_err(told)?;
        self.app.connect_make(id.clone(), true).await.map_err(told)?;
        self.finish(id, uses).await.with_context(|| provider.to_string())
    }

    /// From the checked key to *use for all*.
    async fn finish(&self, id: String, uses: Vec<Use>) -> anyhow::Result<()> {
        let told = |fault: Fault| anyhow!("{fault}");
        self.app.connect_review(id.clone()).await.map_err(told)?;
        self.app.connect_send(id.clone()).await.map_err(told)?;
        confirmed(&self.app, &id).await?;
        self.app.connect_skip_try(id.clone()).await.map_err(told)?;
        let preferred = self.without_preference(&uses).await?;
        self.app.connect_use(id.clone(), uses, preferred).await.map_err(told)?;
        self.app.connect_close(id).await.map_err(told)
    }

    /// Uses for which no account is preferred yet.
    async fn without_preference(&self, uses: &[Use]) -> anyhow::Result<Vec<Use>> {
        let state = self.app.app_state().await.map_err(|fault| anyhow!("{fault}"))?;
        let free = |u: &Use| state.uses.iter().any(|v| v.r#use == *u && v.preferred.is_none());
        Ok(uses.iter().copied().filter(free).collect())
    }
}

/// Waits for the agency's receipt *works*.
///
/// # Errors
/// When the receipt says otherwise, or does not come within twenty seconds.
pub async fn confirmed(app: &Arc<App<HeadlessHost>>, id: &str) -> anyhow::Result<()> {
    for _ in 0..200 {
        app.sync().await.map_err(|fault| anyhow!("{fault}"))?;
        let state = app.app_state().await.map_err(|fault| anyhow!("{fault}"))?;
        let draft = state.drafts.iter().find(|d| d.id == id).context("the draft is gone")?;
        anyhow::ensure!(draft.step >= ConnectStep::Confirm, "not sent");
        match draft.receipt.as_ref().map(|r| r.outcome) {
            Some(ReceiptOutcome::Works) => return Ok(()),
            Some(ReceiptOutcome::Refused) => bail!("the agency refuses the key"),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    bail!("no receipt within twenty seconds")
}
