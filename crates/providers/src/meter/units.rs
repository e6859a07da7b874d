//! What a call spent, in the provider's own units.

use serde::{Deserialize, Serialize};

/// What a call spent. A part that the provider did not state is 0; `input` and `output` are totals of which the others
/// say what they consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Units {
    /// Input tokens, all kinds, incl. those read from and written to a cache.
    pub input: u64,
    /// Of `input`: read from a cache.
    pub cached_input: u64,
    /// Of `input`: written to a cache that lives five minutes, or for a time that is not told.
    pub cache_write: u64,
    /// Of `input`: written to a cache that lives an hour.
    pub cache_write_hour: u64,
    /// Of `input`: audio that no cache had, as far as the provider tells them apart.
    pub audio_in: u64,
    /// Of `input`: pictures that no cache had, as far as the provider tells them apart.
    pub image_in: u64,
    /// Output tokens, all kinds, incl. reasoning.
    pub output: u64,
    /// Of `output`: reasoning.
    pub reasoning: u64,
    /// Of `output`: audio.
    pub audio_out: u64,
    /// Of `output`: pictures.
    pub image_out: u64,
    /// Pictures made.
    pub images: u64,
    /// Length of audio, in milliseconds.
    pub seconds_ms: u64,
    /// Time that a model ran (Replicate), in milliseconds.
    pub predict_ms: u64,
    /// Credits (Stability), in thousandths.
    pub credits_milli: u64,
}

/// What a picture that was made is like, as far as the call or its answer told: providers price by it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Picture {
    /// E.g. `1024x1024`.
    pub size: Option<String>,
    /// E.g. `high`.
    pub quality: Option<String>,
}

impl Units {
    /// Whether nothing was stated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::ops::AddAssign for Units {
    fn add_assign(&mut self, more: Self) {
        self.input += more.input;
        self.cached_input += more.cached_input;
        self.cache_write += more.cache_write;
        self.cache_write_hour += more.cache_write_hour;
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
    }
}
