//! OpenAI's list of messages as Anthropic's system prompt and turns.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::content::{Speaker, blocks, said};
use super::fields::{At, Object, Read, list, text};
use super::models::Takes;
use super::outgoing::{Block, Content, Role, Turn};
use super::tools::only_functions;
use super::{NotCarried, table};

/// A conversation in Anthropic's shape.
pub(super) struct Conversation<'b> {
    pub(super) system: Vec<Block<'b>>,
    pub(super) turns: Vec<Turn<'b>>,
    /// System messages that wait for the end of the user's turn: Anthropic takes them right after it only.
    waiting: Vec<Block<'b>>,
    takes: Takes,
}

/// Reads `messages`.
pub(super) fn read(raw: &RawValue, takes: Takes) -> Read<Conversation<'_>> {
    let mut conversation = Conversation { system: Vec::new(), turns: Vec::new(), waiting: Vec::new(), takes };
    for (number, raw) in list(raw)?.into_iter().enumerate() {
        conversation.message(raw).at(format_args!("[{number}]"))?;
    }
    conversation.end()
}

impl<'b> Conversation<'b> {
    fn message(&mut self, raw: &'b RawValue) -> Read<()> {
        let mut message = Object::read(raw)?;
        let role = message.must("role", text)?;
        if role == "function" {
            return Err(NotCarried::unsupported(table::row("messages[]{function}").how).within("role"));
        }
        message.refuse("name", "messages[].name")?;
        match &*role {
            "system" | "developer" => self.system(content(&mut message, Speaker::Other)?),
            "user" => self.add(Role::User, content(&mut message, Speaker::User)?),
            "assistant" => {
                let blocks = assistant(&mut message)?;
                self.add(Role::Assistant, blocks);
            }
            "tool" => {
                let result = tool_result(&mut message)?;
                self.add(Role::User, vec![result]);
            }
            _ => return Err(NotCarried::invalid("It is not a role.").within("role")),
        }
        message.end()
    }

    fn system(&mut self, blocks: Vec<Block<'b>>) {
        if self.turns.is_empty() {
            self.system.extend(blocks);
        } else if self.takes.system_turns {
            self.waiting.extend(blocks);
        } else {
            self.add(Role::User, blocks.into_iter().map(marked).collect());
        }
    }

    fn add(&mut self, role: Role, blocks: Vec<Block<'b>>) {
        if blocks.is_empty() {
            return;
        }
        if role == Role::Assistant {
            self.let_system_speak();
        }
        match self.turns.last_mut() {
            Some(turn) if turn.role == role => turn.content.extend(blocks),
            _ => self.turns.push(Turn { role, content: blocks }),
        }
    }

    fn let_system_speak(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        if self.turns.last().is_some_and(|turn| turn.role == Role::User) {
            self.turns.push(Turn { role: Role::System, content: waiting });
        } else {
            self.add(Role::User, waiting.into_iter().map(marked).collect());
        }
    }

    fn end(mut self) -> Read<Self> {
        self.let_system_speak();
        let last = self.turns.last().map(|turn| turn.role);
        if last.is_none_or(|role| role == Role::Assistant) {
            return Err(NotCarried::unsupported(table::row("messages").how));
        }
        Ok(self)
    }
}

/// A system message as text in the user's turn.
fn marked(block: Block<'_>) -> Block<'_> {
    let Content::Text { text } = block.content else {
        return block;
    };
    let text = Cow::Owned(format!("<system>\n{text}\n</system>"));
    Block { content: Content::Text { text }, cache_control: block.cache_control }
}

fn content<'b>(message: &mut Object<'b>, speaker: Speaker) -> Read<Vec<Block<'b>>> {
    message.must("content", |raw| blocks(raw, speaker))
}

fn assistant<'b>(message: &mut Object<'b>) -> Read<Vec<Block<'b>>> {
    message.refuse("audio", "messages[]{assistant}.audio")?;
    message.refuse("function_call", "messages[]{assistant}.function_call")?;
    message.refuse("annotations", "messages[]{assistant}.annotations")?;
    message.take("parsed");
    let content = message.get("content", |raw| blocks(raw, Speaker::Assistant))?;
    let refusal = message.get("refusal", text)?;
    let calls = message.get("tool_calls", tool_calls)?;
    if content.is_none() && refusal.is_none() && calls.is_none() {
        return Err(NotCarried::invalid("It is required.").within("content"));
    }
    let mut blocks = content.unwrap_or_default();
    blocks.extend(refusal.and_then(said));
    blocks.extend(calls.unwrap_or_default());
    Ok(blocks)
}

fn tool_calls(raw: &RawValue) -> Read<Vec<Block<'_>>> {
    let calls = list(raw)?.into_iter().enumerate();
    calls.map(|(number, raw)| tool_call(raw).at(format_args!("[{number}]"))).collect()
}

fn tool_call(raw: &RawValue) -> Read<Block<'_>> {
    let mut call = Object::read(raw)?;
    call.take("index");
    only_functions(&mut call, "messages[]{assistant}.tool_calls[].type")?;
    let id = call.must("id", |raw| tool_id(raw, "messages[]{assistant}.tool_calls[].id"))?;
    let (name, input) = call.must("function", called)?;
    call.end()?;
    Ok(Content::ToolUse { id, name, input }.into())
}

fn called(raw: &RawValue) -> Read<(Cow<'_, str>, Box<RawValue>)> {
    let mut function = Object::read(raw)?;
    let name = function.must("name", text)?;
    let input = function.must("arguments", arguments)?;
    function.take("parsed_arguments");
    function.end()?;
    Ok((name, input))
}

/// The object that the text is.
fn arguments(raw: &RawValue) -> Read<Box<RawValue>> {
    let text = text(raw)?;
    let written = match text.trim() {
        "" => "{}",
        written => written,
    };
    let input = RawValue::from_string(written.to_owned()).ok().filter(|input| input.get().starts_with('{'));
    let row = table::row("messages[]{assistant}.tool_calls[].function.arguments");
    input.ok_or_else(|| NotCarried::unsupported(row.how))
}

fn tool_result<'b>(message: &mut Object<'b>) -> Read<Block<'b>> {
    let tool_use_id = message.must("tool_call_id", |raw| tool_id(raw, "messages[]{tool}.tool_call_id"))?;
    let content = content(message, Speaker::Other)?;
    Ok(Content::ToolResult { tool_use_id, content }.into())
}

fn tool_id<'b>(raw: &'b RawValue, row: &str) -> Read<Cow<'b, str>> {
    let id = text(raw)?;
    let sound = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if sound { Ok(id) } else { Err(NotCarried::unsupported(table::row(row).how)) }
}
