//! Assistants that call at a steady pace while keys are replaced, and what they saw.
//!
//! Twenty of them, each calls every 80 ms and begins at a time of its own, so that a call begins every four milliseconds:
//! 250 a second. Every second call is streamed; a stream takes the simulator about 60 ms, so that some run at every moment.
//! Who is late waits for the next turn. All parts of the bench together use about a third of two cores then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::figures::{Ended, Row, Seen};
use super::parts::{self, clock};
use crate::assistants::http;
use crate::bench::milliseconds;

/// Callers of each client.
const CALLERS: u32 = 16;
const NEIGHBOURS: u32 = 4;
/// From the beginning of a call to that of the same caller's next.
const PACE: Duration = Duration::from_millis(80);
/// The longest that an answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// Complaints that are printed.
const COMPLAINTS: usize = 5;

/// What is to be done.
#[derive(Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) url: String,
    /// Tokens of the client whose key is replaced, and of the other one.
    pub(super) rotated: Vec<String>,
    pub(super) neighbour: Vec<String>,
}

/// Calls until it is told to go on, and says what was seen.
pub(super) async fn play() -> Result<()> {
    let told: Told = parts::told().await?;
    let hello = json!([{ "role": "user", "content": "Say hello." }]);
    let load = Arc::new(Load {
        http: http()?,
        url: told.url,
        whole: json!({ "model": "gpt-4o-mini", "messages": hello }),
        streamed: json!({ "model": "gpt-4o-mini", "messages": hello, "stream": true }),
    });
    let (over, until) = watch::channel(false);
    let mut callers = JoinSet::new();
    for number in 0..CALLERS + NEIGHBOURS {
        let own = number % (CALLERS + NEIGHBOURS) >= NEIGHBOURS;
        let tokens = if own { &told.rotated } else { &told.neighbour };
        let token = tokens[number as usize % tokens.len()].clone();
        callers.spawn(load.clone().keep_calling(token, own, number, until.clone()));
    }
    parts::told_to_go_on().await?;
    over.send_replace(true);
    let mut seen = Seen::default();
    while let Some(rows) = callers.join_next().await {
        seen.calls.extend(rows?);
    }
    for words in seen.calls.iter().filter_map(|row| row.ended.words()).take(COMPLAINTS) {
        tracing::error!("a call did not go well: {words}");
    }
    parts::answer(&seen)
}

/// Calls without end.
struct Load {
    http: Client,
    url: String,
    whole: Value,
    streamed: Value,
}

impl Load {
    async fn keep_calling(
        self: Arc<Self>,
        token: String,
        own: bool,
        number: u32,
        over: watch::Receiver<bool>,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        tokio::time::sleep(PACE * number / (CALLERS + NEIGHBOURS)).await;
        let mut turns = tokio::time::interval(PACE);
        turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
        for call in number.. {
            turns.tick().await;
            if *over.borrow() {
                break;
            }
            let (streamed, begun) = (call.is_multiple_of(2), clock());
            let ended = tokio::time::timeout(ANSWER, self.call(&token, streamed)).await;
            let ended = ended.unwrap_or_else(|_| Ended::Failed("no answer in time".to_owned()));
            rows.push(Row { begun, streamed, own, ended });
        }
        rows
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
