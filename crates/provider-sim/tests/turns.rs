//! Tools, JSON answers, pictures, limits and refusals at OpenAI's chat and Anthropic's messages, against both schemas.
#![allow(clippy::unwrap_used)]

mod world;

use ownkey_provider_sim::Provider;
use serde_json::{Value, json};
use world::{Read, World, conforms, data_lines, world};

const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
            "unit": {"$ref": "#/$defs/Unit"},
            "places": {"type": "array", "items": {"type": "string", "maxLength": 5}, "minItems": 2},
            "again": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}
        },
        "required": ["city", "days", "unit", "places", "again"],
        "additionalProperties": false,
        "$defs": {"Unit": {"enum": ["c", "f"]}}
    })
}

fn fits(value: &Value) {
    let valid = jsonschema::validator_for(&schema()).unwrap();
    assert!(valid.is_valid(value), "{value}");
}

async fn openai(here: &World, more: Value) -> Read {
    let mut body =
        json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Weather in two cities as JSON"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    here.post("/v1/chat/completions", body).await
}

fn openai_tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": schema()}})
}

async fn anthropic(here: &World, more: Value) -> Read {
    let mut body = json!({
        "model": "claude-haiku-4-5", "max_tokens": 500,
        "messages": [{"role": "user", "content": "Weather in two cities as JSON"}]
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    here.post("/v1/messages", body).await
}

fn anthropic_tool(name: &str) -> Value {
    json!({"name": name, "input_schema": schema()})
}

#[tokio::test]
async fn openai_calls_tools_and_then_speaks_of_their_results() {
    let here = world(Provider::OpenAi).await;
    let tools = json!([openai_tool("weather"), openai_tool("clock")]);
    let got = openai(&here, json!({"tools": tools})).await;
    conforms("openai.json", "/components/schemas/CreateChatCompletionResponse", &got.json);
    let choice = &got.json["choices"][0];
    assert_eq!((&choice["finish_reason"], &choice["message"]["content"]), (&json!("tool_calls"), &Value::Null));
    let calls = choice["message"]["tool_calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for call in calls {
        fits(&serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap());
    }
    let messages = json!([
        {"role": "user", "content": "Weather in two cities"}, choice["message"],
        {"role": "tool", "tool_call_id": calls[0]["id"], "content": "Rain in Bern"},
        {"role": "tool", "tool_call_id": calls[1]["id"], "content": [{"type": "text", "text": "Sun in Rome"}]}
    ]);
    let said = openai(&here, json!({"tools": tools, "messages": messages})).await;
    let text = said.json["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("Rain in Bern") && text.contains("Sun in Rome"), "{text}");
    let mut open = messages;
    open.as_array_mut().unwrap().pop();
    let refused = openai(&here, json!({"tools": tools, "messages": open})).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
}

#[tokio::test]
async fn openai_keeps_to_the_choice_of_tools() {
    let here = world(Provider::OpenAi).await;
    let tools = json!([openai_tool("weather"), openai_tool("clock")]);
    let named = json!({"type": "function", "function": {"name": "clock"}});
    let cases = [
        (json!({"tool_choice": "none"}), 0),
        (json!({"tool_choice": "required"}), 1),
        (json!({"tool_choice": named}), 1),
        (json!({"parallel_tool_calls": false}), 1),
        (json!({}), 2),
    ];
    for (mut more, count) in cases {
        more["tools"] = tools.clone();
        let got = openai(&here, more.clone()).await;
        let calls = got.json["choices"][0]["message"]["tool_calls"].as_array().cloned().unwrap_or_default();
        assert_eq!(calls.len(), count, "{more}");
        assert!(
            more["tool_choice"].is_string()
                || count != 1
                || more["tool_choice"].is_null()
                || calls[0]["function"]["name"] == "clock"
        );
    }
}

#[tokio::test]
async fn openai_streams_tool_calls_piece_by_piece() {
    let here = world(Provider::OpenAi).await;
    let got = openai(&here, json!({"tools": [openai_tool("weather")], "stream": true})).await;
    let chunks = data_lines(&got.text);
    let mut arguments = [String::new(), String::new()];
    for chunk in &chunks[..chunks.len() - 1] {
        conforms("openai.json", "/components/schemas/CreateChatCompletionStreamResponse", chunk);
        for call in chunk["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let at = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            arguments[at].push_str(call["function"]["arguments"].as_str().unwrap());
        }
    }
    for text in &arguments {
        fits(&serde_json::from_str(text).unwrap());
    }
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn openai_answers_in_json_looks_at_pictures_stops_and_refuses() {
    let here = world(Provider::OpenAi).await;
    let format = json!({"type": "json_schema", "json_schema": {"name": "weather", "schema": schema()}});
    let got = openai(&here, json!({"response_format": format})).await;
    fits(&serde_json::from_str(got.json["choices"][0]["message"]["content"].as_str().unwrap()).unwrap());
    let got = openai(&here, json!({"response_format": {"type": "json_object"}})).await;
    let content = got.json["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(serde_json::from_str::<Value>(&content).unwrap().is_object());
    let picture = json!([{"role": "user", "content": [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PICTURE}")}}
    ]}]);
    let got = openai(&here, json!({"messages": picture})).await;
    assert!(got.text.contains("1 picture"), "{}", got.text);
    let refused = json!([{"role": "user", "content": "[refused] please"}]);
    let got = openai(&here, json!({"messages": refused})).await;
    conforms("openai.json", "/components/schemas/CreateChatCompletionResponse", &got.json);
    assert!(got.json["choices"][0]["message"]["refusal"].is_string());
    for (more, end) in [(json!({"max_tokens": 3}), "length"), (json!({"stop": "You"}), "stop")] {
        let got = openai(&here, more).await;
        assert_eq!(got.json["choices"][0]["finish_reason"], end);
        assert!(!got.text.contains("You wrote"), "{}", got.text);
    }
}

#[tokio::test]
async fn anthropic_calls_tools_and_then_speaks_of_their_results() {
    let here = world(Provider::Anthropic).await;
    let tools = json!([anthropic_tool("weather"), anthropic_tool("clock")]);
    let got = anthropic(&here, json!({"tools": tools})).await;
    conforms("anthropic-schemas.json", "/schemas/Message", &got.json);
    assert_eq!(got.json["stop_reason"], "tool_use", "{}", got.text);
    let content = got.json["content"].as_array().unwrap();
    let calls: Vec<&Value> = content.iter().filter(|block| block["type"] == "tool_use").collect();
    assert_eq!(calls.len(), 2, "{content:?}");
    calls.iter().for_each(|call| fits(&call["input"]));
    let result = |call: &Value, text: &str| json!({"type": "tool_result", "tool_use_id": call["id"], "content": text});
    let mut messages = json!([
        {"role": "user", "content": "Weather in two cities"}, {"role": "assistant", "content": calls},
        {"role": "user", "content": [result(calls[0], "Rain in Bern"), result(calls[1], "Sun in Rome")]}
    ]);
    let said = anthropic(&here, json!({"tools": tools, "messages": messages})).await;
    assert_eq!(said.json["stop_reason"], "end_turn", "{}", said.text);
    assert!(said.text.contains("Rain in Bern") && said.text.contains("Sun in Rome"), "{}", said.text);
    messages[2]["content"].as_array_mut().unwrap().pop();
    let refused = anthropic(&here, json!({"tools": tools, "messages": messages})).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("without `tool_result` blocks"), "{}", refused.text);
}

#[tokio::test]
async fn anthropic_streams_tool_use_as_documented() {
    let here = world(Provider::Anthropic).await;
    let got = anthropic(&here, json!({"tools": [anthropic_tool("weather")], "stream": true})).await;
    let events = data_lines(&got.text);
    let mut inputs: Vec<String> = vec![String::new(); 3];
    for event in events.iter().filter(|event| event["type"] != "ping") {
        conforms("anthropic-schemas.json", "/schemas/RawMessageStreamEvent", event);
        if event["delta"]["type"] == "input_json_delta" {
            let at = usize::try_from(event["index"].as_u64().unwrap()).unwrap();
            inputs[at].push_str(event["delta"]["partial_json"].as_str().unwrap());
        }
    }
    assert_eq!(inputs[0], "", "the first block is text");
    inputs[1..].iter().for_each(|input| fits(&serde_json::from_str(input).unwrap()));
    assert_eq!(events[events.len() - 2]["delta"]["stop_reason"], "tool_use");
}

#[tokio::test]
async fn anthropic_answers_in_json_looks_at_pictures_stops_and_refuses() {
    let here = world(Provider::Anthropic).await;
    let format = json!({"format": {"type": "json_schema", "schema": schema()}});
    let got = anthropic(&here, json!({"output_config": format})).await;
    fits(&serde_json::from_str(got.json["content"][0]["text"].as_str().unwrap()).unwrap());
    let one = json!({"type": "tool", "name": "weather"});
    let got = anthropic(&here, json!({"tools": [anthropic_tool("weather")], "tool_choice": one})).await;
    fits(&got.json["content"].as_array().unwrap().last().unwrap()["input"]);
    let source = json!({"type": "base64", "media_type": "image/png", "data": PICTURE});
    let picture = json!([{"role": "user", "content": [{"type": "image", "source": source}]}]);
    let got = anthropic(&here, json!({"messages": picture})).await;
    assert!(got.text.contains("1 picture"), "{}", got.text);
    let refused = json!([{"role": "user", "content": "[refused] please"}]);
    let got = anthropic(&here, json!({"messages": refused})).await;
    conforms("anthropic-schemas.json", "/schemas/Message", &got.json);
    let cases = [
        (got, "refusal"),
        (anthropic(&here, json!({"max_tokens": 3})).await, "max_tokens"),
        (anthropic(&here, json!({"stop_sequences": ["You"]})).await, "stop_sequence"),
    ];
    for (got, stop) in cases {
        conforms("anthropic-schemas.json", "/schemas/Message", &got.json);
        assert_eq!(got.json["stop_reason"], stop, "{}", got.text);
    }
}

#[tokio::test]
async fn anthropic_refuses_what_a_wrong_translation_would_send() {
    let here = world(Provider::Anthropic).await;
    let user = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    let open = json!({"type": "object", "properties": {}});
    let source =
        |media: &str| json!([{"type": "image", "source": {"type": "base64", "media_type": media, "data": PICTURE}}]);
    let tool = anthropic_tool("weather");
    let result = json!([{"type": "tool_result", "tool_use_id": "a", "content": "x"}]);
    let cases = [
        (json!({"frequency_penalty": 1}), "frequency_penalty: Extra inputs are not permitted"),
        (json!({"messages": [{"role": "assistant", "content": "Hi"}]}), "first message must use"),
        (json!({"messages": [{"role": "system", "content": "Hi"}]}), "first message must use"),
        (user(json!([])), "non-empty content"),
        (user(json!([{"type": "text", "text": " "}])), "non-whitespace"),
        (user(json!([{"type": "text", "text": "Hi", "name": "x"}])), "Extra inputs"),
        (user(json!([{"type": "input_text", "text": "Hi"}])), "does not match any of the expected tags"),
        (user(result.clone()), "must define tools"),
        (json!({"tools": [tool], "messages": [{"role": "user", "content": result}]}), "unexpected `tool_use_id`"),
        (user(source("image/jpeg")), "does not appear to be image/jpeg"),
        (json!({"temperature": 1.5}), "temperature: range: 0..1"),
        (json!({"tool_choice": {"type": "auto"}}), "while providing tools"),
        (json!({"tools": [tool], "tool_choice": {"type": "tool", "name": "other"}}), "not found in provided tools"),
        (json!({"tools": [{"name": "a b", "input_schema": open}]}), "should match pattern"),
        (json!({"tools": [{"name": "a", "input_schema": open, "strict": true}]}), "additionalProperties"),
        (json!({"output_config": {"format": {"type": "json_schema", "schema": open}}}), "additionalProperties"),
        (json!({"tools": [tool], "tool_choice": {"type": "any"}, "thinking": {"type": "adaptive"}}), "forces tool use"),
        (json!({"stop_sequences": [" "]}), "non-whitespace"),
    ];
    for (more, words) in cases {
        let got = anthropic(&here, more.clone()).await;
        assert_eq!(got.status, 400, "{more}: {}", got.text);
        assert!(got.text.contains(&words.replace('"', "\\\"")), "{more}: {}", got.text);
    }
    assert!(here.rows().iter().all(|row| !row.billed));
}
