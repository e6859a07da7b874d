//! The app as a process of its own (`ownkey-headless`), from the outside: commands go in, points come out, and it can be
//! held at one, killed there, and started again.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use ownkey_demo::lines::{Opening, Order, Told};
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use crate::built;
use crate::server::{Clock, shift_clock};

/// How long anything may take.
const LONG: Duration = Duration::from_secs(60);

/// What the process has told so far.
#[derive(Debug, Clone, Default)]
struct Seen {
    open: bool,
    ended: bool,
    /// How often it has come to stand still.
    held: usize,
    points: Vec<String>,
}

type Answers = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Value, String>>>>>;

/// A running app; killed when dropped.
pub struct Headless {
    child: Child,
    orders: Mutex<(ChildStdin, u64)>,
    answers: Answers,
    seen: watch::Receiver<Seen>,
    /// How often it was told to go on.
    went: AtomicUsize,
}

impl Headless {
    /// Starts it; `shift` is how many seconds its clock is off, e.g. `+70`.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn start(opening: &Opening, shift: Option<&str>) -> Result<Self> {
        let mut program = Command::new(built("ownkey-headless")?);
        if let Some(shift) = shift {
            shift_clock(&mut program, shift);
        }
        Self::run(program, opening).await
    }

    /// Starts it by a clock that can be put forward and back.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn start_by(opening: &Opening, clock: &Clock) -> Result<Self> {
        let mut program = Command::new(built("ownkey-headless")?);
        clock.tells(&mut program);
        Self::run(program, opening).await
    }

    async fn run(mut program: Command, opening: &Opening) -> Result<Self> {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (out, mut orders) = (child.stdout.take().context("no output")?, child.stdin.take().context("no input")?);
        writeln!(orders, "{}", serde_json::to_string(opening)?)?;
        let (tell, seen) = watch::channel(Seen::default());
        let answers = Answers::default();
        let theirs = answers.clone();
        std::thread::spawn(move || listen(BufReader::new(out), &tell, &theirs));
        let app = Self { child, orders: Mutex::new((orders, 0)), answers, seen, went: AtomicUsize::new(0) };
        app.until(|seen| seen.open).await.context("the app does not open")?;
        Ok(app)
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    async fn until(&self, what: impl Fn(&Seen) -> bool) -> Result<Seen> {
        let mut seen = self.seen.clone();
        let found = tokio::time::timeout(LONG, seen.wait_for(|seen| seen.ended || what(seen)));
        let found = found.await.context("it does not come")?.context("the app is gone")?.clone();
        if what(&found) { Ok(found) } else { bail!("the app has ended by itself") }
    }

    fn order(&self, order: &Order) -> Result<()> {
        let line = serde_json::to_string(order)?;
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(orders.0, "{line}").context("the app is gone")
    }

    /// A command, as the window sends it; a failure is its code.
    ///
    /// # Errors
    /// When the app is gone.
    pub async fn try_call(&self, name: &str, with: Value) -> Result<Result<Value, String>> {
        let (tell, told) = oneshot::channel();
        let id = {
            let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
            orders.1 += 1;
            orders.1
        };
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(id, tell);
        self.order(&Order::Call { id, name: name.to_owned(), with })?;
        tokio::time::timeout(LONG, told).await.with_context(|| format!("{name} is not answered"))?.context("it is gone")
    }

    /// A command that must succeed.
    ///
    /// # Errors
    /// When it does not.
    pub async fn call(&self, name: &str, with: Value) -> Result<Value> {
        self.try_call(name, with).await?.map_err(|code| anyhow!("{name}: {code}"))
    }

    /// It goes on by itself from here.
    ///
    /// # Errors
    /// When the app is gone.
    pub fn follow(&self) -> Result<()> {
        self.order(&Order::Follow)
    }

    /// It is going to stand still at a point.
    ///
    /// # Errors
    /// When the app is gone.
    pub fn hold_at(&self, point: &str, nth: usize) -> Result<()> {
        self.order(&Order::Hold { point: point.to_owned(), nth })
    }

    /// Waits until it stands still.
    ///
    /// # Errors
    /// When it does not come to its point.
    pub async fn held(&self) -> Result<()> {
        let went = self.went.load(Ordering::SeqCst);
        self.until(|seen| seen.held > went).await.map(drop)
    }

    /// It goes on from where it stands still.
    ///
    /// # Errors
    /// When the app is gone.
    pub fn go(&self) -> Result<()> {
        self.went.store(self.seen.borrow().held, Ordering::SeqCst);
        self.order(&Order::Go)
    }

    /// Points that it came to, in order.
    #[must_use]
    pub fn points(&self) -> Vec<String> {
        self.seen.borrow().points.clone()
    }

    /// Waits until it has come to more than `before` points, and to this one after them.
    ///
    /// # Errors
    /// When it does not.
    pub async fn reaches(&self, point: &str, before: usize) -> Result<()> {
        self.until(|seen| seen.points.iter().skip(before).any(|at| at == point)).await.map(drop)
    }

    /// It stands still as a whole (SIGSTOP), as when the laptop is shut; or goes on (SIGCONT).
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub fn sleep(&self, sleeps: bool) -> Result<()> {
        let signal = if sleeps { "STOP" } else { "CONT" };
        let sent = Command::new("kill").args(["-s", signal, &self.pid().to_string()]).status()?;
        anyhow::ensure!(sent.success(), "the app was not there any more");
        Ok(())
    }

    /// It is killed (SIGKILL) where it stands.
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        let _ended_already = self.kill();
    }
}

fn listen(from: impl BufRead, tell: &watch::Sender<Seen>, answers: &Answers) {
    for line in from.lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Told::Answer { id, answer }) => {
                if let Some(waits) = answers.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) {
                    let _nobody_waits_any_more = waits.send(answer);
                }
            }
            Ok(Told::Open) => tell.send_modify(|seen| seen.open = true),
            Ok(Told::Reached { point, held }) => tell.send_modify(|seen| {
                seen.held += usize::from(held);
                seen.points.push(point);
            }),
            Err(_) => {}
        }
    }
    tell.send_modify(|seen| seen.ended = true);
    answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
}
