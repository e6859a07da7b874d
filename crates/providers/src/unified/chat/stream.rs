//! Anthropic's events as `chat.completion.chunk`s.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Asked;
use super::answer::{Block, Message, StopDetails, explanation, finish_reason, openai_tier};
use super::error::{envelope, in_stream};
use super::events::Events;
use super::tools::JSON_TOOL;
use super::usage::{Stated, Usage};

/// A larger event of Anthropic's ends the stream with an error. Real ones are a few hundred bytes; thoughts that are
/// passed on closed can be some tens of kilobytes.
pub const EVENT_LIMIT: usize = 1024 * 1024;

/// As many blocks may be open at once; Anthropic opens one after the other.
const MOST_OPEN: usize = 64;

/// Turns the pieces of one of Anthropic's streams into a stream of OpenAI's.
///
/// Promises: the same bytes come out however the pieces are cut; at most one event is held ([`EVENT_LIMIT`]); the role
/// comes first, then content and tool calls as they come, then `finish_reason`, then usage if it was asked for, then
/// `[DONE]`; pings and thoughts are left out. A stream that breaks, that cannot be read or in which Anthropic reports
/// an error ends with a chunk that holds OpenAI's error envelope and without `[DONE]`, at which the SDKs raise
/// `APIError`: an answer that is not whole never looks whole.
///
/// Source: `RawMessageStreamEvent` of PyPI `anthropic` 2.12, `CreateChatCompletionStreamResponse` in OpenAI's
/// specification, `_streaming.py` of PyPI `openai` 3.57.
#[derive(Debug)]
pub struct Stream {
    events: Events,
    chunks: Chunks,
}

impl Stream {
    /// A stream that has not begun. `created` is the time in seconds since 1970, the same in every chunk.
    #[must_use]
    pub fn new(asked: Asked, created: u64) -> Self {
        let chunks = Chunks {
            asked,
            created,
            id: String::new(),
            model: String::new(),
            tier: None,
            started: false,
            ended: false,
            open: Vec::new(),
            calls: 0,
            usage: Stated::default(),
            stop: None,
            refusal: None,
            out: Vec::new(),
        };
        Self { events: Events::default(), chunks }
    }

    /// Takes the next bytes from Anthropic and gives those for the caller. After the end nothing comes any more.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        if !self.chunks.ended {
            let chunks = &mut self.chunks;
            if self.events.feed(piece, |data| chunks.event(data)).is_err() {
                chunks.break_off("An event of Anthropic's stream is too large.", "stream_unreadable");
            }
        }
        std::mem::take(&mut self.chunks.out)
    }

    /// Whether the last bytes have been given: Anthropic need not be listened to any more, but for its usage.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.chunks.ended
    }

    /// Anthropic's stream is over; gives what is left for the caller: nothing after a whole answer, else an error.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        if !self.chunks.ended {
            self.chunks.break_off("Anthropic's stream ended before the answer was whole.", "stream_cut");
        }
        self.chunks.out
    }
}

#[derive(Debug)]
struct Chunks {
    asked: Asked,
    created: u64,
    id: String,
    model: String,
    tier: Option<&'static str>,
    started: bool,
    ended: bool,
    /// The tool calls that are being told, by the index of their block.
    open: Vec<(u64, Call)>,
    /// How many of the caller's tools were called.
    calls: u32,
    usage: Stated,
    stop: Option<String>,
    refusal: Option<String>,
    out: Vec<u8>,
}

/// A tool call that is being told.
#[derive(Debug, Clone, Copy)]
struct Call {
    /// Its place among the calls; `None` for the tool that holds a JSON answer.
    place: Option<u32>,
    /// Some of its input has come.
    begun: bool,
}

impl Chunks {
    /// Reads one event; `false` when it was the last.
    fn event(&mut self, data: &[u8]) -> bool {
        let read = serde_json::from_slice::<Event<'_>>(data).map_err(drop).and_then(|event| self.take(event));
        if read.is_err() {
            self.break_off("An event of Anthropic's stream cannot be read.", "stream_unreadable");
        }
        !self.ended
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), ()> {
        match &*event.kind {
            "message_start" => self.start(read(event.message)?),
            "content_block_start" => self.block_starts(event.index.ok_or(())?, &read(event.content_block)?)?,
            "content_block_delta" => self.delta(event.index.ok_or(())?, read(event.delta)?),
            "content_block_stop" => self.block_stops(event.index.ok_or(())?),
            "message_delta" => self.message_delta(&event)?,
            "message_stop" => self.end()?,
            "error" => self.fail(in_stream(&event.error.map(read_raw).transpose()?.unwrap_or_default())),
            _ => {} // pings, and kinds that Anthropic may add
        }
        Ok(())
    }

    fn start(&mut self, message: Message<'_>) {
        self.id = message.id.into_owned();
        self.model = message.model.into_owned();
        self.tier = message.usage.service_tier.as_deref().and_then(openai_tier);
        self.usage.update(message.usage.stated);
        self.begin();
    }

    /// The role comes before everything else.
    fn begin(&mut self) {
        if !std::mem::replace(&mut self.started, true) {
            self.say(Delta { role: Some("assistant"), content: Some(""), ..Delta::default() });
        }
    }

    fn block_starts(&mut self, index: u64, block: &Block<'_>) -> Result<(), ()> {
        self.begin();
        match &*block.kind {
            "text" => self.text(&text(block.text)?),
            "tool_use" => {
                let (id, name) = (text(block.id)?, text(block.name)?);
                self.call_starts(index, &id, &name)?;
                let input = block.input.map_or("{}", RawValue::get);
                if !input.bytes().filter(|b| !b.is_ascii_whitespace()).eq(*b"{}") {
                    self.input(index, input);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn call_starts(&mut self, index: u64, id: &str, name: &str) -> Result<(), ()> {
        if self.open.len() == MOST_OPEN || self.open.iter().any(|(other, _)| *other == index) {
            return Err(());
        }
        let ours = self.asked.json_answer && name == JSON_TOOL;
        let place = (!ours).then_some(self.calls);
        self.open.push((index, Call { place, begun: false }));
        if let Some(place) = place {
            self.calls = self.calls.saturating_add(1);
            let function = Function { name: Some(name), arguments: "" };
            self.call(ToolCall { index: place, id: Some(id), kind: Some("function"), function });
        }
        Ok(())
    }

    fn delta(&mut self, index: u64, delta: BlockDelta<'_>) {
        self.begin();
        match (&*delta.kind, delta.text, delta.partial_json) {
            ("text_delta", Some(text), _) => self.text(&text),
            ("input_json_delta", _, Some(input)) => self.input(index, &input),
            _ => {} // thoughts, their signatures, citations
        }
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() && !self.asked.json_answer {
            self.say(Delta { content: Some(text), ..Delta::default() });
        }
    }

    /// A piece of a tool's input.
    fn input(&mut self, index: u64, input: &str) {
        let Some((_, call)) = self.open.iter_mut().find(|(other, _)| *other == index) else {
            return;
        };
        if input.is_empty() {
            return;
        }
        call.begun = true;
        match call.place {
            None => self.say(Delta { content: Some(input), ..Delta::default() }),
            Some(place) => {
                let function = Function { name: None, arguments: input };
                self.call(ToolCall { index: place, id: None, kind: None, function });
            }
        }
    }

    /// A call without input has an empty object as its arguments, as it has in a whole answer.
    fn block_stops(&mut self, index: u64) {
        let Some(at) = self.open.iter().position(|(other, _)| *other == index) else {
            return;
        };
        if !self.open[at].1.begun {
            self.input(index, "{}");
        }
        self.open.swap_remove(at);
    }

    fn message_delta(&mut self, event: &Event<'_>) -> Result<(), ()> {
        let delta: MessageDelta<'_> = read(event.delta)?;
        if let Some(usage) = event.usage {
            self.usage.update(read_raw(usage)?);
        }
        if let Some(stop) = delta.stop_reason {
            self.refusal = (stop == "refusal").then(|| explanation(delta.stop_details.as_ref()));
            self.stop = Some(stop.into_owned());
        }
        Ok(())
    }

    /// Without a reason to stop the answer is not whole.
    fn end(&mut self) -> Result<(), ()> {
        let finish = finish_reason(Some(self.stop.as_deref().ok_or(())?), self.calls > 0);
        self.begin();
        if let Some(refusal) = self.refusal.take() {
            self.say(Delta { refusal: Some(&refusal), ..Delta::default() });
        }
        self.chunk(Some(Choice { index: 0, delta: Delta::default(), logprobs: (), finish_reason: Some(finish) }), None);
        if self.asked.include_usage {
            self.chunk(None, Some(self.usage.into()));
        }
        self.write(b"[DONE]");
        self.ended = true;
        Ok(())
    }

    fn break_off(&mut self, words: &str, code: &str) {
        self.fail(envelope(words, "server_error", None, Some(code)));
    }

    fn fail(&mut self, envelope: Vec<u8>) {
        self.write(&envelope);
        self.ended = true;
    }

    fn call(&mut self, call: ToolCall<'_>) {
        self.say(Delta { tool_calls: Some([call]), ..Delta::default() });
    }

    fn say(&mut self, delta: Delta<'_>) {
        self.chunk(Some(Choice { index: 0, delta, logprobs: (), finish_reason: None }), None);
    }

    fn chunk(&mut self, choice: Option<Choice<'_>>, usage: Option<Usage>) {
        let chunk = Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices: choice.as_slice(),
            service_tier: self.tier,
            usage: self.asked.include_usage.then_some(usage),
        };
        let written = serde_json::to_vec(&chunk).unwrap_or_default(); // texts and numbers can always be written
        self.write(&written);
    }

    fn write(&mut self, data: &[u8]) {
        self.out.extend_from_slice(b"data: ");
        self.out.extend_from_slice(data);
        self.out.extend_from_slice(b"\n\n");
    }
}

fn read<'b, T: Deserialize<'b>>(raw: Option<&'b RawValue>) -> Result<T, ()> {
    read_raw(raw.ok_or(())?)
}

fn read_raw<'b, T: Deserialize<'b>>(raw: &'b RawValue) -> Result<T, ()> {
    serde_json::from_str(raw.get()).map_err(drop)
}

fn text(raw: Option<&RawValue>) -> Result<Cow<'_, str>, ()> {
    super::fields::text(raw.ok_or(())?).map_err(drop)
}

#[derive(Deserialize)]
struct Event<'b> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'b, str>,
    index: Option<u64>,
    #[serde(borrow)]
    message: Option<&'b RawValue>,
    #[serde(borrow)]
    content_block: Option<&'b RawValue>,
    #[serde(borrow)]
    delta: Option<&'b RawValue>,
    #[serde(borrow)]
    usage: Option<&'b RawValue>,
    #[serde(borrow)]
    error: Option<&'b RawValue>,
}

#[derive(Deserialize)]
struct BlockDelta<'b> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'b, str>,
    #[serde(borrow)]
    text: Option<Cow<'b, str>>,
    #[serde(borrow)]
    partial_json: Option<Cow<'b, str>>,
}

#[derive(Deserialize)]
struct MessageDelta<'b> {
    #[serde(borrow)]
    stop_reason: Option<Cow<'b, str>>,
    stop_details: Option<StopDetails>,
}

#[derive(Serialize)]
struct Chunk<'c> {
    id: &'c str,
    object: &'static str,
    created: u64,
    model: &'c str,
    choices: &'c [Choice<'c>],
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
    /// Absent, `null`, or the usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
}

#[derive(Serialize)]
struct Choice<'c> {
    index: u32,
    delta: Delta<'c>,
    /// Always `null`.
    logprobs: (),
    finish_reason: Option<&'static str>,
}

#[derive(Serialize, Default)]
struct Delta<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolCall<'c>; 1]>,
}

#[derive(Serialize)]
struct ToolCall<'c> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'c str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    function: Function<'c>,
}

#[derive(Serialize)]
struct Function<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    arguments: &'c str,
}
