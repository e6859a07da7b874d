//! Who can write to the agency's database gains nothing: the state is folded from signed acts, sealed copies are bound to
//! their place, and the newest checkpoint is kept outside the database.
//!
//! Each case works on a copy of the agency's folder, changes one table, and opens an agency on it.

use std::path::PathBuf;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use ownkey_agency::Agency;
use ownkey_agency::config::Config;
use ownkey_agency::store::Made;
use ownkey_demo::servers::simulated;
use ownkey_protocol::act::Deed;
use ownkey_protocol::api::ActRequest;
use ownkey_protocol::encoding::{Base64, json};
use ownkey_protocol::id::{DeviceId, MemberId};
use ownkey_protocol::join::InviteCode;
use ownkey_protocol::record::Leaf;
use ownkey_protocol::vocabulary::{Provider, Role};
use ownkey_protocol::{random, token};
use ownkey_tests::device::{Device, copy_folder, http, now};
use reqwest::{Client, Method};
use rusqlite::{Connection, params};

use super::invites::preview;
use super::{A, B, World};

/// A copy of the agency, changed by somebody and opened again.
pub(super) struct Copy {
    pub(super) agency: Option<Arc<Agency>>,
    pub(super) origin: String,
    pub(super) http: Client,
    _folder: tempfile::TempDir,
}

fn copied(world: &World) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let agency = folder.path().join("agency");
    copy_folder(world.servers.agency.store.folder(), &agency).unwrap();
    (folder, agency)
}

impl Copy {
    /// The agency of this world, with its database changed by `change`.
    pub(super) async fn changed(world: &World, change: impl FnOnce(&Connection)) -> Self {
        let (folder, data_dir) = copied(world);
        change(&Connection::open(data_dir.join("db/agency.sqlite")).unwrap());
        Self::open(world, folder, data_dir).await
    }

    async fn open(world: &World, folder: tempfile::TempDir, data_dir: PathBuf) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let config = Config { data_dir, public_url: origin.clone(), ..world.servers.agency.config.clone() };
        let agency = Agency::open(config).ok();
        if let Some(agency) = &agency {
            let serving = ownkey_agency::serve::serve(agency.clone(), listener, None, std::future::pending());
            tokio::spawn(serving);
        }
        Self { agency, origin, http: http(None).unwrap(), _folder: folder }
    }

    /// A device of the world, that talks to this copy.
    pub(super) fn device(&self, world: &World, who: usize) -> Device {
        Device { origin: self.origin.clone(), ..world.devices[who].clone() }
    }

    pub(super) async fn reads(&self, device: &Device) -> u16 {
        device.ask(&self.http, &Method::GET, "/v1/snapshot", None).await.unwrap().status
    }

    /// Calls OpenAI with a token: the status, and which keys the provider was shown.
    pub(super) async fn calls(&self, world: &World, token: &str) -> (u16, Vec<String>) {
        let before = world.servers.sims.control().ledger(simulated(Provider::OpenAi)).len();
        let body = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}"#;
        let call = self.http.post(format!("{}/gateway/openai/v1/chat/completions", self.origin)).bearer_auth(token);
        let status = call.header("content-type", "application/json").body(body).send().await.unwrap().status().as_u16();
        let rows = world.servers.sims.control().ledger(simulated(Provider::OpenAi));
        (status, rows[before..].iter().filter_map(|row| row.key.clone()).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_copy_serves_both_clients_on_their_own_keys() {
    let world = World::with(&[Provider::OpenAi]).await;
    let copy = Copy::changed(&world, |_| {}).await;
    for who in [A, B] {
        assert_eq!(copy.reads(&copy.device(&world, who)).await, 200);
        let (status, keys) = copy.calls(&world, world.token(who)).await;
        assert_eq!(status, 200);
        assert!(keys.iter().all(|key| world.keys[who].contains(key)) && keys.len() == 1, "{keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inserted_pointers_make_no_device_no_token_and_no_invite() {
    let world = World::with(&[Provider::OpenAi]).await;
    let victim = world.devices[A].client;
    let own = Device {
        client: victim,
        device: DeviceId::random(now()),
        member: world.devices[A].member,
        key: SigningKey::from_bytes(&random::bytes()),
        origin: String::new(),
    };
    let forged = token::from_random(&random::bytes()).expose(|t| String::from_utf8_lossy(t).into_owned());
    let code = InviteCode(random::bytes());
    let (thief, thiefs_token) = (world.devices[B].clone(), world.token(B).to_owned());
    let copy = Copy::changed(&world, |db| {
        let pointers = [
            ("device", own.device.to_string()),
            ("device", thief.device.to_string()),
            ("token", token::hash(forged.as_bytes()).to_string()),
            ("token", token::hash(thiefs_token.as_bytes()).to_string()),
            ("invite", code.hash().to_string()),
        ];
        for (kind, key) in pointers {
            db.execute(
                "INSERT OR REPLACE INTO pointers (kind, key, client) VALUES (?1, ?2, ?3)",
                params![kind, key, victim.to_string()],
            )
            .unwrap();
        }
    })
    .await;
    let own = Device { origin: copy.origin.clone(), ..own };
    assert_eq!(copy.reads(&own).await, 401, "a device that no act enrolled");
    assert_eq!(copy.calls(&world, &forged).await, (401, vec![]), "a token that no act gave");
    let thief = Device { origin: copy.origin.clone(), ..thief };
    let seen = thief.ask(&copy.http, &Method::GET, "/v1/snapshot", None).await.unwrap();
    assert!(seen.status == 200 && !seen.body.contains(&victim.to_string()), "it belongs where its act says");
    let (status, keys) = copy.calls(&world, &thiefs_token).await;
    assert!(status == 200 && keys.iter().all(|key| world.keys[B].contains(key)), "{status} {keys:?}");
    assert_eq!(preview(&copy.http, &copy.origin, code.0).await.code(), "invite_unknown");
    assert_eq!(copy.reads(&copy.device(&world, A)).await, 200, "the client itself is served");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inserted_leaf_stops_the_client_and_never_works() {
    let world = World::with(&[Provider::OpenAi]).await;
    let (state, thief) = (world.state(A), &world.devices[B]);
    let deed = Deed::MemberChange { member: world.devices[A].member, role: Role::Owner };
    let act = thief.act(&state, state.client(), deed);
    let index = state.tree().size();
    let leaf = Leaf { index, logged: now(), envelope: Base64(act.sign(&thief.key).to_bytes()) }.to_bytes();
    let copy = Copy::changed(&world, |db| {
        db.execute(
            "INSERT INTO leaves (client, place, bytes) VALUES (?1, ?2, ?3)",
            params![state.client().to_string(), index as i64, leaf],
        )
        .unwrap();
    })
    .await;
    let (status, keys) = copy.calls(&world, world.token(A)).await;
    assert!(status >= 400 && keys.is_empty(), "{status}");
    assert!(copy.reads(&copy.device(&world, A)).await >= 400, "nothing is served from a record that does not verify");
    assert_eq!(copy.calls(&world, world.token(B)).await.0, 200, "the other client is served");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_moved_or_removed_leaf_stops_the_client() {
    let world = World::with(&[Provider::OpenAi]).await;
    let (mine, theirs) = (world.devices[A].client.to_string(), world.devices[B].client.to_string());
    let edits: [&str; 4] = [
        "UPDATE leaves SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"index\":4', '\"index\": 4') AS BLOB) WHERE client = ?1 AND place = 4 AND ?2 = ?2",
        "UPDATE leaves SET bytes = (SELECT bytes FROM leaves WHERE client = ?2 AND place = 3) WHERE client = ?1 AND place = 3",
        "DELETE FROM leaves WHERE client = ?1 AND place = (SELECT max(place) FROM leaves WHERE client = ?1) AND ?2 = ?2",
        "DELETE FROM leaves WHERE client = ?1 AND ?2 = ?2",
    ];
    for edit in edits {
        let copy =
            Copy::changed(&world, |db| assert!(db.execute(edit, params![mine, theirs]).unwrap() > 0, "{edit}")).await;
        let (status, keys) = copy.calls(&world, world.token(A)).await;
        assert!(status >= 400 && keys.is_empty(), "{edit}: {status}");
        assert!(copy.reads(&copy.device(&world, A)).await >= 400, "{edit}");
        assert_eq!(copy.calls(&world, world.token(B)).await.0, 200, "{edit}: the other client is served");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_or_inserted_sealed_copies_gain_nothing() {
    let world = World::with(&[Provider::OpenAi]).await;
    let (mine, theirs) = (world.devices[A].client.to_string(), world.devices[B].client.to_string());
    let (key_of_a, key_of_b) = (&world.keys[A], &world.keys[B]);
    let swap = "UPDATE copies SET sealed = (SELECT sealed FROM copies WHERE client = ?1), sha256 = (SELECT sha256 FROM copies WHERE client = ?1) WHERE client = ?2";
    let copy = Copy::changed(&world, |db| assert_eq!(db.execute(swap, params![mine, theirs]).unwrap(), 1)).await;
    let (status, keys) = copy.calls(&world, world.token(B)).await;
    assert!(
        status >= 400 && !keys.iter().any(|key| key_of_a.contains(key)),
        "B's calls on A's copy: {status} {keys:?}"
    );
    assert_eq!(copy.calls(&world, world.token(A)).await.0, 200, "A is served on its own");

    let insert = "INSERT INTO copies (client, connection, version, sha256, sealed) SELECT ?2, c.connection, v.n, c.sha256, c.sealed \
                  FROM copies c, (SELECT 1 AS n UNION SELECT 2) v WHERE c.client = ?1";
    let copy = Copy::changed(&world, |db| assert_eq!(db.execute(insert, params![mine, theirs]).unwrap(), 2)).await;
    let (status, keys) = copy.calls(&world, world.token(B)).await;
    assert_eq!(status, 200);
    assert!(keys.iter().all(|key| key_of_b.contains(key)), "an inserted copy is not used");
    let state = copy.agency.as_ref().unwrap().record.state(world.devices[B].client).unwrap();
    assert!(!state.connections().contains_key(&world.connection(A)), "nor is it a connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn inserted_things_and_receipts_show_nothing_of_another_client() {
    let world = World::with(&[Provider::OpenAi]).await;
    let (connection, theirs) = (world.connection(A).to_string(), world.devices[B].client.to_string());
    let client = world.devices[A].client;
    let made = Made {
        client,
        provider: Provider::OpenAi,
        thing: "resp_moved".to_owned(),
        connection: Some(world.connection(B)),
        at: now(),
    };
    world.servers.agency.things.remember(&made).unwrap();
    let copy = Copy::changed(&world, |db| {
        let made =
            "INSERT INTO made (client, provider, thing, connection, at) VALUES (?1, 'openai', 'resp_of_a', ?2, 0)";
        db.execute(made, params![theirs, connection]).unwrap();
        let own = "INSERT INTO made SELECT ?1, 'openai', 'resp_on_own', connection, 0, mac FROM made WHERE thing = 'resp_moved'";
        assert_eq!(db.execute(own, [&theirs]).unwrap(), 1);
        let platform = "INSERT INTO made (client, provider, thing, at) VALUES (?1, 'openai', 'resp_of_platform', 0)";
        db.execute(platform, [&theirs]).unwrap();
        let moved = "UPDATE made SET client = ?1 WHERE thing = 'resp_moved'";
        assert_eq!(db.execute(moved, [&theirs]).unwrap(), 1);
        let connection_as_own = "INSERT INTO receipts (client, connection, version, envelope) VALUES (?1, ?2, 1, '{}')";
        db.execute(connection_as_own, params![theirs, connection]).unwrap();
    })
    .await;
    let before = world.ledger_sizes();
    for thing in ["resp_of_a", "resp_on_own", "resp_of_platform", "resp_moved"] {
        let call = copy.http.get(format!("{}/gateway/openai/v1/responses/{thing}", copy.origin));
        assert_eq!(call.bearer_auth(world.token(B)).send().await.unwrap().status().as_u16(), 404, "{thing}");
    }
    assert!(world.shown(&before).is_empty(), "no key was used for it");
    let receipt =
        copy.device(&world, B).ask(&copy.http, &Method::GET, &format!("/v1/receipts/{connection}/1"), None).await;
    assert!(receipt.unwrap().status >= 400, "an unsigned receipt is not handed out as one");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_were_moved_to_another_client_show_it_nothing_of_their_keys() {
    let world = World::with(&[Provider::OpenAi]).await;
    assert_eq!(Copy::changed(&world, |_| {}).await.calls(&world, world.token(A)).await.0, 200);
    let (mine, theirs) = (world.devices[A].client.to_string(), world.devices[B].client.to_string());
    let copy = Copy::changed(&world, |db| {
        let moved = "UPDATE calls SET client = ?2 WHERE client = ?1";
        let call = "INSERT INTO calls (id, client, assistant, at, route, provider, purpose, connection, version, paid_by, model) \
                    VALUES ('call_planted', ?1, 'as_00000000000000000000000000', 1, 'openai.chat', 'openai', 'chat', ?2, 1, 'own', 'm')";
        db.execute(call, params![mine, world.connection(A).to_string()]).unwrap();
        assert!(db.execute(moved, params![mine, theirs]).unwrap() > 0);
    })
    .await;
    let before = world.state(B);
    for who in [A, B] {
        let (status, keys) = copy.calls(&world, world.token(who)).await;
        assert_eq!(status, 200);
        assert!(keys.iter().all(|key| world.keys[who].contains(key)), "{keys:?}");
    }
    assert_eq!(copy.reads(&copy.device(&world, B)).await, 200);
    let state = copy.agency.as_ref().unwrap().record.state(world.devices[B].client).unwrap();
    assert_eq!(state.connections().len(), before.connections().len(), "a row of a call makes no connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_no_act_carries_are_not_believed() {
    let world = World::with(&[]).await;
    let mine = world.devices[A].client.to_string();
    let copy = Copy::changed(&world, |db| {
        let renamed = db.execute("UPDATE names SET name = 'Somebody else' WHERE client = ?1", [&mine]);
        assert!(renamed.unwrap() > 0);
    })
    .await;
    let agency = copy.agency.as_ref().unwrap();
    let state = agency.record.state(world.devices[A].client).unwrap();
    let hashes = state.members().values().map(|m| m.name_hash).chain(state.name_hash());
    for hash in hashes {
        assert!(agency.store.name(state.client(), hash).unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_keys_and_key_sets_keep_the_agency_from_opening() {
    let world = World::with(&[]).await;
    let changes = [
        "UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE kind = 'receipt') WHERE kind = 'operator'",
        "UPDATE keys SET wrapped = zeroblob(72) WHERE kind = 'sealing'",
        "UPDATE keysets SET envelope = CAST(replace(CAST(envelope AS TEXT), '\"sig\":\"', '\"sig\":\"AAAA') AS BLOB)",
    ];
    for change in changes {
        let copy = Copy::changed(&world, |db| assert!(db.execute(change, []).unwrap() > 0)).await;
        assert!(copy.agency.is_none(), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_taken_out_of_the_database_does_not_repeat_an_act() {
    let world = World::with(&[Provider::OpenAi]).await;
    let (device, state) = (&world.devices[A], world.state(A));
    let act = device.act(&state, state.client(), Deed::CheckRequest { connection: world.connection(A), version: 1 });
    let request = json(&ActRequest { act: act.sign(&device.key), sealed: None, names: vec![] });
    let (target, verb) = ("/v1/acts", Method::POST);
    let signature = device.sign(&verb, target, Some(&request), now(), random::bytes());
    let first = device.send(&world.http, &verb, target, Some(&request), Some(&signature)).await.unwrap();
    assert_eq!(first.status().as_u16(), 200);
    let size = world.state(A).tree().size();
    let db = Connection::open(world.servers.agency.store.folder().join("db/agency.sqlite")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    db.execute("DELETE FROM nonces", []).unwrap();
    let again = device.send(&world.http, &verb, target, Some(&request), Some(&signature)).await.unwrap();
    assert_eq!(again.status().as_u16(), 200, "the first answer again");
    let repeated = world.servers.agency.store.leaves(state.client(), size, 100).unwrap();
    let id = act.id.to_string();
    assert!(!repeated.iter().any(|leaf| String::from_utf8_lossy(leaf).contains(&id)), "it is not in the record twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_of_the_database_is_noticed() {
    let world = World::with(&[Provider::OpenAi]).await;
    let (_old_folder, old) = copied(&world);
    world.apps[A].app.invite_member("After the backup".to_owned(), Role::Viewer).await.unwrap();
    let (folder, data_dir) = copied(&world);
    std::fs::remove_dir_all(data_dir.join("db")).unwrap();
    copy_folder(&old.join("db"), &data_dir.join("db")).unwrap();
    let copy = Copy::open(&world, folder, data_dir).await;
    let (status, keys) = copy.calls(&world, world.token(A)).await;
    assert!(status >= 400 && keys.is_empty(), "A's record is behind its checkpoint: {status}");
    assert!(copy.reads(&copy.device(&world, A)).await >= 400);
    assert_eq!(copy.calls(&world, world.token(B)).await.0, 200, "B's record has not moved since");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_of_one_client_opens_no_other() {
    let world = World::with(&[]).await;
    let invite = world.apps[A].app.invite_member("Vera".to_owned(), Role::Owner).await.unwrap();
    let link: ownkey_protocol::join::JoinLink = invite.link.parse().unwrap();
    let key = SigningKey::from_bytes(&random::bytes());
    let victim = world.state(B);
    let member = victim.members().keys().next().copied().unwrap_or_else(|| MemberId::random(now()));
    let fresh = Device {
        client: victim.client(),
        device: DeviceId::random(now()),
        member,
        key,
        origin: world.servers.origin.clone(),
    };
    let name = ownkey_protocol::api::Named::new("Intruder");
    let deed = Deed::DeviceEnrol {
        public: Base64(fresh.key.verifying_key().to_bytes().to_vec()),
        name_hash: name.hash(),
        code: Base64(link.code.0.to_vec()),
        role: Role::Owner,
        keyset_seq: 1,
    };
    let act = fresh.act(&victim, victim.client(), deed).sign(&fresh.key);
    let body = json(&ActRequest { act, sealed: None, names: vec![name] });
    let sent = fresh.send(&world.http, &Method::POST, "/v1/enrol", Some(&body), None).await.unwrap();
    assert!(sent.status().is_client_error(), "{}", sent.status());
    assert_eq!(world.state(B).devices().len(), victim.devices().len());
}
