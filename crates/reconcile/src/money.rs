//! What the units' differences are worth, and what prices make: one day of one version and model.

use std::collections::{BTreeMap, BTreeSet};

use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::bill::Amount;
use ownkey_providers::meter::{Part, Parts};
use ownkey_providers::price::Listed;

use crate::cause::Cause;
use crate::rates::Rates;
use crate::units::Found;

/// Half a millionth: what rounding one call can make.
const HALF: i128 = 500_000;

/// A line of the bill about a model.
#[derive(Debug, Clone)]
pub(crate) struct BillLine {
    /// What of; `None` for all of it.
    pub(crate) part: Option<Part>,
    /// How many, where it is told.
    pub(crate) count: Option<i64>,
    /// What it cost.
    pub(crate) amount: Amount,
}

/// One day of one version and model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    /// What the agency says it cost, by list price.
    pub(crate) cost: Amount,
    /// Calls that spent something.
    pub(crate) calls: i64,
    /// Of them: without a price.
    pub(crate) unpriced: i64,
    /// Calls of any kind.
    pub(crate) all_calls: u64,
    /// What the agency counted.
    pub(crate) claimed: Parts,
    /// What the provider counted.
    pub(crate) told: Parts,
    /// Calls that the provider counted.
    pub(crate) requests: Option<i64>,
    /// Where the counts differ, and why.
    pub(crate) found: Found,
    /// Whether any of it was in another tier.
    pub(crate) other_tier: bool,
    /// The bill's lines.
    pub(crate) lines: Vec<BillLine>,
}

/// What a cell comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Priced {
    pub(crate) claimed: Amount,
    pub(crate) billed: Amount,
    pub(crate) causes: BTreeMap<Cause, Amount>,
    /// Parts that the provider gave away wholly.
    pub(crate) free: BTreeSet<Part>,
}

/// The prices that hold for a cell.
pub(crate) struct Prices<'a> {
    pub(crate) provider: Provider,
    pub(crate) model: &'a str,
    pub(crate) day: Day,
    pub(crate) rates: &'a Rates,
    /// The list's prices, where it has the model.
    pub(crate) listed: Option<Listed>,
    /// Parts that were free on an earlier day of the month.
    pub(crate) free_before: BTreeSet<Part>,
}

impl Prices<'_> {
    fn of(&self, part: Part) -> Option<Amount> {
        let price = self.rates.price(self.provider, self.model, part, self.day, self.listed)?;
        Some(Amount::from_pico(i128::from(price)))
    }

    fn listed(&self, part: Part) -> Option<Amount> {
        self.listed?.of(part).map(|price| Amount::from_pico(i128::from(price)))
    }

    fn any_agreed(&self, parts: &Parts) -> bool {
        parts.iter().any(|(part, _)| self.rates.agreed(self.provider, self.model, part, self.day).is_some())
    }
}

fn times(price: Amount, count: i64) -> Amount {
    Amount::from_pico(price.pico().saturating_mul(i128::from(count)))
}

/// What parts cost; `None` when one of them has no price.
fn worth(parts: &Parts, price: impl Fn(Part) -> Option<Amount>) -> Option<Amount> {
    parts.iter().map(|(part, count)| Some(times(price(part)?, count))).sum()
}

/// Adds up one cell; `claimed + Σ causes = billed`, exactly.
pub(crate) fn price_cell(cell: &Cell, prices: &Prices<'_>) -> Priced {
    let mut sum = Causes::default();
    let billed: Amount = cell.lines.iter().map(|line| line.amount).sum();
    let listed = worth(&cell.claimed, |part| prices.listed(part));
    let mut claimed = cell.cost;
    // What the agency's own figure leaves over the list's price.
    let mut own_price = None;
    match listed {
        Some(listed) if cell.unpriced == 0 => {
            let over = cell.cost - listed;
            let rounds = over.pico().abs() <= HALF * i128::from(cell.calls.max(1));
            if prices.any_agreed(&cell.claimed)
                && let Some(agreed) = worth(&cell.claimed, |part| prices.of(part))
            {
                claimed = agreed + over;
            }
            sum.add(if rounds { Cause::Rounding } else { Cause::AgencyPrice }, -over);
        }
        // Pictures have prices by their size, which the agency knew when it priced each call.
        _ if cell.unpriced == 0 => {
            let rest = cell.claimed.iter().filter_map(|(part, count)| Some(times(prices.of(part)?, count)));
            own_price = Some(cell.cost - rest.sum());
        }
        // Where the list lacks the model, what was agreed is the only price.
        _ if prices.any_agreed(&cell.claimed) => {
            claimed = worth(&cell.claimed, |part| prices.of(part)).unwrap_or(cell.cost);
        }
        _ => {}
    }
    let mut free = BTreeSet::new();
    if cell.lines.iter().any(|line| line.part.is_none()) {
        whole(cell, prices, billed, claimed, &mut sum);
    } else {
        by_part(cell, prices, own_price, &mut sum, &mut free);
    }
    sum.add(Cause::Unexplained, billed - claimed - sum.total());
    Priced { claimed, billed, causes: sum.0, free }
}

#[derive(Default)]
struct Causes(BTreeMap<Cause, Amount>);

impl Causes {
    fn add(&mut self, cause: Cause, amount: Amount) {
        if amount != Amount::ZERO {
            let sum = self.0.entry(cause).or_default();
            *sum += amount;
            if *sum == Amount::ZERO {
                self.0.remove(&cause);
            }
        }
    }

    fn total(&self) -> Amount {
        self.0.values().copied().sum()
    }
}

/// A bill that tells one amount for a model: differences are worth what the list says, the rest is the price.
fn whole(cell: &Cell, prices: &Prices<'_>, billed: Amount, claimed: Amount, sum: &mut Causes) {
    for (cause, parts) in &cell.found {
        let value: Amount = parts.iter().filter_map(|(part, n)| Some(times(prices.of(part)?, n))).sum();
        sum.add(*cause, value);
    }
    let left = billed - claimed - sum.total();
    let priced = worth(&cell.told, |part| prices.of(part)).is_some();
    let why = match (priced, cell.other_tier) {
        (false, _) => Cause::NoPrice,
        (true, true) => Cause::Tier,
        (true, false) if billed == Amount::ZERO && !cell.told.is_zero() => Cause::FreeTier,
        (true, false) => Cause::Price,
    };
    sum.add(why, left);
}

/// A bill that tells each part alone.
fn by_part(cell: &Cell, prices: &Prices<'_>, own_price: Option<Amount>, sum: &mut Causes, free: &mut BTreeSet<Part>) {
    for part in Part::ALL {
        let lines: Vec<&BillLine> = cell.lines.iter().filter(|line| line.part == Some(part)).collect();
        let amount: Amount = lines.iter().map(|line| line.amount).sum();
        let told: Option<i64> = lines.iter().map(|line| line.count).sum();
        let count = told.filter(|_| !lines.is_empty()).unwrap_or(cell.told.get(part));
        let claimed = cell.claimed.get(part);
        if lines.is_empty() && claimed == 0 && cell.found.values().all(|parts| parts.get(part) == 0) {
            continue;
        }
        let price = prices.of(part);
        let mut left = amount;
        let mut is_free = !lines.is_empty() && amount == Amount::ZERO && count > 0;
        for (cause, parts) in &cell.found {
            let differs = parts.get(part);
            let value = match (lines.is_empty() || count == 0, price) {
                (false, _) => amount.share(i128::from(differs), i128::from(count)),
                (true, Some(price)) => times(price, differs),
                (true, None) => Amount::ZERO,
            };
            sum.add(*cause, value);
            left -= value;
        }
        let Some(expected) = price.map(|price| times(price, claimed)).or(own_price.filter(|_| claimed > 0)) else {
            sum.add(Cause::NoPrice, left);
            continue;
        };
        let differs = left - expected;
        let partly = price.is_some_and(|price| some_free(price, amount, count)) && prices.free_before.contains(&part);
        is_free |= partly;
        if is_free && !partly {
            free.insert(part);
        }
        let why = match () {
            () if cell.other_tier => Cause::Tier,
            () if is_free => Cause::FreeTier,
            () => Cause::Price,
        };
        sum.add(why, differs);
    }
}

/// Whether an amount is what a whole number of units, fewer than all, cost by list.
fn some_free(price: Amount, amount: Amount, count: i64) -> bool {
    let (price, amount) = (price.pico(), amount.pico());
    price > 0 && amount % price == 0 && (0..i128::from(count)).contains(&(amount / price))
}
