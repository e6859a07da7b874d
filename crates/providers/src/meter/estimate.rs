//! What is not told: an estimate for a call whose caller hung up, and what kind of picture a call asked for.

use ownkey_protocol::vocabulary::Use;

use super::scan::Scanner;
use super::{Picture, Units};

/// Bytes of JSON per token: four characters of text, as all providers' rule of thumb says.
const PER_TOKEN: u64 = 4;
/// Bytes of an event that carries one token.
const PER_EVENT: u64 = 250;

/// What a call spent whose caller hung up before usage was told: its input from the length of the request, its output
/// from what passed. Only conversations can be estimated; pictures and sound cost by what is in them.
#[must_use]
pub fn estimate(r#use: Option<Use>, asked: u64, passed: u64, streamed: bool) -> Option<Units> {
    let output = passed.div_ceil(if streamed { PER_EVENT } else { PER_TOKEN });
    (r#use == Some(Use::Chat))
        .then(|| Units { input: asked.div_ceil(PER_TOKEN), output, ..Units::default() })
        .filter(|units| !units.is_empty())
}

/// The kind of picture that a JSON body asks for.
#[must_use]
pub fn picture_asked(body: &[u8]) -> Picture {
    let mut picture = Picture::default();
    let mut scanner = Scanner::new(|path| matches!(path, ["size" | "quality"]));
    scanner.feed(body, |path, raw| {
        let Ok(word) = serde_json::from_slice::<String>(raw) else { return };
        match path {
            ["size"] => picture.size = Some(word),
            _ => picture.quality = Some(word),
        }
    });
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_estimated_by_its_length_and_nothing_else_is() {
        let units = estimate(Some(Use::Chat), 401, 1_000, true).unwrap();
        assert_eq!((units.input, units.output), (101, 4));
        assert_eq!(estimate(Some(Use::Chat), 0, 9, false).map(|u| u.output), Some(3));
        assert_eq!(estimate(Some(Use::Images), 401, 1_000, true), None);
        assert_eq!(estimate(None, 401, 1_000, true), None);
        assert_eq!(estimate(Some(Use::Chat), 0, 0, true), None);
    }

    #[test]
    fn a_body_says_which_picture_it_asks_for() {
        let picture = picture_asked(br#"{"prompt":"\"size\":\"9x9\"","size":"1024x1024","quality":"hd","n":2}"#);
        assert_eq!((picture.size.as_deref(), picture.quality.as_deref()), (Some("1024x1024"), Some("hd")));
        assert_eq!(picture_asked(b"no json"), Picture::default());
    }
}
