//! A client's app, the agency behind a recording proxy, and the providers, with everything that passes kept.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use ownkey_agency::config::{Config, MOST_CALLS};
use ownkey_agency::operator::{self, Command};
use ownkey_agency::{Agency, serve};
use ownkey_app::wire::Failure;
use ownkey_app::{App, Setup, commands};
use ownkey_demo::client::{HeadlessHost, MemoryKeychain};
use ownkey_demo::servers::{endpoints_of, simulated};
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, KeyKind, KeySpec, Sims, SimsConfig};
use ownkey_tests::leak::{Search, Tape, record};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Everything that any part of this process logs, down to trace.
pub(crate) fn logs() -> Tape {
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
pub(crate) struct World {
    pub(crate) sims: Sims,
    pub(crate) agency: Arc<Agency>,
    pub(crate) client: ClientId,
    pub(crate) origin: String,
    pub(crate) token: String,
    pub(crate) app: Arc<App<HeadlessHost>>,
    pub(crate) host: HeadlessHost,
    pub(crate) folder: TempDir,
    pub(crate) search: Search,
    pub(crate) wire: Tape,
    pub(crate) ipc: Tape,
    pub(crate) answers: Tape,
    pub(crate) called: BTreeSet<String>,
    pub(crate) keys: Vec<String>,
}

pub(crate) fn run(agency: &Agency, command: Command) -> Value {
    operator::run(agency, "Mara", command).unwrap()
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

impl World {
    pub(crate) async fn start() -> (Self, String) {
        logs();
        let folder = tempfile::tempdir().unwrap();
        let sims = Sims::start(SimsConfig { seed: 77, ..SimsConfig::default() }).await.unwrap();
        let endpoints = endpoints_of(&sims).unwrap();
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
            most_calls: MOST_CALLS,
            endpoints: endpoints.clone(),
        });
        let agency = agency.unwrap();
        tokio::spawn(serve::serve(agency.clone(), listener, None, std::future::pending()));
        let client = run(&agency, Command::ClientAdd { name: "Leak & Sons".to_owned() })["client"].clone();
        let client: ClientId = serde_json::from_value(client).unwrap();
        let (name, uses) = ("Try-out".to_owned(), Use::ALL.to_vec());
        let made = run(&agency, Command::AssistantAdd { client, name, uses, low_stakes: true });
        let assistant = text(&made, "assistant").parse().unwrap();
        let token = text(
            &run(&agency, Command::AssistantToken { client, assistant, name: None, uses: None, expires: None }),
            "token",
        );
        for r#use in Use::ALL {
            run(&agency, Command::PlatformOffer { client, r#use, offered: true, until: None, cap: None });
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
    pub(crate) async fn call(&mut self, name: &str, arguments: Value) -> Result<Value, Failure> {
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

    pub(crate) async fn must(&mut self, name: &str, arguments: Value) -> Value {
        match self.call(name, arguments).await {
            Ok(value) => value,
            Err(failure) => panic!("{name}: {}", failure.code),
        }
    }

    /// A fresh key on the clipboard; from now on it is looked for.
    pub(crate) fn marked(&mut self, provider: Provider, kind: KeyKind) -> String {
        let spec = KeySpec { kind, ..KeySpec::default() };
        let made = self.sims.control().make_key(simulated(provider), "Marked", spec);
        self.search.add(&format!("{provider} {kind:?} {}", made.id), &made.text);
        self.keys.push(made.text.clone());
        self.host.copy(&made.text);
        made.text
    }

    pub(crate) fn faults(&self, provider: Provider, times: usize, kind: FaultKind) {
        self.sims.control().inject(simulated(provider), Fault::next(times, kind));
    }

    pub(crate) fn no_faults(&self, provider: Provider) {
        self.sims.control().clear_faults(simulated(provider));
    }

    /// Looks for every key that the agency can open, too: the one that OpenAI made is nowhere else to be had. None of them
    /// is an admin key, which the agency gets in no form at all.
    pub(crate) fn mark_what_the_agency_opens(&mut self) -> usize {
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
    pub(crate) async fn receipt_came(&mut self, id: &str) {
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
    pub(crate) async fn connect(&mut self, provider: Provider) -> String {
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
        let _refused_or_asked = self.call("connect_paste", this.clone()).await;
        if provider == Provider::Stability {
            let _refused = self.call("connect_paste_sure", this.clone()).await;
        }
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
        let preferred = if provider == Provider::OpenAi { provider.uses() } else { &[] };
        self.must("connect_use", json!({ "id": id, "uses": provider.uses(), "preferred": preferred })).await;
        self.must("connect_close", this).await;
        id
    }

    /// An endpoint or route of the agency, through the proxy; the whole answer is kept.
    pub(crate) async fn ask(
        &self,
        client: &reqwest::Client,
        verb: &Method,
        path: &str,
        provider: Option<Provider>,
    ) -> u16 {
        let mut request = client.request(verb.clone(), format!("{}{path}", self.origin));
        request = match provider {
            Some(Provider::Anthropic) => request.header("x-api-key", &self.token),
            Some(Provider::Gemini) => request.header("x-goog-api-key", &self.token),
            _ => request.bearer_auth(&self.token),
        };
        if *verb == Method::POST {
            request = request.header("content-type", "application/json").body(r#"{"model":"gpt-4o-mini"}"#);
        }
        self.keep(request).await
    }

    /// Sends a request; the whole answer is kept.
    pub(crate) async fn keep(&self, request: reqwest::RequestBuilder) -> u16 {
        let Ok(answer) = request.send().await else { return 0 };
        self.answers.add(format!("{:?}", answer.headers()).as_bytes());
        let status = answer.status().as_u16();
        self.answers.add(&answer.bytes().await.unwrap_or_default());
        status
    }

    pub(crate) fn nothing_leaked(&self) {
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
