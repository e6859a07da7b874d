//! One month of 50,000 calls.

use std::collections::BTreeMap;

use ownkey_agency::operator::{self, Command};
use ownkey_app::wire::BillView;
use ownkey_protocol::api::UsageGroup;
use ownkey_protocol::limit::Month;
use ownkey_provider_sim::BooksChange;

use super::world::{Call, DAY, How, LARGE, MINI, World, causes};

const HOUR: i64 = 3_600_000;

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// Ordinary calls, none of which runs over an hour's end.
fn ordinary(days: i64, count: usize) -> Vec<Call> {
    let mut dice = Dice(7);
    let hours = u64::try_from(days * 24).unwrap();
    let call = |_| {
        let hour = i64::try_from(dice.roll(hours)).unwrap();
        let within = i64::try_from(dice.roll(3_500_000)).unwrap();
        let cached = dice.roll(2_000);
        Call {
            at: hour * HOUR + within,
            ran: 800 + i64::try_from(dice.roll(20_000)).unwrap(),
            model: if dice.roll(4) == 0 { LARGE } else { MINI },
            input: cached + 1 + dice.roll(3_000),
            cached,
            output: 1 + dice.roll(900),
            how: How::Known,
        }
    };
    let mut calls: Vec<Call> = (0..count).map(call).collect();
    // The key was replaced at noon of the fifteenth: calls in between ran on one of the two.
    calls.retain(|call| !(call.at < 14 * DAY + DAY / 2 && call.at + call.ran >= 14 * DAY + DAY / 2));
    calls
}

/// Prices of a million tokens in millionths of a dollar, from the provider's page and not from the code.
fn price(model: &str) -> [i128; 3] {
    if model == MINI { [150_000, 75_000, 600_000] } else { [2_500_000, 1_250_000, 10_000_000] }
}

/// In 10⁻¹² dollars.
fn worth(call: &Call, output: u64) -> i128 {
    let [input, cached, out] = price(call.model);
    i128::from(call.input - call.cached) * input + i128::from(call.cached) * cached + i128::from(output) * out
}

/// What rounding each call to a millionth takes away.
fn rounded_away(calls: &[Call]) -> i128 {
    let seen = |call: &Call| match call.how {
        How::Elsewhere | How::Unknown => None,
        How::Cut(seen) => Some(seen),
        _ => Some(call.output),
    };
    calls
        .iter()
        .filter_map(|call| Some(worth(call, seen(call)?)))
        .map(|w| w - (w + 500_000) / 1_000_000 * 1_000_000)
        .sum()
}

/// As the bill writes it.
fn decimal(pico: i128) -> String {
    let (sign, pico) = if pico < 0 { ("-", -pico) } else { ("", pico) };
    let (whole, rest) = (pico / 1_000_000_000_000, pico % 1_000_000_000_000);
    let text = format!("{sign}{whole}.{rest:012}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn expect(all: &[(&str, i128)]) -> BTreeMap<String, String> {
    all.iter().filter(|(_, pico)| *pico != 0).map(|(cause, pico)| ((*cause).to_owned(), decimal(*pico))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_fifty_thousand_calls_agrees_but_for_what_was_brought_about() {
    let world = World::open().await;
    let mut calls = ordinary(world.days(), 50_000);
    let special =
        |at: i64, how: How, output: u64| Call { at, ran: 900, model: LARGE, input: 700, cached: 200, output, how };
    let elsewhere: Vec<Call> = (0..40).map(|n| special(3 * DAY + n * HOUR + 1_000, How::Elsewhere, 500)).collect();
    let unknown: Vec<Call> = (0..7).map(|n| special(20 * DAY + n * HOUR + 2_000, How::Unknown, 400)).collect();
    let cut: Vec<Call> = (0..9).map(|n| special(22 * DAY + n * HOUR + 3_000, How::Cut(100), 600)).collect();
    let not_listed: Vec<Call> = (0..5).map(|n| special(24 * DAY + n * HOUR + 4_000, How::NotListed, 300)).collect();
    let midnight = [5, 9].map(|day| Call { ran: 4_000, ..special(day * DAY - 1_500, How::Known, 200) });
    for more in [&elsewhere, &unknown, &cut, &not_listed, &midnight.to_vec()] {
        calls.extend(more);
    }
    world.write_down(&calls);
    for change in [BooksChange::Shuffled(true), BooksChange::Repeated(true)] {
        world.books(change);
    }
    let back = BooksChange::Refund {
        at: world.begin() + 10 * DAY,
        account: "Own account".to_owned(),
        key: Some(world.key(1)),
        dollars: "1.25".to_owned(),
        line: "Refund for an outage".to_owned(),
    };
    world.books(back);

    let view = world.fetched().await;
    let [bill] = view.connections.as_slice() else { panic!("{view:?}") };
    let sum = |calls: &[Call], sign: i128| calls.iter().map(|c| sign * worth(c, c.output)).sum::<i128>();
    let expected = expect(&[
        ("used_elsewhere", sum(&elsewhere, 1)),
        ("unknown_calls", sum(&unknown, 1)),
        ("cut_streams", cut.iter().map(|c| worth(c, c.output) - worth(c, 100)).sum()),
        ("not_listed", sum(&not_listed, -1)),
        ("rounding", rounded_away(&calls)),
        ("refund", -1_250_000_000_000),
    ]);
    let mut found = causes(bill);
    assert_eq!(found.remove("day_edge").as_deref(), Some("0"), "of the month, nothing");
    assert_eq!(found, expected);
    let edges = bill.causes.iter().find(|c| c.exact == "0").unwrap();
    assert_eq!(edges.days.len(), 4, "the days on both sides of two midnights: {edges:?}");
    let total = world.servers.sims.control().booked_total(
        ownkey_provider_sim::Provider::OpenAi,
        "Own account",
        world.begin(),
        world.begin() + world.days() * DAY,
    );
    let billed = total.parse::<ownkey_providers::bill::Amount>().unwrap();
    assert_eq!(bill.billed_micro, Some(billed.to_micro_rounded()), "the provider's own sum");
    assert_eq!(view.totals.len(), 1);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_that_changed_gifts_and_taxes_are_told_apart() {
    let world = World::open().await;
    let calls = ordinary(world.days(), 3_000);
    world.write_down(&calls);
    let from = 19 * DAY;
    world.books(BooksChange::Price {
        model: MINI.to_owned(),
        line: "output".to_owned(),
        dollars: "0.75".to_owned(),
        from: world.begin() + from,
    });
    let dearer: i128 = calls
        .iter()
        .filter(|call| call.model == MINI && call.at + call.ran >= from)
        .map(|call| i128::from(call.output) * 150_000)
        .sum();
    let view = world.fetched().await;
    assert_eq!(causes(&view.connections[0]), expect(&[("price", dearer), ("rounding", rounded_away(&calls))]));
    let days: Vec<&str> = view.connections[0].causes.iter().flat_map(|c| c.days.iter()).map(String::as_str).collect();
    assert!(!days.is_empty());
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_kept_here_and_shown_without_anybody_and_never_fetched_unasked() {
    let world = World::open().await;
    world.write_down(&ordinary(world.days(), 500));
    world.client.app.bills_fetch().await.unwrap();
    let view = world.client.app.bills(Some(world.month.to_string())).await.unwrap();
    assert!(!view.on && view.connections[0].billed_micro.is_none(), "nothing was asked of the provider");
    assert!(view.connections[0].claimed_micro > 0);
    let view = world.fetched().await;
    sends_what_it_holds(&world, &view.connections[0]).await;
    let World { servers, client, month, .. } = world;
    servers.stop().await.unwrap();
    let offline = client.app.bills(Some(month.to_string())).await.unwrap();
    assert_eq!(offline.connections[0].billed_micro, view.connections[0].billed_micro);
    assert_eq!(offline.connections[0].days, view.connections[0].days);
    assert!(offline.connections[0].as_of.is_some() && offline.agency_as_of.is_some());
    client.app.bills_save(month.to_string(), offline.connections[0].id.clone()).await.unwrap();
    let saved = client.host.saved();
    let ownkey_app::host::SavedText::Table(csv) = &saved[0].text else { panic!("{saved:?}") };
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().starts_with("day,version,model,calls,claimed,billed,difference"));
    let micro = |column: usize| -> i64 {
        let cells = csv.lines().skip(1).filter_map(|line| line.split(',').nth(column).filter(|c| !c.is_empty()));
        let sum: ownkey_providers::bill::Amount =
            cells.map(|cell| cell.parse::<ownkey_providers::bill::Amount>().unwrap()).sum();
        sum.to_micro_rounded()
    };
    assert_eq!(Some(micro(5)), view.connections[0].billed_micro, "what is saved is what is shown");
    assert_eq!(micro(4), view.connections[0].claimed_micro);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_free_taxed_and_made_as_a_batch_is_named() {
    let world = World::open().await;
    let mut calls = ordinary(world.days(), 1_500);
    calls.retain(|call| call.model == MINI);
    world.write_down(&calls);
    let free = calls.iter().filter(|call| call.at < 3 * DAY).map(|call| call.input + call.output).sum::<u64>();
    world.books(BooksChange::FreeTier(Some(free)));
    world.books(BooksChange::Tax(Some("19".to_owned())));
    let view = world.fetched().await;
    let mut found = causes(&view.connections[0]);
    assert_eq!(found.remove("rounding"), Some(decimal(rounded_away(&calls))));
    let all: i128 = calls.iter().map(|call| worth(call, call.output)).sum();
    let total = world.servers.sims.control().booked_total(
        ownkey_provider_sim::Provider::OpenAi,
        "Own account",
        world.begin(),
        world.begin() + world.days() * DAY,
    );
    let amount = |text: &str| text.parse::<ownkey_providers::bill::Amount>().unwrap();
    let (tax, gift) = (amount(&found.remove("tax").unwrap()), amount(&found.remove("free_tier").unwrap()));
    assert_eq!(found, BTreeMap::new(), "nothing else");
    assert!(tax.pico() > 0 && gift.pico() < 0);
    assert_eq!(amount(&total).pico(), all + gift.pico() + tax.pico(), "the provider's own sum");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_another_tier_and_a_discount_are_told_apart_to_the_last_digit() {
    let world = World::open().await;
    let mut calls = ordinary(world.days(), 4_000);
    // Half of the sixth day, among calls of the same model at list price.
    let sixth = |call: &&mut Call| call.model == MINI && (5 * DAY..6 * DAY).contains(&call.at);
    calls.iter_mut().filter(sixth).step_by(2).for_each(|call| call.how = How::Batch);
    world.write_down(&calls);
    let from = 20 * DAY;
    world.books(BooksChange::Discount { percent: "10".to_owned(), from: world.begin() + from });
    let view = world.fetched().await;
    let sum = |of: &dyn Fn(&&Call) -> bool| calls.iter().filter(of).map(|call| worth(call, call.output)).sum::<i128>();
    let (batch, cheaper) = (sum(&|call| call.how == How::Batch), sum(&|call| call.at + call.ran >= from));
    let expected = expect(&[("tier", -batch / 2), ("price", -cheaper / 10), ("rounding", rounded_away(&calls))]);
    assert!(batch > 0 && cheaper > 0);
    assert_eq!(causes(&view.connections[0]), expected);
    world.servers.stop().await.unwrap();
}

/// The client's sums stand beside the agency's own, which says whether they agree.
async fn sends_what_it_holds(world: &World, bill: &BillView) {
    assert_eq!(bill.statement.as_ref().unwrap().sent, None);
    world.client.app.bills_send(world.month.to_string(), bill.id.clone()).await.unwrap();
    let view = world.client.app.bills(Some(world.month.to_string())).await.unwrap();
    assert!(view.connections[0].statement.as_ref().unwrap().sent.is_some());
    let to = Month::of(world.month.begin().plus_millis(32 * DAY)).begin();
    let asked = Command::Usage {
        client: world.servers.clients[0].id,
        from: Some(world.month.begin()),
        to: Some(to),
        group: UsageGroup::Connection,
    };
    let rows = operator::run(&world.servers.agency, "Mara", asked).unwrap();
    let row = &rows[0];
    let micro = |field: &str| {
        let text = row[field].as_str().unwrap();
        text.parse::<ownkey_providers::bill::Amount>().unwrap().to_micro_rounded()
    };
    assert_eq!(micro("stated"), bill.claimed_micro, "{row}");
    assert_eq!(Some(micro("stated_billed")), bill.billed_micro);
    assert_eq!((row["agrees"].as_bool(), row["cost_micro"].as_i64()), (Some(true), Some(bill.claimed_micro)));
}
