//! A key is being replaced, and in the middle of it the disk is full, or the system's keychain is locked: the window says
//! so, calls run on, and once that has passed the replacement comes to its end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ownkey_app::keychain::{Keychain, SystemKeychain};
use ownkey_app::wire::{RotationReason, RotationState, RotationView, RotationWaitKind, RunsOnWord};
use ownkey_app::{App, Setup};
use ownkey_demo::assistants::http;
use ownkey_demo::client::{Headless, HeadlessHost, MemoryKeychain, open_when_free};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::code::Code;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{KeyKind, KeySpec, KeyStanding};
use ownkey_tests::shapes::{Shape, call};
use tokio::task::JoinHandle;

use super::keychain::{alone, lock, unlock};
use super::machine::SmallDisk;

const ACCOUNT: &str = "Own account";

/// A key in use, on a computer that goes on by itself.
struct Replacing {
    servers: Servers,
    client: Headless,
    provider: Provider,
    connection: String,
    keychain: Arc<dyn Keychain>,
    data_dir: PathBuf,
    driven: JoinHandle<()>,
    old: Option<String>,
}

fn drive(app: &Arc<App<HeadlessHost>>) -> JoinHandle<()> {
    let app = app.clone();
    tokio::spawn(async move { app.follow().await })
}

impl Replacing {
    async fn begin(provider: Provider, data_dir: PathBuf, keychain: Arc<dyn Keychain>) -> Self {
        let servers = Servers::start(&["Bad day"]).await.unwrap();
        let host = HeadlessHost::default();
        let app = open(&host, &servers, &data_dir, &keychain).await;
        let client = Headless { app, host, keychain: Arc::default() };
        client.join(&servers.clients[0].invite).await.unwrap();
        let old = match provider {
            Provider::OpenAi => client.have_made(&servers, ACCOUNT).await.map(|_| None).unwrap(),
            provider => Some(client.connect(&servers, provider, ACCOUNT).await.unwrap()),
        };
        let connection = client.app.app_state().await.unwrap().connections[0].id.clone();
        let driven = drive(&client.app);
        Self { servers, client, provider, connection, keychain, data_dir, driven, old }
    }

    /// The app is closed and opened again.
    async fn reopened(mut self) -> Self {
        self.driven.abort();
        let _aborted = self.driven.await;
        let host = HeadlessHost::default();
        let Headless { app, keychain, .. } = self.client;
        drop(app);
        let app = open(&host, &self.servers, &self.data_dir, &self.keychain).await;
        app.start().await.unwrap();
        self.driven = drive(&app);
        self.client = Headless { app, host, keychain };
        self
    }

    async fn start(&self) -> Result<(), Code> {
        self.client.app.rotation_start(self.connection.clone(), false).await.map_err(|fault| fault.code)
    }

    async fn view(&self) -> RotationView {
        self.client.app.app_state().await.unwrap().rotations.remove(0)
    }

    async fn until(&self, shows: impl Fn(&RotationView) -> bool) -> RotationView {
        for _ in 0..1_500 {
            let view = self.view().await;
            if shows(&view) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it stays at {:#?}", self.view().await);
    }

    async fn until_waits(&self, why: RotationReason) -> RotationView {
        let waits = |view: &RotationView| view.wait.as_ref().is_some_and(|wait| wait.why == Some(why));
        self.until(|view| view.state == RotationState::Waiting && waits(view)).await
    }

    /// A call of an assistant; the version that it ran on.
    async fn call(&self) -> u32 {
        let assistants = self.servers.clients[0].assistants.iter();
        let fits = |a: &&ownkey_demo::servers::PracticeAssistant| {
            a.uses.iter().any(|used| self.provider.uses().contains(used))
        };
        let token = &assistants.clone().find(fits).unwrap().token;
        let gateway = format!("{}/gateway", self.servers.origin);
        let answer = call(&http().unwrap(), &gateway, token, self.provider, Shape::Whole).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        let version = answer.headers()["ownkey-key-version"].to_str().unwrap().parse().unwrap();
        answer.bytes().await.unwrap();
        version
    }

    /// Assistants call, and the person does what is asked, until it is over.
    async fn play(&self) -> RotationView {
        for _ in 0..3_000 {
            let view = self.view().await;
            match view.wait.as_ref().map(|wait| wait.kind) {
                _ if matches!(view.state, RotationState::Done | RotationState::Abandoned) => return view,
                _ if view.state == RotationState::Stuck => panic!("it stands still: {view:#?}"),
                Some(RotationWaitKind::OldRevoked) => {
                    self.servers.sims.control().revoke_key(simulated(self.provider), self.old.as_ref().unwrap());
                    let _not_asked_yet = self.client.app.rotation_revoked(self.connection.clone()).await;
                }
                _ => drop(self.call().await),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it stays at {:#?}", self.view().await);
    }

    fn living_keys(&self) -> usize {
        let control = self.servers.sims.control();
        let (own, _) = control.accounts(simulated(self.provider)).into_iter().find(|(_, n)| n == ACCOUNT).unwrap();
        let keys = control.keys(simulated(self.provider)).into_iter();
        keys.filter(|k| k.account == own && k.kind == KeyKind::Work && k.state == KeyStanding::Live).count()
    }

    /// The replacement is over and well: one key lives, and it is in use.
    async fn ended(&self, version: u32, what: &str) {
        let view = self.play().await;
        assert_eq!((view.state, view.new), (RotationState::Done, version), "{what}: {view:?}");
        assert_eq!((self.living_keys(), self.call().await), (1, version), "{what}");
        self.client.app.rotation_close(self.connection.clone()).await.unwrap();
    }

    /// Whatever is written from here on needs room: nothing goes where something was before.
    fn nothing_is_left_to_overwrite(&self) {
        let db = rusqlite::Connection::open(self.data_dir.join("ownkey.sqlite")).unwrap();
        db.busy_timeout(Duration::from_secs(10)).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
}

async fn open(
    host: &HeadlessHost,
    servers: &Servers,
    data_dir: &std::path::Path,
    keychain: &Arc<dyn Keychain>,
) -> Arc<App<HeadlessHost>> {
    let endpoints = servers.endpoints().unwrap();
    let setup = Setup { data_dir: data_dir.to_owned(), endpoints, name: "x".into(), practice_keys: false };
    open_when_free(host, setup, keychain.clone()).await.unwrap()
}

fn runs(version: u32, runs_on: RunsOnWord) -> u32 {
    if runs_on == RunsOnWord::Old { version - 1 } else { version }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_in_the_middle_of_a_replacement_is_said_and_it_goes_on_once_there_is_room() {
    let disk = SmallDisk::alone().await;
    let (folder, keychain) = (disk.folder.join("replacing"), Arc::new(MemoryKeychain::default()));
    let world = Replacing::begin(Provider::OpenAi, folder.clone(), keychain).await;
    let points = [
        "rotation: before make",
        "rotation: after make",
        "rotation: after keep",
        "rotation: before push",
        "rotation: after push",
        "rotation: before promote",
        "rotation: after promote",
        "rotation: after retire",
        "rotation: before revoke old",
        "rotation: after prove old dead",
        "rotation: after end",
    ];
    for (version, point) in (2..).zip(points) {
        world.client.host.hold_at(point);
        world.start().await.unwrap();
        tokio::select! {
            () = world.client.host.held() => {}
            view = world.play() => panic!("{point} is not reached: {view:?}"),
        }
        world.nothing_is_left_to_overwrite();
        disk.fill();
        world.client.host.go();
        let view = world.until_waits(RotationReason::DiskFull).await;
        // What the agency did is known here once it can be written down.
        let (ran, shown) = (world.call().await, runs(version, view.runs_on));
        assert!(ran == shown || (ran == version && point == "rotation: after promote"), "{point}: {ran}, not {shown}");
        disk.make_room();
        world.ended(version, point).await;
    }
    world.servers.stop().await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_none_begins_and_one_that_was_closed_waits_for_room_when_it_is_opened_again() {
    let disk = SmallDisk::alone().await;
    let (folder, keychain) = (disk.folder.join("opened"), Arc::new(MemoryKeychain::default()));
    let world = Replacing::begin(Provider::OpenAi, folder.clone(), keychain).await;
    world.nothing_is_left_to_overwrite();
    disk.fill();
    assert_eq!(world.start().await, Err(Code::DiskFull));
    assert!(world.client.app.app_state().await.unwrap().rotations.is_empty());
    disk.make_room();
    world.client.host.die_at("rotation: after test", 0);
    world.start().await.unwrap();
    world.client.host.died().await;
    world.nothing_is_left_to_overwrite();
    disk.fill();
    let world = world.reopened().await;
    world.until_waits(RotationReason::DiskFull).await;
    assert_eq!(world.call().await, 1);
    disk.make_room();
    world.ended(2, "opened on a full disk").await;
    world.servers.stop().await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_systems_own_keychain_that_is_locked_in_the_middle_of_a_replacement_is_waited_for() {
    let _alone = alone().await;
    unlock();
    let service = format!("ownkey-replacing-{}", ClientId::random(ownkey_tests::device::now()));
    let folder = tempfile::tempdir().unwrap();
    let provider = Provider::Anthropic;
    let keychain = Arc::new(SystemKeychain::new(&service));
    let mut world = Replacing::begin(provider, folder.path().join("app"), keychain).await;
    for (version, point) in
        (2..).zip(["rotation: before test", "rotation: before push", "rotation: before prove old dead"])
    {
        world.client.host.hold_at(point);
        world.start().await.unwrap();
        let new = world.servers.sims.control().make_key(simulated(provider), ACCOUNT, KeySpec::default());
        world.client.host.copy(&new.text);
        world.until(|view| view.wait.as_ref().is_some_and(|wait| wait.kind == RotationWaitKind::NewKey)).await;
        while world.client.app.rotation_paste(world.connection.clone()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::select! {
            () = world.client.host.held() => {}
            view = world.play() => panic!("{point} is not reached: {view:?}"),
        }
        lock().await;
        world.client.host.go();
        let view = world.until_waits(RotationReason::KeychainLocked).await;
        assert_eq!(world.call().await, runs(version, view.runs_on), "{point}: calls run on");
        unlock();
        world.ended(version, point).await;
        world.old = Some(new.id);
    }
    world.client.app.forget_keys().await.unwrap();
    world.servers.stop().await.unwrap();
}
