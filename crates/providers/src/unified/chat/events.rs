//! Cuts a stream of server-sent events (WHATWG HTML §9.2) into the data of each, however its pieces are cut.

use super::EVENT_LIMIT;

/// An event is larger than [`EVENT_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Holds at most one event.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    /// The last byte was a carriage return, so a line feed now ends no other line.
    after_return: bool,
}

impl Events {
    /// Takes the next bytes and gives the data of each event that is complete to `found`, until that says `false`.
    pub(super) fn feed(&mut self, mut piece: &[u8], mut found: impl FnMut(&[u8]) -> bool) -> Result<(), TooLarge> {
        while !piece.is_empty() {
            if std::mem::take(&mut self.after_return) && piece[0] == b'\n' {
                piece = &piece[1..];
                continue;
            }
            let end = piece.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let (text, rest) = piece.split_at(end.unwrap_or(piece.len()));
            if self.line.len() + self.data.len() + text.len() > EVENT_LIMIT {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(text);
            let Some(ending) = rest.first() else {
                return Ok(());
            };
            self.after_return = *ending == b'\r';
            piece = &rest[1..];
            if !self.line_ended(&mut found) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn line_ended(&mut self, found: &mut impl FnMut(&[u8]) -> bool) -> bool {
        if self.line.is_empty() {
            let go_on = self.data.is_empty() || found(&self.data);
            self.data.clear();
            return go_on;
        }
        if let Some(data) = self.line.strip_prefix(b"data:") {
            if !self.data.is_empty() {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
        }
        self.line.clear();
        true
    }
}
