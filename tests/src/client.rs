//! A client's app beside an agency, as most tests begin.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use ownkey_app::wire::UseChange;
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::Servers;
use ownkey_protocol::vocabulary::{Payer, Provider, Use};

/// An agency whose platform could pay, and its one client's app, which has joined.
///
/// # Errors
/// When a server or the app cannot be started.
pub async fn agency_and_client() -> anyhow::Result<(Servers, Headless)> {
    let servers = Servers::start(&["Café Morgenrot"]).await?;
    servers.set_platform_keys()?;
    let client = Headless::open(&servers, "client", Arc::new(MemoryKeychain::default()))?;
    client.join(&servers.clients[0].invite).await?;
    Ok((servers, client))
}

/// Prefers the account at `provider` for a use, with one of its models; every account of the client's serves it.
///
/// # Errors
/// When there is no such account, or the agency says no.
pub async fn prefer(client: &Headless, provider: Provider, r#use: Use, model: &str) -> anyhow::Result<()> {
    let app = &client.app;
    app.refresh().await.map_err(|fault| anyhow!("{fault}"))?;
    let state = app.app_state().await.map_err(|fault| anyhow!("{fault}"))?;
    let preferred = state.connections.iter().find(|c| c.provider == provider).map(|c| c.id.clone());
    let change = UseChange {
        r#use,
        payer: Payer::Own,
        serving: state.connections.iter().map(|c| c.id.clone()).collect(),
        preferred: Some(preferred.context("no such account")?),
        model: Some(model.to_owned()),
        revision: state.uses.iter().find(|u| u.r#use == r#use).context("no such use")?.revision,
    };
    app.change_use(change).await.map(drop).map_err(|fault| anyhow!("{fault}"))
}
