//! What is said, line by line, between `ownkey-headless` and whoever runs it. Never a key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ownkey_protocol::vocabulary::Provider;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The first line: where everything is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opening {
    /// Where the app keeps its things.
    pub data_dir: PathBuf,
    /// Under which service its keychain entries go.
    pub keychain_service: String,
    /// Where the providers are.
    pub providers: BTreeMap<Provider, String>,
    /// The file that is its clipboard.
    pub clipboard: PathBuf,
}

/// Every further line to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// A command, as the window sends it.
    Call {
        /// Told with its answer.
        id: u64,
        /// Its name.
        name: String,
        /// Its arguments.
        with: Value,
    },
    /// It goes on by itself from here.
    Follow,
    /// It stands still, once, at a point.
    Hold {
        /// One of the engine's points.
        point: String,
        /// How often it is passed before.
        nth: usize,
    },
    /// It goes on from where it stands still.
    Go,
}

/// Every line from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It is open; what was under way has been handed out again.
    Open,
    /// What a command answers, or the code of its failure.
    Answer {
        /// Of which command.
        id: u64,
        /// The answer.
        answer: Result<Value, String>,
    },
    /// It came to a point.
    Reached {
        /// Which.
        point: String,
        /// It stands still there.
        held: bool,
    },
}
