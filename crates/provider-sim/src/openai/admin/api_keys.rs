//! The keys of a project: list, look, change, delete.

use super::{body, expiry, nothing, page, redacted, scopes};
use crate::call::{Answer, Call};
use crate::keys::{Key, KeyStanding};
use crate::openai::access::{self, Reply};
use crate::openai::errors;
use crate::room::{Room, now};
use serde_json::{Value, json};

fn active(room: &Room, key: &Key) -> bool {
    let role = |owner| room.projects.role(key.project.as_deref().unwrap_or_default(), owner);
    key.service_account.as_deref().is_none_or(|owner| role(owner) != Some("none"))
}

fn owner(room: &Room, key: &Key) -> Value {
    let Some(id) = &key.service_account else {
        let name = room.account(&key.account).map(|one| one.name.clone()).unwrap_or_default();
        return json!({
            "type": "user",
            "user": {
                "id": "user-practice",
                "email": "practice@example.com",
                "name": name,
                "created_at": key.created,
                "role": "owner"
            }
        });
    };
    let project = key.project.as_deref().unwrap_or_default();
    let role = room.projects.role(project, id).unwrap_or("none");
    json!({
        "type": "service_account",
        "service_account": {"id": id, "name": id, "created_at": key.created, "role": role}
    })
}

fn shown(room: &Room, key: &Key) -> Value {
    let mut shown = json!({
        "object": "organization.project.api_key",
        "redacted_value": redacted(&key.text),
        "name": key.name,
        "created_at": key.created,
        "last_used_at": key.last_used_at,
        "id": key.id,
        "owner_project_access": if active(room, key) { "active" } else { "inactive" },
        "owner": owner(room, key)
    });
    if let Some(ends) = key.expires_at {
        shown["expires_at"] = ends.into();
    }
    shown
}

/// Keys that were deleted are not listed, expired ones are.
fn find<'a>(room: &'a Room, project: &str, id: &str) -> Option<&'a Key> {
    room.keys.iter().find(|key| key.id == id && listed(key, project))
}

fn listed(key: &Key, project: &str) -> bool {
    key.project.as_deref() == Some(project) && key.standing != KeyStanding::Revoked
}

pub(super) fn list(room: &mut Room, call: &Call, project: &str) -> Reply {
    let ids = room.keys.iter().filter(|key| listed(key, project)).map(|key| key.id.clone()).collect();
    let seen = room.shown_by_now(ids);
    let hides = room.switch("list_hides_without_any") == "yes";
    let wanted = call.query("owner_project_access");
    let items = room.keys.iter().filter(|key| seen.contains(&key.id)).filter(|key| match wanted {
        Some("any") => true,
        Some("inactive") => !active(room, key),
        Some("active") => active(room, key),
        _ => active(room, key) || !hides,
    });
    let items = items.map(|key| shown(room, key)).collect();
    Ok(Answer::json(200, &page(call, items)))
}

pub(super) fn get(room: &Room, project: &str, id: &str) -> Reply {
    match find(room, project, id) {
        Some(key) => Ok(Answer::json(200, &shown(room, key))),
        None => nothing("API key", id),
    }
}

/// `scopes` or `expires_in_seconds` or both; an empty list of scopes grants everything.
pub(super) fn update(room: &mut Room, call: &Call, project: &str, id: &str) -> Reply {
    let body = body(call)?;
    let fields = body.as_object().into_iter().flatten();
    let given: Vec<_> = fields.filter(|(name, _)| matches!(name.as_str(), "scopes" | "expires_in_seconds")).collect();
    if given.is_empty() || given.iter().any(|(_, value)| value.is_null()) {
        let words = "At least one of 'scopes' and 'expires_in_seconds' is required, and neither may be null.";
        return access::refuse(errors::bad_request(words, None, Some("invalid_value")));
    }
    let (scopes, ends) = (scopes(&body)?, expiry(&body, now())?);
    let Some(key) = find(room, project, id).map(|key| key.id.clone()).and_then(|id| room.key_mut(&id)) else {
        return nothing("API key", id);
    };
    if key.standing(now()) == KeyStanding::Expired {
        return access::refuse(errors::bad_request("Expired API keys cannot be updated.", None, None));
    }
    key.scopes = scopes.or_else(|| key.scopes.take());
    key.expires_at = ends.or(key.expires_at);
    get(room, project, id)
}

pub(super) fn delete(room: &mut Room, project: &str, id: &str) -> Reply {
    let refused = room.switch("delete_service_account_key") == "refused";
    let Some(key) = find(room, project, id) else {
        return nothing("API key", id);
    };
    if refused && key.service_account.is_some() {
        let words = "This API key belongs to a service account. Delete the service account to delete its key.";
        return access::refuse(errors::bad_request(words, None, None));
    }
    room.stand(id, KeyStanding::Revoked);
    let gone = json!({"object": "organization.project.api_key.deleted", "id": id, "deleted": true});
    Ok(Answer::json(200, &gone))
}
