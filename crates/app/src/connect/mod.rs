//! Connect: from *pick a provider* to *assistants run on it*, as steps that survive being killed (design.md §4).
//!
//! Every step is written down before the next begins. Started again, the app says where it was and goes on.

mod check;
mod discard;
mod draft;
mod make;
mod paste;
mod put_to_use;
mod send;
mod start;

pub(crate) use check::{KeptCheck, offers, only_the_agency_can_check};
pub(crate) use draft::{Draft, Sent};
pub(crate) use make::{admin_fault, draft_admin_name, made_name, making_steps};
pub(crate) use paste::{Read, hint, length_class, work_key};
pub(crate) use send::{next_version, seal_for};

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;

use crate::App;
use crate::fault::Fault;
use crate::host::Host;
use crate::store::Table;
use crate::wire::{Busy, ConnectStep};

/// Every point between two steps of connect at which the computer may die without anything being lost. The crash tests
/// kill the app at each.
pub const POINTS: &[&str] = &[
    "paste: kept in the keychain",
    "paste: written down",
    "make: step written down",
    "make: key kept in the keychain",
    "make: key written down",
    "admin: kept in the keychain",
    "admin: written down",
    "check: written down",
    "pick: written down",
    "review: written down",
    "send: connection opened",
    "send: kept under its version",
    "send: version written down",
    "act: stored before sending",
    "act: answered",
    "send: pushed",
    "try: trial started",
    "use: promoted",
    "discard: written down",
    "discard: taken back at the provider",
    "discard: retired",
    "discard: keys forgotten",
];

impl<H: Host> App<H> {
    pub(crate) fn draft(&self, id: &str) -> Result<Draft, Fault> {
        let id = parse(id)?;
        self.live(|live| live.drafts.get(&id).cloned())
            .ok_or_else(|| Fault::new(Code::NotFound, "no such connection in the making"))
    }

    /// Writes a draft down, then shows it.
    pub(crate) fn keep_draft(&self, draft: Draft) -> Result<(), Fault> {
        self.store.put(Table::Drafts, &draft.id.to_string(), &draft)?;
        self.live(|live| live.drafts.insert(draft.id, draft));
        self.changed();
        Ok(())
    }

    pub(crate) fn drop_draft(&self, id: ConnectionId) -> Result<(), Fault> {
        self.store.remove(Table::Drafts, &id.to_string())?;
        self.live(|live| {
            live.drafts.remove(&id);
            live.busy.remove(&id);
            live.failures.remove(&id);
            live.asked.remove(&id);
        });
        self.changed();
        Ok(())
    }

    /// Runs one step of a connection: shows that it is busy, and what went wrong when it did. One step at a time.
    pub(crate) async fn step<T>(
        &self,
        id: ConnectionId,
        busy: Busy,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let free = self.live(|live| {
            live.failures.remove(&id);
            live.busy.insert(id, busy).is_none()
        });
        if !free {
            return Err(Fault::new(Code::Stale, "another step of this connection is running"));
        }
        self.changed();
        let done = work.await;
        self.live(|live| {
            live.busy.remove(&id);
            if let Err(fault) = &done {
                live.failures.insert(id, self.told(fault));
            }
        });
        self.changed();
        done
    }

    /// Where the window may go back to without undoing anything that was sent.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn connect_back(&self, id: String) -> Result<(), Fault> {
        let mut draft = self.draft(&id)?;
        draft.step = match draft.step {
            ConnectStep::Key => ConnectStep::How,
            ConnectStep::Check => ConnectStep::Key,
            ConnectStep::Review => ConnectStep::Check,
            other => other,
        };
        self.live(|live| {
            live.failures.remove(&draft.id);
            live.asked.remove(&draft.id);
        });
        self.keep_draft(draft)
    }

    /// Closes a connection in the making that is done.
    ///
    /// # Errors
    /// `act_refused` while it is not done.
    pub async fn connect_close(&self, id: String) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        if self.step_now(&draft) != ConnectStep::Done {
            return Err(Fault::new(Code::ActRefused, "the connection is not in use yet"));
        }
        self.forget_draft_admin(&draft).await?;
        self.drop_draft(draft.id)
    }

    /// After a start: goes on with what was cut.
    pub(crate) async fn resume(&self) {
        let drafts: Vec<Draft> = self.live(|live| live.drafts.values().cloned().collect());
        for draft in drafts {
            let id = draft.id.to_string();
            let _shown = match (draft.step, &draft.sent) {
                _ if draft.discarding => self.connect_discard_now(&draft).await,
                _ if self.step_now(&draft) == ConnectStep::Done => self.forget_draft_admin(&draft).await,
                (ConnectStep::Key, _) => self.adopt_pasted(draft).await,
                (ConnectStep::Review, Some(_)) | (ConnectStep::Confirm, _) => self.connect_send(id).await,
                _ => Ok(()),
            };
        }
    }
}

pub(crate) fn parse(id: &str) -> Result<ConnectionId, Fault> {
    id.parse().map_err(|_| Fault::new(Code::NotFound, "not a connection's id"))
}
