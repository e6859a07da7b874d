//! Tables that are caches of the record can be thrown away: what is rebuilt is equal, and everybody is served as before.

use ed25519_dalek::SigningKey;
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_protocol::act::Deed;
use ownkey_protocol::api::{ActRequest, EnrolPreview, Named};
use ownkey_protocol::encoding::{Base64, json};
use ownkey_protocol::join::JoinLink;
use ownkey_protocol::random;
use ownkey_protocol::vocabulary::{Provider, Role};
use ownkey_tests::device::{Answer, Device};
use reqwest::Method;
use rusqlite::Connection;
use std::sync::Arc;

use super::database::Copy;
use super::invites::preview;
use super::{A, B, World};

/// What a table is: a cache that the record rebuilds, or something that the record cannot hold, and how that is checked.
const TABLES: &[(&str, bool, &str)] = &[
    ("copies", false, "by the hash in the act that pushed it"),
    ("keys", false, "by the wrapping key"),
    ("keysets", false, "by the identity's signature"),
    ("leaves", false, "the record itself: by signatures and checkpoints"),
    ("made", false, "by a MAC under a key that is not in the database"),
    ("names", false, "by the salted hash in an act"),
    ("nonces", false, "by the window of time"),
    ("pointers", true, "by the fold that it points to"),
    ("receipts", false, "by the receipt key's signature"),
    ("webhooks", false, "nothing is believed of it: it is what was told"),
    ("webhooks_seen", false, "nothing is believed of it: what is told twice has the same id"),
];

fn rows(db: &Connection, table: &str) -> Vec<String> {
    let mut query = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = query.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap()));
        Ok(cells.collect::<Vec<_>>().join(" "))
    };
    let mut all: Vec<String> = query.query_map([], row).unwrap().map(Result::unwrap).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn caches_that_were_emptied_are_rebuilt_equal_and_everybody_is_served_as_before() {
    let world = World::with(&[Provider::OpenAi]).await;
    let invite = world.apps[A].app.invite_member("Vera".to_owned(), Role::Viewer).await.unwrap();
    let invite: JoinLink = invite.link.parse().unwrap();
    let file = |agency: &ownkey_agency::Agency| agency.store.folder().join("db/agency.sqlite");
    let db = Connection::open(file(&world.servers.agency)).unwrap();
    let of_this_version =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut names = db.prepare(of_this_version).unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(names, TABLES.iter().map(|(name, ..)| *name).collect::<Vec<_>>(), "a new table needs a line here");
    let caches = || TABLES.iter().filter(|(_, cache, _)| *cache).map(|(name, ..)| *name);
    let before: Vec<_> = caches().map(|table| rows(&db, table)).collect();
    assert!(before.iter().all(|rows| rows.len() > 5), "{before:?}");

    let copy = Copy::changed(&world, |db| {
        for table in caches() {
            assert!(db.execute(&format!("DELETE FROM {table}"), []).unwrap() > 0);
        }
    })
    .await;
    let rebuilt = Connection::open(file(copy.agency.as_ref().unwrap())).unwrap();
    let after: Vec<_> = caches().map(|table| rows(&rebuilt, table)).collect();
    assert_eq!(after, before);
    for who in [A, B] {
        assert_eq!(copy.reads(&copy.device(&world, who)).await, 200);
        assert_eq!(copy.calls(&world, world.token(who)).await.0, 200);
    }
    assert_eq!(preview(&copy.http, &copy.origin, invite.code.0).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_clients_device_cannot_be_taken() {
    let world = World::with(&[]).await;
    let invite = world.apps[B].app.invite_member("Mallory".to_owned(), Role::Member).await.unwrap();
    let link: JoinLink = invite.link.parse().unwrap();
    let told = preview(&world.http, &world.servers.origin, link.code.0).await;
    let told: EnrolPreview = serde_json::from_str(&told.body).unwrap();
    let key = SigningKey::from_bytes(&random::bytes());
    let taken = Device { device: world.devices[A].device, member: told.member, key, ..world.devices[B].clone() };
    let name = Named::new("Mine now");
    let deed = Deed::DeviceEnrol {
        public: Base64(taken.key.verifying_key().to_bytes().to_vec()),
        name_hash: name.hash(),
        code: Base64(link.code.0.to_vec()),
        role: Role::Member,
        keyset_seq: 1,
    };
    let act = taken.act(&world.state(B), taken.client, deed).sign(&taken.key);
    let body = json(&ActRequest { act, sealed: None, names: vec![name] });
    let sent = taken.send(&world.http, &Method::POST, "/v1/enrol", Some(&body), None).await.unwrap();
    let answer = Answer::of(sent).await.unwrap();
    assert_eq!(answer.code(), "act_refused", "{answer:?}");
    let read = world.devices[A].ask(&world.http, &Method::GET, "/v1/snapshot", None).await.unwrap();
    assert_eq!(read.status, 200, "its owner was locked out");
    let unused = Headless::open(&world.servers, "B2", Arc::new(MemoryKeychain::default())).unwrap();
    unused.join(&invite.link).await.unwrap();
}
