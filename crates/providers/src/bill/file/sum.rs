//! Lines about the same thing, added up as they come.

use std::collections::BTreeMap;

use ownkey_protocol::instant::Instant;

use super::FileError;
use crate::bill::{BilledRow, Tier};

/// The most things that a file may tell apart. A month of a hundred models and keys has a few thousand.
const MOST: usize = 60_000;

/// Of what a row is, and whether it is money.
type Identity = (Instant, Instant, [Option<String>; 4], Tier, bool);

/// The rows of a file so far.
#[derive(Debug, Default)]
pub(super) struct Sums {
    rows: BTreeMap<Identity, BilledRow>,
    currency: Option<String>,
}

impl Sums {
    pub(super) fn add(&mut self, row: BilledRow) -> Result<(), FileError> {
        if let Some(currency) = &row.currency {
            let first = self.currency.get_or_insert_with(|| currency.clone());
            if first != currency {
                return Err(FileError::Currencies(first.clone(), currency.clone()));
            }
        }
        let names = [row.key.clone(), row.place.clone(), row.model.clone(), row.line.clone()];
        let identity = (row.from, row.to, names, row.tier, row.amount.is_some());
        if let Some(sum) = self.rows.get_mut(&identity) {
            return join(sum, row);
        }
        if self.rows.len() == MOST {
            return Err(FileError::TooMuch);
        }
        self.rows.insert(identity, row);
        Ok(())
    }

    pub(super) fn rows(self) -> Vec<BilledRow> {
        self.rows.into_values().collect()
    }
}

fn join(sum: &mut BilledRow, row: BilledRow) -> Result<(), FileError> {
    if let (Some(a), Some(b)) = (sum.amount, row.amount) {
        sum.amount = Some(a.checked_add(b).ok_or(FileError::TooMuch)?);
    }
    sum.requests = match (sum.requests, row.requests) {
        (Some(a), Some(b)) => Some(a.checked_add(b).ok_or(FileError::TooMuch)?),
        (a, b) => a.or(b),
    };
    for (name, count) in row.units {
        let units = sum.units.entry(name).or_default();
        *units = units.checked_add(count).ok_or(FileError::TooMuch)?;
    }
    sum.quantity = match (sum.quantity.take(), row.quantity) {
        (Some((a, unit)), Some((b, other))) if unit == other => {
            Some((a.checked_add(b).ok_or(FileError::TooMuch)?, unit))
        }
        // In two measures, or in none: then it cannot be said how much it is.
        _ => None,
    };
    Ok(())
}
