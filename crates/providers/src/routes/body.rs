//! What a call's body tells, read from its first bytes without building a tree of it.
//!
//! A JSON body is walked once by a visitor that keeps the few fields below and skips the rest; a body that is cut off
//! (only its beginning is held) or nested more than a hundred levels deep tells what came before. A form's fields are read the same way.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Thing;

/// The most references that are kept of one body. One more is kept without an id: it is nobody's, so such a body is
/// refused instead of being looked at in part.
const MAX_REFERENCES: usize = 256;

/// What was seen of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// `model`.
    pub model: Option<String>,
    /// Replicate's `version`.
    pub version: Option<String>,
    /// The `purpose` of an uploaded file.
    pub purpose: Option<String>,
    /// `"stream": true`.
    pub stream: bool,
    /// `stream_options.include_usage`.
    pub include_usage: bool,
    /// `"background": true`: usage comes later.
    pub background: bool,
    /// Gemini's `responseModalities` names images.
    pub image_modality: bool,
    /// Things made by earlier calls that the body refers to.
    pub references: Vec<Reference>,
    /// Something of the account that no call here makes and that the body refers to. On an account that several clients
    /// share it can be anybody's.
    pub kept: Option<Kept>,
    /// The body was read to its end and is well formed; false for a body that is cut off or that is no JSON.
    pub whole: bool,
}

/// What an account keeps beside what calls make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// `conversation`.
    Conversation,
    /// `container`: a machine on which code of an earlier call ran.
    Container,
    /// `vector_store_ids`.
    VectorStore,
    /// `prompt.id`.
    Prompt,
}

/// A thing made by an earlier call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is.
    pub thing: Thing,
    /// Its id at the provider.
    pub id: String,
}

/// Looks at a body, or at its beginning. `content_type` tells a form from JSON.
#[must_use]
pub fn look(body: &[u8], content_type: Option<&str>) -> Seen {
    let mut seen = Seen::default();
    match content_type.and_then(boundary) {
        Some(boundary) => look_at_form(body, boundary, &mut seen),
        None => {
            let mut json = serde_json::Deserializer::from_slice(body);
            let walked = Walk { seen: &mut seen, depth: 0, under: Under::Top }.deserialize(&mut json).is_ok();
            seen.whole = walked && json.end().is_ok();
        }
    }
    seen
}

/// The body with another `model`; `None` when it is not a JSON object with that field. Nothing else is changed.
#[must_use]
pub fn set_model(body: &[u8], model: &str) -> Option<Vec<u8>> {
    #[derive(serde::Deserialize)]
    struct Model<'b> {
        #[serde(borrow)]
        model: &'b RawValue,
    }
    if !body.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let found: Model<'_> = serde_json::from_slice(body).ok()?;
    let raw = found.model.get();
    let start = (raw.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let written = serde_json::to_vec(model).ok()?;
    let mut out = Vec::with_capacity(body.len() + written.len());
    out.extend_from_slice(body.get(..start)?);
    out.extend_from_slice(&written);
    out.extend_from_slice(body.get(start + raw.len()..)?);
    Some(out)
}

/// Where the walk is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Under {
    /// In the outermost object.
    Top,
    /// In `stream_options`.
    StreamOptions,
    /// In `responseModalities`.
    Modalities,
    /// In a field whose text is the id of a thing.
    Id(Thing),
    /// In a field whose text, or whose `id`, names what an account keeps.
    Keeps(Kept),
    /// In `prompt`, which keeps something only if it has an `id`.
    Prompt,
    /// In a field whose text is an address, perhaps that of an uploaded file.
    Address,
    /// Elsewhere.
    Deep,
}

struct Walk<'s> {
    seen: &'s mut Seen,
    depth: u8,
    under: Under,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            self.field(&key, &mut map)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.deeper(self.under))?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        match self.under {
            Under::Modalities if text.eq_ignore_ascii_case("image") => self.seen.image_modality = true,
            Under::Id(thing) => self.refer(thing, text),
            Under::Keeps(kept) => self.seen.kept = Some(kept),
            Under::Address => {
                if let Some(name) = file_name(text) {
                    self.refer(Thing::File, name);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl Walk<'_> {
    fn refer(self, thing: Thing, id: &str) {
        let references = &mut self.seen.references;
        match references.len().cmp(&MAX_REFERENCES) {
            Ordering::Less => references.push(Reference { thing, id: id.to_owned() }),
            Ordering::Equal => references.push(Reference { thing, id: String::new() }),
            Ordering::Greater => {}
        }
    }

    fn deeper(&mut self, under: Under) -> Walk<'_> {
        let under = if under == Under::Top { Under::Deep } else { under };
        Walk { seen: self.seen, depth: self.depth + 1, under }
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let top = self.depth == 0;
        match key {
            "model" if top => self.seen.model = text(map)?,
            "version" if top => self.seen.version = text(map)?,
            "purpose" if top => self.seen.purpose = text(map)?,
            "stream" if top => self.seen.stream = yes(map)?,
            "background" if top => self.seen.background = yes(map)?,
            "include_usage" if self.under == Under::StreamOptions => self.seen.include_usage = yes(map)?,
            "stream_options" if top => map.next_value_seed(self.deeper(Under::StreamOptions))?,
            "responseModalities" | "response_modalities" => map.next_value_seed(self.deeper(Under::Modalities))?,
            "conversation" if top => map.next_value_seed(self.deeper(Under::Keeps(Kept::Conversation)))?,
            "prompt" if top => map.next_value_seed(self.deeper(Under::Prompt))?,
            "id" if self.under == Under::Prompt => map.next_value_seed(self.deeper(Under::Keeps(Kept::Prompt)))?,
            "id" if matches!(self.under, Under::Keeps(_)) => map.next_value_seed(self.deeper(self.under))?,
            "container" => map.next_value_seed(self.deeper(Under::Keeps(Kept::Container)))?,
            "vector_store_ids" => map.next_value_seed(self.deeper(Under::Keeps(Kept::VectorStore)))?,
            "previous_response_id" if top => map.next_value_seed(self.deeper(Under::Id(Thing::Response)))?,
            "file_id" | "file_ids" | "input_file_id" => map.next_value_seed(self.deeper(Under::Id(Thing::File)))?,
            "fileUri" | "file_uri" => map.next_value_seed(self.deeper(Under::Address))?,
            _ => map.next_value_seed(self.deeper(Under::Deep))?,
        }
        Ok(())
    }
}

/// A text, or `None` for anything else.
fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Text {
        Text(String),
        Else(IgnoredAny),
    }
    Ok(match map.next_value::<Text>()? {
        Text::Text(text) => Some(text),
        Text::Else(_) => None,
    })
}

fn yes<'de, A: MapAccess<'de>>(map: &mut A) -> Result<bool, A::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Yes {
        Bool(bool),
        Else(IgnoredAny),
    }
    Ok(matches!(map.next_value::<Yes>()?, Yes::Bool(true)))
}

/// The name of an uploaded file in its address (`https://…/v1beta/files/NAME`, `files/NAME`); `None` for addresses of
/// other things, which Gemini takes too (videos on the web).
fn file_name(address: &str) -> Option<&str> {
    let name = match address.strip_prefix("files/") {
        Some(name) => name,
        None => {
            let (_, path) =
                address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?.split_once('/')?;
            path.strip_prefix("v1beta/files/").or_else(|| path.strip_prefix("v1/files/"))?
        }
    };
    Some(name.split(['?', '#', '/']).next().unwrap_or(name))
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = rest.split(';').find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    Some(value.trim_matches('"')).filter(|value| !value.is_empty())
}

/// Reads the short text fields of a form (RFC 7578) as far as they stand in the held beginning.
fn look_at_form(body: &[u8], boundary: &str, seen: &mut Seen) {
    let mark = format!("--{boundary}");
    let mut rest = body;
    while let Some(at) = find(rest, mark.as_bytes()) {
        rest = &rest[at + mark.len()..];
        if rest.starts_with(b"--") {
            seen.whole = true;
            return;
        }
        let Some(head_end) = find(rest, b"\r\n\r\n") else {
            return;
        };
        let head = String::from_utf8_lossy(&rest[..head_end]);
        let Some(name) = part_name(&head) else {
            continue;
        };
        let value = &rest[head_end + 4..];
        let Some(end) = find(&value[..value.len().min(4_096)], b"\r\n--") else {
            continue;
        };
        let Ok(value) = std::str::from_utf8(&value[..end]) else {
            continue;
        };
        match name {
            "model" => seen.model = Some(value.to_owned()),
            "purpose" => seen.purpose = Some(value.to_owned()),
            "stream" => seen.stream = value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
}

fn part_name(head: &str) -> Option<&str> {
    let line = head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    if line.contains("filename") {
        return None;
    }
    let (_, rest) = line.split_once("name=")?;
    Some(rest.split(';').next().unwrap_or(rest).trim().trim_matches('"'))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_where_they_count_and_nowhere_else() {
        let seen = look(
            br#"{"messages":[{"model":"no","stream":true}],"model":"gpt-5","stream":true,"stream_options":{"include_usage":true},"n":1.5e3}"#,
            Some("application/json"),
        );
        assert_eq!(seen.model.as_deref(), Some("gpt-5"));
        assert!(seen.stream && seen.include_usage && seen.whole && !seen.image_modality);
        let seen = look(br#"{"a":{"stream":true,"include_usage":true},"model":["x"],"stream":"true"}"#, None);
        assert_eq!(seen, Seen { whole: true, ..Seen::default() });
    }

    #[test]
    fn a_cut_body_tells_what_came_before_the_cut() {
        let seen = look(br#"{"model":"m","stream":true,"input":"aaaaaaaaaaaaaaa"#, None);
        assert_eq!(seen.model.as_deref(), Some("m"));
        assert!(seen.stream && !seen.whole);
        assert_eq!(look(b"not json", None), Seen::default());
        assert_eq!(look(b"", None), Seen::default());
    }

    #[test]
    fn references_and_modalities_are_found_at_any_depth() {
        let seen = look(
            br#"{"previous_response_id":"resp_1","input":[{"content":[{"type":"input_file","file_id":"file-1"}]}],
                "contents":[{"parts":[{"fileData":{"fileUri":"https://g/v1beta/files/abc"}},{"fileData":{"fileUri":"https://video.example/watch"}}]}],
                "tools":[{"parameters":{"properties":{"file_id":{"type":"string"}}}}],
                "generationConfig":{"responseModalities":["TEXT","IMAGE"]}}"#,
            None,
        );
        let ids: Vec<_> = seen.references.iter().map(|r| (r.thing, r.id.as_str())).collect();
        assert_eq!(ids, [(Thing::Response, "resp_1"), (Thing::File, "file-1"), (Thing::File, "abc")]);
        assert!(seen.image_modality);
    }

    #[test]
    fn what_an_account_keeps_is_seen_by_its_name() {
        let kept = |body: &str| look(body.as_bytes(), None).kept;
        assert_eq!(kept(r#"{"conversation":"conv_1"}"#), Some(Kept::Conversation));
        assert_eq!(kept(r#"{"conversation":{"id":"conv_1"}}"#), Some(Kept::Conversation));
        assert_eq!(kept(r#"{"prompt":{"id":"pmpt_1","version":"2"}}"#), Some(Kept::Prompt));
        assert_eq!(kept(r#"{"container":"container_1"}"#), Some(Kept::Container));
        let tools = r#"{"tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]}"#;
        assert_eq!(kept(tools), Some(Kept::VectorStore));
        assert_eq!(kept(r#"{"tools":[{"type":"code_interpreter","container":"cntr_1"}]}"#), Some(Kept::Container));
        for own in [
            r#"{"conversation":null,"prompt":"A boat","container":{"type":"auto"},"vector_store_ids":[]}"#,
            r#"{"prompt":{"variables":{"id":"x"}},"input":[{"role":"user","content":{"conversation":"hello"}}]}"#,
            r#"{"tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}"#,
        ] {
            assert_eq!(kept(own), None, "{own}");
        }
        let auto = look(br#"{"tools":[{"container":{"type":"auto","file_ids":["file-1"]}}]}"#, None);
        assert_eq!(auto.references, [Reference { thing: Thing::File, id: "file-1".to_owned() }]);
    }

    #[test]
    fn a_form_is_read_by_its_short_fields() {
        let form = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"model.wav\"\r\n\r\n\x00\x01\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b\r\ncontent-disposition: form-data; name=stream\r\n\r\ntrue\r\n--b--\r\n";
        let seen = look(form, Some("multipart/form-data; boundary=b"));
        assert_eq!(seen.model.as_deref(), Some("whisper-1"));
        assert!(seen.stream && seen.whole);
        assert!(!look(&form[..60], Some("multipart/form-data; boundary=\"b\"")).whole);
    }

    #[test]
    fn only_the_model_is_replaced() {
        let body = br#"{ "messages":[{"model":"inner"}] , "model" : "ownkey" ,"x":1.0}"#;
        let set = set_model(body, "gpt-\"5").unwrap();
        assert_eq!(
            String::from_utf8(set).unwrap(),
            r#"{ "messages":[{"model":"inner"}] , "model" : "gpt-\"5" ,"x":1.0}"#
        );
        assert_eq!(set_model(b"{}", "m"), None);
        assert_eq!(set_model(b"[1]", "m"), None);
    }

    #[test]
    fn more_references_than_are_kept_do_not_pass_unseen() {
        let ids: Vec<String> = (0..300).map(|n| format!("\"file-{n}\"")).collect();
        let seen = look(format!("{{\"file_ids\":[{}]}}", ids.join(",")).as_bytes(), None);
        assert_eq!(seen.references.len(), 257);
        assert_eq!(seen.references[256].id, "");
    }

    #[test]
    fn a_deep_body_does_not_end_the_program() {
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        assert!(!look(&deep, None).whole);
        let deep = [br#"{"a":"#.repeat(5_000), b"1".to_vec(), b"}".repeat(5_000)].concat();
        assert!(!look(&deep, None).whole);
    }
}
