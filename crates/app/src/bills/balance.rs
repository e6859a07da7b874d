//! Stability tells no bill, only how many credits an account has left: while the app runs it looks once an hour, and keeps
//! what it saw. [`Balance`] makes of it what a bill would say.

use std::ops::Range;

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::limit::Month;
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::bill;
use ownkey_reconcile::{Balance, Look, Rates};

use super::fetch::fault;
use super::span;
use crate::App;
use crate::fault::Fault;
use crate::host::Host;

/// Between two looks of which nobody asked for the second, in milliseconds.
pub(super) const BETWEEN_LOOKS: i64 = 3_600_000;

fn looks_name(connection: ConnectionId, month: Month) -> String {
    format!("balance/{connection}/{month}")
}

impl<H: Host> App<H> {
    /// Looks at the balance of each Stability account whose key is on this computer, if the last look was so many
    /// milliseconds ago.
    ///
    /// # Errors
    /// The store's and the keychain's; of the provider the first, after all accounts were looked at.
    pub(super) async fn look_at_balances(&self, ago: i64) -> Result<(), Fault> {
        let Some(state) = self.state() else { return Ok(()) };
        let all =
            state.connections().iter().filter(|(_, known)| known.provider == Provider::Stability && !known.closed);
        let all: Vec<ConnectionId> = all.map(|(id, _)| *id).collect();
        let mut first_fault = Ok(());
        for id in all {
            let month = Month::of(self.bills_now());
            let last = self.looks(id, [before(month), month])?.last().map(|look| look.at);
            if last.is_some_and(|last| self.bills_now().millis_since(last) < ago) {
                continue;
            }
            first_fault = first_fault.and(self.look_at_balance(id).await);
        }
        first_fault
    }

    async fn look_at_balance(&self, id: ConnectionId) -> Result<(), Fault> {
        let Some(key) = self.current_key(id).await? else { return Ok(()) };
        let told = bill::balance(&self.http, &self.setup.endpoints, &key).await;
        let look = Look { at: self.bills_now(), credits: told.map_err(|why| fault(Provider::Stability, &why))? };
        let month = Month::of(look.at);
        let mut looks = self.looks(id, [month])?;
        if looks.last().is_some_and(|last| look.at <= last.at) {
            return Ok(());
        }
        // Of looks that saw the same, the first and the last say it all.
        if looks.iter().rev().take(2).filter(|known| known.credits == look.credits).count() == 2 {
            looks.pop();
        }
        looks.push(look);
        self.store.set_fact(&looks_name(id, month), &looks)?;
        self.changed();
        Ok(())
    }

    fn looks<const N: usize>(&self, id: ConnectionId, months: [Month; N]) -> Result<Vec<Look>, Fault> {
        let mut all = Vec::new();
        for month in months {
            all.extend(self.store.fact::<Vec<Look>>(&looks_name(id, month))?.unwrap_or_default());
        }
        Ok(all)
    }

    /// What an account's balance says of a month and of the days about it, and the last look; nothing where nobody looked,
    /// and where the person has added a file that says it.
    pub(super) fn balance(
        &self,
        id: ConnectionId,
        month: Month,
        claimed: &[(Day, UsageLine)],
        within: Range<Day>,
        rates: &Rates,
    ) -> Result<Option<(Balance, Look)>, Fault> {
        let looks = self.looks(id, [before(month), month, Month::of(span(month).1.begin())])?;
        let Some(last) = looks.last().copied().filter(|last| last.at >= month.begin()) else { return Ok(None) };
        if !self.bill_files(id, month)?.is_empty() {
            return Ok(None);
        }
        let within = within.start.begin()..within.end.begin();
        Ok(Some((Balance::read(&looks, claimed, within, rates), last)))
    }
}

fn before(month: Month) -> Month {
    Month::of(month.begin().plus_millis(-1))
}
