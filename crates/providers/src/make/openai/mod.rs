//! Making an OpenAI key with an admin key (providers.md §3.1).
//!
//! OpenAI gives a new service account a first key with the full scopes of its role. The steps are ordered so that such
//! a key never stays behind: project, service account, *then the first key is deleted*, and only then is the scoped
//! key made, the last thing of all. Project, account and key carry names that the caller derives from the draft or
//! rotation, so after a crash at any point what was made is found again by name. The project is adopted. An account of
//! which the journal knows nothing is deleted and made again: the secret of its first key is lost, its list of keys may
//! be late, and with the account die also the keys that no list shows yet. A scoped key whose secret was lost on the
//! way is deleted before another is made; where the list shows it late, [`sweep`] deletes it afterwards.
//!
//! A replacement is made by the journal that [`Journal::next`] gives: the same project, the same uses, an account of
//! its own name, so that the old key can be revoked by its own journal without touching the new one.
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

mod after;
mod desk;
mod spend_limit;

use ownkey_protocol::vocabulary::Use;
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};

use super::desk::plain;
pub use super::{Found, Stopped, Trace};
use crate::endpoints::Endpoints;
use crate::http::{Ask, Http};
pub use after::{ForeignKey, Orphan, Swept, find, find_anywhere, last_used, orphans, revoke_found, revoke_made, sweep};
use desk::{Desk, PROJECTS};
pub use spend_limit::{SpendLimit, set_spend_limit, spend_limit};

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
    /// Id of the account's first, full-scope key, as far as the provider told it.
    #[serde(default)]
    pub first_key: Option<String>,
    /// Id of the account whose key this one replaces; it is never touched.
    #[serde(default)]
    pub replaces: Option<String>,
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
            first_key: None,
            replaces: None,
        }
    }

    /// The journal of this key's replacement: in the same project, for the same uses, nothing else done yet. `None` when
    /// the name is this one's: what is made under a name ends what was made under it before.
    #[must_use]
    pub fn next(&self, name: impl Into<String>) -> Option<Self> {
        let next = Self::new(self.project_name.clone(), name, &self.uses);
        let fresh = next.name != self.name;
        fresh.then(|| Self { project: self.project.clone(), replaces: self.account.clone(), ..next })
    }

    /// For replacing a key that was made by hand in the project of this id (`proj_…`, as its check told). `None` when
    /// this is no project's id.
    #[must_use]
    pub fn within(project: &str, name: impl Into<String>, uses: &[Use]) -> Option<Self> {
        let known = project.starts_with("proj_") && plain(project);
        known.then(|| Self { project: Some(project.to_owned()), ..Self::new(project, name, uses) })
    }

    /// Nothing made yet but the project: for a journal whose account is not there any more. What is left under the
    /// name is deleted by the next step.
    #[must_use]
    pub fn afresh(self) -> Self {
        Self { account: None, first_key: None, first_key_deleted: false, key: None, ..self }
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
    let at = Desk::new(http, endpoints, admin);
    let Some(project) = journal.project.clone() else {
        journal.project = Some(at.project(&journal.project_name).await?);
        return Ok(Step::Went(journal));
    };
    let Some(account) = journal.account.clone() else {
        for lost in after::named(&at, &project, &journal).await? {
            at.delete_account(&project, &lost).await?;
        }
        let (account, first_key) = at.account(&project, &journal.name).await?;
        return Ok(Step::Went(Journal { account: Some(account), first_key, ..journal }));
    };
    delete_keys(&at, &project, &account, &journal).await?;
    if !journal.first_key_deleted {
        journal.first_key_deleted = true;
        return Ok(Step::Went(journal));
    }
    let (id, secret) = at.scoped_key(&project, &account, &journal).await?;
    journal.key = Some(id);
    Ok(Step::Made { journal, secret })
}

/// Deletes every key of the account: those that the journal knows, which a late list may not show yet, and those that the
/// list shows, among them a scoped one whose secret was lost in a crash.
async fn delete_keys(at: &Desk<'_>, project: &str, account: &str, journal: &Journal) -> Result<(), Stopped> {
    let mut keys: Vec<String> = at.keys_of(project, account).await?.into_iter().map(|key| key.id).collect();
    let first = journal.first_key.iter().filter(|_| !journal.first_key_deleted);
    let hidden: Vec<String> = first.chain(&journal.key).filter(|id| !keys.contains(id)).cloned().collect();
    keys.extend(hidden);
    for key in keys {
        at.delete_key(project, &key).await?;
    }
    Ok(())
}

/// Looks whether a key is an admin key that is accepted, at no cost and without making anything.
///
/// # Errors
/// [`Stopped::AdminKeyRefused`] and the other reasons.
pub async fn try_admin(http: &Http, endpoints: &Endpoints, admin: &Secret) -> Result<(), Stopped> {
    Desk::new(http, endpoints, admin).call(Ask::get(&format!("{PROJECTS}?limit=1"))).await.map(|_| ())
}

/// The name that OpenAI gives to the first key of a service account.
const FIRST_KEY: &str = "Secret Key";

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
    fn a_journal_comes_back_as_it_was_written() {
        let mut journal = Journal::new("p", "n", &[Use::Chat]);
        journal.project = Some("proj_1".to_owned());
        let text = serde_json::to_string(&journal).unwrap();
        assert_eq!(serde_json::from_str::<Journal>(&text).unwrap(), journal);
        assert_eq!(journal.steps().map(|(_, done)| done), [true, false, false, false]);
    }
}
