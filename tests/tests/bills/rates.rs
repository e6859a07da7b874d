//! Agreed prices: they stand in for the list's on both sides, from their day on.

use std::collections::BTreeMap;

use ownkey_app::wire::{BillRate, BillView, BillsView};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::BooksChange;
use ownkey_providers::bill::Amount;

use super::world::{Call, DAY, How, MINI, World, causes};

/// Two hundred calls a day that nothing is wrong with: 20,000 tokens in and 4,000 out, which no rounding touches.
fn calls(days: i64) -> Vec<Call> {
    let call = |n: i64| Call {
        at: n * 3_600_000 + 60_000,
        ran: 900,
        model: MINI,
        input: 20_000,
        cached: 0,
        output: 4_000,
        how: How::Known,
    };
    (0..days * 24).map(call).collect()
}

fn rate(world: &World, price: &str, day: i64) -> BillRate {
    BillRate {
        provider: Provider::OpenAi,
        model: "gpt-4o-mini".to_owned(),
        unit: "output".to_owned(),
        price: price.to_owned(),
        from: format!("{}-{:02}", world.month, day),
    }
}

impl World {
    /// The provider charges another price for what the small model says, from a day of the month on.
    fn charges(&self, dollars: &str, day: i64) {
        self.books(BooksChange::Price {
            model: MINI.to_owned(),
            line: "output".to_owned(),
            dollars: dollars.to_owned(),
            from: self.begin() + (day - 1) * DAY,
        });
    }

    async fn shown(&self) -> BillsView {
        self.client.app.bills(Some(self.month.to_string())).await.unwrap()
    }
}

/// What all assistants' calls come to.
fn of_assistants(bill: &BillView) -> i64 {
    bill.assistants.iter().map(|share| share.claimed_micro).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreed_price_counts_on_both_sides_from_its_day_on_and_what_was_another_price_is_gone() {
    let world = World::open().await;
    let all = calls(world.days());
    world.write_down(&all);
    world.charges("0.45", 11);
    let before = world.fetched().await.connections.remove(0);
    let outputs: i64 =
        all.iter().filter(|call| call.at >= 10 * DAY).map(|call| i64::try_from(call.output).unwrap()).sum();
    // 0.15 dollars a million less than the list says.
    let less = Amount::from_pico(-i128::from(outputs) * 150_000);
    assert_eq!(causes(&before), [("price".to_owned(), less.to_string())].into());
    assert_eq!(of_assistants(&before), before.claimed_micro);

    world.client.app.bills_rate_add(rate(&world, "0.45", 11)).await.unwrap();
    let agreed = world.shown().await.connections.remove(0);
    assert_eq!(causes(&agreed), BTreeMap::new(), "nothing is left to explain");
    assert_eq!(Some(agreed.claimed_micro), agreed.billed_micro);
    assert_eq!(agreed.billed_micro, before.billed_micro, "the bill is what it was");
    assert_eq!(agreed.claimed_micro - before.claimed_micro, less.to_micro_rounded());
    assert_eq!(of_assistants(&agreed), agreed.claimed_micro, "assistants are reckoned by it too");
    assert!(agreed.within && agreed.alert.is_none(), "an amount to be told at is of the present month alone");

    // Agreed three days too early: those days are billed at list price, which is now another one.
    world.client.app.bills_rate_remove(rate(&world, "0.45", 11)).await.unwrap();
    world.client.app.bills_rate_add(rate(&world, "0.45", 8)).await.unwrap();
    let early = world.shown().await.connections.remove(0);
    let more = Amount::from_pico(3 * 24 * 4_000 * 150_000);
    assert_eq!(causes(&early), [("price".to_owned(), more.to_string())].into());
    assert_eq!(early.causes[0].days.len(), 3);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn agreed_prices_are_listed_replaced_taken_back_and_kept_and_what_is_none_is_refused() {
    let world = World::open().await;
    let app = world.client.app.clone();
    let listed = || async {
        let rates = app.bills(None).await.unwrap().rates;
        rates.into_iter().map(|rate| (rate.price, rate.from[8..].to_owned())).collect::<Vec<_>>()
    };
    let own = |price: &str, day: &str| (price.to_owned(), day.to_owned());
    app.bills_rate_add(rate(&world, "0.5", 20)).await.unwrap();
    app.bills_rate_add(rate(&world, "0.55", 10)).await.unwrap();
    assert_eq!(listed().await, [own("0.55", "10"), own("0.5", "20")]);
    app.bills_rate_add(rate(&world, "0.40", 20)).await.unwrap();
    assert_eq!(listed().await, [own("0.55", "10"), own("0.4", "20")], "the later one counts");

    for wrong in [
        BillRate { price: "-1".to_owned(), ..rate(&world, "1", 1) },
        BillRate { price: "0.00000001".to_owned(), ..rate(&world, "1", 1) },
        BillRate { unit: "words".to_owned(), ..rate(&world, "1", 1) },
        BillRate { model: " ".to_owned(), ..rate(&world, "1", 1) },
        BillRate { from: "soon".to_owned(), ..rate(&world, "1", 1) },
    ] {
        assert_eq!(app.bills_rate_add(wrong).await.map_err(|fault| fault.code), Err(Code::Malformed));
    }
    assert_eq!(listed().await.len(), 2, "and nothing is lost by it");

    // Other settings leave them alone, and nobody has to answer.
    let World { servers, client, .. } = world;
    servers.stop().await.unwrap();
    client.app.bills_margin(10, 1_000_000).await.unwrap();
    client.app.bills_switch(true).await.unwrap();
    assert_eq!(listed().await.len(), 2);
    for rate in client.app.bills(None).await.unwrap().rates {
        client.app.bills_rate_remove(rate).await.unwrap();
    }
    assert!(client.app.bills(None).await.unwrap().rates.is_empty());
}
