use std::cell::RefCell;

use ownkey_protocol::limit::{Currency, Money, UnitLimit};

use super::*;

fn at(seconds: i64) -> Instant {
    Instant::from_unix_millis(1_790_000_000_000 + seconds * 1_000)
}

fn asks(n: u8, seconds: i64) -> Asks {
    Asks {
        id: CallId::new(at(0), [n; 10]),
        client: ClientId::new(at(0), [1; 10]),
        assistant: AssistantId::new(at(0), [2; 10]),
        r#use: Some(Use::Chat),
        own: true,
        at: at(seconds),
    }
}

fn settled(asks: &Asks, micro: u64, tokens: u64) -> Settled {
    Settled {
        n: 100,
        client: asks.client,
        id: asks.id,
        assistant: asks.assistant,
        r#use: asks.r#use,
        own: asks.own,
        at: asks.at,
        amount: Amount([micro, 1, tokens, 0, 0]),
    }
}

fn fresh() -> OfClient {
    OfClient { month: Month::of(at(0)), read_to: 10, sums: HashMap::new(), running: HashMap::new() }
}

fn money(micro: u64, hard: bool) -> Limit {
    let money = Some(Money { micro, currency: Currency::Usd });
    Limit { money, units: None, calls_per_minute: None, hard }
}

#[test]
fn a_hard_budget_stops_the_call_after_the_one_that_reached_it_and_tells_once() {
    let told = RefCell::new(Vec::new());
    let tell = |scope, hard| told.borrow_mut().push((scope, hard));
    let mut of = fresh();
    let limits = [(Scope::Client, money(10, true))];
    for n in 1..=2 {
        of.reserve(&asks(n, 0), &limits, tell).unwrap();
        of.settle(&settled(&asks(n, 0), 5, 1), tell);
    }
    assert_eq!(of.reserve(&asks(3, 1), &limits, tell), Err(Over::Month(Scope::Client)));
    assert_eq!(of.reserve(&asks(3, 2), &limits, tell), Err(Over::Month(Scope::Client)));
    assert_eq!(told.borrow().as_slice(), [(Scope::Client, true)]);
    let soft = [(Scope::Client, money(10, false))];
    assert_eq!(of.reserve(&asks(3, 3), &soft, tell), Ok(()));
    assert_eq!(told.borrow().len(), 2, "another limit is told anew");
    let next_month = 40 * 86_400;
    assert_eq!(of.reserve(&asks(4, next_month), &limits, tell), Ok(()));
}

/// However many calls run beside each other, each overruns by itself at most: once the size of a call is known, no
/// more are let through than fit.
#[test]
fn calls_beside_each_other_reserve_what_such_a_call_has_cost() {
    let mut of = fresh();
    let limits = [(Scope::Use(Use::Chat), money(100, true))];
    of.reserve(&asks(0, 0), &limits, |_, _| {}).unwrap();
    of.settle(&settled(&asks(0, 0), 30, 1), |_, _| {});
    let passed: Vec<u8> = (1..50).filter(|n| of.reserve(&asks(*n, 0), &limits, |_, _| {}).is_ok()).collect();
    assert_eq!(passed.len(), 3, "30 spent and 30 held for each: the third begins at 90");
    for n in passed {
        of.settle(&settled(&asks(n, 0), 30, 1), |_, _| {});
    }
    assert_eq!(of.sums[&Scope::Use(Use::Chat)].spent.0[MONEY], 120);
    assert_eq!(of.sums[&Scope::Use(Use::Chat)].held, Amount::default());
}

#[test]
fn calls_in_a_minute_are_a_window_that_moves() {
    let mut of = fresh();
    let limit = Limit { money: None, units: None, calls_per_minute: Some(2), hard: false };
    let limits = [(Scope::Client, limit)];
    let mut ask = |n, seconds| of.reserve(&asks(n, seconds), &limits, |_, _| {});
    assert_eq!((ask(1, 0), ask(2, 30)), (Ok(()), Ok(())));
    assert_eq!(ask(3, 59), Err(Over::Minute));
    assert_eq!(ask(4, 60), Ok(()));
    assert_eq!(ask(5, 61), Err(Over::Minute));
}

#[test]
fn units_count_whoever_pays_and_money_where_the_one_pays_whose_bound_it_is() {
    let mut of = fresh();
    let tokens = Limit {
        money: None,
        units: Some(UnitLimit { kind: UnitKind::Tokens, most: 10 }),
        calls_per_minute: None,
        hard: true,
    };
    let mut by_platform = asks(1, 0);
    by_platform.own = false;
    of.reserve(&by_platform, &[(Scope::Client, money(1, true))], |_, _| {}).unwrap();
    of.settle(&settled(&by_platform, 50, 12), |_, _| {});
    assert_eq!(of.reserve(&asks(2, 0), &[(Scope::Client, money(1, true))], |_, _| {}), Ok(()));
    assert_eq!(of.reserve(&asks(3, 0), &[(Scope::Client, tokens)], |_, _| {}), Err(Over::Month(Scope::Client)));
    let cap = Scope::Platform(Use::Chat);
    assert_eq!(of.reserve(&by_platform, &[(cap, money(50, true))], |_, _| {}), Err(Over::Month(cap)));
}

#[test]
fn a_call_that_was_added_up_from_the_book_counts_once() {
    let mut of = fresh();
    let mut older = settled(&asks(1, 0), 5, 5);
    older.n = 3;
    of.sums.entry(Scope::Client).or_default().spent = Amount([0, 1, 0, 0, 0]);
    of.settle(&older, |_, _| {});
    assert_eq!(of.sums[&Scope::Client].spent, Amount([5, 1, 5, 0, 0]));
}
