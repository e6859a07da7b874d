//! Models: what a provider's list says, and which use each model serves.
//!
//! No provider says in its list what a model is for in a way that all share, so the ids are read. A model that serves no
//! use of Ownkey's is left out.

use ownkey_protocol::vocabulary::{Provider, Use};
use serde_json::Value;

/// A model that an account offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelOffer {
    /// The provider's id for it, as calls name it.
    pub id: String,
    /// The uses that it serves; never empty.
    pub uses: Vec<Use>,
    /// Its name for people; the id where the provider gives no other.
    pub display_name: String,
}

/// The offers in a provider's list of models, newest first where the list tells.
///
/// Stability and Replicate have no list of what an account may use: every account may use the ones named here.
#[must_use]
pub fn offers(provider: Provider, list: &Value) -> Vec<ModelOffer> {
    let named = |id: &str, name: &str| {
        let uses = uses_of(provider, id);
        (!uses.is_empty()).then(|| ModelOffer { id: id.to_owned(), uses, display_name: name.to_owned() })
    };
    let rows = |field: &str| list[field].as_array().map(Vec::as_slice).unwrap_or_default();
    match provider {
        Provider::OpenAi => {
            let mut rows: Vec<&Value> = rows("data").iter().collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row["created"].as_i64().unwrap_or(0)));
            rows.iter().filter_map(|row| row["id"].as_str()).filter_map(|id| named(id, id)).collect()
        }
        Provider::Anthropic => rows("data")
            .iter()
            .filter(|row| row["lifecycle"] != "retired")
            .filter_map(|row| named(row["id"].as_str()?, row["display_name"].as_str().or(row["id"].as_str())?))
            .collect(),
        Provider::Gemini => rows("models")
            .iter()
            .filter(|row| {
                row["supportedGenerationMethods"].as_array().is_none_or(|m| m.iter().any(|m| m == "generateContent"))
            })
            .filter_map(|row| {
                let id = row["name"].as_str()?.strip_prefix("models/")?;
                named(id, row["displayName"].as_str().unwrap_or(id))
            })
            .collect(),
        Provider::Stability => STABILITY.iter().filter_map(|(id, name)| named(id, name)).collect(),
        Provider::Replicate => REPLICATE.iter().filter_map(|(id, name)| named(id, name)).collect(),
    }
}

/// Stability's models for making pictures (providers.md §5.4).
const STABILITY: &[(&str, &str)] = &[
    ("core", "Stable Image Core"),
    ("ultra", "Stable Image Ultra"),
    ("sd3.5-large", "Stable Diffusion 3.5 Large"),
    ("sd3.5-large-turbo", "Stable Diffusion 3.5 Large Turbo"),
    ("sd3.5-medium", "Stable Diffusion 3.5 Medium"),
];

/// Official picture models on Replicate; any other can be named by an assistant all the same.
const REPLICATE: &[(&str, &str)] = &[
    ("black-forest-labs/flux-schnell", "FLUX.1 schnell"),
    ("black-forest-labs/flux-dev", "FLUX.1 dev"),
    ("black-forest-labs/flux-1.1-pro", "FLUX 1.1 pro"),
    ("stability-ai/stable-diffusion-3.5-large", "Stable Diffusion 3.5 Large"),
];

/// The uses that a model serves; empty for none of Ownkey's.
#[must_use]
pub fn uses_of(provider: Provider, id: &str) -> Vec<Use> {
    let one = match provider {
        Provider::OpenAi => openai(id),
        Provider::Anthropic => id.starts_with("claude").then_some(Use::Chat),
        Provider::Gemini => (id.contains("image") || id.contains("banana")).then_some(Use::Images),
        Provider::Stability | Provider::Replicate => Some(Use::Images),
    };
    one.into_iter().collect()
}

fn openai(id: &str) -> Option<Use> {
    let has = |parts: &[&str]| parts.iter().any(|part| id.contains(part));
    let name = id.strip_prefix("ft:").unwrap_or(id);
    if has(&["realtime", "embedding", "moderation", "instruct", "babbage", "davinci", "sora"]) {
        None
    } else if has(&["gpt-image", "dall-e", "chatgpt-image"]) {
        Some(Use::Images)
    } else if has(&["whisper", "transcribe", "tts"]) {
        Some(Use::Voice)
    } else if ["gpt-", "chatgpt-", "codex-", "o1", "o3", "o4"].iter().any(|start| name.starts_with(start)) {
        Some(Use::Chat)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_tell_the_use() {
        for (id, expected) in [
            ("gpt-5.2", Some(Use::Chat)),
            ("gpt-4o-mini", Some(Use::Chat)),
            ("o4-mini", Some(Use::Chat)),
            ("ft:gpt-4o-mini:acme::x", Some(Use::Chat)),
            ("gpt-image-1.5", Some(Use::Images)),
            ("dall-e-3", Some(Use::Images)),
            ("gpt-4o-transcribe", Some(Use::Voice)),
            ("gpt-4o-mini-tts", Some(Use::Voice)),
            ("whisper-1", Some(Use::Voice)),
            ("gpt-realtime", None),
            ("text-embedding-3-small", None),
            ("omni-moderation-latest", None),
        ] {
            assert_eq!(uses_of(Provider::OpenAi, id), expected.into_iter().collect::<Vec<_>>(), "{id}");
        }
    }

    #[test]
    fn lists_of_all_five_are_read() {
        let openai = json!({"data": [{"id": "gpt-4o", "created": 1}, {"id": "gpt-5", "created": 2}, {"id": "text-embedding-3"}]});
        let ids = |provider, list: &Value| offers(provider, list).into_iter().map(|m| m.id).collect::<Vec<_>>();
        assert_eq!(ids(Provider::OpenAi, &openai), ["gpt-5", "gpt-4o"]);
        let anthropic = json!({"data": [
            {"id": "claude-a", "display_name": "Claude A", "lifecycle": "active"},
            {"id": "claude-b", "display_name": "Claude B", "lifecycle": "retired"},
        ]});
        assert_eq!(offers(Provider::Anthropic, &anthropic)[0].display_name, "Claude A");
        assert_eq!(ids(Provider::Anthropic, &anthropic), ["claude-a"]);
        let gemini = json!({"models": [
            {"name": "models/gemini-3.1-flash-image", "displayName": "Image", "supportedGenerationMethods": ["generateContent"]},
            {"name": "models/gemini-3-pro", "supportedGenerationMethods": ["generateContent"]},
            {"name": "models/imagen-4", "supportedGenerationMethods": ["predict"]},
        ]});
        assert_eq!(ids(Provider::Gemini, &gemini), ["gemini-3.1-flash-image"]);
        assert!(ids(Provider::Stability, &Value::Null).contains(&"core".to_owned()));
        assert!(!ids(Provider::Replicate, &Value::Null).is_empty());
        assert!(offers(Provider::OpenAi, &json!("garbage")).is_empty());
    }
}
