//! What real calls made is reachable by assistants of the same client, and for another client it is as if it were not
//! there: responses, batches, files, uploads, predictions and their addresses, results, pictures.

use ownkey_protocol::vocabulary::Provider;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{A, B, World, same_for_everybody};

/// A thing of A's: how it is asked for, with its id and with that of nobody's.
struct Mine {
    provider: Provider,
    method: Method,
    path: String,
    body: Option<String>,
    id: String,
}

impl World {
    fn ask(&self, who: usize, provider: Provider, method: &Method, path: &str) -> RequestBuilder {
        let address = format!("{}/gateway/{provider}{path}", self.servers.origin);
        let call = self.http.request(method.clone(), address);
        match provider {
            Provider::Gemini => call.header("x-goog-api-key", self.token(who)),
            Provider::Anthropic => call.header("x-api-key", self.token(who)).header("anthropic-version", "2023-06-01"),
            _ => call.bearer_auth(self.token(who)),
        }
    }

    async fn made(&self, call: RequestBuilder) -> Value {
        let answer = call.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    async fn asks_for(&self, who: usize, mine: &Mine, id: &str) -> Response {
        let call = self.ask(who, mine.provider, &mine.method, &mine.path.replace(&mine.id, id));
        match &mine.body {
            Some(body) => call.header("content-type", "application/json").body(body.replace(&mine.id, id)),
            None => call,
        }
        .send()
        .await
        .unwrap()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

fn png() -> Part {
    Part::bytes(b"\x89PNG practice".to_vec()).file_name("boat.png")
}

async fn everything_of_a(world: &World) -> Vec<Mine> {
    let mut all = Vec::new();
    let mut mine = |provider, method, path: String, body: Option<String>, id: &str| {
        assert!(path.contains(id) || body.as_ref().is_some_and(|body| body.contains(id)));
        all.push(Mine { provider, method, path, body, id: id.to_owned() });
    };
    let post = |provider, path: &str| world.ask(A, provider, &Method::POST, path);

    let body = json!({"model": "gpt-5-mini", "input": "Say hello.", "background": true});
    let id = text(&world.made(post(Provider::OpenAi, "/v1/responses").json(&body)).await["id"]);
    mine(Provider::OpenAi, Method::GET, format!("/v1/responses/{id}"), None, &id);
    mine(Provider::OpenAi, Method::POST, format!("/v1/responses/{id}/cancel"), Some("{}".to_owned()), &id);
    let follow = json!({"model": "gpt-5-mini", "input": "And?", "previous_response_id": id}).to_string();
    mine(Provider::OpenAi, Method::POST, "/v1/responses".to_owned(), Some(follow), &id);

    let form = Form::new().text("purpose", "user_data").part("file", png());
    let id = text(&world.made(post(Provider::OpenAi, "/v1/files").multipart(form)).await["id"]);
    mine(Provider::OpenAi, Method::GET, format!("/v1/files/{id}"), None, &id);
    mine(Provider::OpenAi, Method::GET, format!("/v1/files/{id}/content"), None, &id);
    let reads =
        json!({"model": "gpt-5-mini", "input": [{"role": "user", "content": [{"type": "input_file", "file_id": id}]}]});
    mine(Provider::OpenAi, Method::POST, "/v1/responses".to_owned(), Some(reads.to_string()), &id);

    let params =
        json!({"model": "claude-sonnet-4-5", "max_tokens": 8, "messages": [{"role": "user", "content": "Hi"}]});
    let body = json!({"requests": [{"custom_id": "one", "params": params}]});
    let id = text(&world.made(post(Provider::Anthropic, "/v1/messages/batches").json(&body)).await["id"]);
    mine(Provider::Anthropic, Method::GET, format!("/v1/messages/batches/{id}"), None, &id);
    mine(Provider::Anthropic, Method::GET, format!("/v1/messages/batches/{id}/results"), None, &id);
    mine(Provider::Anthropic, Method::POST, format!("/v1/messages/batches/{id}/cancel"), Some("{}".to_owned()), &id);

    let start =
        post(Provider::Gemini, "/upload/v1beta/files").header("x-goog-upload-command", "start").json(&json!({}));
    let started = start.send().await.unwrap();
    let address = started.headers()["x-goog-upload-url"].to_str().unwrap().to_owned();
    let upload = address.split("upload_id=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let piece = world.http.post(&address).header("x-goog-upload-command", "upload, finalize").body("A paper boat");
    let name = text(&world.made(piece).await["file"]["name"]);
    let id = name.strip_prefix("files/").unwrap().to_owned();
    mine(Provider::Gemini, Method::POST, format!("/upload/v1beta/files?upload_id={upload}"), None, &upload);
    mine(Provider::Gemini, Method::GET, format!("/v1beta/files/{id}"), None, &id);
    let uri = json!({"contents": [{"parts": [{"fileData": {"fileUri": format!("https://g/v1beta/files/{id}")}}]}]});
    let draws = "/v1beta/models/gemini-3.1-flash-image:generateContent".to_owned();
    mine(Provider::Gemini, Method::POST, draws, Some(uri.to_string()), &id);

    let form = Form::new().text("prompt", "A boat").part("image", png());
    let creative = post(Provider::Stability, "/v2beta/stable-image/upscale/creative").multipart(form);
    let id = text(&world.made(creative).await["id"]);
    mine(Provider::Stability, Method::GET, format!("/v2beta/results/{id}"), None, &id);

    let predict = "/v1/models/black-forest-labs/flux-schnell/predictions";
    let body = json!({"input": {"prompt": "A paper boat"}});
    let made = world.made(post(Provider::Replicate, predict).header("prefer", "wait").json(&body)).await;
    let id = text(&made["id"]);
    mine(Provider::Replicate, Method::GET, format!("/v1/predictions/{id}"), None, &id);
    mine(Provider::Replicate, Method::POST, format!("/v1/predictions/{id}/cancel"), Some("{}".to_owned()), &id);
    let here = format!("{}/gateway/replicate", world.servers.origin);
    for address in [text(&made["urls"]["stream"]), text(&made["output"][0])] {
        let path = address.strip_prefix(&here).unwrap().to_owned();
        let id = path.split('/').find(|part| part.len() == 40).unwrap().to_owned();
        mine(Provider::Replicate, Method::GET, path, None, &id);
        let uses = json!({"input": {"prompt": "Again", "image": address}}).to_string();
        mine(Provider::Replicate, Method::POST, predict.to_owned(), Some(uses), &id);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_client_made_is_not_there_for_another() {
    let world = World::with(&Provider::ALL).await;
    let all = everything_of_a(&world).await;
    let before = world.ledger_sizes();
    for mine in &all {
        let nobodys: String = mine.id.chars().rev().collect();
        let there = same_for_everybody(world.asks_for(B, mine, &mine.id).await, &mine.id).await;
        let nowhere = same_for_everybody(world.asks_for(B, mine, &nobodys).await, &nobodys).await;
        assert_eq!(there, nowhere, "{} {} tells whether it exists", mine.method, mine.path);
        assert_eq!(there.0, 404, "{} {}: {}", mine.method, mine.path, there.1);
    }
    assert_eq!(world.ledger_sizes(), before, "a provider was asked for another client's thing");
    for mine in &all {
        let before = world.ledger_sizes();
        let answer = world.asks_for(A, mine, &mine.id).await;
        assert_eq!(answer.headers()["ownkey-paid-by"], "client", "{} {}", mine.method, mine.path);
        assert_ne!(world.ledger_sizes(), before, "{} {}: its owner does not reach it", mine.method, mine.path);
        assert!(world.shown(&before).is_subset(&world.keys[A]));
    }
    assert!(all.len() >= 18, "{} ways", all.len());
    world.servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_without_a_token_only_at_its_own_address() {
    let world = World::with(&[Provider::Gemini]).await;
    let start = world.ask(A, Provider::Gemini, &Method::POST, "/upload/v1beta/files");
    let started = start.header("x-goog-upload-command", "start").json(&json!({})).send().await.unwrap();
    let address = started.headers()["x-goog-upload-url"].to_str().unwrap().to_owned();
    let before = world.ledger_sizes();
    let status = async |call: RequestBuilder| call.send().await.unwrap().status().as_u16();
    let upload = |address: &str| world.http.post(address).header("x-goog-upload-command", "upload").body("A");
    let id = address.split("upload_id=").nth(1).unwrap().split('&').next().unwrap();
    let gateway = format!("{}/gateway/gemini", world.servers.origin);
    assert_eq!(status(upload(&address.replace(id, "guessed"))).await, 401);
    assert_eq!(status(upload(&format!("{address}&upload_id=another"))).await, 401);
    assert_eq!(status(upload(&address).header("x-goog-api-key", "okg_not_a_token")).await, 401);
    assert_eq!(status(upload(&address).header("x-goog-api-key", world.token(B))).await, 404);
    assert_eq!(status(world.http.get(format!("{gateway}/v1beta/models?upload_id={id}"))).await, 401);
    assert_eq!(world.ledger_sizes(), before);
    assert_eq!(status(upload(&address)).await, 200);
    assert!(world.shown(&before).is_subset(&world.keys[A]));
    world.servers.stop().await.unwrap();
}
