//! What is said of versions that begin to serve or cease to: proven by a call or a check, drained when no call runs.

use ownkey_agency::gateway::ask_retired_keys;
use ownkey_agency::operator::{self, Command};
use ownkey_agency::proofs::check_unproven;
use ownkey_agency::{Agency, config::Config};
use ownkey_protocol::act::{Act, Deed, RetireReason, RotationOutcome};
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::id::{ClientId, RotationId};
use ownkey_protocol::law::Version;
use ownkey_protocol::record::Leaf;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, Provider as Sim};
use ownkey_tests::device::{Device, copy_folder, now};
use reqwest::Response;
use serde_json::{Value, json};

use super::{World, hello, soon};

const OPENAI: Provider = Provider::OpenAi;

fn version_of(agency: &Agency, client: ClientId, number: u32) -> Version {
    let state = agency.record.state(client).unwrap();
    let known = state.connections().values().find(|c| c.provider == OPENAI).unwrap();
    known.versions[&number].clone()
}

impl World {
    fn id(&self) -> ClientId {
        self.servers.clients[0].id
    }

    fn version(&self, number: u32) -> Version {
        version_of(&self.servers.agency, self.id(), number)
    }

    /// How often something was said on the record.
    fn said(&self, name: &str) -> usize {
        let leaves = self.servers.agency.store.leaves(self.id(), 0, 500).unwrap();
        let acts = leaves.iter().map(|leaf| Envelope::parse(&Leaf::parse(leaf).unwrap().envelope.0).unwrap());
        acts.filter(|envelope| Act::parse(envelope).unwrap().deed.name() == name).count()
    }

    /// The client's device does something that its app has no button for.
    pub(super) async fn acts(&self, deed: Deed) {
        let agency = &self.servers.agency;
        let device = Device::stolen(agency, self.id(), &self.client.keychain, &self.servers.origin).unwrap();
        let act = device.act(&agency.record.state(self.id()).unwrap(), self.id(), deed);
        let done = device.perform(&self.http, &act, None, vec![]).await.unwrap();
        assert_eq!(done.status, 200, "{}", done.body);
    }

    /// A stream on the present key that takes a while, once its first piece has come.
    async fn slow_stream(&self) -> Response {
        self.control().inject(Sim::OpenAi, Fault::next(1, FaultKind::SlowBody { bytes_per_s: 2_000 }));
        let mut answer = self.chat(&hello(json!({ "stream": true }))).send().await.unwrap();
        assert!(answer.chunk().await.unwrap().is_some());
        answer
    }

    /// Another key takes the place of the present one.
    async fn replaced(&self) {
        self.replacement().await;
        self.use_replacement().await;
    }

    fn rotations(&self) -> Value {
        operator::run(&self.servers.agency, "Mara", Command::Rotations {}).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_call_that_succeeds_proves_a_version_and_it_is_said_once() {
    let (world, _) = World::connected(OPENAI).await;
    world.control().inject(Sim::OpenAi, Fault::next(1, FaultKind::Status { code: 500, body: Value::Null }));
    assert!(!world.chat(&hello(json!({}))).send().await.unwrap().status().is_success());
    assert!(!world.version(1).proven, "a call that failed proves nothing");
    let calls: Vec<_> = (0..8).map(|_| tokio::spawn(world.chat(&hello(json!({}))).send())).collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().status(), 200);
    }
    soon("the proof", || world.version(1).proven.then_some(())).await;
    assert_eq!(world.chat(&hello(json!({}))).send().await.unwrap().status(), 200);
    assert_eq!(world.said("version.proven"), 1);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_proves_a_version_when_it_came_to_its_end_and_not_when_it_broke_off() {
    let (world, _) = World::connected(OPENAI).await;
    world.control().inject(Sim::OpenAi, Fault::next(1, FaultKind::CutStream { after_events: 2 }));
    let broken = world.chat(&hello(json!({ "stream": true }))).send().await.unwrap();
    let call = super::book::call_of(&broken);
    let _broke_off = broken.text().await;
    world.booked(&call).await;
    assert!(!world.version(1).proven);
    let whole = world.slow_stream().await;
    assert!(!world.version(1).proven, "it still streams");
    assert!(whole.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    soon("the proof", || world.version(1).proven.then_some(())).await;
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_without_traffic_is_proven_by_the_agencys_own_check_at_nobodys_cost() {
    let (world, key) = World::connected(OPENAI).await;
    let before = world.ledger(OPENAI).len();
    check_unproven(&world.servers.agency);
    soon("the proof", || world.version(1).proven.then_some(())).await;
    let rows = world.ledger(OPENAI).split_off(before);
    assert!(!rows.is_empty() && rows.iter().all(|row| !row.billed && row.key.as_ref() == Some(&key)));
    check_unproven(&world.servers.agency);
    assert_eq!(world.said("version.proven"), 1);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_the_trial_proves_the_new_key_while_the_old_one_serves() {
    let (world, _) = World::connected(OPENAI).await;
    world.replacement().await;
    let state = world.servers.agency.record.state(world.id()).unwrap();
    let (assistant, known) =
        state.assistants().iter().find(|(_, a)| a.low_stakes && a.uses.contains(&Use::Chat)).unwrap();
    let uses: Vec<Use> = known.uses.iter().copied().filter(|u| OPENAI.uses().contains(u)).collect();
    let connection = world.connection(OPENAI);
    world.acts(Deed::TrialStart { connection, version: 2, assistant: *assistant, uses, fence: None }).await;
    let tester = world.servers.clients[0].assistants.iter().position(|a| a.id == *assistant).unwrap();
    let answer = world.call(OPENAI, tester).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["ownkey-key-version"].to_str().unwrap()), (200, "2"));
    answer.bytes().await.unwrap();
    soon("the proof", || world.version(2).proven.then_some(())).await;
    assert!(!world.version(1).proven);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_version_is_drained_when_its_last_call_ended_and_not_before() {
    let (world, _) = World::connected(OPENAI).await;
    let stream = world.slow_stream().await;
    world.replaced().await;
    assert_eq!(world.chat(&hello(json!({}))).send().await.unwrap().headers()["ownkey-key-version"], "2");
    soon("the new one's proof", || world.version(2).proven.then_some(())).await;
    let rows = world.rotations();
    assert_eq!(rows[0]["not_drained"][0]["version"], 1);
    assert_eq!(rows[0]["not_drained"][0]["running"], 1, "{rows}");
    assert!(!world.version(1).drained, "the stream still runs on it");
    assert!(stream.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    soon("the last call's end", || world.version(1).drained.then_some(())).await;
    assert_eq!((world.said("version.drained"), world.rotations()), (1, json!([])));
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_nothing_runs_so_a_replaced_version_is_drained() {
    let (world, _) = World::connected(OPENAI).await;
    let stream = world.slow_stream().await;
    world.replaced().await;
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("agency");
    copy_folder(world.servers.agency.store.folder(), &data_dir).unwrap();
    assert!(!world.version(1).drained);
    let again = Agency::open(Config { data_dir, ..world.servers.agency.config.clone() }).unwrap();
    soon("the drained version", || version_of(&again, world.id(), 1).drained.then_some(())).await;
    again.stop();
    drop(stream);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_who_rotates_and_what_is_left_to_do() {
    let (world, key) = World::connected(OPENAI).await;
    let (connection, rotation) = (world.connection(OPENAI), RotationId::random(now()));
    let until = now().plus_millis(300_000);
    world.acts(Deed::RotationLease { rotation, connection, fence: 1, until }).await;
    let rows = world.rotations();
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["connection"]), (1, &json!(connection)));
    assert_eq!((&rows[0]["rotation"]["in_force"], &rows[0]["rotation"]["until"]), (&json!(true), &json!(until)));
    assert!(!rows[0]["rotation"]["device_name"].as_str().unwrap().is_empty(), "{rows}");

    let retire = Deed::VersionRetire { connection, version: 1, reason: RetireReason::Replaced, fence: Some(1) };
    world.acts(retire).await;
    world.acts(Deed::RotationEnd { rotation, connection, fence: 1, outcome: RotationOutcome::Done }).await;
    let rows = world.rotations();
    assert_eq!((&rows[0]["rotation"], &rows[0]["not_revoked"][0]["version"]), (&Value::Null, &json!(1)), "{rows}");
    assert!(world.control().revoke_key(Sim::OpenAi, &key));
    ask_retired_keys(&world.servers.agency).await;
    assert_eq!(world.rotations(), json!([]));
    world.servers.stop().await.unwrap();
}
