//! What an agency says a client's calls spent on a day, signed: the client compares it with the provider's own bill, and
//! keeps it, so that what was said once cannot be said otherwise later.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::dsse::Envelope;
use crate::encoding::strict_list;
use crate::id::{AssistantId, ClientId, ConnectionId};
use crate::instant::Instant;
use crate::keyset::{Fingerprint, KeyRing};
use crate::limit::Money;
use crate::vocabulary::{Payer, Provider, UnknownWord, Use};

/// Payload type of a day.
pub const TYPE: &str = "application/vnd.ownkey.usage+json";

/// How long after a day's end the agency waits until it calls it settled: calls that began in it have ended then.
pub const SETTLES_AFTER_MILLIS: i64 = 2 * 3_600 * 1_000;

/// A calendar day, written `2026-11-24`; in UTC where nothing else is said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

impl Day {
    /// The day of a moment in UTC.
    #[must_use]
    pub fn of(at: Instant) -> Self {
        let time = jiff::Timestamp::from_millisecond(at.unix_millis()).expect("held within jiff's range");
        Self(jiff::tz::TimeZone::UTC.to_datetime(time).date())
    }

    /// Its first moment in UTC.
    #[must_use]
    pub fn begin(self) -> Instant {
        let midnight = jiff::tz::TimeZone::UTC.to_timestamp(self.0.at(0, 0, 0, 0));
        midnight.map(|time| Instant::from_unix_millis(time.as_millisecond())).unwrap_or_default()
    }

    /// The day after it; the last day of the year 9999 is followed by itself.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.tomorrow().unwrap_or(self.0))
    }

    /// As a calendar has it.
    #[must_use]
    pub const fn date(self) -> jiff::civil::Date {
        self.0
    }
}

impl From<jiff::civil::Date> for Day {
    fn from(date: jiff::civil::Date) -> Self {
        Self(date)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let date: jiff::civil::Date = text.parse().map_err(|_| UnknownWord)?;
        let in_range = (1970..=9999).contains(&date.year());
        if in_range && date.to_string() == text { Ok(Self(date)) } else { Err(UnknownWord) }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What the calls of one hour, assistant, use, account and model spent. Never a price that is guessed: `unpriced` calls
/// have units and no cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageLine {
    /// Hour of the day in UTC in which the calls began, 0 to 23.
    pub hour: u8,
    /// Provider.
    pub provider: Provider,
    /// Model that answered, or that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Assistant.
    pub assistant: AssistantId,
    /// Use, where the calls belong to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#use: Option<Use>,
    /// Connection, where the client paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Who paid.
    pub paid_by: Payer,
    /// How many calls.
    pub calls: u64,
    /// Of them: such as spent something, as far as is known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub metered: u64,
    /// Of them: without an end in the book, because the server was ended in the middle.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown: u64,
    /// Of them: cut off; what was seen counts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub partial: u64,
    /// Of them: estimated, because the caller hung up.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub estimated: u64,
    /// Of them: with units and without a price.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unpriced: u64,
    /// Of them: answered with a fault of the provider's or the gateway's (5xx).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed: u64,
    /// What they cost by list price.
    pub cost: Money,
    /// What they spent, by the names of units; what is 0 is left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What the agency says of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageDay {
    /// 1.
    pub v: u8,
    /// The agency.
    pub agency: Fingerprint,
    /// The client.
    pub client: ClientId,
    /// The day, in UTC.
    pub day: Day,
    /// Whether it is over and every call that began in it has ended: the agency says nothing else of it later.
    pub settled: bool,
    /// When this was said, by the agency's clock.
    pub at: Instant,
    /// What was spent, each line once.
    pub lines: Vec<UsageLine>,
}

/// What was said of a day does not verify, or is about another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the agency says of a day does not verify")]
pub struct UsageRefused;

impl UsageDay {
    /// Checks the signature, and that it is this client's day.
    ///
    /// # Errors
    /// [`UsageRefused`].
    pub fn verify(
        envelope: &Envelope,
        ring: &KeyRing,
        agency: Fingerprint,
        client: ClientId,
        day: Day,
    ) -> Result<Self, UsageRefused> {
        let payload = ring.stated(envelope, TYPE).ok_or(UsageRefused)?;
        let said: Self = strict_list(payload).map_err(|_| UsageRefused)?;
        let about = said.v == 1 && said.agency == agency && said.client == client && said.day == day;
        let sound = said.lines.iter().all(|line| line.hour < 24 && line.connection.is_some() == line.version.is_some());
        if about && sound { Ok(said) } else { Err(UsageRefused) }
    }
}
