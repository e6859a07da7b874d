//! Assistants that call without a pause while keys are replaced, and what they saw.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::assistants::http;
use crate::bench::milliseconds;
use crate::servers::Servers;

/// How long a caller waits between two calls. Every second call is streamed; a stream takes the simulator about 60 ms, so
/// that some run at every moment.
const PAUSE: Duration = Duration::from_millis(10);
/// The longest that an answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// Complaints that are printed.
const COMPLAINTS: usize = 5;

/// What goes on when a call begins.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    Neither,
    Outside,
    Rotation,
    Over,
}

/// Calls without end.
pub(super) struct Load {
    http: Client,
    url: String,
    phase: AtomicU8,
    whole: Value,
    streamed: Value,
}

/// How a call ended.
enum Ended {
    /// In order, after so long.
    Well(f64),
    Failed(String),
    Cut(String),
    Foreign(String),
}

/// What a caller counted.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) calls: usize,
    pub(super) streams: usize,
    /// Answers that came to their end.
    pub(super) well: usize,
    pub(super) failed: usize,
    pub(super) cut: usize,
    pub(super) foreign: usize,
    pub(super) during: Vec<f64>,
    pub(super) outside: Vec<f64>,
}

impl Load {
    pub(super) fn new(servers: &Servers) -> Result<Self> {
        let hello = json!([{ "role": "user", "content": "Say hello." }]);
        Ok(Self {
            http: http()?,
            url: format!("{}/gateway/openai/v1/chat/completions", servers.origin),
            phase: AtomicU8::new(Phase::Neither as u8),
            whole: json!({ "model": "gpt-4o-mini", "messages": hello }),
            streamed: json!({ "model": "gpt-4o-mini", "messages": hello, "stream": true }),
        })
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub(super) async fn keep_calling(
        self: Arc<Self>,
        token: String,
        account: &'static str,
        number: usize,
    ) -> (&'static str, Tally) {
        let mut tally = Tally::default();
        for call in number.. {
            let phase = self.phase.load(Ordering::Relaxed);
            if phase == Phase::Over as u8 {
                break;
            }
            let streamed = call.is_multiple_of(2);
            let ended = tokio::time::timeout(ANSWER, self.call(&token, streamed)).await;
            tally.count(ended.unwrap_or_else(|_| Ended::Failed("no answer in time".to_owned())), streamed, phase);
            tokio::time::sleep(PAUSE).await;
        }
        (account, tally)
    }

    async fn call(&self, token: &str, streamed: bool) -> Ended {
        let begun = Instant::now();
        let body = if streamed { &self.streamed } else { &self.whole };
        let answer = match self.http.post(&self.url).bearer_auth(token).json(body).send().await {
            Ok(answer) => answer,
            Err(error) => return Ended::Failed(format!("{error:?}")),
        };
        let (status, payer) = (answer.status(), answer.headers().get("ownkey-paid-by").cloned());
        if !status.is_success() {
            return Ended::Failed(format!("{status}: {}", answer.text().await.unwrap_or_default()));
        }
        let read = if streamed { read_events(answer, begun).await } else { read_whole(answer, begun).await };
        match read {
            Err(error) => Ended::Cut(format!("{error:#}")),
            Ok(_) if payer.as_ref().is_none_or(|payer| payer != "client") => {
                Ended::Foreign(format!("paid by {payer:?}"))
            }
            Ok(took) => Ended::Well(took),
        }
    }
}

/// To the end of a whole answer.
async fn read_whole(answer: Response, begun: Instant) -> Result<f64> {
    let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
    let took = milliseconds(begun);
    ensure!(body["choices"][0]["finish_reason"] == "stop", "an answer without its end");
    Ok(took)
}

/// To the first event of a stream; reads it to its end.
async fn read_events(mut answer: Response, begun: Instant) -> Result<f64> {
    let (mut first, mut text) = (None, Vec::new());
    while let Some(chunk) = answer.chunk().await? {
        first.get_or_insert_with(|| milliseconds(begun));
        text.extend_from_slice(&chunk);
    }
    ensure!(text.ends_with(b"data: [DONE]\n\n"), "a stream without its end");
    first.context("an empty stream")
}

impl Tally {
    fn count(&mut self, ended: Ended, streamed: bool, phase: u8) {
        self.calls += 1;
        self.streams += usize::from(streamed);
        let (counter, words) = match ended {
            Ended::Well(took) => {
                self.well += 1;
                if phase == Phase::Rotation as u8 {
                    self.during.push(took);
                } else if phase == Phase::Outside as u8 {
                    self.outside.push(took);
                }
                return;
            }
            Ended::Failed(words) => (&mut self.failed, words),
            Ended::Cut(words) => (&mut self.cut, words),
            Ended::Foreign(words) => (&mut self.foreign, words),
        };
        *counter += 1;
        if *counter <= COMPLAINTS {
            tracing::error!("a call did not go well: {words}");
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.streams += other.streams;
        self.well += other.well;
        self.failed += other.failed;
        self.cut += other.cut;
        self.foreign += other.foreign;
        self.during.extend(other.during);
        self.outside.extend(other.outside);
    }
}
