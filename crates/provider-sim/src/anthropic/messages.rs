//! `POST /v1/messages` and `/v1/messages/count_tokens` (facts: section 5.2 of the provider notes).

use super::{dressed, errors, models, worker};
use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::Key;
use crate::ledger::Booking;
use crate::room::Room;
use crate::{stream, words};
use bytes::Bytes;
use serde_json::{Value, json};

struct Asked {
    body: Value,
    model: String,
    prompt: String,
}

/// What both routes check in the same way: a body, its model, its messages, the version's rules.
fn asked(call: &Call, key: &Key) -> Reply<Asked> {
    let Some(body) = call.json() else {
        return refuse(errors::bad_request(call, "The request body is not valid JSON"));
    };
    asked_in(call, key, body)
}

/// One message of a batch, as it is answered.
pub(super) fn of_params(room: &mut Room, call: &Call, key: &Key, params: &Value) -> Reply<Value> {
    let asked = asked_in(call, key, params.clone())?;
    let text = words::reply(&room.seeded("messages"), &asked.prompt);
    let (input, output) = (words::tokens(&asked.prompt), words::tokens(&text));
    let message = Message { id: room.next_id("msg_01", 22), model: asked.model, text, input, output };
    Ok(message.shown(&message.text, Some("end_turn"), output))
}

fn asked_in(call: &Call, key: &Key, body: Value) -> Reply<Asked> {
    let Some(model) = body["model"].as_str().map(str::to_owned) else {
        return refuse(errors::bad_request(call, "model: Field required"));
    };
    if !body["messages"].is_array() {
        return refuse(errors::bad_request(call, "messages: Field required"));
    }
    if body["messages"].as_array().is_none_or(Vec::is_empty) {
        return refuse(errors::bad_request(call, "messages: at least one message is required"));
    }
    version_rules(call, &body)?;
    if models::find(&model).is_none() || !key.allows_model(&model) {
        return refuse(errors::not_found(call, &format!("model: {model}")));
    }
    let prompt = format!("{} {}", words::strings(&body["system"]), words::strings(&body["messages"]));
    Ok(Asked { model, prompt: prompt.trim().to_owned(), body })
}

/// What version 2026-10-21 no longer takes.
fn version_rules(call: &Call, body: &Value) -> Reply<()> {
    if call.header("anthropic-version") != Some("2026-10-21") {
        return Ok(());
    }
    for field in ["temperature", "top_p", "top_k"] {
        if !body[field].is_null() {
            let words = format!("{field}: Extra inputs are not permitted");
            return refuse(errors::bad_request(call, &words));
        }
    }
    for (number, message) in body["messages"].as_array().into_iter().flatten().enumerate() {
        let blocks = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mine = message["role"] == "assistant";
        if mine && blocks.iter().any(|block| block["type"] == "document") {
            let words = format!("messages.{number}.content: document blocks are not permitted in assistant messages");
            return refuse(errors::bad_request(call, &words));
        }
        if !mine && blocks.iter().any(|block| block["type"] == "text" && !block["citations"].is_null()) {
            let words = format!("messages.{number}.content: citations are not permitted on user text");
            return refuse(errors::bad_request(call, &words));
        }
    }
    Ok(())
}

/// `POST /v1/messages/count_tokens`: free.
pub(super) fn count(room: &mut Room, call: &Call) -> Reply {
    let key = worker(room, call)?;
    let asked = asked(call, &key)?;
    if room.drained(&key.account) && room.switch("count_tokens_shows_credit") == "yes" {
        return refuse(errors::no_credit(call, room.switch("no_credit")));
    }
    let answer = Answer::json(200, &json!({"input_tokens": words::tokens(&asked.prompt)}));
    Ok(dressed(&key, answer).booked(Booking::default().model(&asked.model)))
}

/// `POST /v1/messages`, whole or as a stream.
pub(super) fn create(room: &mut Room, call: &Call) -> Reply {
    let key = worker(room, call)?;
    let asked = asked(call, &key)?;
    if asked.body["max_tokens"].as_u64().is_none_or(|most| most == 0) {
        return refuse(errors::bad_request(call, "max_tokens: Field required"));
    }
    if room.drained(&key.account) {
        return refuse(errors::no_credit(call, room.switch("no_credit")));
    }
    let text = words::reply(&room.seeded("messages"), &asked.prompt);
    let (input, output) = (words::tokens(&asked.prompt), words::tokens(&text));
    let message = Message { id: room.next_id("msg_01", 22), model: asked.model, text, input, output };
    let booking = Booking::default()
        .model(&message.model)
        .bill(&[("input_tokens", input.into()), ("output_tokens", output.into())]);
    let answer = if asked.body["stream"].as_bool() == Some(true) {
        Answer::events("text/event-stream; charset=utf-8", message.events())
    } else {
        Answer::json(200, &message.shown(&message.text, Some("end_turn"), output))
    };
    Ok(dressed(&key, answer).booked(booking))
}

struct Message {
    id: String,
    model: String,
    text: String,
    input: u64,
    output: u64,
}

impl Message {
    fn shown(&self, text: &str, stop: Option<&str>, output: u64) -> Value {
        let content =
            if text.is_empty() { json!([]) } else { json!([{"type": "text", "text": text, "citations": null}]) };
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "container": null,
            "stop_reason": stop,
            "stop_sequence": null,
            "stop_details": null,
            "usage": {
                "input_tokens": self.input,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "output_tokens": output,
                "server_tool_use": null,
                "service_tier": "standard",
                "inference_geo": "not_available"
            }
        })
    }

    /// The events of a stream. The usage in `message_delta` is cumulative, not a difference.
    fn events(&self) -> Vec<Bytes> {
        let start = json!({"type": "message_start", "message": self.shown("", None, 1)});
        let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "", "citations": null}});
        let mut events = vec![
            stream::named("message_start", &start),
            stream::named("content_block_start", &block),
            stream::named("ping", &json!({"type": "ping"})),
        ];
        for piece in stream::pieces(&self.text) {
            let delta = json!({"type": "text_delta", "text": piece});
            let event = json!({"type": "content_block_delta", "index": 0, "delta": delta});
            events.push(stream::named("content_block_delta", &event));
        }
        events.push(stream::named("content_block_stop", &json!({"type": "content_block_stop", "index": 0})));
        events.push(stream::named(
            "message_delta",
            &json!({
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": null, "stop_details": null, "container": null},
                "usage": {
                    "output_tokens": self.output,
                    "input_tokens": null,
                    "cache_creation_input_tokens": null,
                    "cache_read_input_tokens": null,
                    "server_tool_use": null
                }
            }),
        ));
        events.push(stream::named("message_stop", &json!({"type": "message_stop"})));
        events
    }
}
