//! When the app cannot start: a native dialog says why, and it ends once that was read.

use std::process::Stdio;
use std::time::Duration;

use ownkey_demo::servers::Servers;
use ownkey_demo::window::{Place, binary};
use tokio::process::{Child, Command};

use crate::scene::{Scene, press_in_native_dialog};

/// The app as a person starts it, without a driver.
fn started(place: &Place) -> Child {
    let mut app = Command::new(binary().unwrap());
    app.envs(place.environment()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    app.kill_on_drop(true).spawn().unwrap()
}

/// Reads the dialog and presses Return; the app ends, and says so in its exit code.
async fn read_why(mut app: Child, name: &str) {
    let ended = async {
        press_in_native_dialog("Ownkey", "Return").await;
        app.wait().await.unwrap()
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), ended).await;
    assert_eq!(ended.expect("the app ends").code(), Some(1), "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_started_on_data_of_a_newer_version_says_so_and_ends() {
    let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
    let place = Place::new(&servers, "newer", Some(true), None).unwrap();
    std::fs::create_dir_all(&place.data_dir).unwrap();
    let file = place.data_dir.join("ownkey.sqlite");
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&file).unwrap();
    read_why(started(&place), "newer").await;
    assert!(std::fs::read(&file).unwrap() == before, "the data is left as it was");
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_on_the_same_data_says_so_and_the_first_goes_on() {
    let scene = Scene::joined("twice", Some(true)).await;
    let place = Place::new(&scene.servers, "twice", Some(true), None).unwrap();
    read_why(started(&place), "twice").await;
    scene.window.find("card-chat").await.unwrap();
    scene.close().await;
}
