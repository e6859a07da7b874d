//! What a practice model does with a conversation: says something, calls tools, answers in JSON, refuses, or is cut off.
//! The providers' folders read their own shape of it and tell what came out in their own shape.

use crate::seeded::Seeded;
use crate::{schema, words};
use serde_json::Value;

/// A tool that may be called.
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) schema: Value,
}

/// What is said about calling them.
#[derive(PartialEq)]
pub(crate) enum Choice {
    /// As the model likes: this one calls what fits when somebody speaks to it, and none when results have come.
    Auto,
    Never,
    Some,
    Named(String),
}

/// A conversation, as far as it decides what comes next.
pub(crate) struct Asked {
    /// All texts, for the tone of the answer and the count of tokens.
    pub(crate) prompt: String,
    /// What was said last by the user.
    pub(crate) last: String,
    /// The results of tools, when the conversation ends with them.
    pub(crate) results: Vec<String>,
    /// The tools that these results are of.
    pub(crate) called: Vec<String>,
    pub(crate) pictures: usize,
    pub(crate) files: usize,
    pub(crate) tools: Vec<Tool>,
    pub(crate) choice: Choice,
    pub(crate) parallel: bool,
    /// The schema that the answer has to fit.
    pub(crate) shape: Option<Value>,
    pub(crate) most: Option<u64>,
    pub(crate) stops: Vec<String>,
}

/// One call of a tool.
pub(crate) struct Called {
    pub(crate) name: String,
    pub(crate) arguments: Value,
}

/// Why the model ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Said,
    Calls,
    /// At this text, which is left out.
    Stop(String),
    /// At the limit of tokens.
    Limit,
    Refused,
}

/// What the model did.
pub(crate) struct Turn {
    pub(crate) text: String,
    pub(crate) calls: Vec<Called>,
    pub(crate) end: End,
    pub(crate) input: u64,
    pub(crate) output: u64,
}

/// A picture is taken for so many tokens, a file for ten times as many.
const PICTURE: u64 = 85;

/// A user who writes this is refused.
const REFUSED: &str = "[refused]";

pub(crate) const REFUSAL: &str = "I am sorry, I cannot help with that.";

/// The most tokens that a model thinks at a level; 0 where it does not.
pub(crate) fn most_thoughts(effort: &str) -> u64 {
    match effort {
        "minimal" => 16,
        "low" => 64,
        "medium" => 256,
        "high" => 1024,
        "xhigh" | "max" => 4096,
        _ => 0,
    }
}

/// How many tokens a model thinks about a prompt: from half of `most` on.
pub(crate) fn thoughts(seeded: &Seeded, most: u64, prompt: &str) -> u64 {
    let half = most / 2;
    let more = u64::from(seeded.number(&format!("thoughts/{prompt}"))).checked_rem(half);
    more.map_or(most, |more| half + more)
}

impl Asked {
    /// How many tokens the model thinks first; they count against the answer's limit.
    pub(crate) fn think(&mut self, seeded: &Seeded, most: u64) -> u64 {
        let thoughts = thoughts(seeded, most, &self.prompt);
        let thoughts = self.most.map_or(thoughts, |limit| thoughts.min(limit));
        self.most = self.most.map(|limit| limit - thoughts);
        thoughts
    }

    /// The same conversation gives the same turn.
    pub(crate) fn turn(&self, seeded: &Seeded) -> Turn {
        let input = words::tokens(&self.prompt) + PICTURE * (self.pictures as u64 + 10 * self.files as u64);
        let turn = |text: String, calls: Vec<Called>, end| {
            let said = calls.iter().fold(text.clone(), |all, call| format!("{all}{}{}", call.name, call.arguments));
            Turn { output: words::tokens(&said), text, calls, end, input }
        };
        if self.last.contains(REFUSED) {
            return turn(String::new(), Vec::new(), End::Refused);
        }
        let calls = self.calls(seeded);
        let turn = if calls.is_empty() {
            turn(self.text(seeded), calls, End::Said)
        } else {
            turn(String::new(), calls, End::Calls)
        };
        self.cut(turn)
    }

    fn text(&self, seeded: &Seeded) -> String {
        if let Some(shape) = &self.shape {
            return schema::fitting(seeded, &self.prompt, shape).to_string();
        }
        let mut text = words::reply(seeded, &self.prompt);
        for (count, what) in [(self.pictures, "picture"), (self.files, "file")] {
            if count > 0 {
                text.push_str(&format!(" I looked at {count} {what}{}.", if count == 1 { "" } else { "s" }));
            }
        }
        for result in &self.results {
            text.push_str(&format!(" A tool said: {}", result.chars().take(200).collect::<String>()));
        }
        text
    }

    fn calls(&self, seeded: &Seeded) -> Vec<Called> {
        let chosen: Vec<&Tool> = match &self.choice {
            Choice::Never => Vec::new(),
            Choice::Named(name) => self.tools.iter().filter(|tool| tool.name == *name).take(1).collect(),
            Choice::Some => self.fitting().into_iter().take(1).collect(),
            Choice::Auto if !self.results.is_empty() => Vec::new(),
            Choice::Auto => self.fitting(),
        };
        let forced = !matches!(self.choice, Choice::Auto);
        let mut chosen: Vec<&Tool> = chosen.into_iter().take(if self.parallel && !forced { 4 } else { 1 }).collect();
        if let ([one], true) = (chosen.as_slice(), self.parallel && !forced && self.wants_two()) {
            chosen = vec![*one, *one];
        }
        let call = |(number, tool): (usize, &Tool)| {
            let label = format!("{}/{number}/{}", tool.name, self.last);
            Called { name: tool.name.clone(), arguments: schema::fitting(seeded, &label, &tool.schema) }
        };
        chosen.into_iter().enumerate().map(call).collect()
    }

    /// The tools that the user spoke of, else the first that has not just been called.
    fn fitting(&self) -> Vec<&Tool> {
        let said = self.last.to_lowercase();
        let fresh = || self.tools.iter().filter(|tool| !self.called.contains(&tool.name));
        let named: Vec<&Tool> = fresh().filter(|tool| said.contains(&tool.name.to_lowercase())).collect();
        if named.is_empty() { fresh().chain(&self.tools).take(1).collect() } else { named }
    }

    fn wants_two(&self) -> bool {
        self.last.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "two" | "both"))
    }

    /// Ends a text at a stop word or at the limit.
    fn cut(&self, mut turn: Turn) -> Turn {
        let stop = self.stops.iter().filter_map(|stop| Some((turn.text.find(stop.as_str())?, stop))).min();
        if let (Some((at, stop)), End::Said) = (stop, &turn.end) {
            turn.text.truncate(at);
            turn.end = End::Stop(stop.clone());
            turn.output = words::tokens(&turn.text);
        }
        if let Some(most) = self.most.filter(|most| *most < turn.output) {
            turn.text = turn.text.chars().take(usize::try_from(most).unwrap_or(usize::MAX).saturating_mul(4)).collect();
            turn.calls.clear();
            turn.end = End::Limit;
            turn.output = most;
        }
        turn
    }
}
