//! Connect, killed at every listed point: started again, the app says where it was and goes on; nothing is lost, nothing
//! is made twice, and no key stays behind at the provider.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

use std::sync::Arc;
use std::time::Duration;

use ownkey_app::connect_points;
use ownkey_app::wire::{ConnectStep, ConnectView, How, ReceiptOutcome};
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::Servers;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{KeyKind, KeySpec, KeyStanding, Provider as Sim};

const USES: [Use; 1] = [Use::Chat];
const ACCOUNT: &str = "Crash account";

/// Goes on from wherever the app says that it is, as a person would, until the key is in use.
async fn go_on(headless: &Headless, id: &str, how: How, key: &str) {
    for _ in 0..400 {
        let state = headless.app.app_state().await.unwrap();
        let Some(draft) = state.drafts.iter().find(|d| d.id == id) else { panic!("the connection is gone") };
        match step(headless, draft, how, key).await {
            Some(true) => return,
            Some(false) => {}
            None => {
                tokio::time::sleep(Duration::from_millis(25)).await;
                let _offline = headless.app.sync().await;
            }
        }
    }
    panic!("the journey did not end");
}

/// One step; `Some(true)` when it is done, `None` when it waits for the agency.
async fn step(headless: &Headless, draft: &ConnectView, how: How, key: &str) -> Option<bool> {
    let (app, id) = (&headless.app, draft.id.clone());
    match draft.step {
        ConnectStep::How => app.connect_how(id, how).await.unwrap(),
        ConnectStep::Key if how == How::MadeForMe => {
            if draft.key.is_none() {
                headless.host.copy(key);
                app.connect_paste(id.clone()).await.unwrap();
            }
            app.connect_make(id, false).await.unwrap();
        }
        ConnectStep::Key => {
            headless.host.copy(key);
            app.connect_paste(id).await.unwrap();
        }
        ConnectStep::Check if draft.check.is_none() => app.connect_check(id).await.unwrap(),
        ConnectStep::Check => app.connect_review(id).await.unwrap(),
        ConnectStep::Review => app.connect_send(id).await.unwrap(),
        ConnectStep::Confirm => {
            assert_ne!(draft.receipt.as_ref().map(|r| r.outcome), Some(ReceiptOutcome::Refused));
            return None;
        }
        ConnectStep::Try if draft.trial.as_ref().is_some_and(|t| t.since.is_none()) => {
            app.connect_try(id).await.unwrap();
        }
        ConnectStep::Try | ConnectStep::Use => {
            app.connect_use(id, USES.to_vec(), USES.to_vec()).await.unwrap();
        }
        ConnectStep::Done => return Some(true),
    }
    Some(false)
}

/// Kills the app when it reaches `point` for the `nth` time; false when the journey ended without reaching it.
async fn killed_at(point: &'static str, nth: usize, how: How) -> bool {
    let servers = Servers::start(&["Crash"]).await.unwrap();
    let control = servers.sims.control().clone();
    let kind = if how == How::MadeForMe { KeyKind::Admin } else { KeyKind::Work };
    let pasted = control.make_key(Sim::OpenAi, ACCOUNT, KeySpec { kind, ..KeySpec::default() });
    let keychain = Arc::new(MemoryKeychain::default());
    let headless = Headless::open(&servers, "crash", keychain.clone()).unwrap();
    headless.join(&servers.clients[0].invite).await.unwrap();
    let id = headless.app.connect_start(Provider::OpenAi, USES.to_vec()).await.unwrap();
    headless.host.die_at(point, nth);
    let host = headless.host.clone();
    let (journey_id, key) = (id.clone(), pasted.text.clone());
    let mut journey = tokio::spawn(async move { go_on(&headless, &journey_id, how, &key).await });
    let died = tokio::select! {
        () = host.died() => true,
        done = &mut journey => {
            done.unwrap();
            false
        }
    };
    if died {
        journey.abort();
        let _aborted = journey.await;
    }

    let again = reopened(&servers, keychain.clone()).await;
    again.app.start().await.unwrap();
    let state = again.app.app_state().await.unwrap();
    let draft = state.drafts.iter().find(|d| d.id == id);
    assert!(draft.is_some(), "killed at {point}: the app does not say where it was");
    go_on(&again, &id, how, &pasted.text).await;

    let state = again.app.app_state().await.unwrap();
    let connection = state.connections.iter().find(|c| c.id == id).unwrap();
    assert_eq!(connection.current, connection.versions.first().map(|v| v.number), "{point}");
    let live: Vec<_> = control.keys(Sim::OpenAi).into_iter().filter(|k| k.state == KeyStanding::Live).collect();
    let work: Vec<_> = live.iter().filter(|k| k.kind == KeyKind::Work).collect();
    assert_eq!(work.len(), 1, "killed at {point}: {} work keys live at the provider", work.len());
    if how == How::MadeForMe {
        assert!(work[0].scopes.as_ref().is_some_and(|s| !s.is_empty()), "{point}: a full-scope key stayed behind");
    }
    let names = keychain.names();
    assert_eq!(names.iter().filter(|n| n.starts_with("key/")).count(), connection.versions.len(), "{point}: {names:?}");
    assert!(!names.iter().any(|n| n.ends_with("/draft") || n.starts_with("admin/")), "{point}: {names:?}");
    again.app.connect_close(id).await.unwrap();
    drop(again);
    servers.stop().await.unwrap();
    died
}

/// The old process is gone once its lock is free.
async fn reopened(servers: &Servers, keychain: Arc<MemoryKeychain>) -> Headless {
    for _ in 0..200 {
        match Headless::open(servers, "crash", keychain.clone()) {
            Ok(headless) => return headless,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("the data folder stays locked");
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
