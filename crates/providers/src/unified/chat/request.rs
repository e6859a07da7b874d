//! A chat call in OpenAI's shape as a body for Anthropic's `/v1/messages`.

use serde_json::value::RawValue;

use super::fields::{At, Object, Read, text, yes};
use super::outgoing::{Body, OutputConfig};
use super::table::{Carried, TABLE};
use super::{NotCarried, cache, messages, models, sampling, tools};

/// A translated call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The body for `POST /v1/messages`, to be sent with [`super::ANTHROPIC_VERSION`].
    pub body: Vec<u8>,
    /// What the way back must know.
    pub asked: Asked,
}

/// What a call asked for, as far as it decides how its answer looks in OpenAI's shape.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// A stream of events: [`super::Stream`] instead of [`super::answer`].
    pub stream: bool,
    /// One more chunk with the usage.
    pub include_usage: bool,
    /// Any JSON object: the answer comes as the input of a tool of ours.
    pub(super) json_answer: bool,
}

/// Translates a whole body.
///
/// Promises: every field of the body is either in the new one or accounted for in [`TABLE`]; schemas, tool arguments
/// and base64 are passed on byte for byte. The work and the memory grow with the body's length and not faster.
///
/// # Errors
/// [`NotCarried`] names the first field that cannot be carried, that is not known, or that is not what OpenAI's schema
/// says. Then nothing may be sent.
///
/// Source: `CreateChatCompletionRequest` in OpenAI's specification, `MessageCreateParams` of PyPI `anthropic` 2.12.
pub fn to_anthropic(body: &[u8]) -> Result<Request, NotCarried> {
    let raw: &RawValue = serde_json::from_slice(body).map_err(|_| NotCarried::invalid("It is not JSON in UTF-8."))?;
    let mut call = Object::read(raw)?;
    for row in TABLE.iter().filter(|row| row.carried == Carried::Refused && !row.field.contains(['.', '['])) {
        call.refuse(row.field, row.field)?;
    }
    let (body, asked) = translate(&mut call)?;
    call.end()?;
    let body = serde_json::to_vec(&body).map_err(|_| NotCarried::invalid("It cannot be written as JSON."))?;
    Ok(Request { body, asked })
}

fn translate<'b>(call: &mut Object<'b>) -> Read<(Body<'b>, Asked)> {
    let model = call.must("model", text)?;
    let takes = models::takes(&model);
    let (stream, include_usage) = stream(call)?;
    let mut tools = tools::read(call)?;
    let conversation = call.must("messages", |raw| messages::read(raw, takes))?;
    tools.define_called(&conversation.turns)?;
    let effort = call.get("reasoning_effort", |raw| sampling::effort(raw, takes, tools.forced()))?;
    let (effort, thinking) = effort.unwrap_or_default();
    let caching = cache::read(call)?;
    let asked = Asked { stream, include_usage, json_answer: tools.json_answer };
    let mut body = Body {
        model,
        max_tokens: sampling::max_tokens(call)?,
        system: conversation.system,
        messages: conversation.turns,
        tools: tools.tools,
        tool_choice: tools.choice,
        output_config: OutputConfig { effort, format: tools.format },
        thinking,
        stop_sequences: call.get("stop", sampling::stop)?.unwrap_or_default(),
        temperature: sampling::chance(call, "temperature")?,
        top_p: sampling::chance(call, "top_p")?,
        service_tier: call.get("service_tier", sampling::tier)?,
        metadata: sampling::user(call)?,
        cache_control: None,
        stream,
    };
    caching.apply(&mut body);
    Ok((body, asked))
}

/// `stream` and whether usage is asked for.
fn stream(call: &mut Object<'_>) -> Read<(bool, bool)> {
    let stream = call.get("stream", yes)?.unwrap_or(false);
    let Some(raw) = call.take("stream_options") else {
        return Ok((stream, false));
    };
    if !stream {
        return Err(NotCarried::invalid("It goes with 'stream' only.").within("stream_options"));
    }
    let include_usage = stream_options(raw).at("stream_options")?;
    Ok((stream, include_usage))
}

fn stream_options(raw: &RawValue) -> Read<bool> {
    let mut options = Object::read(raw)?;
    options.refuse("include_obfuscation", "stream_options.include_obfuscation")?;
    let include_usage = options.get("include_usage", yes)?.unwrap_or(false);
    options.end()?;
    Ok(include_usage)
}
