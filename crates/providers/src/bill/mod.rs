//! What a provider's own billing and usage API says, fetched with the admin key on the device that has it
//! (providers.md §4). Each provider tells money in its own way; here it becomes rows of one shape, in exact decimals.

mod amount;
mod anthropic;
mod arithmetic;
pub mod file;
mod openai;
mod read;
mod replicate;
mod stability;

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderMap;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Provider, VerdictCode};
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};

use crate::endpoints::Endpoints;
use crate::http::{self as wire, Heard, Http, Unheard};
use crate::mask::mask;
use crate::reply::{self, Reply};
pub use amount::{Amount, NotAnAmount};
pub use stability::balance;

/// How fast a call was to be served, where that has a price of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// At once, at list price.
    #[default]
    Standard,
    /// Within a day.
    Batch,
    /// Before others.
    Priority,
    /// When there is room.
    Flex,
}

/// One row of what a provider says: of its bill (then it has an [`Self::amount`]), or of its usage (then it has
/// [`Self::units`] and [`Self::requests`], as far as they are told).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledRow {
    /// When the row's time begins. Of a Replicate prediction: when it was made.
    pub from: Instant,
    /// When it ends (exclusive). Of a Replicate prediction: the same moment.
    pub to: Instant,
    /// The provider's id of the key (`key_…`, `apikey_…`); none where it does not say, or where no key was used.
    pub key: Option<String>,
    /// The project or workspace.
    pub place: Option<String>,
    /// The model, by its dated name where the provider has one.
    pub model: Option<String>,
    /// The provider's own words: a line item, a description, a kind of token; the size of pictures; a tier that is not
    /// known here; the id of a prediction.
    pub line: Option<String>,
    /// How fast it was to be served.
    pub tier: Tier,
    /// How many calls.
    pub requests: Option<u64>,
    /// What was used, by the names of the agency's book (see [`crate::meter::Units`]), and `characters` of spoken text.
    /// What is 0 is left out.
    pub units: BTreeMap<String, u64>,
    /// How much a line of the bill counts, and in which unit, as the provider tells it.
    pub quantity: Option<(Amount, String)>,
    /// What it costs; none in rows of usage.
    pub amount: Option<Amount>,
    /// The amount's currency (ISO 4217, upper case).
    pub currency: Option<String>,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Money, by the day.
    Costs,
    /// What was used, by the hour.
    Usage(Kind),
}

/// A kind of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// OpenAI: chat completions and responses; perhaps also the tokens of GPT image models.
    Completions,
    /// OpenAI: pictures, by number.
    Images,
    /// OpenAI: heard audio, in seconds.
    Transcriptions,
    /// OpenAI: spoken text, in characters.
    Speeches,
    /// OpenAI: embeddings.
    Embeddings,
    /// Anthropic: messages.
    Messages,
    /// Replicate: predictions, one row each.
    Predictions,
}

/// A span of time. It is widened to whole days (costs) or hours (usage) of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first moment.
    pub from: Instant,
    /// The first moment after it.
    pub to: Instant,
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The rows, in the provider's order. A provider may repeat a row on the next page: rows for one question that agree in
    /// [`BilledRow::about`] are one row.
    pub rows: Vec<BilledRow>,
    /// What to ask for the next page with; none at the end.
    pub next: Option<String>,
    /// Up to when the figures are whole, where the provider says so.
    pub refreshed: Option<Instant>,
}

/// Why there are no figures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// The key is not accepted.
    #[error("the key is not accepted: {words}")]
    Refused {
        /// Why.
        code: VerdictCode,
        /// The provider's words, masked.
        words: String,
    },
    /// The key is accepted, and may not ask for this: it is no admin key, or lacks a right.
    #[error("the key may not ask for this: {words}")]
    NotAllowed {
        /// The provider's words, masked.
        words: String,
    },
    /// Too many questions: ask again later.
    #[error("the provider asks to slow down")]
    TooMany {
        /// After how long, where it says so.
        retry_after: Option<Duration>,
    },
    /// The provider did not answer, or could not: ask again later.
    #[error("the provider is not there")]
    Away,
    /// The other side's certificate is not one that we trust. Nothing was sent.
    #[error("the connection is not safe: its certificate is not one that is trusted")]
    Untrusted,
    /// The answer is not one that is known: a field of it is not as documented, or the question was not understood.
    #[error("the provider's answer cannot be read: {what}")]
    Unreadable {
        /// The field, as a path into the answer; or the status and the provider's words, masked.
        what: String,
    },
    /// This provider has no such figures; [`asks`] says which it has.
    #[error("this provider has no such figures")]
    NotOffered,
}

/// What there is to ask at a provider, in the order in which to ask. Gemini has no such API; Stability has only a
/// [`balance`]. Replicate is asked with an ordinary token.
#[must_use]
pub const fn asks(provider: Provider) -> &'static [Ask] {
    match provider {
        Provider::OpenAi => &[
            Ask::Costs,
            Ask::Usage(Kind::Completions),
            Ask::Usage(Kind::Images),
            Ask::Usage(Kind::Transcriptions),
            Ask::Usage(Kind::Speeches),
            Ask::Usage(Kind::Embeddings),
        ],
        // Usage tells in which workspace a key is; costs may be told by workspace alone.
        Provider::Anthropic => &[Ask::Usage(Kind::Messages), Ask::Costs],
        Provider::Replicate => &[Ask::Usage(Kind::Predictions)],
        Provider::Gemini | Provider::Stability => &[],
    }
}

/// One page of a provider's figures. `cursor` is the [`Page::next`] of the page before, for the same `ask` and `span`.
///
/// # Errors
/// [`BillError`]; nothing was changed at the provider.
pub async fn page(
    http: &Http,
    endpoints: &Endpoints,
    provider: Provider,
    key: &Secret,
    ask: Ask,
    span: Span,
    cursor: Option<&str>,
) -> Result<Page, BillError> {
    if !asks(provider).contains(&ask) {
        return Err(BillError::NotOffered);
    }
    let desk = Desk { http, endpoints, provider, key };
    match provider {
        Provider::OpenAi => openai::page(&desk, ask, span, cursor).await,
        Provider::Anthropic => anthropic::page(&desk, ask, span, cursor).await,
        Provider::Replicate => replicate::page(&desk, span, cursor).await,
        Provider::Gemini | Provider::Stability => Err(BillError::NotOffered),
    }
}

/// What cannot be read of an answer that is larger than [`wire::MAX_ANSWER`].
const TOO_LARGE: &str = "the answer is too large";

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

impl Span {
    /// Widened to whole buckets of so many milliseconds.
    fn widened(self, bucket: i64) -> Self {
        let down = |moment: i64| moment.div_euclid(bucket) * bucket;
        let (from, to) = (self.from.unix_millis(), self.to.unix_millis());
        Self { from: Instant::from_unix_millis(down(from)), to: Instant::from_unix_millis(down(to + bucket - 1)) }
    }
}

impl Ask {
    /// The length of its buckets, in milliseconds.
    const fn bucket(self) -> i64 {
        match self {
            Self::Costs => DAY,
            Self::Usage(_) => HOUR,
        }
    }
}

/// What tells a row from the others for the same question: its time, key, place, model, line and tier.
pub type About<'a> = (Instant, Instant, [Option<&'a str>; 4], Tier);

impl BilledRow {
    /// What the row is about. Two rows for one question that agree in it are one row, told twice.
    #[must_use]
    pub fn about(&self) -> About<'_> {
        let words = [&self.key, &self.place, &self.model, &self.line].map(Option::as_deref);
        (self.from, self.to, words, self.tier)
    }

    /// A row that says nothing but its time.
    #[must_use]
    pub fn empty(from: Instant, to: Instant) -> Self {
        Self {
            from,
            to,
            key: None,
            place: None,
            model: None,
            line: None,
            tier: Tier::Standard,
            requests: None,
            units: BTreeMap::new(),
            quantity: None,
            amount: None,
            currency: None,
        }
    }

    /// Notes what was used, if it was.
    fn used(&mut self, name: &str, count: Option<u64>) {
        if let Some(count) = count.filter(|count| *count > 0) {
            self.units.insert(name.to_owned(), count);
        }
    }

    /// Reads the provider's word for a tier; one that is not the usual word for it stays in the row's line.
    fn served(&mut self, word: Option<String>) {
        let Some(word) = word else { return };
        self.tier = match word.as_str() {
            "batch" => Tier::Batch,
            "priority" | "priority_on_demand" => Tier::Priority,
            "flex" | "flex_discount" => Tier::Flex,
            _ => Tier::Standard,
        };
        if !matches!(word.as_str(), "default" | "standard" | "batch" | "priority" | "flex") {
            self.line = Some(self.line.take().map_or(word.clone(), |line| format!("{line}, {word}")));
        }
    }
}

/// One key at its provider.
struct Desk<'a> {
    http: &'a Http,
    endpoints: &'a Endpoints,
    provider: Provider,
    key: &'a Secret,
}

impl Desk<'_> {
    /// Asks; any answer that is no success is a reason.
    async fn get(&self, path: &str) -> Result<Heard, BillError> {
        match self.heard(path, None).await? {
            heard if heard.status.is_success() => Ok(heard),
            heard => Err(self.told(&heard)),
        }
    }

    async fn heard(&self, path: &str, beta: Option<&'static str>) -> Result<Heard, BillError> {
        let ask = wire::Ask { beta, ..wire::Ask::get(path) };
        self.http.ask(self.endpoints, self.provider, Some(self.key), ask).await.map_err(|unheard| match unheard {
            Unheard::Timeout | Unheard::Unreachable => BillError::Away,
            Unheard::Untrusted => BillError::Untrusted,
            Unheard::TooLarge => BillError::Unreadable { what: TOO_LARGE.to_owned() },
            Unheard::KeyUnfit => {
                BillError::Refused { code: VerdictCode::KeyRefused, words: Unheard::KeyUnfit.to_string() }
            }
        })
    }

    /// What an answer that is no success means.
    fn told(&self, heard: &Heard) -> BillError {
        let body = serde_json::from_slice(&heard.body).unwrap_or_default();
        let words = self.key.masked_in(&reply::said(self.provider, &body));
        let words: String = mask(&words).chars().take(300).collect();
        match (reply::classify(self.provider, heard.status, &body), heard.status.as_u16()) {
            (Reply::Permission(VerdictCode::ScopeMissing), _) | (Reply::Other, 403) => BillError::NotAllowed { words },
            (Reply::Dead(code) | Reply::Permission(code), _) => BillError::Refused { code, words },
            (Reply::Other, 401) => BillError::Refused { code: VerdictCode::KeyRefused, words },
            (_, 429) => BillError::TooMany { retry_after: retry_after(&heard.headers) },
            (_, 408 | 500..) => BillError::Away,
            (_, status) => BillError::Unreadable { what: format!("status {status}: {words}") },
        }
    }
}

/// `retry-after` in seconds; its other form, a date, is left to the caller's own patience.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// A path with a query; values are escaped.
fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests;
