//! Acts about connections and their versions, and the gateway's findings about them.

use super::{
    AtProvider, ClientState, Connection, Context, Health, Refused, Stage, Trial, Version, no, short_and_unique,
};
use crate::act::{Actor, Deed, Preference, RetireReason};
use crate::code::Code;
use crate::id::{AssistantId, ConnectionId};
use crate::vocabulary::{Account, Payer, Use};

use super::state::Assignment;

impl ClientState {
    pub(super) fn apply_connection(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        match &context.act.deed {
            Deed::ConnectionOpen { connection, provider, name_hash } => {
                let Actor::Device { member, .. } = context.actor else {
                    return no(Code::NotAllowed, "only a device opens a connection");
                };
                if self.connections.contains_key(connection) {
                    return no(Code::ActRefused, "the connection is open");
                }
                let fresh = Connection {
                    provider: *provider,
                    name_hash: *name_hash,
                    account: Account::Untold,
                    owner: *member,
                    schedule: None,
                    versions: Default::default(),
                    open: Default::default(),
                    paused: None,
                    trial: None,
                    rotation: None,
                    fence: 0,
                    closed: false,
                    revision: 0,
                };
                self.connections.insert(*connection, fresh);
                Ok(())
            }
            Deed::ConnectionRename { connection, name_hash } => {
                self.connection(*connection)?;
                self.change(*connection, |c| c.name_hash = *name_hash)
            }
            Deed::ConnectionClose { connection } => {
                let known = self.connection(*connection)?;
                if known.open_versions().any(|(_, v)| v.stage != Stage::Retired) {
                    return no(Code::ActRefused, "a version is not retired");
                }
                self.change(*connection, |c| {
                    c.closed = true;
                    c.trial = None;
                    c.rotation = None;
                })?;
                self.forget_in_assignments(*connection);
                Ok(())
            }
            Deed::VersionPush { .. } => self.push(context),
            Deed::VersionPromote { connection, version, uses, preferred, .. } => {
                self.promote(context, *connection, *version, uses, preferred)
            }
            Deed::VersionRetire { connection, version, reason, .. } => {
                self.retire(context, *connection, *version, *reason)
            }
            Deed::VersionRevoked { connection, version, .. } => {
                self.version(*connection, *version, &[Stage::Retired])?;
                self.change_version(*connection, *version, |v| v.at_provider = AtProvider::Revoked)
            }
            Deed::TrialStart { connection, version, assistant, uses, .. } => {
                self.start_trial(context, *connection, *version, *assistant, uses)
            }
            Deed::TrialEnd { connection, .. } => {
                self.connection(*connection)?;
                self.change(*connection, |c| c.trial = None)
            }
            Deed::CheckRequest { connection, version } => {
                self.version(*connection, *version, &[Stage::Pending, Stage::Ready, Stage::Current, Stage::Previous])
            }
            _ => no(Code::Malformed, "not an act about connections"),
        }
    }

    pub(super) fn apply_finding(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        let live = [Stage::Pending, Stage::Ready, Stage::Current, Stage::Previous];
        match &context.act.deed {
            Deed::VersionConfirmed { connection, version, sealed_sha256, account } => {
                self.version(*connection, *version, &live)?;
                let known = self.connection(*connection)?;
                if known.versions[version].sealed_sha256 != *sealed_sha256 {
                    return no(Code::ActRefused, "confirmed other bytes than were pushed");
                }
                same_account(&known.account, account)?;
                self.change(*connection, |c| pin(&mut c.account, account))?;
                self.change_version(*connection, *version, |v| {
                    v.health = Health::Works;
                    if v.stage == Stage::Pending {
                        v.stage = Stage::Ready;
                        v.since = context.logged;
                    }
                })
            }
            Deed::VersionRefused { connection, version, code } | Deed::VersionDead { connection, version, code } => {
                self.version(*connection, *version, &live)?;
                let code = code.chars().take(64).collect();
                self.change_version(*connection, *version, |v| v.health = Health::Dead(code))
            }
            Deed::VersionAlive { connection, version } => {
                self.version(*connection, *version, &[Stage::Ready, Stage::Current, Stage::Previous])?;
                self.change_version(*connection, *version, |v| v.health = Health::Works)
            }
            Deed::VersionProven { connection, version } => self.prove(*connection, *version),
            Deed::VersionDrained { connection, version } => self.drain(*connection, *version),
            _ => no(Code::Malformed, "not a finding"),
        }
    }

    fn push(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        let (
            Deed::VersionPush { connection, version, sealed_sha256, account, expires, .. },
            Actor::Device { device, .. },
        ) = (&context.act.deed, context.actor)
        else {
            return no(Code::NotAllowed, "only a device pushes a version");
        };
        let known = self.connection(*connection)?;
        let highest = known.versions.keys().next_back().copied().unwrap_or(0);
        if highest.checked_add(1) != Some(*version) {
            return no(Code::ActRefused, "version numbers rise by one");
        }
        same_account(&known.account, account)?;
        let fresh = Version {
            stage: Stage::Pending,
            health: Health::Unknown,
            at_provider: AtProvider::Live,
            sealed_sha256: *sealed_sha256,
            device: *device,
            expires: *expires,
            index: context.index,
            pushed: context.logged,
            since: context.logged,
            reason: None,
            served: false,
            proven: false,
            drained: false,
        };
        self.change(*connection, |c| {
            pin(&mut c.account, account);
            c.versions.insert(*version, fresh);
            c.open.insert(*version);
        })
    }

    fn promote(
        &mut self,
        context: &Context<'_>,
        connection: ConnectionId,
        version: u32,
        uses: &[Use],
        preferred: &[Preference],
    ) -> Result<(), Refused> {
        self.version(connection, version, &[Stage::Ready, Stage::Previous, Stage::Current])?;
        let known = self.connection(connection)?;
        short_and_unique(uses)?;
        let preferred_uses: Vec<Use> = preferred.iter().map(|p| p.r#use).collect();
        short_and_unique(&preferred_uses)?;
        if preferred_uses.iter().any(|u| !uses.contains(u)) {
            return no(Code::ActRefused, "preferred for a use that it does not serve");
        }
        if uses.iter().any(|u| !known.provider.uses().contains(u)) {
            return no(Code::ActRefused, "the provider does not serve this use");
        }
        if known.versions[&version].health != Health::Works {
            return no(Code::ActRefused, "the version does not work");
        }
        let provider = known.provider;
        let before = known.current().map(|(number, _)| number).filter(|number| *number != version);
        if let Some(before) = before {
            self.change_version(connection, before, |v| {
                v.stage = Stage::Previous;
                v.since = context.logged;
            })?;
        }
        self.change_version(connection, version, |v| {
            v.stage = Stage::Current;
            v.since = context.logged;
            v.served = true;
            v.drained = false;
        })?;
        self.change(connection, |c| {
            if c.trial.as_ref().is_some_and(|t| t.version == version) {
                c.trial = None;
            }
        })?;
        for r#use in uses {
            let state = self.uses.entry(*r#use).or_default();
            let assignment = state.assignment.get_or_insert(Assignment {
                payer: Payer::Own,
                serving: Default::default(),
                preferred: None,
                model: None,
            });
            assignment.payer = Payer::Own;
            let before = assignment.serving.insert(provider, connection);
            if before.is_some() && before == assignment.preferred && before != Some(connection) {
                assignment.preferred = None;
                assignment.model = None;
            }
            if let Some(preference) = preferred.iter().find(|p| p.r#use == *r#use) {
                assignment.preferred = Some(connection);
                assignment.model = preference.model.clone();
            }
        }
        Ok(())
    }

    fn retire(
        &mut self,
        context: &Context<'_>,
        connection: ConnectionId,
        version: u32,
        reason: RetireReason,
    ) -> Result<(), Refused> {
        self.version(connection, version, &[Stage::Pending, Stage::Ready, Stage::Current, Stage::Previous])?;
        self.change(connection, |c| {
            if c.trial.as_ref().is_some_and(|t| t.version == version) {
                c.trial = None;
            }
        })?;
        self.change_version(connection, version, |v| {
            v.stage = Stage::Retired;
            v.since = context.logged;
            v.reason = Some(reason);
            v.at_provider = AtProvider::Unproven;
            v.drained |= !v.served;
        })
    }

    fn start_trial(
        &mut self,
        context: &Context<'_>,
        connection: ConnectionId,
        version: u32,
        assistant: AssistantId,
        uses: &[Use],
    ) -> Result<(), Refused> {
        self.version(connection, version, &[Stage::Ready, Stage::Previous])?;
        short_and_unique(uses)?;
        let known = self.connection(connection)?;
        let Some(tester) = self.assistants.get(&assistant).filter(|a| !a.removed) else {
            return no(Code::NotFound, "no such assistant");
        };
        if !tester.low_stakes {
            return no(Code::ActRefused, "the assistant is not marked for trials");
        }
        if uses.is_empty() || uses.iter().any(|u| !tester.uses.contains(u) || !known.provider.uses().contains(u)) {
            return no(Code::ActRefused, "the assistant or the provider does not serve this use");
        }
        let trial = Trial { version, assistant, uses: uses.iter().copied().collect(), since: context.logged };
        self.change(connection, |c| c.trial = Some(trial))?;
        self.change_version(connection, version, |v| {
            v.served = true;
            v.drained = false;
        })
    }

    /// Of a version that serves, or is tried; a proof is one for ever, so it is said once.
    fn prove(&mut self, connection: ConnectionId, version: u32) -> Result<(), Refused> {
        self.version(connection, version, &[Stage::Ready, Stage::Current, Stage::Previous])?;
        let known = self.connection(connection)?;
        let proven = &known.versions[&version];
        if proven.stage != Stage::Current && !known.tries(version) {
            return no(Code::ActRefused, "no call runs on the version");
        }
        if proven.proven {
            return no(Code::ActRefused, "the version is proven");
        }
        self.change_version(connection, version, |v| v.proven = true)
    }

    fn drain(&mut self, connection: ConnectionId, version: u32) -> Result<(), Refused> {
        if !self.connections.get(&connection).is_some_and(|c| c.drains(version)) {
            return no(Code::ActRefused, "the version is drained, or calls may run on it");
        }
        self.change_version(connection, version, |v| v.drained = true)
    }

    fn version(&self, connection: ConnectionId, version: u32, stages: &[Stage]) -> Result<(), Refused> {
        match self.connection(connection)?.versions.get(&version) {
            Some(known) if stages.contains(&known.stage) => Ok(()),
            Some(_) => no(Code::ActRefused, "the version is in another stage"),
            None => no(Code::NotFound, "no such version"),
        }
    }

    pub(super) fn change(
        &mut self,
        connection: ConnectionId,
        act: impl FnOnce(&mut Connection),
    ) -> Result<(), Refused> {
        match self.connections.get_mut(&connection) {
            Some(known) => {
                act(known);
                Ok(())
            }
            None => no(Code::NotFound, "no such connection"),
        }
    }

    fn change_version(
        &mut self,
        connection: ConnectionId,
        version: u32,
        act: impl FnOnce(&mut Version),
    ) -> Result<(), Refused> {
        let Some(known) = self.connections.get_mut(&connection) else {
            return no(Code::NotFound, "no such version");
        };
        let Some(changed) = known.versions.get_mut(&version) else {
            return no(Code::NotFound, "no such version");
        };
        act(changed);
        if changed.is_over() {
            known.open.remove(&version);
        }
        Ok(())
    }

    fn forget_in_assignments(&mut self, connection: ConnectionId) {
        for assignment in self.uses.values_mut().filter_map(|u| u.assignment.as_mut()) {
            assignment.serving.retain(|_, c| *c != connection);
            if assignment.preferred == Some(connection) {
                assignment.preferred = None;
                assignment.model = None;
            }
        }
    }
}

fn same_account(pinned: &Account, told: &Account) -> Result<(), Refused> {
    match (pinned, told) {
        (Account::Told(a), Account::Told(b)) if a != b => {
            no(Code::OtherAccount, "a key of another account is a new connection")
        }
        _ => Ok(()),
    }
}

fn pin(pinned: &mut Account, told: &Account) {
    if *pinned == Account::Untold {
        *pinned = told.clone();
    }
}
