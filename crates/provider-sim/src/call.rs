//! A request as the simulators read it, and the answer they give.

use crate::hosts::Host;
use crate::ledger::Booking;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;
use std::net::IpAddr;

/// One part of a multipart body.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Bytes,
}

/// A whole request.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The parts, where the body was multipart and could be read.
    pub(crate) parts: Option<Vec<Part>>,
    pub(crate) peer: IpAddr,
    pub(crate) host: Host,
    pub(crate) request_id: String,
}

impl Call {
    /// `METHOD /path`, as the ledger and the faults name it.
    pub(crate) fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path's segments, without empty ones.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The token of an `Authorization: Bearer` header.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ").map(str::trim).filter(|one| !one.is_empty())
    }

    /// The JSON object in the body.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice::<Value>(&self.body).ok().filter(Value::is_object)
    }

    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.as_ref()?.iter().find(|part| part.name == name)
    }

    /// A text part of a multipart body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        self.part(name).map(|part| String::from_utf8_lossy(&part.bytes).into_owned())
    }

    /// `limit` of a list, kept within what the provider allows.
    pub(crate) fn limit(&self, name: &str, default: usize, most: usize) -> usize {
        self.query(name).and_then(|text| text.parse().ok()).unwrap_or(default).clamp(1, most)
    }
}

/// The bytes of an answer.
pub(crate) enum Payload {
    Whole(Bytes),
    /// A stream; each item is one event, sent by itself.
    Events(Vec<Bytes>),
}

/// What is sent back, and what is booked for it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) payload: Payload,
    pub(crate) booking: Booking,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Answer {
        Answer::bytes(status, "application/json", Bytes::from(body.to_string()))
    }

    pub(crate) fn bytes(status: u16, content_type: &str, body: Bytes) -> Answer {
        Answer {
            status,
            content_type: content_type.to_owned(),
            headers: Vec::new(),
            payload: Payload::Whole(body),
            booking: Booking::default(),
        }
    }

    pub(crate) fn text(status: u16, body: &str) -> Answer {
        Answer::bytes(status, "text/plain; charset=utf-8", Bytes::from(body.to_owned()))
    }

    pub(crate) fn html(status: u16, body: String) -> Answer {
        Answer::bytes(status, "text/html; charset=utf-8", Bytes::from(body))
    }

    pub(crate) fn events(content_type: &str, events: Vec<Bytes>) -> Answer {
        let mut answer = Answer::bytes(200, content_type, Bytes::new());
        answer.payload = Payload::Events(events);
        answer
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn booked(mut self, booking: Booking) -> Answer {
        self.booking = booking;
        self
    }
}

/// An answer, or a refusal. Refusals are boxed: an answer is large, and most calls are not refused.
pub(crate) type Reply<T = Answer> = Result<T, Box<Answer>>;

/// Refuses a call.
pub(crate) fn refuse<T>(answer: Answer) -> Reply<T> {
    Err(Box::new(answer))
}
