//! 100,000 mutated inputs for each parser. Where a signature or a ciphertext would be checked each time, the parser that
//! comes before it takes them all, and some go all the way.

use std::hint::black_box;

use ownkey_protocol::act::{self, Act};
use ownkey_protocol::api;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::{Base64, Hash, from_base64, from_base64url, strict};
use ownkey_protocol::id::{ActId, ClientId, SigningKeyId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::join::{InviteCode, JoinLink};
use ownkey_protocol::keyset::{KeyRing, KeySet, VerifiedKeySet};
use ownkey_protocol::law::ClientState;
use ownkey_protocol::receipt::Receipt;
use ownkey_protocol::record::{Checkpoint, Leaf};
use ownkey_protocol::request::{self, Request};
use ownkey_protocol::seal::{self, Header, Place};
use ownkey_protocol::token;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_secret::Secret;

use crate::mutation::{Mutation, runs};
use crate::samples::{self, bytes, fingerprint, moment, text, vectors};

/// Runs in which a signature or a ciphertext is really checked.
const SIGNED_RUNS: usize = 500;

fn ring() -> KeyRing {
    verified_keyset().ring()
}

fn verified_keyset() -> VerifiedKeySet {
    let v = vectors("keyset");
    let envelope = Envelope::parse(&bytes(&v, "/envelope")).unwrap();
    VerifiedKeySet::verify(&envelope, &bytes(&v, "/identity"), fingerprint(), 1, None).unwrap()
}

/// Each sample in turn, mutated, until [`runs`] inputs were tried.
fn all(seed: u64, samples: &[Vec<u8>], parse: impl FnMut(&[u8])) {
    some(runs(), seed, samples, parse);
}

fn some(runs: usize, seed: u64, samples: &[Vec<u8>], mut parse: impl FnMut(&[u8])) {
    let mut mutation = Mutation::new(seed);
    for sample in samples {
        parse(sample);
    }
    for run in 0..runs {
        parse(&mutation.of(&samples[run % samples.len()]));
    }
}

fn texts(runs: usize, seed: u64, sample: &str, mut parse: impl FnMut(&str)) {
    let mut mutation = Mutation::new(seed);
    for _ in 0..runs {
        parse(&mutation.of_text(sample));
    }
}

#[test]
fn envelopes() {
    let samples = [bytes(&vectors("record"), "/leaves/0/envelope"), bytes(&vectors("keyset"), "/envelope")];
    all(1, &samples, |input| drop(black_box(Envelope::parse(input))));
}

#[test]
fn acts() {
    all(2, &samples::acts(), |input| {
        let payload = Base64(input.to_vec());
        drop(black_box(Act::parse(&Envelope { payload, payload_type: act::TYPE.into(), signatures: vec![] })));
    });
}

#[test]
fn key_sets() {
    let v = vectors("keyset");
    let (identity, pinned) = (bytes(&v, "/identity"), fingerprint());
    all(3, &[bytes(&v, "/payload")], |input| drop(black_box(strict::<KeySet>(input))));
    let seen = verified_keyset();
    let mut mutation = Mutation::new(4);
    let envelope = bytes(&v, "/envelope");
    for _ in 0..SIGNED_RUNS {
        let mutated = mutation.of(&envelope);
        if let Ok(parsed) = Envelope::parse(&mutated) {
            let answer = VerifiedKeySet::verify(&parsed, &identity, pinned, 1, Some(&seen));
            assert!(answer.is_err() || parsed.payload == Envelope::parse(&envelope).unwrap().payload);
        }
        drop(black_box(VerifiedKeySet::verify(
            &Envelope::parse(&envelope).unwrap(),
            &mutation.of(&identity),
            pinned,
            1,
            None,
        )));
    }
}

#[test]
fn sealed_copies() {
    let v = vectors("sealed");
    let samples = [bytes(&v, "/copies/1/sealed"), bytes(&v, "/copies/0/sealed")];
    all(5, &samples, |input| drop(black_box(seal::header_of(input))));
    let private = Secret::new(bytes(&v, "/copies/1/private")).unwrap();
    let header = seal::header_of(&samples[0]).unwrap();
    let mut mutation = Mutation::new(6);
    for _ in 0..SIGNED_RUNS {
        let mutated = mutation.of(&samples[0]);
        let same = mutated == samples[0];
        assert!(seal::open(&mutated, &place(&header, &mutated), &private).is_err() || same);
    }
}

#[test]
fn headers_of_sealed_copies() {
    let v = vectors("sealed");
    all(7, &[bytes(&v, "/copies/0/header")], |input| drop(black_box(strict::<Header>(input))));
}

fn place(header: &Header, sealed: &[u8]) -> Place {
    Place {
        agency: header.agency,
        client: header.client.clone(),
        connection: header.connection,
        provider: header.provider,
        version: header.version,
        device: header.device.clone(),
        purpose: header.purpose,
        sealed_sha256: seal::fingerprint(sealed),
    }
}

#[test]
fn receipts() {
    let v = vectors("receipt");
    all(8, &[bytes(&v, "/payload")], |input| drop(black_box(strict::<Receipt>(input))));
    let (client, connection) = (text(&v, "/client").parse().unwrap(), text(&v, "/connection").parse().unwrap());
    let sealed = text(&v, "/sealed_sha256").parse().unwrap();
    let (ring, agency) = (ring(), fingerprint());
    let good = Envelope::parse(&bytes(&v, "/envelope")).unwrap();
    let mut mutation = Mutation::new(9);
    for _ in 0..SIGNED_RUNS {
        let payload = Base64(mutation.of(&good.payload.0));
        let same = payload == good.payload;
        let mutated = Envelope { payload, ..good.clone() };
        assert!(Receipt::verify(&mutated, &ring, agency, client, connection, 3, sealed).is_err() || same);
    }
}

#[test]
fn leaves_and_the_law() {
    let v = vectors("record");
    let leaves: Vec<Vec<u8>> = (0..3).map(|n| bytes(&v, &format!("/leaves/{n}/leaf"))).collect();
    all(10, &leaves, |input| drop(black_box(Leaf::parse(input))));
    let ring = ring();
    let mut state = ClientState::new(fingerprint(), text(&vectors("receipt"), "/client").parse().unwrap());
    state.apply(&leaves[0], &ring).unwrap();
    let before = state.clone();
    let mut mutation = Mutation::new(11);
    let envelope = Envelope::parse(&bytes(&v, "/leaves/1/envelope")).unwrap();
    for _ in 0..SIGNED_RUNS {
        let payload = Base64(mutation.of(&envelope.payload.0));
        if payload == envelope.payload {
            continue;
        }
        let mutated = Envelope { payload, ..envelope.clone() };
        let leaf = Leaf { index: 1, logged: moment(), envelope: Base64(mutated.to_bytes()) };
        assert!(state.apply(&leaf.to_bytes(), &ring).is_err());
        assert!(state.apply(&mutation.of(&leaves[0]), &ring).is_err());
    }
    assert_eq!(state, before);
}

#[test]
fn checkpoints() {
    let v = vectors("record");
    let (note, origin) = (text(&v, "/checkpoint"), text(&v, "/origin"));
    let ring = ring();
    Checkpoint::verify(note, origin, &ring).unwrap();
    let mut nobody = 0;
    texts(runs(), 12, note, |input| {
        nobody += usize::from(Checkpoint::verify(input, origin, &KeyRing::default()).is_ok())
    });
    assert_eq!(nobody, 0, "without keys nothing verifies");
    let mut mutation = Mutation::new(13);
    for _ in 0..SIGNED_RUNS {
        let mutated = mutation.of_text(note);
        if let Ok(checkpoint) = Checkpoint::verify(&mutated, origin, &ring) {
            assert_eq!(mutated.split("\n\n").next(), note.split("\n\n").next());
            assert_eq!(checkpoint.size, 3);
        }
    }
}

#[test]
fn join_links_and_invite_codes() {
    let v = vectors("words");
    let link = text(&v, "/link");
    let app = format!("ownkey://join?link={}", link.replace('#', "%23"));
    assert!(link.parse::<JoinLink>().is_ok() && app.parse::<JoinLink>().is_ok());
    texts(runs(), 14, link, |input| drop(black_box(input.parse::<JoinLink>())));
    texts(runs(), 15, &app, |input| drop(black_box(input.parse::<JoinLink>())));
    let code = InviteCode([8; 16]).to_text();
    texts(runs(), 16, &code, |input| assert!(InviteCode::from_text(input).is_none_or(|c| c.to_text() == input)));
}

#[test]
fn ids_instants_hashes_tokens_and_words_of_lists() {
    let client = ClientId::new(moment(), [1; 10]).to_string();
    texts(runs(), 17, &client, |input| {
        black_box(input.parse::<ClientId>().ok());
        black_box(input.parse::<ActId>().ok());
        black_box(input.parse::<SigningKeyId>().ok());
    });
    texts(runs(), 18, &moment().to_string(), |input| {
        if let Ok(instant) = input.parse::<Instant>() {
            assert_eq!(instant.to_string(), input);
        }
    });
    texts(runs(), 19, &Hash([0xab; 32]).to_string(), |input| {
        if let Ok(hash) = input.parse::<Hash>() {
            assert_eq!(hash.to_string(), input);
        }
    });
    let token = text(&vectors("token"), "/1/token").to_owned();
    texts(runs(), 20, &token, |input| assert!(!token::has_form(input) || input == token));
    texts(runs(), 21, "openai", |input| {
        black_box((input.parse::<Provider>().ok(), input.parse::<Use>().ok()));
    });
    texts(runs(), 22, "AAECAwQFBgcICQoLDA0ODw==", |input| drop(black_box((from_base64(input), from_base64url(input)))));
}

#[test]
fn signed_requests() {
    let v = vectors("request");
    let body = bytes(&v, "/requests/1/body");
    let good = ["signature_input", "signature", "content_digest", "content_type"]
        .map(|name| text(&v, &format!("/requests/1/{name}")).to_owned());
    let key = ed25519_dalek::SigningKey::from_bytes(&[6; 32]).verifying_key();
    let mut mutation = Mutation::new(23);
    for run in 0..runs() {
        let mut headers = good.clone();
        let changed = mutation.below(4);
        headers[changed] = mutation.of_text(&good[changed]);
        let content_type = headers[3].clone();
        let request = Request {
            method: "POST",
            authority: text(&v, "/requests/1/authority"),
            path: "/v1/acts",
            query: "",
            body: Some((&content_type, &body)),
        };
        let header = |name: &str| match name {
            "signature-input" => vec![headers[0].as_str()],
            "signature" => vec![headers[1].as_str()],
            "content-digest" => vec![headers[2].as_str()],
            _ => vec![headers[3].as_str()],
        };
        let answer = request::verify(&request, header, moment(), |_| (run % 50 == 0).then_some(key));
        assert!(answer.is_err() || headers == good, "{headers:?}");
    }
}

#[test]
fn requests_and_answers_of_the_client_plane() {
    some(runs(), 24, &[samples::act_request()], |i| drop(black_box(serde_json::from_slice::<api::ActRequest>(i))));
    some(runs(), 25, &[samples::enrol_preview_request()], |i| {
        drop(black_box(serde_json::from_slice::<api::EnrolPreviewRequest>(i)));
    });
    some(runs(), 26, &[samples::server_time()], |i| drop(black_box(strict::<api::ServerTime>(i))));
    let [info, snapshot, preview, problem, act, page, event] = samples::answers();
    some(runs(), 27, &[info], |i| drop(black_box(serde_json::from_slice::<api::AgencyInfo>(i))));
    some(runs(), 28, &[snapshot], |i| drop(black_box(serde_json::from_slice::<api::Snapshot>(i))));
    some(runs(), 29, &[preview], |i| drop(black_box(serde_json::from_slice::<api::EnrolPreview>(i))));
    some(runs(), 30, &[problem], |i| drop(black_box(serde_json::from_slice::<api::Problem>(i))));
    some(runs(), 31, &[act], |i| drop(black_box(serde_json::from_slice::<api::ActAnswer>(i))));
    some(runs(), 32, &[page], |i| drop(black_box(serde_json::from_slice::<api::RecordPage>(i))));
    some(runs(), 33, &[event], |i| drop(black_box(serde_json::from_slice::<api::Event>(i))));
}
