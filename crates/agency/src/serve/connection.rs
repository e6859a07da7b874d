//! One caller's connection. While no call is on its way, only its socket is kept: the buffers of an HTTP connection are
//! some 25 KB, and callers hold many more connections than they use.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tower_service::Service as _;

use crate::{Agency, gateway};

/// How long a caller may take for a request's head, and how large it may be.
const HEAD_LIMIT: Duration = Duration::from_secs(15);
const MAX_HEAD: usize = 64 * 1024;
/// How long a connection may be unused.
const UNUSED_LIMIT: Duration = Duration::from_secs(75);
/// A connection without a call for this long gives its buffers back.
const IDLE: Duration = Duration::from_millis(250);

/// What answers: the gateway's calls go to it at once, everything else through the router, off the calls' threads.
#[derive(Clone)]
pub(super) struct Answers {
    pub(super) agency: Arc<Agency>,
    pub(super) router: Router,
    /// Where the router works: it waits for the disk, for which no call may wait with it.
    pub(super) beside: Handle,
}

/// Serves a connection until it is closed, or until `stopping` and its calls are over.
pub(super) async fn serve<T>(io: T, peer: SocketAddr, answers: Answers, h2: bool, mut stopping: watch::Receiver<bool>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let calls = Calls { answers, peer, count: Arc::default() };
    let ended = if h2 { http2(io, calls, &mut stopping).await } else { http1(io, calls, &mut stopping).await };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended badly");
    }
}

async fn http2<T>(io: T, calls: Calls, stopping: &mut watch::Receiver<bool>) -> hyper::Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let head = u32::try_from(MAX_HEAD).unwrap_or(u32::MAX);
    let mut http = http2::Builder::new(InTurns);
    http.timer(TokioTimer::new()).max_header_list_size(head).max_concurrent_streams(256);
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), calls));
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = stops(&mut *stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

async fn http1<T>(io: T, calls: Calls, stopping: &mut watch::Receiver<bool>) -> hyper::Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut io = Again { start: Bytes::new(), io: TokioIo::new(io), count: calls.count.clone() };
    let mut limit = HEAD_LIMIT;
    loop {
        if io.start.is_empty() && !io.begins(limit, stopping).await {
            return Ok(());
        }
        match Box::pin(in_use(io, calls.clone(), stopping)).await? {
            Some(idle) => io = idle,
            None => return Ok(()),
        }
        limit = UNUSED_LIMIT;
    }
}

/// Serves calls until none came for a while: then gives back what it was served on. `None` once it is closed.
async fn in_use<T>(io: Again<T>, calls: Calls, stopping: &mut watch::Receiver<bool>) -> hyper::Result<Option<Again<T>>>
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD);
    let count = calls.count.clone();
    let at_first = count.begun.load(Ordering::Relaxed);
    let mut connection = http.serve_connection(io, calls);
    let (mut before, mut closing) = (at_first, false);
    loop {
        tokio::select! {
            biased;
            ended = poll_fn(|context| in_turn(|| connection.poll_without_shutdown(context))) => {
                ended?;
                let mut io = connection.into_parts().io;
                let _the_caller_is_gone = io.io.inner_mut().shutdown().await;
                return Ok(None);
            }
            () = tokio::time::sleep(IDLE), if !closing => {
                let now = count.begun.load(Ordering::Relaxed);
                let unused = std::mem::replace(&mut before, now) == now && now != at_first;
                if !unused || count.is_busy() {
                    continue;
                }
                // What is idle is over at once; else something is on its way after all, and the connection ends with it.
                closing = true;
                Pin::new(&mut connection).graceful_shutdown();
                let over = poll_fn(|context| Poll::Ready(connection.poll_without_shutdown(context))).await;
                if let Poll::Ready(over) = over {
                    over?;
                    let parts = connection.into_parts();
                    // Empty as it may be, it would hold the whole buffer.
                    let start = if parts.read_buf.is_empty() { Bytes::new() } else { parts.read_buf };
                    return Ok(Some(Again { start, ..parts.io }));
                }
            }
            () = stops(stopping), if !closing => {
                closing = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
}

/// A poll that may write to a caller.
fn in_turn<R>(poll: impl FnOnce() -> R) -> R {
    gateway::next_turn();
    poll()
}

/// Runs what an HTTP/2 connection starts: one task for each answer.
#[derive(Clone, Copy)]
struct InTurns;

impl<F> Executor<F> for InTurns
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        let mut task = Box::pin(task);
        tokio::spawn(poll_fn(move |context| in_turn(|| task.as_mut().poll(context))));
    }
}

async fn stops(stopping: &mut watch::Receiver<bool>) {
    let _either_way = stopping.wait_for(|stops| *stops).await.is_ok();
}

/// What is on its way on one connection.
#[derive(Default)]
struct Count {
    begun: AtomicUsize,
    running: AtomicUsize,
    /// The caller does not take what is written.
    blocked: AtomicBool,
}

impl Count {
    fn is_busy(&self) -> bool {
        self.running.load(Ordering::Relaxed) > 0 || self.blocked.load(Ordering::Relaxed)
    }
}

/// One call of a connection, until its answer was given away.
struct Running(Arc<Count>);

impl Running {
    fn new(count: &Arc<Count>) -> Self {
        count.begun.fetch_add(1, Ordering::Relaxed);
        count.running.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The calls of one connection.
#[derive(Clone)]
struct Calls {
    answers: Answers,
    peer: SocketAddr,
    count: Arc<Count>,
}

impl Service<Request<Incoming>> for Calls {
    type Response = Response<Counted>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let running = Running::new(&self.count);
        let mut request = request.map(Body::new);
        if gateway::is_at(request.uri().path()) {
            let agency = self.answers.agency.clone();
            return Box::pin(async move {
                let response = gateway::answer(agency, request).await;
                Ok(response.map(|body| Counted { body, _running: running }))
            });
        }
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let mut router = self.answers.router.clone();
        let answer = self.answers.beside.spawn(async move { router.call(request).await });
        Box::pin(async move {
            let Ok(response) = answer.await.unwrap_or_else(|_| Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()));
            Ok(response.map(|body| Counted { body, _running: running }))
        })
    }
}

/// An answer's body; its call is on its way until it is dropped.
struct Counted {
    body: Body,
    _running: Running,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that may have been read a little already.
struct Again<T> {
    start: Bytes,
    io: TokioIo<T>,
    count: Arc<Count>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Again<T> {
    /// Waits for the first bytes of a request; false when none come.
    async fn begins(&mut self, limit: Duration, stopping: &mut watch::Receiver<bool>) -> bool {
        let mut first = [0; 16];
        let read = tokio::select! {
            read = tokio::time::timeout(limit, self.io.inner_mut().read(&mut first)) => read,
            () = stops(stopping) => return false,
        };
        match read {
            Ok(Ok(length)) if length > 0 => {
                self.start = Bytes::copy_from_slice(&first[..length]);
                true
            }
            _ => false,
        }
    }
}

impl<T: AsyncRead + Unpin> Read for Again<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut to: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.start.is_empty() {
            return Pin::new(&mut self.io).poll_read(context, to);
        }
        let length = self.start.len().min(to.remaining());
        to.put_slice(&self.start.split_to(length));
        // What follows the first bytes goes with them: one read more, and no larger buffer for it.
        match Pin::new(&mut self.io).poll_read(context, to) {
            Poll::Pending => Poll::Ready(Ok(())),
            read => read,
        }
    }
}

impl<T: AsyncWrite + Unpin> Again<T> {
    fn noted<R>(&self, written: Poll<R>) -> Poll<R> {
        self.count.blocked.store(written.is_pending(), Ordering::Relaxed);
        written
    }
}

impl<T: AsyncWrite + Unpin> Write for Again<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, from);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, from);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(context);
        self.noted(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
