//! One program with OpenAI's SDK, and one agent of `openai-agents`, on the unified chat route: unchanged on an account at
//! OpenAI and on one at Anthropic; only what the client prefers differs. What is asserted about answers stands in
//! `tests/sdks/unified_chat.py`; who was billed is read here. Part of `cargo xtask test real-sdks`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

use ownkey_demo::client::Headless;
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::LedgerRow;
use ownkey_tests::client::{agency_and_client, prefer};
use ownkey_tests::sdks;

const BOTH: [Provider; 2] = [Provider::OpenAi, Provider::Anthropic];
const ACCOUNT: &str = "Own account";

/// A client with an account at each of the two, and a platform that could pay but may not.
struct World {
    servers: Servers,
    client: Headless,
    keys: [String; 2],
}

impl World {
    async fn new() -> Self {
        let (servers, client) = agency_and_client().await.unwrap();
        let [first, second] = BOTH;
        let keys = [
            client.connect(&servers, first, ACCOUNT).await.unwrap(),
            client.connect(&servers, second, ACCOUNT).await.unwrap(),
        ];
        Self { servers, client, keys }
    }

    /// Prefers the account at `provider` for chat, with one of its models.
    async fn prefers(&self, provider: Provider) {
        let model = if provider == Provider::OpenAi { "gpt-5-mini" } else { "claude-haiku-4-5" };
        prefer(&self.client, provider, Use::Chat, model).await.unwrap();
    }

    /// Runs one part of the program; what both providers saw meanwhile.
    async fn run(&self, part: &str) -> [Vec<LedgerRow>; 2] {
        let before = BOTH.map(|provider| self.ledger(provider).len());
        let (gateway, token) =
            (format!("{}/gateway", self.servers.origin), &self.servers.clients[0].assistants[0].token);
        sdks::run("unified_chat.py", part, &gateway, token, []).await.unwrap();
        let [first, second] = before;
        [self.ledger(BOTH[0]).split_off(first), self.ledger(BOTH[1]).split_off(second)]
    }

    fn ledger(&self, provider: Provider) -> Vec<LedgerRow> {
        self.servers.sims.control().ledger(simulated(provider))
    }
}

/// Runs a part on each account in turn: every call is on the preferred account's key alone, with the picked model.
async fn on_both(part: &str, least: usize) {
    let world = World::new().await;
    let mut billed = Vec::new();
    for (place, provider) in BOTH.into_iter().enumerate() {
        world.prefers(provider).await;
        let rows = world.run(part).await;
        assert!(rows[1 - place].is_empty(), "{provider} is preferred: {:#?}", rows[1 - place]);
        let own = &world.keys[place];
        assert!(rows[place].iter().all(|row| row.key.as_ref() == Some(own)), "{provider}: {:#?}", rows[place]);
        let (model, route) = match provider {
            Provider::OpenAi => ("gpt-5-mini", "POST /v1/chat/completions"),
            _ => ("claude-haiku-4-5", "POST /v1/messages"),
        };
        let paid: Vec<&LedgerRow> = rows[place].iter().filter(|row| row.billed).collect();
        assert!(paid.iter().all(|r| r.model.as_deref() == Some(model) && r.route == route), "{provider}: {paid:#?}");
        billed.push(paid.len());
    }
    assert!(billed[0] == billed[1] && billed[0] >= least, "the same program makes the same calls: {billed:?}");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_runs_unchanged_on_both_accounts() {
    on_both("calls", 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_tools_runs_unchanged_on_both_accounts() {
    on_both("agent", 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_raise_the_same_classes_on_both_accounts_and_cost_nothing() {
    on_both("errors", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_carried_is_refused_by_name_before_anything_is_sent() {
    let world = World::new().await;
    world.prefers(Provider::Anthropic).await;
    let rows = world.run("refused").await;
    assert!(rows.iter().all(Vec::is_empty), "{rows:#?}");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_or_drained_account_raises_the_same_classes_on_both_and_nobody_pays() {
    for part in ["dead", "drained"] {
        let world = World::new().await;
        for (place, provider) in BOTH.into_iter().enumerate() {
            world.prefers(provider).await;
            let control = world.servers.sims.control();
            let done = match part {
                "dead" => control.revoke_key(simulated(provider), &world.keys[place]),
                _ => control.drain_account(simulated(provider), ACCOUNT),
            };
            assert!(done);
            let rows = world.run(part).await;
            assert!(!rows[place].is_empty() && rows[1 - place].is_empty(), "{provider}, {part}: {rows:#?}");
            assert!(rows[place].iter().all(|row| !row.billed), "{provider}, {part}: {rows:#?}");
        }
        world.servers.stop().await.unwrap();
    }
}
