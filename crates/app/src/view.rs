//! What the window shows, made from what this device has verified and nothing else.

use std::collections::BTreeMap;

use ownkey_protocol::api::CallRow;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::{Hash, strict};
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::join::words;
use ownkey_protocol::law::{self, ClientState, Health, Stage as VersionStage};
use ownkey_protocol::receipt::{Outcome, Receipt};
use ownkey_protocol::vocabulary::{Answer, Payer, Provider, Question, Use};

use crate::agency_client::now;
use crate::connect::Draft;
use crate::fault::Fault;
use crate::host::Host;
use crate::joined::Membership;
use crate::keychain::admin_name;
use crate::wire::*;
use crate::{App, connect};

impl<H: Host> App<H> {
    /// All that the window shows.
    ///
    /// # Errors
    /// When the local store cannot be read.
    pub async fn app_state(&self) -> Result<AppState, Fault> {
        let state = self.state();
        let membership = self.joined().map(|j| j.membership.clone()).or(self.store.fact::<Membership>("membership")?);
        let (alarm, removed, lost) = self.live(|live| (live.alarm.clone(), live.removed, live.lost));
        let stage = match (&membership, &alarm, removed) {
            (None, ..) => Stage::Welcome,
            (_, Some(_), _) => Stage::Alarm,
            (_, _, true) => Stage::Removed,
            _ if lost => Stage::Lost,
            _ => Stage::Joined,
        };
        let mut drafts: Vec<Draft> = self.live(|live| live.drafts.values().cloned().collect());
        drafts.sort_by_key(|d| d.started);
        let view = state.as_deref().zip(membership.as_ref());
        Ok(AppState {
            revision: self.revision(),
            about: About { name: self.setup.name.clone(), version: env!("CARGO_PKG_VERSION").to_owned() },
            simulated: self.setup.endpoints.simulated(),
            practice_keys: self.setup.practice_keys,
            stage,
            preferences: self.preferences(),
            freshness: self.live(|live| Freshness {
                online: live.online,
                as_of: live.as_of.map(|i| i.to_string()),
                failure: live.offline_why.clone(),
            }),
            agency: membership.as_ref().map(|m| self.agency_view(m)).transpose()?,
            me: view.and_then(|(s, m)| self.me(s, m)),
            needs_you: self.needs_you(state.as_deref()),
            uses: Use::ALL.into_iter().map(|u| self.use_view(state.as_deref(), u)).collect(),
            connections: self.connections(state.as_deref(), membership.as_ref())?,
            drafts: drafts.iter().map(|d| self.connect_view(d)).collect::<Result<_, _>>()?,
            rotations: self.rotation_views()?,
            agreement: state.as_deref().map(crate::schedule::agreement).unwrap_or_else(AgreementView::none),
            limits: state.as_deref().map(crate::limits::shown).unwrap_or_default(),
            assistants: self.assistants(state.as_deref()),
            members: view.map(|(s, m)| self.members(s, m)).unwrap_or_default(),
            devices: view.map(|(s, m)| self.devices(s, m)).unwrap_or_default(),
            invites: self.invites(state.as_deref()),
            record: RecordView {
                size: state.as_ref().map_or(0, |s| small(s.tree().size())),
                verified_at: self.live(|live| live.verified_at.map(|i| i.to_string())),
                root: state.as_ref().map(|s| s.tree().root().to_string()[..16].to_owned()),
                alarm,
            },
            providers: Provider::ALL.into_iter().map(|p| self.provider_view(p)).collect(),
            join_link: self.live(|live| live.join_link.clone()).filter(|_| membership.is_none() || removed || lost),
        })
    }

    /// The name behind a hash; empty when it was erased.
    pub(crate) fn name_of(&self, hash: Hash) -> String {
        let found = self.live(|live| {
            live.snapshot.as_ref().and_then(|s| s.names.iter().find(|n| n.hash() == hash).map(|n| n.name.clone()))
        });
        found.unwrap_or_default()
    }

    fn agency_view(&self, membership: &Membership) -> Result<AgencyView, Fault> {
        let keyset = crate::joined::verify_kept(membership)?;
        let (contact, egress) = self.live(|live| match &live.snapshot {
            Some(s) => (s.contact.clone(), s.egress_addresses.clone()),
            None => (membership.contact.clone(), membership.egress_addresses.clone()),
        });
        Ok(AgencyView {
            name: keyset.set().name.clone(),
            contact,
            url: membership.origin.clone(),
            words: words(membership.fingerprint).map(str::to_owned).to_vec(),
            egress_addresses: egress,
        })
    }

    fn me(&self, state: &ClientState, membership: &Membership) -> Option<MeView> {
        let member = state.members().get(&membership.member)?;
        Some(MeView {
            member: membership.member.to_string(),
            device: membership.device.to_string(),
            name: self.name_of(member.name_hash),
            role: member.role,
            client_name: state.name_hash().map(|h| self.name_of(h)).unwrap_or_default(),
        })
    }

    fn provider_view(&self, provider: Provider) -> ProviderView {
        ProviderView {
            provider,
            uses: provider.uses().to_vec(),
            can_make: provider == Provider::OpenAi,
            admin_key_kept: self.store.fact::<bool>(&admin_name(provider)).ok().flatten().unwrap_or(false),
        }
    }

    fn use_view(&self, state: Option<&ClientState>, r#use: Use) -> UseView {
        let Some(state) = state else { return empty_use(r#use) };
        let known = state.of_use(r#use);
        let assignment = known.assignment.as_ref();
        let preferred = assignment.and_then(|a| a.preferred);
        let mut serving: Vec<ConnectionId> =
            assignment.map(|a| a.serving.values().copied().collect()).unwrap_or_default();
        serving.sort_by_key(|id| Some(*id) != preferred);
        let available = state
            .connections()
            .iter()
            .filter(|(id, c)| {
                !c.closed && c.current().is_some() && c.provider.uses().contains(&r#use) && !serving.contains(id)
            })
            .map(|(id, _)| id.to_string())
            .collect();
        UseView {
            r#use,
            payer: assignment.map(|a| a.payer),
            preferred: preferred.map(|id| id.to_string()),
            model: assignment.and_then(|a| a.model.clone()),
            models: preferred.map(|id| self.models_of(id, r#use)).unwrap_or_default(),
            serving: serving.iter().map(ToString::to_string).collect(),
            available,
            platform_offered: known.offered_at(now()),
            fallback: known.fallback_at(now()),
            fallback_set: known.fallback.0,
            fallback_tightened: known.stop,
            paused: known.paused.map(|i| i.to_string()),
            fallback_since: known.falling_back.values().min().map(ToString::to_string),
            revision: small(known.revision),
        }
    }

    fn models_of(&self, id: ConnectionId, r#use: Use) -> Vec<ModelOffer> {
        self.all_models_of(id).into_iter().filter(|m| m.uses.contains(&r#use)).collect()
    }

    fn all_models_of(&self, id: ConnectionId) -> Vec<ModelOffer> {
        let kept = self.store.all::<connect::KeptCheck>(crate::store::Table::Checks).unwrap_or_default();
        kept.into_iter().find(|(key, _)| *key == id.to_string()).map(|(_, check)| check.models).unwrap_or_default()
    }

    fn connections(
        &self,
        state: Option<&ClientState>,
        membership: Option<&Membership>,
    ) -> Result<Vec<ConnectionView>, Fault> {
        let (Some(state), Some(membership)) = (state, membership) else { return Ok(vec![]) };
        let open = state.connections().iter().filter(|(_, c)| !c.closed && !c.versions.is_empty());
        open.map(|(id, known)| self.connection_view(state, membership, *id, known)).collect()
    }

    fn connection_view(
        &self,
        state: &ClientState,
        membership: &Membership,
        id: ConnectionId,
        known: &law::Connection,
    ) -> Result<ConnectionView, Fault> {
        let newest = known.current().map(|(_, v)| v).or_else(|| known.versions.values().next_back());
        let secret_here = newest.is_some_and(|v| v.device == membership.device);
        let elsewhere = newest.filter(|_| !secret_here).and_then(|v| state.devices().get(&v.device));
        let versions: Result<Vec<VersionView>, Fault> =
            shown(known).map(|(n, v)| self.version_view(id, n, v)).collect();
        Ok(ConnectionView {
            id: id.to_string(),
            provider: known.provider,
            name: self.name_of(known.name_hash),
            account: match &known.account {
                ownkey_protocol::vocabulary::Account::Told(id) => Some(id.clone()),
                ownkey_protocol::vocabulary::Account::Untold => None,
            },
            uses: self.uses_hit(id),
            paused: known.paused.map(|i| i.to_string()),
            versions: versions?,
            current: known.current().map(|(n, _)| n),
            owner: state.members().get(&known.owner).map(|m| self.name_of(m.name_hash)).unwrap_or_default(),
            owner_member: known.owner.to_string(),
            schedule: known.schedule.map(|scheduled| scheduled.schedule),
            try_first: self.tries_first(id).map(|(assistant, _)| assistant.to_string()),
            due: self.due_view(state, id),
            check: self.live(|live| live.checks.get(&id).cloned()),
            models: self.all_models_of(id),
            last_call: self.last_call(state, id),
            secret_on: elsewhere.map(|d| self.name_of(d.name_hash)),
            secret_here,
        })
    }

    fn version_view(&self, id: ConnectionId, number: u32, version: &law::Version) -> Result<VersionView, Fault> {
        Ok(VersionView {
            number,
            stage: stage_word(version.stage),
            health: match version.health {
                Health::Unknown => HealthWord::Unknown,
                Health::Works => HealthWord::Works,
                Health::Dead(_) => HealthWord::Dead,
            },
            at_provider: match version.at_provider {
                law::AtProvider::Live => AtProvider::Live,
                law::AtProvider::Revoked => AtProvider::Revoked,
                law::AtProvider::Unproven => AtProvider::Unproven,
            },
            last_four: self.store.hint(&id.to_string(), number)?,
            since: version.since.to_string(),
            pushed: version.pushed.to_string(),
        })
    }

    fn last_call(&self, state: &ClientState, id: ConnectionId) -> Option<CallView> {
        self.live(|live| {
            let rows = live.snapshot.as_ref().map(|s| s.calls.clone()).unwrap_or_default();
            rows.into_iter().filter(|c| c.connection == Some(id)).max_by_key(|c| c.at)
        })
        .map(|row| self.call_view(state, &row))
    }

    fn call_view(&self, state: &ClientState, row: &CallRow) -> CallView {
        let assistant = row.assistant.parse().ok().and_then(|id| state.assistants().get(&id));
        CallView {
            at: row.at.to_string(),
            assistant: assistant.map(|a| self.name_of(a.name_hash)).unwrap_or_default(),
            model: row.model.clone(),
            paid_by: row.paid_by,
            version: row.version,
            status: row.status,
        }
    }

    fn assistants(&self, state: Option<&ClientState>) -> Vec<AssistantView> {
        let all = state.into_iter().flat_map(|s| s.assistants().iter()).filter(|(_, a)| !a.removed);
        all.map(|(id, a)| AssistantView {
            id: id.to_string(),
            name: self.name_of(a.name_hash),
            uses: a.uses.iter().copied().collect(),
            low_stakes: a.low_stakes,
            paused: a.paused.map(|i| i.to_string()),
            tokens: self.tokens(a),
        })
        .collect()
    }

    fn tokens(&self, assistant: &law::Assistant) -> Vec<TokenView> {
        let now = now();
        let used = self.live(|live| live.snapshot.as_ref().map(|s| s.tokens.clone()).unwrap_or_default());
        let mut good: Vec<_> = assistant.tokens.iter().filter(|(_, token)| token.good_at(now)).collect();
        good.sort_by_key(|(_, token)| std::cmp::Reverse(token.since));
        good.into_iter()
            .map(|(hash, token)| TokenView {
                name: token.name_hash.map(|h| self.name_of(h)).unwrap_or_default(),
                uses: token.uses.as_ref().unwrap_or(&assistant.uses).iter().copied().collect(),
                since: token.since.to_string(),
                expires: token.expires.map(|i| i.to_string()),
                last_used: used.iter().find(|u| u.token == *hash).map(|u| u.at.to_string()),
            })
            .collect()
    }

    fn members(&self, state: &ClientState, membership: &Membership) -> Vec<MemberView> {
        let present = state.members().iter().filter(|(_, m)| m.joined && !m.removed);
        present
            .map(|(id, m)| MemberView {
                id: id.to_string(),
                name: self.name_of(m.name_hash),
                role: m.role,
                me: *id == membership.member,
                devices: small(
                    state.devices().values().filter(|d| d.member == *id && d.revoked.is_none()).count() as u64
                ),
                revision: small(m.revision),
            })
            .collect()
    }

    fn devices(&self, state: &ClientState, membership: &Membership) -> Vec<DeviceView> {
        let all = state.devices().iter();
        all.map(|(id, d)| DeviceView {
            id: id.to_string(),
            name: self.name_of(d.name_hash),
            member: d.member.to_string(),
            member_name: state.members().get(&d.member).map(|m| self.name_of(m.name_hash)).unwrap_or_default(),
            this_device: *id == membership.device,
            enrolled: d.enrolled.to_string(),
            revoked: d.revoked.map(|i| i.to_string()),
            held: self.held_by(state, *id),
        })
        .collect()
    }

    fn invites(&self, state: Option<&ClientState>) -> Vec<InviteView> {
        let now = now();
        let open = state.into_iter().flat_map(|s| s.invites().values().map(move |i| (s, i)));
        open.filter(|(_, i)| !i.used && now < i.expires)
            .map(|(s, i)| InviteView {
                id: i.act.to_string(),
                name: s.members().get(&i.member).map(|m| self.name_of(m.name_hash)).unwrap_or_default(),
                role: i.role,
                expires: i.expires.to_string(),
            })
            .collect()
    }

    fn connect_view(&self, draft: &Draft) -> Result<ConnectView, Fault> {
        let (busy, failure, asked) = self.live(|live| {
            let id = &draft.id;
            (live.busy.get(id).copied(), live.failures.get(id).cloned(), live.asked.get(id).cloned())
        });
        let receipt = self.receipt_view(draft)?;
        let waits =
            draft.step == ConnectStep::Confirm && receipt.as_ref().is_none_or(|r| r.outcome == ReceiptOutcome::Stored);
        let soft: &[Question] = &[Question::Credit, Question::Model, Question::Scope];
        let weak = draft.verdicts.iter().any(|v| soft.contains(&v.what) && v.answer == Answer::No);
        let state = self.state();
        Ok(ConnectView {
            id: draft.id.to_string(),
            provider: draft.provider,
            uses: draft.uses.clone(),
            how: draft.how,
            step: self.step_now(draft),
            busy: busy.or(waits.then_some(Busy::WaitingForReceipt)),
            key: draft.key.clone(),
            asked,
            check: (!draft.verdicts.is_empty() || busy == Some(Busy::Checking)).then(|| CheckView {
                running: busy == Some(Busy::Checking),
                verdicts: draft.verdicts.clone(),
                at: draft.checked_at.map(|i| i.to_string()),
            }),
            models: draft.models.clone(),
            picks: draft.picks.clone(),
            send_needs_consent: weak || connect::only_the_agency_can_check(&draft.verdicts),
            parcel: if draft.step == ConnectStep::Review { self.parcel(draft) } else { None },
            receipt,
            trial: state.as_deref().and_then(|s| self.trial_view(s, draft)),
            first_calls: state.as_deref().map(|s| self.first_calls(s, draft)).unwrap_or_default(),
            making: draft.making.as_ref().map(connect::making_steps).unwrap_or_default(),
            failure,
            started: draft.started.to_string(),
        })
    }

    fn receipt_view(&self, draft: &Draft) -> Result<Option<ReceiptView>, Fault> {
        let Some(sent) = &draft.sent else { return Ok(None) };
        let Some(bytes) = self.store.receipt(&draft.id.to_string(), sent.version)? else { return Ok(None) };
        let receipt = Envelope::parse(&bytes).ok().and_then(|e| strict::<Receipt>(&e.payload.0).ok());
        Ok(receipt.map(|r| ReceiptView {
            outcome: match r.outcome {
                Outcome::Stored => ReceiptOutcome::Stored,
                Outcome::Works => ReceiptOutcome::Works,
                Outcome::Refused => ReceiptOutcome::Refused,
            },
            at: r.at.to_string(),
            check: CheckView { running: false, verdicts: r.verdicts, at: Some(r.at.to_string()) },
            fingerprint: r.sealed_sha256.to_string()[..16].to_owned(),
        }))
    }

    fn trial_view(&self, state: &ClientState, draft: &Draft) -> Option<TrialView> {
        let (assistant, _) = self.tester(draft)?;
        let known = state.assistants().get(&assistant)?;
        let trial = state.connections().get(&draft.id).and_then(|c| c.trial.as_ref());
        let version = draft.sent.as_ref().map(|s| s.version);
        let first = self.calls_on(draft.id, version).into_iter().find(|c| c.assistant == assistant.to_string());
        Some(TrialView {
            assistant: assistant.to_string(),
            name: self.name_of(known.name_hash),
            since: trial.map(|t| t.since.to_string()),
            first_call: first.map(|c| self.call_view(state, &c)),
        })
    }

    /// The first call per use that ran on the version since it is in use.
    fn first_calls(&self, state: &ClientState, draft: &Draft) -> Vec<CallView> {
        let version = draft.sent.as_ref().map(|s| s.version);
        let current = state.connections().get(&draft.id).and_then(|c| c.current());
        let Some((_, known)) = current.filter(|(n, _)| Some(*n) == version) else { return vec![] };
        let mut last: Vec<CallRow> =
            self.live(|live| live.snapshot.as_ref().map(|s| s.calls.clone()).unwrap_or_default());
        last.retain(|c| {
            c.connection == Some(draft.id) && c.version == version && c.paid_by == Payer::Own && c.at >= known.since
        });
        last.iter().map(|c| self.call_view(state, c)).collect()
    }

    fn calls_on(&self, id: ConnectionId, version: Option<u32>) -> Vec<CallRow> {
        self.live(|live| {
            let rows = live.snapshot.as_ref().map(|s| s.first_calls.clone()).unwrap_or_default();
            rows.into_iter().filter(|c| c.connection == Some(id) && c.version == version).collect()
        })
    }
}

/// Versions that are shown of a connection, beside those that are not over.
const VERSIONS: usize = 32;

/// The newest versions, and all that are not over, newest first: a connection that is replaced every day gathers hundreds.
fn shown(known: &law::Connection) -> impl Iterator<Item = (u32, &law::Version)> {
    let newest = known.versions.iter().rev().take(VERSIONS).map(|(number, version)| (*number, version));
    newest.chain(known.open_versions()).collect::<BTreeMap<_, _>>().into_iter().rev()
}

fn empty_use(r#use: Use) -> UseView {
    UseView {
        r#use,
        payer: None,
        preferred: None,
        model: None,
        models: vec![],
        serving: vec![],
        available: vec![],
        platform_offered: false,
        fallback: ownkey_protocol::vocabulary::Fallback::Stop,
        fallback_set: ownkey_protocol::vocabulary::Fallback::Stop,
        fallback_tightened: false,
        paused: None,
        fallback_since: None,
        revision: 0,
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(crate) const fn stage_word(stage: VersionStage) -> StageWord {
    match stage {
        VersionStage::Pending => StageWord::Pending,
        VersionStage::Ready => StageWord::Ready,
        VersionStage::Current => StageWord::Current,
        VersionStage::Previous => StageWord::Previous,
        VersionStage::Retired => StageWord::Retired,
    }
}
