//! Keys that a person made: the provider knows them by ids that nobody here was told.

use std::sync::Arc;

use ownkey_agency::calls::Told;
use ownkey_app::wire::{BillBasis, BillView};
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::limit::Month;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{BookedCall, KeyKind, KeySpec};
use ownkey_providers::meter::Units;
use ownkey_tests::written::{Written, settled_month};

use super::world::{DAY, causes};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_a_person_made_is_found_in_the_providers_list_by_its_ends() {
    agrees(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_money_is_told_by_workspace_it_is_that_of_the_key_and_the_page_says_so() {
    agrees(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_is_one_of_openais_projects() {
    let by_hand = ByHand::open(Provider::OpenAi, "gpt-4o-mini-2024-07-18").await;
    let bill = by_hand.fetched().await;
    assert_eq!((bill.basis, causes(&bill)), (BillBasis::Money, [].into()), "{bill:?}");
    assert_eq!(bill.billed_micro, Some(bill.claimed_micro));
    let now = by_hand.client.app.bills(None).await.unwrap();
    assert!(now.connections.is_empty(), "this month has no calls yet");
    let set = by_hand.client.app.bills_spend_limit(by_hand.connection.clone(), Some(10_000)).await;
    assert_eq!(set, Ok(()), "its project is known by then");
    by_hand.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_organisation_than_the_admin_keys_is_said_to_be_unknown_there() {
    let by_hand = ByHand::open(Provider::OpenAi, "gpt-4o-mini-2024-07-18").await;
    let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
    let elsewhere = by_hand.servers.sims.control().make_key(simulated(Provider::OpenAi), "Another account", spec);
    by_hand.client.host.copy(&elsewhere.text);
    by_hand.client.app.keep_admin_key(Provider::OpenAi).await.unwrap();
    let bill = by_hand.fetched().await;
    assert_eq!((bill.basis, bill.billed_micro), (BillBasis::Silent, None));
    by_hand.servers.stop().await.unwrap();
}

/// A month on Anthropic, and a file of its first day that stands in until the provider itself says it all; `older`: the
/// organisation has but the older reports.
async fn agrees(older: bool) {
    let provider = Provider::Anthropic;
    let by_hand = ByHand::open(provider, "claude-sonnet-4-5-20250929").await;
    let ByHand { servers, client, connection, month } = &by_hand;
    if older {
        servers.sims.control().unconfirmed(simulated(provider), "analytics", "404");
    }
    let file = servers.folder.path().join("costs.csv");
    let day = ownkey_protocol::usage::Day::of(month.begin());
    let head = "usage_date_utc,model,token_type,cost_usd";
    std::fs::write(&file, format!("{head}\n{day},Claude Sonnet 4.5,output,0.06\n")).unwrap();
    client.host.choose_file(Some(file));
    client.app.bills_add_file(connection.clone()).await.unwrap();
    client.app.bills_fetch().await.unwrap();
    let filed = client.app.bills(Some(month.to_string())).await.unwrap();
    let first = &filed.connections[0];
    assert_eq!(
        (first.billed_micro, first.files.iter().map(|file| file.lines).collect::<Vec<_>>()),
        (Some(60_000), vec![1])
    );
    let bill = by_hand.fetched().await;
    assert_eq!(bill.basis, BillBasis::Money, "{bill:?}");
    assert_eq!(causes(&bill), [].into());
    assert_eq!(bill.billed_micro, Some(bill.claimed_micro));
    assert_eq!((bill.shared, bill.files.len()), (older, 0));
    assert!(bill.claimed_micro > 0 && bill.within);
    by_hand.servers.stop().await.unwrap();
}

/// A client with a key that a person made, an admin key beside it, and a month of twenty calls in both sides' books.
struct ByHand {
    servers: Servers,
    client: Headless,
    connection: String,
    month: Month,
}

impl ByHand {
    async fn open(provider: Provider, model: &'static str) -> Self {
        let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
        let folder = servers.folder.path().join("apps/client");
        let endpoints = servers.endpoints().unwrap();
        let client = Headless::open_at(folder, endpoints, Arc::new(MemoryKeychain::default())).unwrap();
        client.join(&servers.clients[0].invite).await.unwrap();
        let key = client.connect(&servers, provider, "Own account").await.unwrap();
        let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
        let admin = servers.sims.control().make_key(simulated(provider), "Own account", spec);
        client.host.copy(&admin.text);
        client.app.keep_admin_key(provider).await.unwrap();
        let connection = client.app.app_state().await.unwrap().connections[0].id.clone();
        let month = settled_month();
        let of_client = &servers.clients[0];
        let call = |n: u8| {
            let at = month.begin().plus_millis(i64::from(n) * DAY + 3_600_000);
            let taken = Written {
                at,
                ran: 900,
                number: n.into(),
                client: of_client.id,
                assistant: of_client.assistants[0].id,
                own: (connection.parse().unwrap(), 1),
                provider,
                used: Use::Chat,
                model,
                units: Some(Units { input: 20_000, output: 4_000, ..Units::default() }),
                told: Told::Whole,
            };
            let booked = BookedCall {
                at: at.unix_millis() + 900,
                key: Some(key.clone()),
                model: model.to_owned(),
                units: [("input".to_owned(), 20_000), ("output".to_owned(), 4_000)].into(),
                ..BookedCall::default()
            };
            (taken.both(), booked)
        };
        let (taken, booked): (Vec<_>, Vec<_>) = (0..20).map(call).unzip();
        servers.agency.calls.take_in(taken).unwrap();
        assert_eq!(servers.sims.control().book(simulated(provider), booked), 20);
        Self { servers, client, connection, month }
    }

    /// The person lets the figures come; the month's bill then.
    async fn fetched(&self) -> BillView {
        self.client.app.bills_switch(true).await.unwrap();
        self.client.app.bills_fetch().await.unwrap();
        self.client.app.bills(Some(self.month.to_string())).await.unwrap().connections.remove(0)
    }
}
