//! Wrong invite codes per address: ten in ten minutes, then that address, and only that one, waits.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use ownkey_protocol::instant::Instant;

const LIMIT: usize = 10;
const WINDOW_MILLIS: i64 = 600_000;
const ADDRESSES: usize = 10_000;

/// Wrong tries in the last ten minutes, by address.
#[derive(Default)]
pub(crate) struct WrongTries(Mutex<HashMap<IpAddr, Vec<Instant>>>);

impl WrongTries {
    /// Whether this address must wait.
    #[must_use]
    pub(crate) fn exhausted(&self, from: IpAddr, now: Instant) -> bool {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.get(&from).is_some_and(|t| t.iter().filter(|at| now.millis_since(**at) < WINDOW_MILLIS).count() >= LIMIT)
    }

    /// Counts a wrong try.
    pub(crate) fn count(&self, from: IpAddr, now: Instant) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, list| {
            list.retain(|at| now.millis_since(*at) < WINDOW_MILLIS);
            !list.is_empty()
        });
        if tries.len() < ADDRESSES || tries.contains_key(&from) {
            let list = tries.entry(from).or_default();
            if list.len() < LIMIT {
                list.push(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_waits_and_another_does_not() {
        let tries = WrongTries::default();
        let (guesser, other) = (IpAddr::from([203, 0, 113, 1]), IpAddr::from([203, 0, 113, 2]));
        let start = Instant::from_unix_millis(1_000_000);
        for n in 0..LIMIT {
            assert!(!tries.exhausted(guesser, start), "try {n}");
            tries.count(guesser, start);
        }
        assert!(tries.exhausted(guesser, start.plus_millis(WINDOW_MILLIS - 1)));
        assert!(!tries.exhausted(other, start));
        assert!(!tries.exhausted(guesser, start.plus_millis(WINDOW_MILLIS)));
    }
}
