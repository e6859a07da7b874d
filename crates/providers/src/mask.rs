//! Takes keys out of texts: a provider's words, an error body, a log line.
//!
//! Works by shape, for keys that we do not hold. Where the key is at hand, [`ownkey_secret::Secret::masked_in`] comes
//! first. A provider's own half-masked forms (`sk-...abcd`) stay: they show nothing.

use std::borrow::Cow;

/// Public beginnings of keys (providers.md §1) and of gateway tokens; the longer ones first.
const STARTS: &[&str] = &[
    "sk-ant-admin01-",
    "sk-ant-api03-",
    "sk-ant-api01-",
    "sk-ant-",
    "sk-admin-",
    "sk-proj-",
    "sk-svcacct-",
    "sk-service-",
    "sk-",
    "AQ.",
    "AIza",
    "r8_",
    "okg_",
];

/// Characters after a key's beginning that may be seen at most: a run of eight counts as a leak (design.md §3).
const SEEN: usize = 7;

/// `text` with whatever looks like a key of any provider, or a gateway token, replaced; its public beginning stays
/// (`sk-proj-••••`). Runs in one pass; borrows when there is nothing to hide.
///
/// ```
/// use ownkey_providers::mask::mask;
/// assert_eq!(mask("refused: sk-proj-0123456789abcdef."), "refused: sk-proj-••••.");
/// assert_eq!(mask("refused: sk-...cdef"), "refused: sk-...cdef");
/// ```
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    while at < bytes.len() {
        let fresh = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let found = if fresh { at_start(&bytes[at..]) } else { None };
        match found {
            Some((start, body)) if body > SEEN => {
                let hidden = at + start;
                out.push_str(&text[kept..hidden]);
                out.push_str("••••");
                kept = hidden + body;
                at = kept;
            }
            _ => at += 1,
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// Lengths of the beginning that stands here and of the characters of a key that follow it.
fn at_start(bytes: &[u8]) -> Option<(usize, usize)> {
    let start = STARTS.iter().find(|start| bytes.starts_with(start.as_bytes()))?.len();
    let in_key = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    Some((start, bytes[start..].iter().take_while(in_key).count()))
}

/// Like [`mask`], for a body that need not be text: bytes that are not UTF-8 are left as they are.
#[must_use]
pub fn mask_bytes(body: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(body) {
        Ok(text) => match mask(text) {
            Cow::Borrowed(_) => Cow::Borrowed(body),
            Cow::Owned(masked) => Cow::Owned(masked.into_bytes()),
        },
        Err(error) => {
            let (good, rest) = body.split_at(error.valid_up_to());
            let (bad, rest) = rest.split_at(error.error_len().unwrap_or(rest.len()));
            Cow::Owned([mask_bytes(good).as_ref(), bad, mask_bytes(rest).as_ref()].concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_is_hidden_wherever_it_stands() {
        let body = "Ab3_-fGh".repeat(6);
        for start in STARTS {
            for frame in ["{}", "key {}.", "\"{}\"", "?key={}&x=1", "({})", "Bearer {}", "ü{}ü", "a={},b={}"] {
                let text = frame.replace("{}", &format!("{}{body}", start));
                let masked = mask(&text);
                assert!(!masked.contains("Ab3_-fGh"), "{masked}");
                assert_eq!(masked, frame.replace("{}", &format!("{}••••", start)));
            }
        }
    }

    #[test]
    fn half_masked_forms_and_plain_words_stay() {
        for text in [
            "",
            "sk-...abcd",
            "sk-proj-********abcd",
            "sk-ant-api03-R2D...igAA",
            "task-force and risk-averse",
            "disk-space-management",
            "ünïcode •••• AIza",
        ] {
            assert!(matches!(mask(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn a_body_that_is_not_text_is_masked_around_the_odd_bytes() {
        let body = [b"\xff sk-proj-0123456789 ".as_slice(), b"\xfe\xff", b"r8_0123456789"].concat();
        assert_eq!(
            mask_bytes(&body).as_ref(),
            [b"\xff sk-proj-".as_slice(), "••••".as_bytes(), b" \xfe\xff", b"r8_", "••••".as_bytes()].concat()
        );
    }
}
