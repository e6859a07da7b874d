//! api.openai.com: the work routes, and the admin routes under `/v1/organization`.

pub(crate) mod access;
pub(crate) mod admin;
mod asked;
mod audio;
mod chat;
mod embeddings;
pub(crate) mod errors;
mod files;
mod images;
pub(crate) mod models;
mod responses;
mod sound;
mod spent;

use crate::call::{Answer, Call};
use crate::room::Room;
use access::{Caller, Reply};
use serde_json::{Value, json};

pub(crate) fn answer(room: &mut Room, call: &Call) -> Answer {
    route(room, call).unwrap_or_else(|refusal| *refusal)
}

fn route(room: &mut Room, call: &Call) -> Reply {
    let segments = call.segments();
    if let ("GET", ["practice-images", name]) = (call.method.as_str(), segments.as_slice()) {
        return Ok(images::picture(room, name));
    }
    let Some(("v1", rest)) = segments.split_first().map(|(first, rest)| (*first, rest)) else {
        return access::refuse(errors::unknown_url(call.method.as_str(), &call.path));
    };
    match (call.method.as_str(), rest) {
        (_, ["organization", rest @ ..]) => admin::answer(room, call, rest),
        ("GET", ["models"]) => models::answer(room, call, None),
        ("GET", ["models", id]) => models::answer(room, call, Some(id)),
        ("POST", ["chat", "completions"]) => chat::answer(room, call),
        ("POST", ["responses"]) => responses::create(room, call),
        ("GET", ["responses", id]) => responses::get(room, call, id),
        ("DELETE", ["responses", id]) => responses::delete(room, call, id),
        ("POST", ["responses", id, "cancel"]) => responses::cancel(room, call, id),
        ("POST", ["images", "generations"]) => images::generate(room, call),
        ("POST", ["images", "edits"]) => images::edit(room, call),
        ("POST", ["images", "variations"]) => images::vary(room, call),
        ("POST", ["audio", "transcriptions"]) => audio::transcribe(room, call),
        ("POST", ["audio", "translations"]) => audio::translate(room, call),
        ("POST", ["audio", "speech"]) => audio::speak(room, call),
        ("POST", ["embeddings"]) => embeddings::answer(room, call),
        ("GET", ["files"]) => files::list(room, call),
        ("POST", ["files"]) => files::upload(room, call),
        ("GET", ["files", id]) => files::get(room, call, id),
        ("GET", ["files", id, "content"]) => files::content(room, call, id),
        ("DELETE", ["files", id]) => files::delete(room, call, id),
        ("GET", ["evals"]) => empty_list(room, call, "api.evals.read"),
        ("GET", ["fine_tuning", "jobs"]) => empty_list(room, call, "api.fine_tuning.jobs.read"),
        _ => access::refuse(errors::unknown_url(call.method.as_str(), &call.path)),
    }
}

/// Lists that are only here so that a scope can be probed without cost.
fn empty_list(room: &mut Room, call: &Call, scope: &str) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, scope)?;
    Ok(Answer::json(200, &json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false})))
}

fn not_json() -> Answer {
    errors::bad_request(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP \
         library correctly.)",
        None,
        None,
    )
}

/// Refuses a field that the route does not know.
fn known(body: &Value, fields: &[&str]) -> Reply<()> {
    let stray = body.as_object().and_then(|map| map.keys().find(|key| !fields.contains(&key.as_str())));
    match stray {
        None => Ok(()),
        Some(name) => access::refuse(errors::bad_request(
            &format!("Unknown parameter: '{name}'."),
            Some(name),
            Some("unknown_parameter"),
        )),
    }
}

/// The headers of an answered work call, the account's organisation among them.
fn dressed(room: &Room, caller: &Caller, answer: Answer) -> Answer {
    let account = caller.account().to_owned();
    let left = room.ledger.len() % 500;
    answer
        .with("openai-organization", account)
        .with("openai-project", caller.key.project.clone().unwrap_or_default())
        .with("openai-version", "2020-10-01")
        .with("openai-processing-ms", "12")
        .with("x-ratelimit-limit-requests", "500")
        .with("x-ratelimit-remaining-requests", (499 - left).to_string())
        .with("x-ratelimit-limit-tokens", "200000")
        .with("x-ratelimit-remaining-tokens", "199000")
        .with("x-ratelimit-reset-requests", "120ms")
        .with("set-cookie", "__cf_bm=practice; path=/; HttpOnly")
}
