use super::*;

fn turns(model: &str, messages: Value) -> (Value, Value) {
    let body = sent(&json!({"model": model, "messages": messages}));
    (body["system"].clone(), body["messages"].clone())
}

fn says(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn system_and_developer_messages_at_the_beginning_become_the_system_prompt() {
    let (system, messages) = turns(
        "claude-opus-5",
        json!([
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Speak French."}]},
            {"role": "user", "content": "Hi"}
        ]),
    );
    assert_eq!(system, json!([says("Be brief."), says("Speak French.")]));
    assert_eq!(messages, json!([{"role": "user", "content": [says("Hi")]}]));
}

#[test]
fn a_later_system_message_keeps_its_place() {
    let messages = json!([
        {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
        {"role": "system", "content": "Now in French."}, {"role": "user", "content": "c"},
        {"role": "assistant", "content": "d"}, {"role": "user", "content": "e"}, {"role": "developer", "content": "Short."}
    ]);
    let turn = |role: &str, text: &str| json!({"role": role, "content": [says(text)]});
    let expected = json!([
        turn("user", "a"),
        turn("assistant", "b"),
        turn("user", "c"),
        turn("system", "Now in French."),
        turn("assistant", "d"),
        turn("user", "e"),
        turn("system", "Short.")
    ]);
    assert_eq!(turns("claude-opus-4-8", messages.clone()), (json!(null), expected));
    let (_, old) = turns("claude-sonnet-4-5", messages);
    assert_eq!(old[2]["content"], json!([says("<system>\nNow in French.\n</system>"), says("c")]));
    assert_eq!(old[4]["content"], json!([says("e"), says("<system>\nShort.\n</system>")]));
    let (_, alone) = turns(
        "claude-opus-5",
        json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "system", "content": "c"}]),
    );
    assert_eq!(alone[2], json!({"role": "user", "content": [says("<system>\nc\n</system>")]}));
}

#[test]
fn neighbours_of_one_role_become_one_turn_and_blank_texts_none() {
    let (_, messages) = turns(
        "claude-opus-5",
        json!([
            {"role": "user", "content": "a"}, {"role": "user", "content": [{"type": "text", "text": "b"}]},
            {"role": "assistant", "content": "c"}, {"role": "assistant", "content": " \n"},
            {"role": "assistant", "content": [{"type": "text", "text": "d"}, {"type": "refusal", "refusal": "No."}]},
            {"role": "assistant", "content": null, "refusal": "Never."}, {"role": "user", "content": "e"}
        ]),
    );
    assert_eq!(
        messages,
        json!([
            {"role": "user", "content": [says("a"), says("b")]},
            {"role": "assistant", "content": [says("c"), says("d"), says("No."), says("Never.")]},
            {"role": "user", "content": [says("e")]}
        ])
    );
}

#[test]
fn a_conversation_that_anthropic_would_understand_otherwise_is_refused() {
    let messages = |messages: Value| call(json!({"messages": messages}));
    refuses(&messages(json!([])), Kind::Unsupported, "messages");
    refuses(&messages(json!([{"role": "system", "content": "a"}])), Kind::Unsupported, "messages");
    refuses(&messages(json!([{"role": "user", "content": ""}])), Kind::Unsupported, "messages");
    let prefill = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "The"}]);
    refuses(&messages(prefill), Kind::Unsupported, "messages");
    refuses(&messages(json!([{"role": "user", "content": "a", "name": "Ann"}])), Kind::Unsupported, "messages[0].name");
    refuses(
        &messages(json!([{"role": "function", "name": "f", "content": "a"}])),
        Kind::Unsupported,
        "messages[0].role",
    );
    refuses(&messages(json!([{"role": "robot", "content": "a"}])), Kind::Invalid, "messages[0].role");
    refuses(&messages(json!([{"role": "user"}])), Kind::Invalid, "messages[0].content");
    refuses(&messages(json!([{"role": "assistant"}])), Kind::Invalid, "messages[0].content");
    refuses(&messages(json!([{"role": "assistant", "audio": {"id": "a"}}])), Kind::Unsupported, "messages[0].audio");
    let function = json!([{"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}]);
    refuses(&messages(function), Kind::Unsupported, "messages[0].function_call");
}

fn part(part: Value) -> Value {
    call(json!({"messages": [{"role": "user", "content": [part]}]}))
}

#[test]
fn pictures_go_as_base64_or_as_addresses() {
    let picture = |url: &str| part(json!({"type": "image_url", "image_url": {"url": url, "detail": "high"}}));
    let source = |url: &str| sent(&picture(url))["messages"][0]["content"][0].clone();
    assert_eq!(
        source("data:image/png;base64,iVBORw0="),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0="}})
    );
    assert_eq!(source("DATA:image/JPG;q=1;BASE64,/9j/")["source"]["media_type"], "image/jpeg");
    assert_eq!(
        source("https://example.org/a.png"),
        json!({"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}})
    );
    for url in ["http://example.org/a.png", "data:image/svg+xml;base64,AA==", "data:image/png,abc", "data:", "a", ""] {
        refuses(&picture(url), Kind::Unsupported, "messages[0].content[0].image_url.url");
    }
    let low = part(json!({"type": "image_url", "image_url": {"url": "https://e.org/a", "detail": "low"}}));
    refuses(&low, Kind::Unsupported, "messages[0].content[0].image_url.detail");
    let assistant =
        json!([{"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "https://e"}}]}]);
    refuses(&call(json!({"messages": assistant})), Kind::Invalid, "messages[0].content[0].type");
}

#[test]
fn files_go_as_documents() {
    let file = |file: Value| part(json!({"type": "file", "file": file}));
    let document = |value: Value| sent(&file(value))["messages"][0]["content"][0].clone();
    let pdf = json!({"type": "document", "title": "a.pdf",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}});
    assert_eq!(document(json!({"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"})), pdf);
    assert_eq!(document(json!({"filename": "a.pdf", "file_data": "JVBERi0x"})), pdf);
    assert_eq!(
        document(json!({"file_data": "data:text/markdown;charset=utf-8;base64,w6kh"})),
        json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "é!"}})
    );
    let at = "messages[0].content[0].file.file_data";
    refuses(&file(json!({"file_data": "data:text/plain;base64,/w=="})), Kind::Unsupported, at);
    refuses(&file(json!({"file_data": "data:text/plain;base64,*"})), Kind::Invalid, at);
    refuses(&file(json!({"file_data": "data:application/zip;base64,AA=="})), Kind::Unsupported, at);
    refuses(&file(json!({"filename": "a"})), Kind::Invalid, at);
    refuses(&file(json!({"file_id": "file-1"})), Kind::Unsupported, "messages[0].content[0].file.file_id");
    let sound = part(json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}));
    refuses(&sound, Kind::Unsupported, "messages[0].content[0].input_audio");
}

#[test]
fn what_a_tool_call_must_not_be_is_refused_with_its_place() {
    let calls = |call: Value| json!([{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [call]}]);
    let function = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}});
    let at = |call_: Value, param: &str| {
        refuses(
            &call(json!({"messages": calls(call_)})),
            Kind::Unsupported,
            &format!("messages[1].tool_calls[0]{param}"),
        );
    };
    at(function("call.1", "{}"), ".id");
    at(function("c", "[1]"), ".function.arguments");
    at(function("c", "{\"a\":"), ".function.arguments");
    at(json!({"id": "c", "type": "custom", "custom": {"name": "x", "input": "y"}}), ".type");
    let result = json!([{"role": "tool", "tool_call_id": "", "content": "x"}]);
    refuses(&call(json!({"messages": result})), Kind::Unsupported, "messages[0].tool_call_id");
}

#[test]
fn what_openais_own_helpers_add_to_an_answer_does_not_keep_it_from_being_sent_back() {
    let function = json!({"name": "f", "arguments": "{}", "parsed_arguments": {}});
    let said = json!({
        "role": "assistant", "content": "a", "refusal": null, "annotations": [], "audio": null, "function_call": null,
        "parsed": {"x": 1}, "tool_calls": [{"id": "c", "type": "function", "index": 0, "function": function}]
    });
    let result = json!({"role": "tool", "tool_call_id": "c", "content": "r"});
    let (_, messages) = turns("claude-opus-5", json!([{"role": "user", "content": "a"}, said, result]));
    let used = json!({"type": "tool_use", "id": "c", "name": "f", "input": {}});
    assert_eq!(messages[1]["content"], json!([says("a"), used]));
    let cited = json!([{"role": "assistant", "content": "a", "annotations": [{"type": "url_citation"}]}]);
    refuses(&call(json!({"messages": cited})), Kind::Unsupported, "messages[0].annotations");
}

/// A program that keeps what it was answered and sends it back, as programs do.
#[test]
fn a_conversation_with_tools_goes_through_several_turns() {
    let tools = json!([{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]);
    let mut messages = json!([{"role": "system", "content": "Help."}, {"role": "user", "content": "Paris and Rome?"}]);
    let uses = json!([
        {"type": "thinking", "thinking": "Two calls.", "signature": "c2ln"},
        says("Let me look."),
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris", "n": 1.50}},
        {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {}}
    ]);
    let first = call(json!({"messages": messages, "tools": tools}));
    let answer = answered(asked(&first), &message(uses, "tool_use"));
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    let said = answer["choices"][0]["message"].clone();
    assert_eq!(said["tool_calls"][0]["function"]["arguments"], "{\"city\":\"Paris\",\"n\":1.5}");
    let list = messages.as_array_mut().unwrap();
    list.push(said);
    list.push(json!({"role": "tool", "tool_call_id": "toolu_1", "content": "Sun"}));
    list.push(json!({"role": "tool", "tool_call_id": "toolu_2", "content": [{"type": "text", "text": "Rain"}]}));
    let (_, sent) = turns("claude-opus-5", messages.clone());
    let result = |id: &str, text: &str| json!({"type": "tool_result", "tool_use_id": id, "content": [says(text)]});
    let expected = json!([
        {"role": "user", "content": [says("Paris and Rome?")]},
        {"role": "assistant", "content": [
            says("Let me look."),
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris", "n": 1.5}},
            {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {}}
        ]},
        {"role": "user", "content": [result("toolu_1", "Sun"), result("toolu_2", "Rain")]}
    ]);
    assert_eq!(sent, expected);
    let second = answered(Asked::default(), &message(json!([says("Sun, rain.")]), "end_turn"));
    let list = messages.as_array_mut().unwrap();
    list.push(second["choices"][0]["message"].clone());
    list.push(json!({"role": "user", "content": "Thanks"}));
    let (_, sent) = turns("claude-opus-5", messages);
    assert_eq!(sent.as_array().unwrap().len(), 5);
    assert_eq!(sent[3], json!({"role": "assistant", "content": [says("Sun, rain.")]}));
}

#[test]
fn called_tools_that_are_not_sent_any_more_are_defined_by_name_and_may_not_be_called() {
    let used =
        |id: &str, name: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}});
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "tool_calls": [used("c1", "f"), used("c2", "g"), used("c3", "f")]},
        {"role": "tool", "tool_call_id": "c1", "content": "r"},
        {"role": "tool", "tool_call_id": "c2", "content": "r"},
        {"role": "tool", "tool_call_id": "c3", "content": "r"}
    ]);
    let named = |name: &str| json!({"name": name, "input_schema": {"type": "object", "properties": {}}});
    let sent = sent(&call(json!({"messages": messages, "tool_choice": "auto"})));
    assert_eq!((&sent["tools"], &sent["tool_choice"]), (&json!([named("f"), named("g")]), &json!({"type": "none"})));
    let own = json!([{"type": "function", "function": {"name": "h"}}]);
    let sent = self::sent(&call(json!({"messages": messages, "tools": own})));
    assert_eq!((&sent["tools"], &sent["tool_choice"]), (&json!([named("h")]), &serde_json::Value::Null));
}
