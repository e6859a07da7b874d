//! What the provider's own books say: who is billed what, line by line, and when the figures are there to be read.
//!
//! A simulated provider bills what came through its work routes, and what a test puts in with a time of its own. It does
//! its own arithmetic with its own prices, so that the house's can be held against it.

pub(crate) mod change;
pub(crate) mod counts;
pub(crate) mod figures;
pub(crate) mod money;
pub(crate) mod posted;
pub(crate) mod prices;

pub use change::BooksChange;
use change::Rules;
use counts::Counts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A day, in milliseconds.
pub(crate) const DAY: i64 = 86_400_000;

/// How fast a call was to be served, where that has a price of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// At once, at list price.
    #[default]
    Standard,
    /// Within a day, at half the price.
    Batch,
    /// Before others, at twice the price.
    Priority,
    /// When there is room, at half the price.
    Flex,
}

impl Tier {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Tier::Standard => "standard",
            Tier::Batch => "batch",
            Tier::Priority => "priority",
            Tier::Flex => "flex",
        }
    }
}

/// A call that is put into the books, with a time of its own.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BookedCall {
    /// Unix milliseconds.
    pub at: i64,
    /// The id of the key; none for what no key made.
    pub key: Option<String>,
    /// The account (id or name); may be left out where there is a key.
    pub account: Option<String>,
    /// The model, as it was asked for.
    pub model: String,
    /// What was spent, by the names of the agency's book: `input` (all of it), `cached_input`, `cache_write`,
    /// `cache_write_hour`, `audio_in`, `image_in`, `output` (all of it), `reasoning`, `audio_out`, `image_out`, `images`,
    /// `seconds_ms`, `predict_ms`, `credits_milli`, `characters`.
    pub units: BTreeMap<String, u64>,
    /// How fast it was to be served.
    pub tier: Tier,
    /// The caller hung up; what had been made until then is billed.
    pub cut: bool,
    /// Of pictures: their size, with `/hd` behind it for that quality.
    pub size: Option<String>,
}

/// A call in the books.
#[derive(Clone, Debug)]
pub(crate) struct Booked {
    pub(crate) at: i64,
    /// The how manieth it is.
    pub(crate) number: usize,
    pub(crate) key: Option<String>,
    pub(crate) account: String,
    /// Project or workspace.
    pub(crate) place: Option<String>,
    /// As it is billed.
    pub(crate) model: String,
    pub(crate) counts: Counts,
    pub(crate) tier: Tier,
    pub(crate) cut: bool,
    pub(crate) size: Option<String>,
}

/// One provider's books.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) calls: Vec<Booked>,
    pub(crate) rules: Rules,
}

impl crate::room::Room {
    /// Puts calls into the books. How many were taken: those of a known key or account.
    pub(crate) fn book(&mut self, calls: Vec<BookedCall>) -> usize {
        let homes: BTreeMap<String, (String, Option<String>)> =
            self.keys.iter().map(|key| (key.id.clone(), (key.account.clone(), key.project.clone()))).collect();
        let before = self.books.calls.len();
        for call in calls {
            let of_key = call.key.as_ref().and_then(|key| homes.get(key));
            let named = call.account.as_deref().and_then(|name| {
                self.accounts.iter().find(|one| one.id == name || one.name == name).map(|one| one.id.clone())
            });
            let Some(account) = named.or_else(|| of_key.map(|(account, _)| account.clone())) else {
                continue;
            };
            let home = || self.account(&account).map(|one| one.home.clone()).filter(|home| !home.is_empty());
            self.books.calls.push(Booked {
                at: call.at,
                number: self.books.calls.len(),
                place: of_key.and_then(|(_, place)| place.clone()).or_else(home),
                key: call.key,
                account,
                model: prices::dated(&call.model).to_owned(),
                counts: Counts::named(&call.units),
                tier: call.tier,
                cut: call.cut,
                size: call.size,
            });
        }
        self.books.calls.len() - before
    }

    /// The billed calls that came through the work routes, as the books have them.
    pub(crate) fn booked_work(&self) -> Vec<Booked> {
        let billed = self.ledger.iter().enumerate().filter(|(_, row)| row.billed);
        let booked = billed.filter_map(|(number, row)| {
            let place =
                self.keys.iter().find(|key| Some(&key.id) == row.key.as_ref()).and_then(|key| key.project.clone());
            let batch = row.route.contains("/batches");
            Some(Booked {
                at: row.at,
                number,
                key: row.key.clone(),
                account: row.account.clone()?,
                place,
                model: prices::dated(row.model.as_deref().unwrap_or("unknown")).to_owned(),
                counts: Counts::of_ledger(&row.units),
                tier: if batch { Tier::Batch } else { Tier::Standard },
                cut: false,
                size: row.size.clone(),
            })
        });
        booked.collect()
    }
}
