//! The agency's server as it is shipped: the program itself, as a process of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::Sims;
use serde_json::Value;

use crate::built;
use crate::leak::Tape;

/// A running `ownkey-agency serve`; killed when dropped.
pub struct Server {
    child: Child,
    serve: Command,
    /// Its origin, on loopback.
    pub origin: String,
    /// Everything that it printed, on both outputs.
    pub printed: Tape,
    data: PathBuf,
}

impl Server {
    /// Starts the server on `data`, with simulated providers and every line of its log.
    ///
    /// # Errors
    /// When it does not serve within ten seconds.
    pub async fn start(data: &Path, sims: &Sims) -> anyhow::Result<Self> {
        Self::start_at(data, sims, None).await
    }

    /// The same with a log of what is wrong alone, for many calls.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_quietly(data: &Path, sims: &Sims) -> anyhow::Result<Self> {
        Self::start_with(data, sims, None, "warn", &[]).await
    }

    /// The same with a clock that is `shift` seconds off (`+600`, `-600`).
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_at(data: &Path, sims: &Sims, shift: Option<&str>) -> anyhow::Result<Self> {
        Self::start_with(data, sims, shift, "trace", &[]).await
    }

    /// The same with further words for `serve`.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_told(data: &Path, sims: &Sims, more: &[&str]) -> anyhow::Result<Self> {
        Self::start_with(data, sims, None, "trace", more).await
    }

    /// The same, quiet, and everybody reaches it at `public`, from where the way leads to [`Self::origin`].
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_behind(data: &Path, sims: &Sims, public: &str) -> anyhow::Result<Self> {
        Self::start_as(data, sims, Some(public), None, "error", &[]).await
    }

    /// The same, and the clocks of both programs are those of `clock`.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_by(data: &Path, sims: &Sims, public: &str, clock: &Clock) -> anyhow::Result<Self> {
        let (port, mut serve) = Self::program(data, sims, Some(public), "error", &[])?;
        clock.tells(&mut serve);
        Self::run(data, port, serve).await
    }

    async fn start_with(
        data: &Path,
        sims: &Sims,
        shift: Option<&str>,
        log: &str,
        more: &[&str],
    ) -> anyhow::Result<Self> {
        Self::start_as(data, sims, None, shift, log, more).await
    }

    async fn start_as(
        data: &Path,
        sims: &Sims,
        public: Option<&str>,
        shift: Option<&str>,
        log: &str,
        more: &[&str],
    ) -> anyhow::Result<Self> {
        let (port, mut serve) = Self::program(data, sims, public, log, more)?;
        if let Some(shift) = shift {
            shift_clock(&mut serve, shift);
        }
        Self::run(data, port, serve).await
    }

    fn program(
        data: &Path,
        sims: &Sims,
        public: Option<&str>,
        log: &str,
        more: &[&str],
    ) -> anyhow::Result<(u16, Command)> {
        let port = own_port()?;
        let origin = format!("http://127.0.0.1:{port}");
        let mut serve = Command::new(built("ownkey-agency")?);
        serve.arg("--data").arg(data).args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        serve.args(["--public-url", public.unwrap_or(&origin)]);
        serve.args(["--name", "Brightwork Studio", "--contact", "Mara, +49 30 5550 0123"]);
        for provider in Provider::ALL {
            let simulated = format!("{provider}={}", sims.origin(simulated(provider)));
            serve.args(["--provider-origin", &simulated]);
        }
        serve.args(more);
        serve.env("RUST_LOG", log).env("RUST_BACKTRACE", "full");
        serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok((port, serve))
    }

    async fn run(data: &Path, port: u16, mut serve: Command) -> anyhow::Result<Self> {
        let printed = Tape::default();
        let child = started(&mut serve, &printed)?;
        let origin = format!("http://127.0.0.1:{port}");
        let server = Self { child, serve, origin, printed, data: data.to_owned() };
        server.serves().await?;
        Ok(server)
    }

    async fn serves(&self) -> anyhow::Result<()> {
        let http = crate::device::http(None)?;
        for _ in 0..1_000 {
            if http.get(format!("{}/v1/agency", self.origin)).send().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the server does not serve: {}", String::from_utf8_lossy(&self.printed.bytes()))
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where its things are.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// It is killed (SIGKILL) where it stands.
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// After [`Self::kill`]: the same program is started again on the same folder and port.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn revive(&mut self) -> anyhow::Result<()> {
        self.child = started(&mut self.serve, &self.printed)?;
        self.serves().await
    }

    /// Forgets the most memory that it ever had, and tells what it has: in kilobytes.
    ///
    /// # Errors
    /// Where the kernel does not tell (`/proc`).
    pub fn memory_from_now(&self) -> anyhow::Result<u64> {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?;
        self.memory("VmRSS:")
    }

    /// The most memory that it had since [`Self::memory_from_now`], in kilobytes.
    ///
    /// # Errors
    /// As there.
    pub fn most_memory(&self) -> anyhow::Result<u64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(name)).context("no such figure")?;
        Ok(line.split_whitespace().nth(1).context("no figure")?.parse()?)
    }

    /// A command of the operator's, with its answer as JSON. `input` goes to its standard input. What it prints is kept
    /// with what the server prints.
    ///
    /// # Errors
    /// When it fails.
    pub fn operator(&self, words: &[&str], input: Option<&str>) -> anyhow::Result<Value> {
        let mut command = Command::new(built("ownkey-agency")?);
        command.arg("--data").arg(&self.data).arg("--json").args(words).env("RUST_LOG", "trace");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("no input")?;
        stdin.write_all(input.unwrap_or_default().as_bytes())?;
        drop(stdin);
        let output = child.wait_with_output()?;
        self.printed.add(&output.stderr);
        self.printed.add(&output.stdout);
        if !output.status.success() {
            bail!("{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Ends the process by a signal and waits for its end: `KILL` as a power cut does, `ABRT` as a crash does.
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub fn end_by(mut self, signal: &str) -> anyhow::Result<Tape> {
        let sent = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status()?;
        anyhow::ensure!(sent.success(), "the server was not there any more");
        self.child.wait()?;
        Ok(self.printed.clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

/// A port that nobody listens on and no other caller in this process is given. Below the range from which the system
/// hands out ports by itself: a port of that range may be somebody else's before the server listens on it.
fn own_port() -> anyhow::Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 140)? * 100;
    for _ in 0..1_000 {
        let port = 18_000 + (own + NEXT.fetch_add(1, Ordering::Relaxed)) % 14_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free");
}

/// A program with a clock that is off. Not through the program `faketime`: it stays in between, and a signal would end it and
/// not the program.
pub fn shift_clock(program: &mut Command, shift: &str) {
    program.env("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1");
    program.env("FAKETIME", shift).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

/// A clock that programs go by, and that can be put forward and back while they run.
pub struct Clock(PathBuf);

impl Clock {
    /// A clock in this folder that is right.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn right(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let clock = Self(folder.join(name));
        clock.put(0)?;
        Ok(clock)
    }

    /// From now on it is off by so many seconds.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn put(&self, seconds: i64) -> anyhow::Result<()> {
        let next = self.0.with_extension("next");
        std::fs::write(&next, format!("{seconds:+}"))?;
        Ok(std::fs::rename(next, &self.0)?) // whoever looks finds the one or the other
    }

    /// A program goes by it.
    pub fn tells(&self, program: &mut Command) {
        program.env("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1");
        program.env("FAKETIME_TIMESTAMP_FILE", &self.0).env("FAKETIME_NO_CACHE", "1");
        program.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
}

fn started(serve: &mut Command, printed: &Tape) -> anyhow::Result<Child> {
    let mut child = serve.spawn()?;
    if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
        keep(out, printed.clone());
        keep(err, printed.clone());
    }
    Ok(child)
}

fn keep(mut from: impl std::io::Read + Send + 'static, to: Tape) {
    std::thread::spawn(move || {
        let mut writer = to;
        let _ends_with_the_process = std::io::copy(&mut from, &mut writer);
    });
}
