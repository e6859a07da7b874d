//! What Anthropic's models take, where they differ (Anthropic's documents on adaptive thinking and on system messages
//! in the middle of a conversation, 2026-11).

/// What a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Takes {
    /// Messages with the role `system` between the others.
    pub(super) system_turns: bool,
    /// `thinking: {"type": "adaptive"}`, which does not ask for earlier thinking back.
    pub(super) adaptive_thinking: bool,
}

/// By the beginning of a model's id, the first that fits counts.
const KNOWN: [(&str, Takes); 13] = [
    ("claude-opus-4-8", Takes { system_turns: true, adaptive_thinking: true }),
    ("claude-opus-4-7", Takes { system_turns: false, adaptive_thinking: true }),
    ("claude-opus-4-6", Takes { system_turns: false, adaptive_thinking: true }),
    ("claude-sonnet-4-6", Takes { system_turns: false, adaptive_thinking: true }),
    ("claude-mythos-preview", Takes { system_turns: false, adaptive_thinking: true }),
    ("claude-sonnet-5-5", Takes { system_turns: true, adaptive_thinking: true }),
    ("claude-sonnet-5", Takes { system_turns: false, adaptive_thinking: true }),
    ("claude-opus-4", Takes { system_turns: false, adaptive_thinking: false }),
    ("claude-sonnet-4", Takes { system_turns: false, adaptive_thinking: false }),
    ("claude-haiku-4", Takes { system_turns: false, adaptive_thinking: false }),
    ("claude-4", Takes { system_turns: false, adaptive_thinking: false }),
    ("claude-3", Takes { system_turns: false, adaptive_thinking: false }),
    ("claude-2", Takes { system_turns: false, adaptive_thinking: false }),
];

/// What is not listed is taken to be newer than the list.
pub(super) fn takes(model: &str) -> Takes {
    let known = KNOWN.iter().find(|(start, _)| model.starts_with(start));
    known.map_or(Takes { system_turns: true, adaptive_thinking: true }, |(_, takes)| *takes)
}
