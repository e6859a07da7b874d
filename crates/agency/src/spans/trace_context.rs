//! `traceparent` (W3C Trace Context, level 1, §3.2): who caused a call.

use axum::http::HeaderMap;

/// The caller's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    flags: u8,
}

impl Parent {
    /// The parent that a call names: once, and well formed.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(super::TRACEPARENT).iter();
        let (text, None) = (all.next()?.to_str().ok()?, all.next()) else { return None };
        Self::read(text)
    }

    /// Later versions may add parts behind; of this one there are four.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let [version] = bytes(parts.next()?)?;
        let parent =
            Self { trace: bytes(parts.next()?)?, span: bytes(parts.next()?)?, flags: bytes::<1>(parts.next()?)?[0] };
        let more = parts.next().is_some();
        let sound = version != 0xff && (version > 0 || !more) && parent.trace != [0; 16] && parent.span != [0; 8];
        sound.then_some(parent)
    }

    /// The same trace, with `span` as the parent of what comes next.
    pub(super) fn handed_on(&self, span: [u8; 8]) -> String {
        format!("00-{}-{}-{:02x}", hex(&self.trace), hex(&span), self.flags)
    }
}

/// Lower-case hexadecimal of exactly this length.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_recommendation_are_read_and_handed_on() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = Parent::read(text).unwrap();
        assert_eq!(parent.handed_on(parent.span), text);
        assert_eq!(Parent::read(&format!("cc{}-more", &text[2..])), Some(parent), "a later version");
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Parent::read(bad), None, "{bad}");
        }
    }
}
