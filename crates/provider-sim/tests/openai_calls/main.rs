//! The practice OpenAI over real HTTP: its refusals, its work calls, its admin endpoints.
#![allow(clippy::unwrap_used)]

mod admin;
mod refusals;
mod work;

use ownkey_provider_sim::{AccountId, Control, KeySpec, LedgerRow, MadeKey, Provider, Sims, SimsConfig};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// Running simulators with one OpenAI account and one unlimited key.
pub(crate) struct Ground {
    sims: Sims,
    client: Client,
    pub(crate) account: AccountId,
    pub(crate) key: MadeKey,
}

/// An answer as far as these tests care.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// `error.code` of a refusal.
    pub(crate) fn code(&self) -> Value {
        self.json()["error"]["code"].clone()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }
}

impl Ground {
    pub(crate) async fn new() -> Ground {
        // A second installation in the same process is refused, and harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sims = Sims::start(SimsConfig::default()).await.unwrap();
        let account = sims.control().make_account(Provider::OpenAi, "Alder Studio");
        let key = sims.control().make_key(Provider::OpenAi, &account, KeySpec::default());
        Ground { sims, client: Client::builder().no_proxy().build().unwrap(), account, key }
    }

    pub(crate) fn control(&self) -> &Control {
        self.sims.control()
    }

    pub(crate) fn make(&self, spec: KeySpec) -> MadeKey {
        self.control().make_key(Provider::OpenAi, &self.account, spec)
    }

    pub(crate) fn scoped(&self, scopes: &[&str]) -> MadeKey {
        let scopes = Some(scopes.iter().map(|one| (*one).to_owned()).collect());
        self.make(KeySpec { scopes, ..KeySpec::default() })
    }

    pub(crate) fn request(&self, method: &str, path: &str, key: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.sims.origin(Provider::OpenAi));
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url).bearer_auth(key)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Got {
        let answer = request.send().await.unwrap();
        Got { status: answer.status().as_u16(), text: answer.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, path: &str, key: &str) -> Got {
        self.send(self.request("GET", path, key)).await
    }

    pub(crate) async fn delete(&self, path: &str, key: &str) -> Got {
        self.send(self.request("DELETE", path, key)).await
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: Value) -> Got {
        self.send(self.request("POST", path, key).json(&body)).await
    }

    pub(crate) fn last_row(&self) -> LedgerRow {
        self.control().ledger(Provider::OpenAi).pop().unwrap()
    }
}
