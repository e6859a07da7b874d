//! The room *Replace*: what it looks like on the way, and the whole way from the button to the report.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::drive;
use ownkey_demo::servers::simulated;
use ownkey_protocol::law::Lease;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{KeyKind, KeySpec, KeyStanding};

use crate::album::Album;
use crate::scene::{Scene, copy, screens};

/// Begun, looked at, and stopped again: the old key stays.
pub(crate) async fn begun_and_stopped(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.click("replace").await?;
    window.wait_attribute("replace-title", "data-wait", "new_key").await?;
    album.keep(window, "replace", "replace-new-key").await?;
    window.click("replace-stop").await?;
    window.find("stop-dialog").await?;
    album.keep(window, "stop-dialog", "replace-stop").await?;
    window.click("stop-yes").await?;
    window.wait_attribute("replace-title", "data-wait", "new_revoked").await?;
    album.keep(window, "replace", "replace-new-revoked").await?;
    window.click("replace-revoked").await?;
    window.wait_attribute("replace-title", "data-state", "abandoned").await?;
    album.keep(window, "replace", "replace-abandoned").await?;
    window.click("replace-done").await?;
    window.find("card-chat").await.map(drop)
}

/// Ids of the work keys that a provider accepts.
pub(crate) fn living(scene: &Scene, provider: Provider) -> Vec<String> {
    let keys = scene.servers.sims.control().keys(simulated(provider)).into_iter();
    keys.filter(|key| key.state == KeyStanding::Live && key.kind == KeyKind::Work).map(|key| key.id).collect()
}

/// The last call was booked on this key.
fn booked_on(scene: &Scene, provider: Provider, key: &str) {
    let rows = scene.billed(provider);
    assert_eq!(rows.iter().rfind(|row| row.key.is_some()).unwrap().key.as_deref(), Some(key), "{provider}");
}

/// From the button to the report, the new key made and the old one revoked by hand while the assistants go on calling.
pub(crate) async fn replaced_by_hand(scene: &Scene, provider: Provider) {
    let window = &scene.window;
    let old = living(scene, provider).remove(0);
    for id in ["replace", "practice-key", "paste-key"] {
        window.click(id).await.unwrap();
    }
    if provider == Provider::Stability {
        window.click("paste-sure").await.unwrap();
    }
    window.wait_attribute("replace-title", "data-wait", "old_revoked").await.unwrap();
    window.picture(&screens(), &format!("replace-{provider}-old-revoked")).await.unwrap();
    assert!(scene.servers.sims.control().revoke_key(simulated(provider), &old));
    window.click("replace-revoked").await.unwrap();
    done(scene, provider).await;
}

/// The report is there, the one key that lives serves, and the home shows it.
async fn done(scene: &Scene, provider: Provider) {
    let window = &scene.window;
    window.wait_attribute("replace-title", "data-state", "done").await.unwrap();
    window.find("replace-report").await.unwrap();
    window.picture(&screens(), &format!("replace-{provider}-done")).await.unwrap();
    let left = living(scene, provider);
    assert_eq!(left.len(), 1, "{provider}");
    booked_on(scene, provider, &left[0]);
    window.click("replace-done").await.unwrap();
    window.find("card-chat").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_admin_key_one_press_is_all() {
    let scene = Scene::joined("replace-auto", Some(true)).await;
    drive::connect_and_keep_admin(&scene.window).await.unwrap();
    let (old, actions) = (living(&scene, Provider::OpenAi), scene.window.actions());
    scene.window.click("replace").await.unwrap();
    scene.window.wait_attribute("replace-title", "data-state", "done").await.unwrap();
    assert_eq!(scene.window.actions() - actions, 1);
    done(&scene, Provider::OpenAi).await;
    assert_ne!(living(&scene, Provider::OpenAi), old);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_leaked_is_dead_before_there_is_another() {
    let scene = Scene::joined("replace-leaked", Some(true)).await;
    let window = &scene.window;
    drive::connect(window, "anthropic", None).await.unwrap();
    let old = living(&scene, Provider::Anthropic).remove(0);
    for id in ["details", "leaked"] {
        window.click(id).await.unwrap();
    }
    window.wait_attribute("replace-title", "data-wait", "old_revoked").await.unwrap();
    window.wait_attribute("runs-on", "data-runs-on", "none").await.unwrap();
    window.picture(&screens(), "replace-leaked-old-revoked").await.unwrap();
    assert!(scene.servers.sims.control().revoke_key(simulated(Provider::Anthropic), &old));
    window.click("replace-revoked").await.unwrap();
    window.wait_attribute("replace-title", "data-wait", "new_key").await.unwrap();
    assert_eq!(living(&scene, Provider::Anthropic), Vec::<String>::new());
    for id in ["practice-key", "paste-key"] {
        window.click(id).await.unwrap();
    }
    done(&scene, Provider::Anthropic).await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weaker_key_is_said_to_be_one_and_another_takes_its_place() {
    let scene = Scene::joined("replace-weaker", Some(true)).await;
    let window = &scene.window;
    drive::connect(window, "openai", None).await.unwrap();
    let old = living(&scene, Provider::OpenAi).remove(0);
    let few = KeySpec { models: Some(vec!["gpt-4o-mini".to_owned()]), ..KeySpec::default() };
    let weak = scene.servers.sims.control().make_key(simulated(Provider::OpenAi), "Practice account", few);
    window.click("replace").await.unwrap();
    window.wait_attribute("replace-title", "data-wait", "new_key").await.unwrap();
    copy(&weak.text).await;
    window.click("paste-key").await.unwrap();
    window.find("weaknesses").await.unwrap();
    window.picture(&screens(), "replace-weaker").await.unwrap();
    booked_on(&scene, Provider::OpenAi, &old);
    window.click("replace-another").await.unwrap();
    window.wait_attribute("replace-title", "data-wait", "new_revoked").await.unwrap();
    assert!(scene.servers.sims.control().revoke_key(simulated(Provider::OpenAi), &weak.id));
    for id in ["replace-revoked", "practice-key", "paste-key"] {
        window.click(id).await.unwrap();
    }
    window.wait_attribute("replace-title", "data-wait", "old_revoked").await.unwrap();
    assert!(scene.servers.sims.control().revoke_key(simulated(Provider::OpenAi), &old));
    window.click("replace-revoked").await.unwrap();
    done(&scene, Provider::OpenAi).await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_computer_replaces_the_key_this_one_says_so_and_may_begin_after_it() {
    let scene = Scene::joined("replace-two", Some(true)).await;
    let window = &scene.window;
    drive::connect(window, "anthropic", None).await.unwrap();
    window.click("rail-settings").await.unwrap();
    let ben = second(&scene).await;
    let connection = ben.app.app_state().await.unwrap().connections[0].id.clone();
    ben.app.rotation_start(connection.clone(), false).await.unwrap();
    let driven = {
        let app = ben.app.clone();
        tokio::spawn(async move { app.follow().await })
    };
    leased(&scene).await;
    window.click("rail-keys").await.unwrap();
    window.click("replace").await.unwrap();
    window.wait_attribute("failure", "data-code", "rotation_runs").await.unwrap();
    window.picture(&screens(), "replace-elsewhere").await.unwrap();
    ben.app.rotation_cancel(connection.clone()).await.unwrap();
    let stopped = async {
        while !ended(&scene) {
            // Whether a key was made on the page, only the person knows.
            let _asked_by_now = ben.app.rotation_revoked(connection.clone()).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), stopped).await.expect("it ends");
    driven.abort();
    window.click("rail-settings").await.unwrap();
    window.click("rail-keys").await.unwrap();
    replaced_by_hand(&scene, Provider::Anthropic).await;
    scene.close().await;
}

/// Another owner's computer, without a window.
async fn second(scene: &Scene) -> Headless {
    let window = &scene.window;
    window.click("invite").await.unwrap();
    window.type_into("invite-name", "Ben").await.unwrap();
    window.click("invite-role-owner").await.unwrap();
    window.click("invite-make").await.unwrap();
    window.find("invite-link").await.unwrap();
    let link = window.find("invite-link").await.unwrap().text().await.unwrap();
    window.click("invite-close").await.unwrap();
    let ben = Headless::open(&scene.servers, "ben", Arc::new(MemoryKeychain::default())).unwrap();
    ben.join(link.trim()).await.unwrap();
    ben
}

fn lease(scene: &Scene) -> Option<Lease> {
    let state = scene.servers.agency.record.state(scene.servers.clients[0].id).unwrap();
    state.connections().values().find_map(|known| known.rotation)
}

async fn leased(scene: &Scene) {
    for _ in 0..600 {
        if lease(scene).is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no lease");
}

fn ended(scene: &Scene) -> bool {
    lease(scene).is_none()
}

/// A key that may have leaked: the calls on it are listed while the old one is ended.
pub(crate) async fn leaked(scene: &Scene, album: &mut Album) -> Result<()> {
    let window = &scene.window;
    window.click("details").await?;
    window.click("leaked").await?;
    window.wait_attribute("replace-title", "data-wait", "old_revoked").await?;
    window
        .wait_true("document.querySelector('[data-testid=version-calls-sum], [data-testid=version-calls-none]')")
        .await?;
    album.keep(window, "replace", "replace-leaked").await?;
    window.click("replace-leave").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_by_keyboard_alone_while_assistants_call_and_none_notices() {
    let scene = Scene::joined("replace", Some(true)).await;
    let window = &scene.window;
    drive::connect(window, "openai", None).await.unwrap();
    let control = scene.servers.sims.control();
    let openai = simulated(Provider::OpenAi);
    let living = |key: &ownkey_provider_sim::KeyState| key.state == KeyStanding::Live;
    let old = control.keys(openai).into_iter().find(living).unwrap().id;
    window.press("replace", "Return").await.unwrap();
    for id in ["practice-key", "paste-key"] {
        window.press(id, "Return").await.unwrap();
    }
    window.wait_attribute("replace-title", "data-wait", "old_revoked").await.unwrap();
    window.picture(&screens(), "replace-old-revoked").await.unwrap();
    assert!(control.revoke_key(openai, &old));
    window.press("replace-revoked", "Return").await.unwrap();
    window.wait_attribute("replace-title", "data-state", "done").await.unwrap();
    window.find("replace-report").await.unwrap();
    window.picture(&screens(), "replace-done").await.unwrap();
    window.press("replace-save", "Return").await.unwrap();
    let rows = scene.billed(Provider::OpenAi);
    let last = rows.iter().rfind(|row| row.key.is_some()).unwrap();
    assert_ne!(last.key.as_ref(), Some(&old), "calls run on the new key");
    window.press("replace-done", "Return").await.unwrap();
    window.find("card-chat").await.unwrap();
    scene.close().await;
}
