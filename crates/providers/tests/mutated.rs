//! Whatever a person pastes, an assistant sends or a provider answers, nobody falls over: every parser takes 100,000
//! mutated inputs without a panic (`OWNKEY_LONG`: ten times as many).
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

#[path = "../../protocol/tests/mutated/mutation.rs"]
#[allow(dead_code, reason = "shared with the protocol's tests, which use all of it")]
mod mutation;

use std::hint::black_box;

use http::StatusCode;
use mutation::{Mutation, runs};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::classify::classify;
use ownkey_providers::meter::{self, StreamMeter, Unasked};
use ownkey_providers::unified::chat;
use ownkey_providers::{auth, mask, models, reply, routes};

const ANSWERS: [(Provider, &str, &str); 7] = [
    (
        Provider::OpenAi,
        "openai.chat",
        "data: {\"model\":\"m\",\"choices\":[{}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\ndata: [DONE]\n\n",
    ),
    (Provider::OpenAi, "openai.images", r#"{"created":1,"data":[{"b64_json":"QQ=="}],"usage":{"input_tokens":7}}"#),
    (Provider::OpenAi, "openai.transcription", r#"{"text":"hi","usage":{"type":"duration","seconds":12.3456}}"#),
    (
        Provider::Anthropic,
        "anthropic.messages",
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3}}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":2}}\n\n",
    ),
    (
        Provider::Gemini,
        "gemini.generate",
        r#"[{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}}],"usageMetadata":{"promptTokenCount":3,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290}]}}]"#,
    ),
    (Provider::Stability, "stability.core", r#"{"image":"QQ==","finish_reason":"SUCCESS","seed":1}"#),
    (
        Provider::Replicate,
        "replicate.predict",
        r#"{"id":"p","model":"o/n","status":"succeeded","metrics":{"predict_time":1.25},"error":null}"#,
    ),
];

const REFUSALS: [(Provider, u16, &str); 5] = [
    (
        Provider::OpenAi,
        401,
        r#"{"error":{"message":"Missing scopes: api.model.read","type":"t","param":null,"code":null}}"#,
    ),
    (
        Provider::Anthropic,
        400,
        r#"{"type":"error","error":{"type":"t","message":"Your credit balance is too low","details":{"error_code":"c"}}}"#,
    ),
    (
        Provider::Gemini,
        403,
        r#"{"error":{"code":403,"message":"m","status":"S","details":[{"reason":"API_KEY_IP_ADDRESS_BLOCKED"}]}}"#,
    ),
    (Provider::Stability, 402, r#"{"errors":["You lack sufficient credits"],"id":"1","name":"payment_required"}"#),
    (Provider::Replicate, 402, r#"{"title":"Insufficient credit","detail":"d","status":402}"#),
];

fn mutated(seed: u64, sample: &str, mut parse: impl FnMut(&[u8])) {
    let mut mutation = Mutation::new(seed);
    parse(sample.as_bytes());
    for _ in 0..runs() {
        parse(&mutation.of(sample.as_bytes()));
    }
}

fn mutated_texts(seed: u64, sample: &str, mut parse: impl FnMut(&str)) {
    mutated(seed, sample, |input| parse(&String::from_utf8_lossy(input)));
}

#[test]
fn pasted_texts() {
    let key = format!("export ANTHROPIC_API_KEY='sk-ant-api03-{}AA'\n", "x".repeat(93));
    mutated_texts(1, &key, |input| drop(black_box(classify(input))));
    mutated_texts(2, &format!("sk-proj-{}T3BlbkFJ{}", "a".repeat(20), "b".repeat(20)), |input| {
        drop(black_box(classify(input)));
    });
}

#[test]
fn masked_texts() {
    let words = format!("Incorrect API key provided: sk-proj-{}T3BlbkFJ{}.", "a".repeat(20), "b".repeat(20));
    mutated_texts(3, &words, |input| drop(black_box(mask::mask(input))));
    mutated(4, &words, |input| drop(black_box(mask::mask_bytes(input))));
}

#[test]
fn bodies_of_calls() {
    let json = r#"{"model":"m","stream":true,"stream_options":{"include_usage":false},"previous_response_id":"resp_1","input":[{"file_id":"file-1","fileUri":"https://x/v1beta/files/abc"}],"generationConfig":{"responseModalities":["IMAGE"]}}"#;
    mutated(5, json, |input| drop(black_box(routes::look(input, Some("application/json")))));
    mutated(6, json, |input| {
        if let Some(changed) = routes::set_model(input, "other") {
            assert_eq!(routes::look(&changed, None).model.as_deref(), Some("other"));
        }
    });
    mutated(7, json, |input| {
        if let Some(changed) = meter::ask_for_usage(input) {
            let sound = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).is_ok();
            assert!(sound(&changed) || !sound(input), "{}", String::from_utf8_lossy(input));
            assert!(meter::ask_for_usage(&changed).is_none(), "asked twice");
        }
    });
}

#[test]
fn forms() {
    let form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n--b\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nRIFF\r\n--b--\r\n";
    mutated(8, form, |input| drop(black_box(routes::look(input, Some("multipart/form-data; boundary=b")))));
    mutated_texts(9, "multipart/form-data; boundary=\"b\"", |input| {
        drop(black_box(routes::look(form.as_bytes(), Some(input))));
    });
}

#[test]
fn paths_and_queries() {
    mutated_texts(10, "/v1beta/models/gemini-3.1-flash-image:generateContent", |input| {
        for provider in Provider::ALL {
            if let Some(route) = routes::lookup(provider, &http::Method::POST, input, Some("alt=sse")) {
                black_box((route.model_in_path(input), route.referred(input).is_some()));
            }
        }
    });
    mutated_texts(11, "key=okg_1&alt=sse&%6Bey=y", |input| drop(black_box(auth::strip_query(Some(input)))));
}

#[test]
fn answers_that_are_measured() {
    for (seed, (provider, id, answer)) in (20..).zip(ANSWERS) {
        let route = routes::all(provider).iter().find(|route| route.id == id).unwrap();
        mutated(seed, answer, |input| {
            let mut meter = StreamMeter::new(provider, route);
            input.chunks(17).for_each(|piece| meter.feed(piece));
            drop(black_box(meter.finish()));
        });
    }
}

#[test]
fn chat_streams_whose_usage_is_taken_out() {
    mutated(12, ANSWERS[0].2, |input| {
        let mut unasked = Unasked::default();
        let fed: usize = input.chunks(17).map(|piece| unasked.feed(piece).len()).sum();
        assert!(fed + unasked.finish().len() <= input.len());
    });
}

#[test]
fn refusals_and_lists_of_models() {
    for (seed, (provider, status, body)) in (30..).zip(REFUSALS) {
        mutated(seed, body, |input| {
            let body = serde_json::from_slice(input).unwrap_or_default();
            black_box(reply::classify(provider, StatusCode::from_u16(status).unwrap(), &body));
            drop(black_box(reply::said(provider, &body)));
        });
    }
    let list = r#"{"data":[{"id":"gpt-5","created":1,"lifecycle":"active","display_name":"n"}],"models":[{"name":"models/g","displayName":"G","supportedGenerationMethods":["generateContent"]}]}"#;
    for (seed, provider) in (40..).zip(Provider::ALL) {
        mutated(seed, list, |input| {
            drop(black_box(models::offers(provider, &serde_json::from_slice(input).unwrap_or_default())));
        });
    }
}

const CHAT: &str = r#"{"model":"claude-opus-5","stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"stop":["a"],"reasoning_effort":"low","n":1,"response_format":{"type":"json_object"},"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":true}}],"tool_choice":"auto","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}},{"type":"file","file":{"file_data":"data:text/plain;base64,QQ=="}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]}"#;

const MESSAGE: &str = r#"{"id":"m","type":"message","model":"c","content":[{"type":"thinking","thinking":"h"},{"type":"text","text":"t"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"e"},"usage":{"input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3,"output_tokens_details":{"thinking_tokens":1},"service_tier":"standard"}}"#;

const EVENTS: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"model\":\"c\",\"content\":[],\"usage\":{\"input_tokens\":3}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}\r\n\r\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":2}}\n\ndata: {\"type\":\"message_stop\"}\n\n";

fn sound(json: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(json).is_ok()
}

#[test]
fn chat_calls_that_are_translated() {
    let asked = chat::to_anthropic(CHAT.as_bytes()).unwrap().asked;
    mutated(50, CHAT, |input| match chat::to_anthropic(input) {
        Ok(request) => assert!(sound(&request.body), "{}", String::from_utf8_lossy(input)),
        Err(refused) => assert!(sound(&refused.failure().body)),
    });
    mutated(51, MESSAGE, |input| {
        if let Ok(answer) = chat::answer(asked, input, 1) {
            assert!(sound(&answer), "{}", String::from_utf8_lossy(input));
        }
    });
}

#[test]
fn chat_streams_that_are_translated() {
    let asked = chat::to_anthropic(CHAT.as_bytes()).unwrap().asked;
    mutated(52, EVENTS, |input| {
        let stream = |size: usize| {
            let mut stream = chat::Stream::new(asked, 1);
            let mut out: Vec<u8> = input.chunks(size).flat_map(|piece| stream.feed(piece)).collect();
            out.extend(stream.finish());
            out
        };
        let whole = stream(usize::MAX);
        assert_eq!(stream(17), whole, "{}", String::from_utf8_lossy(input));
        let whole = String::from_utf8(whole).unwrap();
        for event in whole.split_terminator("\n\n") {
            let data = event.strip_prefix("data: ").unwrap();
            assert!(data == "[DONE]" || sound(data.as_bytes()), "{data}");
        }
    });
}

#[test]
fn errors_that_are_translated() {
    let body = r#"{"type":"error","error":{"type":"t","message":"m","details":{"error_code":"c"}}}"#;
    mutated(53, body, |input| {
        let failure = chat::error(StatusCode::from_u16(400 + u16::from(input.len() as u8)).unwrap(), input);
        assert!(sound(&failure.body) && failure.status.as_u16() >= 400);
    });
}
