//! Simulated providers, an agency beside them, and a client that practises: for the demo and for tests.
//!
//! Everything listens on loopback, lives in a temporary folder, and is gone when it is dropped.

pub mod assistants;
pub mod bench;
pub mod client;
pub mod drive;
pub mod journey;
pub mod lines;
pub mod servers;
pub mod window;
