//! The agency's server: it stores sealed copies, proves that they work, and runs the assistants' calls on the
//! client's own account.
//!
//! One [`Agency`] holds everything; the planes are thin: `plane` for clients' devices, `gateway` for assistants,
//! `operator` for the people who run it. Every change goes through [`accept::Record::accept`].

pub mod accept;
pub mod calls;
pub mod config;
pub mod gateway;
pub mod intake;
pub mod keys;
mod metrics;
mod news;
pub mod operator;
mod outgoing;
pub mod plane;
pub mod process;
pub mod proofs;
pub mod running;
pub mod serve;
pub mod spans;
pub mod store;
pub mod things;
pub mod vault;
pub mod webhook;

mod wrong_tries;

use std::sync::Arc;
use std::time::Duration;

use ownkey_protocol::act::Deed;
use ownkey_protocol::api::{ActAnswer, ActRequest, Named};
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant;
use ownkey_providers::http::Http;
use tokio::sync::{mpsc, watch};

use accept::{NotAccepted, Record};
use calls::Calls;
use config::Config;
use intake::Job;
use keys::{FileKeys, KeyHolder};
use metrics::Metrics;
use news::News;
use proofs::Proofs;
use running::RunningCalls;
use store::Store;
use things::Things;
use vault::{Opened, Vault};
use wrong_tries::WrongTries;

/// A running agency.
pub struct Agency {
    /// How it is set up.
    pub config: Config,
    /// The store.
    pub store: Arc<Store>,
    /// Its private keys, behind their trait.
    pub keys: Arc<dyn KeyHolder>,
    /// The folded clients.
    pub record: Arc<Record>,
    /// Opened secrets.
    pub vault: Vault,
    /// What calls made at the providers.
    pub things: Things,
    /// For calling providers in checks.
    pub http: Http,
    /// The book of calls.
    pub calls: Calls,
    /// The calls that run now, by the version that they run on.
    pub running: Arc<RunningCalls>,
    gateway: gateway::Gateway,
    proofs: Proofs,
    wrong_tries: WrongTries,
    jobs: mpsc::Sender<Job>,
    news: Arc<News>,
    metrics: Metrics,
    stop: watch::Sender<bool>,
}

impl Agency {
    /// Opens the agency in its folder; makes identity, keys and its own record at the first start.
    ///
    /// Must be called within a tokio runtime: intake and the gateway's bookkeeping run beside.
    ///
    /// # Errors
    /// When the folder is in use, was written by a newer version, or a key cannot be opened.
    pub fn open(config: Config) -> anyhow::Result<Arc<Self>> {
        let store = Arc::new(Store::open(&config.data_dir)?);
        let key_file = config.data_dir.join("keys").join("wrapping.key");
        let keys: Arc<dyn KeyHolder> = Arc::new(FileKeys::open(&store, &key_file, &config.name, intake::now())?);
        let (opened, running) = (Arc::new(Opened::default()), Arc::new(RunningCalls::default()));
        let record = Arc::new(Record::new(store.clone(), keys.clone(), opened.clone(), running.clone()));
        record.open_platform(&Named::new("setup"), &config.name, intake::now())?;
        let (jobs, inbox) = mpsc::channel(1_024);
        let (proofs, told) = Proofs::new();
        let news = Arc::new(News::default());
        let agency = Arc::new(Self {
            vault: Vault::new(store.clone(), keys.clone(), record.clone(), opened),
            things: Things::new(store.clone(), keys.clone()),
            http: Http::new()?,
            calls: Calls::open(&store.folder().join("db"), news.clone())?,
            gateway: gateway::Gateway::new()?,
            store,
            keys,
            record,
            config,
            proofs,
            wrong_tries: WrongTries::default(),
            jobs,
            news,
            metrics: Metrics::new(running.cut()),
            running,
            stop: watch::channel(false).0,
        });
        tokio::spawn(intake::work(agency.clone(), inbox));
        tokio::spawn(gateway::ask_again(agency.clone()));
        tokio::spawn(gateway::ask_retired_again(agency.clone()));
        tokio::spawn(gateway::tell_reached(agency.clone()));
        tokio::spawn(gateway::close_connections(agency.clone()));
        tokio::spawn(proofs::work(agency.clone(), told));
        tokio::spawn(running::cut_when_over(agency.clone()));
        tokio::spawn(renew_daily(agency.clone()));
        tokio::spawn(news::tell(agency.clone()));
        agency.look_at_what_waits()?;
        Ok(agency)
    }

    fn look_at_what_waits(&self) -> anyhow::Result<()> {
        for client in self.store.clients()? {
            match self.record.state(client) {
                Ok(state) => intake::waiting(&state).into_iter().for_each(|job| self.look(job)),
                Err(error) => {
                    tracing::error!(%client, %error, "this client's record does not verify; it is not served")
                }
            }
        }
        Ok(())
    }

    pub(crate) fn webhooks(&self) -> &webhook::Webhooks {
        &self.metrics.webhooks
    }

    /// The server's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        intake::now()
    }

    /// Accepts a device's act off the network's threads, and does what follows from it.
    ///
    /// # Errors
    /// [`NotAccepted`]; nothing was changed then.
    pub async fn accept(self: &Arc<Self>, client: ClientId, request: ActRequest) -> Result<ActAnswer, NotAccepted> {
        let agency = self.clone();
        let now = self.now();
        let done = tokio::task::spawn_blocking(move || {
            let (answer, deed) = agency.record.accept_first(client, &request, now)?;
            if let Some(deed) = deed {
                agency.follow(client, &deed);
            }
            Ok(answer)
        });
        done.await.unwrap_or_else(|_| {
            Err(ownkey_protocol::law::Refused { code: ownkey_protocol::code::Code::Unforeseen, cause: "panicked" }
                .into())
        })
    }

    /// What the agency does when an act was accepted for the first time.
    fn follow(&self, client: ClientId, deed: &Deed) {
        match deed {
            Deed::VersionPush { connection, version, .. } | Deed::CheckRequest { connection, version } => {
                self.look(Job { client, connection: *connection, version: *version });
            }
            _ => {}
        }
    }

    fn look(&self, job: Job) {
        if self.jobs.try_send(job).is_err() {
            tracing::warn!(client = %job.client, "intake is full; the version is looked at after the next start or on request");
        }
    }

    /// The provider could not be reached: once more in a minute.
    fn look_again_later(self: &Arc<Self>, job: Job) {
        let agency = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            agency.look(job);
        });
    }

    /// Rises with every call and finding that the app shows.
    #[must_use]
    pub fn calls_revision(&self, client: ClientId) -> u64 {
        self.news.revision(client)
    }

    /// A finding or a receipt came: the app should look again.
    pub fn moved(&self, client: ClientId) {
        self.news.moved(client);
    }

    /// Becomes true when the server stops.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Asks everything that runs to end.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// Renews the key set when half of its life is over: at the start, and once a day while the server runs.
async fn renew_daily(agency: Arc<Agency>) {
    let mut stopping = agency.stopping();
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(24 * 3_600)) => {}
            _ = stopping.changed() => return,
        }
        let renewing = agency.clone();
        let renewed = tokio::task::spawn_blocking(move || match renewing.keys.renew(renewing.now())? {
            Some(_) => Ok(renewing.record.log_keyset(&Named::new("renewal"), renewing.now())?),
            None => anyhow::Ok(()),
        });
        if let Ok(Err(error)) = renewed.await {
            tracing::error!(%error, "the key set could not be renewed");
        }
    }
}
