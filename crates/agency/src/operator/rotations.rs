//! `ownkey-agency rotations`: which keys are being replaced or are to be, and who is stuck or late with it.

use ownkey_protocol::act::RetireReason;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{AtProvider, ClientState, Connection, Due, Reminder, Stage, Version};
use serde_json::{Value, json as value};

use super::{Answer, name};
use crate::Agency;

/// A row for each connection whose key is due within two weeks or was, of which a rotation was not ended, a replaced
/// version is not drained, or a retired one is not known to be refused by its provider.
pub(super) fn rows(agency: &Agency) -> Answer {
    let mut rows = Vec::new();
    for client in agency.store.clients().map_err(|e| e.to_string())? {
        if client == ClientId::PLATFORM {
            continue;
        }
        let state = agency.record.state(client).map_err(|e| e.to_string())?;
        for (id, known) in state.connections().iter().filter(|(_, c)| !c.closed && !state.ended()) {
            let open = Open::of(&state, *id, known, agency.now());
            if !open.is_nothing() {
                rows.push(row(agency, &state, *id, known, &open)?);
            }
        }
    }
    Ok(Value::Array(rows))
}

/// What is not over on a connection.
#[derive(Debug, PartialEq, Eq)]
struct Open {
    /// A rotation that did not end, and whether it is in force: one that is not is stuck.
    rotation: Option<bool>,
    /// When its key is to be replaced, from two weeks before on, and how near that is.
    due: Option<(Due, Reminder)>,
    /// Versions that were replaced and on which calls may still run.
    not_drained: Vec<u32>,
    /// Versions that were retired and that the provider may still accept.
    not_revoked: Vec<u32>,
}

impl Open {
    fn of(state: &ClientState, id: ConnectionId, known: &Connection, now: Instant) -> Self {
        let numbers = |wanted: &dyn Fn(&Version) -> bool| {
            known.open_versions().filter(|(_, v)| wanted(v)).map(|(number, _)| number).collect::<Vec<_>>()
        };
        // What was discarded before it served is nobody's to wait for.
        let served = |v: &Version| v.served || v.reason != Some(RetireReason::Discarded);
        Self {
            rotation: known.rotation.map(|_| state.rotation_at(id, now).is_some()),
            due: state.due(id).and_then(|due| Some((due, Reminder::at(due.at, now)?))),
            not_drained: numbers(&|v| v.stage == Stage::Previous && !v.drained),
            not_revoked: numbers(&|v| v.stage == Stage::Retired && v.at_provider == AtProvider::Unproven && served(v)),
        }
    }

    fn is_nothing(&self) -> bool {
        self.rotation.is_none() && self.due.is_none() && self.not_drained.is_empty() && self.not_revoked.is_empty()
    }
}

fn row(agency: &Agency, state: &ClientState, id: ConnectionId, known: &Connection, open: &Open) -> Answer {
    let client = state.client();
    let called = |hash: Option<Hash>| name(agency, client, hash);
    let versions = |numbers: &[u32]| -> Vec<Value> {
        let one = |number: &u32| {
            let running = agency.running.on(client, id, *number);
            value!({ "version": number, "since": known.versions[number].since, "running": running })
        };
        numbers.iter().map(one).collect()
    };
    let mut row = value!({
        "client": client,
        "name": called(state.name_hash())?,
        "connection": id,
        "provider": known.provider,
        "account": called(Some(known.name_hash))?,
        "not_drained": versions(&open.not_drained),
        "not_revoked": versions(&open.not_revoked),
    });
    if let (Some(lease), Some(in_force)) = (&known.rotation, open.rotation) {
        row["rotation"] = value!({
            "rotation": lease.rotation,
            "in_force": in_force,
            "device": lease.device,
            "device_name": called(state.devices().get(&lease.device).map(|d| d.name_hash))?,
            "since": lease.since,
            "until": lease.until,
        });
    }
    if let Some((due, near)) = open.due {
        let owner = state.looked_after_by(id).and_then(|member| state.members().get(&member));
        row["due"] = value!({
            "version": due.version,
            "at": due.at,
            "late": matches!(near, Reminder::Due | Reminder::Late(_)),
            "owner_name": called(owner.map(|m| m.name_hash))?,
        });
    }
    Ok(row)
}
