//! Assistants with their tokens, pauses, limits.

use ownkey_protocol::limit::UnitLimit;
use ownkey_protocol::vocabulary::Use;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What may be paused.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Pausing {
    /// All calls of a use.
    Use(Use),
    /// All calls on an account, `cn_…`.
    Connection(String),
    /// All calls of an assistant, `as_…`.
    Assistant(String),
}

/// What a limit holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum LimitScope {
    /// All calls.
    Client,
    /// Calls of a use.
    Use(Use),
    /// Calls of an assistant, `as_…`.
    Assistant(String),
}

/// A limit that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct LimitView {
    /// For which calls.
    pub scope: LimitScope,
    /// Money a month, in millionths of a dollar.
    pub money_micro: Option<u64>,
    /// Units a month.
    pub units: Option<UnitLimit>,
    /// Calls within a minute.
    pub calls_per_minute: Option<u32>,
    /// Whether calls are refused once it is reached.
    pub hard: bool,
    /// Since when this month's budget is spent (RFC 3339).
    pub reached: Option<String>,
}

/// A limit that is wanted; one that bounds nothing takes it away.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct LimitChange {
    /// For which calls.
    pub scope: LimitScope,
    /// Money a month, in millionths of a dollar.
    pub money_micro: Option<u64>,
    /// Units a month.
    pub units: Option<UnitLimit>,
    /// Calls within a minute.
    pub calls_per_minute: Option<u32>,
    /// Whether calls are refused once it is reached.
    pub hard: bool,
}

/// The client's hand on the fallback.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FallbackChange {
    /// Which use.
    pub r#use: Use,
    /// Calls are to stop, whatever the agency set; else its setting holds.
    pub stop: bool,
    /// The revision that the person saw.
    pub revision: u32,
}

/// A program of the agency's.
#[derive(Debug, Clone, Serialize, TS)]
pub struct AssistantView {
    /// `as_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// Uses it may call.
    pub uses: Vec<Use>,
    /// Whether it is the one to try new keys on.
    pub low_stakes: bool,
    /// Since when its calls are paused (RFC 3339).
    pub paused: Option<String>,
    /// Its tokens that are good now, newest first.
    pub tokens: Vec<TokenView>,
}

/// A token of an assistant. Its text is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct TokenView {
    /// Its name; empty when the agency gave it none.
    pub name: String,
    /// Uses that it is good for.
    pub uses: Vec<Use>,
    /// Since when (RFC 3339).
    pub since: String,
    /// Until when (RFC 3339).
    pub expires: Option<String>,
    /// When it was last used (RFC 3339).
    pub last_used: Option<String>,
}
