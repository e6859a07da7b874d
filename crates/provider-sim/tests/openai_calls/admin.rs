//! OpenAI's admin endpoints: the road from an admin key to a key with few rights, and back.

use crate::Ground;
use ownkey_provider_sim::{KeyKind, KeySpec, KeyStanding, Provider};
use serde_json::{Value, json};

const PROJECTS: &str = "/v1/organization/projects";

struct Admin {
    ground: Ground,
    key: String,
}

impl Admin {
    async fn new() -> Admin {
        let ground = Ground::new().await;
        let key = ground.make(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() }).text;
        Admin { ground, key }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let got = self.ground.post(path, &self.key, body).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        got.json()
    }

    async fn get(&self, path: &str) -> Value {
        let got = self.ground.get(path, &self.key).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        got.json()
    }

    /// A project with a service account: its path, the account's id, and its first key.
    async fn project(&self) -> (String, String, Value) {
        let project = self.post(PROJECTS, json!({"name": "Assistants"})).await;
        let path = format!("{PROJECTS}/{}", project["id"].as_str().unwrap());
        let made = self.post(&format!("{path}/service_accounts"), json!({"name": "ownkey-1"})).await;
        (path, made["id"].as_str().unwrap().to_owned(), made["api_key"].clone())
    }
}

#[tokio::test]
async fn a_scoped_key_is_made_and_the_full_one_deleted() {
    let admin = Admin::new().await;
    let (path, owner, full) = admin.project().await;
    let text = full["value"].as_str().unwrap();
    assert!(text.starts_with("sk-svcacct-") && text.len() == 167);
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 200);
    let gone = admin.ground.delete(&format!("{path}/api_keys/{}", full["id"].as_str().unwrap()), &admin.key).await;
    assert_eq!(gone.json()["deleted"], true);
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 401);
    let wish = json!({"name": "images", "scopes": ["api.model.request", "api.model.images.request"]});
    let key = admin.post(&format!("{path}/service_accounts/{owner}/api_keys"), wish).await;
    let text = key["value"].as_str().unwrap();
    let picture = json!({"model": "gpt-image-1", "prompt": "a pear"});
    assert_eq!(admin.ground.post("/v1/images/generations", text, picture).await.status, 200);
    let chat = json!({"model": "gpt-5", "messages": [{"role": "user", "content": "Hello"}]});
    assert_eq!(admin.ground.post("/v1/chat/completions", text, chat).await.status, 401);
}

#[tokio::test]
async fn deleting_a_service_accounts_key_may_be_refused() {
    let admin = Admin::new().await;
    admin.ground.control().unconfirmed(Provider::OpenAi, "delete_service_account_key", "refused");
    let (path, owner, full) = admin.project().await;
    let refused = admin.ground.delete(&format!("{path}/api_keys/{}", full["id"].as_str().unwrap()), &admin.key).await;
    assert_eq!(refused.status, 400);
    let text = full["value"].as_str().unwrap();
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 200);
    let gone = admin.ground.delete(&format!("{path}/service_accounts/{owner}"), &admin.key).await;
    assert_eq!(gone.json()["deleted"], true);
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 401);
}

#[tokio::test]
async fn lists_show_use_and_never_the_text() {
    let admin = Admin::new().await;
    let (path, _, full) = admin.project().await;
    let list = format!("{path}/api_keys?owner_project_access=any");
    let before = admin.get(&list).await;
    assert_eq!(before["data"][0]["last_used_at"], Value::Null);
    admin.ground.get("/v1/models", full["value"].as_str().unwrap()).await;
    let after = admin.get(&list).await;
    assert!(after["data"][0]["last_used_at"].as_i64().unwrap() > 0);
    assert!(!after.to_string().contains(full["value"].as_str().unwrap()));
    assert_eq!(after["data"][0]["owner"]["type"], "service_account");
}

#[tokio::test]
async fn scopes_change_and_an_empty_list_means_all() {
    let admin = Admin::new().await;
    let (path, _, full) = admin.project().await;
    let text = full["value"].as_str().unwrap();
    let one = format!("{path}/api_keys/{}", full["id"].as_str().unwrap());
    admin.post(&one, json!({"scopes": ["api.files.read"]})).await;
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 403);
    admin.post(&one, json!({"scopes": []})).await;
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 200);
    assert_eq!(admin.ground.post(&one, &admin.key, json!({})).await.status, 400);
    assert_eq!(admin.ground.post(&one, &admin.key, json!({"scopes": null})).await.status, 400);
}

#[tokio::test]
async fn a_service_account_without_a_role_may_or_may_not_call() {
    let admin = Admin::new().await;
    let (path, ..) = admin.project().await;
    let bare = json!({"name": "bare", "create_service_account_only": true});
    let made = admin.post(&format!("{path}/service_accounts"), bare).await;
    assert_eq!((made["role"].as_str(), made["api_key"].is_null()), (Some("none"), true));
    let owner = made["id"].as_str().unwrap();
    let wish = json!({"name": "k", "scopes": ["api.model.read"]});
    let key = admin.post(&format!("{path}/service_accounts/{owner}/api_keys"), wish).await;
    let text = key["value"].as_str().unwrap();
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 401);
    admin.ground.control().unconfirmed(Provider::OpenAi, "role_none_may_call", "yes");
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 200);
    let hidden = admin.get(&format!("{path}/api_keys")).await;
    assert!(!hidden.to_string().contains(key["id"].as_str().unwrap()));
    admin.post(&format!("{path}/service_accounts/{owner}"), json!({"role": "member"})).await;
    assert!(admin.get(&format!("{path}/api_keys")).await.to_string().contains(key["id"].as_str().unwrap()));
}

#[tokio::test]
async fn admin_keys_are_made_and_deleted() {
    let admin = Admin::new().await;
    let path = "/v1/organization/admin_api_keys";
    let made = admin.post(path, json!({"name": "short", "expires_in_seconds": 600})).await;
    let text = made["value"].as_str().unwrap();
    assert!(text.starts_with("sk-admin-") && text.len() == 133);
    assert_eq!(admin.ground.get(path, text).await.status, 200);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(admin.ground.delete(&one, &admin.key).await.json()["deleted"], true);
    assert_eq!(admin.ground.get(path, text).await.status, 401);
    assert_eq!(admin.ground.post(path, &admin.key, json!({"name": "x", "expires_in_seconds": 0})).await.status, 400);
}

#[tokio::test]
async fn another_organisations_projects_are_not_there() {
    let admin = Admin::new().await;
    let (path, ..) = admin.project().await;
    let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
    let other = admin.ground.control().make_key(Provider::OpenAi, "Birch Bakery", spec);
    assert_eq!(admin.ground.get(&path, &other.text).await.status, 404);
    assert_eq!(admin.ground.get(&format!("{path}/api_keys"), &other.text).await.status, 404);
}

#[tokio::test]
async fn an_archived_project_ends_its_keys_and_a_model_list_binds() {
    let admin = Admin::new().await;
    let (path, _, full) = admin.project().await;
    let text = full["value"].as_str().unwrap();
    let list = json!({"mode": "allow_list", "model_ids": ["gpt-5"]});
    admin.post(&format!("{path}/model_permissions"), list).await;
    let models = admin.ground.get("/v1/models", text).await.json();
    assert_eq!(models["data"].as_array().unwrap().len(), 1);
    admin.post(&format!("{path}/archive"), json!({})).await;
    assert_eq!(admin.ground.get("/v1/models", text).await.status, 401);
    let keys = admin.ground.control().keys(Provider::OpenAi);
    let state = keys.iter().find(|key| key.id == full["id"]).unwrap().state;
    assert_eq!(state, KeyStanding::Revoked);
}
