//! `:generateContent`, `:streamGenerateContent` and `:countTokens` (facts: section 5.3 of the
//! provider notes).

use super::{caller, errors, models, role};
use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::Key;
use crate::ledger::Booking;
use crate::room::Room;
use crate::{picture, stream, words};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

/// What a picture counts for.
const PICTURE_TOKENS: u64 = 1290;

struct Asked {
    prompt: String,
    picture: bool,
    text: bool,
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
    let prompt = words::strings(&body["contents"]);
    Ok(Asked { prompt, picture, text: !picture || has("TEXT") })
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
    let total = words::tokens(&words::strings(contents));
    let body = json!({
        "totalTokens": total,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}]
    });
    Ok(Answer::json(200, &body).booked(Booking::default().model(model)))
}

struct Made {
    parts: Vec<Value>,
    input: u64,
    output: u64,
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
    let mut output = 0;
    if asked.text {
        let text = words::reply(&seeded, &asked.prompt);
        output += words::tokens(&text);
        parts.extend(stream::pieces(&text).into_iter().map(|piece| json!({ "text": piece })));
    }
    let pictures = u64::from(asked.picture);
    if asked.picture {
        output += PICTURE_TOKENS;
        let data = BASE64_STANDARD.encode(picture::png(&seeded, &asked.prompt));
        parts.push(json!({"inlineData": {"mimeType": "image/png", "data": data}}));
    }
    let input = words::tokens(&asked.prompt);
    Ok(Made { parts, input, output, pictures, model: model.to_owned(), id: room.next_id("", 22) })
}

impl Made {
    fn booking(&self) -> Booking {
        let mut units = vec![("input_tokens", self.input.into()), ("output_tokens", self.output.into())];
        if self.pictures > 0 {
            units.push(("images", self.pictures.into()));
        }
        Booking::default().model(&self.model).bill(&units)
    }

    /// One response: these parts, and the usage so far.
    fn shown(&self, parts: Vec<Value>, end: bool, output: u64) -> Value {
        let modality = if self.pictures > 0 { "IMAGE" } else { "TEXT" };
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
        if end {
            candidate["finishReason"] = "STOP".into();
        }
        json!({
            "candidates": [candidate],
            "usageMetadata": {
                "promptTokenCount": self.input,
                "candidatesTokenCount": output,
                "totalTokenCount": self.input + output,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": self.input}],
                "candidatesTokensDetails": [{"modality": modality, "tokenCount": output}]
            },
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
        let step = |number: usize| self.output * (number as u64 + 1) / (last as u64 + 1);
        self.parts
            .iter()
            .enumerate()
            .map(|(number, part)| {
                let output = if number == last { self.output } else { step(number) };
                self.shown(vec![part.clone()], number == last, output)
            })
            .collect()
    }
}

pub(super) fn whole(room: &mut Room, call: &Call, model: &str) -> Reply {
    let made = make(room, call, model)?;
    Ok(Answer::json(200, &made.shown(made.joined(), true, made.output)).booked(made.booking()))
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
