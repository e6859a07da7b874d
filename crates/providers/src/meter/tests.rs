use super::*;
use crate::routes;

fn route(provider: Provider, id: &str) -> &'static Route {
    routes::all(provider).iter().find(|r| r.id == id).unwrap()
}

fn metered(route: &'static Route, text: &str) -> Metered {
    let whole = {
        let mut meter = StreamMeter::new(route.provider, route);
        meter.feed(text.as_bytes());
        meter.finish()
    };
    for size in [1, 2, 7, 64] {
        let mut meter = StreamMeter::new(route.provider, route);
        text.as_bytes().chunks(size).for_each(|piece| meter.feed(piece));
        assert_eq!(meter.finish(), whole, "{size}");
    }
    whole
}

#[test]
fn openai_chat_in_a_body_and_in_a_stream() {
    let usage = r#"{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}"#;
    let units = Units { input: 9, cached_input: 4, output: 5, reasoning: 2, ..Units::default() };
    let chat = route(Provider::OpenAi, "openai.chat");
    let body = format!(
        r#"{{"id":"c","model":"gpt-x","choices":[{{"message":{{"content":"\"usage\":{{\"prompt_tokens\":99}}"}}}}],"usage":{usage}}}"#
    );
    assert_eq!(of_body(chat.provider, chat, body.as_bytes()), Some(units));
    let stream = format!(
        "data: {{\"model\":\"gpt-x\",\"choices\":[{{}}],\"usage\":null}}\n\ndata: {{\"choices\":[],\"usage\":{usage}}}\n\ndata: [DONE]\n\n"
    );
    assert_eq!(
        metered(chat, &stream),
        Metered { units: Some(units), model: Some("gpt-x".to_owned()), ended: true, ..Metered::default() }
    );
    let cut = metered(chat, "data: {\"choices\":[{}],\"usage\":null}\n\n");
    assert_eq!((cut.units, cut.ended), (None, false));
}

#[test]
fn openai_responses_state_usage_in_their_last_event() {
    let stream = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null,\"tools\":[{\"usage\":{\"input_tokens\":5}}]}}\n\n\
                  event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3,\"input_tokens_details\":{\"cached_tokens\":1,\"cache_write_tokens\":1},\"output_tokens\":2,\"output_tokens_details\":{\"reasoning_tokens\":1},\"total_tokens\":5}}}\n\n";
    let seen = metered(route(Provider::OpenAi, "openai.responses"), stream);
    let units = Units { input: 3, cached_input: 1, cache_write: 1, output: 2, reasoning: 1, ..Units::default() };
    assert_eq!(seen, Metered { units: Some(units), model: Some("m".to_owned()), ended: true, ..Metered::default() });
}

#[test]
fn openai_pictures_are_counted_and_their_bytes_are_not_kept() {
    let images = route(Provider::OpenAi, "openai.images");
    let big = "A".repeat(100_000);
    let body = format!(
        r#"{{"created":1,"data":[{{"b64_json":"{big}"}},{{"b64_json":"QQ=="}},{{"url":"http://x"}}],"usage":{{"input_tokens":7,"output_tokens":300,"input_tokens_details":{{"text_tokens":6,"image_tokens":1}}}}}}"#
    );
    let units = of_body(images.provider, images, body.as_bytes()).unwrap();
    assert_eq!((units.input, units.image_in, units.output), (7, 1, 300));
    let seen = metered(
        images,
        "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"QQ\"}\n\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"QQ\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}\n\n",
    );
    assert_eq!(seen.units.unwrap().images, 1);
}

#[test]
fn openai_voice_states_tokens_or_seconds() {
    let voice = route(Provider::OpenAi, "openai.transcription");
    let tokens = of_body(voice.provider, voice, br#"{"text":"hi","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":3,"total_tokens":17}}"#).unwrap();
    assert_eq!((tokens.input, tokens.audio_in, tokens.output), (14, 10, 3));
    let seconds =
        of_body(voice.provider, voice, br#"{"text":"hi","usage":{"type":"duration","seconds":12.3456}}"#).unwrap();
    assert_eq!(seconds.seconds_ms, 12_346);
    assert_eq!(of_body(voice.provider, voice, b"1\n00:00:00 --> 00:00:01\nhi\n"), None);
}

#[test]
fn anthropics_running_totals_are_never_added() {
    let messages = route(Provider::Anthropic, "anthropic.messages");
    let stream = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-x\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":5,\"cache_creation_input_tokens\":3,\"cache_creation\":{\"ephemeral_5m_input_tokens\":1,\"ephemeral_1h_input_tokens\":2},\"output_tokens\":1}}}\n\n\
                  event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":4,\"input_tokens\":null}}\n\n\
                  event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":9}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    let units =
        Units { input: 18, cached_input: 5, cache_write: 1, cache_write_hour: 2, output: 9, ..Units::default() };
    assert_eq!(
        metered(messages, stream),
        Metered { units: Some(units), model: Some("claude-x".to_owned()), ended: true, ..Metered::default() }
    );
    let cut = metered(messages, &stream[..stream.find("event: message_delta").unwrap()]);
    assert_eq!((cut.units.unwrap().output, cut.ended), (1, false));
}

#[test]
fn gemini_states_totals_in_every_piece_of_either_kind_of_stream() {
    let piece = |n: u64, end: &str| {
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"inlineData":{{"mimeType":"image/png","data":"QQ=="}}}}]}}{end}}}],"usageMetadata":{{"promptTokenCount":8,"candidatesTokenCount":{n},"thoughtsTokenCount":1,"candidatesTokensDetails":[{{"modality":"IMAGE","tokenCount":{n}}}]}},"modelVersion":"g"}}"#
        )
    };
    let (a, b) = (piece(2, ""), piece(1290, r#","finishReason":"STOP""#));
    let units = Units { input: 8, output: 1291, reasoning: 1, image_out: 1290, images: 2, ..Units::default() };
    let all = routes::all(Provider::Gemini);
    for text in [format!("data: {a}\r\n\r\ndata: {b}\r\n\r\n"), format!("[{a},\r\n{b}]")] {
        for route in all.iter().filter(|r| r.costs) {
            assert_eq!(
                metered(route, &text),
                Metered { units: Some(units), model: Some("g".to_owned()), ended: true, ..Metered::default() }
            );
        }
    }
}

#[test]
fn sound_and_pictures_from_geminis_cache_are_cached_and_nothing_else() {
    let body = br#"{"candidates":[],"usageMetadata":{"promptTokenCount":1700,"candidatesTokenCount":4,"cachedContentTokenCount":1600,"promptTokensDetails":[{"modality":"TEXT","tokenCount":1310},{"modality":"AUDIO","tokenCount":132},{"modality":"IMAGE","tokenCount":258}],"cacheTokensDetails":[{"modality":"TEXT","tokenCount":1300},{"modality":"AUDIO","tokenCount":42},{"modality":"IMAGE","tokenCount":258}]}}"#;
    let units = of_body(Provider::Gemini, &routes::all(Provider::Gemini)[0], body).unwrap();
    assert_eq!((units.input, units.cached_input, units.audio_in, units.image_in), (1_700, 1_600, 90, 0));
}

#[test]
fn all_that_speech_puts_out_is_sound() {
    let stream = "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":5,\"output_tokens\":14,\"total_tokens\":19}}\n\n";
    let units = metered(route(Provider::OpenAi, "openai.speech"), stream).units.unwrap();
    assert_eq!(units, Units { input: 5, output: 14, audio_out: 14, ..Units::default() });
}

#[test]
fn replicate_states_time() {
    let route = routes::all(Provider::Replicate).iter().find(|r| r.costs).unwrap();
    let body = r#"{"id":"p","model":"o/n","status":"succeeded","input":{"metrics":{"predict_time":9}},"output":{"metrics":{"predict_time":9}},"metrics":{"predict_time":1.25,"total_time":3}}"#;
    let seen = metered(route, body);
    assert_eq!((seen.units.unwrap().predict_ms, seen.ended), (1_250, true));
    assert_eq!(of_body(route.provider, route, br#"{"id":"p","status":"starting"}"#), None);
}

#[test]
fn a_stability_picture_costs_what_its_endpoint_costs_as_json_and_as_bytes() {
    for (id, credits_milli) in [("stability.core", 3_000), ("stability.ultra", 8_000)] {
        let route = route(Provider::Stability, id);
        let units = Units { images: 1, credits_milli, ..Units::default() };
        assert_eq!(metered(route, r#"{"image":"QQ==","finish_reason":"SUCCESS","seed":1}"#).units, Some(units));
        for picture in [
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(),
            b"\xff\xd8\xff\xe0\0\x10JFIF",
            b"RIFF\x01\x02\x03\x04WEBPVP8 ",
        ] {
            assert_eq!(of_body(route.provider, route, picture), Some(units));
        }
        assert_eq!(of_body(route.provider, route, br#"{"id":"1","name":"bad_request","errors":["x"]}"#), None);
    }
}

#[test]
fn a_picture_of_stability_3_costs_what_its_model_costs() {
    let route = route(Provider::Stability, "stability.sd3");
    let models = [Some("sd3.5-large"), Some("sd3.5-medium"), Some("sd3.5-large-turbo"), None];
    for (model, credits_milli) in models.into_iter().zip([6_500, 3_500, 0, 0]) {
        let mut meter = StreamMeter::new(route.provider, route).asked(model);
        meter.feed(br#"{"image":"QQ==","finish_reason":"SUCCESS","seed":1}"#);
        assert_eq!(meter.end(), Some(Units { images: 1, credits_milli, ..Units::default() }), "{model:?}");
    }
}

#[test]
fn any_bytes_are_survived() {
    let mut seed = 3_u64;
    let seeds = b"{}[]\",:\\ usage\n0e-null";
    for provider in Provider::ALL {
        let route = &routes::all(provider)[0];
        for _ in 0..4_000 {
            let mut meter = StreamMeter::new(route.provider, route);
            let bytes: Vec<u8> = (0..60)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    seeds[(seed >> 33) as usize % seeds.len()]
                })
                .collect();
            meter.feed(&bytes);
            let _ = meter.finish();
            let _ = ask_for_usage(&bytes);
        }
    }
}

#[test]
fn the_lines_of_a_batch_add_up() {
    let route = crate::routes::all(Provider::Anthropic).iter().find(|r| r.id == "anthropic.batches.results").unwrap();
    let line = r#"{"custom_id":"a","result":{"type":"succeeded","message":{"model":"m","usage":{"input_tokens":3,"output_tokens":4}}}}"#;
    let body = format!("{line}\n{line}\n{{\"custom_id\":\"b\",\"result\":{{\"type\":\"expired\"}}}}\n");
    let units = of_body(Provider::Anthropic, route, body.as_bytes()).unwrap();
    assert_eq!((units.input, units.output), (6, 8));
}
