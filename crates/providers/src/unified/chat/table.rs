//! What becomes of each field of a chat call at Anthropic, as data: the refusals take their words from here, and
//! `docs/unified.md` is made from it.

use std::fmt::Write as _;

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// It means at Anthropic what it means at OpenAI.
    Whole,
    /// It is carried as far as the sentence says; what lies beyond is refused by name or named there.
    Limited,
    /// It is refused by name, with the sentence as the reason.
    Refused,
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its place in the body; `[]` stands for each of a list, `{user}` for the role of a message.
    pub field: &'static str,
    /// What becomes of it.
    pub carried: Carried,
    /// How, or why not.
    pub how: &'static str,
    /// Values that say what happens anyway and are therefore taken, as JSON without blanks. `null` always is.
    pub same: &'static [&'static str],
}

/// Why a field that is in no schema is refused.
pub(super) const UNKNOWN: &str = "It is not a field that this route knows.";

const fn whole(field: &'static str, how: &'static str) -> Row {
    Row { field, carried: Carried::Whole, how, same: &[] }
}

const fn limited(field: &'static str, how: &'static str) -> Row {
    Row { field, carried: Carried::Limited, how, same: &[] }
}

const fn refused(field: &'static str, same: &'static [&'static str], how: &'static str) -> Row {
    Row { field, carried: Carried::Refused, how, same }
}

/// Every field of OpenAI's request schema, the outermost ones first.
pub const TABLE: &[Row] = &[
    whole("model", "The id of a model at Anthropic; the gateway puts the client's choice in."),
    limited(
        "messages",
        "Neighbours of one role become one turn. The last must not be the assistant's, since Anthropic would continue it, and one must be the user's. A text of blanks alone is left out: Anthropic takes none.",
    ),
    limited(
        "max_completion_tokens",
        "Becomes `max_tokens`; without a limit 16384 is sent, since Anthropic requires one.",
    ),
    limited("max_tokens", "As `max_completion_tokens`; one of the two may be given."),
    limited(
        "temperature",
        "From 0 to 1, which is what Anthropic takes; larger values are refused. 1 is what holds anyway and is left out. Anthropic's newest models take no other value and say so.",
    ),
    limited(
        "top_p",
        "From 0 to 1. 1 is what holds anyway and is left out. Anthropic's newest models take no other value, older ones not beside `temperature`, and say so.",
    ),
    limited("stop", "One text or a list of texts; each must hold more than blanks, since Anthropic takes no other."),
    whole("stream", "Anthropic's events become chunks as they come."),
    whole("stream_options", "With `stream` only, see its fields."),
    whole("stream_options.include_usage", "One more chunk with `usage` and no choices."),
    refused("stream_options.include_obfuscation", &["false"], "Chunks are not padded on this route."),
    limited(
        "tools",
        "Function tools; see their fields. Anthropic takes a conversation in which tools were called only with tools \
         beside it: where none are sent, the called ones are defined by name, and none may be called.",
    ),
    limited(
        "tools[].type",
        "`function`. Custom tools are refused: their input is free text, Anthropic's tools take JSON alone.",
    ),
    whole("tools[].function.name", "The tool's name."),
    whole("tools[].function.description", "The tool's description."),
    limited(
        "tools[].function.parameters",
        "Passed on byte for byte as `input_schema`; without a `type`, `object` is put in.",
    ),
    limited(
        "tools[].function.strict",
        "`true` is passed on; Anthropic refuses schemas that it cannot hold a model to.",
    ),
    limited(
        "tool_choice",
        "`none`, `auto`, `required` (`any`), one function, or `allowed_tools`, of which only the allowed functions are sent. Custom tools are refused.",
    ),
    whole("parallel_tool_calls", "`false` becomes `disable_parallel_tool_use`."),
    limited(
        "response_format",
        "`text`, `json_schema` or `json_object`. The last has no equal in Anthropic's structured outputs: the answer is asked for as the input of a tool (`ownkey_json_answer`) that the model has to call, and comes back as content; words beside that call are left out. Beside a forced tool it has no effect, as the answer is that tool's call.",
    ),
    limited(
        "response_format.json_schema",
        "Becomes `output_config.format`. Anthropic always holds the model to the schema, with or without `strict`, and refuses schemas that it cannot hold it to.",
    ),
    whole("response_format.json_schema.name", "Becomes the schema's `title`, if it has none."),
    whole("response_format.json_schema.description", "Becomes the schema's `description`, if it has none."),
    limited("response_format.json_schema.schema", "Required here; passed on byte for byte."),
    limited(
        "response_format.json_schema.strict",
        "`true` is what always holds; `false` asks for less than Anthropic gives.",
    ),
    limited(
        "reasoning_effort",
        "`low` to `max` become `output_config.effort`, and `thinking: adaptive` where the model takes it and no tool is forced; `minimal` becomes `low`, `none` becomes `thinking: disabled`. Anthropic refuses a level that a model does not have. Thoughts are not part of OpenAI's shape: they are left out of the answer and counted as `reasoning_tokens`.",
    ),
    whole("safety_identifier", "Becomes `metadata.user_id`."),
    limited(
        "user",
        "Becomes `metadata.user_id`; beside another `safety_identifier` it is refused, since one can be named.",
    ),
    limited("service_tier", "`auto`, and `default` as `standard_only`. Anthropic sells no other tier by the call."),
    limited(
        "prompt_cache_key",
        "Switches Anthropic's automatic prompt cache on, which it uses only when asked and bills when written. The key itself is not needed there.",
    ),
    limited(
        "prompt_cache_options",
        "`mode` `implicit` switches the automatic prompt cache on, `explicit` leaves it off; `ttl` `30m`, a shortest time, becomes one hour.",
    ),
    limited(
        "prompt_cache_retention",
        "A longest time, `in_memory` or `24h`: what Anthropic keeps, five minutes or an hour, lies within.",
    ),
    refused("n", &["1"], "Anthropic gives one answer a call."),
    refused("store", &["false"], "Anthropic stores no answers to be read again."),
    refused("metadata", &["{}"], "It belongs to stored answers, which Anthropic does not have."),
    refused("frequency_penalty", &["0", "0.0"], "Anthropic has no penalties."),
    refused("presence_penalty", &["0", "0.0"], "Anthropic has no penalties."),
    refused("logit_bias", &["{}"], "Anthropic has no bias of tokens."),
    refused("logprobs", &["false"], "Anthropic does not tell probabilities."),
    refused("top_logprobs", &["0"], "Anthropic does not tell probabilities."),
    refused("seed", &[], "Anthropic has no seed."),
    refused("verbosity", &["\"medium\""], "Anthropic has no such setting; say it in a system message."),
    refused("modalities", &["[\"text\"]"], "Anthropic answers in text."),
    refused("audio", &[], "Anthropic answers in text."),
    refused("prediction", &[], "Anthropic takes no predicted output."),
    refused(
        "web_search_options",
        &[],
        "A search would run on the provider's tools, at a price of its own and with answers in another shape.",
    ),
    refused("moderation", &[], "Anthropic has no moderation by the call."),
    refused("functions", &["[]"], "Use `tools`, which took its place."),
    refused("function_call", &[], "Use `tool_choice`, which took its place."),
    limited(
        "messages[].role",
        "`system`, `developer`, `user`, `assistant`, `tool`. `function` is refused: use `tool`, which took its place.",
    ),
    limited(
        "messages[]{system}.content",
        "Before the first of the others it becomes `system`. Later it keeps its place, at the end of the user's turn that it stands in: as a system message where the model takes them (Opus 4.8 and later, not Sonnet 5), else as text in `<system>` tags, which weighs less.",
    ),
    limited("messages[]{developer}.content", "As a system message's."),
    whole("messages[]{user}.content", "A text or a list of parts."),
    limited("messages[]{assistant}.content", "A text or a list of text and refusal parts; a refusal goes as text."),
    limited("messages[]{assistant}.refusal", "Goes as text: it is what the assistant said."),
    refused("messages[]{assistant}.audio", &[], "Anthropic takes no sound."),
    limited("messages[]{assistant}.tool_calls", "Function calls; see their fields."),
    limited("messages[]{assistant}.tool_calls[].type", "`function`. Custom calls are refused, as custom tools are."),
    limited("messages[]{assistant}.tool_calls[].id", "Letters, digits, `_` and `-`, which is what Anthropic takes."),
    whole("messages[]{assistant}.tool_calls[].function.name", "The tool's name."),
    limited(
        "messages[]{assistant}.tool_calls[].function.arguments",
        "Passed on byte for byte as `input`; it must be a JSON object. None is an empty one.",
    ),
    refused("messages[]{assistant}.function_call", &[], "Use `tool_calls`, which took its place."),
    refused(
        "messages[]{assistant}.annotations",
        &["[]"],
        "Anthropic takes no annotations; an empty list is what answers of OpenAI's hold.",
    ),
    limited(
        "messages[]{assistant}.parsed",
        "Not of the schema: the SDK's helpers add it. It says what `content` says and is left out.",
    ),
    limited("messages[]{assistant}.tool_calls[].index", "Not of the schema: the SDK's helpers add it. It is left out."),
    limited(
        "messages[]{assistant}.tool_calls[].function.parsed_arguments",
        "Not of the schema: the SDK's helpers add it. It says what `arguments` says and is left out.",
    ),
    whole("messages[]{tool}.content", "A text or a list of text parts."),
    limited("messages[]{tool}.tool_call_id", "Letters, digits, `_` and `-`, which is what Anthropic takes."),
    refused("messages[].name", &[], "Anthropic's messages have no names; say in the text who speaks."),
    refused("messages[]{function}", &[], "Use the role `tool`, which took its place."),
    whole("content[].text", "A text."),
    limited(
        "content[].image_url.url",
        "A `data:` URL of JPEG, PNG, GIF or WebP in base64, or an `https:` URL, which Anthropic fetches.",
    ),
    limited(
        "content[].image_url.detail",
        "`auto` or `high`: Anthropic has one way of looking, the fine one. `low` is refused.",
    ),
    refused("content[].input_audio", &[], "Anthropic takes no sound."),
    limited(
        "content[].file.file_data",
        "A PDF, or a text (`text/…`, UTF-8), in base64, best as a `data:` URL; other files are refused.",
    ),
    whole("content[].file.filename", "Becomes the document's `title`."),
    refused(
        "content[].file.file_id",
        &[],
        "A file's id belongs to the account that it was uploaded to; send `file_data`.",
    ),
    limited(
        "content[].prompt_cache_breakpoint",
        "Becomes `cache_control`; the latest four count, three beside the automatic one. In a tool's result it is set at the end.",
    ),
    whole("content[].refusal", "Goes as text."),
];

/// The row of a field; the last one when it is not there, which a test rules out.
pub(super) fn row(field: &str) -> &'static Row {
    let found = TABLE.iter().find(|row| row.field == field);
    debug_assert!(found.is_some(), "{field}");
    found.unwrap_or(&TABLE[TABLE.len() - 1])
}

/// The chat part of `docs/unified.md`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::new();
    for (carried, title) in
        [(Carried::Whole, "Carried"), (Carried::Limited, "Carried with a limit"), (Carried::Refused, "Refused by name")]
    {
        let _ = write!(out, "### {title}\n\n");
        out.push_str(if carried == Carried::Refused {
            "| field | why | taken all the same |\n|---|---|---|\n"
        } else {
            "| field | how |\n|---|---|\n"
        });
        for row in TABLE.iter().filter(|row| row.carried == carried) {
            let _ = write!(out, "| `{}` | {} |", row.field, row.how.replace('|', "\\|"));
            if carried == Carried::Refused {
                let same: Vec<String> = row.same.iter().map(|value| format!(" `{value}`")).collect();
                let _ = write!(out, "{} |", same.join(","));
            }
            out.push('\n');
        }
        out.push('\n');
    }
    out
}
