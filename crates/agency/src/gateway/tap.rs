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
use tokio::time::{Instant, Sleep};

use super::answer::MAX_ERROR;
use super::call::{Account, Call};
use super::change::Change;
use super::ending::Ending;
use super::upstream::SILENCE_LIMIT;
use crate::Agency;
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
}

/// What must be done when the answer is over.
struct Open {
    meter: StreamMeter,
    streams: bool,
    ending: Ending,
    status: u16,
}

impl Open {
    /// `cut` when the answer did not come to its end; of a stream, its own mark tells too.
    fn end(self, cut: bool) {
        let metered = self.meter.finish();
        let cut = cut && !(self.streams && metered.ended);
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
    upstream: Option<Incoming>,
    open: Option<Open>,
    change: Change,
    remember: Option<Remember>,
    silence: Option<Pin<Box<Sleep>>>,
    last: Instant,
}

impl Tap {
    pub(crate) fn new(
        upstream: Incoming,
        meter: StreamMeter,
        streams: bool,
        ending: Ending,
        status: u16,
        change: Change,
        remember: Option<Remember>,
    ) -> Self {
        let open = Some(Open { meter, streams, ending, status });
        Self { upstream: Some(upstream), open, change, remember, silence: None, last: Instant::now() }
    }

    fn end(&mut self, cut: bool) {
        self.upstream = None;
        if let Some(open) = self.open.take() {
            open.end(cut);
        }
    }

    /// What may go on of a piece; may be empty.
    fn pass(&mut self, data: Bytes) -> Result<Bytes, BrokenOff> {
        if let Some(open) = &mut self.open {
            open.meter.feed(&data);
        }
        if let Some(remember) = &mut self.remember {
            match remember.see(&data) {
                Ok(true) => self.remember = None,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "what a stream made could not be remembered");
                    return Err(BrokenOff::NotRemembered);
                }
            }
        }
        Ok(self.change.feed(data))
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
            let Some(upstream) = self.upstream.as_mut() else { return Poll::Ready(None) };
            match Pin::new(upstream).poll_frame(context) {
                Poll::Pending => {
                    std::task::ready!(self.silent(context));
                    self.end(true);
                    return Poll::Ready(Some(Err(BrokenOff::Silent)));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    if self.silence.is_some() {
                        self.last = Instant::now();
                    }
                    let Ok(data) = frame.into_data() else { continue };
                    match self.pass(data) {
                        Ok(data) if data.is_empty() => {}
                        Ok(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                        Err(error) => {
                            self.end(true);
                            return Poll::Ready(Some(Err(error)));
                        }
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    self.end(true);
                    return Poll::Ready(Some(Err(error.into())));
                }
                Poll::Ready(None) => {
                    self.end(false);
                    let rest = self.change.finish();
                    return Poll::Ready((!rest.is_empty()).then(|| Ok(Frame::data(rest))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.change.nothing() && self.upstream.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.upstream {
            Some(upstream) if self.change.nothing() => upstream.size_hint(),
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
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(read_on(upstream, open));
        } else {
            open.hung_up();
        }
    }
}

async fn read_on(mut upstream: Incoming, mut open: Open) {
    let reading = async {
        while let Some(Ok(frame)) = upstream.frame().await {
            if let Some(data) = frame.data_ref() {
                open.meter.feed(data);
            }
        }
    };
    let too_late = tokio::time::timeout(AFTER_HANG_UP, reading).await.is_err();
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

    /// True once the id was found, or is not to be expected any more. An id that could not be remembered goes no further.
    fn see(&mut self, chunk: &[u8]) -> Result<bool, StoreError> {
        self.start.extend_from_slice(&chunk[..chunk.len().min(MAX_ERROR.saturating_sub(self.start.len()))]);
        let text = String::from_utf8_lossy(&self.start);
        let found = text.split("\"id\":").nth(1).and_then(|rest| {
            let rest = rest.trim_start().strip_prefix('"')?;
            rest.split_once('"').map(|(id, _)| id.to_owned())
        });
        let Some(thing) = found else { return Ok(self.start.len() >= MAX_ERROR) };
        let made = Made {
            client: self.client,
            provider: self.provider,
            thing,
            connection: self.connection,
            at: self.agency.now(),
        };
        tokio::task::block_in_place(|| self.agency.things.remember(&made)).map(|()| true)
    }
}
