//! Prices that a client agreed with its provider, dated; they stand in for the list's on both sides.

use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::meter::Part;
use ownkey_providers::price;
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

    /// The price by which both columns are reckoned: the agreed one, else the list's.
    #[must_use]
    pub fn price(&self, provider: Provider, model: &str, part: Part, day: Day) -> Option<u64> {
        let listed = || price::of_part(provider, model, part, day.begin().plus_millis(86_399_999));
        self.agreed(provider, model, part, day).or_else(listed)
    }
}
