//! OpenAI's chat completions to Anthropic's messages and back.
//!
//! A call goes out by [`to_anthropic`]; what comes back goes through [`answer`] (a whole answer), [`Stream`] (events)
//! or [`error`] (a status that is not 2xx). [`TABLE`] says for each field what becomes of it.
//!
//! Facts: OpenAI's and Anthropic's schemas as in `provider-sim/specs`, the request types of PyPI `anthropic` 2.12, and
//! Anthropic's documents on thinking, effort, structured outputs and system messages.

mod answer;
mod cache;
mod content;
mod error;
mod events;
mod fields;
mod messages;
mod models;
mod not_carried;
mod outgoing;
mod request;
mod sampling;
mod stream;
mod table;
mod tools;
mod usage;

pub use answer::{Unreadable, answer};
pub use error::{Failure, error};
pub use not_carried::{Kind, NotCarried};
pub use request::{Asked, Request, to_anthropic};
pub use stream::{EVENT_LIMIT, Stream};
pub use table::{Carried, Row, TABLE, markdown};

/// The `anthropic-version` that a translated call is to be sent with: later ones refuse `temperature` and `top_p`.
pub const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Sent as `max_tokens`, which Anthropic requires, when the caller names no limit. Every model that Anthropic offers
/// today can write as much.
pub const DEFAULT_MAX_TOKENS: u64 = 16_384;

#[cfg(test)]
mod tests;
