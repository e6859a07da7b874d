//! The record as the room *History* shows it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which entries.
#[derive(Debug, Clone, Default, Deserialize, TS)]
pub struct HistoryFilter {
    /// Only acts of this group: `keys`, `uses`, `people`, `agency`; `None` = all.
    pub group: Option<String>,
    /// Only acts about this connection.
    pub connection: Option<String>,
    /// Entries before this index; `None` = from the newest.
    pub before: Option<u32>,
}

/// Up to 50 entries, newest first.
#[derive(Debug, Clone, Serialize, TS)]
pub struct HistoryPage {
    /// The entries.
    pub rows: Vec<HistoryRow>,
    /// Whether there are older ones.
    pub more: bool,
    /// How many entries the record has.
    pub size: u32,
}

/// One entry.
#[derive(Debug, Clone, Serialize, TS)]
pub struct HistoryRow {
    /// Its place in the record, from 0.
    pub index: u32,
    /// The act's type, e.g. `version.promote`: the key of its sentence.
    pub act: String,
    /// Values for the sentence (names, provider, version, use, role).
    pub fields: Vec<super::Field>,
    /// Name of the person, `the agency`, or `the gateway`.
    pub actor: String,
    /// `device`, `operator` or `gateway`.
    pub actor_kind: String,
    /// Name of the device, with a device.
    pub device: Option<String>,
    /// When the agency logged it (RFC 3339).
    pub logged: String,
    /// When the actor says it acted, where that differs by more than a minute (RFC 3339).
    pub claimed: Option<String>,
    /// The signed statement as it travelled, indented for reading.
    pub statement: String,
    /// SHA-256 of the leaf, hex.
    pub leaf_hash: String,
}
