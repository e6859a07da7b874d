//! The control over HTTP, under `/_sim/` of each listener, for scripts that are not Rust.

use crate::books::{BookedCall, BooksChange};
use crate::call::{Answer, Call};
use crate::control::{Control, Restriction};
use crate::faults::Fault;
use crate::keys::KeySpec;
use crate::lag::Lag;
use crate::provider::Provider;
use crate::switches::SWITCHES;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

/// `POST /_sim/keys`: a key's spec and the id or name of its account.
#[derive(Deserialize)]
struct NewKey {
    #[serde(default = "practice_account")]
    account: String,
    #[serde(flatten)]
    spec: KeySpec,
}

fn practice_account() -> String {
    "Practice".to_owned()
}

#[derive(Deserialize)]
struct NewCounter {
    counter: u64,
}

#[derive(Deserialize)]
struct NewSwitch {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct NewAccount {
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewLimits {
    scopes: Option<Vec<String>>,
    models: Option<Vec<String>>,
    addresses: Option<Vec<String>>,
}

pub(crate) fn answer(control: &Control, provider: Provider, call: &Call) -> Answer {
    let segments = call.segments();
    let rest = segments.get(1..).unwrap_or_default();
    match (call.method.as_str(), rest) {
        ("GET", ["ledger"]) => Answer::json(200, &json!({"rows": control.ledger(provider)})),
        ("DELETE", ["ledger"]) => {
            control.with(provider, |room| room.ledger.clear());
            done(true)
        }
        ("GET", ["keys"]) => Answer::json(200, &json!({"keys": control.keys(provider)})),
        ("POST", ["keys"]) => parsed(call, |new: NewKey| {
            let made = control.make_key(provider, &new.account, new.spec);
            Answer::json(200, &json!(made))
        }),
        ("POST", ["keys", id, "restrict"]) => parsed(call, |new: NewLimits| {
            let limits = Restriction { scopes: new.scopes, models: new.models, addresses: new.addresses };
            done(control.restrict_key(provider, id, limits))
        }),
        ("POST", ["keys", id, act]) => key_act(control, provider, id, act),
        ("POST", ["faults"]) => parsed(call, |fault: Fault| {
            control.inject(provider, fault);
            done(true)
        }),
        ("DELETE", ["faults"]) => {
            control.clear_faults(provider);
            done(true)
        }
        ("POST", ["lag", what]) => parsed(call, |lag: Lag| match *what {
            "deaths" => {
                control.dead_keys_linger(provider, lag);
                done(true)
            }
            "lists" => {
                control.lists_are_late(provider, lag);
                done(true)
            }
            _ => done(false),
        }),
        ("POST", ["books", "calls"]) => {
            parsed(call, |calls: Vec<BookedCall>| Answer::json(200, &json!({"booked": control.book(provider, calls)})))
        }
        ("POST", ["books"]) => parsed(call, |change: BooksChange| match control.change_books(provider, change) {
            true => done(true),
            false => Answer::json(400, &json!({"error": "no such line or account, or no number"})),
        }),
        ("GET", ["books", "total"]) => {
            let moment = |name| call.query(name).and_then(|text| text.parse().ok());
            match (call.query("of"), moment("from"), moment("to")) {
                (Some(of), Some(from), Some(to)) => {
                    Answer::json(200, &json!({"total": control.booked_total(provider, of, from, to)}))
                }
                _ => Answer::json(400, &json!({"error": "of, from and to (Unix milliseconds) are wanted"})),
            }
        }
        ("GET", ["accounts"]) => {
            let list: Vec<Value> =
                control.accounts(provider).into_iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
            Answer::json(200, &json!({ "accounts": list }))
        }
        ("POST", ["accounts"]) => {
            parsed(call, |new: NewAccount| Answer::json(200, &json!({"id": control.make_account(provider, &new.name)})))
        }
        ("POST", ["accounts", id, "drain"]) => done(control.drain_account(provider, id)),
        ("POST", ["accounts", id, "refill"]) => done(control.refill_account(provider, id)),
        ("GET", ["unconfirmed"]) => switches(control, provider),
        ("POST", ["unconfirmed"]) => {
            parsed(call, |new: NewSwitch| match control.set_unconfirmed(provider, &new.name, &new.value) {
                true => done(true),
                false => Answer::json(400, &json!({"error": "no such switch or value"})),
            })
        }
        ("GET", ["counter"]) => Answer::json(200, &json!({"counter": control.with(provider, |room| room.counter)})),
        ("POST", ["counter"]) => parsed(call, |new: NewCounter| {
            control.with(provider, |room| room.counter = new.counter);
            done(true)
        }),
        ("GET", ["picture"]) => {
            let png = control.with(provider, |room| crate::picture::png(&room.seeded("sim"), "picture"));
            Answer::bytes(200, "image/png", Bytes::from(png))
        }
        _ => done(false),
    }
}

fn key_act(control: &Control, provider: Provider, id: &str, act: &str) -> Answer {
    done(match act {
        "revoke" => control.revoke_key(provider, id),
        "expire" => control.expire_key(provider, id),
        "disable" => control.disable_key(provider, id),
        "enable" => control.enable_key(provider, id),
        "leak" => control.leak_key(provider, id),
        _ => false,
    })
}

fn switches(control: &Control, provider: Provider) -> Answer {
    let list: Vec<Value> = SWITCHES
        .iter()
        .filter(|one| one.provider == provider)
        .map(|one| {
            let now = control.with(provider, |room| room.switch(one.name));
            json!({"name": one.name, "value": now, "choices": one.choices, "meaning": one.meaning})
        })
        .collect();
    Answer::json(200, &json!({ "switches": list }))
}

fn parsed<T: serde::de::DeserializeOwned>(call: &Call, act: impl FnOnce(T) -> Answer) -> Answer {
    let body: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
    match serde_json::from_slice(body) {
        Ok(value) => act(value),
        Err(error) => Answer::json(400, &json!({"error": format!("line {}: {:?}", error.line(), error.classify())})),
    }
}

fn done(found: bool) -> Answer {
    match found {
        true => Answer::json(200, &json!({"ok": true})),
        false => Answer::json(404, &json!({"error": "there is no such thing here"})),
    }
}
