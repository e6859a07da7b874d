//! The clients' apps: one rotates its connection again and again, the other only follows its agency.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use ownkey_app::fault::Fault;
use ownkey_app::wire::{RotationState, RotationView};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::endpoints::Endpoints;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::direct::Direct;
use super::parts::{self, clock};
use crate::bench::milliseconds;
use crate::client::{Headless, MemoryKeychain};

/// Between two rotations. Calls that begin in the first and last part count for neither side, those between them for the
/// time outside: about as many as during a rotation.
const SETTLE: Duration = Duration::from_millis(20);
const QUIET: Duration = Duration::from_millis(200);
/// The provider is asked the same without Ownkey once in so many rotations.
const DIRECTLY: usize = 20;
/// The longest that a rotation may take.
const ROTATION: Duration = Duration::from_secs(90);

/// What is to be done.
#[derive(Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) folder: PathBuf,
    /// Where the provider is.
    pub(super) openai: String,
    /// The invitation of the client whose key is replaced, and its admin key.
    pub(super) rotated: (String, String),
    /// The invitation of the other client, and its key.
    pub(super) neighbour: (String, String),
    pub(super) wanted: usize,
    pub(super) limit: Duration,
}

/// What came of it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Took {
    /// From *Replace* to *Done*, in milliseconds.
    pub(super) whole: Vec<f64>,
    /// What the provider takes of it.
    pub(super) provider: Vec<f64>,
    /// When each step was done, after the click.
    pub(super) steps: Vec<(String, Vec<f64>)>,
    /// The rotations, and the times without one, on the clock that all parts share.
    pub(super) rotations: Vec<(i64, i64)>,
    pub(super) quiet: Vec<(i64, i64)>,
}

/// Connects both clients, says so, and rotates when it is told to.
pub(super) async fn play() -> Result<()> {
    let told: Told = parts::told().await?;
    let endpoints = Endpoints::default().overridden(Provider::OpenAi, &told.openai)?;
    let open =
        |name: &str| Headless::open_at(told.folder.join(name), endpoints.clone(), Arc::new(MemoryKeychain::default()));
    let (rotated, neighbour) = (open("bench")?, open("neighbour")?);
    rotated.join(&told.rotated.0).await?;
    rotated.have_made_with(&told.rotated.1).await?;
    neighbour.join(&told.neighbour.0).await?;
    neighbour.connect_with(Provider::OpenAi, &told.neighbour.1).await?;
    let direct = Direct::new(endpoints.clone(), &told.rotated.1).await?;
    let mut follow = JoinSet::new();
    for app in [rotated.app.clone(), neighbour.app.clone()] {
        follow.spawn(async move { app.follow().await });
    }
    parts::answer(&"connected")?;
    parts::told_to_go_on().await?;
    parts::answer(&rotate(&rotated, direct, told.wanted, told.limit).await?)?;
    follow.shutdown().await;
    Ok(())
}

async fn rotate(headless: &Headless, mut direct: Direct, wanted: usize, limit: Duration) -> Result<Took> {
    let begun = Instant::now();
    let mut took = Took::default();
    let state = headless.app.app_state().await.map_err(told)?;
    let connection = state.connections.first().context("a connection")?.id.clone();
    while took.whole.len() < wanted && begun.elapsed() < limit {
        if took.whole.len().is_multiple_of(DIRECTLY) {
            took.provider.push(direct.rotation().await?);
        }
        tokio::time::sleep(SETTLE).await;
        let quiet = clock();
        tokio::time::sleep(QUIET).await;
        took.quiet.push((quiet, clock()));
        tokio::time::sleep(SETTLE).await;
        let (click, from) = (Instant::now(), clock());
        headless.app.rotation_start(connection.clone(), false).await.map_err(told)?;
        let done = done(headless, &connection).await.with_context(|| format!("rotation {}", took.whole.len() + 1))?;
        took.whole.push(milliseconds(click));
        took.rotations.push((from, clock()));
        took.steps(&done)?;
        headless.app.rotation_close(connection.clone()).await.map_err(told)?;
    }
    Ok(took)
}

/// Waits until the window would show *Done*.
async fn done(headless: &Headless, connection: &str) -> Result<RotationView> {
    let waiting = async {
        loop {
            let state = headless.app.app_state().await.map_err(told)?;
            let view = state.rotations.into_iter().find(|r| r.connection == connection).context("no rotation")?;
            match view.state {
                RotationState::Done => return Ok(view),
                RotationState::Stuck | RotationState::Abandoned => bail!("it did not come to its end: {view:?}"),
                _ => headless.host.news().await,
            }
        }
    };
    tokio::time::timeout(ROTATION, waiting).await.context("it takes too long")?
}

impl Took {
    fn steps(&mut self, view: &RotationView) -> Result<()> {
        let from: ownkey_protocol::instant::Instant = view.started.parse()?;
        let steps = view.steps.iter().map(|step| (format!("{:?}", step.name), step.at.clone()));
        let ended = ("Ended".to_owned(), view.report.as_ref().map(|report| report.ended.clone()));
        for (place, (name, at)) in steps.chain([ended]).enumerate() {
            let at: ownkey_protocol::instant::Instant = at.with_context(|| format!("{name} has no time"))?.parse()?;
            if self.steps.len() <= place {
                self.steps.push((name, Vec::new()));
            }
            self.steps[place].1.push(at.millis_since(from) as f64);
        }
        Ok(())
    }
}

fn told(fault: Fault) -> anyhow::Error {
    anyhow!("{fault}")
}
