//! *Make it for me*: the app makes the key itself with an admin key, step by step, each written down.
//!
//! The admin key stays on this computer, in the keychain, until the connection is in use or discarded (so that
//! *Discard* can take the new key back), and longer only if the person ticked it.

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::classify::Pasted;
use ownkey_providers::make::anthropic;
use ownkey_providers::make::openai::{self, Journal, Step, Stopped};
use ownkey_secret::Secret;

use super::Draft;
use super::paste::{hint, length_class};
use super::send::next_version;
use crate::App;
use crate::fault::Fault;
use crate::host::{Confirmation, Host};
use crate::keychain::{admin_name, key_name};
use crate::wire::{Busy, ConnectStep, How, KeyHint, MakeStep};

impl<H: Host> App<H> {
    /// Takes the admin key from the clipboard; it is tried at its own provider, at no cost, and kept for this draft.
    pub(super) async fn paste_admin(&self, draft: Draft) -> Result<(), Fault> {
        self.step(draft.id, Busy::Keeping, async {
            let (text, pasted, secret) = self.read_key()?;
            let secret = admin_key(draft.provider, &pasted, secret)?;
            let tried = openai::try_admin(&self.http, &self.setup.endpoints, &secret).await;
            tried.map_err(|stopped| admin_fault(draft.provider, &stopped))?;
            let hint = hint(&pasted, &secret);
            let draft = Draft { admin: true, ..draft };
            self.keep_draft(draft.clone())?; // first: whoever leaves this way must know that there is one to forget
            drop(self.keys.keep(draft_admin_name(draft.id), secret).await?);
            self.host.reached("admin: kept in the keychain").await;
            self.keep_draft(Draft { key: Some(hint), ..draft })?;
            self.host.reached("admin: written down").await;
            self.host.clear_clipboard(&text);
            Ok(())
        })
        .await
    }

    /// Makes the key at the provider; goes on where an earlier try was cut.
    ///
    /// # Errors
    /// `admin_key_weak`, `deletion_refused`, `provider_unreachable`, `provider_answer`, and the keychain's codes.
    pub async fn connect_make(&self, id: String, keep_admin_key: bool) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        if draft.how != Some(How::MadeForMe) || draft.step != ConnectStep::Key {
            return Err(Fault::new(Code::ActRefused, "this connection's key is not to be made now"));
        }
        self.step(draft.id, Busy::Making, async {
            let admin = self.admin_key(&draft).await?;
            let admin = if keep_admin_key {
                let admin = self.keys.keep(admin_name(draft.provider), admin).await?;
                self.store.set_fact(&admin_name(draft.provider), &true)?;
                admin
            } else {
                admin
            };
            self.make(draft, &admin).await
        })
        .await?;
        self.connect_check(id).await
    }

    async fn make(&self, mut draft: Draft, admin: &Secret) -> Result<(), Fault> {
        let version = self.state().map_or(1, |state| next_version(&state, draft.id));
        let name = || format!("ownkey {} v{version}", draft.id);
        let mut journal = match draft.making.take() {
            Some(journal) => journal,
            None => Journal::new(self.project_name(), name(), &draft.uses),
        };
        loop {
            draft.making = Some(journal.clone());
            self.keep_draft(draft.clone())?;
            self.host.reached("make: step written down").await;
            let step = openai::advance(&self.http, &self.setup.endpoints, admin, journal).await;
            match step.map_err(|stopped| admin_fault(draft.provider, &stopped))? {
                Step::Went(next) => journal = next,
                Step::Made { journal, secret } => {
                    let hint = KeyHint {
                        last_four: secret.last_four().to_string(),
                        kind: "scoped_key".to_owned(),
                        length_class: length_class(&secret).to_owned(),
                    };
                    drop(self.keys.keep(key_name(draft.id, None), secret).await?);
                    self.host.reached("make: key kept in the keychain").await;
                    draft.making = Some(journal);
                    self.keep_draft(Draft { key: Some(hint), step: ConnectStep::Check, ..draft })?;
                    self.host.reached("make: key written down").await;
                    return Ok(());
                }
            }
        }
    }

    /// One project per agency: the cleanest limit of what a key can reach.
    pub(crate) fn project_name(&self) -> String {
        let agency = self.joined().map(|j| j.keyset.set().name.clone()).unwrap_or_default();
        format!("Ownkey: {agency}")
    }

    async fn admin_key(&self, draft: &Draft) -> Result<Secret, Fault> {
        if let Some(pasted) = self.keys.read(draft_admin_name(draft.id)).await? {
            return Ok(pasted);
        }
        self.keys.need(admin_name(draft.provider)).await
    }

    /// Takes back what was made at the provider for a draft, if anything, and forgets the draft's admin key. What could
    /// not be taken back stays only when the person was told and agreed.
    pub(super) async fn take_back(&self, draft: &Draft) -> Result<(), Fault> {
        if let Some(journal) = draft.making.as_ref().filter(|_| !draft.left_behind) {
            if let Err(fault) = self.revoke_made(draft, journal).await {
                self.keep_draft(Draft { stuck: true, ..draft.clone() })?;
                return Err(fault);
            }
            // Before the admin key is forgotten: without it nothing could be taken back a second time.
            self.keep_draft(Draft { making: None, ..draft.clone() })?;
        }
        self.forget_draft_admin(draft).await
    }

    async fn revoke_made(&self, draft: &Draft, journal: &Journal) -> Result<(), Fault> {
        let admin = self.admin_key(draft).await?;
        let revoked = openai::revoke_made(&self.http, &self.setup.endpoints, &admin, journal).await;
        revoked.map_err(|stopped| admin_fault(draft.provider, &stopped))
    }

    /// Taking back has failed before: asks whether what was made may stay, and says what that is.
    pub(super) async fn may_leave_behind(&self, draft: &Draft) -> Result<(), Fault> {
        let Some(journal) = draft.making.as_ref() else { return Ok(()) };
        let asked = Confirmation {
            about: "leave-behind",
            fields: vec![
                ("provider", draft.provider.display_name().to_owned()),
                ("name", journal.name.clone()),
                ("project", journal.project_name.clone()),
            ],
            language: self.language(),
        };
        if self.host.confirm(asked).await { Ok(()) } else { Err(Fault::new(Code::Declined, "declined")) }
    }

    /// The person makes the key by hand after all: what was made is taken back, and its admin key forgotten.
    pub(super) async fn leave_making(&self, mut draft: Draft) -> Result<Draft, Fault> {
        if draft.sent.is_some() {
            return Err(Fault::new(Code::ActRefused, "this version was sent already: discard it instead"));
        }
        if draft.stuck {
            self.may_leave_behind(&draft).await?;
            draft.left_behind = true;
        }
        self.step(draft.id, Busy::Discarding, async {
            self.take_back(&draft).await?;
            self.keys.forget(key_name(draft.id, None)).await
        })
        .await?;
        Ok(Draft {
            making: None,
            key: None,
            admin: false,
            stuck: false,
            left_behind: false,
            verdicts: vec![],
            checked_at: None,
            models: vec![],
            ..draft
        })
    }

    /// The admin key of a draft is forgotten; one that the person asked to keep stays.
    pub(super) async fn forget_draft_admin(&self, draft: &Draft) -> Result<(), Fault> {
        if draft.admin {
            self.keys.forget(draft_admin_name(draft.id)).await?;
        }
        Ok(())
    }

    /// Revokes what was made for a version, if the admin key was kept; false when there is none.
    pub(crate) async fn revoke_by_kept_admin_key(&self, provider: Provider, made: &Journal) -> Result<bool, Fault> {
        let Some(admin) = self.keys.read(admin_name(provider)).await? else { return Ok(false) };
        let revoked = openai::revoke_made(&self.http, &self.setup.endpoints, &admin, made).await;
        revoked.map(|()| true).map_err(|stopped| admin_fault(provider, &stopped))
    }

    /// Takes an admin key from the clipboard to keep it; it is tried at its own provider, at no cost.
    pub(crate) async fn take_admin(&self, provider: Provider) -> Result<(), Fault> {
        let (text, pasted, secret) = self.read_key()?;
        let secret = admin_key(provider, &pasted, secret)?;
        let (http, endpoints) = (&self.http, &self.setup.endpoints);
        let tried = match provider {
            Provider::Anthropic => anthropic::try_admin(http, endpoints, &secret).await,
            _ => openai::try_admin(http, endpoints, &secret).await,
        };
        tried.map_err(|stopped| admin_fault(provider, &stopped))?;
        // Written down first: whoever forgets it must know that there may be one.
        self.store.set_fact(&admin_name(provider), &true)?;
        drop(self.keys.keep(admin_name(provider), secret).await?);
        self.host.clear_clipboard(&text);
        Ok(())
    }

    /// Forgets an admin key that the person had asked to keep. At the provider it goes on living.
    ///
    /// # Errors
    /// The keychain's codes.
    pub async fn forget_admin_key(&self, provider: Provider) -> Result<(), Fault> {
        self.keys.forget(admin_name(provider)).await?;
        self.store.set_fact(&admin_name(provider), &false)?;
        self.changed();
        Ok(())
    }
}

/// Name of the fact that says how a version's key was made, for revoking it.
pub(crate) fn made_name(connection: ConnectionId, version: u32) -> String {
    format!("made/{connection}/{version}")
}

/// Name of the keychain's entry for the admin key of a draft.
pub(crate) fn draft_admin_name(draft: ConnectionId) -> String {
    format!("admin/{draft}")
}

fn admin_key(provider: Provider, pasted: &Pasted, secret: Option<Secret>) -> Result<Secret, Fault> {
    let refused = |code: Code| Fault::new(code, "by shape").with("provider", provider.display_name());
    match pasted {
        Pasted::Admin { provider: of } if *of == provider => secret.ok_or_else(|| refused(Code::NotAKey)),
        Pasted::Admin { provider: of } => Err(refused(Code::OtherProvidersKey).with("other", of.display_name())),
        Pasted::Work { provider: of, .. } if *of != provider => {
            Err(refused(Code::OtherProvidersKey).with("other", of.display_name()))
        }
        Pasted::Work { .. } | Pasted::Ambiguous { .. } => Err(refused(Code::WorkKeyPasted)),
        Pasted::Several(_) => Err(refused(Code::SeveralKeys)),
        Pasted::NotAKey(_) => Err(refused(Code::NotAKey)),
    }
}

/// The provider's own words stay out of the log: they may repeat what was sent.
pub(crate) fn admin_fault(provider: Provider, stopped: &Stopped) -> Fault {
    let (code, cause) = match stopped {
        Stopped::Unheard(unheard) => (Code::ProviderUnreachable, unheard.to_string()),
        Stopped::AdminKeyRefused { code, .. } => (Code::KeyRefused, format!("the admin key is not accepted: {code:?}")),
        Stopped::AdminKeyWeak { .. } => (Code::AdminKeyWeak, "the admin key lacks a right".to_owned()),
        Stopped::DeletionRefused { key, .. } => (Code::DeletionRefused, format!("key {key} was not deleted")),
        Stopped::NotThere { id } => (Code::ProviderAnswer, format!("{id} is not there for this admin key")),
        Stopped::Unexpected { status, .. } => (Code::ProviderAnswer, format!("the provider answered {status}")),
    };
    Fault::new(code, cause).with("provider", provider.display_name())
}

/// The steps as the window shows them.
pub(crate) fn making_steps(journal: &Journal) -> Vec<MakeStep> {
    journal.steps().into_iter().map(|(what, done)| MakeStep { what: what.to_owned(), done }).collect()
}
