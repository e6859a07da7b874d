//! Keeping up with the agency: every leaf is stored, verified and folded here, the root recomputed, the newest
//! checkpoint pinned. What the agency shows and the fold does not is not shown (seal.md §7).

use std::collections::BTreeSet;
use std::time::Duration;

use ownkey_protocol::api::{AgencyInfo, CallRow, Event, RecordPage, Snapshot};
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{AtProvider, ClientState, Stage, Version};
use ownkey_protocol::receipt::Receipt;
use ownkey_protocol::record::{Checkpoint, origin};
use reqwest::Method;

use crate::agency_client::now;
use crate::alarm::{alarm, is_alarm};
use crate::fault::Fault;
use crate::host::Host;
use crate::joined::{Joined, verify_info};
use crate::{App, keychain};

/// How long a look at the agency's identity and key set holds.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// What is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pull {
    /// The record, and all that is shown beside it.
    All,
    /// The record alone.
    Record,
}

/// A look at a record that has not grown is written down this often, and not each time: it waits for the disk.
const KEEP_AGAIN: Duration = Duration::from_secs(10);

impl<H: Host> App<H> {
    /// Brings the local copy up to date; called at start, on news, and by *Refresh*.
    ///
    /// # Errors
    /// What stands between, or an alarm when the record does not add up.
    pub async fn sync(&self) -> Result<(), Fault> {
        self.sync_with(Pull::All).await
    }

    /// Brings only the record up to date: all that an act hangs on. What is shown beside it comes with the news of it.
    ///
    /// # Errors
    /// As [`Self::sync`].
    pub(crate) async fn sync_record(&self) -> Result<(), Fault> {
        self.sync_with(Pull::Record).await
    }

    pub(crate) async fn sync_with(&self, wanted: Pull) -> Result<(), Fault> {
        let Some(joined) = self.joined() else { return Ok(()) };
        let _one_at_a_time = self.syncing.lock().await;
        let done = self.pull(&joined, wanted).await;
        let failure = done.as_ref().err().map(|fault| self.told(fault));
        self.live(|live| {
            live.online = done.is_ok();
            live.offline_why = failure.clone();
            match &done {
                Ok(()) => live.as_of = Some(now()),
                Err(fault) if fault.code == Code::DeviceRevoked => live.removed = true,
                Err(_) => {}
            }
        });
        if let Some(failure) = failure.filter(|f| is_alarm(f.code)) {
            self.raise(failure)?;
        }
        self.changed();
        done
    }

    async fn pull(&self, joined: &Joined, wanted: Pull) -> Result<(), Fault> {
        self.look_at_agency(joined).await?;
        self.send_outbox(joined).await?;
        self.pull_record(joined).await?;
        if wanted == Pull::Record {
            return Ok(());
        }
        let etag = self.live(|live| live.snapshot_etag.clone());
        let fresh = joined.http.signed_if_changed::<Snapshot>(&joined.signer, "/v1/snapshot", etag.as_deref()).await?;
        if let Some((snapshot, etag)) = fresh {
            if !self.folded(&snapshot) {
                self.pull_record(joined).await?; // it may be newer than the record was a moment ago
            }
            if !self.folded(&snapshot) {
                self.live(|live| live.shown = Some(format!("snapshot of {} entries", snapshot.size)));
                return Err(alarm("the snapshot says what the record does not"));
            }
            self.store.set_fact("snapshot", &snapshot)?;
            self.live(|live| {
                live.snapshot = Some(snapshot);
                live.snapshot_etag = etag;
            });
        }
        if self.pull_receipts(joined).await? {
            self.pull_record(joined).await?; // a receipt and the act that it confirms come true together
        }
        self.purge_retired(joined).await
    }

    /// Whether what a snapshot says can be so, by the fold: nothing is shown of accounts and keys that nobody brought.
    fn folded(&self, snapshot: &Snapshot) -> bool {
        let Some(state) = self.state() else { return false };
        let known = |call: &CallRow| {
            let connection = call.connection.map(|id| state.connections().get(&id));
            connection.is_none_or(|c| c.is_some_and(|c| call.version.is_none_or(|v| c.versions.contains_key(&v))))
        };
        snapshot.size <= state.tree().size() && snapshot.calls.iter().chain(&snapshot.first_calls).all(known)
    }

    /// The agency must still be who it was, with a key set that is not older: looked at now and then, and at each start.
    async fn look_at_agency(&self, joined: &Joined) -> Result<(), Fault> {
        if self.live(|live| live.agency_seen).is_some_and(|at| at.elapsed() < LOOK_AGAIN) {
            return Ok(());
        }
        let info: AgencyInfo = joined.http.unsigned(Method::GET, "/v1/agency", None).await?;
        self.live(|live| live.shown = serde_json::to_string(&info).ok());
        let newest = verify_info(&info, joined.membership.fingerprint, 0, Some(&joined.keyset))?;
        if newest.set().seq > joined.keyset.set().seq {
            let renewed = joined.renewed(&info)?;
            self.store.set_fact("membership", &renewed.membership)?;
            self.begin(renewed)?;
        }
        self.live(|live| live.agency_seen = Some(std::time::Instant::now()));
        Ok(())
    }

    /// Fetches leaves until the record is as long as its checkpoint, and pins that.
    async fn pull_record(&self, joined: &Joined) -> Result<(), Fault> {
        let mut state = self.state_or_new(joined);
        let known = state.tree().size();
        let verified_at;
        loop {
            let from = state.tree().size();
            let query = format!("from={from}");
            let page: RecordPage = joined.http.signed(&joined.signer, Method::GET, "/v1/record", &query, None).await?;
            let checkpoint = self.verified(joined, &page.checkpoint)?;
            if checkpoint.size < from {
                return Err(alarm("the agency shows a shorter record than before"));
            }
            // What no checkpoint stands for yet is not taken: it comes again, with the checkpoint that does.
            let within = usize::try_from(checkpoint.size - from).unwrap_or(usize::MAX);
            let leaves: Vec<Vec<u8>> = page.leaves.into_iter().take(within).map(|leaf| leaf.0).collect();
            for leaf in &leaves {
                state.apply(leaf, &joined.keyset.ring()).map_err(|e| alarm(&e.to_string()))?;
            }
            if state.tree().size() == checkpoint.size {
                if state.tree().root() != checkpoint.root {
                    return Err(alarm("the record's root is not the checkpoint's"));
                }
                verified_at = now();
                let kept = self.live(|live| live.verified_kept.is_some_and(|at| at.elapsed() < KEEP_AGAIN));
                if !(leaves.is_empty() && kept) {
                    self.store.append(from, &leaves, &page.checkpoint, Some(verified_at))?;
                    self.live(|live| live.verified_kept = Some(std::time::Instant::now()));
                }
                break;
            }
            if leaves.is_empty() {
                return Err(alarm("the record ends before its checkpoint"));
            }
            self.store.append(from, &leaves, &page.checkpoint, None)?;
        }
        let grown = state.tree().size() > known;
        self.live(|live| {
            live.state = Some(std::sync::Arc::new(state));
            live.verified_at = Some(verified_at);
        });
        if grown {
            self.rotating.notify_one(); // it may say what a rotation waits for
        }
        Ok(())
    }

    /// A checkpoint that verifies and does not contradict the record that this device holds.
    pub(crate) fn verified(&self, joined: &Joined, note: &str) -> Result<Checkpoint, Fault> {
        self.live(|live| live.shown = Some(note.to_owned()));
        let origin = origin(joined.membership.fingerprint, &joined.membership.client.to_string());
        Checkpoint::verify(note, &origin, &joined.keyset.ring()).map_err(|e| alarm(&e.to_string()))
    }

    /// Fetches the receipt of every version that waits for one, and keeps it if it verifies. True when one came.
    async fn pull_receipts(&self, joined: &Joined) -> Result<bool, Fault> {
        let Some(state) = self.state() else { return Ok(false) };
        let mut came = false;
        for (connection, known) in state.connections() {
            for (number, version) in known.open_versions().filter(|(_, v)| v.stage != Stage::Retired) {
                let path = format!("/v1/receipts/{connection}/{number}");
                let have = self.store.receipt(&connection.to_string(), number)?;
                if have.is_some() && !self.waits_for_receipt(*connection) {
                    continue;
                }
                let envelope: Envelope = match joined.http.signed(&joined.signer, Method::GET, &path, "", None).await {
                    Ok(envelope) => envelope,
                    Err(fault) if fault.code == Code::NotFound => continue,
                    Err(fault) => return Err(fault),
                };
                self.live(|live| live.shown = serde_json::to_string(&envelope).ok());
                let verified = Receipt::verify(
                    &envelope,
                    &joined.keyset.ring(),
                    joined.membership.fingerprint,
                    joined.membership.client,
                    *connection,
                    number,
                    version.sealed_sha256,
                );
                verified.map_err(|e| Fault::new(Code::ReceiptRefused, e.to_string()))?;
                let bytes = envelope.to_bytes();
                if have.as_ref() != Some(&bytes) {
                    self.store.put_receipt(&connection.to_string(), number, &bytes)?;
                    came = true;
                }
            }
        }
        Ok(came)
    }

    /// Keys of retired versions are purged from this device: at first those of all versions, later of those only of which
    /// something may have changed.
    async fn purge_retired(&self, joined: &Joined) -> Result<(), Fault> {
        let Some(state) = self.state() else { return Ok(()) };
        let connections = state.connections().iter();
        let open: BTreeSet<_> =
            connections.flat_map(|(id, known)| known.open_versions().map(|(number, _)| (*id, number))).collect();
        let (before, purged) = self.live(|live| (live.unpurged.clone(), live.purged.clone()));
        let looked = match before {
            Some(before) => before.union(&open).copied().collect(),
            None => all_versions(&state),
        };
        let mut unpurged = BTreeSet::new();
        for (connection, number) in looked.difference(&purged).copied() {
            let version = state.connections().get(&connection).and_then(|known| known.versions.get(&number));
            if version.is_some_and(|version| may_purge(version, joined.now())) {
                self.keys.forget(keychain::key_name(connection, Some(number))).await?;
                self.live(|live| live.purged.insert((connection, number)));
            } else {
                unpurged.insert((connection, number));
            }
        }
        self.live(|live| {
            live.purged.retain(|version| open.contains(version));
            live.unpurged = Some(unpurged);
        });
        Ok(())
    }

    /// Follows the agency's news until the app ends: syncs on each, and comes back after sleep and network changes. Drives
    /// this device's rotations, keeps its dates and fetches figures meanwhile.
    pub async fn follow(&self) {
        tokio::join!(self.follow_news(), self.drive(), self.watch(), self.keep_schedule(), self.keep_bills());
    }

    async fn follow_news(&self) {
        let mut pause = Duration::from_secs(1);
        loop {
            let Some(joined) = self.joined() else {
                tokio::select! {
                    () = self.entered.notified() => {}
                    () = tokio::time::sleep(Duration::from_secs(30)) => {}
                }
                continue;
            };
            match joined.http.events(&joined.signer).await {
                Ok(mut stream) => {
                    pause = Duration::from_secs(1);
                    let _told = self.sync().await;
                    while let Ok(Some(chunk)) = stream.chunk().await {
                        if chunk.windows(6).any(|w| w == b"event:") && !self.knows(&chunk) {
                            let _told = self.sync().await;
                        }
                    }
                }
                Err(_) => {
                    let _told = self.sync().await;
                }
            }
            if self.live(|live| live.removed || live.alarm.is_some()) {
                self.entered.notified().await; // joined again, or the alarm was read
                continue;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }

    /// Whether what the news tell of was seen already: most are of what this device did itself.
    fn knows(&self, chunk: &[u8]) -> bool {
        let last =
            std::str::from_utf8(chunk).ok().and_then(|text| text.lines().rfind(|line| line.starts_with("data:")));
        let event = last.and_then(|line| serde_json::from_str::<Event>(line.trim_start_matches("data:")).ok());
        event.is_some_and(|event| {
            self.live(|live| {
                let seen = live.snapshot.as_ref().filter(|_| live.online);
                seen.is_some_and(|s| s.size >= event.size && s.calls_revision == event.calls_revision)
            })
        })
    }

    fn state_or_new(&self, joined: &Joined) -> ClientState {
        self.state().map_or_else(
            || ClientState::new(joined.membership.fingerprint, joined.membership.client),
            |state| ClientState::clone(&state),
        )
    }
}

/// A retired key is kept only to prove that the provider refuses it: until that is proven, and at most this long.
const TO_PROVE: i64 = 7 * 24 * 3_600 * 1_000;

fn all_versions(state: &ClientState) -> BTreeSet<(ConnectionId, u32)> {
    let connections = state.connections().iter();
    connections.flat_map(|(id, known)| known.versions.keys().map(|number| (*id, *number))).collect()
}

fn may_purge(version: &Version, now: Instant) -> bool {
    version.stage == Stage::Retired
        && (version.at_provider == AtProvider::Revoked || now.millis_since(version.since) >= TO_PROVE)
}

#[cfg(test)]
mod tests {
    use ownkey_protocol::encoding::Hash;
    use ownkey_protocol::id::DeviceId;
    use ownkey_protocol::law::Health;

    use super::*;

    #[test]
    fn a_retired_key_is_kept_until_its_death_is_proven_and_at_most_seven_days() {
        let retired = Instant::from_unix_millis(1_000);
        let version = |stage, at_provider| Version {
            stage,
            health: Health::Works,
            at_provider,
            sealed_sha256: Hash::of(&[b"x"]),
            device: DeviceId::random(retired),
            index: 0,
            expires: None,
            pushed: retired,
            since: retired,
            reason: None,
            served: true,
            proven: false,
            drained: false,
        };
        let days = |n: i64| retired.plus_millis(n * 24 * 3_600 * 1_000);
        let unproven = version(Stage::Retired, AtProvider::Unproven);
        assert!(!may_purge(&unproven, days(6)) && may_purge(&unproven, days(7)));
        assert!(may_purge(&version(Stage::Retired, AtProvider::Revoked), days(0)));
        assert!(!may_purge(&version(Stage::Current, AtProvider::Live), days(100)));
        assert!(!may_purge(&version(Stage::Previous, AtProvider::Live), days(100)));
    }
}
