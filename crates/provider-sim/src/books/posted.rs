//! What is billed: each call as lines with an amount, then what belongs to no call.

use super::change::Rules;
use super::money::{Money, Percent};
use super::prices::{self, Line};
use super::{Booked, DAY, Tier};
use crate::provider::Provider;
use crate::room::{Room, rfc3339};
use std::collections::BTreeMap;

/// One line of a bill.
#[derive(Clone, Debug)]
pub(crate) struct Posted<'a> {
    pub(crate) at: i64,
    pub(crate) key: Option<&'a str>,
    pub(crate) place: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    pub(crate) tier: Tier,
    /// Of a call: what was counted, and how much of it.
    pub(crate) counted: Option<(Line, u64)>,
    /// Of what is no call: the line's words.
    pub(crate) words: &'a str,
    /// At list price.
    pub(crate) listed: Money,
    pub(crate) amount: Money,
}

/// From when until when (Unix milliseconds), for whom, and whether only what is shown already.
#[derive(Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) account: &'a str,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) shown_only: bool,
}

impl Span<'_> {
    fn holds(&self, at: i64) -> bool {
        (self.from..self.to).contains(&at)
    }
}

/// The calendar month (UTC) of a moment: `2026-09`.
fn month(at: i64) -> String {
    rfc3339(at.div_euclid(1_000)).chars().take(7).collect()
}

fn month_begins(at: i64) -> i64 {
    let day: i64 = rfc3339(at.div_euclid(1_000)).get(8..10).and_then(|day| day.parse().ok()).unwrap_or(1);
    (at.div_euclid(DAY) - (day - 1)) * DAY
}

fn factor(tier: Tier) -> Percent {
    Percent::whole(match tier {
        Tier::Standard => 100,
        Tier::Batch | Tier::Flex => 50,
        Tier::Priority => 200,
    })
}

/// What one of a line costs at a moment, before the tier and discounts.
fn one(provider: Provider, rules: &Rules, call: &Booked, line: Line) -> Money {
    let fits = |price: &&super::change::NewPrice| {
        price.line == line && price.from <= call.at && prices::same(&price.model, &call.model)
    };
    let newest = rules.prices.iter().filter(fits).max_by_key(|price| price.from).map(|price| price.dollars);
    line.of_one(newest.unwrap_or_else(|| prices::price(provider, &call.model, line, call.size.as_deref())))
}

impl Room {
    /// The calls of a span, oldest first. `work` is what [`Room::booked_work`] gave.
    pub(crate) fn calls_of<'a>(&'a self, work: &'a [Booked], span: Span<'_>) -> Vec<&'a Booked> {
        let rules = &self.books.rules;
        let mut calls: Vec<&Booked> = self
            .books
            .calls
            .iter()
            .chain(work)
            .filter(|call| call.account == span.account && span.holds(call.at))
            .filter(|call| !span.shown_only || rules.shows(call.number, call.at))
            .collect();
        calls.sort_by_key(|call| call.at);
        calls
    }

    /// All lines of a span.
    pub(crate) fn posted<'a>(&'a self, work: &'a [Booked], span: Span<'_>) -> Vec<Posted<'a>> {
        let rules = &self.books.rules;
        let begin = if rules.free.is_some() { month_begins(span.from) } else { span.from };
        let calls = self.calls_of(work, Span { from: begin, shown_only: false, ..span });
        let mut free: BTreeMap<String, u64> = BTreeMap::new();
        let mut posted = Vec::new();
        for call in calls {
            let mut left = rules.free.map(|all| free.entry(month(call.at)).or_insert(all));
            let seen = span.holds(call.at) && (!span.shown_only || rules.shows(call.number, call.at));
            let off = rules.discounts.iter().filter(|(from, _)| *from <= call.at).max_by_key(|(from, _)| *from);
            for line in Line::ALL {
                let count = call.counts.of(line);
                if count == 0 {
                    continue;
                }
                let price = one(self.provider, rules, call, line);
                if price == Money::ZERO {
                    continue;
                }
                let mut paid = count;
                if let (Some(left), "tokens") = (left.as_deref_mut(), line.unit()) {
                    let given = count.min(*left);
                    *left -= given;
                    paid -= given;
                }
                let listed = price.times(paid).percent(factor(call.tier));
                let amount = off.map_or(listed, |(_, percent)| listed.percent(percent.taken_off()));
                if seen {
                    posted.push(Posted {
                        at: call.at,
                        key: call.key.as_deref(),
                        place: call.place.as_deref(),
                        model: Some(&call.model),
                        tier: call.tier,
                        counted: Some((line, count)),
                        words: "",
                        listed,
                        amount,
                    });
                }
            }
        }
        self.add_others(&mut posted, span);
        posted
    }

    /// Refunds, and the tax of each day.
    fn add_others<'a>(&'a self, posted: &mut Vec<Posted<'a>>, span: Span<'_>) {
        let rules = &self.books.rules;
        let other = |at, key, words, amount| Posted {
            at,
            key,
            place: None,
            model: None,
            tier: Tier::Standard,
            counted: None,
            words,
            listed: amount,
            amount,
        };
        if let Some(percent) = rules.tax {
            let mut days: BTreeMap<i64, Money> = BTreeMap::new();
            for line in posted.iter() {
                *days.entry(line.at.div_euclid(DAY) * DAY).or_default() += line.amount;
            }
            posted.extend(days.into_iter().map(|(day, sum)| other(day, None, "Tax", sum.percent(percent))));
        }
        let refunds = rules.refunds.iter().filter(|one| one.account == span.account && span.holds(one.at));
        let refunds = refunds.filter(|one| !span.shown_only || one.at.saturating_add(rules.delay) <= rules.now());
        posted.extend(refunds.map(|one| other(one.at, one.key.as_deref(), &one.line, Money::ZERO - one.dollars)));
    }

    /// The exact sum of an account (id or name) or of a key, also of what the figures do not show.
    pub(crate) fn booked_total(&self, of: &str, from: i64, to: i64) -> String {
        let named = self.accounts.iter().find(|one| one.id == of || one.name == of).map(|one| one.id.as_str());
        let owner = || self.keys.iter().find(|key| key.id == of).map(|key| key.account.as_str());
        let Some(account) = named.or_else(owner) else {
            return Money::ZERO.text();
        };
        let work = self.booked_work();
        let lines = self.posted(&work, Span { account, from, to, shown_only: false });
        let mine = lines.iter().filter(|line| named.is_some() || line.key == Some(of));
        mine.map(|line| line.amount).sum::<Money>().text()
    }
}
