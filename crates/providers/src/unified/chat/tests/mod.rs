//! Literal JSON both ways, one test for each thing that an assistant relies on.

mod answers;
mod conversations;
mod errors;
mod requests;
mod streams;

use serde_json::{Value, json};

use super::{Asked, Kind, NotCarried, Stream, answer, to_anthropic};

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A call with one user message and these fields beside it.
fn call(fields: Value) -> Value {
    let mut call = json!({"model": "claude-opus-5", "messages": [{"role": "user", "content": "Hi"}]});
    for (name, value) in fields.as_object().unwrap() {
        call[name] = value.clone();
    }
    call
}

fn sent(call: &Value) -> Value {
    let request = to_anthropic(call.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e}: {call}"));
    serde_json::from_slice(&request.body).unwrap()
}

fn asked(call: &Value) -> Asked {
    to_anthropic(call.to_string().as_bytes()).unwrap().asked
}

fn refused(call: &Value) -> NotCarried {
    match to_anthropic(call.to_string().as_bytes()) {
        Err(refused) => refused,
        Ok(request) => panic!("taken: {call} as {}", String::from_utf8_lossy(&request.body)),
    }
}

#[track_caller]
fn refuses(call: &Value, kind: Kind, param: &str) {
    let refused = refused(call);
    assert_eq!((refused.kind, refused.param.as_str()), (kind, param), "{refused} for {call}");
}

/// Anthropic's answer with these blocks.
fn message(content: Value, stop: &str) -> Value {
    json!({
        "id": "msg_01", "type": "message", "role": "assistant", "model": "claude-opus-5", "container": null,
        "content": content, "stop_reason": stop, "stop_sequence": null, "stop_details": null,
        "usage": {
            "input_tokens": 10, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4,
            "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 20, "output_tokens_details": {"thinking_tokens": 7},
            "server_tool_use": null, "service_tier": "standard", "inference_geo": "not_available"
        }
    })
}

fn answered(asked: Asked, message: &Value) -> Value {
    serde_json::from_slice(&answer(asked, message.to_string().as_bytes(), 1_700_000_000).unwrap()).unwrap()
}

/// The events as Anthropic writes them.
fn events(events: &[Value]) -> String {
    events.iter().map(|e| format!("event: {}\ndata: {e}\n\n", e["type"].as_str().unwrap())).collect()
}

fn streamed(asked: Asked, text: &str, size: usize) -> String {
    let mut stream = Stream::new(asked, 1_700_000_000);
    let mut out: Vec<u8> = text.as_bytes().chunks(size).flat_map(|piece| stream.feed(piece)).collect();
    out.extend(stream.finish());
    String::from_utf8(out).unwrap()
}

/// What is in a stream of OpenAI's, `[DONE]` as a text.
fn chunks(stream: &str) -> Vec<Value> {
    let data = stream.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
    data.map(|data| if data == "[DONE]" { json!("[DONE]") } else { read(data) }).collect()
}
