//! No dead ends: a device that lost its key or was removed, data that cannot be read, a key that the provider keeps.

use std::sync::Arc;

use ownkey_agency::gateway;
use ownkey_app::wire::{AtProvider, How, Stage, StageWord};
use ownkey_app::{App, Setup, set_aside};
use ownkey_demo::client::{Headless, HeadlessHost, MemoryKeychain, confirmed};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::{Provider, Role, Use};
use ownkey_provider_sim::{KeyKind, KeySpec, KeyStanding, Provider as Sim, Restriction};

use super::{draft, joined, paste};
use ownkey_app::keychain::Keychain as _;

async fn stage(headless: &Headless) -> Stage {
    headless.app.app_state().await.unwrap().stage
}

/// Opens a new invitation as the system does, reads it on the screen, and joins.
async fn joins_again(headless: &Headless, link: &str) {
    headless.app.offer_link(link);
    let offered = headless.app.app_state().await.unwrap().join_link;
    assert_eq!(offered.as_deref(), Some(link), "the invitation is not shown");
    headless.app.join_preview(link.to_owned()).await.unwrap();
    headless.app.join_accept(link.to_owned(), "Practice computer".into()).await.unwrap();
    assert_eq!(stage(headless).await, Stage::Joined);
    assert_eq!(headless.app.app_state().await.unwrap().join_link, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_whose_own_key_vanished_joins_again_with_a_new_invitation() {
    let (servers, owner) = joined().await;
    owner.connect(&servers, Provider::OpenAi, "Kept").await.unwrap();
    let made = owner.app.invite_member("Ben".into(), Role::Owner).await.unwrap();
    let ben = Headless::open(&servers, "ben", Arc::new(MemoryKeychain::default())).unwrap();
    ben.join(&made.link).await.unwrap();

    let keychain = owner.keychain.clone();
    drop(owner);
    keychain.forget("device").unwrap();
    let owner = Headless::open(&servers, "app", keychain).unwrap();
    assert_eq!(owner.app.start().await.map_err(|f| f.code), Err(Code::KeychainItemVanished));
    assert_eq!(stage(&owner).await, Stage::Lost);
    let new = ben.app.invite_member("Anna".into(), Role::Owner).await.unwrap();
    joins_again(&owner, &new.link).await;
    let state = owner.app.app_state().await.unwrap();
    assert_eq!(state.connections.len(), 1, "the record goes on");
    owner.connect(&servers, Provider::Anthropic, "After").await.unwrap();
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_that_was_removed_joins_again_also_another_client() {
    let (servers, owner) = joined().await;
    let made = owner.app.invite_member("Ben".into(), Role::Member).await.unwrap();
    let ben = Headless::open(&servers, "ben", Arc::new(MemoryKeychain::default())).unwrap();
    ben.join(&made.link).await.unwrap();
    let key = servers.sims.control().make_key(simulated(Provider::OpenAi), "x", KeySpec::default());
    let id = draft(&ben, Provider::OpenAi).await;
    paste(&ben, &id, &key.text).await.unwrap();
    let me = ben.app.app_state().await.unwrap().me.unwrap();
    owner.app.refresh().await.unwrap();
    owner.app.remove_member(me.member).await.unwrap();
    assert_eq!(ben.app.refresh().await.map_err(|f| f.code), Err(Code::DeviceRevoked));
    assert_eq!(stage(&ben).await, Stage::Removed);

    let other = Servers::start(&["Another client"]).await.unwrap();
    joins_again(&ben, &other.clients[0].invite).await;
    let state = ben.app.app_state().await.unwrap();
    assert_eq!(state.me.unwrap().client_name, "Another client");
    assert!(state.drafts.is_empty());
    assert_eq!(ben.keychain.names(), ["device"], "keys of the client that was left are gone from here");
    ben.app.invite_member("Cem".into(), Role::Viewer).await.unwrap();
    other.stop().await.unwrap();
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_cannot_be_read_is_set_aside_whole_and_the_person_begins_anew() {
    let (servers, headless) = joined().await;
    let keychain = headless.keychain.clone();
    drop(headless);
    let folder = servers.folder.path().join("apps/app");
    let broken = "not a database, but long enough to be looked at as one";
    for end in ["-wal", "-shm"] {
        let _none = std::fs::remove_file(folder.join(format!("ownkey.sqlite{end}")));
    }
    std::fs::write(folder.join("ownkey.sqlite"), broken).unwrap();
    let open = || {
        let setup = Setup {
            data_dir: folder.clone(),
            endpoints: servers.endpoints().unwrap(),
            name: "x".into(),
            practice_keys: false,
        };
        App::open(HeadlessHost::default(), setup, keychain.clone()).map_err(|f| f.code)
    };
    assert_eq!(open().map(|_| ()), Err(Code::DatabaseBroken));
    let kept = set_aside(&folder).unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), broken, "nothing is deleted");
    let app = open().unwrap();
    app.start().await.unwrap();
    assert_eq!(app.app_state().await.unwrap().stage, Stage::Welcome);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_provider_still_accepts_is_not_called_revoked() {
    let (servers, headless) = joined().await;
    let at_provider = headless.connect(&servers, Provider::Anthropic, "Still").await.unwrap();
    let id = headless.app.app_state().await.unwrap().connections[0].id.clone();
    headless.app.revoke(id.clone()).await.unwrap();
    let proven = || async { headless.app.prove_revoked(id.clone(), 1).await.map_err(|f| f.code) };
    assert_eq!(proven().await, Err(Code::StillAccepted));
    servers.sims.control().revoke_key(simulated(Provider::Anthropic), &at_provider);
    assert_eq!(proven().await, Ok(()));
    assert_eq!(headless.keychain.names(), ["device"]);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_key_that_is_on_another_computer_is_proven_revoked_by_the_gateway() {
    let (servers, owner) = joined().await;
    let at_provider = owner.connect(&servers, Provider::OpenAi, "Elsewhere").await.unwrap();
    let made = owner.app.invite_member("Ben".into(), Role::Member).await.unwrap();
    let ben = Headless::open(&servers, "ben", Arc::new(MemoryKeychain::default())).unwrap();
    ben.join(&made.link).await.unwrap();
    let id = ben.app.app_state().await.unwrap().connections[0].id.clone();
    ben.app.revoke(id.clone()).await.unwrap();
    assert_eq!(ben.app.prove_revoked(id.clone(), 1).await.map_err(|f| f.code), Err(Code::KeyElsewhere));

    // The gateway still has the copy, and asks by itself: not revoked yet, then it is.
    let standing = || async {
        gateway::ask_retired_keys(&servers.agency).await;
        ben.app.refresh().await.unwrap();
        ben.app.app_state().await.unwrap().connections[0].versions[0].at_provider
    };
    assert_eq!(standing().await, AtProvider::Unproven);
    servers.sims.control().revoke_key(Sim::OpenAi, &at_provider);
    assert_eq!(standing().await, AtProvider::Revoked);
    owner.app.refresh().await.unwrap();
    assert_eq!(owner.keychain.names(), ["device"], "and the computer that had the key has purged it");
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_for_this_computers_address_is_not_called_revoked() {
    let (servers, headless) = joined().await;
    let at_provider = headless.connect(&servers, Provider::OpenAi, "Limited").await.unwrap();
    let id = headless.app.app_state().await.unwrap().connections[0].id.clone();
    headless.app.revoke(id.clone()).await.unwrap();
    let addresses = Some(vec!["203.0.113.7".to_owned()]);
    let limits = Restriction { addresses, ..Restriction::default() };
    servers.sims.control().restrict_key(Sim::OpenAi, &at_provider, limits);
    let proven = headless.app.prove_revoked(id, 1).await.map_err(|f| f.code);
    assert_eq!(proven, Err(Code::NotProvableHere));
    gateway::ask_retired_keys(&servers.agency).await;
    headless.app.refresh().await.unwrap();
    let version = headless.app.app_state().await.unwrap().connections[0].versions[0].clone();
    assert_eq!(version.at_provider, AtProvider::Unproven);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_ownkey_made_is_revoked_at_the_provider_by_the_kept_admin_key() {
    let (servers, headless) = joined().await;
    let control = servers.sims.control().clone();
    let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
    let admin = control.make_key(Sim::OpenAi, "Made", spec);
    let id = headless.app.connect_start(Provider::OpenAi, vec![Use::Chat]).await.unwrap();
    headless.app.connect_how(id.clone(), How::MadeForMe).await.unwrap();
    paste(&headless, &id, &admin.text).await.unwrap();
    headless.app.connect_make(id.clone(), true).await.unwrap();
    headless.app.connect_review(id.clone()).await.unwrap();
    headless.app.connect_send(id.clone()).await.unwrap();
    confirmed(&headless.app, &id).await.unwrap();
    headless.app.connect_use(id.clone(), vec![Use::Chat], vec![]).await.unwrap();
    let shown = headless.app.app_state().await.unwrap().connections[0].versions[0].clone();
    assert!(shown.stage == StageWord::Current && shown.at_provider == AtProvider::Live);
    headless.app.connect_close(id.clone()).await.unwrap();
    headless.app.revoke(id).await.unwrap();
    let live = control.keys(Sim::OpenAi).into_iter().filter(|k| k.kind == KeyKind::Work);
    assert_eq!(live.filter(|k| k.state == KeyStanding::Live).count(), 0, "it lives on at OpenAI");
    let state = headless.app.app_state().await.unwrap();
    assert!(state.connections.is_empty(), "proven, so the connection is closed");
    assert_eq!(headless.keychain.names(), ["admin/openai", "device"]);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_in_two_connections_that_are_not_sent_yet_is_refused() {
    let (servers, headless) = joined().await;
    let key = servers.sims.control().make_key(Sim::OpenAi, "x", KeySpec::default());
    let first = draft(&headless, Provider::OpenAi).await;
    paste(&headless, &first, &key.text).await.unwrap();
    let second = draft(&headless, Provider::OpenAi).await;
    assert_eq!(paste(&headless, &second, &key.text).await, Err(Code::SameKey));
    paste(&headless, &first, &key.text).await.unwrap(); // the same once more in its own place is no second one
    servers.stop().await.unwrap();
}
