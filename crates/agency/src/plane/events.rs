//! `GET /v1/events`: "something changed", as server-sent events. Closed at once when the device is revoked.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, stream};
use ownkey_protocol::api;
use tokio::sync::broadcast::error::RecvError;

use super::Refusal;
use super::signed::SignedRequest;
use crate::Agency;

pub(super) async fn events(
    State(agency): State<Arc<Agency>>,
    signed: SignedRequest,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let news = agency.record.news();
    let first = message(&agency, &signed);
    let stopping = agency.stopping();
    let later =
        stream::unfold((news, agency, signed, stopping), |(mut news, agency, signed, mut stopping)| async move {
            loop {
                let told = tokio::select! {
                    told = news.recv() => told,
                    _ = stopping.changed() => return None,
                };
                match told {
                    Ok(changed) if changed.client != signed.client => continue,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
                let event = message(&agency, &signed)?;
                return Some((event, (news, agency, signed, stopping)));
            }
        });
    let all = stream::iter(first).chain(later).map(Ok);
    Ok(Sse::new(all).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))))
}

/// `None` when the device may hear nothing any more.
fn message(agency: &Agency, signed: &SignedRequest) -> Option<Event> {
    let state = agency.record.state(signed.client).ok()?;
    let device = state.devices().get(&signed.device)?;
    if device.revoked.is_some() {
        return None;
    }
    let event = api::Event { size: state.tree().size(), calls_revision: agency.calls_revision(signed.client) };
    Event::default().event("changed").json_data(event).ok()
}
