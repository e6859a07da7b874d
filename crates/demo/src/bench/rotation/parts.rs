//! The parts of the bench that are processes of their own: this program again, told on its standard input what to do.
//! It answers in lines; another line on its input tells it to go on.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{app, calls};

/// One part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The clients' apps; one of them rotates.
    App,
    /// The assistants.
    Calls,
}

impl FromStr for Part {
    type Err = anyhow::Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "app" => Ok(Self::App),
            "calls" => Ok(Self::Calls),
            other => bail!("no such part: {other}"),
        }
    }
}

impl Part {
    const fn word(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Calls => "calls",
        }
    }

    /// The apps are on other computers than the agency: here they take what its calls leave of the processors.
    fn command(self, demo: &Path) -> Command {
        match self {
            Self::App => {
                let mut nice = Command::new("nice");
                nice.args(["-n", "19"]).arg(demo);
                nice
            }
            Self::Calls => Command::new(demo),
        }
    }

    /// Does what standard input tells.
    ///
    /// # Errors
    /// When it is not told properly, or does not come to its end.
    pub async fn play(self) -> Result<()> {
        match self {
            Self::App => app::play().await,
            Self::Calls => calls::play().await,
        }
    }
}

/// What this part is to do, as the bench tells it.
pub(super) async fn told<T: DeserializeOwned>() -> Result<T> {
    Ok(serde_json::from_str(&heard().await?)?)
}

/// Waits until the bench tells this part to go on.
pub(super) async fn told_to_go_on() -> Result<()> {
    heard().await.map(drop)
}

async fn heard() -> Result<String> {
    tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line)?;
        ensure!(read > 0, "the bench is gone");
        Ok(line)
    })
    .await?
}

/// Says to the bench what came of it.
pub(super) fn answer<T: Serialize>(answer: &T) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(answer)?)?;
    Ok(out.flush()?)
}

/// A part, as the bench sees it; ended when dropped.
pub(super) struct Process {
    child: Child,
    tell: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts a part and tells it what to do.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) async fn start<T: Serialize>(demo: &Path, part: Part, told: &T) -> Result<Self> {
        let mut command = part.command(demo);
        command.args(["--bench-part", part.word()]).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
        let (mut tell, answers) = (child.stdin.take().context("no input")?, child.stdout.take().context("no output")?);
        tell.write_all(format!("{}\n", serde_json::to_string(told)?).as_bytes()).await?;
        Ok(Self { child, tell, answers: BufReader::new(answers).lines() })
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// The next line that it says.
    pub(super) async fn line(&mut self) -> Result<String> {
        self.answers.next_line().await?.context("it ended without a word")
    }

    /// Tells it to go on.
    pub(super) async fn go_on(&mut self) -> Result<()> {
        Ok(self.tell.write_all(b"\n").await?)
    }
}

/// The clock that all parts share, in microseconds.
pub(super) fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
