//! What an admin key can do at a provider that has an API for it: make a key, find one, and end one.
//!
//! Every call here can be made again after a crash or a lost answer and comes to the same end.

pub mod anthropic;
mod desk;
pub mod openai;
mod stopped;
mod trace;

pub use stopped::Stopped;
pub use trace::{Found, Trace};
