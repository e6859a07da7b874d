//! Bills and usage, fetched from the simulator's own books.
#![allow(clippy::unwrap_used)]

mod anthropic;
mod errors;
mod openai;
mod others;
mod prices;

use std::collections::{BTreeMap, BTreeSet};

use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{self as sim, BookedCall, BooksChange, KeyKind, KeySpec, Sims, SimsConfig};
use ownkey_providers::bill::{self, Amount, Ask, BillError, BilledRow, Page, Span};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::Http;
use ownkey_secret::Secret;

pub(crate) const DAY: i64 = 86_400_000;
/// 2026-09-01T00:00:00Z.
pub(crate) const START: i64 = 1_788_220_800_000;

pub(crate) struct Room {
    pub(crate) sims: Sims,
    pub(crate) http: Http,
    pub(crate) endpoints: Endpoints,
    pub(crate) provider: Provider,
    pub(crate) sim: sim::Provider,
    pub(crate) admin: Secret,
    pub(crate) keys: [String; 2],
}

fn sim_of(provider: Provider) -> sim::Provider {
    sim::Provider::ALL.into_iter().find(|one| one.as_str() == provider.as_str()).unwrap()
}

impl Room {
    pub(crate) async fn open(provider: Provider) -> Self {
        let sims = Sims::start(SimsConfig::default()).await.unwrap();
        let sim = sim_of(provider);
        let endpoints = Endpoints::default().overridden(provider, &sims.origin(sim)).unwrap();
        let make = |kind| sims.control().make_key(sim, "Acme", KeySpec { kind, ..KeySpec::default() });
        let admin = Secret::new(make(KeyKind::Admin).text.into_bytes()).unwrap();
        let keys = [make(KeyKind::Work).id, make(KeyKind::Work).id];
        Self { http: Http::new().unwrap(), endpoints, provider, sim, admin, keys, sims }
    }

    pub(crate) fn book(&self, calls: Vec<BookedCall>) {
        let count = calls.len();
        assert_eq!(self.sims.control().book(self.sim, calls), count);
    }

    pub(crate) fn change(&self, change: BooksChange) {
        self.sims.control().books(self.sim, change);
    }

    pub(crate) async fn page(&self, ask: Ask, span: Span, cursor: Option<&str>) -> Result<Page, BillError> {
        bill::page(&self.http, &self.endpoints, self.provider, &self.admin, ask, span, cursor).await
    }

    /// All pages, and how many there were.
    pub(crate) async fn all(&self, ask: Ask, span: Span) -> (Vec<BilledRow>, usize) {
        let (mut rows, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = self.page(ask, span, cursor.as_deref()).await.unwrap();
            rows.extend(page.rows);
            pages += 1;
            cursor = page.next;
            if cursor.is_none() {
                return (rows, pages);
            }
        }
    }

    pub(crate) fn total(&self, of: &str, span: Span) -> Amount {
        let total = self.sims.control().booked_total(self.sim, of, span.from.unix_millis(), span.to.unix_millis());
        total.parse().unwrap()
    }
}

pub(crate) fn span(days: i64) -> Span {
    Span { from: Instant::from_unix_millis(START), to: Instant::from_unix_millis(START + days * DAY) }
}

pub(crate) fn units(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Calls of two keys with two models, one in an hour and in turn, over so many days.
pub(crate) fn calls(room: &Room, models: [&str; 2], days: i64) -> Vec<BookedCall> {
    let call = |number: i64| {
        let turn = usize::try_from(number % 2).unwrap();
        let more = u64::try_from(number).unwrap();
        BookedCall {
            at: START + number * 3_600_000 + 1_234,
            key: Some(room.keys[turn].clone()),
            model: models[usize::try_from(number / 2 % 2).unwrap()].to_owned(),
            units: units(&[("input", 1_000 + more), ("cached_input", 100 + more % 7), ("output", 333 + more % 11)]),
            tier: if number % 24 == 23 { sim::Tier::Batch } else { sim::Tier::Standard },
            ..BookedCall::default()
        }
    };
    (0..days * 24).map(call).collect()
}

pub(crate) fn sum<'a>(rows: impl IntoIterator<Item = &'a BilledRow>) -> Amount {
    let amounts = rows.into_iter().filter_map(|row| row.amount);
    amounts.fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).unwrap())
}

pub(crate) fn used(rows: &[BilledRow], name: &str) -> u64 {
    rows.iter().filter_map(|row| row.units.get(name)).sum()
}

/// Rows without those that came twice.
pub(crate) fn once(rows: Vec<BilledRow>) -> Vec<BilledRow> {
    let mut seen = BTreeSet::new();
    let first = rows.iter().map(|row| seen.insert(row.about())).collect::<Vec<_>>();
    rows.iter().zip(first).filter(|(_, first)| *first).map(|(row, _)| row.clone()).collect()
}
