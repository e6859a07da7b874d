//! An agency that lies: between the app and a real one stands something that alters the answers. Each lie is noticed,
//! ends in its own code, and the alarm stays until a person has read it.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use ownkey_agency::Agency;
use ownkey_agency::config::{Config, MOST_CALLS};
use ownkey_agency::keys::{FileKeys, KeyHolder as _};
use ownkey_agency::operator::{self, Command};
use ownkey_agency::serve::serve;
use ownkey_agency::store::Store;
use ownkey_app::wire::Stage;
use ownkey_app::{App, Setup};
use ownkey_demo::client::{HeadlessHost, MemoryKeychain, open_when_free};
use ownkey_demo::servers::simulated;
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::Base64;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::record::Checkpoint;
use ownkey_protocol::vocabulary::{Provider, Role, Use};
use ownkey_provider_sim::{KeySpec, Sims, SimsConfig};
use ownkey_providers::endpoints::Endpoints;
use ownkey_tests::device::now;
use serde_json::{Value, json};
use tempfile::TempDir;

type Lie = Box<dyn Fn(&str, &mut Value) + Send>;

/// A client's app, and an agency behind something that can lie.
struct Town {
    folder: TempDir,
    sims: Sims,
    agency: Arc<Agency>,
    client: ClientId,
    link: String,
    first_keyset: Option<Envelope>,
    lie: Arc<Mutex<Option<Lie>>>,
    host: HeadlessHost,
    keychain: Arc<MemoryKeychain>,
}

impl Town {
    async fn open() -> Self {
        Self::open_with_keys_made(0).await
    }

    /// The agency's keys were made so long ago.
    async fn open_with_keys_made(days_ago: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sims = Sims::start(SimsConfig::default()).await.unwrap();
        let data_dir = folder.path().join("agency");
        let mut first_keyset = None;
        if days_ago > 0 {
            std::fs::create_dir_all(data_dir.join("keys")).unwrap();
            let store = Arc::new(Store::open(&data_dir).unwrap());
            let then = now().plus_millis(-days_ago * 24 * 3_600 * 1_000);
            let file = data_dir.join("keys").join("wrapping.key");
            first_keyset = Some(FileKeys::open(&store, &file, "Brightwork Studio", then).unwrap().keyset().0);
        }
        let front = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let back = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let behind = format!("http://{}", back.local_addr().unwrap());
        let agency = Agency::open(Config {
            data_dir,
            name: "Brightwork Studio".to_owned(),
            public_url: format!("http://{}", front.local_addr().unwrap()),
            contact: "Mara, +49 30 5550 0123".to_owned(),
            egress_addresses: vec![],
            most_calls: MOST_CALLS,
            endpoints: endpoints(&sims),
        })
        .unwrap();
        tokio::spawn(serve(agency.clone(), back, None, std::future::pending()));
        let lie: Arc<Mutex<Option<Lie>>> = Arc::default();
        let told = lie.clone();
        let pass = move |request: Request| pass_on(behind.clone(), told.clone(), request);
        tokio::spawn(async move { axum::serve(front, axum::Router::new().fallback(pass)).await });
        let added = operator::run(&agency, "Mara", Command::ClientAdd { name: "Wary".to_owned() }).unwrap();
        let client: ClientId = serde_json::from_value(added["client"].clone()).unwrap();
        let invite = operator::run(&agency, "Mara", Command::Invite { client, name: "Anna".to_owned() }).unwrap();
        let link = invite["link"].as_str().unwrap().to_owned();
        let (host, keychain) = (HeadlessHost::default(), Arc::default());
        Self { folder, sims, agency, client, link, first_keyset, lie, host, keychain }
    }

    async fn app(&self) -> Arc<App<HeadlessHost>> {
        let setup = Setup {
            data_dir: self.folder.path().join("app"),
            endpoints: endpoints(&self.sims),
            name: "x".into(),
            practice_keys: false,
        };
        open_when_free(&self.host, setup, self.keychain.clone()).await.unwrap()
    }

    async fn joined(&self) -> Arc<App<HeadlessHost>> {
        let app = self.app().await;
        app.join_accept(self.link.clone(), "Desk".into()).await.unwrap();
        app
    }

    /// The app as it is after a start.
    async fn restarted(&self, app: Arc<App<HeadlessHost>>) -> Arc<App<HeadlessHost>> {
        drop(app);
        let app = self.app().await;
        let _shown = app.start().await;
        app
    }

    fn lies(&self, lie: impl Fn(&str, &mut Value) + Send + 'static) {
        *self.lie.lock().unwrap() = Some(Box::new(lie));
    }

    fn is_honest(&self) {
        *self.lie.lock().unwrap() = None;
    }

    /// A draft, ready to be sent.
    async fn ready(&self, app: &Arc<App<HeadlessHost>>) -> String {
        let id = app.connect_start(Provider::OpenAi, vec![Use::Chat]).await.unwrap();
        self.host.copy(&self.sims.control().make_key(simulated(Provider::OpenAi), "x", KeySpec::default()).text);
        app.connect_paste(id.clone()).await.unwrap();
        app.connect_review(id.clone()).await.unwrap();
        id
    }

    /// The alarm is raised with this code, stops everything that is sent, stays when the agency tells the truth again
    /// and over a restart, and goes when it was read; the evidence stays.
    async fn alarmed(&self, app: Arc<App<HeadlessHost>>, code: Code) {
        let alarm = |state: ownkey_app::wire::AppState| (state.stage, state.record.alarm.map(|f| f.code));
        assert_eq!(alarm(app.app_state().await.unwrap()), (Stage::Alarm, Some(code)));
        self.is_honest();
        let _quiet = app.refresh().await;
        assert_eq!(alarm(app.app_state().await.unwrap()), (Stage::Alarm, Some(code)), "it went without being read");
        let refused = app.invite_member("Ben".into(), Role::Viewer).await.map(|_| ()).map_err(|f| f.code);
        assert_eq!(refused, Err(code), "something was sent under an alarm");
        let app = self.restarted(app).await;
        assert_eq!(alarm(app.app_state().await.unwrap()), (Stage::Alarm, Some(code)), "it went with a restart");
        app.alarm_read().await.unwrap();
        assert_eq!(alarm(app.app_state().await.unwrap()), (Stage::Joined, None));
        app.invite_member("Ben".into(), Role::Viewer).await.unwrap();
        let app = self.restarted(app).await;
        assert_eq!(alarm(app.app_state().await.unwrap()), (Stage::Joined, None));
        drop(app);
        let db = rusqlite::Connection::open(self.folder.path().join("app/ownkey.sqlite")).unwrap();
        let kept: String = db.query_row("SELECT json FROM facts WHERE name = 'alarms'", [], |r| r.get(0)).unwrap();
        let kept: Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(kept[0]["code"], json!(code));
        assert!(kept[0]["pinned"].is_string() && kept[0]["shown"].is_string() && kept[0]["read"].is_string());
    }
}

fn endpoints(sims: &Sims) -> Endpoints {
    Provider::ALL.iter().fold(Endpoints::default(), |e, p| e.overridden(*p, &sims.origin(simulated(*p))).unwrap())
}

async fn pass_on(behind: String, lie: Arc<Mutex<Option<Lie>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let body = to_bytes(body, 16 << 20).await.unwrap();
    let mut ask = ownkey_tests::device::http(None).unwrap().request(parts.method, format!("{behind}{target}"));
    for (name, value) in &parts.headers {
        if name != "content-length" && name != "if-none-match" {
            ask = ask.header(name, value);
        }
    }
    let answer = ask.body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut bytes = answer.bytes().await.unwrap().to_vec();
    if let (Some(lie), Ok(mut value)) = (lie.lock().unwrap().as_ref(), serde_json::from_slice::<Value>(&bytes)) {
        lie(&target, &mut value);
        bytes = serde_json::to_vec(&value).unwrap();
    }
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    if let Some(kind) = headers.get("content-type") {
        response.headers_mut().insert("content-type", kind.clone());
    }
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_became_shorter_is_an_alarm() {
    let town = Town::open().await;
    let app = town.joined().await;
    let before = town.agency.record.checkpoint(&town.agency.record.state(town.client).unwrap());
    app.invite_member("Cem".into(), Role::Viewer).await.unwrap();
    town.lies(move |target, answer| {
        if target.starts_with("/v1/record?") {
            answer["leaves"] = json!([]);
            answer["checkpoint"] = json!(before);
        }
    });
    assert_eq!(app.refresh().await.map_err(|f| f.code), Err(Code::RecordAlarm));
    town.alarmed(app, Code::RecordAlarm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_came_a_moment_before_its_checkpoint_waits_for_it_and_is_no_alarm() {
    let town = Town::open().await;
    let app = town.joined().await;
    let state = town.agency.record.state(town.client).unwrap();
    let (size, before) = (u32::try_from(state.tree().size()).unwrap(), town.agency.record.checkpoint(&state));
    let added =
        Command::AssistantAdd { client: town.client, name: "New".into(), uses: vec![Use::Chat], low_stakes: false };
    operator::run(&town.agency, "Mara", added).unwrap();
    town.lies(move |target, answer| {
        if target.starts_with("/v1/record?") {
            assert_eq!(answer["leaves"].as_array().unwrap().len(), 1);
            answer["checkpoint"] = json!(before);
        } else if target == "/v1/snapshot" {
            answer["size"] = json!(size);
        }
    });
    // The second time, too: an app that had taken it would see a record that became shorter.
    for _ in 0..2 {
        app.refresh().await.unwrap_or_else(|fault| panic!("{}: {}", fault.code, fault.cause));
        assert_eq!(app.app_state().await.unwrap().record.size, size);
    }
    town.is_honest();
    app.refresh().await.unwrap();
    assert_eq!(app.app_state().await.unwrap().record.size, size + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_record_goes_beyond_its_checkpoint_while_acts_come_in() {
    let town = Town::open().await;
    let (agency, client) = (town.agency.clone(), town.client);
    let acts = std::thread::spawn(move || {
        for n in 0..60 {
            let name = format!("Assistant {n}");
            let added = Command::AssistantAdd { client, name, uses: vec![Use::Chat], low_stakes: false };
            operator::run(&agency, "Mara", added).unwrap();
        }
    });
    let state = town.agency.record.state(client).unwrap();
    let origin = ownkey_protocol::record::origin(state.agency(), &client.to_string());
    let mut from = state.tree().size();
    while !acts.is_finished() {
        let page = town.agency.record.page(client, from, 500).unwrap();
        let signed = Checkpoint::verify(&page.checkpoint, &origin, &town.agency.keys.keyset().1.ring()).unwrap();
        assert_eq!(from + page.leaves.len() as u64, signed.size);
        from = signed.size;
    }
    acts.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_checkpoint_of_another_record_is_an_alarm() {
    let town = Town::open().await;
    let app = town.joined().await;
    let (agency, client) = (town.agency.clone(), town.client);
    town.lies(move |target, answer| {
        if target.starts_with("/v1/record?") {
            let state = agency.record.state(client).unwrap();
            let origin = ownkey_protocol::record::origin(state.agency(), &client.to_string());
            let other =
                Checkpoint { size: state.tree().size(), root: ownkey_protocol::encoding::Hash::of(&[b"other"]) };
            answer["checkpoint"] = json!(agency.keys.checkpoint(&origin, &other));
        }
    });
    assert_eq!(app.refresh().await.map_err(|f| f.code), Err(Code::RecordAlarm));
    town.alarmed(app, Code::RecordAlarm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_nobody_signed_is_an_alarm() {
    let town = Town::open().await;
    let app = town.joined().await;
    town.lies(|target, answer| {
        if target.starts_with("/v1/record?") {
            let note = answer["checkpoint"].as_str().unwrap().to_owned();
            let (head, size) = note.split_once('\n').unwrap();
            let (size, rest) = size.split_once('\n').unwrap();
            answer["checkpoint"] = json!(format!("{head}\n{}\n{rest}", size.parse::<u64>().unwrap() + 1));
        }
    });
    assert_eq!(app.refresh().await.map_err(|f| f.code), Err(Code::RecordAlarm));
    town.alarmed(app, Code::RecordAlarm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_entry_is_an_alarm_and_is_not_kept() {
    let town = Town::open().await;
    let app = town.joined().await;
    let size = app.app_state().await.unwrap().record.size;
    operator::run(
        &town.agency,
        "Mara",
        Command::AssistantAdd { client: town.client, name: "New".into(), uses: vec![Use::Chat], low_stakes: false },
    )
    .unwrap();
    town.lies(|target, answer| {
        if target.starts_with("/v1/record?") {
            for leaf in answer["leaves"].as_array_mut().unwrap() {
                let bytes: Base64 = serde_json::from_value(leaf.clone()).unwrap();
                let mut forged: Value = serde_json::from_slice(&bytes.0).unwrap();
                forged["logged"] = json!("2020-01-01T00:00:00.000Z");
                *leaf = json!(Base64(serde_json::to_vec(&forged).unwrap()));
            }
        }
    });
    assert_eq!(app.refresh().await.map_err(|f| f.code), Err(Code::RecordAlarm));
    assert_eq!(app.app_state().await.unwrap().record.size, size);
    town.alarmed(app, Code::RecordAlarm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_says_what_the_record_does_not_is_an_alarm() {
    let town = Town::open().await;
    let app = town.joined().await;
    town.lies(|target, answer| {
        if target == "/v1/snapshot" {
            answer["calls"] = json!([{
                "at": "2026-01-01T00:00:00.000Z", "assistant": "as_x", "provider": "openai", "use": "chat",
                "connection": "cn_01kb2m6c3n8r5t7v9w2x4y6z8a", "version": 1, "paid_by": "own", "model": null, "status": 200
            }]);
        }
    });
    assert_eq!(app.refresh().await.map_err(|f| f.code), Err(Code::RecordAlarm));
    town.alarmed(app, Code::RecordAlarm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_whose_words_were_changed_is_not_believed() {
    let town = Town::open().await;
    let app = town.joined().await;
    let id = town.ready(&app).await;
    town.lies(|target, answer| {
        if target.starts_with("/v1/receipts/") && answer["payload"].is_string() {
            let bytes: Base64 = serde_json::from_value(answer["payload"].clone()).unwrap();
            let text = String::from_utf8(bytes.0).unwrap().replace("\"index\":", "\"index\":1");
            answer["payload"] = json!(Base64(text.into_bytes()));
        }
    });
    let _until_the_receipt = app.connect_send(id.clone()).await;
    for _ in 0..200 {
        if app.refresh().await.is_err_and(|f| f.code == Code::ReceiptRefused) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(app.app_state().await.unwrap().drafts[0].receipt.is_none(), "it was shown");
    town.alarmed(app, Code::ReceiptRefused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_identity_after_joining_is_an_alarm() {
    let town = Town::open().await;
    let other = Town::open().await;
    let app = town.joined().await;
    let (envelope, _) = other.agency.keys.keyset();
    let identity = Base64(other.agency.keys.identity().to_bytes().to_vec());
    town.lies(move |target, answer| {
        if target == "/v1/agency" {
            answer["identity"] = json!(identity);
            answer["keyset"] = json!(envelope);
        }
    });
    let app = town.restarted(app).await;
    town.alarmed(app, Code::AgencyIdentityChanged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_key_set_after_joining_is_an_alarm() {
    let town = Town::open().await;
    let app = town.joined().await;
    let (older, _) = town.agency.keys.keyset();
    let later = now().plus_millis(46 * 24 * 3_600 * 1_000);
    assert!(town.agency.keys.renew(later).unwrap().is_some());
    let app = town.restarted(app).await;
    assert_eq!(app.app_state().await.unwrap().stage, Stage::Joined);
    town.lies(move |target, answer| {
        if target == "/v1/agency" {
            answer["keyset"] = json!(older);
        }
    });
    let app = town.restarted(app).await;
    town.alarmed(app, Code::KeysetRolledBack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sealed_to_an_agency_whose_key_set_has_expired() {
    let town = Town::open_with_keys_made(100).await;
    let first = json!(town.first_keyset);
    assert_ne!(first, json!(town.agency.keys.keyset().0), "the agency did not renew its set");
    town.lies(move |target, answer| {
        if target == "/v1/agency" {
            answer["keyset"] = first.clone();
        }
    });
    let (start, _) = town.link.rsplit_once('.').unwrap();
    let app = town.app().await;
    app.join_accept(format!("{start}.1"), "Desk".into()).await.unwrap();
    let id = town.ready(&app).await;
    assert_eq!(app.connect_send(id.clone()).await.map_err(|f| f.code), Err(Code::KeysetExpired));
    town.is_honest();
    let app = town.restarted(app).await;
    app.connect_send(id).await.unwrap();
}
