//! *Make it for me* on a bad day: the person changes the way, the admin key is weak, revoked, or no longer wanted.

use ownkey_app::wire::{ConnectStep, How};
use ownkey_demo::client::Headless;
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{
    Fault as SimFault, FaultKind, KeyKind, KeySpec, KeyStanding, KeyState, MadeKey, Provider as Sim,
};

use super::{draft, joined, paste};

fn admin(servers: &Servers) -> MadeKey {
    let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
    servers.sims.control().make_key(Sim::OpenAi, "Admin", spec)
}

fn live_work(servers: &Servers) -> Vec<KeyState> {
    let keys = servers.sims.control().keys(Sim::OpenAi);
    keys.into_iter().filter(|k| k.kind == KeyKind::Work && k.state == KeyStanding::Live).collect()
}

/// A draft with the admin key pasted.
async fn begun(servers: &Servers, headless: &Headless) -> (String, MadeKey) {
    let id = draft(headless, Provider::OpenAi).await;
    headless.app.connect_how(id.clone(), How::MadeForMe).await.unwrap();
    let admin = admin(servers);
    paste(headless, &id, &admin.text).await.unwrap();
    assert!(headless.keychain.names().contains(&format!("admin/{id}")));
    (id, admin)
}

async fn code<T>(work: impl Future<Output = Result<T, ownkey_app::fault::Fault>>) -> Option<Code> {
    work.await.err().map(|fault| fault.code)
}

fn only_the_device(headless: &Headless) {
    assert_eq!(headless.keychain.names(), ["device"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_the_key_by_hand_after_all_leaves_no_admin_key_behind() {
    let (servers, headless) = joined().await;
    let (id, _) = begun(&servers, &headless).await;
    headless.app.connect_back(id.clone()).await.unwrap();
    headless.app.connect_how(id.clone(), How::ByHand).await.unwrap();
    only_the_device(&headless);
    let work = servers.sims.control().make_key(Sim::OpenAi, "x", KeySpec::default());
    paste(&headless, &id, &work.text).await.unwrap();
    headless.app.connect_discard(id).await.unwrap();
    only_the_device(&headless);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_made_is_taken_back_when_the_way_changes() {
    let (servers, headless) = joined().await;
    let (id, _) = begun(&servers, &headless).await;
    headless.app.connect_make(id.clone(), false).await.unwrap();
    assert_eq!(live_work(&servers).len(), 1);
    for _ in 0..2 {
        headless.app.connect_back(id.clone()).await.unwrap();
    }
    headless.app.connect_how(id.clone(), How::ByHand).await.unwrap();
    assert_eq!(live_work(&servers).len(), 0, "an orphan stayed at OpenAI");
    only_the_device(&headless);
    let state = headless.app.app_state().await.unwrap();
    let view = state.drafts.iter().find(|d| d.id == id).unwrap();
    assert!(view.key.is_none() && view.making.is_empty() && view.step == ConnectStep::Key);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn discarding_with_a_revoked_admin_key_says_so_and_then_what_stays_at_the_provider() {
    let (servers, headless) = joined().await;
    let (id, admin) = begun(&servers, &headless).await;
    headless.app.connect_make(id.clone(), false).await.unwrap();
    servers.sims.control().revoke_key(Sim::OpenAi, &admin.id);
    assert_eq!(code(headless.app.connect_discard(id.clone())).await, Some(Code::KeyRefused));
    let shown = headless.app.app_state().await.unwrap().drafts[0].failure.clone().map(|f| f.code);
    assert_eq!(shown, Some(Code::KeyRefused));
    headless.host.decline();
    assert_eq!(code(headless.app.connect_discard(id.clone())).await, Some(Code::Declined));
    let asked = headless.host.asked().pop().unwrap();
    assert_eq!(asked.about, "leave-behind");
    let name = format!("ownkey {id} v1");
    assert!(asked.fields.contains(&("name", name)), "it does not say what stays: {:?}", asked.fields);
    headless.host.accept();
    headless.app.connect_discard(id).await.unwrap();
    assert!(headless.app.app_state().await.unwrap().drafts.is_empty());
    only_the_device(&headless);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_admin_key_is_named_and_another_can_be_pasted() {
    let (servers, headless) = joined().await;
    let (id, _) = begun(&servers, &headless).await;
    let body = serde_json::json!({ "error": { "message": "You have insufficient permissions for this operation. Missing scopes: api.management.write.", "type": "invalid_request_error", "param": null, "code": "missing_scope" } });
    let refuse = SimFault::on("POST /v1/organization/projects", 1, FaultKind::Status { code: 403, body });
    servers.sims.control().inject(Sim::OpenAi, refuse);
    assert_eq!(code(headless.app.connect_make(id.clone(), true)).await, Some(Code::AdminKeyWeak));
    servers.sims.control().clear_faults(Sim::OpenAi);
    let another = admin(&servers);
    paste(&headless, &id, &another.text).await.unwrap();
    headless.app.connect_make(id.clone(), true).await.unwrap();
    assert_eq!(live_work(&servers).len(), 1);
    headless.app.connect_discard(id).await.unwrap();
    assert_eq!(headless.keychain.names(), ["admin/openai", "device"]);

    // The kept one was revoked at the provider: another takes its place.
    servers.sims.control().revoke_key(Sim::OpenAi, &another.id);
    let id = draft(&headless, Provider::OpenAi).await;
    headless.app.connect_how(id.clone(), How::MadeForMe).await.unwrap();
    assert_eq!(code(headless.app.connect_make(id.clone(), false)).await, Some(Code::KeyRefused));
    paste(&headless, &id, &admin(&servers).text).await.unwrap();
    headless.app.connect_make(id.clone(), false).await.unwrap();
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_delete_the_first_key_is_named_and_trying_again_helps() {
    let (servers, headless) = joined().await;
    let (id, _) = begun(&servers, &headless).await;
    let control = servers.sims.control();
    control.unconfirmed(Sim::OpenAi, "delete_service_account_key", "refused");
    assert_eq!(code(headless.app.connect_make(id.clone(), false)).await, Some(Code::DeletionRefused));
    control.unconfirmed(Sim::OpenAi, "delete_service_account_key", "allowed");
    headless.app.connect_make(id, false).await.unwrap();
    assert_eq!(live_work(&servers).len(), 1);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_key_where_an_admin_key_belongs_is_left_on_the_clipboard() {
    let (servers, headless) = joined().await;
    let id = draft(&headless, Provider::OpenAi).await;
    headless.app.connect_how(id.clone(), How::MadeForMe).await.unwrap();
    let work = servers.sims.control().make_key(simulated(Provider::OpenAi), "x", KeySpec::default());
    assert_eq!(paste(&headless, &id, &work.text).await, Err(Code::WorkKeyPasted));
    assert_eq!(headless.host.clipboard(), Some(work.text));
    only_the_device(&headless);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_admin_key_is_shown_and_can_be_forgotten() {
    let (servers, headless) = joined().await;
    let (id, _) = begun(&servers, &headless).await;
    headless.app.connect_make(id.clone(), true).await.unwrap();
    let kept = || async {
        let state = headless.app.app_state().await.unwrap();
        state.providers.iter().any(|p| p.admin_key_kept)
    };
    assert!(kept().await);
    headless.app.connect_discard(id).await.unwrap();
    headless.app.forget_admin_key(Provider::OpenAi).await.unwrap();
    assert!(!kept().await);
    only_the_device(&headless);
    servers.stop().await.unwrap();
}
