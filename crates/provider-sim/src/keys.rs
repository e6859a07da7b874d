//! Accounts and keys of one simulated provider: who may call, and with what limits.
//!
//! Shapes and lengths of the practice keys are those of the real ones (section 1 of the provider notes), so that
//! whatever classifies or masks keys meets here what it will meet outside. They open nothing anywhere else.

use crate::provider::Provider;
use crate::seeded::Seeded;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// The id of a simulated account: an organisation at OpenAI, Anthropic and Stability, a project at Google,
/// a user at Replicate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub String);

impl AccountId {
    /// The id as the provider would print it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for AccountId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Calls models.
    #[default]
    Work,
    /// Manages the account. Only OpenAI and Anthropic have such keys; elsewhere it is a work key by shape.
    Admin,
}

/// The outer form of a key where a provider has several. Default: the form that is made today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyShape {
    /// What the provider's page hands out today.
    #[default]
    Usual,
    /// OpenAI before projects: `sk-` + 20 + `T3BlbkFJ` + 20 (51 characters).
    Legacy,
    /// OpenAI, made for a service account: `sk-svcacct-…` (167 characters).
    ServiceAccount,
    /// Google's older kind: `AIza…` (39 characters).
    Standard,
    /// Anthropic, Claude Enterprise: `sk-ant-api01-…`; no work key.
    Enterprise,
}

/// What to make. `KeySpec::default()` is an unlimited work key of today's shape.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySpec {
    /// Work or admin.
    pub kind: KeyKind,
    /// The name shown in lists; empty: `Practice key`.
    pub name: String,
    /// OpenAI: the project it belongs to; default: the account's first.
    pub project: Option<String>,
    /// The outer form; default: today's.
    pub shape: KeyShape,
    /// What it may do. OpenAI: `api.*` scopes, where `None` and an empty list both mean everything, as at OpenAI.
    pub scopes: Option<Vec<String>>,
    /// The only models that it may call.
    pub models: Option<Vec<String>>,
    /// The only addresses from which it works, each an IP address.
    pub addresses: Option<Vec<String>>,
    /// Unix seconds from which on it is expired.
    pub expires_at: Option<i64>,
    /// This very text instead of a generated one (a marked key for leak tests).
    pub text: Option<String>,
}

/// A key that was just made. The text is to be had here and never again.
#[derive(Clone, Serialize)]
pub struct MadeKey {
    /// Its id, `key_…` or the like.
    pub id: String,
    /// The practice key itself.
    pub text: String,
    /// The last four characters of the text.
    pub last_four: String,
}

impl fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MadeKey({}, …{})", self.id, self.last_four)
    }
}

/// Whether a key works, as far as the key itself is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStanding {
    /// It works.
    Live,
    /// Switched off; it can be switched on again.
    Disabled,
    /// Blocked because it was found in public.
    Leaked,
    /// Past its time.
    Expired,
    /// Deleted for good.
    Revoked,
}

/// What a test or a script may know of a key: everything but its text.
#[derive(Clone, Debug, Serialize)]
pub struct KeyState {
    /// Its id.
    pub id: String,
    /// The account that pays for it.
    pub account: AccountId,
    /// Its project (OpenAI) or workspace (Anthropic).
    pub project: Option<String>,
    /// OpenAI: the service account that owns it.
    pub service_account: Option<String>,
    /// Its name.
    pub name: String,
    /// Work or admin.
    pub kind: KeyKind,
    /// Its scopes; `None`: everything.
    pub scopes: Option<Vec<String>>,
    /// Its allowed models; `None`: all.
    pub models: Option<Vec<String>>,
    /// Its allowed addresses; `None`: all.
    pub addresses: Option<Vec<String>>,
    /// Whether it works.
    pub state: KeyStanding,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds; `None`: it does not expire.
    pub expires_at: Option<i64>,
    /// Unix seconds of the last call that it was accepted for.
    pub last_used_at: Option<i64>,
    /// The last four characters of its text.
    pub last_four: String,
}

/// Credits of a fresh or refilled account. Stability shows them; elsewhere only "more than none" matters.
pub(crate) const FULL_CREDITS: f64 = 1000.5;

/// One paying account.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The default project (OpenAI) or workspace (Anthropic); empty elsewhere.
    pub(crate) home: String,
    pub(crate) credits: f64,
}

/// One key with its text.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) account: String,
    pub(crate) project: Option<String>,
    pub(crate) service_account: Option<String>,
    pub(crate) name: String,
    pub(crate) kind: KeyKind,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) models: Option<Vec<String>>,
    pub(crate) addresses: Option<Vec<String>>,
    pub(crate) expires_at: Option<i64>,
    /// As it was set; [`Key::standing`] adds the expiry.
    pub(crate) standing: KeyStanding,
    pub(crate) created: i64,
    pub(crate) last_used_at: Option<i64>,
}

impl Key {
    /// Whether the key works at `now` (Unix seconds).
    pub(crate) fn standing(&self, now: i64) -> KeyStanding {
        let expired = self.expires_at.is_some_and(|end| end <= now);
        if expired && self.standing != KeyStanding::Revoked { KeyStanding::Expired } else { self.standing }
    }

    /// Whether it may call `model`.
    pub(crate) fn allows_model(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|allowed| allowed.iter().any(|one| one == model))
    }

    /// Whether it works from `address`.
    pub(crate) fn allows_address(&self, address: IpAddr) -> bool {
        self.addresses.as_ref().is_none_or(|allowed| allowed.iter().any(|one| one.parse() == Ok(address)))
    }

    /// Everything but the text.
    pub(crate) fn state(&self, now: i64) -> KeyState {
        KeyState {
            id: self.id.clone(),
            account: AccountId(self.account.clone()),
            project: self.project.clone(),
            service_account: self.service_account.clone(),
            name: self.name.clone(),
            kind: self.kind,
            scopes: self.scopes.clone(),
            models: self.models.clone(),
            addresses: self.addresses.clone(),
            state: self.standing(now),
            created: self.created,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            last_four: last_four(&self.text),
        }
    }
}

/// The last four characters of `text`.
pub(crate) fn last_four(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(4);
    text.chars().skip(skip).collect()
}

/// A practice key of the right shape and length.
pub(crate) fn key_text(provider: Provider, kind: KeyKind, shape: KeyShape, seeded: &Seeded) -> String {
    let some = |count| seeded.letters("body", count);
    let openai = |prefix: &str, half| {
        format!("{prefix}{}T3BlbkFJ{}", seeded.letters("front", half), seeded.letters("back", half))
    };
    match (provider, kind, shape) {
        (Provider::OpenAi, KeyKind::Admin, _) => openai("sk-admin-", 58),
        (Provider::OpenAi, _, KeyShape::Legacy) => openai("sk-", 20),
        (Provider::OpenAi, _, KeyShape::ServiceAccount) => openai("sk-svcacct-", 74),
        (Provider::OpenAi, _, _) => openai("sk-proj-", 74),
        (Provider::Anthropic, KeyKind::Admin, _) => format!("sk-ant-admin01-{}AA", some(93)),
        (Provider::Anthropic, _, KeyShape::Enterprise) => format!("sk-ant-api01-{}AA", some(93)),
        (Provider::Anthropic, _, _) => format!("sk-ant-api03-{}AA", some(93)),
        (Provider::Gemini, _, KeyShape::Standard) => format!("AIzaSy{}", some(33)),
        (Provider::Gemini, _, _) => format!("AQ.Ab8RN6{}", some(44)),
        (Provider::Stability, _, _) => format!("sk-{}", some(48)),
        (Provider::Replicate, _, _) => format!("r8_{}", some(37)),
    }
}
