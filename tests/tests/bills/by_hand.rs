//! Keys that a person made: the provider knows them by ids that nobody here was told.

use std::sync::Arc;

use ownkey_agency::calls::Told;
use ownkey_app::wire::BillBasis;
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::{Servers, simulated};
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

/// A month on a key that a person made; `older`: the organisation has but Anthropic's older reports.
async fn agrees(older: bool) {
    let (provider, model) = (Provider::Anthropic, "claude-sonnet-4-5-20250929");
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
    if older {
        servers.sims.control().unconfirmed(simulated(provider), "analytics", "404");
    }
    // A file of the first day, until the provider itself says it all.
    let file = servers.folder.path().join("costs.csv");
    let day = ownkey_protocol::usage::Day::of(month.begin());
    let head = "usage_date_utc,model,token_type,cost_usd";
    std::fs::write(&file, format!("{head}\n{day},Claude Sonnet 4.5,output,0.06\n")).unwrap();
    client.host.choose_file(Some(file));
    client.app.bills_add_file(connection.clone()).await.unwrap();
    client.app.bills_fetch().await.unwrap();
    let filed = client.app.bills(Some(month.to_string())).await.unwrap();
    let first = &filed.connections[0];
    assert_eq!((first.billed_micro, first.file.as_ref().map(|file| file.lines)), (Some(60_000), Some(1)));
    client.app.bills_switch(true).await.unwrap();
    client.app.bills_fetch().await.unwrap();
    let view = client.app.bills(Some(month.to_string())).await.unwrap();
    let [bill] = view.connections.as_slice() else { panic!("{view:?}") };
    assert_eq!(bill.basis, BillBasis::Money, "{provider}: {bill:?}");
    assert_eq!(causes(bill), [].into(), "{provider}");
    assert_eq!(bill.billed_micro, Some(bill.claimed_micro), "{provider}");
    assert_eq!((bill.shared, &bill.file), (older, &None));
    assert!(bill.claimed_micro > 0 && bill.within, "{provider}");
    servers.stop().await.unwrap();
}
