//! What becomes of running calls when their key is withdrawn: a leaked one's are cut at once, others' within a minute.

use std::time::Duration;

use ownkey_protocol::act::{Deed, RetireReason};
use ownkey_protocol::law::GRACE_MILLIS;
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind, Provider as Sim};
use ownkey_tests::client::prefer;
use ownkey_tests::device::Device;
use reqwest::Response;
use serde_json::{Value, json};

use super::book::call_of;
use super::{ACCOUNT, NEWSLETTER, World, hello, payer, soon};

impl World {
    async fn retire(&self, provider: Provider, reason: RetireReason) {
        let (client, agency) = (self.servers.clients[0].id, &self.servers.agency);
        let device = Device::stolen(agency, client, &self.client.keychain, &self.servers.origin).unwrap();
        let deed = Deed::VersionRetire { connection: self.connection(provider), version: 1, reason, fence: None };
        let act = device.act(&agency.record.state(client).unwrap(), client, deed);
        let done = device.perform(&self.http, &act, None, vec![]).await.unwrap();
        assert_eq!(done.status, 200, "{}", done.body);
    }

    fn running(&self, provider: Provider) -> usize {
        self.servers.agency.running.on(self.servers.clients[0].id, self.connection(provider), 1)
    }

    /// A stream that would take minutes, once its first piece has come.
    async fn streaming(&self) -> Response {
        self.control().inject(Sim::OpenAi, Fault::next(1, FaultKind::SlowBody { bytes_per_s: 20 }));
        // With usage asked for, every piece passes as it comes.
        let body = hello(json!({ "stream": true, "stream_options": { "include_usage": true } }));
        let mut answer = self.chat(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.chunk().await.unwrap().is_some());
        answer
    }

    async fn drained(&self, provider: Provider) {
        soon("the end of the calls", || (self.running(provider) == 0).then_some(())).await;
    }
}

/// An answer read on: whether it broke off, which is how it does not look whole.
async fn breaks_off(mut answer: Response) -> bool {
    let reading = async {
        loop {
            match answer.chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reading).await.expect("the answer goes on")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_key_cuts_what_runs_on_it_at_once_and_nothing_else() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    world.client.connect(&world.servers, Provider::Anthropic, ACCOUNT).await.unwrap();
    let stream = world.streaming().await;
    let call = call_of(&stream);
    // One whose answer has not begun, one whose answer is held until it is whole, and one on another key.
    world.control().inject(Sim::OpenAi, Fault::on("chat/completions", 1, FaultKind::Delay(120_000)));
    world.control().inject(Sim::OpenAi, Fault::on("responses", 1, FaultKind::SlowBody { bytes_per_s: 20 }));
    let waiting = tokio::spawn(world.chat(&hello(json!({}))).send());
    let respond =
        world.http.post(format!("{}/openai/v1/responses", world.gateway())).bearer_auth(world.token(NEWSLETTER));
    let held = tokio::spawn(respond.json(&json!({ "model": "gpt-4o-mini", "input": "Say hello." })).send());
    world.control().inject(Sim::Anthropic, Fault::next(1, FaultKind::Delay(1_500)));
    let other = tokio::spawn(world.call(Provider::Anthropic, NEWSLETTER).send());
    soon("the calls", || {
        (world.running(Provider::OpenAi) == 3 && world.running(Provider::Anthropic) == 1).then_some(())
    })
    .await;

    world.retire(Provider::OpenAi, RetireReason::Leaked).await;
    assert!(breaks_off(stream).await, "it looks whole");
    let mut ends = vec![(call, 200)];
    for unanswered in [waiting, held] {
        let unanswered = unanswered.await.unwrap().unwrap();
        assert_eq!((unanswered.status().as_u16(), payer(&unanswered)), (502, "client"));
        ends.push((call_of(&unanswered), 502));
        let words: Value = unanswered.json().await.unwrap();
        assert!(words["error"]["message"].as_str().unwrap().contains("withdrawn"), "{words}");
    }
    for (call, status) in ends {
        let end = world.booked(&call).await;
        assert_eq!((end.status, end.told.as_str()), (status, "partial"));
    }
    let figures = world.figures().await;
    assert!(figures.contains("ownkey_cut_calls_total 3\n"), "{figures}");
    world.drained(Provider::OpenAi).await;
    assert_eq!(other.await.unwrap().unwrap().status(), 200, "another key's calls go on");
    world.drained(Provider::Anthropic).await;
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_on_a_retired_key_has_a_minute_and_is_cut_then() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    world.fallback(Use::Chat, Fallback::Platform);
    let mut stream = world.streaming().await;
    let call = call_of(&stream);
    world.retire(Provider::OpenAi, RetireReason::Unwanted).await;
    assert!(stream.chunk().await.unwrap().is_some(), "it goes on");
    assert_eq!(world.running(Provider::OpenAi), 1);
    let after = world.chat(&hello(json!({}))).send().await.unwrap();
    assert_eq!(payer(&after), "platform", "no more calls begin on it");
    let agency = &world.servers.agency;
    let due = agency.running.cut_overdue(agency.now()).expect("its end is not known");
    let state = agency.record.state(world.servers.clients[0].id).unwrap();
    let since = state.connections()[&world.connection(Provider::OpenAi)].versions[&1].since;
    assert_eq!(due, since.plus_millis(GRACE_MILLIS));
    assert!(stream.chunk().await.unwrap().is_some(), "it was cut too early");
    agency.running.cut_overdue(due);
    assert!(breaks_off(stream).await, "it looks whole");
    assert_eq!(world.booked(&call).await.told, "partial");
    world.drained(Provider::OpenAi).await;
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_keys_calls_run_to_their_end_and_then_it_is_drained() {
    let (world, _) = World::connected(Provider::OpenAi).await;
    world.control().inject(Sim::OpenAi, Fault::next(1, FaultKind::SlowBody { bytes_per_s: 2_000 }));
    let mut stream = world.chat(&hello(json!({ "stream": true }))).send().await.unwrap();
    let call = call_of(&stream);
    assert!(stream.chunk().await.unwrap().is_some());
    world.replacement().await;
    world.use_replacement().await;
    let client = world.servers.clients[0].id;
    let on = |version| world.servers.agency.running.on(client, world.connection(Provider::OpenAi), version);
    assert_eq!((on(1), on(2)), (1, 0), "the stream still runs on the old one");
    let text = stream.text().await.unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(world.booked(&call).await.told, "whole");
    world.drained(Provider::OpenAi).await;
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_translated_stream_that_is_cut_never_looks_whole() {
    let (world, _) = World::connected(Provider::Anthropic).await;
    prefer(&world.client, Provider::Anthropic, Use::Chat, "claude-haiku-4-5").await.unwrap();
    world.control().inject(Sim::Anthropic, Fault::next(1, FaultKind::SlowBody { bytes_per_s: 20 }));
    let address = format!("{}/chat/v1/chat/completions", world.gateway());
    let body = hello(json!({ "model": "ownkey", "stream": true }));
    let stream = world.http.post(address).bearer_auth(world.token(NEWSLETTER)).json(&body).send().await.unwrap();
    let call = call_of(&stream);
    world.retire(Provider::Anthropic, RetireReason::Leaked).await;
    let text = stream.text().await.unwrap_or_default();
    assert!(!text.contains("[DONE]") && text.contains("\"code\":\"stream_cut\""), "{text}");
    assert_eq!(world.booked(&call).await.told, "partial");
    world.drained(Provider::Anthropic).await;
    world.servers.stop().await.unwrap();
}
