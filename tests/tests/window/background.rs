//! Ownkey without a window: what is due is replaced, and the report waits for the person.

use std::process::Stdio;
use std::time::Duration;

use ownkey_demo::drive::{self, Window};
use ownkey_demo::servers::Servers;
use ownkey_demo::window::{Place, binary};
use ownkey_protocol::act::RotationOutcome;
use ownkey_protocol::act::{Act, Deed};
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::record::Leaf;
use tokio::process::{Child, Command};

use crate::scene::{Scene, screens};

/// The app as the system starts it, without a driver.
fn started(place: &Place) -> Child {
    let mut app = Command::new(binary().unwrap());
    app.arg("--background").envs(place.environment());
    app.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap()
}

/// Windows that a program shows.
async fn windows_of(app: &Child) -> String {
    let pid = app.id().unwrap().to_string();
    let found = Command::new("xdotool").args(["search", "--onlyvisible", "--pid", &pid]).output().await.unwrap();
    String::from_utf8_lossy(&found.stdout).into_owned()
}

fn replaced(servers: &Servers) -> bool {
    let leaves = servers.agency.store.leaves(servers.clients[0].id, 0, 1_000).unwrap();
    leaves.iter().any(|leaf| {
        let envelope = Envelope::parse(&Leaf::parse(leaf).unwrap().envelope.0).unwrap();
        matches!(Act::parse(&envelope).unwrap().deed, Deed::RotationEnd { outcome: RotationOutcome::Done, .. })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_due_is_replaced_without_a_window_and_the_report_is_there_when_it_is_opened() {
    let scene = Scene::joined("background", Some(true)).await;
    let window = &scene.window;
    drive::connect_and_keep_admin(window).await.unwrap();
    window.click("details").await.unwrap();
    window.choose("schedule", "30").await.unwrap();
    window.find("due-why").await.unwrap();
    window.picture(&screens(), "details-schedule").await.unwrap();
    let Scene { servers, window, calling } = scene;
    window.close().await.unwrap();

    let place = Place::new(&servers, "background", Some(true), None).unwrap();
    place.days_later(31).unwrap();
    let mut app = started(&place);
    let replacing = async {
        while !replaced(&servers) {
            assert!(app.try_wait().unwrap().is_none(), "it ended");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(90), replacing).await.expect("it is replaced by itself");
    assert_eq!(windows_of(&app).await, "", "nothing is shown");
    app.kill().await.unwrap();

    place.days_later(0).unwrap();
    let window = Window::open(&binary().unwrap(), &place.environment()).await.unwrap();
    window.click("look-replace").await.unwrap();
    window.wait_attribute("replace-title", "data-state", "done").await.unwrap();
    window.find("replace-report").await.unwrap();
    calling.abort();
    window.close().await.unwrap();
    servers.stop().await.unwrap();
}
