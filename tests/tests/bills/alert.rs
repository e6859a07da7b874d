//! Amounts at which a person wants to be told, and days out of the usual: told once, by what is here already.

use ownkey_agency::calls::Told;
use ownkey_app::host::Notice;
use ownkey_app::wire::{BillAlert, NeedKind, Preferences};
use ownkey_protocol::code::Code;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::meter::Units;
use ownkey_tests::written::Written;

use super::world::{DAY, MINI, World};

impl World {
    /// Calls that cost this many whole dollars, so long ago: a million output tokens of the small model are 0.60.
    fn spent(&self, millis_ago: i64, dollars: u64, number: u8) {
        let now = ownkey_app::agency_client::now();
        let at = Month::of(now).begin().max(now.plus_millis(-60_000)).plus_millis(-millis_ago);
        let client = &self.servers.clients[0];
        let taken = Written {
            at,
            ran: 1,
            number: number.into(),
            client: client.id,
            assistant: client.assistants[0].id,
            own: (self.connection.parse().unwrap(), 2),
            provider: Provider::OpenAi,
            used: Use::Chat,
            model: MINI,
            units: Some(Units { output: dollars * 10_000_000 / 6, ..Units::default() }),
            told: Told::Whole,
        };
        self.servers.agency.calls.take_in([taken.both()]).unwrap();
    }

    async fn alert(&self) -> BillAlert {
        let view = self.client.app.bills(None).await.unwrap();
        view.connections[0].alert.unwrap()
    }

    async fn reached(&self) -> bool {
        let state = self.client.app.app_state().await.unwrap();
        state.needs_you.iter().any(|need| need.kind == NeedKind::BillReached)
    }

    fn told(&self) -> Vec<&'static str> {
        self.client.host.notices().iter().map(|notice| notice.about).collect()
    }
}

fn field(notice: &Notice, name: &str) -> String {
    notice.fields.iter().find(|(known, _)| *known == name).unwrap().1.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_is_told_of_once_when_figures_come_that_reach_it_and_stays_said_offline() {
    let world = World::open().await;
    let app = world.client.app.clone();
    let set = |micro| app.bills_alert(world.connection.clone(), micro);
    world.spent(0, 30, 1);
    set(Some(50_000_000)).await.unwrap();
    assert!(world.told().is_empty() && !world.reached().await, "nothing was fetched for it");
    app.bills_fetch().await.unwrap();
    let BillAlert { micro, so_far_micro, reached } = world.alert().await;
    assert!(
        micro == Some(50_000_000) && !reached && (29_000_000..31_000_000).contains(&so_far_micro),
        "{so_far_micro}"
    );
    assert!(world.told().is_empty() && !world.reached().await);

    world.spent(0, 25, 2);
    app.bills_fetch().await.unwrap();
    assert!(world.alert().await.reached && world.reached().await);
    let [notice] = &world.client.host.notices()[..] else { panic!("one notice") };
    assert_eq!((notice.about, field(notice, "amount").as_str()), ("bill-reached", "50.00 USD"));
    assert!(field(notice, "figure").starts_with("5") && field(notice, "provider") == "OpenAI", "{notice:?}");

    world.spent(0, 10, 3);
    app.bills_fetch().await.unwrap();
    assert_eq!(world.told(), [""; 0], "each amount once");
    set(Some(80_000_000)).await.unwrap();
    assert!(!world.reached().await, "another amount, and it is not reached");
    set(Some(60_000_000)).await.unwrap();
    assert!(world.reached().await && world.alert().await.reached, "it says so where it was set");
    assert_eq!(world.told(), [""; 0], "which needs no notice");

    let World { servers, client, .. } = world;
    servers.stop().await.unwrap();
    let offline = client.app.bills(None).await.unwrap();
    assert!(offline.connections[0].alert.unwrap().reached);
    client.app.bills_alert(offline.connections[0].id.clone(), Some(70_000_000)).await.unwrap();
    let offline = client.app.bills(None).await.unwrap();
    assert!(!offline.connections[0].alert.unwrap().reached, "it can be changed without anybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_amount_is_refused_and_an_amount_can_be_taken_back() {
    let world = World::open().await;
    let app = world.client.app.clone();
    let set = |id: &str, micro| app.bills_alert(id.to_owned(), micro);
    world.spent(0, 30, 1);
    app.bills_fetch().await.unwrap();
    for micro in [0, u64::MAX] {
        assert_eq!(set(&world.connection, Some(micro)).await.map_err(|fault| fault.code), Err(Code::Malformed));
    }
    let stranger = ownkey_protocol::id::ConnectionId::random(Instant::default()).to_string();
    assert_eq!(set(&stranger, Some(1)).await.map_err(|fault| fault.code), Err(Code::NotFound));
    assert_eq!(world.alert().await.micro, None);
    set(&world.connection, Some(1_000_000)).await.unwrap();
    assert!(world.reached().await);
    set(&world.connection, None).await.unwrap();
    assert!(!world.reached().await && world.alert().await.micro.is_none());
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_out_of_the_usual_is_told_of_once_and_only_where_notices_are_wanted() {
    let world = World::open().await;
    let app = world.client.app.clone();
    // The same day of the week, five weeks long.
    (1_u8..=5).for_each(|week| world.spent(i64::from(week) * 7 * DAY, 3, week));
    world.spent(0, 60, 9);
    let preferences = app.app_state().await.unwrap().preferences;
    assert!(preferences.notifications);
    // Of the weeks before, the agency is asked a month at a time.
    app.bills_fetch().await.unwrap();
    let [notice] = &world.client.host.notices()[..] else { panic!("one notice") };
    assert_eq!((notice.about, field(notice, "usual").as_str()), ("bill-unusual", "3.00 USD"));
    assert!(field(notice, "amount").starts_with("60.") || field(notice, "amount").starts_with("59."), "{notice:?}");
    app.bills_fetch().await.unwrap();
    assert_eq!(world.told(), [""; 0]);

    app.set_preferences(Preferences { notifications: false, ..preferences }).await.unwrap();
    app.bills_alert(world.connection.clone(), Some(100_000_000)).await.unwrap();
    world.spent(0, 60, 10);
    app.bills_fetch().await.unwrap();
    assert!(world.reached().await, "the window says it");
    assert_eq!(world.told(), [""; 0], "and nobody else");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_own_limit_is_told_with_the_figures_and_set_in_whole_cents() {
    let world = World::open().await;
    let app = world.client.app.clone();
    let set = |micro| app.bills_spend_limit(world.connection.clone(), micro);
    let shown = || async { app.bills(None).await.unwrap().connections.remove(0).spend_limit };
    world.spent(0, 1, 1);
    app.bills_fetch().await.unwrap();
    assert_eq!(shown().await, None, "nobody allowed that the provider is asked");
    app.bills_switch(true).await.unwrap();
    app.bills_fetch().await.unwrap();
    let limit = shown().await.unwrap();
    assert_eq!((limit.micro, limit.enforcing), (None, false));
    set(Some(20_000_000)).await.unwrap();
    assert_eq!(shown().await.unwrap().micro, Some(20_000_000));
    for odd in [0, 5_000, u64::MAX] {
        assert_eq!(set(Some(odd)).await.map_err(|fault| fault.code), Err(Code::Malformed));
    }
    app.bills_fetch().await.unwrap();
    assert_eq!(shown().await.unwrap().micro, Some(20_000_000), "the provider keeps it");
    set(None).await.unwrap();
    assert_eq!(shown().await.unwrap().micro, None);
    let unknown = app.bills_spend_limit("cn_01m8qd3ctgemcb53g89ddfs95y".to_owned(), Some(10_000)).await;
    assert_eq!(unknown.map_err(|fault| fault.code), Err(Code::NotFound));
    world.servers.stop().await.unwrap();
}
