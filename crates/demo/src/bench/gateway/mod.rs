//! The gateway beside what else could stand there, in one run on one machine: nothing, nginx that adds a header, Portkey's
//! gateway, the LiteLLM proxy, and Ownkey's gateway with its book of calls. The provider answers at once (the worst case)
//! and after 50 ms (as a provider would). Then the gateway's memory with very many connections and very many streams.

mod held;
mod load;
pub(in crate::bench) mod proxies;
mod stands;
mod upstream;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use ownkey_protocol::vocabulary::Provider;
use serde::Serialize;

use crate::client::{Headless, MemoryKeychain};
use crate::servers::Servers;
pub use held::Held;
use load::Seen;
use proxies::Proxy;
pub use stands::Programs;

pub use upstream::{Pace, serve as provider};

/// One case: how fast the provider answers, and what.
#[derive(Debug, Clone, Copy)]
struct Case {
    name: &'static str,
    delay: u64,
    stream: bool,
}

const CASES: [Case; 4] = [
    Case { name: "body, at once", delay: 0, stream: false },
    Case { name: "body, after 50 ms", delay: 50, stream: false },
    Case { name: "stream, at once", delay: 0, stream: true },
    Case { name: "stream, after 50 ms", delay: 50, stream: true },
];

/// What was measured in one case.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// Of calls.
    Calls(Calls),
    /// Of connections that are held.
    Held(Held),
}

/// What was measured of calls.
#[derive(Debug, Serialize)]
pub struct Calls {
    /// The case.
    pub case: &'static str,
    /// Half of the calls, in microseconds: directly, through nginx, through the gateway.
    pub p50_us: [f64; 3],
    /// All but one of a hundred calls, likewise.
    pub p99_us: [f64; 3],
    /// Calls per second: directly, nginx, the gateway, Portkey, LiteLLM.
    pub calls_per_second: [f64; 5],
    /// Processor time per call in microseconds: nginx, the gateway, Portkey, LiteLLM.
    pub cpu_us: [f64; 4],
    /// What the gateway adds to the time of half of the calls, divided by what nginx adds. Bar: 1.3. None where nginx adds
    /// nothing that could be measured.
    pub p50_ratio: Option<f64>,
    /// The same of all but one of a hundred calls. Bar: 1.5.
    pub p99_ratio: Option<f64>,
    /// The gateway's processor time per call, divided by nginx's. Bar: 2.
    pub cpu_vs_nginx: f64,
    /// The same by that of Portkey's gateway. Bar: 1/30.
    pub cpu_vs_portkey: f64,
    /// The same by the LiteLLM proxy's. Bar: 1/200.
    pub cpu_vs_litellm: f64,
    /// The most memory of the gateway that was resident at any time, in MB.
    pub rss_mb: f64,
}

/// Measures every case for `seconds` each.
///
/// # Errors
/// When a program does not start, or a call fails.
pub async fn gateway(programs: Programs, seconds: u32) -> Result<Vec<Measured>> {
    let (folder, token) = connected().await?;
    let place = folder.path().to_owned();
    let (beside, with) = (programs.clone(), token.clone());
    let calls = tokio::task::spawn_blocking(move || {
        CASES.iter().map(|case| measure(*case, &beside, &place, &with, seconds)).collect::<Result<Vec<_>>>()
    });
    let mut measured: Vec<Measured> = calls.await??.into_iter().map(Measured::Calls).collect();
    let held = held::measure(&programs, folder.path(), &token).await?;
    measured.extend(held.into_iter().map(Measured::Held));
    Ok(measured)
}

/// The agency's folder with a client whose OpenAI account is connected, and the token of an assistant of it.
async fn connected() -> Result<(tempfile::TempDir, String)> {
    let servers = Servers::start(&["Bench"]).await?;
    let headless = Headless::open(&servers, "bench", Arc::new(MemoryKeychain::default()))?;
    let client = servers.clients.first().context("a client")?.clone();
    headless.join(&client.invite).await?;
    headless.connect(&servers, Provider::OpenAi, "Bench").await?;
    let token = client.assistants.first().context("an assistant")?.token.clone();
    drop(headless);
    Ok((servers.leave().await?, token))
}

/// What one stand was seen to do.
struct Stood {
    seen: Seen,
    per_second: f64,
    cpu_us: f64,
    memory: f64,
}

fn measure(case: Case, programs: &Programs, folder: &Path, token: &str, seconds: u32) -> Result<Calls> {
    let provider = stands::provider(&programs.demo, case.delay, 0)?;
    let upstream = provider.port;
    let stood = |proxy: &Proxy| under_load(case, proxy, folder, seconds);
    let direct = stood(&provider)?;
    let nginx = stood(&stands::nginx(folder, upstream)?)?;
    let ours = stood(&stands::ownkey(&programs.agency, folder, upstream, token)?)?;
    let portkey = stood(&stands::portkey(&programs.portkey, upstream)?)?;
    let litellm = stood(&stands::litellm(&programs.litellm, folder, upstream)?)?;
    let three = [&direct, &nginx, &ours];
    Ok(Calls {
        case: case.name,
        p50_us: three.map(|stood| stood.seen.p50_us),
        p99_us: three.map(|stood| stood.seen.p99_us),
        calls_per_second: [&direct, &nginx, &ours, &portkey, &litellm].map(|stood| stood.per_second),
        cpu_us: [&nginx, &ours, &portkey, &litellm].map(|stood| stood.cpu_us),
        p50_ratio: added(three.map(|stood| stood.seen.p50_us)),
        p99_ratio: added(three.map(|stood| stood.seen.p99_us)),
        cpu_vs_nginx: ours.cpu_us / nginx.cpu_us,
        cpu_vs_portkey: ours.cpu_us / portkey.cpu_us,
        cpu_vs_litellm: ours.cpu_us / litellm.cpu_us,
        rss_mb: ours.memory,
    })
}

/// What the gateway adds, divided by what nginx adds; `None` where nginx was no slower than nothing at all.
fn added([direct, nginx, ours]: [f64; 3]) -> Option<f64> {
    (nginx > direct).then(|| (ours - direct) / (nginx - direct))
}

/// A short run to warm up, then the run that counts.
fn under_load(case: Case, proxy: &Proxy, folder: &Path, seconds: u32) -> Result<Stood> {
    load::run(folder, proxy, case.stream, proxy.warm)?;
    proxy.settle();
    let before = proxy.cpu();
    let seen = load::run(folder, proxy, case.stream, seconds * proxy.longer)?;
    #[allow(clippy::cast_precision_loss, reason = "far fewer calls than 2^52")]
    let calls = seen.calls as f64;
    let cpu_us = (proxy.cpu() - before) * 1e6 / calls;
    Ok(Stood { seen, per_second: calls / seen.seconds, cpu_us, memory: proxy.most_memory() })
}

#[cfg(test)]
mod tests {
    use super::added;

    #[test]
    fn what_is_added_is_a_ratio_only_where_nginx_adds_something() {
        assert_eq!(added([100.0, 200.0, 300.0]), Some(2.0));
        assert_eq!(added([100.0, 90.0, 80.0]), None, "less by less would look like a bar that is met");
    }
}
