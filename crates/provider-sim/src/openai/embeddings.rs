//! `POST /v1/embeddings`: repeatable vectors of length one.

use super::access::{self, Reply};
use super::{errors, models::Use};
use crate::call::{Answer, Call};
use crate::ledger::Booking;
use crate::room::Room;
use crate::words;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const KNOWN: &[&str] = &["input", "model", "encoding_format", "dimensions", "user"];

pub(super) fn answer(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::capability(room, &caller, "api.model.embeddings.request")?;
    let Some(body) = call.json() else {
        return access::refuse(super::not_json());
    };
    super::known(&body, KNOWN)?;
    let Some(model) = body["model"].as_str() else {
        return access::refuse(errors::missing("model"));
    };
    let inputs: Vec<String> = match &body["input"] {
        Value::Null => return access::refuse(errors::missing("input")),
        Value::Array(items) if items.iter().any(|one| !one.is_number()) => items.iter().map(Value::to_string).collect(),
        one => vec![one.to_string()],
    };
    access::model(room, &caller, model, Use::Embeddings)?;
    access::credit(room, &caller)?;
    let usual = if model.ends_with("large") { 3072 } else { 1536 };
    let length = body["dimensions"].as_u64().unwrap_or(usual).clamp(1, usual) as usize;
    let packed = body["encoding_format"].as_str() == Some("base64");
    let vectors = inputs.iter().enumerate().map(|(index, text)| {
        let vector = vector(room, text, length);
        let shown = if packed {
            json!(STANDARD.encode(vector.iter().flat_map(|one| one.to_le_bytes()).collect::<Vec<u8>>()))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": shown})
    });
    let data: Vec<Value> = vectors.collect();
    let tokens: u64 = inputs.iter().map(|text| words::tokens(text)).sum();
    let whole = json!({
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens}
    });
    let booking = Booking::default().model(model).bill(&[("input_tokens", tokens.into())]);
    Ok(super::dressed(room, &caller, Answer::json(200, &whole)).booked(booking))
}

fn vector(room: &Room, text: &str, length: usize) -> Vec<f32> {
    let letters = room.seeded("embeddings").letters(text, length);
    let raw: Vec<f32> = letters.bytes().map(|byte| f32::from(byte) - 88.0).collect();
    let size = raw.iter().map(|one| one * one).sum::<f32>().sqrt().max(1.0);
    raw.into_iter().map(|one| one / size).collect()
}
