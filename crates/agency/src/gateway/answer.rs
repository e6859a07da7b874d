//! A provider's answer on its way to the assistant: passed on as it streams, measured as it passes.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::{Payer, Provider};
use ownkey_providers::meter::{Metered, StreamMeter};
use ownkey_providers::refuse::Refusal;
use ownkey_providers::routes::Thing;
use ownkey_providers::{mask, routes, unified};
use ownkey_secret::Secret;
use serde_json::Value;
use tokio::sync::oneshot;

use super::call::{Account, Call};
use super::change::Change;
use super::ending::Ending;
use super::forward::CUT;
use super::hosts::{self, Keeper};
use super::refused::{PAID_BY, paid_by};
use super::tap::{Open, Remember, Tap};
use super::upstream::SILENCE_LIMIT;
use super::{Refused, chat, refuse};
use crate::Agency;
use crate::running::unless_cut;
use crate::store::Made;

/// Error bodies up to this are held and masked; what is beyond is cut.
pub(crate) const MAX_ERROR: usize = 64 * 1024;
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

pub(crate) fn headers(call: &Call, account: &Account, mut headers: HeaderMap) -> HeaderMap {
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
    upstream: http::Response<Incoming>,
) -> Result<Response, Refused> {
    let (head, upstream) = upstream.into_parts();
    let status = head.status;
    let ending = Ending::new(agency, client, call.id).proving(account.running.clone());
    let json = head.headers.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    let mut out = headers(call, account, head.headers);
    let streams = routes::streams(call.route, call.query.as_deref(), &call.seen) && !json;
    let uploads = hosts::headers_home(agency, call, &mut out);
    agency.gateway.uploads.begun(&uploads, call.token, call.at);
    let keeper = Keeper::new(agency, client, call, account);
    keeper.keep_apart(uploads).await.map_err(|r| r.paid_by(account.payer()))?;
    if call.asked.is_some() {
        chat::name_the_request(&mut out);
    }
    let must_change = call.route.made.is_some() || call.route.addresses();
    let held = !streams && (call.asked.is_some() || json && must_change);
    let body = if held {
        let paid = |refused: Refused| refused.paid_by(account.payer());
        let meter = StreamMeter::new(call.provider, call.route).asked(call.seen.model.as_deref());
        let Holding { bytes, metered, ending } =
            hold_anyway(upstream, meter, ending, status, account).await.map_err(paid)?;
        let (bytes, found) = come_back(agency, call, bytes);
        keeper.keep_apart(found).await.map_err(paid)?;
        let made = remember(agency, client, call, account, &bytes).await.map_err(paid)?;
        let ending = ending.once(keeper, made.or_else(|| counted(call)));
        ending.end(status.as_u16(), Some(metered), false);
        Body::from(come_back_as_asked(call, bytes).map_err(paid)?)
    } else {
        let remembers = streams && call.route.made.is_some();
        let remember = remembers.then(|| Remember::new(agency, client, call, account));
        let meter = StreamMeter::new(call.provider, call.route).asked(call.seen.model.as_deref());
        let change = Change::of(agency, client, call, account, streams);
        let ending = ending.once(keeper, counted(call));
        let open = Open { meter, streams, ending, status: status.as_u16(), running: account.running.clone() };
        Body::new(Tap::new(upstream, open, change, remember, call.flight.clone()))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = out;
    Ok(response)
}

/// A whole answer, what it told, and what is to be written about it.
pub(super) struct Holding {
    pub(super) bytes: Bytes,
    pub(super) metered: Metered,
    pub(super) ending: Ending,
}

/// Holds an answer; one whose caller hangs up meanwhile is held to its end all the same, and booked.
pub(super) async fn hold_anyway(
    upstream: Incoming,
    mut meter: StreamMeter,
    ending: Ending,
    status: StatusCode,
    account: &Account,
) -> Result<Holding, Refused> {
    let (give, take) = oneshot::channel();
    let running = account.running.clone();
    tokio::spawn(async move {
        let held = unless_cut(running.as_deref(), hold(upstream)).await;
        let bytes = match held.unwrap_or_else(|_cut| refuse(Refusal::Unreachable, CUT)) {
            Ok(bytes) => bytes,
            Err(refused) => {
                ending.end(StatusCode::BAD_GATEWAY.as_u16(), None, true);
                let _the_caller_left = give.send(Err(refused));
                return;
            }
        };
        meter.feed(&bytes);
        if let Err(Ok(left)) = give.send(Ok(Holding { bytes, metered: meter.finish(), ending })) {
            left.ending.end(status.as_u16(), Some(left.metered), false);
        }
    });
    take.await.unwrap_or_else(|_| refuse(Refusal::Overloaded, "The gateway stumbled."))
}

pub(crate) async fn hold(mut upstream: Incoming) -> Result<Bytes, Refused> {
    let mut all = BytesMut::new();
    while let Some(frame) = next(&mut upstream).await {
        match frame.map(|frame| frame.into_data()) {
            Ok(Ok(data)) if all.len() + data.len() <= MAX_HELD => all.extend_from_slice(&data),
            Ok(Err(_trailers)) => {}
            _ => return refuse(Refusal::Unreachable, "The provider's answer broke off."),
        }
    }
    Ok(all.freeze())
}

/// The next frame; one that does not come within the limit is a broken answer.
async fn next(upstream: &mut Incoming) -> Option<Result<http_body::Frame<Bytes>, ()>> {
    match tokio::time::timeout(SILENCE_LIMIT, upstream.frame()).await {
        Ok(frame) => frame.map(|frame| frame.map_err(drop)),
        Err(_) => Some(Err(())),
    }
}

/// Remembers what the call made, before the assistant learns its id.
pub(super) async fn remember(
    agency: &Arc<Agency>,
    client: ClientId,
    call: &Call,
    account: &Account,
    body: &Bytes,
) -> Result<Option<String>, Refused> {
    let Some(made) = call.route.made else { return Ok(None) };
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = made.field.split('.').fold(&value, |at, name| &at[name]).as_str();
    let Some(thing) = id.map(|id| id.rsplit('/').next().unwrap_or(id).to_owned()) else { return Ok(None) };
    let made = Made {
        client,
        provider: call.provider,
        thing: thing.clone(),
        connection: account.own.map(|(c, _)| c),
        at: agency.now(),
    };
    let agency = agency.clone();
    match tokio::task::spawn_blocking(move || agency.things.remember(&made)).await {
        Ok(Ok(())) => Ok(Some(thing)),
        _ => refuse(Refusal::Overloaded, "What the call made could not be remembered."),
    }
}

/// A translated call's answer in the caller's shape.
fn come_back_as_asked(call: &Call, body: Bytes) -> Result<Bytes, Refused> {
    let Some(asked) = call.asked else { return Ok(body) };
    match unified::chat::answer(asked, &body, call.at.unix_seconds().unsigned_abs()) {
        Ok(body) => Ok(Bytes::from(body)),
        Err(_) => refuse(Refusal::Unreachable, "The provider's answer cannot be read."),
    }
}

/// Absolute addresses of the provider come back to the gateway, so that the next step goes through it too; what those of
/// further hosts lead to.
fn come_back(agency: &Agency, call: &Call, body: Bytes) -> (Bytes, Vec<String>) {
    let mut found = Vec::new();
    if !call.route.addresses() {
        return (body, found);
    }
    let Ok(text) = std::str::from_utf8(&body) else { return (body, found) };
    let addresses = hosts::addresses(agency, call.provider);
    let mut urls = Vec::new();
    let home = addresses.home(text, &mut found);
    let home = addresses.urls(&home, &mut urls).unwrap_or_else(|| home.into_owned());
    found.extend(urls);
    (Bytes::from(home), found)
}

/// The thing whose usage this call states, perhaps once more.
fn counted(call: &Call) -> Option<String> {
    let (thing, id) = call.route.referred(&call.path)?;
    matches!(thing, Thing::Response | Thing::Prediction | Thing::Batch).then(|| id.to_owned())
}

pub(crate) fn here(agency: &Agency, provider: Provider) -> String {
    format!("{}/gateway/{provider}", agency.config.public_url.trim_end_matches('/'))
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
    pub(crate) headers: HeaderMap,
    body: Bytes,
    pub(crate) json: Value,
}

impl Failed {
    pub(crate) async fn read(call: &Call, account: &Account, upstream: http::Response<Incoming>) -> Self {
        let (head, mut upstream) = upstream.into_parts();
        let status = head.status;
        let mut headers = headers(call, account, head.headers);
        take_out_echoes(&mut headers, &account.secret);
        let mut all = BytesMut::new();
        while let Ok(Some(Ok(frame))) = account.unless_cut(next(&mut upstream)).await {
            let Ok(chunk) = frame.into_data() else { continue };
            all.extend_from_slice(&chunk[..chunk.len().min(MAX_ERROR - all.len())]);
            if all.len() >= MAX_ERROR {
                break;
            }
        }
        let json = serde_json::from_slice(&all).unwrap_or_default();
        Self { status, headers, body: all.freeze(), json }
    }

    /// Books it; its body, with the key and anything that looks like one masked.
    pub(crate) fn book_masked(&self, agency: &Arc<Agency>, client: ClientId, call: &Call, account: &Account) -> String {
        Ending::new(agency, client, call.id).end(self.status.as_u16(), None, false);
        let text = String::from_utf8_lossy(&self.body);
        mask::mask(&account.secret.masked_in(&text)).into_owned()
    }

    /// Passes it on, with the key and anything that looks like one masked.
    pub(crate) fn pass(self, agency: &Arc<Agency>, client: ClientId, call: &Call, account: &Account) -> Response {
        let masked = self.book_masked(agency, client, call, account);
        if call.asked.is_some() {
            let mut response =
                chat::refused(unified::chat::error(self.status, masked.as_bytes()), Some(account.payer()), call);
            let mut theirs = self.headers;
            chat::name_the_request(&mut theirs);
            for name in ["retry-after", "x-request-id", "ownkey-key-version"] {
                if let Some(value) = theirs.get(name) {
                    response.headers_mut().insert(name, value.clone());
                }
            }
            return response;
        }
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
