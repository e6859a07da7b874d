//! api.anthropic.com: models, messages, token counts, and the admin routes about keys.

mod batches;
mod cached;
mod checked;
pub(crate) mod errors;
mod figures;
mod messages;
mod models;
mod organization;
mod reports;

use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::{Key, KeyKind, KeyStanding};
use crate::room::Room;

/// The versions of the API that are served.
const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];

/// Keys of Claude Enterprise: no keys of the Console, and refused here.
const ENTERPRISE: &str = "sk-ant-api01-";

pub(crate) fn answer(room: &mut Room, call: &Call) -> Answer {
    route(room, call).unwrap_or_else(|refusal| *refusal)
}

fn route(room: &mut Room, call: &Call) -> Reply {
    let segments = call.segments();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "models"]) => models::list(room, call),
        ("GET", ["v1", "models", id]) => models::get(room, call, id),
        ("POST", ["v1", "messages"]) => messages::create(room, call),
        ("POST", ["v1", "messages", "count_tokens"]) => messages::count(room, call),
        ("POST", ["v1", "messages", "batches"]) => batches::create(room, call),
        ("GET", ["v1", "messages", "batches", id]) => batches::get(room, call, id, false),
        ("DELETE", ["v1", "messages", "batches", id]) => batches::delete(room, call, id),
        ("POST", ["v1", "messages", "batches", id, "cancel"]) => batches::get(room, call, id, true),
        ("GET", ["v1", "messages", "batches", id, "results"]) => batches::results(room, call, id),
        (_, ["v1", "organizations", rest @ ..]) => organization::answer(room, call, rest),
        _ => refuse(errors::not_found(call, "Not Found")),
    }
}

/// The key is there, live and used from an address that it allows; the version is named.
fn caller(room: &mut Room, call: &Call) -> Reply<Key> {
    if call.header("origin").is_some() && room.switch("origin_header") == "forbidden" {
        let words = "CORS requests are not allowed for this Organization because of its settings.";
        return refuse(errors::error(401, "authentication_error", words, None, &call.request_id));
    }
    let Some(text) = call.header("x-api-key").or_else(|| call.bearer()) else {
        let words = "x-api-key header is required";
        return refuse(errors::error(401, "authentication_error", words, None, &call.request_id));
    };
    let known = room.key_by_text(text.trim()).filter(|key| !key.text.starts_with(ENTERPRISE)).cloned();
    let Some(key) = known else {
        return refuse(errors::bad_key(call));
    };
    match room.taken_as(&key) {
        KeyStanding::Live => {}
        KeyStanding::Disabled if room.switch("disabled_status") == "404" => {
            return refuse(errors::not_found(call, "Not Found"));
        }
        _ => return refuse(errors::bad_key(call)),
    }
    if !key.allows_address(call.peer) {
        let (status, kind) = match room.switch("address_status") {
            "403" => (403, "permission_error"),
            _ => (401, "authentication_error"),
        };
        let words = "Requests from this IP address are not allowed for this API key.";
        return refuse(errors::error(status, kind, words, None, &call.request_id));
    }
    version(call)?;
    room.touch(&key.id);
    Ok(key)
}

fn version(call: &Call) -> Reply<()> {
    match call.header("anthropic-version") {
        None => refuse(errors::bad_request(call, "anthropic-version: header is required")),
        Some(version) if VERSIONS.contains(&version) => Ok(()),
        Some(version) => {
            let words = format!("anthropic-version: \"{version}\" is not a valid version");
            refuse(errors::bad_request(call, &words))
        }
    }
}

fn wrong_kind(room: &Room, call: &Call, switch: &str) -> Answer {
    match room.switch(switch) {
        "403" => errors::plain(403, &call.request_id),
        _ => errors::bad_key(call),
    }
}

/// The caller holds a work key, for the workspace that it names, if any.
fn worker(room: &mut Room, call: &Call) -> Reply<Key> {
    let key = caller(room, call)?;
    if key.kind == KeyKind::Admin {
        return refuse(wrong_kind(room, call, "admin_on_work_route"));
    }
    if key.scopes.iter().flatten().any(|scope| scope == "permission:none") {
        return refuse(errors::plain(403, &call.request_id));
    }
    if call.header("anthropic-workspace-id").is_some_and(|id| Some(id) != key.project.as_deref()) {
        return refuse(errors::plain(403, &call.request_id));
    }
    Ok(key)
}

/// The headers of an answered work call.
fn dressed(key: &Key, answer: Answer) -> Answer {
    answer
        .with("anthropic-workspace-id", key.project.clone().unwrap_or_default())
        .with("anthropic-organization-id", key.account.clone())
        .with("anthropic-ratelimit-requests-limit", "4000")
        .with("anthropic-ratelimit-requests-remaining", "3999")
        .with("set-cookie", "_cfuvid=practice; path=/; HttpOnly")
}
