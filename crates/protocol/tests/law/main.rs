//! The law under every act that anyone can think of (seal.md §5).
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod anybody;
mod anything;
mod connections;
mod limits;
mod people;
mod place;
mod roles;
mod rotation;
mod schedule;
mod serve;
mod world;
