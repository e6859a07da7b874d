//! Bills: the provider's own figures beside the agency's (ui.md, Bills).
//!
//! The agency's figures come as one signed statement for each day, which is kept as it came. The provider's are fetched
//! with the admin key that is on this computer, or with the key itself where that is enough, only once the person has
//! allowed it, and kept here: what is shown comes from this computer's store, so that it can be looked at offline.

mod alert;
mod balance;
mod by_itself;
mod fetch;
mod file;
mod kept;
mod keys;
mod own;
mod rates;
mod save;
mod send;
mod settings;
mod spend_limit;
mod view;

pub(crate) use settings::BillSettings;

use ownkey_protocol::code::Code;
use ownkey_protocol::limit::Month;
use ownkey_protocol::usage::Day;

use crate::fault::Fault;

/// The first day of a month and of the one after it.
fn span(month: Month) -> (Day, Day) {
    let first = Day::of(month.begin());
    let mut last = first;
    while Month::of(last.begin()) == month {
        last = last.next();
    }
    (first, last)
}

fn month(text: &str) -> Result<Month, Fault> {
    text.parse().map_err(|_| Fault::new(Code::Malformed, "not a month"))
}
