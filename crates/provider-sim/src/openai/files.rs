//! `/v1/files`: what a caller uploads and asks for again; simple, without expiry or search.

use super::access::{self, Caller, Reply};
use super::errors;
use crate::call::{Answer, Call};
use crate::room::{Room, Thing, now};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

/// Where a stored file keeps its content, beside what is shown of it.
const CONTENT: &str = "_content";

fn shown(thing: &Thing) -> Value {
    let mut file = thing.value.clone();
    if let Some(map) = file.as_object_mut() {
        map.remove(CONTENT);
    }
    file
}

fn mine(caller: &Caller, id: &str, thing: &Thing) -> bool {
    id.starts_with("file-") && thing.account == caller.account() && thing.project == caller.key.project
}

fn find<'a>(room: &'a Room, caller: &Caller, id: &str) -> Reply<&'a Thing> {
    match room.things.get(id).filter(|thing| mine(caller, id, thing)) {
        Some(thing) => Ok(thing),
        None => access::refuse(errors::not_found(&format!("No such File object: {id}"))),
    }
}

/// `POST /v1/files`: a form with `file` and `purpose`.
pub(super) fn upload(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.files.write")?;
    let Some(file) = call.part("file") else {
        return access::refuse(errors::missing("file"));
    };
    let Some(purpose) = call.field("purpose").filter(|text| !text.is_empty()) else {
        return access::refuse(errors::missing("purpose"));
    };
    let id = room.next_id("file-", 22);
    let value = json!({
        "id": id,
        "object": "file",
        "bytes": file.bytes.len(),
        "created_at": now(),
        "expires_at": null,
        "filename": file.file_name.clone().unwrap_or_else(|| "file".to_owned()),
        "purpose": purpose,
        "status": "processed",
        "status_details": null,
        CONTENT: STANDARD.encode(&file.bytes)
    });
    let thing = Thing { account: caller.account().to_owned(), project: caller.key.project.clone(), value, looks: 0 };
    let answer = Answer::json(200, &shown(&thing));
    room.things.insert(id, thing);
    Ok(super::dressed(room, &caller, answer))
}

/// `GET /v1/files`.
pub(super) fn list(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.files.read")?;
    let files = room.things.iter().filter(|(id, thing)| mine(&caller, id, thing)).map(|(_, thing)| shown(thing));
    let data: Vec<Value> = files.collect();
    let edge = |one: Option<&Value>| one.map_or(Value::Null, |file| file["id"].clone());
    let (first, last) = (edge(data.first()), edge(data.last()));
    Ok(Answer::json(
        200,
        &json!({"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": false}),
    ))
}

/// `GET /v1/files/{id}`.
pub(super) fn get(room: &mut Room, call: &Call, id: &str) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.files.read")?;
    Ok(Answer::json(200, &shown(find(room, &caller, id)?)))
}

/// `GET /v1/files/{id}/content`.
pub(super) fn content(room: &mut Room, call: &Call, id: &str) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.files.read")?;
    let text = find(room, &caller, id)?.value[CONTENT].as_str().unwrap_or_default();
    let bytes = STANDARD.decode(text).unwrap_or_default();
    Ok(Answer::bytes(200, "application/octet-stream", Bytes::from(bytes)))
}

/// `DELETE /v1/files/{id}`.
pub(super) fn delete(room: &mut Room, call: &Call, id: &str) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.files.write")?;
    find(room, &caller, id)?;
    room.things.remove(id);
    Ok(Answer::json(200, &json!({"id": id, "object": "file", "deleted": true})))
}
