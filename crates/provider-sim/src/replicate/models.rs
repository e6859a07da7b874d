//! The models that the practice Replicate runs.

use super::{caller, errors};
use crate::call::{Answer, Call, Reply, refuse};
use crate::room::Room;
use serde_json::{Value, json};

/// What a model puts out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// One address of a picture.
    Picture,
    /// A list of addresses of pictures.
    Pictures,
    /// A list of pieces of text.
    Text,
}

pub(super) struct Model {
    pub(super) owner: &'static str,
    pub(super) name: &'static str,
    /// The hash of the version, 64 hexadecimal digits.
    pub(super) version: &'static str,
    pub(super) output: Output,
}

const MODELS: &[Model] = &[
    Model {
        owner: "black-forest-labs",
        name: "flux-2-pro",
        version: "5f2ba1f0e0b1f3f3f2d7a1c9bb64c08fd2f4ad6f9ac2b5f7f3e19f6c9a5d0c11",
        output: Output::Picture,
    },
    Model {
        owner: "black-forest-labs",
        name: "flux-schnell",
        version: "c846a69991daf4c0e5d016514849d14ee5b2e6846ce6b9d6f21369e564cfe51e",
        output: Output::Pictures,
    },
    Model {
        owner: "stability-ai",
        name: "sdxl",
        version: "7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc",
        output: Output::Pictures,
    },
    Model {
        owner: "meta",
        name: "meta-llama-3-8b-instruct",
        version: "5a6809ca6288247d06daf6365557e5e429063f32a21146b2a807c682652136b8",
        output: Output::Text,
    },
];

pub(super) fn find(owner: &str, name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|one| one.owner == owner && one.name == name)
}

/// By `owner/name:hash`, `owner/name` or the hash alone.
pub(super) fn by_version(text: &str) -> Option<&'static Model> {
    let (name, hash) = match text.split_once(':') {
        Some((name, hash)) => (Some(name), Some(hash)),
        None if text.contains('/') => (Some(text), None),
        None => (None, Some(text)),
    };
    MODELS.iter().find(|one| {
        name.is_none_or(|name| name == format!("{}/{}", one.owner, one.name))
            && hash.is_none_or(|hash| hash == one.version)
    })
}

fn shown(model: &Model) -> Value {
    json!({
        "url": format!("https://replicate.com/{}/{}", model.owner, model.name),
        "owner": model.owner,
        "name": model.name,
        "description": "A practice model.",
        "visibility": "public",
        "is_official": true,
        "github_url": null,
        "paper_url": null,
        "license_url": null,
        "run_count": 1,
        "cover_image_url": null,
        "default_example": null,
        "latest_version": {
            "id": model.version,
            "created_at": "2026-01-15T09:00:00Z",
            "cog_version": "0.16.0",
            "openapi_schema": {}
        }
    })
}

pub(super) fn list(room: &mut Room, call: &Call) -> Reply {
    caller(room, call)?;
    let results: Vec<Value> = MODELS.iter().map(shown).collect();
    Ok(Answer::json(200, &json!({"next": null, "previous": null, "results": results})))
}

pub(super) fn get(room: &mut Room, call: &Call, owner: &str, name: &str) -> Reply {
    caller(room, call)?;
    match find(owner, name) {
        Some(model) => Ok(Answer::json(200, &shown(model))),
        None => refuse(errors::plain(404)),
    }
}
