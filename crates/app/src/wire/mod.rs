//! What travels between the engine and the window. TypeScript types are made from these (`ui/src/wire`).
//!
//! The window asks for one thing, [`AppState`], and is told when it has changed; all else are acts. Nothing here can
//! carry a secret: of a key there is a [`KeyHint`], and that is all.

mod bills;
mod calls;
mod connect;
mod connection;
mod held;
mod history;
mod limits;
mod people;
mod rotation;
mod schedule;
mod state;

pub use bills::*;
pub use calls::*;
pub use connect::*;
pub use connection::*;
pub use held::*;
pub use history::*;
pub use limits::*;
pub use people::*;
pub use rotation::*;
pub use schedule::*;
pub use state::*;

use ownkey_protocol::code::Code;
use serde::Serialize;
use ts_rs::TS;

/// Why a command did not do what was asked. The window has three sentences for each code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Failure {
    /// From the closed list.
    pub code: Code,
    /// A short reference that stands beside the cause in the local log, e.g. `7F3K-2Q`.
    pub r#ref: String,
    /// Values for the sentences; names and ids only, never text from outside.
    pub fields: Vec<Field>,
}

/// One value for a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Field {
    /// Name of the variable in the locale files.
    pub name: String,
    /// Its value.
    pub value: String,
}
