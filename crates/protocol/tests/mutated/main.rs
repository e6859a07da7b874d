//! Whatever arrives, nobody falls over: every parser takes 100,000 mutated inputs without a panic, and signed JSON in
//! any other form than the agreed one is refused.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod mutation;
mod parsers;
mod samples;
mod strictness;
