//! Gemini's routes (providers.md §5.3). The Python SDK calls `/v1`, the JavaScript one `/v1beta`.

use http::Method;
use ownkey_protocol::vocabulary::Provider;

use super::Streamed::Always;
use super::UseFrom::{self, GeminiModel, Nothing};
use super::{Route, Thing};

const fn row(id: &'static str, method: Method, path: &'static str, use_: UseFrom) -> Route {
    super::row(id, Provider::Gemini, method, path, use_)
}

pub(super) const ROUTES: &[Route] = &[
    row("gemini.generate", Method::POST, "/{v}/models/{model}:generateContent", GeminiModel).costs(),
    row("gemini.stream", Method::POST, "/{v}/models/{model}:streamGenerateContent", GeminiModel)
        .costs()
        .streamed(Always),
    row("gemini.count", Method::POST, "/{v}/models/{model}:countTokens", Nothing),
    row("gemini.models", Method::GET, "/{v}/models", Nothing),
    row("gemini.models.get", Method::GET, "/{v}/models/{model}", Nothing),
    row("gemini.upload", Method::POST, "/upload/{v}/files", Nothing).made(Thing::File, "file.name"),
    row("gemini.upload.part", Method::PUT, "/upload/{v}/files", Nothing).made(Thing::File, "file.name"),
    row("gemini.files.get", Method::GET, "/{v}/files/{id}", Nothing).refers(Thing::File, 2),
    row("gemini.files.delete", Method::DELETE, "/{v}/files/{id}", Nothing).refers(Thing::File, 2),
];

/// Whether a Gemini model answers with pictures: its id says so.
pub(super) fn makes_images(model: &str) -> bool {
    model.contains("image") || model.contains("banana")
}
