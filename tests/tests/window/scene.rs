//! A window beside servers of its own, and the desktop around it: clipboard and native dialogs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ownkey_demo::assistants;
use ownkey_demo::drive::{self, Window};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_demo::window::{Place, binary};
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{KeyKind, KeyStanding, LedgerRow};
use tokio::task::JoinHandle;

/// A window beside servers of its own, with assistants that call.
pub(crate) struct Scene {
    pub(crate) servers: Servers,
    pub(crate) window: Window,
    pub(crate) calling: JoinHandle<()>,
}

impl Scene {
    pub(crate) async fn open(name: &str, dialogs: Option<bool>) -> Self {
        let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
        Self::beside(servers, name, dialogs, false).await
    }

    pub(crate) async fn beside(servers: Servers, name: &str, dialogs: Option<bool>, invited: bool) -> Self {
        let calling = calling(&servers);
        let invite = servers.clients.first().map(|c| c.invite.as_str());
        let place = Place::new(&servers, name, dialogs, invite.filter(|_| invited)).unwrap();
        let window = Window::open(&binary().unwrap(), &place.environment()).await.unwrap();
        Self { servers, window, calling }
    }

    pub(crate) async fn joined(name: &str, dialogs: Option<bool>) -> Self {
        let scene = Self::open(name, dialogs).await;
        drive::enrol(&scene.window, &scene.servers.clients[0].invite, None).await.unwrap();
        scene
    }

    /// The assistants stop calling.
    pub(crate) async fn hush(&mut self) {
        self.calling.abort();
        let _stopped = (&mut self.calling).await;
    }

    /// And begin again.
    pub(crate) fn call_again(&mut self) {
        self.calling = calling(&self.servers);
    }

    pub(crate) async fn close(self) {
        self.calling.abort();
        self.window.close().await.unwrap();
        self.servers.stop().await.unwrap();
    }

    pub(crate) fn billed(&self, provider: Provider) -> Vec<LedgerRow> {
        self.servers.sims.control().ledger(simulated(provider)).into_iter().filter(|row| row.billed).collect()
    }

    /// Every billed call so far ran on the one work key that the client made there.
    pub(crate) fn booked_on_the_clients_key(&self, provider: Provider) {
        let keys = self.servers.sims.control().keys(simulated(provider));
        let work: Vec<_> = keys.iter().filter(|k| k.kind == KeyKind::Work && k.state == KeyStanding::Live).collect();
        assert_eq!(work.len(), 1, "{provider}: {keys:?}");
        let rows = self.billed(provider);
        assert!(!rows.is_empty(), "{provider}: no call was billed");
        assert!(rows.iter().all(|row| row.key.as_deref() == Some(&work[0].id)), "{provider}: {rows:?}");
    }
}

fn calling(servers: &Servers) -> JoinHandle<()> {
    let everyone = servers.clients.iter().flat_map(|c| c.assistants.clone()).collect();
    let gateway = format!("{}/gateway", servers.origin);
    tokio::spawn(assistants::keep_calling(gateway, everyone, Duration::from_millis(400)))
}

/// Where the pictures go.
pub(crate) fn screens() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/screens");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Waits for a native dialog of this title, and presses a key in it, as a person would.
pub(crate) async fn press_in_native_dialog(title: &str, key: &str) {
    for _ in 0..100 {
        let found = tokio::process::Command::new("xdotool").args(["search", "--name", "."]).output().await.unwrap();
        let ids = String::from_utf8_lossy(&found.stdout).into_owned();
        for id in ids.split_whitespace() {
            let name = tokio::process::Command::new("xdotool").args(["getwindowname", id]).output().await.unwrap();
            let name = String::from_utf8_lossy(&name.stdout).trim().to_owned();
            if name == title {
                let pressed = tokio::process::Command::new("xdotool")
                    .args(["windowfocus", "--sync", id, "key", "--window", id, key])
                    .status();
                let _gone_with_the_key = pressed.await.unwrap();
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no native dialog appeared");
}

/// Puts a text on the system's clipboard.
pub(crate) async fn copy(text: &str) {
    use tokio::io::AsyncWriteExt;
    let mut child = tokio::process::Command::new("xclip")
        .args(["-selection", "clipboard"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).await.unwrap();
    assert!(child.wait().await.unwrap().success());
}

/// What is on the system's clipboard.
pub(crate) async fn pasted() -> String {
    let output = tokio::process::Command::new("xclip").args(["-selection", "clipboard", "-o"]).output().await.unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
