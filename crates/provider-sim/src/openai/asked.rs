//! What a chat completion asks for, and the refusals that its messages and tools can earn.

use super::access::{self, Reply};
use super::errors;
use crate::turn::{Asked, Choice, Tool};
use crate::words;
use serde_json::{Value, json};

pub(super) fn asked(body: &Value) -> Reply<Asked> {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    roles(messages)?;
    answered(messages)?;
    let mut asked = Asked {
        prompt: messages.iter().map(said).collect::<Vec<_>>().join(" "),
        last: messages.iter().rfind(|one| one["role"] == "user").map(said).unwrap_or_default(),
        results: results(messages).iter().map(|one| said(one)).collect(),
        called: called(messages),
        pictures: parts(messages, "image_url"),
        files: parts(messages, "file"),
        tools: tools(body)?,
        choice: Choice::Auto,
        parallel: body["parallel_tool_calls"].as_bool() != Some(false),
        shape: None,
        most: body["max_completion_tokens"].as_u64().or(body["max_tokens"].as_u64()),
        stops: stops(&body["stop"]),
    };
    asked.shape = shape(&body["response_format"], &asked.prompt)?;
    choose(&body["tool_choice"], &mut asked)?;
    Ok(asked)
}

/// The words of a message, without pictures and files.
fn said(message: &Value) -> String {
    let text = match &message["content"] {
        Value::Array(parts) => parts
            .iter()
            .map(|part| words::strings(&json!([part["text"], part["refusal"]])))
            .collect::<Vec<_>>()
            .join(" "),
        whole => words::strings(whole),
    };
    let calls = words::strings(&message["tool_calls"]);
    if calls.is_empty() { text } else { format!("{text} {calls}") }
}

fn parts(messages: &[Value], kind: &str) -> usize {
    let all = messages.iter().flat_map(|one| one["content"].as_array().into_iter().flatten());
    all.filter(|part| part["type"] == kind).count()
}

fn roles(messages: &[Value]) -> Reply<()> {
    const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];
    let stray = messages.iter().position(|one| !one["role"].as_str().is_some_and(|role| ROLES.contains(&role)));
    let Some(at) = stray else { return Ok(()) };
    let words = format!(
        "Invalid value: {}. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
        messages[at]["role"]
    );
    access::refuse(errors::bad_request(&words, Some(&format!("messages[{at}].role")), Some("invalid_value")))
}

/// Every call has its result right behind it, and every result its call.
fn answered(messages: &[Value]) -> Reply<()> {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(at) = open.iter().position(|one| *one == id) else {
                let words = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message \
                             with 'tool_calls'.";
                return access::refuse(errors::bad_request(words, Some("messages"), None));
            };
            open.swap_remove(at);
            continue;
        }
        if !open.is_empty() {
            break;
        }
        open = message["tool_calls"].as_array().into_iter().flatten().filter_map(|call| call["id"].as_str()).collect();
    }
    if open.is_empty() {
        return Ok(());
    }
    let words = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. \
         The following tool_call_ids did not have response messages: {}",
        open.join(", ")
    );
    access::refuse(errors::bad_request(&words, Some("messages"), None))
}

/// The results at the end of the conversation.
fn results(messages: &[Value]) -> Vec<&Value> {
    let from = messages.iter().rposition(|one| one["role"] != "tool").map_or(0, |at| at + 1);
    messages[from..].iter().collect()
}

/// The tools that the results at the end are of.
fn called(messages: &[Value]) -> Vec<String> {
    let ids: Vec<&Value> = results(messages).iter().map(|one| &one["tool_call_id"]).collect();
    let calls = messages.iter().flat_map(|one| one["tool_calls"].as_array().into_iter().flatten());
    let these = calls.filter(|call| ids.contains(&&call["id"]));
    these.filter_map(|call| call["function"]["name"].as_str()).map(str::to_owned).collect()
}

fn tools(body: &Value) -> Reply<Vec<Tool>> {
    let mut all = Vec::new();
    for (number, tool) in body["tools"].as_array().into_iter().flatten().enumerate() {
        let Some(name) = tool["function"]["name"].as_str().filter(|_| tool["type"] == "function") else {
            return access::refuse(errors::missing(&format!("tools[{number}].function.name")));
        };
        all.push(Tool { name: name.to_owned(), schema: tool["function"]["parameters"].clone() });
    }
    Ok(all)
}

fn choose(choice: &Value, asked: &mut Asked) -> Reply<()> {
    if !choice.is_null() && asked.tools.is_empty() {
        let words = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
        return access::refuse(errors::bad_request(words, Some("tool_choice"), None));
    }
    asked.choice = match choice.as_str() {
        Some("none") => Choice::Never,
        Some("required") => Choice::Some,
        _ => match choice["function"]["name"].as_str() {
            Some(name) => Choice::Named(name.to_owned()),
            None => Choice::Auto,
        },
    };
    let allowed = &choice["allowed_tools"];
    if let Some(names) = allowed["tools"].as_array() {
        asked.tools.retain(|tool| names.iter().any(|one| one["function"]["name"] == tool.name.as_str()));
        asked.choice = if allowed["mode"] == "required" { Choice::Some } else { Choice::Auto };
    }
    Ok(())
}

fn shape(format: &Value, prompt: &str) -> Reply<Option<Value>> {
    match format["type"].as_str() {
        Some("json_schema") if format["json_schema"]["name"].is_null() => {
            access::refuse(errors::missing("response_format.json_schema.name"))
        }
        Some("json_schema") => Ok(Some(format["json_schema"]["schema"].clone())),
        Some("json_object") if !prompt.to_lowercase().contains("json") => {
            let words = "'messages' must contain the word 'json' in some form, to use 'response_format' of type \
                         'json_object'.";
            access::refuse(errors::bad_request(words, Some("messages"), None))
        }
        Some("json_object") => Ok(Some(json!({"type": "object"}))),
        _ => Ok(None),
    }
}

fn stops(stop: &Value) -> Vec<String> {
    match stop {
        Value::String(one) => vec![one.clone()],
        all => all.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}
