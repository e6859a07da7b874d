//! Which calls an assistant may make, what they are used for, and what they make or refer to.
//!
//! The tables are an allow-list: what is not in them is answered 404 in the provider's envelope (design.md §6). No route
//! that makes, lists or deletes a credential is in them, no list of things that other assistants made, no account data.

mod anthropic;
mod body;
mod gemini;
mod openai;
mod path;
mod replicate;
mod stability;
#[cfg(test)]
mod tests;

use http::Method;
use ownkey_protocol::vocabulary::{Provider, Use};

use crate::hosts;

/// The longest path of a call.
pub const LONGEST_PATH: usize = path::LONGEST;

pub use body::{Kept, Reference, Seen, look, set_model};

/// One route that may be called.
#[derive(Debug)]
pub struct Route {
    /// Its name in usage rows and metrics, for example `openai.chat`.
    pub id: &'static str,
    /// Whose route it is.
    pub provider: Provider,
    /// Its method.
    pub method: Method,
    /// Its path below the provider's origin; `{…}` stands for one segment, `{v}` for `v1` or `v1beta`.
    pub path: &'static str,
    /// Where its use is told.
    pub use_: UseFrom,
    /// What a success makes that belongs to client and account from then on.
    pub made: Option<Made>,
    /// The thing in the path that must have been made by the same client.
    pub refers: Option<Refers>,
    /// Whether the answer can be a stream.
    pub streamed: Streamed,
    /// Whether a success costs money.
    pub costs: bool,
}

/// Where the use of a call is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseFrom {
    /// By the path.
    Fixed(Use),
    /// By no one: the call goes to the account that serves a use at this provider, in the order of [`Use::ALL`].
    Nothing,
    /// By Gemini's model in the path, or by `responseModalities` in the body.
    GeminiModel,
    /// By Replicate's model, in the path or in the body's `version`.
    ReplicateModel,
    /// By the `purpose` of an uploaded file.
    FilePurpose,
}

/// Things that calls make and later calls refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Thing {
    /// A stored response (OpenAI).
    Response,
    /// A batch of messages (Anthropic).
    Batch,
    /// An uploaded file.
    File,
    /// A prediction (Replicate).
    Prediction,
    /// The result of asynchronous work (Stability).
    Outcome,
    /// What an address of a further host leads to (Replicate): events or an output file.
    Address,
    /// An upload in several steps (Gemini).
    Upload,
}

impl Thing {
    /// The spelling in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Batch => "batch",
            Self::File => "file",
            Self::Prediction => "prediction",
            Self::Outcome => "outcome",
            Self::Address => "address",
            Self::Upload => "upload",
        }
    }
}

/// What a success makes, and where its id stands in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// What.
    pub thing: Thing,
    /// The field of the answer's JSON that holds the id; a dot goes one object deeper.
    pub field: &'static str,
}

/// The id in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refers {
    /// Of what.
    pub thing: Thing,
    /// The index of the segment, counted from 0 after the first slash.
    pub segment: usize,
    /// The id is not this segment alone but all of the path from there.
    pub rest: bool,
}

/// When an answer is a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streamed {
    /// Never.
    Never,
    /// When the body says `"stream": true` (also as a field of a form).
    ByBody,
    /// When the query says `stream=true`.
    ByQuery,
    /// Always.
    Always,
}

impl Route {
    /// The id in `path` that must have been made by the same client, if this route refers to one.
    #[must_use]
    pub fn referred<'p>(&self, path: &'p str) -> Option<(Thing, &'p str)> {
        let refers = self.refers?;
        let id = if refers.rest { path::rest(path, refers.segment) } else { path::segment(path, refers.segment) };
        id.map(|id| (refers.thing, id))
    }

    /// Whether the JSON that it answers with has addresses that an SDK calls with its credential: all of Replicate's, but
    /// for what models put out, and
    /// the address of a batch's results at Anthropic.
    #[must_use]
    pub fn addresses(&self) -> bool {
        match self.provider {
            Provider::Replicate => self.refers.is_none_or(|refers| refers.thing != Thing::Address),
            Provider::Anthropic => self.path.starts_with("/v1/messages/batches"),
            _ => false,
        }
    }

    /// The model that the path names: Gemini's `models/{model}:…`, Replicate's `models/{owner}/{name}`, and Stability's
    /// endpoints that are models of their own (`generate/core`, `generate/ultra`).
    #[must_use]
    pub fn model_in_path(&self, path: &str) -> Option<String> {
        match self.use_ {
            UseFrom::GeminiModel => {
                let segment = path::segment(path, 2)?;
                Some(segment.split_once(':').map_or(segment, |(model, _)| model).to_owned())
            }
            UseFrom::ReplicateModel if self.path.starts_with("/v1/models/") => {
                Some(format!("{}/{}", path::segment(path, 2)?, path::segment(path, 3)?))
            }
            _ => stability::model(self.path).filter(|_| self.provider == Provider::Stability).map(str::to_owned),
        }
    }
}

/// The route that a call names, if it is one that may be called.
///
/// `path` is what follows `/gateway/{provider}`, as it was sent (not decoded). A path with `..`, `//`, a percent sign, a
/// backslash or a control character matches nothing, and neither does a query that would change the method.
#[must_use]
pub fn lookup(provider: Provider, method: &Method, path: &str, query: Option<&str>) -> Option<&'static Route> {
    let sound = if hosts::in_path(provider, path).is_some() { path::remembered(path) } else { path::plain(path) };
    if !sound || query.is_some_and(path::query_overrides) {
        return None;
    }
    all(provider).iter().find(|route| route.method == *method && path::fits(route.path, path))
}

/// Every route of `provider` that may be called.
#[must_use]
pub const fn all(provider: Provider) -> &'static [Route] {
    match provider {
        Provider::OpenAi => openai::ROUTES,
        Provider::Anthropic => anthropic::ROUTES,
        Provider::Gemini => gemini::ROUTES,
        Provider::Stability => stability::ROUTES,
        Provider::Replicate => replicate::ROUTES,
    }
}

/// The use of a call; `None` when it belongs to no use ([`UseFrom::Nothing`]).
///
/// `seen` is what [`look`] found in the first bytes of the body.
#[must_use]
pub fn use_of(route: &Route, path: &str, seen: &Seen) -> Option<Use> {
    match route.use_ {
        UseFrom::Fixed(fixed) => Some(fixed),
        UseFrom::Nothing => None,
        UseFrom::GeminiModel => {
            let model = route.model_in_path(path).unwrap_or_default();
            let images = seen.image_modality || gemini::makes_images(&model);
            Some(if images { Use::Images } else { Use::Chat })
        }
        UseFrom::ReplicateModel => {
            let model = route.model_in_path(path).or_else(|| seen.version.clone()).unwrap_or_default();
            Some(if replicate::makes_text(&model) { Use::Chat } else { Use::Images })
        }
        UseFrom::FilePurpose => match seen.purpose.as_deref() {
            Some("vision" | "user_data" | "assistants" | "batch") => Some(Use::Chat),
            _ => None,
        },
    }
}

/// The uploads in several steps that a query names (Gemini's `upload_id`), decoded.
#[must_use]
pub fn uploads_in(route: &Route, query: Option<&str>) -> Vec<String> {
    if !route.path.starts_with("/upload/") {
        return Vec::new();
    }
    upload_ids(query)
}

/// Every `upload_id` of a query, decoded.
#[must_use]
pub fn upload_ids(query: Option<&str>) -> Vec<String> {
    let parts = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    parts.filter(|(name, _)| name == "upload_id").map(|(_, id)| id.into_owned()).collect()
}

/// Whether the answer will be a stream.
#[must_use]
pub fn streams(route: &Route, query: Option<&str>, seen: &Seen) -> bool {
    match route.streamed {
        Streamed::Never => false,
        Streamed::Always => true,
        Streamed::ByBody => seen.stream,
        Streamed::ByQuery => query.is_some_and(|query| query.split('&').any(|part| part == "stream=true")),
    }
}

/// A row of a table.
const fn row(id: &'static str, provider: Provider, method: Method, path: &'static str, use_: UseFrom) -> Route {
    Route { id, provider, method, path, use_, made: None, refers: None, streamed: Streamed::Never, costs: false }
}

impl Route {
    const fn costs(mut self) -> Self {
        self.costs = true;
        self
    }

    const fn streamed(mut self, when: Streamed) -> Self {
        self.streamed = when;
        self
    }

    const fn made(mut self, thing: Thing, field: &'static str) -> Self {
        self.made = Some(Made { thing, field });
        self
    }

    const fn refers(mut self, thing: Thing, segment: usize) -> Self {
        self.refers = Some(Refers { thing, segment, rest: false });
        self
    }

    const fn refers_rest(mut self, thing: Thing, segment: usize) -> Self {
        self.refers = Some(Refers { thing, segment, rest: true });
        self
    }
}
