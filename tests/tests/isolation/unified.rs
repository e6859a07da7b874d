//! The routes in OpenAI's shape: they take the caller's own preferred account, and no other's.

use ownkey_agency::gateway::{self, Door};
use ownkey_agency::store::Made;
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{Fault, FaultKind};
use ownkey_tests::device::now;
use reqwest::Response;

use super::{A, B, World, same_for_everybody};

fn work(r#use: Use, file: &str) -> String {
    chat_or_images(r#use, "gpt-4o-mini", file)
}

fn chat_or_images(r#use: Use, model: &str, file: &str) -> String {
    match r#use {
        Use::Chat => format!(
            r#"{{"model":"{model}","messages":[{{"role":"user","content":[{{"type":"text","text":"Hello"}}{file}]}}]}}"#
        ),
        _ => r#"{"model":"gpt-image-1-mini","prompt":"A paper boat"}"#.to_owned(),
    }
}

async fn call(world: &World, token: Option<&str>, path: &str, body: String) -> Response {
    let mut request = world.http.post(format!("{}{path}", world.servers.origin)).body(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.header("content-type", "application/json").send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unified_route_runs_on_the_callers_account_alone() {
    let world = World::with(&Provider::ALL).await;
    let mut tried = 0;
    for (path, door) in gateway::ROUTES {
        let Door::Unified(r#use) = *door else { continue };
        tried += 1;
        let before = world.ledger_sizes();
        for token in [None, Some("okg_not_a_token")] {
            assert_eq!(call(&world, token, path, work(r#use, "")).await.status().as_u16(), 401, "{path}");
        }
        assert_eq!(world.ledger_sizes(), before, "{path}: a provider was asked for nobody");
        for who in [A, B] {
            let before = world.ledger_sizes();
            let token = world.servers.clients[who].assistants.iter().find(|a| a.uses.contains(&r#use)).unwrap();
            let answer = call(&world, Some(&token.token), path, work(r#use, "")).await;
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            assert_eq!(status, 200, "{path}: {text}");
            let shown = world.shown(&before);
            assert!(shown.len() == 1 && shown.is_subset(&world.keys[who]), "{path}: {shown:?}");
        }
    }
    assert_eq!(tried, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unified_call_reaches_no_file_of_another_client() {
    let world = World::with(&[Provider::OpenAi]).await;
    let made = Made {
        client: world.devices[A].client,
        provider: Provider::OpenAi,
        thing: "file-of-a".to_owned(),
        connection: Some(world.connection(A)),
        at: now(),
    };
    world.servers.agency.things.remember(&made).unwrap();
    let before = world.ledger_sizes();
    let path = "/gateway/chat/v1/chat/completions";
    let mut answers = vec![];
    for file in ["file-of-a", "file-of-x"] {
        let part = format!(r#",{{"type":"file","file":{{"file_id":"{file}"}}}}"#);
        let answer = call(&world, Some(world.token(B)), path, work(Use::Chat, &part)).await;
        answers.push(same_for_everybody(answer, file).await);
    }
    assert_eq!(answers[0], answers[1], "the refusal tells whether the file exists");
    assert_eq!(answers[0].0, 404, "{}", answers[0].1);
    assert_eq!(world.ledger_sizes(), before, "the provider was asked");
}

const CHAT: &str = "/gateway/chat/v1/chat/completions";

fn at_anthropic(file: &str) -> String {
    chat_or_images(Use::Chat, "claude-haiku-4-5", file)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_translated_call_runs_on_the_callers_account_alone_and_the_others_dead_key_is_the_others_alone() {
    let world = World::with(&[Provider::Anthropic]).await;
    let before = world.ledger_sizes();
    for token in [None, Some("okg_not_a_token")] {
        assert_eq!(call(&world, token, CHAT, at_anthropic("")).await.status().as_u16(), 401);
    }
    assert_eq!(world.ledger_sizes(), before, "a provider was asked for nobody");
    for who in [A, B] {
        let before = world.ledger_sizes();
        let answer = call(&world, Some(world.token(who)), CHAT, at_anthropic("")).await;
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert!(status == 200 && text.contains("chat.completion"), "{text}");
        assert_eq!(world.shown(&before), world.keys[who]);
    }
    let key = world.keys[A].first().unwrap();
    assert!(world.servers.sims.control().revoke_key(simulated(Provider::Anthropic), key));
    for _ in 0..2 {
        let before = world.ledger_sizes();
        let answer = call(&world, Some(world.token(A)), CHAT, at_anthropic("")).await;
        assert_eq!(answer.status().as_u16(), 401, "{}", answer.text().await.unwrap());
        assert!(world.shown(&before).is_subset(&world.keys[A]), "another's key stood in");
    }
    let before = world.ledger_sizes();
    assert_eq!(call(&world, Some(world.token(B)), CHAT, at_anthropic("")).await.status().as_u16(), 200);
    assert_eq!(world.shown(&before), world.keys[B]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_translated_call_tells_nothing_of_another_clients_account() {
    let world = World::with(&[Provider::Anthropic]).await;
    let control = world.servers.sims.control();
    let theirs = world.keys[A].first().unwrap();
    let at_anthropic = simulated(Provider::Anthropic);
    control.inject(at_anthropic, Fault::of_key(theirs, 1, FaultKind::EchoKey));
    let before = world.ledger_sizes();
    let served = call(&world, Some(world.token(B)), CHAT, self::at_anthropic("")).await;
    assert_eq!(served.status().as_u16(), 200, "the fault is on the other's key");
    let mut answers = vec![];
    for (who, file) in [(B, "file-of-a"), (B, "file-of-x")] {
        let part = format!(r#",{{"type":"file","file":{{"file_id":"{file}"}}}}"#);
        let answer = call(&world, Some(world.token(who)), CHAT, self::at_anthropic(&part)).await;
        answers.push(same_for_everybody(answer, file).await);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 404, "{}", answers[0].1);
    assert_eq!(world.shown(&before), world.keys[B]);
    let echoed = call(&world, Some(world.token(A)), CHAT, self::at_anthropic("")).await;
    let (status, text) = (echoed.status().as_u16(), echoed.text().await.unwrap());
    assert_eq!(status, 401, "{text}");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["error"]["code"], "invalid_api_key", "{text}");
    assert!(text.contains("Incorrect API key provided") && text.contains("••••"), "{text}");
}
