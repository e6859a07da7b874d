//! Anthropic's routes (providers.md §5.2).

use http::Method;
use ownkey_protocol::vocabulary::{Provider, Use};

use super::Streamed::ByBody;
use super::UseFrom::{self, Fixed, Nothing};
use super::{Route, Thing};

const fn row(id: &'static str, method: Method, path: &'static str, use_: UseFrom) -> Route {
    super::row(id, Provider::Anthropic, method, path, use_)
}

const CHAT: UseFrom = Fixed(Use::Chat);

pub(super) const ROUTES: &[Route] = &[
    row("anthropic.messages", Method::POST, "/v1/messages", CHAT).costs().streamed(ByBody),
    row("anthropic.count", Method::POST, "/v1/messages/count_tokens", CHAT),
    row("anthropic.batches", Method::POST, "/v1/messages/batches", CHAT).costs().made(Thing::Batch, "id"),
    row("anthropic.batches.get", Method::GET, "/v1/messages/batches/{id}", CHAT).refers(Thing::Batch, 3),
    row("anthropic.batches.delete", Method::DELETE, "/v1/messages/batches/{id}", CHAT).refers(Thing::Batch, 3),
    row("anthropic.batches.results", Method::GET, "/v1/messages/batches/{id}/results", CHAT).refers(Thing::Batch, 3),
    row("anthropic.batches.cancel", Method::POST, "/v1/messages/batches/{id}/cancel", CHAT).refers(Thing::Batch, 3),
    row("anthropic.models", Method::GET, "/v1/models", Nothing),
    row("anthropic.models.get", Method::GET, "/v1/models/{model}", Nothing),
];
