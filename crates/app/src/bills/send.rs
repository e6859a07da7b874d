//! Telling the agency what this client's books say of a month, so that both hold the same numbers.

use std::ops::Range;

use ownkey_protocol::act::{Deed, Stated};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::{Currency, Decimal, Month};
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_providers::bill::Amount;
use ownkey_reconcile::total;

use super::month;
use super::view::{Compared, cost};
use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::BillStatement;

/// The last of a month's days until which all are signed as settled, and what they come to at the agency's own prices: what
/// both sides can hold to the last digit.
pub(super) fn signed(claimed: &[(Day, UsageLine)], month: Range<Day>, until: Instant) -> Option<(Day, Amount)> {
    let until = until.min(month.end.begin());
    let through = (until > month.start.begin()).then(|| Day::of(until.plus_millis(-1)))?;
    let within = claimed.iter().filter(|(day, _)| (month.start..=through).contains(day));
    Some((through, within.map(|(_, line)| cost(line)).sum()))
}

impl<H: Host> App<H> {
    /// Sends both sums of an account's month to the agency, with the hash of the table that [`Self::bills_save`] writes, as
    /// an act that this device signs. Days that the agency has not signed as settled are not in the sums.
    ///
    /// # Errors
    /// `not_found` for an account without settled figures in that month; the agency's codes.
    pub async fn bills_send(&self, month: String, connection: String) -> Result<(), Fault> {
        self.may_change()?;
        let (id, month) = (parse(&connection)?, self::month(&month)?);
        let nothing = || Fault::new(Code::NotFound, "no settled figures of that month");
        let compared = self.lines_of(month, id)?.ok_or_else(nothing)?;
        let (through, claimed) = compared.signed.ok_or_else(nothing)?;
        let until = compared.lines.iter().filter(|line| line.who.day <= through).cloned().collect::<Vec<_>>();
        let whole = compared.untold.iter().all(|day| *day > through || Month::of(day.begin()) != month);
        let billed = total(&until, |_| ()).remove(&()).and_then(|sum| sum.billed).filter(|_| whole);
        let stated = Stated {
            connection: id,
            month,
            currency: Currency::Usd,
            through,
            claimed: decimal(claimed)?,
            billed: billed.map(decimal).transpose()?,
            sha256: Hash::of(&[super::save::csv(&compared.lines).as_bytes()]),
        };
        self.perform(Deed::StatementSend(stated), None, vec![]).await.map(|_| ())
    }

    /// What can be sent of a month, and when this client did.
    pub(super) fn statement(&self, of: &Compared, month: Month) -> Option<BillStatement> {
        let (through, _) = of.signed?;
        let sent = self.state().and_then(|state| state.statement(of.id, month).map(|told| told.sent.to_string()));
        Some(BillStatement { through: through.to_string(), sent })
    }
}

fn decimal(amount: Amount) -> Result<Decimal, Fault> {
    amount.to_string().parse().map_err(|_| Fault::new(Code::Malformed, "an amount with too many digits"))
}
