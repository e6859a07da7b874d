use std::collections::BTreeSet;

use super::*;

fn at(day: &str) -> Instant {
    format!("{day}T12:00:00.000Z").parse().unwrap()
}

fn micro(provider: Provider, model: &str, units: Units) -> Option<u64> {
    cost(provider, Some(model), &units, &Picture::default(), at("2026-01-01")).map(|c| c.micro)
}

#[test]
fn every_list_is_read_and_every_entry_is_named_once_and_says_where_it_is_from() {
    let texts = [
        include_str!("../../prices/openai.toml"),
        include_str!("../../prices/anthropic.toml"),
        include_str!("../../prices/gemini.toml"),
        include_str!("../../prices/stability.toml"),
        include_str!("../../prices/replicate.toml"),
    ];
    let mut rules = BTreeSet::new();
    for (provider, text) in Provider::ALL.into_iter().zip(texts) {
        let list: List = toml::from_str(text).unwrap();
        assert_eq!(list.price.len(), LISTS[provider as usize].price.len(), "{provider}");
        for price in list.price {
            assert!(price.rule.starts_with(provider.as_str()) && rules.insert(price.rule.clone()), "{}", price.rule);
            assert!(!price.source.is_empty() && !price.models.is_empty(), "{}", price.rule);
            assert!(price.date.parse::<Day>().is_ok(), "{}", price.rule);
        }
    }
}

/// Each entry, against the sum done by hand: a million of every kind that it has a price for.
#[test]
fn every_entry_prices_each_kind_by_itself() {
    let million = 1_000_000;
    for (provider, list) in Provider::ALL.into_iter().zip(LISTS.iter()) {
        for price in &list.price {
            let one = |units: Units| {
                let day = price.effective_from.begin();
                let found = cost(provider, Some(&price.models[0]), &units, &Picture::default(), day)?;
                assert_eq!(found.rule, price.rule);
                Some(found.micro)
            };
            let none = Units::default();
            assert_eq!(one(none), None, "{}", price.rule);
            assert_eq!(one(Units { input: million, ..none }), price.input);
            let cached = Units { input: million, cached_input: million, ..none };
            assert_eq!(one(cached), price.cached_input.or(price.input));
            let written = Units { input: million, cache_write: million, ..none };
            assert_eq!(one(written), price.cache_write.or(price.input));
            let hour = Units { input: million, cache_write_hour: million, ..none };
            assert_eq!(one(hour), price.cache_write_hour.or(price.input));
            assert_eq!(one(Units { input: million, audio_in: million, ..none }), price.audio_in);
            let pictures = Units { input: million, image_in: million, ..none };
            assert_eq!(one(pictures), price.image_in.or(price.input));
            assert_eq!(one(Units { output: million, ..none }), price.output);
            assert_eq!(one(Units { output: million, reasoning: million, ..none }), price.output);
            assert_eq!(one(Units { output: million, audio_out: million, ..none }), price.audio_out);
            assert_eq!(one(Units { output: million, image_out: million, ..none }), price.image_out);
            assert_eq!(one(Units { seconds_ms: 1_000, ..none }), price.second);
            assert_eq!(one(Units { predict_ms: 1_000, ..none }), price.predict_second);
            assert_eq!(one(Units { credits_milli: 1_000, ..none }), price.credit);
            for row in &price.images {
                let picture = Picture { size: Some(row.size.clone()), quality: row.quality.clone() };
                let units = Units { images: 2, ..none };
                let found = cost(provider, Some(&price.models[0]), &units, &picture, price.effective_from.begin());
                assert_eq!(found.map(|c| c.micro), Some(2 * row.price), "{}", price.rule);
            }
        }
    }
}

#[test]
fn the_sum_is_rounded_once_to_the_nearest_micro_halves_up() {
    let of = |input, output| micro(Provider::OpenAi, "gpt-4o-mini", Units { input, output, ..Units::default() });
    assert_eq!(of(3, 0), Some(0)); // 0.45
    assert_eq!(of(10, 0), Some(2)); // 1.5
    assert_eq!(of(3, 1), Some(1)); // 0.45 + 0.6
    let whole = Units { input: u64::MAX, output: u64::MAX, ..Units::default() };
    assert_eq!(micro(Provider::OpenAi, "o1", whole), None, "more than can be written is no cost");
}

#[test]
fn an_unknown_model_has_no_price_and_neither_has_what_a_known_one_is_not_priced_for() {
    let text = Units { input: 10, output: 10, ..Units::default() };
    for model in ["gpt-4o-mini-tts", "gpt-4o-audio-preview", "gpt-5.2", "gpt-4o-mini-2024-07-18-x", "gpt-4o-", ""] {
        assert_eq!(micro(Provider::OpenAi, model, text), None, "{model}");
    }
    assert_eq!(micro(Provider::Replicate, "flux-schnell", Units { predict_ms: 5, ..Units::default() }), None);
    let sound = Units { input: 10, audio_in: 5, output: 1, ..Units::default() };
    assert_eq!(micro(Provider::OpenAi, "gpt-4o", sound), None);
    assert_eq!(micro(Provider::OpenAi, "gpt-image-1", Units { images: 1, ..Units::default() }), None);
    let odd = Picture { size: Some("1x1".to_owned()), quality: None };
    let one = Units { images: 1, ..Units::default() };
    assert_eq!(cost(Provider::OpenAi, Some("dall-e-2"), &one, &odd, at("2026-01-01")), None);
}

#[test]
fn a_name_holds_for_its_dated_versions_and_a_longer_one_goes_first() {
    let text = Units { input: 1_000_000, ..Units::default() };
    assert_eq!(micro(Provider::OpenAi, "gpt-4o-2024-08-06", text), Some(2_500_000));
    assert_eq!(micro(Provider::OpenAi, "gpt-4o-2024-05-13", text), Some(5_000_000));
    assert_eq!(micro(Provider::Anthropic, "claude-haiku-4-5-20251001", text), Some(1_000_000));
    assert_eq!(micro(Provider::Anthropic, "claude-opus-4-1-20250805", text), Some(15_000_000));
}

#[test]
fn an_entry_holds_from_its_day_on() {
    let text = Units { input: 1_000_000, ..Units::default() };
    let on = |day: &str| cost(Provider::OpenAi, Some("o3"), &text, &Picture::default(), at(day)).map(|c| c.rule);
    assert_eq!(on("2025-06-09"), None);
    assert_eq!(on("2025-06-10"), Some("openai.o3.1"));
}
