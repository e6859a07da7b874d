//! The real window: journeys click what a person clicks and read what a person reads; what happened is read from the
//! simulated providers' own books. Run by `cargo xtask test window`, which gives it a display, a keychain and the app.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test says what it expected by failing")]

mod album;
mod background;
mod bills;
mod journeys;
mod replace;
mod scene;
mod size;
mod start;
mod steps;
mod tour;
