use std::io::{self, Cursor, Read};

use proptest::prelude::*;

use super::*;
use crate::bill::Tier;

fn filed(text: &str) -> Result<Filed, FileError> {
    read(text.as_bytes(), |_| true)
}

fn short(row: &BilledRow) -> String {
    let told = |text: &Option<String>| text.clone().unwrap_or_default();
    let amount = row.amount.map(|amount| amount.to_string()).unwrap_or_default();
    let units: Vec<String> = row.units.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let quantity = row.quantity.as_ref().map(|(amount, unit)| format!("{amount} {unit}")).unwrap_or_default();
    [row.from.to_string(), told(&row.key), told(&row.model), told(&row.line), amount, quantity, units.join(" ")]
        .join("|")
}

fn shorts(text: &str) -> Vec<String> {
    filed(text).unwrap().rows.iter().map(short).collect()
}

const OPENAI_COSTS: &str = "\u{feff}start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,organization_id,organization_name\n\
    1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,0.8958740000000000,usd,\"gpt-4o-mini-2024-07-18, input\",proj_1,org-1,Own\n\
    1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,0.1,usd,\"gpt-4o-mini-2024-07-18, input\",proj_1,org-1,Own\n\
    1793577600,1793664000,2026-11-02T00:00:00+00:00,2026-11-03T00:00:00+00:00,,,,,,\n";

#[test]
fn openais_costs_are_added_up_and_empty_days_passed_over() {
    let filed = filed(OPENAI_COSTS).unwrap();
    assert_eq!((filed.shape, filed.lines, filed.passed_over), (Shape::OpenAiCosts, 2, 1));
    let rows: Vec<String> = filed.rows.iter().map(short).collect();
    let line = "2026-11-01T00:00:00.000Z||gpt-4o-mini-2024-07-18|gpt-4o-mini-2024-07-18, input|0.995874||";
    assert_eq!(rows, [line]);
    assert_eq!(filed.rows[0].place.as_deref(), Some("proj_1"));
    assert_eq!(filed.rows[0].currency.as_deref(), Some("USD"));
}

#[test]
fn openais_usage_is_read_with_its_floats_and_tiers() {
    let text = "start_time\tend_time\tproject_id\tnum_model_requests\tuser_id\tapi_key_id\tmodel\tbatch\tservice_tier\tinput_tokens\toutput_tokens\tinput_cached_tokens\n\
        1793491200\t1793577600\tproj_1\t10.0\tuser-1\tkey_1\tgpt-4o-2024-08-06\tFALSE\tdefault\t59200.0\t10646.0\t5760.0\n\
        1793491200\t1793577600\tproj_1\t1.0\tuser-1\tkey_1\tgpt-4o-2024-08-06\tTRUE\tdefault\t100.0\t10.0\t0.0\n";
    let rows = filed(text).unwrap().rows;
    let first = "2026-11-01T00:00:00.000Z|key_1|gpt-4o-2024-08-06||||cached_input 5760 input 59200 output 10646";
    assert_eq!(short(&rows[0]), first);
    assert_eq!((rows[0].requests, rows[0].tier, rows[1].tier), (Some(10), Tier::Standard, Tier::Batch));
}

#[test]
fn anthropics_costs_bear_the_names_of_its_api() {
    let text = "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed,api_key_id,api_key_status\r\n\
        2026-11-04,Claude Haiku 4.5,Default,desk,message,≤ 200k,input_no_cache,0.05,0.05,token,not_available,,apikey_01A,active\r\n\
        2026-11-04,Claude Haiku 4.5,Default,desk,batch,≤ 200k,output,0.02,0.02,token,not_available,,apikey_01A,active\r\n\
        2026-11-05,,Default,desk,message,,,0.01,0.01,web_search,,,apikey_01A,active\r\n";
    assert_eq!(
        shorts(text),
        [
            "2026-11-04T00:00:00.000Z|apikey_01A|claude-haiku-4-5|output_tokens|0.02||",
            "2026-11-04T00:00:00.000Z|apikey_01A|claude-haiku-4-5|uncached_input_tokens|0.05||",
            "2026-11-05T00:00:00.000Z|apikey_01A||web_search|0.01||",
        ]
    );
}

#[test]
fn anthropics_tokens_are_counted_as_the_book_does() {
    let text = "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed\n\
        2026-11-04,claude-haiku-4-5-20251001,desk,Default,message,≤ 200k,100,10,1,1000,50,0,,\n";
    let row = "2026-11-04T00:00:00.000Z||claude-haiku-4-5-20251001||||cache_write 10 cache_write_hour 1 cached_input 1000 input 1111 output 50";
    assert_eq!(shorts(text), [row]);
}

const GOOGLE: &str = "Invoice number,1234567890,\nCurrency,EUR,\n\n\
    Billing account name,Billing account ID,Project name,Project ID,Project hierarchy,Service description,Service ID,SKU description,SKU ID,Consumption model description,Credit type,Cost type,Usage start date,Usage end date,Usage amount,Usage unit,Unrounded Cost (€),Cost (€)\n\
    Own,0A,Desk,desk-1,,Gemini API,S1,Generate content output token count gemini 2.5 flash,K1,Default,,Usage,2026-11-01,2026-11-01,\"1,000\",count,0.002500,0.00\n\
    Own,0A,Desk,desk-1,,Gemini API,S1,Generate content output token count gemini 2.5 flash,K1,Default,Free trial,Usage,2026-11-01,2026-11-01,0,count,-0.001000,0.00\n\
    Own,0A,Desk,desk-1,,Compute Engine,S2,N2 Instance Core,K2,Default,,Usage,2026-11-01,2026-11-01,5,hour,60.00,60.00\n\
    Own,0A,,,,,,,,,,Tax,2026-11-01,2026-11-30,,,0.20,0.20\n\
    ,,,,,,,,,,,,,,,Total,60.21,60.20\n";

#[test]
fn googles_table_is_found_behind_its_preamble_and_other_services_are_passed_over() {
    let filed = filed(GOOGLE).unwrap();
    assert_eq!((filed.shape, filed.lines, filed.passed_over), (Shape::GoogleTable, 3, 2));
    let rows: Vec<String> = filed.rows.iter().map(short).collect();
    let day = "2026-11-01T07:00:00.000Z";
    assert_eq!(
        rows,
        [
            format!("{day}|||free tier: Free trial|-0.001||"),
            format!("{day}|||tax|0.2||"),
            format!("{day}||gemini-2.5-flash|output|0.0025|1000 tokens|"),
        ]
    );
    assert!(filed.rows.iter().all(|row| row.currency.as_deref() == Some("EUR")));
}

#[test]
fn a_table_that_is_not_by_day_says_so() {
    let by_month = GOOGLE.replacen("2026-11-01,2026-11-01", "2026-11-01,2026-11-30", 1);
    assert_eq!(filed(&by_month), Err(FileError::Cell { line: 5, column: "Usage end date".to_owned() }));
}

#[test]
fn googles_export_has_its_credits_in_a_cell() {
    let text = "billing_account_id,service.id,service.description,sku.id,sku.description,usage_start_time,usage_end_time,cost,currency,usage.amount,usage.unit,credits,cost_type\n\
        0A,S1,Gemini API,K1,Gemini 2.5 Pro input tokens,2026-11-01 08:00:00 UTC,2026-11-01 09:00:00 UTC,0.5,USD,400,count,\"[{\"\"name\"\":\"\"Trial\"\",\"\"amount\"\":-0.1,\"\"type\"\":\"\"PROMOTION\"\"}]\",regular\n";
    let hour = "2026-11-01T08:00:00.000Z";
    assert_eq!(
        shorts(text),
        [format!("{hour}|||free tier: PROMOTION|-0.1||"), format!("{hour}||gemini-2.5-pro|input|0.5|400 tokens|")]
    );
}

#[test]
fn a_plain_table_may_be_written_as_in_germany() {
    let text = "Date;Model;Amount;Currency;Quantity;Unit;Kind\n\
        2026-11-03;stable-image-core;1.234,50;eur;3;credits;credits\n";
    assert_eq!(shorts(text), ["2026-11-03T00:00:00.000Z||stable-image-core|credits|1234.5|3 credits|"]);
}

#[test]
fn what_is_not_understood_says_which_column_is_missing() {
    let lacks = |text: &str| match filed(text) {
        Err(FileError::Unknown { nearest, missing }) => (nearest, missing.join(" ")),
        other => panic!("{other:?}"),
    };
    let without = OPENAI_COSTS.replace("amount_value", "value");
    assert_eq!(lacks(&without), (Shape::OpenAiCosts, "amount_value".to_owned()));
    assert_eq!(lacks("date,model,amount\n"), (Shape::Plain, "currency".to_owned()));
    assert_eq!(lacks("usage_date_utc,model,token_type\n"), (Shape::AnthropicCosts, "cost_usd".to_owned()));
    assert_eq!(lacks("Dear Sir,\nyour invoice\n"), (Shape::Plain, "date model amount currency".to_owned()));
    assert_eq!(lacks(""), (Shape::Plain, "date model amount currency".to_owned()));
}

#[test]
fn a_bad_cell_is_told_by_line_and_column() {
    let bad = |from: &str, to: &str| filed(&OPENAI_COSTS.replacen(from, to, 1)).unwrap_err();
    let cell = |line, column: &str| FileError::Cell { line, column: column.to_owned() };
    assert_eq!(bad("0.8958740000000000", "much"), cell(2, "amount_value"));
    assert_eq!(bad("1793577600,2026", "soon,2026"), cell(2, "end_time"));
    assert_eq!(bad("0.1,usd", "0.1,eur"), FileError::Currencies("USD".to_owned(), "EUR".to_owned()));
    assert_eq!(bad("0.1,usd", "0.1,"), cell(3, "amount_currency"));
}

#[test]
fn pictures_and_other_encodings_are_no_text() {
    let utf16: Vec<u8> = OPENAI_COSTS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&utf16[..], |_| true), Err(FileError::NotText));
    let latin: Vec<u8> = [b"date,model,amount,currency\n2026-11-01,caf".as_slice(), &[0xE9], b",1,USD\n"].concat();
    assert_eq!(read(&latin[..], |_| true), Err(FileError::NotText));
}

/// A head, and then the same piece again and again.
struct Long {
    head: Cursor<Vec<u8>>,
    piece: &'static [u8],
    at: usize,
    left: u64,
}

impl Long {
    fn new(head: &str, piece: &'static str, size: u64) -> Self {
        Self { head: Cursor::new(head.as_bytes().to_vec()), piece: piece.as_bytes(), at: 0, left: size }
    }
}

impl Read for Long {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.head.read(into)?;
        if read > 0 || self.left == 0 {
            return Ok(read);
        }
        let rest = &self.piece[self.at..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.at = (self.at + count) % self.piece.len();
        // It ends at the end of a line.
        self.left = if self.at == 0 { self.left.saturating_sub(self.piece.len() as u64) } else { self.left };
        Ok(count)
    }
}

#[test]
fn a_quotation_mark_that_is_never_closed_ends_the_reading() {
    let file = Long::new("date,model,amount,currency\n2026-11-01,\"", "no end\n", 4 << 20);
    assert_eq!(read(file, |_| true), Err(FileError::Line { line: 2 }));
}

#[test]
fn a_file_that_tells_too_much_apart_is_refused() {
    let head = "date,model,amount,currency\n";
    let lines: String = (0..50_001).map(|n| format!("2026-11-01,m{n},1,USD\n")).collect();
    assert_eq!(filed(&format!("{head}{lines}")), Err(FileError::TooMuch));
}

#[test]
fn reading_is_told_and_may_be_stopped() {
    let long = || Long::new("date,model,amount,currency\n", "2026-11-01,m,0.000001,USD\n", 1 << 20);
    let (mut most, whole) = (0, read(long(), |_| true).unwrap());
    assert_eq!(whole.rows[0].amount.unwrap().to_micro_rounded(), i64::try_from(whole.lines).unwrap());
    assert_eq!(
        read(long(), |read| {
            most = read;
            read < 300_000
        }),
        Err(FileError::Stopped)
    );
    assert!((300_000..400_000).contains(&most), "{most}");
}

proptest! {
    #[test]
    fn the_order_of_lines_changes_nothing(order in Just((1..40_u32).collect::<Vec<_>>()).prop_shuffle()) {
        let line = |n: &u32| format!("2026-11-{:02},m{},0.{n:03},USD\n", n % 5 + 1, n % 3);
        let lines: String = order.iter().map(line).collect();
        let sorted: String = (1..40).map(|n| line(&n)).collect();
        let head = "date,model,amount,currency\n";
        prop_assert_eq!(filed(&format!("{head}{lines}")), filed(&format!("{head}{sorted}")));
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in 0_usize..600) {
        let begin = &OPENAI_COSTS.as_bytes()[..cut.min(OPENAI_COSTS.len())];
        let _refused = read(&[begin, &bytes].concat()[..], |_| true);
        let _refused = read(&[GOOGLE.as_bytes(), &bytes].concat()[..], |_| true);
    }
}
