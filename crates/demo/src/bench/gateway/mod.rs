//! The gateway beside what else could stand there, in one run on one machine: nothing, nginx that adds a header, and
//! Ownkey's gateway with its book of calls. The provider answers at once (the worst case) and after 50 ms (as a provider
//! would).

mod load;
mod proxies;
mod upstream;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use ownkey_protocol::vocabulary::Provider;
use serde::Serialize;

use crate::client::{Headless, MemoryKeychain};
use crate::drive::free_port;
use crate::servers::Servers;
use load::Seen;
use proxies::{Proxy, nginx};

pub use upstream::serve as provider;

/// Connections that call at the same time.
const CONNECTIONS: u32 = 64;
/// Connections that read a stream at the same time.
const STREAMS: u32 = 16;

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
pub struct Measured {
    /// The case.
    pub case: &'static str,
    /// Half of the calls, in microseconds: directly, through nginx, through the gateway.
    pub p50_us: [f64; 3],
    /// All but one of a hundred calls, likewise.
    pub p99_us: [f64; 3],
    /// Calls per second, likewise.
    pub calls_per_second: [f64; 3],
    /// Processor time per call in microseconds: nginx, the gateway.
    pub cpu_us: [f64; 2],
    /// What the gateway adds to the time of half of the calls, divided by what nginx adds. Bar: 1.3.
    pub p50_ratio: f64,
    /// The same of all but one of a hundred calls. Bar: 1.5.
    pub p99_ratio: f64,
    /// The gateway's processor time per call, divided by nginx's. Bar: 2.
    pub cpu_vs_nginx: f64,
    /// The gateway's resident memory after the run, in MB.
    pub rss_mb: f64,
}

/// Measures every case for `seconds` each. `gateway` is the release build of `ownkey-agency`, `demo` of this program.
///
/// # Errors
/// When a program does not start, or a call fails.
pub async fn gateway(gateway: &Path, demo: &Path, seconds: u32) -> Result<Vec<Measured>> {
    let (gateway, demo) = (gateway.to_owned(), demo.to_owned());
    let (folder, token) = connected().await?;
    tokio::task::spawn_blocking(move || {
        CASES.iter().map(|case| measure(*case, &gateway, &demo, folder.path(), &token, seconds)).collect()
    })
    .await?
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

fn measure(case: Case, gateway: &Path, demo: &Path, folder: &Path, token: &str, seconds: u32) -> Result<Measured> {
    let port = free_port()?;
    let mut command = Command::new(demo);
    command.args(["--bench-provider", &format!("127.0.0.1:{port}"), "--bench-delay", &case.delay.to_string()]);
    let provider = Proxy::start(&mut command, port, format!("http://127.0.0.1:{port}/v1/chat/completions"))?;
    let (direct, _, _) = under_load(case, &provider, folder, seconds)?;
    let other = nginx(folder, port)?;
    let (through_nginx, nginx_cpu, _) = under_load(case, &other, folder, seconds)?;
    drop(other);
    let ours = ownkey(gateway, folder, port, token)?;
    let (through_ours, our_cpu, rss_mb) = under_load(case, &ours, folder, seconds)?;
    let added = |of: fn(&Seen) -> f64| (of(&through_ours) - of(&direct)) / (of(&through_nginx) - of(&direct));
    let all = [&direct, &through_nginx, &through_ours];
    #[allow(clippy::cast_precision_loss, reason = "far fewer calls than 2^52")]
    let per_second = |seen: &Seen| seen.calls as f64 / seen.seconds;
    Ok(Measured {
        case: case.name,
        p50_us: all.map(|seen| seen.p50_us),
        p99_us: all.map(|seen| seen.p99_us),
        calls_per_second: all.map(per_second),
        cpu_us: [nginx_cpu, our_cpu],
        p50_ratio: added(|seen| seen.p50_us),
        p99_ratio: added(|seen| seen.p99_us),
        cpu_vs_nginx: our_cpu / nginx_cpu,
        rss_mb,
    })
}

/// A short run to warm up, then the run that counts: what was seen, processor time per call in microseconds, memory in MB.
fn under_load(case: Case, proxy: &Proxy, folder: &Path, seconds: u32) -> Result<(Seen, f64, f64)> {
    let connections = if case.stream { STREAMS } else { CONNECTIONS };
    let run = |seconds| load::run(folder, &proxy.url, &proxy.token, &proxy.headers, case.stream, connections, seconds);
    run(1)?;
    let before = proxy.cpu();
    let seen = run(seconds)?;
    #[allow(clippy::cast_precision_loss, reason = "far fewer calls than 2^52")]
    let cpu = (proxy.cpu() - before) * 1e6 / seen.calls as f64;
    Ok((seen, cpu, proxy.resident()))
}

/// The gateway as it is shipped.
fn ownkey(program: &Path, folder: &Path, upstream: u16, token: &str) -> Result<Proxy> {
    let port = free_port()?;
    let origin = format!("http://127.0.0.1:{port}");
    let mut command = Command::new(program);
    command.arg("--data").arg(folder.join("agency"));
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--public-url", &origin]);
    command.args(["--name", "Bench", "--contact", "Bench", "--provider-origin"]);
    command.arg(format!("openai=http://127.0.0.1:{upstream}")).env("RUST_LOG", "warn");
    let mut proxy = Proxy::start(&mut command, port, format!("{origin}/gateway/openai/v1/chat/completions"))?;
    token.clone_into(&mut proxy.token);
    std::thread::sleep(Duration::from_millis(200));
    Ok(proxy)
}
