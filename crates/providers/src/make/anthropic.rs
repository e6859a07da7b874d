//! Ending an Anthropic key with an admin key (providers.md §3.2).
//!
//! Anthropic's API makes no keys and deletes none: it lists them, sets them inactive and archives them. A key is
//! found once by its ends ([`find`]); from then on its id is kept, and each act looks first whether it was done.
//! Archiving may be for good, so the driver sets the key inactive, proves that it is refused, and archives it last.

use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::desk::{Desk, id, plain};
pub use super::{Found, Stopped, Trace};
use crate::endpoints::Endpoints;
use crate::http::{Ask, Http};

/// How a key stands at Anthropic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It works.
    Active,
    /// Switched off; it can be switched on again.
    Inactive,
    /// Put away, for good as far as is known.
    Archived,
    /// Past its time.
    Expired,
}

impl Standing {
    const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Archived => "archived",
            Self::Expired => "expired",
        }
    }

    /// Whether a key that stands like this is refused by the provider.
    #[must_use]
    pub const fn is_dead(self) -> bool {
        !matches!(self, Self::Active)
    }

    /// Whether there is nothing more to do for somebody who wants `to`.
    const fn reached(self, to: Self) -> bool {
        match to {
            Self::Active => matches!(self, Self::Active),
            Self::Inactive => self.is_dead(),
            Self::Archived | Self::Expired => matches!(self, Self::Archived),
        }
    }
}

/// A key as the organisation's list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its id (`apikey_…`).
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its two ends: `sk-ant-api03-R2D...igAA`.
    pub hint: String,
    /// How it stands.
    pub standing: Standing,
    /// Its workspace (`wrkspc_…`); none where it may act in the whole organisation.
    pub workspace: Option<String>,
}

/// Looks whether a key is an admin key that is accepted, at no cost and without changing anything.
///
/// # Errors
/// [`Stopped::AdminKeyRefused`] and the other reasons.
pub async fn try_admin(http: &Http, endpoints: &Endpoints, admin: &Secret) -> Result<(), Stopped> {
    desk(http, endpoints, admin).call(Ask::get("/v1/organizations/me")).await.map(|_| ())
}

/// Finds a key in the organisation's list, also one that is inactive or archived already. With the key itself at hand
/// both of its ends are compared; all keys end with `AA`, so four characters alone may fit several. Where one that still
/// lives fits, dead ones do not count.
///
/// # Errors
/// [`Stopped`]; nothing was changed.
pub async fn find(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    trace: &Trace,
    key: Option<&Secret>,
) -> Result<Found<Listed>, Stopped> {
    let rows = desk(http, endpoints, admin).pages(KEYS, "after_id").await?;
    let all = rows.iter().filter_map(|row| listed(row).transpose()).collect::<Result<Vec<_>, _>>()?;
    let here = |one: &Listed| match (&trace.place, &one.workspace) {
        (Some(wanted), Some(workspace)) => wanted == workspace,
        _ => true,
    };
    let all = all.into_iter().filter(here).collect();
    let mut fitting = trace.fitting(key, all, |one| &one.hint, |one| &one.name);
    if fitting.iter().any(|one| !one.standing.is_dead()) {
        fitting.retain(|one| !one.standing.is_dead());
    }
    Ok(Found::of(fitting))
}

/// How the key of this id stands.
///
/// # Errors
/// [`Stopped::NotThere`] when this admin key sees no such key, and the other reasons.
pub async fn look(http: &Http, endpoints: &Endpoints, admin: &Secret, key: &str) -> Result<Listed, Stopped> {
    let answer = desk(http, endpoints, admin).call(Ask::get(&path(key)?)).await;
    read(&answer.map_err(|stopped| stopped.about(key))?)
}

/// Sets a key inactive, archives it, or (while it is only inactive) makes it active again. Done already, nothing is
/// changed: a key that is archived or expired counts as inactive. Answers how the key stands then.
///
/// # Errors
/// [`Stopped::DeletionRefused`] when the provider does not change it, [`Stopped::NotThere`], and the other reasons. Call
/// again with the same arguments.
pub async fn set(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    key: &str,
    to: Standing,
) -> Result<Listed, Stopped> {
    let before = look(http, endpoints, admin, key).await?;
    if before.standing.reached(to) {
        return Ok(before);
    }
    let body = json!({"status": to.word()}).to_string();
    let answer = desk(http, endpoints, admin).call(Ask::post(&path(key)?, body)).await;
    let after = match answer {
        Err(Stopped::Unexpected { status: 400 | 409, words }) => {
            return Err(Stopped::DeletionRefused { key: key.to_owned(), words });
        }
        other => read(&other.map_err(|stopped| stopped.about(key))?)?,
    };
    match after.standing.reached(to) {
        true => Ok(after),
        false => Err(Stopped::odd("the key was not changed")),
    }
}

const KEYS: &str = "/v1/organizations/api_keys";

const fn desk<'a>(http: &'a Http, endpoints: &'a Endpoints, admin: &'a Secret) -> Desk<'a> {
    Desk { http, endpoints, provider: Provider::Anthropic, admin }
}

fn path(key: &str) -> Result<String, Stopped> {
    match plain(key) {
        true => Ok(format!("{KEYS}/{key}")),
        false => Err(Stopped::NotThere { id: key.to_owned() }),
    }
}

fn read(row: &Value) -> Result<Listed, Stopped> {
    listed(row)?.ok_or_else(|| Stopped::odd("a standing that is not known"))
}

/// A row of the list; none where its standing is one that we do not know.
fn listed(row: &Value) -> Result<Option<Listed>, Stopped> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let Ok(standing) = serde_json::from_value(row["status"].clone()) else { return Ok(None) };
    // Version 2023-06-01 had the workspace at the row itself.
    let workspace = row["scope"]["workspace_id"].as_str().or_else(|| row["workspace_id"].as_str());
    Ok(Some(Listed {
        id: id(row)?,
        name: text(&row["name"]),
        hint: text(&row["partial_key_hint"]),
        standing,
        workspace: workspace.map(str::to_owned),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_a_row_are_read_and_an_unknown_standing_is_left_out() {
        let row = |status: &str| json!({"id": "apikey_1", "name": "n", "status": status, "partial_key_hint": "sk-ant-api03-R2D...igAA"});
        let mut newer = row("inactive");
        newer["scope"] = json!({"type": "workspace", "workspace_id": "wrkspc_1"});
        let read = listed(&newer).unwrap().unwrap();
        assert_eq!((read.standing, read.workspace.as_deref()), (Standing::Inactive, Some("wrkspc_1")));
        let mut older = row("active");
        older["workspace_id"] = "wrkspc_2".into();
        assert_eq!(listed(&older).unwrap().unwrap().workspace.as_deref(), Some("wrkspc_2"));
        assert_eq!(listed(&row("suspended")).unwrap(), None);
        assert!(listed(&json!({"id": "../x", "status": "active"})).is_err());
    }
}
