//! How the answer is to be made: limits, chance, effort.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::fields::{At, Object, Read, count, list, number, text};
use super::models::Takes;
use super::outgoing::{Metadata, Thinking};
use super::{DEFAULT_MAX_TOKENS, NotCarried, table};

/// `max_completion_tokens` or `max_tokens`.
pub(super) fn max_tokens(call: &mut Object<'_>) -> Read<u64> {
    let new = call.get("max_completion_tokens", count)?;
    let old = call.get("max_tokens", count)?;
    match (new, old) {
        (Some(_), Some(_)) => Err(unsupported("max_tokens")),
        (one, other) => Ok(one.or(other).unwrap_or(DEFAULT_MAX_TOKENS)),
    }
}

/// `temperature` or `top_p` as it stands; `None` when it is 1, which says what holds anyway.
pub(super) fn chance<'b>(call: &mut Object<'b>, name: &str) -> Read<Option<&'b RawValue>> {
    let Some(raw) = call.take(name) else {
        return Ok(None);
    };
    let value = number(raw).at(name)?;
    if !(0.0..=1.0).contains(&value) {
        return Err(unsupported(name));
    }
    Ok((value < 1.0).then_some(raw))
}

/// `stop`.
pub(super) fn stop(raw: &RawValue) -> Read<Vec<Cow<'_, str>>> {
    if raw.get().starts_with('"') {
        return Ok(vec![sequence(raw)?]);
    }
    let texts = list(raw)?.into_iter().enumerate();
    texts.map(|(number, raw)| sequence(raw).at(format_args!("[{number}]"))).collect()
}

fn sequence(raw: &RawValue) -> Read<Cow<'_, str>> {
    let text = text(raw)?;
    if text.trim().is_empty() { Err(NotCarried::unsupported(table::row("stop").how)) } else { Ok(text) }
}

/// `reasoning_effort` as an effort and a way of thinking.
pub(super) fn effort(raw: &RawValue, takes: Takes, forced: bool) -> Read<(Option<&'static str>, Option<Thinking>)> {
    let effort = match &*text(raw)? {
        "none" => return Ok((None, Some(Thinking::Disabled))),
        "minimal" | "low" => "low",
        "medium" => "medium",
        "high" => "high",
        "xhigh" => "xhigh",
        "max" => "max",
        _ => {
            return Err(NotCarried::invalid(
                "It must be 'none', 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max'.",
            ));
        }
    };
    Ok((Some(effort), (takes.adaptive_thinking && !forced).then_some(Thinking::Adaptive)))
}

/// `service_tier`.
pub(super) fn tier(raw: &RawValue) -> Read<&'static str> {
    match &*text(raw)? {
        "auto" => Ok("auto"),
        "default" => Ok("standard_only"),
        _ => Err(NotCarried::unsupported(table::row("service_tier").how)),
    }
}

/// `safety_identifier` or `user`.
pub(super) fn user<'b>(call: &mut Object<'b>) -> Read<Option<Metadata<'b>>> {
    let safety = call.get("safety_identifier", text)?;
    let user = call.get("user", text)?;
    if let (Some(safety), Some(user)) = (&safety, &user)
        && safety != user
    {
        return Err(unsupported("user"));
    }
    Ok(safety.or(user).map(|user_id| Metadata { user_id }))
}

fn unsupported(field: &str) -> NotCarried {
    NotCarried::unsupported(table::row(field).how).within(field)
}
