//! Rotations one after the other while assistants call without a pause: whether a call failed, was cut or was billed to
//! another account, how much slower calls are meanwhile, and how long a rotation takes.

mod load;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use ownkey_app::fault::Fault;
use ownkey_app::wire::{RotationState, RotationView};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::check;
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::Http;
use ownkey_providers::make::openai::{self, Journal, Step};
use ownkey_secret::Secret;
use serde::Serialize;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use load::{Load, Phase, Tally};

use super::{median, milliseconds};
use crate::client::{Headless, MemoryKeychain};
use crate::servers::{Servers, simulated};

/// The account whose key is replaced, and the one of another client that calls meanwhile and must not be billed for it.
const ACCOUNT: &str = "Own account";
const NEIGHBOUR: &str = "Account of the neighbour";
/// Callers of each client.
const CALLERS: usize = 8;
const NEIGHBOURS: usize = 2;
/// Between two rotations: calls that begin in the first and last part count for neither side, those between them outside.
const SETTLE: Duration = Duration::from_millis(20);
const QUIET: Duration = Duration::from_millis(80);
/// The provider is asked the same without Ownkey once in so many rotations.
const DIRECTLY: usize = 20;
/// The longest that a rotation may take.
const ROTATION: Duration = Duration::from_secs(90);

/// What was measured. Times in milliseconds.
#[derive(Debug, Serialize)]
pub struct Rotations {
    /// Rotations that were asked for.
    pub wanted: usize,
    /// Rotations that came to *Done* before the time was over.
    pub rotations: usize,
    /// Calls of both clients.
    pub calls: usize,
    /// Those of them that were streamed.
    pub streams: usize,
    /// Calls of the rotated connection that were running when a rotation was clicked or done, or began meanwhile.
    pub calls_during: usize,
    /// Calls that were not answered, or not with success.
    pub failed: usize,
    /// Answers that began and did not come to their end.
    pub cut: usize,
    /// Answers that said somebody else paid, and what the provider booked on an account beyond its own client's calls.
    pub wrong_account: usize,
    /// All but 1 % of the calls that began during a rotation took less: to the end of a whole answer, to the first event
    /// of a stream.
    pub p99_ms: f64,
    /// The same of those between rotations.
    pub p99_outside_ms: f64,
    /// The first by the second.
    pub p99_ratio: f64,
    /// Half of each.
    pub p50_ms: f64,
    /// Half of those between rotations.
    pub p50_outside_ms: f64,
    /// Median from *Replace* to *Done*.
    pub click_to_done_ms: f64,
    /// Of the slowest 1 %.
    pub click_to_done_p99_ms: f64,
    /// Median of what the provider takes of it: the same questions asked directly under the same load.
    pub provider_ms: f64,
    /// The first less the second: what Ownkey adds.
    pub ownkey_ms: f64,
    /// Medians of the first and the last tenth of the rotations: whether a longer record makes them slower.
    pub first_tenth_ms: f64,
    /// The last tenth.
    pub last_tenth_ms: f64,
    /// When each step was done, after the click, in the order of the room; medians.
    pub steps: Vec<(String, f64)>,
}

/// Rotates `wanted` times, or until `limit` is over.
///
/// # Errors
/// When a rotation does not come to *Done*.
pub async fn rotation(wanted: usize, limit: Duration) -> Result<Rotations> {
    let servers = Servers::start(&["Bench", "Neighbour"]).await?;
    servers.set_platform_keys()?; // so that a call for which the platform pays would show
    let [bench, neighbour] = servers.clients.as_slice() else { bail!("two clients") };
    let rotated = Headless::open(&servers, "bench", Arc::new(MemoryKeychain::default()))?;
    rotated.join(&bench.invite).await?;
    let admin = rotated.have_made(&servers, ACCOUNT).await?;
    let other = Headless::open(&servers, "neighbour", Arc::new(MemoryKeychain::default()))?;
    other.join(&neighbour.invite).await?;
    other.connect(&servers, Provider::OpenAi, NEIGHBOUR).await?;
    let direct = Direct::new(&servers, &admin).await?;
    let following: Vec<_> = [&rotated, &other].map(|headless| headless.app.clone()).into();
    // On a thread of its own: the app waits for its disk where it stands, and not in the agency's process.
    let apps = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut follow = JoinSet::new();
    following.into_iter().for_each(|app| drop(follow.spawn_on(async move { app.follow().await }, apps.handle())));

    let load = Arc::new(Load::new(&servers)?);
    let mut callers = JoinSet::new();
    for (client, account, count) in [(bench, ACCOUNT, CALLERS), (neighbour, NEIGHBOUR, NEIGHBOURS)] {
        for caller in 0..count {
            let token = client.assistants[caller % client.assistants.len()].token.clone();
            callers.spawn(load.clone().keep_calling(token, account, caller));
        }
    }
    let rotated = apps.spawn(rotate(rotated, direct, load.clone(), wanted, limit)).await?;
    load.enter(Phase::Over);
    let mut told: HashMap<&str, Tally> = HashMap::new();
    while let Some(ended) = callers.join_next().await {
        let (account, tally) = ended?;
        told.entry(account).or_default().add(tally);
    }
    follow.shutdown().await;
    apps.shutdown_background();
    let booked = billed(&servers);
    servers.stop().await?;
    figures(wanted, rotated?, &told, &booked)
}

/// What the rotations took.
#[derive(Default)]
struct Took {
    whole: Vec<f64>,
    provider: Vec<f64>,
    steps: Vec<(String, Vec<f64>)>,
}

async fn rotate(
    headless: Headless,
    mut direct: Direct,
    load: Arc<Load>,
    wanted: usize,
    limit: Duration,
) -> Result<Took> {
    let begun = Instant::now();
    let mut took = Took::default();
    let state = headless.app.app_state().await.map_err(told)?;
    let connection = state.connections.first().context("a connection")?.id.clone();
    while took.whole.len() < wanted && begun.elapsed() < limit {
        load.enter(Phase::Neither);
        if took.whole.len().is_multiple_of(DIRECTLY) {
            took.provider.push(direct.rotation().await?);
        }
        tokio::time::sleep(SETTLE).await;
        load.enter(Phase::Outside);
        tokio::time::sleep(QUIET).await;
        load.enter(Phase::Neither);
        tokio::time::sleep(SETTLE).await;
        load.enter(Phase::Rotation);
        let click = Instant::now();
        headless.app.rotation_start(connection.clone(), false).await.map_err(told)?;
        let done = done(&headless, &connection).await.with_context(|| format!("rotation {}", took.whole.len() + 1))?;
        took.whole.push(milliseconds(click));
        load.enter(Phase::Neither);
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

/// What a rotation asks of the provider, asked without Ownkey: a key and its journal that are replaced each time.
struct Direct {
    http: Http,
    endpoints: Endpoints,
    admin: Secret,
    journal: Journal,
    secret: Secret,
    number: usize,
}

impl Direct {
    async fn new(servers: &Servers, admin: &str) -> Result<Self> {
        let (http, endpoints) = (Http::new()?, servers.endpoints()?);
        let admin = Secret::new(admin.as_bytes().to_vec())?;
        let journal = Journal::new("Directly", "directly 0", Provider::OpenAi.uses());
        let (journal, secret) = make(&http, &endpoints, &admin, journal).await?;
        Ok(Self { http, endpoints, admin, journal, secret, number: 0 })
    }

    /// The old key as the app checks it before; the new one made, checked by the app and by the agency; the old one
    /// revoked, and proven dead.
    async fn rotation(&mut self) -> Result<f64> {
        let (http, endpoints, uses) = (&self.http, &self.endpoints, Provider::OpenAi.uses());
        self.number += 1;
        let journal = self.journal.next(format!("directly {}", self.number)).context("a new name")?;
        let begun = Instant::now();
        check::check(http, endpoints, Provider::OpenAi, &self.secret, uses).await;
        let (journal, secret) = make(http, endpoints, &self.admin, journal).await?;
        for _ in ["the app", "the agency"] {
            check::check(http, endpoints, Provider::OpenAi, &secret, uses).await;
        }
        let revoked = openai::revoke_made(http, endpoints, &self.admin, &self.journal).await;
        revoked.map_err(|why| anyhow!("not revoked: {why:?}"))?;
        let dead = check::check(http, endpoints, Provider::OpenAi, &self.secret, &[]).await;
        let took = milliseconds(begun);
        ensure!(dead.refused_for_good() == Some(true), "a revoked key is not refused");
        (self.journal, self.secret) = (journal, secret);
        Ok(took)
    }
}

async fn make(http: &Http, endpoints: &Endpoints, admin: &Secret, mut journal: Journal) -> Result<(Journal, Secret)> {
    loop {
        match openai::advance(http, endpoints, admin, journal).await {
            Ok(Step::Went(next)) => journal = next,
            Ok(Step::Made { journal, secret }) => return Ok((journal, secret)),
            Err(why) => bail!("no key could be made: {why:?}"),
        }
    }
}

/// Chat completions that the provider booked, by the name of the account.
fn billed(servers: &Servers) -> HashMap<String, usize> {
    let provider = simulated(Provider::OpenAi);
    let control = servers.sims.control();
    let names: HashMap<String, String> =
        control.accounts(provider).into_iter().map(|(id, name)| (id.0, name)).collect();
    let mut booked = HashMap::new();
    for row in control.ledger(provider).into_iter().filter(|row| row.billed && row.route.ends_with("/chat/completions"))
    {
        let name = row.account.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        *booked.entry(name).or_default() += 1;
    }
    booked
}

/// What was booked on each account beyond the calls of its own client.
fn wrongly_booked(told: &HashMap<&str, Tally>, booked: &HashMap<String, usize>) -> usize {
    let own = |name: &str| told.get(name).map_or(0, |tally| tally.calls);
    booked.iter().map(|(name, count)| count.saturating_sub(own(name))).sum()
}

fn figures(
    wanted: usize,
    mut took: Took,
    told: &HashMap<&str, Tally>,
    booked: &HashMap<String, usize>,
) -> Result<Rotations> {
    let sum = |count: fn(&Tally) -> usize| told.values().map(count).sum();
    let own = told.get(ACCOUNT).context("nobody called")?;
    let (during, outside) = (sorted(&own.during), sorted(&own.outside));
    let (p99_ms, p99_outside_ms) = (part(&during, 0.99), part(&outside, 0.99));
    let rotations = took.whole.len();
    let tenth = rotations.div_ceil(10);
    let [first, last] = [&took.whole[..tenth], &took.whole[rotations - tenth..]].map(<[f64]>::to_vec);
    let (click_to_done_ms, provider_ms) = (median(took.whole.clone()), median(std::mem::take(&mut took.provider)));
    let foreign: usize = sum(|tally| tally.foreign);
    Ok(Rotations {
        wanted,
        rotations,
        calls: sum(|tally| tally.calls),
        streams: sum(|tally| tally.streams),
        calls_during: during.len(),
        failed: sum(|tally| tally.failed),
        cut: sum(|tally| tally.cut),
        wrong_account: foreign.max(wrongly_booked(told, booked)),
        p99_ms,
        p99_outside_ms,
        p99_ratio: p99_ms / p99_outside_ms,
        p50_ms: part(&during, 0.5),
        p50_outside_ms: part(&outside, 0.5),
        click_to_done_ms,
        click_to_done_p99_ms: part(&sorted(&took.whole), 0.99),
        provider_ms,
        ownkey_ms: (click_to_done_ms - provider_ms).max(0.0),
        first_tenth_ms: median(first),
        last_tenth_ms: median(last),
        steps: took.steps.into_iter().map(|(name, times)| (name, median(times))).collect(),
    })
}

fn sorted(figures: &[f64]) -> Vec<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The figure below which this part of the sorted ones is.
fn part(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place).or(sorted.last()).copied().unwrap_or_default()
}

fn told(fault: Fault) -> anyhow::Error {
    anyhow!("{fault}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_booked_beyond_a_clients_own_calls_is_wrong() {
        let tally = |calls| Tally { calls, ..Tally::default() };
        let told = HashMap::from([(ACCOUNT, tally(5)), (NEIGHBOUR, tally(3))]);
        let booked = |own, neighbour, platform| {
            HashMap::from(
                [(ACCOUNT, own), (NEIGHBOUR, neighbour), ("Platform", platform)].map(|(n, c)| (n.to_owned(), c)),
            )
        };
        assert_eq!(wrongly_booked(&told, &booked(5, 3, 0)), 0);
        assert_eq!(wrongly_booked(&told, &booked(4, 4, 0)), 1);
        assert_eq!(wrongly_booked(&told, &booked(4, 3, 2)), 2);
    }

    #[test]
    fn all_but_one_in_a_hundred_are_below() {
        let figures: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((part(&figures, 0.99), part(&figures, 0.5), part(&[], 0.99)), (199.0, 101.0, 0.0));
    }
}
