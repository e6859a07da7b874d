//! The models that the practice Gemini API offers.

use super::{caller, errors};
use crate::call::{Answer, Call, Reply, refuse};
use crate::room::Room;
use serde_json::{Value, json};

pub(super) struct Model {
    pub(super) id: &'static str,
    name: &'static str,
    /// Whether it can answer with pictures.
    pub(super) draws: bool,
    /// Whether it answers with sound.
    pub(super) speaks: bool,
}

const MODELS: &[Model] = &[
    Model { id: "gemini-3.1-flash-image", name: "Gemini 3.1 Flash Image", draws: true, speaks: false },
    Model { id: "gemini-3-pro-image", name: "Gemini 3 Pro Image", draws: true, speaks: false },
    Model { id: "gemini-3.1-flash-lite-image", name: "Gemini 3.1 Flash Lite Image", draws: true, speaks: false },
    Model { id: "gemini-nano-banana-2.1", name: "Gemini Nano Banana 2.1", draws: true, speaks: false },
    Model { id: "gemini-2.5-flash-image", name: "Gemini 2.5 Flash Image", draws: true, speaks: false },
    Model { id: "gemini-3.1-flash", name: "Gemini 3.1 Flash", draws: false, speaks: false },
    Model { id: "gemini-3-pro", name: "Gemini 3 Pro", draws: false, speaks: false },
    Model { id: "gemini-2.5-flash", name: "Gemini 2.5 Flash", draws: false, speaks: false },
    Model { id: "gemini-2.5-flash-preview-tts", name: "Gemini 2.5 Flash TTS", draws: false, speaks: true },
];

pub(super) fn find(id: &str) -> Option<&'static Model> {
    MODELS.iter().find(|one| one.id == id)
}

fn shown(model: &Model) -> Value {
    json!({
        "name": format!("models/{}", model.id),
        "baseModelId": model.id,
        "version": "001",
        "displayName": model.name,
        "description": "A practice model.",
        "inputTokenLimit": 65_536,
        "outputTokenLimit": 32_768,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "temperature": 1,
        "topP": 0.95,
        "topK": 64
    })
}

pub(super) fn unknown(call: &Call, model: &str) -> Answer {
    let version = call.segments().first().copied().unwrap_or("v1beta").to_owned();
    errors::not_found(&format!(
        "models/{model} is not found for API version {version}, or is not supported for generateContent. Call \
         ListModels to see the list of available models and their supported methods."
    ))
}

/// `GET /v1beta/models`, paged by `pageSize` and `pageToken`.
pub(super) fn list(room: &mut Room, call: &Call) -> Reply {
    let key = caller(room, call)?;
    let size = call.limit("pageSize", 50, 1000);
    let start: usize = match call.query("pageToken").filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => match token.strip_prefix("from-").and_then(|text| text.parse().ok()) {
            Some(start) => start,
            None => return refuse(errors::bad_request("Invalid page token.")),
        },
    };
    let seen: Vec<Value> = MODELS.iter().filter(|one| key.allows_model(one.id)).map(shown).collect();
    let more = seen.len() > start + size;
    let mut body = json!({"models": seen.into_iter().skip(start).take(size).collect::<Vec<_>>()});
    if more {
        body["nextPageToken"] = format!("from-{}", start + size).into();
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn get(room: &mut Room, call: &Call, id: &str) -> Reply {
    let key = caller(room, call)?;
    match find(id).filter(|one| key.allows_model(one.id)) {
        Some(model) => Ok(Answer::json(200, &shown(model))),
        None => refuse(unknown(call, id)),
    }
}
