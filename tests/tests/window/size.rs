//! Small windows, large letters, and what the keyboard does to the window itself.

use anyhow::Result;
use ownkey_demo::drive::{self, Window};
use ownkey_demo::servers::Servers;
use ownkey_demo::window::{Place, binary};

use crate::album::Album;
use crate::scene::Scene;

/// The smallest window that a person can make (src-tauri).
const SMALLEST: (u32, u32) = (720, 560);

#[tokio::test(flavor = "multi_thread")]
async fn in_the_smallest_window_and_at_twice_the_size_nothing_is_cut_off() {
    let scene = Scene::joined("small", Some(true)).await;
    drive::connect(&scene.window, "openai", None).await.unwrap();
    let mut album = Album::new().unwrap();
    small(&scene.window, &mut album).await.unwrap();
    let findings = album.findings();
    assert!(findings.is_empty(), "{} findings\n{}", findings.len(), findings.join("\n"));
    scene.close().await;
}

async fn small(window: &Window, album: &mut Album) -> Result<()> {
    window.resize(SMALLEST.0, SMALLEST.1).await?;
    window.dress("de", "light").await?;
    rooms(window, album, "720x560").await?;
    twice(window).await?;
    window.dress("de", "dark").await?;
    rooms(window, album, "200-percent").await?;
    window.control('0').await?;
    window.wait_true("document.documentElement.style.fontSize === ''").await
}

/// The main rooms and dialogs, in the language with the longest words.
async fn rooms(window: &Window, album: &mut Album, name: &str) -> Result<()> {
    window.click("rail-keys").await?;
    window.find("card-chat").await?;
    album.snap(window, &format!("{name}-keys")).await?;
    window.click("details").await?;
    window.find("details-dialog").await?;
    album.snap(window, &format!("{name}-details")).await?;
    window.run("document.querySelector('dialog[open]').close()").await?;
    window.click("switch-chat").await?;
    window.find("switch-dialog").await?;
    album.snap(window, &format!("{name}-switch")).await?;
    window.click("switch-cancel").await?;
    window.click("connect-new").await?;
    window.click("provider-openai").await?;
    window.click("use-chat").await?;
    album.snap(window, &format!("{name}-choose")).await?;
    window.click("connect-begin").await?;
    window.find("how-by-hand").await?;
    album.snap(window, &format!("{name}-how")).await?;
    window.click("how-by-hand").await?;
    window.click("practice-key").await?;
    album.snap(window, &format!("{name}-key")).await?;
    window.click("paste-key").await?;
    window.wait_attribute("verdict-key", "data-answer", "yes").await?;
    window.find_css("[data-testid=to-review]:enabled").await?;
    album.snap(window, &format!("{name}-check")).await?;
    window.click("to-review").await?;
    window.find_css("[data-testid=seal-and-send]:enabled").await?;
    album.snap(window, &format!("{name}-review")).await?;
    window.click("connect-discard").await?;
    window.wait_true("!document.querySelector('[data-testid=connect-step]')").await?;
    window.click("rail-history").await?;
    window.find("history-row").await?;
    window.run("document.querySelector('[data-testid=history-row] summary').click()").await?;
    album.snap(window, &format!("{name}-history")).await?;
    window.click("rail-settings").await?;
    window.find("people").await?;
    album.snap(window, &format!("{name}-settings")).await
}

/// Ctrl + until it does not get larger: twice the normal size.
async fn twice(window: &Window) -> Result<()> {
    for _ in 0..6 {
        window.control('+').await?;
    }
    window.wait_true("document.documentElement.style.fontSize === '200%'").await
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_q_quits_and_the_next_window_is_as_large_as_the_last() {
    let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
    let place = Place::new(&servers, "remembered", Some(true), None).unwrap();
    let window = Window::open(&binary().unwrap(), &place.environment()).await.unwrap();
    window.find("join-link").await.unwrap();
    window.resize(940, 660).await.unwrap();
    window.control('-').await.unwrap();
    window.wait_true("document.documentElement.style.fontSize === '90%'").await.unwrap();
    window.control('0').await.unwrap();
    window.wait_true("document.documentElement.style.fontSize === ''").await.unwrap();
    let _the_window_goes_before_it_answers = window.control('q').await;
    window.gone().await.unwrap();
    window.close().await.unwrap();

    let window = Window::open(&binary().unwrap(), &place.environment()).await.unwrap();
    window.find("join-link").await.unwrap();
    window.wait_true("innerWidth === 940 && innerHeight === 660").await.unwrap();
    window.close().await.unwrap();
    servers.stop().await.unwrap();
}
