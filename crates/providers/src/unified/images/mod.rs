//! The unified images route: OpenAI's `images/generations` shape to Gemini, Stability and Replicate, and their pictures back.
//!
//! At OpenAI a call goes out as it is. Everywhere else each field of [`table`] is carried, carried with a limit, or refused
//! by name; fields that are not in it are refused.

mod order;
mod outgoing;
mod pictures;
pub mod table;
#[cfg(test)]
mod tests;

use ownkey_protocol::vocabulary::Provider;
use serde_json::{Value, json};

use crate::meter::Units;

pub use order::{Deliver, Order, read};
pub use outgoing::{Outgoing, outgoing};
pub use pictures::{Made, Picture, kind, made};

/// What cannot be carried, for the assistant's author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCarried {
    /// The field; empty when it is the body as a whole, or the provider's answer.
    pub field: String,
    /// One sentence.
    pub why: String,
    /// A code that programs read.
    pub code: &'static str,
}

impl NotCarried {
    fn field(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into(), code: "unsupported_parameter" }
    }

    /// OpenAI's envelope for it.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        error(&self.why, Some(self.field.as_str()).filter(|field| !field.is_empty()), self.code)
    }
}

/// An error in OpenAI's envelope.
#[must_use]
pub fn error(message: &str, param: Option<&str>, code: &str) -> Vec<u8> {
    json!({"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}})
        .to_string()
        .into_bytes()
}

/// What a provider said about a call that failed, in OpenAI's envelope; the status stays as it is.
#[must_use]
pub fn failure(provider: Provider, status: u16, body: &Value) -> Vec<u8> {
    let kind = match status {
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    let said = crate::reply::said(provider, body);
    let moderated = body["name"] == "content_moderation";
    let code = if moderated { Value::from(MODERATED) } else { Value::Null };
    json!({"error": {"message": said, "type": kind, "param": null, "code": code}}).to_string().into_bytes()
}

/// The code of OpenAI for a prompt that was refused.
const MODERATED: &str = "moderation_blocked";

/// One picture as the caller gets it.
pub enum Delivered {
    /// In the answer, as base64.
    Inside(String),
    /// Behind an address.
    Address(String),
}

/// The answer to the caller.
#[must_use]
pub fn answer(created: u64, order: &Order, pictures: &[Delivered], format: &str, units: Option<&Units>) -> Vec<u8> {
    let data: Vec<Value> = pictures
        .iter()
        .map(|picture| match picture {
            Delivered::Inside(base64) => json!({ "b64_json": base64 }),
            Delivered::Address(url) => json!({ "url": url }),
        })
        .collect();
    let mut body = json!({"created": created, "data": data, "background": "opaque", "output_format": format});
    if let Some(size) = &order.size {
        body["size"] = size.clone().into();
    }
    if let Some(units) = units.filter(|units| units.input + units.output > 0) {
        body["usage"] = json!({
            "input_tokens": units.input,
            "input_tokens_details": {"text_tokens": units.input - units.image_in.min(units.input), "image_tokens": units.image_in},
            "output_tokens": units.output,
            "total_tokens": units.input + units.output,
        });
    }
    body.to_string().into_bytes()
}
