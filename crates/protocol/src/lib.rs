//! What app and agency say to each other, and the law that both live by.
//!
//! No I/O and no clock: time comes in as an argument, so that every function here gives the same answer on the
//! client's computer, on the agency's server and in a test.

pub mod act;
pub mod api;
pub mod code;
pub mod dsse;
pub mod encoding;
pub mod id;
pub mod instant;
pub mod join;
pub mod keyset;
pub mod law;
pub mod limit;
pub mod random;
pub mod receipt;
pub mod record;
pub mod request;
#[cfg(feature = "schema")]
mod schema;
pub mod seal;
pub mod suite;
pub mod token;
pub mod usage;
pub mod vocabulary;
