//! Money, months and limits: what a client's people and the agency may set a bound to (design.md §6).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ts_rs::TS;

use crate::id::{AssistantId, ConnectionId};
use crate::instant::Instant;
use crate::vocabulary::{UnknownWord, Use};

/// The currency of an amount (ISO 4217). The providers' lists are in dollars, and nothing is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Currency {
    /// United States dollar.
    #[default]
    #[serde(rename = "USD")]
    Usd,
}

impl Currency {
    /// Its code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usd => "USD",
        }
    }
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Millionths of the currency's unit.
    pub micro: u64,
    /// The currency.
    pub currency: Currency,
}

/// A calendar month in UTC, written `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// The month of a moment.
    #[must_use]
    pub fn of(at: Instant) -> Self {
        at.to_string().get(..7).and_then(|text| text.parse().ok()).unwrap_or(Self { year: 1970, month: 1 })
    }

    /// Its first moment.
    #[must_use]
    pub fn begin(self) -> Instant {
        format!("{self}-01T00:00:00.000Z").parse().unwrap_or_default()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let number = |range| text.get(range).and_then(|t: &str| t.parse::<u16>().ok());
        match (number(0..4), number(5..7)) {
            (Some(year), Some(month @ 1..=12)) if text == format!("{year:04}-{month:02}") => {
                Ok(Self { year, month: u8::try_from(month).map_err(|_| UnknownWord)? })
            }
            _ => Err(UnknownWord),
        }
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An amount as its digits, written in one way only: `12.5`, `-0.000001`; at most 18 digits before the point and 12 behind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// From millionths.
    #[must_use]
    pub fn from_micro(micro: u64) -> Self {
        let (whole, rest) = (micro / 1_000_000, micro % 1_000_000);
        if rest == 0 {
            return Self(whole.to_string());
        }
        Self(format!("{whole}.{rest:06}").trim_end_matches('0').to_owned())
    }

    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Decimal {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let size = text.strip_prefix('-').unwrap_or(text);
        let (whole, rest) = size.split_once('.').map_or((size, None), |(whole, rest)| (whole, Some(rest)));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let whole_well = (1..=18).contains(&whole.len()) && digits(whole) && (whole == "0" || !whole.starts_with('0'));
        let rest_well = rest.is_none_or(|r| (1..=12).contains(&r.len()) && digits(r) && !r.ends_with('0'));
        if whole_well && rest_well && text != "-0" { Ok(Self(text.to_owned())) } else { Err(UnknownWord) }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What a client's people may pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pausable {
    /// All calls of a use.
    Use(Use),
    /// All calls on an account.
    Connection(ConnectionId),
    /// All calls of an assistant.
    Assistant(AssistantId),
}

/// What a limit holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All calls for the client.
    Client,
    /// Calls of a use.
    Use(Use),
    /// Calls of an assistant.
    Assistant(AssistantId),
    /// Calls of a use that the platform pays for: its cap is the agency's to set.
    Platform(Use),
}

/// What is counted, beside money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum UnitKind {
    /// Calls.
    Calls,
    /// Tokens, in and out.
    Tokens,
    /// Pictures made.
    Pictures,
    /// Seconds of audio.
    Seconds,
}

/// How many units a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct UnitLimit {
    /// Of what.
    pub kind: UnitKind,
    /// At most.
    pub most: u64,
}

/// A limit; what is `None` has no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Money a month that the client's own accounts are charged, at list prices. Calls without a price count nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// Units a month, whoever pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<UnitLimit>,
    /// Calls within a minute, whoever pays; always hard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_minute: Option<u32>,
    /// Whether calls are refused once a month's bound is reached; else it is told.
    pub hard: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_one_spelling_and_begins_at_its_first_moment() {
        let month = Month::of("2026-11-30T23:59:59.999Z".parse().unwrap());
        assert_eq!(month.to_string(), "2026-11");
        assert_eq!(month.begin().to_string(), "2026-11-01T00:00:00.000Z");
        assert_eq!("2026-11".parse(), Ok(month));
        for wrong in ["2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "+026-11", ""] {
            assert_eq!(wrong.parse::<Month>(), Err(UnknownWord), "{wrong}");
        }
    }

    #[test]
    fn an_amount_has_one_spelling() {
        for right in ["0", "12.5", "-0.000001", "123456789012345678.123456789012"] {
            assert_eq!(right.parse::<Decimal>().map(|d| d.to_string()).as_deref(), Ok(right));
        }
        for wrong in ["", "-", "-0", "00", "01", "1.", ".5", "1.0", "1.50", "+1", "1e3", "1.1234567890123", " 1"] {
            assert_eq!(wrong.parse::<Decimal>(), Err(UnknownWord), "{wrong}");
        }
        for (micro, text) in [(0, "0"), (5, "0.000005"), (12_500_000, "12.5"), (3_000_000, "3")] {
            assert_eq!(Decimal::from_micro(micro).as_str(), text);
        }
    }

    #[test]
    fn a_scope_and_what_is_paused_have_one_spelling() {
        let json = |scope| serde_json::to_string(&scope).unwrap();
        assert_eq!(json(Scope::Client), r#""client""#);
        assert_eq!(json(Scope::Use(Use::Chat)), r#"{"use":"chat"}"#);
        assert_eq!(serde_json::to_string(&Pausable::Use(Use::Voice)).unwrap(), r#"{"use":"voice"}"#);
    }
}
