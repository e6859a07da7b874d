//! Anthropic's `/v1/messages` body, as far as a call in OpenAI's shape can fill it.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

/// The body.
#[derive(Serialize)]
pub(super) struct Body<'b> {
    pub(super) model: Cow<'b, str>,
    pub(super) max_tokens: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) system: Vec<Block<'b>>,
    pub(super) messages: Vec<Turn<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tools: Vec<Tool<'b>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_choice: Option<Choice<'b>>,
    #[serde(skip_serializing_if = "OutputConfig::is_empty")]
    pub(super) output_config: OutputConfig<'b>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) stop_sequences: Vec<Cow<'b, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<&'b RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) top_p: Option<&'b RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_tier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<Metadata<'b>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<CacheControl>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) stream: bool,
}

#[derive(Serialize)]
pub(super) struct Metadata<'b> {
    pub(super) user_id: Cow<'b, str>,
}

#[derive(Serialize)]
pub(super) struct Turn<'b> {
    pub(super) role: Role,
    pub(super) content: Vec<Block<'b>>,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    User,
    Assistant,
    System,
}

#[derive(Serialize)]
pub(super) struct Block<'b> {
    #[serde(flatten)]
    pub(super) content: Content<'b>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<CacheControl>,
}

impl<'b> Block<'b> {
    pub(super) fn text(text: Cow<'b, str>) -> Self {
        Content::Text { text }.into()
    }
}

impl<'b> From<Content<'b>> for Block<'b> {
    fn from(content: Content<'b>) -> Self {
        Self { content, cache_control: None }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content<'b> {
    Text {
        text: Cow<'b, str>,
    },
    Image {
        source: Source<'b>,
    },
    Document {
        source: Source<'b>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<Cow<'b, str>>,
    },
    ToolUse {
        id: Cow<'b, str>,
        name: Cow<'b, str>,
        input: Box<RawValue>,
    },
    ToolResult {
        tool_use_id: Cow<'b, str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'b>>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'b> {
    Base64 { media_type: &'static str, data: Cow<'b, str> },
    Text { media_type: &'static str, data: String },
    Url { url: Cow<'b, str> },
}

#[derive(Serialize, Clone, Copy)]
pub(super) struct CacheControl {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ttl: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Tool<'b> {
    pub(super) name: Cow<'b, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<Cow<'b, str>>,
    pub(super) input_schema: Cow<'b, RawValue>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) strict: bool,
}

#[derive(Serialize, Clone)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Choice<'b> {
    Auto {
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        disable_parallel_tool_use: bool,
    },
    Any {
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        disable_parallel_tool_use: bool,
    },
    Tool {
        name: Cow<'b, str>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        disable_parallel_tool_use: bool,
    },
    None,
}

#[derive(Serialize, Default)]
pub(super) struct OutputConfig<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<Format<'b>>,
}

impl OutputConfig<'_> {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.format.is_none()
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Format<'b> {
    JsonSchema { schema: Cow<'b, RawValue> },
}

#[derive(Serialize, Clone, Copy)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Thinking {
    Adaptive,
    Disabled,
}
