//! List prices, dated and kept in `prices/*.toml` (see the README there), and what a call cost by them.
//!
//! `cost = Σ units × price`, in whole numbers: every product is kept in millionths of a micro-dollar, and the sum is
//! rounded once, to the nearest micro-dollar, halves up. A call that spent something for which there is no price has
//! no cost at all, rather than one that is too small.

use std::sync::LazyLock;

use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Currency;
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::Provider;
use serde::Deserialize;

use crate::meter::{Part, Picture, Units};

/// What a call cost, and by which entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Millionths of the currency's unit.
    pub micro: u64,
    /// The currency.
    pub currency: Currency,
    /// Name of the entry that applied.
    pub rule: &'static str,
}

/// What `units` cost on `model` at `at`, by list price; `None` when the list does not say.
#[must_use]
pub fn cost(provider: Provider, model: Option<&str>, units: &Units, picture: &Picture, at: Instant) -> Option<Cost> {
    let price = entry(provider, model.unwrap_or_default(), at)?;
    let sum = price.of(units, picture)?;
    let micro = u64::try_from((sum + 500_000) / 1_000_000).ok()?;
    Some(Cost { micro, currency: LISTS[provider as usize].currency, rule: &price.rule })
}

/// The list prices of one model at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Listed(&'static Price);

/// The list prices of `model` at `at`; `None` when the list does not have it.
#[must_use]
pub fn listed(provider: Provider, model: &str, at: Instant) -> Option<Listed> {
    entry(provider, model, at).map(Listed)
}

impl Listed {
    /// What one unit of a part costs, in 10⁻¹² of the currency's unit; `None` when the list does not say, or when it
    /// depends on more than the model (pictures by their size).
    #[must_use]
    pub fn of(self, part: Part) -> Option<u64> {
        let price = self.0;
        let (price, scale) = match part {
            Part::TextIn => (price.input, 1),
            Part::CachedIn => (price.cached_input.or(price.input), 1),
            Part::CacheWrite => (price.cache_write.or(price.input), 1),
            Part::CacheWriteHour => (price.cache_write_hour.or(price.input), 1),
            Part::AudioIn => (price.audio_in, 1),
            Part::ImageIn => (price.image_in.or(price.input), 1),
            Part::TextOut => (price.output, 1),
            Part::AudioOut => (price.audio_out, 1),
            Part::ImageOut => (price.image_out, 1),
            Part::Picture => (price.images.is_empty().then_some(0), 1),
            Part::Audio => (price.second, 1_000),
            Part::Predict => (price.predict_second, 1_000),
            Part::Credit => (price.credit, 1_000),
        };
        price.map(|price| price * scale)
    }
}

/// The entry for a model: the longest name that fits, and of its entries the newest that holds.
fn entry(provider: Provider, model: &str, at: Instant) -> Option<&'static Price> {
    let day = Day::of(at);
    let list = LISTS[provider as usize].price.iter().filter(|p| p.effective_from <= day);
    let fitting = list.filter_map(|p| Some((p.models.iter().filter_map(|name| fits(name, model)).max()?, p)));
    fitting.max_by(|(a, p), (b, q)| (a, p.effective_from).cmp(&(b, q.effective_from))).map(|(_, p)| p)
}

/// How well a name of the list fits a model: its length, when it is the model, or the model without its date.
fn fits(name: &str, model: &str) -> Option<usize> {
    if name == "*" {
        return Some(0);
    }
    let rest = model.strip_prefix(name)?;
    let dated = rest.strip_prefix('-').is_some_and(|date| {
        date == "latest" || (matches!(date.len(), 8 | 10) && date.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
    });
    (rest.is_empty() || dated).then_some(name.len())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    currency: Currency,
    price: Vec<Price>,
}

/// One entry; prices in micro-units of the currency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    rule: String,
    models: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "for people who look at the list"))]
    source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for people who look at the list"))]
    date: String,
    effective_from: Day,
    input: Option<u64>,
    cached_input: Option<u64>,
    cache_write: Option<u64>,
    cache_write_hour: Option<u64>,
    audio_in: Option<u64>,
    image_in: Option<u64>,
    output: Option<u64>,
    audio_out: Option<u64>,
    image_out: Option<u64>,
    second: Option<u64>,
    predict_second: Option<u64>,
    credit: Option<u64>,
    #[serde(default)]
    images: Vec<PicturePrice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PicturePrice {
    size: String,
    quality: Option<String>,
    price: u64,
}

impl Price {
    /// In millionths of a micro-unit.
    fn of(&self, units: &Units, picture: &Picture) -> Option<u128> {
        let plain_in = units.input.saturating_sub(
            units.cached_input + units.cache_write + units.cache_write_hour + units.audio_in + units.image_in,
        );
        let plain_out = units.output.saturating_sub(units.audio_out + units.image_out);
        let parts = [
            (plain_in, self.input, 1),
            (units.cached_input, self.cached_input.or(self.input), 1),
            (units.cache_write, self.cache_write.or(self.input), 1),
            (units.cache_write_hour, self.cache_write_hour.or(self.input), 1),
            (units.image_in, self.image_in.or(self.input), 1),
            (units.audio_in, self.audio_in, 1),
            (plain_out, self.output, 1),
            (units.audio_out, self.audio_out, 1),
            (units.image_out, self.image_out, 1),
            (units.seconds_ms, self.second, 1_000),
            (units.predict_ms, self.predict_second, 1_000),
            (units.credits_milli, self.credit, 1_000),
            (self.pictures(units), self.picture(picture), 1_000_000),
        ];
        let mut sum = 0_u128;
        for (count, price, scale) in parts {
            if count > 0 {
                sum = sum.checked_add(u128::from(count) * u128::from(price?) * scale)?;
            }
        }
        (!units.is_empty()).then_some(sum).filter(|_| self.says_something(units))
    }

    /// Pictures cost something by themselves only where the entry says so.
    fn pictures(&self, units: &Units) -> u64 {
        if self.images.is_empty() { 0 } else { units.images }
    }

    fn picture(&self, picture: &Picture) -> Option<u64> {
        let size = picture.size.as_deref()?;
        let quality = picture.quality.as_deref();
        let fits = |p: &&PicturePrice| {
            p.size == size && p.quality.as_deref().is_none_or(|q| q == quality.unwrap_or("standard"))
        };
        self.images.iter().find(fits).map(|p| p.price)
    }

    /// Pictures alone, of a model that is billed by something else which was not told, are not free.
    fn says_something(&self, units: &Units) -> bool {
        !self.images.is_empty() || *units != Units { images: units.images, ..Units::default() }
    }
}

static LISTS: LazyLock<[List; 5]> = LazyLock::new(|| {
    [
        include_str!("../prices/openai.toml"),
        include_str!("../prices/anthropic.toml"),
        include_str!("../prices/gemini.toml"),
        include_str!("../prices/stability.toml"),
        include_str!("../prices/replicate.toml"),
    ]
    .map(|text| toml::from_str(text).unwrap_or(List { currency: Currency::Usd, price: Vec::new() }))
});

#[cfg(test)]
mod tests;
