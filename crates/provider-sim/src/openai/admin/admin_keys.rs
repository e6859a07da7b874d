//! Admin keys: list, make, look, delete.

use super::{account_of, body, expiry, name, nothing, page, redacted};
use crate::call::{Answer, Call};
use crate::keys::{Key, KeyKind, KeySpec, KeyStanding};
use crate::openai::access::{Caller, Reply};
use crate::room::{Room, now};
use serde_json::{Value, json};

fn shown(room: &Room, key: &Key) -> Value {
    let name = room.account(&key.account).map(|one| one.name.clone()).unwrap_or_default();
    json!({
        "object": "organization.admin_api_key",
        "id": key.id,
        "name": key.name,
        "redacted_value": redacted(&key.text),
        "created_at": key.created,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "owner": {
            "type": "user",
            "object": "organization.user",
            "id": "user-practice",
            "name": name,
            "created_at": key.created,
            "role": "owner"
        }
    })
}

fn mine(key: &Key, caller: &Caller) -> bool {
    key.kind == KeyKind::Admin && key.account == account_of(caller) && key.standing != KeyStanding::Revoked
}

pub(super) fn list(room: &mut Room, call: &Call, caller: &Caller) -> Reply {
    let seen = room.shown_by_now(room.keys.iter().filter(|key| mine(key, caller)).map(|key| key.id.clone()).collect());
    let items = room.keys.iter().filter(|key| seen.contains(&key.id)).map(|key| shown(room, key)).collect();
    Ok(Answer::json(200, &page(call, items)))
}

pub(super) fn create(room: &mut Room, call: &Call, caller: &Caller) -> Reply {
    let body = body(call)?;
    let spec =
        KeySpec { name: name(&body)?, kind: KeyKind::Admin, expires_at: expiry(&body, now())?, ..KeySpec::default() };
    let made = room.make_key(account_of(caller), spec);
    let mut answer = room.keys.iter().find(|key| key.id == made.id).map(|key| shown(room, key)).unwrap_or_default();
    answer["value"] = made.text.into();
    Ok(Answer::json(200, &answer))
}

pub(super) fn get(room: &Room, caller: &Caller, id: &str) -> Reply {
    match room.keys.iter().find(|key| key.id == id && mine(key, caller)) {
        Some(key) => Ok(Answer::json(200, &shown(room, key))),
        None => nothing("admin API key", id),
    }
}

pub(super) fn delete(room: &mut Room, caller: &Caller, id: &str) -> Reply {
    match room.keys.iter().any(|key| key.id == id && mine(key, caller)) {
        true => {
            room.stand(id, KeyStanding::Revoked);
            let gone = json!({"object": "organization.admin_api_key.deleted", "id": id, "deleted": true});
            Ok(Answer::json(200, &gone))
        }
        false => nothing("admin API key", id),
    }
}
