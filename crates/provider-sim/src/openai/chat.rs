//! `POST /v1/chat/completions` (facts: section 5.1 of the provider notes).

use super::access::{self, Reply};
use super::{errors, models::Use};
use crate::call::{Answer, Call};
use crate::ledger::Booking;
use crate::room::{Room, now};
use crate::{stream, words};
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
    let prompt = words::strings(&body["messages"]);
    let text = words::reply(&room.seeded("chat"), &prompt);
    let (input, output) = (words::tokens(&prompt), words::tokens(&text));
    let booking =
        Booking::default().model(model).bill(&[("input_tokens", input.into()), ("output_tokens", output.into())]);
    let chat = Chat { id: room.next_id("chatcmpl-", 24), created: now(), model: model.to_owned(), text, input, output };
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
    text: String,
    input: u64,
    output: u64,
}

impl Chat {
    fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.input,
            "completion_tokens": self.output,
            "total_tokens": self.input + self.output,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0
            }
        })
    }

    fn whole(&self) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": self.text, "refusal": null, "annotations": []},
                "logprobs": null,
                "finish_reason": "stop"
            }],
            "usage": self.usage(),
            "service_tier": "default",
            "system_fingerprint": "fp_practice"
        })
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
        let first = json!({"role": "assistant", "content": "", "refusal": null});
        let mut events = vec![self.chunk(choice(first, None), null(), padding)];
        for piece in stream::pieces(&self.text) {
            events.push(self.chunk(choice(json!({"content": piece}), None), null(), padding));
        }
        events.push(self.chunk(choice(json!({}), Some("stop")), null(), padding));
        if include_usage {
            events.push(self.chunk(json!([]), Some(self.usage()), padding));
        }
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        events
    }
}
