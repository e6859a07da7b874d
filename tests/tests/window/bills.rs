//! Bills: a month that both sides wrote down, with calls from elsewhere, in the real window.

use anyhow::{Context as _, Result};
use ownkey_agency::calls::{CallFinished, CallStarted, Told};
use ownkey_demo::drive::{self, Window};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{BookedCall, KeyKind, KeySpec, Provider as Sim};
use ownkey_providers::bill::Amount;
use ownkey_providers::meter::Units;
use ownkey_tests::written::{Written, settled_month};

use crate::album::Album;
use crate::replace::living;
use crate::scene::{Scene, copy, screens};

const HOUR: i64 = 3_600_000;
const MODEL: &str = "gpt-4o-mini-2024-07-18";

/// A call of a moment ago, in the present month: 100,000 tokens out are 0.06 dollars.
fn write_down_today(scene: &Scene, number: u8, output: u64) {
    let now = ownkey_app::agency_client::now();
    let at = Month::of(now).begin().max(now.plus_millis(-60_000));
    let state = scene.servers.agency.record.state(scene.servers.clients[0].id).unwrap();
    let connection = *state.connections().keys().next().unwrap();
    let client = &scene.servers.clients[0];
    let taken = call(at, number, (client.id, client.assistants[0].id), connection, output);
    scene.servers.agency.calls.take_in(vec![taken]).unwrap();
}

/// The month before this one: four calls on every third hour, and on its tenth day one from elsewhere each hour.
fn write_down(scene: &Scene) -> Month {
    let month = settled_month();
    let state = scene.servers.agency.record.state(scene.servers.clients[0].id).unwrap();
    let (connection, _) = state.connections().iter().next().map(|(id, known)| (*id, known)).unwrap();
    let client = &scene.servers.clients[0];
    let key = living(scene, Provider::OpenAi).remove(0);
    let (mut taken, mut booked) = (Vec::new(), Vec::new());
    for hour in 0..27 * 24 {
        let begin = month.begin().plus_millis(hour * HOUR);
        for n in 0..if hour % 3 == 0 { 4_u8 } else { 0 } {
            let at = begin.plus_millis(i64::from(n) * 60_000);
            let output = 4_000 + 700 * u64::from(n) + 40 * u64::try_from(hour % 24).unwrap();
            taken.push(call(
                at,
                n,
                (client.id, client.assistants[usize::from(n) % client.assistants.len()].id),
                connection,
                output,
            ));
            booked.push(bill(at, &key, output));
        }
        if hour / 24 == 9 {
            booked.push(bill(begin.plus_millis(30 * 60_000), &key, 90_000));
        }
    }
    let all = booked.len();
    assert_eq!(scene.servers.sims.control().book(Sim::OpenAi, booked), all);
    scene.servers.agency.calls.take_in(taken).unwrap();
    month
}

fn call(
    at: Instant,
    n: u8,
    (client, assistant): (ownkey_protocol::id::ClientId, ownkey_protocol::id::AssistantId),
    connection: ownkey_protocol::id::ConnectionId,
    output: u64,
) -> (CallStarted, CallFinished) {
    let taken = Written {
        at,
        ran: 900,
        number: n.into(),
        client,
        assistant,
        own: (connection, 1),
        provider: Provider::OpenAi,
        used: Use::Chat,
        model: MODEL,
        units: Some(Units { input: 20_000, output, ..Units::default() }),
        told: Told::Whole,
    };
    taken.both()
}

fn bill(at: Instant, key: &str, output: u64) -> BookedCall {
    BookedCall {
        at: at.unix_millis() + 900,
        key: Some(key.to_owned()),
        model: MODEL.to_owned(),
        units: [("input".to_owned(), 20_000), ("output".to_owned(), output)].into(),
        ..BookedCall::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_says_what_was_used_elsewhere_is_saved_as_a_table_and_stays_without_the_agency() {
    let scene = Scene::joined("bills", Some(true)).await;
    let mut album = Album::new().unwrap();
    drive::connect_and_keep_admin(&scene.window).await.unwrap();
    let month = write_down(&scene);
    write_down_today(&scene, 98, 100_000);
    month_with_causes(&scene, &mut album, month).await.unwrap();
    a_price_of_ones_own(&scene.window, &mut album, month).await.unwrap();
    an_alert_by_keyboard(&scene, &mut album, month).await.unwrap();
    the_providers_own_limit_by_keyboard(&scene, &mut album).await.unwrap();
    a_table_that_the_person_has(&scene, &mut album, month).await.unwrap();
    let Scene { servers, window, calling } = scene;
    calling.abort();
    servers.stop().await.unwrap();
    without_the_agency(&window, &mut album, month).await.unwrap();
    window.close().await.unwrap();
    let findings = album.findings();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_bill_wants_an_admin_key_it_is_brought_there_and_a_balance_stands_in_for_a_bill() {
    let scene = Scene::joined("bills-by-hand", Some(true)).await;
    let mut album = Album::new().unwrap();
    an_admin_key_for_a_key_made_by_hand(&scene, &mut album).await.unwrap();
    a_balance(&scene, &mut album).await.unwrap();
    scene.close().await;
    let findings = album.findings();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

async fn an_admin_key_for_a_key_made_by_hand(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    drive::connect(window, "anthropic", None).await?;
    window.click("rail-bills").await?;
    window.click("bills-switch").await?;
    window.click("bills-fetch").await?;
    window.wait_attribute("bill", "data-basis", "needs_admin_key").await?;
    window.press_css("[data-testid=admin-offer] summary", "Return").await?;
    album.keep(window, "bills", "bills-admin-key").await?;
    let living = scene.servers.sims.control().keys(Sim::Anthropic);
    let account = living.iter().find(|key| key.kind == KeyKind::Work).context("no key")?.account.clone();
    let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
    copy(&scene.servers.sims.control().make_key(Sim::Anthropic, account, spec).text).await;
    window.press("paste-admin-key", "Return").await?;
    window.wait_attribute("bill", "data-basis", "money").await
}

/// Pictures that assistants make while the app looks twice.
async fn a_balance(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.click("rail-keys").await?;
    drive::connect(window, "stability", None).await?;
    window.click("rail-bills").await?;
    let bill = "[data-testid=bill][data-basis=money] [data-testid=bill-shared]";
    for _ in 0..100 {
        window.press("bills-fetch", "Return").await?;
        window.wait_true("document.querySelector('[data-testid=bills-fetch]:not([disabled])') !== null").await?;
        if window.has_css(bill).await {
            break;
        }
    }
    window.find_css(bill).await?;
    album.keep(window, "bills", "bills-balance").await
}

fn present() -> Month {
    Month::of(ownkey_app::agency_client::now())
}

/// From a month to another, by keyboard.
async fn turn(window: &Window, mut shown: Month, to: Month) -> Result<()> {
    while shown != to {
        let (button, next) = match shown < to {
            true => ("bills-after", shown.begin().plus_millis(32 * 24 * HOUR)),
            false => ("bills-before", shown.begin().plus_millis(-1)),
        };
        shown = Month::of(next);
        window.wait_true(&format!("document.querySelector('[data-testid={button}]:not([disabled])') !== null")).await?;
        window.press(button, "Return").await?;
        window.wait_attribute("bills-month", "data-month", &shown.to_string()).await?;
    }
    Ok(())
}

async fn month_with_causes(scene: &Scene, album: &mut Album, month: Month) -> Result<()> {
    let window = &scene.window;
    window.click("rail-bills").await?;
    window.find("bills-month").await?;
    window.click("bills-switch").await?;
    window.click("bills-fetch").await?;
    turn(window, present(), month).await?;
    window.wait_attribute("bill", "data-basis", "money").await?;
    window.wait_attribute("bill", "data-word", "differ").await?;
    window.wait_attribute("bill-cause", "data-cause", "used_elsewhere").await?;
    album.keep(window, "bills", "bills-month").await?;
    // By keyboard alone: the days of the chart, then the table.
    window.run("document.querySelector('[data-testid=bill-chart]').focus()").await?;
    window.press("bill-chart", "ArrowRight").await?;
    window.find("bill-day-line").await?;
    window.press("bill-as-table", "Return").await?;
    window.find("bill-table").await?;
    album.keep(window, "bills", "bills-table").await?;
    window.press("bill-save", "Return").await?;
    let file = format!("ownkey-bill-openai-{month}.csv");
    let saved = saved(scene, &file).await;
    // 24 calls from elsewhere: 20,000 tokens in at 0.15 and 90,000 out at 0.60 dollars a million.
    let elsewhere = column(&saved, "used_elsewhere");
    assert_eq!(elsewhere.to_string(), "1.368");
    let difference = column(&saved, "billed").pico() - column(&saved, "claimed").pico();
    assert_eq!(difference, column(&saved, "difference").pico());
    window.picture(&screens(), "bills-saved").await?;
    window.press("bill-send", "Return").await?;
    window.find("bill-sent").await?;
    let client = scene.servers.clients[0].id;
    let state = scene.servers.agency.record.state(client).map_err(|why| anyhow::anyhow!(why.to_string()))?;
    let (connection, _) = state.connections().iter().next().context("no connection")?;
    let told = state.statement(*connection, month).context("no statement")?;
    let claimed = column(&saved, "claimed");
    assert_eq!(told.stated.claimed.to_string(), claimed.to_string());
    window.picture(&screens(), "bills-sent").await?;
    Ok(())
}

/// A price that was agreed, and which the provider did not charge: the bill says that it is another price, until it is
/// taken back.
async fn a_price_of_ones_own(window: &Window, album: &mut Album, month: Month) -> Result<()> {
    window.press("bills-rates-open", "Return").await?;
    // Past the field of the day it goes by mouse: the driver begins at that field's first part again with each key.
    window.click("bills-rate-add").await?;
    window.wait_attribute("bills-rate-model", "aria-invalid", "true").await?;
    window.type_into("bills-rate-model", "gpt-4o-mini").await?;
    window.choose("bills-rate-unit", "output").await?;
    window.type_into("bills-rate-amount", "0.3").await?;
    // How a day is typed depends on the system's language.
    let day = format!(
        "const field = document.querySelector('[data-testid=bills-rate-date]');
        field.value = '{month}-01';
        field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
    );
    window.run(&day).await?;
    window.click("bills-rate-add").await?;
    window.wait_attribute("bills-rate", "data-unit", "output").await?;
    window.find_css("[data-testid=bill-cause][data-cause=price]").await?;
    album.keep(window, "bills", "bills-rates").await?;
    window.click("bills-rate-remove").await?;
    window.wait_attribute("bills-rates", "data-count", "0").await?;
    window.wait_true("document.querySelector('[data-cause=price]') === null").await?;
    window.press("bills-rates-open", "Return").await
}

/// In the present month an amount that is not reached is set, and is reached when new figures come: the bill says so, and
/// Keys do.
async fn an_alert_by_keyboard(scene: &Scene, album: &mut Album, month: Month) -> Result<()> {
    let window = &scene.window;
    turn(window, month, present()).await?;
    window.press("bill-alert-change", "Return").await?;
    window.find_css("[data-testid=\"bill-alert-amount\"]:focus").await?;
    window.type_into("bill-alert-amount", "20").await?;
    window.press("bill-alert-save", "Return").await?;
    window.wait_attribute("bill-alert", "data-set", "true").await?;
    window.find("bill-alert-far").await?;
    album.keep(window, "bills", "bill-alert").await?;
    write_down_today(scene, 99, 50_000_000);
    window.press("bills-fetch", "Return").await?;
    window.wait_attribute("bill-alert", "data-reached", "true").await?;
    window.find("bill-alert-reached").await?;
    album.keep(window, "bills", "bill-alert-reached").await?;
    window.press("rail-keys", "Return").await?;
    window.wait_attribute("need", "data-kind", "bill_reached").await?;
    album.keep(window, "keys", "keys-bill-reached").await?;
    window.press("need-bill_reached", "Return").await?;
    window.find("bills-month").await?;
    window.picture(&screens(), "bills-alert-reached").await
}

async fn says(window: &Window, testid: &str, words: &str) -> Result<()> {
    window
        .wait_true(&format!("document.querySelector('[data-testid={testid}]')?.textContent.includes('{words}')"))
        .await
}

/// The limit that the provider itself keeps is set in the window, and the provider has it.
async fn the_providers_own_limit_by_keyboard(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.wait_attribute("bill-spend-limit", "data-set", "false").await?;
    window.press("bill-spend-limit-change", "Return").await?;
    window.find_css("[data-testid=\"bill-spend-limit-amount\"]:focus").await?;
    window.type_into("bill-spend-limit-amount", "250").await?;
    album.keep(window, "bills", "bill-spend-limit").await?;
    window.press("bill-spend-limit-save", "Return").await?;
    window.wait_attribute("bill-spend-limit", "data-set", "true").await?;
    says(window, "bill-spend-limit", "$250.00").await?;
    // From the provider again, not from what was typed.
    window.press("bills-fetch", "Return").await?;
    window.wait_true("document.querySelector('[data-testid=bills-fetch]:not([disabled])') !== null").await?;
    window.wait_attribute("bill-spend-limit", "data-set", "true").await
}

/// A table of an earlier month, which the provider tells nothing of.
async fn a_table_that_the_person_has(scene: &Scene, album: &mut Album, month: Month) -> Result<()> {
    let (window, before) = (&scene.window, Month::of(month.begin().plus_millis(-1)));
    let table = format!("date,model,amount,currency\n{before}-10,{MODEL},1.25,USD\n");
    std::fs::write(scene.servers.folder.path().join("windows/bills/data/bill.csv"), table)?;
    window.press("bill-add-file", "Return").await?;
    says(window, "bill-file-added", "One line was read").await?;
    // The agency is asked of that month, too.
    window.press("bills-fetch", "Return").await?;
    turn(window, present(), before).await?;
    window.wait_attribute("bill", "data-word", "differ").await?;
    says(window, "bill-file", "bill.csv").await?;
    says(window, "bill-billed", "1.25").await?;
    album.keep(window, "bills", "bills-file").await?;
    turn(window, before, present()).await
}

/// Nobody answers any more: both months are there all the same, and the amount can be set.
async fn without_the_agency(window: &Window, album: &mut Album, month: Month) -> Result<()> {
    window.press("refresh", "Return").await?;
    window.wait_attribute("freshness", "data-online", "false").await?;
    window.find("bill-alert-reached").await?;
    window.press("bill-alert-change", "Return").await?;
    window.press("bill-alert-off", "Return").await?;
    window.wait_attribute("bill-alert", "data-set", "false").await?;
    turn(window, present(), month).await?;
    window.wait_attribute("bill-cause", "data-cause", "used_elsewhere").await?;
    album.keep(window, "bills", "bills-offline").await
}

/// The file, once it is there.
async fn saved(scene: &Scene, name: &str) -> String {
    let folder = scene.servers.folder.path().to_owned();
    for _ in 0..200 {
        if let Some(text) = found(&folder, name) {
            return text;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{name} was not saved");
}

fn found(folder: &std::path::Path, name: &str) -> Option<String> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        let text = if path.is_dir() {
            found(&path, name)
        } else if entry.file_name() == name {
            std::fs::read_to_string(&path).ok().filter(|text| text.ends_with("\r\n"))
        } else {
            None
        };
        if text.is_some() {
            return text;
        }
    }
    None
}

/// The sum of a column.
fn column(csv: &str, name: &str) -> Amount {
    let mut lines = csv.lines();
    let at = lines.next().unwrap().split(',').position(|head| head == name).unwrap();
    let cells = lines.filter_map(|line| line.split(',').nth(at).filter(|cell| !cell.is_empty()));
    cells.map(|cell| cell.parse::<Amount>().unwrap()).sum()
}
