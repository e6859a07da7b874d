use super::*;
use crate::unified::chat::EVENT_LIMIT;

fn start() -> Value {
    let mut message = message(json!([]), "x");
    message["stop_reason"] = json!(null);
    json!({"type": "message_start", "message": message})
}

fn block(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn input(index: u64, json: &str) -> Value {
    delta(index, json!({"type": "input_json_delta", "partial_json": json}))
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str) -> [Value; 2] {
    let delta = json!({"stop_reason": reason, "stop_sequence": null, "stop_details": null, "container": null});
    let usage =
        json!({"output_tokens": 30, "input_tokens": null, "cache_read_input_tokens": 5, "server_tool_use": null});
    [json!({"type": "message_delta", "delta": delta, "usage": usage}), json!({"type": "message_stop"})]
}

/// Thoughts, words, two calls (one without input), a ping.
fn talk() -> String {
    let call = |id: &str, name: &str| json!({"type": "tool_use", "id": id, "name": name, "input": {}});
    let mut all = vec![
        start(),
        block(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm."})),
        delta(0, json!({"type": "signature_delta", "signature": "c2ln"})),
        stop(0),
        json!({"type": "ping"}),
        block(1, json!({"type": "text", "text": "", "citations": null})),
        delta(1, json!({"type": "text_delta", "text": "Hé"})),
        delta(1, json!({"type": "text_delta", "text": "\n\n🙂"})),
        stop(1),
        block(2, call("toolu_1", "weather")),
        input(2, ""),
        input(2, "{\"city\":"),
        input(2, " \"Rome\"}"),
        stop(2),
        block(3, call("toolu_2", "now")),
        stop(3),
    ];
    all.extend(end("tool_use"));
    events(&all)
}

fn deltas(stream: &str) -> Vec<Value> {
    chunks(stream).iter().map(|chunk| chunk["choices"][0]["delta"].clone()).filter(|d| !d.is_null()).collect()
}

#[test]
fn the_role_comes_first_then_words_then_calls_then_the_reason() {
    let out = streamed(Asked { stream: true, ..Asked::default() }, &talk(), 1_000);
    let call = |index: u32, rest: Value| {
        let mut call = json!({"index": index});
        call.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({"tool_calls": [call]})
    };
    assert_eq!(
        deltas(&out),
        [
            json!({"role": "assistant", "content": ""}),
            json!({"content": "Hé"}),
            json!({"content": "\n\n🙂"}),
            call(0, json!({"id": "toolu_1", "type": "function", "function": {"name": "weather", "arguments": ""}})),
            call(0, json!({"function": {"arguments": "{\"city\":"}})),
            call(0, json!({"function": {"arguments": " \"Rome\"}"}})),
            call(1, json!({"id": "toolu_2", "type": "function", "function": {"name": "now", "arguments": ""}})),
            call(1, json!({"function": {"arguments": "{}"}})),
            json!({}),
        ]
    );
    let chunks = chunks(&out);
    assert_eq!(chunks[0]["id"], "msg_01");
    assert_eq!(chunks[0]["object"], "chat.completion.chunk");
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(chunks[chunks.len() - 1], "[DONE]");
}

#[test]
fn usage_comes_to_those_who_ask() {
    let asked = Asked { stream: true, include_usage: true, ..Asked::default() };
    let chunks = chunks(&streamed(asked, &talk(), 1_000));
    let last = &chunks[chunks.len() - 2];
    assert_eq!(last["choices"], json!([]));
    assert_eq!(
        last["usage"],
        json!({
            "prompt_tokens": 18, "completion_tokens": 30, "total_tokens": 48,
            "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 7}
        })
    );
    assert!(
        chunks[..chunks.len() - 2].iter().all(|chunk| chunk["usage"] == json!(null) && chunk.get("usage").is_some())
    );
}

#[test]
fn the_same_comes_out_however_the_pieces_are_cut() {
    let asked = Asked { stream: true, include_usage: true, ..Asked::default() };
    for text in [talk(), talk().replace('\n', "\r\n"), talk().replace('\n', "\r")] {
        let whole = streamed(asked, &talk(), usize::MAX);
        for size in 1..200 {
            assert_eq!(streamed(asked, &text, size), whole, "{size}");
        }
        for at in 0..=text.len() {
            let mut stream = Stream::new(asked, 1_700_000_000);
            let mut out = stream.feed(&text.as_bytes()[..at]);
            out.extend(stream.feed(&text.as_bytes()[at..]));
            assert!(stream.ended());
            out.extend(stream.finish());
            assert_eq!(String::from_utf8(out).unwrap(), whole, "{at}");
        }
    }
}

#[test]
fn a_stream_says_what_the_whole_answer_says() {
    let chunks = chunks(&streamed(Asked { stream: true, ..Asked::default() }, &talk(), 7));
    let (mut content, mut calls) = (String::new(), Vec::<(String, String, String)>::new());
    for delta in chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]) {
        content.push_str(delta["content"].as_str().unwrap_or_default());
        if let Some(call) = delta["tool_calls"].get(0) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            if call["id"].is_string() {
                calls.push((text(&call["id"]), text(&call["function"]["name"]), String::new()));
            }
            calls[usize::try_from(call["index"].as_u64().unwrap()).unwrap()].2 += &text(&call["function"]["arguments"]);
        }
    }
    let whole = message(
        json!([
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, {"type": "text", "text": "Hé\n\n🙂"},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}
        ]),
        "tool_use",
    );
    let said = answered(Asked::default(), &whole)["choices"][0]["message"].clone();
    assert_eq!(said["content"], content);
    for (call, (id, name, arguments)) in said["tool_calls"].as_array().unwrap().iter().zip(&calls) {
        assert_eq!((call["id"].as_str(), call["function"]["name"].as_str()), (Some(id.as_str()), Some(name.as_str())));
        assert_eq!(read(call["function"]["arguments"].as_str().unwrap()), read(arguments));
    }
}

#[test]
fn an_error_in_the_middle_ends_the_stream_as_an_error() {
    let error =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"});
    let text = events(&[start(), error, block(0, json!({"type": "text", "text": "late"}))]);
    let chunks = chunks(&streamed(Asked::default(), &text, 5));
    assert_eq!(chunks.len(), 2);
    assert_eq!(
        chunks[1],
        json!({"error": {"message": "Overloaded", "type": "server_error", "param": null, "code": "overloaded"}})
    );
}

#[test]
fn a_stream_that_breaks_never_looks_whole() {
    let whole = talk();
    for at in (0..whole.len() - 2).step_by(7) {
        let out = chunks(&streamed(Asked::default(), &whole[..whole.floor_char_boundary(at)], usize::MAX));
        assert_eq!(out[out.len() - 1]["error"]["code"], "stream_cut", "{at}");
    }
    for text in [
        "data: {\"type\":\"message_stop\"}\n\n",
        "data: {\n\n",
        "data: 7\n\n",
        "data: {\"type\":\"content_block_delta\"}\n\n",
        "data: <html>\n\n",
    ] {
        let out = chunks(&streamed(Asked::default(), text, 3));
        assert_eq!(out[out.len() - 1]["error"]["code"], "stream_unreadable", "{text}");
    }
    assert_eq!(chunks(&streamed(Asked::default(), "", 1)).len(), 1);
}

#[test]
fn a_refusal_is_told_at_the_end() {
    let mut end = end("refusal");
    end[0]["delta"]["stop_details"] = json!({"type": "refusal", "category": "bio", "explanation": "No."});
    let [delta, stop] = end;
    let chunks = chunks(&streamed(Asked::default(), &events(&[start(), delta, stop]), 9));
    assert_eq!(chunks[1]["choices"][0]["delta"], json!({"refusal": "No."}));
    assert_eq!(chunks[2]["choices"][0]["finish_reason"], "content_filter");
}

#[test]
fn a_json_answer_streams_as_content() {
    let asked = asked(&call(json!({"response_format": {"type": "json_object"}, "stream": true})));
    let ours = json!({"type": "tool_use", "id": "t", "name": "ownkey_json_answer", "input": {}});
    let mut all = vec![start(), block(0, ours), input(0, "{\"a\""), input(0, ":1}"), stop(0)];
    all.extend(end("tool_use"));
    let chunks = chunks(&streamed(asked, &events(&all), 11));
    let said: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(said, "{\"a\":1}");
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "stop");
}

#[test]
fn input_that_comes_with_the_block_is_not_lost_and_new_kinds_are_passed_over() {
    let mut all = vec![
        start(),
        json!({"type": "something_new", "x": [1]}),
        block(0, json!({"type": "new_block", "text": {"not": "text"}})),
        delta(0, json!({"type": "new_delta", "y": 1})),
        stop(0),
        block(1, json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}})),
        stop(1),
    ];
    all.extend(end("tool_use"));
    let out = streamed(Asked::default(), &events(&all), 13);
    assert_eq!(deltas(&out)[2], json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\":1}"}}]}));
}

#[test]
fn memory_is_bounded() {
    let mut stream = Stream::new(Asked::default(), 0);
    let mut out = stream.feed(b"data: ");
    for _ in 0..EVENT_LIMIT / 1024 + 2 {
        out.extend(stream.feed(&[b'a'; 1024]));
    }
    assert!(stream.ended());
    assert_eq!(chunks(std::str::from_utf8(&out).unwrap())[0]["error"]["code"], "stream_unreadable");
    let blocks: Vec<Value> =
        (0..1_000).map(|n| block(n, json!({"type": "tool_use", "id": "t", "name": "f", "input": {}}))).collect();
    let out = chunks(&streamed(Asked::default(), &events(&blocks), 4_096));
    assert_eq!(out[out.len() - 1]["error"]["code"], "stream_unreadable");
}
