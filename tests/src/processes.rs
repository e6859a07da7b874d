//! An app and an agency, each a process of its own, with a connection whose key is to be replaced: what the person and the
//! assistants do, and what can be looked at from outside. The providers are simulated in the test's own process.

mod seen;

use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use ownkey_demo::lines::Opening;
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{KeyKind, KeySpec, MadeKey, Sims, SimsConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::device::http;
use crate::headless::Headless;
use crate::server::{Clock, Server};
use crate::shapes::{Shape, call};
use crate::way::Way;

/// The account whose keys are replaced.
pub const ACCOUNT: &str = "Own account";

/// How often what others do is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How long anything may take.
const LONG: Duration = Duration::from_secs(60);

/// One at a time: Debian's keyring daemon aborts when several of its clients die at once.
static KEYRING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Two processes and what is around them.
pub struct Processes {
    /// The simulated providers.
    pub sims: Sims,
    /// The agency.
    pub server: Server,
    /// The app's way to it.
    pub way: Way,
    /// The app.
    pub app: Headless,
    /// Where the app has its things.
    pub opening: Opening,
    /// Everything that is on disk.
    pub folder: TempDir,
    /// Which provider's key is replaced.
    pub provider: Provider,
    /// The connection.
    pub connection: String,
    /// Whether the assistants call.
    pub traffic: bool,
    /// The admin key, where Ownkey makes the keys.
    pub admin: Option<MadeKey>,
    /// By which clocks the programs go, where they can be put forward and back.
    pub clocks: Option<Clocks>,
    client: String,
    assistant: String,
    token: String,
    http: reqwest::Client,
    /// The key that a person made and that is in use.
    current: Option<MadeKey>,
    /// The key that the person has made to replace it: the same is pasted again after a crash.
    made: Mutex<Option<MadeKey>>,
}

/// The clocks of the two programs.
pub struct Clocks {
    /// The agency's.
    pub agency: Clock,
    /// That of the person's computer.
    pub computer: Clock,
}

/// A computer on which the person is not sitting now.
pub struct Computer {
    app: Headless,
    opening: Opening,
    made: Mutex<Option<MadeKey>>,
}

fn word(value: &Value, name: &str) -> Result<String> {
    value[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {value}"))
}

impl Processes {
    /// Both run, and a client has joined. `name` is of this world alone.
    async fn joined(name: &str, provider: Provider, timed: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (sims, way) = (Sims::start(SimsConfig::default()).await?, Way::start().await?);
        let clock = |name| Clock::right(folder.path(), name);
        let clocks =
            if timed { Some(Clocks { agency: clock("of-agency")?, computer: clock("of-computer")? }) } else { None };
        let data = folder.path().join("agency");
        let server = match &clocks {
            Some(clocks) => Server::start_by(&data, &sims, &way.origin, &clocks.agency).await?,
            None => Server::start_behind(&data, &sims, &way.origin).await?,
        };
        way.leads_to(server.origin.trim_start_matches("http://").parse()?);
        let client = word(&server.operator(&["client", "add", "Café Morgenrot"], None)?, "client")?;
        let mut add = vec!["assistant", "add", client.as_str(), "Front desk", "--low-stakes"];
        add.extend(provider.uses().iter().flat_map(|used| ["--use", used.as_str()]));
        let assistant = word(&server.operator(&add, None)?, "assistant")?;
        let token = word(&server.operator(&["assistant", "token", &client, &assistant], None)?, "token")?;
        let invite = word(&server.operator(&["invite", &client, "Anna"], None)?, "link")?;
        let opening = Opening {
            data_dir: folder.path().join("app"),
            keychain_service: format!("ownkey-{name}-{client}"),
            providers: Provider::ALL.iter().map(|p| (*p, sims.origin(simulated(*p)))).collect(),
            clipboard: folder.path().join("clipboard"),
        };
        let app = started(&opening, clocks.as_ref()).await?;
        app.call("join_accept", json!({ "link": invite, "device_name": "Computer" })).await?;
        let (connection, current, made, http) = (String::new(), None, Mutex::default(), http(None)?);
        let (client, traffic, admin) = (client.clone(), true, None);
        #[rustfmt::skip]
        let all = Self { sims, server, way, app, opening, folder, provider, connection, traffic, admin, clocks, client, assistant, token, http, current, made };
        Ok(all)
    }

    /// A key that the person made is in use.
    ///
    /// # Errors
    /// When a step does not go as it should.
    pub async fn by_hand(name: &str, provider: Provider) -> Result<Self> {
        Self::joined(name, provider, false).await?.with_key().await
    }

    /// The same, by clocks that can be put forward and back.
    ///
    /// # Errors
    /// When a step does not go as it should.
    pub async fn by_hand_timed(name: &str, provider: Provider) -> Result<Self> {
        Self::joined(name, provider, true).await?.with_key().await
    }

    async fn with_key(self) -> Result<Self> {
        let mut all = self;
        let provider = all.provider;
        let key = all.sims.control().make_key(simulated(provider), ACCOUNT, KeySpec::default());
        all.copy(&key)?;
        let id = all.begun().await?;
        all.app.call("connect_paste", json!({ "id": id })).await?;
        all.current = Some(key);
        all.put_to_use(id).await
    }

    /// A key that Ownkey made at OpenAI is in use; its admin key is in the keychain.
    ///
    /// # Errors
    /// When a step does not go as it should.
    pub async fn made_for_me(name: &str) -> Result<Self> {
        Self::joined(name, Provider::OpenAi, false).await?.with_made_key().await
    }

    /// The same, by clocks that can be put forward and back.
    ///
    /// # Errors
    /// When a step does not go as it should.
    pub async fn made_for_me_timed(name: &str) -> Result<Self> {
        Self::joined(name, Provider::OpenAi, true).await?.with_made_key().await
    }

    fn copy_admin_key(&mut self) -> Result<()> {
        let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
        let admin = self.sims.control().make_key(simulated(self.provider), ACCOUNT, spec);
        self.copy(&admin)?;
        self.admin = Some(admin);
        Ok(())
    }

    /// The person lets the app keep an admin key as well, so that it ends the old key itself.
    ///
    /// # Errors
    /// When it is not taken.
    pub async fn with_admin_key(mut self) -> Result<Self> {
        self.copy_admin_key()?;
        self.app.call("keep_admin_key", json!({ "provider": self.provider })).await?;
        Ok(self)
    }

    async fn with_made_key(self) -> Result<Self> {
        let mut all = self;
        all.copy_admin_key()?;
        let id = all.begun().await?;
        all.app.call("connect_how", json!({ "id": id, "how": "made_for_me" })).await?;
        all.app.call("connect_paste", json!({ "id": id })).await?;
        all.app.call("connect_make", json!({ "id": id, "keep_admin_key": true })).await?;
        all.put_to_use(id).await
    }

    async fn begun(&self) -> Result<String> {
        let start = json!({ "provider": self.provider, "uses": self.provider.uses() });
        let id = self.app.call("connect_start", start).await?;
        id.as_str().map(str::to_owned).context("no id")
    }

    async fn put_to_use(mut self, id: String) -> Result<Self> {
        let this = json!({ "id": id });
        self.app.call("connect_review", this.clone()).await?;
        self.app.call("connect_send", this.clone()).await?;
        self.confirmed(&id).await?;
        self.app.call("connect_skip_try", this.clone()).await?;
        let uses: &[Use] = self.provider.uses();
        self.app.call("connect_use", json!({ "id": id, "uses": uses, "preferred": uses })).await?;
        self.app.call("connect_close", this).await?;
        self.app.follow()?;
        self.connection = id;
        Ok(self)
    }

    async fn confirmed(&self, id: &str) -> Result<()> {
        let confirming = async {
            loop {
                let _offline = self.app.try_call("refresh", json!({})).await?;
                let state = self.app.call("app_state", json!({})).await?;
                let draft = state["drafts"].as_array().and_then(|all| all.iter().find(|draft| draft["id"] == id));
                if draft.is_some_and(|draft| draft["receipt"]["outcome"] == "works") {
                    return Ok(());
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(LONG, confirming).await.context("no receipt")?
    }

    fn copy(&self, key: &MadeKey) -> Result<()> {
        Ok(std::fs::write(&self.opening.clipboard, &key.text)?)
    }

    /// The app, which has been killed, is started again and goes on by itself; `shift` is how many seconds its clock is off.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn reopen(&mut self, shift: Option<&str>) -> Result<()> {
        self.reopen_idle(shift).await?;
        self.app.follow()
    }

    /// The same, and it does nothing by itself before it is told to follow.
    ///
    /// # Errors
    /// As [`Self::reopen`].
    pub async fn reopen_idle(&mut self, shift: Option<&str>) -> Result<()> {
        self.app = match shift {
            None => started(&self.opening, self.clocks.as_ref()).await?,
            shift => Headless::start(&self.opening, shift).await?,
        };
        Ok(())
    }

    /// Another owner, on a computer of his own that goes by the same clock. Nobody sits there yet.
    ///
    /// # Errors
    /// When he cannot be invited, or cannot join.
    pub async fn second(&self) -> Result<Computer> {
        let invite = self.app.call("invite_member", json!({ "name": "Ben", "role": "owner" })).await?;
        let opening = Opening {
            data_dir: self.folder.path().join("second"),
            keychain_service: format!("{}-second", self.opening.keychain_service),
            clipboard: self.folder.path().join("second-clipboard"),
            ..self.opening.clone()
        };
        let app = started(&opening, self.clocks.as_ref()).await?;
        app.call("join_accept", json!({ "link": word(&invite, "link")?, "device_name": "Second" })).await?;
        app.follow()?;
        Ok(Computer { app, opening, made: Mutex::default() })
    }

    /// From now on what a person does here is done on that other computer, and this one is the other.
    pub fn change_to(&mut self, other: &mut Computer) {
        std::mem::swap(&mut self.app, &mut other.app);
        std::mem::swap(&mut self.opening, &mut other.opening);
        std::mem::swap(&mut self.made, &mut other.made);
    }

    /// The app is killed (SIGKILL) where it stands.
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub async fn kill_app(&mut self) -> Result<()> {
        let _one_at_a_time = KEYRING.lock().await;
        self.app.kill()
    }

    /// The person presses *Replace*, or *It may have leaked*.
    ///
    /// # Errors
    /// As the command's.
    pub async fn begin(&self, leaked: bool) -> Result<()> {
        self.app.call("rotation_start", json!({ "connection": self.connection, "leaked": leaked })).await.map(drop)
    }

    /// A button of the rotation.
    ///
    /// # Errors
    /// As the command's.
    pub async fn press(&self, button: &str) -> Result<()> {
        self.app.call(button, json!({ "connection": self.connection })).await.map(drop)
    }

    /// The person chooses that the assistant runs on the new key before all do.
    ///
    /// # Errors
    /// As the command's.
    pub async fn tries_first(&self) -> Result<()> {
        let chosen = json!({ "connection": self.connection, "assistant": self.assistant });
        self.app.call("rotation_try", chosen).await.map(drop)
    }

    /// What the window shows of the rotation.
    ///
    /// # Errors
    /// When the app is gone.
    pub async fn view(&self) -> Result<Option<Value>> {
        let state = self.app.call("app_state", json!({})).await?;
        let all = state["rotations"].as_array().context("no rotations")?;
        Ok(all.iter().find(|view| view["connection"] == self.connection.as_str()).cloned())
    }

    /// Waits until the window shows that the rotation waits for this.
    ///
    /// # Errors
    /// When the app is gone.
    pub async fn waits_for(&self, kind: &str) -> Result<()> {
        while self.view().await?.is_none_or(|view| view["wait"]["kind"] != kind) {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Makes a key of an account, as a person does at the provider's page, and has it ready to be pasted.
    pub fn make_key(&self, account: &str) -> MadeKey {
        let key = self.sims.control().make_key(simulated(self.provider), account, KeySpec::default());
        *self.made() = Some(key.clone());
        key
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Option<MadeKey>> {
        self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The key that the person pasted last in this rotation.
    #[must_use]
    pub fn pasted(&self) -> Option<MadeKey> {
        self.made().clone()
    }

    /// The person does what the window asks for, and the assistants go on calling, until the rotation is over or stands
    /// still. Gives how it stands then.
    ///
    /// # Errors
    /// When it does not end, or a command fails.
    pub async fn play(&self) -> Result<String> {
        let playing = async {
            loop {
                let view = self.view().await?.context("no rotation")?;
                let state = word(&view, "state")?;
                if matches!(state.as_str(), "done" | "abandoned" | "stuck") {
                    return Ok(state);
                }
                self.do_what_it_asks(&view).await?;
                tokio::time::sleep(LOOK).await;
            }
        };
        match tokio::time::timeout(LONG, playing).await {
            Ok(played) => played,
            Err(_) => bail!("it stays at {:#?}", self.view().await?),
        }
    }

    async fn do_what_it_asks(&self, view: &Value) -> Result<()> {
        // Slower than the app: what it asks for is done once it has come to ask.
        let asked = |point: &str| self.app.points().iter().any(|at| at == point);
        match view["wait"]["kind"].as_str() {
            Some("new_key") if asked("rotation: before ask for key") => self.paste().await,
            Some("old_revoked") if asked("rotation: before ask to revoke old") => {
                self.revoke(self.current.as_ref());
                self.press("rotation_revoked").await
            }
            Some("new_revoked") if asked("rotation: before ask to revoke new") => {
                self.revoke(self.pasted().as_ref());
                self.press("rotation_revoked").await
            }
            _ if self.traffic => {
                let _may_be_cut_or_find_nobody = self.call().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn paste(&self) -> Result<()> {
        let made = self.pasted();
        self.copy(&made.unwrap_or_else(|| self.make_key(ACCOUNT)))?;
        self.press("rotation_paste").await
    }

    fn revoke(&self, key: Option<&MadeKey>) {
        if let Some(key) = key {
            self.sims.control().revoke_key(simulated(self.provider), &key.id);
        }
    }

    /// A call of an assistant; the version that it ran on.
    ///
    /// # Errors
    /// When it does not succeed.
    pub async fn call(&self) -> Result<String> {
        let gateway = format!("{}/gateway", self.server.origin);
        let answer = call(&self.http, &gateway, &self.token, self.provider, Shape::Whole).send().await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        let version = answer.headers().get("ownkey-key-version").context("no version")?.to_str()?.to_owned();
        answer.bytes().await?;
        Ok(version)
    }

    /// The rotation is over: its report is closed, and what it made is in use if it is done.
    ///
    /// # Errors
    /// As the command's.
    pub async fn close(&mut self) -> Result<()> {
        let done = self.view().await?.is_some_and(|view| view["state"] == "done");
        self.press("rotation_close").await?;
        let made = self.made().take();
        if done && made.is_some() {
            self.current = made;
        }
        Ok(())
    }
}

async fn started(opening: &Opening, clocks: Option<&Clocks>) -> Result<Headless> {
    match clocks {
        Some(clocks) => Headless::start_by(opening, &clocks.computer).await,
        None => Headless::start(opening, None).await,
    }
}
