//! api.stability.ai: balance and account (v1), pictures (v2beta).

pub(crate) mod errors;
mod generate;

use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::{Key, KeyStanding};
use crate::room::Room;
use serde_json::json;

pub(crate) fn answer(room: &mut Room, call: &Call) -> Answer {
    route(room, call).unwrap_or_else(|refusal| *refusal)
}

fn route(room: &mut Room, call: &Call) -> Reply {
    let segments = call.segments();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "user", "balance"]) => balance(room, call),
        ("GET", ["v1", "user", "account"]) => account(room, call),
        ("POST", ["v2beta", "stable-image", "generate", engine]) => generate::picture(room, call, engine),
        ("POST", ["v2beta", "stable-image", "edit", "replace-background-and-relight"]) => {
            generate::start_later(room, call, "relight", "subject_image", 8.0)
        }
        ("POST", ["v2beta", "stable-image", "edit", act]) => generate::edited(room, call, act),
        ("POST", ["v2beta", "stable-image", "upscale", act @ ("fast" | "conservative")]) => {
            generate::edited(room, call, act)
        }
        ("POST", ["v2beta", "stable-image", "upscale", "creative"]) => {
            generate::start_later(room, call, "upscale-creative", "image", 25.0)
        }
        ("GET", ["v2beta", "results", id]) => generate::result(room, call, id),
        _ => refuse(errors::plain(404, call)),
    }
}

/// The key is there and live. There are no scopes and no address lists here.
fn caller(room: &mut Room, call: &Call) -> Reply<Key> {
    let Some(text) = call.bearer() else {
        return refuse(errors::either(401, "unauthorized", "missing authorization header", call));
    };
    let found = room.key_by_text(text).cloned().filter(|key| room.taken_as(key) == KeyStanding::Live);
    let Some(key) = found else {
        let v1 = call.path.starts_with("/v1/");
        return refuse(match room.switch("bad_key_body") {
            "message_only" if v1 => Answer::json(401, &json!({"message": "Incorrect API key provided"})),
            _ => errors::either(401, "unauthorized", "Incorrect API key provided", call),
        });
    };
    if call.header("organization").is_some_and(|id| id != key.account) {
        return refuse(errors::plain(403, call));
    }
    room.touch(&key.id);
    Ok(key)
}

/// `GET /v1/user/balance`: the one free call that shows key and credit.
fn balance(room: &mut Room, call: &Call) -> Reply {
    let key = caller(room, call)?;
    let credits = room.account(&key.account).map_or(0.0, |one| one.credits);
    Ok(Answer::json(200, &json!({ "credits": credits })))
}

fn account(room: &mut Room, call: &Call) -> Reply {
    let key = caller(room, call)?;
    let name = room.account(&key.account).map(|one| one.name.clone()).unwrap_or_default();
    let body = json!({
        "email": "practice@example.com",
        "id": "user-1234",
        "organizations": [{"id": key.account, "is_default": true, "name": name, "role": "ADMIN"}],
        "profile_picture": format!("{}/_sim/picture", room.origin)
    });
    Ok(Answer::json(200, &body))
}
