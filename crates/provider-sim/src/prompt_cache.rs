//! Prompt caches: which beginnings of prompts a provider has seen. Nothing expires here.

use crate::words;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Shorter beginnings are not kept.
pub(crate) const SHORTEST: u64 = 1024;

/// OpenAI keeps beginnings in steps of so many tokens.
const STEP: u64 = 128;

/// So many beginnings are kept; then all are forgotten.
const MOST: usize = 100_000;

pub(crate) type Beginning = [u8; 32];

/// The beginnings that one provider has seen.
#[derive(Default)]
pub(crate) struct PromptCache(HashSet<Beginning>);

impl PromptCache {
    pub(crate) fn has(&self, beginning: &Beginning) -> bool {
        self.0.contains(beginning)
    }

    pub(crate) fn keep(&mut self, beginning: Beginning) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(beginning);
    }

    /// How many tokens of a text were seen before, and how many will be known from now on, in whole steps.
    pub(crate) fn automatic(&mut self, whose: &str, text: &str) -> (u64, u64) {
        let whole = words::tokens(text);
        let (mut growing, mut rest, mut at) = (Growing::new(whose), text, 0);
        let (mut read, mut kept) = (0, 0);
        while at + STEP <= whole {
            at += STEP;
            let end = rest.char_indices().nth(4 * STEP as usize).map_or(rest.len(), |(end, _)| end);
            let beginning = growing.add(&rest[..end]);
            rest = &rest[end..];
            if at < SHORTEST {
                continue;
            }
            if self.has(&beginning) {
                read = at;
            }
            self.keep(beginning);
            kept = at;
        }
        (read, kept)
    }
}

/// A prompt as it grows; what belongs to another account or model begins differently.
pub(crate) struct Growing(Sha256);

impl Growing {
    pub(crate) fn new(whose: &str) -> Growing {
        Growing(Sha256::new_with_prefix(format!("{whose}\n")))
    }

    /// Adds a piece, and names all until here.
    pub(crate) fn add(&mut self, piece: &str) -> Beginning {
        self.0.update(piece.as_bytes());
        self.0.update([0]);
        self.0.clone().finalize().into()
    }
}
