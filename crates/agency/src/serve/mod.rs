//! Listening: client plane and gateway on one port, the operator's socket beside it, and an end that lets calls finish.

mod connection;
mod tls;
mod workers;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::routing::get;
use connection::Answers;
pub use tls::Tls;
use tokio::runtime::Handle;
use workers::Workers;

use crate::{Agency, metrics, operator, plane};

/// How long running calls may go on after the server was asked to stop.
pub const GRACE: Duration = Duration::from_secs(60);

/// When no connection can be taken (no file handles left), it is tried again after this.
const AGAIN: Duration = Duration::from_millis(50);

/// Everything that the server answers beside the gateway's calls.
fn router(agency: &Arc<Agency>) -> Router {
    let health = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(agency.clone());
    plane::router(agency.clone()).merge(health)
}

/// Whether calls should be sent here: not once the server was asked to stop, and not while the book cannot be written.
async fn ready(State(agency): State<Arc<Agency>>) -> (StatusCode, &'static str) {
    if *agency.stopping().borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if agency.calls.writes() { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "book\n") }
}

/// Serves the figures, and nothing else, on an address of their own, until the server stops.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve_metrics(agency: Arc<Agency>, listener: std::net::TcpListener) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let mut stopping = agency.stopping();
    let page = |State(agency): State<Arc<Agency>>| async move {
        ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], metrics::page(&agency))
    };
    let router = Router::new().route("/metrics", get(page)).with_state(agency);
    let until = async move {
        let _either_way = stopping.changed().await;
    };
    Ok(axum::serve(tokio::net::TcpListener::from_std(listener)?, router).with_graceful_shutdown(until).await?)
}

/// Serves on a listener until `until` is over, then lets running calls end.
///
/// # Errors
/// When the listener or the certificate cannot be used.
pub async fn serve(
    agency: Arc<Agency>,
    listener: std::net::TcpListener,
    tls: Option<Tls>,
    until: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let tls = tls.map(|tls| tls.acceptor()).transpose()?;
    let socket = operator::socket::listen(agency.clone())?;
    let answers = Answers { agency: agency.clone(), router: router(&agency), beside: Handle::current() };
    let mut workers = Workers::start(&answers, tls.as_ref())?;
    tokio::pin!(until);
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            () = &mut until => break,
        };
        match taken.and_then(|(stream, peer)| Ok((stream.into_std()?, peer))) {
            Ok((stream, peer)) => workers.take(stream, peer),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
    tracing::info!("stopping");
    drop(listener);
    agency.stop();
    tokio::task::spawn_blocking(|| workers.end()).await?;
    socket.abort();
    Ok(())
}
