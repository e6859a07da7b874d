//! The way to the agency, on which an answer can be lost: the act is received and committed, and nobody is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// How every request that carries an act begins.
const ACT: &[u8] = b"POST /v1/acts ";

/// A way from one address to another.
pub struct Way {
    /// Where the agency is reached.
    pub origin: String,
    ends: Arc<Ends>,
    to: watch::Sender<Option<SocketAddr>>,
}

#[derive(Default)]
struct Ends {
    armed: AtomicBool,
    lost: Notify,
}

impl Way {
    /// A way that leads nowhere yet.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let ends = Arc::<Ends>::default();
        let (to, leads_to) = watch::channel(None);
        tokio::spawn(carry(listener, leads_to, ends.clone()));
        Ok(Self { origin, ends, to })
    }

    /// Where it leads.
    pub fn leads_to(&self, agency: SocketAddr) {
        self.to.send_replace(Some(agency));
    }

    /// The answer to the next act is lost, and its connection with it.
    pub fn lose_next_answer(&self) {
        self.ends.armed.store(true, Ordering::SeqCst);
    }

    /// Answers come through again, whether one was lost or not.
    pub fn lose_none(&self) {
        self.ends.armed.store(false, Ordering::SeqCst);
    }

    /// Waits until the agency has answered an act, and the answer was held back.
    pub async fn lost(&self) {
        self.ends.lost.notified().await;
    }
}

async fn carry(listener: TcpListener, to: watch::Receiver<Option<SocketAddr>>, ends: Arc<Ends>) {
    while let Ok((near, _)) = listener.accept().await {
        let (to, ends) = (*to.borrow(), ends.clone());
        tokio::spawn(async move {
            let Some(to) = to else { return };
            let Ok(far) = TcpStream::connect(to).await else { return };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            let holds_back = AtomicBool::new(false);
            tokio::select! {
                () = requests(near_in, far_out, &ends, &holds_back) => {}
                () = answers(far_in, near_out, &ends, &holds_back) => {}
            }
        });
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, ends: &Ends, holds_back: &AtomicBool) {
    let mut chunk = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        // One request is on its way at a time, and begins a piece.
        if chunk[..count].starts_with(ACT) && ends.armed.swap(false, Ordering::SeqCst) {
            holds_back.store(true, Ordering::SeqCst);
        }
        if to.write_all(&chunk[..count]).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, ends: &Ends, holds_back: &AtomicBool) {
    let mut chunk = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        if holds_back.load(Ordering::SeqCst) {
            ends.lost.notify_one();
            continue; // until the agency's end breaks off, or the app's
        }
        if to.write_all(&chunk[..count]).await.is_err() {
            return;
        }
    }
}
