//! Which things an act writes, and to which rotation it says that it belongs.

use super::{Deed, RetireReason};
use crate::id::ConnectionId;
use crate::limit::{Pausable, Scope};

/// What an act says about the rotation of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fenced {
    /// The connection.
    pub(crate) connection: ConnectionId,
    /// The rotation's fence, where it names one.
    pub(crate) fence: Option<u64>,
    /// Whether it must name it while a rotation is in force.
    pub(crate) must: bool,
}

impl Deed {
    /// The things that it writes, by the names under which `expects` lists their revisions.
    #[must_use]
    pub fn writes(&self) -> Vec<String> {
        use Deed::*;
        match self {
            ClientOpen { .. } | ClientEnd {} | PlatformKeyset { .. } | PlatformKey { .. } => vec![],
            MemberInvite { member, .. } | MemberChange { member, .. } | MemberRemove { member } => {
                vec![member.to_string()]
            }
            DeviceEnrol { .. } | DeviceRename { .. } | DeviceLeave {} | CheckRequest { .. } | StatementSend { .. } => {
                vec![]
            }
            // Their fence says which rotation they were looking at; what a person sees of the connection stays as it is.
            RotationLease { .. } | RotationEnd { .. } => vec![],
            DeviceRevoke { device } => vec![device.to_string()],
            ConnectionOpen { connection, .. }
            | ConnectionRename { connection, .. }
            | ConnectionOwner { connection, .. }
            | ConnectionSchedule { connection, .. }
            | ConnectionClose { connection }
            | VersionPush { connection, .. }
            | VersionRetire { connection, .. }
            | VersionRevoked { connection, .. }
            | TrialStart { connection, .. }
            | TrialEnd { connection, .. } => vec![connection.to_string()],
            VersionPromote { connection, uses, .. } => {
                let mut things = vec![connection.to_string()];
                things.extend(uses.iter().map(|u| format!("use:{u}")));
                things
            }
            AssignmentSet { r#use, .. }
            | ModelPick { r#use, .. }
            | FallbackLimit { r#use, .. }
            | PlatformOffer { r#use, .. }
            | FallbackSet { r#use, .. }
            | ModelsAllow { r#use, .. } => vec![format!("use:{}", r#use)],
            AssistantAdd { assistant, .. }
            | AssistantMarkLowStakes { assistant, .. }
            | AssistantToken { assistant, .. }
            | AssistantTokenEnd { assistant, .. }
            | AssistantRemove { assistant } => vec![assistant.to_string()],
            PauseSet { of } | PauseClear { of } => vec![paused(of)],
            LimitSet { scope, .. } => vec![limited(scope)],
            AgreementPropose { .. } | AgreementAccept { .. } | AgreementDecline {} => vec!["agreement".to_owned()],
            VersionConfirmed { .. }
            | VersionRefused { .. }
            | VersionDead { .. }
            | VersionAlive { .. }
            | VersionProven { .. }
            | VersionDrained { .. }
            | FallbackBegan { .. }
            | FallbackEnded { .. }
            | BudgetReached { .. } => vec![],
        }
    }

    /// What it says about the rotation of its connection. A leaked key is retired whoever replaces it; that the provider
    /// refuses one is so whoever says it.
    pub(crate) fn fenced(&self) -> Option<Fenced> {
        use Deed::*;
        let (connection, fence, must) = match self {
            VersionRetire { reason: RetireReason::Leaked, .. } => return None,
            VersionPush { connection, fence, .. }
            | VersionPromote { connection, fence, .. }
            | VersionRetire { connection, fence, .. }
            | TrialStart { connection, fence, .. }
            | TrialEnd { connection, fence } => (connection, *fence, true),
            ConnectionClose { connection } => (connection, None, true),
            VersionRevoked { connection, fence, .. } => (connection, *fence, false),
            RotationEnd { connection, fence, .. } => (connection, Some(*fence), true),
            _ => return None,
        };
        Some(Fenced { connection: *connection, fence, must })
    }
}

fn paused(of: &Pausable) -> String {
    match of {
        Pausable::Use(r#use) => format!("use:{}", r#use),
        Pausable::Connection(connection) => connection.to_string(),
        Pausable::Assistant(assistant) => assistant.to_string(),
    }
}

fn limited(scope: &Scope) -> String {
    match scope {
        Scope::Client => "limits".to_owned(),
        Scope::Use(r#use) | Scope::Platform(r#use) => format!("use:{}", r#use),
        Scope::Assistant(assistant) => assistant.to_string(),
    }
}
