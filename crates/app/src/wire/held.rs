//! Keys that a device held.

use ownkey_protocol::vocabulary::Provider;
use serde::Serialize;
use ts_rs::TS;

use super::StageWord;

/// A key that was pushed by a device, and is not retired.
#[derive(Debug, Clone, Serialize, TS)]
pub struct HeldKey {
    /// `cn_…`
    pub connection: String,
    /// The connection's name.
    pub name: String,
    /// Provider.
    pub provider: Provider,
    /// Version.
    pub version: u32,
    /// Stage.
    pub stage: StageWord,
    /// Last four characters, where this device knows them.
    pub last_four: Option<String>,
}
