//! Sound in chat completions: heard in messages, spoken in answers (facts: section 5.1 of the provider notes).

use super::access::{self, Reply};
use super::errors;
use crate::room::now;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Models that hear and speak.
const MODELS: [&str; 1] = ["gpt-audio"];

/// Bytes of a practice recording for which one token counts.
const BYTES_PER_TOKEN: usize = 3_200;

/// Bytes of an answer for which one token counts; all of them are silence.
const SPOKEN: usize = 8;

/// How many tokens the recordings of a conversation are.
pub(super) fn heard(body: &Value, model: &str) -> Reply<u64> {
    let messages = body["messages"].as_array().into_iter().flatten();
    let parts = messages.flat_map(|one| one["content"].as_array().into_iter().flatten());
    let mut tokens = 0;
    for part in parts.filter(|part| part["type"] == "input_audio") {
        let sound = part["input_audio"]["data"].as_str().and_then(|data| STANDARD.decode(data).ok());
        let Some(sound) = sound.filter(|sound| !sound.is_empty()) else {
            let words = "The data provided for 'input_audio' is not valid base64-encoded audio.";
            return access::refuse(errors::bad_request(words, Some("messages"), Some("invalid_value")));
        };
        tokens += sound.len().div_ceil(BYTES_PER_TOKEN) as u64;
    }
    if tokens > 0 && !MODELS.contains(&model) {
        let words = "This model does not support audio input.";
        return access::refuse(errors::bad_request(words, Some("messages"), Some("invalid_value")));
    }
    Ok(tokens)
}

/// Whether the answer is to be spoken.
pub(super) fn spoken(body: &Value, model: &str) -> Reply<bool> {
    let asked = body["modalities"].as_array().is_some_and(|list| list.iter().any(|one| one == "audio"));
    if !asked {
        return Ok(false);
    }
    if !MODELS.contains(&model) {
        let words = "This model does not support the requested modalities.";
        return access::refuse(errors::bad_request(words, Some("modalities"), Some("invalid_value")));
    }
    let format = body["audio"]["format"].as_str();
    if body["audio"]["voice"].is_null() || format.is_none() {
        return access::refuse(errors::missing("audio"));
    }
    if body["stream"] == true && format != Some("pcm16") {
        let words = "audio.format must be 'pcm16' when stream=true.";
        return access::refuse(errors::bad_request(words, Some("audio.format"), Some("unsupported_value")));
    }
    Ok(true)
}

/// How many tokens a text is when spoken.
pub(super) fn tokens(text: &str) -> u64 {
    text.chars().count() as u64 + 1
}

fn data(text: &str) -> String {
    STANDARD.encode(vec![0; text.chars().count() * SPOKEN])
}

/// The sound of a whole answer.
pub(super) fn whole(id: &str, text: &str) -> Value {
    json!({"id": id, "expires_at": now() + 3600, "data": data(text), "transcript": text})
}

/// The sound of a stream, piece by piece.
pub(super) fn pieces(id: &str, texts: &[String]) -> Vec<Value> {
    let mut all = vec![json!({"audio": {"id": id}})];
    for text in texts {
        all.push(json!({"audio": {"transcript": text}}));
        all.push(json!({"audio": {"data": data(text)}}));
    }
    all.push(json!({"audio": {"expires_at": now() + 3600}}));
    all
}
