//! Faults on request: how a provider misbehaves, for how many calls.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One fault that waits for its calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// Only calls whose `METHOD /path` contains this; `None`: every call.
    #[serde(default)]
    pub route_contains: Option<String>,
    /// Only calls with the key of this id; `None`: with any.
    #[serde(default)]
    pub key: Option<String>,
    /// How many calls it hits; then it is gone.
    #[serde(default = "once")]
    pub times: usize,
    /// What happens.
    pub kind: FaultKind,
}

fn once() -> usize {
    1
}

/// What a fault does to a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Answers with this status and body instead of acting.
    Status {
        /// The HTTP status.
        code: u16,
        /// The body; may be left out: JSON is sent as JSON, a string as text; null: the provider's own words for it.
        #[serde(default)]
        body: Value,
    },
    /// Waits this many milliseconds, then acts as usual.
    Delay(u64),
    /// Acts, sends this many events (or half of a body that is no stream), then drops the connection.
    CutStream {
        /// How many events arrive.
        after_events: usize,
    },
    /// Acts, sends this many events, then the provider's own event for an error, and ends in good order.
    ErrorEvent {
        /// How many events arrive before it.
        after_events: usize,
    },
    /// Acts, and sends the body this slowly.
    SlowBody {
        /// Bytes per second, 1 or more.
        bytes_per_s: u64,
    },
    /// Answers 200 with bytes that are no JSON.
    Garbage,
    /// Acts and books, and closes the connection without an answer.
    ActedButNoAnswer,
    /// Acts and books, and answers so many milliseconds later: later than a caller with a time limit waits.
    ActedButLate(u64),
    /// Acts and answers as usual; from then on the key that called is revoked.
    KeyDiesAfter,
    /// Closes the connection before acting.
    /// With many `times`: the provider is down, until [`crate::Control::clear_faults`].
    HangUp,
    /// Answers as for a caller in an unsupported country.
    Region,
    /// Answers 401 and quotes the offered key in full, as bad providers do.
    EchoKey,
}

impl FaultKind {
    /// The name under which the ledger shows it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            FaultKind::Status { .. } => "status",
            FaultKind::Delay(_) => "delay",
            FaultKind::CutStream { .. } => "cut_stream",
            FaultKind::ErrorEvent { .. } => "error_event",
            FaultKind::SlowBody { .. } => "slow_body",
            FaultKind::Garbage => "garbage",
            FaultKind::ActedButNoAnswer => "acted_but_no_answer",
            FaultKind::ActedButLate(_) => "acted_but_late",
            FaultKind::KeyDiesAfter => "key_dies_after",
            FaultKind::HangUp => "hang_up",
            FaultKind::Region => "region",
            FaultKind::EchoKey => "echo_key",
        }
    }
}

impl Fault {
    /// A fault that hits the next `times` calls of any route.
    pub fn next(times: usize, kind: FaultKind) -> Fault {
        Fault { route_contains: None, key: None, times, kind }
    }

    /// A fault that hits the next `times` calls with the key of this id.
    pub fn of_key(key: &str, times: usize, kind: FaultKind) -> Fault {
        Fault { key: Some(key.to_owned()), ..Fault::next(times, kind) }
    }

    /// A fault that hits the next `times` calls whose `METHOD /path` contains `route`.
    pub fn on(route: &str, times: usize, kind: FaultKind) -> Fault {
        Fault { route_contains: Some(route.to_owned()), key: None, times, kind }
    }
}
