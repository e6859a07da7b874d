//! Check: five verdicts about a key, found with calls that cost the client nothing (providers.md §2).
//!
//! The order is that of the questions: reach · key · model · credit · scope. What no free call can prove is said to be
//! not provable, with the reason, instead of being guessed. A key whose shape is another provider's or an admin key's is
//! refused without being sent anywhere.

mod anthropic;
mod findings;
mod gemini;
mod openai;
mod replicate;
mod stability;
mod weaker;

use http::HeaderMap;
use ownkey_protocol::vocabulary::{Account, Answer, Provider, Question, Use, Verdict, VerdictCode};
use ownkey_secret::Secret;
use serde_json::Value;

use crate::classify::{Pasted, classify};
use crate::endpoints::Endpoints;
use crate::http::{Ask, Http, Unheard};
use crate::mask::mask;
pub use crate::models::ModelOffer;
use crate::reply::{self, Reply};
use findings::Findings;
pub use weaker::{Snapshot, Weakness, weaker};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One verdict per question, in the order of the questions.
    pub verdicts: [Verdict; 5],
    /// Models that the account really offers, each with the uses that it serves.
    pub models: Vec<ModelOffer>,
    /// The account at the provider, as far as the key can tell.
    pub account: Account,
    /// The uses for which a permission is missing, as far as free calls can tell.
    pub lacking: Vec<Use>,
}

impl Report {
    /// Whether the provider refuses the key itself: `Some(true)` is the proof that it was revoked. A refusal for the
    /// place from which it was asked proves nothing, nor does silence: `None`.
    #[must_use]
    pub fn refused_for_good(&self) -> Option<bool> {
        let verdict = |what| self.verdicts.iter().find(|v| v.what == what);
        let (reach, key) = (verdict(Question::Reach)?, verdict(Question::Key)?);
        match (reach.answer, key.answer, key.code) {
            (Answer::Yes, Answer::Yes, _) => Some(false),
            (
                Answer::Yes,
                Answer::No,
                VerdictCode::KeyRefused | VerdictCode::KeyExpired | VerdictCode::KeyLeaked | VerdictCode::KindRetired,
            ) => Some(true),
            _ => None,
        }
    }
}

/// Checks `key` with `provider` for `uses`. Takes at most a few requests, each within [`crate::http::WHOLE_LIMIT`].
///
/// Never fails: what went wrong is a verdict. Nothing of the key is in the report.
pub async fn check(http: &Http, endpoints: &Endpoints, provider: Provider, key: &Secret, uses: &[Use]) -> Report {
    if let Some(code) = refused_by_shape(provider, key) {
        return Findings::new().key_refused(code, None).report(uses);
    }
    let asker = Asker { http, endpoints, provider, key };
    let findings = match provider {
        Provider::OpenAi => openai::check(&asker, uses).await,
        Provider::Anthropic => anthropic::check(&asker, uses).await,
        Provider::Gemini => gemini::check(&asker, uses).await,
        Provider::Stability => stability::check(&asker, uses).await,
        Provider::Replicate => replicate::check(&asker, uses).await,
    };
    findings.report(uses)
}

/// Why a key is not even sent: to send it would show one company the key of another, or an admin key to no purpose.
fn refused_by_shape(provider: Provider, key: &Secret) -> Option<VerdictCode> {
    // EXPOSE: the shape of the key decides to whom it may be sent; nothing of it is kept.
    key.expose(|bytes| match classify(std::str::from_utf8(bytes).ok()?) {
        Pasted::Admin { provider: of } if of == provider => Some(VerdictCode::AdminKey),
        Pasted::Admin { .. } => Some(VerdictCode::OtherProvider),
        Pasted::Work { provider: of, .. } if of != provider => Some(VerdictCode::OtherProvider),
        Pasted::Ambiguous { providers } if !providers.contains(&provider) => Some(VerdictCode::OtherProvider),
        _ => None,
    })
}

/// Asks one provider with one key.
pub(crate) struct Asker<'a> {
    pub(crate) http: &'a Http,
    pub(crate) endpoints: &'a Endpoints,
    pub(crate) provider: Provider,
    pub(crate) key: &'a Secret,
}

/// An answer, read.
pub(crate) struct Told {
    pub(crate) reply: Reply,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// `Null` when the body is not JSON.
    pub(crate) body: Value,
    /// The provider's words, fit to be shown.
    pub(crate) words: Option<String>,
}

impl Asker<'_> {
    pub(crate) async fn ask(&self, ask: Ask<'_>) -> Result<Told, Unheard> {
        let heard = self.http.ask(self.endpoints, self.provider, Some(self.key), ask).await?;
        let body: Value = serde_json::from_slice(&heard.body).unwrap_or(Value::Null);
        let words = reply::said(self.provider, &body);
        Ok(Told {
            reply: self.fitted(reply::classify(self.provider, heard.status, &body)),
            status: heard.status.as_u16(),
            headers: heard.headers,
            words: (!words.is_empty()).then(|| shown(self.key, &words)),
            body,
        })
    }

    /// Google answers a key of the retired kind and a wrong key of today's kind alike; the shape tells which it is.
    fn fitted(&self, reply: Reply) -> Reply {
        // EXPOSE: only whether the key has the older shape comes out.
        let older = || self.key.expose(|bytes| bytes.starts_with(b"AIza"));
        match reply {
            Reply::Dead(VerdictCode::KindRetired) if !older() => Reply::Dead(VerdictCode::KeyRefused),
            other => other,
        }
    }

    /// The first question to a provider. `Err` holds findings that are complete.
    pub(crate) async fn first(&self, path: &str) -> Result<(Box<Findings>, Told), Box<Findings>> {
        match self.ask(Ask::get(path)).await {
            Ok(told) => Findings::first(told),
            Err(unheard) => Err(Findings::unheard(unheard)),
        }
    }
}

/// A provider's own words: without the key, in one line, at most 300 characters.
fn shown(key: &Secret, words: &str) -> String {
    const MOST: usize = 300;
    let one_line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let masked = key.masked_in(&mask(&one_line));
    if masked.chars().count() <= MOST {
        return masked;
    }
    masked.chars().take(MOST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_key_of_another_shape_is_not_sent() {
        let anthropic = secret(&format!("sk-ant-api03-{}AA", "z".repeat(93)));
        let admin = secret(&format!("sk-admin-{}T3BlbkFJ{}", "a".repeat(58), "b".repeat(58)));
        let bare = secret(&format!("sk-{}", "e".repeat(48)));
        assert_eq!(refused_by_shape(Provider::OpenAi, &anthropic), Some(VerdictCode::OtherProvider));
        assert_eq!(refused_by_shape(Provider::Anthropic, &anthropic), None);
        assert_eq!(refused_by_shape(Provider::OpenAi, &admin), Some(VerdictCode::AdminKey));
        assert_eq!(refused_by_shape(Provider::Stability, &admin), Some(VerdictCode::OtherProvider));
        assert_eq!(refused_by_shape(Provider::OpenAi, &bare), None);
        assert_eq!(refused_by_shape(Provider::Stability, &bare), None);
        assert_eq!(refused_by_shape(Provider::Gemini, &bare), Some(VerdictCode::OtherProvider));
        assert_eq!(refused_by_shape(Provider::Gemini, &secret("some-new-shape-of-2027")), None);
    }

    #[test]
    fn words_are_masked_and_short() {
        let key = secret("r8_0123456789abcdefghijklmnopqrstuvwxyzA");
        let words = format!("bad  key 23456789abcdefghij and sk-proj-{}\n{}", "aB3".repeat(20), "x ".repeat(400));
        let shown = shown(&key, &words);
        assert!(shown.starts_with("bad key •••• and sk-proj-••••"), "{shown}");
        assert_eq!(shown.chars().count(), 300);
    }
}
