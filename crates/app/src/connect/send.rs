//! Seal and send: what was shown on the review page, sealed to the agency, pushed as the next version.
//!
//! Act and sealed bytes are written down before they are sent, so that sending again sends the same bytes.

use ownkey_protocol::act::Deed;
use ownkey_protocol::api::Named;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::keyset::SealingKey;
use ownkey_protocol::law::{ClientState, Health, Stage};
use ownkey_protocol::seal::{self, Header, SealPurpose, Suite};
use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::{Secret, clear_stack};

use super::{Draft, KeptCheck, Sent};
use crate::App;
use crate::agency_client::now;
use crate::fault::Fault;
use crate::host::Host;
use crate::joined::Joined;
use crate::keychain::key_name;
use crate::store::Table;
use crate::wire::{Busy, ConnectStep, Parcel};

impl<H: Host> App<H> {
    /// Seals the draft's key and sends it; goes on where an earlier try was cut.
    ///
    /// # Errors
    /// The keychain's and the agency's codes; `keyset_expired` when the agency's keys are too old for new seals.
    pub async fn connect_send(&self, id: String) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        self.step(draft.id, Busy::Sending, self.send_draft(draft)).await
    }

    async fn send_draft(&self, mut draft: Draft) -> Result<(), Fault> {
        let joined = self.joined().ok_or_else(|| Fault::new(Code::NotAllowed, "not joined"))?;
        self.sync().await?;
        let folded = || self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"));
        let mut state = folded()?;
        if state.connections().get(&draft.id).is_none() {
            let name = Named::new(draft.provider.display_name());
            let deed = Deed::ConnectionOpen { connection: draft.id, provider: draft.provider, name_hash: name.hash() };
            self.perform(deed, None, vec![name]).await?;
            self.host.reached("send: connection opened").await;
            state = folded()?;
        }
        let version = next_version(&state, draft.id);
        if let Some(sent) = &draft.sent
            && pushed(&state, &draft, sent)
        {
            return self.after_push(draft).await;
        }
        let secret = self.keys.need(key_name(draft.id, None)).await?;
        let sealed = seal_for(&joined, draft.id, draft.provider, version, &secret)?;
        let sealed_sha256 = seal::fingerprint(&sealed);
        self.store.put_hint(&draft.id.to_string(), version, secret.last_four().as_str())?;
        let secret = self.keys.keep(key_name(draft.id, Some(version)), secret).await?;
        drop(secret);
        self.host.reached("send: kept under its version").await;
        if let Some(made) = &draft.making {
            self.store.set_fact(&super::made_name(draft.id, version), made)?;
        }
        draft.sent = Some(Sent { version, sealed_sha256 });
        self.keep_draft(draft.clone())?;
        self.host.reached("send: version written down").await;
        let deed = Deed::VersionPush {
            connection: draft.id,
            version,
            sealed_sha256,
            account: draft.account.clone(),
            expires: None,
            fence: None,
        };
        self.perform(deed, Some(sealed), vec![]).await?;
        self.host.reached("send: pushed").await;
        self.after_push(draft).await
    }

    async fn after_push(&self, mut draft: Draft) -> Result<(), Fault> {
        self.keys.forget(key_name(draft.id, None)).await?;
        if let Some(at) = draft.checked_at {
            let kept = KeptCheck { verdicts: draft.verdicts.clone(), at, models: draft.models.clone() };
            self.store.put(Table::Checks, &draft.id.to_string(), &kept)?;
            self.live(|live| live.checks.insert(draft.id, kept.view()));
        }
        if draft.step < ConnectStep::Confirm {
            draft.step = ConnectStep::Confirm;
        }
        self.keep_draft(draft)
    }

    /// Whether a connection waits for the agency's word.
    pub(crate) fn waits_for_receipt(&self, connection: ownkey_protocol::id::ConnectionId) -> bool {
        let Some(state) = self.state() else { return false };
        state
            .connections()
            .get(&connection)
            .is_some_and(|c| c.open_versions().any(|(_, v)| v.stage == Stage::Pending && v.health == Health::Unknown))
            || self.live(|live| {
                live.drafts.get(&connection).is_some_and(|d| d.step <= ConnectStep::Use)
                    || live.rotations.get(&connection).is_some_and(|kept| kept.ended.is_none())
            })
    }

    /// What the review page shows.
    pub(crate) fn parcel(&self, draft: &Draft) -> Option<Parcel> {
        let joined = self.joined()?;
        let key = sealing_key(&joined).ok()?;
        let state = self.state()?;
        Some(Parcel {
            agency: joined.keyset.set().name.clone(),
            sealing_key: key.id.to_string(),
            suite: key.suite.as_str().to_owned(),
            bytes: SEALED_BYTES,
            version: draft.sent.as_ref().map_or_else(|| next_version(&state, draft.id), |s| s.version),
        })
    }
}

/// Plaintext of a usual key: one block of padding.
const SEALED_BYTES: u32 = 512;

/// The number that a connection's next version gets.
pub(crate) fn next_version(state: &ClientState, connection: ConnectionId) -> u32 {
    let highest = state.connections().get(&connection).and_then(|c| c.versions.keys().next_back().copied());
    highest.unwrap_or(0) + 1
}

fn pushed(state: &ClientState, draft: &Draft, sent: &Sent) -> bool {
    let version = state.connections().get(&draft.id).and_then(|c| c.versions.get(&sent.version));
    version.is_some_and(|v| v.sealed_sha256 == sent.sealed_sha256)
}

fn sealing_key(joined: &Joined) -> Result<&SealingKey, Fault> {
    let key = joined.keyset.sealing_key(Suite::XWing, joined.now());
    key.ok_or_else(|| Fault::new(Code::KeysetExpired, "no sealing key is good now"))
}

/// Seals a key to the agency, as this version of this connection.
pub(crate) fn seal_for(
    joined: &Joined,
    connection: ConnectionId,
    provider: Provider,
    version: u32,
    secret: &Secret,
) -> Result<Vec<u8>, Fault> {
    let key = sealing_key(joined)?;
    let header = Header {
        v: 1,
        suite: key.suite,
        sealing_key: key.id,
        agency: joined.membership.fingerprint,
        client: joined.membership.client.to_string(),
        connection,
        provider,
        version,
        device: joined.membership.device.to_string(),
        purpose: SealPurpose::ClientKey,
        at: now(),
    };
    let sealed = seal::seal(&header, &key.public.0, secret);
    clear_stack(); // what the cipher worked on
    sealed.map_err(|e| Fault::new(Code::AgencyAnswer, e.to_string()))
}
