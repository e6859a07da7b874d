//! The unified images route: one call in OpenAI's shape, whichever provider the client's account is at.

use std::time::Duration;

use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, Host, Provider as Sim};
use ownkey_tests::client::prefer;
use reqwest::Response;
use serde_json::{Value, json};

use super::{ACCOUNT, NEWSLETTER, World, payer, simulated, soon};

const OTHERS: [(Provider, &str); 3] = [
    (Provider::Gemini, "gemini-3.1-flash-image"),
    (Provider::Stability, "core"),
    (Provider::Replicate, "black-forest-labs/flux-schnell"),
];

impl World {
    async fn draw(&self, more: Value) -> Response {
        let mut body = json!({ "prompt": "A paper boat", "model": "ownkey" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let address = format!("{}/images/v1/images/generations", self.gateway());
        self.http.post(address).bearer_auth(self.token(NEWSLETTER)).json(&body).send().await.unwrap()
    }

    /// Connected at one provider, with a model picked for pictures.
    async fn drawing(provider: Provider, model: &str) -> (Self, String) {
        let world = Self::new().await;
        let key = world.client.connect(&world.servers, provider, ACCOUNT).await.unwrap();
        prefer(&world.client, provider, Use::Images, model).await.unwrap();
        (world, key)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_makes_pictures_at_every_provider_each_booked_and_fetched_as_asked() {
    for (provider, model) in OTHERS {
        let (world, key) = World::drawing(provider, model).await;
        let before = world.ledger(provider).len();
        let answer = world.draw(json!({ "n": 2, "size": "1536x1024" })).await;
        let (status, paid) = (answer.status().as_u16(), payer(&answer).to_owned());
        let answer: Value = answer.json().await.unwrap();
        assert_eq!((status, paid.as_str()), (200, "client"), "{provider}: {answer}");
        let data = answer["data"].as_array().unwrap();
        assert_eq!(data.len(), 2);
        assert!(data.iter().all(|one| one["b64_json"].as_str().unwrap().starts_with("iVBORw0KGgo")), "{answer}");
        assert_eq!((answer["output_format"].as_str(), answer["size"].as_str()), (Some("png"), Some("1536x1024")));
        let rows = world.ledger(provider).split_off(before);
        assert_eq!(
            rows.iter().filter(|r| r.billed && r.key.as_ref() == Some(&key)).count(),
            2,
            "{provider}: {rows:#?}"
        );
        assert!(rows.iter().all(|r| r.host != Host::Delivery || !r.credential));
        soon("both calls in the book", || (world.metered_calls() == 2).then_some(())).await;

        let answer: Value = world.draw(json!({ "response_format": "url" })).await.json().await.unwrap();
        let address = answer["data"][0]["url"].as_str().unwrap();
        assert!(address.starts_with(&format!("{}/images/pictures/", world.gateway())), "{address}");
        let picture = world.http.get(address).send().await.unwrap();
        assert_eq!(picture.headers()["content-type"], "image/png");
        assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
        let guessed = format!("{}x", &address[..address.len() - 1]);
        assert_eq!(world.http.get(guessed).send().await.unwrap().status(), 404);
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_carried_is_refused_by_name_and_asked_of_nobody() {
    for (provider, model) in OTHERS {
        let (world, _) = World::drawing(provider, model).await;
        let before = world.ledger(provider).len();
        for (field, value) in [("stream", json!(true)), ("quality", json!("high")), ("wishes", json!(1))] {
            let refused = world.draw(json!({ field: value })).await;
            assert_eq!((refused.status().as_u16(), payer(&refused)), (400, "nobody"), "{provider} {field}");
            let refused: Value = refused.json().await.unwrap();
            assert_eq!(refused["error"]["param"], field);
            assert_eq!(refused["error"]["code"], "unsupported_parameter");
        }
        assert_eq!(world.ledger(provider).len(), before);
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_refuses_comes_in_openais_envelope_and_without_the_key() {
    for (provider, model) in OTHERS {
        let (world, key) = World::drawing(provider, model).await;
        world.control().inject(simulated(provider), Fault::next(1, FaultKind::EchoKey));
        let refused = world.draw(json!({})).await;
        assert_eq!((refused.status().as_u16(), payer(&refused)), (401, "client"), "{provider}");
        let text = refused.text().await.unwrap();
        let said: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(said["error"]["type"], "invalid_request_error", "{text}");
        assert!(said["error"]["message"].as_str().unwrap().contains("Incorrect API key provided"), "{text}");
        assert!(world.control().revoke_key(simulated(provider), &key));
        for _ in 0..2 {
            assert_eq!(world.draw(json!({})).await.status(), 401, "{provider}");
        }
        world.servers.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_one_call_are_made_beside_each_other_but_no_more_than_four() {
    let (world, _) = World::drawing(Provider::Stability, "core").await;
    world.control().inject(Sim::Stability, Fault::next(6, FaultKind::Delay(400)));
    let mut most = 0;
    let watching = async {
        loop {
            most = most.max(world.unended_calls());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let answer = tokio::select! {
        answer = world.draw(json!({ "n": 6 })) => answer,
        () = watching => unreachable!(),
    };
    assert_eq!(most, 4);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["data"].as_array().unwrap().len(), 6, "{answer}");
    soon("all calls in the book", || (world.metered_calls() == 6).then_some(())).await;
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_one_picture_fails_no_more_are_begun_and_those_beside_it_are_booked() {
    let (world, _) = World::drawing(Provider::Stability, "core").await;
    let before = world.ledger(Provider::Stability).len();
    world.control().inject(Sim::Stability, Fault::next(1, FaultKind::Status { code: 500, body: Value::Null }));
    world.control().inject(Sim::Stability, Fault::next(9, FaultKind::Delay(400)));
    let failed = world.draw(json!({ "n": 6 })).await;
    assert_eq!((failed.status().as_u16(), payer(&failed)), (500, "client"));
    let said: Value = failed.json().await.unwrap();
    assert_eq!(said["error"]["type"], "server_error", "{said}");
    let rows = world.ledger(Provider::Stability).split_off(before);
    assert_eq!((rows.len(), rows.iter().filter(|row| row.billed).count()), (4, 3), "{rows:#?}");
    soon("all calls in the book", || (world.unended_calls() == 0).then_some(())).await;
    assert_eq!(world.metered_calls(), 3);
    world.servers.stop().await.unwrap();
}
