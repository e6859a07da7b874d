//! The client's engine: everything that Ownkey does on the client's computer, without a window.

pub mod commands;
pub mod wire;
