//! Rotation as a state machine: told what happened, it says what to do next. No I/O, no clock.
//!
//! A [`Rotation`] replaces the current key of one connection by a new one without a failed call (design.md §7). Its driver
//! does what [`Rotation::step`] hands out, one [`Effect`] at a time, and tells what came of it as an [`Event`]:
//!
//! 1. The driver writes the rotation down after each step and *before* it begins the effect that the step handed out.
//! 2. Each effect is idempotent under the rotation's id, so that [`Event::Resume`] may hand out again what was under way.
//! 3. Each effect is answered by `Done` or `Failed`, or followed by `Resume`. An answer belongs to the effect that was handed
//!    out last; the machine drops every other.
//! 4. `Done(AskConfirmation)` and `Done(AskProof)` say only that the asking went through. *Confirmed* and *Proven* are
//!    reached by [`Facts`] alone: by what the verified record says.
//! 5. What is asked of a person ([`Effect::asks_person`]) ends when another effect is handed out, unanswered or not.
//!
//! The whole graph is printed from this code into docs/rotation.md.

mod agenda;
mod effect;
mod found;
mod graph;
mod machine;
mod plan;
mod stage;
mod status;
mod trial;
mod trouble;
mod view;
mod witness;

pub use effect::{Effect, Event, Facts, Failure, LastUse, Party, VersionStage, Weakness};
pub use graph::graph;
pub use machine::Rotation;
pub use plan::{Plan, Way};
pub use stage::Stage;
pub use status::{CancelMeans, NextAct, Reason, RunsOn, Status, StepName, StepState, VisibleStep, Wait};

/// Without a real call on the new version for this long, the agency is asked to probe it.
pub const PROBE_AFTER_MILLIS: i64 = 60_000;

/// Once the new version is proven, the old one is retired as soon as no call runs on it, at the latest after this.
pub const DRAIN_LIMIT_MILLIS: i64 = 60_000;

/// The gateway cuts what still runs on a retired version after this; until then its key is not revoked.
pub const CUT_LIMIT_MILLIS: i64 = 60_000;

/// What passes by itself is tried again for this long, and at least [`LEAST_TRIES`] times, before a person is asked.
pub const PATIENCE_MILLIS: i64 = 15 * 60_000;

/// A key that was made this instant may not be known everywhere yet: a refusal is believed after this.
pub const FRESH_LIMIT_MILLIS: i64 = 2 * 60_000;

/// However long it took (a laptop that slept, a clock that jumped), nothing is given up after fewer tries.
pub const LEAST_TRIES: u32 = 5;

/// A person who waits whether something else goes on using the old key hears of it after this.
pub const LISTEN_MILLIS: i64 = 60 * 60_000;

/// A person who was asked and does not answer for this long is told that the rotation stands still.
pub const PERSON_LIMIT_MILLIS: i64 = 30 * 60_000;

#[cfg(test)]
mod tests;
