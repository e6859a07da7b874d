//! Uploaded files: sent in steps to an address of their own (`x-goog-upload-url`), then looked at and deleted.

use super::{caller, errors};
use crate::call::{Answer, Call, Reply, refuse};
use crate::room::{Room, Thing, now, rfc3339};
use bytes::Bytes;
use serde_json::json;

/// `POST /upload/{version}/files`: the start, or with `upload_id` a piece. The address of an upload is a capability, so
/// a piece needs no key.
pub(super) fn upload(room: &mut Room, call: &Call) -> Reply {
    let command = call.header("x-goog-upload-command").unwrap_or_default().to_owned();
    match call.query("upload_id").map(str::to_owned) {
        Some(id) => piece(room, call, &id, &command),
        None if command.contains("start") => start(room, call),
        None => refuse(errors::bad_request("Only resumable uploads are practised here.")),
    }
}

fn start(room: &mut Room, call: &Call) -> Reply {
    let key = caller(room, call)?;
    let id = room.next_id("AHVr", 40);
    let value = json!({
        "upload": true,
        "name": call.json().and_then(|body| body["file"]["display_name"].as_str().map(str::to_owned)),
        "kind": call.header("x-goog-upload-header-content-type").unwrap_or("application/octet-stream"),
        "size": 0
    });
    room.things.insert(id.clone(), Thing { account: key.account, project: None, value, looks: 0 });
    let address = format!("{}/upload/v1beta/files?upload_id={id}&upload_protocol=resumable", room.origin);
    Ok(Answer::bytes(200, "text/plain; charset=utf-8", Bytes::new())
        .with("x-goog-upload-url", address.clone())
        .with("x-goog-upload-control-url", address)
        .with("x-goog-upload-status", "active"))
}

fn piece(room: &mut Room, call: &Call, id: &str, command: &str) -> Reply {
    let Some(thing) = room.things.get_mut(id).filter(|one| one.value["upload"] == true) else {
        return refuse(errors::plain(404));
    };
    let size = thing.value["size"].as_u64().unwrap_or(0) + call.body.len() as u64;
    thing.value["size"] = size.into();
    let (account, kind, title) = (thing.account.clone(), thing.value["kind"].clone(), thing.value["name"].clone());
    if !command.contains("finalize") {
        return Ok(Answer::bytes(200, "text/plain; charset=utf-8", Bytes::new()).with("x-goog-upload-status", "active"));
    }
    room.things.remove(id);
    let file = room.next_id("", 12).to_lowercase();
    let value = json!({
        "name": format!("files/{file}"),
        "displayName": title,
        "mimeType": kind,
        "sizeBytes": size.to_string(),
        "createTime": rfc3339(now()),
        "updateTime": rfc3339(now()),
        "expirationTime": rfc3339(now() + 48 * 3_600),
        "sha256Hash": "cHJhY3RpY2U=",
        "uri": format!("{}/v1beta/files/{file}", room.origin),
        "state": "ACTIVE",
        "source": "UPLOADED"
    });
    room.things.insert(file, Thing { account, project: None, value: value.clone(), looks: 0 });
    Ok(Answer::json(200, &json!({ "file": value })).with("x-goog-upload-status", "final"))
}

pub(super) fn get(room: &mut Room, call: &Call, id: &str) -> Reply {
    let key = caller(room, call)?;
    match room.things.get(id).filter(|one| one.account == key.account && one.value["sizeBytes"].is_string()) {
        Some(thing) => Ok(Answer::json(200, &thing.value)),
        None => refuse(errors::denied("You do not have permission to access the File or it may not exist.", None)),
    }
}

pub(super) fn delete(room: &mut Room, call: &Call, id: &str) -> Reply {
    get(room, call, id)?;
    room.things.remove(id);
    Ok(Answer::json(200, &json!({})))
}
