//! What the tests of this crate share: running simulators and a plain HTTP client.
#![allow(clippy::unwrap_used, dead_code)]

use ownkey_provider_sim::{AccountId, Control, KeySpec, LedgerRow, MadeKey, Provider, Sims, SimsConfig};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::time::Duration;

/// Running simulators, one account and one work key at one provider.
pub(crate) struct World {
    pub(crate) sims: Sims,
    pub(crate) provider: Provider,
    pub(crate) account: AccountId,
    pub(crate) key: MadeKey,
    pub(crate) http: reqwest::Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Read {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

pub(crate) async fn read(request: RequestBuilder) -> Read {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
    let json = serde_json::from_str(&text).unwrap_or_default();
    Read { status, headers, text, json }
}

pub(crate) async fn world(provider: Provider) -> World {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sims = Sims::start(SimsConfig { event_gap: Duration::from_millis(1), ..SimsConfig::default() }).await.unwrap();
    let account = sims.control().make_account(provider, "Bakery");
    let key = sims.control().make_key(provider, &account, KeySpec::default());
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    World { sims, provider, account, key, http }
}

impl World {
    pub(crate) fn control(&self) -> &Control {
        self.sims.control()
    }

    /// A further key in the same account.
    pub(crate) fn key(&self, spec: KeySpec) -> MadeKey {
        self.control().make_key(self.provider, &self.account, spec)
    }

    /// A call without any credential.
    pub(crate) fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        let address = format!("{}{path}", self.sims.origin(self.provider));
        self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), address)
    }

    /// A call with this key in the header that the provider wants.
    pub(crate) fn with(&self, text: &str, method: &str, path: &str) -> RequestBuilder {
        let call = self.bare(method, path);
        match self.provider {
            Provider::Anthropic => call.header("x-api-key", text).header("anthropic-version", "2023-06-01"),
            Provider::Gemini => call.header("x-goog-api-key", text),
            _ => call.bearer_auth(text),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Read {
        read(self.with(&self.key.text, "GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Read {
        read(self.with(&self.key.text, "POST", path).json(&body)).await
    }

    pub(crate) fn rows(&self) -> Vec<LedgerRow> {
        self.control().ledger(self.provider)
    }

    /// The last row of the ledger.
    pub(crate) fn row(&self) -> LedgerRow {
        self.rows().pop().unwrap()
    }

    pub(crate) fn set(&self, name: &str, value: &str) {
        self.control().unconfirmed(self.provider, name, value);
    }
}

/// The `data:` lines of a stream, each parsed where it is JSON.
pub(crate) fn data_lines(text: &str) -> Vec<Value> {
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap_or_else(|_| Value::String(data.to_owned())))
        .collect()
}

/// The `event:` names of a stream.
pub(crate) fn event_names(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix("event: ")).map(str::to_owned).collect()
}

/// OpenAI's document is of version 3.1 but still says `nullable`, which validators no longer know: spelled out here.
fn nullable(schema: Value) -> Value {
    match schema {
        Value::Object(map) => {
            let free = map.get("nullable") == Some(&Value::Bool(true));
            let map: serde_json::Map<String, Value> =
                map.into_iter().map(|(name, one)| (name, nullable(one))).collect();
            if free { serde_json::json!({"anyOf": [map, {"type": "null"}]}) } else { Value::Object(map) }
        }
        Value::Array(items) => items.into_iter().map(nullable).collect(),
        one => one,
    }
}

/// In a spec file of this crate: is `value` what `pointer` describes? Panics with what is wrong.
pub(crate) fn conforms(spec: &str, pointer: &str, value: &Value) {
    let path = format!("{}/specs/{spec}", env!("CARGO_MANIFEST_DIR"));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let found = document.pointer(pointer).unwrap_or_else(|| panic!("{spec} has no {pointer}"));
    let mut schema = found.clone();
    if document["openapi"].is_string() {
        schema["components"] = document["components"].clone();
    }
    let schema = nullable(schema);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(value).map(|fault| format!("{} at {}", fault, fault.instance_path())).collect();
    assert!(faults.is_empty(), "{spec}{pointer}: {faults:#?}\n{value:#}");
}
