//! How long a secret stays open in the agency's memory: until its version is retired or replaced, or the client ends,
//! whichever door that comes through.

use ownkey_agency::operator::{self, Command};
use ownkey_protocol::act::{Deed, RotationOutcome};
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{KeySpec, Provider as Sim};

use super::{ACCOUNT, World, payer};

impl World {
    fn open_now(&self) -> usize {
        self.servers.agency.vault.open_now(self.servers.clients[0].id)
    }

    /// A new key for the connected account, confirmed and not in use yet: a rotation whose computer died then, and whose
    /// lease was given back.
    pub(super) async fn replacement(&self) {
        let (app, connection) = (self.client.app.clone(), self.connection(Provider::OpenAi));
        let made = self.control().make_key(Sim::OpenAi, ACCOUNT, KeySpec::default());
        self.client.host.copy(&made.text);
        self.client.host.die_at("rotation: before promote", 0);
        app.rotation_start(connection.to_string(), false).await.unwrap();
        let driven = tokio::spawn(async move { app.follow().await });
        self.client.app.rotation_paste(connection.to_string()).await.unwrap();
        self.client.host.died().await;
        driven.abort();
        let lease =
            self.servers.agency.record.state(self.servers.clients[0].id).unwrap().connections()[&connection].rotation;
        let (rotation, fence) = lease.map(|lease| (lease.rotation, lease.fence)).unwrap();
        let outcome = RotationOutcome::HandedOver;
        self.acts(Deed::RotationEnd { rotation, connection, fence, outcome }).await;
    }

    /// The replacement is put to use.
    pub(super) async fn use_replacement(&self) {
        let connection = self.connection(Provider::OpenAi);
        let uses = vec![Use::Chat];
        self.acts(Deed::VersionPromote { connection, version: 2, uses, preferred: vec![], fence: None }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_client_wipes_its_opened_secrets_and_opens_none_again() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    assert_eq!(payer(&world.asks(Provider::OpenAi).await), "client");
    assert_eq!(world.open_now(), 1);
    let client = world.servers.clients[0].id;
    let (connection, before) = (world.connection(Provider::OpenAi), world.servers.agency.record.state(client).unwrap());
    operator::run(&world.servers.agency, "Mara", Command::ClientEnd { client }).unwrap();
    assert_eq!(world.open_now(), 0, "the operator's door wipes too");
    let after = world.servers.agency.record.state(client).unwrap();
    for state in [before, after] {
        assert!(world.servers.agency.vault.open(&state, connection, 1).is_err(), "opened after the end");
    }
    assert_eq!(world.open_now(), 0);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_retired_while_its_copy_was_being_opened_is_neither_used_nor_kept() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    assert_eq!(payer(&world.asks(Provider::OpenAi).await), "client");
    let connection = world.connection(Provider::OpenAi);
    let as_the_call_saw_it = world.servers.agency.record.state(world.servers.clients[0].id).unwrap();
    world.client.app.revoke(connection.to_string()).await.unwrap();
    assert_eq!(world.open_now(), 0, "a device's door wipes");
    assert!(world.servers.agency.vault.open(&as_the_call_saw_it, connection, 1).is_err());
    assert_eq!(world.open_now(), 0, "it came back");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_replaced_is_wiped() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    assert_eq!(payer(&world.asks(Provider::OpenAi).await), "client");
    world.replacement().await;
    assert_eq!(world.open_now(), 2, "the agency has opened the new one to check it");
    world.use_replacement().await;
    assert_eq!(world.open_now(), 1);
    assert_eq!(world.asks(Provider::OpenAi).await.headers()["ownkey-key-version"], "2");
    assert_eq!(world.open_now(), 1);
    world.servers.stop().await.unwrap();
}
