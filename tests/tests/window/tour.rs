//! The tour: every screen that a person can come to, in the order in which they would, each state made by what happens
//! in the world: a provider that is slow, a key that dies, a record that somebody changed.

use anyhow::Result;
use ownkey_agency::operator::{self, Command};
use ownkey_demo::drive::{self, Window};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_demo::window::{Place, binary};
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, KeySpec};

use crate::album::Album;
use crate::scene::{Scene, copy};

/// Longer than the album needs for one screen, shorter than anybody's patience.
const SLOW: FaultKind = FaultKind::Delay(9_000);

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_drawn_in_full_in_both_themes_and_languages_and_axe_finds_nothing() {
    let mut album = Album::new().unwrap();
    let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
    servers.set_platform_keys().unwrap();
    let mut scene = Scene::beside(servers, "tour", Some(true), false).await;
    tour(&mut scene, &mut album).await.unwrap();
    scene.close().await;
    bad_days(&mut album).await.unwrap();
    let findings = album.findings();
    assert!(findings.is_empty(), "{} findings\n{}", findings.len(), findings.join("\n"));
    assert_eq!(album.unseen(), Vec::<&str>::new(), "a screen of ui/src/screens.ts that no journey visits");
}

async fn tour(scene: &mut Scene, album: &mut Album) -> Result<()> {
    enter(scene, album).await?;
    empty_rooms(scene, album).await?;
    connect_openai(scene, album).await?;
    connect_anthropic(scene, album).await?;
    doubtful_keys(scene, album).await?;
    made_for_me(scene, album).await?;
    accounts(scene, album).await?;
    record(scene, album).await?;
    people(scene, album).await?;
    revoke(scene, album).await?;
    crate::replace::leaked(scene, album).await?;
    removed(scene, album).await
}

async fn enter(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.find("join-link").await?;
    album.keep(window, "welcome", "welcome").await?;
    window.type_into("join-link", "https://example.com/").await?;
    window.click("join-read").await?;
    window.find("failure").await?;
    album.keep(window, "welcome", "welcome-no-invitation").await?;
    window.run("document.querySelector('[data-testid=join-link]').select()").await?;
    window.type_into("join-link", &scene.servers.clients[0].invite).await?;
    window.click("join-read").await?;
    window.find("join-words").await?;
    album.keep(window, "join", "join").await?;
    window.click("join-accept").await?;
    window.find("card-chat").await?;
    Ok(())
}

async fn empty_rooms(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    album.keep(window, "keys", "keys-empty").await?;
    window.click("rail-history").await?;
    window.find("history-row").await?;
    window.choose("history-group", "keys").await?;
    window.wait_true("!document.querySelector('[data-testid=history-row]')").await?;
    album.keep(window, "history", "history-empty").await?;
    window.click("rail-bills").await?;
    window.find("bills-none").await?;
    album.keep(window, "bills", "bills-empty").await?;
    window.click("rail-keys").await
}

/// By hand, with everything that can be in the way of a paste, and the agency taking its time.
async fn connect_openai(scene: &mut Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    let control = scene.servers.sims.control();
    let openai = simulated(Provider::OpenAi);
    window.click("connect-new").await?;
    window.find("provider-openai").await?;
    album.keep(window, "choose", "connect-choose").await?;
    window.click("provider-openai").await?;
    for r#use in Use::ALL {
        window.click(&format!("use-{}", r#use)).await?;
    }
    album.keep(window, "choose", "connect-chosen").await?;
    window.click("connect-begin").await?;
    window.find("how-by-hand").await?;
    album.keep(window, "how", "connect-how").await?;
    window.click("how-by-hand").await?;
    window.find("paste-key").await?;
    album.keep(window, "key", "connect-key").await?;
    copy("just a shopping list").await;
    window.click("paste-key").await?;
    window.wait_attribute("failure", "data-code", "not_a_key").await?;
    for part in ["failure-button", "failure-ref", "copy-report"] {
        window.find(part).await?;
    }
    let said = window.find("failure").await?.text().await?;
    anyhow::ensure!(said.contains("Mara at Brightwork"), "whom to ask is not said: {said}");
    window.click("copy-report").await?;
    album.keep(window, "key", "connect-key-failure").await?;
    window.click("connect-later").await?;
    window.find("draft").await?;
    album.keep(window, "keys", "keys-draft").await?;
    window.click("draft-continue").await?;
    window.click("practice-key").await?;
    control.inject(openai, Fault::on("GET /v1/models", 1, SLOW));
    window.click("paste-key").await?;
    window.wait_attribute("checks", "data-running", "true").await?;
    album.keep(window, "check", "connect-checking").await?;
    window.wait_attribute("verdict-key", "data-answer", "yes").await?;
    window.find_css("[data-testid=to-review]:enabled").await?;
    album.keep(window, "check", "connect-check").await?;
    window.click("to-review").await?;
    window.find_css("[data-testid=seal-and-send]:enabled").await?;
    album.keep(window, "review", "connect-review").await?;
    control.inject(openai, Fault::on("GET /v1/models", 9, SLOW));
    window.click("seal-and-send").await?;
    window.wait_attribute("connect-step", "data-step", "confirm").await?;
    album.keep(window, "confirm", "connect-confirm").await?;
    control.clear_faults(openai);
    window.wait_attribute("receipt-outcome", "data-outcome", "works").await?;
    window.click("show-receipt").await?;
    window.find("receipt-text").await?;
    album.keep(window, "try", "connect-receipt").await?;
    window.click("show-receipt").await?;
    scene.hush().await;
    scene.window.click("try-start").await?;
    scene.window.wait_attribute("trial", "data-called", "false").await?;
    album.keep(&scene.window, "try", "connect-trial-waiting").await?;
    scene.call_again();
    scene.window.wait_attribute("trial", "data-called", "true").await?;
    album.keep(&scene.window, "try", "connect-trial").await?;
    scene.window.click("use-for-all").await?;
    scene.window.find_css("[data-testid=\"first-calls\"]:not([data-count=\"0\"])").await?;
    album.keep(&scene.window, "done", "connect-done").await?;
    scene.window.click("connect-finish").await?;
    scene.window.wait_attribute("card-chat", "data-payer", "own").await
}

/// A second account for chat, without a trial: the step *use* asks which is preferred.
async fn connect_anthropic(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    paste(scene, Provider::Anthropic, None).await?;
    window.click("to-review").await?;
    window.click("seal-and-send").await?;
    window.click("try-skip").await?;
    window.find_css("[data-testid=use-for-all]:enabled").await?;
    album.keep(window, "use", "connect-use").await?;
    window.click("use-for-all").await?;
    window.click("connect-finish").await?;
    window.find_css("[data-testid=card-chat] [data-provider=anthropic]").await?;
    album.keep(window, "keys", "keys").await
}

/// Keys that a check says no to: one that the provider refuses, one without credit.
async fn doubtful_keys(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    let control = scene.servers.sims.control();
    paste(scene, Provider::Gemini, Some("refused")).await?;
    window.wait_attribute("verdict-key", "data-answer", "no").await?;
    window.find("check-stops").await?;
    album.keep(window, "check", "connect-check-refused").await?;
    discard(window).await?;
    let stability = simulated(Provider::Stability);
    control.make_account(stability, "Empty purse");
    control.drain_account(stability, "Empty purse");
    let key = control.make_key(stability, "Empty purse", KeySpec::default());
    begin(window, Provider::Stability).await?;
    copy(&key.text).await;
    window.click("paste-key").await?;
    window.find("paste-sure").await?;
    album.keep(window, "key", "connect-key-whose").await?;
    window.click("paste-sure").await?;
    window.wait_attribute("verdict-credit", "data-answer", "no").await?;
    window.click("send-anyway").await?;
    album.keep(window, "check", "connect-check-no-credit").await?;
    discard(window).await
}

/// The key is made with an admin key, and thrown away again: that ends it at the provider.
async fn made_for_me(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    let openai = simulated(Provider::OpenAi);
    begin(window, Provider::OpenAi).await?;
    window.click("how-made-for-me").await?;
    window.find("paste-key").await?;
    album.keep(window, "key", "connect-key-admin").await?;
    window.click("practice-key").await?;
    window.click("paste-key").await?;
    window.find("make-key").await?;
    album.keep(window, "key", "connect-key-make").await?;
    scene.servers.sims.control().inject(openai, Fault::on("POST /v1/organization/projects", 1, SLOW));
    window.click("make-key").await?;
    window.wait_attribute("busy", "data-busy", "making").await?;
    album.keep(window, "key", "connect-making").await?;
    window.wait_attribute("verdict-key", "data-answer", "yes").await?;
    window.find_css("[data-testid=to-review]:enabled").await?;
    album.keep(window, "check", "connect-made").await?;
    discard(window).await
}

/// What can be seen and set at accounts: all of one, who pays, one that serves nothing, one whose key has died.
async fn accounts(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.click("details").await?;
    window.find("details-dialog").await?;
    album.keep(window, "details-dialog", "details").await?;
    window.click("show-receipt").await?;
    window.find("receipt-text").await?;
    album.keep(window, "details-dialog", "details-receipt").await?;
    window.run("document.querySelector('dialog[open]').close()").await?;
    window.click("switch-chat").await?;
    window.find("switch-dialog").await?;
    album.keep(window, "switch-dialog", "switch").await?;
    window.click("switch-platform").await?;
    album.keep(window, "switch-dialog", "switch-platform").await?;
    window.click("switch-own").await?;
    let anthropic =
        window.find_css("[data-provider=anthropic]").await?.attr("data-connection").await?.unwrap_or_default();
    window.click(&format!("serve-{anthropic}")).await?;
    window.click("switch-save").await?;
    window.find("not-used").await?;
    album.keep(window, "keys", "keys-not-used").await?;
    let client = scene.servers.clients[0].id;
    let pays =
        Command::FallbackSet { client, r#use: Use::Images, fallback: Fallback::Platform, until: None, cap: None };
    operator::run(&scene.servers.agency, "Mara", pays).map_err(|why| anyhow::anyhow!(why))?;
    let control = scene.servers.sims.control();
    let openai = simulated(Provider::OpenAi);
    let accounts = control.accounts(openai);
    let practice = accounts.iter().find(|(_, name)| name == "Practice account").map(|(id, _)| id);
    for key in control.keys(openai).iter().filter(|key| Some(&key.account) == practice) {
        control.revoke_key(openai, &key.id);
    }
    window.find("dead").await?;
    window.find("needs-you").await?;
    album.keep(window, "keys", "keys-dead").await?;
    crate::replace::begun_and_stopped(scene, album).await
}

async fn record(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.click("rail-history").await?;
    window.find("history-row").await?;
    album.keep(window, "history", "history").await?;
    window.choose("history-group", "keys").await?;
    window.wait_true("!document.querySelector('[data-act^=\"device\"]')").await?;
    window.find("history-row").await?;
    window.run("document.querySelector('[data-testid=history-row] summary').click()").await?;
    window.find_css("[data-testid=history-row][open] [data-testid=statement]").await?;
    album.keep(window, "history", "history-entry").await
}

async fn people(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.click("rail-settings").await?;
    window.find("people").await?;
    album.keep(window, "settings", "settings").await?;
    window.click("invite").await?;
    window.find("invite-dialog").await?;
    album.keep(window, "invite-dialog", "invite").await?;
    window.type_into("invite-name", "Jonas Weber").await?;
    window.click("invite-make").await?;
    window.find("invite-link").await?;
    album.keep(window, "invite-dialog", "invite-link").await?;
    window.click("invite-close").await?;
    window.find("open-invite").await?;
    album.keep(window, "settings", "settings-invited").await?;
    window.click("rail-keys").await
}

async fn revoke(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.find("not-used").await?;
    window.run("document.querySelector('[data-testid=not-used] [data-testid=revoke]').click()").await?;
    window.wait_attribute("need", "data-kind", "revoke_unproven").await?;
    album.keep(window, "keys", "keys-revoked").await
}

/// This computer is revoked, as an owner may do from another.
async fn removed(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.click("rail-settings").await?;
    window.click("device-revoke").await?;
    window.find("stage-removed").await?;
    album.keep(window, "removed", "removed").await
}

/// The key with which this computer signs is gone from the keychain.
async fn lost(album: &mut Album) -> Result<()> {
    let servers = Servers::start(&["Café Morgenrot"]).await?;
    let place = Place::new(&servers, "lost", Some(true), None)?;
    let window = Window::open(&binary()?, &place.environment()).await?;
    drive::enrol(&window, &servers.clients[0].invite, None).await?;
    window.close().await?;
    place.lose_the_devices_key()?;
    let window = Window::open(&binary()?, &place.environment()).await?;
    window.find("stage-lost").await?;
    album.keep(&window, "lost", "lost").await?;
    window.close().await?;
    servers.stop().await
}

/// An agency that cannot be reached, and one whose record somebody has changed.
async fn bad_days(album: &mut Album) -> Result<()> {
    let servers = Servers::start(&["Café Morgenrot"]).await?;
    let place = Place::new(&servers, "bad-days", Some(true), None)?;
    let window = Window::open(&binary()?, &place.environment()).await?;
    drive::enrol(&window, &servers.clients[0].invite, None).await?;
    change_the_next_entry(&servers)?;
    window.find("stage-alarm").await?;
    album.keep(&window, "alarm", "alarm").await?;
    window.click("alarm-read").await?;
    window.find("history-row").await?;
    album.keep(&window, "alarm", "alarm-record").await?;
    window.close().await?;
    servers.stop().await?;

    lost(album).await?;
    let servers = Servers::start(&["Café Morgenrot"]).await?;
    let place = Place::new(&servers, "offline", Some(true), None)?;
    let window = Window::open(&binary()?, &place.environment()).await?;
    drive::enrol(&window, &servers.clients[0].invite, None).await?;
    servers.stop().await?;
    window.find("offline").await?;
    album.keep(&window, "keys", "keys-offline").await?;
    window.close().await
}

/// From *Connect an account* to where a key is pasted.
async fn begin(window: &Window, provider: Provider) -> Result<()> {
    window.click("rail-keys").await?;
    window.click("connect-new").await?;
    window.click(&format!("provider-{provider}")).await?;
    if provider == Provider::OpenAi {
        window.click("use-images").await?;
    }
    window.click("connect-begin").await
}

/// Connects up to the checks; a key that is refused was revoked a moment before it is pasted.
async fn paste(scene: &Scene, provider: Provider, refused: Option<&str>) -> Result<()> {
    let window = &scene.window;
    begin(window, provider).await?;
    match refused {
        None => window.click("practice-key").await?,
        Some(account) => {
            let control = scene.servers.sims.control();
            let key = control.make_key(simulated(provider), account, KeySpec::default());
            control.revoke_key(simulated(provider), &key.id);
            copy(&key.text).await;
        }
    }
    window.click("paste-key").await
}

async fn discard(window: &Window) -> Result<()> {
    window.click("connect-discard").await?;
    window.find("card-chat").await?;
    window.wait_true("!document.querySelector('[data-testid=draft]')").await
}

/// What somebody with access to the agency's database could try: the next entry is another one than was signed.
fn change_the_next_entry(servers: &Servers) -> Result<()> {
    let db = rusqlite::Connection::open(servers.folder.path().join("agency/db/agency.sqlite"))?;
    db.execute_batch(
        "CREATE TRIGGER another AFTER INSERT ON leaves
         BEGIN UPDATE leaves SET bytes = x'7b7d' WHERE client = NEW.client AND place = NEW.place; END",
    )?;
    let client = servers.clients[0].id;
    let added = Command::AssistantAdd { client, name: "Helper".into(), uses: vec![Use::Chat], low_stakes: false };
    operator::run(&servers.agency, "Mara", added).map_err(|why| anyhow::anyhow!(why))?;
    Ok(())
}
