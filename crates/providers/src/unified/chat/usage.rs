//! Anthropic's usage in OpenAI's words.

use serde::{Deserialize, Serialize};

/// What Anthropic states; in a stream every part that is stated takes the place of what was stated before.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Stated {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<Details>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Details {
    thinking_tokens: Option<u64>,
}

impl Stated {
    pub(super) fn update(&mut self, newer: Stated) {
        self.input_tokens = newer.input_tokens.or(self.input_tokens);
        self.cache_creation_input_tokens = newer.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
        self.cache_read_input_tokens = newer.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.output_tokens = newer.output_tokens.or(self.output_tokens);
        self.output_tokens_details = newer.output_tokens_details.or(self.output_tokens_details);
    }
}

/// OpenAI's `usage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: Prompt,
    completion_tokens_details: Completion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Prompt {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Completion {
    reasoning_tokens: u64,
}

impl From<Stated> for Usage {
    /// Anthropic's `input_tokens` leave out what was read from or written to the cache; OpenAI's `prompt_tokens` are all.
    fn from(stated: Stated) -> Self {
        let cached_tokens = stated.cache_read_input_tokens.unwrap_or(0);
        let cache_write_tokens = stated.cache_creation_input_tokens.unwrap_or(0);
        let input = stated.input_tokens.unwrap_or(0);
        let prompt_tokens = input.saturating_add(cached_tokens).saturating_add(cache_write_tokens);
        let completion_tokens = stated.output_tokens.unwrap_or(0);
        let reasoning_tokens = stated.output_tokens_details.and_then(|d| d.thinking_tokens).unwrap_or(0);
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens.saturating_add(completion_tokens),
            prompt_tokens_details: Prompt { cached_tokens, cache_write_tokens },
            completion_tokens_details: Completion { reasoning_tokens },
        }
    }
}
