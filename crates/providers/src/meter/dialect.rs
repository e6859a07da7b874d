//! Where each provider states usage, and in which words (providers.md §5).

use ownkey_protocol::vocabulary::Provider;
use serde_json::Value;

use super::Units;

/// Whether a field is one that [`read`] understands.
pub(super) fn wanted(provider: Provider) -> fn(&[&str]) -> bool {
    match provider {
        Provider::OpenAi => |path| {
            matches!(
                path,
                ["usage"]
                    | ["response", "usage"]
                    | ["type"]
                    | ["model"]
                    | ["response", "model"]
                    | ["size" | "quality"]
                    | ["data", "b64_json" | "url"]
            )
        },
        Provider::Anthropic => |path| {
            matches!(
                path,
                ["usage"]
                    | ["message", "usage"]
                    | ["result", "message", "usage"]
                    | ["type"]
                    | ["model"]
                    | ["message", "model"]
            )
        },
        Provider::Gemini => |path| {
            matches!(
                path,
                ["usageMetadata"]
                    | ["modelVersion"]
                    | ["candidates", "finishReason"]
                    | ["candidates", "content", "parts", "inlineData", "mimeType"]
            )
        },
        Provider::Stability => |path| matches!(path, ["image"]),
        Provider::Replicate => |path| matches!(path, ["metrics", "predict_time"] | ["model"] | ["status"]),
    }
}

/// What a field says.
pub(super) enum Said {
    /// Usage; takes the place of what was said before.
    Total(Units),
    /// Anthropic's running totals: what is stated takes the place of that part alone.
    Parts(Value),
    /// Usage of one of several answers (lines of a batch's results).
    More(Units),
    /// One more picture.
    Picture,
    /// One more picture, and the end of the stream unless more pictures follow.
    LastPicture,
    /// The model that answered.
    Model(String),
    /// How large a picture is.
    Size(String),
    /// How good a picture is.
    Quality(String),
    /// The answer came to its end.
    Ended,
    /// Nothing that counts.
    Nothing,
}

pub(super) fn read(provider: Provider, path: &[&str], raw: &[u8]) -> Said {
    if path == ["data", "b64_json"] || path == ["image"] || path == ["data", "url"] {
        return if raw.starts_with(b"\"") { Said::Picture } else { Said::Nothing };
    }
    let Ok(value) = serde_json::from_slice::<Value>(raw) else {
        return Said::Nothing;
    };
    match (path, &value) {
        (_, Value::Null) => Said::Nothing,
        (["usage"] | ["response", "usage"], usage) if provider == Provider::OpenAi => Said::Total(openai(usage)),
        (["result", "message", "usage"], usage) => Said::More(anthropic(usage)),
        (["usage"] | ["message", "usage"], _) => Said::Parts(value),
        (["usageMetadata"], usage) => Said::Total(gemini(usage)),
        (["metrics", "predict_time"], time) => Said::Total(Units { predict_ms: millis(time), ..Units::default() }),
        (["model"] | [_, "model"] | ["modelVersion"], Value::String(model)) => Said::Model(model.clone()),
        (["size"], Value::String(size)) => Said::Size(size.clone()),
        (["quality"], Value::String(quality)) => Said::Quality(quality.clone()),
        (["candidates", "finishReason"], _) => Said::Ended,
        (["status"], Value::String(status)) if matches!(status.as_str(), "succeeded" | "failed" | "canceled") => {
            Said::Ended
        }
        (["candidates", .., "mimeType"], Value::String(kind)) if kind.starts_with("image/") => Said::Picture,
        (["type"], Value::String(event)) => event_type(event),
        _ => Said::Nothing,
    }
}

fn event_type(event: &str) -> Said {
    match event {
        "image_generation.completed" | "image_edit.completed" => Said::LastPicture,
        "response.completed" | "response.incomplete" | "response.failed" | "message_stop" | "transcript.text.done" => {
            Said::Ended
        }
        _ => Said::Nothing,
    }
}

fn openai(usage: &Value) -> Units {
    let n = |field: &str| whole(&usage[field]);
    let input = first(usage, &["input_tokens_details", "input_token_details", "prompt_tokens_details"]);
    let output = first(usage, &["output_tokens_details", "completion_tokens_details"]);
    Units {
        input: n("input_tokens").max(n("prompt_tokens")),
        cached_input: whole(&input["cached_tokens"]),
        cache_write: whole(&input["cache_write_tokens"]),
        audio_in: whole(&input["audio_tokens"]),
        image_in: whole(&input["image_tokens"]),
        output: n("output_tokens").max(n("completion_tokens")),
        reasoning: whole(&output["reasoning_tokens"]),
        audio_out: whole(&output["audio_tokens"]),
        image_out: whole(&output["image_tokens"]),
        seconds_ms: millis(&usage["seconds"]),
        ..Units::default()
    }
}

/// Anthropic's `input_tokens` leave the cached ones out; here `input` is all of them.
pub(super) fn anthropic(usage: &Value) -> Units {
    let n = |field: &str| whole(&usage[field]);
    let hour = whole(&usage["cache_creation"]["ephemeral_1h_input_tokens"]);
    let written =
        n("cache_creation_input_tokens").max(hour + whole(&usage["cache_creation"]["ephemeral_5m_input_tokens"]));
    Units {
        input: n("input_tokens") + n("cache_read_input_tokens") + written,
        cached_input: n("cache_read_input_tokens"),
        cache_write: written - hour,
        cache_write_hour: hour,
        output: n("output_tokens"),
        reasoning: whole(&usage["output_tokens_details"]["thinking_tokens"]),
        ..Units::default()
    }
}

/// Gemini's rows by kind include what was read from a cache; here each token is of one kind.
fn gemini(usage: &Value) -> Units {
    let n = |field: &str| whole(&usage[field]);
    let of = |list: &str, kind: &str| -> u64 {
        let rows = usage[list].as_array().into_iter().flatten();
        rows.filter(|row| row["modality"] == kind).map(|row| whole(&row["tokenCount"])).sum()
    };
    let anew = |kind: &str| of("promptTokensDetails", kind).saturating_sub(of("cacheTokensDetails", kind));
    Units {
        input: n("promptTokenCount") + n("toolUsePromptTokenCount"),
        cached_input: n("cachedContentTokenCount"),
        audio_in: anew("AUDIO"),
        image_in: anew("IMAGE"),
        output: n("candidatesTokenCount") + n("thoughtsTokenCount"),
        reasoning: n("thoughtsTokenCount"),
        audio_out: of("candidatesTokensDetails", "AUDIO"),
        image_out: of("candidatesTokensDetails", "IMAGE"),
        ..Units::default()
    }
}

/// All that this route puts out is sound, and its usage does not say so.
pub(super) const SPEECH: &str = "openai.speech";

/// Stability states nothing: a call costs what its endpoint costs, or at `sd3` the model that was asked for (providers.md
/// §4.5), in thousandths of a credit. 0 where that is not known.
pub(super) fn stability_credits(route: &str, model: Option<&str>) -> u64 {
    match (route.rsplit('.').next(), model) {
        (Some("core"), _) => 3_000,
        (Some("ultra"), _) => 8_000,
        (Some("sd3"), Some("sd3.5-large")) => 6_500,
        (Some("sd3"), Some("sd3.5-medium")) => 3_500,
        _ => 0,
    }
}

fn first<'v>(of: &'v Value, names: &[&str]) -> &'v Value {
    names.iter().map(|name| &of[*name]).find(|v| v.is_object()).unwrap_or(&Value::Null)
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Seconds as milliseconds, rounded up; nonsense is 0.
fn millis(value: &Value) -> u64 {
    let seconds = value.as_f64().unwrap_or(0.0);
    if !(0.0..1e9).contains(&seconds) {
        return 0;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let millis = (seconds * 1_000.0).ceil() as u64;
    millis
}
