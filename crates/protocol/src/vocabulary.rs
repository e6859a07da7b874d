//! The closed lists of words that everything else is said in: providers, uses, roles, verdicts.
//!
//! Each is one enum with one spelling, used in acts, on the wire, in the window and in the docs.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A company whose models can be called with a client's own key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// OpenAI: chat, images, voice.
    OpenAi,
    /// Anthropic: chat.
    Anthropic,
    /// Google's Gemini API: images.
    Gemini,
    /// Stability AI: images.
    Stability,
    /// Replicate: images.
    Replicate,
}

impl Provider {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Provider; 5] = [Self::OpenAi, Self::Anthropic, Self::Gemini, Self::Stability, Self::Replicate];

    /// The spelling in acts, paths and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Stability => "stability",
            Self::Replicate => "replicate",
        }
    }

    /// The name that the company itself uses; the same in every language.
    #[must_use]
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::OpenAi => "OpenAI",
            Self::Anthropic => "Anthropic",
            Self::Gemini => "Google Gemini",
            Self::Stability => "Stability AI",
            Self::Replicate => "Replicate",
        }
    }

    /// The uses that an account at this provider can serve (design.md §1).
    #[must_use]
    pub const fn uses(self) -> &'static [Use] {
        match self {
            Self::OpenAi => &[Use::Chat, Use::Images, Use::Voice],
            Self::Anthropic => &[Use::Chat],
            Self::Gemini | Self::Stability | Self::Replicate => &[Use::Images],
        }
    }
}

impl std::str::FromStr for Provider {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or(UnknownWord)
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an account is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// Text conversations.
    Chat,
    /// Pictures.
    Images,
    /// Speech to text and text to speech.
    Voice,
}

impl Use {
    /// All of them; also the order in which a call that belongs to no use looks for an account (design.md §6).
    pub const ALL: [Use; 3] = [Self::Chat, Self::Images, Self::Voice];

    /// The spelling in acts, paths and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Images => "images",
            Self::Voice => "voice",
        }
    }
}

impl std::str::FromStr for Use {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|u| u.as_str() == text).ok_or(UnknownWord)
    }
}

impl std::fmt::Display for Use {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is not in its closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a word of this list")]
pub struct UnknownWord;

/// What a member may do (enforced by the law, mirrored by the window).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look.
    Viewer,
    /// Connect, check, rotate, revoke.
    Member,
    /// Everything, people and devices too.
    Owner,
}

/// Who pays for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Payer {
    /// The client, on its own account.
    Own,
    /// The agency, on the platform's account.
    Platform,
}

/// What happens to a call when there is no living own key for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    /// The call is refused in the provider's own envelope.
    Stop,
    /// The agency pays.
    Platform,
}

/// The five questions of a check, in the order in which they are asked and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// Did the provider answer at all?
    Reach,
    /// Does it accept the key?
    Key,
    /// Does it offer the models that the chosen uses need?
    Model,
    /// Is there money behind it?
    Credit,
    /// May the key do what the chosen uses need, and not far more?
    Scope,
}

impl Question {
    /// All five, in order.
    pub const ALL: [Question; 5] = [Self::Reach, Self::Key, Self::Model, Self::Credit, Self::Scope];
}

/// The answer to one [`Question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Proven.
    Yes,
    /// Disproven.
    No,
    /// This provider tells nobody before a paid call is made; the verdict's code says why.
    NotProvable,
    /// An earlier question was answered *no*, so this one was not asked.
    NotAsked,
}

/// One verdict of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Which question.
    pub what: Question,
    /// Its answer.
    pub answer: Answer,
    /// Why, from a closed list of short words (see `providers::check`); shown through the locale files.
    pub code: VerdictCode,
    /// What the provider itself said, with anything that looks like a key masked, at most 300 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub words: Option<String>,
}

/// Why a verdict is what it is. The window has one sentence for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VerdictCode {
    /// Nothing to add: the answer is *yes*.
    Ok,
    /// An earlier question was answered *no*.
    Earlier,
    /// No answer within the time limit.
    Timeout,
    /// The name could not be found or no connection came about.
    Unreachable,
    /// The connection is not safe: the certificate is not one that we trust.
    Untrusted,
    /// The provider answered with an outage (5xx) or something that is not its language.
    Outage,
    /// The provider asks to slow down.
    RateLimited,
    /// The provider does not serve this country.
    RegionUnsupported,
    /// The key is not accepted: mistyped, deleted or disabled; the provider does not tell which.
    KeyRefused,
    /// The key has passed its expiry date.
    KeyExpired,
    /// The provider has blocked the key because it was found in public.
    KeyLeaked,
    /// The key is limited to other internet addresses.
    AddressNotAllowed,
    /// An admin key: far too powerful for work calls, never sent to the agency.
    AdminKey,
    /// The key belongs to another provider.
    OtherProvider,
    /// The key does not fit the organisation or project it was used for.
    OtherOrganisation,
    /// The organisation or project behind the key has been disabled.
    AccountDisabled,
    /// No model that fits a chosen use is offered to this key.
    ModelMissing,
    /// The provider accepts the key but does not let it list models.
    ModelsHidden,
    /// No money is left.
    NoCredit,
    /// A spending limit set by the account's owner has been reached.
    SpendLimit,
    /// This provider shows credit only when a paid call is made.
    CreditUnseen,
    /// A permission that a chosen use needs is missing.
    ScopeMissing,
    /// The API that the key is for is not switched on in its project.
    ApiDisabled,
    /// The key may do far more than the chosen uses need.
    ScopeWide,
    /// This provider's keys have no permissions to look at.
    ScopeUnseen,
    /// This key is of a kind that the provider has stopped accepting.
    KindRetired,
}

/// The account at the provider that a key belongs to, as far as the key itself can tell.
///
/// The first told value pins a connection to it; a key of another account is a new connection (seal.md §5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id", deny_unknown_fields)]
pub enum Account {
    /// The provider told who the account is: an organisation, project, workspace or user id. Never personal data.
    Told(String),
    /// The key itself cannot tell.
    Untold,
}
