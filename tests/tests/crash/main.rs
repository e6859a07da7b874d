//! Processes that are killed (SIGKILL) where they stand, on the system's keychain, and started again. Run by `cargo xtask
//! test crash`, which gives them a keychain.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod connect;
mod kinds;
mod rotation;
