//! Calls that are on their way now: how many, and how long the provider took of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::spans::OpenSpan;

/// How many calls are on their way.
#[derive(Debug, Default)]
pub(crate) struct Flights(Arc<AtomicUsize>);

/// One call on its way; over when the last copy is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Flight(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    flying: Arc<AtomicUsize>,
    provider_nanos: AtomicU64,
    /// Is told when the call is over, where somebody wants to know.
    span: Option<Arc<OpenSpan>>,
}

impl Flights {
    /// One more, unless there are `most` already.
    pub(crate) fn begin(&self, most: usize, span: Option<Arc<OpenSpan>>) -> Option<Flight> {
        let inner = Inner { flying: self.0.clone(), provider_nanos: AtomicU64::new(0), span };
        let before = inner.flying.fetch_add(1, Ordering::Relaxed);
        let flight = Flight(Arc::new(inner));
        (before < most).then_some(flight)
    }

    /// How many there are.
    pub(crate) fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Flight {
    /// The provider took this long until its answer began.
    pub(crate) fn provider_took(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.provider_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// What is told about the call when it is over.
    pub(crate) fn span(&self) -> Option<&OpenSpan> {
        self.0.span.as_deref()
    }

    /// How long the provider took, over all tries.
    pub(crate) fn provider_time(&self) -> Duration {
        Duration::from_nanos(self.0.provider_nanos.load(Ordering::Relaxed))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.flying.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_allowed_and_room_again_when_the_last_copy_is_gone() {
        let flights = Flights::default();
        let first = flights.begin(1, None).unwrap();
        let copy = first.clone();
        assert!(flights.begin(1, None).is_none());
        drop(first);
        assert!(flights.begin(1, None).is_none(), "its answer still streams");
        drop(copy);
        assert_eq!(flights.now(), 0);
        assert!(flights.begin(1, None).is_some());
    }
}
