//! What one call is charged for, line by line as on an account's bill: each token stands in one line. A provider's folder
//! tells it to the caller in the provider's own words, where lines are parts of totals.

use serde_json::Value;

/// The lines of one call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bill {
    /// Text that was read anew.
    pub(crate) text_in: u64,
    /// Of any kind, read from a cache.
    pub(crate) cached: u64,
    /// Written to a cache that lives five minutes, or whose time is not told.
    pub(crate) written: u64,
    /// Written to a cache that lives an hour.
    pub(crate) written_hour: u64,
    /// Sound that was heard anew.
    pub(crate) audio_in: u64,
    /// Pictures that were looked at anew, where they have a line.
    pub(crate) image_in: u64,
    /// Text, and calls of tools.
    pub(crate) text_out: u64,
    /// Thoughts.
    pub(crate) thoughts: u64,
    /// Sound.
    pub(crate) audio_out: u64,
    /// Pictures.
    pub(crate) image_out: u64,
}

impl Bill {
    /// All that went in.
    pub(crate) fn input(&self) -> u64 {
        self.text_in + self.cached + self.written + self.written_hour + self.audio_in + self.image_in
    }

    /// All that came out.
    pub(crate) fn output(&self) -> u64 {
        self.text_out + self.thoughts + self.audio_out + self.image_out
    }

    /// As the ledger writes it: the two sums, and the lines that have a price of their own.
    pub(crate) fn units(&self) -> Vec<(&'static str, Value)> {
        let lines = [
            ("cached_tokens", self.cached),
            ("cache_write_tokens", self.written),
            ("cache_write_1h_tokens", self.written_hour),
            ("audio_input_tokens", self.audio_in),
            ("image_input_tokens", self.image_in),
            ("reasoning_tokens", self.thoughts),
            ("audio_output_tokens", self.audio_out),
            ("image_output_tokens", self.image_out),
        ];
        let sums = [("input_tokens", self.input().into()), ("output_tokens", self.output().into())];
        let lines = lines.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name, count.into()));
        sums.into_iter().chain(lines).collect()
    }
}

impl std::ops::AddAssign for Bill {
    fn add_assign(&mut self, more: Bill) {
        self.text_in += more.text_in;
        self.cached += more.cached;
        self.written += more.written;
        self.written_hour += more.written_hour;
        self.audio_in += more.audio_in;
        self.image_in += more.image_in;
        self.text_out += more.text_out;
        self.thoughts += more.thoughts;
        self.audio_out += more.audio_out;
        self.image_out += more.image_out;
    }
}
