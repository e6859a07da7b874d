//! Connect as a person walks it, from wherever the app says that it is; in this process, or in one that is going to be
//! killed on the way.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use ownkey_app::fault::Fault;
use ownkey_app::keychain::SystemKeychain;
use ownkey_app::wire::{ConnectStep, ConnectView, How, ModelPick, ReceiptOutcome};
use ownkey_app::{App, Setup, connect_points};
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::endpoints::Endpoints;
use serde::{Deserialize, Serialize};

use crate::client::{HeadlessHost, open_when_free};

/// A connection on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Journey {
    /// The connection.
    pub id: String,
    /// Pasted, or made with an admin key.
    pub how: How,
    /// The practice key that the person pastes.
    pub key: String,
    /// For which uses it is put to use.
    pub uses: Vec<Use>,
    /// Where the person changes their mind and discards it, if they do.
    #[serde(default)]
    pub discards_at: Option<ConnectStep>,
}

/// What a step did.
enum Step {
    Went,
    Waits,
    Arrived,
}

fn told(fault: Fault) -> anyhow::Error {
    anyhow!("{fault}")
}

impl Journey {
    /// Goes on until the key is in use, or discarded.
    ///
    /// # Errors
    /// When a step does not go as it should, or the journey does not end.
    pub async fn go_on(&self, app: &Arc<App<HeadlessHost>>, host: &HeadlessHost) -> Result<()> {
        for _ in 0..400 {
            let state = app.app_state().await.map_err(told)?;
            let draft = state.drafts.iter().find(|d| d.id == self.id);
            if draft.is_none() && self.discards_at.is_some() {
                return Ok(());
            }
            let draft = draft.context("the connection is gone")?;
            match self.step(app, host, draft).await? {
                Step::Arrived => return Ok(()),
                Step::Went => {}
                Step::Waits => {
                    tokio::time::sleep(Duration::from_millis(25)).await;
                    let _offline = app.sync().await;
                }
            }
        }
        bail!("the journey did not end")
    }

    async fn step(&self, app: &Arc<App<HeadlessHost>>, host: &HeadlessHost, draft: &ConnectView) -> Result<Step> {
        let id = draft.id.clone();
        if self.discards_at == Some(draft.step) {
            app.connect_discard(id).await.map_err(told)?;
            return Ok(Step::Went);
        }
        match draft.step {
            ConnectStep::How => app.connect_how(id, self.how).await,
            ConnectStep::Key if self.how == How::MadeForMe => {
                if draft.key.is_none() {
                    host.copy(&self.key);
                    app.connect_paste(id.clone()).await.map_err(told)?;
                }
                app.connect_make(id, false).await
            }
            ConnectStep::Key => {
                host.copy(&self.key);
                app.connect_paste(id).await
            }
            ConnectStep::Check if draft.check.is_none() => app.connect_check(id).await,
            ConnectStep::Check if draft.picks.iter().all(|p| p.model.is_none()) && !draft.models.is_empty() => {
                let model = |r#use: &Use| draft.models.iter().find(|m| m.uses.contains(r#use)).map(|m| m.id.clone());
                let picks = self.uses.iter().map(|u| ModelPick { r#use: *u, model: model(u) }).collect();
                app.connect_pick(id, picks).await
            }
            ConnectStep::Check => app.connect_review(id).await,
            ConnectStep::Review => app.connect_send(id).await,
            ConnectStep::Confirm => {
                let outcome = draft.receipt.as_ref().map(|r| r.outcome);
                ensure!(outcome != Some(ReceiptOutcome::Refused), "the agency refuses the key");
                return Ok(Step::Waits);
            }
            ConnectStep::Try if draft.trial.as_ref().is_some_and(|t| t.since.is_none()) => app.connect_try(id).await,
            ConnectStep::Try | ConnectStep::Use => app.connect_use(id, self.uses.clone(), self.uses.clone()).await,
            ConnectStep::Done => return Ok(Step::Arrived),
        }
        .map_err(told)?;
        Ok(Step::Went)
    }
}

/// A journey that does not end: the process that walks it stops at a point, and is killed there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Doomed {
    /// The journey.
    pub journey: Journey,
    /// Where the app keeps its things.
    pub data_dir: PathBuf,
    /// Under which service its keychain entries go.
    pub keychain_service: String,
    /// Where the providers are.
    pub providers: BTreeMap<Provider, String>,
    /// One of [`connect_points`].
    pub point: String,
    /// How often the point is passed before the journey stops at it.
    pub nth: usize,
}

impl Doomed {
    /// Opens the app where it was, on the system's keychain.
    ///
    /// # Errors
    /// As the engine's.
    pub async fn open(&self, host: &HeadlessHost) -> Result<Arc<App<HeadlessHost>>> {
        let endpoints = self.providers.iter().try_fold(Endpoints::default(), |e, (p, at)| e.overridden(*p, at))?;
        let setup =
            Setup { data_dir: self.data_dir.clone(), endpoints, name: "Ownkey (demo)".to_owned(), practice_keys: true };
        open_when_free(host, setup, Arc::new(SystemKeychain::new(&self.keychain_service))).await
    }

    /// Walks; true when the point was reached, where everything stands still and waits to be killed; false when the
    /// journey ended without reaching it.
    ///
    /// # Errors
    /// When there is no such point, or a step does not go as it should.
    pub async fn walk(&self) -> Result<bool> {
        let point = connect_points.iter().find(|p| **p == self.point).context("no such point")?;
        let host = HeadlessHost::default();
        host.die_at(point, self.nth);
        let app = self.open(&host).await?;
        app.start().await.map_err(told)?;
        tokio::select! {
            () = host.died() => Ok(true),
            done = self.journey.go_on(&app, &host) => done.map(|()| false),
        }
    }
}
