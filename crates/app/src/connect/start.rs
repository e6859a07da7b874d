//! Beginning: which provider, which uses, who makes the key.

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::vocabulary::{Account, Provider, Role, Use};

use super::Draft;
use crate::App;
use crate::agency_client::now;
use crate::fault::Fault;
use crate::host::Host;
use crate::rotation::Kept;
use crate::wire::{ConnectStep, How, ModelPick};

impl<H: Host> App<H> {
    /// Begins a connection; answers with its id.
    ///
    /// # Errors
    /// `not_allowed` for viewers, `act_refused` for a use that the provider does not serve.
    pub async fn connect_start(&self, provider: Provider, uses: Vec<Use>) -> Result<String, Fault> {
        self.may_change()?;
        if uses.is_empty() || uses.iter().any(|u| !provider.uses().contains(u)) {
            return Err(Fault::new(Code::ActRefused, "the provider does not serve this use"));
        }
        let id = ConnectionId::random(now());
        self.keep_draft(fresh(id, provider, uses))?;
        Ok(id.to_string())
    }

    /// A key that a rotation was given is of another account: a connection of its own is made of it. The key
    /// comes into the keychain under the draft's name right after.
    pub(crate) fn draft_of_key(&self, id: ConnectionId, rotation: &Kept) -> Result<(), Fault> {
        let fresh = fresh(id, rotation.provider, rotation.uses.clone());
        let (key, handed_over) = (rotation.key.clone(), Some(rotation.id));
        self.keep_draft(Draft { how: Some(How::ByHand), step: ConnectStep::Check, key, handed_over, ..fresh })
    }

    /// Says who makes the key.
    ///
    /// # Errors
    /// `not_found`; `act_refused` where Ownkey cannot make keys; what `connect_discard` meets when a made key is taken back.
    pub async fn connect_how(&self, id: String, how: How) -> Result<(), Fault> {
        let mut draft = self.draft(&id)?;
        if how == How::MadeForMe && draft.provider != Provider::OpenAi {
            return Err(Fault::new(Code::ActRefused, "this provider's keys are made by hand"));
        }
        if draft.how == Some(How::MadeForMe) && how == How::ByHand {
            draft = self.leave_making(draft).await?;
        }
        draft.how = Some(how);
        if draft.step == ConnectStep::How {
            draft.step = ConnectStep::Key;
        }
        self.keep_draft(draft)
    }

    /// The role that this needs, said before the agency has to.
    pub(crate) fn may_change(&self) -> Result<(), Fault> {
        let joined = self.joined().ok_or_else(|| Fault::new(Code::NotAllowed, "not joined"))?;
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        match state.members().get(&joined.membership.member) {
            Some(member) if member.role >= Role::Member && !member.removed => Ok(()),
            _ => Err(Fault::new(Code::NotAllowed, "viewers look")),
        }
    }
}

fn fresh(id: ConnectionId, provider: Provider, uses: Vec<Use>) -> Draft {
    let picks = uses.iter().map(|u| ModelPick { r#use: *u, model: None }).collect();
    let by_hand_only = provider != Provider::OpenAi;
    Draft {
        id,
        provider,
        uses,
        how: by_hand_only.then_some(How::ByHand),
        step: if by_hand_only { ConnectStep::Key } else { ConnectStep::How },
        key: None,
        verdicts: vec![],
        checked_at: None,
        account: Account::Untold,
        models: vec![],
        picks,
        sent: None,
        skipped_trial: false,
        making: None,
        discarding: false,
        admin: false,
        stuck: false,
        left_behind: false,
        handed_over: None,
        started: now(),
    }
}
