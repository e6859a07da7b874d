//! OpenAI's admin endpoints under `/v1/organization` (facts: sections 3.1 and 4.1 of the provider notes).

mod admin_keys;
mod api_keys;
mod figures;
mod projects;
mod service_accounts;

pub(crate) use projects::Projects;

use super::access::{self, Caller, Reply};
use super::errors;
use crate::call::Call;
use crate::keys::last_four;
use crate::room::Room;
use serde_json::{Value, json};

pub(super) fn answer(room: &mut Room, call: &Call, rest: &[&str]) -> Reply {
    let caller = access::admin(room, call)?;
    match (call.method.as_str(), rest) {
        ("GET", ["admin_api_keys"]) => admin_keys::list(room, call, &caller),
        ("POST", ["admin_api_keys"]) => admin_keys::create(room, call, &caller),
        ("GET", ["admin_api_keys", id]) => admin_keys::get(room, &caller, id),
        ("DELETE", ["admin_api_keys", id]) => admin_keys::delete(room, &caller, id),
        ("GET", ["costs"]) => figures::costs(room, call, &caller),
        ("GET", ["usage", kind]) => figures::usage(room, call, &caller, kind),
        ("GET", ["projects"]) => projects::list(room, call, &caller),
        ("POST", ["projects"]) => projects::create(room, call, &caller),
        (_, ["projects", id, inner @ ..]) => {
            projects::owned(room, &caller, id)?;
            in_project(room, call, id, inner)
        }
        _ => access::refuse(errors::unknown_url(call.method.as_str(), &call.path)),
    }
}

fn in_project(room: &mut Room, call: &Call, project: &str, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => projects::get(room, project),
        ("POST", []) => projects::rename(room, call, project),
        ("POST", ["archive"]) => projects::archive(room, project),
        ("GET" | "POST" | "DELETE", ["model_permissions"]) => projects::model_permissions(room, call, project),
        ("GET" | "POST" | "DELETE", ["spend_limit"]) => projects::spend_limit(room, call, project),
        ("GET", ["service_accounts"]) => service_accounts::list(room, call, project),
        ("POST", ["service_accounts"]) => service_accounts::create(room, call, project),
        ("GET", ["service_accounts", id]) => service_accounts::get(room, project, id),
        ("POST", ["service_accounts", id]) => service_accounts::update(room, call, project, id),
        ("DELETE", ["service_accounts", id]) => service_accounts::delete(room, project, id),
        ("POST", ["service_accounts", id, "api_keys"]) => service_accounts::create_key(room, call, project, id),
        ("GET", ["api_keys"]) => api_keys::list(room, call, project),
        ("GET", ["api_keys", id]) => api_keys::get(room, project, id),
        ("POST", ["api_keys", id]) => api_keys::update(room, call, project, id),
        ("DELETE", ["api_keys", id]) => api_keys::delete(room, project, id),
        _ => access::refuse(errors::unknown_url(call.method.as_str(), &call.path)),
    }
}

/// One page of a list, by `limit` and `after`.
fn page(call: &Call, items: Vec<Value>) -> Value {
    let limit = call.limit("limit", 20, 100);
    let start = match call.query("after") {
        Some(after) => items.iter().position(|one| one["id"] == after).map_or(items.len(), |at| at + 1),
        None => 0,
    };
    let has_more = items.len() > start + limit;
    let data: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    let edge = |item: Option<&Value>| item.map_or(Value::Null, |one| one["id"].clone());
    json!({
        "object": "list",
        "first_id": edge(data.first()),
        "last_id": edge(data.last()),
        "has_more": has_more,
        "data": data
    })
}

fn redacted(text: &str) -> String {
    let start: String = text.chars().take(8).collect();
    format!("{start}...{}", last_four(text))
}

fn body(call: &Call) -> Reply<Value> {
    match call.json() {
        Some(body) => Ok(body),
        None => access::refuse(super::not_json()),
    }
}

fn name(body: &Value) -> Reply<String> {
    match body["name"].as_str().filter(|name| !name.is_empty()) {
        Some(name) => Ok(name.to_owned()),
        None => access::refuse(errors::missing("name")),
    }
}

/// `expires_in_seconds`, 1 to 31,536,000, as a moment.
fn expiry(body: &Value, now: i64) -> Reply<Option<i64>> {
    match &body["expires_in_seconds"] {
        Value::Null => Ok(None),
        value => match value.as_i64().filter(|seconds| (1..=31_536_000).contains(seconds)) {
            Some(seconds) => Ok(Some(now + seconds)),
            None => {
                let words = "Invalid 'expires_in_seconds': expected a value between 1 and 31536000.";
                access::refuse(errors::bad_request(words, Some("expires_in_seconds"), Some("invalid_value")))
            }
        },
    }
}

/// `scopes`, a list of texts; absent is `None`.
fn scopes(body: &Value) -> Reply<Option<Vec<String>>> {
    match &body["scopes"] {
        Value::Null => Ok(None),
        Value::Array(items) if items.iter().all(|one| one.as_str().is_some_and(known_scope)) => {
            Ok(Some(items.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()))
        }
        _ => access::refuse(errors::bad_request("Invalid 'scopes'.", Some("scopes"), Some("invalid_value"))),
    }
}

fn known_scope(scope: &str) -> bool {
    scope.starts_with("api.") || matches!(scope, "model.read" | "model.request")
}

fn nothing(what: &str, id: &str) -> Reply {
    access::refuse(errors::not_found(&format!("No {what} found with id '{id}'.")))
}

fn account_of(caller: &Caller) -> &str {
    &caller.key.account
}
