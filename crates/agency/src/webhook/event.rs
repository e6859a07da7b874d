//! What is told, from the record and the time alone.

use std::fmt::Display;

use ownkey_protocol::act::{Act, Deed, RetireReason, RotationOutcome};
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::{ClientState, Connection, Due, Lease, Reminder, Stage};
use ownkey_protocol::record::Leaf;
use serde_json::{Map, Value, json};

/// A rotation whose lease ran out this long ago, and that did not end, stands still.
const STILL_MILLIS: i64 = 5 * 60 * 1_000;

/// One thing to tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// The same for the same thing, always.
    pub(super) id: String,
    kind: &'static str,
    at: Instant,
    data: Map<String, Value>,
}

impl Event {
    fn new(kind: &'static str, at: Instant, of: &[&dyn Display], mut data: Value, more: Value) -> Self {
        let parts: Vec<String> = of.iter().map(|part| part.to_string()).collect();
        let name = Hash::of(&[b"ownkey/webhook/1", kind.as_bytes(), b"/", parts.join("/").as_bytes()]).to_string();
        let mut all = Map::new();
        for part in [&mut data, &mut more.clone()] {
            all.append(part.as_object_mut().expect("events are made of objects"));
        }
        Self { id: format!("evt_{}", &name[..32]), kind, at, data: all }
    }

    /// The bytes that travel.
    pub(super) fn body(&self) -> Vec<u8> {
        json!({ "type": self.kind, "timestamp": self.at, "data": self.data }).to_string().into_bytes()
    }
}

/// What an act that was logged is to be told for. `names` knows the name behind a hash.
pub(super) fn of_act(state: &ClientState, leaf: &Leaf, act: &Act, names: &dyn Fn(Hash) -> String) -> Option<Event> {
    let about = |connection: &ConnectionId| about(state, *connection, names);
    let (client, at) = (state.client(), leaf.logged);
    let of: [&dyn Display; 2] = [&client, &leaf.index];
    let current = |connection: &ConnectionId, version: u32| {
        let known = state.connections().get(connection).and_then(|c| c.versions.get(&version));
        known.is_some_and(|v| matches!(v.stage, Stage::Current))
    };
    match &act.deed {
        Deed::VersionDead { connection, version, code } if current(connection, *version) => {
            Some(Event::new("key.dead", at, &of, about(connection)?, json!({ "version": version, "code": code })))
        }
        Deed::VersionAlive { connection, version } if current(connection, *version) => {
            Some(Event::new("key.alive", at, &of, about(connection)?, json!({ "version": version })))
        }
        Deed::VersionRetire { connection, version, reason: RetireReason::Leaked, .. } => {
            Some(Event::new("key.leaked", at, &of, about(connection)?, json!({ "version": version })))
        }
        Deed::RotationEnd { rotation, connection, outcome: RotationOutcome::Done, .. } => {
            let version = state.connections().get(connection).and_then(Connection::current).map(|(number, _)| number);
            let more = json!({ "rotation": rotation, "version": version });
            Some(Event::new("rotation.done", at, &of, about(connection)?, more))
        }
        _ => None,
    }
}

/// What the time makes due, or shows to stand still.
pub(super) fn of_dates(state: &ClientState, now: Instant, names: &dyn Fn(Hash) -> String) -> Vec<Event> {
    let open = state.connections().iter().filter(|(_, c)| !c.closed && !state.ended());
    open.flat_map(|(id, known)| {
        let due = state.due(*id).and_then(|due| is_due(state, *id, due, now, names));
        let still = known.rotation.and_then(|lease| stands_still(state, *id, &lease, now, names));
        [due, still]
    })
    .flatten()
    .collect()
}

fn is_due(
    state: &ClientState,
    id: ConnectionId,
    due: Due,
    now: Instant,
    names: &dyn Fn(Hash) -> String,
) -> Option<Event> {
    let near = Reminder::at(due.at, now)?;
    if state.rotation_at(id, now).is_some() {
        return None;
    }
    let (word, weeks) = match near {
        Reminder::TwoWeeks => ("two_weeks", 0),
        Reminder::ThreeDays => ("three_days", 0),
        Reminder::Due => ("due", 0),
        Reminder::Late(weeks) => ("late", weeks),
    };
    let owner = state.looked_after_by(id).and_then(|member| state.members().get(&member));
    let more = json!({
        "version": due.version,
        "due": due.at,
        "near": word,
        "weeks_late": weeks,
        "owner_name": owner.map(|member| names(member.name_hash)),
    });
    let client = state.client();
    Some(Event::new(
        "key.due",
        now,
        &[&client, &id, &due.version, &due.at, &word, &weeks],
        about(state, id, names)?,
        more,
    ))
}

fn stands_still(
    state: &ClientState,
    id: ConnectionId,
    lease: &Lease,
    now: Instant,
    names: &dyn Fn(Hash) -> String,
) -> Option<Event> {
    let revoked = state.devices().get(&lease.device).and_then(|device| device.revoked);
    let since = revoked.map_or(lease.until, |at| at.min(lease.until));
    if now.millis_since(since) < STILL_MILLIS {
        return None;
    }
    let device = state.devices().get(&lease.device).map(|device| names(device.name_hash));
    let more = json!({
        "rotation": lease.rotation, "device_name": device, "begun": lease.since, "still_since": since,
    });
    let client = state.client();
    Some(Event::new("rotation.stuck", now, &[&client, &lease.rotation, &lease.fence], about(state, id, names)?, more))
}

/// Which client and which of its accounts.
fn about(state: &ClientState, id: ConnectionId, names: &dyn Fn(Hash) -> String) -> Option<Value> {
    let known = state.connections().get(&id)?;
    Some(json!({
        "client": state.client(),
        "client_name": state.name_hash().map(names),
        "connection": id,
        "account_name": names(known.name_hash),
        "provider": known.provider,
    }))
}
