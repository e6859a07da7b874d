//! Connections to the providers: kept and used again, HTTP/1.1 with the bundled roots, no proxy, no redirect followed.
//!
//! Not HTTP/2: there all calls to a provider share one connection, so one lost packet or one limit on open streams holds
//! up everybody's answers.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::{PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::running::Withdrawn;

/// The longest that a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The longest that a provider may stay silent before and within an answer.
pub(crate) const SILENCE_LIMIT: Duration = Duration::from_secs(600);
/// How long an unused connection is kept, and how many to each provider.
const IDLE: Duration = Duration::from_secs(60);
const IDLE_CONNECTIONS: usize = 512;

/// The most that is read from, or waits to be written to, one connection; hyper's own is 400 KiB.
const BUFFER: usize = 128 * 1024;

type Pool = Client<HttpsConnector<HttpConnector>, Outgoing>;

/// The connections' pools: one for each thread that serves, so that a call does not change threads, and one for all others.
pub(crate) struct Upstream {
    https: HttpsConnector<HttpConnector>,
    pools: Vec<RwLock<Pool>>,
}

thread_local! {
    static WORKER: Cell<usize> = const { Cell::new(0) };
}

/// How many threads serve.
pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// This thread is the one of this number, counted from 0, and runs all its calls itself.
pub(crate) fn is_worker(number: usize) {
    WORKER.set(number + 1);
}

/// Which of the threads that serve this is, counted from 1; 0 for all others.
pub(crate) fn worker() -> usize {
    WORKER.get()
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// The connection did not come about, or broke.
    #[error("{0}")]
    Broken(#[from] Error),
    /// The provider stayed silent.
    #[error("no answer within {} s", SILENCE_LIMIT.as_secs())]
    Silent,
    /// The key was withdrawn before the answer began.
    #[error(transparent)]
    Withdrawn(#[from] Withdrawn),
}

impl NoAnswer {
    /// Whether the provider cannot have seen the call.
    pub(crate) fn unseen(&self) -> bool {
        matches!(self, Self::Broken(error) if error.is_connect())
    }
}

impl Upstream {
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_LIMIT));
        tcp.set_keepalive(Some(IDLE));
        let tls = ownkey_providers::http::tls(&[])?;
        let https =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let pools = (0..=workers()).map(|_| RwLock::new(pool(&https))).collect();
        Ok(Self { https, pools })
    }

    /// Closes every connection that is kept, and each that is used now once its answer has ended. Its buffers hold the key of
    /// the last call that went over it, and only closing it wipes them.
    pub(crate) fn close_all(&self) {
        for kept in &self.pools {
            *kept.write().unwrap_or_else(PoisonError::into_inner) = pool(&self.https);
        }
    }

    /// Sends a request; the answer's head is waited for, its body streams.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub(crate) async fn send(&self, request: Request<Outgoing>) -> Result<Response<Incoming>, NoAnswer> {
        let pool = self.pools[worker()].read().unwrap_or_else(PoisonError::into_inner).clone();
        match tokio::time::timeout(SILENCE_LIMIT, pool.request(request)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(NoAnswer::Silent),
        }
    }
}

fn pool(https: &HttpsConnector<HttpConnector>) -> Pool {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .http1_max_buf_size(BUFFER)
        .build(https.clone())
}

/// The most bytes of a body; no provider takes as many in one call.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// A body on its way to a provider: what is held, then what is still to come.
pub(crate) struct Outgoing {
    held: Option<Bytes>,
    rest: Option<Body>,
    /// Bytes still to come from `rest`, where the caller said how many.
    left: Option<u64>,
    sent: u64,
}

impl Outgoing {
    /// A body that is held as a whole.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { held: (!bytes.is_empty()).then_some(bytes), rest: None, left: Some(0), sent: 0 }
    }

    /// What is held, and the rest; `length` of both together, where it is known.
    pub(crate) fn with_rest(held: Bytes, rest: Body, length: Option<u64>) -> Self {
        let left = length.and_then(|whole| whole.checked_sub(held.len() as u64));
        Self { held: Some(held), rest: Some(rest), left, sent: 0 }
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(held) = self.held.take() {
            return Poll::Ready(Some(Ok(Frame::data(held))));
        }
        let Some(rest) = self.rest.as_mut() else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(rest).poll_frame(context));
        if let Some(Ok(piece)) = &frame {
            let bytes = piece.data_ref().map_or(0, |data| data.len() as u64);
            self.sent += bytes;
            self.left = self.left.map(|left| left.saturating_sub(bytes));
            if self.sent > MOST_BYTES {
                return Poll::Ready(Some(Err(axum::Error::new("the body is too large"))));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.rest.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, |held| held.len() as u64);
        self.left.map_or_else(SizeHint::default, |left| SizeHint::with_exact(held + left))
    }
}
