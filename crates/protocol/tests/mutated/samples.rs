//! One good example of each thing that is parsed: mostly the frozen vectors.

use ownkey_protocol::api::{
    ActAnswer, ActRequest, AgencyInfo, CallRow, EnrolPreview, EnrolPreviewRequest, Event, Named, Problem, RecordPage,
    ServerTime, Snapshot, TokenUse,
};
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::{Base64, Hash, from_base64, json};
use ownkey_protocol::id::{ActId, ClientId, ConnectionId, MemberId, RotationId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::Fingerprint;
use ownkey_protocol::vocabulary::{Payer, Provider, Role, Use};
use serde_json::Value;

pub(crate) fn vectors(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(&path).expect(&path)).unwrap()
}

/// Bytes of a vector, by a JSON pointer.
pub(crate) fn bytes(vectors: &Value, pointer: &str) -> Vec<u8> {
    from_base64(text(vectors, pointer)).expect(pointer)
}

pub(crate) fn text<'a>(vectors: &'a Value, pointer: &str) -> &'a str {
    vectors.pointer(pointer).and_then(Value::as_str).expect(pointer)
}

pub(crate) fn moment() -> Instant {
    "2026-11-24T02:03:04.050Z".parse().unwrap()
}

pub(crate) fn fingerprint() -> Fingerprint {
    Fingerprint(text(&vectors("keyset"), "/fingerprint").parse().unwrap())
}

/// Bytes of the payload of `device.enrol`, and of acts with lists and options.
pub(crate) fn acts() -> Vec<Vec<u8>> {
    let record = vectors("record");
    let mut acts: Vec<Vec<u8>> = (0..3).map(|n| bytes(&record, &format!("/leaves/{n}/act"))).collect();
    let connection = ConnectionId::new(moment(), [1; 10]);
    let deeds = [
        serde_json::json!({"type": "device.enrol", "public": "AAAA", "name_hash": Hash([1; 32]), "code": "AAAA",
            "role": "owner", "keyset_seq": 3}),
        serde_json::json!({"type": "version.promote", "connection": connection, "version": 2, "uses": ["chat"],
            "preferred": [{"use": "chat", "model": "gpt"}]}),
        serde_json::json!({"type": "assignment.set", "use": "chat", "payer": "own", "serving": [connection],
            "preferred": connection, "model": null}),
        serde_json::json!({"type": "version.retire", "connection": connection, "version": 1, "reason": "replaced",
            "fence": 4}),
        serde_json::json!({"type": "rotation.lease", "rotation": RotationId::new(moment(), [1; 10]),
            "connection": connection, "fence": 4, "until": moment()}),
    ];
    for deed in deeds {
        let mut act: Value = serde_json::from_slice(&acts[2]).unwrap();
        act["do"] = deed;
        acts.push(json(&act));
    }
    acts
}

pub(crate) fn server_time() -> Vec<u8> {
    json(&ServerTime { v: 1, agency: fingerprint(), now: moment(), nonce: Base64(vec![1; 16]) })
}

fn envelope() -> Envelope {
    Envelope::parse(&bytes(&vectors("record"), "/leaves/2/envelope")).unwrap()
}

fn named() -> Named {
    Named { salt: Base64(vec![1; 16]), name: "Büro".into() }
}

pub(crate) fn act_request() -> Vec<u8> {
    json(&ActRequest { act: envelope(), sealed: Some(Base64(vec![1; 40])), names: vec![named()] })
}

pub(crate) fn enrol_preview_request() -> Vec<u8> {
    json(&EnrolPreviewRequest { code: Base64(vec![1; 16]) })
}

fn call() -> CallRow {
    CallRow {
        at: moment(),
        assistant: "as_1".into(),
        provider: Provider::OpenAi,
        r#use: Some(Use::Chat),
        connection: Some(ConnectionId::new(moment(), [1; 10])),
        version: Some(1),
        paid_by: Payer::Own,
        model: Some("m".into()),
        status: Some(200),
    }
}

fn snapshot() -> Snapshot {
    Snapshot {
        size: 3,
        calls_revision: 9,
        contact: "help@agency.example".into(),
        egress_addresses: vec!["192.0.2.1".into()],
        names: vec![named()],
        calls: vec![call()],
        first_calls: vec![call()],
        tokens: vec![TokenUse { token: Hash([7; 32]), at: moment() }],
        now: moment(),
    }
}

fn enrol_preview() -> EnrolPreview {
    EnrolPreview {
        client: ClientId::new(moment(), [1; 10]),
        client_name: named(),
        member: MemberId::new(moment(), [1; 10]),
        member_name: named(),
        role: Role::Owner,
        expires: moment(),
    }
}

fn problem() -> Problem {
    Problem {
        r#type: "urn:ownkey:stale".into(),
        title: "stale".into(),
        status: 409,
        code: Code::Stale,
        r#ref: "r".into(),
        time: Some(envelope()),
        act: Some(ActId::new(moment(), [1; 10])),
    }
}

/// Answers of the agency, as the app reads them.
pub(crate) fn answers() -> [Vec<u8>; 7] {
    let checkpoint = text(&vectors("record"), "/checkpoint").to_owned();
    let identity = bytes(&vectors("keyset"), "/identity");
    let info = AgencyInfo {
        url: "https://agency.example".into(),
        identity: Base64(identity),
        keyset: envelope(),
        contact: "help@agency.example".into(),
        egress_addresses: vec!["192.0.2.1".into()],
    };
    let leaf = Base64(bytes(&vectors("record"), "/leaves/0/leaf"));
    [
        json(&info),
        json(&snapshot()),
        json(&enrol_preview()),
        json(&problem()),
        json(&ActAnswer { index: 3, leaf: leaf.clone(), checkpoint: checkpoint.clone() }),
        json(&RecordPage { from: 0, leaves: vec![leaf], checkpoint }),
        json(&Event { size: 3, calls_revision: 9 }),
    ]
}
