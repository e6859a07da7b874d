//! One provider's listener: reads a call whole, lets waiting faults have their way, asks the
//! provider's rooms for an answer, books it, and sends it.
//!
//! It sits on hyper's own connection, below axum's router, because some faults close a connection
//! without an answer, which a router cannot do.

use crate::call::{Answer, Call, Part, Payload};
use crate::control::Control;
use crate::faults::FaultKind;
use crate::hosts::Host;
use crate::keys::KeyStanding;
use crate::ledger::LedgerRow;
use crate::provider::Provider;
use crate::room::Room;
use crate::{anthropic, gemini, openai, pages, replicate, stability, stream};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// No body over this many bytes is read.
const MOST_BODY: usize = 64 * 1024 * 1024;

/// Headers in which a credential comes.
const CREDENTIALS: [&str; 5] = ["authorization", "x-api-key", "x-goog-api-key", "cookie", "proxy-authorization"];

/// The connection ends without an answer.
#[derive(Debug)]
pub(crate) struct HungUp;

impl std::fmt::Display for HungUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the simulator hung up, as it was asked to")
    }
}

impl std::error::Error for HungUp {}

/// Serves one provider until the task is dropped; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, at: (Provider, Host), control: Control, gap: Duration) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((socket, peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let control = control.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let control = control.clone();
                async move { handle(request, peer.ip(), at, &control, gap).await }
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

async fn handle(
    request: Request<Incoming>,
    peer: IpAddr,
    (provider, host): (Provider, Host),
    control: &Control,
    gap: Duration,
) -> Result<Response<Body>, HungUp> {
    let request_id = control.with(provider, request_id);
    let Some(call) = read(request, peer, host, request_id.clone()).await else {
        return Ok(send(Answer::text(413, "request body too large"), &request_id, provider, None, gap));
    };
    if host == Host::Api && call.path.starts_with("/_sim/") {
        let answer = crate::control_http::answer(control, provider, &call);
        return Ok(send(answer, &request_id, provider, None, gap));
    }
    let page = host == Host::Api;
    if page && (call.path == "/" || call.path == "/console" || call.path.starts_with("/console/")) {
        let answer = pages::answer(control, provider, &call);
        return Ok(send(answer, &request_id, provider, None, gap));
    }
    let fault = control.with(provider, |room| {
        let key = presented(provider, &call).and_then(|text| room.key_by_text(&text)).map(|key| key.id.clone());
        room.take_fault(&call.route(), key.as_deref())
    });
    match &fault {
        Some(FaultKind::HangUp) => {
            control.with(provider, |room| book(room, &call, 0, &mut Answer::text(0, ""), fault.as_ref()));
            return Err(HungUp);
        }
        Some(FaultKind::Delay(ms)) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        _ => {}
    }
    let answer = control.with(provider, |room| act(room, &call, fault.as_ref()));
    match &fault {
        Some(FaultKind::ActedButNoAnswer) => return Err(HungUp),
        Some(FaultKind::ActedButLate(ms)) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Some(FaultKind::KeyDiesAfter) => control.with(provider, |room| end_caller(room, &call)),
        _ => {}
    }
    Ok(send(answer, &request_id, provider, fault, gap))
}

/// Revokes the key that called.
fn end_caller(room: &mut Room, call: &Call) {
    let key = presented(room.provider, call).and_then(|text| room.key_by_text(&text)).map(|key| key.id.clone());
    if let Some(id) = key {
        room.stand(&id, KeyStanding::Revoked);
    }
}

/// Answers a call in its provider's room and books it.
fn act(room: &mut Room, call: &Call, fault: Option<&FaultKind>) -> Answer {
    let mut answer = match fault {
        Some(FaultKind::Status { code, body }) if body.is_null() => plain_status(room.provider, *code, call),
        Some(FaultKind::Status { code, body }) => match body {
            serde_json::Value::String(text) => Answer::text(*code, text),
            body => Answer::json(*code, body),
        },
        Some(FaultKind::Garbage) => {
            Answer::bytes(200, "application/json", Bytes::from_static(b"\x00\xff{\"half\": <html>practice garbage"))
        }
        Some(FaultKind::Region) => region(room.provider, call),
        Some(FaultKind::EchoKey) => echo(room.provider, call),
        _ => dispatch(room, call),
    };
    if answer.status == 429 && !answer.headers.iter().any(|(name, _)| *name == "retry-after") && fault.is_some() {
        answer = answer.with("retry-after", "1");
    }
    let status = answer.status;
    book(room, call, status, &mut answer, fault);
    answer
}

fn dispatch(room: &mut Room, call: &Call) -> Answer {
    match room.provider {
        Provider::OpenAi => openai::answer(room, call),
        Provider::Anthropic => anthropic::answer(room, call),
        Provider::Gemini => gemini::answer(room, call),
        Provider::Stability => stability::answer(room, call),
        Provider::Replicate => replicate::answer(room, call),
    }
}

fn plain_status(provider: Provider, code: u16, call: &Call) -> Answer {
    match provider {
        Provider::OpenAi => openai::errors::plain(code),
        Provider::Anthropic => anthropic::errors::plain(code, &call.request_id),
        Provider::Gemini => gemini::errors::plain(code),
        Provider::Stability => stability::errors::plain(code, call),
        Provider::Replicate => replicate::errors::plain(code),
    }
}

fn region(provider: Provider, call: &Call) -> Answer {
    match provider {
        Provider::OpenAi => openai::errors::region(),
        Provider::Anthropic => anthropic::errors::region(&call.request_id),
        Provider::Gemini => gemini::errors::region(),
        Provider::Stability => stability::errors::plain(403, call),
        Provider::Replicate => replicate::errors::plain(403),
    }
}

/// How a provider says in a stream that it cannot go on.
fn error_event(provider: Provider, request_id: &str) -> Bytes {
    let (said, name) = match provider {
        Provider::Anthropic => (anthropic::errors::plain(529, request_id), Some("error")),
        _ => (openai::errors::plain(500), None),
    };
    let Payload::Whole(body) = said.payload else { return Bytes::new() };
    let body = serde_json::from_slice(&body).unwrap_or_default();
    name.map_or_else(|| stream::data(&body), |name| stream::named(name, &body))
}

fn echo(provider: Provider, call: &Call) -> Answer {
    let key = presented(provider, call).unwrap_or_default();
    let words = format!("Incorrect API key provided: {key}");
    match provider {
        Provider::OpenAi => openai::errors::error(401, &words, "invalid_request_error", None, Some("invalid_api_key")),
        Provider::Anthropic => anthropic::errors::error(401, "authentication_error", &words, None, &call.request_id),
        Provider::Gemini => gemini::errors::error(401, "UNAUTHENTICATED", &words, None),
        Provider::Stability => stability::errors::v1(401, "unauthorized", &words, call),
        Provider::Replicate => replicate::errors::error(401, "Unauthenticated", &words),
    }
}

/// The key that the call presents, wherever this provider looks for it.
pub(crate) fn presented(provider: Provider, call: &Call) -> Option<String> {
    let found = match provider {
        Provider::Anthropic => call.header("x-api-key").or_else(|| call.bearer()),
        Provider::Gemini => call.header("x-goog-api-key").or_else(|| call.query("key")).or_else(|| call.bearer()),
        Provider::Replicate => {
            call.bearer().or_else(|| call.header("authorization").and_then(|value| value.strip_prefix("Token ")))
        }
        Provider::OpenAi | Provider::Stability => call.bearer(),
    };
    found.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn book(room: &mut Room, call: &Call, status: u16, answer: &mut Answer, fault: Option<&FaultKind>) {
    let mut booking = std::mem::take(&mut answer.booking);
    if booking.key.is_none()
        && let Some(text) = presented(room.provider, call)
        && let Some(key) = room.key_by_text(&text)
    {
        booking.key = Some(key.id.clone());
        booking.account = Some(key.account.clone());
    }
    room.ledger.push(LedgerRow {
        at: jiff::Timestamp::now().as_millisecond(),
        key: booking.key,
        account: booking.account,
        host: call.host,
        credential: CREDENTIALS.iter().any(|name| call.headers.contains_key(*name)) || call.query("key").is_some(),
        route: call.route(),
        model: booking.model,
        status,
        units: booking.units,
        size: booking.size,
        billed: booking.billed,
        request_id: call.request_id.clone(),
        fault: fault.map(FaultKind::name),
    });
}

fn request_id(room: &mut Room) -> String {
    match room.provider {
        Provider::OpenAi | Provider::Anthropic => room.next_id("req_", 24),
        Provider::Gemini => room.next_id("", 22),
        Provider::Stability | Provider::Replicate => room.next_uuid(),
    }
}

async fn read(request: Request<Incoming>, peer: IpAddr, host: Host, request_id: String) -> Option<Call> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MOST_BODY).collect().await.ok()?.to_bytes();
    let content_type = head.headers.get(http::header::CONTENT_TYPE).cloned();
    let parts = match &content_type {
        Some(value) if value.as_bytes().starts_with(b"multipart/form-data") => multipart(value, body.clone()).await,
        _ => None,
    };
    let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    Some(Call {
        method: head.method,
        path: head.uri.path().to_owned(),
        query,
        headers: head.headers,
        body,
        parts,
        peer,
        host,
        request_id,
    })
}

async fn multipart(content_type: &http::HeaderValue, body: Bytes) -> Option<Vec<Part>> {
    let mut request = Request::builder()
        .method("POST")
        .header(http::header::CONTENT_TYPE, content_type)
        .body(Body::from(body))
        .ok()?;
    DefaultBodyLimit::max(MOST_BODY).apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await.ok()?;
        parts.push(Part { name, file_name, bytes });
    }
    Some(parts)
}

fn send(
    answer: Answer,
    request_id: &str,
    provider: Provider,
    fault: Option<FaultKind>,
    gap: Duration,
) -> Response<Body> {
    let id_header = match provider {
        Provider::Anthropic => "request-id",
        _ => "x-request-id",
    };
    let mut response = Response::builder().status(answer.status).header("content-type", answer.content_type);
    if provider != Provider::Gemini {
        response = response.header(id_header, request_id);
    }
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let body = match (answer.payload, fault) {
        (Payload::Events(events), Some(FaultKind::CutStream { after_events })) => {
            stream::cut(events, after_events, gap)
        }
        (Payload::Events(mut events), Some(FaultKind::ErrorEvent { after_events })) => {
            events.truncate(after_events);
            events.push(error_event(provider, request_id));
            stream::whole(events, gap)
        }
        (Payload::Whole(bytes), Some(FaultKind::CutStream { .. })) => {
            let half = bytes.slice(..bytes.len() / 2);
            stream::cut(vec![half, Bytes::new()], 1, gap)
        }
        (Payload::Events(events), Some(FaultKind::SlowBody { bytes_per_s })) => {
            stream::slow(events.concat().into(), bytes_per_s)
        }
        (Payload::Whole(bytes), Some(FaultKind::SlowBody { bytes_per_s })) => stream::slow(bytes, bytes_per_s),
        (Payload::Events(events), _) => stream::whole(events, gap),
        (Payload::Whole(bytes), _) => Body::from(bytes),
    };
    response.body(body).unwrap_or_else(|_| {
        let mut broken = Response::new(Body::from("the simulator could not write its headers"));
        *broken.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}
