//! Anthropic's admin routes about the organisation and its keys (facts: section 3.2 of the provider
//! notes), and the way to its figures. Keys can be listed, renamed, switched off and archived; never made, deleted or read.

use super::{caller, errors, figures, models::page, reports, wrong_kind};
use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::{Key, KeyKind, KeyStanding, last_four};
use crate::room::{Room, now, rfc3339};
use serde_json::{Value, json};

pub(super) fn answer(room: &mut Room, call: &Call, rest: &[&str]) -> Reply {
    let key = caller(room, call)?;
    if key.kind == KeyKind::Work {
        return refuse(wrong_kind(room, call, "work_on_admin_route"));
    }
    match (call.method.as_str(), rest) {
        ("GET", ["me"]) => {
            let name = room.account(&key.account).map(|one| one.name.clone()).unwrap_or_default();
            Ok(Answer::json(200, &json!({"id": key.account, "type": "organization", "name": name})))
        }
        ("GET", ["api_keys"]) => {
            let wanted = call.query("status");
            let workspace = call.query("workspace_id");
            let ids = room.keys.iter().filter(|one| listed(one, &key.account)).map(|one| one.id.clone()).collect();
            let seen = room.shown_by_now(ids);
            let mine = room.keys.iter().filter(|one| seen.contains(&one.id));
            let mine = mine.filter(|one| wanted.is_none_or(|status| status == standing(one)));
            let mine = mine.filter(|one| workspace.is_none_or(|id| one.project.as_deref() == Some(id)));
            Ok(Answer::json(200, &page(call, mine.map(shown).collect())))
        }
        ("GET", ["analytics", what @ ("cost" | "usage")]) => figures::analytics(room, call, &key.account, what),
        ("GET", ["usage_report", "messages"]) => reports::usage(room, call, &key.account),
        ("GET", ["cost_report"]) => reports::costs(room, call, &key.account),
        ("GET", ["api_keys", id]) => look(room, call, &key.account, id),
        ("POST", ["api_keys", id]) => update(room, call, &key.account, id),
        _ => refuse(errors::not_found(call, "Not Found")),
    }
}

fn listed(key: &Key, account: &str) -> bool {
    key.kind == KeyKind::Work && key.account == account
}

fn standing(key: &Key) -> &'static str {
    match key.standing(now()) {
        KeyStanding::Live => "active",
        KeyStanding::Disabled => "inactive",
        KeyStanding::Expired => "expired",
        KeyStanding::Revoked | KeyStanding::Leaked => "archived",
    }
}

fn shown(key: &Key) -> Value {
    let start: String = key.text.chars().take(17).collect();
    json!({
        "type": "api_key",
        "id": key.id,
        "name": key.name,
        "status": standing(key),
        "partial_key_hint": format!("{start}...{}", last_four(&key.text)),
        "created_at": rfc3339(key.created),
        "expires_at": key.expires_at.map(rfc3339),
        "created_by": {"id": "user_practice", "type": "user"},
        "principal": {"type": "user_actor", "user_id": "user_practice"},
        "scope": {"type": "workspace", "workspace_id": key.project}
    })
}

fn look(room: &Room, call: &Call, account: &str, id: &str) -> Reply {
    match room.keys.iter().find(|key| key.id == id && listed(key, account)) {
        Some(key) => Ok(Answer::json(200, &shown(key))),
        None => refuse(errors::not_found(call, "API key not found")),
    }
}

fn update(room: &mut Room, call: &Call, account: &str, id: &str) -> Reply {
    let Some(body) = call.json() else {
        return refuse(errors::bad_request(call, "The request body is not valid JSON"));
    };
    let reversible = room.switch("archived_reversible") == "yes";
    let Some(key) = room.keys.iter_mut().find(|key| key.id == id && listed(key, account)) else {
        return refuse(errors::not_found(call, "API key not found"));
    };
    if let Some(name) = body["name"].as_str() {
        key.name = name.to_owned();
    }
    let wanted = match body["status"].as_str() {
        None => return look(room, call, account, id),
        Some("active") => KeyStanding::Live,
        Some("inactive") => KeyStanding::Disabled,
        Some("archived") => KeyStanding::Revoked,
        Some(_) => {
            return refuse(errors::bad_request(call, "status: Input should be 'active', 'inactive' or 'archived'"));
        }
    };
    if key.standing == KeyStanding::Revoked && wanted != KeyStanding::Revoked && !reversible {
        return refuse(errors::bad_request(call, "Archived API keys cannot be changed"));
    }
    room.stand(id, wanted);
    look(room, call, account, id)
}
