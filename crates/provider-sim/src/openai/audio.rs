//! `/v1/audio/…`: transcriptions, translations, speech (facts: section 5.1 of the provider notes).

use super::access::{self, Caller, Reply};
use super::{errors, models::Use};
use crate::bill::Bill;
use crate::call::{Answer, Call};
use crate::ledger::Booking;
use crate::room::Room;
use crate::{stream, words};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

/// Bytes of a practice recording that count as one second.
const BYTES_PER_SECOND: usize = 32_000;

/// What was heard, and how long it was.
struct Heard {
    model: String,
    text: String,
    seconds: u64,
    bill: Bill,
}

impl Heard {
    /// `whisper-1` is charged by time, the newer models by tokens.
    fn by_time(&self) -> bool {
        self.model == "whisper-1"
    }

    fn usage(&self) -> Value {
        if self.by_time() {
            return json!({"type": "duration", "seconds": self.seconds});
        }
        json!({
            "type": "tokens",
            "input_tokens": self.bill.input(),
            "input_token_details": {"text_tokens": self.bill.text_in, "audio_tokens": self.bill.audio_in},
            "output_tokens": self.bill.output(),
            "total_tokens": self.bill.input() + self.bill.output()
        })
    }

    fn booking(&self) -> Booking {
        let units = if self.by_time() { vec![("seconds", json!(self.seconds))] } else { self.bill.units() };
        Booking::default().model(&self.model).bill(&units)
    }
}

/// `POST /v1/audio/transcriptions`.
pub(super) fn transcribe(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    let body_first = room.switch("audio_scope_order") == "body_first";
    if body_first {
        check_form(call)?;
    }
    access::capability(room, &caller, "api.model.audio.request")?;
    let heard = hear(room, call, &caller)?;
    let format = call.field("response_format").unwrap_or_else(|| "json".to_owned());
    let answer = if call.field("stream").as_deref() == Some("true") && !heard.by_time() {
        Answer::events("text/event-stream; charset=utf-8", events(&heard))
    } else {
        written(&heard, &format)?
    };
    Ok(super::dressed(room, &caller, answer).booked(heard.booking()))
}

/// `POST /v1/audio/translations`: `whisper-1` only, into English.
pub(super) fn translate(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::capability(room, &caller, "api.model.audio.request")?;
    let heard = hear(room, call, &caller)?;
    if !heard.by_time() {
        let words = format!("The model `{}` does not support translation.", heard.model);
        return access::refuse(errors::bad_request(&words, Some("model"), Some("model_not_supported")));
    }
    let format = call.field("response_format").unwrap_or_else(|| "json".to_owned());
    let answer = match format.as_str() {
        "json" => Answer::json(200, &json!({"text": heard.text})),
        other => written(&heard, other)?,
    };
    Ok(super::dressed(room, &caller, answer).booked(heard.booking()))
}

fn check_form(call: &Call) -> Reply<()> {
    if call.parts.is_none() {
        let words = "Could not parse multipart form";
        return access::refuse(errors::bad_request(words, None, None));
    }
    let Some(file) = call.part("file") else {
        return access::refuse(errors::missing("file"));
    };
    if file.bytes.is_empty() {
        let words = "The audio file could not be decoded or its format is not supported.";
        return access::refuse(errors::bad_request(words, Some("file"), Some("unsupported_value")));
    }
    if call.field("model").is_none_or(|model| model.is_empty()) {
        return access::refuse(errors::missing("model"));
    }
    Ok(())
}

fn hear(room: &mut Room, call: &Call, caller: &Caller) -> Reply<Heard> {
    check_form(call)?;
    let model = call.field("model").unwrap_or_default();
    access::model(room, caller, &model, Use::Transcription)?;
    access::credit(room, caller)?;
    let file = call.part("file").map(|part| part.bytes.clone()).unwrap_or_default();
    let seconds = file.len().div_ceil(BYTES_PER_SECOND).max(1) as u64;
    let text = format!("This practice recording is {seconds} seconds long and {} bytes large.", file.len());
    let hint = call.field("prompt").filter(|hint| !hint.is_empty());
    let bill = Bill {
        text_in: hint.map_or(0, |hint| words::tokens(&hint)),
        audio_in: seconds * 10,
        text_out: words::tokens(&text),
        ..Bill::default()
    };
    Ok(Heard { model, text, seconds, bill })
}

/// The answer in one piece. Plain text formats carry no usage.
fn written(heard: &Heard, format: &str) -> Reply {
    let Heard { text, seconds, .. } = heard;
    match format {
        "json" => Ok(Answer::json(200, &json!({"text": text, "usage": heard.usage()}))),
        "text" => Ok(Answer::text(200, &format!("{text}\n"))),
        "srt" if heard.by_time() => {
            Ok(Answer::text(200, &format!("1\n00:00:00,000 --> {},000\n{text}\n\n", clock(*seconds))))
        }
        "vtt" if heard.by_time() => {
            Ok(Answer::text(200, &format!("WEBVTT\n\n00:00:00.000 --> {}.000\n{text}\n\n", clock(*seconds))))
        }
        "verbose_json" if heard.by_time() => Ok(Answer::json(
            200,
            &json!({
                "task": "transcribe",
                "language": "english",
                "duration": *seconds as f64,
                "text": text,
                "segments": [],
                "usage": heard.usage()
            }),
        )),
        other => {
            let words = format!("response_format '{other}' is not compatible with model '{}'.", heard.model);
            access::refuse(errors::bad_request(&words, Some("response_format"), Some("unsupported_value")))
        }
    }
}

fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn events(heard: &Heard) -> Vec<Bytes> {
    let delta = |piece: &String| stream::data(&json!({"type": "transcript.text.delta", "delta": piece}));
    let mut events: Vec<Bytes> = stream::pieces(&heard.text).iter().map(delta).collect();
    let done = json!({"type": "transcript.text.done", "text": heard.text, "usage": heard.usage()});
    events.push(stream::data(&done));
    events
}

const SPEECH: &[&str] = &["model", "input", "voice", "instructions", "response_format", "speed", "stream_format"];

/// `POST /v1/audio/speech`: sound as bytes, or as events with `stream_format: "sse"`.
pub(super) fn speak(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::capability(room, &caller, "api.model.audio.request")?;
    let Some(body) = call.json() else {
        return access::refuse(super::not_json());
    };
    super::known(&body, SPEECH)?;
    for name in ["model", "input", "voice"] {
        if body[name].is_null() {
            return access::refuse(errors::missing(name));
        }
    }
    let (model, text) = (body["model"].as_str().unwrap_or_default(), body["input"].as_str().unwrap_or_default());
    access::model(room, &caller, model, Use::Speech)?;
    access::credit(room, &caller)?;
    let format = body["response_format"].as_str().unwrap_or("mp3");
    let Some(content_type) = sound_type(format) else {
        let words = format!("Invalid value: '{format}'.");
        return access::refuse(errors::bad_request(&words, Some("response_format"), Some("invalid_value")));
    };
    let (input, output) = (words::tokens(text), text.chars().count() as u64 / 4 + 10);
    let bill = Bill { text_in: input, audio_out: output, ..Bill::default() };
    let mut units = bill.units();
    units.push(("characters", json!(text.chars().count())));
    let booking = Booking::default().model(model).bill(&units);
    let sound = sound(format, text.chars().count());
    let answer = if body["stream_format"].as_str() == Some("sse") {
        let usage = json!({"input_tokens": input, "output_tokens": output, "total_tokens": input + output});
        let part = json!({"type": "speech.audio.delta", "audio": STANDARD.encode(&sound)});
        let events = vec![stream::data(&part), stream::data(&json!({"type": "speech.audio.done", "usage": usage}))];
        Answer::events("text/event-stream; charset=utf-8", events)
    } else {
        Answer::bytes(200, content_type, Bytes::from(sound))
    };
    Ok(super::dressed(room, &caller, answer).booked(booking))
}

fn sound_type(format: &str) -> Option<&'static str> {
    match format {
        "mp3" => Some("audio/mpeg"),
        "opus" => Some("audio/opus"),
        "aac" => Some("audio/aac"),
        "flac" => Some("audio/flac"),
        "wav" => Some("audio/wav"),
        "pcm" => Some("audio/pcm"),
        _ => None,
    }
}

/// Silence, as long as the text needs. `wav` is a real file; `mp3` has real frame headers; of the others only the
/// length means something.
fn sound(format: &str, characters: usize) -> Vec<u8> {
    let frames = characters.clamp(1, 2000);
    match format {
        "wav" => {
            let data = vec![0; frames * 160];
            let mut file = b"RIFF".to_vec();
            file.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
            file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
            file.extend_from_slice(&(data.len() as u32).to_le_bytes());
            file.extend_from_slice(&data);
            file
        }
        // MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame.
        "mp3" => [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 413]].concat().repeat(frames.div_ceil(10)),
        _ => vec![0; frames * 160],
    }
}
