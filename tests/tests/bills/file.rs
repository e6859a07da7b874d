//! Bills from files: for providers whose bills no program may ask for, the table that a person saves is as good.

use std::fmt::Write as _;
use std::sync::Arc;

use ownkey_agency::calls::Told;
use ownkey_app::wire::{BillBasis, BillFileAdded, BillView};
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::Servers;
use ownkey_protocol::code::Code;
use ownkey_protocol::limit::Month;
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::meter::Units;
use ownkey_tests::written::{Written, settled_month};

use super::world::{DAY, causes};

const HOUR: i64 = 3_600_000;

pub(crate) struct Desk {
    pub(crate) servers: Servers,
    pub(crate) client: Headless,
    pub(crate) connection: String,
    pub(crate) month: Month,
}

impl Desk {
    pub(crate) async fn open(provider: Provider) -> Self {
        let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
        let folder = servers.folder.path().join("apps/client");
        let endpoints = servers.endpoints().unwrap();
        let client = Headless::open_at(folder, endpoints, Arc::new(MemoryKeychain::default())).unwrap();
        client.join(&servers.clients[0].invite).await.unwrap();
        client.connect(&servers, provider, "Own account").await.unwrap();
        let connection = client.app.app_state().await.unwrap().connections[0].id.clone();
        let month = settled_month();
        Self { servers, client, connection, month }
    }

    /// The agency writes a call down for each of these moments, in milliseconds from the month's begin.
    fn calls(&self, provider: Provider, model: &'static str, units: &Units, moments: impl Iterator<Item = i64>) {
        let client = &self.servers.clients[0];
        let call = |(n, moment): (usize, i64)| {
            let taken = Written {
                at: self.month.begin().plus_millis(moment),
                ran: 900,
                number: n as u64,
                client: client.id,
                assistant: client.assistants[0].id,
                own: (self.connection.parse().unwrap(), 1),
                provider,
                used: Use::Images,
                model,
                units: Some(*units),
                told: Told::Whole,
            };
            taken.both()
        };
        self.servers.agency.calls.take_in(moments.enumerate().map(call)).unwrap();
    }

    fn day(&self, number: i64) -> Day {
        Day::of(self.month.begin().plus_millis(number * DAY))
    }

    /// The person adds a file that says this.
    async fn adds(&self, name: &str, text: &str) -> Result<BillFileAdded, Code> {
        let place = self.servers.folder.path().join(name);
        std::fs::write(&place, text).unwrap();
        self.client.host.choose_file(Some(place));
        self.client.app.bills_add_file(self.connection.clone()).await.map_err(|fault| fault.code)
    }

    async fn bill(&self) -> BillView {
        self.client.app.bills_fetch().await.unwrap();
        let mut view = self.client.app.bills(Some(self.month.to_string())).await.unwrap();
        assert_eq!(view.connections.len(), 1);
        view.connections.remove(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_cost_table_agrees_by_its_own_days_and_other_services_are_none_of_it() {
    let desk = Desk::open(Provider::Gemini).await;
    // At nine in the evening and at nine in the morning in California: the evening's calls are of another day in UTC.
    let moments = (1..20).flat_map(|day| [day * DAY + 5 * HOUR, day * DAY + 17 * HOUR]);
    let units = Units { input: 100, output: 1_290, image_out: 1_290, ..Units::default() };
    desk.calls(Provider::Gemini, "gemini-2.5-flash-image", &units, moments);
    assert_eq!(desk.bill().await.basis, BillBasis::NotOffered);
    let mut text = "Currency,USD\nProject ID,Service description,SKU description,Credit type,Cost type,\
        Usage start date,Usage end date,Usage amount,Usage unit,Unrounded Cost ($),Cost ($)\n"
        .to_owned();
    for number in 0..20 {
        let (day, calls) = (desk.day(number), if number == 0 || number == 19 { 1 } else { 2 });
        let lines = [("input tokens", 100 * calls, 30 * calls), ("output image tokens", 1_290 * calls, 38_700 * calls)];
        for (sku, tokens, micro) in lines {
            writeln!(
                text,
                "own,Gemini API,Gemini 2.5 Flash Image {sku},,Usage,{day},{day},{tokens},count,0.{micro:06},0"
            )
            .unwrap();
        }
        writeln!(text, "own,Cloud Storage,Standard Storage,,Usage,{day},{day},5,gibibyte,1.5,1.50").unwrap();
    }
    let added = desk.adds("bill.csv", &text).await.unwrap();
    assert_eq!((added.months, added.lines, added.passed_over), (vec![desk.month.to_string()], 40, 20));
    let bill = desk.bill().await;
    assert_eq!((bill.basis, causes(&bill)), (BillBasis::Money, [].into()));
    assert_eq!((bill.claimed_micro, bill.billed_micro, bill.within), (38 * 38_730, Some(38 * 38_730), true));
    assert!(bill.days.iter().take(20).all(|day| day.settled), "{:?}", bill.days);
    assert_eq!(bill.files[0].name, "bill.csv");
    desk.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_table_tells_what_was_used_elsewhere_and_a_file_that_cannot_be_used_changes_nothing() {
    let desk = Desk::open(Provider::Stability).await;
    let units = Units { credits_milli: 3_000, ..Units::default() };
    desk.calls(Provider::Stability, "core", &units, (0..10).map(|day| day * DAY + HOUR));
    let head = "date,model,amount,currency,quantity,unit,kind\n";
    let line = |day: i64, credits: i64| {
        format!("{},core,{}.{:02},USD,{credits},credits,credits\n", desk.day(day), credits / 100, credits % 100)
    };
    // On the fourth day somebody made seven pictures more.
    let text: String = (0..10).map(|day| line(day, if day == 3 { 24 } else { 3 })).collect();
    desk.adds("invoice.csv", &format!("{head}{text}")).await.unwrap();
    let bill = desk.bill().await;
    let found = causes(&bill);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [("used_elsewhere".to_owned(), "0.21".to_owned())]);
    assert_eq!((bill.claimed_micro, bill.billed_micro), (300_000, Some(510_000)));
    for (name, text, code) in [
        ("head.csv", "date,model,amount\n".to_owned(), Code::FileUnknown),
        ("line.csv", format!("{head}{}", line(0, 3).replace("0.03", "three")), Code::FileLine),
        ("euro.csv", format!("{head}{}", line(0, 3).replace("USD", "EUR")), Code::FileCurrency),
        ("picture.csv", "\0\u{1}\0".to_owned(), Code::FileUnreadable),
        ("other.csv", "usage_date_utc,model,token_type,cost_usd\n".to_owned(), Code::OtherProvidersFile),
        (
            "keys.csv",
            format!("date,model,amount,currency,key\n{d},core,1,USD,a\n{d},core,1,USD,b\n", d = desk.day(0)),
            Code::FileKeys,
        ),
    ] {
        assert_eq!(desk.adds(name, &text).await.err(), Some(code), "{name}");
    }
    desk.client.host.choose_file(None);
    let declined = desk.client.app.bills_add_file(desk.connection.clone()).await;
    assert_eq!(declined.map_err(|fault| fault.code), Err(Code::Declined));
    let after = desk.bill().await;
    assert_eq!((after.billed_micro, after.files[0].name.as_str()), (bill.billed_micro, "invoice.csv"));
    // The month's file once more, mended: it takes the place of the one before.
    let text: String = (0..10).map(|day| line(day, 3)).collect();
    desk.adds("invoice-2.csv", &format!("{head}{text}")).await.unwrap();
    let bill = desk.bill().await;
    assert_eq!((bill.billed_micro, causes(&bill)), (Some(300_000), [].into()));
    desk.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_dropped_waits_for_the_person_to_say_whose_it_is() {
    let desk = Desk::open(Provider::Stability).await;
    let place = desk.servers.folder.path().join("dropped.csv");
    std::fs::write(&place, format!("date,model,amount,currency\n{},core,0.03,USD\n", desk.day(0))).unwrap();
    desk.client.app.bill_dropped(place.clone());
    let shown = || async { desk.client.app.bills(None).await.unwrap().dropped };
    assert_eq!(shown().await.as_deref(), Some("dropped.csv"), "the name, not the place");
    desk.client.app.bills_leave_file().await.unwrap();
    assert_eq!(shown().await, None);
    desk.client.app.bill_dropped(place.clone());
    let text = std::fs::read_to_string(&place).unwrap();
    std::fs::write(&place, text.replace("USD", "EUR")).unwrap();
    let refused = desk.client.app.bills_add_file(desk.connection.clone()).await;
    assert_eq!(refused.map_err(|fault| fault.code), Err(Code::FileCurrency));
    assert_eq!(
        shown().await.as_deref(),
        Some("dropped.csv"),
        "nothing is lost: it may be mended, or another account's"
    );
    std::fs::write(&place, text).unwrap();
    let added = desk.client.app.bills_add_file(desk.connection.clone()).await.unwrap();
    assert_eq!((added.lines, shown().await), (1, None));
    desk.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_about_a_month_of_which_the_agency_was_not_asked_is_judged_once_it_was() {
    let desk = Desk::open(Provider::Gemini).await;
    let app = &desk.client.app;
    app.bills_fetch().await.unwrap();
    let long_ago = (0..6).fold(desk.month, |month, _| Month::of(month.begin().plus_millis(-1)));
    desk.adds("table.csv", &format!("date,model,amount,currency\n{long_ago}-10,imagen-4,1.25,USD\n")).await.unwrap();
    let shown = || async { app.bills(Some(long_ago.to_string())).await.unwrap() };
    let view = shown().await;
    assert!(view.months.contains(&long_ago.to_string()), "it can be turned to");
    let [day] = &view.connections[0].days[..] else { panic!("one day") };
    assert_eq!((day.billed_micro, day.settled), (Some(1_250_000), false));
    app.bills_fetch().await.unwrap();
    let bill = &shown().await.connections[0];
    assert!(bill.days[0].settled && !bill.within, "the agency knows of no call then");
    desk.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_costs_and_one_of_usage_stand_beside_each_other() {
    let desk = Desk::open(Provider::OpenAi).await;
    let begin = desk.month.begin().unix_millis() / 1_000;
    let end = begin + 86_400;
    let costs = format!(
        "start_time,end_time,amount_value,amount_currency,line_item\n{begin},{end},0.5,usd,\"gpt-4o, input\"\n"
    );
    let head = "start_time,end_time,num_model_requests,model,input_tokens,output_tokens";
    let usage = |tokens: u32| format!("{head}\n{begin},{end},3,gpt-4o,{tokens},0\n");
    for (name, text) in [("costs.csv", &costs), ("usage.csv", &usage(1)), ("usage-2.csv", &usage(200_000))] {
        desk.adds(name, text).await.unwrap();
    }
    let bill = desk.bill().await;
    let names: Vec<&str> = bill.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["costs.csv", "usage-2.csv"], "each answers one question, the newest of them");
    assert_eq!(
        (bill.billed_micro, causes(&bill)),
        (Some(500_000), [("used_elsewhere".to_owned(), "0.5".to_owned())].into())
    );
    desk.servers.stop().await.unwrap();
}
