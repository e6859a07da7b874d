//! `:generateContent`, `:streamGenerateContent` and `:countTokens` (facts: section 5.3 of the
//! provider notes).

use super::spent::{self, Kinds, Prompt};
use super::{caller, errors, models, role};
use crate::bill::Bill;
use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::Key;
use crate::ledger::Booking;
use crate::room::Room;
use crate::{picture, stream, turn, words};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

/// What a picture counts for.
const PICTURE_TOKENS: u64 = 1290;

/// Bytes of spoken silence for which one token counts.
const SPOKEN: usize = 16;

struct Asked {
    prompt: String,
    picture: bool,
    sound: bool,
    text: bool,
    contents: Value,
    /// How much it may think.
    thoughts: u64,
}

fn asked(call: &Call, key: &Key, model: &str) -> Reply<Asked> {
    let found = models::find(model).filter(|one| key.allows_model(one.id));
    let Some(found) = found else {
        return refuse(models::unknown(call, model));
    };
    let Some(body) = call.json() else {
        return refuse(errors::bad_request("Invalid JSON payload received. Unexpected token."));
    };
    if body["contents"].as_array().is_none_or(Vec::is_empty) {
        return refuse(errors::bad_request("* GenerateContentRequest.contents: contents is not specified"));
    }
    let modalities: Option<Vec<String>> = body["generationConfig"]["responseModalities"]
        .as_array()
        .map(|list| list.iter().filter_map(|one| one.as_str().map(str::to_uppercase)).collect());
    let has = |name: &str| modalities.as_ref().is_some_and(|list| list.iter().any(|one| one == name));
    let picture = has("IMAGE") || (found.draws && modalities.is_none());
    if picture && !found.draws {
        let words = "Model does not support the requested response modalities: image";
        return refuse(errors::bad_request(words));
    }
    let sound = has("AUDIO");
    if sound != found.speaks {
        let words = "The requested combination of response modalities is not supported by the model.";
        return refuse(errors::bad_request(words));
    }
    let prompt = spent::words_of(&body["contents"]);
    let thoughts = most_thoughts(&body["generationConfig"]["thinkingConfig"]);
    let text = !sound && (!picture || has("TEXT"));
    Ok(Asked { prompt, picture, sound, text, contents: body["contents"].clone(), thoughts })
}

/// A budget, a level, or nothing: this one thinks only when asked.
fn most_thoughts(config: &Value) -> u64 {
    match (config["thinkingBudget"].as_u64(), config["thinkingLevel"].as_str()) {
        (Some(budget), _) => budget.min(turn::most_thoughts("high")),
        (None, Some(level)) => turn::most_thoughts(&level.to_lowercase()),
        (None, None) => 0,
    }
}

/// `:countTokens`: free.
pub(super) fn count(room: &mut Room, call: &Call, model: &str) -> Reply {
    let key = caller(room, call)?;
    if room.switch("count_tokens_needs_role") == "yes" {
        role(&key)?;
    }
    let found = models::find(model).filter(|one| key.allows_model(one.id));
    if found.is_none() {
        return refuse(models::unknown(call, model));
    }
    let Some(body) = call.json() else {
        return refuse(errors::bad_request("Invalid JSON payload received. Unexpected token."));
    };
    let contents =
        if body["contents"].is_null() { &body["generateContentRequest"]["contents"] } else { &body["contents"] };
    let total = words::tokens(&spent::words_of(contents));
    let body = json!({
        "totalTokens": total,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}]
    });
    Ok(Answer::json(200, &body).booked(Booking::default().model(model)))
}

struct Made {
    parts: Vec<Value>,
    prompt: Prompt,
    said: Kinds,
    thoughts: u64,
    pictures: u64,
    model: String,
    id: String,
}

fn make(room: &mut Room, call: &Call, model: &str) -> Reply<Made> {
    let key = caller(room, call)?;
    role(&key)?;
    let asked = asked(call, &key, model)?;
    if room.drained(&key.account) {
        return refuse(errors::error(402, "RESOURCE_EXHAUSTED", errors::NO_CREDIT, None));
    }
    let seeded = room.seeded("generate");
    let mut parts = Vec::new();
    let mut said = Kinds::default();
    if asked.text {
        let text = words::reply(&seeded, &asked.prompt);
        said.text = words::tokens(&text);
        parts.extend(stream::pieces(&text).into_iter().map(|piece| json!({ "text": piece })));
    }
    let pictures = u64::from(asked.picture);
    if asked.picture {
        said.pictures = PICTURE_TOKENS;
        let data = BASE64_STANDARD.encode(picture::png(&seeded, &asked.prompt));
        parts.push(json!({"inlineData": {"mimeType": "image/png", "data": data}}));
    }
    if asked.sound {
        said.sound = asked.prompt.chars().count() as u64 + 1;
        let data = BASE64_STANDARD.encode(vec![0; said.sound as usize * SPOKEN]);
        parts.push(json!({"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": data}}));
    }
    let prompt = spent::prompt(&mut room.prompts, &format!("{}/{model}", key.account), &asked.contents);
    let thoughts = turn::thoughts(&seeded, asked.thoughts, &asked.prompt);
    Ok(Made { parts, prompt, said, thoughts, pictures, model: model.to_owned(), id: call.request_id.clone() })
}

impl Made {
    fn booking(&self) -> Booking {
        let Prompt { all, cached } = self.prompt;
        let bill = Bill {
            text_in: all.text - cached.text,
            cached: cached.sum(),
            audio_in: all.sound - cached.sound,
            image_in: all.pictures - cached.pictures,
            text_out: self.said.text,
            thoughts: self.thoughts,
            audio_out: self.said.sound,
            image_out: self.said.pictures,
            ..Bill::default()
        };
        let mut units = bill.units();
        if self.pictures > 0 {
            units.push(("images", self.pictures.into()));
        }
        Booking::default().model(&self.model).bill(&units)
    }

    /// What was used until so much was said.
    fn usage(&self, said: Kinds) -> Value {
        let Prompt { all, cached } = self.prompt;
        let mut usage = json!({
            "promptTokenCount": all.sum(),
            "candidatesTokenCount": said.sum(),
            "totalTokenCount": all.sum() + said.sum() + self.thoughts,
            "promptTokensDetails": all.rows(),
            "candidatesTokensDetails": said.rows()
        });
        if cached.sum() > 0 {
            usage["cachedContentTokenCount"] = cached.sum().into();
            usage["cacheTokensDetails"] = cached.rows();
        }
        if self.thoughts > 0 {
            usage["thoughtsTokenCount"] = self.thoughts.into();
        }
        usage
    }

    /// One response: these parts, and the usage so far.
    fn shown(&self, parts: Vec<Value>, end: bool, said: Kinds) -> Value {
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
        if end {
            candidate["finishReason"] = "STOP".into();
        }
        json!({
            "candidates": [candidate],
            "usageMetadata": self.usage(said),
            "modelVersion": self.model,
            "responseId": self.id
        })
    }

    /// Texts joined into one part, pictures after them.
    fn joined(&self) -> Vec<Value> {
        let text: String = self.parts.iter().filter_map(|part| part["text"].as_str()).collect();
        let mut parts = Vec::new();
        if !text.is_empty() {
            parts.push(json!({ "text": text }));
        }
        parts.extend(self.parts.iter().filter(|part| part["text"].is_null()).cloned());
        parts
    }

    /// One response per part; the last one carries the end and the total.
    fn pieces(&self) -> Vec<Value> {
        let last = self.parts.len().saturating_sub(1);
        let step = |number: usize| {
            let part = |whole: u64| whole * (number as u64 + 1) / (last as u64 + 1);
            let Kinds { text, pictures, sound } = self.said;
            Kinds { text: part(text), pictures: part(pictures), sound: part(sound) }
        };
        self.parts
            .iter()
            .enumerate()
            .map(|(number, part)| self.shown(vec![part.clone()], number == last, step(number)))
            .collect()
    }
}

pub(super) fn whole(room: &mut Room, call: &Call, model: &str) -> Reply {
    let made = make(room, call, model)?;
    Ok(Answer::json(200, &made.shown(made.joined(), true, made.said)).booked(made.booking()))
}

/// With `alt=sse` server-sent events, else one JSON array that grows.
pub(super) fn streamed(room: &mut Room, call: &Call, model: &str) -> Reply {
    let made = make(room, call, model)?;
    let pieces = made.pieces();
    let answer = if call.query("alt") == Some("sse") {
        let events = pieces.iter().map(|piece| Bytes::from(format!("data: {piece}\r\n\r\n"))).collect();
        Answer::events("text/event-stream", events)
    } else {
        let last = pieces.len().saturating_sub(1);
        let item = |(number, piece): (usize, &Value)| {
            let open = if number == 0 { "[" } else { "" };
            let close = if number == last { "]\n" } else { ",\r\n" };
            Bytes::from(format!("{open}{piece}{close}"))
        };
        Answer::events("application/json; charset=UTF-8", pieces.iter().enumerate().map(item).collect())
    };
    Ok(answer.booked(made.booking()))
}
