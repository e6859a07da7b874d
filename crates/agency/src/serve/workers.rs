//! One thread per core, each with connections of its own: a call stays on the thread that took it, from the caller's
//! socket to the provider's and back, so that no thread has to wake another for it.

use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::GRACE;
use super::connection::{Answers, serve};
use crate::gateway;

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
    pub(super) fn start(answers: &Answers, tls: Option<&TlsAcceptor>) -> anyhow::Result<Self> {
        let (mut inboxes, mut threads) = (Vec::new(), Vec::new());
        for number in 0..gateway::workers() {
            let (to, inbox) = unbounded_channel();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (answers, tls) = (answers.clone(), tls.cloned());
            let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
                gateway::is_worker(number);
                runtime.block_on(work(inbox, answers, tls));
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

async fn work(mut inbox: UnboundedReceiver<Taken>, answers: Answers, tls: Option<TlsAcceptor>) {
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    loop {
        let taken = tokio::select! {
            taken = inbox.recv() => taken,
            Some(_over) = connections.join_next() => continue,
        };
        let Some((stream, peer)) = taken else { break };
        let ready = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true));
        let Ok(stream) = ready.and_then(|()| tokio::net::TcpStream::from_std(stream)) else { continue };
        let (answers, stopping) = (answers.clone(), stopping.clone());
        match tls.clone() {
            None => drop(connections.spawn(serve(stream, peer, answers, false, stopping))),
            Some(tls) => drop(connections.spawn(async move {
                if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await {
                    let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    serve(stream, peer, answers, h2, stopping).await;
                }
            })),
        }
    }
    stop.send_replace(true);
    let all_over = async { while connections.join_next().await.is_some() {} };
    let _calls_that_take_longer_are_cut = tokio::time::timeout(GRACE, all_over).await;
}
