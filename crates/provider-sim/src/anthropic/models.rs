//! The models that the practice Anthropic offers: free to list, no proof of credit.

use super::{dressed, errors, worker};
use crate::call::{Answer, Call, Reply, refuse};
use crate::room::Room;
use serde_json::{Value, json};

pub(super) struct Model {
    pub(super) id: &'static str,
    name: &'static str,
    created: &'static str,
    lifecycle: &'static str,
}

const fn model(id: &'static str, name: &'static str, created: &'static str, lifecycle: &'static str) -> Model {
    Model { id, name, created, lifecycle }
}

const MODELS: &[Model] = &[
    model("claude-sonnet-4-8", "Claude Sonnet 4.8", "2026-08-20T00:00:00Z", "active"),
    model("claude-opus-4-7", "Claude Opus 4.7", "2026-05-14T00:00:00Z", "active"),
    model("claude-haiku-4-5", "Claude Haiku 4.5", "2025-10-15T00:00:00Z", "active"),
    model("claude-sonnet-4-5", "Claude Sonnet 4.5", "2025-09-29T00:00:00Z", "deprecated"),
];

pub(super) fn find(id: &str) -> Option<&'static Model> {
    MODELS.iter().find(|one| one.id == id)
}

fn shown(model: &Model) -> Value {
    let can = || json!({"supported": true});
    let cannot = || json!({"supported": false});
    json!({
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": model.created,
        "lifecycle": model.lifecycle,
        "line": model.id.split('-').nth(1),
        "deprecated_at": if model.lifecycle == "deprecated" { json!("2026-09-01T00:00:00Z") } else { Value::Null },
        "retires_at": null,
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "capabilities": {
            "batch": cannot(),
            "citations": can(),
            "code_execution": cannot(),
            "context_management": {"supported": false},
            "effort": {
                "supported": false, "low": cannot(), "medium": cannot(), "high": cannot(), "max": cannot()
            },
            "image_input": can(),
            "pdf_input": can(),
            "structured_outputs": cannot(),
            "server_tools": {"supported": false, "code_execution": cannot(), "web_search": cannot()},
            "thinking": {
                "supported": false,
                "types": {
                    "adaptive": cannot(), "between_tools": cannot(), "disabled": can(), "enabled": cannot()
                }
            }
        }
    })
}

pub(super) fn list(room: &mut Room, call: &Call) -> Reply {
    let key = worker(room, call)?;
    let lifecycles: Vec<&str> =
        call.query.iter().filter(|(name, _)| name.starts_with("lifecycle")).map(|(_, value)| value.as_str()).collect();
    let seen: Vec<Value> = MODELS
        .iter()
        .filter(|one| key.allows_model(one.id))
        .filter(|one| lifecycles.is_empty() || lifecycles.contains(&one.lifecycle))
        .map(shown)
        .collect();
    Ok(dressed(&key, Answer::json(200, &page(call, seen))))
}

pub(super) fn get(room: &mut Room, call: &Call, id: &str) -> Reply {
    let key = worker(room, call)?;
    match find(id).filter(|one| key.allows_model(one.id)) {
        Some(model) => Ok(dressed(&key, Answer::json(200, &shown(model)))),
        None => refuse(errors::not_found(call, &format!("model: {id}"))),
    }
}

/// One page of a list, by `limit` (1 to 1,000, else 20), `after_id` and `before_id`.
pub(super) fn page(call: &Call, items: Vec<Value>) -> Value {
    let limit = call.limit("limit", 20, 1000);
    let at = |id: &str| items.iter().position(|one| one["id"] == id);
    let (start, end) = match (call.query("after_id"), call.query("before_id")) {
        (Some(id), _) => {
            let start = at(id).map_or(items.len(), |at| at + 1);
            (start, items.len().min(start + limit))
        }
        (None, Some(id)) => {
            let end = at(id).unwrap_or(0);
            (end.saturating_sub(limit), end)
        }
        (None, None) => (0, items.len().min(limit)),
    };
    let has_more = if call.query("before_id").is_some() { start > 0 } else { end < items.len() };
    let data = items[start..end].to_vec();
    let edge = |item: Option<&Value>| item.map_or(Value::Null, |one| one["id"].clone());
    json!({"first_id": edge(data.first()), "last_id": edge(data.last()), "has_more": has_more, "data": data})
}
