//! api.replicate.com: account, models, predictions, and the output files that they leave.

pub(crate) mod errors;
mod files;
mod listed;
mod models;
mod predictions;

use crate::call::{Answer, Call, Reply, refuse};
use crate::hosts::Host;
use crate::keys::{Key, KeyStanding};
use crate::room::Room;
use crate::serve::presented;
use serde_json::json;

pub(crate) fn answer(room: &mut Room, call: &Call) -> Answer {
    route(room, call).unwrap_or_else(|refusal| *refusal)
}

fn route(room: &mut Room, call: &Call) -> Reply {
    let segments = call.segments();
    match call.host {
        Host::Api => {}
        Host::Stream => {
            return match (call.method.as_str(), segments.as_slice()) {
                ("GET", ["v1", "streams", id]) => predictions::streamed(room, call, id),
                _ => refuse(errors::plain(404)),
            };
        }
        Host::Delivery => {
            return match (call.method.as_str(), segments.as_slice()) {
                ("GET", ["avatar", name]) => files::output(room, "avatar", name),
                ("GET", ["xezq", folder, name]) => files::output(room, folder, name),
                _ => refuse(errors::plain(404)),
            };
        }
    }
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "account"]) => account(room, call),
        ("GET", ["v1", "models"]) => models::list(room, call),
        ("GET", ["v1", "models", owner, name]) => models::get(room, call, owner, name),
        ("POST", ["v1", "models", owner, name, "predictions"]) => predictions::for_model(room, call, owner, name),
        ("POST", ["v1", "deployments", owner, name, "predictions"]) => {
            predictions::for_deployment(room, call, owner, name)
        }
        ("POST", ["v1", "predictions"]) => predictions::for_version(room, call),
        ("GET", ["v1", "predictions"]) => listed::list(room, call),
        ("GET", ["v1", "predictions", id]) => predictions::get(room, call, id),
        ("POST", ["v1", "predictions", id, "cancel"]) => predictions::cancel(room, call, id),
        ("POST", ["v1", "files"]) => files::create(room, call),
        ("GET", ["v1", "files", id]) => files::get(room, call, id),
        ("DELETE", ["v1", "files", id]) => files::delete(room, call, id),
        _ => refuse(errors::plain(404)),
    }
}

/// The token is there and live. There are no scopes and no address lists here.
fn caller(room: &mut Room, call: &Call) -> Reply<Key> {
    let Some(text) = presented(room.provider, call) else {
        return refuse(errors::error(401, "Unauthenticated", "You did not pass an authentication token"));
    };
    let found = room.key_by_text(&text).cloned().filter(|key| room.taken_as(key) == KeyStanding::Live);
    match found {
        Some(key) => {
            room.touch(&key.id);
            Ok(key)
        }
        None => refuse(errors::plain(401)),
    }
}

/// `GET /v1/account`: proves the token, not the credit.
fn account(room: &mut Room, call: &Call) -> Reply {
    let key = caller(room, call)?;
    let name = room.account(&key.account).map(|one| one.name.clone()).unwrap_or_default();
    let body = json!({
        "type": "organization",
        "username": key.account,
        "name": name,
        "github_url": format!("https://github.com/{}", key.account),
        "avatar_url": format!("{}/avatar/{}.png", room.host(Host::Delivery), key.account)
    });
    Ok(Answer::json(200, &body))
}
