//! Every step of a replacement as the window shows it, held there for the picture: in both languages and themes, with
//! what axe and a ruler find.

use ownkey_demo::assistants::http;
use ownkey_demo::drive;
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, Lag};
use ownkey_tests::shapes::{Shape, call};
use reqwest::Response;

use crate::album::Album;
use crate::replace::living;
use crate::scene::Scene;

const ANTHROPIC: Provider = Provider::Anthropic;
const MODELS: &str = "GET /v1/models";
/// About as long as the album needs for one screen, and shorter than a check waits for an answer.
const LONG: FaultKind = FaultKind::Delay(9_000);
const LONG_MILLIS: u32 = 25_000;

async fn waits(scene: &Scene, album: &mut Album, kind: &str, name: &str) {
    scene.window.wait_attribute("replace-title", "data-wait", kind).await.unwrap();
    album.keep(&scene.window, "replace", name).await.unwrap();
}

/// An answer on the old key that takes long, once its first piece has come.
async fn long_answer(scene: &Scene) -> Response {
    let slow = Fault::next(1, FaultKind::SlowBody { bytes_per_s: 20 });
    scene.servers.sims.control().inject(simulated(ANTHROPIC), slow);
    let assistants = &scene.servers.clients[0].assistants;
    let token = &assistants.iter().find(|a| a.uses.contains(&Use::Chat)).unwrap().token;
    let gateway = format!("{}/gateway", scene.servers.origin);
    let mut answer = call(&http().unwrap(), &gateway, token, ANTHROPIC, Shape::Streamed).send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_replacement_is_looked_at() {
    let mut scene = Scene::joined("replace-steps", Some(true)).await;
    let mut album = Album::new().unwrap();
    drive::connect(&scene.window, "anthropic", None).await.unwrap();
    let old = living(&scene, ANTHROPIC).remove(0);
    scene.hush().await;
    let running = long_answer(&scene).await;
    let control = scene.servers.sims.control().clone();
    let anthropic = simulated(ANTHROPIC);

    scene.window.click("replace").await.unwrap();
    waits(&scene, &mut album, "new_key", "replace-1-new-key").await;
    // The app's check is answered late, and the agency's not at all for now.
    control.inject(anthropic, Fault::on(MODELS, 1, LONG));
    control.inject(anthropic, Fault::on(MODELS, 99, FaultKind::HangUp));
    for id in ["practice-key", "paste-key"] {
        scene.window.click(id).await.unwrap();
    }
    scene.window.wait_attribute("replace-step-checked", "data-state", "now").await.unwrap();
    album.keep(&scene.window, "replace", "replace-2-checked").await.unwrap();
    waits(&scene, &mut album, "confirmation", "replace-3-confirmation").await;
    control.clear_faults(anthropic);
    waits(&scene, &mut album, "proof", "replace-4-proof").await;
    scene.call_again();
    waits(&scene, &mut album, "draining", "replace-5-draining").await;
    drop(running);
    waits(&scene, &mut album, "old_revoked", "replace-6-old-revoked").await;
    control.dead_keys_linger(anthropic, Lag::millis(LONG_MILLIS));
    assert!(control.revoke_key(anthropic, &old));
    scene.window.click("replace-revoked").await.unwrap();
    waits(&scene, &mut album, "still_accepted", "replace-7-still-accepted").await;
    scene.window.wait_attribute("replace-title", "data-state", "done").await.unwrap();
    album.keep(&scene.window, "replace", "replace-8-done").await.unwrap();
    assert_eq!(album.findings(), [""; 0]);
    scene.close().await;
}
