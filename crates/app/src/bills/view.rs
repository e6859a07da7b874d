//! A month as the window shows it, from what is kept on this computer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::usage::{Day, UsageDay, UsageLine};
use ownkey_protocol::vocabulary::{Payer, Provider};
use ownkey_providers::bill::{Amount, Ask, BilledRow, asks};
use ownkey_providers::meter::Part;
use ownkey_reconcile::{Books, Cause, Line, Sum, Zone, by_connection, forecast, reconcile, total, unusual};

use super::file::zone;
use super::kept::Answered;
use super::{BillSettings, span};
use crate::App;
use crate::fault::Fault;
use crate::host::Host;
use crate::joined::Joined;
use crate::keychain::admin_name;
use crate::wire::{
    BillBasis, BillCause, BillDay, BillForecast, BillShare, BillTotal, BillUnits, BillUnusual, BillView, BillsView,
};

/// Currency of what the agency says.
pub(super) const CURRENCY: &str = "USD";

/// How far back days are looked at to tell which are usual.
const USUAL_MILLIS: i64 = 63 * 24 * 3_600 * 1_000;

/// A day out of the usual is told from this much on.
pub(super) const LEAST: Amount = Amount::from_micro(500_000);

/// What is compared of one connection.
pub(super) struct Compared {
    pub(super) id: ConnectionId,
    pub(super) provider: Provider,
    pub(super) lines: Vec<Line>,
    /// What the agency said, each line at the price that was agreed for it, where one was.
    pub(super) claimed: Vec<(Day, UsageLine)>,
    /// What the agency says of the weeks before, by day, at the same prices.
    before: BTreeMap<Day, Amount>,
    as_of: Option<Instant>,
    until: Instant,
    /// Where the provider closes its days.
    zone: Zone,
    /// Money that the provider tells for a whole workspace, or credits for a whole account.
    shared: bool,
    /// Days of which the provider tells nothing, or not of all of it.
    pub(super) untold: BTreeSet<Day>,
    /// Whether the account's balance is looked at, for want of a bill.
    watched: bool,
    /// The last day of the month that the agency has signed as settled, every day before it too, and what they come to at
    /// the agency's own prices.
    pub(super) signed: Option<(Day, Amount)>,
}

impl Compared {
    /// Whether both sides will say nothing else of a day.
    fn is_settled(&self, day: Day) -> bool {
        self.zone.begin(day.next()) <= self.until
    }

    fn says_something(&self, day: Day) -> bool {
        self.is_settled(day) && !self.untold.contains(&day)
    }
}

/// What the agency said, of all connections, and until when it is settled.
pub(super) struct Said {
    days: Vec<(Day, UsageLine)>,
    /// Of the weeks before, which are many lines, what each day cost.
    before: BTreeMap<ConnectionId, BTreeMap<Day, Amount>>,
    until: Instant,
}

impl<H: Host> App<H> {
    /// A month's bills: `2026-11`, or the present one.
    ///
    /// # Errors
    /// `malformed` for a month that is none; `database_broken`.
    pub async fn bills(&self, month: Option<String>) -> Result<BillsView, Fault> {
        let now = self.bills_now();
        let month = match month {
            Some(text) => super::month(&text)?,
            None => Month::of(now),
        };
        let settings = self.bill_settings();
        let mut months = self.store.months_told()?;
        months.extend([Month::of(now), month]);
        months.sort_unstable_by(|a, b| b.cmp(a));
        months.dedup();
        let (fetching, failure) = self.live(|live| (live.fetching, live.bills_failure.clone()));
        let (reading, dropped) = self.live(|live| (live.reading, live.dropped.clone()));
        let name = |place: PathBuf| place.file_name().map(|name| name.to_string_lossy().into_owned());
        let agency: Option<Instant> = self.store.fact("bills/agency")?;
        let mut view = BillsView {
            month: month.to_string(),
            months: months.iter().map(Month::to_string).collect(),
            on: settings.on,
            fetching,
            reading,
            dropped: dropped.and_then(name),
            failure,
            agency_as_of: agency.map(|at| at.to_string()),
            margin_permille: settings.margin_permille,
            margin_micro: settings.margin_micro,
            connections: Vec::new(),
            platform: Vec::new(),
            totals: Vec::new(),
            rates: super::rates::view(&settings.rates),
        };
        let Some(joined) = self.joined() else { return Ok(view) };
        let said = self.said(&joined, month, &settings)?;
        view.platform = self.platform(&said.days, month);
        for compared in self.compared(said, month, &settings)? {
            view.connections.push(self.bill_view(&compared, &settings, month, now));
        }
        view.totals = totals(&view.connections);
        Ok(view)
    }

    /// A connection's lines of a month, where it has any.
    pub(super) fn lines_of(&self, month: Month, connection: ConnectionId) -> Result<Option<Compared>, Fault> {
        let Some(joined) = self.joined() else { return Ok(None) };
        let settings = self.bill_settings();
        let said = self.said(&joined, month, &settings)?;
        let all = self.compared(said, month, &settings)?;
        Ok(all.into_iter().find(|compared| compared.id == connection))
    }

    /// The agency's statements that are kept, verified anew: of the month, of the days about it, and of the weeks before.
    pub(super) fn said(&self, joined: &Joined, month: Month, settings: &BillSettings) -> Result<Said, Fault> {
        let (first, last) = span(month);
        let from = Day::of(first.begin().plus_millis(-USUAL_MILLIS));
        let (ring, of) = (joined.keyset.ring(), &joined.membership);
        let day_before = Day::of(first.begin().plus_millis(-1));
        let mut said = Said { days: Vec::new(), before: BTreeMap::new(), until: first.begin() };
        for (day, settled, bytes) in self.store.usage_days(from, last.next())? {
            let verified = Envelope::parse(&bytes).ok();
            let verified = verified.and_then(|e| UsageDay::verify(&e, &ring, of.fingerprint, of.client, day).ok());
            let Some(day) = verified else { continue };
            // Up to the first day that is missing or open.
            if settled && day.day.begin() == said.until {
                said.until = day.day.next().begin();
            }
            for line in day.lines {
                if let Some(id) = line.connection.filter(|_| line.paid_by == Payer::Own && day.day < first) {
                    let days = said.before.entry(id).or_default();
                    *days.entry(day.day).or_default() += settings.rates.claimed(day.day, &line);
                }
                if day.day >= day_before {
                    said.days.push((day.day, line));
                }
            }
        }
        Ok(said)
    }

    pub(super) fn compared(&self, said: Said, month: Month, settings: &BillSettings) -> Result<Vec<Compared>, Fault> {
        let Some(state) = self.state() else { return Ok(Vec::new()) };
        let Said { days, mut before, until } = said;
        let mut days = by_connection(days);
        let (first, last) = span(month);
        let mut all = Vec::new();
        for (id, connection) in state.connections() {
            let text = id.to_string();
            let (mut claimed, before) = (days.remove(id).unwrap_or_default(), before.remove(id).unwrap_or_default());
            let day_before = Day::of(first.begin().plus_millis(-1));
            let mut billed: Vec<BilledRow> = self.store.billed(&text, day_before, last.next())?;
            let (mut looked, mut untold) = (None, BTreeSet::new());
            let within = day_before..last.next();
            if let Some((balance, last)) = self.balance(*id, month, &claimed, within, &settings.rates)? {
                billed.extend(balance.rows);
                (looked, untold) = (Some(last.at), balance.untold);
            }
            if billed.is_empty() && !claimed.iter().any(|(day, _)| (first..last).contains(day)) {
                continue;
            }
            let zone = zone(connection.provider);
            let signed = super::send::signed(&claimed, first..last, until);
            let answered = self.answered(*id, connection.provider, month)?;
            let looked_until = looked.map(|at| Day::of(at).begin());
            let settled = answered.iter().map(|a| a.map_or(first.begin(), |a| a.settled)).min().or(looked_until);
            let books = Books {
                provider: connection.provider,
                zone: zone.clone(),
                claimed: &claimed,
                claimed_until: until,
                billed: &billed,
                billed_until: settled.unwrap_or(first.begin()),
                untold: &untold,
                keys: &self.provider_keys(*id),
                rates: &settings.rates,
            };
            let lines = reconcile(&books, first..last);
            let as_of = answered.iter().flatten().map(|a| a.at).min().or(looked);
            let until = until.min(books.billed_until);
            for (day, line) in &mut claimed {
                let agreed = settings.rates.claimed(*day, line).to_micro_rounded();
                line.cost.micro = u64::try_from(agreed).unwrap_or(0);
            }
            let by_workspace = connection.provider == Provider::Anthropic && billed.iter().any(by_place);
            let shared = looked.is_some() || by_workspace && self.bill_files(*id, month)?.is_empty();
            all.push(Compared {
                id: *id,
                provider: connection.provider,
                lines,
                claimed,
                before,
                as_of,
                until,
                zone,
                shared,
                untold,
                watched: looked.is_some(),
                signed,
            });
        }
        Ok(all)
    }

    /// When each of the questions about a month was answered. A file answers one of them, and the others are not waited for.
    fn answered(&self, id: ConnectionId, provider: Provider, month: Month) -> Result<Vec<Option<Answered>>, Fault> {
        let text = id.to_string();
        let mut all: Vec<Option<Answered>> = Vec::new();
        for ask in asks(provider) {
            all.push(self.store.answered_bill(&text, *ask, month)?);
        }
        if !self.bill_files(id, month)?.is_empty() {
            if !asks(provider).contains(&Ask::Costs) {
                all.push(self.store.answered_bill(&text, Ask::Costs, month)?);
            }
            all.retain(Option::is_some);
        }
        Ok(all)
    }

    fn bill_view(&self, of: &Compared, settings: &BillSettings, month: Month, now: Instant) -> BillView {
        let state = self.state();
        let known = state.as_ref().and_then(|state| state.connections().get(&of.id));
        let sum = total(&of.lines, |_| ()).remove(&()).unwrap_or_default();
        let days = days(of);
        BillView {
            id: of.id.to_string(),
            name: known.map(|known| self.name_of(known.name_hash)).unwrap_or_default(),
            provider: of.provider,
            basis: self.basis(of, &sum),
            as_of: of.as_of.map(|at| at.to_string()),
            currency: CURRENCY.to_owned(),
            claimed_micro: sum.claimed.to_micro_rounded(),
            billed_micro: sum.billed.map(Amount::to_micro_rounded),
            within: within(of, settings),
            causes: causes(&of.lines, &sum),
            models: models(&of.lines),
            assistants: self.bill_assistants(&of.claimed, month),
            units: if sum.billed.is_some() { Vec::new() } else { units(&sum) },
            forecast: forecast_of(of, month, now),
            unusual: self.unusual_days(of, month),
            days,
            shared: of.shared,
            files: self.bill_files(of.id, month).unwrap_or_default(),
            alert: (Month::of(now) == month).then(|| super::alert::view(of, settings)),
            spend_limit: self.spend_limit(of.id).filter(|_| Month::of(now) == month),
            statement: self.statement(of, month),
        }
    }

    fn basis(&self, of: &Compared, sum: &Sum) -> BillBasis {
        let kept = self.store.fact::<bool>(&admin_name(of.provider)).ok().flatten().unwrap_or(false);
        match of.provider {
            _ if sum.billed.is_some() => BillBasis::Money,
            _ if !sum.told_units.is_zero() => BillBasis::Units,
            _ if of.watched => BillBasis::Watched,
            Provider::Gemini => BillBasis::NotOffered,
            Provider::OpenAi | Provider::Anthropic if !kept => BillBasis::NeedsAdminKey,
            _ if of.as_of.is_some() => BillBasis::Silent,
            _ => BillBasis::NotFetched,
        }
    }

    fn assistant_name(&self, line: &UsageLine) -> String {
        let state = self.state();
        let known = state.as_ref().and_then(|state| state.assistants().get(&line.assistant));
        known.map(|known| self.name_of(known.name_hash)).unwrap_or_default()
    }

    /// The agency's column by assistant, the dearest first.
    fn bill_assistants(&self, claimed: &[(Day, UsageLine)], month: Month) -> Vec<BillShare> {
        let mut sums: BTreeMap<String, (u64, Amount)> = BTreeMap::new();
        for (_, line) in claimed.iter().filter(|(day, _)| Month::of(day.begin()) == month) {
            let sum = sums.entry(self.assistant_name(line)).or_default();
            *sum = (sum.0 + line.calls, sum.1 + cost(line));
        }
        shares(sums)
    }

    fn platform(&self, days: &[(Day, UsageLine)], month: Month) -> Vec<BillShare> {
        let mut sums: BTreeMap<String, (u64, Amount)> = BTreeMap::new();
        let of_month = |(day, line): &&(Day, UsageLine)| Month::of(day.begin()) == month && line.paid_by != Payer::Own;
        for (_, line) in days.iter().filter(of_month) {
            let sum = sums.entry(self.assistant_name(line)).or_default();
            *sum = (sum.0 + line.calls, sum.1 + cost(line));
        }
        shares(sums)
    }

    fn unusual_days(&self, of: &Compared, month: Month) -> Vec<BillUnusual> {
        let costs = by_day(of);
        let of_month = unusual(&costs, LEAST).into_iter().filter(|u| Month::of(u.day.begin()) == month);
        let told = of_month.map(|u| {
            let mut who: BTreeMap<String, Amount> = BTreeMap::new();
            for (_, line) in of.claimed.iter().filter(|(day, _)| *day == u.day) {
                *who.entry(self.assistant_name(line)).or_default() += cost(line);
            }
            let mut who: Vec<(String, Amount)> = who.into_iter().collect();
            who.sort_by_key(|one| std::cmp::Reverse(one.1));
            BillUnusual {
                day: u.day.to_string(),
                micro: u.cost.to_micro_rounded(),
                usual_micro: u.usual.to_micro_rounded(),
                assistants: who.into_iter().take(3).map(|(name, _)| name).collect(),
            }
        });
        told.collect()
    }
}

/// Money for a model's calls that is told for no key.
fn by_place(row: &BilledRow) -> bool {
    row.amount.is_some() && row.key.is_none() && row.model.is_some()
}

pub(super) fn cost(line: &UsageLine) -> Amount {
    Amount::from_micro(i64::try_from(line.cost.micro).unwrap_or(i64::MAX))
}

/// What each day cost, the weeks before the month too.
pub(super) fn by_day(of: &Compared) -> BTreeMap<Day, Amount> {
    let mut costs = of.before.clone();
    let later = of.claimed.iter().filter(|(day, _)| of.before.last_key_value().is_none_or(|(last, _)| day > last));
    later.for_each(|(day, line)| *costs.entry(*day).or_default() += cost(line));
    costs
}

fn shares(sums: BTreeMap<String, (u64, Amount)>) -> Vec<BillShare> {
    let share = |(name, (calls, claimed)): (String, (u64, Amount))| BillShare {
        name,
        calls,
        claimed_micro: claimed.to_micro_rounded(),
        billed_micro: None,
    };
    let mut all: Vec<BillShare> = sums.into_iter().map(share).collect();
    all.sort_by_key(|share| std::cmp::Reverse(share.claimed_micro));
    all
}

fn days(of: &Compared) -> Vec<BillDay> {
    let day = |(day, sum): (Day, Sum)| BillDay {
        day: day.to_string(),
        claimed_micro: sum.claimed.to_micro_rounded(),
        billed_micro: sum
            .billed
            .filter(|_| !of.is_settled(day) || of.says_something(day))
            .map(Amount::to_micro_rounded),
        settled: of.is_settled(day),
    };
    total(&of.lines, |who| who.day).into_iter().map(day).collect()
}

fn models(lines: &[Line]) -> Vec<BillShare> {
    let sums = total(lines, |who| who.model.clone());
    let share = |(model, sum): (Option<String>, Sum)| {
        Some(BillShare {
            name: model?,
            calls: sum.calls,
            claimed_micro: sum.claimed.to_micro_rounded(),
            billed_micro: sum.billed.map(Amount::to_micro_rounded),
        })
    };
    let mut all: Vec<BillShare> = sums.into_iter().filter_map(share).collect();
    all.sort_by_key(|share| std::cmp::Reverse(share.billed_micro.unwrap_or(0).max(share.claimed_micro)));
    all
}

/// Causes, the weightiest first, each with the days that make it up.
fn causes(lines: &[Line], sum: &Sum) -> Vec<BillCause> {
    let by_day = total(lines, |who| who.day);
    // What cancels out over the month (calls about midnight) is still on its days.
    let known: BTreeSet<Cause> = by_day.values().flat_map(|sum| sum.causes.keys().copied()).collect();
    let told = known.into_iter().map(|cause| {
        let amount = sum.causes.get(&cause).copied().unwrap_or_default();
        let of_day = |(day, sum): (&Day, &Sum)| Some((*day, sum.causes.get(&cause)?.abs()));
        let mut days: Vec<(Day, Amount)> = by_day.iter().filter_map(of_day).collect();
        days.sort_by_key(|day| std::cmp::Reverse(day.1));
        BillCause {
            cause,
            micro: amount.to_micro_rounded(),
            exact: amount.to_string(),
            days: days.into_iter().take(5).map(|(day, _)| day.to_string()).collect(),
        }
    });
    let mut told: Vec<BillCause> = told.collect();
    told.sort_by_key(|cause| std::cmp::Reverse(cause.micro.unsigned_abs()));
    told
}

/// Whether what is settled agrees within the margin.
fn within(of: &Compared, settings: &BillSettings) -> bool {
    let settled: Vec<Line> = of.lines.iter().filter(|l| of.says_something(l.who.day)).cloned().collect();
    let Some(sum) = total(&settled, |_| ()).remove(&()) else { return true };
    let (Some(difference), Some(billed)) = (sum.difference(), sum.billed) else { return true };
    let money = Amount::from_micro(i64::try_from(settings.margin_micro).unwrap_or(i64::MAX));
    let share = billed.abs().share(i128::from(settings.margin_permille), 1_000);
    difference.abs() <= money.max(share)
}

fn units(sum: &Sum) -> Vec<BillUnits> {
    let told_any = !sum.told_units.is_zero();
    let of = |part: Part| {
        let (claimed, told) = (sum.claimed_units.get(part), sum.told_units.get(part));
        let name = part.unit().to_owned();
        (claimed != 0 || told != 0).then(|| BillUnits { name, claimed, told: told_any.then_some(told) })
    };
    Part::ALL.into_iter().filter_map(of).collect()
}

fn forecast_of(of: &Compared, month: Month, now: Instant) -> Option<BillForecast> {
    if Month::of(now) != month {
        return None;
    }
    let last = Day::of(span(month).1.begin().plus_millis(-1));
    let told = forecast(&by_day(of), Day::of(now), last)?;
    Some(BillForecast {
        micro: told.end.to_micro_rounded(),
        low_micro: told.low.to_micro_rounded(),
        high_micro: told.high.to_micro_rounded(),
    })
}

/// Both columns of accounts that have both, by currency.
fn totals(connections: &[BillView]) -> Vec<BillTotal> {
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for bill in connections {
        let Some(billed) = bill.billed_micro else { continue };
        let sum = sums.entry(&bill.currency).or_default();
        *sum = (sum.0.saturating_add(bill.claimed_micro), sum.1.saturating_add(billed));
    }
    let total = |(currency, (claimed, billed)): (&str, (i64, i64))| BillTotal {
        currency: currency.to_owned(),
        claimed_micro: claimed,
        billed_micro: billed,
    };
    sums.into_iter().map(total).collect()
}
