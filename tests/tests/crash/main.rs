//! Processes that are killed (SIGKILL) where they stand, on the system's keychain, and started again; or that stand still as
//! a whole and wake later. Run by `cargo xtask test crash`, which gives them a keychain.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod asleep;
mod connect;
mod kinds;
mod rotation;
