//! What a rotation does at the agency: each act carries the number of the lease, so that a device that was overtaken
//! changes nothing any more.

use ownkey_protocol::act::{Deed, RetireReason, RotationOutcome};
use ownkey_protocol::law::{AtProvider, ClientState, Connection, Stage};
use ownkey_protocol::seal;
use ownkey_rotation::{Failure, Party};
use ownkey_secret::Secret;

use super::{Done, Kept, failure};
use crate::App;
use crate::connect::{Sent, made_name, seal_for};
use crate::fault::Fault;
use crate::host::Host;
use crate::keychain::key_name;
use crate::store::Table;

/// How long a lease is asked for, and how much of it must be left before an act that cannot be undone.
const LEASE_MILLIS: i64 = 9 * 60_000;
const LEFT_MILLIS: i64 = 4 * 60_000;

/// The connection in the newest state that this device has verified.
pub(super) fn known<'s>(state: &'s ClientState, kept: &Kept) -> Result<&'s Connection, Failure> {
    state.connections().get(&kept.connection()).filter(|known| !known.closed).ok_or(Failure::Refused)
}

fn stage_of_ours(known: &Connection, kept: &Kept) -> Option<Stage> {
    let ours = known.versions.get(&kept.plan().new)?;
    let sent = kept.sent.as_ref()?;
    (ours.sealed_sha256 == sent.sealed_sha256).then_some(ours.stage)
}

impl<H: Host> App<H> {
    pub(super) async fn fresh_state(&self) -> Result<std::sync::Arc<ClientState>, Failure> {
        self.sync_record().await.map_err(|fault| failure(&fault))?;
        self.state().ok_or(Failure::NotYet)
    }

    pub(super) async fn act(&self, deed: Deed, sealed: Option<Vec<u8>>) -> Done {
        self.perform_quickly(deed, sealed).await.map(drop).map_err(|fault| failure(&fault))
    }

    /// Takes the lease, or renews it when little of it is left.
    pub(super) async fn lease(&self, kept: Kept) -> Result<Kept, Failure> {
        let at = self.joined().ok_or(Failure::Unreachable(Party::Agency))?.now();
        if kept.lease.is_some_and(|(_, until)| until.millis_since(at) > LEFT_MILLIS) {
            return Ok(kept);
        }
        let state = self.fresh_state().await?;
        // This computer's clock may have jumped: what the agency answered tells its own time by now.
        let at = self.joined().ok_or(Failure::Unreachable(Party::Agency))?.now();
        let connection = kept.connection();
        let held = state.rotation_at(connection, at).filter(|lease| lease.rotation == kept.id);
        // Taken, and not written down any more: the record knows.
        if let Some(lease) = held.filter(|lease| lease.until.millis_since(at) > LEFT_MILLIS) {
            let known = (lease.fence, lease.until);
            return self.change_rotation(connection, |kept| kept.lease = Some(known)).map_err(|fault| failure(&fault));
        }
        let fence = held.map_or_else(|| known(&state, &kept).map(|c| c.fence + 1), |lease| Ok(lease.fence))?;
        let until = at.plus_millis(LEASE_MILLIS);
        self.act(Deed::RotationLease { rotation: kept.id, connection, fence, until }, None).await?;
        self.change_rotation(connection, |kept| kept.lease = Some((fence, until))).map_err(|fault| failure(&fault))
    }

    pub(super) async fn push_new_version(&self, kept: Kept) -> Done {
        let kept = self.lease(kept).await?;
        let state = self.fresh_state().await?;
        match stage_of_ours(known(&state, &kept)?, &kept) {
            None => self.push_sealed(&kept).await,
            Some(_) => Ok(()),
        }
    }

    /// The act comes last: once it is on the record the rotation goes on, whether its answer came or not.
    async fn push_sealed(&self, kept: &Kept) -> Done {
        let joined = self.joined().ok_or(Failure::Unreachable(Party::Agency))?;
        let (connection, version) = (kept.connection(), kept.plan().new);
        let told = |fault: Fault| failure(&fault);
        let secret = self.new_key(kept).await?.ok_or(Failure::Lost)?;
        let sealed = seal_for(&joined, connection, kept.provider, version, &secret).map_err(told)?;
        let sealed_sha256 = seal::fingerprint(&sealed);
        self.store.put_hint(&connection.to_string(), version, secret.last_four().as_str()).map_err(told)?;
        drop(self.keys.keep(key_name(connection, Some(version)), secret).await.map_err(told)?);
        self.keys.forget(key_name(connection, None)).await.map_err(told)?;
        if let Some(made) = &kept.making {
            self.store.set_fact(&made_name(connection, version), made).map_err(told)?;
        }
        if let Some(check) = &kept.check {
            self.store.put(Table::Checks, &connection.to_string(), check).map_err(told)?;
            self.live(|live| live.checks.insert(connection, check.view()));
        }
        let sent = Sent { version, sealed_sha256 };
        self.change_rotation(connection, |kept| kept.sent = Some(sent)).map_err(told)?;
        let (account, fence) = (kept.account.clone(), kept.fence());
        self.act(Deed::VersionPush { connection, version, sealed_sha256, account, expires: None, fence }, Some(sealed))
            .await
    }

    /// The new key: under its version once it was about to be pushed.
    async fn new_key(&self, kept: &Kept) -> Result<Option<Secret>, Failure> {
        let (connection, version) = (kept.connection(), kept.plan().new);
        let told = |fault: Fault| failure(&fault);
        match self.keys.read(key_name(connection, None)).await.map_err(told)? {
            Some(secret) => Ok(Some(secret)),
            None => self.keys.read(key_name(connection, Some(version))).await.map_err(told),
        }
    }

    /// The receipt comes by itself: it is asked for only when it did not.
    pub(super) async fn ask_agency(&self, kept: Kept) -> Done {
        let state = self.fresh_state().await?;
        let (connection, version) = (kept.connection(), kept.plan().new);
        let stage = stage_of_ours(known(&state, &kept)?, &kept);
        if kept.asked > 0 && stage.is_some_and(|stage| stage != Stage::Retired) {
            self.act(Deed::CheckRequest { connection, version }, None).await?;
        }
        self.change_rotation(connection, |kept| kept.asked += 1).map(drop).map_err(|fault| failure(&fault))
    }

    pub(super) async fn promote_new_version(&self, kept: Kept) -> Done {
        let kept = self.lease(kept).await?;
        let state = self.fresh_state().await?;
        let known = known(&state, &kept)?;
        match known.current() {
            Some((current, _)) if current > kept.plan().new => return Err(Failure::Refused), // replaced meanwhile
            _ if stage_of_ours(known, &kept) == Some(Stage::Current) => return Ok(()),
            _ => {}
        }
        let (connection, version, uses) = (kept.connection(), kept.plan().new, self.uses_hit(kept.connection()));
        let deed = Deed::VersionPromote { connection, version, uses, preferred: vec![], fence: kept.fence() };
        self.act(deed, None).await
    }

    /// A leaked one at once and whoever holds the lease; else only once it is not current any more.
    pub(super) async fn retire_old_version(&self, kept: Kept) -> Done {
        let Some(version) = kept.plan().old else { return Ok(()) };
        let leaked = kept.plan().leaked;
        let kept = if leaked { kept } else { self.lease(kept).await? };
        let state = self.fresh_state().await?;
        let connection = kept.connection();
        match known(&state, &kept)?.versions.get(&version).map(|old| old.stage) {
            None | Some(Stage::Retired) => return Ok(()),
            Some(Stage::Current) if !leaked => return Err(Failure::Refused),
            Some(_) => {}
        }
        let reason = if leaked { RetireReason::Leaked } else { RetireReason::Replaced };
        self.act(Deed::VersionRetire { connection, version, reason, fence: kept.fence() }, None).await
    }

    pub(super) async fn retire_new_version(&self, kept: Kept) -> Done {
        if kept.sent.is_none() {
            return Ok(()); // nothing was ever handed to the agency, and a computer that was revoked may not ask it
        }
        let state = self.fresh_state().await?; // what was still to be sent is sent by this, or refused for good
        let (connection, version) = (kept.connection(), kept.plan().new);
        match stage_of_ours(known(&state, &kept)?, &kept) {
            None | Some(Stage::Retired) => Ok(()),
            Some(Stage::Current) => Err(Failure::Refused),
            Some(_) => {
                let kept = self.lease(kept).await?;
                let reason = RetireReason::Discarded;
                self.act(Deed::VersionRetire { connection, version, reason, fence: kept.fence() }, None).await
            }
        }
    }

    /// The old key is proven dead: that is put on the record, once, and after it was retired there.
    pub(super) async fn say_revoked(&self, kept: &Kept, version: u32) -> Done {
        let state = self.fresh_state().await?; // what was said and not answered is sent by this
        let old = known(&state, kept)?.versions.get(&version);
        match old.map(|old| (old.stage, old.at_provider)) {
            None | Some((_, AtProvider::Revoked)) => return Ok(()),
            Some((Stage::Retired, _)) => {}
            // A leaked key is revoked although the agency could not be told to retire it.
            Some(_) => self.retire_old_version(kept.clone()).await?,
        }
        self.act(Deed::VersionRevoked { connection: kept.connection(), version, fence: None }, None).await
    }

    pub(super) async fn end_rotation(&self, kept: Kept) -> Done {
        let fence = match kept.fence() {
            Some(fence) => Some(fence),
            None => self.unwritten_fence(&kept).await,
        };
        let Some(fence) = fence else { return Ok(()) };
        self.count_calls(&kept).await;
        let state = match self.fresh_state().await {
            Err(_) if self.may_join_again() => return Ok(()), // the lease of a revoked computer has ended with it
            state => state?,
        };
        let (rotation, connection) = (kept.id, kept.connection());
        let ours = known(&state, &kept)?.rotation.filter(|lease| lease.rotation == rotation && lease.fence == fence);
        if ours.is_none() {
            return Ok(());
        }
        let outcome = match kept.rotation.goes_back() {
            false => RotationOutcome::Done,
            true if self.draft_of(&kept).is_some() => RotationOutcome::HandedOver,
            true => RotationOutcome::Abandoned,
        };
        self.act(Deed::RotationEnd { rotation, connection, fence, outcome }, None).await
    }

    /// Of a lease that was had and not written down, because the computer died in between: the record knows. Where the
    /// agency cannot be asked, such a lease runs out by itself.
    async fn unwritten_fence(&self, kept: &Kept) -> Option<u64> {
        let state = self.fresh_state().await.ok().or_else(|| self.state())?;
        let lease = state.connections().get(&kept.connection())?.rotation.as_ref()?;
        (lease.rotation == kept.id).then_some(lease.fence)
    }
}
