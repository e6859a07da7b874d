//! The calls of the book: the same ones each time.

use ownkey_agency::calls::{CallFinished, CallStarted, Told};
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{AssistantId, CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::token;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::meter::{Picture, Units};

/// To be raised with any change of what is made here: books of earlier versions are made anew.
pub(super) const VERSION: u32 = 1;

/// Half a year: from the first moment of January to that of July 2026.
const BEGIN: i64 = 1_767_225_600_000;
const SPAN: i64 = 181 * DAY;
const DAY: i64 = 86_400_000;

/// The month that is asked about: April.
const MONTH: [i64; 2] = [BEGIN + 90 * DAY, BEGIN + 120 * DAY];

/// Clients, of which the first makes five calls of twelve; assistants of each.
const CLIENTS: u64 = 8;
const ASSISTANTS: u64 = 9;

/// A key is replaced after so long, at no particular hour.
const KEY_LIVES: i64 = 25 * DAY + 5_000_000;

/// What is called: provider, use, the model that is asked for, and the one that answers.
const MODELS: [(Provider, Use, &str, &str); 9] = [
    (Provider::OpenAi, Use::Chat, "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    (Provider::OpenAi, Use::Chat, "gpt-4o", "gpt-4o-2024-08-06"),
    (Provider::OpenAi, Use::Images, "gpt-image-1", "gpt-image-1"),
    (Provider::OpenAi, Use::Voice, "whisper-1", "whisper-1"),
    (Provider::Anthropic, Use::Chat, "claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
    (Provider::Anthropic, Use::Chat, "claude-haiku-4-5", "claude-haiku-4-5-20251001"),
    (Provider::Gemini, Use::Images, "gemini-2.5-flash-image", "gemini-2.5-flash-image"),
    (Provider::Stability, Use::Images, "stable-image-core", "stable-image-core"),
    (Provider::Replicate, Use::Images, "black-forest-labs/flux-schnell", "black-forest-labs/flux-schnell"),
];

/// Numbers that look random and are the same each time (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// Client and month that are asked about.
pub(super) fn question() -> (ClientId, Instant, Instant) {
    let [from, to] = MONTH.map(Instant::from_unix_millis);
    (client(0), from, to)
}

/// An id's random part that counts.
fn numbered(number: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn client(number: u64) -> ClientId {
    ClientId::new(Instant::from_unix_millis(BEGIN), numbered(number))
}

/// That many calls in the order of time.
pub(super) fn calls(rows: u64) -> impl Iterator<Item = (CallStarted, CallFinished)> {
    let mut dice = Dice(7);
    let token = token::hash(b"practice");
    (0..rows).map(move |number| call(number, rows, &mut dice, token))
}

fn call(number: u64, rows: u64, dice: &mut Dice, token: Hash) -> (CallStarted, CallFinished) {
    let after = i128::from(SPAN) * i128::from(number) / i128::from(rows);
    let after = i64::try_from(after).unwrap_or(0);
    let at = Instant::from_unix_millis(BEGIN + after);
    let of = dice.roll(12).saturating_sub(4) % CLIENTS;
    let assistant = dice.roll(ASSISTANTS);
    let which = usize::try_from(assistant + dice.roll(3)).unwrap_or(0) % MODELS.len();
    let (provider, r#use, asked, answers) = MODELS[which];
    let beginning = Instant::from_unix_millis(BEGIN);
    let own = (dice.roll(20) > 0).then(|| {
        let connection = ConnectionId::new(beginning, numbered(of * 8 + provider as u64));
        (connection, u32::try_from(after / KEY_LIVES).unwrap_or(0) + 1)
    });
    let begun = CallStarted {
        id: CallId::new(at, numbered(number)),
        client: client(of),
        assistant: AssistantId::new(beginning, numbered(of * ASSISTANTS + assistant)),
        at,
        route: "practice".into(),
        provider,
        r#use: Some(r#use),
        own,
        model: Some(asked.to_owned()),
        token,
        asked: 4_000,
        picture: picture(r#use),
    };
    let (told, status) = match dice.roll(200) {
        0 | 1 => (Told::Nothing, 500),
        2 | 3 => (Told::Nothing, 429),
        4 => (Told::Partial, 200),
        5 => (Told::Estimated, 200),
        6 => (Told::Unknown, 200),
        _ => (Told::Whole, 200),
    };
    let spent = !matches!(told, Told::Nothing | Told::Unknown);
    let units = spent.then(|| units(provider, r#use, dice));
    let end = CallFinished {
        id: begun.id,
        status,
        units,
        model: spent.then(|| answers.to_owned()),
        picture: Picture::default(),
        told,
        passed: None,
        at: at.plus_millis(900),
    };
    (begun, end)
}

fn picture(r#use: Use) -> Picture {
    let drawn = r#use == Use::Images;
    Picture { size: drawn.then(|| "1024x1024".to_owned()), quality: drawn.then(|| "medium".to_owned()) }
}

fn units(provider: Provider, r#use: Use, dice: &mut Dice) -> Units {
    let none = Units::default();
    match (provider, r#use) {
        (Provider::Stability, _) => Units { images: 1, credits_milli: 3_000, ..none },
        (Provider::Replicate, _) => Units { images: 1, predict_ms: 400 + dice.roll(2_000), ..none },
        (_, Use::Images) => {
            let drawn = 1_000 + dice.roll(300);
            Units { input: 20 + dice.roll(100), output: drawn, image_out: drawn, images: 1, ..none }
        }
        (_, Use::Voice) => Units { seconds_ms: 1_000 + dice.roll(90_000), ..none },
        (Provider::Anthropic, _) => {
            let (cached_input, cache_write) = (dice.roll(4_000), dice.roll(500));
            let input = cached_input + cache_write + 1 + dice.roll(2_000);
            Units { input, cached_input, cache_write, output: 1 + dice.roll(900), ..none }
        }
        _ => {
            let (cached_input, reasoning) = (dice.roll(2_000), dice.roll(200));
            let (input, output) = (cached_input + 1 + dice.roll(3_000), reasoning + 1 + dice.roll(900));
            Units { input, cached_input, output, reasoning, ..none }
        }
    }
}
