//! `ownkey-headless`: the app as a process of its own, without its window. The same engine, the system's keychain, the
//! same allocator and the same hardening as the shipped app, so that what tests do to a process (kill it, read its
//! memory) tells something about that one.
//!
//! What the window would send comes as lines on standard input, what it would show goes as lines to standard output. No
//! line ever holds a key: the clipboard is a file ([`host::LineHost`]).
#![allow(clippy::print_stdout, reason = "standard output is this program's wire")]

mod host;

use std::sync::Arc;

use anyhow::{Context, Result};
use ownkey_app::keychain::SystemKeychain;
use ownkey_app::{App, Setup, commands};
use ownkey_demo::lines::{Opening, Order, Told};
use ownkey_providers::endpoints::Endpoints;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zeroizing_alloc::ZeroAlloc;

use host::LineHost;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

#[tokio::main]
async fn main() -> Result<()> {
    ownkey_agency::process::harden()?;
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into()))
        .with_writer(std::io::stderr)
        .init();
    let mut lines = read();
    let opening: Opening = serde_json::from_str(&lines.recv().await.context("nothing was told")?)?;
    let host = LineHost::new(opening.clipboard.clone());
    let app = App::open(host.clone(), setup(&opening)?, Arc::new(SystemKeychain::new(&opening.keychain_service)));
    let app = app.map_err(|fault| anyhow::anyhow!("{fault}"))?;
    app.start().await.map_err(|fault| anyhow::anyhow!("{fault}"))?;
    host::say(&Told::Open);
    obey(&app, &host, &mut lines).await
}

fn setup(opening: &Opening) -> Result<Setup> {
    let endpoints = opening.providers.iter().try_fold(Endpoints::default(), |e, (p, at)| e.overridden(*p, at))?;
    let data_dir = opening.data_dir.clone();
    Ok(Setup { data_dir, endpoints, name: "Ownkey (demo)".to_owned(), practice_keys: true })
}

/// Lines of standard input, until it ends.
fn read() -> UnboundedReceiver<String> {
    let (tell, told) = unbounded_channel();
    std::thread::spawn(move || {
        let lines = std::io::stdin().lines().map_while(Result::ok);
        lines.take_while(|line| tell.send(line.clone()).is_ok()).for_each(drop);
    });
    told
}

/// Until whoever tells it what to do is gone.
async fn obey(app: &Arc<App<LineHost>>, host: &LineHost, lines: &mut UnboundedReceiver<String>) -> Result<()> {
    while let Some(line) = lines.recv().await {
        match serde_json::from_str(&line)? {
            Order::Call { id, name, with } => {
                let app = app.clone();
                tokio::spawn(async move {
                    let answer = commands::call(&app, &name, &with).await;
                    let answer = answer.map_err(|failure| failure.code.to_string());
                    host::say(&Told::Answer { id, answer });
                });
            }
            Order::Follow => {
                let app = app.clone();
                tokio::spawn(async move { app.follow().await });
            }
            Order::Hold { point, nth } => host.hold_at(point, nth),
            Order::Go => host.go(),
        }
    }
    Ok(())
}
