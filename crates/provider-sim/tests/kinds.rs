//! Every kind of token: told in the provider's own words, booked line by line, and the same for the same calls.
#![allow(clippy::unwrap_used)]

mod world;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ownkey_provider_sim::Provider;
use serde_json::{Value, json};
use world::{World, conforms, data_lines, world};

fn long(chapter: u32) -> String {
    format!("Chapter {chapter}. ") + &"Whoever opens the shop looks after the coffee machine first. ".repeat(90)
}

/// Every line of the last booking but the two sums.
fn lines(here: &World) -> Value {
    let mut units = here.row().units;
    units.retain(|name, _| !matches!(name.as_str(), "input_tokens" | "output_tokens" | "images"));
    json!(units)
}

fn chat(more: Value) -> Value {
    let mut body = json!({"model": "gpt-4o-mini", "messages": [
        {"role": "system", "content": long(1)}, {"role": "user", "content": "Where?"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn openai_reads_a_repeated_beginning_from_its_cache_in_steps_of_128_tokens() {
    let here = world(Provider::OpenAi).await;
    let cached = |got: &world::Read| got.json["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap();
    let first = here.post("/v1/chat/completions", chat(json!({}))).await;
    let again = here.post("/v1/chat/completions", chat(json!({}))).await;
    assert_eq!((cached(&first), cached(&again)), (0, 1280));
    conforms("openai.json", "/components/schemas/CreateChatCompletionResponse", &again.json);
    assert_eq!(lines(&here), json!({"cached_tokens": 1280}));
    assert_eq!(again.json["usage"]["prompt_tokens"], here.row().units["input_tokens"]);
    let other = here.post("/v1/chat/completions", chat(json!({"model": "gpt-4o"}))).await;
    assert_eq!(cached(&other), 0, "each model has a cache of its own");
}

#[tokio::test]
async fn openai_bills_writes_and_thoughts_of_responses_whole_and_streamed() {
    let here = world(Provider::OpenAi).await;
    let body = |stream: bool| {
        json!({"model": "gpt-5.6", "instructions": long(1), "input": "Where?", "reasoning": {"effort": "low"},
               "stream": stream})
    };
    let whole = here.post("/v1/responses", body(false)).await.json;
    conforms("openai.json", "/components/schemas/Response", &whole);
    let thoughts = whole["usage"]["output_tokens_details"]["reasoning_tokens"].as_u64().unwrap();
    assert!((32..64).contains(&thoughts), "{thoughts}");
    assert_eq!(lines(&here), json!({"cache_write_tokens": 1280, "reasoning_tokens": thoughts}));
    let stream = here.post("/v1/responses", body(true)).await;
    let usage = &data_lines(&stream.text).pop().unwrap()["response"]["usage"];
    assert_eq!(usage["input_tokens_details"], json!({"cached_tokens": 1280, "cache_write_tokens": 0}));
    assert_eq!(lines(&here), json!({"cached_tokens": 1280, "reasoning_tokens": thoughts}), "the same prompt");
}

#[tokio::test]
async fn thoughts_count_against_the_limit_of_a_chat() {
    let here = world(Provider::OpenAi).await;
    let asked = json!({"model": "gpt-5-mini", "reasoning_effort": "high", "max_completion_tokens": 40});
    let got = here.post("/v1/chat/completions", chat(asked)).await.json;
    assert_eq!(got["choices"][0]["finish_reason"], "length");
    assert_eq!(got["usage"]["completion_tokens"], 40);
    assert_eq!(lines(&here), json!({"reasoning_tokens": 40}));
}

#[tokio::test]
async fn openai_hears_and_speaks_whole_and_streamed() {
    let here = world(Provider::OpenAi).await;
    let sound = json!({"type": "input_audio", "input_audio": {"data": STANDARD.encode([3; 7_000]), "format": "wav"}});
    let body = |model: &str, stream: bool, format: &str| {
        json!({"model": model, "modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": format},
               "stream": stream, "stream_options": if stream { json!({"include_usage": true}) } else { Value::Null },
               "messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, sound]}]})
    };
    let whole = here.post("/v1/chat/completions", body("gpt-audio", false, "wav")).await.json;
    conforms("openai.json", "/components/schemas/CreateChatCompletionResponse", &whole);
    let text = whole["choices"][0]["message"]["audio"]["transcript"].as_str().unwrap();
    let spoken = text.chars().count() + 1;
    assert_eq!(whole["usage"]["prompt_tokens_details"]["audio_tokens"], 3);
    assert_eq!(whole["usage"]["completion_tokens_details"]["audio_tokens"], spoken);
    assert_eq!(lines(&here), json!({"audio_input_tokens": 3, "audio_output_tokens": spoken}));
    let stream = here.post("/v1/chat/completions", body("gpt-audio", true, "pcm16")).await;
    let usage = data_lines(&stream.text).into_iter().rfind(|one| one["usage"].is_object()).unwrap();
    assert_eq!(usage["usage"], whole["usage"]);
    for (model, stream, format) in [("gpt-4o", false, "wav"), ("gpt-audio", true, "wav")] {
        assert_eq!(here.post("/v1/chat/completions", body(model, stream, format)).await.status, 400);
    }
}

fn message(more: Value) -> Value {
    let mut body = json!({"model": "claude-sonnet-4-5", "max_tokens": 2000,
        "messages": [{"role": "user", "content": "Where?"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn anthropic_writes_what_is_marked_and_reads_it_the_next_time() {
    let here = world(Provider::Anthropic).await;
    let system =
        |ttl: &str| json!([{"type": "text", "text": long(1), "cache_control": {"type": "ephemeral", "ttl": ttl}}]);
    let written = here.post("/v1/messages", message(json!({"system": system("1h")}))).await.json;
    conforms("anthropic-schemas.json", "/schemas/Message", &written);
    let count = written["usage"]["cache_creation"]["ephemeral_1h_input_tokens"].as_u64().unwrap();
    assert!(count > 1024, "{written}");
    assert_eq!(written["usage"]["cache_creation_input_tokens"], count);
    assert_eq!(lines(&here), json!({"cache_write_1h_tokens": count}));
    let plain = written["usage"]["input_tokens"].as_u64().unwrap();
    assert_eq!(here.row().units["input_tokens"], plain + count);

    let story = json!([{"type": "text", "text": long(2), "cache_control": {"type": "ephemeral"}}]);
    let further = json!({"system": system("1h"), "messages": [{"role": "user", "content": story}], "stream": true});
    let events = data_lines(&here.post("/v1/messages", message(further)).await.text);
    for event in &events {
        if event["type"] != "ping" {
            conforms("anthropic-schemas.json", "/schemas/RawMessageStreamEvent", event);
        }
    }
    let (start, end) = (&events[0]["message"]["usage"], &events[events.len() - 2]["usage"]);
    assert_eq!(start["cache_read_input_tokens"], count);
    let minutes = start["cache_creation"]["ephemeral_5m_input_tokens"].as_u64().unwrap();
    assert_eq!(end["cache_creation_input_tokens"], minutes, "the end states it again");
    assert_eq!(lines(&here), json!({"cached_tokens": count, "cache_write_tokens": minutes}));

    here.post("/v1/messages", message(json!({"system": long(1)}))).await;
    assert_eq!(lines(&here), json!({}), "without a mark nothing is read or written");
}

#[tokio::test]
async fn anthropics_marks_are_few_and_long_ones_come_first() {
    let here = world(Provider::Anthropic).await;
    let block = |ttl: &str| json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": ttl}});
    let five: Vec<Value> = (0..5).map(|_| block("5m")).collect();
    for system in [json!(five), json!([block("5m"), block("1h")]), json!([block("2h")])] {
        let got = here.post("/v1/messages", message(json!({"system": system}))).await;
        assert_eq!((got.status, &got.json["error"]["type"]), (400, &json!("invalid_request_error")), "{}", got.text);
    }
}

#[tokio::test]
async fn anthropics_thoughts_are_told_and_booked() {
    let here = world(Provider::Anthropic).await;
    let asked = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    let got = here.post("/v1/messages", message(asked)).await.json;
    conforms("anthropic-schemas.json", "/schemas/Message", &got);
    assert_eq!(got["content"][0]["type"], "redacted_thinking");
    let thoughts = &got["usage"]["output_tokens_details"]["thinking_tokens"];
    assert!(thoughts.as_u64().unwrap() >= 512);
    assert_eq!(lines(&here), json!({"reasoning_tokens": thoughts}));
    assert_eq!(got["usage"]["output_tokens"], here.row().units["output_tokens"]);
}

#[tokio::test]
async fn gemini_tells_kinds_of_prompt_cache_and_answer_apart() {
    let here = world(Provider::Gemini).await;
    let inline = |kind: &str| json!({"inlineData": {"mimeType": kind, "data": STANDARD.encode([3; 3_000])}});
    let parts = json!([{"text": long(1)}, inline("audio/wav"), inline("image/png"), {"text": "Where?"}]);
    let body = json!({"contents": [{"role": "user", "parts": parts}],
        "generationConfig": {"thinkingConfig": {"thinkingBudget": 100}}});
    here.post("/v1beta/models/gemini-2.5-flash:generateContent", body.clone()).await;
    assert_eq!(lines(&here)["audio_input_tokens"], 32);
    assert_eq!(lines(&here)["image_input_tokens"], 258);
    let got = here.post("/v1beta/models/gemini-2.5-flash:generateContent", body.clone()).await.json;
    conforms("gemini-schemas.json", "/schemas/GenerateContentResponse", &got);
    let usage = &got["usageMetadata"];
    let (cached, thoughts) = (&usage["cachedContentTokenCount"], &usage["thoughtsTokenCount"]);
    assert_eq!(lines(&here), json!({"cached_tokens": cached, "reasoning_tokens": thoughts}));
    assert_eq!(usage["cacheTokensDetails"][1], json!({"modality": "IMAGE", "tokenCount": 258}));
    let sum = |names: [&str; 3]| names.iter().map(|name| usage[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!(usage["totalTokenCount"], sum(["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount"]));
    let stream = here.post("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", body).await;
    assert_eq!(data_lines(&stream.text).pop().unwrap()["usageMetadata"], *usage);
}

#[tokio::test]
async fn gemini_speaks() {
    let here = world(Provider::Gemini).await;
    let body = json!({"contents": [{"parts": [{"text": "Hello"}]}],
        "generationConfig": {"responseModalities": ["AUDIO"]}});
    let got = here.post("/v1beta/models/gemini-2.5-flash-preview-tts:generateContent", body).await.json;
    conforms("gemini-schemas.json", "/schemas/GenerateContentResponse", &got);
    assert_eq!(got["usageMetadata"]["candidatesTokensDetails"], json!([{"modality": "AUDIO", "tokenCount": 6}]));
    assert_eq!(lines(&here), json!({"audio_output_tokens": 6}));
}
