//! A client with one connection whose key is to be replaced, an assistant that calls, and what can be looked at.

use std::sync::Arc;
use std::time::Duration;

use ownkey_app::wire::{RotationState, RotationView, RotationWaitKind};
use ownkey_demo::assistants::http;
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Control, KeyKind, KeySpec, KeyStanding, MadeKey};
use reqwest::Client;
use tokio::task::JoinHandle;

use crate::calls::{self, Shape};

/// The account whose keys are replaced.
pub(crate) const ACCOUNT: &str = "Own account";

pub(crate) struct World {
    pub(crate) servers: Servers,
    pub(crate) client: Headless,
    pub(crate) provider: Provider,
    first_key: String,
    connection: String,
    http: Client,
    driven: JoinHandle<()>,
}

impl World {
    async fn open(provider: Provider) -> Self {
        let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
        let client = Headless::open(&servers, "client", Arc::new(MemoryKeychain::default())).unwrap();
        client.join(&servers.clients[0].invite).await.unwrap();
        let (first_key, connection, http) = (String::new(), String::new(), http().unwrap());
        let driven = drive(&client);
        Self { servers, client, provider, first_key, connection, http, driven }
    }

    /// Connected with a key that a person made.
    pub(crate) async fn connected(provider: Provider) -> Self {
        let mut world = Self::open(provider).await;
        world.first_key = world.client.connect(&world.servers, provider, ACCOUNT).await.unwrap();
        world.named().await
    }

    /// Connected at OpenAI with a key that Ownkey made, by an admin key that stays on the computer.
    pub(crate) async fn made_for_me() -> Self {
        let world = Self::open(Provider::OpenAi).await;
        world.client.have_made(&world.servers, ACCOUNT).await.unwrap();
        world.named().await
    }

    async fn named(mut self) -> Self {
        let state = self.client.app.app_state().await.unwrap();
        self.connection = state.connections[0].id.clone();
        self
    }

    pub(crate) fn control(&self) -> &Control {
        self.servers.sims.control()
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
        let waiting = async {
            loop {
                let view = self.view().await;
                if shows(&view) {
                    return view;
                }
                self.client.host.news().await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(30), waiting).await {
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

    /// A call of an assistant; the version that it ran on.
    pub(crate) async fn call(&self) -> String {
        let assistant = self.servers.clients[0].assistants.iter();
        let fits = |uses: &[Use]| uses.iter().any(|used| self.provider.uses().contains(used));
        let token = &assistant.clone().find(|a| fits(&a.uses)).unwrap().token;
        let gateway = format!("{}/gateway", self.servers.origin);
        let answer = calls::call(&self.http, &gateway, token, self.provider, Shape::Whole).send().await.unwrap();
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

    /// Ids of work keys that the provider accepts.
    pub(crate) fn living_keys(&self) -> Vec<String> {
        let keys = self.control().keys(simulated(self.provider)).into_iter();
        keys.filter(|k| k.kind == KeyKind::Work && k.state == KeyStanding::Live).map(|k| k.id).collect()
    }

    /// Work keys in the keychain.
    pub(crate) fn kept_keys(&self) -> Vec<String> {
        self.client.keychain.names().into_iter().filter(|name| name.starts_with("key/")).collect()
    }

    pub(crate) async fn end(self) {
        self.driven.abort();
        self.servers.stop().await.unwrap();
    }
}

fn drive(client: &Headless) -> JoinHandle<()> {
    let app = client.app.clone();
    tokio::spawn(async move { app.follow().await })
}
