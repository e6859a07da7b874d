//! The names of the five providers, as this crate knows them.
//!
//! The crate stands alone on purpose: what tests the house must not share the house's own tables.

use serde::{Deserialize, Serialize};

/// One of the five simulated providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// api.openai.com, with its admin endpoints.
    OpenAi,
    /// api.anthropic.com.
    Anthropic,
    /// generativelanguage.googleapis.com.
    Gemini,
    /// api.stability.ai.
    Stability,
    /// api.replicate.com.
    Replicate,
}

impl Provider {
    /// All five, in the order of [`crate::SimsConfig::ports`].
    pub const ALL: [Provider; 5] =
        [Provider::OpenAi, Provider::Anthropic, Provider::Gemini, Provider::Stability, Provider::Replicate];

    /// The lower-case name: `openai`, `anthropic`, `gemini`, `stability`, `replicate`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Provider::OpenAi => "openai",
            Provider::Anthropic => "anthropic",
            Provider::Gemini => "gemini",
            Provider::Stability => "stability",
            Provider::Replicate => "replicate",
        }
    }

    /// The name as a person writes it.
    pub const fn title(self) -> &'static str {
        match self {
            Provider::OpenAi => "OpenAI",
            Provider::Anthropic => "Anthropic",
            Provider::Gemini => "Gemini",
            Provider::Stability => "Stability",
            Provider::Replicate => "Replicate",
        }
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Provider::OpenAi => 0,
            Provider::Anthropic => 1,
            Provider::Gemini => 2,
            Provider::Stability => 3,
            Provider::Replicate => 4,
        }
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
