//! After the making: what became of a key, and the end of one.

use ownkey_protocol::instant::Instant;
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};

use super::desk::{Desk, Listed};
use super::{FIRST_KEY, Journal, Stopped};
use crate::endpoints::Endpoints;
use crate::http::Http;
use crate::make::{Found, Trace};

/// What a sweep found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Whether the provider's list shows the journal's key by now. Until it does, the list may hide a lost one as well:
    /// sweep again a while later.
    pub seen: bool,
    /// Ids of the service accounts and keys that were deleted.
    pub removed: Vec<String>,
}

/// A service account that some making left at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// Its id.
    pub account: String,
    /// Its name, which tells the connection and version that it was made for.
    pub name: String,
    /// Ids of its keys, as far as the list shows them.
    pub keys: Vec<String>,
}

/// A key of a project that Ownkey did not make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The project (`proj_…`).
    pub project: String,
    /// The key (`key_…`).
    pub key: String,
    /// Its name.
    pub name: String,
    /// When the provider last saw it in use, as in [`last_used`].
    #[serde(default)]
    pub last_used: Option<Instant>,
}

/// Deletes whatever stands under the journal's name and is not the journal's key: what a lost answer, a crash or a late
/// list left behind. The account of the key that is replaced is never touched. Safe to call again; for a journal whose
/// key is kept.
///
/// # Errors
/// [`Stopped`]; call again with the same journal.
pub async fn sweep(http: &Http, endpoints: &Endpoints, admin: &Secret, journal: &Journal) -> Result<Swept, Stopped> {
    let at = Desk::new(http, endpoints, admin);
    let (Some(project), Some(account), Some(ours)) = (&journal.project, &journal.account, &journal.key) else {
        return Ok(Swept::default());
    };
    let mut swept = Swept::default();
    for other in named(&at, project, journal).await?.into_iter().filter(|id| id != account) {
        at.delete_account(project, &other).await?;
        swept.removed.push(other);
    }
    for key in at.keys_of(project, account).await? {
        if key.id == *ours {
            swept.seen = true;
        } else if is_ours(journal, &key) {
            at.delete_key(project, &key.id).await?;
            swept.removed.push(key.id);
        }
    }
    Ok(swept)
}

/// Takes back whatever the journal made, and what a crash made without writing it down: keys first, then the service
/// account, if nothing else depends on it. The project stays; it may hold other work. The account of the key that is
/// replaced stays. Safe to call again; where the answer to a making was lost, call again a while later: the list may
/// be late.
///
/// # Errors
/// [`Stopped`]; call again with the same journal.
pub async fn revoke_made(http: &Http, endpoints: &Endpoints, admin: &Secret, journal: &Journal) -> Result<(), Stopped> {
    let at = Desk::new(http, endpoints, admin);
    let project = match &journal.project {
        Some(known) => Some(known.clone()),
        None => at.find_project(&journal.project_name).await?,
    };
    let Some(project) = project else {
        return Ok(());
    };
    let mut accounts = named(&at, &project, journal).await?;
    accounts.extend(journal.account.iter().filter(|known| !accounts.contains(known)).cloned().collect::<Vec<_>>());
    for account in accounts {
        take_back(&at, &project, &account, journal).await?;
    }
    Ok(())
}

async fn take_back(at: &Desk<'_>, project: &str, account: &str, journal: &Journal) -> Result<(), Stopped> {
    let keys = at.keys_of(project, account).await?;
    if keys.iter().all(|key| is_ours(journal, key)) {
        // Nothing else depends on the account: deleting it deletes its keys, also where single keys cannot be deleted.
        return at.delete_account(project, account).await;
    }
    let ours = keys.iter().filter(|key| is_ours(journal, key)).map(|key| &key.id);
    for key in ours.chain(&journal.key) {
        at.delete_key(project, key).await?;
    }
    Ok(())
}

/// When the provider last saw the journal's key in use, to the second, rounded down: a second witness beside the
/// agency's. `None` when it never did, or when there is no such key (any more).
///
/// # Errors
/// [`Stopped`].
pub async fn last_used(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    journal: &Journal,
) -> Result<Option<Instant>, Stopped> {
    let (Some(project), Some(key)) = (&journal.project, &journal.key) else {
        return Ok(None);
    };
    let found = Desk::new(http, endpoints, admin).key(project, key).await?;
    Ok(found.and_then(|key| key.last_used))
}

/// Service accounts in the journal's project whose names begin with `begins` (`ownkey cn_… v`), but for the journal's own
/// and the one that it replaces. The caller tells by their names which belong to versions that it knows.
///
/// # Errors
/// [`Stopped`]; nothing was changed.
pub async fn orphans(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    journal: &Journal,
    begins: &str,
) -> Result<Vec<Orphan>, Stopped> {
    let at = Desk::new(http, endpoints, admin);
    let Some(project) = &journal.project else { return Ok(vec![]) };
    let mut accounts = at.accounts(project).await?;
    let known = |id: &String| Some(id) == journal.account.as_ref() || Some(id) == journal.replaces.as_ref();
    accounts.retain(|(id, name)| name.starts_with(begins) && !known(id));
    if accounts.is_empty() {
        return Ok(vec![]);
    }
    let keys = at.keys(project).await?;
    let of = |account: &str| {
        let its = keys.iter().filter(|key| key.account.as_deref() == Some(account));
        its.map(|key| key.id.clone()).collect()
    };
    Ok(accounts.into_iter().map(|(account, name)| Orphan { keys: of(&account), account, name }).collect())
}

/// Finds a key that a person made by hand, in the project that [`Trace::place`] names: with the key itself at hand by
/// both of its ends, else by its last characters. Without a place nothing is found.
///
/// # Errors
/// [`Stopped::NotThere`] when this admin key sees no such project, and the other reasons.
pub async fn find(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    trace: &Trace,
    key: Option<&Secret>,
) -> Result<Found<ForeignKey>, Stopped> {
    let Some(project) = trace.place.as_deref().filter(|id| crate::make::desk::plain(id)) else {
        return Ok(Found::Nothing);
    };
    let all = Desk::new(http, endpoints, admin).keys(project).await?;
    let fitting = trace.fitting(key, all, |one| &one.hint, |one| &one.name);
    let foreign =
        |one: Listed| ForeignKey { project: project.to_owned(), key: one.id, name: one.name, last_used: one.last_used };
    Ok(Found::of(fitting.into_iter().map(foreign).collect()))
}

/// As [`find`], for a key that told no project: in all projects of the organisation, by both ends of the key, which must be
/// at hand for that. Changes nothing; a project that is archived has no keys.
///
/// # Errors
/// [`Stopped`].
pub async fn find_anywhere(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    key: &Secret,
) -> Result<Found<ForeignKey>, Stopped> {
    let mut fitting = Vec::new();
    for project in Desk::new(http, endpoints, admin).projects().await? {
        let trace = Trace { last_four: String::new(), name: None, place: Some(project) };
        match find(http, endpoints, admin, &trace, Some(key)).await? {
            Found::Nothing => {}
            Found::One(one) => fitting.push(one),
            Found::Several(several) => fitting.extend(several),
        }
    }
    Ok(Found::of(fitting))
}

/// Deletes a key that a person made by hand. Safe to call again.
///
/// # Errors
/// [`Stopped`].
pub async fn revoke_found(http: &Http, endpoints: &Endpoints, admin: &Secret, key: &ForeignKey) -> Result<(), Stopped> {
    Desk::new(http, endpoints, admin).delete_key(&key.project, &key.key).await
}

/// Ids of the accounts of the journal's name, but for the one that it replaces.
pub(super) async fn named(at: &Desk<'_>, project: &str, journal: &Journal) -> Result<Vec<String>, Stopped> {
    let ours = |(id, name): &(String, String)| *name == journal.name && Some(id) != journal.replaces.as_ref();
    Ok(at.accounts(project).await?.into_iter().filter(ours).map(|(id, _)| id).collect())
}

fn is_ours(journal: &Journal, key: &Listed) -> bool {
    Some(&key.id) == journal.key.as_ref() || key.name == journal.name || key.name == FIRST_KEY
}
