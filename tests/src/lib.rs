//! What crosses crates.

pub mod device;
pub mod leak;
pub mod server;
