use super::*;

#[test]
fn the_smallest_call_gets_what_anthropic_requires_and_nothing_else() {
    assert_eq!(
        sent(&call(json!({}))),
        json!({
            "model": "claude-opus-5", "max_tokens": 16384,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
        })
    );
    assert_eq!(asked(&call(json!({}))), Asked::default());
}

#[test]
fn limits_and_chance_are_carried_and_what_lies_beyond_is_refused() {
    let body = sent(&call(json!({
        "max_completion_tokens": 99, "temperature": 0.25, "top_p": 0.5, "stop": ["END", "\n\nQ:"], "stream": true,
        "stream_options": {"include_usage": true, "include_obfuscation": false}
    })));
    assert_eq!(
        (&body["max_tokens"], &body["temperature"], &body["top_p"], &body["stop_sequences"], &body["stream"]),
        (&json!(99), &json!(0.25), &json!(0.5), &json!(["END", "\n\nQ:"]), &json!(true))
    );
    let plain = sent(&call(json!({"max_tokens": 5, "temperature": 1.0, "top_p": 1, "stop": "x", "stream": false})));
    assert_eq!((&plain["max_tokens"], &plain["stop_sequences"]), (&json!(5), &json!(["x"])));
    assert!(plain["temperature"].is_null() && plain["top_p"].is_null() && plain["stream"].is_null());
    for (fields, kind, param) in [
        (json!({"temperature": 1.5}), Kind::Unsupported, "temperature"),
        (json!({"temperature": "hot"}), Kind::Invalid, "temperature"),
        (json!({"top_p": -0.1}), Kind::Unsupported, "top_p"),
        (json!({"max_tokens": 1, "max_completion_tokens": 1}), Kind::Unsupported, "max_tokens"),
        (json!({"max_tokens": 0}), Kind::Invalid, "max_tokens"),
        (json!({"max_completion_tokens": 1.5}), Kind::Invalid, "max_completion_tokens"),
        (json!({"stop": ["a", "\n"]}), Kind::Unsupported, "stop[1]"),
        (json!({"stop": 7}), Kind::Invalid, "stop"),
        (json!({"stream": "yes"}), Kind::Invalid, "stream"),
        (json!({"stream_options": {"include_usage": true}}), Kind::Invalid, "stream_options"),
        (
            json!({"stream": true, "stream_options": {"include_obfuscation": true}}),
            Kind::Unsupported,
            "stream_options.include_obfuscation",
        ),
    ] {
        refuses(&call(fields), kind, param);
    }
}

#[test]
fn an_unknown_field_is_refused_by_name_wherever_it_is() {
    refuses(&call(json!({"top_k": 5})), Kind::Unsupported, "top_k");
    refuses(&call(json!({"thinking": null})), Kind::Unsupported, "thinking");
    refuses(&call(json!({"stream": true, "stream_options": {"x": 1}})), Kind::Unsupported, "stream_options.x");
    let message = json!([{"role": "user", "content": [{"type": "text", "text": "a", "citations": []}]}]);
    refuses(&call(json!({"messages": message})), Kind::Unsupported, "messages[0].content[0].citations");
    refuses(&call(json!({"messages": [{"role": "user", "content": "a", "x": 1}]})), Kind::Unsupported, "messages[0].x");
}

#[test]
fn null_is_the_same_as_nothing() {
    let nothing = json!({
        "temperature": null, "stop": null, "stream_options": null, "tools": null, "n": null, "metadata": null,
        "reasoning_effort": null, "response_format": null, "user": null, "service_tier": null, "audio": null
    });
    assert_eq!(sent(&call(nothing)), sent(&call(json!({}))));
}

#[test]
fn a_body_that_is_no_call_is_refused() {
    for body in ["", "[]", "7", "{", "{\"model\":\"m\",\"model\":\"m\"}", "{\"model\":\"\\ud800\",\"messages\":[]}"] {
        assert_eq!(to_anthropic(body.as_bytes()).unwrap_err().kind, Kind::Invalid, "{body}");
    }
    assert_eq!(to_anthropic(b"{\"model\":\"\xff\"}").unwrap_err().kind, Kind::Invalid);
    refuses(&json!({"messages": []}), Kind::Invalid, "model");
    refuses(&json!({"model": "m"}), Kind::Invalid, "messages");
}

#[test]
fn tools_are_passed_on_byte_for_byte() {
    let body = br#"{"model":"claude-opus-5","messages":[{"role":"user","content":"Hi"}],"tools":[
        {"type":"function","function":{"name":"get","description":"Gets.","strict":true,
         "parameters":{"type":"object","properties":{"z":{"type":"number","maximum":1.50},"a":{"type":"string"}}, "required":["z"]}}},
        {"type":"function","function":{"name":"none"}},
        {"type":"function","function":{"name":"bare","parameters":{ }}},
        {"type":"function","function":{"name":"loose","strict":false,"parameters":{"properties":{"q":{}}}}}]}"#;
    let request = to_anthropic(body).unwrap();
    let text = String::from_utf8(request.body).unwrap();
    let tools = r#""tools":[{"name":"get","description":"Gets.","input_schema":{"type":"object","properties":{"z":{"type":"number","maximum":1.50},"a":{"type":"string"}}, "required":["z"]},"strict":true},{"name":"none","input_schema":{"type":"object","properties":{}}},{"name":"bare","input_schema":{"type":"object"}},{"name":"loose","input_schema":{"type":"object","properties":{"q":{}}}}]"#;
    assert!(text.contains(tools), "{text}");
    assert!(!text.contains("tool_choice"), "{text}");
}

fn with_tools(mut fields: Value) -> Value {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}});
    fields["tools"] = json!([tool("a"), tool("b")]);
    call(fields)
}

#[test]
fn the_choice_of_tools_is_carried() {
    for (fields, choice) in [
        (json!({}), json!(null)),
        (json!({"parallel_tool_calls": true}), json!(null)),
        (json!({"parallel_tool_calls": false}), json!({"type": "auto", "disable_parallel_tool_use": true})),
        (json!({"tool_choice": "auto"}), json!({"type": "auto"})),
        (json!({"tool_choice": "none", "parallel_tool_calls": false}), json!({"type": "none"})),
        (json!({"tool_choice": "required"}), json!({"type": "any"})),
        (
            json!({"tool_choice": "required", "parallel_tool_calls": false}),
            json!({"type": "any", "disable_parallel_tool_use": true}),
        ),
        (json!({"tool_choice": {"type": "function", "function": {"name": "b"}}}), json!({"type": "tool", "name": "b"})),
    ] {
        assert_eq!(sent(&with_tools(fields))["tool_choice"], choice);
    }
    let allowed = |mode: &str, name: &str| {
        let tools = json!([{"type": "function", "function": {"name": name}}]);
        json!({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}})
    };
    let body = sent(&with_tools(allowed("required", "b")));
    assert_eq!(body["tools"], json!([{"name": "b", "input_schema": {"type": "object"}}]));
    assert_eq!(body["tool_choice"], json!({"type": "any"}));
    assert_eq!(sent(&with_tools(allowed("auto", "a")))["tool_choice"], json!({"type": "auto"}));
    refuses(&with_tools(allowed("auto", "c")), Kind::Invalid, "tool_choice.allowed_tools.tools[0].function.name");
    let missing = json!({"tool_choice": {"type": "function", "function": {"name": "c"}}});
    refuses(&with_tools(missing), Kind::Invalid, "tool_choice.function.name");
    let custom = json!({"tool_choice": {"type": "custom", "custom": {"name": "c"}}});
    refuses(&with_tools(custom), Kind::Unsupported, "tool_choice.type");
    refuses(&call(json!({"tool_choice": "required"})), Kind::Invalid, "tool_choice");
    assert!(sent(&call(json!({"tool_choice": "auto", "parallel_tool_calls": false})))["tool_choice"].is_null());
    let custom = json!({"tools": [{"type": "custom", "custom": {"name": "c"}}]});
    refuses(&call(custom), Kind::Unsupported, "tools[0].type");
}

#[test]
fn a_json_schema_becomes_a_structured_output() {
    let format = json!({"type": "json_schema", "json_schema": {
        "name": "day", "description": "A day.", "strict": true,
        "schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false}
    }});
    let body = to_anthropic(call(json!({"response_format": format})).to_string().as_bytes()).unwrap().body;
    let expected = r#""output_config":{"format":{"type":"json_schema","schema":{"title":"day","description":"A day.","#;
    assert!(String::from_utf8(body).unwrap().contains(expected));
    let own = json!({"type": "json_schema", "json_schema": {
        "name": "x", "description": "y", "schema": {"title": "T", "description": "D", "type": "object"}
    }});
    let body = sent(&call(json!({"response_format": own})));
    let schema = &body["output_config"]["format"]["schema"];
    assert_eq!(schema, &json!({"title": "T", "description": "D", "type": "object"}));
    let none = json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}});
    refuses(&call(none), Kind::Invalid, "response_format.json_schema.schema");
    assert_eq!(sent(&call(json!({"response_format": {"type": "text"}}))), sent(&call(json!({}))));
    refuses(&call(json!({"response_format": {"type": "grammar"}})), Kind::Invalid, "response_format.type");
}

#[test]
fn any_json_object_is_asked_for_by_a_tool_that_has_to_be_called() {
    let body = sent(&call(json!({"response_format": {"type": "json_object"}})));
    assert_eq!(body["tools"][0]["name"], "ownkey_json_answer");
    assert_eq!(
        body["tool_choice"],
        json!({"type": "tool", "name": "ownkey_json_answer", "disable_parallel_tool_use": true})
    );
    let body = sent(&with_tools(json!({"response_format": {"type": "json_object"}})));
    assert_eq!((body["tools"].as_array().unwrap().len(), &body["tool_choice"]), (3, &json!({"type": "any"})));
    let forced = json!({"response_format": {"type": "json_object"}, "tool_choice": "required"});
    assert_eq!(sent(&with_tools(forced))["tools"].as_array().unwrap().len(), 2);
    let taken = json!({"response_format": {"type": "json_object"},
        "tools": [{"type": "function", "function": {"name": "ownkey_json_answer"}}]});
    refuses(&call(taken), Kind::Unsupported, "tools");
}

#[test]
fn effort_becomes_effort_and_thinking_where_the_model_takes_it() {
    for (model, effort, expected, thinking) in [
        ("claude-opus-5", "high", json!("high"), json!({"type": "adaptive"})),
        ("claude-opus-4-6", "max", json!("max"), json!({"type": "adaptive"})),
        ("claude-opus-4-5", "medium", json!("medium"), json!(null)),
        ("claude-next", "minimal", json!("low"), json!({"type": "adaptive"})),
        ("claude-next", "xhigh", json!("xhigh"), json!({"type": "adaptive"})),
        ("claude-opus-5", "none", json!(null), json!({"type": "disabled"})),
    ] {
        let body = sent(&call(json!({"model": model, "reasoning_effort": effort})));
        assert_eq!((&body["output_config"]["effort"], &body["thinking"]), (&expected, &thinking), "{model} {effort}");
    }
    let forced = sent(&with_tools(json!({"reasoning_effort": "low", "tool_choice": "required"})));
    assert!(forced["thinking"].is_null() && forced["output_config"]["effort"] == "low");
    refuses(&call(json!({"reasoning_effort": "huge"})), Kind::Invalid, "reasoning_effort");
}

#[test]
fn who_asks_and_how_fast_is_carried() {
    let body = sent(&call(json!({"user": "u", "safety_identifier": "u", "service_tier": "default"})));
    assert_eq!((&body["metadata"], &body["service_tier"]), (&json!({"user_id": "u"}), &json!("standard_only")));
    assert_eq!(sent(&call(json!({"user": "u"})))["metadata"], json!({"user_id": "u"}));
    refuses(&call(json!({"user": "u", "safety_identifier": "s"})), Kind::Unsupported, "user");
    refuses(&call(json!({"service_tier": "flex"})), Kind::Unsupported, "service_tier");
}

#[test]
fn caching_is_switched_on_by_those_who_ask_for_it() {
    let ephemeral = json!({"type": "ephemeral"});
    assert_eq!(sent(&call(json!({"prompt_cache_key": "k"})))["cache_control"], ephemeral);
    let part = json!({"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}});
    let parts = json!([part, part, part, part, part]);
    let messages = json!([{"role": "system", "content": [part]}, {"role": "user", "content": parts}]);
    let marks = |body: &Value| {
        let user = body["messages"][0]["content"].as_array().unwrap().iter();
        user.chain(body["system"].as_array().unwrap()).map(|b| b["cache_control"].clone()).collect::<Vec<_>>()
    };
    let body = sent(&call(json!({"messages": messages})));
    let (e, n) = (&ephemeral, &json!(null));
    assert_eq!(marks(&body).iter().collect::<Vec<_>>(), [n, e, e, e, e, n]);
    let options = json!({"mode": "implicit", "ttl": "30m"});
    let body = sent(&call(json!({"messages": messages, "prompt_cache_options": options})));
    let hour = &json!({"type": "ephemeral", "ttl": "1h"});
    assert_eq!(marks(&body).iter().collect::<Vec<_>>(), [n, n, hour, hour, hour, n]);
    assert_eq!(&body["cache_control"], hour);
    let body = sent(&call(json!({"prompt_cache_options": {"mode": "explicit"}, "prompt_cache_retention": "24h"})));
    assert!(body["cache_control"].is_null());
    refuses(&call(json!({"prompt_cache_options": {"ttl": "2h"}})), Kind::Invalid, "prompt_cache_options.ttl");
}

#[test]
fn a_large_call_takes_no_more_than_its_length() {
    let many =
        format!("{{\"model\":\"m\",\"messages\":[{}{{}}]}}", "{\"role\":\"user\",\"content\":\"a\"},".repeat(50_000));
    assert_eq!(to_anthropic(many.as_bytes()).unwrap_err().param, "messages[50000].role");
    let names: Vec<String> = (0..100_000).map(|n| format!("\"f{n}\":1")).collect();
    assert!(to_anthropic(format!("{{{}}}", names.join(",")).as_bytes()).is_err());
    let deep = format!("{{\"model\":\"m\",\"messages\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(to_anthropic(deep.as_bytes()).is_err());
}
