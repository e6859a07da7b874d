//! Files that a caller uploads, and the public output files of predictions.

use super::{caller, errors, predictions};
use crate::call::{Answer, Call, Reply, refuse};
use crate::picture;
use crate::room::{Room, Thing, now, rfc3339};
use bytes::Bytes;
use serde_json::json;

/// `POST /v1/files`, multipart with a part `content`. Only the size is kept.
pub(super) fn create(room: &mut Room, call: &Call) -> Reply {
    let key = caller(room, call)?;
    let Some(part) = call.part("content") else {
        return refuse(errors::invalid("- content: content is required"));
    };
    let name = part.file_name.clone().unwrap_or_else(|| "file".to_owned());
    let size = part.bytes.len();
    let id = room.next_id("", 32).to_lowercase();
    let value = json!({
        "id": id,
        "name": name,
        "content_type": "application/octet-stream",
        "size": size,
        "etag": id,
        "checksums": {},
        "metadata": {},
        "created_at": rfc3339(now()),
        "expires_at": rfc3339(now() + 86_400),
        "urls": {"get": format!("{}/v1/files/{id}", room.origin)}
    });
    let thing = Thing { account: key.account, project: None, value: value.clone(), looks: 0 };
    room.things.insert(id, thing);
    Ok(Answer::json(201, &value))
}

pub(super) fn get(room: &mut Room, call: &Call, id: &str) -> Reply {
    let key = caller(room, call)?;
    match room.things.get(id).filter(|one| one.account == key.account && one.value["size"].is_number()) {
        Some(thing) => Ok(Answer::json(200, &thing.value)),
        None => refuse(errors::plain(404)),
    }
}

pub(super) fn delete(room: &mut Room, call: &Call, id: &str) -> Reply {
    get(room, call, id)?;
    room.things.remove(id);
    Ok(Answer::bytes(204, "application/json", Bytes::new()))
}

/// An output file: public, as replicate.delivery's are. Needs no token.
pub(super) fn output(room: &Room, folder: &str, name: &str) -> Reply {
    let of = predictions::of_token(room, "delivery", folder);
    let made = of.and_then(|id| room.things.get(&id)).is_some_and(|thing| thing.value["status"] == "succeeded");
    if !name.ends_with(".png") || !(made || folder == "avatar") {
        return refuse(errors::plain(404));
    }
    let picture = picture::png(&room.seeded("delivery"), &format!("{folder}/{name}"));
    Ok(Answer::bytes(200, "image/png", Bytes::from(picture)))
}
