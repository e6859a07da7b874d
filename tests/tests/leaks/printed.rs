//! What processes print until they crash.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ownkey_app::{App, Setup, commands};
use ownkey_demo::client::{HeadlessHost, MemoryKeychain};
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{Fault, FaultKind, KeySpec, Sims, SimsConfig};
use ownkey_providers::endpoints::Endpoints;
use ownkey_tests::device::http;
use ownkey_tests::leak::Search;
use ownkey_tests::server::Server;
use serde_json::json;

/// Where a child of this test is to write the keys that it used, before it crashes.
pub(crate) const CHILD: &str = "OWNKEY_LEAKS_CHILD";

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

/// The server as it is shipped, logging all that it can, with an app that joins and connects, calls that succeed and
/// fail, a platform key from standard input, and a crash at the end.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_shipped_server_prints_until_it_crashes_holds_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let sims = Sims::start(SimsConfig { seed: 78, ..SimsConfig::default() }).await.unwrap();
    let server = Server::start(&folder.path().join("agency"), &sims).await.unwrap();
    let mut search = Search::default();

    let word = |value: &serde_json::Value, name: &str| value[name].as_str().unwrap().to_owned();
    let client = word(&server.operator(&["client", "add", "Leak & Sons"], None).unwrap(), "client");
    let add = ["assistant", "add", &client, "Try-out", "--use", "chat"];
    let assistant = word(&server.operator(&add, None).unwrap(), "assistant");
    let token = word(&server.operator(&["assistant", "token", &client, &assistant], None).unwrap(), "token");
    let invite = word(&server.operator(&["invite", &client, "Anna"], None).unwrap(), "link");
    let platform = sims.control().make_key(simulated(Provider::OpenAi), "Platform", KeySpec::default()).text;
    search.add("the platform's key", &platform);
    server.operator(&["platform-key", "openai"], Some(&platform)).unwrap();

    let host = HeadlessHost::default();
    let app = joined(&host, &sims, folder.path(), &invite).await;
    let own = sims.control().make_key(simulated(Provider::OpenAi), "Own", KeySpec::default()).text;
    search.add("the client's key", &own);
    host.copy(&own);
    connected(&app).await;

    let http = http(None).unwrap();
    let call = || async {
        let body = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}"#;
        let request = http.post(format!("{}/gateway/openai/v1/chat/completions", server.origin)).bearer_auth(&token);
        request.header("content-type", "application/json").body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(call().await, 200);
    for kind in [FaultKind::EchoKey, FaultKind::Garbage, FaultKind::HangUp, FaultKind::Region] {
        sims.control().inject(simulated(Provider::OpenAi), Fault::next(1, kind));
        let _whatever = call().await;
    }
    let rows = sims.control().ledger(simulated(Provider::OpenAi));
    assert!(rows.iter().any(|row| row.fault == Some("echo_key")), "no provider quoted the key");

    let printed = server.end_by("ABRT").unwrap().bytes();
    assert!(String::from_utf8_lossy(&printed).contains("TRACE"), "it did not log everything");
    assert_eq!(search.find(&printed), None, "what the shipped server printed");
    assert_eq!(search.find_below(folder.path()).unwrap(), None, "what it left on the disk");
    let planted = [&printed, &own.as_bytes()[20..28]].concat();
    assert!(search.find(&planted).is_some(), "the search finds what is planted");
}

async fn joined(host: &HeadlessHost, sims: &Sims, folder: &Path, invite: &str) -> Arc<App<HeadlessHost>> {
    let endpoints =
        Provider::ALL.iter().fold(Endpoints::default(), |e, p| e.overridden(*p, &sims.origin(simulated(*p))).unwrap());
    let setup =
        Setup { data_dir: folder.join("app"), endpoints, name: "Ownkey (test)".to_owned(), practice_keys: false };
    let app = App::open(host.clone(), setup, Arc::new(MemoryKeychain::default()));
    let app = app.unwrap_or_else(|fault| panic!("{fault}"));
    commands::call(&app, "join_accept", &json!({ "link": invite, "device_name": "Leaky" })).await.unwrap();
    app
}

/// Connects with the key on the clipboard.
async fn connected(app: &Arc<App<HeadlessHost>>) {
    let id = commands::call(app, "connect_start", &json!({ "provider": "openai", "uses": ["chat"] })).await.unwrap();
    for (step, more) in [
        ("connect_how", json!({ "how": "by_hand" })),
        ("connect_paste", json!({})),
        ("connect_review", json!({})),
        ("connect_send", json!({})),
    ] {
        let mut arguments = more;
        arguments["id"] = id.clone();
        commands::call(app, step, &arguments).await.unwrap_or_else(|failure| panic!("{step}: {}", failure.code));
    }
    for _ in 0..200 {
        let _offline = commands::call(app, "refresh", &json!({})).await;
        let state = commands::call(app, "app_state", &json!({})).await.unwrap();
        if state["drafts"][0]["receipt"]["outcome"] == "works" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let used = json!({ "id": id, "uses": ["chat"], "preferred": ["chat"] });
    commands::call(app, "connect_use", &used).await.unwrap_or_else(|failure| panic!("{}", failure.code));
}
