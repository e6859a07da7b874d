//! What a call spent, as the provider states it: read from the answer while it passes, in bounded memory.

mod dialect;
mod estimate;
mod include_usage;
mod parts;
mod scan;
mod units;

use std::sync::LazyLock;

use memchr::memmem::Finder;
use ownkey_protocol::vocabulary::Provider;
use serde_json::Value;

pub use estimate::{estimate, picture_asked};
pub use include_usage::{EVENT_LIMIT, Unasked, ask_for_usage};
pub use parts::{Part, Parts};
pub use units::{Picture, Units};

use crate::routes::Route;
use dialect::Said;
use scan::Scanner;

/// Reads usage from an answer that passes by: a JSON body, server-sent events, or a streamed JSON array.
pub struct StreamMeter {
    provider: Provider,
    route: &'static Route,
    scanner: Scanner,
    read: Read,
    begin: Vec<u8>,
    passed: u64,
    tail: [u8; 6],
    /// What a picture of Stability's costs, in thousandths of a credit.
    credits_milli: u64,
}

/// What a whole answer, or what was seen of it, told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metered {
    /// What was spent; `None` when the provider did not say.
    pub units: Option<Units>,
    /// The model that the provider says has answered.
    pub model: Option<String>,
    /// What a picture is like, where it was told.
    pub picture: Picture,
    /// Whether the end of a stream was seen; a body has no such mark.
    pub ended: bool,
}

#[derive(Default)]
struct Read {
    total: Option<Units>,
    parts: Option<Value>,
    pictures: u64,
    picture: Picture,
    model: Option<String>,
    ended: bool,
}

impl StreamMeter {
    /// For the answer of `provider` to a call of `route`.
    #[must_use]
    pub fn new(provider: Provider, route: &'static Route) -> Self {
        Self {
            provider,
            route,
            scanner: Scanner::new(dialect::wanted(provider)),
            read: Read::default(),
            begin: Vec::new(),
            passed: 0,
            tail: [0; 6],
            credits_milli: dialect::stability_credits(route.id, None),
        }
    }

    /// For a call that asked for this model, where it named one: at Stability nothing else tells what it costs.
    #[must_use]
    pub fn asked(self, model: Option<&str>) -> Self {
        Self { credits_milli: dialect::stability_credits(self.route.id, model), ..self }
    }

    /// Takes the next piece of the answer.
    pub fn feed(&mut self, piece: &[u8]) {
        let provider = self.provider;
        self.passed += piece.len() as u64;
        if self.begin.len() < 12 {
            let room = 12 - self.begin.len();
            self.begin.extend_from_slice(&piece[..piece.len().min(room)]);
        }
        let read = &mut self.read;
        self.scanner.feed(piece, |path, raw| read.take(dialect::read(provider, path, raw)));
        self.look_for_end(piece);
    }

    /// How many bytes of the answer passed until now.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// What was spent, as far as it was told until now; the answer may have been cut.
    #[must_use]
    pub fn end(self) -> Option<Units> {
        self.finish().units
    }

    /// All that was told until now.
    #[must_use]
    pub fn finish(self) -> Metered {
        let Read { total, parts, mut pictures, picture, model, ended } = self.read;
        if self.provider == Provider::Stability && is_picture(&self.begin) {
            pictures = 1;
        }
        let mut units = total.or_else(|| parts.as_ref().map(dialect::anthropic)).unwrap_or_default();
        units.images = pictures;
        if self.route.id == dialect::SPEECH {
            units.audio_out = units.output;
        }
        if pictures > 0 {
            units.credits_milli = self.credits_milli;
        }
        Metered { units: (!units.is_empty()).then_some(units), model, picture, ended }
    }

    /// OpenAI's `data: [DONE]`, Replicate's `event: done`; also where it is cut in two by the pieces.
    fn look_for_end(&mut self, piece: &[u8]) {
        let done = |text: &[u8]| DONE.iter().any(|end| end.find(text).is_some());
        let keep = self.tail.len();
        let mut seam = [0; 12];
        let next = piece.len().min(keep);
        seam[..keep].copy_from_slice(&self.tail);
        seam[keep..keep + next].copy_from_slice(&piece[..next]);
        self.read.ended |= done(&seam[..keep + next]) || done(piece);
        if piece.len() >= keep {
            self.tail.copy_from_slice(&piece[piece.len() - keep..]);
        } else {
            self.tail.copy_from_slice(&seam[next..keep + next]);
        }
    }
}

impl std::fmt::Debug for StreamMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamMeter").field("route", &self.route.id).finish_non_exhaustive()
    }
}

impl Read {
    fn take(&mut self, said: Said) {
        match said {
            Said::Total(units) => self.total = Some(units),
            Said::More(units) => *self.total.get_or_insert_default() += units,
            Said::Parts(new) => {
                if let (Some(Value::Object(old)), Value::Object(new)) = (&mut self.parts, &new) {
                    old.extend(new.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())));
                } else {
                    self.parts = Some(new);
                }
            }
            Said::Picture => self.pictures += 1,
            Said::LastPicture => {
                self.pictures += 1;
                self.ended = true;
            }
            Said::Model(model) => self.model = Some(model),
            Said::Size(size) => self.picture.size = Some(size),
            Said::Quality(quality) => self.picture.quality = Some(quality),
            Said::Ended => self.ended = true,
            Said::Nothing => {}
        }
    }
}

/// OpenAI's and Replicate's marks of the end.
static DONE: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [Finder::new("[DONE]"), Finder::new(": done")]);

/// What a whole body told.
#[must_use]
pub fn of_body(provider: Provider, route: &'static Route, body: &[u8]) -> Option<Units> {
    let mut meter = StreamMeter::new(provider, route);
    meter.feed(body);
    meter.end()
}

/// Whether an answer begins as a PNG, JPEG or WebP file does (`accept: image/*`).
fn is_picture(begin: &[u8]) -> bool {
    begin.starts_with(b"\x89PNG")
        || begin.starts_with(b"\xff\xd8\xff")
        || (begin.starts_with(b"RIFF") && begin.ends_with(b"WEBP"))
}

#[cfg(test)]
mod tests;
