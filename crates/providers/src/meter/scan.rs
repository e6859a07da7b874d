//! Reads a few fields out of JSON that passes by in pieces: bodies, event streams and streamed arrays alike.
//!
//! A picture's answer is megabytes of base64 around fifty bytes that matter. The scanner keeps the path of keys and
//! the value that it was asked for, nothing else: its memory is bounded by [`VALUE_LIMIT`] whatever the answer is.
//! Text inside JSON strings cannot be mistaken for fields, so an assistant's words never count as usage.

/// Larger values are not looked at; the largest usage object of the five providers is under 1 KB.
const VALUE_LIMIT: usize = 16 * 1024;
/// Longer keys are none of ours.
const KEY_LIMIT: usize = 32;
/// Deeper levels are counted, their keys are not kept.
const DEPTH_LIMIT: usize = 16;

/// Outside of strings: what ends a value, opens or closes something, or makes a key of what was before.
const MATTERS: [bool; 256] = {
    let mut matters = [false; 256];
    let mut at = 0;
    while at < b"\"{}[]:,\n\r".len() {
        matters[b"\"{}[]:,\n\r"[at] as usize] = true;
        at += 1;
    }
    matters
};

/// Fed with bytes, calls back with `(path, value)` for each value whose path of keys was asked for. Arrays add nothing
/// to a path. What stands around JSON (`data:`, `event:`, blank lines) is passed over.
pub(super) struct Scanner {
    /// Per open container: an object's current key; empty for an array. Only the first `open` ones count; the others keep
    /// their memory for the next container.
    stack: Vec<String>,
    open: usize,
    /// Containers deeper than the stack is kept.
    deeper: usize,
    text: Text,
    /// The string that ended last, until it turns out to be a key or a value.
    last: Vec<u8>,
    wanted: fn(&[&str]) -> bool,
    value: Option<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    Escaped,
}

struct Value {
    bytes: Vec<u8>,
    depth: usize,
    path: Vec<String>,
}

impl Scanner {
    pub(super) fn new(wanted: fn(&[&str]) -> bool) -> Self {
        Self { stack: Vec::new(), open: 0, deeper: 0, text: Text::Outside, last: Vec::new(), wanted, value: None }
    }

    /// Takes the next bytes; `found` gets each wanted value when it is complete.
    pub(super) fn feed(&mut self, chunk: &[u8], mut found: impl FnMut(&[&str], &[u8])) {
        let mut rest = chunk;
        loop {
            let run = match self.text {
                Text::Outside => rest.iter().position(|byte| MATTERS[usize::from(*byte)]),
                Text::Inside => rest.iter().position(|byte| matches!(byte, b'"' | b'\\')),
                Text::Escaped => Some(0),
            };
            let (passing, after) = rest.split_at(run.unwrap_or(rest.len()));
            self.pass(passing);
            let Some((byte, after)) = after.split_first() else { return };
            self.take(*byte, &mut found);
            rest = after;
        }
    }

    /// Bytes that change nothing but what they are a part of.
    fn pass(&mut self, bytes: &[u8]) {
        if let Some(value) = &mut self.value {
            let bytes = if value.bytes.is_empty() { bytes.trim_ascii_start() } else { bytes };
            let room = (VALUE_LIMIT + 1).saturating_sub(value.bytes.len());
            value.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        if self.text != Text::Outside {
            let room = (KEY_LIMIT + 1).saturating_sub(self.last.len());
            self.last.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    fn depth(&self) -> usize {
        self.open + self.deeper
    }

    fn take(&mut self, byte: u8, found: &mut impl FnMut(&[&str], &[u8])) {
        match (self.text, byte) {
            (Text::Outside, _) => self.outside(byte, found),
            (Text::Inside, b'"') => {
                self.text = Text::Outside;
                self.keep(byte);
            }
            (Text::Inside, b'\\') => {
                self.text = Text::Escaped;
                self.keep(byte);
            }
            _ => {
                self.text = Text::Inside;
                self.pass(&[byte]);
            }
        }
    }

    fn outside(&mut self, byte: u8, found: &mut impl FnMut(&[&str], &[u8])) {
        let ends = matches!(byte, b',' | b'}' | b']' | b'\n' | b'\r');
        if ends && self.value.as_ref().is_some_and(|v| v.depth == self.depth() && !v.bytes.is_empty()) {
            self.tell(found);
        }
        self.keep(byte);
        match byte {
            b'"' => {
                self.text = Text::Inside;
                self.last.clear();
            }
            b'{' | b'[' => self.open(),
            b'}' | b']' => self.close(found),
            b':' => self.key(),
            _ => {}
        }
    }

    fn open(&mut self) {
        if self.open < DEPTH_LIMIT {
            match self.stack.get_mut(self.open) {
                Some(key) => key.clear(),
                None => self.stack.push(String::new()),
            }
            self.open += 1;
        } else {
            self.deeper += 1;
        }
        self.last.clear();
    }

    fn close(&mut self, found: &mut impl FnMut(&[&str], &[u8])) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.open = self.open.saturating_sub(1);
        }
        if self.value.as_ref().is_some_and(|v| v.depth == self.depth()) {
            self.tell(found);
        }
    }

    fn key(&mut self) {
        if self.deeper > 0 || self.value.is_some() {
            return;
        }
        let Some(top) = self.stack[..self.open].last_mut() else {
            return;
        };
        top.clear();
        top.push_str(std::str::from_utf8(&self.last).unwrap_or("?"));
        self.last.clear();
        let (mut path, mut length) = ([""; DEPTH_LIMIT], 0);
        for key in self.stack[..self.open].iter().filter(|key| !key.is_empty()) {
            path[length] = key;
            length += 1;
        }
        if (self.wanted)(&path[..length]) {
            let path = path[..length].iter().map(|key| (*key).to_owned()).collect();
            self.value = Some(Value { bytes: Vec::new(), depth: self.open, path });
        }
    }

    fn keep(&mut self, byte: u8) {
        if let Some(value) = &mut self.value
            && value.bytes.len() <= VALUE_LIMIT
            && !(value.bytes.is_empty() && byte.is_ascii_whitespace())
        {
            value.bytes.push(byte);
        }
    }

    fn tell(&mut self, found: &mut impl FnMut(&[&str], &[u8])) {
        if let Some(value) = self.value.take()
            && value.bytes.len() <= VALUE_LIMIT
        {
            let path: Vec<&str> = value.path.iter().map(String::as_str).collect();
            found(&path, &value.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str, size: usize) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut scanner =
            Scanner::new(|path| matches!(path, ["usage"] | ["response", "usage"] | ["type"] | ["data", "b"]));
        for piece in text.as_bytes().chunks(size) {
            scanner
                .feed(piece, |path, value| found.push((path.join("."), String::from_utf8_lossy(value).into_owned())));
        }
        found
    }

    #[test]
    fn the_same_is_found_however_the_pieces_are_cut() {
        let text = "event: x\ndata: {\"type\":\"a\\\"b\",\"response\":{\"usage\":{\"n\":[1,{}],\"s\":\"}\"}}}\n\n\
                    data: {\"usage\" : null , \"other\":{\"usage\":1}}\n\ndata: [DONE]\n\ndata: {\"data\":[{\"b\":\"x\"},{\"b\":2}],\"usage\":3}\n\n";
        let expected = [
            ("type", "\"a\\\"b\""),
            ("response.usage", "{\"n\":[1,{}],\"s\":\"}\"}"),
            ("usage", "null "),
            ("data.b", "\"x\""),
            ("data.b", "2"),
            ("usage", "3"),
        ];
        for size in 1..text.len() {
            let found = scan(text, size);
            assert_eq!(found.iter().map(|(p, v)| (p.as_str(), v.as_str())).collect::<Vec<_>>(), expected, "{size}");
        }
    }

    #[test]
    fn words_in_strings_and_deep_nests_are_not_fields() {
        assert_eq!(scan(r#"{"text":"\"usage\":{\"n\":1}"}"#, 5), []);
        let deep = format!("{}{{\"usage\":1}}{}", "[{\"a\":".repeat(40), "}]".repeat(40));
        assert_eq!(scan(&deep, 7), []);
        assert_eq!(scan(&format!("{deep}\n{{\"usage\":2}}"), 7), [("usage".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut scanner = Scanner::new(|path| path == ["usage"]);
        scanner.feed(b"{\"usage\":\"", |_, _| panic!("too large a value is not told"));
        for _ in 0..100 {
            scanner.feed(&[b'a'; 4096], |_, _| panic!("too large a value is not told"));
        }
        assert!(scanner.value.as_ref().is_some_and(|v| v.bytes.len() <= VALUE_LIMIT + 1));
        scanner.feed(b"\"}{\"usage\":1}", |_, value| assert_eq!(value, b"1"));
    }
}
