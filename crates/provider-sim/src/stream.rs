//! Bodies that arrive in pieces: server-sent events, broken streams, slow ones.

use crate::serve::HungUp;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use std::time::Duration;

/// One event without a name: `data: {…}`.
pub(crate) fn data(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

/// One event with a name: `event: …`, `data: {…}`.
pub(crate) fn named(name: &str, value: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {value}\n\n"))
}

/// Splits a text into the pieces of a stream: words with the space in front, at least one.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split_inclusive(' ') {
        pieces.push(word.to_owned());
    }
    if pieces.is_empty() {
        pieces.push(String::new());
    }
    pieces
}

/// Sends each event by itself, `gap` apart.
pub(crate) fn whole(events: Vec<Bytes>, gap: Duration) -> Body {
    let paced = stream::iter(events).enumerate().then(move |(number, event)| async move {
        if number > 0 && !gap.is_zero() {
            tokio::time::sleep(gap).await;
        }
        Ok::<Bytes, HungUp>(event)
    });
    Body::from_stream(paced)
}

/// Sends so many events, then breaks the connection in the middle of the next one.
pub(crate) fn cut(events: Vec<Bytes>, after: usize, gap: Duration) -> Body {
    let mut items: Vec<Option<Bytes>> = Vec::new();
    let rest = events.get(after).map(|event| event.slice(..event.len() / 2));
    items.extend(events.into_iter().take(after).map(Some));
    items.extend(rest.filter(|half| !half.is_empty()).map(Some));
    items.push(None);
    let paced = stream::iter(items).then(move |item| async move {
        // What was sent has to leave before the connection breaks, or the caller sees less than promised.
        tokio::time::sleep(gap.max(Duration::from_millis(10))).await;
        item.ok_or(HungUp)
    });
    Body::from_stream(paced)
}

/// Sends a body in pieces, no faster than asked.
pub(crate) fn slow(bytes: Bytes, bytes_per_s: u64) -> Body {
    let rate = bytes_per_s.max(1);
    let piece = usize::try_from((rate / 10).max(1)).unwrap_or(usize::MAX);
    let pause = Duration::from_secs_f64(piece as f64 / rate as f64);
    let pieces: Vec<Bytes> =
        (0..bytes.len()).step_by(piece).map(|at| bytes.slice(at..bytes.len().min(at.saturating_add(piece)))).collect();
    whole(pieces, pause)
}
