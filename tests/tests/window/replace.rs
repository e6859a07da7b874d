//! The room *Replace*: what it looks like on the way, and the whole way from the button to the report.

use anyhow::Result;
use ownkey_demo::drive;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::KeyStanding;

use crate::album::Album;
use crate::scene::{Scene, screens};
use ownkey_demo::servers::simulated;

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
