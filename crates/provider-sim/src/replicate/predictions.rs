//! Predictions: made, looked at, streamed, cancelled (facts: section 5.5 of the provider notes).
//!
//! A prediction that nobody waits for moves on with each look: starting, processing, succeeded.

use super::models::{self, Model, Output};
use super::{caller, errors};
use crate::call::{Answer, Call, Reply, refuse};
use crate::hosts::Host;
use crate::keys::Key;
use crate::ledger::Booking;
use crate::room::{Room, Thing, now, rfc3339};
use crate::{stream, words};
use bytes::Bytes;
use serde_json::{Value, json};

pub(super) fn for_model(room: &mut Room, call: &Call, owner: &str, name: &str) -> Reply {
    let key = caller(room, call)?;
    match models::find(owner, name) {
        Some(model) => create(room, call, &key, model),
        None => refuse(errors::plain(404)),
    }
}

/// Every practice account has one deployment per model, under its own name.
pub(super) fn for_deployment(room: &mut Room, call: &Call, owner: &str, name: &str) -> Reply {
    let key = caller(room, call)?;
    let model = models::find("black-forest-labs", name).filter(|_| owner == key.account);
    match model {
        Some(model) => create(room, call, &key, model),
        None => refuse(errors::plain(404)),
    }
}

/// `POST /v1/predictions` with a version. A bad token with a bad version may be told about the version.
pub(super) fn for_version(room: &mut Room, call: &Call) -> Reply {
    let body = call.json().unwrap_or_default();
    let model = body["version"].as_str().and_then(models::by_version);
    let key = match caller(room, call) {
        Err(_) if model.is_none() && room.switch("bad_token_on_predictions") == "422" => {
            return refuse(errors::bad_version());
        }
        Err(refusal) => return Err(refusal),
        Ok(key) => key,
    };
    match model {
        Some(model) => create(room, call, &key, model),
        None if body["version"].is_string() => refuse(errors::bad_version()),
        None => refuse(errors::invalid("- version: version is required")),
    }
}

/// Seconds to wait by `Prefer: wait` or `Prefer: wait=N`, 1 to 60.
fn waits(call: &Call) -> Reply<bool> {
    let Some(prefer) = call.header("prefer") else {
        return Ok(false);
    };
    let Some(rest) = prefer.trim().strip_prefix("wait") else {
        return Ok(false);
    };
    match rest.strip_prefix('=') {
        None => Ok(true),
        Some(seconds) if seconds.parse::<u8>().is_ok_and(|one| (1..=60).contains(&one)) => Ok(true),
        Some(_) => refuse(errors::error(400, "Bad request", "Prefer: wait must be between 1 and 60 seconds")),
    }
}

fn create(room: &mut Room, call: &Call, key: &Key, model: &'static Model) -> Reply {
    let title = format!("{}/{}", model.owner, model.name);
    let Some(body) = call.json() else {
        return refuse(errors::error(400, "Bad request", "The request body is not valid JSON."));
    };
    if !body["input"].is_object() {
        return refuse(errors::invalid("- input: input is required"));
    }
    if body["input"]["prompt"].as_str().is_none_or(str::is_empty) {
        return refuse(errors::invalid("- input.prompt: prompt is required"));
    }
    let wait = waits(call)?;
    if !key.allows_model(&title) {
        return refuse(errors::plain(403));
    }
    if room.drained(&key.account) {
        return refuse(errors::no_credit());
    }
    let id = room.next_id("", 26).to_lowercase();
    let value = fresh(room, &id, &title, model, &body["input"]);
    let mut thing = Thing { account: key.account.clone(), project: None, value, looks: 0 };
    let status = if wait { 201 } else { room.switch("created_without_wait").parse().unwrap_or(201) };
    if wait {
        finish(room, &mut thing);
    }
    let shown = thing.value.clone();
    room.things.insert(id, thing);
    let booking = Booking::default().model(&title).bill(&[("predictions", 1.into())]);
    let mut answer = Answer::json(status, &shown).booked(booking);
    if wait {
        answer = answer.with("preference-applied", call.header("prefer").unwrap_or("wait"));
    }
    Ok(answer)
}

fn fresh(room: &Room, id: &str, title: &str, model: &Model, input: &Value) -> Value {
    let origin = &room.origin;
    json!({
        "id": id,
        "model": title,
        "version": model.version,
        "input": input,
        "output": null,
        "logs": "",
        "error": null,
        "status": "starting",
        "source": "api",
        "created_at": rfc3339(now()),
        "started_at": null,
        "completed_at": null,
        "data_removed": false,
        "deadline": null,
        "metrics": {},
        "urls": {
            "get": format!("{origin}/v1/predictions/{id}"),
            "cancel": format!("{origin}/v1/predictions/{id}/cancel"),
            "stream": format!("{}/v1/streams/{}", room.host(Host::Stream), token(room, "stream", id)),
            "web": format!("{origin}/p/{id}")
        }
    })
}

/// What stands for a prediction in an address of another host: it does not tell the id.
fn token(room: &Room, what: &str, id: &str) -> String {
    room.seeded(what).letters(id, 40)
}

/// The prediction that such an address is of.
pub(super) fn of_token(room: &Room, what: &str, text: &str) -> Option<String> {
    room.things
        .iter()
        .find(|(id, one)| is_prediction(&one.value) && token(room, what, id) == text)
        .map(|(id, _)| id.clone())
}

fn begin(thing: &mut Thing) {
    thing.value["status"] = "processing".into();
    thing.value["started_at"] = rfc3339(now()).into();
}

fn finish(room: &Room, thing: &mut Thing) {
    if thing.value["started_at"].is_null() {
        begin(thing);
    }
    let id = thing.value["id"].as_str().unwrap_or_default().to_owned();
    let prompt = thing.value["input"]["prompt"].as_str().unwrap_or_default().to_owned();
    let title = thing.value["model"].as_str().unwrap_or_default();
    let address = format!("{}/xezq/{}/out-0.png", room.host(Host::Delivery), token(room, "delivery", &id));
    thing.value["output"] = match models::by_version(title).map(|model| model.output) {
        Some(Output::Text) => json!(stream::pieces(&words::reply(&room.seeded("prediction"), &prompt))),
        Some(Output::Pictures) => json!([address]),
        _ => json!(address),
    };
    thing.value["status"] = "succeeded".into();
    thing.value["logs"] = "Practice run.\n".into();
    thing.value["completed_at"] = rfc3339(now()).into();
    thing.value["metrics"] = json!({"predict_time": 0.25, "total_time": 0.5});
}

/// Takes a prediction out of the room; the caller puts it back.
fn take(room: &mut Room, call: &Call, id: &str) -> Reply<Thing> {
    let key = caller(room, call)?;
    let mine = room.things.get(id).is_some_and(|one| one.account == key.account && is_prediction(&one.value));
    let found = if mine { room.things.remove(id) } else { None };
    match found {
        Some(thing) => Ok(thing),
        None => refuse(errors::plain(404)),
    }
}

pub(super) fn is_prediction(value: &Value) -> bool {
    value["urls"]["cancel"].is_string()
}

fn running(thing: &Thing) -> bool {
    matches!(thing.value["status"].as_str(), Some("starting" | "processing"))
}

pub(super) fn get(room: &mut Room, call: &Call, id: &str) -> Reply {
    let mut thing = take(room, call, id)?;
    thing.looks += 1;
    if running(&thing) {
        if thing.looks == 1 { begin(&mut thing) } else { finish(room, &mut thing) }
    }
    Ok(keep(room, id, thing))
}

fn keep(room: &mut Room, id: &str, thing: Thing) -> Answer {
    let answer = Answer::json(200, &thing.value);
    let title = thing.value["model"].as_str().unwrap_or_default().to_owned();
    room.things.insert(id.to_owned(), thing);
    answer.booked(Booking::default().model(&title))
}

pub(super) fn cancel(room: &mut Room, call: &Call, id: &str) -> Reply {
    let mut thing = take(room, call, id)?;
    if running(&thing) {
        thing.value["status"] = "canceled".into();
        thing.value["completed_at"] = rfc3339(now()).into();
    }
    Ok(keep(room, id, thing))
}

/// `urls.stream`: the events `output`, `logs` and `done`.
pub(super) fn streamed(room: &mut Room, call: &Call, address: &str) -> Reply {
    let Some(id) = of_token(room, "stream", address) else {
        return refuse(errors::plain(404));
    };
    let mut thing = take(room, call, &id)?;
    if running(&thing) {
        finish(room, &mut thing);
    }
    let event = |name: &str, number: usize, data: &str| {
        let lines: String = data.split('\n').map(|line| format!("data: {line}\n")).collect();
        Bytes::from(format!("event: {name}\nid: {number}:0\n{lines}\n"))
    };
    let mut events = vec![event("logs", 0, "Practice run.")];
    let outputs = match &thing.value["output"] {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    for (number, output) in outputs.iter().enumerate() {
        events.push(event("output", number + 1, output.as_str().unwrap_or_default()));
    }
    let end = if thing.value["status"] == "canceled" { "{\"reason\": \"canceled\"}" } else { "{}" };
    events.push(event("done", outputs.len() + 1, end));
    let booking = Booking::default().model(thing.value["model"].as_str().unwrap_or_default());
    room.things.insert(id, thing);
    Ok(Answer::events("text/event-stream; charset=utf-8", events).booked(booking))
}
