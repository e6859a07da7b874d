//! From *Paste key* to the agency's confirmed receipt, on loopback, many times in one run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use ownkey_app::fault::Fault;
use ownkey_app::wire::ReceiptOutcome;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::KeySpec;
use serde::Serialize;

use super::{median, milliseconds};
use crate::client::{Headless, MemoryKeychain};
use crate::servers::{Servers, simulated};

/// What was measured. Times in milliseconds.
#[derive(Debug, Serialize)]
pub struct Connect {
    /// How often.
    pub runs: usize,
    /// Median from paste to receipt.
    pub paste_to_receipt_ms: f64,
    /// Median of what the provider took of it: its own answers to the same questions, asked directly, twice (the app
    /// asks them, then the agency).
    pub provider_ms: f64,
    /// The first less the second: what Ownkey adds.
    pub ownkey_ms: f64,
}

/// Connects `runs` keys of one provider, one after the other.
///
/// # Errors
/// When a step does not go as it should.
pub async fn connect(runs: usize) -> Result<Connect> {
    let servers = Servers::start(&["Bench"]).await?;
    let headless = Headless::open(&servers, "bench", Arc::new(MemoryKeychain::default()))?;
    headless.join(&servers.clients.first().context("a client")?.invite).await?;
    let following = headless.app.clone();
    let following = tokio::spawn(async move { following.follow().await });
    let (mut whole, mut provider) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let account = format!("Bench {run}");
        let key = servers.sims.control().make_key(simulated(Provider::OpenAi), &account, KeySpec::default());
        let id = headless.app.connect_start(Provider::OpenAi, vec![Use::Chat]).await.map_err(told)?;
        headless.host.copy(&key.text);
        let begun = Instant::now();
        headless.app.connect_paste(id.clone()).await.map_err(told)?;
        headless.app.connect_review(id.clone()).await.map_err(told)?;
        headless.app.connect_send(id.clone()).await.map_err(told)?;
        receipt(&headless, &id).await?;
        whole.push(milliseconds(begun));
        headless.app.connect_discard(id).await.map_err(told)?;
        provider.push(asked_directly(&servers, &key.text).await?);
    }
    following.abort();
    servers.stop().await?;
    let (whole, provider) = (median(whole), median(provider));
    Ok(Connect { runs, paste_to_receipt_ms: whole, provider_ms: provider, ownkey_ms: (whole - provider).max(0.0) })
}

async fn receipt(headless: &Headless, id: &str) -> Result<()> {
    loop {
        let state = headless.app.app_state().await.map_err(told)?;
        let draft = state.drafts.iter().find(|d| d.id == id).context("the draft is gone")?;
        if draft.receipt.as_ref().is_some_and(|r| r.outcome == ReceiptOutcome::Works) {
            return Ok(());
        }
        tokio::time::timeout(Duration::from_secs(10), headless.host.news()).await.context("no receipt")?;
    }
}

/// The same questions to the provider, without Ownkey in between: once as the app asks them, once as the agency does.
async fn asked_directly(servers: &Servers, key: &str) -> Result<f64> {
    let http = ownkey_providers::http::Http::new()?;
    let secret = ownkey_secret::Secret::new(key.as_bytes().to_vec())?;
    let endpoints = servers.endpoints()?;
    let begun = Instant::now();
    for uses in [&[Use::Chat] as &[Use], Provider::OpenAi.uses()] {
        ownkey_providers::check::check(&http, &endpoints, Provider::OpenAi, &secret, uses).await;
    }
    Ok(milliseconds(begun))
}

fn told(fault: Fault) -> anyhow::Error {
    anyhow!("{fault}")
}
