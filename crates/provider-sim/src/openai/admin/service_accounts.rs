//! Service accounts, and the keys that are made with or for them.

use super::projects::ServiceAccount;
use super::{body, expiry, name, nothing, page, scopes};
use crate::call::{Answer, Call};
use crate::keys::{KeyShape, KeySpec};
use crate::openai::access::{self, Reply};
use crate::openai::errors;
use crate::room::{Room, now};
use serde_json::{Value, json};

fn shown(account: &ServiceAccount) -> Value {
    json!({
        "object": "organization.project.service_account",
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "created_at": account.created
    })
}

fn find<'a>(room: &'a Room, project: &str, id: &str) -> Option<&'a ServiceAccount> {
    room.projects.find(project)?.service_accounts.iter().find(|one| one.id == id)
}

pub(super) fn list(room: &mut Room, call: &Call, project: &str) -> Reply {
    let ids = room.projects.find(project).map(|one| one.service_accounts.iter().map(|each| each.id.clone()).collect());
    let seen = room.shown_by_now(ids.unwrap_or_default());
    let items = seen.iter().filter_map(|id| find(room, project, id)).map(shown).collect();
    Ok(Answer::json(200, &page(call, items)))
}

pub(super) fn get(room: &Room, project: &str, id: &str) -> Reply {
    match find(room, project, id) {
        Some(account) => Ok(Answer::json(200, &shown(account))),
        None => nothing("service account", id),
    }
}

/// Makes the account and, unless told not to, a key with all scopes of the role.
pub(super) fn create(room: &mut Room, call: &Call, project: &str) -> Reply {
    let body = body(call)?;
    let name = name(&body)?;
    let ends = expiry(&body, now())?;
    let bare = body["create_service_account_only"].as_bool() == Some(true);
    if room.projects.find(project).is_none() {
        return nothing("project", project);
    }
    let id = room.next_id("svc_acct_", 24);
    let role = if bare { "none" } else { "member" };
    let account = ServiceAccount { id: id.clone(), name, role, created: now() };
    let mut answer = shown(&account);
    room.listings.begin(&id);
    if let Some(project) = room.projects.find_mut(project) {
        project.service_accounts.push(account);
    }
    answer["api_key"] = if bare { Value::Null } else { issue(room, project, &id, "Secret Key", None, ends) };
    Ok(Answer::json(200, &answer))
}

pub(super) fn update(room: &mut Room, call: &Call, project: &str, id: &str) -> Reply {
    let body = body(call)?;
    let role = match body["role"].as_str() {
        None => None,
        Some("member") => Some("member"),
        Some("owner") => Some("owner"),
        Some("none") => Some("none"),
        Some(_) => {
            return access::refuse(errors::bad_request("Invalid 'role'.", Some("role"), Some("invalid_value")));
        }
    };
    let found = room
        .projects
        .find_mut(project)
        .and_then(|one| one.service_accounts.iter_mut().find(|account| account.id == id));
    let Some(account) = found else {
        return nothing("service account", id);
    };
    account.role = role.unwrap_or(account.role);
    if let Some(name) = body["name"].as_str() {
        account.name = name.to_owned();
    }
    get(room, project, id)
}

/// Deleting the account revokes all of its keys.
pub(super) fn delete(room: &mut Room, project: &str, id: &str) -> Reply {
    if find(room, project, id).is_none() {
        return nothing("service account", id);
    }
    if let Some(project) = room.projects.find_mut(project) {
        project.service_accounts.retain(|one| one.id != id);
    }
    room.revoke_all(|key| key.service_account.as_deref() == Some(id));
    let gone = json!({"object": "organization.project.service_account.deleted", "id": id, "deleted": true});
    Ok(Answer::json(200, &gone))
}

/// The least-privilege way: a key with the scopes that were asked for.
pub(super) fn create_key(room: &mut Room, call: &Call, project: &str, id: &str) -> Reply {
    if find(room, project, id).is_none() {
        return nothing("service account", id);
    }
    let body = body(call)?;
    let (name, scopes, ends) = (name(&body)?, scopes(&body)?, expiry(&body, now())?);
    let key = issue(room, project, id, &name, scopes, ends);
    Ok(Answer::json(200, &key))
}

fn issue(
    room: &mut Room,
    project: &str,
    owner: &str,
    name: &str,
    scopes: Option<Vec<String>>,
    ends: Option<i64>,
) -> Value {
    let account = room.project_account(project);
    let spec = KeySpec {
        name: name.to_owned(),
        shape: KeyShape::ServiceAccount,
        scopes,
        expires_at: ends,
        project: Some(project.to_owned()),
        ..KeySpec::default()
    };
    let made = room.make_key(&account, spec);
    if let Some(key) = room.key_mut(&made.id) {
        key.service_account = Some(owner.to_owned());
    }
    let mut shown = json!({
        "object": "organization.project.service_account.api_key",
        "value": made.text,
        "name": name,
        "created_at": now(),
        "id": made.id
    });
    if let Some(ends) = ends {
        shown["expires_at"] = ends.into();
    }
    shown
}

impl Room {
    fn project_account(&self, project: &str) -> String {
        self.projects.find(project).map(|one| one.account().to_owned()).unwrap_or_default()
    }
}
