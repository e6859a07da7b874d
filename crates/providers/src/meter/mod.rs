//! What a call spent, as the provider states it: read from the answer while it passes, in bounded memory.

mod dialect;
mod include_usage;
mod scan;
mod units;

use serde_json::Value;

pub use include_usage::{EVENT_LIMIT, Unasked, ask_for_usage};
pub use units::Units;

use crate::routes::Route;
use dialect::Said;
use scan::Scanner;

/// Reads usage from an answer that passes by: a JSON body, server-sent events, or a streamed JSON array.
pub struct Meter {
    route: &'static Route,
    scanner: Scanner,
    read: Read,
    tail: [u8; 6],
}

/// What a whole answer, or what was seen of it, told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metered {
    /// What was spent; `None` when the provider did not say.
    pub units: Option<Units>,
    /// The model that the provider says has answered.
    pub model: Option<String>,
    /// Whether the end of a stream was seen; a body has no such mark.
    pub ended: bool,
}

#[derive(Default)]
struct Read {
    total: Option<Units>,
    parts: Option<Value>,
    pictures: u64,
    model: Option<String>,
    ended: bool,
}

impl Meter {
    /// For the answer to a call of `route`.
    #[must_use]
    pub fn new(route: &'static Route) -> Self {
        Self { route, scanner: Scanner::new(dialect::wanted(route.provider)), read: Read::default(), tail: [0; 6] }
    }

    /// Takes the next piece of the answer.
    pub fn feed(&mut self, piece: &[u8]) {
        let provider = self.route.provider;
        let read = &mut self.read;
        self.scanner.feed(piece, |path, raw| read.take(dialect::read(provider, path, raw)));
        self.look_for_end(piece);
    }

    /// What was told until now; the answer may have been cut.
    #[must_use]
    pub fn finish(self) -> Metered {
        let Read { total, parts, pictures, model, ended } = self.read;
        let mut units = total.or_else(|| parts.as_ref().map(dialect::anthropic)).unwrap_or_default();
        units.images = pictures;
        if pictures > 0 {
            units.credits_milli = dialect::stability_credits(self.route.id);
        }
        Metered { units: (!units.is_empty()).then_some(units), model, ended }
    }

    /// OpenAI's `data: [DONE]`, Replicate's `event: done`.
    fn look_for_end(&mut self, piece: &[u8]) {
        let joined = [&self.tail, &piece[..piece.len().min(6)]].concat();
        let done = |text: &[u8]| text.windows(6).any(|w| w == b"[DONE]" || w == b": done");
        self.read.ended |= done(&joined) || done(piece);
        let keep = [&self.tail, &piece[piece.len().saturating_sub(6)..]].concat();
        self.tail.copy_from_slice(&keep[keep.len() - 6..]);
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("route", &self.route.id).finish_non_exhaustive()
    }
}

impl Read {
    fn take(&mut self, said: Said) {
        match said {
            Said::Total(units) => self.total = Some(units),
            Said::Parts(new) => {
                if let (Some(Value::Object(old)), Value::Object(new)) = (&mut self.parts, &new) {
                    old.extend(new.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())));
                } else {
                    self.parts = Some(new);
                }
            }
            Said::Picture => self.pictures += 1,
            Said::Model(model) => self.model = Some(model),
            Said::Ended => self.ended = true,
            Said::Nothing => {}
        }
    }
}

/// What a whole body told.
#[must_use]
pub fn of_body(route: &'static Route, body: &[u8]) -> Option<Units> {
    let mut meter = Meter::new(route);
    meter.feed(body);
    meter.finish().units
}

/// What a picture that came as bare bytes (`accept: image/*`) cost at Stability.
#[must_use]
pub fn of_picture(route: &'static Route) -> Units {
    Units { images: 1, credits_milli: dialect::stability_credits(route.id), ..Units::default() }
}

#[cfg(test)]
mod tests;
