//! What a line of a bill is for, read from the provider's own words.

use ownkey_providers::bill::BilledRow;
use ownkey_providers::meter::Part;

use crate::cause::Cause;

/// What a line of a bill is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// One part of a model's use.
    Part(String, Part),
    /// A model's use, whatever it consists of.
    Model(String),
    /// Something beside calls.
    Beside(Cause),
}

/// Words that name a part, the longer ones first.
const PARTS: [(&str, Part); 24] = [
    ("cache write 1h", Part::CacheWriteHour),
    ("cache_creation.ephemeral_1h_input_tokens", Part::CacheWriteHour),
    ("cache_creation.ephemeral_5m_input_tokens", Part::CacheWrite),
    ("cache write", Part::CacheWrite),
    ("cache_read_input_tokens", Part::CachedIn),
    ("cached input", Part::CachedIn),
    ("cache read", Part::CachedIn),
    ("uncached_input_tokens", Part::TextIn),
    ("audio input", Part::AudioIn),
    ("audio output", Part::AudioOut),
    ("image input", Part::ImageIn),
    ("image output", Part::ImageOut),
    ("output_tokens", Part::TextOut),
    ("text input", Part::TextIn),
    ("text output", Part::TextOut),
    ("transcription", Part::Audio),
    ("duration", Part::Audio),
    ("seconds", Part::Audio),
    ("predict time", Part::Predict),
    ("credits", Part::Credit),
    ("images", Part::Picture),
    ("image", Part::Picture),
    ("input", Part::TextIn),
    ("output", Part::TextOut),
];

/// The line of what went from an account and not for this client's calls.
pub(crate) const ELSEWHERE: &str = "used elsewhere";

/// The line of what went while there were calls of which the agency does not know the price.
pub(crate) const UNPRICED: &str = "without a price";

/// Words for what stands beside calls.
const BESIDE: [(&str, Cause); 10] = [
    (UNPRICED, Cause::NoPrice),
    (ELSEWHERE, Cause::UsedElsewhere),
    ("tax", Cause::Tax),
    ("vat", Cause::Tax),
    ("refund", Cause::Refund),
    ("credit note", Cause::Refund),
    ("goodwill", Cause::Refund),
    ("discount", Cause::Discount),
    ("free tier", Cause::FreeTier),
    ("promotional", Cause::FreeTier),
];

/// What a cost row is for. OpenAI names line items `gpt-4o-mini-2024-07-18, cached input`; others tell the model and the
/// kind in fields of their own.
#[must_use]
pub fn item(row: &BilledRow) -> Item {
    let line = row.line.as_deref().unwrap_or_default().trim();
    let words = line.to_ascii_lowercase();
    let is_word = |word: &str| {
        words.match_indices(word).any(|(at, _)| {
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
            edge(words[..at].chars().next_back()) && edge(words[at + word.len()..].chars().next())
        })
    };
    if let Some((_, cause)) = BESIDE.iter().find(|(word, _)| is_word(word)) {
        return Item::Beside(*cause);
    }
    let mut pieces = line.split(", ").map(str::trim);
    let first = pieces.next().unwrap_or_default();
    let kind = pieces.last();
    let named = row.model.clone().or_else(|| kind.map(|_| first.to_owned()));
    let kind = kind.unwrap_or(first).to_ascii_lowercase();
    let part = PARTS.iter().find(|(word, _)| kind == *word).map(|(_, part)| *part);
    match (named, part) {
        (Some(model), Some(part)) => Item::Part(model, part),
        (Some(model), None) if line.is_empty() => Item::Model(model),
        _ => Item::Beside(Cause::NotMetered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ownkey_protocol::instant::Instant;

    fn row(model: Option<&str>, line: Option<&str>) -> BilledRow {
        let words = |text: Option<&str>| text.map(str::to_owned);
        let empty = BilledRow::empty(Instant::default(), Instant::default());
        BilledRow { model: words(model), line: words(line), ..empty }
    }

    #[test]
    fn line_items_are_read_as_the_providers_write_them() {
        let part = |model: &str, part| Item::Part(model.to_owned(), part);
        let mini = "gpt-4o-mini-2024-07-18";
        for (model, line, is) in [
            (None, Some("gpt-4o-mini-2024-07-18, input"), part(mini, Part::TextIn)),
            (None, Some("gpt-4o-mini-2024-07-18, cached input"), part(mini, Part::CachedIn)),
            (None, Some("gpt-4o-mini-2024-07-18, output"), part(mini, Part::TextOut)),
            (Some("claude-sonnet-4-5"), Some("output_tokens"), part("claude-sonnet-4-5", Part::TextOut)),
            (None, Some("gpt-4o-mini-2024-07-18, batch, output"), part(mini, Part::TextOut)),
            (Some(mini), Some("gpt-4o-mini-2024-07-18, batch, input"), part(mini, Part::TextIn)),
            (Some("claude-sonnet-4-5"), Some("tokens, output_tokens"), part("claude-sonnet-4-5", Part::TextOut)),
            (Some("claude-sonnet-4-5"), None, Item::Model("claude-sonnet-4-5".to_owned())),
            (None, Some("VAT 19 %"), Item::Beside(Cause::Tax)),
            (None, Some("Refund for an outage"), Item::Beside(Cause::Refund)),
            (None, Some("vector store storage"), Item::Beside(Cause::NotMetered)),
            (None, Some("gpt-4o-mini, web search tool calls"), Item::Beside(Cause::NotMetered)),
            (None, None, Item::Beside(Cause::NotMetered)),
        ] {
            assert_eq!(item(&row(model, line)), is, "{model:?} {line:?}");
        }
    }
}
