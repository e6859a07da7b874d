use std::collections::HashSet;

use super::*;

fn id(provider: Provider, method: Method, path: &str) -> Option<&'static str> {
    lookup(provider, &method, path, None).map(|route| route.id)
}

#[test]
fn every_route_finds_itself_and_no_other() {
    let mut ids = HashSet::new();
    for provider in Provider::ALL {
        for route in all(provider) {
            assert_eq!(route.provider, provider);
            assert!(ids.insert(route.id), "{} twice", route.id);
            let path = route.path.replace("{v}", "v1beta").replace("...", "").replace(['{', '}'], "");
            assert_eq!(id(provider, route.method.clone(), &path), Some(route.id), "{path}");
            if let Some(refers) = route.refers {
                let id = if refers.rest { path.strip_prefix("/_host/").unwrap() } else { "id" };
                assert_eq!(route.referred(&path), Some((refers.thing, id)));
            }
        }
    }
}

#[test]
fn what_is_not_listed_is_not_there() {
    for (provider, method, path) in [
        (Provider::OpenAi, Method::GET, "/v1/organization/admin_api_keys"),
        (Provider::OpenAi, Method::POST, "/v1/organization/projects"),
        (Provider::OpenAi, Method::POST, "/v1/realtime/client_secrets"),
        (Provider::OpenAi, Method::GET, "/v1/files"),
        (Provider::OpenAi, Method::GET, "/v1/chat/completions"),
        (Provider::OpenAi, Method::GET, "/v1/fine_tuning/jobs"),
        (Provider::OpenAi, Method::DELETE, "/v1/models/ft-1"),
        (Provider::Anthropic, Method::GET, "/v1/messages/batches"),
        (Provider::Anthropic, Method::GET, "/v1/organizations/api_keys"),
        (Provider::Gemini, Method::POST, "/v1beta/auth_tokens"),
        (Provider::Gemini, Method::GET, "/v1beta/files"),
        (Provider::Gemini, Method::POST, "/v2/models/m:generateContent"),
        (Provider::Stability, Method::GET, "/v1/user/balance"),
        (Provider::Stability, Method::GET, "/v1/user/account"),
        (Provider::Replicate, Method::GET, "/v1/account"),
        (Provider::Replicate, Method::GET, "/v1/predictions"),
        (Provider::Replicate, Method::POST, "/v1/models"),
    ] {
        assert_eq!(id(provider, method, path), None, "{path}");
    }
}

#[test]
fn a_path_with_two_readings_matches_nothing() {
    for path in [
        "/v1//models",
        "/v1/models/",
        "/v1/./models",
        "/v1/files/../models",
        "/v1/models/..",
        "/v1/models/a%2f..%2forganization",
        "/v1/models/%2e%2e",
        "/v1/models/a\\b",
        "/v1/models/a;b",
        "/v1/models/a?b",
        "/v1/models/ä",
        "v1/models",
        "",
        "/",
    ] {
        assert_eq!(id(Provider::OpenAi, Method::GET, path), None, "{path}");
    }
    let generate = "/v1/models/m:generateContent";
    assert!(lookup(Provider::Gemini, &Method::POST, generate, Some("alt=sse")).is_some());
    for query in ["$httpMethod=DELETE", "%24httpmethod=GET", "x-http-method-override=GET"] {
        assert!(lookup(Provider::Gemini, &Method::POST, generate, Some(query)).is_none(), "{query}");
    }
}

#[test]
fn the_use_is_told_by_path_or_body() {
    let of = |provider, path: &str, body: &str| {
        let route = lookup(provider, &Method::POST, path, None).unwrap();
        use_of(route, path, &look(body.as_bytes(), None))
    };
    assert_eq!(of(Provider::OpenAi, "/v1/chat/completions", "{}"), Some(Use::Chat));
    assert_eq!(of(Provider::OpenAi, "/v1/audio/speech", "{}"), Some(Use::Voice));
    assert_eq!(of(Provider::OpenAi, "/v1/files", r#"{"purpose":"user_data"}"#), Some(Use::Chat));
    assert_eq!(of(Provider::OpenAi, "/v1/files", "{}"), None);
    let text = "/v1beta/models/gemini-3-pro:generateContent";
    assert_eq!(of(Provider::Gemini, text, "{}"), Some(Use::Chat));
    let modality = r#"{"generationConfig":{"responseModalities":["IMAGE"]}}"#;
    assert_eq!(of(Provider::Gemini, text, modality), Some(Use::Images));
    assert_eq!(
        of(Provider::Gemini, "/v1/models/gemini-3.1-flash-image:streamGenerateContent", "{}"),
        Some(Use::Images)
    );
    assert_eq!(
        of(Provider::Replicate, "/v1/models/black-forest-labs/flux-schnell/predictions", "{}"),
        Some(Use::Images)
    );
    assert_eq!(of(Provider::Replicate, "/v1/models/meta/llama-3-70b/predictions", "{}"), Some(Use::Chat));
    assert_eq!(of(Provider::Replicate, "/v1/predictions", r#"{"version":"anthropic/claude:abc"}"#), Some(Use::Chat));
    assert_eq!(of(Provider::Replicate, "/v1/predictions", r#"{"version":"5c7d"}"#), Some(Use::Images));
}

#[test]
fn models_in_paths_and_streams_are_told() {
    let path = "/v1/models/gemini-3.1-flash-image:streamGenerateContent";
    let route = lookup(Provider::Gemini, &Method::POST, path, None).unwrap();
    assert_eq!(route.model_in_path(path).as_deref(), Some("gemini-3.1-flash-image"));
    assert!(streams(route, None, &Seen::default()));
    let path = "/v1/models/stability-ai/sdxl/predictions";
    let route = lookup(Provider::Replicate, &Method::POST, path, None).unwrap();
    assert_eq!(route.model_in_path(path).as_deref(), Some("stability-ai/sdxl"));
    for (path, model) in [
        ("/v2beta/stable-image/generate/core", Some("core")),
        ("/v2beta/stable-image/generate/sd3", None),
        ("/v2beta/stable-image/edit/erase", None),
    ] {
        let route = lookup(Provider::Stability, &Method::POST, path, None).unwrap();
        assert_eq!(route.model_in_path(path).as_deref(), model, "sd3 is told its model in the form");
    }
    let chat = lookup(Provider::OpenAi, &Method::POST, "/v1/chat/completions", None).unwrap();
    assert_eq!(chat.model_in_path("/v1/chat/completions"), None);
    assert!(streams(chat, None, &look(br#"{"stream":true}"#, None)));
    assert!(!streams(chat, Some("stream=true"), &look(b"{}", None)));
    let get = lookup(Provider::OpenAi, &Method::GET, "/v1/responses/resp_1", None).unwrap();
    assert!(streams(get, Some("starting_after=3&stream=true"), &Seen::default()));
}
