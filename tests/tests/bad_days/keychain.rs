//! The keychain on a bad day: none, locked, dismissed, an item that vanished; a stand-in that fails on request, and the
//! system's own, locked for real.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ownkey_app::fault::Fault;
use ownkey_app::keychain::{Keychain, SystemKeychain};
use ownkey_app::wire::ConnectStep;
use ownkey_app::{App, Setup};
use ownkey_demo::client::{HeadlessHost, MemoryKeychain, confirmed};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::code::Code;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::KeySpec;
use ownkey_secret::Secret;
use tokio::process::Command;

use super::{draft, joined, paste};

/// A keychain that fails as a real one does.
struct Failing {
    inner: MemoryKeychain,
    code: Code,
    on: AtomicBool,
}

impl Failing {
    fn check(&self) -> Result<(), Fault> {
        if self.on.load(Ordering::Relaxed) { Err(Fault::new(self.code, "on request")) } else { Ok(()) }
    }
}

impl Keychain for Failing {
    fn keep(&self, name: &str, secret: &Secret) -> Result<(), Fault> {
        self.check()?;
        self.inner.keep(name, secret)
    }

    fn read(&self, name: &str) -> Result<Option<Secret>, Fault> {
        self.check()?;
        self.inner.read(name)
    }

    fn forget(&self, name: &str) -> Result<(), Fault> {
        self.check()?;
        self.inner.forget(name)
    }
}

/// An app over a keychain, with a connection begun and its key on the clipboard.
struct Pasting {
    servers: Servers,
    host: HeadlessHost,
    app: Arc<App<HeadlessHost>>,
    id: String,
    key: String,
}

impl Pasting {
    async fn begin(keychain: Arc<dyn Keychain>) -> Self {
        let servers = Servers::start(&["Keychain"]).await.unwrap();
        let host = HeadlessHost::default();
        let setup = Setup {
            data_dir: servers.folder.path().join("apps/keychain"),
            endpoints: servers.endpoints().unwrap(),
            name: "x".into(),
            practice_keys: false,
        };
        let app = App::open(host.clone(), setup, keychain).map_err(|f| f.code).unwrap();
        app.join_accept(servers.clients[0].invite.clone(), "Desk".into()).await.unwrap();
        let id = app.connect_start(Provider::OpenAi, vec![Use::Chat]).await.unwrap();
        let key = servers.sims.control().make_key(simulated(Provider::OpenAi), "x", KeySpec::default()).text;
        host.copy(&key);
        Self { servers, host, app, id, key }
    }

    async fn paste(&self) -> Result<(), Code> {
        self.app.connect_paste(self.id.clone()).await.map_err(|fault| fault.code)
    }

    fn nothing_is_lost(&self) {
        assert_eq!(self.host.clipboard().as_deref(), Some(self.key.as_str()), "the key is lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_fails_says_how_and_the_key_stays_on_the_clipboard_until_it_works() {
    for code in [Code::KeychainNone, Code::KeychainLocked, Code::KeychainDismissed] {
        let keychain = Arc::new(Failing { inner: MemoryKeychain::default(), code, on: AtomicBool::new(false) });
        let pasting = Pasting::begin(keychain.clone()).await;
        keychain.on.store(true, Ordering::Relaxed);
        assert_eq!(pasting.paste().await, Err(code));
        pasting.nothing_is_lost();
        let state = pasting.app.app_state().await.unwrap();
        assert_eq!(state.drafts[0].failure.as_ref().map(|f| f.code), Some(code));
        keychain.on.store(false, Ordering::Relaxed);
        pasting.paste().await.unwrap();
        assert_eq!(pasting.app.app_state().await.unwrap().drafts[0].step, ConnectStep::Check);
        pasting.servers.stop().await.unwrap();
    }
}

/// A keychain that asks a question which nobody answers.
struct Silent {
    inner: MemoryKeychain,
    on: AtomicBool,
    answer: Mutex<Option<Receiver<()>>>,
}

impl Keychain for Silent {
    fn limit(&self) -> Duration {
        if self.on.load(Ordering::Relaxed) { Duration::from_millis(50) } else { ownkey_app::keychain::LIMIT }
    }

    fn keep(&self, name: &str, secret: &Secret) -> Result<(), Fault> {
        if self.on.load(Ordering::Relaxed) {
            let question = self.answer.lock().unwrap().take();
            let _until_the_test_ends = question.map(|q| q.recv());
        }
        self.inner.keep(name, secret)
    }

    fn read(&self, name: &str) -> Result<Option<Secret>, Fault> {
        self.inner.read(name)
    }

    fn forget(&self, name: &str) -> Result<(), Fault> {
        self.inner.forget(name)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_does_not_answer_does_not_hold_the_window_up() {
    let (answer, question) = std::sync::mpsc::channel();
    let (inner, on, question) = (MemoryKeychain::default(), AtomicBool::new(false), Mutex::new(Some(question)));
    let keychain = Arc::new(Silent { inner, on, answer: question });
    let pasting = Pasting::begin(keychain.clone()).await;
    keychain.on.store(true, Ordering::Relaxed);
    assert_eq!(pasting.paste().await, Err(Code::KeychainTimeout));
    pasting.nothing_is_lost();
    keychain.on.store(false, Ordering::Relaxed);
    pasting.paste().await.unwrap();
    drop(answer);
    pasting.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_vanished_from_the_keychain_is_named_and_can_be_pasted_again() {
    let (servers, headless) = joined().await;
    let key = servers.sims.control().make_key(simulated(Provider::OpenAi), "x", KeySpec::default());
    let id = draft(&headless, Provider::OpenAi).await;
    paste(&headless, &id, &key.text).await.unwrap();
    let name = headless.keychain.names().into_iter().find(|n| n.ends_with("/draft")).unwrap();
    headless.keychain.forget(&name).unwrap();
    headless.app.connect_review(id.clone()).await.unwrap();
    let sent = headless.app.connect_send(id.clone()).await.map_err(|f| f.code);
    assert_eq!(sent, Err(Code::KeychainItemVanished));
    headless.app.connect_back(id.clone()).await.unwrap();
    headless.app.connect_back(id.clone()).await.unwrap();
    paste(&headless, &id, &key.text).await.unwrap();
    headless.app.connect_review(id.clone()).await.unwrap();
    headless.app.connect_send(id.clone()).await.unwrap();
    confirmed(&headless.app, &id).await.unwrap();
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_leaves_nothing_in_the_keychain() {
    let (servers, headless) = joined().await;
    headless.connect(&servers, Provider::OpenAi, "Forget").await.unwrap();
    let key = servers.sims.control().make_key(simulated(Provider::Anthropic), "Forget", KeySpec::default());
    let id = draft(&headless, Provider::Anthropic).await;
    paste(&headless, &id, &key.text).await.unwrap();
    assert_eq!(headless.keychain.names().len(), 3);
    headless.app.forget_keys().await.unwrap();
    assert_eq!(headless.keychain.names(), Vec::<String>::new());
    servers.stop().await.unwrap();
}

/// Where a desktop can show the keychain's question, nobody is here to answer it: the programs that ask have no display.
async fn nobody_is_asked() {
    let mut call = Command::new("gdbus");
    call.args(["call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/org/freedesktop/DBus"]);
    call.args(["--method", "org.freedesktop.DBus.UpdateActivationEnvironment", "{'DISPLAY': ''}"]);
    let done = call.output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// For one test at a time: the session has one keychain.
pub(crate) async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    ALONE.lock().await
}

/// Opens the session's own keychain with its password, as the unlocking of a screen does: by the daemon's own socket, since
/// `gnome-keyring-daemon --unlock` would start another daemon.
pub(crate) fn unlock() {
    const UNLOCK: u32 = 1;
    let password = b"\n"; // as `cargo xtask test` has set it
    let folder = std::env::var_os("XDG_RUNTIME_DIR").expect("run this through `cargo xtask test bad-days`");
    let mut daemon = UnixStream::connect(std::path::Path::new(&folder).join("keyring/control")).unwrap();
    let long = u32::try_from(password.len()).unwrap();
    let words = [12 + long, UNLOCK, long].map(u32::to_be_bytes).concat();
    daemon.write_all(&[&[0], words.as_slice(), password].concat()).unwrap();
    let mut answer = [0; 8];
    daemon.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [0, 0, 0, 8, 0, 0, 0, 0], "the keychain stays locked");
}

/// Locks the session's own keychain, as the lock of a screen does.
pub(crate) async fn lock() {
    nobody_is_asked().await;
    let mut call = Command::new("gdbus");
    call.args(["call", "--session", "--dest", "org.freedesktop.secrets", "--object-path"]);
    call.args(["/org/freedesktop/secrets", "--method", "org.freedesktop.Secret.Service.Lock"]);
    let done = call.arg("['/org/freedesktop/secrets/collection/login']").output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_systems_own_keychain_when_it_is_locked_and_nobody_unlocks_it_says_so_and_the_key_is_not_lost() {
    let _alone = alone().await;
    unlock();
    let service = format!("ownkey-locked-{}", ClientId::random(ownkey_tests::device::now()));
    let pasting = Pasting::begin(Arc::new(SystemKeychain::new(&service))).await;
    lock().await;
    assert_eq!(pasting.paste().await, Err(Code::KeychainDismissed), "its question was closed");
    pasting.nothing_is_lost();
    assert_eq!(pasting.app.app_state().await.unwrap().drafts[0].step, ConnectStep::How);
    pasting.servers.stop().await.unwrap();
}
