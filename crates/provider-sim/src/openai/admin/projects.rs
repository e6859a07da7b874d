//! Projects: what keys belong to, with a model list and a spend limit.

use super::{account_of, body, name, page};
use crate::call::{Answer, Call};
use crate::openai::access::{self, Caller, Reply};
use crate::openai::errors;
use crate::room::{Room, now};
use serde_json::{Value, json};

pub(super) struct ServiceAccount {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) created: i64,
}

pub(super) struct Project {
    id: String,
    account: String,
    name: String,
    created: i64,
    archived: Option<i64>,
    permissions: Option<Permissions>,
    spend_limit: Option<i64>,
    pub(super) service_accounts: Vec<ServiceAccount>,
}

impl Project {
    /// The organisation that the project belongs to.
    pub(super) fn account(&self) -> &str {
        &self.account
    }
}

struct Permissions {
    allow: bool,
    models: Vec<String>,
}

/// All projects of all organisations.
#[derive(Default)]
pub(crate) struct Projects(Vec<Project>);

impl Projects {
    pub(crate) fn add(&mut self, id: &str, account: &str, name: &str, created: i64) {
        self.0.push(Project {
            id: id.to_owned(),
            account: account.to_owned(),
            name: name.to_owned(),
            created,
            archived: None,
            permissions: None,
            spend_limit: None,
            service_accounts: Vec::new(),
        });
    }

    pub(super) fn find(&self, id: &str) -> Option<&Project> {
        self.0.iter().find(|one| one.id == id)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Project> {
        self.0.iter_mut().find(|one| one.id == id)
    }

    /// The role of a service account in its project.
    pub(crate) fn role(&self, project: &str, service_account: &str) -> Option<&'static str> {
        let found = self.find(project)?.service_accounts.iter().find(|one| one.id == service_account)?;
        Some(found.role)
    }

    /// Whether a project's list lets a model be called.
    pub(crate) fn allows_model(&self, project: &str, model: &str) -> bool {
        match self.find(project).and_then(|one| one.permissions.as_ref()) {
            None => true,
            Some(list) => list.models.iter().any(|one| one == model) == list.allow,
        }
    }
}

fn shown(project: &Project) -> Value {
    json!({
        "id": project.id,
        "object": "organization.project",
        "name": project.name,
        "created_at": project.created,
        "archived_at": project.archived,
        "status": if project.archived.is_some() { "archived" } else { "active" }
    })
}

fn gone() -> Answer {
    errors::not_found("Project not found.")
}

/// The project belongs to the caller's organisation; else it is not there.
pub(super) fn owned(room: &Room, caller: &Caller, id: &str) -> Reply<()> {
    match room.projects.find(id) {
        Some(project) if project.account == account_of(caller) => Ok(()),
        _ => access::refuse(gone()),
    }
}

pub(super) fn list(room: &mut Room, call: &Call, caller: &Caller) -> Reply {
    let archived = call.query("include_archived") == Some("true");
    let mine = room.projects.0.iter().filter(|one| one.account == account_of(caller));
    let seen = room.shown_by_now(mine.map(|one| one.id.clone()).collect());
    let items = room
        .projects
        .0
        .iter()
        .filter(|one| seen.contains(&one.id))
        .filter(|one| archived || one.archived.is_none())
        .map(shown)
        .collect();
    Ok(Answer::json(200, &page(call, items)))
}

pub(super) fn create(room: &mut Room, call: &Call, caller: &Caller) -> Reply {
    let name = name(&body(call)?)?;
    let id = room.next_id("proj_", 24);
    room.listings.begin(&id);
    room.projects.add(&id, account_of(caller), &name, now());
    get(room, &id)
}

pub(super) fn get(room: &Room, id: &str) -> Reply {
    match room.projects.find(id) {
        Some(project) => Ok(Answer::json(200, &shown(project))),
        None => access::refuse(gone()),
    }
}

pub(super) fn rename(room: &mut Room, call: &Call, id: &str) -> Reply {
    let name = name(&body(call)?)?;
    if let Some(project) = room.projects.find_mut(id) {
        project.name = name;
    }
    get(room, id)
}

/// Archiving revokes every key of the project.
pub(super) fn archive(room: &mut Room, id: &str) -> Reply {
    if let Some(project) = room.projects.find_mut(id) {
        project.archived = Some(now());
    }
    room.revoke_all(|key| key.project.as_deref() == Some(id));
    get(room, id)
}

pub(super) fn model_permissions(room: &mut Room, call: &Call, id: &str) -> Reply {
    let Some(project) = room.projects.find_mut(id) else {
        return access::refuse(gone());
    };
    match call.method.as_str() {
        "POST" => {
            let body = body(call)?;
            let mode = body["mode"].as_str().filter(|mode| matches!(*mode, "allow_list" | "deny_list"));
            let (Some(mode), Some(models)) = (mode, body["model_ids"].as_array()) else {
                return access::refuse(errors::missing("model_ids"));
            };
            let models = models.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect();
            project.permissions = Some(Permissions { allow: mode == "allow_list", models });
        }
        "DELETE" => {
            project.permissions = None;
            let gone = json!({"object": "project.model_permissions.deleted", "deleted": true});
            return Ok(Answer::json(200, &gone));
        }
        _ => {}
    }
    match &project.permissions {
        Some(list) => {
            let mode = if list.allow { "allow_list" } else { "deny_list" };
            let shown = json!({"object": "project.model_permissions", "mode": mode, "model_ids": list.models});
            Ok(Answer::json(200, &shown))
        }
        None => access::refuse(errors::not_found("No model permissions are set for this project.")),
    }
}

pub(super) fn spend_limit(room: &mut Room, call: &Call, id: &str) -> Reply {
    let Some(project) = room.projects.find_mut(id) else {
        return access::refuse(gone());
    };
    match call.method.as_str() {
        "POST" => {
            let amount = body(call)?["threshold_amount"].as_i64().filter(|amount| *amount > 0);
            let Some(amount) = amount else {
                return access::refuse(errors::missing("threshold_amount"));
            };
            project.spend_limit = Some(amount);
        }
        "DELETE" => {
            project.spend_limit = None;
            return Ok(Answer::json(200, &json!({"object": "project.spend_limit.deleted", "deleted": true})));
        }
        _ => {}
    }
    match project.spend_limit {
        Some(amount) => Ok(Answer::json(
            200,
            &json!({
                "object": "project.spend_limit",
                "threshold_amount": amount,
                "currency": "USD",
                "interval": "month",
                "enforcement": {"status": "inactive"}
            }),
        )),
        None => access::refuse(errors::not_found("No spend limit is set for this project.")),
    }
}
