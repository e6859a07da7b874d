//! The table of the unified routes: it knows every field of OpenAI's schema, does what it says, and is what the
//! documents say.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use ownkey_providers::unified::chat::{Carried, Kind, TABLE, markdown, to_anthropic};
use serde_json::{Value, json};

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn schemas() -> Value {
    let text = std::fs::read(file("crates/provider-sim/specs/openai.json")).unwrap();
    serde_json::from_slice::<Value>(&text).unwrap()["components"]["schemas"].take()
}

/// The names of the fields of a schema, those of the schemas that it is made of included.
fn fields(schemas: &Value, schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Some(name) = schema["$ref"].as_str() {
        names.extend(fields(schemas, &schemas[name.rsplit('/').next().unwrap()]));
    }
    names.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    for part in ["allOf", "anyOf", "oneOf"].iter().flat_map(|of| schema[of].as_array().into_iter().flatten()) {
        names.extend(fields(schemas, part));
    }
    names
}

fn in_table(field: &str) -> bool {
    TABLE.iter().any(|row| row.field == field)
}

#[test]
fn every_field_of_openais_schema_is_in_the_table() {
    let schemas = schemas();
    let call = fields(&schemas, &schemas["CreateChatCompletionRequest"]);
    assert!(call.len() >= 37 && call.contains("seed") && call.contains("temperature"), "{call:?}");
    let mut missing: Vec<String> = call.into_iter().filter(|field| !in_table(field)).collect();
    let part = |name: &str| format!("ChatCompletionRequestMessageContentPart{name}");
    let under =
        |name: &str, path: &[&str]| path.iter().fold(schemas[name].clone(), |s, step| s["properties"][*step].clone());
    for (schema, prefix) in [
        (schemas["ChatCompletionStreamOptions"].clone(), "stream_options."),
        (schemas["FunctionObject"].clone(), "tools[].function."),
        (under("ResponseFormatJsonSchema", &["json_schema"]), "response_format.json_schema."),
        (under("ChatCompletionMessageToolCall", &["function"]), "messages[]{assistant}.tool_calls[].function."),
        (schemas[part("Text")].clone(), "content[]."),
        (schemas[part("Refusal")].clone(), "content[]."),
        (schemas[part("Audio")].clone(), "content[]."),
        (under(&part("Image"), &["image_url"]), "content[].image_url."),
        (under(&part("File"), &["file"]), "content[].file."),
    ] {
        let names = fields(&schemas, &schema);
        assert!(!names.is_empty(), "{prefix}");
        let names = names.iter().filter(|name| *name != "type").map(|name| format!("{prefix}{name}"));
        missing.extend(names.filter(|field| !in_table(field)));
    }
    for role in ["System", "Developer", "User", "Assistant", "Tool"] {
        for name in fields(&schemas, &schemas[format!("ChatCompletionRequest{role}Message")]) {
            let of_all = in_table(&format!("messages[].{name}"));
            let field = format!("messages[]{{{}}}.{name}", role.to_lowercase());
            missing.extend((!of_all && !in_table(&field)).then_some(field));
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "these are missing in the table");
}

#[test]
fn no_field_is_in_the_table_twice() {
    let names: BTreeSet<&str> = TABLE.iter().map(|row| row.field).collect();
    assert_eq!(names.len(), TABLE.len());
}

/// A value for each outermost field that says something.
fn sample(field: &str) -> Value {
    match field {
        "model" => json!("claude-opus-5"),
        "messages" => json!([{"role": "user", "content": "Hi"}]),
        "max_completion_tokens" | "max_tokens" => json!(7),
        "temperature" | "top_p" => json!(0.5),
        "stop" | "prompt_cache_key" | "safety_identifier" | "user" => json!("x"),
        "stream" | "parallel_tool_calls" | "store" | "logprobs" => json!(true),
        "stream_options" => json!({"include_usage": true}),
        "tools" => json!([{"type": "function", "function": {"name": "f"}}]),
        "tool_choice" | "service_tier" | "function_call" => json!("auto"),
        "response_format" => json!({"type": "json_object"}),
        "reasoning_effort" | "verbosity" => json!("low"),
        "prompt_cache_options" => json!({"mode": "implicit"}),
        "prompt_cache_retention" => json!("24h"),
        "metadata" => json!({"a": "b"}),
        "logit_bias" => json!({"50256": -100}),
        "modalities" => json!(["text", "audio"]),
        "audio" => json!({"voice": "alloy", "format": "wav"}),
        "prediction" => json!({"type": "content", "content": "x"}),
        "functions" => json!([{"name": "f"}]),
        "moderation" => json!({"model": "m"}),
        "web_search_options" => json!({}),
        _ => json!(2),
    }
}

fn call(field: &str, value: Value) -> Value {
    let mut call = json!({"model": "claude-opus-5", "messages": [{"role": "user", "content": "Hi"}]});
    if field == "stream_options" {
        call["stream"] = json!(true);
    }
    call[field] = value;
    call
}

#[test]
fn what_is_to_be_refused_is_refused_by_name_and_the_rest_is_taken() {
    for row in TABLE.iter().filter(|row| !row.field.contains(['.', '['])) {
        let call = call(row.field, sample(row.field));
        match (row.carried, to_anthropic(call.to_string().as_bytes())) {
            (Carried::Whole | Carried::Limited, Ok(_)) => {}
            (Carried::Refused, Err(refused)) => {
                assert_eq!(
                    (refused.param.as_str(), refused.why, refused.kind),
                    (row.field, row.how, Kind::Unsupported)
                );
            }
            (carried, got) => panic!("{}: {carried:?}, {got:?}", row.field),
        }
    }
}

#[test]
fn a_value_that_says_what_happens_anyway_is_taken() {
    let plain = to_anthropic(call("model", sample("model")).to_string().as_bytes()).unwrap();
    for row in TABLE.iter().filter(|row| !row.field.contains(['.', '['])) {
        for same in row.same.iter().chain(&["null"]).filter(|_| row.carried == Carried::Refused) {
            let call = call(row.field, serde_json::from_str(same).unwrap());
            assert_eq!(to_anthropic(call.to_string().as_bytes()).as_ref(), Ok(&plain), "{} {same}", row.field);
        }
    }
}

const BEGIN: &str = "<!-- chat: made from crates/providers/src/unified/chat/table.rs -->\n\n";
const END: &str = "<!-- chat: end -->\n";

/// `OWNKEY_WRITE_DOCS=1 cargo test -p ownkey-providers --test unified` writes what this test compares.
#[test]
fn the_document_is_what_the_table_says() {
    let path = file("docs/unified.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("OWNKEY_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", markdown())).unwrap();
    } else {
        assert_eq!(written, markdown(), "docs/unified.md is out of date; see this test");
    }
}
