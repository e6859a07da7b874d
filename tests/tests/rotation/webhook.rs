//! What the agency's own systems are told: each thing once, also when the receiver was away.

use std::collections::BTreeSet;
use std::path::PathBuf;

use axum::http::StatusCode;
use ownkey_agency::webhook::{self, Keys};
use ownkey_protocol::act::Schedule;
use ownkey_protocol::vocabulary::Provider;
use ownkey_tests::receiver::{Received, Receiver};
use serde_json::Value;

use crate::world::World;

impl World {
    /// The agency tells `receiver` from now on.
    fn tells(&self, receiver: &Receiver) {
        let keys = Keys::open(&self.key_of_webhooks()).unwrap();
        webhook::start(&self.servers.agency, receiver.url.parse().unwrap(), keys).unwrap();
    }

    fn key_of_webhooks(&self) -> PathBuf {
        self.servers.folder.path().join("agency/keys/webhook.key")
    }
}

fn kinds(received: &[Received]) -> Vec<String> {
    received.iter().map(|one| one.said()["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_key_and_its_replacement_are_told_and_nothing_from_before() {
    let world = World::made_for_me().await;
    let receiver = Receiver::start().await.unwrap();
    world.tells(&receiver);
    world.begin(true).await;
    world.play().await;
    let told = receiver.until(2).await.unwrap();
    assert_eq!(kinds(&told), ["key.leaked", "rotation.done"]);
    let (leaked, done) = (told[0].said(), told[1].said());
    let client = &world.servers.clients[0];
    assert_eq!(leaked["data"]["client"], client.id.to_string());
    assert_eq!((&leaked["data"]["client_name"], &leaked["data"]["version"]), (&client.name.as_str().into(), &1.into()));
    assert_eq!((&done["data"]["connection"], &done["data"]["version"]), (&world.connection().into(), &2.into()));
    assert!(leaked["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{leaked}");
    let ids: BTreeSet<String> = told.iter().map(Received::id).collect();
    assert_eq!(ids.len(), 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_dies_is_told() {
    let world = World::connected(Provider::Anthropic).await;
    let receiver = Receiver::start().await.unwrap();
    world.tells(&receiver);
    world.revoke_old();
    drop(world.answer().await);
    let told = receiver.until(1).await.unwrap();
    assert_eq!(kinds(&told), ["key.dead"]);
    assert_eq!(told[0].said()["data"]["provider"], "anthropic");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_is_told_once() {
    let world = World::connected(Provider::Anthropic).await;
    let receiver = Receiver::start().await.unwrap();
    world.tells(&receiver);
    let soon = Schedule::Every { days: 10 };
    world.client.app.set_schedule(world.connection(), Some(soon)).await.unwrap();
    let told = receiver.until(1).await.unwrap();
    let data = &told[0].said()["data"];
    assert_eq!(
        (kinds(&told), &data["near"], &data["version"]),
        (vec!["key.due".to_owned()], &"two_weeks".into(), &1.into())
    );
    assert!(data["owner_name"].is_string(), "{data}");
    // Another act makes it look again, and finds a date that was told, and then another date.
    world.client.app.rename_connection(world.connection(), "Café".to_owned()).await.unwrap();
    world.client.app.set_schedule(world.connection(), Some(Schedule::Every { days: 2 })).await.unwrap();
    let told = receiver.until(2).await.unwrap();
    assert_eq!(told[1].said()["data"]["near"], "three_days");
    assert_ne!(told[0].id(), told[1].id());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_receiver_did_not_take_is_sent_again_with_the_same_bytes() {
    let world = World::connected(Provider::Anthropic).await;
    let receiver = Receiver::start().await.unwrap();
    receiver.answers(&[StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND]);
    world.tells(&receiver);
    world.revoke_old();
    drop(world.answer().await);
    let first = receiver.until(1).await.unwrap().remove(0);
    let second = receiver.until(2).await.unwrap().remove(1);
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
    assert!(first.headers["webhook-timestamp"] <= second.headers["webhook-timestamp"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_and_nothing_of_a_call_is_told() {
    let world = World::made_for_me().await;
    let receiver = Receiver::start().await.unwrap();
    world.tells(&receiver);
    world.begin(true).await;
    world.play().await;
    for one in receiver.until(2).await.unwrap() {
        let said = one.said();
        let names: Vec<&String> = said["data"].as_object().unwrap().keys().collect();
        let known = ["account_name", "client", "client_name", "connection", "provider", "rotation", "version"];
        assert!(names.iter().all(|name| known.contains(&name.as_str())), "{names:?}");
        assert!(matches!(said["data"]["version"], Value::Number(_)));
    }
    world.end().await;
}
