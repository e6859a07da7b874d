//! How a call ended goes into the book, once.

use std::sync::Arc;

use ownkey_protocol::id::{CallId, ClientId};
use ownkey_providers::meter::Metered;

use super::hosts::Keeper;
use crate::Agency;
use crate::calls::{CallFinished, Told};
use crate::running::RunningCall;

/// What the book says of a caller who left before there was a status.
const LEFT: u16 = 499;

/// Writes how a call ended, once. One that is dropped says that the caller left before the answer began.
pub(crate) struct Ending {
    agency: Arc<Agency>,
    client: ClientId,
    id: CallId,
    open: bool,
    once: Option<(Keeper, Option<String>)>,
    /// The call, where a success of it says something about its version.
    running: Option<Arc<RunningCall>>,
}

impl Ending {
    pub(crate) fn new(agency: &Arc<Agency>, client: ClientId, id: CallId) -> Self {
        Self { agency: agency.clone(), client, id, open: true, once: None, running: None }
    }

    /// The end of a call on the client's own version: a success proves it.
    pub(crate) fn proving(mut self, running: Option<Arc<RunningCall>>) -> Self {
        self.running = running;
        self
    }

    /// What this thing used counts once, however often it is stated.
    pub(crate) fn once(mut self, keeper: Keeper, thing: Option<String>) -> Self {
        self.once = Some((keeper, thing));
        self
    }

    /// The thing turned out to be this one.
    pub(crate) fn is_of(&mut self, made: String) {
        if let Some((_, thing)) = &mut self.once {
            *thing = Some(made);
        }
    }

    /// With the status that the caller got and what the answer told; `cut` when its end was not seen.
    pub(crate) fn end(self, status: u16, metered: Option<Metered>, cut: bool) {
        let succeeded = !cut && (200..300).contains(&status);
        if let Some(version) = self.running.as_ref().filter(|_| succeeded).and_then(|running| running.proves()) {
            self.agency.proofs.proven(version);
        }
        let metered = metered.unwrap_or_default();
        let told = match (&metered.units, cut) {
            (_, true) => Told::Partial,
            (Some(_), false) => Told::Whole,
            (None, false) => Told::Nothing,
        };
        self.write(status, metered, told, None);
    }

    /// The caller hung up, and the answer did not come to its end in time: what was told counts, else it is estimated
    /// from the bytes that passed.
    pub(crate) fn hung_up(self, status: u16, metered: Metered, passed: u64, streamed: bool) {
        let told = if metered.units.is_some() { Told::Partial } else { Told::Estimated };
        self.write(status, metered, told, Some((passed, streamed)));
    }

    /// Another one will say how the call ended.
    pub(crate) fn hand_over(mut self) {
        self.open = false;
    }

    fn write(mut self, status: u16, metered: Metered, told: Told, passed: Option<(u64, bool)>) {
        self.open = false;
        let once = self.once.take().and_then(|(keeper, thing)| Some((keeper, thing?)));
        let (Some((keeper, thing)), true) = (once, metered.units.is_some()) else {
            return self.finished(status, metered, told, passed);
        };
        let look = move || {
            let first = keeper.stated_first(thing);
            let metered = if first { metered } else { Metered { units: None, ..metered } };
            self.finished(status, metered, if first { told } else { Told::Nothing }, passed);
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(look)),
            Err(_) => look(),
        }
    }

    fn finished(&self, status: u16, metered: Metered, told: Told, passed: Option<(u64, bool)>) {
        let Metered { units, model, picture, .. } = metered;
        let at = self.agency.now();
        let finished = CallFinished { id: self.id, status, units, model, picture, told, passed, at };
        self.agency.calls.finished(self.client, finished);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.open {
            self.finished(LEFT, Metered::default(), Told::Estimated, Some((0, true)));
        }
    }
}
