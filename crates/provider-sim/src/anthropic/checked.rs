//! What `/v1/messages` refuses in a body. As at Anthropic, an unknown field is refused and none is left out silently, so
//! a wrong translation is noticed.

use super::cached;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

pub(super) type Checked = Result<(), String>;

const BODY: &[&str] = &[
    "model",
    "max_tokens",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "output_config",
    "thinking",
    "stop_sequences",
    "temperature",
    "top_p",
    "top_k",
    "service_tier",
    "metadata",
    "cache_control",
    "stream",
    "container",
    "inference_geo",
];

/// Checks a body; the first thing that is wrong, in words that begin with its place.
pub(super) fn body(body: &Value) -> Checked {
    known("", body, BODY)?;
    chance(body, "temperature")?;
    chance(body, "top_p")?;
    if !body["temperature"].is_null() && !body["top_p"].is_null() {
        return Err(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.".to_owned()
        );
    }
    for (number, text) in list(&body["stop_sequences"]).iter().enumerate() {
        if text.as_str().is_none_or(|text| text.trim().is_empty()) {
            return Err(format!("stop_sequences.{number}: each stop sequence must contain non-whitespace"));
        }
    }
    if !body["metadata"].is_null() {
        known("metadata.", &body["metadata"], &["user_id"])?;
    }
    for (number, block) in list(&body["system"]).iter().enumerate() {
        self::block(&format!("system.{number}"), block, "system")?;
    }
    tools(body)?;
    output(body)?;
    thinking(body)?;
    cached::check(body)?;
    let used = list(&body["messages"]).iter().flat_map(|message| list(&message["content"]));
    let used = used.map(|block| block["type"].as_str()).any(|kind| matches!(kind, Some("tool_use" | "tool_result")));
    if used && list(&body["tools"]).is_empty() {
        return Err("Requests which include `tool_use` or `tool_result` blocks must define tools.".to_owned());
    }
    messages(list(&body["messages"]))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn known(place: &str, object: &Value, fields: &[&str]) -> Checked {
    let stray = object.as_object().and_then(|map| map.keys().find(|name| !fields.contains(&name.as_str())));
    stray.map_or(Ok(()), |name| Err(format!("{place}{name}: Extra inputs are not permitted")))
}

fn chance(body: &Value, field: &str) -> Checked {
    match &body[field] {
        Value::Null => Ok(()),
        value if value.as_f64().is_some_and(|value| (0.0..=1.0).contains(&value)) => Ok(()),
        _ => Err(format!("{field}: range: 0..1")),
    }
}

fn name(place: &str, name: &Value) -> Checked {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match name.as_str() {
        Some(name) if (1..=128).contains(&name.len()) && name.chars().all(fits) => Ok(()),
        Some(_) => Err(format!("{place}: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")),
        None => Err(format!("{place}: Field required")),
    }
}

fn tools(body: &Value) -> Checked {
    for (number, tool) in list(&body["tools"]).iter().enumerate() {
        let place = format!("tools.{number}.custom");
        known(
            &format!("{place}."),
            tool,
            &["type", "name", "description", "input_schema", "strict", "cache_control", "input_examples"],
        )?;
        name(&format!("{place}.name"), &tool["name"])?;
        if tool["input_schema"]["type"] != "object" {
            return Err(format!("{place}.input_schema.type: Field required"));
        }
        if tool["strict"] == true {
            closed(&format!("{place}.input_schema"), &tool["input_schema"])?;
        }
    }
    let choice = &body["tool_choice"];
    if choice.is_null() {
        return Ok(());
    }
    let fields: &[&str] = match choice["type"].as_str() {
        Some("auto" | "any") => &["type", "disable_parallel_tool_use"],
        Some("tool") => &["type", "name", "disable_parallel_tool_use"],
        Some("none") => &["type"],
        _ => return Err("tool_choice: Input tag does not match any of the expected tags".to_owned()),
    };
    known(&format!("tool_choice.{}.", choice["type"].as_str().unwrap_or_default()), choice, fields)?;
    if list(&body["tools"]).is_empty() {
        return Err("tool_choice: may only be specified while providing tools".to_owned());
    }
    let named = |tool: &Value| tool["name"] == choice["name"];
    if choice["type"] == "tool" && !list(&body["tools"]).iter().any(named) {
        return Err(format!("Tool '{}' not found in provided tools", choice["name"].as_str().unwrap_or_default()));
    }
    Ok(())
}

/// A schema that the model can be held to: every object in it is closed.
fn closed(place: &str, schema: &Value) -> Checked {
    match schema {
        Value::Object(map) => {
            if map.get("type").is_some_and(|kind| kind == "object") && schema["additionalProperties"] != false {
                return Err(format!(
                    "{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
                ));
            }
            map.values().try_for_each(|part| closed(place, part))
        }
        Value::Array(parts) => parts.iter().try_for_each(|part| closed(place, part)),
        _ => Ok(()),
    }
}

fn output(body: &Value) -> Checked {
    let config = &body["output_config"];
    if config.is_null() {
        return Ok(());
    }
    known("output_config.", config, &["effort", "format"])?;
    if !config["effort"].is_null()
        && !matches!(config["effort"].as_str(), Some("low" | "medium" | "high" | "xhigh" | "max"))
    {
        return Err("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'".to_owned());
    }
    let format = &config["format"];
    if format.is_null() {
        return Ok(());
    }
    known("output_config.format.", format, &["type", "schema"])?;
    if format["type"] != "json_schema" || !format["schema"].is_object() {
        return Err("output_config.format.type: Input should be 'json_schema'".to_owned());
    }
    closed("output_config.format.schema", &format["schema"])
}

fn thinking(body: &Value) -> Checked {
    let thinking = &body["thinking"];
    match thinking["type"].as_str() {
        None if thinking.is_null() => return Ok(()),
        Some("disabled") => return known("thinking.disabled.", thinking, &["type"]),
        Some("adaptive") => known("thinking.adaptive.", thinking, &["type", "display"])?,
        Some("enabled") => known("thinking.enabled.", thinking, &["type", "budget_tokens", "display"])?,
        _ => return Err("thinking: Input tag does not match any of the expected tags".to_owned()),
    }
    if matches!(body["tool_choice"]["type"].as_str(), Some("any" | "tool")) {
        return Err("Thinking may not be enabled when tool_choice forces tool use.".to_owned());
    }
    Ok(())
}

fn messages(messages: &[Value]) -> Checked {
    if messages.first().is_some_and(|first| first["role"] != "user") {
        return Err("messages: first message must use the \"user\" role".to_owned());
    }
    let mut open: Vec<&str> = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let place = format!("messages.{number}");
        known(&format!("{place}."), message, &["role", "content"])?;
        let role = message["role"].as_str().unwrap_or_default();
        if !matches!(role, "user" | "assistant") {
            return Err(format!("{place}.role: Input should be 'user' or 'assistant'"));
        }
        let blocks = list(&message["content"]);
        let text = message["content"].as_str();
        if text.is_none() && blocks.is_empty() || text.is_some_and(str::is_empty) {
            return Err(format!("{place}: all messages must have non-empty content"));
        }
        for (at, block) in blocks.iter().enumerate() {
            self::block(&format!("{place}.content.{at}"), block, role)?;
        }
        let results: Vec<&str> = ids(blocks, "tool_result", "tool_use_id");
        if let Some(missing) = open.iter().find(|id| !results.contains(id)) {
            return Err(format!(
                "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}. Each \
                 `tool_use` block must have a corresponding `tool_result` block in the next message.",
                number - 1
            ));
        }
        if let Some(stray) = results.iter().find(|id| !open.contains(id)) {
            return Err(format!(
                "{place}.content: unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each `tool_result` \
                 block must have a corresponding `tool_use` block in the previous message."
            ));
        }
        let first_other = blocks.iter().position(|block| block["type"] != "tool_result").unwrap_or(blocks.len());
        if !results.is_empty() && first_other < results.len() {
            return Err(format!("{place}: `tool_result` blocks must come first in the message's content"));
        }
        open = ids(blocks, "tool_use", "id");
        let twice = open.iter().enumerate().any(|(at, id)| open[..at].contains(id));
        if twice {
            return Err(format!("{place}: `tool_use` ids must be unique"));
        }
    }
    match open.first() {
        Some(id) => Err(format!("`tool_use` ids were found without `tool_result` blocks immediately after: {id}")),
        None => Ok(()),
    }
}

fn ids<'b>(blocks: &'b [Value], kind: &str, field: &str) -> Vec<&'b str> {
    blocks.iter().filter(|block| block["type"] == kind).filter_map(|block| block[field].as_str()).collect()
}

/// `role` is `system`, `tool_result`, or a message's.
fn block(place: &str, block: &Value, role: &str) -> Checked {
    let kind = block["type"].as_str().unwrap_or_default();
    let fields: &[&str] = match (kind, role) {
        ("text", _) => &["type", "text", "cache_control", "citations"],
        ("image", "user" | "tool_result") => &["type", "source", "cache_control"],
        ("document", "user" | "assistant" | "tool_result") => {
            &["type", "source", "title", "context", "citations", "cache_control"]
        }
        ("tool_use", "assistant") => &["type", "id", "name", "input", "cache_control", "caller"],
        ("tool_result", "user") => &["type", "tool_use_id", "content", "is_error", "cache_control"],
        ("thinking", "assistant") => &["type", "thinking", "signature"],
        ("redacted_thinking", "assistant") => &["type", "data"],
        _ => {
            return Err(format!(
                "{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
            ));
        }
    };
    known(&format!("{place}.{kind}."), block, fields)?;
    match kind {
        "text" if block["text"].as_str().is_none_or(|text| text.trim().is_empty()) => {
            Err(format!("{place}.text: text content blocks must contain non-whitespace text"))
        }
        "image" | "document" => source(&format!("{place}.{kind}.source"), kind, &block["source"]),
        "tool_use" => {
            name(&format!("{place}.tool_use.id"), &block["id"])?;
            name(&format!("{place}.tool_use.name"), &block["name"])?;
            if block["input"].is_object() {
                Ok(())
            } else {
                Err(format!("{place}.tool_use.input: Input should be a valid dictionary"))
            }
        }
        "tool_result" => {
            let mut inner = list(&block["content"]).iter().enumerate();
            inner.try_for_each(|(at, one)| self::block(&format!("{place}.content.{at}"), one, "tool_result"))
        }
        _ => Ok(()),
    }
}

fn source(place: &str, kind: &str, source: &Value) -> Checked {
    let data = source["data"].as_str().unwrap_or_default();
    let media = source["media_type"].as_str().unwrap_or_default();
    match source["type"].as_str() {
        Some("url") => {
            known(&format!("{place}.url."), source, &["type", "url"])?;
            let sound = source["url"].as_str().is_some_and(|url| url.starts_with("https://"));
            if sound { Ok(()) } else { Err(format!("{place}.url.url: Only HTTPS URLs are supported.")) }
        }
        Some("base64") => {
            known(&format!("{place}.base64."), source, &["type", "media_type", "data"])?;
            let bytes = STANDARD.decode(data).map_err(|_| format!("{place}.base64.data: Invalid base64 data"))?;
            if started(kind, media, &bytes) {
                Ok(())
            } else {
                Err(format!("{place}.base64: the data does not appear to be {media}, or it cannot be read"))
            }
        }
        Some("text") if kind == "document" && media == "text/plain" && !data.is_empty() => {
            known(&format!("{place}.text."), source, &["type", "media_type", "data"])
        }
        _ => Err(format!("{place}: Input tag does not match any of the expected tags")),
    }
}

/// Whether bytes begin as their type says.
fn started(kind: &str, media: &str, bytes: &[u8]) -> bool {
    match (kind, media) {
        ("image", "image/png") => bytes.starts_with(b"\x89PNG"),
        ("image", "image/jpeg") => bytes.starts_with(b"\xff\xd8"),
        ("image", "image/gif") => bytes.starts_with(b"GIF8"),
        ("image", "image/webp") => bytes.starts_with(b"RIFF"),
        ("document", "application/pdf") => bytes.starts_with(b"%PDF-"),
        _ => false,
    }
}
