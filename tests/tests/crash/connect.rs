//! Connect, killed at every listed point: a process of its own walks the journey on the system's keychain, is killed
//! (SIGKILL) where it stands, and is started again. The app says where it was and goes on; nothing is lost, nothing is
//! made twice, and no key stays behind at the provider.

use std::process::Stdio;

use ownkey_app::connect_points;
use ownkey_app::wire::{ConnectStep, How};
use ownkey_demo::client::HeadlessHost;
use ownkey_demo::journey::{Doomed, Journey};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{KeyKind, KeySpec, KeyStanding, KeyState, Provider as Sim};
use ownkey_tests::built;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

const USES: [Use; 1] = [Use::Chat];
const ACCOUNT: &str = "Crash account";

/// A client that has joined and begun to connect, in a process that has ended since.
async fn begun(servers: &Servers, point: &str, nth: usize, how: How, discards_at: Option<ConnectStep>) -> Doomed {
    let kind = if how == How::MadeForMe { KeyKind::Admin } else { KeyKind::Work };
    let spec = KeySpec { kind, ..KeySpec::default() };
    let key = servers.sims.control().make_key(Sim::OpenAi, ACCOUNT, spec).text;
    let mut doomed = Doomed {
        journey: Journey { id: String::new(), how, key, uses: USES.to_vec(), discards_at },
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

/// Work keys that live at the provider.
fn live_work(servers: &Servers) -> Vec<KeyState> {
    let keys = servers.sims.control().keys(Sim::OpenAi);
    keys.into_iter().filter(|k| k.kind == KeyKind::Work && k.state == KeyStanding::Live).collect()
}

/// The screens on which the person may find themselves after a death at a point, once the app has gone on by itself.
fn screens(point: &str) -> &'static [ConnectStep] {
    use ConnectStep::{Check, Confirm, Done, Key, Review, Try, Use};
    match point {
        "admin: kept in the keychain" | "admin: written down" => &[Key],
        "make: step written down" | "make: key kept in the keychain" => &[Key],
        "paste: kept in the keychain" | "paste: written down" | "make: key written down" => &[Check],
        "check: written down" | "pick: written down" => &[Check],
        "review: written down" | "send: connection opened" | "send: kept under its version" => &[Review],
        "send: version written down" | "send: pushed" => &[Confirm, Try],
        "try: trial started" => &[Try],
        "use: promoted" => &[Done],
        // Three acts on the way: the connection is opened, the version pushed, then tried and put to use.
        "act: stored before sending" | "act: answered" => &[Review, Confirm, Try, Use, Done],
        other => panic!("which screen belongs to {other}?"),
    }
}

/// Kills the app when it reaches `point` for the `nth` time; false when the journey ended without reaching it.
async fn killed_at(point: &'static str, nth: usize, how: How, discards_at: Option<ConnectStep>) -> bool {
    let servers = Servers::start(&["Crash"]).await.unwrap();
    let doomed = begun(&servers, point, nth, how, discards_at).await;
    let died = killed(&doomed).await;

    let host = HeadlessHost::default();
    let again = doomed.open(&host).await.unwrap();
    again.start().await.unwrap();
    let id = &doomed.journey.id;
    let state = again.app_state().await.unwrap();
    let shown = state.drafts.iter().find(|d| d.id == *id);
    let work = live_work(&servers);
    if discards_at.is_some() {
        assert!(died, "the journey ended before {point}");
        assert!(shown.is_none(), "killed at {point}: what was being discarded is still shown");
        let pasted = usize::from(how == How::ByHand); // the person deletes it there
        assert_eq!(work.len(), pasted, "killed at {point}: a key that Ownkey made lives on");
        assert!(state.connections.is_empty(), "{point}");
        assert_eq!(kept(&doomed).await, ["device"], "{point}");
        again.forget_keys().await.unwrap();
        drop(again);
        servers.stop().await.unwrap();
        return died;
    }
    let shown = shown.unwrap_or_else(|| panic!("killed at {point}: the app does not say where it was"));
    assert!(!died || screens(point).contains(&shown.step), "killed at {point}: it shows {:?}", shown.step);
    assert!(work.len() <= 1, "killed at {point}: {} work keys live at the provider", work.len());
    if shown.step >= ConnectStep::Check {
        let hint = shown.key.as_ref().map(|key| key.last_four.as_str());
        assert_eq!(hint, work.first().map(|key| key.last_four.as_str()), "{point}: another key than is shown");
    }
    doomed.journey.go_on(&again, &host).await.unwrap();

    let state = again.app_state().await.unwrap();
    let connection = state.connections.iter().find(|c| c.id == *id).unwrap();
    assert_eq!(connection.current, connection.versions.first().map(|v| v.number), "{point}");
    let work = live_work(&servers);
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
            if !killed_at(point, nth, how, None).await {
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
    let points = without(&["make:", "admin:", "discard:"]);
    assert_eq!(killed_everywhere(&points, How::ByHand).await, points);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_for_the_person_survives_being_killed_at_every_point() {
    let points = without(&["paste:", "discard:"]);
    assert_eq!(killed_everywhere(&points, How::MadeForMe).await, points);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_discarded_is_gone_everywhere_however_often_the_app_is_killed_over_it() {
    for point in connect_points.iter().copied().filter(|p| p.starts_with("discard:")) {
        for how in [How::ByHand, How::MadeForMe] {
            let at = Some(ConnectStep::Try);
            assert!(killed_at(point, 0, how, at).await);
        }
    }
}

fn without(beginnings: &[&str]) -> Vec<&'static str> {
    connect_points.iter().copied().filter(|p| !beginnings.iter().any(|b| p.starts_with(b))).collect()
}
