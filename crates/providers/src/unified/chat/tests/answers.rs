use super::*;
use crate::unified::chat::Unreadable;

#[test]
fn a_whole_answer_is_a_completion() {
    let content = json!([{"type": "text", "text": "Hello", "citations": null}, {"type": "text", "text": " you."}]);
    assert_eq!(
        answered(Asked::default(), &message(content, "end_turn")),
        json!({
            "id": "msg_01", "object": "chat.completion", "created": 1_700_000_000, "model": "claude-opus-5",
            "choices": [{
                "index": 0, "message": {"role": "assistant", "content": "Hello you.", "refusal": null},
                "logprobs": null, "finish_reason": "stop"
            }],
            "usage": {
                "prompt_tokens": 17, "completion_tokens": 20, "total_tokens": 37,
                "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
                "completion_tokens_details": {"reasoning_tokens": 7}
            },
            "service_tier": "default"
        })
    );
}

#[test]
fn every_reason_to_stop_has_its_word() {
    for (stop, finish) in [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("refusal", "content_filter"),
        ("something_new", "stop"),
    ] {
        let answer = answered(Asked::default(), &message(json!([{"type": "text", "text": "a"}]), stop));
        assert_eq!(answer["choices"][0]["finish_reason"], finish, "{stop}");
    }
    let none = message(json!([]), "end_turn");
    assert_eq!(answered(Asked::default(), &none)["choices"][0]["message"]["content"], json!(null));
}

#[test]
fn a_refusal_says_why() {
    let mut refused = message(json!([]), "refusal");
    let said = |message: &Value| answered(Asked::default(), message)["choices"][0]["message"]["refusal"].clone();
    assert_eq!(said(&refused), "Anthropic's safety system stopped this answer.");
    refused["stop_details"] = json!({"type": "refusal", "category": "cyber", "explanation": "No malware."});
    assert_eq!(said(&refused), "No malware.");
}

#[test]
fn arguments_are_the_bytes_of_the_input() {
    let body = br#"{"id":"m","type":"message","model":"c","content":[{"type":"tool_use","id":"t","name":"f","input":{"z": 1.50,"a":[1e2]}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}"#;
    let answer: Value = serde_json::from_slice(&answer(Asked::default(), body, 0).unwrap()).unwrap();
    assert_eq!(
        answer["choices"][0]["message"]["tool_calls"],
        json!([{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{\"z\": 1.50,\"a\":[1e2]}"}}])
    );
    assert_eq!(answer["choices"][0]["message"]["content"], json!(null));
}

#[test]
fn the_input_of_our_tool_is_the_content() {
    let call = call(json!({"response_format": {"type": "json_object"}}));
    let ours = json!({"type": "tool_use", "id": "t", "name": "ownkey_json_answer", "input": {"a": [1]}});
    let choice = &answered(asked(&call), &message(json!([ours]), "tool_use"))["choices"][0];
    assert_eq!(choice["message"], json!({"role": "assistant", "content": "{\"a\":[1]}", "refusal": null}));
    assert_eq!(choice["finish_reason"], "stop");
    let theirs = json!({"type": "tool_use", "id": "t", "name": "other", "input": {}});
    let choice = &answered(asked(&call), &message(json!([theirs]), "tool_use"))["choices"][0];
    assert_eq!((&choice["message"]["content"], &choice["finish_reason"]), (&json!(null), &json!("tool_calls")));
}

#[test]
fn what_is_no_message_is_not_taken_for_one() {
    for body in ["", "{}", "[]", "null", r#"{"type":"error","error":{"type":"api_error","message":"m"}}"#] {
        assert_eq!(answer(Asked::default(), body.as_bytes(), 0), Err(Unreadable), "{body}");
    }
}
