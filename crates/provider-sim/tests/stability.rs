//! Stability: balance, pictures by multipart, credits per engine, and the refusals of v1 and v2beta.
#![allow(clippy::unwrap_used)]

mod world;

use base64::Engine;
use ownkey_provider_sim::{KeySpec, Provider};
use reqwest::multipart::{Form, Part};
use serde_json::json;
use world::{Read, World, read, world};

const CORE: &str = "/v2beta/stable-image/generate/core";
const ULTRA: &str = "/v2beta/stable-image/generate/ultra";
const SD3: &str = "/v2beta/stable-image/generate/sd3";

async fn here() -> World {
    world(Provider::Stability).await
}

impl World {
    async fn draw(&self, path: &str, accept: &str, fields: &[(&str, &str)]) -> Read {
        let form =
            fields.iter().fold(Form::new(), |form, (name, value)| form.text((*name).to_owned(), (*value).to_owned()));
        read(self.with(&self.key.text, "POST", path).header("accept", accept).multipart(form)).await
    }

    async fn credits(&self) -> f64 {
        self.get("/v1/user/balance").await.json["credits"].as_f64().unwrap()
    }
}

fn v2(got: &Read, status: u16, name: &str, words: &str) {
    assert_eq!(got.status, status, "{}", got.text);
    assert_eq!(got.json["name"], name, "{}", got.text);
    assert!(got.json["errors"][0].as_str().unwrap().contains(words), "{}", got.text);
    assert!(got.json["id"].is_string() && got.json["message"].is_null(), "v2beta has errors, not message");
}

#[tokio::test]
async fn balance_and_account_show_key_and_credit() {
    let here = here().await;
    assert!(here.credits().await > 900.0);
    let account = here.get("/v1/user/account").await;
    assert_eq!(account.json["organizations"][0]["id"], here.account.as_str());
    assert_eq!(account.json["organizations"][0]["name"], "Bakery");
    here.control().drain_account(Provider::Stability, &here.account);
    assert_eq!(here.credits().await, 0.0);
}

#[tokio::test]
async fn each_engine_costs_its_credits() {
    let here = here().await;
    let mut left = here.credits().await;
    let rows = [(CORE, None, 3.0), (ULTRA, None, 8.0), (SD3, None, 6.5), (SD3, Some("sd3.5-medium"), 3.5)];
    for (path, model, cost) in rows {
        let mut fields = vec![("prompt", "bread")];
        fields.extend(model.map(|model| ("model", model)));
        let got = here.draw(path, "application/json", &fields).await;
        assert_eq!(got.status, 200, "{}", got.text);
        let row = here.row();
        assert_eq!(row.units["credits"], cost);
        assert!(row.billed);
        assert_eq!(row.key.as_deref(), Some(here.key.id.as_str()));
        assert_eq!(here.credits().await, left - cost);
        left -= cost;
    }
}

#[tokio::test]
async fn a_picture_comes_as_json_or_as_bytes() {
    let here = here().await;
    let fields = [("prompt", "bread"), ("seed", "7"), ("aspect_ratio", "16:9"), ("output_format", "png")];
    let got = here.draw(CORE, "application/json", &fields).await;
    assert_eq!(got.json["finish_reason"], "SUCCESS");
    assert_eq!(got.json["seed"], 7);
    let png = base64::prelude::BASE64_STANDARD.decode(got.json["image"].as_str().unwrap()).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let raw = here.draw(CORE, "image/*", &fields).await;
    assert_eq!(raw.header("content-type"), "image/png");
    assert_eq!((raw.header("finish-reason"), raw.header("seed")), ("SUCCESS", "7"));
    assert!(!raw.header("x-request-id").is_empty());
}

#[tokio::test]
async fn bad_keys_have_two_bodies_on_v1_and_errors_on_v2beta() {
    let here = here().await;
    let none = read(here.bare("GET", "/v1/user/balance")).await;
    assert_eq!((none.status, &none.json["message"]), (401, &json!("missing authorization header")));
    let bad = |path: &'static str, method: &'static str| read(here.with("sk-nothing", method, path));
    let v1 = bad("/v1/user/balance", "GET").await;
    assert_eq!((v1.status, &v1.json["name"]), (401, &json!("unauthorized")));
    here.set("bad_key_body", "message_only");
    let v1 = bad("/v1/user/balance", "GET").await;
    assert_eq!(v1.json, json!({"message": "Incorrect API key provided"}));
    v2(&bad(CORE, "POST").await, 401, "unauthorized", "Incorrect API key");
    here.control().revoke_key(Provider::Stability, &here.key.id);
    assert_eq!(here.get("/v1/user/balance").await.status, 401);
}

#[tokio::test]
async fn another_organization_is_forbidden() {
    let here = here().await;
    let call = here.with(&here.key.text, "GET", "/v1/user/balance").header("organization", "org-other");
    let got = read(call).await;
    assert_eq!((got.status, &got.json["name"]), (403, &json!("permission_denied")));
    assert!(got.json["message"].is_string());
}

#[tokio::test]
async fn no_credit_is_402() {
    let here = here().await;
    here.control().drain_account(Provider::Stability, &here.account);
    let got = here.draw(CORE, "image/*", &[("prompt", "bread")]).await;
    v2(&got, 402, "payment_required", "You lack sufficient credits");
    assert!(!here.row().billed);
    here.control().refill_account(Provider::Stability, &here.account);
    assert_eq!(here.draw(CORE, "image/*", &[("prompt", "bread")]).await.status, 200);
}

#[tokio::test]
async fn bodies_are_multipart_and_complete() {
    let here = here().await;
    let json = here.post(CORE, json!({"prompt": "bread"})).await;
    v2(&json, 400, "bad_request", "multipart/form-data");
    v2(&here.draw(CORE, "image/*", &[("seed", "1")]).await, 400, "bad_request", "prompt");
    v2(
        &here.draw(CORE, "image/*", &[("prompt", "a"), ("aspect_ratio", "7:1")]).await,
        400,
        "bad_request",
        "aspect_ratio",
    );
    v2(&here.draw(CORE, "image/*", &[("prompt", "a"), ("seed", "x")]).await, 400, "bad_request", "seed");
    v2(&here.draw(CORE, "text/html", &[("prompt", "a")]).await, 400, "bad_request", "accept");
    v2(&here.draw(SD3, "image/*", &[("prompt", "a"), ("model", "sd9")]).await, 400, "bad_request", "model");
    let long = "a".repeat(10_001);
    v2(&here.draw(CORE, "image/*", &[("prompt", &long)]).await, 400, "bad_request", "10000");
    let huge = "a".repeat(10 * 1024 * 1024 + 1);
    assert_eq!(here.draw(CORE, "image/*", &[("prompt", "a"), ("image", &huge)]).await.status, 413);
    assert!(here.rows().iter().all(|row| !row.billed));
}

#[tokio::test]
async fn moderation_refuses_or_filters() {
    let here = here().await;
    let got = here.draw(CORE, "application/json", &[("prompt", "[moderated] bread")]).await;
    v2(&got, 403, "content_moderation", "flagged");
    let filtered = [("prompt", "[filtered] bread")];
    assert_eq!(here.draw(CORE, "application/json", &filtered).await.json["finish_reason"], "CONTENT_FILTERED");
    assert_eq!(here.draw(CORE, "image/*", &filtered).await.header("finish-reason"), "CONTENT_FILTERED");
    here.set("filtered", "403");
    assert_eq!(here.draw(CORE, "image/*", &filtered).await.status, 403);
}

#[tokio::test]
async fn a_creative_upscale_is_fetched_later_by_its_account_only() {
    let here = here().await;
    let form = Form::new().text("prompt", "bread").part("image", Part::bytes(vec![1, 2, 3]).file_name("a.png"));
    let start = here.with(&here.key.text, "POST", "/v2beta/stable-image/upscale/creative").multipart(form);
    let got = read(start).await;
    assert_eq!(got.status, 202, "{}", got.text);
    let path = format!("/v2beta/results/{}", got.json["id"].as_str().unwrap());
    assert_eq!(here.get(&path).await.status, 202);
    assert_eq!(here.get(&path).await.header("content-type"), "image/png");
    let other = here.control().make_key(Provider::Stability, "Other", KeySpec::default());
    assert_eq!(read(here.with(&other.text, "GET", &path)).await.status, 404);
    v2(&here.get("/v2beta/else").await, 404, "not_found", "not found");
}
