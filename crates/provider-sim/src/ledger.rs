//! The ledger: one row per call that reached a simulated provider, successful or not, so that a test can say
//! who was billed for what.

use crate::hosts::Host;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One call as the provider saw it. Never holds a key's text.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerRow {
    /// Unix milliseconds at which the answer was decided.
    pub at: i64,
    /// The id of the key, where a known one was presented.
    pub key: Option<String>,
    /// The account that the key belongs to.
    pub account: Option<String>,
    /// The listener that it came to.
    pub host: Host,
    /// Whether it came with a credential, known here or not: an authorization, a key's header, a cookie.
    pub credential: bool,
    /// Method and path, without the query: `POST /v1/chat/completions`.
    pub route: String,
    /// The model that was asked for, where the call got that far.
    pub model: Option<String>,
    /// The status that was, or without a fault would have been, answered; 0 when nothing was done.
    pub status: u16,
    /// What was used, numbers by name: `input_tokens`, `output_tokens`, `images`, `seconds`, `credits` …
    pub units: BTreeMap<String, Value>,
    /// Of pictures whose price goes by it: their size, with `/hd` behind it for that quality.
    pub size: Option<String>,
    /// Whether the account is charged for it.
    pub billed: bool,
    /// The provider's id of this request.
    pub request_id: String,
    /// The name of the fault that hit this call.
    pub fault: Option<&'static str>,
}

/// What a provider's folder tells the ledger about its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Booking {
    pub(crate) key: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) units: BTreeMap<String, Value>,
    pub(crate) size: Option<String>,
    pub(crate) billed: bool,
}

impl Booking {
    /// The model that was called.
    pub(crate) fn model(mut self, model: &str) -> Booking {
        self.model = Some(model.to_owned());
        self
    }

    /// The size of the pictures.
    pub(crate) fn sized(mut self, size: &str, hd: bool) -> Booking {
        self.size = Some(format!("{size}{}", if hd { "/hd" } else { "" }));
        self
    }

    /// What was used, and charged.
    pub(crate) fn bill(mut self, units: &[(&str, Value)]) -> Booking {
        self.units.extend(units.iter().map(|(name, count)| ((*name).to_owned(), count.clone())));
        self.billed = true;
        self
    }
}
