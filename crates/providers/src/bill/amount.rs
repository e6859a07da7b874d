//! Money to twelve digits, in whole numbers from the provider's text to the screen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Digits behind the point that are kept.
const DIGITS: i64 = 12;
/// Parts of a unit.
const ONE: i128 = 1_000_000_000_000;
/// Parts of a millionth.
const MICRO: i128 = 1_000_000;
/// No number of more characters is read.
const LONGEST: usize = 400;

/// An amount of money, or of anything else that is told as a decimal: whole parts of 10⁻¹² of the unit. It is read from the
/// provider's own digits, never through a binary fraction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub(super) i128);

/// A text that is no decimal number, or one that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number that can be kept")]
pub struct NotAnAmount;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From millionths.
    #[must_use]
    pub const fn from_micro(micro: i64) -> Self {
        Self(micro as i128 * MICRO)
    }

    /// To the nearest millionth, halves away from zero; held within what can be written.
    #[must_use]
    pub fn to_micro_rounded(self) -> i64 {
        let half = if self.0 < 0 { -MICRO / 2 } else { MICRO / 2 };
        let micro = self.0.saturating_add(half) / MICRO;
        i64::try_from(micro).unwrap_or(if micro < 0 { i64::MIN } else { i64::MAX })
    }

    /// From a decimal number as JSON writes it: `0.06`, `-3`, `1.2e-7`. What has more than twelve digits behind the point is
    /// rounded to the nearest, a half to the even neighbour.
    ///
    /// # Errors
    /// [`NotAnAmount`] when it is none.
    pub fn parse(text: &str) -> Result<Self, NotAnAmount> {
        read(text, 0).map(Self).ok_or(NotAnAmount)
    }

    /// As [`Self::parse`], of an amount that is told in cents.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_cents_text(text: &str) -> Result<Self, NotAnAmount> {
        read(text, -2).map(Self).ok_or(NotAnAmount)
    }

    /// The sum; `None` when it cannot be kept.
    #[must_use]
    pub const fn checked_add(self, more: Self) -> Option<Self> {
        match self.0.checked_add(more.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference; `None` when it cannot be kept.
    #[must_use]
    pub const fn checked_sub(self, less: Self) -> Option<Self> {
        match self.0.checked_sub(less.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }

    /// The same with the other sign; `None` when it cannot be kept.
    #[must_use]
    pub const fn checked_neg(self) -> Option<Self> {
        match self.0.checked_neg() {
            Some(other) => Some(Self(other)),
            None => None,
        }
    }

    /// The number itself, where it is whole and not negative.
    #[must_use]
    pub fn whole(self) -> Option<u64> {
        if self.0 % ONE == 0 { u64::try_from(self.0 / ONE).ok() } else { None }
    }

    /// In thousandths, rounded up; `None` below zero.
    #[must_use]
    pub fn to_milli_up(self) -> Option<u64> {
        const MILLI: i128 = ONE / 1_000;
        if self.0 < 0 {
            return None;
        }
        u64::try_from(self.0 / MILLI + i128::from(self.0 % MILLI != 0)).ok()
    }
}

/// A decimal number times ten to the power of `shift`, in parts of 10⁻¹².
fn read(text: &str, shift: i64) -> Option<i128> {
    if text.len() > LONGEST {
        return None;
    }
    let (minus, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, power(exponent)?),
        None => (text, 0),
    };
    let (whole, part) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(pieces) => pieces,
        None => (number, ""),
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) {
        return None;
    }
    let digits = format!("{whole}{part}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let up = exponent + shift + DIGITS - i64::try_from(part.len()).ok()?;
    let sum = match usize::try_from(up) {
        Ok(up) if digits.len() + up < 40 => format!("{digits}{}", "0".repeat(up)).parse().ok()?,
        Ok(_) => return None,
        Err(_) => rounded(digits, usize::try_from(-up).ok()?)?,
    };
    Some(if minus { -sum } else { sum })
}

/// An exponent; what is far out of reach is as good as out of reach.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX).min(1_000_000);
    Some(if text.starts_with('-') { -size } else { size })
}

/// The digits without the last `cut` of them, a half to the even neighbour.
fn rounded(digits: &str, cut: usize) -> Option<i128> {
    let Some(kept) = digits.len().checked_sub(cut) else { return Some(0) };
    let (kept, gone) = digits.split_at_checked(kept)?;
    let sum: i128 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
    let half = format!("5{}", "0".repeat(cut - 1));
    let up = match gone.cmp(half.as_str()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => sum % 2 == 1,
    };
    sum.checked_add(i128::from(up))
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let (whole, part) = (size / ONE.unsigned_abs(), size % ONE.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        let part = format!("{part:012}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Amount {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        Self::parse(text)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}
