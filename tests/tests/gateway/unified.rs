//! The unified chat route on an account at Anthropic: what the gateway does around the translation.

use std::time::Duration;

use ownkey_protocol::act::Deed;
use ownkey_protocol::api::Named;
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, LedgerRow, Provider as Sim};
use ownkey_tests::client::prefer;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::book::{Booked, call_of};
use super::{ACCOUNT, NEWSLETTER, World, payer, routes_of};

const PICKED: &str = "claude-haiku-4-5";
const OTHER: &str = "claude-sonnet-4-8";
const WORK: &str = "POST /v1/messages";

async fn connected() -> (World, String) {
    let (world, key) = World::connected(Provider::Anthropic).await;
    prefer(&world.client, Provider::Anthropic, Use::Chat, PICKED).await.unwrap();
    (world, key)
}

impl World {
    fn allows(&self, models: &[&str]) {
        let deed = Deed::ModelsAllow { r#use: Use::Chat, models: models.iter().map(|m| (*m).to_owned()).collect() };
        let (client, now) = (self.servers.clients[0].id, ownkey_tests::device::now());
        self.servers.agency.record.operate(client, &Named::new("Mara"), deed, None, vec![], now).unwrap();
    }

    fn unified(&self, body: &Value) -> RequestBuilder {
        let address = format!("{}/chat/v1/chat/completions", self.gateway());
        self.http.post(address).bearer_auth(self.token(NEWSLETTER)).json(body)
    }

    async fn says(&self, more: Value) -> Response {
        self.unified(&hello(more)).send().await.unwrap()
    }

    fn last(&self) -> LedgerRow {
        self.ledger(Provider::Anthropic).pop().unwrap()
    }
}

fn hello(more: Value) -> Value {
    let mut body = json!({ "model": "ownkey", "messages": [{ "role": "user", "content": "Say hello." }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_anthropics_own_whole_and_streamed_whether_asked_for_or_not() {
    let (world, key) = connected().await;
    for more in
        [json!({}), json!({ "stream": true }), json!({ "stream": true, "stream_options": { "include_usage": true } })]
    {
        let answer = world.says(more.clone()).await;
        assert_eq!((answer.status().as_u16(), payer(&answer)), (200, "client"), "{more}");
        assert!(answer.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
        let (call, text) = (call_of(&answer), answer.text().await.unwrap());
        let shows = text.contains("\"prompt_tokens\"");
        assert_eq!(shows, more["stream"].is_null() || more["stream_options"].is_object(), "{text}");
        let row = world.last();
        assert_eq!((row.key.as_ref(), row.route.as_str(), row.model.as_deref()), (Some(&key), WORK, Some(PICKED)));
        let Booked { units, told, .. } = world.booked(&call).await;
        assert_eq!(units["input"], row.units["input_tokens"], "{units}");
        assert_eq!(units["output"], row.units["output_tokens"], "{units}");
        assert_eq!(told, "whole");
    }
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_whole_never_looks_whole_and_is_booked_as_partial() {
    let (world, _) = connected().await;
    let cases = [
        (FaultKind::ErrorEvent { after_events: 5 }, "\"code\":\"overloaded\""),
        (FaultKind::CutStream { after_events: 5 }, "\"code\":\"stream_cut\""),
    ];
    for (fault, told) in cases {
        world.control().inject(Sim::Anthropic, Fault::next(1, fault));
        let answer = world.says(json!({ "stream": true })).await;
        let (call, text) = (call_of(&answer), answer.text().await.unwrap());
        assert!(text.contains("\"content\":") && text.contains(told) && !text.contains("[DONE]"), "{text}");
        assert_eq!(world.booked(&call).await.told, "partial", "{told}");
    }
    world.control().inject(Sim::Anthropic, Fault::next(1, FaultKind::Garbage));
    let answer = world.says(json!({})).await;
    assert_eq!((answer.status().as_u16(), payer(&answer)), (502, "client"));
    let told: Value = answer.json().await.unwrap();
    assert!(told["error"]["message"].is_string(), "{told}");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_caller_hangs_up_the_usage_is_waited_for() {
    let (world, _) = connected().await;
    world.control().inject(Sim::Anthropic, Fault::next(1, FaultKind::SlowBody { bytes_per_s: 8_000 }));
    let mut answer = world.says(json!({ "stream": true })).await;
    let answered = call_of(&answer);
    assert!(answer.chunk().await.unwrap().is_some());
    drop(answer);
    let Booked { units, told, .. } = world.booked(&answered).await;
    assert_eq!((&units["output"], told.as_str()), (&world.last().units["output_tokens"], "whole"), "{units}");

    // A whole answer is held until it can be translated; its caller hangs up meanwhile.
    world.control().inject(Sim::Anthropic, Fault::next(1, FaultKind::SlowBody { bytes_per_s: 300 }));
    let asked = world.unified(&hello(json!({}))).timeout(Duration::from_secs(1)).send().await;
    assert!(asked.is_err_and(|error| error.is_timeout()));
    let call = world.newest_call();
    assert_ne!(call, answered);
    let Booked { units, told, .. } = world.booked(&call).await;
    assert_eq!((&units["output"], told.as_str()), (&world.last().units["output_tokens"], "whole"), "{units}");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_key_falls_back_once_with_the_translated_body_and_is_then_remembered() {
    let (world, key) = connected().await;
    world.fallback(Use::Chat, Fallback::Platform);
    assert!(world.control().revoke_key(Sim::Anthropic, &key));
    let platform = world.platform(Provider::Anthropic);
    for (number, stream) in [false, true, false].into_iter().enumerate() {
        let before = world.ledger(Provider::Anthropic).len();
        let answer = world.says(json!({ "stream": stream, "max_tokens": 7 })).await;
        assert_eq!((answer.status().as_u16(), payer(&answer)), (200, "platform"), "{number}");
        assert!(!answer.headers().contains_key("anthropic-organization-id"));
        let text = answer.text().await.unwrap();
        assert!(text.contains("\"chat.completion") && text.contains("\"length\""), "{text}");
        let rows = world.ledger(Provider::Anthropic).split_off(before);
        assert_eq!(routes_of(&rows, &platform), [WORK], "{number}: {rows:#?}");
        assert_eq!(routes_of(&rows, &key).contains(&WORK), number == 0, "a dead key is remembered");
        let billed: Vec<_> = rows.iter().filter(|r| r.billed).map(|r| r.model.as_deref()).collect();
        assert_eq!(billed, [Some(PICKED)], "billed once, for the model that the client picked");
    }
    assert!(world.ledger(Provider::OpenAi).is_empty(), "the platform stands in at the client's own provider");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_in_openais_envelope_and_with_what_its_sdk_needs() {
    let (world, _) = connected().await;
    let fault = |code| Fault::next(1, FaultKind::Status { code, body: Value::Null });
    for (code, status) in [(429, 429), (500, 500), (529, 503)] {
        world.control().inject(Sim::Anthropic, fault(code));
        let answer = world.says(json!({})).await;
        assert_eq!((answer.status().as_u16(), payer(&answer)), (status, "client"), "{code}");
        assert_eq!(answer.headers().contains_key("retry-after"), code == 429);
        assert!(answer.headers().contains_key("x-request-id") && answer.headers().contains_key("ownkey-key-version"));
        let told: Value = answer.json().await.unwrap();
        assert!(told["error"]["type"].is_string() && told["type"].is_null(), "{told}");
    }
    world.control().drain_account(Sim::Anthropic, ACCOUNT);
    let answer = world.says(json!({})).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-should-retry"]), (429, &"false".parse().unwrap()));
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["error"]["type"], "insufficient_quota", "{told}");
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_the_limit_is_413_and_one_that_cannot_be_carried_400_and_neither_is_sent() {
    let (world, _) = connected().await;
    let before = world.ledger(Provider::Anthropic).len();
    let large = json!([{ "role": "user", "content": "x".repeat(5 * 1024 * 1024) }]);
    for model in ["ownkey", PICKED] {
        let answer = world.says(json!({ "model": model, "messages": large })).await;
        assert_eq!((answer.status().as_u16(), payer(&answer)), (413, "nobody"), "{model}");
        let told: Value = answer.json().await.unwrap();
        assert!(told["error"]["message"].is_string(), "{told}");
    }
    let answer = world.says(json!({ "logprobs": true })).await;
    assert_eq!((answer.status().as_u16(), payer(&answer)), (400, "nobody"));
    assert!(call_of(&answer).starts_with("call_"));
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["error"]["param"], "logprobs");
    assert_eq!(world.ledger(Provider::Anthropic).len(), before);
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_models_on_the_list_are_sent_and_a_new_pick_counts_from_the_next_call() {
    let (world, _) = connected().await;
    world.allows(&[PICKED]);
    for model in ["ownkey", PICKED] {
        assert_eq!(world.says(json!({ "model": model })).await.status(), 200, "{model}");
        assert_eq!(world.last().model.as_deref(), Some(PICKED));
    }
    let before = world.ledger(Provider::Anthropic).len();
    let refused = world.says(json!({ "model": OTHER })).await;
    assert_eq!((refused.status().as_u16() / 100, payer(&refused)), (4, "nobody"));
    prefer(&world.client, Provider::Anthropic, Use::Chat, OTHER).await.unwrap();
    let refused = world.says(json!({})).await;
    let status = refused.status();
    let told: Value = refused.json().await.unwrap();
    assert_eq!((status.as_u16() / 100, &told["ownkey"]["code"]), (4, &json!("model_not_allowed")), "{told}");
    assert_eq!(world.ledger(Provider::Anthropic).len(), before, "nothing was sent");
    world.allows(&[]);
    assert_eq!(world.says(json!({})).await.status(), 200);
    assert_eq!(world.last().model.as_deref(), Some(OTHER));
    world.servers.stop().await.unwrap();
}
