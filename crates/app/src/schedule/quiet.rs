//! Hours in which nothing is replaced by itself.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ownkey_protocol::instant::Instant;

use crate::wire::QuietHours;

/// Minutes of a day.
pub(crate) const DAY: u16 = 24 * 60;

impl QuietHours {
    /// Whether both are times of a day.
    pub(crate) fn is_proper(self) -> bool {
        self.from < DAY && self.until < DAY
    }

    /// Whether a minute of the day lies within; hours that end when they begin are none.
    fn hold(self, minute: u16) -> bool {
        if self.from <= self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }

    /// Whether they hold at a moment, by this computer's time zone.
    pub(crate) fn hold_at(self, now: Instant) -> bool {
        self.hold_in(now, TimeZone::system())
    }

    fn hold_in(self, now: Instant, zone: TimeZone) -> bool {
        let Ok(moment) = Timestamp::from_millisecond(now.unix_millis()) else { return false };
        let time = zone.to_datetime(moment).time();
        self.hold(u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_may_pass_midnight_and_an_empty_span_is_none() {
        let held = |from, until| (0..DAY).filter(|minute| QuietHours { from, until }.hold(*minute)).count();
        assert_eq!(held(8 * 60, 18 * 60), 10 * 60);
        assert_eq!(held(22 * 60, 6 * 60), 8 * 60);
        assert_eq!(held(9 * 60, 9 * 60), 0);
        let night = QuietHours { from: 22 * 60, until: 6 * 60 };
        assert!(night.hold(22 * 60) && night.hold(0) && !night.hold(6 * 60) && !night.hold(12 * 60));
    }

    #[test]
    fn they_are_hours_of_the_computers_own_zone() {
        let office = QuietHours { from: 8 * 60, until: 18 * 60 };
        let now: Instant = "2026-11-24T07:30:00.000Z".parse().expect("an instant");
        assert!(!office.hold_in(now, TimeZone::UTC));
        assert!(office.hold_in(now, TimeZone::fixed(jiff::tz::offset(1))), "half past eight there");
    }
}
