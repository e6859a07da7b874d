//! Replicate's routes (providers.md §5.5). A prediction's stream and its output files are reached by absolute addresses;
//! the gateway turns those of the hosts in [`crate::hosts`] into its own, so they are routes too.

use http::Method;
use ownkey_protocol::vocabulary::Provider;

use super::UseFrom::{self, Nothing, ReplicateModel};
use super::{Route, Streamed, Thing};

const fn row(id: &'static str, method: Method, path: &'static str, use_: UseFrom) -> Route {
    super::row(id, Provider::Replicate, method, path, use_)
}

pub(super) const ROUTES: &[Route] = &[
    row("replicate.predict", Method::POST, "/v1/predictions", ReplicateModel).costs().made(Thing::Prediction, "id"),
    row("replicate.predict.model", Method::POST, "/v1/models/{owner}/{name}/predictions", ReplicateModel)
        .costs()
        .made(Thing::Prediction, "id"),
    row("replicate.predictions.get", Method::GET, "/v1/predictions/{id}", Nothing).refers(Thing::Prediction, 2),
    row("replicate.predictions.cancel", Method::POST, "/v1/predictions/{id}/cancel", Nothing)
        .refers(Thing::Prediction, 2),
    row("replicate.predictions.stream", Method::GET, "/_host/stream/{id...}", Nothing)
        .refers_rest(Thing::Address, 1)
        .streamed(Streamed::Always),
    row("replicate.predictions.output", Method::GET, "/_host/delivery/{id...}", Nothing).refers_rest(Thing::Address, 1),
    row("replicate.predictions.output.old", Method::GET, "/_host/pbxt/{id...}", Nothing).refers_rest(Thing::Address, 1),
    row("replicate.models.get", Method::GET, "/v1/models/{owner}/{name}", Nothing),
    row("replicate.versions.get", Method::GET, "/v1/models/{owner}/{name}/versions/{id}", Nothing),
    row("replicate.files", Method::POST, "/v1/files", Nothing).made(Thing::File, "id"),
    row("replicate.files.get", Method::GET, "/v1/files/{id}", Nothing).refers(Thing::File, 2),
    row("replicate.files.delete", Method::DELETE, "/v1/files/{id}", Nothing).refers(Thing::File, 2),
];

/// Owners whose models on Replicate answer with text. Everything else there counts as pictures, the one use that
/// Ownkey offers at Replicate.
const TEXT_MODELS: &[&str] = &[
    "meta/meta-llama",
    "meta/llama",
    "anthropic/",
    "openai/gpt-4",
    "openai/gpt-5",
    "openai/gpt-oss",
    "openai/o",
    "deepseek-ai/deepseek-r1",
    "deepseek-ai/deepseek-v",
    "mistralai/",
    "ibm-granite/",
    "google/gemini-2.5-flash-lite",
    "google/gemini-3-pro-preview",
];

/// Whether a model (`owner/name`, with or without `:version`) answers with text.
pub(super) fn makes_text(model: &str) -> bool {
    !model.contains("image") && TEXT_MODELS.iter().any(|start| model.starts_with(start))
}
