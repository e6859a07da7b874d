//! What a person sets about bills.

use std::collections::BTreeMap;

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_reconcile::Rates;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::fault::Fault;
use crate::host::Host;

/// As kept under `bills`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BillSettings {
    /// Whether providers may be asked.
    pub(crate) on: bool,
    /// A difference up to this share of the bill is acceptable, in tenths of a per cent.
    pub(crate) margin_permille: u32,
    /// Or up to this much money, in millionths.
    pub(crate) margin_micro: u64,
    /// Prices that the client agreed with its providers.
    #[serde(default)]
    pub(crate) rates: Rates,
    /// Amounts of a month, in millionths, at which the person wants to be told.
    #[serde(default)]
    pub(crate) alerts: BTreeMap<ConnectionId, u64>,
}

impl Default for BillSettings {
    fn default() -> Self {
        Self { on: false, margin_permille: 20, margin_micro: 500_000, rates: Rates::default(), alerts: BTreeMap::new() }
    }
}

impl<H: Host> App<H> {
    pub(crate) fn bill_settings(&self) -> BillSettings {
        self.store.fact("bills").ok().flatten().unwrap_or_default()
    }

    /// Lets the providers be asked for their figures, or not. What was fetched stays.
    ///
    /// # Errors
    /// The store's.
    pub async fn bills_switch(&self, on: bool) -> Result<(), Fault> {
        self.store.set_fact("bills", &BillSettings { on, ..self.bill_settings() })?;
        if !on {
            self.live(|live| live.fetching = None);
        }
        self.changed();
        Ok(())
    }

    /// Sets which difference is acceptable: up to so many tenths of a per cent of the bill, or up to so many millionths.
    ///
    /// # Errors
    /// `malformed` above 100 %; the store's.
    pub async fn bills_margin(&self, permille: u32, micro: u64) -> Result<(), Fault> {
        if permille > 1_000 || i64::try_from(micro).is_err() {
            return Err(Fault::new(Code::Malformed, "not a margin"));
        }
        let settings = BillSettings { margin_permille: permille, margin_micro: micro, ..self.bill_settings() };
        self.store.set_fact("bills", &settings)?;
        self.changed();
        Ok(())
    }

    /// Stops fetching, and reading a file; what has come stays.
    ///
    /// # Errors
    /// None.
    pub async fn bills_stop(&self) -> Result<(), Fault> {
        self.live(|live| (live.fetching, live.reading) = (None, None));
        self.changed();
        Ok(())
    }
}
