//! Anthropic's whole answer as a `chat.completion`.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Asked;
use super::tools::JSON_TOOL;
use super::usage::{Stated, Usage};

/// The provider's answer is not one of Anthropic's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is not a message of Anthropic's")
    }
}

impl std::error::Error for Unreadable {}

/// Translates the body of a 200 answer to a call that was not streamed. `created` is the time in seconds since 1970.
///
/// Promises: the id and the model are Anthropic's; texts are joined without anything between them; a tool's arguments
/// are its input byte for byte; thoughts are left out and counted in `usage`; a refusal is told by `refusal` and
/// `finish_reason` `content_filter`.
///
/// # Errors
/// [`Unreadable`] when the body is not a message. The call may have been billed all the same.
///
/// Source: `Message` of PyPI `anthropic` 2.12, `CreateChatCompletionResponse` in OpenAI's specification.
pub fn answer(asked: Asked, body: &[u8], created: u64) -> Result<Vec<u8>, Unreadable> {
    let message: Message<'_> = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    if message.kind != "message" {
        return Err(Unreadable);
    }
    let (choice, tier) = (choice(asked, &message)?, message.usage.service_tier.as_deref());
    let completion = Completion {
        id: &message.id,
        object: "chat.completion",
        created,
        model: &message.model,
        choices: [choice],
        usage: message.usage.stated.into(),
        service_tier: tier.and_then(openai_tier),
    };
    serde_json::to_vec(&completion).map_err(|_| Unreadable)
}

fn choice<'m>(asked: Asked, message: &'m Message<'_>) -> Result<Choice<'m>, Unreadable> {
    let (mut content, mut tool_calls) = (None::<String>, Vec::new());
    for block in &message.content {
        match &*block.kind {
            "text" if !asked.json_answer => {
                content.get_or_insert_default().push_str(&text(block.text)?);
            }
            "tool_use" => {
                let (name, input) = (text(block.name)?, block.input.ok_or(Unreadable)?.get());
                if asked.json_answer && name == JSON_TOOL {
                    content.get_or_insert_default().push_str(input);
                } else {
                    tool_calls.push(ToolCall::new(text(block.id)?, name, input));
                }
            }
            _ => {}
        }
    }
    let stop = message.stop_reason.as_deref();
    let refusal = (stop == Some("refusal")).then(|| explanation(message.stop_details.as_ref()));
    let finish_reason = finish_reason(stop, !tool_calls.is_empty());
    let message = Said { role: "assistant", content, refusal, tool_calls };
    Ok(Choice { index: 0, message, logprobs: (), finish_reason })
}

fn text(raw: Option<&RawValue>) -> Result<Cow<'_, str>, Unreadable> {
    super::fields::text(raw.ok_or(Unreadable)?).map_err(|_| Unreadable)
}

/// `called` tells whether a tool of the caller's was called: ours is not worth telling.
pub(super) fn finish_reason(stop: Option<&str>, called: bool) -> &'static str {
    match stop {
        Some("tool_use") if called => "tool_calls",
        // A turn that was paused is not finished: OpenAI's one word for that is `length`.
        Some("max_tokens" | "model_context_window_exceeded" | "pause_turn") => "length",
        Some("refusal") => "content_filter",
        _ => "stop",
    }
}

/// Why an answer was refused, in Anthropic's words where there are any.
pub(super) fn explanation(details: Option<&StopDetails>) -> String {
    let words = details.and_then(|details| details.explanation.clone()).filter(|words| !words.is_empty());
    words.unwrap_or_else(|| "Anthropic's safety system stopped this answer.".to_owned())
}

/// Anthropic's `standard` and `priority`; a batch has no place here.
pub(super) fn openai_tier(tier: &str) -> Option<&'static str> {
    match tier {
        "standard" => Some("default"),
        "priority" => Some("priority"),
        _ => None,
    }
}

#[derive(Deserialize)]
pub(super) struct Message<'b> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'b, str>,
    #[serde(borrow)]
    pub(super) id: Cow<'b, str>,
    #[serde(borrow)]
    pub(super) model: Cow<'b, str>,
    #[serde(borrow)]
    content: Vec<Block<'b>>,
    #[serde(borrow)]
    stop_reason: Option<Cow<'b, str>>,
    stop_details: Option<StopDetails>,
    #[serde(borrow)]
    pub(super) usage: MessageUsage<'b>,
}

#[derive(Deserialize)]
pub(super) struct MessageUsage<'b> {
    #[serde(flatten)]
    pub(super) stated: Stated,
    #[serde(borrow)]
    pub(super) service_tier: Option<Cow<'b, str>>,
}

#[derive(Deserialize)]
pub(super) struct StopDetails {
    explanation: Option<String>,
}

/// A block of any kind: what is not looked at stays as it is.
#[derive(Deserialize)]
pub(super) struct Block<'b> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'b, str>,
    #[serde(borrow)]
    pub(super) id: Option<&'b RawValue>,
    #[serde(borrow)]
    pub(super) name: Option<&'b RawValue>,
    #[serde(borrow)]
    pub(super) input: Option<&'b RawValue>,
    #[serde(borrow)]
    pub(super) text: Option<&'b RawValue>,
}

#[derive(Serialize)]
struct Completion<'m> {
    id: &'m str,
    object: &'static str,
    created: u64,
    model: &'m str,
    choices: [Choice<'m>; 1],
    usage: Usage,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

#[derive(Serialize)]
struct Choice<'m> {
    index: u32,
    message: Said<'m>,
    /// Always `null`.
    logprobs: (),
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Said<'m> {
    role: &'static str,
    content: Option<String>,
    refusal: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'m>>,
}

#[derive(Serialize)]
struct ToolCall<'m> {
    id: Cow<'m, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'m>,
}

#[derive(Serialize)]
struct Function<'m> {
    name: Cow<'m, str>,
    arguments: &'m str,
}

impl<'m> ToolCall<'m> {
    fn new(id: Cow<'m, str>, name: Cow<'m, str>, arguments: &'m str) -> Self {
        Self { id, kind: "function", function: Function { name, arguments } }
    }
}
