//! Marked keys go through every command and every endpoint, failing ones too, and are then found nowhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod exposures;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use ownkey_agency::config::Config;
use ownkey_agency::operator::{self, Command};
use ownkey_agency::store::Made;
use ownkey_agency::{Agency, plane, serve};
use ownkey_app::wire::Failure;
use ownkey_app::{App, Setup, commands};
use ownkey_demo::assistants;
use ownkey_demo::client::{HeadlessHost, MemoryKeychain};
use ownkey_demo::servers::simulated;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, KeyKind, KeySpec, Sims, SimsConfig};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::routes;
use ownkey_secret::Secret;
use ownkey_tests::device::{http, now};
use ownkey_tests::leak::{Search, Tape, encodings, record};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Everything that any part of this process logs, down to trace.
fn logs() -> Tape {
    static LOGS: OnceLock<Tape> = OnceLock::new();
    let start = || {
        let tape = Tape::default();
        let writer = tape.clone();
        let logging = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE);
        logging.with_writer(move || writer.clone()).init();
        tape
    };
    LOGS.get_or_init(start).clone()
}

/// A client's app, the agency behind a recording proxy, and the providers.
struct World {
    sims: Sims,
    agency: Arc<Agency>,
    client: ClientId,
    origin: String,
    token: String,
    app: Arc<App<HeadlessHost>>,
    host: HeadlessHost,
    folder: TempDir,
    search: Search,
    wire: Tape,
    ipc: Tape,
    answers: Tape,
    called: BTreeSet<String>,
    keys: Vec<String>,
}

fn run(agency: &Agency, command: Command) -> Value {
    operator::run(agency, "Mara", command).unwrap()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

impl World {
    async fn start() -> (Self, String) {
        logs();
        let folder = tempfile::tempdir().unwrap();
        let sims = Sims::start(SimsConfig { seed: 77, ..SimsConfig::default() }).await.unwrap();
        let endpoints = Provider::ALL
            .into_iter()
            .fold(Endpoints::default(), |e, p| e.overridden(p, &sims.origin(simulated(p))).unwrap());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", proxy.local_addr().unwrap());
        let wire = Tape::default();
        tokio::spawn(record(proxy, listener.local_addr().unwrap(), wire.clone()));
        let agency = Agency::open(Config {
            data_dir: folder.path().join("agency"),
            name: "Brightwork Studio".to_owned(),
            public_url: origin.clone(),
            contact: "Mara, +49 30 5550 0123".to_owned(),
            egress_addresses: vec!["127.0.0.1".to_owned()],
            endpoints: endpoints.clone(),
        });
        let agency = agency.unwrap();
        tokio::spawn(serve::serve(agency.clone(), listener, None, std::future::pending()));
        let client = run(&agency, Command::ClientAdd { name: "Leak & Sons".to_owned() })["client"].clone();
        let client: ClientId = serde_json::from_value(client).unwrap();
        let (name, uses) = ("Try-out".to_owned(), Use::ALL.to_vec());
        let made = run(&agency, Command::AssistantAdd { client, name, uses, low_stakes: true });
        let assistant = text(&made, "assistant").parse().unwrap();
        let token = text(&run(&agency, Command::AssistantToken { client, assistant, expires: None }), "token");
        for r#use in Use::ALL {
            run(&agency, Command::PlatformOffer { client, r#use, offered: true });
        }
        let invite = text(&run(&agency, Command::Invite { client, name: "Anna".to_owned() }), "link");
        let host = HeadlessHost::default();
        let setup = Setup {
            data_dir: folder.path().join("app"),
            endpoints,
            name: "Ownkey (test)".to_owned(),
            practice_keys: true,
        };
        let app = App::open(host.clone(), setup, Arc::new(MemoryKeychain::default()));
        let app = app.unwrap_or_else(|fault| panic!("{fault}"));
        let (ipc, answers, called) = <(Tape, Tape, BTreeSet<String>)>::default();
        let search = Search::default();
        (
            Self {
                sims,
                agency,
                client,
                origin,
                token,
                app,
                host,
                folder,
                search,
                wire,
                ipc,
                answers,
                called,
                keys: vec![],
            },
            invite,
        )
    }

    /// A command as the window sends it; arguments and answer are what crosses between window and engine.
    async fn call(&mut self, name: &str, arguments: Value) -> Result<Value, Failure> {
        self.called.insert(name.to_owned());
        let answer = commands::call(&self.app, name, &arguments).await;
        self.ipc.add(arguments.to_string().as_bytes());
        match &answer {
            Ok(value) => self.ipc.add(value.to_string().as_bytes()),
            Err(failure) => self.ipc.add(&serde_json::to_vec(failure).unwrap()),
        }
        let shown = commands::call(&self.app, "app_state", &json!({})).await.unwrap();
        self.ipc.add(shown.to_string().as_bytes());
        answer
    }

    async fn must(&mut self, name: &str, arguments: Value) -> Value {
        match self.call(name, arguments).await {
            Ok(value) => value,
            Err(failure) => panic!("{name}: {}", failure.code),
        }
    }

    /// A fresh key on the clipboard; from now on it is looked for.
    fn marked(&mut self, provider: Provider, kind: KeyKind) -> String {
        let spec = KeySpec { kind, ..KeySpec::default() };
        let made = self.sims.control().make_key(simulated(provider), "Marked", spec);
        self.search.add(&format!("{provider} {kind:?} {}", made.id), &made.text);
        self.keys.push(made.text.clone());
        self.host.copy(&made.text);
        made.text
    }

    fn faults(&self, provider: Provider, times: usize, kind: FaultKind) {
        self.sims.control().inject(simulated(provider), Fault::next(times, kind));
    }

    fn no_faults(&self, provider: Provider) {
        self.sims.control().clear_faults(simulated(provider));
    }

    /// Looks for every key that the agency can open, too: the one that OpenAI made is nowhere else to be had. None of them
    /// is an admin key, which the agency gets in no form at all.
    fn mark_what_the_agency_opens(&mut self) -> usize {
        let state = self.agency.record.state(self.client).unwrap();
        let mut opened = 0;
        for (connection, known) in state.connections() {
            for version in known.versions.keys() {
                let secret = self.agency.vault.open(&state, *connection, *version).unwrap();
                let text = secret.expose(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
                assert!(!text.starts_with("sk-admin-"), "an admin key was sealed for the agency");
                self.search.add(&format!("version {version} of {connection}"), &text);
                self.keys.push(text);
                opened += 1;
            }
        }
        opened
    }

    /// Waits until the agency's receipt has come.
    async fn receipt_came(&mut self, id: &str) {
        for _ in 0..200 {
            let _offline = self.call("refresh", json!({})).await;
            let state = self.must("app_state", json!({})).await;
            let draft = state["drafts"].as_array().unwrap().iter().find(|d| d["id"] == id).unwrap().clone();
            if draft["receipt"]["outcome"] == "works" {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no receipt within ten seconds");
    }

    /// Connects by a pasted key, with everything that can go wrong on the way.
    async fn connect(&mut self, provider: Provider) -> String {
        let id = self.must("connect_start", json!({ "provider": provider, "uses": provider.uses() })).await;
        let id = id.as_str().unwrap().to_owned();
        let this = json!({ "id": id });
        if provider == Provider::OpenAi {
            self.must("connect_how", json!({ "id": id, "how": "by_hand" })).await;
        }
        let wrong = if provider == Provider::Anthropic { Provider::OpenAi } else { Provider::Anthropic };
        self.marked(wrong, KeyKind::Work);
        assert!(self.call("connect_paste", this.clone()).await.is_err(), "another provider's key");
        self.faults(provider, 50, FaultKind::EchoKey);
        self.marked(provider, KeyKind::Work);
        let _refused = self.call("connect_paste", this.clone()).await;
        for kind in [FaultKind::Garbage, FaultKind::HangUp, FaultKind::Region] {
            self.no_faults(provider);
            self.faults(provider, 50, kind);
            let _failed = self.call("connect_check", this.clone()).await;
        }
        self.no_faults(provider);
        self.must("connect_check", this.clone()).await;
        self.must("connect_pick", json!({ "id": id, "picks": [] })).await;
        self.must("connect_review", this.clone()).await;
        self.must("connect_back", this.clone()).await;
        self.must("connect_review", this.clone()).await;
        self.must("connect_send", this.clone()).await;
        self.receipt_came(&id).await;
        if provider == Provider::Gemini {
            self.must("connect_skip_try", this.clone()).await;
        } else {
            self.must("connect_try", this.clone()).await;
        }
        self.must("connect_use", json!({ "id": id, "uses": provider.uses(), "preferred": [] })).await;
        self.must("connect_close", this).await;
        id
    }

    /// An endpoint or route of the agency, through the proxy; the whole answer is kept.
    async fn ask(&self, client: &reqwest::Client, verb: &Method, path: &str, provider: Option<Provider>) -> u16 {
        let mut request = client.request(verb.clone(), format!("{}{path}", self.origin));
        request = match provider {
            Some(Provider::Anthropic) => request.header("x-api-key", &self.token),
            Some(Provider::Gemini) => request.header("x-goog-api-key", &self.token),
            _ => request.bearer_auth(&self.token),
        };
        if *verb == Method::POST {
            request = request.header("content-type", "application/json").body(r#"{"model":"gpt-4o-mini"}"#);
        }
        let Ok(answer) = request.send().await else { return 0 };
        self.answers.add(format!("{:?}", answer.headers()).as_bytes());
        let status = answer.status().as_u16();
        self.answers.add(&answer.bytes().await.unwrap_or_default());
        status
    }

    fn nothing_leaked(&self) {
        let places = [
            ("the logs", logs().bytes()),
            ("what crossed to the window", self.ipc.bytes()),
            ("the wire to the agency", self.wire.bytes()),
            ("the gateway's answers", self.answers.bytes()),
            ("addresses that were opened", self.host.opened().join("\n").into_bytes()),
        ];
        for (place, bytes) in places {
            assert!(place.starts_with("addresses") || bytes.len() > 1_000, "{place}: nothing was recorded");
            assert_eq!(self.search.find(&bytes), None, "{place}");
        }
        assert_eq!(self.search.find_below(&self.folder.path().join("app")).unwrap(), None, "the app's folder");
        assert_eq!(self.search.find_below(&self.folder.path().join("agency")).unwrap(), None, "the agency's folder");
    }
}

/// The admin key's journey: OpenAI makes the work key.
async fn made_for_me(world: &mut World) {
    let id = world.must("connect_start", json!({ "provider": "openai", "uses": ["chat"] })).await;
    let id = id.as_str().unwrap().to_owned();
    world.must("connect_how", json!({ "id": id, "how": "made_for_me" })).await;
    world.marked(Provider::OpenAi, KeyKind::Work);
    assert!(world.call("connect_paste", json!({ "id": id })).await.is_err(), "a work key where an admin key belongs");
    world.marked(Provider::OpenAi, KeyKind::Admin);
    let _pasted = world.call("connect_paste", json!({ "id": id })).await;
    for kind in [FaultKind::EchoKey, FaultKind::HangUp] {
        world.faults(Provider::OpenAi, 20, kind);
        let _failed = world.call("connect_make", json!({ "id": id, "keep_admin_key": true })).await;
        world.no_faults(Provider::OpenAi);
    }
    world.must("connect_make", json!({ "id": id, "keep_admin_key": true })).await;
    let _checked = world.call("connect_check", json!({ "id": id })).await;
    world.must("connect_review", json!({ "id": id })).await;
    world.must("connect_send", json!({ "id": id })).await;
    world.receipt_came(&id).await;
    assert_eq!(world.mark_what_the_agency_opens(), 6, "five pasted keys and one that was made");
    let _ended = world.call("connect_discard", json!({ "id": id })).await;
}

/// Every route of the gateway on a provider that quotes the key, answers nonsense, hangs up, or serves other countries.
async fn routes_that_fail(world: &World, client: &reqwest::Client, provider: Provider, connection: &str) {
    let state = world.agency.record.state(world.client).unwrap();
    let control = world.sims.control();
    for (number, route) in routes::all(provider).iter().enumerate() {
        let path = route.path.replace("{v}", "v1beta").replace("{model}", "gemini-3.1-flash-image");
        let mut path: Vec<String> = path.split('/').map(|segment| segment.replace(['{', '}'], "")).collect();
        if let Some(refers) = route.refers {
            let thing = format!("thing_{number:08}");
            let place = &mut path[refers.segment + 1];
            *place = place.split_once(':').map_or(thing.clone(), |(_, verb)| format!("{thing}:{verb}"));
            let connection = Some(connection.parse().unwrap());
            let made = Made { client: state.client(), provider, thing, connection, at: now() };
            world.agency.store.add_made(&made).unwrap();
        }
        let path = path.join("/");
        for kind in [FaultKind::EchoKey, FaultKind::Garbage, FaultKind::HangUp, FaultKind::Region] {
            world.no_faults(provider);
            let fault = Fault::on(&format!("{} {path}", route.method), 1, kind);
            control.inject(simulated(provider), fault);
            let _status = world.ask(client, &route.method, &format!("/gateway/{provider}{path}"), Some(provider)).await;
        }
        world.no_faults(provider);
        let echoed = control.ledger(simulated(provider));
        let echoed =
            echoed.iter().any(|r| r.fault == Some("echo_key") && r.route == format!("{} {path}", route.method));
        assert!(echoed, "{}: the provider was not reached at {path}", route.id);
    }
}

/// What a person does with connections that are there.
async fn live_with(world: &mut World, connection: &str) {
    world.faults(Provider::OpenAi, 20, FaultKind::EchoKey);
    let _echoed = world.call("check_now", json!({ "connection": connection })).await;
    world.no_faults(Provider::OpenAi);
    let _checked = world.call("check_now", json!({ "connection": connection })).await;
    world.must("rename_connection", json!({ "connection": connection, "name": "Renamed" })).await;
    let change =
        json!({ "use": "voice", "payer": "platform", "serving": [], "preferred": null, "model": null, "revision": 0 });
    let _stale_or_done = world.call("change_use", json!({ "change": change })).await;
    world.must("receipt", json!({ "connection": connection, "version": 1 })).await;
    world.must("history", json!({ "filter": { "group": null, "connection": null, "before": null } })).await;
    let replacing = world.must("replace_start", json!({ "connection": connection })).await;
    world.marked(Provider::OpenAi, KeyKind::Work);
    let _pasted = world.call("connect_paste", json!({ "id": replacing })).await;
    world.must("connect_discard", json!({ "id": replacing })).await;
    world.faults(Provider::OpenAi, 1, FaultKind::EchoKey);
    let _asked = world.call("revoke", json!({ "connection": connection })).await;
    world.no_faults(Provider::OpenAi);
    let _asked = world.call("prove_revoked", json!({ "connection": connection, "version": 1 })).await;
}

async fn people_and_pages(world: &mut World) {
    let invited = world.must("invite_member", json!({ "name": "Vera", "role": "viewer" })).await;
    let state = world.must("app_state", json!({})).await;
    let people = state.to_string();
    let members: BTreeSet<&str> = people.split('"').filter(|t| t.starts_with("mb_")).collect();
    for member in members {
        let _refused_or_done =
            world.call("change_member", json!({ "member": member, "role": "member", "revision": 0 })).await;
    }
    let _nobody = world.call("remove_member", json!({ "member": "mb_00000000000000000000000000" })).await;
    let _nobody = world.call("revoke_device", json!({ "device": "dv_00000000000000000000000000" })).await;
    let page = json!({ "kind": "provider_keys", "of": "openai" });
    world.must("open_page", json!({ "link": page })).await;
    let copies = [
        json!({ "kind": "page", "of": page }),
        json!({ "kind": "report", "of": "ABC-DEF" }),
        json!({ "kind": "invite", "of": invited["link"] }),
        json!({ "kind": "egress_addresses" }),
    ];
    for what in copies {
        world.must("copy", json!({ "what": what })).await;
        world.ipc.add(world.host.clipboard().unwrap().as_bytes());
    }
    world.must("set_preferences", json!({ "preferences": { "language": "de", "theme": "dark" } })).await;
    let _none_here = world.call("practice_key", json!({ "id": "cn_00000000000000000000000000" })).await;
    world.must("quit", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_went_through_every_command_and_route_is_found_nowhere() {
    let (mut world, invite) = World::start().await;
    world.must("join_preview", json!({ "link": invite })).await;
    world.must("join_accept", json!({ "link": invite, "device_name": "Leaky" })).await;
    let mut connections = BTreeMap::new();
    for provider in Provider::ALL {
        let id = world.connect(provider).await;
        connections.insert(provider.as_str(), id);
    }
    made_for_me(&mut world).await;

    let client = http(None).unwrap();
    for provider in Provider::ALL {
        let platform = world.marked(provider, KeyKind::Work);
        let secret = Secret::new(platform.into_bytes()).unwrap();
        world
            .answers
            .add(operator::set_platform_key(&world.agency, "Mara", provider, &secret).unwrap().to_string().as_bytes());
        routes_that_fail(&world, &client, provider, &connections[provider.as_str()]).await;
    }
    let gateway = format!("{}/gateway", world.origin);
    for r#use in Use::ALL {
        for call in assistants::calls(&client, &gateway, &world.token, r#use) {
            let answer = call.send().await.unwrap();
            world.answers.add(format!("{:?}", answer.headers()).as_bytes());
            world.answers.add(&answer.bytes().await.unwrap());
        }
    }
    for route in plane::ROUTES {
        let path = route.path.replace("{connection}", &connections["openai"]).replace("{version}", "1");
        let status = world.ask(&client, &route.method.parse().unwrap(), &path, None).await;
        assert_ne!(status, 0, "{path}");
    }

    live_with(&mut world, &connections["openai"]).await;
    people_and_pages(&mut world).await;
    let listed: BTreeSet<String> = commands::NAMES.iter().map(|n| (*n).to_owned()).collect();
    assert_eq!(world.called, listed, "every command has a case here");
    let (answers, logs) = (world.answers.bytes(), logs().bytes());
    assert!(String::from_utf8_lossy(&answers).contains("••••"), "no provider quoted a key");
    assert!(String::from_utf8_lossy(&logs).contains("TRACE"), "the logs are at trace level");
    world.nothing_leaked();
    the_search_finds_what_is_planted(&world, &client).await;
    if let Some(told) = std::env::var_os(CHILD) {
        std::fs::write(told, world.keys.join("\n")).unwrap();
        panic!("the child crashes with every secret in memory");
    }
}

/// Where a child of this test is to write the keys that it used, before it crashes.
const CHILD: &str = "OWNKEY_LEAKS_CHILD";

#[test]
fn what_a_process_prints_until_it_crashes_holds_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("keys");
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_key_that_went_through_every_command_and_route_is_found_nowhere", "--nocapture"])
        .env(CHILD, &told)
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap();
    let printed = [child.stdout, child.stderr].concat();
    let shown = String::from_utf8_lossy(&printed);
    assert!(shown.contains("the child crashes"), "{shown}");
    let keys = std::fs::read_to_string(&told).unwrap();
    let mut search = Search::default();
    keys.lines().for_each(|key| search.add("a key of the child", key));
    assert!(keys.lines().count() > 15, "{}", keys.lines().count());
    assert_eq!(search.find(&printed), None, "stdout, stderr and the crash");
    let key = keys.lines().next().unwrap();
    let planted = [&printed, &key.as_bytes()[20..28]].concat();
    assert!(search.find(&planted).is_some(), "the search finds what is planted");
}

/// One leak in each place, and it is found there.
async fn the_search_finds_what_is_planted(world: &World, client: &reqwest::Client) {
    let key = world.sims.control().make_key(simulated(Provider::OpenAi), "Planted", KeySpec::default()).text;
    let mut search = Search::default();
    search.add("planted", &key);
    let run = &key[20..28];

    assert_eq!(search.find(&logs().bytes()), None);
    tracing::trace!(run, "planted");
    assert!(search.find(&logs().bytes()).is_some(), "in the logs");
    world.ipc.add(json!({ "failure": { "fields": [{ "name": "words", "value": run }] } }).to_string().as_bytes());
    assert!(search.find(&world.ipc.bytes()).is_some(), "in what crosses to the window");
    let _answer = client.get(format!("{}/join?planted={run}", world.origin)).send().await.unwrap();
    assert!(search.find(&world.wire.bytes()).is_some(), "on the wire to the agency");
    world.answers.add(run.as_bytes());
    assert!(search.find(&world.answers.bytes()).is_some(), "in the gateway's answers");

    for file in ["app/ownkey.sqlite", "agency/db/agency.sqlite"] {
        let file = world.folder.path().join(file);
        let folder = file.parent().unwrap().to_owned();
        assert_eq!(search.find_below(&folder).unwrap(), None);
        let db = rusqlite::Connection::open(&file).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        db.execute_batch("CREATE TABLE planted (t TEXT)").unwrap();
        db.execute("INSERT INTO planted VALUES (?1)", [run]).unwrap();
        assert!(search.find_below(&folder).unwrap().is_some(), "in a row of {}", file.display());
        db.execute_batch("DELETE FROM planted; DROP TABLE planted; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
        assert!(search.find_below(&folder).unwrap().is_some(), "in a deleted row of {}", file.display());
    }
}

#[test]
fn the_search_knows_every_encoding_and_neither_markers_nor_the_last_four() {
    let key = "sk-proj-Qw3rTyUiOp0123456789abcdefXYZT3BlbkFJzZyYxXwWvVuUtTsSrRqQpPoO1234";
    let mut search = Search::default();
    search.add("practice", key);
    for harmless in ["sk-proj-", "T3BlbkFJ", "pPoO1234", "1234", "oO1234", "Qw3rTyU"] {
        assert_eq!(search.find(harmless.as_bytes()), None, "{harmless}");
    }
    for (encoding, bytes) in encodings(b"0123456789abcd") {
        let around = [b"some words before ".as_slice(), &bytes, b" and after"].concat();
        assert!(search.find(&around).is_some(), "{encoding}");
    }
    for before in ["", "x", "xy"] {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{before}{key}"));
        assert!(search.find(encoded.as_bytes()).is_some(), "base64 after {} bytes", before.len());
    }
}
