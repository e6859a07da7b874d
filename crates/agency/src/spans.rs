//! One span per gateway call, told to the agency's own collector: off unless `serve --otlp` names one.
//!
//! OTLP over HTTP in its JSON encoding (OpenTelemetry Protocol specification 1.x, "OTLP/HTTP" and "JSON Protobuf
//! Encoding": lower camel case, ids as hexadecimal, whole numbers of 64 bits as text). Parents come by W3C Trace Context
//! (`traceparent`, level 1).
//!
//! A span holds what [`Span`] has a field for and nothing else: no field can hold a text of a caller's or a provider's.
//! It waits in a queue that is bounded; one that finds it full is dropped and counted, and no call waits for it.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use ownkey_protocol::id::{AssistantId, CallId, ClientId};
use ownkey_protocol::random;
use ownkey_protocol::vocabulary::{Provider, Use};
use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

mod trace_context;

use trace_context::{Parent, hex};

use crate::outgoing::{self, Http, may_go};

/// Spans that may wait.
const QUEUE: usize = 4_096;
/// Spans of one request.
const BATCH: usize = 512;
/// How long a span waits for others.
const EVERY: Duration = Duration::from_secs(1);
/// The longest that one request may take, and how often it is sent.
const LIMIT: Duration = Duration::from_secs(10);
const TRIES: u32 = 3;
/// The longest that the last spans are waited for when the server stops.
const LAST: Duration = Duration::from_secs(5);
/// The most bytes of a collector's answer that are read.
const MAX_ANSWER: usize = 64 * 1024;

const TRACEPARENT: &str = "traceparent";

/// What is told of one call: the closed list.
#[derive(Debug, Clone, Copy)]
struct Span {
    trace: [u8; 16],
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    begun: SystemTime,
    provider: Provider,
    route: Option<&'static str>,
    r#use: Option<Use>,
    client: Option<ClientId>,
    assistant: Option<AssistantId>,
    paid_by: Option<&'static str>,
    status: Option<u16>,
    call: Option<CallId>,
    key_version: Option<u32>,
    /// What the gateway added until the answer began, and what the provider took until then.
    added: Option<Duration>,
    theirs: Option<Duration>,
}

/// A call that is on its way; it is told when this is dropped.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    span: Mutex<Span>,
    to: mpsc::Sender<(Span, SystemTime)>,
    dropped: Counter,
}

/// Where spans go, and how many did not.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    to: OnceLock<mpsc::Sender<(Span, SystemTime)>>,
    pub(crate) sent: Counter,
    pub(crate) dropped: Counter,
}

impl Spans {
    /// A call begins. The provider gets our span as the parent in the place of the caller's; without a collector, or
    /// without a parent, its headers stay as they are.
    pub(crate) fn begin(&self, provider: Provider, headers: &mut HeaderMap) -> Option<Arc<OpenSpan>> {
        let to = self.to.get()?.clone();
        let parent = Parent::of(headers);
        let (trace, id) = (parent.as_ref().map_or_else(random::bytes, |parent| parent.trace), random::bytes());
        if let Some(parent) = &parent
            && let Ok(ours) = HeaderValue::from_str(&parent.handed_on(id))
        {
            headers.insert(TRACEPARENT, ours);
        }
        let span = Span {
            trace,
            id,
            parent: parent.map(|parent| parent.span),
            begun: SystemTime::now(),
            provider,
            route: None,
            r#use: None,
            client: None,
            assistant: None,
            paid_by: None,
            status: None,
            call: None,
            key_version: None,
            added: None,
            theirs: None,
        };
        Some(Arc::new(OpenSpan { span: Mutex::new(span), to, dropped: self.dropped.clone() }))
    }
}

impl OpenSpan {
    fn with(&self, act: impl FnOnce(&mut Span)) {
        act(&mut self.span.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whose call it is, and of which kind.
    pub(crate) fn is_of(&self, client: ClientId, assistant: AssistantId, route: &'static str, r#use: Option<Use>) {
        self.with(|span| {
            (span.client, span.assistant, span.route, span.r#use) = (Some(client), Some(assistant), Some(route), r#use);
        });
    }

    /// The provider that is asked.
    pub(crate) fn goes_to(&self, provider: Provider) {
        self.with(|span| span.provider = provider);
    }

    /// The answer begins; of its headers those count that are ours.
    pub(crate) fn answered(&self, response: &Response, paid_by: &'static str, whole: Duration, theirs: Duration) {
        let ours = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        self.with(|span| {
            span.status = Some(response.status().as_u16());
            span.paid_by = Some(paid_by);
            span.call = ours("ownkey-call").and_then(|id| id.parse().ok());
            span.key_version = ours("ownkey-key-version").and_then(|version| version.parse().ok());
            span.added = Some(whole.saturating_sub(theirs));
            span.theirs = Some(theirs);
        });
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        let span = *self.span.get_mut().unwrap_or_else(PoisonError::into_inner);
        if self.to.try_send((span, SystemTime::now())).is_err() {
            self.dropped.inc();
        }
    }
}

impl Span {
    /// As OTLP writes a span (`opentelemetry.proto.trace.v1.Span`).
    fn written(&self, ended: SystemTime) -> Value {
        let text = |name: &str, value: Option<String>| Some((name.to_owned(), json!({ "stringValue": value? })));
        let whole =
            |name: &str, value: Option<u128>| Some((name.to_owned(), json!({ "intValue": value?.to_string() })));
        let attributes = [
            text("ownkey.provider", Some(self.provider.to_string())),
            text("ownkey.route", self.route.map(str::to_owned)),
            text("ownkey.use", self.r#use.map(|r#use| r#use.to_string())),
            text("ownkey.client", self.client.map(|id| id.to_string())),
            text("ownkey.assistant", self.assistant.map(|id| id.to_string())),
            text("ownkey.paid_by", self.paid_by.map(str::to_owned)),
            text("ownkey.call", self.call.map(|id| id.to_string())),
            whole("ownkey.key_version", self.key_version.map(u128::from)),
            whole("ownkey.added_us", self.added.map(|time| time.as_micros())),
            whole("ownkey.provider_us", self.theirs.map(|time| time.as_micros())),
            whole("http.response.status_code", self.status.map(u128::from)),
        ];
        let attributes = attributes.into_iter().flatten().map(|(key, value)| json!({ "key": key, "value": value }));
        let failed = self.status.is_none_or(|status| status >= 500);
        let mut span = json!({
            "traceId": hex(&self.trace),
            "spanId": hex(&self.id),
            "name": self.route.unwrap_or("gateway"),
            "kind": SERVER,
            "startTimeUnixNano": nanos(self.begun),
            "endTimeUnixNano": nanos(ended),
            "attributes": attributes.collect::<Vec<_>>(),
            "status": if failed { json!({ "code": ERROR }) } else { json!({}) }
        });
        if let Some(parent) = &self.parent {
            span["parentSpanId"] = hex(parent).into();
        }
        span
    }
}

/// `SPAN_KIND_SERVER` and `STATUS_CODE_ERROR`.
const SERVER: u8 = 2;
const ERROR: u8 = 2;

fn nanos(at: SystemTime) -> String {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

/// `ExportTraceServiceRequest`.
fn request(batch: &[(Span, SystemTime)]) -> Vec<u8> {
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let version = env!("CARGO_PKG_VERSION");
    let resource = [text("service.name", "ownkey-agency"), text("service.version", version)];
    let spans: Vec<Value> = batch.iter().map(|(span, ended)| span.written(*ended)).collect();
    let scope = json!({ "name": "ownkey-agency", "version": version });
    json!({ "resourceSpans": [{ "resource": { "attributes": resource }, "scopeSpans": [{ "scope": scope, "spans": spans }] }] })
        .to_string()
        .into_bytes()
}

/// Where a collector listens.
#[derive(Debug, Clone)]
pub struct Collector(http::Uri);

/// The address of a collector is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write an origin such as http://127.0.0.1:4318 (to this computer only) or https://collector.example")]
pub struct NotACollector;

impl std::str::FromStr for Collector {
    type Err = NotACollector;

    fn from_str(text: &str) -> Result<Self, NotACollector> {
        let origin: http::Uri = text.parse().map_err(|_| NotACollector)?;
        if !may_go(&origin) || origin.query().is_some() {
            return Err(NotACollector);
        }
        let traces = format!("{}/v1/traces", text.trim_end_matches('/'));
        traces.parse().map(Self).map_err(|_| NotACollector)
    }
}

/// Tells every call from now on to a collector, until `ended` is dropped; then what still waits.
///
/// # Errors
/// When TLS cannot be set up, or calls are told to a collector already.
pub fn export(
    agency: &crate::Agency,
    collector: &Collector,
    ended: oneshot::Receiver<()>,
) -> anyhow::Result<impl Future<Output = ()> + Send + use<>> {
    let spans = &agency.metrics.spans;
    let (to, inbox) = mpsc::channel(QUEUE);
    anyhow::ensure!(spans.to.set(to).is_ok(), "calls are told to a collector already");
    let exporter = Exporter {
        http: outgoing::client()?,
        to: collector.0.clone(),
        sent: spans.sent.clone(),
        dropped: spans.dropped.clone(),
    };
    Ok(exporter.run(inbox, ended))
}

struct Exporter {
    http: Http,
    to: http::Uri,
    sent: Counter,
    dropped: Counter,
}

/// Whether a batch may be sent once more.
enum Failed {
    Again(String),
    ForGood(String),
}

impl Exporter {
    async fn run(self, mut inbox: mpsc::Receiver<(Span, SystemTime)>, mut ended: oneshot::Receiver<()>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut over = false;
        while !over {
            let more = gather(&mut inbox, &mut batch);
            over = tokio::select! {
                () = more => false,
                _ = &mut ended => true,
            };
            if !over {
                over = self.tell_until(&batch, &mut ended).await;
                batch.clear();
            }
        }
        while let Ok(span) = inbox.try_recv() {
            batch.push(span);
        }
        for last in batch.chunks(BATCH) {
            self.tell_soon(last).await;
        }
    }

    /// Sends a batch; whether the server stopped meanwhile.
    async fn tell_until(&self, batch: &[(Span, SystemTime)], ended: &mut oneshot::Receiver<()>) -> bool {
        let telling = self.tell(batch);
        tokio::pin!(telling);
        tokio::select! {
            () = &mut telling => return false,
            _ = ended => {}
        }
        if tokio::time::timeout(LAST, telling).await.is_err() {
            self.dropped.inc_by(batch.len() as u64);
        }
        true
    }

    /// Sends a batch, if that is quick.
    async fn tell_soon(&self, batch: &[(Span, SystemTime)]) {
        if tokio::time::timeout(LAST, self.tell(batch)).await.is_err() {
            self.dropped.inc_by(batch.len() as u64);
        }
    }

    /// Sends a batch, again where the collector is busy or away, and counts what became of it.
    async fn tell(&self, batch: &[(Span, SystemTime)]) {
        if batch.is_empty() {
            return;
        }
        let body = Bytes::from(request(batch));
        let count = batch.len() as u64;
        for attempt in 1..=TRIES {
            let sent = tokio::time::timeout(LIMIT, self.send(body.clone())).await;
            match sent.unwrap_or_else(|_| Err(Failed::Again("no answer within the limit".to_owned()))) {
                Ok(rejected) => {
                    let rejected = rejected.min(count);
                    self.sent.inc_by(count - rejected);
                    self.dropped.inc_by(rejected);
                    return;
                }
                Err(Failed::Again(_)) if attempt < TRIES => tokio::time::sleep(EVERY * attempt).await,
                Err(Failed::Again(cause) | Failed::ForGood(cause)) => {
                    tracing::warn!(spans = count, cause, "the collector did not take them");
                    self.dropped.inc_by(count);
                    return;
                }
            }
        }
    }

    /// How many of them the collector rejected.
    async fn send(&self, body: Bytes) -> Result<u64, Failed> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.to.clone();
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = self.http.request(request).await.map_err(|error| Failed::Again(error.to_string()))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        match status.as_u16() {
            200..=299 => Ok(body.map_or(0, |body| rejected(&body.to_bytes()))),
            429 | 502..=504 => Err(Failed::Again(status.to_string())),
            _ => Err(Failed::ForGood(status.to_string())),
        }
    }
}

/// Waits for a span, and then a moment for others.
async fn gather(inbox: &mut mpsc::Receiver<(Span, SystemTime)>, batch: &mut Vec<(Span, SystemTime)>) {
    if inbox.recv_many(batch, BATCH).await == 0 {
        return std::future::pending().await;
    }
    let others = async {
        while batch.len() < BATCH {
            let room = BATCH - batch.len();
            inbox.recv_many(batch, room).await;
        }
    };
    let _full_or_not = tokio::time::timeout(EVERY, others).await;
}

/// `partialSuccess.rejectedSpans` of an answer; a number of 64 bits is text.
fn rejected(answer: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let count = &answer["partialSuccess"]["rejectedSpans"];
    count.as_u64().or_else(|| count.as_str()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_an_origin_and_without_tls_only_on_this_computer() {
        let traces = |text: &str| text.parse::<Collector>().map(|c| c.0.to_string());
        assert_eq!(traces("http://127.0.0.1:4318").as_deref(), Ok("http://127.0.0.1:4318/v1/traces"));
        assert_eq!(traces("https://otel.example/team/").as_deref(), Ok("https://otel.example/team/v1/traces"));
        assert!(traces("http://[::1]:4318").is_ok() && traces("http://localhost:4318").is_ok());
        for bad in
            ["http://otel.example:4318", "https://u:p@otel.example", "https://otel.example?x=1", "otel", "ftp://x"]
        {
            assert!(traces(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_full_queue_drops_and_counts_and_without_a_collector_headers_stay() {
        let spans = Spans::default();
        let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_static(caller));
        assert!(spans.begin(Provider::OpenAi, &mut headers).is_none());
        assert_eq!(headers[TRACEPARENT], caller);
        let (to, mut inbox) = mpsc::channel(2);
        spans.to.set(to).unwrap();
        let open = spans.begin(Provider::OpenAi, &mut headers).unwrap();
        let handed_on = headers[TRACEPARENT].to_str().unwrap();
        assert!(handed_on.starts_with(&caller[..36]) && handed_on.ends_with("-01") && handed_on != caller);
        drop(open);
        for _ in 0..4 {
            let mut without = HeaderMap::new();
            drop(spans.begin(Provider::OpenAi, &mut without));
            assert!(without.is_empty());
        }
        assert_eq!(spans.dropped.get(), 3);
        assert!(inbox.try_recv().is_ok());
    }

    #[test]
    fn a_span_says_what_the_answer_told_and_leaves_out_what_is_not_known() {
        let (to, mut inbox) = mpsc::channel(2);
        let spans = Spans::default();
        spans.to.set(to).unwrap();
        let open = spans.begin(Provider::OpenAi, &mut HeaderMap::new()).unwrap();
        open.goes_to(Provider::Anthropic);
        let mut response = Response::default();
        response.headers_mut().insert("ownkey-key-version", HeaderValue::from_static("7"));
        response.headers_mut().insert("ownkey-call", HeaderValue::from_static("no id at all"));
        open.answered(&response, "client", Duration::from_millis(9), Duration::from_millis(7));
        drop(open);
        let (span, ended) = inbox.try_recv().unwrap();
        let written = span.written(ended);
        let said: Vec<_> =
            written["attributes"].as_array().unwrap().iter().map(|one| (&one["key"], &one["value"])).collect();
        let expected = [
            (json!("ownkey.provider"), json!({ "stringValue": "anthropic" })),
            (json!("ownkey.paid_by"), json!({ "stringValue": "client" })),
            (json!("ownkey.key_version"), json!({ "intValue": "7" })),
            (json!("ownkey.added_us"), json!({ "intValue": "2000" })),
            (json!("ownkey.provider_us"), json!({ "intValue": "7000" })),
            (json!("http.response.status_code"), json!({ "intValue": "200" })),
        ];
        assert_eq!(said, expected.iter().map(|(key, value)| (key, value)).collect::<Vec<_>>());
        assert_eq!((&written["name"], &written["parentSpanId"]), (&json!("gateway"), &Value::Null));
    }

    #[test]
    fn what_a_collector_rejects_is_read_in_both_spellings() {
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedSpans":"3"}}"#), 3);
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedSpans":3}}"#), 3);
        assert_eq!(rejected(b"{}"), 0);
    }
}
