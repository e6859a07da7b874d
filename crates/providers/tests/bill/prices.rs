//! The house's list of prices, held against the simulator's, which was written down apart from it.

use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::BookedCall;
use ownkey_providers::meter::{Picture, Units};
use ownkey_providers::price;

use crate::{Room, START, span, units};

async fn agree(provider: Provider, model: &str, pairs: &[(&str, u64)], size: Option<(&str, &str)>) {
    let room = Room::open(provider).await;
    let billed = size.map(|(size, quality)| format!("{size}{}", if quality == "hd" { "/hd" } else { "" }));
    room.book(vec![BookedCall {
        at: START,
        key: Some(room.keys[0].clone()),
        model: model.to_owned(),
        units: units(pairs),
        size: billed,
        ..BookedCall::default()
    }]);
    let spent: Units = serde_json::from_value(serde_json::to_value(units(pairs)).unwrap()).unwrap();
    let picture =
        Picture { size: size.map(|(size, _)| size.to_owned()), quality: size.map(|(_, quality)| quality.to_owned()) };
    let ours = price::cost(provider, Some(model), &spent, &picture, Instant::from_unix_millis(START)).unwrap();
    let theirs = room.total("Acme", span(1)).to_micro_rounded();
    assert_eq!(i64::try_from(ours.micro).unwrap(), theirs, "{model} by {}", ours.rule);
}

#[tokio::test]
async fn both_lists_price_a_call_alike() {
    let chat = [("input", 12_345), ("cached_input", 2_345), ("output", 6_789), ("reasoning", 1_000)];
    for model in [
        "gpt-4o",
        "gpt-4o-2024-05-13",
        "gpt-4o-mini",
        "gpt-4.1",
        "gpt-4.1-mini",
        "gpt-4.1-nano",
        "o1",
        "o3",
        "o3-mini",
        "o4-mini",
        "gpt-5",
        "gpt-5-mini",
        "gpt-5-nano",
    ] {
        agree(Provider::OpenAi, model, &chat, None).await;
    }
    let written = [("cache_write", 1_111), ("cache_write_hour", 2_222)];
    let claude: Vec<(&str, u64)> = chat[..3].iter().chain(&written).copied().collect();
    for model in [
        "claude-3-haiku-20240307",
        "claude-3-5-haiku-20241022",
        "claude-haiku-4-5",
        "claude-3-5-sonnet-20241022",
        "claude-3-7-sonnet-20250219",
        "claude-sonnet-4-20250514",
        "claude-sonnet-4-5",
        "claude-3-opus-20240229",
        "claude-opus-4-20250514",
        "claude-opus-4-1-20250805",
    ] {
        agree(Provider::Anthropic, model, &claude, None).await;
    }
    for model in ["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"] {
        agree(Provider::OpenAi, model, &[("input", 123_457)], None).await;
    }
    agree(Provider::OpenAi, "whisper-1", &[("seconds_ms", 61_000)], None).await;
    let heard = [("input", 5_000), ("audio_in", 4_000), ("output", 300)];
    for model in ["gpt-4o-transcribe", "gpt-4o-mini-transcribe"] {
        agree(Provider::OpenAi, model, &heard, None).await;
    }
    let drawn = [("input", 300), ("image_in", 194), ("output", 4_160), ("image_out", 4_160), ("images", 1)];
    for model in ["gpt-image-1", "gpt-image-1-mini"] {
        agree(Provider::OpenAi, model, &drawn, None).await;
    }
    for size in ["1024x1024", "1024x1792", "1792x1024"] {
        for quality in ["standard", "hd"] {
            agree(Provider::OpenAi, "dall-e-3", &[("images", 1)], Some((size, quality))).await;
        }
    }
    agree(Provider::Stability, "core", &[("images", 1), ("credits_milli", 3_500)], None).await;
}
