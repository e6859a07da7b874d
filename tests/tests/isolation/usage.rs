//! Usage and budgets: each client sees and spends its own.

use ownkey_protocol::act::Deed;
use ownkey_protocol::api::{UsageDays, UsagePage, VersionCalls};
use ownkey_protocol::id::{CallId, ConnectionId};
use ownkey_protocol::keyset::Fingerprint;
use ownkey_protocol::limit::{Limit, Scope, UnitKind, UnitLimit};
use ownkey_protocol::usage::{Day, UsageDay};
use ownkey_protocol::vocabulary::{Payer, Provider};
use ownkey_tests::device::now;
use reqwest::Method;

use super::{A, B, World};

pub(super) const ONE_CALL: Limit = Limit {
    money: None,
    units: Some(UnitLimit { kind: UnitKind::Calls, most: 1 }),
    calls_per_minute: None,
    hard: true,
};

const HELLO: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Say hello."}]}"#;

impl World {
    async fn says_hello(&self, who: usize) -> u16 {
        let path = "/v1/chat/completions";
        let answer = self.gateway(Some(self.token(who)), Provider::OpenAi, &Method::POST, path, HELLO).await;
        let status = answer.status().as_u16();
        answer.bytes().await.unwrap();
        status
    }

    async fn usage(&self, who: usize, query: &str) -> UsagePage {
        let asked = self.devices[who].ask(&self.http, &Method::GET, &format!("/v1/usage{query}"), None).await.unwrap();
        assert_eq!(asked.status, 200, "{asked:?}");
        serde_json::from_str(&asked.body).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_shows_a_client_its_own_calls_and_no_other() {
    let world = World::with(&[Provider::OpenAi]).await;
    for _ in 0..3 {
        assert_eq!(world.says_hello(A).await, 200);
    }
    for group in ["day", "connection", "version", "assistant", "model"] {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let page = loop {
            let page = world.usage(A, &format!("?group={group}")).await;
            if page.rows.first().is_some_and(|row| row.units.contains_key("output") && row.unpriced == 0) {
                break page;
            }
            assert!(std::time::Instant::now() < end, "{page:?}");
        };
        let [row] = page.rows.as_slice() else { panic!("{group}: {page:?}") };
        assert_eq!((row.calls, row.paid_by), (3, Payer::Own), "{group}");
        assert!(row.cost.micro > 0, "{group}");
        assert_eq!(world.usage(B, &format!("?group={group}")).await.rows, [], "{group}");
    }
    assert_eq!(world.usage(A, "?from=2020-01-01T00:00:00.000Z&to=2020-12-01T00:00:00.000Z").await.rows, []);
    for wrong in ["?group=client", "?client=x", "?from=2020-01-01T00:00:00.000Z", "?from=yesterday"] {
        let asked = world.devices[A].ask(&world.http, &Method::GET, &format!("/v1/usage{wrong}"), None).await.unwrap();
        assert_eq!(asked.status, 400, "{wrong}");
    }
    world.servers.stop().await.unwrap();
}

/// The days that the agency says of a client, verified as the app does.
async fn days(world: &World, who: usize, of: usize) -> Option<Vec<UsageDay>> {
    let today = Day::of(now());
    let path = format!("/v1/usage/days?from={today}&to={}", today.next());
    let asked = world.devices[who].ask(&world.http, &Method::GET, &path, None).await.unwrap();
    assert_eq!(asked.status, 200, "{asked:?}");
    let page: UsageDays = serde_json::from_str(&asked.body).unwrap();
    let ring = world.servers.agency.keys.keyset().1.ring();
    let agency = Fingerprint::of(&world.servers.agency.keys.identity());
    let client = world.devices[of].client;
    let verified = page.days.iter().map(|day| UsageDay::verify(day, &ring, agency, client, today).ok());
    verified.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_day_is_of_its_own_client_only() {
    let world = World::with(&[Provider::OpenAi]).await;
    assert_eq!(world.says_hello(A).await, 200);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let day = loop {
        let mut said = days(&world, A, A).await.unwrap();
        assert_eq!(said.len(), 1);
        let day = said.remove(0);
        if day.lines.iter().any(|line| line.metered == 1) {
            break day;
        }
        assert!(std::time::Instant::now() < end, "{day:?}");
    };
    assert!(!day.settled, "today is not over");
    assert_eq!(day.lines[0].connection, Some(world.connection(A)));
    assert_eq!(days(&world, B, B).await.unwrap()[0].lines, []);
    assert_eq!(days(&world, B, A).await, None, "what is said of one client does not verify as another's");
    for wrong in ["?from=2026-01-01&to=2026-03-01", "?from=x&to=y", "?from=2026-11-01&to=2026-11-02&client=x"] {
        let path = format!("/v1/usage/days{wrong}");
        let asked = world.devices[A].ask(&world.http, &Method::GET, &path, None).await.unwrap();
        assert_eq!(asked.status, 400, "{wrong}");
    }
    world.servers.stop().await.unwrap();
}

/// A device's answer about the calls on a version's key.
async fn calls(world: &World, who: usize, connection: ConnectionId, rest: &str) -> (u16, Option<VersionCalls>) {
    let path = format!("/v1/calls/{connection}/{rest}");
    let asked = world.devices[who].ask(&world.http, &Method::GET, &path, None).await.unwrap();
    (asked.status, serde_json::from_str(&asked.body).ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_on_a_version_are_listed_page_by_page_and_to_its_own_client_only() {
    let world = World::with(&[Provider::OpenAi]).await;
    for who in [A, A, A, B] {
        assert_eq!(world.says_hello(who).await, 200);
    }
    let mine = world.connection(A);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let first = loop {
        let page = calls(&world, A, mine, "1?limit=2").await.1.unwrap();
        if page.all == 3 && page.unpriced == 0 {
            break page;
        }
        assert!(std::time::Instant::now() < end, "{page:?}");
    };
    let rest = calls(&world, A, mine, &format!("1?limit=2&before={}", first.next.unwrap())).await.1.unwrap();
    assert_eq!((first.calls.len(), rest.calls.len(), rest.next), (2, 1, None));
    let all: Vec<_> = first.calls.iter().chain(&rest.calls).collect();
    assert!(all.windows(2).all(|pair| pair[0].at >= pair[1].at && pair[0].id != pair[1].id), "{all:?}");
    let known = world.state(A).assistants().keys().map(ToString::to_string).collect::<Vec<_>>();
    for call in &all {
        assert!(known.contains(&call.assistant) && call.status == Some(200), "{call:?}");
        assert!(call.units["output"] > 0 && call.cost.unwrap().micro > 0 && call.paid_by == Payer::Own, "{call:?}");
        assert_eq!(call.model.as_deref(), Some("gpt-4o-mini"));
    }
    assert_eq!(all.iter().map(|call| call.cost.unwrap().micro).sum::<u64>(), first.cost.micro);

    assert_eq!(calls(&world, B, mine, "1").await.0, 404, "another client's connection");
    let theirs = calls(&world, B, world.connection(B), &format!("1?before={}", all[0].id)).await.1.unwrap();
    assert_eq!((theirs.calls.len(), theirs.all), (0, 1), "another client's call is no place in the own list");
    let later = calls(&world, A, mine, "1?from=2050-01-01T00:00:00.000Z").await.1.unwrap();
    assert_eq!((later.all, later.calls.len(), later.next), (0, 0, None));
    let nowhere = calls(&world, A, mine, &format!("1?before={}", CallId::random(ownkey_tests::device::now()))).await;
    assert_eq!(nowhere.1.unwrap().calls, []);
    for wrong in ["1?limit=0", "1?limit=501", "1?client=x", "1?before=x"] {
        assert_eq!(calls(&world, A, mine, wrong).await.0, 400, "{wrong}");
    }
    assert_eq!(calls(&world, A, mine, "2").await.0, 404, "a version that is not there");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_of_one_client_holds_no_other_back_and_is_spent_by_no_other() {
    let world = World::with(&[Provider::OpenAi]).await;
    let device = &world.devices[A];
    let deed = Deed::LimitSet { scope: Scope::Client, limit: Some(ONE_CALL) };
    let act = device.act(&world.state(A), device.client, deed);
    let done = device.perform(&world.http, &act, None, vec![]).await.unwrap();
    assert_eq!(done.status, 200, "{done:?}");
    for _ in 0..3 {
        assert_eq!(world.says_hello(B).await, 200);
    }
    assert_eq!(world.says_hello(A).await, 200, "what B spent is not A's");
    assert_eq!(world.says_hello(A).await, 429);
    assert_eq!(world.says_hello(B).await, 200);
    world.servers.stop().await.unwrap();
}
