//! Signed JSON refuses unknown members, duplicate keys, unknown versions and anything over its limit.

use ownkey_protocol::act::{self, Act};
use ownkey_protocol::api::{ActRequest, EnrolPreviewRequest, ServerTime};
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::{Base64, MAX_STATEMENT, json, strict};
use ownkey_protocol::keyset::{self, KeySet, KeySetRefused, VerifiedKeySet};
use ownkey_protocol::receipt::Receipt;
use ownkey_protocol::record::Leaf;
use ownkey_protocol::seal::Header;
use serde_json::Value;

use crate::samples::{self, bytes, fingerprint, vectors};

type Parser = fn(&[u8]) -> bool;

fn act(input: &[u8]) -> bool {
    let payload = Base64(input.to_vec());
    Act::parse(&Envelope { payload, payload_type: act::TYPE.into(), signatures: vec![] }).is_ok()
}

/// Every signed or hashed form, a good example, and its parser.
fn forms() -> Vec<(&'static str, Vec<u8>, Parser)> {
    let (record, keyset, receipt, sealed) =
        (vectors("record"), vectors("keyset"), vectors("receipt"), vectors("sealed"));
    let mut forms: Vec<(&str, Vec<u8>, Parser)> = vec![
        ("envelope", bytes(&record, "/leaves/0/envelope"), |i| Envelope::parse(i).is_ok()),
        ("leaf", bytes(&record, "/leaves/0/leaf"), |i| Leaf::parse(i).is_ok()),
        ("key set", bytes(&keyset, "/payload"), |i| strict::<KeySet>(i).is_ok()),
        ("receipt", bytes(&receipt, "/payload"), |i| strict::<Receipt>(i).is_ok()),
        ("header", bytes(&sealed, "/copies/0/header"), |i| strict::<Header>(i).is_ok()),
        ("sealed copy", bytes(&sealed, "/copies/0/sealed"), |i| ownkey_protocol::seal::header_of(i).is_ok()),
        ("server time", samples::server_time(), |i| strict::<ServerTime>(i).is_ok()),
        ("act request", samples::act_request(), |i| strict::<ActRequest>(i).is_ok()),
        ("preview request", samples::enrol_preview_request(), |i| strict::<EnrolPreviewRequest>(i).is_ok()),
    ];
    forms.extend(samples::acts().into_iter().map(|sample| ("act", sample, act as Parser)));
    forms
}

/// JSON pointers to all objects within a value.
fn objects(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            out.push(at.to_owned());
            members.iter().for_each(|(key, inner)| objects(inner, &format!("{at}/{key}"), out));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, inner)| objects(inner, &format!("{at}/{n}"), out));
        }
        _ => {}
    }
}

/// The value as text, with one member of the object at `at` standing twice.
fn with_twice(value: &Value, at: &str, key: &str) -> String {
    let mut marked = value.clone();
    let object = marked.pointer_mut(at).and_then(Value::as_object_mut).unwrap();
    let inner = object[key].clone();
    object.insert("twice".into(), inner);
    marked.to_string().replacen("\"twice\":", &format!("\"{key}\":"), 1)
}

#[test]
fn a_member_that_nobody_knows_is_refused_wherever_it_stands() {
    for (name, sample, parses) in forms() {
        assert!(parses(&sample), "{name}");
        let value: Value = serde_json::from_slice(&sample).unwrap();
        let mut places = vec![];
        objects(&value, "", &mut places);
        for place in places.iter().filter(|p| *p != "/expects") {
            let mut more = value.clone();
            more.pointer_mut(place).unwrap()["unknown"] = 1.into();
            assert!(!parses(&json(&more)), "{name}{place}");
        }
    }
}

#[test]
fn a_key_that_stands_twice_is_refused_wherever_it_stands() {
    for (name, sample, parses) in forms() {
        let value: Value = serde_json::from_slice(&sample).unwrap();
        let mut places = vec![];
        objects(&value, "", &mut places);
        for place in places {
            for key in value.pointer(&place).and_then(Value::as_object).unwrap().keys() {
                assert!(!parses(with_twice(&value, &place, key).as_bytes()), "{name}{place}/{key}");
            }
        }
    }
}

#[test]
fn a_member_that_is_missing_or_of_another_kind_is_refused() {
    for (name, sample, parses) in forms() {
        let value: Value = serde_json::from_slice(&sample).unwrap();
        for key in value.as_object().unwrap().keys() {
            let mut less = value.clone();
            less.as_object_mut().unwrap().remove(key);
            let optional = matches!(key.as_str(), "next_identity" | "sealed" | "names");
            assert!(optional || !parses(&json(&less)), "{name} without {key}");
            let mut other = value.clone();
            other[key] = Value::Bool(true);
            assert!(!parses(&json(&other)), "{name} with another {key}");
        }
    }
}

#[test]
fn trailing_text_and_statements_over_the_limit_are_refused() {
    for (name, sample, parses) in forms() {
        for tail in ["x", "{}", "\0"] {
            assert!(!parses(&[&sample, tail.as_bytes()].concat()), "{name} and {tail:?}");
        }
        let mut long = sample.clone();
        long.resize(MAX_STATEMENT, b' ');
        assert!(parses(&long), "{name} at the limit");
        long.push(b' ');
        assert!(!parses(&long), "{name} over the limit");
    }
}

#[test]
fn an_act_of_another_version_is_refused() {
    for version in [0, 2, 255, 256] {
        let mut value: Value = serde_json::from_slice(&samples::acts()[0]).unwrap();
        value["v"] = version.into();
        assert!(!act(&json(&value)), "{version}");
    }
}

#[test]
fn a_key_set_or_receipt_of_another_version_is_refused_though_it_is_signed() {
    let v = vectors("keyset");
    let identity = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let good: KeySet = serde_json::from_slice(&bytes(&v, "/payload")).unwrap();
    let check = |set: &KeySet| {
        VerifiedKeySet::verify(&keyset::sign(set, &identity), &bytes(&v, "/identity"), fingerprint(), 1, None)
    };
    let ring = check(&good).unwrap().ring();
    for version in [0, 2, 255] {
        assert_eq!(check(&KeySet { v: version, ..good.clone() }), Err(KeySetRefused::Malformed));
    }

    let v = vectors("receipt");
    let good: Receipt = serde_json::from_slice(&bytes(&v, "/payload")).unwrap();
    let envelope = Envelope::parse(&bytes(&v, "/envelope")).unwrap();
    let id = envelope.signatures[0].keyid.parse().unwrap();
    let key = ed25519_dalek::SigningKey::from_bytes(&[2; 32]);
    let check = |receipt: &Receipt| {
        let (client, connection, sealed) = (good.client, good.connection, good.sealed_sha256);
        Receipt::verify(&receipt.sign(id, &key), &ring, fingerprint(), client, connection, 3, sealed).is_ok()
    };
    assert!(check(&good));
    for version in [0, 2, 255] {
        assert!(!check(&Receipt { v: version, ..good.clone() }));
    }
}
