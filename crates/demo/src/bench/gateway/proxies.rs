//! What stands between the load and the provider, or is the provider: a process of its own, ended when dropped.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::{processor_time, tree};

/// Connections that call at the same time, and that read a stream.
const CONNECTIONS: (u32, u32) = (64, 16);
/// The longest that a program may take until it listens: LiteLLM loads for seconds, on a busy machine for many.
const START: Duration = Duration::from_secs(120);
/// How often it is looked whether a program is at rest.
const SETTLE: u32 = 20;

/// A running process tree and the address that calls go to.
pub(in crate::bench) struct Proxy {
    child: Child,
    /// Where it listens.
    pub port: u16,
    /// Where `wrk` sends its calls.
    pub url: String,
    /// What stands in the place of a key.
    pub token: String,
    /// More headers, `name=value;…`.
    pub headers: String,
    /// Connections that call at the same time, and that read a stream.
    pub connections: (u32, u32),
    /// Seconds of load before it is measured.
    pub warm: u32,
    /// How many times as long it is measured.
    pub longer: u32,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ended_already = Command::new("kill").arg(self.child.id().to_string()).status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

impl Proxy {
    /// Starts a program and waits until something listens on `port`.
    ///
    /// # Errors
    /// When nothing does within two minutes.
    pub(in crate::bench) fn start(command: &mut Command, port: u16, url: String) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn();
        let child = child.with_context(|| format!("{command:?}"))?;
        let (token, headers) = ("none".to_owned(), String::new());
        let mut proxy = Self { child, port, url, token, headers, connections: CONNECTIONS, warm: 1, longer: 1 };
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if begun.elapsed() > START || proxy.child.try_wait()?.is_some() {
                bail!("nothing listens: {command:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(proxy)
    }

    /// Its process.
    pub(in crate::bench) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time of the whole tree so far, in seconds.
    pub(in crate::bench) fn cpu(&self) -> f64 {
        tree(self.child.id()).into_iter().filter_map(processor_time).sum()
    }

    /// Waits, for a few seconds at most, until it does nothing more for calls that were cut off.
    pub(in crate::bench) fn settle(&self) {
        for _ in 0..SETTLE {
            let before = self.cpu();
            std::thread::sleep(Duration::from_millis(200));
            if self.cpu() - before < 0.02 {
                return;
            }
        }
    }

    /// The most memory that was ever resident since it started, in MB; of the whole tree.
    pub(in crate::bench) fn most_memory(&self) -> f64 {
        tree(self.child.id()).into_iter().filter_map(most_memory).sum()
    }
}

fn most_memory(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()? / 1_024.0)
}
