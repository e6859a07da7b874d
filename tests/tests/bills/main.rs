//! Bills: the provider's own books beside the agency's, through the real endpoints of both. Every difference that is
//! brought about is found under its cause, to the last digit, and nothing else is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod alert;
mod balance;
mod by_hand;
mod file;
mod month;
mod rates;
mod world;
