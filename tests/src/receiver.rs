//! A receiver of webhooks, as an agency would run one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

/// One that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its bytes.
    pub body: Bytes,
}

impl Received {
    /// `webhook-id`.
    #[must_use]
    pub fn id(&self) -> String {
        self.headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// What it says.
    #[must_use]
    pub fn said(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

#[derive(Default)]
struct Book {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<StatusCode>>,
    came: tokio::sync::Notify,
}

/// Takes webhooks on loopback, and answers as it is told.
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    book: Arc<Book>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    /// Listens; answers with 204 unless it was told otherwise.
    ///
    /// # Errors
    /// When no port can be used.
    pub async fn start() -> anyhow::Result<Self> {
        let book = Arc::new(Book::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/ownkey", listener.local_addr()?);
        let app = Router::new().route("/ownkey", axum::routing::post(take)).with_state(book.clone());
        let serving = tokio::spawn(async move {
            let _ended = axum::serve(listener, app).await;
        });
        Ok(Self { url, book, serving })
    }

    /// The next ones are answered so.
    pub fn answers(&self, with: &[StatusCode]) {
        lock(&self.book.answers).extend(with);
    }

    /// All that came, in order.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        lock(&self.book.received).clone()
    }

    /// Waits until so many came.
    ///
    /// # Errors
    /// When they do not within twenty seconds.
    pub async fn until(&self, count: usize) -> anyhow::Result<Vec<Received>> {
        let coming = async {
            while self.received().len() < count {
                self.book.came.notified().await;
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(20), coming).await;
        came.with_context(|| format!("{count} webhooks: {:?}", self.received()))?;
        let all = self.received();
        ensure!(all.len() == count, "more than {count} came: {all:?}");
        Ok(all)
    }
}

async fn take(State(book): State<Arc<Book>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let answer = lock(&book.answers).pop_front().unwrap_or(StatusCode::NO_CONTENT);
    lock(&book.received).push(Received { headers, body });
    book.came.notify_one();
    answer
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
