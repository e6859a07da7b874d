use proptest::prelude::*;

use super::*;

fn amount(text: &str) -> Amount {
    text.parse().unwrap_or_else(|_| panic!("{text} is no amount"))
}

#[test]
fn amounts_keep_every_digit_that_the_provider_wrote() {
    for (text, kept) in [
        ("0.06", "0.06"),
        ("0", "0"),
        ("-0.0", "0"),
        ("1e-7", "0.0000001"),
        ("1.25E+2", "125"),
        ("0.000000000001", "0.000000000001"),
        ("0.0000000000005", "0"),
        ("0.0000000000015", "0.000000000002"),
        ("0.0000000000025", "0.000000000002"),
        ("0.00000000000250000001", "0.000000000003"),
        ("-0.0000000000035", "-0.000000000004"),
        ("123456789012345678.000000000001", "123456789012345678.000000000001"),
        ("5e-999999999999999999999", "0"),
        ("0e999999999999999999999", "0"),
        ("0.30000000000000004", "0.3"),
    ] {
        assert_eq!(amount(text).to_string(), kept, "{text}");
    }
    for text in ["", "-", ".5", "1.", "1,5", "0x10", "1e", "1e+", "NaN", "Infinity", " 1", "+1", "1e30", "--1", "1.2.3"]
    {
        assert_eq!(Amount::parse(text), Err(NotAnAmount), "{text}");
    }
}

#[test]
fn cents_and_millionths_are_what_they_say() {
    let cents = |text| Amount::from_cents_text(text).map(|amount| amount.to_string());
    assert_eq!(cents("1234.5").as_deref(), Ok("12.345"));
    assert_eq!(cents("0.0000000001").as_deref(), Ok("0.000000000001"));
    assert_eq!(cents("-7").as_deref(), Ok("-0.07"));
    assert_eq!(cents("x"), Err(NotAnAmount));
    for (text, micro) in [("0.0000005", 1), ("-0.0000005", -1), ("0.00000049", 0), ("1.5", 1_500_000)] {
        assert_eq!(amount(text).to_micro_rounded(), micro, "{text}");
    }
    assert_eq!(amount("99999999999999").to_micro_rounded(), i64::MAX);
    assert_eq!(amount("-99999999999999").to_micro_rounded(), i64::MIN);
    assert_eq!(Amount::from_micro(-1).to_string(), "-0.000001");
    assert_eq!((amount("12").whole(), amount("12.5").whole(), amount("-1").whole()), (Some(12), None, None));
    assert_eq!((amount("1.2341").to_milli_up(), amount("-1").to_milli_up()), (Some(1_235), None));
    assert_eq!(serde_json::to_string(&amount("0.10")).unwrap(), "\"0.1\"");
    assert_eq!(serde_json::from_str::<Amount>("\"0.1\"").unwrap(), amount("0.1"));
    assert!(serde_json::from_str::<Amount>("0.1").is_err(), "no binary fraction gets in");
}

/// The digits of a decimal and where its point is, written in one of the ways in which JSON may write it.
fn written(digits: i64, point: usize, exponent: i32) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = point + 1);
    let (whole, part) = text.split_at(text.len() - point);
    let part = if part.is_empty() { String::new() } else { format!(".{part}") };
    format!("{sign}{whole}{part}e{exponent}")
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(digits in any::<i64>(), point in 0_usize..=12) {
        let read = amount(&written(digits, point, 0));
        prop_assert_eq!(amount(&read.to_string()), read);
        let json = serde_json::to_string(&read).unwrap();
        prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), read);
    }

    #[test]
    fn an_exponent_only_moves_the_point(digits in -1_000_000_000_000_i64..1_000_000_000_000, point in 0_usize..=8, exponent in -4_i32..=8) {
        let moved = point as i32 - exponent;
        let plain = match usize::try_from(moved) {
            Ok(point) => written(digits, point, 0),
            Err(_) => written(digits, 0, -moved),
        };
        prop_assert_eq!(amount(&written(digits, point, exponent)), amount(&plain));
    }

    #[test]
    fn sums_are_exact_and_ordered(a in any::<i64>(), b in any::<i64>(), point in 0_usize..=12) {
        let (x, y) = (amount(&written(a, point, 0)), amount(&written(b, point, 0)));
        let sum = x.checked_add(y).unwrap();
        let scale = 10_i128.pow(u32::try_from(point).unwrap());
        let whole = i128::from(a) + i128::from(b);
        let expected = format!("{whole}e-{point}");
        prop_assert_eq!(sum, amount(&expected));
        prop_assert_eq!(sum.checked_sub(y).unwrap(), x);
        prop_assert_eq!(x.checked_neg().and_then(|x| x.checked_neg()).unwrap(), x);
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(sum.whole().is_some(), whole % scale == 0 && whole >= 0 && u64::try_from(whole / scale).is_ok());
    }

    #[test]
    fn rounding_is_to_the_nearest_and_halves_to_the_even(kept in 0_u32..1_000_000, gone in 0_u32..1_000) {
        let read = amount(&format!("0.{:012}{gone:03}", kept));
        let up = gone > 500 || (gone == 500 && kept % 2 == 1);
        prop_assert_eq!(read, amount(&format!("{}e-12", kept + u32::from(up))));
    }

    #[test]
    fn no_text_makes_it_fall_over(text in "[-+0-9.eE]{0,40}") {
        if let Ok(read) = Amount::parse(&text) {
            prop_assert_eq!(amount(&read.to_string()), read);
        }
    }
}

#[test]
fn a_wait_is_read_in_seconds_only() {
    let wait = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static(text));
        retry_after(&headers)
    };
    assert_eq!(wait("7"), Some(Duration::from_secs(7)));
    assert_eq!(wait("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    assert_eq!(retry_after(&HeaderMap::new()), None);
}

#[test]
fn a_span_is_widened_to_whole_days_and_hours() {
    let at = |text: &str| text.parse::<Instant>().unwrap();
    let span = Span { from: at("2026-11-03T10:20:30.000Z"), to: at("2026-11-04T00:00:00.001Z") };
    let days = span.widened(DAY);
    assert_eq!((days.from, days.to), (at("2026-11-03T00:00:00.000Z"), at("2026-11-05T00:00:00.000Z")));
    let hours = span.widened(HOUR);
    assert_eq!((hours.from, hours.to), (at("2026-11-03T10:00:00.000Z"), at("2026-11-04T01:00:00.000Z")));
    assert_eq!(days.widened(DAY), days);
}

#[test]
fn an_unknown_tier_stays_to_be_seen() {
    let mut row = BilledRow::empty(Instant::default(), Instant::default());
    row.served(Some("turbo".to_owned()));
    assert_eq!((row.tier, row.line.as_deref()), (Tier::Standard, Some("turbo")));
    let mut row = BilledRow::empty(Instant::default(), Instant::default());
    row.line = Some("tokens".to_owned());
    row.served(Some("flex_discount".to_owned()));
    assert_eq!((row.tier, row.line.as_deref()), (Tier::Flex, Some("tokens, flex_discount")));
}

const OPENAI: &str = r#"{"object":"page","has_more":true,"next_page":"p","data":[{"object":"bucket","start_time":1788220800,
"end_time":1788307200,"results":[{"object":"x","amount":{"value":6e-2,"currency":"usd"},"line_item":"gpt-5, batch, output",
"api_key_id":"key_1","project_id":null,"quantity":10.5,"quantity_unit":"tokens","num_model_requests":3,"batch":true,
"input_tokens":12,"seconds":1.5,"images":2,"characters":9,"model":"m","service_tier":"flex","size":"1x1"}]}]}"#;

const ANALYTICS: &str = r#"{"has_more":false,"next_page":null,"data_refreshed_at":"2026-09-03T00:00:00Z","data":[{
"starting_at":"2026-09-01T00:00:00Z","ending_at":"2026-09-02T00:00:00Z","group":{"api_key_id":"apikey_1","model":"m",
"service_tier":"priority_on_demand","cost_type":"tokens","token_type":"output_tokens"},"cost":{"amount":"1234.5",
"currency":"USD","requests":1},"usage":{"uncached_input_tokens":1,"cache_read_input_tokens":2,"cache_creation":{
"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4},"output_tokens":5,"requests":6}}]}"#;

const REPORT: &str = r#"{"has_more":true,"next_page":"p","data":[{"starting_at":"2026-09-01T00:00:00Z",
"ending_at":"2026-09-02T00:00:00Z","results":[{"amount":"0.5","currency":"USD","workspace_id":null,"description":"d",
"model":"m","service_tier":"batch","uncached_input_tokens":1,"cache_creation":null,"output_tokens":2}]}]}"#;

const PREDICTIONS: &str = r#"{"previous":null,"next":"https://api.replicate.com/v1/predictions?cursor=c","results":[{"id":"p",
"model":"o/n","created_at":"2026-09-01T10:20:30.765994Z","metrics":{"predict_time":0.25}}]}"#;

#[test]
fn every_field_that_is_documented_is_read() {
    let (rows, next) = openai::read(OPENAI.as_bytes(), Ask::Costs).unwrap();
    assert_eq!((rows.len(), next.as_deref()), (1, Some("p")));
    assert_eq!(
        (rows[0].model.as_deref(), rows[0].tier, rows[0].amount),
        (Some("gpt-5"), Tier::Batch, Some(amount("0.06")))
    );
    let (rows, _) = openai::read(OPENAI.as_bytes(), Ask::Usage(Kind::Completions)).unwrap();
    assert_eq!((rows[0].tier, rows[0].line.as_deref()), (Tier::Batch, Some("flex")), "a batch in another tier");
    let page = anthropic::read(ANALYTICS.as_bytes(), anthropic::Road::Analytics, Ask::Costs).unwrap();
    assert_eq!(page.rows[0].line.as_deref(), Some("tokens, output_tokens, priority_on_demand"));
    assert_eq!((page.rows[0].amount, page.rows[0].tier), (Some(amount("12.345")), Tier::Priority));
    let page = anthropic::read(ANALYTICS.as_bytes(), anthropic::Road::Analytics, Ask::Usage(Kind::Messages)).unwrap();
    assert_eq!((page.rows[0].units["input"], page.rows[0].requests), (10, Some(6)));
    let page = anthropic::read(REPORT.as_bytes(), anthropic::Road::Reports, Ask::Costs).unwrap();
    assert_eq!((page.rows[0].amount, page.rows[0].tier), (Some(amount("0.005")), Tier::Batch));
}

/// Answers with a few bytes changed, left out or said twice are read or refused, and nothing falls over.
#[test]
fn mutated_answers_are_read_or_refused() {
    let long = Span { from: Instant::default(), to: Instant::from_unix_millis(i64::MAX) };
    let read = |body: &[u8]| {
        let usage = |kind| Ask::Usage(kind);
        let kinds = [Kind::Completions, Kind::Images, Kind::Transcriptions, Kind::Speeches, Kind::Embeddings];
        let mut sound = openai::read(body, Ask::Costs).is_ok();
        sound |= kinds.into_iter().any(|kind| openai::read(body, usage(kind)).is_ok());
        for road in [anthropic::Road::Analytics, anthropic::Road::Reports] {
            sound |= anthropic::read(body, road, Ask::Costs).is_ok();
            sound |= anthropic::read(body, road, usage(Kind::Messages)).is_ok();
        }
        sound | replicate::read(body, long).is_ok()
    };
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut sound, mut unsound) = (0, 0);
    for whole in [OPENAI, ANALYTICS, REPORT, PREDICTIONS] {
        assert!(read(whole.as_bytes()));
        for _ in 0..4_000 {
            let mut body = whole.as_bytes().to_vec();
            for _ in 0..=next(2) {
                let at = next(body.len());
                match next(4) {
                    0 => body[at] = b"0123456789-+.eE\"{}[],:nullZ"[next(27)],
                    1 => drop(body.remove(at)),
                    2 => body.insert(at, b'9'),
                    _ => body.truncate(at.max(1)),
                }
            }
            if read(&body) { sound += 1 } else { unsound += 1 }
        }
    }
    assert!(sound > 500 && unsound > 500, "{sound} {unsound}");
}
