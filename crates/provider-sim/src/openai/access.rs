//! Who calls OpenAI, and what the key may do: the checks in the order in which OpenAI makes them.

use super::{errors, models};
use crate::call::Call;
pub(crate) use crate::call::{Reply, refuse};
use crate::keys::{Key, KeyKind, KeyStanding};
use crate::room::Room;

/// A key that passed the checks that do not depend on the route.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) key: Key,
}

impl Caller {
    pub(crate) fn account(&self) -> &str {
        &self.key.account
    }
}

/// The key is there, live, and used from an address and for an organisation that it allows.
pub(crate) fn caller(room: &mut Room, call: &Call) -> Reply<Caller> {
    let Some(text) = call.bearer() else {
        return refuse(errors::no_key());
    };
    let Some(key) = room.key_by_text(text).cloned() else {
        return refuse(errors::bad_key(text, "invalid_api_key"));
    };
    match room.taken_as(&key) {
        KeyStanding::Live => {}
        KeyStanding::Expired => return refuse(errors::bad_key(text, room.switch("expired_code"))),
        _ => return refuse(errors::bad_key(text, "invalid_api_key")),
    }
    if !key.allows_address(call.peer) {
        return refuse(errors::address());
    }
    if call.header("openai-organization").is_some_and(|id| id != key.account) {
        let words = "OpenAI-Organization header should match organization for API key";
        return refuse(errors::error(401, words, "invalid_request_error", None, Some("mismatched_organization")));
    }
    let project = call.header("openai-project");
    if key.kind == KeyKind::Work && project.is_some_and(|id| Some(id) != key.project.as_deref()) {
        let words = "OpenAI-Project header should match project for API key";
        return refuse(errors::error(401, words, "invalid_request_error", None, Some("mismatched_project")));
    }
    room.touch(&key.id);
    Ok(Caller { key })
}

fn status(text: &str) -> u16 {
    text.parse().unwrap_or(401)
}

/// The caller holds a work key.
pub(crate) fn worker(room: &mut Room, call: &Call) -> Reply<Caller> {
    let caller = caller(room, call)?;
    if caller.key.kind == KeyKind::Admin {
        let at = status(room.switch("admin_on_work_route"));
        return refuse(errors::missing_scopes(at, "model.request", None));
    }
    if let (Some(project), Some(owner)) = (&caller.key.project, &caller.key.service_account)
        && room.projects.role(project, owner) == Some("none")
        && room.switch("role_none_may_call") == "no"
    {
        return refuse(errors::missing_scopes(401, "model.request", None));
    }
    Ok(caller)
}

/// The caller holds an admin key.
pub(crate) fn admin(room: &mut Room, call: &Call) -> Reply<Caller> {
    let caller = caller(room, call)?;
    if caller.key.kind == KeyKind::Work {
        let at = status(room.switch("work_on_admin_route"));
        return refuse(errors::missing_scopes(at, "api.management.read", None));
    }
    Ok(caller)
}

fn bare(scope: &str) -> &str {
    scope.strip_prefix("api.").unwrap_or(scope)
}

/// Whether a key's scopes grant one scope. No list and an empty list grant everything.
pub(crate) fn grants(key: &Key, wanted: &str) -> bool {
    let Some(scopes) = key.scopes.as_ref().filter(|list| !list.is_empty()) else {
        return true;
    };
    let wanted = bare(wanted);
    scopes.iter().map(|one| bare(one)).any(|one| {
        one == wanted
            || one == "all"
            || (one == "all.read" && wanted.ends_with(".read"))
            || wanted.strip_suffix(".read").is_some_and(|stem| one.strip_suffix(".write") == Some(stem))
    })
}

/// The scope of one capability, and above it `api.model.request`.
pub(crate) fn capability(room: &Room, caller: &Caller, leaf: &str) -> Reply<()> {
    let code = Some(room.switch("missing_scope_code")).filter(|code| *code != "null");
    let wanted = [("model.request", "parent_scope"), (leaf, "leaf_scope")];
    for (scope, switch) in wanted.into_iter().rev() {
        if room.switch(switch) == "needed" && !grants(&caller.key, scope) {
            return refuse(errors::missing_scopes(401, scope, code));
        }
    }
    if wanted.iter().any(|(scope, _)| grants(&caller.key, scope)) {
        return Ok(());
    }
    refuse(errors::missing_scopes(401, leaf, code))
}

/// A scope that stands by itself, such as `api.files.read`.
pub(crate) fn scope(room: &Room, caller: &Caller, wanted: &str) -> Reply<()> {
    if grants(&caller.key, wanted) {
        return Ok(());
    }
    let code = Some(room.switch("missing_scope_code")).filter(|code| *code != "null");
    let at = if wanted == "api.model.read" { status(room.switch("models_missing_scope_status")) } else { 401 };
    refuse(errors::missing_scopes(at, wanted, code))
}

/// The model exists, suits the route and is allowed to key and project.
pub(crate) fn model(room: &Room, caller: &Caller, name: &str, use_: models::Use) -> Reply<()> {
    let Some(found) = models::find(name) else {
        return refuse(errors::no_model(404, name));
    };
    let project = caller.key.project.as_deref().unwrap_or_default();
    if !caller.key.allows_model(name) || !room.projects.allows_model(project, name) {
        let at = room.switch("model_not_allowed").parse().unwrap_or(403);
        return refuse(errors::no_model(at, name));
    }
    if found.use_ != use_ {
        let words = format!("The model `{name}` is not supported by this endpoint.");
        return refuse(errors::bad_request(&words, Some("model"), Some("model_not_supported")));
    }
    Ok(())
}

/// The account has money left.
pub(crate) fn credit(room: &Room, caller: &Caller) -> Reply<()> {
    if room.drained(caller.account()) {
        return refuse(errors::no_credit(room.switch("no_credit_code")));
    }
    Ok(())
}
