//! What the provider itself learns late: that a key is dead, that a list has something new.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How late: for so many calls, or until so many milliseconds have passed, whichever ends later. Zero: at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lag {
    /// Calls that still see how it was before.
    pub calls: usize,
    /// Milliseconds during which every call still sees how it was before.
    pub millis: u32,
}

impl Lag {
    /// Late for so many calls.
    pub fn calls(calls: usize) -> Lag {
        Lag { calls, millis: 0 }
    }

    /// Late for so many milliseconds.
    pub fn millis(millis: u32) -> Lag {
        Lag { calls: 0, millis }
    }
}

/// One kind of lag in one room: how long it is from now on, and what is still held back, by id.
#[derive(Default)]
pub(crate) struct Lags {
    pub(crate) from_now_on: Lag,
    held: BTreeMap<String, (usize, i64)>,
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

impl Lags {
    /// Something happened to the thing of this id that is to be seen late.
    pub(crate) fn begin(&mut self, id: &str) {
        if self.from_now_on != Lag::default() {
            let until = now() + i64::from(self.from_now_on.millis);
            self.held.insert(id.to_owned(), (self.from_now_on.calls, until));
        }
    }

    /// What happened is undone: nothing is late any more.
    pub(crate) fn end(&mut self, id: &str) {
        self.held.remove(id);
    }

    /// Whether this call still sees how it was before; each look counts as a call.
    pub(crate) fn holds(&mut self, id: &str) -> bool {
        let Some((calls, until)) = self.held.get_mut(id) else {
            return false;
        };
        if *calls > 0 {
            *calls -= 1;
            return true;
        }
        now() < *until || self.held.remove(id).is_none()
    }
}
