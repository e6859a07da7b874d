//! Memory and start of the window, beside an empty Tauri window's, in one run.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use ownkey_app::Setup;
use ownkey_app::keychain::SystemKeychain;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::KeySpec;
use serde::Serialize;

use super::screen::Screen;
use super::{median, tree};
use crate::client::{HeadlessHost, confirmed, open_when_free};
use crate::servers::{Servers, simulated};

/// How long a window is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(5);
/// An installed app's identifier: names its data folder and its keychain service.
const INSTALLED: &str = "app.ownkey.desktop";

/// What was measured: medians, and Ownkey's divided by the empty window's.
#[derive(Debug, Serialize)]
pub struct Start {
    /// How often each window was started, by turns.
    pub runs: usize,
    /// From `exec` to the first frame with data, in milliseconds.
    pub start_ms: f64,
    /// The same of the empty window.
    pub empty_start_ms: f64,
    /// Bar: 1.25.
    pub start_ratio: f64,
    /// Proportional set size of the process tree after five idle seconds, in MB.
    pub memory_mb: f64,
    /// The same of the empty window.
    pub empty_memory_mb: f64,
    /// Bar: 1.15.
    pub memory_ratio: f64,
}

/// Starts the release build of the window at `app`, with a client's data and its agency running, and the empty window at
/// `empty`, by turns. Needs a display and a keychain of its own.
///
/// # Errors
/// When a window does not appear, or the system does not tell a process's memory (root may always read it).
pub async fn start(app: &Path, empty: &Path, runs: usize) -> Result<Start> {
    let servers = Servers::start(&["Bench"]).await?;
    let home = servers.folder.path().join("home");
    data(&servers, &home.join(INSTALLED)).await?;
    let mut measured = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
    for _ in 0..runs {
        for (window, (starts, memories)) in [app, empty].into_iter().zip(&mut measured) {
            let (window, home) = (window.to_owned(), home.clone());
            let (start, memory) = tokio::task::spawn_blocking(move || once(&window, &home)).await??;
            starts.push(start.as_secs_f64() * 1_000.0);
            memories.push(memory);
        }
    }
    servers.stop().await?;
    let [(start, memory), (empty_start, empty_memory)] = measured.map(|(s, m)| (median(s), median(m)));
    Ok(Start {
        runs,
        start_ms: start,
        empty_start_ms: empty_start,
        start_ratio: start / empty_start,
        memory_mb: memory,
        empty_memory_mb: empty_memory,
        memory_ratio: memory / empty_memory,
    })
}

/// A client with a connected account, as an installed app would keep it.
async fn data(servers: &Servers, folder: &Path) -> Result<()> {
    let told = |fault: ownkey_app::fault::Fault| anyhow!("{fault}");
    let setup = Setup {
        data_dir: folder.to_owned(),
        endpoints: servers.endpoints()?,
        name: "Ownkey".to_owned(),
        practice_keys: false,
    };
    let host = HeadlessHost::default();
    let app = open_when_free(&host, setup, Arc::new(SystemKeychain::new(INSTALLED))).await?;
    let invite = &servers.clients.first().context("a client")?.invite;
    app.join_accept(invite.clone(), "Bench".to_owned()).await.map_err(told)?;
    let key = servers.sims.control().make_key(simulated(Provider::OpenAi), "Bench", KeySpec::default());
    host.copy(&key.text);
    let uses = vec![Use::Chat];
    let id = app.connect_start(Provider::OpenAi, uses.clone()).await.map_err(told)?;
    app.connect_paste(id.clone()).await.map_err(told)?;
    app.connect_review(id.clone()).await.map_err(told)?;
    app.connect_send(id.clone()).await.map_err(told)?;
    confirmed(&app, &id).await?;
    app.connect_skip_try(id.clone()).await.map_err(told)?;
    app.connect_use(id.clone(), uses.clone(), uses).await.map_err(told)?;
    app.connect_close(id).await.map_err(told)
}

/// One start: the time to its first frame with data, and its memory in MB.
fn once(window: &Path, home: &Path) -> Result<(Duration, f64)> {
    let screen = Screen::open()?;
    let begun = Instant::now();
    let child = Command::new(window).env("XDG_DATA_HOME", home).stderr(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let running = Running(child);
    let start = screen.drawn_after(begun, IDLE)?;
    Ok((start, memory(running.0.id())?))
}

/// Ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _ended_already = self.0.wait();
    }
}

/// Proportional set size of a process and all that it started, in MB.
fn memory(root: u32) -> Result<f64> {
    let mut kilobytes = 0.0;
    for process in tree(root) {
        let file = PathBuf::from(format!("/proc/{process}/smaps_rollup"));
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("{}: only root may read it", file.display()))?;
        let pss = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
        kilobytes += pss.trim().trim_end_matches(" kB").trim().parse::<f64>()?;
    }
    Ok(kilobytes / 1_024.0)
}
