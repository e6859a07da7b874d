//! Stability tells no bill: looks at the account's credits, taken by themselves while the app runs, stand in for it.

use ownkey_agency::calls::Told;
use ownkey_app::wire::{BillBasis, BillView};
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::meter::Units;
use ownkey_tests::written::Written;

use super::file::Desk;
use super::world::{DAY, causes};

const HOUR: i64 = 3_600_000;
const ACCOUNT: &str = "Own account";

impl Desk {
    /// A client with a Stability account, whose app knows that the agency is there.
    async fn watching() -> Self {
        let desk = Self::open(Provider::Stability).await;
        desk.client.app.refresh().await.unwrap();
        desk
    }

    /// A picture of three credits, in the agency's book.
    fn picture(&self, at: i64) {
        let client = &self.servers.clients[0];
        let written = Written {
            at: self.month.begin().plus_millis(at),
            ran: 900,
            number: u64::try_from(at).unwrap(),
            client: client.id,
            assistant: client.assistants[0].id,
            own: (self.connection.parse().unwrap(), 1),
            provider: Provider::Stability,
            used: Use::Images,
            model: "stable-image-core",
            units: Some(Units { images: 1, credits_milli: 3_000, ..Units::default() }),
            told: Told::Whole,
        };
        self.servers.agency.calls.take_in([written.both()]).unwrap();
    }

    /// The app looks by itself, at a moment of the month at which so many credits are left.
    async fn look(&self, at: i64, credits: f64) {
        assert!(self.servers.sims.control().set_credits(simulated(Provider::Stability), ACCOUNT, credits));
        self.client.host.turn_clock_to(self.month.begin().plus_millis(at));
        self.client.app.look_at_bills().await;
    }

    async fn shown(&self) -> BillView {
        self.client.app.bills(Some(self.month.to_string())).await.unwrap().connections.remove(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_that_went_are_the_bill_and_those_that_no_call_took_were_used_elsewhere() {
    let desk = Desk::watching().await;
    let app = &desk.client.app;
    [3 * DAY + 2 * HOUR, 3 * DAY + 3 * HOUR, 5 * DAY].into_iter().for_each(|at| desk.picture(at));
    desk.look(35 * DAY, 100.0).await;
    app.bills_fetch().await.unwrap();
    assert_eq!(desk.shown().await.basis, BillBasis::NotFetched, "nobody allowed that the provider is asked");
    app.bills_switch(true).await.unwrap();
    desk.look(-HOUR, 100.0).await;
    desk.look(HOUR, 100.0).await;
    let bill = desk.shown().await;
    assert_eq!((bill.basis, bill.billed_micro), (BillBasis::Watched, None));

    desk.look(3 * DAY + 8 * HOUR, 94.0).await;
    desk.look(6 * DAY, 79.5).await;
    desk.look(35 * DAY, 79.5).await;
    app.bills_fetch().await.unwrap();
    let bill = desk.shown().await;
    assert_eq!((bill.basis, bill.claimed_micro, bill.billed_micro), (BillBasis::Money, 90_000, Some(205_000)));
    assert_eq!(causes(&bill), [("used_elsewhere".to_owned(), "0.115".to_owned())].into());
    assert!(bill.shared, "credits are of a whole account");
    let days: Vec<(i64, Option<i64>)> = bill.days.iter().map(|day| (day.claimed_micro, day.billed_micro)).collect();
    assert_eq!(days, [(60_000, Some(175_000)), (30_000, Some(30_000))]);
    desk.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_before_the_first_look_is_not_told_and_is_no_difference() {
    let desk = Desk::watching().await;
    let app = &desk.client.app;
    [DAY, 5 * DAY].into_iter().for_each(|at| desk.picture(at));
    app.bills_switch(true).await.unwrap();
    desk.look(3 * DAY, 50.0).await;
    desk.look(10 * DAY, 47.0).await;
    desk.look(35 * DAY, 47.0).await;
    app.bills_fetch().await.unwrap();
    let bill = desk.shown().await;
    assert_eq!(causes(&bill), [("not_told".to_owned(), "-0.03".to_owned())].into());
    assert!(bill.within);
    let days: Vec<Option<i64>> = bill.days.iter().map(|day| day.billed_micro).collect();
    assert_eq!(days, [None, Some(30_000)]);
    app.bills_send(desk.month.to_string(), desk.connection.clone()).await.unwrap();
    let record = desk.servers.agency.record.state(desk.servers.clients[0].id).unwrap();
    let stated = &record.statement(desk.connection.parse().unwrap(), desk.month).unwrap().stated;
    assert_eq!((stated.claimed.as_str(), &stated.billed), ("0.06", &None), "the provider has told a part of it alone");
    desk.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_come_by_themselves_every_six_hours_and_only_once_they_were_switched_on() {
    let desk = Desk::watching().await;
    let app = &desk.client.app;
    let come = || async { app.bills(None).await.unwrap().agency_as_of };
    let end = ownkey_app::agency_client::now().millis_since(desk.month.begin());
    desk.look(end, 50.0).await;
    assert_eq!(come().await, None, "switched off");
    app.bills_switch(true).await.unwrap();
    desk.look(end, 50.0).await;
    let first = come().await;
    assert!(first.is_some());
    desk.look(end + 5 * HOUR, 50.0).await;
    assert_eq!(come().await, first);
    desk.look(end + 7 * HOUR, 50.0).await;
    assert!(come().await > first);
    desk.servers.stop().await.unwrap();
}
