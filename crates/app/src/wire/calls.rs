//! Calls on one version's key, as the agency's book has them.

use ownkey_protocol::vocabulary::{Payer, Use};
use serde::Serialize;
use ts_rs::TS;

/// Calls on one version's key in the last days, newest first.
#[derive(Debug, Clone, Serialize, TS)]
pub struct VersionCallsView {
    /// From when on (RFC 3339).
    pub from: String,
    /// How many there are, on all pages.
    pub all: u32,
    /// Of them: without a known cost.
    pub unpriced: u32,
    /// What the others cost by list price, in millionths of a dollar.
    pub cost_micro: u64,
    /// This page of them.
    pub calls: Vec<VersionCallView>,
    /// Older ones are asked for with this; `None` at the end.
    pub next: Option<String>,
}

/// One call.
#[derive(Debug, Clone, Serialize, TS)]
pub struct VersionCallView {
    /// `call_…`
    pub id: String,
    /// When it began (RFC 3339).
    pub at: String,
    /// Name of the assistant, where it is known.
    pub assistant: String,
    /// Use, where it belongs to one.
    pub r#use: Option<Use>,
    /// Model that answered, or that was asked for.
    pub model: Option<String>,
    /// Who paid.
    pub paid_by: Payer,
    /// HTTP status; `None` where it is unknown.
    pub status: Option<u16>,
    /// What it spent.
    pub units: Vec<UnitsSpent>,
    /// What it cost by list price, in millionths of a dollar; `None` where nobody knows.
    pub cost_micro: Option<u64>,
}

/// Units of one kind.
#[derive(Debug, Clone, Serialize, TS)]
pub struct UnitsSpent {
    /// Their name in the book.
    pub name: String,
    /// How many.
    pub count: u64,
}
