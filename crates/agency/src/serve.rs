//! Listening: client plane and gateway on one port, the operator's socket beside it, and an end that lets calls finish.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::routing::get;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};

use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::{Agency, gateway, metrics, operator, plane};

/// How long running calls may go on after the server was asked to stop.
pub const GRACE: Duration = Duration::from_secs(60);

/// A certificate chain and its private key, as PEM files.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Certificate chain.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// How long a caller may take for a request's head, and how large it may be.
const HEAD_LIMIT: Duration = Duration::from_secs(15);
const MAX_HEAD: usize = 64 * 1024;

/// Everything that the server answers.
pub fn router(agency: &Arc<Agency>) -> Router {
    let health = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(agency.clone());
    plane::router(agency.clone()).merge(gateway::router(agency.clone())).merge(health)
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

/// Slow and huge heads of requests are ended before they cost much.
fn limits(http: &mut hyper_util::server::conn::auto::Builder<TokioExecutor>) {
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD);
    http.http2().timer(TokioTimer::new()).max_header_list_size(MAX_HEAD as u32).max_concurrent_streams(256);
}

/// Small pieces of a stream are not held back for larger ones.
fn at_once(tls: RustlsAcceptor) -> RustlsAcceptor<NoDelayAcceptor> {
    tls.acceptor(NoDelayAcceptor)
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
    let handle = Handle::new();
    let socket = operator::socket::listen(agency.clone())?;
    let (stopping, ending) = (agency.clone(), handle.clone());
    tokio::spawn(async move {
        until.await;
        tracing::info!("stopping");
        stopping.stop();
        ending.graceful_shutdown(Some(GRACE));
    });
    let service = router(&agency).into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        Some(tls) => {
            let config = RustlsConfig::from_pem_file(&tls.certificate, &tls.key).await?;
            let mut server = axum_server::from_tcp_rustls(listener, config)?.map(at_once).handle(handle);
            limits(server.http_builder());
            server.serve(service).await
        }
        None => {
            let mut server = axum_server::from_tcp(listener)?.acceptor(NoDelayAcceptor).handle(handle);
            limits(server.http_builder());
            server.serve(service).await
        }
    };
    socket.abort();
    Ok(served?)
}
