//! An answer that is passed on as it comes, and measured as it passes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::meter::StreamMeter;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep};

use super::answer::MAX_ERROR;
use super::call::{Account, Call};
use super::change::Change;
use super::ending::Ending;
use super::flight::Flight;
use super::gather::Gather;
use super::upstream::SILENCE_LIMIT;
use crate::Agency;
use crate::running::{RunningCall, UntilCut, Withdrawn, unless_cut};
use crate::store::{Made, StoreError};

/// How long usage is waited for after the caller hung up.
const AFTER_HANG_UP: Duration = Duration::from_secs(2);

/// Why an answer breaks off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokenOff {
    #[error("the provider's answer broke off: {0}")]
    Provider(#[from] hyper::Error),
    #[error("the provider stayed silent")]
    Silent,
    #[error("what the call made could not be remembered")]
    NotRemembered,
    #[error(transparent)]
    Withdrawn(#[from] Withdrawn),
}

/// What must be done when the answer is over.
pub(crate) struct Open {
    pub(crate) meter: StreamMeter,
    pub(crate) streams: bool,
    pub(crate) ending: Ending,
    pub(crate) status: u16,
    /// The call counts as running until its end is said.
    pub(crate) running: Option<Arc<RunningCall>>,
}

impl Open {
    fn is_cut(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.is_cut())
    }

    /// `cut` when the answer did not come to its end; of a stream, its own mark tells.
    fn end(self, cut: bool) {
        let metered = self.meter.finish();
        let cut = if self.streams { !metered.ended } else { cut };
        self.ending.end(self.status, Some(metered), cut);
    }

    /// The caller hung up and the end did not come in time.
    fn hung_up(self) {
        let (passed, streams) = (self.meter.passed(), self.streams);
        let metered = self.meter.finish();
        if streams && metered.ended {
            self.ending.end(self.status, Some(metered), false);
        } else {
            self.ending.hung_up(self.status, metered, passed, streams);
        }
    }
}

/// A provider's answer on its way.
pub(crate) struct Tap {
    upstream: Option<Gather<Incoming>>,
    open: Option<Open>,
    change: Change,
    remember: Option<Remember>,
    /// While it is going on, what was seen since is held.
    remembering: Option<JoinHandle<Result<(), StoreError>>>,
    held: Bytes,
    silence: Option<Pin<Box<Sleep>>>,
    last: Instant,
    /// Set at the first wait.
    until_cut: Option<UntilCut>,
    /// The call is on its way until its answer is over.
    _flight: Flight,
}

impl Tap {
    pub(crate) fn new(
        upstream: Incoming,
        open: Open,
        change: Change,
        remember: Option<Remember>,
        flight: Flight,
    ) -> Self {
        Self {
            upstream: Some(Gather::new(upstream)),
            open: Some(open),
            change,
            remember,
            remembering: None,
            held: Bytes::new(),
            silence: None,
            last: Instant::now(),
            until_cut: None,
            _flight: flight,
        }
    }

    fn end(&mut self, cut: bool) {
        self.upstream = None;
        if let Some(open) = self.open.take() {
            open.end(cut);
        }
    }

    /// The provider's answer breaks off: said in the answer's own shape where there is one for it, else by breaking off
    /// too.
    fn break_off(&mut self, why: BrokenOff) -> Option<Result<Frame<Bytes>, BrokenOff>> {
        self.end(true);
        if !self.change.tells_breaks() {
            return Some(Err(why));
        }
        let rest = self.change.finish();
        (!rest.is_empty()).then(|| Ok(Frame::data(rest)))
    }

    /// What may go on of a piece; may be empty.
    fn pass(&mut self, data: Bytes) -> Bytes {
        if let Some(open) = &mut self.open {
            open.meter.feed(&data);
        }
        let found = self.remember.as_mut().and_then(|remember| remember.see(&data));
        if let Some(made) = found
            && let Some(remember) = self.remember.take()
            && let Some(made) = made
        {
            if let Some(open) = &mut self.open {
                open.ending.is_of(made.thing.clone());
            }
            let agency = remember.agency;
            self.remembering = Some(tokio::task::spawn_blocking(move || agency.things.remember(&made)));
        }
        self.change.feed(data)
    }

    /// Waits until what the stream makes is remembered, and gives the piece that was held for it.
    fn remembered(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, BrokenOff>> {
        if let Some(task) = &mut self.remembering {
            let done = std::task::ready!(Pin::new(task).poll(context));
            self.remembering = None;
            if !matches!(done, Ok(Ok(()))) {
                tracing::error!(?done, "what a stream made could not be remembered");
                return Poll::Ready(Err(BrokenOff::NotRemembered));
            }
        }
        Poll::Ready(Ok(std::mem::take(&mut self.held)))
    }

    /// Ready when the key of the call is withdrawn.
    fn withdrawn(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(running) = self.open.as_ref().and_then(|open| open.running.as_ref()) else { return Poll::Pending };
        Pin::new(self.until_cut.get_or_insert_with(|| running.until_cut())).poll(context)
    }

    /// Ready when the provider has been silent for too long. The timer is set at the first wait and moved only when it
    /// rings, not with every piece.
    fn silent(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let last = self.last;
        let silence = self.silence.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(last + SILENCE_LIMIT)));
        while silence.as_mut().poll(context).is_ready() {
            if last.elapsed() >= SILENCE_LIMIT {
                return Poll::Ready(());
            }
            silence.as_mut().reset(last + SILENCE_LIMIT);
        }
        Poll::Pending
    }
}

impl Body for Tap {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        loop {
            match std::task::ready!(self.remembered(context)) {
                Ok(held) if held.is_empty() => {}
                Ok(held) => return Poll::Ready(Some(Ok(Frame::data(held)))),
                Err(error) => {
                    self.end(true);
                    return Poll::Ready(Some(Err(error)));
                }
            }
            if self.open.as_ref().is_some_and(Open::is_cut) {
                return Poll::Ready(self.break_off(Withdrawn.into()));
            }
            let Some(upstream) = self.upstream.as_mut() else { return Poll::Ready(None) };
            match Pin::new(upstream).poll_frame(context) {
                Poll::Pending => {
                    if self.withdrawn(context).is_ready() {
                        continue;
                    }
                    std::task::ready!(self.silent(context));
                    return Poll::Ready(self.break_off(BrokenOff::Silent));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    if self.silence.is_some() {
                        self.last = Instant::now();
                    }
                    let Ok(data) = frame.into_data() else { continue };
                    self.held = self.pass(data);
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(self.break_off(error.into())),
                Poll::Ready(None) => {
                    self.end(false);
                    let rest = self.change.finish();
                    return Poll::Ready((!rest.is_empty()).then(|| Ok(Frame::data(rest))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let nothing_held = self.held.is_empty() && self.remembering.is_none();
        nothing_held && self.change.nothing() && self.upstream.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.upstream {
            Some(upstream) if self.change.nothing() && self.held.is_empty() => upstream.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

impl Drop for Tap {
    /// The caller has it all, or hung up: then the rest is read for a moment, for what it says about usage.
    fn drop(&mut self) {
        let (Some(upstream), Some(open)) = (self.upstream.take(), self.open.take()) else { return };
        if upstream.is_end_stream() {
            open.end(false);
        } else if open.is_cut() {
            open.end(true);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(read_on(upstream, open));
        } else {
            open.hung_up();
        }
    }
}

async fn read_on(upstream: Gather<Incoming>, mut open: Open) {
    let (gathered, mut upstream) = upstream.into_parts();
    if let Some(gathered) = gathered {
        open.meter.feed(&gathered);
    }
    let running = open.running.clone();
    let reading = async {
        while let Some(Ok(frame)) = upstream.frame().await {
            if let Some(data) = frame.data_ref() {
                open.meter.feed(data);
            }
        }
    };
    let too_late = tokio::time::timeout(AFTER_HANG_UP, unless_cut(running.as_deref(), reading)).await.is_err();
    if too_late || !upstream.is_end_stream() { open.hung_up() } else { open.end(false) }
}

/// What a stream makes, found in its first bytes.
pub(crate) struct Remember {
    agency: Arc<Agency>,
    client: ClientId,
    provider: Provider,
    connection: Option<ConnectionId>,
    start: Vec<u8>,
}

impl Remember {
    pub(crate) fn new(agency: &Arc<Agency>, client: ClientId, call: &Call, account: &Account) -> Self {
        let connection = account.own.map(|(c, _)| c);
        Self { agency: agency.clone(), client, provider: call.provider, connection, start: Vec::new() }
    }

    /// What was made, once its id was found; `None` inside once it is not to be expected any more.
    fn see(&mut self, chunk: &[u8]) -> Option<Option<Made>> {
        self.start.extend_from_slice(&chunk[..chunk.len().min(MAX_ERROR.saturating_sub(self.start.len()))]);
        let text = String::from_utf8_lossy(&self.start);
        let found = text.split("\"id\":").nth(1).and_then(|rest| {
            let rest = rest.trim_start().strip_prefix('"')?;
            rest.split_once('"').map(|(id, _)| id.to_owned())
        });
        let Some(thing) = found else { return (self.start.len() >= MAX_ERROR).then_some(None) };
        let (client, provider, connection, at) = (self.client, self.provider, self.connection, self.agency.now());
        Some(Some(Made { client, provider, thing, connection, at }))
    }
}
