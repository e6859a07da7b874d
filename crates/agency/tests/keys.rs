//! The agency's keys over time: renewed at half of a set's life, refused when older, opened only by their own key file.
#![allow(clippy::unwrap_used, reason = "a test says what it expected by failing")]

use std::sync::Arc;

use ownkey_agency::keys::{FileKeys, KeyHolder};
use ownkey_agency::store::Store;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::{Fingerprint, KeySetRefused, VerifiedKeySet};

const DAY: i64 = 24 * 3_600 * 1_000;

fn start() -> Instant {
    "2026-11-24T00:00:00.000Z".parse().unwrap()
}

#[test]
fn a_key_set_is_renewed_at_half_of_its_life_and_the_app_takes_only_a_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let keys = FileKeys::open(&store, &folder.path().join("keys/k"), "Agency", start()).unwrap();
    let (old, first) = keys.keyset();
    assert_eq!(first.set().seq, 1);
    assert!(keys.renew(start().plus_millis(44 * DAY)).unwrap().is_none());
    let second = keys.renew(start().plus_millis(46 * DAY)).unwrap().unwrap();
    assert_eq!((second.set().seq, second.set().name.as_str()), (2, "Agency"));
    assert_eq!(first.set().sealing[0].id, second.set().sealing[0].id, "copies that were sealed can still be opened");
    assert!(first.sealing_key(ownkey_protocol::seal::Suite::XWing, start().plus_millis(91 * DAY)).is_none());

    let identity = keys.identity();
    let pinned = Fingerprint::of(&identity);
    let back = VerifiedKeySet::verify(&old, identity.as_bytes(), pinned, 0, Some(&second));
    assert_eq!(back.unwrap_err(), KeySetRefused::RolledBack);
}

#[test]
fn keys_are_the_same_after_a_restart_and_closed_without_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys/k");
    let identity = {
        let store = Arc::new(Store::open(folder.path()).unwrap());
        FileKeys::open(&store, &file, "Agency", start()).unwrap().identity()
    };
    let store = Arc::new(Store::open(folder.path()).unwrap());
    assert_eq!(FileKeys::open(&store, &file, "Agency", start()).unwrap().identity(), identity);
    std::fs::rename(&file, folder.path().join("elsewhere")).unwrap();
    let missing = FileKeys::open(&store, &file, "Agency", start()).map(|_| ()).unwrap_err().to_string();
    assert!(missing.contains("is missing"), "{missing}");
    assert!(!file.exists(), "no other key is made in its place");
}
