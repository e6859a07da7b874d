//! What a prompt of Gemini's consists of, what of it was in the cache, and how usage is told (facts: section 5.3 of the
//! provider notes).

use crate::prompt_cache::{Growing, PromptCache, SHORTEST};
use crate::words;
use serde_json::{Value, json};

/// What a picture that is looked at counts for.
const PICTURE: u64 = 258;

/// A second of sound counts for so many tokens, and so many characters of base64 are taken for a second.
const SECOND: u64 = 32;
const LETTERS_OF_A_SECOND: u64 = 42_000;

/// Tokens by what they are of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Kinds {
    pub(super) text: u64,
    pub(super) pictures: u64,
    pub(super) sound: u64,
}

impl Kinds {
    pub(super) fn sum(&self) -> u64 {
        self.text + self.pictures + self.sound
    }

    /// One row per kind that there is.
    pub(super) fn rows(&self) -> Value {
        let rows = [("TEXT", self.text), ("IMAGE", self.pictures), ("AUDIO", self.sound)];
        let rows = rows.into_iter().filter(|(_, count)| *count > 0);
        rows.map(|(kind, count)| json!({"modality": kind, "tokenCount": count})).collect()
    }
}

/// A prompt, and what of it was read from the cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prompt {
    pub(super) all: Kinds,
    pub(super) cached: Kinds,
}

/// All words of a prompt, without pictures and sound.
pub(super) fn words_of(contents: &Value) -> String {
    let texts = parts(contents).filter(|part| media(part).is_none()).map(words::strings);
    texts.collect::<Vec<_>>().join(" ")
}

fn parts(contents: &Value) -> impl Iterator<Item = &Value> {
    contents.as_array().into_iter().flatten().flat_map(|one| one["parts"].as_array().into_iter().flatten())
}

/// The kind of a part that is no text, and its data.
fn media(part: &Value) -> Option<(&str, &str)> {
    let inline = [&part["inlineData"], &part["inline_data"]].into_iter().find(|one| one.is_object())?;
    let kind = inline["mimeType"].as_str().or(inline["mime_type"].as_str()).unwrap_or_default();
    Some((kind, inline["data"].as_str().unwrap_or_default()))
}

fn count(contents: &Value) -> Kinds {
    let mut all = Kinds { text: words::tokens(&words_of(contents)), ..Kinds::default() };
    for (kind, data) in parts(contents).filter_map(media) {
        if kind.starts_with("audio/") {
            all.sound += (data.len() as u64).div_ceil(LETTERS_OF_A_SECOND) * SECOND;
        } else {
            all.pictures += PICTURE;
        }
    }
    all
}

/// Counts a prompt. Gemini keeps long beginnings by itself, here at the ends of parts; the last part is always read anew.
pub(super) fn prompt(cache: &mut PromptCache, whose: &str, contents: &Value) -> Prompt {
    let mut growing = Growing::new(whose);
    let (mut before, mut cached) = (Vec::new(), Kinds::default());
    let number = parts(contents).count();
    for (at, part) in parts(contents).enumerate() {
        let beginning = growing.add(&part.to_string());
        before.push(part.clone());
        let so_far = count(&json!([{ "parts": before }]));
        if so_far.sum() < SHORTEST {
            continue;
        }
        if cache.has(&beginning) && at + 1 < number {
            cached = so_far;
        }
        cache.keep(beginning);
    }
    Prompt { all: count(contents), cached }
}
