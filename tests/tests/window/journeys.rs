//! Journeys: what a person does, from a click to what is booked at the provider.

use std::path::PathBuf;
use std::time::Duration;

use ownkey_demo::assistants;
use ownkey_demo::drive::{self, Window};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_demo::window::{Place, binary};
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{KeyKind, KeyStanding};

use crate::replace::replaced_by_hand;
use crate::scene::{Scene, copy, pasted, press_in_native_dialog, screens};

async fn connects(provider: Provider) {
    let scene = Scene::joined(&format!("connect-{provider}"), Some(true)).await;
    drive::connect(&scene.window, provider.as_str(), Some(&screens())).await.unwrap();
    scene.booked_on_the_clients_key(provider);
    let text = scene.window.text().await.unwrap();
    assert!(text.contains("Simulated providers"), "{text}");
    replaced_by_hand(&scene, provider).await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_is_connected_by_a_pasted_key_which_is_replaced_by_another_and_the_calls_are_booked_on_it() {
    connects(Provider::OpenAi).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_is_connected_by_a_pasted_key_which_is_replaced_by_another_and_the_calls_are_booked_on_it() {
    connects(Provider::Anthropic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_is_connected_by_a_pasted_key_which_is_replaced_by_another_and_the_calls_are_booked_on_it() {
    connects(Provider::Gemini).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stability_is_connected_by_a_pasted_key_which_is_replaced_by_another_and_the_calls_are_booked_on_it() {
    connects(Provider::Stability).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicate_is_connected_by_a_pasted_key_which_is_replaced_by_another_and_the_calls_are_booked_on_it() {
    connects(Provider::Replicate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_for_the_person_and_only_the_scoped_one_stays() {
    let scene = Scene::joined("made", Some(true)).await;
    drive::connect_made_for_me(&scene.window, Some(&screens())).await.unwrap();
    scene.booked_on_the_clients_key(Provider::OpenAi);
    let keys = scene.servers.sims.control().keys(simulated(Provider::OpenAi));
    let work = keys.iter().find(|k| k.kind == KeyKind::Work && k.state == KeyStanding::Live).unwrap();
    assert!(work.scopes.as_ref().is_some_and(|s| s.contains(&"api.model.audio.request".to_owned())), "{work:?}");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_an_invitation_connects_an_account_in_at_most_twelve_actions() {
    let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
    let scene = Scene::beside(servers, "twelve", Some(true), true).await;
    let window = &scene.window;
    for id in
        ["join-accept", "connect-chat", "provider-openai", "connect-begin", "how-by-hand", "practice-key", "paste-key"]
    {
        window.click(id).await.unwrap();
    }
    window.wait_attribute("verdict-key", "data-answer", "yes").await.unwrap();
    for id in ["to-review", "seal-and-send", "try-start"] {
        window.click(id).await.unwrap();
    }
    window.wait_attribute("trial", "data-called", "true").await.unwrap();
    window.click("use-for-all").await.unwrap();
    window.find_css("[data-testid=\"first-calls\"]:not([data-count=\"0\"])").await.unwrap();
    assert!(window.actions() <= 12, "{} actions", window.actions());
    scene.booked_on_the_clients_key(Provider::OpenAi);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journey_is_walked_by_keyboard_alone() {
    let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
    let scene = Scene::beside(servers, "keyboard", Some(true), true).await;
    let window = &scene.window;
    for id in ["join-accept", "connect-chat"] {
        window.press(id, "Return").await.unwrap();
    }
    window.press_css("[data-testid=\"provider-openai\"] input", "space").await.unwrap();
    for id in ["connect-begin", "how-by-hand", "practice-key", "paste-key"] {
        window.press(id, "Return").await.unwrap();
    }
    window.wait_attribute("verdict-key", "data-answer", "yes").await.unwrap();
    for id in ["to-review", "seal-and-send", "try-start"] {
        window.press(id, "Return").await.unwrap();
    }
    window.wait_attribute("trial", "data-called", "true").await.unwrap();
    window.press("use-for-all", "Return").await.unwrap();
    window.find_css("[data-testid=\"first-calls\"]:not([data-count=\"0\"])").await.unwrap();
    scene.booked_on_the_clients_key(Provider::OpenAi);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_switched_to_the_platform_and_back() {
    let scene = Scene::joined("switch", Some(true)).await;
    let window = &scene.window;
    drive::connect(window, "openai", None).await.unwrap();
    window.wait_attribute("card-chat", "data-payer", "own").await.unwrap();
    window.click("switch-chat").await.unwrap();
    window.click("switch-platform").await.unwrap();
    window.picture(&screens(), "switch").await.unwrap();
    window.click("switch-save").await.unwrap();
    window.wait_attribute("card-chat", "data-payer", "platform").await.unwrap();
    window.click("switch-chat").await.unwrap();
    window.click("switch-own").await.unwrap();
    window.click("switch-save").await.unwrap();
    window.wait_attribute("card-chat", "data-payer", "own").await.unwrap();
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_picked_while_assistants_call_and_a_key_that_dies_is_said_so() {
    let scene = Scene::joined("picks", Some(true)).await;
    let window = &scene.window;
    drive::connect(window, "openai", None).await.unwrap();
    window.click("switch-chat").await.unwrap();
    window.choose("switch-model", "gpt-4o-mini").await.unwrap();
    window.click("switch-save").await.unwrap();
    window
        .wait_true("document.querySelector('[data-testid=card-chat]').innerText.includes('gpt-4o-mini')")
        .await
        .unwrap();
    let ask = |token: String| {
        let body = serde_json::json!({ "model": "ownkey", "messages": [{ "role": "user", "content": "Hello" }] });
        let address = format!("{}/gateway/chat/v1/chat/completions", scene.servers.origin);
        assistants::http().unwrap().post(address).bearer_auth(token).json(&body).send()
    };
    let token = scene.servers.clients[0].assistants[0].token.clone();
    let answer: serde_json::Value = ask(token).await.unwrap().json().await.unwrap();
    assert_eq!(answer["model"], "gpt-4o-mini", "{answer}");

    let mut keys = scene.servers.sims.control().keys(simulated(Provider::OpenAi)).into_iter();
    let key = keys.rfind(|k| k.kind == KeyKind::Work && k.state == KeyStanding::Live).unwrap();
    scene.servers.sims.control().revoke_key(simulated(Provider::OpenAi), &key.id);
    window.wait_attribute("need", "data-kind", "key_dead_stopped").await.unwrap();
    window.picture(&screens(), "key-died").await.unwrap();
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_asks_natively_stops_the_calls_and_is_proven_at_the_provider() {
    let scene = Scene::joined("revoke", None).await;
    let window = &scene.window;
    drive::connect(window, "stability", None).await.unwrap();
    window.click("revoke").await.unwrap();
    press_in_native_dialog("Revoke this key?", "Return").await;
    window.wait_attribute("need", "data-kind", "revoke_unproven").await.unwrap();
    window.picture(&screens(), "revoked").await.unwrap();
    let before = scene.billed(Provider::Stability).len();
    let key = scene.servers.sims.control().keys(simulated(Provider::Stability)).remove(0);
    let refused = refused_call(&scene).await;
    assert!(refused.0 >= 400 && refused.1.contains("not_connected"), "{refused:?}");
    assert_eq!(scene.billed(Provider::Stability).len(), before, "a call ran on a revoked key");
    scene.servers.sims.control().revoke_key(simulated(Provider::Stability), &key.id);
    window.click("need-revoke_unproven").await.unwrap();
    let mut last = String::new();
    for _ in 0..100 {
        last = window.text().await.unwrap();
        if !window.has("need-revoke_unproven").await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!window.has("need-revoke_unproven").await, "{last}");
    scene.close().await;
}

async fn refused_call(scene: &Scene) -> (u16, String) {
    let http = assistants::http().unwrap();
    let assistant = &scene.servers.clients[0].assistants[2];
    let form = reqwest::multipart::Form::new().text("prompt", "a boat");
    let answer = http
        .post(format!("{}/gateway/stability/v2beta/stable-image/generate/core", scene.servers.origin))
        .bearer_auth(&assistant.token)
        .multipart(form)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_joining_says_so_and_nothing_is_half_done() {
    let servers = Servers::start(&["Café Morgenrot"]).await.unwrap();
    let place = Place::new(&servers, "keychainless", Some(true), Some(&servers.clients[0].invite)).unwrap();
    let mut environment = place.environment();
    environment.push(("DBUS_SESSION_BUS_ADDRESS", PathBuf::from("unix:path=/nonexistent")));
    let window = Window::open(&binary().unwrap(), &environment).await.unwrap();
    window.click("join-accept").await.unwrap();
    window.wait_attribute("failure", "data-code", "keychain_none").await.unwrap();
    window.picture(&screens(), "keychain-none").await.unwrap();
    let client = servers.clients[0].id;
    let state = servers.agency.record.state(client).unwrap();
    assert!(state.devices().is_empty(), "no device was enrolled");
    assert!(state.invites().values().all(|invite| !invite.used), "the invitation is still good");
    window.close().await.unwrap();
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_says_so_and_the_clipboard_keeps_what_is_no_key() {
    let scene = Scene::joined("refused", Some(true)).await;
    let window = &scene.window;
    window.click("connect-new").await.unwrap();
    window.click("provider-anthropic").await.unwrap();
    window.click("connect-begin").await.unwrap();
    copy("just a shopping list").await;
    window.click("paste-key").await.unwrap();
    window.wait_attribute("failure", "data-code", "not_a_key").await.unwrap();
    window.picture(&screens(), "failure").await.unwrap();
    assert_eq!(pasted().await, "just a shopping list", "a refused text is left where it is");
    let made = scene.servers.sims.control().make_key(simulated(Provider::Anthropic), "Practice", Default::default());
    scene.servers.sims.control().revoke_key(simulated(Provider::Anthropic), &made.id);
    copy(&made.text).await;
    window.click("paste-key").await.unwrap();
    window.wait_attribute("verdict-key", "data-answer", "no").await.unwrap();
    assert_eq!(pasted().await, "", "a key that was used is cleared");
    assert!(!window.text().await.unwrap().contains(&made.text[20..40]), "no key on the screen");
    scene.close().await;
}
