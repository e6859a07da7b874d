//! The practice answers: repeatable texts and counts, made from the request.

use crate::seeded::Seeded;
use serde_json::Value;

/// How many tokens a text is taken for: one per four characters, at least one.
pub(crate) fn tokens(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(4).max(1)
}

/// All texts inside a JSON value, joined, without the words that only name a role or a kind: good enough to count
/// tokens by.
pub(crate) fn strings(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(strings).collect::<Vec<_>>().join(" "),
        Value::Object(map) => {
            let said = map.iter().filter(|(name, _)| !matches!(name.as_str(), "role" | "type"));
            said.map(|(_, one)| strings(one)).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// A practice answer to a prompt; the same seed and prompt give the same text.
pub(crate) fn reply(seeded: &Seeded, prompt: &str) -> String {
    const OPENINGS: [&str; 4] = ["Certainly.", "Here is a practice answer.", "Good question.", "Gladly."];
    const ENDINGS: [&str; 4] = [
        "No real model was asked.",
        "This text was made from the seed.",
        "The simulator has booked this call.",
        "Nobody was charged for it.",
    ];
    let number = seeded.number(prompt) as usize;
    let length = prompt.chars().count();
    format!(
        "{} You wrote {length} characters, and practice line {} answers them. {}",
        OPENINGS[number % 4],
        number % 1000,
        ENDINGS[(number / 4) % 4]
    )
}
