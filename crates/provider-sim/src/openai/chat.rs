//! `POST /v1/chat/completions` (facts: section 5.1 of the provider notes).

use super::access::{self, Reply};
use super::{asked, errors, models::Use, sound, spent};
use crate::bill::Bill;
use crate::call::{Answer, Call};
use crate::ledger::Booking;
use crate::room::{Room, now};
use crate::stream;
use crate::turn::{self, End, REFUSAL, Turn};
use bytes::Bytes;
use serde_json::{Value, json};

pub(crate) fn answer(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::capability(room, &caller, "api.model.chat_completions.request")?;
    let Some(body) = call.json() else {
        return access::refuse(super::not_json());
    };
    super::known(&body, KNOWN)?;
    let Some(model) = body["model"].as_str() else {
        return access::refuse(errors::bad_request("you must provide a model parameter", None, None));
    };
    let Some(messages) = body["messages"].as_array() else {
        return access::refuse(errors::missing("messages"));
    };
    if messages.is_empty() {
        let words = "Invalid 'messages': empty array. Expected an array with minimum length 1.";
        return access::refuse(errors::bad_request(words, Some("messages"), Some("empty_array")));
    }
    access::model(room, &caller, model, Use::Chat)?;
    access::credit(room, &caller)?;
    let mut asked = asked::asked(&body)?;
    let (heard, spoken) = (sound::heard(&body, model)?, sound::spoken(&body, model)?);
    let seeded = room.seeded("chat");
    let effort = body["reasoning_effort"].as_str().unwrap_or_default();
    let thoughts = asked.think(&seeded, turn::most_thoughts(effort));
    let turn = asked.turn(&seeded);
    let spoken = (spoken && turn.calls.is_empty()).then(|| room.next_id("audio_", 24));
    let bill = Bill {
        audio_in: heard,
        text_out: turn.output,
        thoughts,
        audio_out: spoken.as_ref().map_or(0, |_| sound::tokens(&turn.text)),
        ..spent::input(room, &caller, model, &asked.prompt, turn.input)
    };
    let booking = Booking::default().model(model).bill(&bill.units());
    let ids = turn.calls.iter().map(|_| room.next_id("call_", 24)).collect();
    let chat =
        Chat { id: room.next_id("chatcmpl-", 24), created: now(), model: model.to_owned(), turn, ids, bill, spoken };
    let answer = if body["stream"].as_bool() == Some(true) {
        let wanted = body["stream_options"]["include_usage"].as_bool() == Some(true);
        let padded = body["stream_options"]["include_obfuscation"].as_bool() != Some(false);
        Answer::events("text/event-stream; charset=utf-8", chat.events(wanted, padded))
    } else {
        Answer::json(200, &chat.whole())
    };
    Ok(super::dressed(room, &caller, answer).booked(booking))
}

/// The fields that are taken; any other gives 400, as the zero-cost scope probe relies on.
const KNOWN: &[&str] = &[
    "model",
    "messages",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "n",
    "stop",
    "max_tokens",
    "max_completion_tokens",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "response_format",
    "seed",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "user",
    "metadata",
    "store",
    "service_tier",
    "reasoning_effort",
    "modalities",
    "audio",
    "prediction",
    "verbosity",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "web_search_options",
    "functions",
    "function_call",
    "moderation",
];

struct Chat {
    id: String,
    created: i64,
    model: String,
    turn: Turn,
    /// The ids of the calls.
    ids: Vec<String>,
    bill: Bill,
    /// The id of its sound, where the answer is spoken.
    spoken: Option<String>,
}

impl Chat {
    fn finish(&self) -> &'static str {
        match self.turn.end {
            End::Said | End::Stop(_) | End::Refused => "stop",
            End::Calls => "tool_calls",
            End::Limit => "length",
        }
    }

    /// Each call with its place, as a stream begins it and a whole answer has it; `arguments` is what it has of them.
    fn calls(&self, arguments: fn(&Value) -> String) -> impl Iterator<Item = Value> {
        self.turn.calls.iter().zip(&self.ids).map(move |(call, id)| {
            let function = json!({"name": call.name, "arguments": arguments(&call.arguments)});
            json!({"id": id, "type": "function", "function": function})
        })
    }

    fn message(&self) -> Value {
        let refused = self.turn.end == End::Refused;
        let silent = refused || !self.ids.is_empty() || self.spoken.is_some();
        let content = if silent { Value::Null } else { self.turn.text.clone().into() };
        let refusal = if refused { REFUSAL.into() } else { Value::Null };
        let mut message = json!({"role": "assistant", "content": content, "refusal": refusal, "annotations": []});
        if !self.ids.is_empty() {
            message["tool_calls"] = self.calls(Value::to_string).collect();
        }
        if let Some(id) = &self.spoken {
            message["audio"] = sound::whole(id, &self.turn.text);
        }
        message
    }

    fn whole(&self) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{"index": 0, "message": self.message(), "logprobs": null, "finish_reason": self.finish()}],
            "usage": spent::chat_usage(&self.bill),
            "service_tier": "default",
            "system_fingerprint": "fp_practice"
        })
    }

    /// What a stream tells, piece by piece.
    fn deltas(&self) -> Vec<Value> {
        if self.turn.end == End::Refused {
            let first = json!({"role": "assistant", "content": null, "refusal": ""});
            let rest = stream::pieces(REFUSAL).into_iter().map(|piece| json!({"refusal": piece}));
            return std::iter::once(first).chain(rest).collect();
        }
        let content = if self.ids.is_empty() { json!("") } else { Value::Null };
        let mut deltas = vec![json!({"role": "assistant", "content": content, "refusal": null})];
        for (number, (mut begin, call)) in self.calls(|_| String::new()).zip(&self.turn.calls).enumerate() {
            begin["index"] = number.into();
            deltas.push(json!({"tool_calls": [begin]}));
            for piece in stream::pieces(&call.arguments.to_string()) {
                deltas.push(json!({"tool_calls": [{"index": number, "function": {"arguments": piece}}]}));
            }
        }
        if let Some(id) = &self.spoken {
            deltas.extend(sound::pieces(id, &stream::pieces(&self.turn.text)));
        } else if self.ids.is_empty() {
            deltas.extend(stream::pieces(&self.turn.text).into_iter().map(|piece| json!({"content": piece})));
        }
        deltas
    }

    fn chunk(&self, choices: Value, usage: Option<Value>, padding: Option<&str>) -> Bytes {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_practice",
            "choices": choices
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage;
        }
        if let Some(padding) = padding {
            chunk["obfuscation"] = padding.into();
        }
        stream::data(&chunk)
    }

    /// The chunks and `[DONE]`; with `include_usage` one more chunk without choices in front of it.
    fn events(&self, include_usage: bool, padded: bool) -> Vec<Bytes> {
        let null = || include_usage.then_some(Value::Null);
        let padding = padded.then_some("x9Zq");
        let choice = |delta: Value, end: Option<&str>| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": end}]);
        let deltas = self.deltas().into_iter();
        let mut events: Vec<Bytes> = deltas.map(|delta| self.chunk(choice(delta, None), null(), padding)).collect();
        events.push(self.chunk(choice(json!({}), Some(self.finish())), null(), padding));
        if include_usage {
            events.push(self.chunk(json!([]), Some(spent::chat_usage(&self.bill)), padding));
        }
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        events
    }
}
