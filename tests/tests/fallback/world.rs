//! An agency with an account of its own everywhere, and one client with one account at one provider.

use ownkey_agency::operator::{self, Command};
use ownkey_demo::assistants::http;
use ownkey_demo::client::Headless;
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::act::{Act, Deed};
use ownkey_protocol::api::ActRequest;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::json;
use ownkey_protocol::record::Leaf;
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_provider_sim::{Control, LedgerRow, Provider as Sim};
use ownkey_tests::client::agency_and_client;
use ownkey_tests::device::Device;
use reqwest::Method;

use crate::calls::{self, Shape};

pub(crate) struct World {
    pub(crate) provider: Provider,
    /// Id of the client's key at the simulator.
    pub(crate) key: String,
    servers: Servers,
    http: reqwest::Client,
    _client: Headless,
}

/// What a caller saw.
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) paid_by: String,
    pub(crate) body: String,
}

impl World {
    pub(crate) async fn connected(provider: Provider, fallback: Fallback, tightened: bool) -> Self {
        let (servers, client) = agency_and_client().await.unwrap();
        let keychain = client.keychain.clone();
        let key = client.connect(&servers, provider, "Own account").await.unwrap();
        let id = servers.clients[0].id;
        for r#use in provider.uses() {
            let set = Command::FallbackSet { client: id, r#use: *r#use, fallback, until: None, cap: None };
            operator::run(&servers.agency, "Mara", set).unwrap();
        }
        let world = Self { provider, key, servers, http: http().unwrap(), _client: client };
        if tightened {
            let device = Device::stolen(&world.servers.agency, id, &keychain, &world.servers.origin).unwrap();
            for r#use in provider.uses() {
                world.tighten(&device, *r#use).await;
            }
        }
        world
    }

    /// The owner says `stop`, whatever the agency set.
    async fn tighten(&self, device: &Device, r#use: Use) {
        let state = self.servers.agency.record.state(device.client).unwrap();
        let act = device.act(&state, device.client, Deed::FallbackLimit { r#use, stop: true }).sign(&device.key);
        let body = json(&ActRequest { act, sealed: None, names: vec![] });
        let answer = device.ask(&self.http, &Method::POST, "/v1/acts", Some(&body)).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub(crate) fn gateway(&self) -> String {
        format!("{}/gateway", self.servers.origin)
    }

    pub(crate) fn token(&self) -> &str {
        &self.servers.clients[0].assistants[0].token
    }

    pub(crate) fn control(&self) -> &Control {
        self.servers.sims.control()
    }

    pub(crate) fn simulated(&self) -> Sim {
        simulated(self.provider)
    }

    pub(crate) fn ledger(&self) -> Vec<LedgerRow> {
        self.control().ledger(self.simulated())
    }

    /// The platform's key at this provider.
    pub(crate) fn platform(&self) -> String {
        let accounts = self.control().accounts(self.simulated());
        let (account, _) = accounts.into_iter().find(|(_, name)| name == "Brightwork Studio").unwrap();
        self.control().keys(self.simulated()).into_iter().find(|k| k.account == account).unwrap().id
    }

    /// How often the client's key was tried for a call of this shape.
    pub(crate) fn tries(&self, rows: &[LedgerRow], shape: Shape) -> usize {
        let path = calls::path(self.provider, shape);
        rows.iter().filter(|r| r.key.as_ref() == Some(&self.key) && r.route.contains(path)).count()
    }

    pub(crate) async fn call(&self, shape: Shape) -> Seen {
        let call = calls::call(&self.http, &self.gateway(), self.token(), self.provider, shape);
        seen(call.send().await.unwrap()).await
    }

    pub(crate) async fn large_form(&self, bytes: usize) -> Seen {
        let address = format!("{}/openai/v1/audio/transcriptions", self.gateway());
        let call = self.http.post(address).bearer_auth(self.token()).multipart(calls::recording(bytes));
        seen(call.send().await.unwrap()).await
    }

    /// Everything on the client's record.
    pub(crate) fn deeds(&self) -> Vec<Deed> {
        let leaves = self.servers.agency.store.leaves(self.servers.clients[0].id, 0, 1_000).unwrap();
        let deed = |leaf: &Vec<u8>| {
            let envelope = Envelope::parse(&Leaf::parse(leaf).unwrap().envelope.0).unwrap();
            Act::parse(&envelope).unwrap().deed
        };
        leaves.iter().map(deed).collect()
    }

    pub(crate) async fn stop(self) {
        self.servers.stop().await.unwrap();
    }
}

async fn seen(answer: reqwest::Response) -> Seen {
    let status = answer.status().as_u16();
    let paid_by = answer.headers()["ownkey-paid-by"].to_str().unwrap().to_owned();
    Seen { status, paid_by, body: answer.text().await.unwrap() }
}
