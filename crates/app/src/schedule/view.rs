//! Dates as the window shows them.

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::law::{ClientState, DueReason, Reminder};

use crate::App;
use crate::host::Host;
use crate::wire::{AgreementView, DueNear, DueReasonWord, DueView, ProposalView};

impl<H: Host> App<H> {
    pub(crate) fn due_view(&self, state: &ClientState, id: ConnectionId) -> Option<DueView> {
        let due = state.due(id)?;
        let known = state.connections().get(&id)?;
        Some(DueView {
            at: due.at.to_string(),
            reason: match due.reason {
                DueReason::Schedule => DueReasonWord::Schedule,
                DueReason::Agreement => DueReasonWord::Agreement,
                DueReason::Expiry => DueReasonWord::Expiry,
            },
            near: Reminder::at(due.at, self.now_of(state)).map(|near| match near {
                Reminder::TwoWeeks | Reminder::ThreeDays => DueNear::Soon,
                Reminder::Due => DueNear::Due,
                Reminder::Late(_) => DueNear::Late,
            }),
            by_itself: self.replaces_by_itself(known),
        })
    }
}

pub(crate) fn agreement(state: &ClientState) -> AgreementView {
    let known = state.agreement();
    AgreementView {
        agreed: known.agreed.map(|agreed| agreed.schedule),
        since: known.agreed.map(|agreed| agreed.since.to_string()),
        proposal: known
            .proposal
            .map(|proposal| ProposalView { schedule: proposal.schedule, since: proposal.since.to_string() }),
    }
}
