//! The computer and the network on a bad day: a full disk, a wrong certificate, a clock that is ten minutes off.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ownkey_agency::Agency;
use ownkey_agency::config::{Config, MOST_CALLS};
use ownkey_agency::operator::{self, Command};
use ownkey_agency::serve::{Tls, serve};
use ownkey_app::wire::{LimitChange, LimitScope, NeedKind};
use ownkey_app::{App, Setup};
use ownkey_demo::assistants::http;
use ownkey_demo::client::{Headless, HeadlessHost, MemoryKeychain, confirmed};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::api::UsageGroup;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, KeySpec, Sims, SimsConfig};
use ownkey_providers::endpoints::Endpoints;
use ownkey_tests::server::Server;
use serde_json::json;

fn app(host: &HeadlessHost, data_dir: PathBuf, endpoints: Endpoints) -> Arc<App<HeadlessHost>> {
    let setup = Setup { data_dir, endpoints, name: "Ownkey (test)".into(), practice_keys: false };
    App::open(host.clone(), setup, Arc::new(MemoryKeychain::default())).unwrap_or_else(|fault| panic!("{fault}"))
}

/// A disk of sixteen megabytes, which `cargo xtask test bad-days` mounts; for one test at a time.
pub(crate) struct SmallDisk {
    pub(crate) folder: PathBuf,
    _alone: tokio::sync::MutexGuard<'static, ()>,
}

impl SmallDisk {
    pub(crate) async fn alone() -> Self {
        static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let folder = std::env::var_os("OWNKEY_SMALL_DISK").expect("run this through `cargo xtask test bad-days`");
        let disk = Self { folder: folder.into(), _alone: ALONE.lock().await };
        let _none_is_left = std::fs::remove_file(disk.folder.join("filler"));
        disk
    }

    pub(crate) fn fill(&self) {
        let full = std::fs::write(self.folder.join("filler"), vec![7; 32 * 1024 * 1024]);
        assert!(full.is_err(), "the disk is not small");
    }

    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.folder.join("filler")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_says_so_nothing_is_half_done_and_it_goes_on_once_there_is_room() {
    let disk = SmallDisk::alone().await;
    let servers = Servers::start(&["Full"]).await.unwrap();
    let host = HeadlessHost::default();
    let app = app(&host, disk.folder.join("app"), servers.endpoints().unwrap());
    app.join_accept(servers.clients[0].invite.clone(), "Desk".into()).await.unwrap();
    let id = app.connect_start(Provider::OpenAi, vec![Use::Chat]).await.unwrap();
    let key = servers.sims.control().make_key(simulated(Provider::OpenAi), "x", KeySpec::default());
    host.copy(&key.text);

    disk.fill();
    assert_eq!(app.connect_paste(id.clone()).await.map_err(|f| f.code), Err(Code::DiskFull));
    assert_eq!(host.clipboard().as_deref(), Some(key.text.as_str()), "the key is not lost");
    let state = app.app_state().await.unwrap();
    assert!(state.drafts.iter().any(|d| d.id == id), "the rooms are still shown");

    disk.make_room();
    app.connect_paste(id.clone()).await.unwrap();
    app.connect_review(id.clone()).await.unwrap();
    app.connect_send(id.clone()).await.unwrap();
    confirmed(&app, &id).await.unwrap();
    servers.stop().await.unwrap();
    std::fs::remove_dir_all(disk.folder.join("app")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_end_the_agency_cannot_write_is_shown_without_one_until_there_is_room_and_nothing_is_lost() {
    let disk = SmallDisk::alone().await;
    let servers = Servers::start_in(&disk.folder, &["Full"], None).await.unwrap();
    let (host, apart) = (HeadlessHost::default(), tempfile::tempdir().unwrap());
    let app = app(&host, apart.path().join("app"), servers.endpoints().unwrap());
    let client = Headless { app, host, keychain: Arc::default() };
    client.join(&servers.clients[0].invite).await.unwrap();
    client.connect(&servers, Provider::OpenAi, "Own account").await.unwrap();
    let (agency, http, id) = (&servers.agency, http().unwrap(), servers.clients[0].id);
    let ask = |words: String, stream: bool| {
        let messages = json!([{ "role": "user", "content": words }]);
        let body = json!({ "model": "gpt-4o-mini", "messages": messages, "stream": stream });
        let call = http.post(format!("{}/gateway/openai/v1/chat/completions", servers.origin)).json(&body);
        call.bearer_auth(&servers.clients[0].assistants[0].token).send()
    };
    let spent = || {
        let day = 24 * 3_600 * 1_000;
        let (from, to) = (agency.now().plus_millis(-day), agency.now().plus_millis(day));
        let rows = agency.calls.usage(id, from, to, UsageGroup::Assistant).unwrap();
        rows.iter().map(|row| row.cost.micro).sum::<u64>()
    };
    // A budget with room for a small call beside a large one, and none for two large ones: what a small one reserves.
    agency.calls.shown(id).unwrap();
    ask("word ".repeat(20_000), false).await.unwrap().bytes().await.unwrap();
    until("the large call's cost", || spent() > 0).await;
    let change = LimitChange {
        scope: LimitScope::Client,
        money_micro: Some(spent() * 3 / 2),
        units: None,
        calls_per_minute: None,
        hard: true,
    };
    client.app.set_limit(change).await.unwrap();

    let slow = FaultKind::SlowBody { bytes_per_s: 2_000 };
    servers.sims.control().inject(simulated(Provider::OpenAi), Fault::next(1, slow));
    let mut small = ask("Say hello.".to_owned(), true).await.unwrap();
    assert!(small.chunk().await.unwrap().is_some());
    assert_eq!(ask("Say hello.".to_owned(), false).await.unwrap().status(), 429, "as much as a large one is reserved");
    disk.fill();
    assert!(small.text().await.unwrap().ends_with("data: [DONE]\n\n"), "the caller has it all");
    until("the end that cannot be written", || !agency.calls.writes()).await;
    let last = agency.calls.shown(id).unwrap().last;
    assert_eq!(last[0].status, None, "what is shown is what is written");
    disk.make_room();
    until("the book", || agency.calls.writes()).await;
    until("the end", || agency.calls.shown(id).unwrap().last[0].status == Some(200)).await;
    let after = ask("Say hello.".to_owned(), false).await.unwrap();
    assert_eq!(after.status(), 200, "it is held no more: {}", after.text().await.unwrap());
    servers.stop().await.unwrap();
}

/// Waits for something that follows soon.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..400 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what} did not come within ten seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let tls = Tls { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&tls.certificate, made.cert.pem()).unwrap();
    std::fs::write(&tls.key, made.signing_key.serialize_pem()).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let agency = Agency::open(Config {
        data_dir: folder.path().join("agency"),
        name: "Brightwork Studio".to_owned(),
        public_url: format!("https://{}", listener.local_addr().unwrap()),
        contact: "Mara, +49 30 5550 0123".to_owned(),
        egress_addresses: vec![],
        most_calls: MOST_CALLS,
        endpoints: Endpoints::default(),
    })
    .unwrap();
    tokio::spawn(serve(agency.clone(), listener, Some(tls), std::future::pending()));
    let added = operator::run(&agency, "Mara", Command::ClientAdd { name: "Wary".to_owned() }).unwrap();
    let client: ClientId = serde_json::from_value(added["client"].clone()).unwrap();
    let invite = operator::run(&agency, "Mara", Command::Invite { client, name: "Anna".to_owned() }).unwrap();
    let link = invite["link"].as_str().unwrap().to_owned();
    assert!(link.starts_with("https://"), "{link}");

    let host = HeadlessHost::default();
    let app = app(&host, folder.path().join("app"), Endpoints::default());
    let preview = app.join_preview(link.clone()).await.map(|_| ()).map_err(|f| f.code);
    assert_eq!(preview, Err(Code::AgencyUntrusted));
    assert_eq!(app.join_accept(link, "Desk".into()).await.map_err(|f| f.code), Err(Code::AgencyUntrusted));
    assert!(agency.record.state(client).unwrap().devices().is_empty(), "no device was enrolled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ten_minutes_off_is_corrected_by_the_agencys_signed_time() {
    for shift in ["-600", "+600"] {
        let folder = tempfile::tempdir().unwrap();
        let sims = Sims::start(SimsConfig { seed: 79, ..SimsConfig::default() }).await.unwrap();
        let server = Server::start_at(&folder.path().join("agency"), &sims, Some(shift)).await.unwrap();
        let added = server.operator(&["client", "add", "Skewed"], None).unwrap();
        let client = added["client"].as_str().unwrap();
        let invite = server.operator(&["invite", client, "Anna"], None).unwrap();
        let endpoints = Provider::ALL
            .iter()
            .fold(Endpoints::default(), |e, p| e.overridden(*p, &sims.origin(simulated(*p))).unwrap());
        let host = HeadlessHost::default();
        let app = app(&host, folder.path().join("app"), endpoints);
        app.join_accept(invite["link"].as_str().unwrap().to_owned(), "Desk".into()).await.unwrap();
        let needs = app.app_state().await.unwrap().needs_you;
        assert!(needs.iter().any(|n| n.kind == NeedKind::ClockWrong), "{shift}: nobody is told of the clock");
        let id = app.connect_start(Provider::OpenAi, vec![Use::Chat]).await.unwrap();
        host.copy(&sims.control().make_key(simulated(Provider::OpenAi), "x", KeySpec::default()).text);
        app.connect_paste(id.clone()).await.unwrap();
        app.connect_review(id.clone()).await.unwrap();
        app.connect_send(id.clone()).await.unwrap();
        confirmed(&app, &id).await.unwrap();
        app.connect_use(id.clone(), vec![Use::Chat], vec![Use::Chat]).await.unwrap();
        let printed = String::from_utf8_lossy(&server.end_by("TERM").unwrap().bytes()).into_owned();
        assert!(printed.contains("clock skew"), "{shift}: the clocks did not differ");
    }
}
