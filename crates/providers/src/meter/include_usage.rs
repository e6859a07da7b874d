//! OpenAI's chat streams state usage only when asked (providers.md §5.1, trap 15): asks, and takes out again what the
//! caller did not ask for.

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Asked<'b> {
    stream: Option<bool>,
    /// As it stands there, `null` too.
    #[serde(borrow, default, deserialize_with = "as_it_stands")]
    stream_options: Option<&'b RawValue>,
}

fn as_it_stands<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// The body of a chat call with `stream_options.include_usage` switched on; `None` when it need not or cannot be:
/// not a stream, asked for already, or not a JSON object. All other bytes stay as they are.
#[must_use]
pub fn ask_for_usage(body: &[u8]) -> Option<Vec<u8>> {
    let asked: Asked<'_> = serde_json::from_slice(body).ok()?;
    if asked.stream != Some(true) {
        return None;
    }
    let Some(options) = asked.stream_options.map(RawValue::get) else {
        return Some(with_options(body));
    };
    let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(options).ok()?;
    let mut object = object.unwrap_or_default();
    if object.insert("include_usage".to_owned(), true.into()) == Some(true.into()) {
        return None;
    }
    let start = options.as_ptr() as usize - body.as_ptr() as usize;
    let new = serde_json::to_vec(&object).ok()?;
    Some([&body[..start], &new, &body[start + options.len()..]].concat())
}

/// Adds the field at the end.
fn with_options(body: &[u8]) -> Vec<u8> {
    const FIELD: &[u8] = br#""stream_options":{"include_usage":true}"#;
    let end = body.iter().rposition(|b| *b == b'}').unwrap_or(body.len());
    [&body[..end], b",", FIELD, &body[end..]].concat()
}

/// Takes out of a chat stream what [`ask_for_usage`] added: the one event with usage and no choices, and
/// `"usage":null` of the others. Fed with pieces as they come; holds at most one event of [`EVENT_LIMIT`].
#[derive(Debug, Default)]
pub struct Unasked {
    held: Vec<u8>,
    passing: bool,
}

/// A larger event passes as it is.
pub const EVENT_LIMIT: usize = 256 * 1024;

impl Unasked {
    /// The bytes that may go on to the caller.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len());
        for line in piece.split_inclusive(|b| *b == b'\n') {
            self.held.extend_from_slice(line);
            if self.passing || self.held.len() > EVENT_LIMIT {
                out.append(&mut self.held);
                self.passing = !line.ends_with(b"\n");
            } else if blank_line_at_end(&self.held) {
                if let Some(event) = without(&self.held) {
                    out.extend_from_slice(&event);
                }
                self.held.clear();
            }
        }
        out
    }

    /// What was held when the stream ended.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        without(&self.held).unwrap_or_default()
    }
}

fn blank_line_at_end(event: &[u8]) -> bool {
    event.ends_with(b"\n\n") || event.ends_with(b"\r\n\r\n")
}

/// An unescaped quote ends a string, so these bytes can only be the field itself.
fn without(event: &[u8]) -> Option<Vec<u8>> {
    let has = |text: &[u8]| event.windows(text.len()).position(|w| w == text);
    for text in [br#","usage":null"#.as_slice(), br#", "usage": null"#] {
        if let Some(at) = has(text) {
            return Some([&event[..at], &event[at + text.len()..]].concat());
        }
    }
    let no_choices = has(br#""choices":[]"#).or_else(|| has(br#""choices": []"#)).is_some();
    let usage = has(br#""usage":{"#).or_else(|| has(br#""usage": {"#)).is_some();
    (!(no_choices && usage)).then(|| event.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &str) -> Option<serde_json::Value> {
        ask_for_usage(body.as_bytes()).map(|new| serde_json::from_slice(&new).unwrap())
    }

    #[test]
    fn usage_is_asked_for_once_and_only_of_streams() {
        for (body, options) in [
            (r#"{"stream":true}"#, r#"{"include_usage":true}"#),
            (r#"{"stream":true,"stream_options":null}"#, r#"{"include_usage":true}"#),
            (r#"{"stream":true,"stream_options":{"include_usage":false}}"#, r#"{"include_usage":true}"#),
            (
                r#"{"stream_options":{"include_obfuscation":false},"stream":true}"#,
                r#"{"include_obfuscation":false,"include_usage":true}"#,
            ),
        ] {
            let new = asked(body).unwrap();
            assert_eq!(new["stream_options"], serde_json::from_str::<serde_json::Value>(options).unwrap(), "{body}");
        }
        for body in [
            "",
            "[]",
            "{}",
            r#"{"stream":false}"#,
            r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
            r#"{"stream":true,"stream":true}"#,
            r#"{"stream":true,"stream_options":7}"#,
        ] {
            assert_eq!(asked(body), None, "{body}");
        }
    }

    #[test]
    fn the_callers_bytes_stay() {
        let body = br#"{ "messages":[{"content":"\"stream_options\":null e"}], "stream" : true }"#;
        let new = ask_for_usage(body).unwrap();
        assert_eq!(new, br#"{ "messages":[{"content":"\"stream_options\":null e"}], "stream" : true ,"stream_options":{"include_usage":true}}"#);
    }

    #[test]
    fn the_stream_is_what_it_would_have_been_however_it_is_cut() {
        let asked = "data: {\"choices\":[{\"delta\":{\"content\":\",\\\"usage\\\":null\"}}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"n\":1}}\n\ndata: [DONE]\n\n";
        let plain = "data: {\"choices\":[{\"delta\":{\"content\":\",\\\"usage\\\":null\"}}]}\n\ndata: [DONE]\n\n";
        for size in 1..asked.len() {
            let mut filter = Unasked::default();
            let mut out: Vec<u8> = asked.as_bytes().chunks(size).flat_map(|piece| filter.feed(piece)).collect();
            out.extend(filter.finish());
            assert_eq!(String::from_utf8(out).unwrap(), plain, "{size}");
        }
    }

    #[test]
    fn an_event_that_is_too_large_passes_in_bounded_memory() {
        let mut filter = Unasked::default();
        let mut out = 0;
        for _ in 0..100 {
            out += filter.feed(&[b'a'; 16 * 1024]).len();
            assert!(filter.held.len() <= EVENT_LIMIT);
        }
        out += filter.feed(b"\n\ndata: x\n\n").len();
        assert_eq!(out, 100 * 16 * 1024 + 11);
    }
}
