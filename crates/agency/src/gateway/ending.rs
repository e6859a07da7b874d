//! How a call ended goes into the book, once.

use std::sync::Arc;

use ownkey_protocol::id::{CallId, ClientId};
use ownkey_providers::meter::Metered;

use crate::Agency;
use crate::calls::{CallFinished, Told};

/// Writes how a call ended, once.
pub(crate) struct Ending {
    agency: Arc<Agency>,
    client: ClientId,
    id: CallId,
}

impl Ending {
    pub(crate) fn new(agency: &Arc<Agency>, client: ClientId, id: CallId) -> Self {
        Self { agency: agency.clone(), client, id }
    }

    /// With the status that the caller got and what the answer told; `cut` when its end was not seen.
    pub(crate) fn end(self, status: u16, metered: Option<Metered>, cut: bool) {
        let Metered { units, model, .. } = metered.unwrap_or_default();
        let told = match (&units, cut) {
            (_, true) => Told::Partial,
            (Some(_), false) => Told::Whole,
            (None, false) => Told::Nothing,
        };
        let at = self.agency.now();
        self.agency.calls.finished(CallFinished { id: self.id, status, units, model, told, at });
        self.agency.moved(self.client);
    }
}
