//! The frozen vectors of `tests/vectors`: bytes that two sides must agree on, today and in years.
//!
//! They were written once by `examples/vectors.rs`. What is deterministic must come out byte for byte; what is not
//! (sealing) must open.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

use ed25519_dalek::SigningKey;
use ownkey_protocol::act::{self, Act};
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::{from_base64, json};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::join::{self, InviteCode, JoinLink};
use ownkey_protocol::keyset::{self, Fingerprint, KeyRing, KeySet, VerifiedKeySet};
use ownkey_protocol::receipt::Receipt;
use ownkey_protocol::record::{Checkpoint, Leaf, Tree, leaf_hash};
use ownkey_protocol::request::{self, Request, Signed};
use ownkey_protocol::seal::{self, Header, Place};
use ownkey_protocol::token;
use ownkey_secret::Secret;
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(&path).expect(&path)).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect(name)
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    from_base64(text(value, name)).expect(name)
}

fn signer(value: &Value, name: &str) -> SigningKey {
    SigningKey::from_bytes(&bytes(value, name).try_into().unwrap())
}

fn parsed<T: std::str::FromStr>(value: &Value, name: &str) -> T {
    text(value, name).parse().ok().expect(name)
}

fn moment() -> Instant {
    "2026-11-24T02:03:04.050Z".parse().unwrap()
}

fn verified() -> (Fingerprint, VerifiedKeySet) {
    let v = vectors("keyset");
    let pinned = Fingerprint(parsed(&v, "fingerprint"));
    let envelope = Envelope::parse(&bytes(&v, "envelope")).unwrap();
    (pinned, VerifiedKeySet::verify(&envelope, &bytes(&v, "identity"), pinned, 7, None).unwrap())
}

fn ring() -> KeyRing {
    verified().1.ring()
}

#[test]
fn the_key_set_verifies_and_is_signed_again_to_the_same_bytes() {
    let v = vectors("keyset");
    let (pinned, verified) = verified();
    assert_eq!(Fingerprint::of(&signer(&v, "identity_seed").verifying_key()), pinned);
    let set: KeySet = serde_json::from_slice(&bytes(&v, "payload")).unwrap();
    assert_eq!(&set, verified.set());
    assert_eq!(json(&set), bytes(&v, "payload"));
    assert_eq!(keyset::sign(&set, &signer(&v, "identity_seed")).to_bytes(), bytes(&v, "envelope"));
}

#[test]
fn both_sealed_copies_open_in_their_place() {
    let v = vectors("sealed");
    let copies = v["copies"].as_array().unwrap();
    assert_eq!(copies.len(), 2);
    for copy in copies {
        let sealed = bytes(copy, "sealed");
        let header: Header = seal::header_of(&sealed).unwrap();
        assert_eq!(json(&header), bytes(copy, "header"));
        assert_eq!(header.suite.as_str(), text(copy, "suite"));
        assert_eq!(seal::fingerprint(&sealed).to_string(), text(copy, "sealed_sha256"));
        let private = Secret::new(bytes(copy, "private")).unwrap();
        assert_eq!(seal::public_of(header.suite, &private), bytes(copy, "public"));
        let place = Place {
            agency: header.agency,
            client: header.client.clone(),
            connection: header.connection,
            provider: header.provider,
            version: 3,
            device: header.device.clone(),
            purpose: header.purpose,
            sealed_sha256: parsed(copy, "sealed_sha256"),
        };
        let expected = Secret::new(text(&v, "secret").as_bytes().to_vec()).unwrap();
        assert!(seal::open(&sealed, &place, &private).unwrap().same_as(&expected));
    }
}

#[test]
fn acts_leaves_and_roots_come_out_byte_for_byte() {
    let v = vectors("record");
    let mut tree = Tree::default();
    assert_eq!(tree.root().to_string(), text(&v, "empty_root"));
    for line in v["leaves"].as_array().unwrap() {
        let envelope = Envelope::parse(&bytes(line, "envelope")).unwrap();
        let act = Act::parse(&envelope).unwrap();
        assert_eq!(json(&act), bytes(line, "act"));
        let key = signer(line, "signer_seed");
        assert_eq!(act.sign(&key).to_bytes(), bytes(line, "envelope"));
        assert!(envelope.verifies(0, &act.actor.keyid(), &key.verifying_key()));
        assert_eq!(envelope.payload_type, act::TYPE);
        let leaf = Leaf::parse(&bytes(line, "leaf")).unwrap();
        assert_eq!((leaf.index, &leaf.envelope.0), (tree.size(), &bytes(line, "envelope")));
        assert_eq!(leaf.to_bytes(), bytes(line, "leaf"));
        assert_eq!((act.seen.size, act.seen.root), (tree.size(), tree.root()));
        assert_eq!(leaf_hash(&bytes(line, "leaf")).to_string(), text(line, "leaf_hash"));
        tree.append(leaf_hash(&bytes(line, "leaf")));
        assert_eq!(tree.root().to_string(), text(line, "root"));
    }
    let (origin, note) = (text(&v, "origin"), text(&v, "checkpoint"));
    let checkpoint = Checkpoint::verify(note, origin, &ring()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (tree.size(), tree.root()));
    let key = signer(&vectors("receipt"), "signer_seed");
    assert_eq!(checkpoint.sign(origin, &key), note);
}

#[test]
fn the_receipt_verifies_and_is_signed_again_to_the_same_bytes() {
    let v = vectors("receipt");
    let envelope = Envelope::parse(&bytes(&v, "envelope")).unwrap();
    let (client, connection) = (parsed(&v, "client"), parsed(&v, "connection"));
    let sealed_sha256 = parsed(&v, "sealed_sha256");
    let (agency, ring) = (verified().0, ring());
    let verify = |version| Receipt::verify(&envelope, &ring, agency, client, connection, version, sealed_sha256);
    let receipt = verify(3).unwrap();
    assert!(verify(4).is_err());
    assert_eq!(json(&receipt), bytes(&v, "payload"));
    let id = envelope.signatures[0].keyid.parse().unwrap();
    assert_eq!(receipt.sign(id, &signer(&v, "signer_seed")).to_bytes(), bytes(&v, "envelope"));
}

#[test]
fn signed_requests_come_out_byte_for_byte_and_verify() {
    let v = vectors("request");
    let key = signer(&v, "signer_seed");
    let nonce: [u8; 16] = bytes(&v, "nonce").try_into().unwrap();
    let device = parsed(&v, "device");
    for r in v["requests"].as_array().unwrap() {
        let body = r["body"].as_str().map(|b| from_base64(b).unwrap());
        let request = Request {
            method: text(r, "method"),
            authority: text(r, "authority"),
            path: text(r, "path"),
            query: text(r, "query"),
            body: body.as_deref().map(|b| (text(r, "content_type"), b)),
        };
        let headers = request::sign(&request, device, &key, parsed(&v, "created"), nonce);
        assert_eq!(headers.input, text(r, "signature_input"));
        assert_eq!(headers.signature, text(r, "signature"));
        assert_eq!(headers.content_digest.as_deref(), r["content_digest"].as_str());
        let header = |name: &str| r[name.replace('-', "_")].as_str().into_iter().collect();
        let answer = request::verify(&request, header, moment(), |id| (id == device).then(|| key.verifying_key()));
        assert_eq!(answer, Ok(Signed { device, nonce }));
    }
}

#[test]
fn six_words_and_the_join_link_come_out_as_they_were() {
    let v = vectors("words");
    let fingerprint = Fingerprint(parsed(&v, "fingerprint"));
    assert_eq!(serde_json::json!(join::words(fingerprint)), v["words"]);
    let link: JoinLink = parsed(&v, "link");
    assert_eq!((link.fingerprint, link.seq), (fingerprint, 7));
    assert_eq!(link.code, InviteCode(bytes(&v, "code").try_into().unwrap()));
    assert_eq!(link.code.hash().to_string(), text(&v, "code_hash"));
    assert_eq!(link.to_string(), text(&v, "link"));
}

#[test]
fn tokens_come_out_as_they_were() {
    for v in vectors("token").as_array().unwrap() {
        let text = text(v, "token");
        let made = token::from_random(&bytes(v, "random").try_into().unwrap());
        assert!(made.same_as(&Secret::new(text.as_bytes().to_vec()).unwrap()));
        assert!(token::has_form(text));
        assert_eq!(token::hash(text.as_bytes()).to_string(), v["hash"].as_str().unwrap());
    }
}
