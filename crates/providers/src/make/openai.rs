//! Making an OpenAI key with an admin key (providers.md §3.1).
//!
//! OpenAI gives a new service account a first key with the full scopes of its role. The steps are ordered so that such
//! a key never stays behind: project, service account, *then the first key is deleted*, and only then is the scoped
//! key made, the last thing of all. Project, account and key carry names that the caller derives from the draft or
//! rotation, so after a crash at any point what was made is found again by name and adopted, and a key whose secret
//! was lost on the way is deleted before another is made.
//!
//! ```text
//! let mut journal = Journal::new("Ownkey: Acme", "ownkey cn_… v2", &uses);
//! loop {
//!     match advance(&http, &endpoints, &admin, journal.clone()).await? {
//!         Step::Went(next) => { journal = next; persist(&journal) }
//!         Step::Made { journal: next, secret } => { keychain(secret)?; persist(&next); break }
//!     }
//! }
//! ```

use http::StatusCode;
use ownkey_protocol::vocabulary::{Provider, Use, VerdictCode};
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::endpoints::Endpoints;
use crate::http::{Ask, Http, Unheard};
use crate::mask::mask;
use crate::reply::{self, Reply};

/// How far the making of one key has come. Holds ids and names, never a secret; written down after each step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// Name of the project in which the key is made.
    pub project_name: String,
    /// Name of the service account and of its key; must tell this draft or rotation from every other.
    pub name: String,
    /// What the key is for; decides its scopes.
    pub uses: Vec<Use>,
    /// Id of the project (`proj_…`), once found or made.
    pub project: Option<String>,
    /// Id of the service account (`svc_acct_…` or `user-…`), once found or made.
    pub account: Option<String>,
    /// Whether every key that the account had from before is deleted.
    pub first_key_deleted: bool,
    /// Id of the scoped key (`key_…`), once made.
    pub key: Option<String>,
}

/// What one step came to.
#[derive(Debug)]
pub enum Step {
    /// Write this down and go on.
    Went(Journal),
    /// The key is made. Keep the secret first and write the journal down after it: the other way round, a crash in
    /// between would leave a key of which nobody has the secret.
    Made {
        /// Write this down last.
        journal: Journal,
        /// The scoped key.
        secret: Secret,
    },
}

/// Why a step did not come about. The journal stays as it was; the same step can be tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// No answer.
    #[error(transparent)]
    Unheard(#[from] Unheard),
    /// The admin key is not accepted.
    #[error("the admin key is not accepted: {words}")]
    AdminKeyRefused {
        /// Why.
        code: VerdictCode,
        /// The provider's words, masked.
        words: String,
    },
    /// The admin key lacks a right.
    #[error("the admin key may not do this: {words}")]
    AdminKeyWeak {
        /// The provider's words, masked.
        words: String,
    },
    /// The provider did not delete a key; it is shown and tried again. The account is never deleted instead while
    /// another key depends on it.
    #[error("the provider refused to delete key {key}: {words}")]
    DeletionRefused {
        /// Id of the key.
        key: String,
        /// The provider's words, masked.
        words: String,
    },
    /// Any other answer than the documented one.
    #[error("the provider answered {status}: {words}")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// The provider's words, masked.
        words: String,
    },
}

impl Journal {
    /// Nothing done yet. `name` must tell this draft or rotation from every other of the same project.
    #[must_use]
    pub fn new(project_name: impl Into<String>, name: impl Into<String>, uses: &[Use]) -> Self {
        Self {
            project_name: project_name.into(),
            name: name.into(),
            uses: uses.to_vec(),
            project: None,
            account: None,
            first_key_deleted: false,
            key: None,
        }
    }

    /// The steps in order, each with whether it is done: `project`, `service_account`, `first_key_deleted`, `scoped_key`.
    #[must_use]
    pub fn steps(&self) -> [(&'static str, bool); 4] {
        [
            ("project", self.project.is_some()),
            ("service_account", self.account.is_some()),
            ("first_key_deleted", self.first_key_deleted),
            ("scoped_key", self.key.is_some()),
        ]
    }
}

/// The scopes that a key for `uses` gets: just these, and never an empty list, which OpenAI takes as *all*.
#[must_use]
pub fn scopes(uses: &[Use]) -> Vec<&'static str> {
    let mut scopes = vec!["api.model.read", "api.model.request"];
    for one in uses {
        scopes.extend_from_slice(match one {
            Use::Chat => &["api.model.chat_completions.request", "api.responses.write", "api.responses.read"],
            Use::Images => &["api.model.images.request"],
            Use::Voice => &["api.model.audio.request"],
        });
    }
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// Does the next step that the journal does not hold yet. Safe to call again after a crash or an error at any point.
///
/// To call it with a journal whose key is made says that the secret is lost: that key is deleted and another one made.
///
/// # Errors
/// [`Stopped`]; the journal that was given is then still the truth.
pub async fn advance(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    mut journal: Journal,
) -> Result<Step, Stopped> {
    let at = Desk { http, endpoints, admin };
    let Some(project) = journal.project.clone() else {
        journal.project = Some(at.project(&journal.project_name).await?);
        return Ok(Step::Went(journal));
    };
    let Some(account) = journal.account.clone() else {
        journal.account = Some(at.account(&project, &journal.name).await?);
        return Ok(Step::Went(journal));
    };
    // Also when the first key is gone already: a scoped key whose secret was lost in a crash is deleted here.
    for key in at.keys_of(&project, &account).await? {
        at.delete_key(&project, &key.id).await?;
    }
    if !journal.first_key_deleted {
        journal.first_key_deleted = true;
        return Ok(Step::Went(journal));
    }
    let (id, secret) = at.scoped_key(&project, &account, &journal).await?;
    journal.key = Some(id);
    Ok(Step::Made { journal, secret })
}

/// Takes back whatever the journal made, and what a crash made without writing it down: keys first, then the service
/// account, if nothing else depends on it. The project stays; it may hold other work. Safe to call again.
///
/// # Errors
/// [`Stopped`]; call again with the same journal.
pub async fn revoke_made(http: &Http, endpoints: &Endpoints, admin: &Secret, journal: &Journal) -> Result<(), Stopped> {
    let at = Desk { http, endpoints, admin };
    let project = match &journal.project {
        Some(known) => Some(known.clone()),
        None => at.find_named("/v1/organization/projects", &journal.project_name).await?,
    };
    let Some(project) = project else {
        return Ok(());
    };
    let account = match &journal.account {
        Some(known) => Some(known.clone()),
        None => at.find_named(&format!("/v1/organization/projects/{project}/service_accounts"), &journal.name).await?,
    };
    let Some(account) = account else {
        return Ok(());
    };
    let ours =
        |key: &Listed| Some(&key.id) == journal.key.as_ref() || key.name == journal.name || key.name == FIRST_KEY;
    let keys = at.keys_of(&project, &account).await?;
    if keys.iter().all(ours) {
        // Nothing else depends on the account: deleting it deletes its keys, also where single keys cannot be deleted.
        return at.delete_account(&project, &account).await;
    }
    for key in keys.iter().filter(|key| ours(key)) {
        at.delete_key(&project, &key.id).await?;
    }
    Ok(())
}

/// Looks whether a key is an admin key that is accepted, at no cost and without making anything.
///
/// # Errors
/// [`Stopped::AdminKeyRefused`] and the other reasons.
pub async fn try_admin(http: &Http, endpoints: &Endpoints, admin: &Secret) -> Result<(), Stopped> {
    Desk { http, endpoints, admin }.call(Ask::get("/v1/organization/projects?limit=1")).await.map(|_| ())
}

/// The name that OpenAI gives to the first key of a service account.
const FIRST_KEY: &str = "Secret Key";

/// A key in a list.
struct Listed {
    id: String,
    name: String,
}

/// Where admin calls are made from.
struct Desk<'a> {
    http: &'a Http,
    endpoints: &'a Endpoints,
    admin: &'a Secret,
}

impl Desk<'_> {
    async fn project(&self, name: &str) -> Result<String, Stopped> {
        const PATH: &str = "/v1/organization/projects";
        if let Some(id) = self.find_named(PATH, name).await? {
            return Ok(id);
        }
        id(&self.call(Ask::post(PATH, json!({"name": name}).to_string())).await?)
    }

    async fn account(&self, project: &str, name: &str) -> Result<String, Stopped> {
        let path = format!("/v1/organization/projects/{project}/service_accounts");
        if let Some(id) = self.find_named(&path, name).await? {
            return Ok(id);
        }
        // The answer holds the first, full-scope key. Only the id is read; the next step deletes the key.
        id(&self.call(Ask::post(&path, json!({"name": name}).to_string())).await?)
    }

    async fn scoped_key(&self, project: &str, account: &str, journal: &Journal) -> Result<(String, Secret), Stopped> {
        let path = format!("/v1/organization/projects/{project}/service_accounts/{account}/api_keys");
        let body = json!({"name": journal.name, "scopes": scopes(&journal.uses)});
        let made = self.call(Ask::post(&path, body.to_string())).await?;
        let odd = || Stopped::Unexpected { status: 200, words: "an answer without a key".to_owned() };
        let Value::Object(mut made) = made else {
            return Err(odd());
        };
        let (Some(Value::String(id)), Some(Value::String(value))) = (made.remove("id"), made.remove("value")) else {
            return Err(odd());
        };
        Ok((id, Secret::new(value.into_bytes()).map_err(|_| odd())?))
    }

    /// Every key of the account, active or not.
    async fn keys_of(&self, project: &str, account: &str) -> Result<Vec<Listed>, Stopped> {
        let path = format!("/v1/organization/projects/{project}/api_keys?owner_project_access=any");
        let all = self.pages(&path).await?;
        let of_account = |key: &&Value| key["owner"]["service_account"]["id"].as_str() == Some(account);
        let read = |key: &Value| {
            let name = key["name"].as_str().unwrap_or_default().to_owned();
            id(key).map(|id| Listed { id, name })
        };
        all.iter().filter(of_account).map(read).collect()
    }

    async fn delete_key(&self, project: &str, key: &str) -> Result<(), Stopped> {
        let path = format!("/v1/organization/projects/{project}/api_keys/{key}");
        match self.call(Ask::delete(&path)).await {
            Ok(_) | Err(Stopped::Unexpected { status: 404, .. }) => Ok(()),
            Err(Stopped::Unexpected { status: 400 | 409, words }) => {
                Err(Stopped::DeletionRefused { key: key.to_owned(), words })
            }
            Err(other) => Err(other),
        }
    }

    async fn delete_account(&self, project: &str, account: &str) -> Result<(), Stopped> {
        let path = format!("/v1/organization/projects/{project}/service_accounts/{account}");
        match self.call(Ask::delete(&path)).await {
            Ok(_) | Err(Stopped::Unexpected { status: 404, .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// The id of the oldest living thing of this name in a list.
    async fn find_named(&self, path: &str, name: &str) -> Result<Option<String>, Stopped> {
        let all = self.pages(path).await?;
        let alive = |one: &&Value| one["name"] == name && one["archived_at"].is_null();
        all.iter().filter(alive).min_by_key(|one| one["created_at"].as_i64()).map(id).transpose()
    }

    /// All pages of a list; at most 100 pages of 100.
    async fn pages(&self, path: &str) -> Result<Vec<Value>, Stopped> {
        let mut all = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut after = String::new();
        for _ in 0..100 {
            let mut page = self.call(Ask::get(&format!("{path}{joint}limit=100{after}"))).await?;
            if let Some(data) = page["data"].as_array_mut() {
                all.append(data);
            }
            match (page["has_more"].as_bool(), page["last_id"].as_str()) {
                (Some(true), Some(last)) => after = format!("&after={last}"),
                _ => break,
            }
        }
        Ok(all)
    }

    async fn call(&self, ask: Ask<'_>) -> Result<Value, Stopped> {
        let heard = self.http.ask(self.endpoints, Provider::OpenAi, Some(self.admin), ask).await?;
        let body: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
        if heard.status.is_success() {
            return Ok(body);
        }
        let words = self.admin.masked_in(&reply::said(Provider::OpenAi, &body));
        Err(stopped(heard.status, &body, mask(&words).chars().take(300).collect()))
    }
}

fn stopped(status: StatusCode, body: &Value, words: String) -> Stopped {
    match reply::classify(Provider::OpenAi, status, body) {
        Reply::Dead(code) => Stopped::AdminKeyRefused { code, words },
        Reply::Permission(VerdictCode::ScopeMissing) => Stopped::AdminKeyWeak { words },
        Reply::Permission(code) => Stopped::AdminKeyRefused { code, words },
        _ => Stopped::Unexpected { status: status.as_u16(), words },
    }
}

/// The id in an answer, refused when it could lead a path astray.
fn id(of: &Value) -> Result<String, Stopped> {
    let plain = |id: &&str| {
        !id.is_empty() && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    let odd = || Stopped::Unexpected { status: 200, words: "an answer without an id".to_owned() };
    of["id"].as_str().filter(plain).map(str::to_owned).ok_or_else(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_those_of_the_uses_and_never_none() {
        assert_eq!(scopes(&[]), ["api.model.read", "api.model.request"]);
        assert_eq!(scopes(&[Use::Images]), ["api.model.images.request", "api.model.read", "api.model.request"]);
        assert!(!scopes(&Use::ALL).iter().any(|s| s.contains("all")));
    }

    #[test]
    fn an_id_that_leads_a_path_astray_is_refused() {
        for bad in ["", "../x", "a/b", "a?b", "a b"] {
            assert!(id(&json!({"id": bad})).is_err(), "{bad}");
        }
        assert_eq!(id(&json!({"id": "proj_1-a"})).as_deref(), Ok("proj_1-a"));
    }

    #[test]
    fn a_journal_comes_back_as_it_was_written() {
        let mut journal = Journal::new("p", "n", &[Use::Chat]);
        journal.project = Some("proj_1".to_owned());
        let text = serde_json::to_string(&journal).unwrap();
        assert_eq!(serde_json::from_str::<Journal>(&text).unwrap(), journal);
        assert_eq!(journal.steps().map(|(_, done)| done), [true, false, false, false]);
    }
}
