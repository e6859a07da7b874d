//! The models that the practice OpenAI offers.

use super::access::{self, Reply};
use super::errors;
use crate::call::{Answer, Call};
use crate::room::Room;
use serde_json::{Value, json};

/// What a model is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Chat,
    Images,
    Transcription,
    Speech,
    Embeddings,
}

pub(crate) struct Model {
    pub(crate) id: &'static str,
    created: i64,
    pub(crate) use_: Use,
}

const fn model(id: &'static str, created: i64, use_: Use) -> Model {
    Model { id, created, use_ }
}

const MODELS: &[Model] = &[
    model("gpt-5.2", 1_765_300_000, Use::Chat),
    model("gpt-5-mini", 1_754_400_000, Use::Chat),
    model("gpt-5", 1_754_300_000, Use::Chat),
    model("gpt-4o", 1_715_367_049, Use::Chat),
    model("gpt-4o-mini", 1_721_172_741, Use::Chat),
    model("gpt-5.6", 1_783_000_000, Use::Chat),
    model("gpt-audio", 1_756_300_000, Use::Chat),
    model("gpt-image-2", 1_776_000_000, Use::Images),
    model("gpt-image-1", 1_745_517_030, Use::Images),
    model("gpt-image-1-mini", 1_758_845_821, Use::Images),
    model("dall-e-3", 1_698_785_189, Use::Images),
    model("gpt-4o-transcribe", 1_742_068_463, Use::Transcription),
    model("gpt-4o-mini-transcribe", 1_742_068_596, Use::Transcription),
    model("whisper-1", 1_677_532_384, Use::Transcription),
    model("gpt-4o-mini-tts", 1_742_403_959, Use::Speech),
    model("tts-1", 1_681_940_951, Use::Speech),
    model("text-embedding-3-small", 1_705_948_997, Use::Embeddings),
    model("text-embedding-3-large", 1_705_953_180, Use::Embeddings),
];

pub(crate) fn find(id: &str) -> Option<&'static Model> {
    MODELS.iter().find(|one| one.id == id)
}

/// What a model is made for, by its name with or without a date; unknown ones talk.
pub(crate) fn use_of(billed: &str) -> Use {
    let found = MODELS.iter().find(|one| crate::books::prices::same(one.id, billed));
    found.map_or(Use::Chat, |one| one.use_)
}

fn shown(model: &Model) -> Value {
    json!({"id": model.id, "object": "model", "created": model.created, "owned_by": "openai", "shutdown_date": null})
}

/// `GET /v1/models` and `GET /v1/models/{id}`: free, and no proof of credit.
pub(crate) fn answer(room: &mut Room, call: &Call, id: Option<&str>) -> Reply {
    let caller = access::worker(room, call)?;
    access::scope(room, &caller, "api.model.read")?;
    let project = caller.key.project.as_deref().unwrap_or_default();
    let mut seen =
        MODELS.iter().filter(|one| caller.key.allows_model(one.id) && room.projects.allows_model(project, one.id));
    match id {
        None => Ok(Answer::json(200, &json!({"object": "list", "data": seen.map(shown).collect::<Vec<_>>()}))),
        Some(id) => match seen.find(|one| one.id == id) {
            Some(model) => Ok(Answer::json(200, &shown(model))),
            None => access::refuse(errors::no_model(404, id)),
        },
    }
}
