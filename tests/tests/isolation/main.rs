//! Two clients beside each other: what one may not learn, call, change or break of the other's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod caches;
mod database;
mod invites;
mod smuggled;
mod things;
mod unified;
mod usage;

use std::collections::BTreeSet;
use std::sync::Arc;

use ownkey_agency::plane;
use ownkey_agency::store::Made;
use ownkey_demo::assistants;
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::act::{Deed, RetireReason, RotationOutcome};
use ownkey_protocol::api::{Named, ServerTime};
use ownkey_protocol::id::{AssistantId, ClientId, ConnectionId, DeviceId, MemberId, RotationId};
use ownkey_protocol::law::ClientState;
use ownkey_protocol::limit::{Pausable, Scope};
use ownkey_protocol::random;
use ownkey_protocol::seal;
use ownkey_protocol::vocabulary::{Account, Payer, Provider, Role, Use};
use ownkey_providers::routes;
use ownkey_tests::calls::{self, path_of};
use ownkey_tests::device::{Answer, Device, http, now};
use reqwest::{Client, Method, Response};

const A: usize = 0;
const B: usize = 1;

/// Two clients, everything connected, and who pays with which key.
struct World {
    servers: Servers,
    apps: Vec<Headless>,
    devices: Vec<Device>,
    keys: Vec<BTreeSet<String>>,
    http: Client,
}

impl World {
    /// Two clients, connected at these providers.
    async fn with(providers: &[Provider]) -> Self {
        let servers = Servers::start(&["A", "B"]).await.unwrap();
        let (mut apps, mut devices, mut keys) = (vec![], vec![], vec![]);
        for client in &servers.clients {
            let keychain = Arc::new(MemoryKeychain::default());
            let app = Headless::open(&servers, &client.name, keychain.clone()).unwrap();
            app.join(&client.invite).await.unwrap();
            devices.push(Device::stolen(&servers.agency, client.id, &keychain, &servers.origin).unwrap());
            let mut own = BTreeSet::new();
            for provider in providers {
                own.insert(app.connect(&servers, *provider, &client.name).await.unwrap());
            }
            keys.push(own);
            apps.push(app);
        }
        Self { servers, apps, devices, keys, http: http(None).unwrap() }
    }

    fn state(&self, who: usize) -> Arc<ClientState> {
        self.servers.agency.record.state(self.servers.clients[who].id).unwrap()
    }

    fn connection(&self, who: usize) -> ConnectionId {
        *self.state(who).connections().keys().next().unwrap()
    }

    /// Keys that the providers were shown since `from`, by provider.
    fn shown(&self, from: &[usize]) -> BTreeSet<String> {
        let ledgers = Provider::ALL.map(|p| self.servers.sims.control().ledger(simulated(p)));
        let fresh = ledgers.iter().zip(from).flat_map(|(rows, from)| rows.iter().skip(*from));
        fresh.filter_map(|row| row.key.clone()).collect()
    }

    fn ledger_sizes(&self) -> Vec<usize> {
        Provider::ALL.map(|p| self.servers.sims.control().ledger(simulated(p)).len()).to_vec()
    }

    fn token(&self, who: usize) -> &str {
        &self.servers.clients[who].assistants[0].token
    }

    async fn gateway(
        &self,
        token: Option<&str>,
        provider: Provider,
        method: &Method,
        path: &str,
        body: &str,
    ) -> Response {
        let request = calls::call(&self.http, &self.servers.origin, token, provider, method, path, body);
        request.send().await.unwrap()
    }
}

fn method(text: &str) -> Method {
    text.parse().unwrap()
}

/// A path of the client plane with its places filled in.
fn filled(path: &str, connection: ConnectionId) -> String {
    let path = path.replace("{connection}", &connection.to_string()).replace("{version}", "1");
    assert!(!path.contains('{'), "{path}: a new kind of place needs a case here");
    path
}

fn body(route: &plane::Route) -> Option<&'static [u8]> {
    (route.method == "POST").then_some(b"{}".as_slice())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_signed_endpoint_refuses_whoever_is_not_an_enrolled_device() {
    let world = World::with(&[Provider::OpenAi]).await;
    let (device, other) = (&world.devices[A], &world.devices[B]);
    let invite = world.apps[A].app.invite_member("Vera".to_owned(), Role::Viewer).await.unwrap();
    let keychain = Arc::new(MemoryKeychain::default());
    let second = Headless::open(&world.servers, "A2", keychain.clone()).unwrap();
    second.join(&invite.link).await.unwrap();
    let revoked = Device::stolen(&world.servers.agency, device.client, &keychain, &device.origin).unwrap();
    world.apps[A].app.sync().await.unwrap();
    world.apps[A].app.revoke_device(revoked.device.to_string()).await.unwrap();

    let mut cases = 0;
    for route in plane::ROUTES {
        let (verb, path) = (method(route.method), filled(route.path, world.connection(A)));
        let answer = |signature| device.send(&world.http, &verb, &path, body(route), signature);
        let unsigned = Answer::of_status(answer(None).await.unwrap()).await;
        assert_ne!(unsigned.status, 405, "{path}: the router does not know it");
        if route.open {
            assert_ne!(unsigned.code(), "not_signed", "{path}");
            continue;
        }
        cases += 1;
        assert_eq!((unsigned.status, unsigned.code().as_str()), (401, "not_signed"), "{path} unsigned");

        let once = device.sign(&verb, &path, body(route), now(), random::bytes());
        let first = answer(Some(&once)).await.unwrap();
        assert_ne!(first.status().as_u16(), 401, "{path}");
        drop(first);
        let again = Answer::of(answer(Some(&once)).await.unwrap()).await.unwrap();
        assert_eq!(again.code(), "not_signed", "{path} replayed");

        let imposter = Device { key: other.key.clone(), ..device.clone() };
        let forged = imposter.sign(&verb, &path, body(route), now(), random::bytes());
        let forged = Answer::of(answer(Some(&forged)).await.unwrap()).await.unwrap();
        assert_eq!(forged.code(), "not_signed", "{path} with another device's key");

        let nobody = Device { device: DeviceId::random(now()), ..device.clone() };
        let unknown = nobody.sign(&verb, &path, body(route), now(), random::bytes());
        let unknown = Answer::of(answer(Some(&unknown)).await.unwrap()).await.unwrap();
        assert_eq!(unknown.without_reference(), forged.without_reference(), "{path} tells whether a device exists");

        let elsewhere = device.sign(&verb, "/v1/elsewhere", body(route), now(), random::bytes());
        let elsewhere = Answer::of(answer(Some(&elsewhere)).await.unwrap()).await.unwrap();
        assert_eq!(elsewhere.code(), "not_signed", "{path} with a signature for another path");

        let gone = revoked.ask(&world.http, &verb, &path, body(route)).await.unwrap();
        assert_eq!(gone.code(), "device_revoked", "{path} by a revoked device");

        skewed(&world, &verb, &path, body(route)).await;
    }
    assert!(cases >= 6, "{cases} signed endpoints");
}

/// Ten minutes off in both directions: refused, with the server's time, signed and bound to this request.
async fn skewed(world: &World, verb: &Method, path: &str, body: Option<&[u8]>) {
    let (device, agency) = (&world.devices[A], &world.servers.agency);
    for minutes in [-10, 10] {
        let nonce = random::bytes();
        let signature = device.sign(verb, path, body, now().plus_millis(minutes * 60_000), nonce);
        let sent = device.send(&world.http, verb, path, body, Some(&signature)).await.unwrap();
        let problem = Answer::of(sent).await.unwrap().problem().unwrap();
        assert_eq!(problem.code.as_str(), "clock_skew", "{path}");
        let (ring, time) = (agency.keys.keyset().1.ring(), problem.time.unwrap());
        let told = ServerTime::verify(&time, &ring, agency.record.agency(), &nonce).unwrap();
        assert!(told.millis_since(now()).abs() < 5_000, "{path}: the server's own time");
        let other = random::bytes::<16>();
        assert!(
            ServerTime::verify(&time, &ring, agency.record.agency(), &other).is_none(),
            "{path}: bound to the nonce"
        );
    }
}

/// Ids of a client's, or of nobody's.
struct Ids {
    connection: ConnectionId,
    member: MemberId,
    device: DeviceId,
    assistant: AssistantId,
}

/// What a device could try with them.
fn deeds(ids: &Ids, name: &Named) -> Vec<(Deed, Vec<Named>)> {
    let (connection, version, rotation) = (ids.connection, 1, RotationId::random(now()));
    let nameless = [
        Deed::ConnectionClose { connection },
        Deed::VersionPromote { connection, version, uses: vec![Use::Chat], preferred: vec![], fence: None },
        Deed::VersionRetire { connection, version, reason: RetireReason::Leaked, fence: None },
        Deed::VersionRevoked { connection, version, fence: None },
        Deed::TrialStart { connection, version, assistant: ids.assistant, uses: vec![Use::Chat], fence: None },
        Deed::TrialEnd { connection, fence: None },
        Deed::RotationLease { rotation, connection, fence: 1, until: now().plus_millis(60_000) },
        Deed::RotationEnd { rotation, connection, fence: 1, outcome: RotationOutcome::Done },
        Deed::AssignmentSet {
            r#use: Use::Chat,
            payer: Payer::Own,
            serving: vec![connection],
            preferred: Some(connection),
            model: None,
        },
        Deed::CheckRequest { connection, version },
        Deed::MemberChange { member: ids.member, role: Role::Viewer },
        Deed::MemberRemove { member: ids.member },
        Deed::DeviceRevoke { device: ids.device },
        Deed::PauseSet { of: Pausable::Connection(connection) },
        Deed::PauseClear { of: Pausable::Assistant(ids.assistant) },
        Deed::LimitSet { scope: Scope::Assistant(ids.assistant), limit: Some(usage::ONE_CALL) },
    ];
    let mut all: Vec<_> = nameless.into_iter().map(|deed| (deed, vec![])).collect();
    all.push((Deed::ConnectionRename { connection, name_hash: name.hash() }, vec![name.clone()]));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_client_are_answered_as_ids_of_nobody() {
    let world = World::with(&[Provider::OpenAi]).await;
    let device = &world.devices[A];
    let (mine, theirs) = (world.state(A), world.state(B));
    let foreign = Ids {
        connection: world.connection(B),
        member: world.devices[B].member,
        device: world.devices[B].device,
        assistant: *theirs.assistants().keys().next().unwrap(),
    };
    let nobodys = Ids {
        connection: ConnectionId::random(now()),
        member: MemberId::random(now()),
        device: DeviceId::random(now()),
        assistant: AssistantId::random(now()),
    };

    for route in plane::ROUTES.iter().filter(|r| r.path.contains('{')) {
        let (there, nowhere) = (filled(route.path, foreign.connection), filled(route.path, nobodys.connection));
        let there = device.ask(&world.http, &method(route.method), &there, body(route)).await.unwrap();
        let nowhere = device.ask(&world.http, &method(route.method), &nowhere, body(route)).await.unwrap();
        assert_eq!(there.status, 404, "{}", route.path);
        assert_eq!(there.without_reference(), nowhere.without_reference(), "{}", route.path);
    }

    let name = Named::new("Mine now");
    for ((there, names), (nowhere, _)) in deeds(&foreign, &name).into_iter().zip(deeds(&nobodys, &name)) {
        let what = there.name();
        let there = device.perform(&world.http, &device.act(&mine, device.client, there), None, names.clone()).await;
        let nowhere = device.perform(&world.http, &device.act(&mine, device.client, nowhere), None, names).await;
        let (there, nowhere) = (there.unwrap(), nowhere.unwrap());
        assert!(there.status >= 400 && !there.code().is_empty(), "{what}: {there:?}");
        assert_eq!(there.without_reference(), nowhere.without_reference(), "{what} tells whether the thing exists");
    }

    let rename = |client| device.act(&mine, client, Deed::CheckRequest { connection: foreign.connection, version: 1 });
    let there = device.perform(&world.http, &rename(world.devices[B].client), None, vec![]).await.unwrap();
    let nowhere = device.perform(&world.http, &rename(ClientId::random(now())), None, vec![]).await.unwrap();
    assert_eq!(there.code(), "not_found", "an act on another client's record");
    assert_eq!(there.without_reference(), nowhere.without_reference());
    assert_eq!(world.state(B).tree().root(), theirs.tree().root(), "the other client's record has not moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_reads_names_nothing_of_another_client() {
    let world = World::with(&[Provider::OpenAi]).await;
    let theirs = world.state(B);
    let mut words: Vec<String> = vec![theirs.client().to_string()];
    words.extend(theirs.connections().keys().map(ToString::to_string));
    words.extend(theirs.members().keys().map(ToString::to_string));
    words.extend(theirs.devices().keys().map(ToString::to_string));
    words.extend(theirs.assistants().keys().map(ToString::to_string));
    assistants::call_once(
        &world.http,
        &format!("{}/gateway", world.servers.origin),
        &world.servers.clients[B].assistants[0],
    )
    .await;
    for path in ["/v1/snapshot", "/v1/record", "/v1/record?from=0", "/v1/record?from=99999", "/v1/record/checkpoint"] {
        let read = world.devices[A].ask(&world.http, &Method::GET, path, None).await.unwrap();
        assert_eq!(read.status, 200, "{path}");
        let mut text = read.body.clone();
        let page: serde_json::Value = serde_json::from_str(&read.body).unwrap_or_default();
        for leaf in page["leaves"].as_array().into_iter().flatten() {
            let leaf = ownkey_protocol::encoding::from_base64(leaf.as_str().unwrap()).unwrap();
            let leaf = ownkey_protocol::record::Leaf::parse(&leaf).unwrap();
            text.push_str(&String::from_utf8_lossy(&leaf.envelope.0));
            let envelope = ownkey_protocol::dsse::Envelope::parse(&leaf.envelope.0).unwrap();
            text.push_str(&String::from_utf8_lossy(&envelope.payload.0));
        }
        for word in &words {
            assert!(!text.contains(word.as_str()), "{path} names {word}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_copy_of_another_client_is_refused() {
    let world = World::with(&[Provider::OpenAi]).await;
    let stolen = world.servers.agency.store.copy(world.devices[A].client, world.connection(A), 1).unwrap().unwrap();
    let thief = &world.devices[B];
    let name = Named::new("Free of charge");
    for connection in [ConnectionId::random(now()), world.connection(A)] {
        let open = Deed::ConnectionOpen { connection, provider: Provider::OpenAi, name_hash: name.hash() };
        let open = thief.act(&world.state(B), thief.client, open);
        let opened = thief.perform(&world.http, &open, None, vec![name.clone()]);
        assert_eq!(opened.await.unwrap().status, 200, "a connection of one's own can be opened");
        let push = Deed::VersionPush {
            connection,
            version: 1,
            sealed_sha256: seal::fingerprint(&stolen),
            account: Account::Untold,
            expires: None,
            fence: None,
        };
        let act = thief.act(&world.state(B), thief.client, push);
        let pushed = thief.perform(&world.http, &act, Some(stolen.clone()), vec![]).await.unwrap();
        assert_eq!(pushed.code(), "seal_refused");
        assert!(world.state(B).connections()[&connection].versions.is_empty());
    }
}

async fn same_for_everybody(response: Response, thing: &str) -> (u16, String) {
    let call = response.headers().get("ownkey-call").and_then(|v| v.to_str().ok()).unwrap_or("-").to_owned();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, text.replace(&call, "").replace(thing, ""))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_gateway_route_reaches_another_clients_key_or_things() {
    let world = World::with(&Provider::ALL).await;
    let (mut routes_tried, mut things_tried) = (0, 0);
    for provider in Provider::ALL {
        for route in routes::all(provider) {
            routes_tried += 1;
            let path = path_of(route, "thing_0000000000");
            let none = world.gateway(None, provider, &route.method, &path, "{}").await;
            assert!(
                matches!(none.status().as_u16(), 400 | 401 | 403),
                "{}: without a token {}",
                route.id,
                none.status()
            );

            let before = world.ledger_sizes();
            let _whatever =
                world.gateway(Some(world.token(B)), provider, &route.method, &path, "{}").await.bytes().await;
            let shown = world.shown(&before);
            assert!(shown.is_subset(&world.keys[B]), "{}: the provider was shown {shown:?}", route.id);

            if route.refers.is_none() {
                assert!(!shown.is_empty(), "{}: the provider was not reached at {path}", route.id);
                continue;
            }
            things_tried += 1;
            let theirs = format!("thing_of_a_{routes_tried:04}");
            let nobodys = format!("thing_of_x_{routes_tried:04}");
            let made = Made {
                client: world.devices[A].client,
                provider,
                thing: calls::remembered(route, &theirs),
                connection: world
                    .state(A)
                    .connections()
                    .iter()
                    .find(|(_, c)| c.provider == provider)
                    .map(|(id, _)| *id),
                at: now(),
            };
            world.servers.agency.things.remember(&made).unwrap();
            let before = world.ledger_sizes();
            let (there, nowhere) = (path_of(route, &theirs), path_of(route, &nobodys));
            let there = world.gateway(Some(world.token(B)), provider, &route.method, &there, "{}").await;
            let nowhere = world.gateway(Some(world.token(B)), provider, &route.method, &nowhere, "{}").await;
            let (there, nowhere) =
                (same_for_everybody(there, &theirs).await, same_for_everybody(nowhere, &nobodys).await);
            assert_eq!(there, nowhere, "{} tells whether the thing exists", route.id);
            assert_eq!(there.0, 404, "{}", route.id);
            assert_eq!(world.ledger_sizes(), before, "{}: the provider was asked", route.id);

            let mine = path_of(route, &theirs);
            let _whatever =
                world.gateway(Some(world.token(A)), provider, &route.method, &mine, "{}").await.bytes().await;
            assert!(world.shown(&before).is_subset(&world.keys[A]), "{}", route.id);
            assert_ne!(world.ledger_sizes(), before, "{}: its owner does not reach it either", route.id);
        }
    }
    assert!(routes_tried > 30 && things_tried > 10, "{routes_tried} routes, {things_tried} with things");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_calls_are_billed_to_the_caller_alone_and_what_they_make_is_theirs() {
    let world = World::with(&Provider::ALL).await;
    let gateway = format!("{}/gateway", world.servers.origin);
    for who in [A, B] {
        let before = world.ledger_sizes();
        for assistant in &world.servers.clients[who].assistants {
            assistants::call_once(&world.http, &gateway, assistant).await;
        }
        assert_eq!(world.shown(&before), world.keys[who], "every own key was used, and no other");
    }

    let body = r#"{"model":"gpt-4o-mini","input":"Say hello.","store":true}"#;
    let made = world.gateway(Some(world.token(A)), Provider::OpenAi, &Method::POST, "/v1/responses", body).await;
    let made: serde_json::Value = made.json().await.unwrap();
    let response = made["id"].as_str().unwrap().to_owned();
    let body = r#"{"input":{"prompt":"A paper boat"}}"#;
    let path = "/v1/models/black-forest-labs/flux-schnell/predictions";
    let made = world.gateway(Some(world.token(A)), Provider::Replicate, &Method::POST, path, body).await;
    let made: serde_json::Value = made.json().await.unwrap();
    let prediction = made["id"].as_str().unwrap().to_owned();

    let things = [
        (Provider::OpenAi, Method::GET, format!("/v1/responses/{response}"), &response),
        (Provider::OpenAi, Method::DELETE, format!("/v1/responses/{response}"), &response),
        (Provider::Replicate, Method::GET, format!("/v1/predictions/{prediction}"), &prediction),
        (Provider::Replicate, Method::POST, format!("/v1/predictions/{prediction}/cancel"), &prediction),
    ];
    for (provider, verb, path, thing) in &things {
        let there = world.gateway(Some(world.token(B)), *provider, verb, path, "{}").await;
        let unknown = "nobodys0000000000000000000";
        let nowhere =
            world.gateway(Some(world.token(B)), *provider, verb, &path.replace(thing.as_str(), unknown), "{}").await;
        let (there, nowhere) = (same_for_everybody(there, thing).await, same_for_everybody(nowhere, unknown).await);
        assert_eq!(there, nowhere, "{verb} {path}");
        assert_eq!(there.0, 404, "{verb} {path}");
    }
    let follow = |id: &str| format!(r#"{{"model":"gpt-4o-mini","input":"And?","previous_response_id":"{id}"}}"#);
    let there =
        world.gateway(Some(world.token(B)), Provider::OpenAi, &Method::POST, "/v1/responses", &follow(&response)).await;
    let nowhere = world
        .gateway(Some(world.token(B)), Provider::OpenAi, &Method::POST, "/v1/responses", &follow("resp_nobodys"))
        .await;
    let there = same_for_everybody(there, &response).await;
    assert_eq!(there, same_for_everybody(nowhere, "resp_nobodys").await);
    assert_eq!(there.0, 404, "{}", there.1);
    let own = world
        .gateway(Some(world.token(A)), Provider::OpenAi, &Method::GET, &format!("/v1/responses/{response}"), "")
        .await;
    assert_eq!(own.status().as_u16(), 200, "its owner still has it");
}
