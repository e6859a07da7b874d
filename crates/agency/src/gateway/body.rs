//! A request's body: held up to 4 MiB until the answer begins, so that it can be looked at, changed, and sent again.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use ownkey_providers::refuse::Refusal;

use super::{Refused, refuse};

/// The most bytes that are held.
pub(crate) const REPLAY: usize = 4 * 1024 * 1024;

/// How much of a refused body is read on, and for how long.
const DRAINED: usize = 32 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A body whose beginning, or whole, is held.
pub(crate) struct Held {
    /// What is held.
    pub(crate) start: Bytes,
    /// What is still to come; `None` when all of it is held.
    rest: Option<BodyDataStream>,
}

impl Held {
    pub(crate) async fn read(body: Body) -> Result<Self, Refused> {
        let mut stream = body.into_data_stream();
        let mut start = BytesMut::new();
        while let Some(chunk) = stream.next().await {
            let Ok(chunk) = chunk else {
                return refuse(Refusal::BadRequest, "The request's body broke off.");
            };
            start.extend_from_slice(&chunk);
            if start.len() > REPLAY {
                return Ok(Self { start: start.freeze(), rest: Some(stream) });
            }
        }
        Ok(Self { start: start.freeze(), rest: None })
    }

    /// Whether it can be sent again, or changed.
    pub(crate) fn whole(&self) -> bool {
        self.rest.is_none()
    }

    /// Reads what is still to come, within bounds: a caller who is still sending does not hear a refusal.
    pub(crate) async fn drain(&mut self) {
        let Some(mut rest) = self.rest.take() else { return };
        let mut left = DRAINED;
        let reading = async {
            while let Some(Ok(chunk)) = rest.next().await
                && left > 0
            {
                left = left.saturating_sub(chunk.len());
            }
        };
        let _slow_callers_wait_no_longer = tokio::time::timeout(DRAIN_TIME, reading).await;
    }

    /// The body for the provider. A whole one may be taken again; the rest of another only once.
    pub(crate) fn send(&mut self) -> reqwest::Body {
        match self.rest.take() {
            None => reqwest::Body::from(self.start.clone()),
            Some(rest) => {
                let start = std::mem::take(&mut self.start);
                let all = stream::iter([Ok(start)]).chain(rest);
                reqwest::Body::wrap_stream(all)
            }
        }
    }
}
