//! A client with one connection whose key is to be replaced, an assistant that calls, and what can be looked at.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ownkey_agency::operator::{self, Command};
use ownkey_app::Setup;
use ownkey_app::wire::{RotationState, RotationView, RotationWaitKind};
use ownkey_demo::assistants::http;
use ownkey_demo::client::{Headless, HeadlessHost, MemoryKeychain, open_when_free};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::act::{Act, Deed};
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::record::Leaf;
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_provider_sim::{Control, KeyKind, KeySpec, KeyStanding, KeyState, MadeKey, Provider as Sim};
use ownkey_providers::endpoints::Endpoints;
use reqwest::{Client, Response};
use tokio::task::JoinHandle;

use crate::calls::{self, Shape};
use crate::network::{Line, Network};

/// The account whose keys are replaced.
pub(crate) const ACCOUNT: &str = "Own account";

pub(crate) struct World {
    pub(crate) servers: Servers,
    pub(crate) client: Headless,
    pub(crate) provider: Provider,
    /// Id of the key that a person made, empty where Ownkey made it.
    pub(crate) first_key: String,
    connection: String,
    http: Client,
    driven: Option<JoinHandle<()>>,
    /// The new key that the person has made, once there is one: the same is pasted again after a crash.
    made: Mutex<Option<MadeKey>>,
}

impl World {
    async fn open(provider: Provider) -> Self {
        Self::of(Servers::start(&["Café Morgenrot"]).await.unwrap(), provider).await
    }

    async fn of(servers: Servers, provider: Provider) -> Self {
        let endpoints = servers.endpoints().unwrap();
        Self::with(servers, provider, endpoints).await
    }

    async fn with(servers: Servers, provider: Provider, endpoints: Endpoints) -> Self {
        let folder = servers.folder.path().join("apps/client");
        let client = Headless::open_at(folder, endpoints, Arc::new(MemoryKeychain::default())).unwrap();
        client.join(&servers.clients[0].invite).await.unwrap();
        let (first_key, connection, http) = (String::new(), String::new(), http().unwrap());
        let driven = Some(drive(&client));
        Self { servers, client, provider, first_key, connection, http, driven, made: Mutex::default() }
    }

    /// Connected with a key that a person made.
    pub(crate) async fn connected(provider: Provider) -> Self {
        Self::open(provider).await.by_hand().await
    }

    /// The same, and all that goes to the agency goes through a network that can be cut.
    pub(crate) async fn connected_through(network: &Network) -> Self {
        let servers = Servers::start_behind(&network.origin, &["Café Morgenrot"]).await.unwrap();
        network.leads_to(servers.address);
        Self::of(servers, Provider::Anthropic).await.by_hand().await
    }

    /// By hand, or at OpenAI with a key that Ownkey made, on a computer whose network can be cut.
    pub(crate) async fn on(line: &Line, provider: Provider) -> Self {
        let servers = Servers::start_behind(&line.to_agency.origin, &["Café Morgenrot"]).await.unwrap();
        line.to_agency.leads_to(servers.address);
        let providers = servers.sims.origin(simulated(provider));
        line.to_provider.leads_to(providers.trim_start_matches("http://").parse().unwrap());
        let endpoints = servers.endpoints().unwrap().overridden(provider, &line.to_provider.origin).unwrap();
        let world = Self::with(servers, provider, endpoints).await;
        if provider == Provider::OpenAi { world.made().await } else { world.by_hand().await }
    }

    async fn by_hand(mut self) -> Self {
        self.first_key = self.client.connect(&self.servers, self.provider, ACCOUNT).await.unwrap();
        self.named().await
    }

    /// Connected at OpenAI with a key that Ownkey made, by an admin key that stays on the computer.
    pub(crate) async fn made_for_me() -> Self {
        Self::open(Provider::OpenAi).await.made().await
    }

    async fn made(self) -> Self {
        self.client.have_made(&self.servers, ACCOUNT).await.unwrap();
        self.named().await
    }

    async fn named(mut self) -> Self {
        let state = self.client.app.app_state().await.unwrap();
        self.connection = state.connections[0].id.clone();
        self
    }

    pub(crate) fn control(&self) -> &Control {
        self.servers.sims.control()
    }

    pub(crate) fn simulated(&self) -> Sim {
        simulated(self.provider)
    }

    pub(crate) fn connection(&self) -> String {
        self.connection.clone()
    }

    /// The person presses *Replace*, or *It may have leaked*.
    pub(crate) async fn begin(&self, leaked: bool) {
        self.client.app.rotation_start(self.connection(), leaked).await.unwrap();
    }

    pub(crate) fn new_key(&self, account: &str) -> MadeKey {
        self.control().make_key(simulated(self.provider), account, KeySpec::default())
    }

    pub(crate) async fn paste(&self, key: &MadeKey) {
        self.client.host.copy(&key.text);
        self.until_waits_for(RotationWaitKind::NewKey).await;
        match self.client.app.rotation_paste(self.connection()).await {
            Err(fault) if fault.code == Code::AmbiguousKey => {
                self.client.app.rotation_paste(self.connection()).await.unwrap();
            }
            pasted => pasted.unwrap(),
        }
    }

    /// A new key of the same account; its id.
    pub(crate) async fn paste_new_key(&self) -> String {
        let key = self.new_key(ACCOUNT);
        self.paste(&key).await;
        key.id
    }

    /// The person revokes the old key on the provider's page.
    pub(crate) fn revoke_old(&self) {
        assert!(self.control().revoke_key(simulated(self.provider), &self.first_key));
    }

    pub(crate) async fn view(&self) -> RotationView {
        let state = self.client.app.app_state().await.unwrap();
        state.rotations.into_iter().find(|view| view.connection == self.connection).expect("a rotation")
    }

    /// Waits until the window would show this.
    pub(crate) async fn until(&self, shows: impl Fn(&RotationView) -> bool) -> RotationView {
        self.until_within(Duration::from_secs(30), shows).await
    }

    pub(crate) async fn until_within(&self, long: Duration, shows: impl Fn(&RotationView) -> bool) -> RotationView {
        let waiting = async {
            loop {
                let view = self.view().await;
                if shows(&view) {
                    return view;
                }
                self.client.host.news().await;
            }
        };
        match tokio::time::timeout(long, waiting).await {
            Ok(view) => view,
            Err(_) => panic!("{}: it stays at {:#?}", self.provider, self.view().await),
        }
    }

    pub(crate) async fn until_waits_for(&self, kind: RotationWaitKind) -> RotationView {
        self.until(|view| view.wait.as_ref().is_some_and(|wait| wait.kind == kind)).await
    }

    pub(crate) async fn until_over(&self) -> RotationView {
        self.until(|view| matches!(view.state, RotationState::Done | RotationState::Abandoned)).await
    }

    /// Waits until the record says that this computer has the connection for itself.
    pub(crate) async fn until_leased(&self) {
        for _ in 0..500 {
            if self.deeds().iter().any(|deed| matches!(deed, Deed::RotationLease { .. })) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no lease: {:#?}", self.view().await);
    }

    /// The agency says what happens without a working key; the platform could pay.
    pub(crate) fn falls_back(&self, fallback: Fallback) {
        self.servers.set_platform_keys().unwrap();
        let client = self.servers.clients[0].id;
        for r#use in self.provider.uses() {
            let set = Command::FallbackSet { client, r#use: *r#use, fallback, until: None, cap: None };
            operator::run(&self.servers.agency, "Mara", set).unwrap();
        }
    }

    async fn ask(&self, shape: Shape) -> Response {
        self.try_ask(shape).await.unwrap()
    }

    async fn try_ask(&self, shape: Shape) -> reqwest::Result<Response> {
        self.try_ask_by(self.assistant(), shape).await
    }

    /// The assistant that calls, as its place among all.
    pub(crate) fn assistant(&self) -> usize {
        let fits = |uses: &[Use]| uses.iter().any(|used| self.provider.uses().contains(used));
        self.servers.clients[0].assistants.iter().position(|one| fits(&one.uses)).unwrap()
    }

    /// The version on which a call of this assistant ran.
    pub(crate) async fn call_of(&self, assistant: usize) -> String {
        let answer = self.try_ask_by(assistant, Shape::Whole).await.unwrap();
        assert!(answer.status().is_success(), "{}: {}", self.provider, answer.status());
        let version = answer.headers()["ownkey-key-version"].to_str().unwrap().to_owned();
        answer.bytes().await.unwrap();
        version
    }

    async fn try_ask_by(&self, assistant: usize, shape: Shape) -> reqwest::Result<Response> {
        let token = &self.servers.clients[0].assistants[assistant].token;
        let gateway = format!("http://{}/gateway", self.servers.address);
        calls::call(&self.http, &gateway, token, self.provider, shape).send().await
    }

    /// What an assistant's call is answered.
    pub(crate) async fn answer(&self) -> Response {
        self.ask(Shape::Whole).await
    }

    /// A stream, once its first piece has come.
    pub(crate) async fn stream(&self) -> Response {
        let mut answer = self.ask(Shape::Streamed).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.chunk().await.unwrap().is_some());
        answer
    }

    /// Who pays for a call of an assistant now.
    pub(crate) async fn payer(&self) -> String {
        let answer = self.answer().await;
        assert!(answer.status().is_success(), "{}: {}", self.provider, answer.status());
        answer.headers()["ownkey-paid-by"].to_str().unwrap().to_owned()
    }

    /// A call of an assistant; the version that it ran on.
    pub(crate) async fn call(&self) -> String {
        let answer = self.answer().await;
        assert!(answer.status().is_success(), "{}: {}", self.provider, answer.status());
        let version = answer.headers()["ownkey-key-version"].to_str().unwrap().to_owned();
        answer.bytes().await.unwrap();
        version
    }

    /// Calls go on, and none fails, until one runs on this version.
    pub(crate) async fn call_until_version(&self, version: u32) {
        let calling = async { while self.call().await != version.to_string() {} };
        if tokio::time::timeout(Duration::from_secs(20), calling).await.is_err() {
            panic!("no call on version {version}: {:#?}", self.view().await);
        }
    }

    /// Ids of the account's work keys that the provider accepts.
    pub(crate) fn living_keys(&self) -> Vec<String> {
        let accounts = self.control().accounts(self.simulated());
        let (own, _) = accounts.into_iter().find(|(_, name)| name == ACCOUNT).unwrap();
        let keys = self.control().keys(self.simulated()).into_iter();
        let lives = |k: &KeyState| k.account == own && k.kind == KeyKind::Work && k.state == KeyStanding::Live;
        keys.filter(lives).map(|k| k.id).collect()
    }

    /// The admin key is revoked at the provider.
    pub(crate) fn revoke_admin(&self) {
        let keys = self.control().keys(self.simulated());
        let admin = keys.into_iter().find(|k| k.kind == KeyKind::Admin).unwrap();
        assert!(self.control().revoke_key(self.simulated(), &admin.id));
    }

    /// Work keys in the keychain.
    pub(crate) fn kept_keys(&self) -> Vec<String> {
        self.client.keychain.names().into_iter().filter(|name| name.starts_with("key/")).collect()
    }

    /// Everything on the client's record.
    pub(crate) fn deeds(&self) -> Vec<Deed> {
        let leaves = self.servers.agency.store.leaves(self.servers.clients[0].id, 0, 1_000).unwrap();
        let deed = |leaf: &Vec<u8>| {
            let envelope = Envelope::parse(&Leaf::parse(leaf).unwrap().envelope.0).unwrap();
            Act::parse(&envelope).unwrap().deed
        };
        leaves.iter().map(deed).collect()
    }

    /// The person does what the window asks for, and the assistants go on calling, until the rotation is over.
    pub(crate) async fn play(&self) -> RotationView {
        let playing = async {
            loop {
                let view = self.view().await;
                let asked = view.wait.as_ref().map(|wait| wait.kind).filter(|kind| self.has_asked(*kind));
                match asked {
                    _ if matches!(view.state, RotationState::Done | RotationState::Abandoned) => return view,
                    _ if view.state == RotationState::Stuck => panic!("it stands still: {view:#?}"),
                    Some(RotationWaitKind::NewKey) => self.play_paste().await,
                    Some(RotationWaitKind::OldRevoked) => {
                        self.revoke_old();
                        self.client.app.rotation_revoked(self.connection()).await.unwrap();
                    }
                    Some(RotationWaitKind::NewRevoked) => {
                        let made = self.made.lock().unwrap().clone();
                        if let Some(made) = made {
                            self.control().revoke_key(self.simulated(), &made.id);
                        }
                        self.client.app.rotation_revoked(self.connection()).await.unwrap();
                    }
                    // Calls on a leaked key are cut at once, whichever part of their answer is on its way.
                    _ if view.leaked => drop(self.try_ask(Shape::Whole).await),
                    _ => drop(self.call().await),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), playing).await {
            Ok(view) => view,
            Err(_) => panic!("{}: it stays at {:#?}", self.provider, self.view().await),
        }
    }

    /// Slower than the app: what it asks for is done once it has come to ask.
    fn has_asked(&self, kind: RotationWaitKind) -> bool {
        let point = match kind {
            RotationWaitKind::NewKey => "rotation: before ask for key",
            RotationWaitKind::OldRevoked => "rotation: before ask to revoke old",
            RotationWaitKind::NewRevoked => "rotation: before ask to revoke new",
            _ => return true,
        };
        self.client.host.points().contains(&point)
    }

    async fn play_paste(&self) {
        let made = self.made.lock().unwrap().get_or_insert_with(|| self.new_key(ACCOUNT)).clone();
        self.paste(&made).await;
    }

    /// The computer is dead; the app is opened again in the same folder and on the same keychain, and goes on.
    pub(crate) async fn reopened(self) -> Self {
        let mut world = self.reopened_idle().await;
        world.wake();
        world
    }

    /// The app goes on by itself from here.
    pub(crate) fn wake(&mut self) {
        self.driven.get_or_insert_with(|| drive(&self.client));
    }

    /// As [`Self::reopened`], but nothing goes on before [`Self::wake`].
    pub(crate) async fn reopened_idle(self) -> Self {
        let Self { servers, client, provider, first_key, connection, http, driven, made } = self;
        if let Some(driven) = driven {
            driven.abort();
            let _aborted = driven.await;
        }
        let Headless { app, keychain, .. } = client;
        drop(app);
        let host = HeadlessHost::default();
        let data_dir = servers.folder.path().join("apps/client");
        let endpoints = servers.endpoints().unwrap();
        let setup = Setup { data_dir, endpoints, name: "Ownkey (demo)".to_owned(), practice_keys: true };
        let app = open_when_free(&host, setup, keychain.clone()).await.unwrap();
        app.start().await.unwrap();
        let client = Headless { app, host, keychain };
        Self { servers, client, provider, first_key, connection, http, driven: None, made }
    }

    pub(crate) async fn end(self) {
        if let Some(driven) = self.driven {
            driven.abort();
        }
        self.servers.stop().await.unwrap();
    }
}

fn drive(client: &Headless) -> JoinHandle<()> {
    let app = client.app.clone();
    tokio::spawn(async move { app.follow().await })
}
