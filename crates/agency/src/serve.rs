//! Listening: client plane and gateway on one port, the operator's socket beside it, and an end that lets calls finish.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};

use crate::{Agency, gateway, operator, plane};

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

/// Everything that the server answers.
pub fn router(agency: &Arc<Agency>) -> Router {
    plane::router(agency.clone()).merge(gateway::router(agency.clone()))
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
            axum_server::from_tcp_rustls(listener, config)?.map(at_once).handle(handle).serve(service).await
        }
        None => axum_server::from_tcp(listener)?.acceptor(NoDelayAcceptor).handle(handle).serve(service).await,
    };
    socket.abort();
    Ok(served?)
}
