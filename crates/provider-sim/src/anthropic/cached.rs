//! Anthropic's prompt cache: only what a `cache_control` marks is written, and paid for; what was written before is read
//! (facts: section 5.2 of the provider notes). The order is tools, system, messages.

use super::checked::Checked;
use crate::bill::Bill;
use crate::prompt_cache::{Beginning, Growing, PromptCache, SHORTEST};
use crate::words;
use serde_json::{Value, json};

/// So many places may be marked.
const MOST_MARKS: usize = 4;

/// A place where a block ends.
struct Place {
    beginning: Beginning,
    tokens: u64,
    mark: Option<Mark>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Minutes,
    Hour,
}

/// What a prompt of `whole` tokens is charged for; what it marks is in the cache from now on.
pub(super) fn input(cache: &mut PromptCache, whose: &str, body: &Value, whole: u64) -> Bill {
    let places = places(whose, body, whole);
    let marked = |mark: Option<Mark>| {
        let these = places.iter().filter(|one| one.mark.is_some() && (mark.is_none() || one.mark == mark));
        these.map(|one| one.tokens).filter(|tokens| *tokens >= SHORTEST).max().unwrap_or(0)
    };
    let end = marked(None);
    let known = places.iter().filter(|one| one.tokens <= end && cache.has(&one.beginning));
    let cached = known.map(|one| one.tokens).max().unwrap_or(0);
    for one in places.iter().filter(|one| one.mark.is_some() && one.tokens >= SHORTEST) {
        cache.keep(one.beginning);
    }
    let hour = marked(Some(Mark::Hour)).max(cached);
    Bill { text_in: whole - end, cached, written_hour: hour - cached, written: end.max(hour) - hour, ..Bill::default() }
}

/// Where blocks end. A tool is part of a beginning and has no tokens of its own here.
fn places(whose: &str, body: &Value, whole: u64) -> Vec<Place> {
    let mut growing = Growing::new(whose);
    let (mut letters, mut media) = (0, 0);
    let mut places = Vec::new();
    for (block, counts) in blocks(body) {
        if counts {
            letters += words::strings(&text_of(&block)).chars().count() as u64;
            media += match block["type"].as_str() {
                Some("image") => 85,
                Some("document") => 850,
                _ => 0,
            };
        }
        let mark = mark(&block["cache_control"]);
        let mut plain = block;
        if let Some(fields) = plain.as_object_mut() {
            fields.remove("cache_control");
        }
        let beginning = growing.add(&plain.to_string());
        places.push(Place { beginning, tokens: (letters.div_ceil(4) + media).min(whole), mark });
    }
    if let (Some(last), Some(mark)) = (places.last_mut(), mark(&body["cache_control"])) {
        last.mark.get_or_insert(mark);
    }
    places
}

fn mark(control: &Value) -> Option<Mark> {
    control.is_object().then(|| if control["ttl"] == "1h" { Mark::Hour } else { Mark::Minutes })
}

fn text_of(block: &Value) -> Value {
    match block["type"].as_str() {
        Some("tool_result") => block["content"].clone(),
        Some("tool_use") => block["input"].clone(),
        _ => block["text"].clone(),
    }
}

/// All blocks in their order, each with whether its words count.
fn blocks(body: &Value) -> Vec<(Value, bool)> {
    let of = |content: &Value| match content {
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        list => list.as_array().cloned().unwrap_or_default(),
    };
    let tools = of(&body["tools"]).into_iter().map(|tool| (tool, false));
    let spoken = body["messages"].as_array().into_iter().flatten().flat_map(|one| of(&one["content"]));
    tools.chain(of(&body["system"]).into_iter().chain(spoken).map(|block| (block, true))).collect()
}

/// What Anthropic refuses about marks.
pub(super) fn check(body: &Value) -> Checked {
    let mut marks = Vec::new();
    let controls = blocks(body).into_iter().map(|(block, _)| block["cache_control"].clone());
    for control in controls.chain([body["cache_control"].clone()]).filter(|control| !control.is_null()) {
        if control["type"] != "ephemeral" {
            return Err("cache_control.type: Input should be 'ephemeral'".to_owned());
        }
        if !matches!(control["ttl"].as_str(), None | Some("5m" | "1h")) {
            return Err("cache_control.ephemeral.ttl: Input should be '5m' or '1h'".to_owned());
        }
        marks.extend(mark(&control));
    }
    if marks.len() > MOST_MARKS {
        return Err(format!("A maximum of 4 blocks with cache_control may be provided. Found {}.", marks.len()));
    }
    let short = marks.iter().position(|mark| *mark == Mark::Minutes).unwrap_or(marks.len());
    if marks[short..].contains(&Mark::Hour) {
        return Err("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block".to_owned());
    }
    Ok(())
}
