//! Connect, killed at every listed point: a process of its own walks the journey on the system's keychain, is killed
//! (SIGKILL) where it stands, and is started again. The app says where it was and goes on; nothing is lost, nothing is
//! made twice, and no key stays behind at the provider. Run by `cargo xtask test crash`, which gives it a keychain.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

use std::process::Stdio;

use ownkey_app::connect_points;
use ownkey_app::wire::How;
use ownkey_demo::client::HeadlessHost;
use ownkey_demo::journey::{Doomed, Journey};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{KeyKind, KeySpec, KeyStanding, Provider as Sim};
use ownkey_tests::built;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

const USES: [Use; 1] = [Use::Chat];
const ACCOUNT: &str = "Crash account";

/// A client that has joined and begun to connect, in a process that has ended since.
async fn begun(servers: &Servers, point: &str, nth: usize, how: How) -> Doomed {
    let kind = if how == How::MadeForMe { KeyKind::Admin } else { KeyKind::Work };
    let spec = KeySpec { kind, ..KeySpec::default() };
    let key = servers.sims.control().make_key(Sim::OpenAi, ACCOUNT, spec).text;
    let mut doomed = Doomed {
        journey: Journey { id: String::new(), how, key, uses: USES.to_vec() },
        data_dir: servers.folder.path().join("doomed"),
        keychain_service: format!("ownkey-crash-{}", servers.clients[0].id),
        providers: Provider::ALL.iter().map(|p| (*p, servers.sims.origin(simulated(*p)))).collect(),
        point: point.to_owned(),
        nth,
    };
    let app = doomed.open(&HeadlessHost::default()).await.unwrap();
    app.join_accept(servers.clients[0].invite.clone(), "Crashing computer".to_owned()).await.unwrap();
    doomed.journey.id = app.connect_start(Provider::OpenAi, USES.to_vec()).await.unwrap();
    doomed
}

/// Lets a process walk, and kills it where it stands; false when it arrived without reaching its point.
async fn killed(doomed: &Doomed) -> bool {
    let mut child = Command::new(built("ownkey-demo").unwrap())
        .arg("--doomed")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let told = serde_json::to_vec(doomed).unwrap();
    child.stdin.take().unwrap().write_all(&told).await.unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    child.kill().await.unwrap();
    match line.trim() {
        "reached" => true,
        "done" => false,
        other => panic!("at {} for the {}. time: {other:?}", doomed.point, doomed.nth),
    }
}

/// Names of what is in the keychain.
async fn kept(doomed: &Doomed) -> Vec<String> {
    let found = Command::new("secret-tool").args(["search", "--all", "service", &doomed.keychain_service]).output();
    let found = found.await.unwrap();
    let text = [found.stdout, found.stderr].concat();
    let names = String::from_utf8_lossy(&text);
    names.lines().filter_map(|l| l.strip_prefix("attribute.username = ")).map(str::to_owned).collect()
}

/// Kills the app when it reaches `point` for the `nth` time; false when the journey ended without reaching it.
async fn killed_at(point: &'static str, nth: usize, how: How) -> bool {
    let servers = Servers::start(&["Crash"]).await.unwrap();
    let control = servers.sims.control().clone();
    let doomed = begun(&servers, point, nth, how).await;
    let died = killed(&doomed).await;

    let host = HeadlessHost::default();
    let again = doomed.open(&host).await.unwrap();
    again.start().await.unwrap();
    let id = &doomed.journey.id;
    let state = again.app_state().await.unwrap();
    assert!(state.drafts.iter().any(|d| d.id == *id), "killed at {point}: the app does not say where it was");
    doomed.journey.go_on(&again, &host).await.unwrap();

    let state = again.app_state().await.unwrap();
    let connection = state.connections.iter().find(|c| c.id == *id).unwrap();
    assert_eq!(connection.current, connection.versions.first().map(|v| v.number), "{point}");
    let live: Vec<_> = control.keys(Sim::OpenAi).into_iter().filter(|k| k.state == KeyStanding::Live).collect();
    let work: Vec<_> = live.iter().filter(|k| k.kind == KeyKind::Work).collect();
    assert_eq!(work.len(), 1, "killed at {point}: {} work keys live at the provider", work.len());
    if how == How::MadeForMe {
        assert!(work[0].scopes.as_ref().is_some_and(|s| !s.is_empty()), "{point}: a full-scope key stayed behind");
    }
    let names = kept(&doomed).await;
    assert_eq!(names.iter().filter(|n| n.starts_with("key/")).count(), connection.versions.len(), "{point}: {names:?}");
    assert!(!names.iter().any(|n| n.ends_with("/draft") || n.starts_with("admin/")), "{point}: {names:?}");
    again.connect_close(id.clone()).await.unwrap();
    again.forget_keys().await.unwrap();
    assert_eq!(kept(&doomed).await, Vec::<String>::new(), "{point}: the keychain is left as it was");
    drop(again);
    servers.stop().await.unwrap();
    died
}

/// Kills at every time that a point is reached, until the journey no longer reaches it.
async fn killed_everywhere(points: &[&'static str], how: How) -> Vec<&'static str> {
    let mut reached = Vec::new();
    for point in points {
        for nth in 0..12 {
            if !killed_at(point, nth, how).await {
                break;
            }
            if nth == 0 {
                reached.push(*point);
            }
        }
    }
    reached
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_key_survives_being_killed_at_every_point() {
    let reached = killed_everywhere(connect_points, How::ByHand).await;
    let expected: Vec<_> = connect_points.iter().copied().filter(|p| !p.starts_with("make:")).collect();
    assert_eq!(reached, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_for_the_person_survives_being_killed_at_every_point() {
    let reached = killed_everywhere(connect_points, How::MadeForMe).await;
    let expected: Vec<_> = connect_points.iter().copied().filter(|p| !p.starts_with("paste:")).collect();
    assert_eq!(reached, expected);
}
