//! Five simulated providers and an agency with clients, assistants and invites.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use ownkey_agency::Agency;
use ownkey_agency::config::{Config, MOST_CALLS};
use ownkey_agency::operator::{self, Command};
use ownkey_agency::serve::{Tls, serve};
use ownkey_protocol::id::{AssistantId, ClientId};
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Host, KeySpec, Sims, SimsConfig};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::hosts;
use ownkey_secret::Secret;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The simulator's name for a provider.
#[must_use]
pub fn simulated(provider: Provider) -> ownkey_provider_sim::Provider {
    match provider {
        Provider::OpenAi => ownkey_provider_sim::Provider::OpenAi,
        Provider::Anthropic => ownkey_provider_sim::Provider::Anthropic,
        Provider::Gemini => ownkey_provider_sim::Provider::Gemini,
        Provider::Stability => ownkey_provider_sim::Provider::Stability,
        Provider::Replicate => ownkey_provider_sim::Provider::Replicate,
    }
}

/// A running agency beside simulated providers.
pub struct Servers {
    /// The providers.
    pub sims: Sims,
    /// The agency.
    pub agency: Arc<Agency>,
    /// Its address, e.g. `http://127.0.0.1:4000`.
    pub origin: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its clients.
    pub clients: Vec<PracticeClient>,
    /// Everything that is on disk.
    pub folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<anyhow::Result<()>>,
}

/// A client with its assistants and a fresh invite.
#[derive(Debug, Clone, Serialize)]
pub struct PracticeClient {
    /// `cl_…`
    pub id: ClientId,
    /// Name.
    pub name: String,
    /// Its assistants.
    pub assistants: Vec<PracticeAssistant>,
    /// A join link for its first owner.
    #[serde(skip)]
    pub invite: String,
}

/// An assistant with its token.
#[derive(Debug, Clone, Serialize)]
pub struct PracticeAssistant {
    /// `as_…`
    pub id: AssistantId,
    /// Name.
    pub name: String,
    /// Whether new keys may be tried on it.
    pub low_stakes: bool,
    /// Uses that it may call.
    pub uses: Vec<Use>,
    /// Its gateway token.
    pub token: String,
}

const ASSISTANTS: [(&str, &[Use], bool); 3] = [
    ("Newsletter drafts", &[Use::Chat, Use::Images, Use::Voice], true),
    ("Front desk", &[Use::Chat, Use::Voice], false),
    ("Studio", &[Use::Chat, Use::Images], false),
];

impl Servers {
    /// Starts everything, with one client per name.
    ///
    /// # Errors
    /// When a port or folder cannot be used.
    pub async fn start(names: &[&str]) -> anyhow::Result<Self> {
        Self::start_with(names, None).await
    }

    /// The same behind a certificate for `127.0.0.1`.
    ///
    /// # Errors
    /// When a port, a folder or the certificate cannot be used.
    pub async fn start_with(names: &[&str], tls: Option<Tls>) -> anyhow::Result<Self> {
        Self::start_in(&std::env::temp_dir(), names, tls).await
    }

    /// The same with everything that is on disk below `parent`.
    ///
    /// # Errors
    /// As [`Self::start_with`].
    pub async fn start_in(parent: &Path, names: &[&str], tls: Option<Tls>) -> anyhow::Result<Self> {
        Self::start_reached_at(None, parent, names, tls).await
    }

    /// As [`Self::start`], and everybody reaches the agency at `origin`, from where the way leads to [`Self::address`].
    ///
    /// # Errors
    /// As [`Self::start_with`].
    pub async fn start_behind(origin: &str, names: &[&str]) -> anyhow::Result<Self> {
        Self::start_reached_at(Some(origin), &std::env::temp_dir(), names, None).await
    }

    async fn start_reached_at(
        origin: Option<&str>,
        parent: &Path,
        names: &[&str],
        tls: Option<Tls>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("ownkey-demo-").tempdir_in(parent)?;
        let sims = Sims::start(SimsConfig::default()).await?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = listener.local_addr()?;
        let origin = origin.map_or_else(|| format!("{scheme}://{address}"), str::to_owned);
        let agency = Agency::open(Config {
            data_dir: folder.path().join("agency"),
            name: "Brightwork Studio".to_owned(),
            public_url: origin.clone(),
            contact: "Mara at Brightwork, +49 30 5550 0123".to_owned(),
            egress_addresses: vec!["127.0.0.1".to_owned()],
            most_calls: MOST_CALLS,
            endpoints: endpoints_of(&sims)?,
        })?;
        let (stop, stopped) = oneshot::channel::<()>();
        let until = async move {
            let _either_way = stopped.await;
        };
        let serving = tokio::spawn(serve(agency.clone(), listener, tls, until));
        let clients = names.iter().map(|name| client(&agency, name)).collect::<anyhow::Result<_>>()?;
        Ok(Self { sims, agency, origin, address, clients, folder, stop: Some(stop), serving })
    }

    /// Where the simulated providers are.
    ///
    /// # Errors
    /// Never: they are on loopback.
    pub fn endpoints(&self) -> anyhow::Result<Endpoints> {
        endpoints_of(&self.sims)
    }

    /// The one line that `--servers` prints.
    #[must_use]
    pub fn line(&self) -> Value {
        let sims: serde_json::Map<String, Value> =
            Provider::ALL.into_iter().map(|p| (p.as_str().to_owned(), json!(self.sims.origin(simulated(p))))).collect();
        json!({
            "gateway": format!("{}/gateway", self.origin),
            "agency": self.origin,
            "sims": sims,
            "clients": self.clients,
        })
    }

    /// Gives the agency an account of its own at every provider, so that the platform can pay.
    ///
    /// # Errors
    /// When a key cannot be sealed.
    pub fn set_platform_keys(&self) -> anyhow::Result<()> {
        for provider in Provider::ALL {
            let made = self.sims.control().make_key(simulated(provider), "Brightwork Studio", KeySpec::default());
            let secret = Secret::new(made.text.clone().into_bytes())?;
            operator::set_platform_key(&self.agency, "Mara", provider, &secret).map_err(|e| anyhow!(e))?;
        }
        Ok(())
    }

    /// A fresh invite for one more owner's device is not ours to make; this one is for the first owner.
    ///
    /// # Errors
    /// When the client has an owner already.
    pub fn invite(&self, client: ClientId, name: &str) -> anyhow::Result<String> {
        let made = run(&self.agency, Command::Invite { client, name: name.to_owned() })?;
        text(&made, "link")
    }

    /// Stops everything and waits for it.
    ///
    /// # Errors
    /// When the server ended badly.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.end().await.map(drop)
    }

    /// As [`Self::stop`], and gives what is on disk once the agency has let go of it.
    ///
    /// # Errors
    /// As [`Self::stop`], or when somebody still holds the agency after five seconds.
    pub async fn leave(self) -> anyhow::Result<TempDir> {
        let (agency, folder) = self.end().await?;
        let_go(agency, folder).await
    }

    /// As [`Self::leave`], and the providers go on: another process can be the agency then.
    ///
    /// # Errors
    /// As [`Self::leave`].
    pub async fn leave_providers(self) -> anyhow::Result<(Sims, TempDir)> {
        let (agency, folder, sims) = self.end_agency().await?;
        Ok((sims, let_go(agency, folder).await?))
    }

    async fn end(self) -> anyhow::Result<(Arc<Agency>, TempDir)> {
        let (agency, folder, sims) = self.end_agency().await?;
        sims.stop().await;
        Ok((agency, folder))
    }

    async fn end_agency(mut self) -> anyhow::Result<(Arc<Agency>, TempDir, Sims)> {
        if let Some(stop) = self.stop.take() {
            let _gone_already = stop.send(());
        }
        match tokio::time::timeout(std::time::Duration::from_secs(10), &mut self.serving).await {
            Ok(done) => done??,
            Err(_) => self.serving.abort(),
        }
        Ok((self.agency, self.folder, self.sims))
    }
}

/// What is on disk, once nobody holds the agency any more.
async fn let_go(agency: Arc<Agency>, folder: TempDir) -> anyhow::Result<TempDir> {
    for _ in 0..500 {
        if Arc::strong_count(&agency) == 1 {
            return Ok(folder);
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    Err(anyhow!("the agency is still in use"))
}

/// Where simulated providers are, with their further hosts.
///
/// # Errors
/// Never: they are on loopback.
pub fn endpoints_of(sims: &Sims) -> anyhow::Result<Endpoints> {
    let endpoints = Provider::ALL.into_iter().try_fold(Endpoints::default(), |endpoints, p| {
        anyhow::Ok(endpoints.overridden(p, &sims.origin(simulated(p)))?)
    })?;
    let further = [("stream", Host::Stream), ("delivery", Host::Delivery), ("pbxt", Host::Delivery)];
    further.into_iter().try_fold(endpoints, |endpoints, (name, host)| {
        let known = hosts::named(Provider::Replicate, name).context("no such host")?;
        Ok(endpoints.host_overridden(known, &sims.host(host))?)
    })
}

fn run(agency: &Agency, command: Command) -> anyhow::Result<Value> {
    operator::run(agency, "Mara", command).map_err(|e| anyhow!(e))
}

fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    value[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"))
}

fn client(agency: &Agency, name: &str) -> anyhow::Result<PracticeClient> {
    let made = run(agency, Command::ClientAdd { name: name.to_owned() })?;
    let id: ClientId = text(&made, "client")?.parse()?;
    let mut assistants = Vec::new();
    for (assistant, uses, low_stakes) in ASSISTANTS {
        let command = Command::AssistantAdd { client: id, name: assistant.to_owned(), uses: uses.to_vec(), low_stakes };
        let made = run(agency, command)?;
        let assistant_id: AssistantId = text(&made, "assistant")?.parse()?;
        let token = run(
            agency,
            Command::AssistantToken { client: id, assistant: assistant_id, name: None, uses: None, expires: None },
        )?;
        assistants.push(PracticeAssistant {
            id: assistant_id,
            name: assistant.to_owned(),
            low_stakes,
            uses: uses.to_vec(),
            token: text(&token, "token")?,
        });
    }
    for r#use in Use::ALL {
        run(agency, Command::PlatformOffer { client: id, r#use, offered: true, until: None, cap: None })?;
    }
    let invite = run(agency, Command::Invite { client: id, name: "Anna Keller".to_owned() })?;
    Ok(PracticeClient { id, name: name.to_owned(), assistants, invite: text(&invite, "link")? })
}
