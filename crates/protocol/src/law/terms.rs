//! Bounds that are part of what is true: the agency's terms, spent budgets, tokens.

use std::collections::BTreeSet;

use crate::encoding::Hash;
use crate::instant::Instant;
use crate::limit::{Money, Month};
use crate::vocabulary::Use;

/// Bounds within which the agency pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Until when; `None` = without an end.
    pub until: Option<Instant>,
    /// How much a month.
    pub cap: Option<Money>,
}

/// A budget that was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// In which month.
    pub month: Month,
    /// Whether calls are refused for it.
    pub hard: bool,
    /// Since when.
    pub since: Instant,
}

/// A token of an assistant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Hash of its name, where it was given one.
    pub name_hash: Option<Hash>,
    /// Uses that it is good for; `None` = all that the assistant may call.
    pub uses: Option<BTreeSet<Use>>,
    /// Until when it is good.
    pub expires: Option<Instant>,
    /// Since when.
    pub since: Instant,
}

impl Token {
    /// Whether it is good at `now`.
    #[must_use]
    pub fn good_at(&self, now: Instant) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}
