//! Fetching the figures: the agency's days first, then what each provider says of the accounts of this client.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ownkey_protocol::api::UsageDays;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::Connection;
use ownkey_protocol::limit::Month;
use ownkey_protocol::usage::{Day, UsageDay};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::bill::{self, Ask, BillError, Span, asks};
use ownkey_secret::Secret;
use reqwest::Method;

use super::alert::Teller;
use super::file::zone;
use super::kept::Answered;
use super::span;
use crate::App;
use crate::fault::Fault;
use crate::host::Host;
use crate::joined::Joined;
use crate::keychain::{admin_name, key_name};
use crate::wire::BillsFetching;

/// How long after a day's end a provider's figures of it still grow; they are asked for again until then.
pub(super) const SETTLES_AFTER: i64 = 24 * 3_600 * 1_000;

/// Between two pages of one provider.
const PACE: Duration = Duration::from_millis(200);

/// The most pages of one answer; one that is longer is not kept, since it is not whole.
const MOST_PAGES: u32 = 500;

/// Months that are brought of every account, this one among them: at the begin of a month the last is not settled, and people
/// look at the one before it.
const LEAST_MONTHS: usize = 3;

/// The most months that are brought when nobody looked for long. What providers tell of older ones is coarse.
const MOST_MONTHS: usize = 13;

/// One question to one provider.
struct Question {
    connection: ConnectionId,
    provider: Provider,
    ask: Ask,
    month: Month,
}

impl<H: Host> App<H> {
    /// Brings the figures of all months since an account came, of thirteen at the most and of three at the least: the agency's,
    /// and the providers' where that is allowed. What is settled is not asked for again.
    ///
    /// # Errors
    /// `agency_unreachable`; `receipt_refused` where what the agency says does not verify; of the providers the
    /// first fault, after all others were asked.
    pub async fn bills_fetch(&self) -> Result<(), Fault> {
        let first = BillsFetching { done: 0, of: 1 };
        let begun = self.live(|live| live.fetching.is_none().then(|| live.fetching = Some(first)).is_some());
        if !begun {
            return Ok(());
        }
        self.note_fetch();
        let done = self.fetch_all().await;
        let failure = done.as_ref().err().map(|fault| self.told(fault));
        self.tell_of_bills(Teller::System);
        self.live(|live| (live.fetching, live.bills_failure) = (None, failure));
        self.changed();
        done
    }

    async fn fetch_all(&self) -> Result<(), Fault> {
        let joined = self.joined().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "not joined"))?;
        let now = self.bills_now();
        let questions = if self.bill_settings().on { self.questions(now).await? } else { Vec::new() };
        let of = u32::try_from(questions.len() + 1).unwrap_or(u32::MAX);
        self.live(|live| live.fetching = live.fetching.map(|_| BillsFetching { done: 0, of }));
        self.changed();
        let came = self.state().and_then(|state| state.connections().values().filter_map(came).min());
        // A file may be about earlier ones.
        let told = self.store.months_told()?.into_iter().filter(|month| month.begin() <= now);
        let months: BTreeSet<Month> = months_since(came, Month::of(now)).into_iter().chain(told).collect();
        for month in months.into_iter().rev() {
            self.fetch_days(&joined, month, now).await?;
        }
        let mut first_fault = Ok(());
        if self.bill_settings().on {
            first_fault = self.fetch_spend_limits().await.and(self.look_at_balances(0).await);
        }
        for (number, question) in questions.into_iter().enumerate() {
            // A switch that was turned off, or *Stop*, ends it here.
            let done = u32::try_from(number + 1).unwrap_or(u32::MAX);
            if !self.live(|live| live.fetching.as_mut().map(|shown| shown.done = done).is_some()) {
                return first_fault;
            }
            self.changed();
            if let Err(fault) = self.answer(&question, now).await
                && first_fault.is_ok()
            {
                first_fault = Err(fault);
            }
        }
        first_fault
    }

    /// What the agency says of each day of a month that is not settled yet.
    async fn fetch_days(&self, joined: &Joined, month: Month, now: Instant) -> Result<(), Fault> {
        let (first, last) = span(month);
        let kept: BTreeMap<Day, bool> =
            self.store.usage_days(first, last)?.into_iter().map(|(day, settled, _)| (day, settled)).collect();
        let last = last.min(Day::of(now).next());
        let days = std::iter::successors(Some(first), |day| Some(day.next())).take_while(|day| *day < last);
        let Some(from) = days.into_iter().find(|day| !kept.get(day).copied().unwrap_or(false)) else { return Ok(()) };
        let query = format!("from={from}&to={last}");
        let page: UsageDays = joined.http.signed(&joined.signer, Method::GET, "/v1/usage/days", &query, None).await?;
        let (ring, of) = (joined.keyset.ring(), &joined.membership);
        let mut day = from;
        for envelope in &page.days {
            let said = UsageDay::verify(envelope, &ring, of.fingerprint, of.client, day)
                .map_err(|e| Fault::new(Code::ReceiptRefused, e.to_string()))?;
            self.store.put_usage_day(day, said.settled, envelope)?;
            day = day.next();
        }
        self.store.set_fact("bills/agency", &now)
    }

    /// What there is to ask the providers.
    async fn questions(&self, now: Instant) -> Result<Vec<Question>, Fault> {
        let Some(state) = self.state() else { return Ok(Vec::new()) };
        let connections: BTreeSet<ConnectionId> = state.connections().keys().copied().collect();
        for id in connections {
            self.find_keys(id).await?;
        }
        let mut all = Vec::new();
        for (id, connection) in state.connections() {
            for ask in asks(connection.provider) {
                for month in months_since(came(connection), Month::of(now)) {
                    let answered = self.store.answered_bill(&id.to_string(), *ask, month)?;
                    if answered.is_none_or(|answered| answered.settled < span(month).1.begin()) {
                        all.push(Question { connection: *id, provider: connection.provider, ask: *ask, month });
                    }
                }
            }
        }
        Ok(all)
    }

    /// Asks one question, all pages of it, and keeps the answer when it is whole.
    async fn answer(&self, question: &Question, now: Instant) -> Result<(), Fault> {
        let Some(key) = self.key_for(question).await? else { return Ok(()) };
        let (first, last) = span(question.month);
        let to = last.begin().min(now.plus_millis(3_600_000));
        let about = Span { from: first.begin(), to };
        let (mut rows, mut cursor, mut refreshed) = (Vec::new(), None, None);
        for number in 1.. {
            let page = self.page(question, &key, about, cursor.as_deref()).await?;
            rows.extend(page.rows);
            refreshed = page.refreshed.or(refreshed);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
            if number == MOST_PAGES {
                return Err(Fault::new(Code::ProviderAnswer, "the provider's figures have no end")
                    .with("provider", question.provider.display_name()));
            }
            if self.live(|live| live.fetching.is_none()) {
                return Ok(());
            }
            tokio::time::sleep(PACE).await;
        }
        let id = question.connection.to_string();
        let months = std::iter::once(question.month);
        let rows = self.own(question.connection, months, ownkey_reconcile::unique(rows))?;
        let whole = refreshed.unwrap_or_else(|| now.plus_millis(-SETTLES_AFTER));
        let settled = Day::of(whole.min(now)).begin();
        self.store.put_billed(
            &id,
            question.ask,
            question.month,
            &rows,
            Answered { at: now, settled },
            &zone(question.provider),
        )?;
        self.file_replaced(question.connection, question.month, question.ask)
    }

    /// A page; when the provider asks to slow down, again as it says, three times at the most.
    async fn page(
        &self,
        question: &Question,
        key: &Secret,
        about: Span,
        cursor: Option<&str>,
    ) -> Result<bill::Page, Fault> {
        let (http, endpoints) = (&self.http, &self.setup.endpoints);
        for _ in 0..3 {
            match bill::page(http, endpoints, question.provider, key, question.ask, about, cursor).await {
                Err(BillError::TooMany { retry_after }) => {
                    let pause = retry_after.unwrap_or(Duration::from_secs(5)).min(Duration::from_secs(60));
                    tokio::time::sleep(pause).await;
                }
                answered => return answered.map_err(|why| fault(question.provider, &why)),
            }
        }
        Err(Fault::new(Code::ProviderUnreachable, "the provider goes on asking to slow down"))
    }

    /// The key with which a provider tells its figures: the admin key that was kept, or, where it is enough, the present
    /// key itself. `None` where this computer has none.
    async fn key_for(&self, question: &Question) -> Result<Option<Secret>, Fault> {
        if question.provider != Provider::Replicate {
            return self.keys.read(admin_name(question.provider)).await;
        }
        self.current_key(question.connection).await
    }

    /// The key of a connection on which calls run, where it is on this computer.
    pub(super) async fn current_key(&self, id: ConnectionId) -> Result<Option<Secret>, Fault> {
        let current = self.state().and_then(|state| state.connections().get(&id)?.current().map(|(number, _)| number));
        match current {
            Some(version) => self.keys.read(key_name(id, Some(version))).await,
            None => Ok(None),
        }
    }
}

/// When an account came: its first key was sent to the agency.
fn came(connection: &Connection) -> Option<Instant> {
    connection.versions.values().map(|version| version.pushed).min()
}

/// The newest month, and those before it of which figures are wanted.
fn months_since(came: Option<Instant>, newest: Month) -> Vec<Month> {
    let earlier = |month: &Month| Some(Month::of(month.begin().plus_millis(-1)));
    let all = std::iter::successors(Some(newest), earlier).take(MOST_MONTHS).enumerate();
    let wanted = |month: Month| came.is_some_and(|came| month >= Month::of(came));
    all.filter(|(n, month)| *n < LEAST_MONTHS || wanted(*month)).map(|(_, month)| month).collect()
}

/// What a person is told when a provider does not tell its figures.
pub(super) fn fault(provider: Provider, why: &BillError) -> Fault {
    let code = match why {
        BillError::Refused { .. } | BillError::NotAllowed { .. } => Code::AdminKeyWeak,
        BillError::TooMany { .. } | BillError::Away => Code::ProviderUnreachable,
        _ => Code::ProviderAnswer,
    };
    Fault::new(code, why.to_string()).with("provider", provider.display_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_who_was_away_for_long_has_every_month_since_the_account_came() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let since = |came: Option<&str>| {
            let all = months_since(came.map(|came| month(came).begin()), month("2027-02"));
            (all.len(), all.first().copied(), all.last().copied())
        };
        assert_eq!(since(None), (3, Some(month("2027-02")), Some(month("2026-12"))));
        assert_eq!(since(Some("2027-02")), (3, Some(month("2027-02")), Some(month("2026-12"))));
        assert_eq!(since(Some("2026-09")), (6, Some(month("2027-02")), Some(month("2026-09"))));
        assert_eq!(since(Some("2020-01")), (13, Some(month("2027-02")), Some(month("2026-02"))));
    }
}
