//! Lines about the same thing, added up as they come.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ownkey_protocol::instant::Instant;

use super::FileError;
use crate::bill::{Amount, BilledRow, Tier};

/// The most things that a file may tell apart. A month of a hundred models and keys has a few thousand.
const MOST: usize = 50_000;

/// Of what a row is, and whether it is money.
type Identity = (Instant, Instant, [Option<String>; 4], Tier, bool);

/// What a row counts.
#[derive(Debug)]
struct Counts {
    requests: Option<u64>,
    units: BTreeMap<String, u64>,
    quantity: Option<(Amount, String)>,
    amount: Option<Amount>,
}

/// The rows of a file so far.
#[derive(Debug, Default)]
pub(super) struct Sums {
    rows: BTreeMap<Identity, Counts>,
    currency: Option<String>,
}

impl Sums {
    pub(super) fn add(&mut self, row: BilledRow) -> Result<(), FileError> {
        let BilledRow { from, to, key, place, model, line, tier, requests, units, quantity, amount, currency } = row;
        if let Some(currency) = currency {
            let first = self.currency.get_or_insert_with(|| currency.clone());
            if *first != currency {
                return Err(FileError::Currencies(first.clone(), currency));
            }
        }
        let full = self.rows.len() == MOST;
        let counts = Counts { requests, units, quantity, amount };
        match self.rows.entry((from, to, [key, place, model, line], tier, amount.is_some())) {
            Entry::Occupied(mut sum) => sum.get_mut().add(counts).ok_or(FileError::TooMuch),
            Entry::Vacant(_) if full => Err(FileError::TooMuch),
            Entry::Vacant(place) => {
                place.insert(counts);
                Ok(())
            }
        }
    }

    pub(super) fn rows(self) -> Vec<BilledRow> {
        let currency = self.currency;
        let row = |((from, to, [key, place, model, line], tier, _), counts): (Identity, Counts)| {
            let Counts { requests, units, quantity, amount } = counts;
            let currency = amount.and(currency.clone());
            BilledRow { from, to, key, place, model, line, tier, requests, units, quantity, amount, currency }
        };
        self.rows.into_iter().map(row).collect()
    }
}

impl Counts {
    /// `None` when a sum cannot be kept.
    fn add(&mut self, more: Self) -> Option<()> {
        if let (Some(a), Some(b)) = (self.amount, more.amount) {
            self.amount = Some(a.checked_add(b)?);
        }
        self.requests = match (self.requests, more.requests) {
            (Some(a), Some(b)) => Some(a.checked_add(b)?),
            (a, b) => a.or(b),
        };
        for (name, count) in more.units {
            let units = self.units.entry(name).or_default();
            *units = units.checked_add(count)?;
        }
        self.quantity = match (self.quantity.take(), more.quantity) {
            (Some((a, unit)), Some((b, other))) if unit == other => Some((a.checked_add(b)?, unit)),
            // In two measures, or in none: then it cannot be said how much it is.
            _ => None,
        };
        Some(())
    }
}
