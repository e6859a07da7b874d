//! What a provider's answer means for a key: one closed table per provider (providers.md §2).
//!
//! The status alone never decides; where the provider has a code, the code does.

mod table;

use http::StatusCode;
use ownkey_protocol::vocabulary::{Provider, VerdictCode};
use serde_json::Value;

use table::Place;
pub use table::{Row, TABLE};

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// A success.
    Ok,
    /// The key is not accepted; why.
    Dead(VerdictCode),
    /// The account has no money left, or a limit that its owner set was reached.
    Drained(VerdictCode),
    /// The key lives but may not do this.
    Permission(VerdictCode),
    /// Slow down.
    Rate,
    /// The provider's own trouble.
    Outage,
    /// Anything else: the caller's matter.
    Other,
}

/// The provider's own words in an error body; empty when there are none.
#[must_use]
pub fn said(provider: Provider, body: &Value) -> String {
    let text = match provider {
        Provider::OpenAi | Provider::Anthropic | Provider::Gemini => {
            body["error"]["message"].as_str().map(str::to_owned)
        }
        Provider::Stability => body["message"].as_str().map(str::to_owned).or_else(|| {
            let list = body["errors"].as_array()?;
            Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }),
        Provider::Replicate => body["detail"].as_str().map(str::to_owned),
    };
    text.unwrap_or_default()
}

/// Reads an answer.
#[must_use]
pub fn classify(provider: Provider, status: StatusCode, body: &Value) -> Reply {
    if status.is_success() {
        return Reply::Ok;
    }
    if status.is_server_error() {
        return Reply::Outage;
    }
    TABLE.iter().find(|row| row.fits(provider, status.as_u16(), body)).map_or(Reply::Other, |row| row.reply)
}

impl Row {
    fn fits(&self, provider: Provider, status: u16, body: &Value) -> bool {
        if self.provider != provider || !self.statuses.contains(&status) {
            return false;
        }
        let words = || said(provider, body).to_ascii_lowercase();
        match self.place {
            Place::Code => self.any_of.contains(&code(provider, body)),
            Place::Kind => self.any_of.contains(&body["error"]["type"].as_str().unwrap_or_default()),
            Place::Begins => self.any_of.iter().any(|text| words().starts_with(text)),
            Place::Says => self.any_of.iter().any(|text| words().contains(text)),
            Place::Nothing => true,
        }
    }
}

/// The machine's word in an error body; empty when there is none.
fn code(provider: Provider, body: &Value) -> &str {
    let error = &body["error"];
    let found = match provider {
        Provider::OpenAi => error["code"].as_str().or(error["type"].as_str()),
        Provider::Anthropic => error["details"]["error_code"].as_str(),
        Provider::Gemini => error["details"].as_array().and_then(|d| d.iter().find_map(|e| e["reason"].as_str())),
        Provider::Stability => body["name"].as_str(),
        Provider::Replicate => None,
    };
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests;
