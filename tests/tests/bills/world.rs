//! A client with one OpenAI account whose key was replaced in the middle of a month, and what both sides wrote down.

use std::collections::BTreeMap;
use std::sync::Arc;

use ownkey_agency::calls::{CallFinished, CallStarted, Told};
use ownkey_app::wire::{BillView, BillsView};
use ownkey_demo::assistants::http;
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::Servers;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{BookedCall, BooksChange, KeyKind, KeyStanding, Provider as Sim, Tier};
use ownkey_providers::meter::Units;
use ownkey_tests::written::{Written, settled_month};
use serde_json::json;

pub(crate) const MINI: &str = "gpt-4o-mini-2024-07-18";
pub(crate) const LARGE: &str = "gpt-4o-2024-08-06";
pub(crate) const DAY: i64 = 86_400_000;

/// Who knows what of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Known,
    Elsewhere,
    Unknown,
    /// The agency saw this many of its output tokens.
    Cut(u64),
    NotListed,
    /// The provider served it as a batch.
    Batch,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// Milliseconds from the month's begin.
    pub(crate) at: i64,
    /// How long it ran: the provider books it at its end.
    pub(crate) ran: i64,
    pub(crate) model: &'static str,
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) output: u64,
    pub(crate) how: How,
}

pub(crate) struct World {
    pub(crate) servers: Servers,
    pub(crate) client: Headless,
    pub(crate) connection: String,
    /// Provider's id of each version's key, and from when on it served.
    keys: [String; 2],
    /// The last month that is over and settled.
    pub(crate) month: Month,
}

impl World {
    pub(crate) async fn open() -> Self {
        let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
        let folder = servers.folder.path().join("apps/client");
        let endpoints = servers.endpoints().unwrap();
        let client = Headless::open_at(folder, endpoints, Arc::new(MemoryKeychain::default())).unwrap();
        client.join(&servers.clients[0].invite).await.unwrap();
        client.have_made(&servers, "Own account").await.unwrap();
        let driving = client.app.clone();
        let driver = tokio::spawn(async move { driving.follow().await });
        let connection = client.app.app_state().await.unwrap().connections[0].id.clone();
        let first = living(&servers);
        client.app.rotation_start(connection.clone(), false).await.unwrap();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while living(&servers).len() != 1 || living(&servers) == first {
            assert!(std::time::Instant::now() < end, "the key was not replaced");
            says_hello(&servers).await;
        }
        driver.abort();
        let keys = [first[0].clone(), living(&servers)[0].clone()];
        Self { servers, client, connection, keys, month: settled_month() }
    }

    pub(crate) fn begin(&self) -> i64 {
        self.month.begin().unix_millis()
    }

    pub(crate) fn days(&self) -> i64 {
        let next = Month::of(self.month.begin().plus_millis(32 * DAY)).begin();
        next.millis_since(self.month.begin()) / DAY
    }

    /// The version that served then: the key was replaced on the fifteenth, at noon.
    fn version(&self, call: &Call) -> usize {
        usize::from(call.at >= 14 * DAY + DAY / 2)
    }

    /// Both sides write the calls down: the agency in its book, the provider in its own.
    pub(crate) fn write_down(&self, calls: &[Call]) {
        let agency = calls.iter().enumerate().filter(|(_, call)| call.how != How::Elsewhere);
        self.servers.agency.calls.take_in(agency.map(|(n, call)| self.taken(n, call))).unwrap();
        let provider = calls.iter().filter(|call| call.how != How::NotListed);
        let booked: Vec<BookedCall> = provider.map(|call| self.booked(call)).collect();
        let all = booked.len();
        assert_eq!(self.servers.sims.control().book(Sim::OpenAi, booked), all);
    }

    fn taken(&self, n: usize, call: &Call) -> (CallStarted, CallFinished) {
        let client = &self.servers.clients[0];
        let (told, output) = match call.how {
            How::Unknown => (Told::Unknown, None),
            How::Cut(seen) => (Told::Partial, Some(seen)),
            _ => (Told::Whole, Some(call.output)),
        };
        let units =
            output.map(|output| Units { input: call.input, cached_input: call.cached, output, ..Units::default() });
        let taken = Written {
            at: Instant::from_unix_millis(self.begin() + call.at),
            ran: call.ran,
            number: n as u64,
            client: client.id,
            assistant: client.assistants[n % client.assistants.len()].id,
            own: (self.connection.parse().unwrap(), u32::try_from(self.version(call)).unwrap() + 1),
            provider: Provider::OpenAi,
            used: Use::Chat,
            model: call.model,
            units,
            told,
        };
        taken.both()
    }

    fn booked(&self, call: &Call) -> BookedCall {
        let units = [("input", call.input), ("cached_input", call.cached), ("output", call.output)];
        BookedCall {
            at: self.begin() + call.at + call.ran,
            key: Some(self.keys[self.version(call)].clone()),
            model: call.model.to_owned(),
            tier: if call.how == How::Batch { Tier::Batch } else { Tier::default() },
            units: units.map(|(name, n)| (name.to_owned(), n)).into_iter().collect(),
            ..BookedCall::default()
        }
    }

    pub(crate) fn books(&self, change: BooksChange) {
        self.servers.sims.control().books(Sim::OpenAi, change);
    }

    pub(crate) fn key(&self, version: usize) -> String {
        self.keys[version - 1].clone()
    }

    /// The person switches it on and lets the figures come; the month as it is shown then.
    pub(crate) async fn fetched(&self) -> BillsView {
        self.client.app.bills_switch(true).await.unwrap();
        self.client.app.bills_fetch().await.unwrap();
        self.client.app.bills(Some(self.month.to_string())).await.unwrap()
    }
}

/// What each cause comes to, exactly.
pub(crate) fn causes(bill: &BillView) -> BTreeMap<String, String> {
    let word = |cause| serde_json::to_value(cause).unwrap().as_str().unwrap().to_owned();
    bill.causes.iter().map(|cause| (word(cause.cause), cause.exact.clone())).collect()
}

/// A call, which proves the new key.
async fn says_hello(servers: &Servers) {
    let assistant = servers.clients[0].assistants.iter().find(|one| one.uses.contains(&Use::Chat)).unwrap();
    let address = format!("{}/gateway/openai/v1/chat/completions", servers.origin);
    let body = json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": "Say hello." }] });
    let call = http().unwrap().post(address).bearer_auth(&assistant.token).json(&body);
    call.send().await.unwrap().bytes().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

fn living(servers: &Servers) -> Vec<String> {
    let keys = servers.sims.control().keys(Sim::OpenAi);
    let made = keys
        .into_iter()
        .filter(|key| key.kind == KeyKind::Work && key.state == KeyStanding::Live && key.name.starts_with("ownkey "));
    made.map(|key| key.id).collect()
}
