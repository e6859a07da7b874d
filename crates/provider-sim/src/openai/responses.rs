//! `/v1/responses`: make, stream, look at, cancel, delete (facts: section 5.1 of the provider notes).

use super::access::{self, Caller, Reply};
use super::{errors, models::Use, spent};
use crate::bill::Bill;
use crate::call::{Answer, Call};
use crate::ledger::Booking;
use crate::room::{Room, Thing, now};
use crate::{stream, turn, words};
use bytes::Bytes;
use serde_json::{Value, json};

const KNOWN: &[&str] = &[
    "model",
    "input",
    "instructions",
    "stream",
    "stream_options",
    "background",
    "store",
    "metadata",
    "previous_response_id",
    "conversation",
    "include",
    "max_output_tokens",
    "max_tool_calls",
    "parallel_tool_calls",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
    "context_management",
    "moderation",
];

/// `POST /v1/responses`.
pub(super) fn create(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::capability(room, &caller, "api.responses.write")?;
    let Some(body) = call.json() else {
        return access::refuse(super::not_json());
    };
    super::known(&body, KNOWN)?;
    let Some(model) = body["model"].as_str() else {
        return access::refuse(errors::missing("model"));
    };
    if body["input"].is_null() && body["prompt"].is_null() {
        return access::refuse(errors::missing("input"));
    }
    if let Some(previous) = body["previous_response_id"].as_str() {
        own(room, &caller, previous)?;
    }
    access::model(room, &caller, model, Use::Chat)?;
    access::credit(room, &caller)?;
    let (response, booking) = make(room, &caller, &body, model);
    let answer = answer_with(&response, &body);
    if body["store"].as_bool() != Some(false) {
        let thing = Thing {
            account: caller.account().to_owned(),
            project: caller.key.project.clone(),
            value: response.clone(),
            looks: if waits(&body) { 0 } else { LOOKS },
        };
        room.things.insert(response["id"].as_str().unwrap_or_default().to_owned(), thing);
    }
    Ok(super::dressed(room, &caller, answer).booked(booking))
}

/// After so many looks a background response is complete.
const LOOKS: usize = 2;

fn waits(body: &Value) -> bool {
    body["background"].as_bool() == Some(true) && body["stream"].as_bool() != Some(true)
}

fn answer_with(response: &Value, body: &Value) -> Answer {
    if body["stream"].as_bool() == Some(true) {
        return Answer::events("text/event-stream; charset=utf-8", events(response));
    }
    if waits(body) {
        return Answer::json(200, &unfinished(response, "queued"));
    }
    Answer::json(200, response)
}

/// The finished response, and what it cost.
fn make(room: &mut Room, caller: &Caller, body: &Value, model: &str) -> (Value, Booking) {
    let prompt = format!("{} {}", words::strings(&body["instructions"]), words::strings(&body["input"]));
    let (prompt, seeded) = (prompt.trim(), room.seeded("responses"));
    let text = words::reply(&seeded, prompt);
    let effort = body["reasoning"]["effort"].as_str().unwrap_or_default();
    let bill = Bill {
        text_out: words::tokens(&text),
        thoughts: turn::thoughts(&seeded, turn::most_thoughts(effort), prompt),
        ..spent::input(room, caller, model, prompt, words::tokens(prompt))
    };
    let message = json!({
        "id": room.next_id("msg_", 32),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    });
    let or = |name: &str, default: Value| {
        if body[name].is_null() { default } else { body[name].clone() }
    };
    let response = json!({
        "id": room.next_id("resp_", 32),
        "object": "response",
        "created_at": now(),
        "completed_at": now(),
        "status": "completed",
        "background": or("background", json!(false)),
        "error": null,
        "incomplete_details": null,
        "instructions": body["instructions"],
        "max_output_tokens": body["max_output_tokens"],
        "max_tool_calls": body["max_tool_calls"],
        "model": model,
        "output": [message],
        "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
        "previous_response_id": body["previous_response_id"],
        "reasoning": or("reasoning", json!({"effort": null, "summary": null})),
        "service_tier": "default",
        "store": or("store", json!(true)),
        "temperature": or("temperature", json!(1.0)),
        "text": or("text", json!({"format": {"type": "text"}})),
        "tool_choice": or("tool_choice", json!("auto")),
        "tools": or("tools", json!([])),
        "top_logprobs": or("top_logprobs", json!(0)),
        "top_p": or("top_p", json!(1.0)),
        "truncation": or("truncation", json!("disabled")),
        "usage": spent::response_usage(&bill),
        "metadata": or("metadata", json!({}))
    });
    (response, Booking::default().model(model).bill(&bill.units()))
}

/// The response as it stands before it is done: without output and usage.
fn unfinished(response: &Value, status: &str) -> Value {
    let mut early = response.clone();
    early["status"] = status.into();
    early["output"] = json!([]);
    early["completed_at"] = Value::Null;
    if let Some(fields) = early.as_object_mut() {
        fields.remove("usage");
    }
    early
}

/// The events, each with its name and sequence number; there is no `[DONE]`.
fn events(response: &Value) -> Vec<Bytes> {
    let message = &response["output"][0];
    let (item, text) = (&message["id"], message["content"][0]["text"].as_str().unwrap_or_default());
    let early = unfinished(response, "in_progress");
    let mut begun = message.clone();
    begun["status"] = "in_progress".into();
    begun["content"] = json!([]);
    let empty = json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []});
    let at = |more: Value| {
        let mut place = json!({"item_id": item, "output_index": 0, "content_index": 0});
        merge(&mut place, more);
        place
    };
    let mut all = vec![
        ("response.created", json!({"response": early})),
        ("response.in_progress", json!({"response": early})),
        ("response.output_item.added", json!({"output_index": 0, "item": begun})),
        ("response.content_part.added", at(json!({"part": empty}))),
    ];
    for piece in stream::pieces(text) {
        all.push(("response.output_text.delta", at(json!({"delta": piece, "logprobs": []}))));
    }
    all.push(("response.output_text.done", at(json!({"text": text, "logprobs": []}))));
    all.push(("response.content_part.done", at(json!({"part": message["content"][0]}))));
    all.push(("response.output_item.done", json!({"output_index": 0, "item": message})));
    all.push(("response.completed", json!({"response": response})));
    let numbered = all.into_iter().enumerate().map(|(number, (name, mut data))| {
        merge(&mut data, json!({"type": name, "sequence_number": number}));
        stream::named(name, &data)
    });
    numbered.collect()
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// The id has the right form and is a response of the caller's own project.
fn own(room: &Room, caller: &Caller, id: &str) -> Reply<()> {
    if !id.starts_with("resp_") {
        let words = format!("Invalid 'response_id': '{id}'. Expected an ID that begins with 'resp'.");
        return access::refuse(errors::bad_request(&words, Some("response_id"), Some("invalid_value")));
    }
    match room.things.get(id) {
        Some(thing) if thing.account == caller.account() && thing.project == caller.key.project => Ok(()),
        _ => access::refuse(errors::not_found(&format!("Response with id '{id}' not found."))),
    }
}

/// `GET /v1/responses/{id}`. A background response moves on each time it is looked at.
pub(super) fn get(room: &mut Room, call: &Call, id: &str) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.responses.read")?;
    own(room, &caller, id)?;
    let Some(thing) = room.things.get_mut(id) else {
        return access::refuse(errors::not_found("Not found."));
    };
    thing.looks = thing.looks.saturating_add(1);
    let shown = if thing.looks < LOOKS { unfinished(&thing.value, "in_progress") } else { thing.value.clone() };
    let answer = match call.query("stream") {
        Some("true") => Answer::events("text/event-stream; charset=utf-8", events(&thing.value)),
        _ => Answer::json(200, &shown),
    };
    Ok(super::dressed(room, &caller, answer))
}

/// `DELETE /v1/responses/{id}`.
pub(super) fn delete(room: &mut Room, call: &Call, id: &str) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.responses.write")?;
    own(room, &caller, id)?;
    room.things.remove(id);
    Ok(Answer::json(200, &json!({"id": id, "object": "response", "deleted": true})))
}

/// `POST /v1/responses/{id}/cancel`, for background responses only.
pub(super) fn cancel(room: &mut Room, call: &Call, id: &str) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.responses.write")?;
    own(room, &caller, id)?;
    let Some(thing) = room.things.get_mut(id) else {
        return access::refuse(errors::not_found("Not found."));
    };
    if thing.value["background"].as_bool() != Some(true) {
        return access::refuse(errors::bad_request("Cannot cancel a synchronous response.", None, None));
    }
    if thing.looks < LOOKS {
        thing.value = unfinished(&thing.value, "cancelled");
        thing.looks = LOOKS;
    }
    Ok(Answer::json(200, &thing.value))
}
