//! Replicate answers from three hosts: each is called through the gateway, with the key where it wants one and with the
//! gateway token nowhere; what a prediction used counts once.

use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{Host, LedgerRow};
use reqwest::Response;
use serde_json::{Value, json};

use super::{ACCOUNT, NEWSLETTER, World, payer, soon};

const MODEL: &str = "/v1/models/black-forest-labs/flux-schnell/predictions";

impl World {
    fn replicate(&self) -> String {
        format!("{}/replicate", self.gateway())
    }

    async fn predict(&self, body: &Value, wait: bool) -> Response {
        let call =
            self.http.post(format!("{}{MODEL}", self.replicate())).bearer_auth(self.token(NEWSLETTER)).json(body);
        if wait { call.header("prefer", "wait") } else { call }.send().await.unwrap()
    }

    async fn look(&self, address: &Value) -> Response {
        let address = address.as_str().unwrap();
        assert!(address.starts_with(&self.replicate()), "{address} does not lead to the gateway");
        self.http.get(address).bearer_auth(self.token(NEWSLETTER)).send().await.unwrap()
    }

    fn rows(&self) -> Vec<LedgerRow> {
        self.control().ledger(simulated(Provider::Replicate))
    }

    /// Milliseconds that predictions ran, over all calls that ended, and how many those are.
    fn ran(&self) -> (u64, usize) {
        let db = rusqlite::Connection::open(self.servers.folder.path().join("agency/db/calls.sqlite")).unwrap();
        let mut query = db.prepare("SELECT units FROM calls WHERE finished IS NOT NULL").unwrap();
        let rows: Vec<Option<String>> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let of = |text: &String| serde_json::from_str::<Value>(text).unwrap()["predict_ms"].as_u64().unwrap_or(0);
        (rows.iter().flatten().map(of).sum(), rows.len())
    }
}

fn boat() -> Value {
    json!({ "input": { "prompt": "A paper boat" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_leads_to_the_gateway_and_no_credential_to_the_host_of_files() {
    let (world, key) = World::connected(Provider::Replicate).await;
    let made: Value = world.predict(&boat(), false).await.json().await.unwrap();
    let before = world.rows().len();
    let events = world.look(&made["urls"]["stream"]).await;
    assert_eq!((events.status().as_u16(), payer(&events)), (200, "client"));
    let events = events.text().await.unwrap();
    let address = events.lines().filter_map(|line| line.strip_prefix("data: ")).find(|data| data.starts_with("http"));
    let file = world.look(&json!(address.unwrap())).await;
    assert_eq!(file.status(), 200);
    assert!(file.bytes().await.unwrap().starts_with(b"\x89PNG"));
    let done: Value = world.look(&made["urls"]["get"]).await.json().await.unwrap();
    assert_eq!(world.look(&done["output"][0]).await.status(), 200);

    let rows = world.rows().split_off(before);
    let hosts: Vec<_> = rows.iter().map(|row| (row.host, row.credential, row.key.as_ref() == Some(&key))).collect();
    let (stream, delivery) = ((Host::Stream, true, true), (Host::Delivery, false, false));
    assert_eq!(hosts, [stream, delivery, (Host::Api, true, true), delivery]);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_calls_no_address_that_it_has_not_seen_and_no_host_that_is_not_on_the_list() {
    let (world, _) = World::connected(Provider::Replicate).await;
    let made: Value = world.predict(&boat(), true).await.json().await.unwrap();
    let output = made["output"][0].as_str().unwrap();
    let before = world.rows().len();
    for (from, to) in [
        ("out-0.png", "out-1.png"),
        ("out-0.png", "../out-0.png"),
        ("out-0.png", "%2e%2e/out-0.png"),
        ("/_host/delivery", "/_host/stream/.."),
        ("/_host/delivery", "/_host/evil.example"),
        ("/_host/delivery/", "/_host/https://evil.example/"),
        ("/_host/delivery/", "/_host//"),
    ] {
        let address = output.replace(from, to);
        assert_ne!(address, output);
        let answer = world.http.get(&address).bearer_auth(world.token(NEWSLETTER)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), payer(&answer)), (404, "nobody"), "{address}");
    }
    let nobody = world.http.get(output).send().await.unwrap();
    assert_eq!(nobody.status(), 401, "a file is for those who hold a token");
    assert_eq!(world.rows().len(), before);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_goes_into_the_next_prediction_by_the_address_that_replicate_knows() {
    let (world, _) = World::connected(Provider::Replicate).await;
    let made: Value = world.predict(&boat(), true).await.json().await.unwrap();
    let output = made["output"][0].as_str().unwrap();
    let mut body = boat();
    body["input"]["image"] = output.into();
    body["webhook"] = "https://hooks.example/done".into();
    let answer = world.predict(&body, true).await;
    assert_eq!(answer.status(), 201);
    let made: Value = answer.json().await.unwrap();
    assert_eq!(made["input"]["image"], output, "and comes home again");
    for stranger in ["/_host/delivery/xezq/of-somebody-else/out-0.png", "/v1/files/of-somebody-else"] {
        body["input"]["image"] = format!("{}{stranger}", world.replicate()).into();
        let before = world.rows().len();
        let refused = world.predict(&body, true).await;
        assert_eq!((refused.status().as_u16(), payer(&refused)), (404, "nobody"), "{stranger}");
        assert_eq!(world.rows().len(), before);
    }
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_no_credential() {
    let (world, _) = World::connected(Provider::Replicate).await;
    let before = world.rows().len();
    let mut body = boat();
    body["webhook"] = format!("https://hooks.example/done?token={}", world.token(NEWSLETTER)).into();
    let refused = world.predict(&body, false).await;
    assert_eq!((refused.status().as_u16(), payer(&refused)), (400, "nobody"));
    assert_eq!(world.rows().len(), before);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_prediction_used_counts_once_however_often_it_is_looked_at() {
    let world = World::new().await;
    world.client.connect(&world.servers, Provider::Replicate, ACCOUNT).await.unwrap();
    let made: Value = world.predict(&boat(), false).await.json().await.unwrap();
    for _ in 0..4 {
        world.look(&made["urls"]["get"]).await.text().await.unwrap();
    }
    let waited: Value = world.predict(&boat(), true).await.json().await.unwrap();
    for _ in 0..2 {
        world.look(&waited["urls"]["get"]).await.text().await.unwrap();
    }
    let ran = soon("the ends of eight calls", || Some(world.ran()).filter(|(_, calls)| *calls == 8)).await;
    assert_eq!(ran.0, 500, "two predictions of 250 ms");
    world.servers.stop().await.unwrap();
}
