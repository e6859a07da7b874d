//! Telling a person that a month has reached an amount that they set, or that a day is out of the usual: here in the
//! window, and through the system. What there is to tell is decided by [`ownkey_reconcile::tell`], from figures that are
//! here already; nothing is fetched for it.

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::ClientState;
use ownkey_protocol::limit::Month;
use ownkey_providers::bill::Amount;
use ownkey_reconcile::{Present, Tell, Told, tell, total, unusual};

use super::BillSettings;
use super::view::{Compared, LEAST, by_day};
use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::{Host, Notice};
use crate::needs::need;
use crate::wire::{BillAlert, Need, NeedKind};

/// The fact that keeps what was told.
const TOLD: &str = "bills/told";

/// By whom a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Teller {
    /// The system too: figures have come.
    System,
    /// The window alone: the person has just set it there.
    Window,
}

impl<H: Host> App<H> {
    /// Sets the amount of a month, in millionths of the bill's currency, at which the person wants to be told; `None`
    /// takes it back. An amount that is reached already is told of in the window, where it was set.
    ///
    /// # Errors
    /// `malformed` for nothing or more than can be reckoned with; `not_found` for no account of this client; the store's.
    pub async fn bills_alert(&self, connection: String, micro: Option<u64>) -> Result<(), Fault> {
        let id = parse(&connection)?;
        let mut settings = self.bill_settings();
        if let Some(micro) = micro {
            if micro == 0 || i64::try_from(micro).is_err() {
                return Err(Fault::new(Code::Malformed, "not an amount"));
            }
            if !self.state().is_some_and(|state| state.connections().contains_key(&id)) {
                return Err(Fault::new(Code::NotFound, "no such connection"));
            }
            settings.alerts.insert(id, micro);
        } else {
            settings.alerts.remove(&id);
        }
        self.store.set_fact("bills", &settings)?;
        self.tell_of_bills(Teller::Window);
        self.changed();
        Ok(())
    }

    /// Tells what is new in the figures that are kept here. A fault is written to the log and hinders nothing else.
    pub(super) fn tell_of_bills(&self, teller: Teller) {
        if let Err(fault) = self.try_to_tell_of_bills(teller) {
            tracing::warn!(%fault, "what the bills say could not be told");
        }
    }

    fn try_to_tell_of_bills(&self, teller: Teller) -> Result<(), Fault> {
        let (Some(joined), Some(state)) = (self.joined(), self.state()) else { return Ok(()) };
        let (now, settings) = (joined.now(), self.bill_settings());
        let month = Month::of(now);
        let said = self.said(&joined, month, &settings)?;
        let present: Vec<Present> = self.compared(said, month, &settings)?.iter().map(present).collect();
        let told = self.told_of_bills()?;
        let (news, after) = tell(now, &present, &settings.alerts, &told);
        if after != told {
            // Written down first: a notice that comes again after a crash is worse than one that was missed, since the
            // window says the same.
            self.store.set_fact(TOLD, &after)?;
        }
        if teller == Teller::System {
            news.iter().for_each(|one| self.notify(self.notice_of_bill(&state, one)));
        }
        Ok(())
    }

    fn told_of_bills(&self) -> Result<Told, Fault> {
        Ok(self.store.fact(TOLD)?.unwrap_or_default())
    }

    /// Amounts that were reached this month, as the strip *Needs you* says it: until the month is over or the amount is
    /// another one.
    pub(crate) fn bills_that_reached(&self, state: &ClientState) -> Vec<Need> {
        let alerts = self.bill_settings().alerts;
        if alerts.is_empty() {
            return Vec::new();
        }
        let (told, now) = (self.told_of_bills().unwrap_or_default(), self.bills_now());
        let reached = alerts.into_iter().filter_map(|(id, micro)| {
            let known = state.connections().get(&id).filter(|known| !known.closed)?;
            Some(Need {
                connection: Some(id.to_string()),
                provider: Some(known.provider),
                since: Some(told.since(now, id, micro)?.to_string()),
                ..need(NeedKind::BillReached)
            })
        });
        reached.collect()
    }

    /// The time by which months are told apart: the agency's, as far as it is known.
    pub(super) fn bills_now(&self) -> Instant {
        self.joined().map_or_else(|| self.host.now(), |joined| self.agencys_now(&joined))
    }

    fn notice_of_bill(&self, state: &ClientState, news: &Tell) -> Notice {
        let (about, connection, mut fields) = match news {
            Tell::Reached { connection, micro, figure } => {
                let set = Amount::from_micro(i64::try_from(*micro).unwrap_or(i64::MAX));
                ("bill-reached", connection, vec![("amount", money(set)), ("figure", money(*figure))])
            }
            Tell::Unusual { connection, day } => {
                let fields =
                    vec![("date", day.day.to_string()), ("amount", money(day.cost)), ("usual", money(day.usual))];
                ("bill-unusual", connection, fields)
            }
        };
        fields.extend(self.name_fields(state, *connection));
        Notice { about, fields, language: self.language() }
    }

    fn name_fields(&self, state: &ClientState, id: ConnectionId) -> Vec<(&'static str, String)> {
        let Some(known) = state.connections().get(&id) else { return Vec::new() };
        vec![("provider", known.provider.display_name().to_owned()), ("name", self.name_of(known.name_hash))]
    }
}

/// What is known of an account's present month.
fn present(of: &Compared) -> Present {
    let sum = total(&of.lines, |_| ()).remove(&()).unwrap_or_default();
    let unusual = unusual(&by_day(of), LEAST);
    Present { connection: of.id, claimed: sum.claimed, billed: sum.billed, unusual }
}

/// As the window shows it.
pub(super) fn view(of: &Compared, settings: &BillSettings) -> BillAlert {
    let (present, micro) = (present(of), settings.alerts.get(&of.id).copied());
    BillAlert {
        micro,
        so_far_micro: present.figure().to_micro_rounded(),
        reached: micro.is_some_and(|micro| present.has_reached(micro)),
    }
}

/// To the cent.
fn money(amount: Amount) -> String {
    let cents = (amount.to_micro_rounded().unsigned_abs() + 5_000) / 10_000;
    let sign = if amount < Amount::ZERO { "-" } else { "" };
    format!("{sign}{}.{:02} {}", cents / 100, cents % 100, super::view::CURRENCY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_names_money_to_the_cent() {
        for (micro, text) in
            [(50_000_000, "50.00 USD"), (37_124_999, "37.12 USD"), (37_125_000, "37.13 USD"), (-9_990_000, "-9.99 USD")]
        {
            assert_eq!(money(Amount::from_micro(micro)), text);
        }
    }
}
