//! Replicate: account, predictions in all their ways, output files, and the refusals.
#![allow(clippy::unwrap_used)]

mod world;

use ownkey_provider_sim::{Host, KeySpec, Provider};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use world::{Read, World, conforms, event_names, read, world};

const SPEC: &str = "replicate-schemas.json";
const FLUX: &str = "/v1/models/black-forest-labs/flux-2-pro/predictions";
const LLAMA: &str = "/v1/models/meta/meta-llama-3-8b-instruct/predictions";

async fn here() -> World {
    world(Provider::Replicate).await
}

fn ask() -> Value {
    json!({"input": {"prompt": "A loaf of bread"}})
}

impl World {
    async fn wait(&self, path: &str, body: Value) -> Read {
        read(self.with(&self.key.text, "POST", path).header("prefer", "wait=5").json(&body)).await
    }

    fn path_of(&self, url: &Value) -> String {
        let url = url.as_str().unwrap();
        url.strip_prefix(&self.sims.origin(Provider::Replicate)).expect("on the simulator's own host").to_owned()
    }

    /// An address of another host, with or without the token.
    async fn elsewhere(&self, host: Host, url: &Value, token: bool) -> Read {
        let url = url.as_str().unwrap();
        assert!(url.starts_with(&self.sims.host(host)), "{url}");
        let call = reqwest::Client::new().get(url);
        read(if token { call.bearer_auth(&self.key.text) } else { call }).await
    }
}

fn refused(got: &Read, status: u16, title: &str, detail: &str) {
    assert_eq!(got.status, status, "{}", got.text);
    assert_eq!(got.json["title"], title, "{}", got.text);
    assert_eq!(got.json["status"], status);
    assert!(got.json["detail"].as_str().unwrap().contains(detail), "{}", got.text);
}

#[tokio::test]
async fn the_account_conforms_with_both_token_words() {
    let here = here().await;
    let got = here.get("/v1/account").await;
    conforms(SPEC, "/schemas/Account", &got.json);
    assert_eq!(got.json["name"], "Bakery");
    let old = here.bare("GET", "/v1/account").header("authorization", format!("Token {}", here.key.text));
    assert_eq!(read(old).await.status, 200);
}

#[tokio::test]
async fn bad_tokens_are_401() {
    let here = here().await;
    let none = read(here.bare("GET", "/v1/account")).await;
    refused(&none, 401, "Unauthenticated", "You did not pass an authentication token");
    let bad = read(here.with("r8_nothing", "GET", "/v1/account")).await;
    refused(&bad, 401, "Unauthenticated", "You did not pass a valid authentication token");
    here.control().disable_key(Provider::Replicate, &here.key.id);
    refused(&here.get("/v1/account").await, 401, "Unauthenticated", "valid");
    let body = json!({"version": "nothing", "input": {}});
    let post = || read(here.with("r8_nothing", "POST", "/v1/predictions").json(&body));
    assert_eq!(post().await.status, 401);
    here.set("bad_token_on_predictions", "422");
    refused(&post().await, 422, "Invalid version or not permitted", "version");
}

#[tokio::test]
async fn waiting_gives_the_finished_prediction_and_its_file() {
    let here = here().await;
    let got = here.wait(FLUX, ask()).await;
    assert_eq!(got.status, 201, "{}", got.text);
    conforms(SPEC, "/schemas/Prediction", &got.json);
    assert_eq!(got.json["status"], "succeeded");
    let row = here.row();
    assert!(row.billed);
    assert_eq!(row.model.as_deref(), Some("black-forest-labs/flux-2-pro"));
    assert_eq!(row.units["predictions"], 1);
    let file = here.elsewhere(Host::Delivery, &got.json["output"], false).await;
    assert_eq!((file.status, file.header("content-type")), (200, "image/png"));
    let row = here.row();
    assert_eq!((row.host, row.credential), (Host::Delivery, false));
    let stray = here.get("/xezq/a/out-0.png").await;
    assert_eq!(stray.status, 404, "the API serves no files");
    let wrong = here.with(&here.key.text, "POST", FLUX).header("prefer", "wait=61").json(&ask());
    assert_eq!(read(wrong).await.status, 400);
}

#[tokio::test]
async fn without_waiting_it_moves_on_with_each_look() {
    let here = here().await;
    let got = here.post(FLUX, ask()).await;
    assert_eq!((got.status, &got.json["status"]), (201, &json!("starting")));
    conforms(SPEC, "/schemas/Prediction", &got.json);
    let path = here.path_of(&got.json["urls"]["get"]);
    assert_eq!(here.get(&path).await.json["status"], "processing");
    assert_eq!(here.get(&path).await.json["status"], "succeeded");
    assert_eq!(here.rows().iter().filter(|row| row.billed).count(), 1, "looking is free");
    here.set("created_without_wait", "202");
    assert_eq!(here.post(FLUX, ask()).await.status, 202);
    assert_eq!(here.get("/v1/predictions").await.json["results"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_running_prediction_can_be_cancelled_a_finished_one_stays() {
    let here = here().await;
    let running = here.post(FLUX, ask()).await;
    let path = here.path_of(&running.json["urls"]["cancel"]);
    assert_eq!(here.post(&path, json!({})).await.json["status"], "canceled");
    let done = here.wait(FLUX, ask()).await;
    let path = here.path_of(&done.json["urls"]["cancel"]);
    assert_eq!(here.post(&path, json!({})).await.json["status"], "succeeded");
}

#[tokio::test]
async fn the_stream_of_a_prediction_ends_with_done() {
    let here = here().await;
    let got = here.post(LLAMA, ask()).await;
    let stream = here.elsewhere(Host::Stream, &got.json["urls"]["stream"], true).await;
    assert!(stream.header("content-type").starts_with("text/event-stream"));
    let names = event_names(&stream.text);
    assert_eq!(names.first().unwrap(), "logs");
    assert_eq!(names.last().unwrap(), "done");
    assert!(names.iter().filter(|name| *name == "output").count() > 2);
}

#[tokio::test]
async fn by_version_and_by_deployment() {
    let here = here().await;
    let hash = "7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc";
    for version in [hash.to_owned(), format!("stability-ai/sdxl:{hash}"), "stability-ai/sdxl".to_owned()] {
        let mut body = ask();
        body["version"] = version.into();
        let got = here.wait("/v1/predictions", body).await;
        assert_eq!((got.status, &got.json["model"]), (201, &json!("stability-ai/sdxl")));
        assert!(got.json["output"].is_array());
    }
    let mut body = ask();
    body["version"] = "nothing".into();
    refused(&here.post("/v1/predictions", body).await, 422, "Invalid version or not permitted", "");
    refused(&here.post("/v1/predictions", ask()).await, 422, "Input validation failed", "version is required");
    let path = format!("/v1/deployments/{}/flux-2-pro/predictions", here.account);
    assert_eq!(here.wait(&path, ask()).await.status, 201);
    assert_eq!(here.wait("/v1/deployments/other/flux-2-pro/predictions", ask()).await.status, 404);
}

#[tokio::test]
async fn predictions_belong_to_their_account() {
    let here = here().await;
    let got = here.wait(FLUX, ask()).await;
    let path = here.path_of(&got.json["urls"]["get"]);
    let other = here.control().make_key(Provider::Replicate, "Other", KeySpec::default());
    refused(&read(here.with(&other.text, "GET", &path)).await, 404, "Not found", "");
    assert_eq!(here.get(&path).await.status, 200, "and it is still there for its owner");
}

#[tokio::test]
async fn no_credit_and_bad_input_are_refused() {
    let here = here().await;
    refused(&here.post(FLUX, json!({})).await, 422, "Input validation failed", "input is required");
    refused(&here.post(FLUX, json!({"input": {}})).await, 422, "Input validation failed", "prompt is required");
    refused(&here.post("/v1/models/a/b/predictions", ask()).await, 404, "Not found", "");
    here.control().drain_account(Provider::Replicate, &here.account);
    assert_eq!(here.get("/v1/account").await.status, 200, "the account proves no credit");
    refused(&here.post(FLUX, ask()).await, 402, "Insufficient credit", "https://replicate.com/account/billing");
    assert!(here.rows().iter().all(|row| !row.billed));
}

#[tokio::test]
async fn models_and_files() {
    let here = here().await;
    assert!(here.get("/v1/models").await.json["results"].as_array().unwrap().len() > 2);
    assert_eq!(here.get("/v1/models/black-forest-labs/flux-2-pro").await.json["name"], "flux-2-pro");
    let form = Form::new().part("content", Part::bytes(b"hello".to_vec()).file_name("hello.txt"));
    let made = read(here.with(&here.key.text, "POST", "/v1/files").multipart(form)).await;
    assert_eq!((made.status, &made.json["size"], &made.json["name"]), (201, &json!(5), &json!("hello.txt")));
    let path = here.path_of(&made.json["urls"]["get"]);
    assert_eq!(here.get(&path).await.status, 200);
    let other = here.control().make_key(Provider::Replicate, "Other", KeySpec::default());
    assert_eq!(read(here.with(&other.text, "GET", &path)).await.status, 404);
    assert_eq!(read(here.with(&here.key.text, "DELETE", &path)).await.status, 204);
    assert_eq!(here.get(&path).await.status, 404);
}
