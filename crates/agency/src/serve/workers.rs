//! One thread per core, each with connections of its own: a call stays on the thread that took it, from the caller's
//! socket to the provider's and back, so that no thread has to wake another for it.

use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use super::GRACE;
use crate::gateway;

/// How long a caller may take for a request's head, and how large it may be.
const HEAD_LIMIT: Duration = Duration::from_secs(15);
const MAX_HEAD: usize = 64 * 1024;
/// How long a caller may take until the connection is secure.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

type Taken = (TcpStream, SocketAddr);

/// The threads; they end when this is dropped and their connections have ended.
pub(super) struct Workers {
    inboxes: Vec<UnboundedSender<Taken>>,
    threads: Vec<JoinHandle<()>>,
    next: usize,
}

impl Workers {
    /// Starts as many as there are cores.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(super) fn start(router: &Router, tls: Option<&TlsAcceptor>) -> anyhow::Result<Self> {
        let (mut inboxes, mut threads) = (Vec::new(), Vec::new());
        for number in 0..gateway::workers() {
            let (to, inbox) = unbounded_channel();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (router, tls) = (router.clone(), tls.cloned());
            let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
                gateway::is_worker(number);
                runtime.block_on(work(inbox, router, tls));
                runtime.shutdown_background();
            });
            threads.push(thread.context("a thread")?);
            inboxes.push(to);
        }
        Ok(Self { inboxes, threads, next: 0 })
    }

    /// Gives a connection to the next thread.
    pub(super) fn take(&mut self, stream: TcpStream, peer: SocketAddr) {
        self.next = (self.next + 1) % self.inboxes.len();
        if self.inboxes[self.next].send((stream, peer)).is_err() {
            tracing::error!("a worker is gone");
        }
    }

    /// Lets running calls end, and waits for it.
    pub(super) fn end(self) {
        drop(self.inboxes);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker panicked");
            }
        }
    }
}

async fn work(mut inbox: UnboundedReceiver<Taken>, router: Router, tls: Option<TlsAcceptor>) {
    let graceful = GracefulShutdown::new();
    while let Some((stream, peer)) = inbox.recv().await {
        let ready = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true));
        let Ok(stream) = ready.and_then(|()| tokio::net::TcpStream::from_std(stream)) else { continue };
        let (router, watcher) = (router.clone(), graceful.watcher());
        match tls.clone() {
            None => drop(tokio::spawn(serve(stream, peer, router, watcher))),
            Some(tls) => drop(tokio::spawn(async move {
                if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await {
                    serve(stream, peer, router, watcher).await;
                }
            })),
        }
    }
    let _calls_that_take_longer_are_cut = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD);
    let head = u32::try_from(MAX_HEAD).unwrap_or(u32::MAX);
    http.http2().timer(TokioTimer::new()).max_header_list_size(head).max_concurrent_streams(256);
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let connection = http.serve_connection(TokioIo::new(stream), answer);
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(%peer, %error, "a connection ended badly");
    }
}
