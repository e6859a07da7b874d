//! How a call ended goes into the book, once.

use std::sync::Arc;

use ownkey_protocol::id::{CallId, ClientId};
use ownkey_providers::meter::Metered;

use super::hosts::Keeper;
use crate::Agency;
use crate::calls::{CallFinished, Told};

/// Writes how a call ended, once.
pub(crate) struct Ending {
    agency: Arc<Agency>,
    client: ClientId,
    id: CallId,
    once: Option<(Keeper, Option<String>)>,
}

impl Ending {
    pub(crate) fn new(agency: &Arc<Agency>, client: ClientId, id: CallId) -> Self {
        Self { agency: agency.clone(), client, id, once: None }
    }

    /// What this thing used counts once, however often it is stated.
    pub(crate) fn once(self, keeper: Keeper, thing: Option<String>) -> Self {
        Self { once: Some((keeper, thing)), ..self }
    }

    /// The thing turned out to be this one.
    pub(crate) fn is_of(&mut self, made: String) {
        if let Some((_, thing)) = &mut self.once {
            *thing = Some(made);
        }
    }

    /// With the status that the caller got and what the answer told; `cut` when its end was not seen.
    pub(crate) fn end(mut self, status: u16, metered: Option<Metered>, cut: bool) {
        let once = self.once.take().and_then(|(keeper, thing)| Some((keeper, thing?)));
        let (Some((keeper, thing)), true) = (once, metered.as_ref().is_some_and(|m| m.units.is_some())) else {
            return self.write(status, metered, cut);
        };
        let look = move || {
            let metered = metered.map(|m| if keeper.stated_first(thing) { m } else { Metered { units: None, ..m } });
            self.write(status, metered, cut);
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(look)),
            Err(_) => look(),
        }
    }

    fn write(self, status: u16, metered: Option<Metered>, cut: bool) {
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
