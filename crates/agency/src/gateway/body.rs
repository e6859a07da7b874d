//! A request's body: held up to 4 MiB until the answer begins, so that it can be looked at, changed, and sent again.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use ownkey_providers::refuse::Refusal;

use super::upstream::Outgoing;
use super::{Refused, refuse};

/// The most bytes that are held.
pub(crate) const REPLAY: usize = 4 * 1024 * 1024;

/// The longest that a caller may stay silent within a body, while it is held.
const SILENCE: Duration = Duration::from_secs(60);

/// What that can come to with the piece that goes over it.
const MOST_HELD: usize = REPLAY + 512 * 1024;

/// How much of a refused body is read on, and for how long.
const DRAINED: usize = 32 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A body whose beginning, or whole, is held.
pub(crate) struct Held {
    /// What is held.
    pub(crate) start: Bytes,
    /// Whether that is all of it.
    whole: bool,
    /// What is still to come.
    rest: Option<Body>,
    /// How long the caller says that it is.
    length: Option<u64>,
}

impl Held {
    pub(crate) async fn read(mut body: Body, headers: &HeaderMap) -> Result<Self, Refused> {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        let Some(mut start) = next(&mut body).await? else {
            return Ok(Self { start: Bytes::new(), whole: true, rest: None, length });
        };
        if body.is_end_stream() {
            return Ok(Self { start, whole: true, rest: None, length });
        }
        let said = length.and_then(|length: u64| usize::try_from(length).ok());
        let mut all = BytesMut::with_capacity(said.unwrap_or(start.len()).clamp(start.len(), MOST_HELD));
        all.extend_from_slice(&std::mem::take(&mut start));
        while all.len() <= REPLAY {
            match next(&mut body).await? {
                Some(piece) => {
                    // Grown by doubling, a body near the limit would take twice the memory: its copy and itself.
                    if all.capacity() - all.len() < piece.len() && all.len() > REPLAY / 8 {
                        all.reserve(MOST_HELD.saturating_sub(all.len()).max(piece.len()));
                    }
                    all.extend_from_slice(&piece);
                }
                None => return Ok(Self { start: all.freeze(), whole: true, rest: None, length }),
            }
        }
        Ok(Self { start: all.freeze(), whole: false, rest: Some(body), length })
    }

    /// No body.
    pub(crate) fn nothing() -> Self {
        Self { start: Bytes::new(), whole: true, rest: None, length: None }
    }

    /// The same for another call: what is held, which is all of a whole one.
    pub(crate) fn again(&self) -> Self {
        Self { start: self.start.clone(), whole: self.whole, rest: None, length: self.length }
    }

    /// How long it is, as far as is known.
    pub(crate) fn length(&self) -> u64 {
        self.length.unwrap_or(self.start.len() as u64)
    }

    /// Whether it can be sent again, or changed.
    pub(crate) fn whole(&self) -> bool {
        self.whole
    }

    /// Reads what is still to come, within bounds: a caller who is still sending does not hear a refusal.
    pub(crate) async fn drain(&mut self) {
        let Some(mut rest) = self.rest.take() else { return };
        let mut left = DRAINED;
        let reading = async {
            while let Ok(Some(piece)) = next(&mut rest).await
                && left > 0
            {
                left = left.saturating_sub(piece.len());
            }
        };
        let _slow_callers_wait_no_longer = tokio::time::timeout(DRAIN_TIME, reading).await;
    }

    /// The body for the provider. A whole one may be taken again; the rest of another only once.
    pub(crate) fn send(&mut self) -> Outgoing {
        match self.rest.take() {
            None => Outgoing::whole(self.start.clone()),
            Some(rest) => Outgoing::with_rest(std::mem::take(&mut self.start), rest, self.length),
        }
    }
}

/// The next piece; trailers are passed over.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Refused> {
    loop {
        let Ok(frame) = tokio::time::timeout(SILENCE, body.frame()).await else {
            return refuse(Refusal::BadRequest, "The request's body did not come.");
        };
        let Some(frame) = frame else { return Ok(None) };
        let Ok(frame) = frame else {
            return refuse(Refusal::BadRequest, "The request's body broke off.");
        };
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}
