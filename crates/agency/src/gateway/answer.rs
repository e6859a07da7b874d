//! A provider's answer on its way to the assistant: passed on as it streams, measured as it passes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use ownkey_protocol::id::{CallId, ClientId};
use ownkey_protocol::vocabulary::{Payer, Provider};
use ownkey_providers::meter::{StreamMeter, Units};
use ownkey_providers::refuse::Refusal;
use ownkey_providers::{mask, meter, routes};
use ownkey_secret::Secret;
use serde_json::Value;

use super::call::{Account, Call};
use super::change::Change;
use super::refused::{PAID_BY, paid_by};
use super::{Refused, refuse};
use crate::Agency;
use crate::store::{CallFinished, Made, StoreError};

/// Error bodies up to this are held and masked; what is beyond is cut.
const MAX_ERROR: usize = 64 * 1024;
/// Answers that name a thing which was made, or addresses that must come back to the gateway, are held up to this.
const MAX_HELD: usize = 32 * 1024 * 1024;

/// Headers that stay between gateway and provider.
const KEPT_BACK: &[&str] = &[
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "set-cookie",
    "trailer",
    "upgrade",
    "proxy-authenticate",
    "alt-svc",
    "strict-transport-security",
];

/// Ids of the platform's own organisation.
const PLATFORM_IDS: &[&str] =
    &["openai-organization", "openai-project", "anthropic-organization-id", "anthropic-workspace-id"];

/// Writes how a call ended, once.
pub(crate) struct Ending {
    agency: Arc<Agency>,
    client: ClientId,
    id: CallId,
    done: bool,
}

impl Ending {
    pub(crate) fn new(agency: &Arc<Agency>, client: ClientId, id: CallId) -> Self {
        Self { agency: agency.clone(), client, id, done: false }
    }

    pub(crate) fn end(mut self, status: u16, units: Option<&Units>) {
        self.write(status, units);
    }

    fn write(&mut self, status: u16, units: Option<&Units>) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        let units = units.and_then(|u| serde_json::to_string(u).ok());
        let at = self.agency.now();
        self.agency.gateway.book.finished(CallFinished { id: self.id, status, units, at });
        self.agency.moved(self.client);
    }
}

fn headers(call: &Call, account: &Account, from: &HeaderMap) -> HeaderMap {
    let mut headers = from.clone();
    for name in KEPT_BACK {
        headers.remove(*name);
    }
    if account.payer() == Payer::Platform {
        for name in PLATFORM_IDS {
            headers.remove(*name);
        }
    }
    headers.insert(PAID_BY, HeaderValue::from_static(paid_by(account.payer())));
    if let Some((_, version)) = account.own {
        headers.insert("ownkey-key-version", HeaderValue::from(version));
    }
    if let Ok(id) = HeaderValue::from_str(&call.id.to_string()) {
        headers.insert("ownkey-call", id);
    }
    headers
}

/// Passes a success on.
pub(crate) async fn pass(
    agency: &Arc<Agency>,
    client: ClientId,
    call: &Call,
    account: &Account,
    upstream: reqwest::Response,
) -> Result<Response, Refused> {
    let status = upstream.status();
    let mut out = headers(call, account, upstream.headers());
    let ending = Ending::new(agency, client, call.id);
    let json =
        upstream.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    let streams = routes::streams(call.route, call.query.as_deref(), &call.seen) && !json;
    rewrite_location(agency, call, &mut out);
    let held = !streams && json && (call.route.made.is_some() || call.provider == Provider::Replicate);
    let body = if held {
        let paid = |refused: Refused| refused.paid_by(account.payer());
        let bytes = hold(upstream).await.map_err(paid)?;
        let bytes = come_back(agency, call, bytes);
        remember(agency, client, call, account, &bytes).await.map_err(paid)?;
        ending.end(status.as_u16(), meter::of_body(call.provider, call.route, &bytes).as_ref());
        Body::from(bytes)
    } else {
        let remembers = streams && call.route.made.is_some();
        Body::from_stream(Tap {
            upstream: Box::pin(upstream.bytes_stream()),
            meter: Some(StreamMeter::new(call.provider, call.route)),
            ending: Some(ending),
            status: status.as_u16(),
            change: Change::of(agency, call, streams),
            remember: remembers.then(|| Remember::new(agency, client, call, account)),
        })
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = out;
    Ok(response)
}

async fn hold(mut upstream: reqwest::Response) -> Result<Bytes, Refused> {
    let mut all = BytesMut::new();
    loop {
        match upstream.chunk().await {
            Ok(Some(chunk)) if all.len() + chunk.len() <= MAX_HELD => all.extend_from_slice(&chunk),
            Ok(None) => return Ok(all.freeze()),
            _ => return refuse(Refusal::Unreachable, "The provider's answer broke off."),
        }
    }
}

/// Remembers what the call made, before the assistant learns its id.
async fn remember(
    agency: &Arc<Agency>,
    client: ClientId,
    call: &Call,
    account: &Account,
    body: &Bytes,
) -> Result<(), Refused> {
    let Some(made) = call.route.made else { return Ok(()) };
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = made.field.split('.').fold(&value, |at, name| &at[name]).as_str();
    let Some(thing) = id.map(|id| id.rsplit('/').next().unwrap_or(id).to_owned()) else { return Ok(()) };
    let made =
        Made { client, provider: call.provider, thing, connection: account.own.map(|(c, _)| c), at: agency.now() };
    let agency = agency.clone();
    match tokio::task::spawn_blocking(move || agency.things.remember(&made)).await {
        Ok(Ok(())) => Ok(()),
        _ => refuse(Refusal::Overloaded, "What the call made could not be remembered."),
    }
}

/// Absolute addresses of the provider come back to the gateway, so that the next step goes through it too.
fn come_back(agency: &Agency, call: &Call, body: Bytes) -> Bytes {
    match Change::of(agency, call, true) {
        Change::Home(home) => Bytes::from(home.text(&body)),
        _ => body,
    }
}

pub(crate) fn here(agency: &Agency, provider: Provider) -> String {
    format!("{}/gateway/{provider}", agency.config.public_url.trim_end_matches('/'))
}

fn rewrite_location(agency: &Agency, call: &Call, headers: &mut HeaderMap) {
    for name in ["location", "x-goog-upload-url", "x-goog-upload-control-url"] {
        let Some(value) = headers.get(name).and_then(|v| v.to_str().ok()) else { continue };
        let origin = agency.config.endpoints.origin(call.provider);
        match value.strip_prefix(origin).map(|rest| format!("{}{rest}", here(agency, call.provider))) {
            Some(back) => {
                if let Ok(back) = HeaderValue::from_str(&back) {
                    headers.insert(name, back);
                }
            }
            None => {
                headers.remove(name);
            }
        }
    }
}

/// What a stream makes, found in its first bytes.
struct Remember {
    agency: Arc<Agency>,
    client: ClientId,
    provider: Provider,
    connection: Option<ownkey_protocol::id::ConnectionId>,
    start: Vec<u8>,
}

impl Remember {
    fn new(agency: &Arc<Agency>, client: ClientId, call: &Call, account: &Account) -> Self {
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

/// A stream that is measured as it passes.
struct Tap {
    upstream: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    meter: Option<StreamMeter>,
    ending: Option<Ending>,
    status: u16,
    change: Change,
    remember: Option<Remember>,
}

impl Tap {
    fn end(&mut self) {
        if let Some(ending) = self.ending.take() {
            let units = self.meter.take().and_then(StreamMeter::end);
            ending.end(self.status, units.as_ref());
        }
    }
}

impl Stream for Tap {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.upstream.as_mut().poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(chunk))) => {
                    if let Some(meter) = &mut self.meter {
                        meter.feed(&chunk);
                    }
                    match self.remember.as_mut().map(|r| r.see(&chunk)) {
                        Some(Ok(true)) => self.remember = None,
                        Some(Err(error)) => {
                            tracing::error!(%error, "what a stream made could not be remembered");
                            self.end();
                            return Poll::Ready(Some(Err(std::io::Error::other("not remembered"))));
                        }
                        _ => {}
                    }
                    let chunk = self.change.feed(chunk);
                    if !chunk.is_empty() {
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    self.end();
                    return Poll::Ready(Some(Err(std::io::Error::other(error.without_url()))));
                }
                Poll::Ready(None) => {
                    self.end();
                    let rest = self.change.finish();
                    return Poll::Ready((!rest.is_empty()).then_some(Ok(rest)));
                }
            }
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.end();
    }
}

/// Takes out headers in which the provider quotes the key.
fn take_out_echoes(headers: &mut HeaderMap, secret: &Secret) {
    let quotes = |value: &HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes());
        secret.masked_in(&text) != text
    };
    let echoing: Vec<HeaderName> = headers.iter().filter(|(_, v)| quotes(v)).map(|(name, _)| name.clone()).collect();
    for name in echoing {
        headers.remove(name);
    }
}

/// An answer that is no success: held, so that it can be understood and masked.
pub(crate) struct Failed {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    pub(crate) json: Value,
}

impl Failed {
    pub(crate) async fn read(call: &Call, account: &Account, mut upstream: reqwest::Response) -> Self {
        let status = upstream.status();
        let mut headers = headers(call, account, upstream.headers());
        take_out_echoes(&mut headers, &account.secret);
        let mut all = BytesMut::new();
        while let Ok(Some(chunk)) = upstream.chunk().await {
            all.extend_from_slice(&chunk[..chunk.len().min(MAX_ERROR - all.len())]);
            if all.len() >= MAX_ERROR {
                break;
            }
        }
        let json = serde_json::from_slice(&all).unwrap_or_default();
        Self { status, headers, body: all.freeze(), json }
    }

    /// Passes it on, with the key and anything that looks like one masked.
    pub(crate) fn pass(self, agency: &Arc<Agency>, client: ClientId, call: &Call, account: &Account) -> Response {
        Ending::new(agency, client, call.id).end(self.status.as_u16(), None);
        let text = String::from_utf8_lossy(&self.body);
        let masked = mask::mask(&account.secret.masked_in(&text)).into_owned();
        let mut response = Response::new(Body::from(masked));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_quotes_the_key_does_not_reach_the_assistant() {
        let secret = Secret::new(b"sk-proj-practice-0123456789".to_vec()).unwrap();
        let mut headers = HeaderMap::new();
        let quote = "Bearer error=\"sk-proj-practice-0123456789 is not valid\"";
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(quote));
        headers.insert("x-request-id", HeaderValue::from_static("req_1"));
        take_out_echoes(&mut headers, &secret);
        assert!(!headers.contains_key(header::WWW_AUTHENTICATE));
        assert_eq!(headers["x-request-id"], "req_1");
    }
}
