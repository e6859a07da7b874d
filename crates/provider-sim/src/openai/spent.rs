//! What a text call used, and OpenAI's two ways of telling it (facts: section 5.1 of the provider notes).

use super::access::Caller;
use crate::bill::Bill;
use crate::room::Room;
use serde_json::{Value, json};

/// From this model on, what is written to the cache is counted.
const COUNTS_WRITES: &str = "gpt-5.6";

/// What went in: text that the account has seen before is read from the cache, without being asked.
pub(super) fn input(room: &mut Room, caller: &Caller, model: &str, prompt: &str, count: u64) -> Bill {
    let (read, kept) = room.prompts.automatic(&format!("{}/{model}", caller.account()), prompt);
    let written = if model == COUNTS_WRITES { kept - read } else { 0 };
    Bill { text_in: count - read - written, cached: read, written, ..Bill::default() }
}

/// As chat completions tell it.
pub(super) fn chat_usage(bill: &Bill) -> Value {
    let mut usage = json!({
        "prompt_tokens": bill.input(),
        "completion_tokens": bill.output(),
        "total_tokens": bill.input() + bill.output(),
        "prompt_tokens_details": {"cached_tokens": bill.cached, "audio_tokens": bill.audio_in},
        "completion_tokens_details": {
            "reasoning_tokens": bill.thoughts,
            "audio_tokens": bill.audio_out,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0
        }
    });
    if bill.written > 0 {
        usage["prompt_tokens_details"]["cache_write_tokens"] = bill.written.into();
    }
    if bill.audio_out > 0 {
        usage["completion_tokens_details"]["text_tokens"] = bill.text_out.into();
    }
    usage
}

/// As responses tell it.
pub(super) fn response_usage(bill: &Bill) -> Value {
    json!({
        "input_tokens": bill.input(),
        "input_tokens_details": {"cached_tokens": bill.cached, "cache_write_tokens": bill.written},
        "output_tokens": bill.output(),
        "output_tokens_details": {"reasoning_tokens": bill.thoughts},
        "total_tokens": bill.input() + bill.output()
    })
}
