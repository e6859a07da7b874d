//! The parts of a message: text, pictures, files.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::fields::{At, Object, Read, list, text};
use super::outgoing::{Block, Content, Source};
use super::{NotCarried, cache, table};

/// Who may say what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Text, pictures and files.
    User,
    /// Text and refusals.
    Assistant,
    /// Text.
    Other,
}

/// A message's `content`: a text or a list of parts. Texts of blanks alone are left out.
pub(super) fn blocks(raw: &RawValue, speaker: Speaker) -> Read<Vec<Block<'_>>> {
    if raw.get().starts_with('"') {
        return Ok(said(text(raw)?).into_iter().collect());
    }
    if !raw.get().starts_with('[') {
        return Err(NotCarried::invalid("It must be a text or a list of parts."));
    }
    let mut blocks = Vec::new();
    for (number, part) in list(raw)?.into_iter().enumerate() {
        blocks.extend(block(part, speaker).at(format_args!("[{number}]"))?);
    }
    Ok(blocks)
}

/// A text as a block, unless there is nothing in it.
pub(super) fn said(text: Cow<'_, str>) -> Option<Block<'_>> {
    (!text.trim().is_empty()).then(|| Block::text(text))
}

fn block(raw: &RawValue, speaker: Speaker) -> Read<Option<Block<'_>>> {
    let mut part = Object::read(raw)?;
    let kind = part.must("type", text)?;
    let mark = part.get("prompt_cache_breakpoint", cache::mark)?;
    let block = match (&*kind, speaker) {
        ("text", _) => said(part.must("text", text)?),
        ("refusal", Speaker::Assistant) => said(part.must("refusal", text)?),
        ("image_url", Speaker::User) => Some(part.must("image_url", picture)?.into()),
        ("file", Speaker::User) => Some(part.must("file", file)?.into()),
        ("input_audio", Speaker::User) => {
            part.refuse("input_audio", "content[].input_audio")?;
            return Err(NotCarried::invalid("It is required.").within("input_audio"));
        }
        _ => return Err(NotCarried::invalid("It is not a kind of part that this role can have.").within("type")),
    };
    part.end()?;
    Ok(block.map(|block| Block { cache_control: mark, ..block }))
}

fn picture(raw: &RawValue) -> Read<Content<'_>> {
    let mut picture = Object::read(raw)?;
    let detail = picture.get("detail", text)?;
    if detail.is_some_and(|detail| !matches!(&*detail, "auto" | "high")) {
        return Err(unsupported("content[].image_url.detail").within("detail"));
    }
    let source = picture.must("url", picture_source)?;
    picture.end()?;
    Ok(Content::Image { source })
}

fn picture_source(raw: &RawValue) -> Read<Source<'_>> {
    let url = text(raw)?;
    if starts_with_ignoring_case(&url, "https://") {
        return Ok(Source::Url { url });
    }
    let refused = || unsupported("content[].image_url.url");
    let (kind, data) = data_url(url).ok_or_else(refused)?;
    let media_type = match kind.as_str() {
        "image/jpeg" | "image/jpg" => "image/jpeg",
        "image/png" => "image/png",
        "image/gif" => "image/gif",
        "image/webp" => "image/webp",
        _ => return Err(refused()),
    };
    Ok(Source::Base64 { media_type, data })
}

fn file(raw: &RawValue) -> Read<Content<'_>> {
    let mut file = Object::read(raw)?;
    file.refuse("file_id", "content[].file.file_id")?;
    let title = file.get("filename", text)?.filter(|title| !title.trim().is_empty());
    let source = file.must("file_data", file_source)?;
    file.end()?;
    Ok(Content::Document { source, title })
}

fn file_source(raw: &RawValue) -> Read<Source<'_>> {
    const PDF: &str = "application/pdf";
    /// `%PDF-` in base64, as far as it fills whole characters.
    const PDF_START: &str = "JVBERi";
    let data = text(raw)?;
    if data.starts_with(PDF_START) {
        return Ok(Source::Base64 { media_type: PDF, data });
    }
    let refused = || unsupported("content[].file.file_data");
    let (kind, data) = data_url(data).ok_or_else(refused)?;
    match kind.as_str() {
        PDF => Ok(Source::Base64 { media_type: PDF, data }),
        kind if kind.starts_with("text/") => {
            let bytes = STANDARD.decode(&*data).map_err(|_| NotCarried::invalid("It is not base64."))?;
            let data = String::from_utf8(bytes).map_err(|_| refused())?;
            Ok(Source::Text { media_type: "text/plain", data })
        }
        _ => Err(refused()),
    }
}

/// The type, in small letters and without parameters, and the base64 of a `data:` URL.
fn data_url(url: Cow<'_, str>) -> Option<(String, Cow<'_, str>)> {
    if !starts_with_ignoring_case(&url, "data:") {
        return None;
    }
    let comma = url.find(',')?;
    let (kind, encoding) = url[5..comma].rsplit_once(';')?;
    if !encoding.trim().eq_ignore_ascii_case("base64") {
        return None;
    }
    let kind = kind.split(';').next().unwrap_or(kind).trim().to_ascii_lowercase();
    let data = match url {
        Cow::Borrowed(url) => Cow::Borrowed(&url[comma + 1..]),
        Cow::Owned(mut url) => Cow::Owned(url.split_off(comma + 1)),
    };
    Some((kind, data))
}

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(start.as_bytes()))
}

fn unsupported(field: &str) -> NotCarried {
    NotCarried::unsupported(table::row(field).how)
}
