//! OpenAI's routes (providers.md §5.1; OpenAI's OpenAPI 2.3.0).

use http::Method;
use ownkey_protocol::vocabulary::{Provider, Use};

use super::Streamed::{ByBody, ByQuery};
use super::UseFrom::{self, FilePurpose, Fixed, Nothing};
use super::{Route, Thing};

const fn row(id: &'static str, method: Method, path: &'static str, use_: UseFrom) -> Route {
    super::row(id, Provider::OpenAi, method, path, use_)
}

const CHAT: UseFrom = Fixed(Use::Chat);
const IMAGES: UseFrom = Fixed(Use::Images);
const VOICE: UseFrom = Fixed(Use::Voice);

pub(super) const ROUTES: &[Route] = &[
    row("openai.chat", Method::POST, "/v1/chat/completions", CHAT).costs().streamed(ByBody),
    row("openai.responses", Method::POST, "/v1/responses", CHAT).costs().streamed(ByBody).made(Thing::Response, "id"),
    row("openai.responses.get", Method::GET, "/v1/responses/{id}", CHAT).streamed(ByQuery).refers(Thing::Response, 2),
    row("openai.responses.delete", Method::DELETE, "/v1/responses/{id}", CHAT).refers(Thing::Response, 2),
    row("openai.responses.cancel", Method::POST, "/v1/responses/{id}/cancel", CHAT).refers(Thing::Response, 2),
    row("openai.responses.items", Method::GET, "/v1/responses/{id}/input_items", CHAT).refers(Thing::Response, 2),
    row("openai.embeddings", Method::POST, "/v1/embeddings", CHAT).costs(),
    row("openai.images", Method::POST, "/v1/images/generations", IMAGES).costs().streamed(ByBody),
    row("openai.images.edit", Method::POST, "/v1/images/edits", IMAGES).costs().streamed(ByBody),
    row("openai.images.variation", Method::POST, "/v1/images/variations", IMAGES).costs(),
    row("openai.transcription", Method::POST, "/v1/audio/transcriptions", VOICE).costs().streamed(ByBody),
    row("openai.translation", Method::POST, "/v1/audio/translations", VOICE).costs(),
    row("openai.speech", Method::POST, "/v1/audio/speech", VOICE).costs(),
    row("openai.models", Method::GET, "/v1/models", Nothing),
    row("openai.models.get", Method::GET, "/v1/models/{model}", Nothing),
    row("openai.files", Method::POST, "/v1/files", FilePurpose).made(Thing::File, "id"),
    row("openai.files.get", Method::GET, "/v1/files/{id}", Nothing).refers(Thing::File, 2),
    row("openai.files.delete", Method::DELETE, "/v1/files/{id}", Nothing).refers(Thing::File, 2),
    row("openai.files.content", Method::GET, "/v1/files/{id}/content", Nothing).refers(Thing::File, 2),
];
