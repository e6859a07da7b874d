//! What app and agency say to each other, and the law that both live by.
//!
//! No I/O and no clock: time and randomness come in as arguments, so that every function here gives the same
//! answer on the client's computer, on the agency's server and in a test.

pub mod vocabulary;
