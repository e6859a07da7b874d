//! Writes the frozen vectors of `tests/vectors`: `cargo run -p ownkey-protocol --example vectors -- tests/vectors`.
//!
//! They were made once and are kept: a change of any byte that two sides must agree on breaks `tests/frozen.rs`. Run it
//! again only for a new version of a format. All but the sealed copies (which are random by nature) comes out the same
//! each time.
#![allow(clippy::unwrap_used, reason = "run by hand, and what it cannot do it must not hide")]

use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ownkey_protocol::act::{Act, Actor, Deed, Seen};
use ownkey_protocol::encoding::{Base64, Hash};
use ownkey_protocol::id::{ActId, ClientId, ConnectionId, DeviceId, MemberId, SealingKeyId, SigningKeyId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::join::{self, InviteCode, JoinLink};
use ownkey_protocol::keyset::{self, Fingerprint, KeySet, Purpose, SealingKey, SigningKeyEntry};
use ownkey_protocol::receipt::{Outcome, Receipt};
use ownkey_protocol::record::{Checkpoint, Leaf, Tree, leaf_hash, origin};
use ownkey_protocol::request::{self, Request};
use ownkey_protocol::seal::{self, Header, SealPurpose, Suite};
use ownkey_protocol::token;
use ownkey_protocol::vocabulary::{Account, Answer, Provider, Question, Verdict, VerdictCode};
use ownkey_secret::Secret;
use serde_json::{Value, json};

const SECRET: &str = "sk-proj-vector0123456789abcdefghijklmnopqrstuvwxyz";

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "tests/vectors".into()));
    let parties = Parties::new();
    let copies = parties.sealed();
    write(&folder, "keyset.json", &parties.keyset());
    write(&folder, "record.json", &parties.record(&copies));
    write(&folder, "sealed.json", &json!({ "secret": SECRET, "copies": copies }));
    write(&folder, "receipt.json", &parties.receipt(&copies));
    write(&folder, "request.json", &parties.request());
    write(&folder, "words.json", &parties.words());
    write(&folder, "token.json", &tokens());
}

fn write(folder: &Path, name: &str, value: &Value) {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    std::fs::write(folder.join(name), text).unwrap();
}

fn base64(bytes: &[u8]) -> Value {
    serde_json::to_value(Base64(bytes.to_vec())).unwrap()
}

fn moment() -> Instant {
    "2026-11-24T02:03:04.050Z".parse().unwrap()
}

/// A signing key from a seed that stands in the vectors.
fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

struct Parties {
    agency: Fingerprint,
    client: ClientId,
    member: MemberId,
    device: DeviceId,
    connection: ConnectionId,
    receipt: SigningKeyId,
    operator: SigningKeyId,
    gateway: SigningKeyId,
}

impl Parties {
    fn new() -> Self {
        let id = [0x11; 10];
        Self {
            agency: Fingerprint::of(&key(1).verifying_key()),
            client: ClientId::new(moment(), id),
            member: MemberId::new(moment(), id),
            device: DeviceId::new(moment(), id),
            connection: ConnectionId::new(moment(), id),
            receipt: SigningKeyId::new(moment(), [2; 10]),
            operator: SigningKeyId::new(moment(), [3; 10]),
            gateway: SigningKeyId::new(moment(), [4; 10]),
        }
    }

    fn keyset(&self) -> Value {
        let later = moment().plus_millis(keyset::LIFETIME_MILLIS);
        let signing = [
            (self.receipt, Purpose::Receipt, 2),
            (self.operator, Purpose::Operator, 3),
            (self.gateway, Purpose::Gateway, 4),
        ];
        let entry = |(id, purpose, seed): (SigningKeyId, Purpose, u8)| SigningKeyEntry {
            id,
            purpose,
            public: Base64(key(seed).verifying_key().to_bytes().to_vec()),
            from: moment(),
            until: later,
        };
        let private = Secret::new(vec![9; 32]).unwrap();
        let set = KeySet {
            v: 1,
            agency: self.agency,
            name: "Agentur für Beispiele".into(),
            seq: 7,
            issued: moment(),
            expires: later,
            next_identity: Some(Hash::of(&[b"the next identity"])),
            sealing: vec![SealingKey {
                id: SealingKeyId::new(moment(), [5; 10]),
                suite: Suite::X25519,
                public: Base64(seal::public_of(Suite::X25519, &private)),
                accept_from: moment(),
                accept_until: later,
            }],
            signing: signing.map(entry).to_vec(),
        };
        let envelope = keyset::sign(&set, &key(1));
        json!({
            "identity_seed": base64(&[1; 32]),
            "identity": base64(key(1).verifying_key().as_bytes()),
            "fingerprint": self.agency.to_string(),
            "payload": base64(&envelope.payload.0),
            "envelope": base64(&envelope.to_bytes()),
        })
    }

    fn header(&self, suite: Suite) -> Header {
        Header {
            v: 1,
            suite,
            sealing_key: SealingKeyId::new(moment(), [5; 10]),
            agency: self.agency,
            client: self.client.to_string(),
            connection: self.connection,
            provider: Provider::OpenAi,
            version: 3,
            device: self.device.to_string(),
            purpose: SealPurpose::ClientKey,
            at: moment(),
        }
    }

    fn sealed(&self) -> Vec<Value> {
        let secret = Secret::new(SECRET.as_bytes().to_vec()).unwrap();
        let copy = |suite: Suite| {
            let private = Secret::new(vec![9; 32]).unwrap();
            let public = seal::public_of(suite, &private);
            let header = self.header(suite);
            let sealed = seal::seal(&header, &public, &secret).unwrap();
            json!({
                "suite": suite.as_str(),
                "private": base64(&[9; 32]),
                "public": base64(&public),
                "header": base64(&serde_json::to_vec(&header).unwrap()),
                "sealed": base64(&sealed),
                "sealed_sha256": seal::fingerprint(&sealed).to_string(),
            })
        };
        vec![copy(Suite::XWing), copy(Suite::X25519)]
    }

    /// Three acts, their leaves, the tree's roots and the checkpoint.
    fn record(&self, copies: &[Value]) -> Value {
        let operator = Actor::Operator { key: self.operator, name_hash: Hash::of(&[b"salt", b"Erika"]) };
        let device = Actor::Device { device: self.device, member: self.member };
        let deeds = [
            (operator.clone(), Deed::ClientOpen { name_hash: Hash::of(&[b"salt", b"Muster AG"]) }),
            (
                operator,
                Deed::MemberInvite {
                    member: self.member,
                    role: ownkey_protocol::vocabulary::Role::Owner,
                    name_hash: Hash::of(&[b"salt", b"Anna"]),
                    code_hash: InviteCode([8; 16]).hash(),
                    expires: moment().plus_millis(3_600_000),
                },
            ),
            (
                device,
                Deed::VersionPush {
                    connection: self.connection,
                    version: 3,
                    sealed_sha256: copies[0]["sealed_sha256"].as_str().unwrap().parse().unwrap(),
                    account: Account::Told("proj_vector".into()),
                    expires: None,
                    fence: None,
                },
            ),
        ];
        let mut tree = Tree::default();
        let mut lines = vec![];
        for (index, (actor, deed)) in deeds.into_iter().enumerate() {
            let seed = if matches!(actor, Actor::Device { .. }) { 6 } else { 3 };
            let seen = Seen { size: tree.size(), root: tree.root() };
            let expects = deed.writes().into_iter().map(|thing| (thing, index as u64)).collect();
            let id = ActId::new(moment(), [index as u8; 10]);
            let act =
                Act { v: 1, id, agency: self.agency, client: self.client, actor, at: moment(), seen, expects, deed };
            let envelope = act.sign(&key(seed));
            let leaf = Leaf { index: index as u64, logged: moment(), envelope: Base64(envelope.to_bytes()) }.to_bytes();
            tree.append(leaf_hash(&leaf));
            lines.push(json!({
                "signer_seed": base64(&[seed; 32]),
                "act": base64(&envelope.payload.0),
                "envelope": base64(&envelope.to_bytes()),
                "leaf": base64(&leaf),
                "leaf_hash": leaf_hash(&leaf).to_string(),
                "root": tree.root().to_string(),
            }));
        }
        let origin = origin(self.agency, &self.client.to_string());
        let note = Checkpoint { size: tree.size(), root: tree.root() }.sign(&origin, &key(2));
        json!({ "leaves": lines, "empty_root": Hash::of(&[]).to_string(), "origin": origin, "checkpoint": note })
    }

    fn receipt(&self, copies: &[Value]) -> Value {
        let sealed_sha256 = copies[0]["sealed_sha256"].as_str().unwrap();
        let receipt = Receipt {
            v: 1,
            agency: self.agency,
            client: self.client,
            connection: self.connection,
            version: 3,
            sealed_sha256: sealed_sha256.parse().unwrap(),
            outcome: Outcome::Works,
            verdicts: vec![Verdict { what: Question::Reach, answer: Answer::Yes, code: VerdictCode::Ok, words: None }],
            account: Account::Told("proj_vector".into()),
            at: moment(),
            index: 2,
        };
        let envelope = receipt.sign(self.receipt, &key(2));
        json!({
            "client": self.client.to_string(),
            "connection": self.connection.to_string(),
            "version": 3,
            "sealed_sha256": sealed_sha256,
            "signer_seed": base64(&[2; 32]),
            "payload": base64(&envelope.payload.0),
            "envelope": base64(&envelope.to_bytes()),
        })
    }

    fn request(&self) -> Value {
        let body = br#"{"hello":"agency"}"#.as_slice();
        let with = |method, path, query, body: Option<(&str, &[u8])>| {
            let request = Request { method, authority: "agency.example:8443", path, query, body };
            let headers = request::sign(&request, self.device, &key(6), moment(), [0x21; 16]);
            json!({
                "method": method,
                "authority": request.authority,
                "path": path,
                "query": query,
                "content_type": body.map(|(kind, _)| kind),
                "body": body.map(|(_, bytes)| base64(bytes)),
                "signature_input": headers.input,
                "signature": headers.signature,
                "content_digest": headers.content_digest,
            })
        };
        json!({
            "device": self.device.to_string(),
            "signer_seed": base64(&[6; 32]),
            "created": moment().to_string(),
            "nonce": base64(&[0x21; 16]),
            "requests": [
                with("GET", "/v1/record", "from=12", None),
                with("POST", "/v1/acts", "", Some(("application/json", body))),
            ],
        })
    }

    fn words(&self) -> Value {
        let code = InviteCode([8; 16]);
        let link = JoinLink { origin: "https://agency.example".into(), code, fingerprint: self.agency, seq: 7 };
        json!({
            "fingerprint": self.agency.to_string(),
            "words": join::words(self.agency),
            "code": base64(&[8; 16]),
            "code_hash": InviteCode([8; 16]).hash().to_string(),
            "link": link.to_string(),
        })
    }
}

fn tokens() -> Value {
    let all = [[0_u8; 32], [0x5a; 32], [0xff; 32]].map(|random| {
        // EXPOSE: these tokens are examples and open nothing.
        token::from_random(&random).expose(|text| {
            json!({
                "random": base64(&random),
                "token": String::from_utf8(text.to_vec()).unwrap(),
                "hash": token::hash(text).to_string(),
            })
        })
    });
    json!(all)
}
