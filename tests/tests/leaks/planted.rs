//! The search itself: one leak in each place is found there.

use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::KeySpec;
use ownkey_tests::leak::{Search, encodings};
use serde_json::json;

use super::world::{World, logs};

/// One leak in each place, and it is found there.
pub(crate) async fn the_search_finds_what_is_planted(world: &World, client: &reqwest::Client) {
    let key = world.sims.control().make_key(simulated(Provider::OpenAi), "Planted", KeySpec::default()).text;
    let mut search = Search::default();
    search.add("planted", &key);
    let run = &key[20..28];

    assert_eq!(search.find(&logs().bytes()), None);
    tracing::trace!(run, "planted");
    assert!(search.find(&logs().bytes()).is_some(), "in the logs");
    world.ipc.add(json!({ "failure": { "fields": [{ "name": "words", "value": run }] } }).to_string().as_bytes());
    assert!(search.find(&world.ipc.bytes()).is_some(), "in what crosses to the window");
    let _answer = client.get(format!("{}/join?planted={run}", world.origin)).send().await.unwrap();
    assert!(search.find(&world.wire.bytes()).is_some(), "on the wire to the agency");
    world.answers.add(run.as_bytes());
    assert!(search.find(&world.answers.bytes()).is_some(), "in the gateway's answers");

    assert_eq!(search.find_below(world.folder.path()).unwrap(), None);
    for file in ["app/ownkey.sqlite", "agency/db/agency.sqlite", "agency/db/calls.sqlite"] {
        let file = world.folder.path().join(file);
        let found = || {
            let parts = ["", "-wal"].map(|end| std::fs::read(format!("{}{end}", file.display())).unwrap_or_default());
            parts.iter().any(|bytes| search.find(bytes).is_some())
        };
        assert!(!found());
        let db = rusqlite::Connection::open(&file).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        db.execute_batch("CREATE TABLE planted (t TEXT)").unwrap();
        db.execute("INSERT INTO planted VALUES (?1)", [run]).unwrap();
        assert!(found(), "in a row of {}", file.display());
        db.execute_batch("DELETE FROM planted; DROP TABLE planted; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
        assert!(found(), "in a deleted row of {}", file.display());
    }
}

#[test]
fn the_search_knows_every_encoding_and_neither_markers_nor_the_last_four() {
    let key = "sk-proj-Qw3rTyUiOp0123456789abcdefXYZT3BlbkFJzZyYxXwWvVuUtTsSrRqQpPoO1234";
    let mut search = Search::default();
    search.add("practice", key);
    for harmless in ["sk-proj-", "T3BlbkFJ", "pPoO1234", "1234", "oO1234", "Qw3rTyU"] {
        assert_eq!(search.find(harmless.as_bytes()), None, "{harmless}");
    }
    for (encoding, bytes) in encodings(b"0123456789abcd") {
        let around = [b"some words before ".as_slice(), &bytes, b" and after"].concat();
        assert!(search.find(&around).is_some(), "{encoding}");
    }
    for before in ["", "x", "xy"] {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{before}{key}"));
        assert!(search.find(encoded.as_bytes()).is_some(), "base64 after {} bytes", before.len());
    }
}
