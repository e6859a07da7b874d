//! What a call spent, as the books count it.

use super::prices::Line;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a call spent. `input` and `output` are totals of which the others are parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) write: u64,
    pub(crate) write_hour: u64,
    pub(crate) audio_in: u64,
    pub(crate) image_in: u64,
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
    pub(crate) audio_out: u64,
    pub(crate) image_out: u64,
    pub(crate) images: u64,
    pub(crate) seconds_ms: u64,
    pub(crate) predict_ms: u64,
    pub(crate) credits_milli: u64,
    pub(crate) characters: u64,
}

impl Counts {
    fn slot(&mut self, name: &str) -> Option<&mut u64> {
        Some(match name {
            "input" | "input_tokens" => &mut self.input,
            "cached_input" | "cached_tokens" => &mut self.cached,
            "cache_write" | "cache_write_tokens" => &mut self.write,
            "cache_write_hour" | "cache_write_1h_tokens" => &mut self.write_hour,
            "audio_in" | "audio_input_tokens" => &mut self.audio_in,
            "image_in" | "image_input_tokens" => &mut self.image_in,
            "output" | "output_tokens" => &mut self.output,
            "reasoning" | "reasoning_tokens" => &mut self.reasoning,
            "audio_out" | "audio_output_tokens" => &mut self.audio_out,
            "image_out" | "image_output_tokens" => &mut self.image_out,
            "images" => &mut self.images,
            "seconds_ms" => &mut self.seconds_ms,
            "predict_ms" => &mut self.predict_ms,
            "credits_milli" => &mut self.credits_milli,
            "characters" => &mut self.characters,
            _ => return None,
        })
    }

    /// By the names of a [`super::BookedCall`]; a name that is none is left out.
    pub(crate) fn named(units: &BTreeMap<String, u64>) -> Counts {
        let mut counts = Counts::default();
        for (name, count) in units {
            if let Some(slot) = counts.slot(name) {
                *slot = *count;
            }
        }
        counts
    }

    /// By the names of the ledger.
    pub(crate) fn of_ledger(units: &BTreeMap<String, Value>) -> Counts {
        let mut counts = Counts::default();
        for (name, value) in units {
            match (name.as_str(), value.as_u64(), value.as_f64()) {
                ("seconds", Some(count), _) => counts.seconds_ms = count * 1_000,
                ("credits", _, Some(credits)) => counts.credits_milli = (credits * 1_000.0).round() as u64,
                (name, Some(count), _) => {
                    if let Some(slot) = counts.slot(name) {
                        *slot = count;
                    }
                }
                _ => {}
            }
        }
        counts
    }

    /// Input that no cache had to do with.
    pub(crate) fn uncached(&self) -> u64 {
        self.input.saturating_sub(self.cached + self.write + self.write_hour)
    }

    /// What stands in a line: each token in one line only.
    pub(crate) fn of(&self, line: Line) -> u64 {
        match line {
            Line::Input => self.uncached().saturating_sub(self.audio_in + self.image_in),
            Line::Cached => self.cached,
            Line::Write => self.write,
            Line::WriteHour => self.write_hour,
            Line::AudioIn => self.audio_in,
            Line::ImageIn => self.image_in,
            Line::Output => self.output.saturating_sub(self.audio_out + self.image_out),
            Line::AudioOut => self.audio_out,
            Line::ImageOut => self.image_out,
            Line::Seconds => self.seconds_ms,
            Line::Images => self.images,
            Line::Characters => self.characters,
            Line::Credits => self.credits_milli,
        }
    }
}

impl std::ops::AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, more: &Counts) {
        self.input += more.input;
        self.cached += more.cached;
        self.write += more.write;
        self.write_hour += more.write_hour;
        self.audio_in += more.audio_in;
        self.image_in += more.image_in;
        self.output += more.output;
        self.reasoning += more.reasoning;
        self.audio_out += more.audio_out;
        self.image_out += more.image_out;
        self.images += more.images;
        self.seconds_ms += more.seconds_ms;
        self.predict_ms += more.predict_ms;
        self.credits_milli += more.credits_milli;
        self.characters += more.characters;
    }
}
