//! Units taken apart: each unit in one part alone, as a bill has it, where [`Units`](super::Units) has totals and what
//! they consist of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What can have a price of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Input tokens of text that no cache had.
    TextIn,
    /// Input tokens that a cache had.
    CachedIn,
    /// Input tokens written to a cache for five minutes, or for a time that is not told.
    CacheWrite,
    /// Input tokens written to a cache for an hour.
    CacheWriteHour,
    /// Input tokens of audio.
    AudioIn,
    /// Input tokens of pictures.
    ImageIn,
    /// Output tokens of text, reasoning included.
    TextOut,
    /// Output tokens of audio.
    AudioOut,
    /// Output tokens of pictures.
    ImageOut,
    /// Pictures.
    Picture,
    /// Audio, in milliseconds.
    Audio,
    /// Time that a model ran, in milliseconds.
    Predict,
    /// Credits, in thousandths.
    Credit,
}

impl Part {
    /// All, in order.
    pub const ALL: [Self; 13] = [
        Self::TextIn,
        Self::CachedIn,
        Self::CacheWrite,
        Self::CacheWriteHour,
        Self::AudioIn,
        Self::ImageIn,
        Self::TextOut,
        Self::AudioOut,
        Self::ImageOut,
        Self::Picture,
        Self::Audio,
        Self::Predict,
        Self::Credit,
    ];

    /// The name of its unit in the book. Of a part of a total it is the part's own name, and the total's of what is left.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::TextIn => "input",
            Self::CachedIn => "cached_input",
            Self::CacheWrite => "cache_write",
            Self::CacheWriteHour => "cache_write_hour",
            Self::AudioIn => "audio_in",
            Self::ImageIn => "image_in",
            Self::TextOut => "output",
            Self::AudioOut => "audio_out",
            Self::ImageOut => "image_out",
            Self::Picture => "images",
            Self::Audio => "seconds_ms",
            Self::Predict => "predict_ms",
            Self::Credit => "credits_milli",
        }
    }

    /// The part whose [`Self::unit`] this is.
    #[must_use]
    pub fn of_unit(name: &str) -> Option<Self> {
        Some(match name {
            "input" => Self::TextIn,
            "cached_input" => Self::CachedIn,
            "cache_write" => Self::CacheWrite,
            "cache_write_hour" => Self::CacheWriteHour,
            "audio_in" => Self::AudioIn,
            "image_in" => Self::ImageIn,
            "output" => Self::TextOut,
            "audio_out" => Self::AudioOut,
            "image_out" => Self::ImageOut,
            "images" => Self::Picture,
            "seconds_ms" => Self::Audio,
            "predict_ms" => Self::Predict,
            "credits_milli" => Self::Credit,
            _ => return None,
        })
    }
}

/// A count of each part. Signed, since differences are counts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts([i64; 13]);

impl Parts {
    /// Of units by the names of the book; a total that is smaller than what it consists of counts as nothing more.
    #[must_use]
    pub fn of(units: &BTreeMap<String, u64>) -> Self {
        let mut all = [0; 13];
        for (name, count) in units {
            if let Some(part) = Part::of_unit(name) {
                all[part as usize] = i64::try_from(*count).unwrap_or(i64::MAX);
            }
        }
        // The totals stand in the places of what is left of them.
        let rest = |all: &[i64; 13], total: Part, parts: &[Part]| {
            parts.iter().fold(all[total as usize], |left, part| left.saturating_sub(all[*part as usize])).max(0)
        };
        let inside = [Part::CachedIn, Part::CacheWrite, Part::CacheWriteHour, Part::AudioIn, Part::ImageIn];
        all[Part::TextIn as usize] = rest(&all, Part::TextIn, &inside);
        all[Part::TextOut as usize] = rest(&all, Part::TextOut, &[Part::AudioOut, Part::ImageOut]);
        Self(all)
    }

    /// The count of a part.
    #[must_use]
    pub const fn get(&self, part: Part) -> i64 {
        self.0[part as usize]
    }

    /// Sets the count of a part.
    pub const fn set(&mut self, part: Part, count: i64) {
        self.0[part as usize] = count;
    }

    /// Parts that are not 0.
    pub fn iter(&self) -> impl Iterator<Item = (Part, i64)> + '_ {
        Part::ALL.into_iter().zip(self.0).filter(|(_, count)| *count != 0)
    }

    /// Whether all are 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 13]
    }

    /// Each part with the one of `other`.
    #[must_use]
    pub fn with(mut self, other: Self, join: impl Fn(i64, i64) -> i64) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a = join(*a, b));
        self
    }
}

impl std::ops::Add for Parts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, i64::saturating_add)
    }
}

impl std::ops::AddAssign for Parts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::Sub for Parts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.with(other, i64::saturating_sub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found_by_its_unit() {
        assert!(Part::ALL.into_iter().all(|part| Part::of_unit(part.unit()) == Some(part)));
        assert_eq!(Part::of_unit("reasoning"), None);
    }
}
