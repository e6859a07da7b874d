//! `POST /v1/messages` and `/v1/messages/count_tokens` (facts: section 5.2 of the provider notes).

use super::{cached, checked, dressed, errors, models, worker};
use crate::bill::Bill;
use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::Key;
use crate::ledger::Booking;
use crate::room::Room;
use crate::turn::{self, Choice, End, Tool, Turn};
use crate::{stream, words};
use bytes::Bytes;
use serde_json::{Value, json};

struct Asked {
    body: Value,
    model: String,
    turn: turn::Asked,
}

/// What both routes check in the same way: a body, its model, its messages, the version's rules.
fn asked(call: &Call, key: &Key) -> Reply<Asked> {
    let Some(body) = call.json() else {
        return refuse(errors::bad_request(call, "The request body is not valid JSON"));
    };
    asked_in(call, key, body)
}

/// One message of a batch, as it is answered, and what it is charged for.
pub(super) fn of_params(room: &mut Room, call: &Call, key: &Key, params: &Value) -> Reply<(Value, Bill)> {
    let asked = asked_in(call, key, params.clone())?;
    let message = message(room, key, asked);
    Ok((message.whole(), message.bill))
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
    if let Err(words) = checked::body(&body) {
        return refuse(errors::bad_request(call, &words));
    }
    if models::find(&model).is_none() || !key.allows_model(&model) {
        return refuse(errors::not_found(call, &format!("model: {model}")));
    }
    let turn = conversation(&body);
    Ok(Asked { model, turn, body })
}

/// What a sound body asks the model for.
fn conversation(body: &Value) -> turn::Asked {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<String> = messages.iter().map(|message| said(&message["content"])).collect();
    let prompt = format!("{} {}", said(&body["system"]), texts.join(" "));
    let all = || messages.iter().flat_map(blocks);
    let last = messages.last().map(blocks).unwrap_or_default();
    let results: Vec<&Value> = last.iter().filter(|block| block["type"] == "tool_result").collect();
    let called = all().filter(|block| block["type"] == "tool_use");
    let called = called.filter(|call| results.iter().any(|result| result["tool_use_id"] == call["id"]));
    let spoken = messages.iter().zip(&texts).rfind(|(message, _)| {
        message["role"] == "user"
            && (message["content"].is_string() || blocks(message).iter().any(|b| b["type"] == "text"))
    });
    let choice = &body["tool_choice"];
    turn::Asked {
        prompt: prompt.trim().to_owned(),
        last: spoken.map(|(_, text)| text.clone()).unwrap_or_default(),
        results: results.iter().map(|result| said(&result["content"])).collect(),
        called: called.filter_map(|call| call["name"].as_str()).map(str::to_owned).collect(),
        pictures: all().filter(|block| block["type"] == "image").count(),
        files: all().filter(|block| block["type"] == "document").count(),
        tools: tools(&body["tools"]),
        choice: match choice["type"].as_str() {
            Some("none") => Choice::Never,
            Some("any") => Choice::Some,
            Some("tool") => Choice::Named(choice["name"].as_str().unwrap_or_default().to_owned()),
            _ => Choice::Auto,
        },
        parallel: choice["disable_parallel_tool_use"] != true,
        shape: Some(body["output_config"]["format"]["schema"].clone()).filter(Value::is_object),
        most: body["max_tokens"].as_u64(),
        stops: strings(&body["stop_sequences"]),
    }
}

fn blocks(message: &Value) -> &[Value] {
    message["content"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn tools(list: &Value) -> Vec<Tool> {
    let named =
        |tool: &Value| Some(Tool { name: tool["name"].as_str()?.to_owned(), schema: tool["input_schema"].clone() });
    list.as_array().into_iter().flatten().filter_map(named).collect()
}

/// The words of a content, without pictures and files.
fn said(content: &Value) -> String {
    let Some(blocks) = content.as_array() else {
        return words::strings(content);
    };
    let said = blocks.iter().map(|block| match block["type"].as_str() {
        Some("tool_use") => words::strings(block),
        Some("tool_result") => said(&block["content"]),
        _ => words::strings(&block["text"]),
    });
    said.collect::<Vec<_>>().join(" ")
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
    let answer = Answer::json(200, &json!({"input_tokens": words::tokens(&asked.turn.prompt)}));
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
    let streams = asked.body["stream"].as_bool() == Some(true);
    let message = message(room, &key, asked);
    let booking = Booking::default().model(&message.model).bill(&message.bill.units());
    let answer = if streams {
        Answer::events("text/event-stream; charset=utf-8", message.events())
    } else {
        Answer::json(200, &message.whole())
    };
    Ok(dressed(&key, answer).booked(booking))
}

fn message(room: &mut Room, key: &Key, mut asked: Asked) -> Message {
    let seeded = room.seeded("messages");
    let thoughts = asked.turn.think(&seeded, most_thoughts(&asked.body));
    let turn = asked.turn.turn(&seeded);
    let whose = format!("{}/{}", key.project.as_deref().unwrap_or(&key.account), asked.model);
    let bill =
        Bill { text_out: turn.output, thoughts, ..cached::input(&mut room.prompts, &whose, &asked.body, turn.input) };
    let ids = turn.calls.iter().map(|_| room.next_id("toolu_01", 22)).collect();
    Message { id: room.next_id("msg_01", 22), model: asked.model, turn, ids, bill }
}

/// How much it may think, where it is asked to.
fn most_thoughts(body: &Value) -> u64 {
    let thinking = &body["thinking"];
    let level = turn::most_thoughts(body["output_config"]["effort"].as_str().unwrap_or("high"));
    match thinking["type"].as_str() {
        Some("adaptive") => level,
        Some("enabled") => thinking["budget_tokens"].as_u64().map_or(level, |budget| level.min(budget)),
        _ => 0,
    }
}

struct Message {
    id: String,
    model: String,
    turn: Turn,
    /// The ids of the calls.
    ids: Vec<String>,
    bill: Bill,
}

/// What it says before it calls tools, as real ones do.
const BEFORE_CALLS: &str = "Let me look.";

impl Message {
    fn shown(&self, content: &[Value], stop: Value, output: u64) -> Value {
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "container": null,
            "stop_reason": stop["stop_reason"],
            "stop_sequence": stop["stop_sequence"],
            "stop_details": stop["stop_details"],
            "usage": {
                "input_tokens": self.bill.text_in,
                "cache_creation_input_tokens": self.bill.written + self.bill.written_hour,
                "cache_read_input_tokens": self.bill.cached,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": self.bill.written,
                    "ephemeral_1h_input_tokens": self.bill.written_hour
                },
                "output_tokens": output,
                "output_tokens_details": null,
                "server_tool_use": null,
                "service_tier": "standard",
                "inference_geo": "not_available"
            }
        })
    }

    fn stop(&self) -> Value {
        let (reason, sequence, details) = match &self.turn.end {
            End::Said => ("end_turn", None, Value::Null),
            End::Calls => ("tool_use", None, Value::Null),
            End::Stop(sequence) => ("stop_sequence", Some(sequence), Value::Null),
            End::Limit => ("max_tokens", None, Value::Null),
            End::Refused => {
                let details = json!({"type": "refusal", "category": null, "explanation": turn::REFUSAL});
                ("refusal", None, details)
            }
        };
        json!({"stop_reason": reason, "stop_sequence": sequence, "stop_details": details})
    }

    /// The blocks with what they begin with in a stream, and the pieces that follow.
    fn blocks(&self) -> Vec<(Value, Vec<String>)> {
        let mut blocks = self.spoken();
        if self.bill.thoughts > 0 {
            blocks.insert(0, (json!({"type": "redacted_thinking", "data": "cHJhY3RpY2U="}), Vec::new()));
        }
        blocks
    }

    /// The blocks without its thoughts.
    fn spoken(&self) -> Vec<(Value, Vec<String>)> {
        let text = |text: &str| (json!({"type": "text", "text": "", "citations": null}), stream::pieces(text));
        let calls = self.turn.calls.iter().zip(&self.ids).map(|(call, id)| {
            let block =
                json!({"type": "tool_use", "id": id, "name": call.name, "input": {}, "caller": {"type": "direct"}});
            let mut pieces = vec![String::new()];
            pieces.extend(stream::pieces(&call.arguments.to_string()));
            (block, pieces)
        });
        match self.turn.text.as_str() {
            "" if self.ids.is_empty() => Vec::new(),
            "" => std::iter::once(text(BEFORE_CALLS)).chain(calls).collect(),
            said => vec![text(said)],
        }
    }

    fn whole(&self) -> Value {
        let mut content: Vec<Value> = Vec::new();
        for (mut block, pieces) in self.blocks() {
            match block["type"].as_str() {
                Some("text") => block["text"] = pieces.concat().into(),
                Some("tool_use") => block["input"] = serde_json::from_str(&pieces.concat()).unwrap_or_default(),
                _ => {}
            }
            content.push(block);
        }
        let mut whole = self.shown(&content, self.stop(), self.bill.output());
        whole["usage"]["output_tokens_details"] = self.thinking();
        whole
    }

    fn thinking(&self) -> Value {
        let thoughts = self.bill.thoughts;
        if thoughts > 0 { json!({"thinking_tokens": thoughts}) } else { Value::Null }
    }

    /// The usage at the end: cumulative, not a difference. What went in is stated again where a cache was used.
    fn usage_at_end(&self) -> Value {
        let Bill { text_in, cached, written, written_hour, .. } = self.bill;
        let again = |count: u64| if text_in < self.bill.input() { count.into() } else { Value::Null };
        json!({
            "output_tokens": self.bill.output(),
            "output_tokens_details": self.thinking(),
            "input_tokens": again(text_in),
            "cache_creation_input_tokens": again(written + written_hour),
            "cache_read_input_tokens": again(cached),
            "server_tool_use": null
        })
    }

    /// The events of a stream.
    fn events(&self) -> Vec<Bytes> {
        let start = json!({"type": "message_start", "message": self.shown(&[], Value::Null, 1)});
        let mut events = vec![stream::named("message_start", &start)];
        for (index, (block, pieces)) in self.blocks().into_iter().enumerate() {
            let text = block["type"] == "text";
            let begin = json!({"type": "content_block_start", "index": index, "content_block": block});
            events.push(stream::named("content_block_start", &begin));
            if index == 0 {
                events.push(stream::named("ping", &json!({"type": "ping"})));
            }
            for piece in pieces {
                let delta = match text {
                    true => json!({"type": "text_delta", "text": piece}),
                    false => json!({"type": "input_json_delta", "partial_json": piece}),
                };
                let event = json!({"type": "content_block_delta", "index": index, "delta": delta});
                events.push(stream::named("content_block_delta", &event));
            }
            events.push(stream::named("content_block_stop", &json!({"type": "content_block_stop", "index": index})));
        }
        let mut delta = self.stop();
        delta["container"] = Value::Null;
        let end = json!({"type": "message_delta", "delta": delta, "usage": self.usage_at_end()});
        events.push(stream::named("message_delta", &end));
        events.push(stream::named("message_stop", &json!({"type": "message_stop"})));
        events
    }
}
