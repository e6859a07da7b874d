//! What a person does in the room *Replace*.

use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::code::Code;
use ownkey_protocol::id::{ConnectionId, RotationId};
use ownkey_protocol::law::{Connection, Lease};
use ownkey_protocol::vocabulary::{Account, Provider, Use};
use ownkey_providers::check::{self, Snapshot};
use ownkey_rotation::{Effect, Event, Plan, Rotation, Status, Way};

use super::{Kept, points};
use crate::App;
use crate::agency_client::now;
use crate::connect::{KeptCheck, Read, hint, next_version, parse, work_key};
use crate::fault::Fault;
use crate::host::{Confirmation, Host};
use crate::keychain::{admin_name, key_name};
use crate::store::Table;

impl<H: Host> App<H> {
    /// Begins the replacement of a connection's key; without effect when it is going on. A leaked key is retired at once,
    /// which a native dialog asks about first; also while it is being replaced already, which then goes on.
    ///
    /// # Errors
    /// `not_found`, `not_allowed`, `declined`; `rotation_runs` while another computer replaces it, unless that one has not
    /// brought the new key into use yet and this one is said to have leaked.
    pub async fn rotation_start(&self, connection: String, leaked: bool) -> Result<(), Fault> {
        self.may_change()?;
        self.rotation_begin(parse(&connection)?, leaked, false).await
    }

    /// Begins it; `by_itself` when no person did.
    pub(crate) async fn rotation_begin(&self, id: ConnectionId, leaked: bool, by_itself: bool) -> Result<(), Fault> {
        let runs = self.live(|live| live.rotations.get(&id).filter(|kept| kept.ended.is_none()).cloned());
        match runs {
            Some(kept) if leaked && kept.rotation.may_leak() => return self.rotation_leaks(kept).await,
            Some(_) => return Ok(()),
            None => {}
        }
        let gone = || Fault::new(Code::NotFound, "no such open connection");
        let state = self.state().ok_or_else(gone)?;
        let known = state.connections().get(&id).filter(|c| !c.closed).ok_or_else(gone)?;
        let joined = self.joined().ok_or_else(gone)?;
        let others = |lease: &Lease| lease.device != joined.membership.device;
        if state.rotation_at(id, joined.now()).is_some_and(others) {
            return self.leaks_elsewhere(id, known, leaked).await;
        }
        if self.live(|live| live.drafts.contains_key(&id)) {
            return Err(Fault::new(Code::ActRefused, "this connection is still in the making"));
        }
        if leaked {
            self.confirm_leaked(known.provider, self.name_of(known.name_hash)).await?;
        }
        let old = known.current().map(|(number, _)| number);
        let new = next_version(&state, id);
        let provider = known.provider;
        let admin = ends_keys(provider) && self.has_admin_key(provider).await?;
        let way = if admin && provider == Provider::OpenAi { Way::Automatic } else { Way::Guided };
        let served = self.uses_hit(id);
        let uses = if served.is_empty() { provider.uses().to_vec() } else { served };
        let before = self.before(id, old, provider, &uses, known.account.clone()).await?;
        let (archives, witness) = (provider == Provider::Anthropic, provider == Provider::OpenAi);
        let plan = Plan { connection: id, old, new, way, leaked, archives, witness };
        let at = now();
        let mut rotation = Rotation::new(plan, at);
        if admin {
            rotation.step(Event::AdminKept, at);
        }
        let trial = if leaked { None } else { self.tries_first(id) };
        if trial.is_some() {
            rotation.step(Event::TryFirst(true), at);
        }
        self.keep_rotation(Kept {
            id: RotationId::random(at),
            provider,
            uses,
            rotation,
            before,
            making: None,
            made: false,
            key: None,
            check: None,
            account: Account::Untold,
            sent: None,
            switched_off: None,
            trial,
            lease: None,
            calls: None,
            asked: 0,
            started: at,
            by_itself,
            ended: None,
        })?;
        self.host.reached("rotation: begun").await;
        self.tell_surely(id, Event::Begin)
    }

    /// The key that is being replaced is in wrong hands: the rotation ends it first from now on. What else is under way may
    /// take its time (a provider that does not answer), so the version is retired beside it.
    async fn rotation_leaks(&self, kept: Kept) -> Result<(), Fault> {
        let id = kept.connection();
        let name = self.state().and_then(|state| state.connections().get(&id).map(|known| known.name_hash));
        self.confirm_leaked(kept.provider, name.map(|hash| self.name_of(hash)).unwrap_or_default()).await?;
        self.tell_rotation(id, Event::Leaked)?;
        let kept = self.kept_rotation(id)?;
        let other = kept.rotation.under_way().is_some_and(|effect| effect != Effect::Retire);
        if other
            && kept.plan().leaked
            && let Err(why) = self.retire_old_version(kept).await
        {
            tracing::info!(connection = %id, ?why, "the leaked version is retired by the rotation");
        }
        self.rotating.notify_one();
        Ok(())
    }

    /// Another computer replaces the key. That it leaked can be said here even so: the version ends at once, and that
    /// computer, which has both keys, learns of it from the record and goes on as after a leak. Once its new key is in use,
    /// nobody can say which of the two is meant.
    async fn leaks_elsewhere(&self, id: ConnectionId, known: &Connection, leaked: bool) -> Result<(), Fault> {
        let runs = || Fault::new(Code::RotationRuns, "another computer replaces this key");
        let since = known.rotation.filter(|_| leaked).map(|lease| lease.since).ok_or_else(runs)?;
        let (version, _) = known.current().filter(|(_, current)| current.pushed <= since).ok_or_else(runs)?;
        self.confirm_leaked(known.provider, self.name_of(known.name_hash)).await?;
        let deed = Deed::VersionRetire { connection: id, version, reason: RetireReason::Leaked, fence: None };
        self.perform(deed, None, vec![]).await.map(drop)
    }

    async fn has_admin_key(&self, provider: Provider) -> Result<bool, Fault> {
        let said = self.store.fact::<bool>(&admin_name(provider))?.unwrap_or(false);
        Ok(said && self.keys.read(admin_name(provider)).await?.is_some())
    }

    pub(crate) async fn confirm_leaked(&self, provider: Provider, name: String) -> Result<(), Fault> {
        let fields = vec![("provider", provider.display_name().to_owned()), ("name", name)];
        let asked = Confirmation { about: "leaked", fields, language: self.language() };
        if self.host.confirm(asked).await { Ok(()) } else { Err(Fault::new(Code::Declined, "declined")) }
    }

    /// What the old key can do now, where it is on this computer; else what its last check here found.
    async fn before(
        &self,
        id: ConnectionId,
        old: Option<u32>,
        provider: Provider,
        uses: &[Use],
        account: Account,
    ) -> Result<Option<Snapshot>, Fault> {
        let Some(old) = old else { return Ok(None) };
        if let Some(secret) = self.keys.read(key_name(id, Some(old))).await? {
            let report = check::check(&self.http, &self.setup.endpoints, provider, &secret, uses).await;
            if report.refused_for_good() == Some(false) {
                return Ok(Some(Snapshot { account, ..Snapshot::from(&report) }));
            }
        }
        let kept = self.store.all::<KeptCheck>(Table::Checks)?;
        let kept = kept.into_iter().find(|(key, _)| *key == id.to_string());
        Ok(kept.map(|(_, check)| Snapshot {
            verdicts: check.verdicts,
            models: check.models.into_iter().map(|model| (model.id, model.uses)).collect(),
            account,
            lacking: vec![],
        }))
    }

    /// Takes the new key from the clipboard, while the rotation waits for one.
    ///
    /// # Errors
    /// Codes of the clipboard, of shapes that are no work key of this provider; `same_key`.
    pub async fn rotation_paste(&self, connection: String) -> Result<(), Fault> {
        let id = parse(&connection)?;
        let done = self.take_pasted(id).await;
        let failure = done.as_ref().err().map(|fault| self.told(fault));
        self.live(|live| match failure {
            Some(failure) => drop(live.failures.insert(id, failure)),
            None => drop(live.failures.remove(&id)),
        });
        self.changed();
        done
    }

    async fn take_pasted(&self, id: ConnectionId) -> Result<(), Fault> {
        let kept = self.kept_rotation(id)?;
        if kept.rotation.under_way() != Some(Effect::AskForKey) {
            return Err(Fault::new(Code::ActRefused, "the rotation does not wait for a key"));
        }
        self.take_key(&kept, self.read_key()?).await
    }

    /// Takes a key that was read from the clipboard.
    pub(super) async fn take_key(&self, kept: &Kept, read: Read) -> Result<(), Fault> {
        let (id, (text, pasted, secret)) = (kept.connection(), read);
        let secret = work_key(kept.provider, &pasted, secret)?;
        self.ask_whose(id, kept.provider, &pasted, &secret)?;
        self.refuse_same(id, kept.provider, &secret).await?;
        let found = hint(&pasted, &secret);
        // Kept at once: the clipboard is cleared only when the key is safe.
        drop(self.keys.keep(key_name(id, None), secret).await?);
        self.change_rotation(id, |kept| kept.key = Some(found))?;
        self.host.reached(points::after(Effect::AskForKey)).await;
        self.tell_rotation(id, Event::Done(Effect::AskForKey))?;
        self.host.clear_clipboard(&text);
        Ok(())
    }

    /// Takes an admin key from the clipboard, which is tried at its own provider, at no cost, and kept on this computer until
    /// it is forgotten: whatever is being replaced at that provider is ended by it from now on.
    ///
    /// # Errors
    /// `act_refused` where a provider has no API that ends keys; codes of the clipboard, of other shapes, of the provider.
    pub async fn keep_admin_key(&self, provider: Provider) -> Result<(), Fault> {
        self.may_change()?;
        if !ends_keys(provider) {
            return Err(Fault::new(Code::ActRefused, "this provider's keys are ended by hand"));
        }
        self.take_admin(provider).await?;
        let open = |kept: &&Kept| kept.provider == provider && kept.ended.is_none();
        let open: Vec<ConnectionId> =
            self.live(|live| live.rotations.values().filter(open).map(Kept::connection).collect());
        for id in open {
            self.tell_rotation(id, Event::AdminKept)?;
        }
        self.changed();
        Ok(())
    }

    /// The person revoked a key at the provider's page.
    ///
    /// # Errors
    /// `not_found`, `act_refused` when none is waited for.
    pub async fn rotation_revoked(&self, connection: String) -> Result<(), Fault> {
        let id = parse(&connection)?;
        match self.kept_rotation(id)?.rotation.under_way() {
            Some(effect @ (Effect::AskToRevokeOld | Effect::AskToRevokeNew)) => {
                self.host.reached(points::after(effect)).await;
                self.tell_rotation(id, Event::Done(effect))
            }
            _ => Err(Fault::new(Code::ActRefused, "the rotation does not wait for this")),
        }
    }

    /// The one button of a rotation that stands still.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn rotation_go_on(&self, connection: String) -> Result<(), Fault> {
        self.tell_rotation(parse(&connection)?, Event::GoOn)
    }

    /// Something else uses the old key: whether it goes on is looked at later, before the key is revoked.
    ///
    /// # Errors
    /// `not_found`; `act_refused` unless it stands still for that.
    pub async fn rotation_wait(&self, connection: String) -> Result<(), Fault> {
        self.others_use_old(parse(&connection)?, Event::WaitOn)
    }

    /// Something else uses the old key, which is left as it is at the provider; the new one is in use.
    ///
    /// # Errors
    /// `not_found`; `act_refused` unless it stands still for that.
    pub async fn rotation_leave(&self, connection: String) -> Result<(), Fault> {
        self.others_use_old(parse(&connection)?, Event::LeaveOld)
    }

    fn others_use_old(&self, id: ConnectionId, event: Event) -> Result<(), Fault> {
        if !self.kept_rotation(id)?.rotation.others_use_old() {
            return Err(Fault::new(Code::ActRefused, "nothing else is known to use the old key"));
        }
        self.tell_rotation(id, event)
    }

    /// Another key instead of the one that was tested.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn rotation_paste_another(&self, connection: String) -> Result<(), Fault> {
        self.tell_rotation(parse(&connection)?, Event::PasteAnother)
    }

    /// Takes the new key back, where that is still possible.
    ///
    /// # Errors
    /// `not_found`; `act_refused` once the new key is in use.
    pub async fn rotation_cancel(&self, connection: String) -> Result<(), Fault> {
        let id = parse(&connection)?;
        if self.kept_rotation(id)?.rotation.may_cancel().is_none() {
            return Err(Fault::new(Code::ActRefused, "the new key is in use"));
        }
        self.tell_rotation(id, Event::CancelAsked)
    }

    /// Closes the report of a rotation that is over.
    ///
    /// # Errors
    /// `act_refused` while it is not.
    pub async fn rotation_close(&self, connection: String) -> Result<(), Fault> {
        let id = parse(&connection)?;
        if !matches!(self.kept_rotation(id)?.rotation.status(), Status::Done | Status::Abandoned) {
            return Err(Fault::new(Code::ActRefused, "the rotation is not over"));
        }
        self.store.remove(Table::Rotations, &connection)?;
        self.live(|live| live.rotations.remove(&id));
        self.changed();
        Ok(())
    }
}

/// Whether the provider's API ends keys, given an admin key.
pub(super) const fn ends_keys(provider: Provider) -> bool {
    matches!(provider, Provider::OpenAi | Provider::Anthropic)
}
