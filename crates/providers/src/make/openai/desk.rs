//! OpenAI's admin calls, each by itself.

use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;
use serde_json::{Value, json};

use super::{Journal, Stopped, scopes};
use crate::endpoints::Endpoints;
use crate::http::{Ask, Http};
use crate::make::desk::{self, id};

/// Where projects are.
pub(super) const PROJECTS: &str = "/v1/organization/projects";

/// A key in a list.
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) hint: String,
    pub(super) account: Option<String>,
    pub(super) last_used: Option<Instant>,
}

/// Where admin calls are made from.
pub(super) struct Desk<'a>(desk::Desk<'a>);

impl<'a> Desk<'a> {
    pub(super) const fn new(http: &'a Http, endpoints: &'a Endpoints, admin: &'a Secret) -> Self {
        Self(desk::Desk { http, endpoints, provider: Provider::OpenAi, admin })
    }

    pub(super) async fn call(&self, ask: Ask<'_>) -> Result<Value, Stopped> {
        self.0.call(ask).await
    }

    /// The oldest living project of this name.
    pub(super) async fn find_project(&self, name: &str) -> Result<Option<String>, Stopped> {
        let all = self.0.pages(PROJECTS, "after").await?;
        let alive = |one: &&Value| one["name"] == name && one["archived_at"].is_null();
        all.iter().filter(alive).min_by_key(|one| one["created_at"].as_i64()).map(id).transpose()
    }

    /// The ids of all living projects.
    pub(super) async fn projects(&self) -> Result<Vec<String>, Stopped> {
        let all = self.0.pages(PROJECTS, "after").await?;
        all.iter().filter(|one| one["archived_at"].is_null()).map(id).collect()
    }

    pub(super) async fn project(&self, name: &str) -> Result<String, Stopped> {
        if let Some(id) = self.find_project(name).await? {
            return Ok(id);
        }
        id(&self.call(Ask::post(PROJECTS, json!({"name": name}).to_string())).await?)
    }

    /// Ids and names of the service accounts of a project.
    pub(super) async fn accounts(&self, project: &str) -> Result<Vec<(String, String)>, Stopped> {
        let path = format!("{PROJECTS}/{project}/service_accounts");
        let all = self.0.pages(&path, "after").await.map_err(|stopped| stopped.about(project))?;
        all.iter().map(|one| Ok((id(one)?, one["name"].as_str().unwrap_or_default().to_owned()))).collect()
    }

    /// Makes the journal's service account. Its id, and the id of its first, full-scope key, whose text is not read.
    pub(super) async fn account(&self, project: &str, name: &str) -> Result<(String, Option<String>), Stopped> {
        let path = format!("{PROJECTS}/{project}/service_accounts");
        let made = self.call(Ask::post(&path, json!({"name": name}).to_string())).await;
        let made = made.map_err(|stopped| stopped.about(project))?;
        let first = if made["api_key"].is_null() { None } else { Some(id(&made["api_key"])?) };
        Ok((id(&made)?, first))
    }

    pub(super) async fn scoped_key(
        &self,
        project: &str,
        account: &str,
        journal: &Journal,
    ) -> Result<(String, Secret), Stopped> {
        let path = format!("{PROJECTS}/{project}/service_accounts/{account}/api_keys");
        let body = json!({"name": journal.name, "scopes": scopes(&journal.uses)});
        let made = self.call(Ask::post(&path, body.to_string())).await.map_err(|stopped| stopped.about(account))?;
        let odd = || Stopped::odd("an answer without a key");
        let key = id(&made)?;
        let Value::Object(mut made) = made else {
            return Err(odd());
        };
        let Some(Value::String(value)) = made.remove("value") else {
            return Err(odd());
        };
        Ok((key, Secret::new(value.into_bytes()).map_err(|_| odd())?))
    }

    /// Every key of the project, active or not.
    pub(super) async fn keys(&self, project: &str) -> Result<Vec<Listed>, Stopped> {
        let path = format!("{PROJECTS}/{project}/api_keys?owner_project_access=any");
        let all = self.0.pages(&path, "after").await.map_err(|stopped| stopped.about(project))?;
        all.iter().map(listed).collect()
    }

    /// Every key of the account that the list shows.
    pub(super) async fn keys_of(&self, project: &str, account: &str) -> Result<Vec<Listed>, Stopped> {
        let mut all = self.keys(project).await?;
        all.retain(|key| key.account.as_deref() == Some(account));
        Ok(all)
    }

    /// One key by its id; none when it is not there.
    pub(super) async fn key(&self, project: &str, key: &str) -> Result<Option<Listed>, Stopped> {
        match self.call(Ask::get(&format!("{PROJECTS}/{project}/api_keys/{key}"))).await {
            Ok(row) => listed(&row).map(Some),
            Err(Stopped::Unexpected { status: 404, .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    pub(super) async fn delete_key(&self, project: &str, key: &str) -> Result<(), Stopped> {
        match self.call(Ask::delete(&format!("{PROJECTS}/{project}/api_keys/{key}"))).await {
            Ok(_) | Err(Stopped::Unexpected { status: 404, .. }) => Ok(()),
            Err(Stopped::Unexpected { status: 400 | 409, words }) => {
                Err(Stopped::DeletionRefused { key: key.to_owned(), words })
            }
            Err(other) => Err(other),
        }
    }

    /// Deletes a service account and with it all of its keys, those too that no list shows yet.
    pub(super) async fn delete_account(&self, project: &str, account: &str) -> Result<(), Stopped> {
        match self.call(Ask::delete(&format!("{PROJECTS}/{project}/service_accounts/{account}"))).await {
            Ok(_) | Err(Stopped::Unexpected { status: 404, .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

fn listed(row: &Value) -> Result<Listed, Stopped> {
    let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
    Ok(Listed {
        id: id(row)?,
        name: text("name"),
        hint: text("redacted_value"),
        account: row["owner"]["service_account"]["id"].as_str().map(str::to_owned),
        last_used: row["last_used_at"].as_i64().map(|s| Instant::from_unix_millis(s.saturating_mul(1_000))),
    })
}
