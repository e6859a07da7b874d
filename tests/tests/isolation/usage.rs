//! Usage and budgets: each client sees and spends its own.

use ownkey_protocol::act::Deed;
use ownkey_protocol::api::UsagePage;
use ownkey_protocol::limit::{Limit, Scope, UnitKind, UnitLimit};
use ownkey_protocol::vocabulary::{Payer, Provider};
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
