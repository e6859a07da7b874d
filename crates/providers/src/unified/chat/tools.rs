//! Tools, the choice among them, and JSON answers.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::fields::{At, Object, Read, list, object_as_it_stands, text, yes};
use super::outgoing::{Choice, Content, Format, Tool, Turn};
use super::{NotCarried, table};

/// The tool whose input is the answer where any JSON object is asked for.
pub(super) const JSON_TOOL: &str = "ownkey_json_answer";

const JSON_TOOL_SAYS: &str =
    "Gives the answer. Call it once; its input is the whole answer, a JSON object in the shape that was asked for.";
const NO_SUCH_TOOL: &str = "It is not the name of one of 'tools'.";
const ANY_OBJECT: &str = r#"{"type":"object","additionalProperties":true}"#;

/// What a call says about tools.
pub(super) struct Tools<'b> {
    pub(super) tools: Vec<Tool<'b>>,
    pub(super) choice: Option<Choice<'b>>,
    /// How the answer is to look.
    pub(super) format: Option<Format<'b>>,
    /// The answer comes as the input of [`JSON_TOOL`].
    pub(super) json_answer: bool,
}

impl Tools<'_> {
    /// The model has to call a tool.
    pub(super) fn forced(&self) -> bool {
        matches!(self.choice, Some(Choice::Any { .. } | Choice::Tool { .. }))
    }
}

impl<'b> Tools<'b> {
    /// Anthropic takes a conversation in which tools were called with tools beside it alone, OpenAI without any too. So
    /// where none are sent, the called ones are defined by name, and none may be called.
    pub(super) fn define_called(&mut self, turns: &[Turn<'b>]) -> Read<()> {
        if !self.tools.is_empty() {
            return Ok(());
        }
        let mut defined = HashSet::new();
        for block in turns.iter().flat_map(|turn| &turn.content) {
            if let Content::ToolUse { name, .. } = &block.content
                && defined.insert(name.clone())
            {
                let input_schema = with_first(empty()?, |_| true, "type", "object")?;
                self.tools.push(Tool { name: name.clone(), description: None, input_schema, strict: false });
                self.choice = Some(Choice::None);
            }
        }
        Ok(())
    }
}

/// What `response_format` asks for.
enum Shape<'b> {
    Text,
    Schema(Format<'b>),
    Object,
}

/// Reads `tools`, `tool_choice`, `parallel_tool_calls` and `response_format`.
pub(super) fn read<'b>(call: &mut Object<'b>) -> Read<Tools<'b>> {
    let mut tools = call.get("tools", tools)?.unwrap_or_default();
    let one_at_a_time = call.get("parallel_tool_calls", yes)? == Some(false);
    let choice = call.get("tool_choice", |raw| choice(raw, &mut tools, one_at_a_time))?;
    let shape = call.get("response_format", shape)?.unwrap_or(Shape::Text);
    let choice = match choice {
        Some(Choice::Auto { .. } | Choice::None) if tools.is_empty() => None,
        None if one_at_a_time && !tools.is_empty() => Some(Choice::Auto { disable_parallel_tool_use: true }),
        choice => choice,
    };
    let mut read = Tools { tools, choice, format: None, json_answer: false };
    match shape {
        Shape::Text => {}
        Shape::Schema(format) => read.format = Some(format),
        Shape::Object if read.forced() => {}
        Shape::Object => ask_for_json(&mut read, one_at_a_time)?,
    }
    Ok(read)
}

/// Lets the model answer by [`JSON_TOOL`], or call one of the caller's tools where it may.
fn ask_for_json(read: &mut Tools<'_>, one_at_a_time: bool) -> Read<()> {
    if read.tools.iter().any(|tool| tool.name == JSON_TOOL) {
        return Err(
            NotCarried::unsupported("A tool has the name that this route uses for JSON answers.").within("tools")
        );
    }
    let none_of_theirs = read.tools.is_empty() || matches!(read.choice, Some(Choice::None));
    read.choice = Some(if none_of_theirs {
        Choice::Tool { name: Cow::Borrowed(JSON_TOOL), disable_parallel_tool_use: true }
    } else {
        Choice::Any { disable_parallel_tool_use: one_at_a_time }
    });
    let schema = RawValue::from_string(ANY_OBJECT.to_owned())
        .map_err(|_| NotCarried::invalid("It cannot be asked for.").within("response_format"))?;
    read.tools.push(Tool {
        name: Cow::Borrowed(JSON_TOOL),
        description: Some(Cow::Borrowed(JSON_TOOL_SAYS)),
        input_schema: Cow::Owned(schema),
        strict: false,
    });
    read.json_answer = true;
    Ok(())
}

fn tools(raw: &RawValue) -> Read<Vec<Tool<'_>>> {
    let tools = list(raw)?.into_iter().enumerate();
    tools.map(|(number, raw)| tool(raw).at(format_args!("[{number}]"))).collect()
}

fn tool(raw: &RawValue) -> Read<Tool<'_>> {
    let mut tool = Object::read(raw)?;
    only_functions(&mut tool, "tools[].type")?;
    let function = tool.must("function", function)?;
    tool.end()?;
    Ok(function)
}

/// Reads a `type` that must be `function`; another one is refused in the words of `row`.
pub(super) fn only_functions(object: &mut Object<'_>, row: &str) -> Read<()> {
    match &*object.must("type", text)? {
        "function" => Ok(()),
        _ => Err(NotCarried::unsupported(table::row(row).how).within("type")),
    }
}

fn function(raw: &RawValue) -> Read<Tool<'_>> {
    let mut function = Object::read(raw)?;
    let tool = Tool {
        name: function.must("name", text)?,
        description: function.get("description", text)?.filter(|text| !text.is_empty()),
        input_schema: match function.get("parameters", object_as_it_stands)? {
            Some(schema) => with_first(schema, |has| has.kind.is_none(), "type", "object")?,
            None => with_first(empty()?, |_| true, "type", "object")?,
        },
        strict: function.get("strict", yes)?.unwrap_or(false),
    };
    function.end()?;
    Ok(tool)
}

fn empty<'b>() -> Read<&'b RawValue> {
    serde_json::from_str(r#"{"properties":{}}"#).map_err(|_| NotCarried::invalid("It must be an object."))
}

fn choice<'b>(raw: &'b RawValue, tools: &mut Vec<Tool<'b>>, one_at_a_time: bool) -> Read<Choice<'b>> {
    let disable_parallel_tool_use = one_at_a_time;
    let choice = if raw.get().starts_with('"') {
        match &*text(raw)? {
            "none" => Choice::None,
            "auto" => Choice::Auto { disable_parallel_tool_use },
            "required" => Choice::Any { disable_parallel_tool_use },
            _ => return Err(NotCarried::invalid("It must be 'none', 'auto', 'required' or an object.")),
        }
    } else {
        chosen(raw, tools, one_at_a_time)?
    };
    if tools.is_empty() && !matches!(choice, Choice::None | Choice::Auto { .. }) {
        return Err(NotCarried::invalid("It needs 'tools'."));
    }
    Ok(choice)
}

fn chosen<'b>(raw: &'b RawValue, tools: &mut Vec<Tool<'b>>, one_at_a_time: bool) -> Read<Choice<'b>> {
    let mut chosen = Object::read(raw)?;
    let kind = chosen.must("type", text)?;
    let choice = match &*kind {
        "function" => {
            let name = chosen.must("function", named)?;
            if !tools.iter().any(|tool| tool.name == name) {
                return Err(NotCarried::invalid(NO_SUCH_TOOL).within("function.name"));
            }
            Choice::Tool { name, disable_parallel_tool_use: one_at_a_time }
        }
        "allowed_tools" => chosen.must("allowed_tools", |raw| allowed(raw, tools, one_at_a_time))?,
        _ => return Err(NotCarried::unsupported(table::row("tool_choice").how).within("type")),
    };
    chosen.end()?;
    Ok(choice)
}

fn named(raw: &RawValue) -> Read<Cow<'_, str>> {
    let mut function = Object::read(raw)?;
    let name = function.must("name", text)?;
    function.end()?;
    Ok(name)
}

/// Takes away the tools that are not allowed, which is the same for the model.
fn allowed<'b>(raw: &'b RawValue, tools: &mut Vec<Tool<'b>>, one_at_a_time: bool) -> Read<Choice<'b>> {
    let mut allowed = Object::read(raw)?;
    let mode = allowed.must("mode", text)?;
    let known: HashSet<&str> = tools.iter().map(|tool| &*tool.name).collect();
    let names = allowed.must("tools", list)?.into_iter().enumerate();
    let names: HashSet<Cow<'b, str>> = names
        .map(|(number, raw)| allowed_function(raw, &known).at(format_args!("tools[{number}]")))
        .collect::<Read<_>>()?;
    allowed.end()?;
    tools.retain(|tool| names.contains(&tool.name));
    match &*mode {
        "auto" => Ok(Choice::Auto { disable_parallel_tool_use: one_at_a_time }),
        "required" => Ok(Choice::Any { disable_parallel_tool_use: one_at_a_time }),
        _ => Err(NotCarried::invalid("It must be 'auto' or 'required'.").within("mode")),
    }
}

fn allowed_function<'b>(raw: &'b RawValue, known: &HashSet<&str>) -> Read<Cow<'b, str>> {
    let mut tool = Object::read(raw)?;
    only_functions(&mut tool, "tool_choice")?;
    let name = tool.must("function", named)?;
    tool.end()?;
    if known.contains(&*name) { Ok(name) } else { Err(NotCarried::invalid(NO_SUCH_TOOL).within("function.name")) }
}

fn shape(raw: &RawValue) -> Read<Shape<'_>> {
    let mut format = Object::read(raw)?;
    let shape = match &*format.must("type", text)? {
        "text" => Shape::Text,
        "json_object" => Shape::Object,
        "json_schema" => Shape::Schema(format.must("json_schema", schema)?),
        _ => return Err(NotCarried::invalid("It must be 'text', 'json_schema' or 'json_object'.").within("type")),
    };
    format.end()?;
    Ok(shape)
}

fn schema(raw: &RawValue) -> Read<Format<'_>> {
    let mut format = Object::read(raw)?;
    let name = format.must("name", text)?;
    let description = format.get("description", text)?;
    format.get("strict", yes)?;
    let mut schema = Cow::Borrowed(format.must("schema", object_as_it_stands)?);
    format.end()?;
    if let Some(description) = description {
        schema =
            Cow::Owned(with_first(&schema, |has| has.description.is_none(), "description", &description)?.into_owned());
    }
    let schema = with_first(&schema, |has| has.title.is_none(), "title", &name)?.into_owned();
    Ok(Format::JsonSchema { schema: Cow::Owned(schema) })
}

/// What a schema says of itself.
#[derive(Deserialize)]
struct Has {
    #[serde(rename = "type")]
    kind: Option<IgnoredAny>,
    title: Option<IgnoredAny>,
    description: Option<IgnoredAny>,
}

/// The schema with one more text in front, if `lacks` it; every other byte stays.
fn with_first<'b>(schema: &'b RawValue, lacks: fn(&Has) -> bool, name: &str, value: &str) -> Read<Cow<'b, RawValue>> {
    let wrong = |_| NotCarried::invalid("It must be a JSON schema.");
    if !lacks(&serde_json::from_str(schema.get()).map_err(wrong)?) {
        return Ok(Cow::Borrowed(schema));
    }
    let rest = schema.get().strip_prefix('{').unwrap_or_default().trim_start();
    let comma = if rest.starts_with('}') { "" } else { "," };
    let value = serde_json::to_string(value).map_err(wrong)?;
    let text = format!("{{\"{name}\":{value}{comma}{rest}");
    RawValue::from_string(text).map(Cow::Owned).map_err(wrong)
}
