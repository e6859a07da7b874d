//! Prompt caching: OpenAI's hints as Anthropic's `cache_control`.

use serde_json::value::RawValue;

use super::NotCarried;
use super::fields::{At, Object, Read, text};
use super::outgoing::{Body, CacheControl, Content};

/// As many marks Anthropic takes in one call, the automatic one included.
const MOST: usize = 4;

const FIVE_MINUTES: CacheControl = CacheControl { kind: "ephemeral", ttl: None };
const ONE_HOUR: CacheControl = CacheControl { kind: "ephemeral", ttl: Some("1h") };

/// What a call says about caching.
pub(super) struct Caching {
    automatic: bool,
    time: CacheControl,
}

/// `prompt_cache_breakpoint` of a part.
pub(super) fn mark(raw: &RawValue) -> Read<CacheControl> {
    let mut mark = Object::read(raw)?;
    if mark.must("mode", text)? != "explicit" {
        return Err(NotCarried::invalid("It must be 'explicit'.").within("mode"));
    }
    mark.end()?;
    Ok(FIVE_MINUTES)
}

/// Reads the three fields about caching.
pub(super) fn read(call: &mut Object<'_>) -> Read<Caching> {
    let keyed = call.get("prompt_cache_key", text)?.is_some();
    let retention = call.get("prompt_cache_retention", text)?;
    if retention.is_some_and(|retention| !matches!(&*retention, "in_memory" | "in-memory" | "24h")) {
        return Err(NotCarried::invalid("It must be 'in_memory' or '24h'.").within("prompt_cache_retention"));
    }
    let Some(raw) = call.take("prompt_cache_options") else {
        return Ok(Caching { automatic: keyed, time: FIVE_MINUTES });
    };
    options(raw).at("prompt_cache_options")
}

fn options(raw: &RawValue) -> Read<Caching> {
    let mut options = Object::read(raw)?;
    let automatic = match options.get("mode", text)?.as_deref() {
        None | Some("implicit") => true,
        Some("explicit") => false,
        Some(_) => return Err(NotCarried::invalid("It must be 'implicit' or 'explicit'.").within("mode")),
    };
    let time = match options.get("ttl", text)?.as_deref() {
        None => FIVE_MINUTES,
        Some("30m") => ONE_HOUR,
        Some(_) => return Err(NotCarried::invalid("It must be '30m'.").within("ttl")),
    };
    options.end()?;
    Ok(Caching { automatic, time })
}

impl Caching {
    /// Switches the automatic mark on, sets the time of the others and takes away those that are too many.
    pub(super) fn apply(&self, body: &mut Body<'_>) {
        body.cache_control = self.automatic.then_some(self.time);
        let mut left = MOST - usize::from(self.automatic);
        let turns = body.messages.iter_mut().rev().flat_map(|turn| turn.content.iter_mut().rev());
        for block in turns.chain(body.system.iter_mut().rev()) {
            lift(block);
            if block.cache_control.is_some() {
                block.cache_control = (left > 0).then_some(self.time);
                left = left.saturating_sub(1);
            }
        }
    }
}

/// A mark inside a tool's result is set at the result's end.
fn lift(block: &mut super::outgoing::Block<'_>) {
    if let Content::ToolResult { content, .. } = &mut block.content {
        let inner = content.iter_mut().filter_map(|block| block.cache_control.take()).last();
        block.cache_control = block.cache_control.or(inner);
    }
}
