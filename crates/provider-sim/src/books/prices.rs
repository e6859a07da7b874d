//! The simulators' own list of prices, from the providers' price pages and written down apart from the house's list.
//! Models that only the simulators know have made-up prices.

use super::money::Money;
use crate::provider::Provider;

/// What a line of a bill counts: its name in OpenAI's words, and the unit that its price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Line {
    Input,
    Cached,
    Write,
    WriteHour,
    AudioIn,
    ImageIn,
    Output,
    AudioOut,
    ImageOut,
    Seconds,
    Images,
    Characters,
    Credits,
}

impl Line {
    pub(crate) const ALL: [Line; 13] = [
        Line::Input,
        Line::Cached,
        Line::Write,
        Line::WriteHour,
        Line::AudioIn,
        Line::ImageIn,
        Line::Output,
        Line::AudioOut,
        Line::ImageOut,
        Line::Seconds,
        Line::Images,
        Line::Characters,
        Line::Credits,
    ];

    /// As it stands behind the model in a line item.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Line::Input => "input",
            Line::Cached => "cached input",
            Line::Write => "cache write",
            Line::WriteHour => "cache write 1h",
            Line::AudioIn => "audio input",
            Line::ImageIn => "image input",
            Line::Output => "output",
            Line::AudioOut => "audio output",
            Line::ImageOut => "image output",
            Line::Seconds => "duration",
            Line::Images => "images",
            Line::Characters => "characters",
            Line::Credits => "credits",
        }
    }

    /// OpenAI's word for the unit.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Line::Seconds => "duration_seconds",
            Line::Images => "images",
            Line::Characters => "characters",
            Line::Credits => "credits",
            _ => "tokens",
        }
    }

    /// Anthropic's word for the kind of token.
    pub(crate) const fn token_type(self) -> Option<&'static str> {
        match self {
            Line::Input | Line::ImageIn => Some("uncached_input_tokens"),
            Line::Cached => Some("cache_read_input_tokens"),
            Line::Write => Some("cache_creation.ephemeral_5m_input_tokens"),
            Line::WriteHour => Some("cache_creation.ephemeral_1h_input_tokens"),
            Line::Output => Some("output_tokens"),
            _ => None,
        }
    }

    pub(crate) fn named(name: &str) -> Option<Line> {
        Line::ALL.into_iter().find(|line| line.name() == name)
    }

    /// The line whose price holds where this one has none.
    const fn instead(self) -> Option<Line> {
        match self {
            Line::Cached | Line::Write | Line::WriteHour | Line::ImageIn => Some(Line::Input),
            Line::AudioOut | Line::ImageOut => Some(Line::Output),
            _ => None,
        }
    }

    /// The price of one of what is counted: a token, a thousandth of a second or of a credit, a picture.
    pub(crate) fn of_one(self, listed: Money) -> Money {
        match self {
            Line::Seconds | Line::Credits => listed.of_a_thousand(),
            Line::Images => listed,
            _ => listed.of_a_million(),
        }
    }
}

type Row = (&'static str, &'static [(Line, &'static str)]);

const OPENAI: &[Row] = &[
    ("gpt-4o", &[(Line::Input, "2.50"), (Line::Cached, "1.25"), (Line::Output, "10.00")]),
    ("gpt-4o-2024-05-13", &[(Line::Input, "5.00"), (Line::Output, "15.00")]),
    ("gpt-4o-mini", &[(Line::Input, "0.15"), (Line::Cached, "0.075"), (Line::Output, "0.60")]),
    ("gpt-4.1", &[(Line::Input, "2.00"), (Line::Cached, "0.50"), (Line::Output, "8.00")]),
    ("gpt-4.1-mini", &[(Line::Input, "0.40"), (Line::Cached, "0.10"), (Line::Output, "1.60")]),
    ("gpt-4.1-nano", &[(Line::Input, "0.10"), (Line::Cached, "0.025"), (Line::Output, "0.40")]),
    ("o1", &[(Line::Input, "15.00"), (Line::Cached, "7.50"), (Line::Output, "60.00")]),
    ("o3", &[(Line::Input, "2.00"), (Line::Cached, "0.50"), (Line::Output, "8.00")]),
    ("o3-mini", &[(Line::Input, "1.10"), (Line::Cached, "0.55"), (Line::Output, "4.40")]),
    ("o4-mini", &[(Line::Input, "1.10"), (Line::Cached, "0.275"), (Line::Output, "4.40")]),
    ("gpt-5", &[(Line::Input, "1.25"), (Line::Cached, "0.125"), (Line::Output, "10.00")]),
    ("gpt-5-mini", &[(Line::Input, "0.25"), (Line::Cached, "0.025"), (Line::Output, "2.00")]),
    ("gpt-5-nano", &[(Line::Input, "0.05"), (Line::Cached, "0.005"), (Line::Output, "0.40")]),
    ("gpt-5.2", &[(Line::Input, "1.75"), (Line::Cached, "0.175"), (Line::Output, "14.00")]),
    ("gpt-5.6", &[(Line::Input, "2.00"), (Line::Cached, "0.20"), (Line::Write, "2.50"), (Line::Output, "16.00")]),
    (
        "gpt-audio",
        &[(Line::Input, "2.50"), (Line::AudioIn, "32.00"), (Line::Output, "10.00"), (Line::AudioOut, "64.00")],
    ),
    ("text-embedding-3-small", &[(Line::Input, "0.02")]),
    ("text-embedding-3-large", &[(Line::Input, "0.13")]),
    ("text-embedding-ada-002", &[(Line::Input, "0.10")]),
    ("whisper-1", &[(Line::Seconds, "0.0001")]),
    ("gpt-4o-transcribe", &[(Line::Input, "2.50"), (Line::AudioIn, "6.00"), (Line::Output, "10.00")]),
    ("gpt-4o-mini-transcribe", &[(Line::Input, "1.25"), (Line::AudioIn, "3.00"), (Line::Output, "5.00")]),
    ("gpt-4o-mini-tts", &[(Line::Input, "0.60"), (Line::AudioOut, "12.00")]),
    ("tts-1", &[(Line::Characters, "15.00")]),
    ("gpt-image-1", &[(Line::Input, "5.00"), (Line::ImageIn, "10.00"), (Line::Output, "40.00")]),
    ("gpt-image-1-mini", &[(Line::Input, "2.00"), (Line::ImageIn, "2.50"), (Line::Output, "8.00")]),
    ("gpt-image-2", &[(Line::Input, "5.00"), (Line::ImageIn, "8.00"), (Line::Output, "30.00")]),
    ("dall-e-3", &[(Line::Images, "0.04")]),
    ("dall-e-2", &[(Line::Images, "0.02")]),
];

const ANTHROPIC: &[Row] = &[
    ("claude-3-haiku", &anthropic("0.25", "0.03", "0.30", "0.50", "1.25")),
    ("claude-3-5-haiku", &anthropic("0.80", "0.08", "1.00", "1.60", "4.00")),
    ("claude-haiku-4-5", &anthropic("1.00", "0.10", "1.25", "2.00", "5.00")),
    ("claude-3-5-sonnet", &SONNET),
    ("claude-3-7-sonnet", &SONNET),
    ("claude-sonnet-4", &SONNET),
    ("claude-sonnet-4-5", &SONNET),
    ("claude-sonnet-4-8", &SONNET),
    ("claude-3-opus", &OPUS),
    ("claude-opus-4", &OPUS),
    ("claude-opus-4-1", &OPUS),
    ("claude-opus-4-7", &anthropic("5.00", "0.50", "6.25", "10.00", "25.00")),
];

const SONNET: [(Line, &str); 5] = anthropic("3.00", "0.30", "3.75", "6.00", "15.00");
const OPUS: [(Line, &str); 5] = anthropic("15.00", "1.50", "18.75", "30.00", "75.00");

const fn anthropic(
    input: &'static str,
    read: &'static str,
    written: &'static str,
    written_hour: &'static str,
    output: &'static str,
) -> [(Line, &'static str); 5] {
    [
        (Line::Input, input),
        (Line::Cached, read),
        (Line::Write, written),
        (Line::WriteHour, written_hour),
        (Line::Output, output),
    ]
}

const GEMINI: &[Row] =
    &[("gemini-2.5-flash-image", &[(Line::Input, "0.30"), (Line::Output, "2.50"), (Line::ImageOut, "30.00")])];

/// Pictures whose price goes by their size (and quality).
const PICTURES: &[(&str, &str, &str)] = &[
    ("dall-e-3", "1024x1792", "0.08"),
    ("dall-e-3", "1792x1024", "0.08"),
    ("dall-e-3", "1024x1024/hd", "0.08"),
    ("dall-e-3", "1024x1792/hd", "0.12"),
    ("dall-e-3", "1792x1024/hd", "0.12"),
    ("dall-e-2", "256x256", "0.016"),
    ("dall-e-2", "512x512", "0.018"),
];

/// What a model that stands on no list costs.
const OTHERS: &[(Line, &str)] = &[
    (Line::Input, "1.00"),
    (Line::Output, "3.00"),
    (Line::AudioIn, "10.00"),
    (Line::AudioOut, "20.00"),
    (Line::Seconds, "0.0001"),
    (Line::Images, "0.04"),
    (Line::Characters, "15.00"),
];

/// The dated name under which a model is billed.
const DATED: &[(&str, &str)] = &[
    ("gpt-4o", "gpt-4o-2024-08-06"),
    ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    ("gpt-4.1", "gpt-4.1-2025-04-14"),
    ("gpt-5", "gpt-5-2025-08-07"),
    ("gpt-5-mini", "gpt-5-mini-2025-08-07"),
    ("gpt-5.2", "gpt-5.2-2025-12-11"),
    ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
    ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
];

/// The name under which a model is billed.
pub(crate) fn dated(model: &str) -> &str {
    DATED.iter().find(|(alias, _)| *alias == model).map_or(model, |(_, dated)| dated)
}

/// A model without its date: `-2024-07-18` or `-20251001`.
fn undated(model: &str) -> &str {
    let cut = |length: usize, dashes: &[usize]| {
        let (name, date) = model.split_at_checked(model.len().checked_sub(length)?)?;
        let fits = |(at, byte): (usize, u8)| if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_digit() };
        date.bytes().enumerate().all(fits).then_some(name)
    };
    cut(11, &[0, 5, 8]).or_else(|| cut(9, &[0])).unwrap_or(model)
}

/// Whether a name (of a price, of a change) is that of a billed model.
pub(crate) fn same(name: &str, billed: &str) -> bool {
    name == billed || name == undated(billed)
}

/// The list price of a line: for a million tokens, a second, a picture, a credit.
pub(crate) fn price(provider: Provider, model: &str, line: Line, size: Option<&str>) -> Money {
    if line == Line::Images
        && let Some((_, _, text)) = PICTURES.iter().find(|(name, of, _)| *name == model && Some(*of) == size)
    {
        return Money::parse(text).unwrap_or_default();
    }
    let list = match provider {
        Provider::OpenAi => OPENAI,
        Provider::Anthropic => ANTHROPIC,
        Provider::Gemini => GEMINI,
        Provider::Stability if line == Line::Credits => return Money::parse("0.01").unwrap_or_default(),
        Provider::Stability | Provider::Replicate => return Money::ZERO,
    };
    let by = |name: &str| list.iter().find(|(listed, _)| *listed == name);
    let lines = by(model).or_else(|| by(undated(model))).map_or(OTHERS, |(_, lines)| lines);
    let of = |line: Line| lines.iter().find(|(one, _)| *one == line).and_then(|(_, text)| Money::parse(text));
    of(line).or_else(|| line.instead().and_then(of)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_model_has_the_price_of_its_name_or_one_of_its_own() {
        let input = |model| price(Provider::OpenAi, model, Line::Input, None).text();
        assert_eq!(input("gpt-4o-2024-08-06"), "2.5");
        assert_eq!(input("gpt-4o-2024-05-13"), "5");
        assert_eq!(input("gpt-4o-mini-2024-07-18"), "0.15");
        assert_eq!(price(Provider::OpenAi, "gpt-image-1", Line::ImageOut, None).text(), "40");
        assert_eq!(price(Provider::Anthropic, "claude-haiku-4-5-20251001", Line::WriteHour, None).text(), "2");
        assert_eq!(price(Provider::Anthropic, "claude-haiku-4-5", Line::WriteHour, None).text(), "2");
        assert_eq!(price(Provider::OpenAi, "dall-e-3", Line::Images, Some("1792x1024/hd")).text(), "0.12");
    }
}
