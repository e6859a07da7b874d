//! Instants: RFC 3339 in UTC with milliseconds, the one form in which time travels (seal.md §1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment, to the millisecond, between the years 1970 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

/// A text that is not an instant in the agreed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 instant in UTC with milliseconds")]
pub struct NotAnInstant;

/// The last millisecond of the year 9999.
const MAX: i64 = 253_402_300_799_999;

impl Instant {
    /// From milliseconds since 1970-01-01T00:00:00Z, held within the range that can be written.
    #[must_use]
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(if millis < 0 {
            0
        } else if millis > MAX {
            MAX
        } else {
            millis
        })
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.0 / 1_000
    }

    /// This many milliseconds later (or earlier, when negative).
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_unix_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this one; negative when it is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_millisecond(self.0).expect("held within jiff's range");
        write!(f, "{time:.3}")
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Instant {
    type Err = NotAnInstant;

    fn from_str(text: &str) -> Result<Self, NotAnInstant> {
        let time: jiff::Timestamp = text.parse().map_err(|_| NotAnInstant)?;
        let instant = Self::from_unix_millis(time.as_millisecond());
        if instant.to_string() == text { Ok(instant) } else { Err(NotAnInstant) }
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_way_to_write_a_moment() {
        let moment: Instant = "2026-11-24T02:03:04.050Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-24T02:03:04.050Z");
        for other in ["2026-11-24T02:03:04Z", "2026-11-24T03:03:04.050+01:00", "2026-11-24 02:03:04.050Z", "x"] {
            assert_eq!(other.parse::<Instant>(), Err(NotAnInstant), "{other}");
        }
    }
}
