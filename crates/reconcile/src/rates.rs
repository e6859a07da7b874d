//! Prices that a client agreed with its provider, dated; they stand in for the list's on both sides.

use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::bill::Amount;
use ownkey_providers::meter::{Part, Parts};
use ownkey_providers::price::{self, Listed};
use serde::{Deserialize, Serialize};

use crate::books::canonical;

/// One agreed price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Provider.
    pub provider: Provider,
    /// Model, with its date or without.
    pub model: String,
    /// For which part.
    pub part: Part,
    /// Price of one unit, in 10⁻¹² of the currency's unit: what a million units cost, in millionths.
    pub price: u64,
    /// From this day on, in the provider's time zone.
    pub from: Day,
}

/// All of a client's agreed prices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rates(pub Vec<Rate>);

impl Rates {
    /// The agreed price of a part on a day: the newest that holds, for this very model before one without a date.
    #[must_use]
    pub fn agreed(&self, provider: Provider, model: &str, part: Part, day: Day) -> Option<u64> {
        let fitting = self.0.iter().filter(|rate| rate.provider == provider && rate.part == part && rate.from <= day);
        let fitting = fitting.filter(|rate| rate.model == model || rate.model == canonical(model));
        fitting.max_by_key(|rate| (rate.model == model, rate.from)).map(|rate| rate.price)
    }

    /// The price by which both columns are reckoned: the agreed one, else the list's, which are `listed`.
    #[must_use]
    pub fn price(&self, provider: Provider, model: &str, part: Part, day: Day, listed: Option<Listed>) -> Option<u64> {
        self.agreed(provider, model, part, day).or_else(|| listed?.of(part))
    }

    /// What a line of the agency's comes to at agreed prices, as [`crate::reconcile`] takes it; what was not agreed counts
    /// as the agency says.
    #[must_use]
    pub fn claimed(&self, day: Day, line: &UsageLine) -> Amount {
        let said = Amount::from_micro(i64::try_from(line.cost.micro).unwrap_or(i64::MAX));
        let Some(model) = line.model.as_deref().filter(|_| !self.0.is_empty()) else { return said };
        let parts = Parts::of(&line.units);
        if !parts.iter().any(|(part, _)| self.agreed(line.provider, model, part, day).is_some()) {
            return said;
        }
        let listed = price::listed(line.provider, model, day.begin().plus_millis(86_399_999));
        let worth = |price: &dyn Fn(Part) -> Option<u64>| -> Option<Amount> {
            parts.iter().map(|(part, n)| Some(Amount::from_pico(i128::from(price(part)?) * i128::from(n)))).sum()
        };
        let agreed = worth(&|part| self.price(line.provider, model, part, day, listed));
        match (agreed, worth(&|part| listed?.of(part))) {
            (Some(agreed), Some(listed)) if line.unpriced == 0 => agreed + (said - listed),
            (Some(agreed), _) if line.unpriced > 0 => agreed,
            _ => said,
        }
    }
}
