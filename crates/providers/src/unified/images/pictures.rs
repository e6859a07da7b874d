//! The picture in a provider's answer.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ownkey_protocol::vocabulary::Provider;
use serde_json::Value;

use super::{MODERATED, NotCarried};

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// As base64.
    Inside(String),
    /// At this address of the provider, from where it must be fetched.
    At(String),
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// The picture.
    Picture(Picture),
    /// It is not done: ask for this prediction again.
    Later(String),
}

/// Finds the picture in an answer that was a success.
///
/// # Errors
/// Why there is none, as the provider says it.
pub fn made(provider: Provider, body: &[u8]) -> Result<Made, NotCarried> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match provider {
        Provider::Gemini => gemini(&body),
        Provider::Stability => match body["image"].as_str() {
            Some(_) if body["finish_reason"] == "CONTENT_FILTERED" => Err(blocked("CONTENT_FILTERED")),
            Some(image) => inside(image),
            None => Err(nothing("the answer holds no picture")),
        },
        Provider::Replicate => replicate(&body),
        Provider::OpenAi | Provider::Anthropic => Err(nothing("this account makes no pictures")),
    }
}

fn inside(base64: &str) -> Result<Made, NotCarried> {
    match BASE64_STANDARD.decode(base64) {
        Ok(bytes) if kind(&bytes).is_some() => Ok(Made::Picture(Picture::Inside(base64.to_owned()))),
        _ => Err(nothing("the answer holds no PNG, JPEG or WebP")),
    }
}

fn gemini(body: &Value) -> Result<Made, NotCarried> {
    let parts = body["candidates"][0]["content"]["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(data) = parts.iter().find_map(|part| part["inlineData"]["data"].as_str()) {
        return inside(data);
    }
    let reason = body["promptFeedback"]["blockReason"].as_str().or(body["candidates"][0]["finishReason"].as_str());
    match reason {
        Some("STOP" | "MAX_TOKENS" | "OTHER") | None => Err(nothing("the model answered without a picture")),
        Some(reason) => Err(blocked(reason)),
    }
}

fn replicate(body: &Value) -> Result<Made, NotCarried> {
    let id = || body["id"].as_str().map(str::to_owned);
    match body["status"].as_str() {
        Some("starting" | "processing") => id().map(Made::Later).ok_or_else(|| nothing("the prediction has no id")),
        Some("succeeded") => {
            let output = if body["output"].is_array() { &body["output"][0] } else { &body["output"] };
            match output.as_str() {
                Some(data) if data.starts_with("data:") => {
                    inside(data.split_once(";base64,").map_or("", |(_, base64)| base64))
                }
                Some(address) if address.starts_with("http") => Ok(Made::Picture(Picture::At(address.to_owned()))),
                _ => Err(nothing("the model put out no picture")),
            }
        }
        Some("failed") if body["error"].as_str().is_some_and(|e| e.to_lowercase().contains("nsfw")) => {
            Err(blocked("NSFW"))
        }
        _ => Err(nothing(body["error"].as_str().unwrap_or("the prediction did not succeed"))),
    }
}

fn nothing(why: &str) -> NotCarried {
    NotCarried { field: String::new(), why: format!("No picture: {why}."), code: "no_picture" }
}

fn blocked(reason: &str) -> NotCarried {
    let why = format!("The provider refused the prompt or the picture ({reason}).");
    NotCarried { field: String::new(), why, code: MODERATED }
}

/// The kind of a picture file, by its beginning: as a content type, and as OpenAI's word.
#[must_use]
pub fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(b"\x89PNG") {
        Some(("image/png", "png"))
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some(("image/jpeg", "jpeg"))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(("image/webp", "webp"))
    } else {
        None
    }
}
