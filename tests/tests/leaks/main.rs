//! Marked keys go through every command and every endpoint, failing ones too, and are then found nowhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod exposures;
mod journeys;
mod memory;
mod planted;
mod printed;
mod told;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use ownkey_agency::{operator, plane};
use ownkey_app::commands;
use ownkey_demo::assistants;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::KeyKind;
use ownkey_secret::Secret;
use ownkey_tests::device::http;
use serde_json::json;

use journeys::{
    live_with, made_for_me, people_and_pages, routes_that_fail, translated_calls_that_fail, unified_routes_that_fail,
};
use planted::the_search_finds_what_is_planted;
use printed::CHILD;
use world::{World, logs};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_went_through_every_command_and_route_is_found_nowhere() {
    let (mut world, invite) = World::start().await;
    world.must("join_preview", json!({ "link": invite })).await;
    world.must("join_accept", json!({ "link": invite, "device_name": "Leaky" })).await;
    let mut connections = BTreeMap::new();
    for provider in Provider::ALL {
        let id = world.connect(provider).await;
        connections.insert(provider.as_str(), id);
    }
    made_for_me(&mut world).await;

    let client = http(None).unwrap();
    for provider in Provider::ALL {
        let platform = world.marked(provider, KeyKind::Work);
        let secret = Secret::new(platform.into_bytes()).unwrap();
        world
            .answers
            .add(operator::set_platform_key(&world.agency, "Mara", provider, &secret).unwrap().to_string().as_bytes());
        routes_that_fail(&world, &client, provider, &connections[provider.as_str()]).await;
    }
    unified_routes_that_fail(&world, &client).await;
    let both = [connections["openai"].as_str(), connections["anthropic"].as_str()];
    translated_calls_that_fail(&mut world, &client, both).await;
    let gateway = format!("{}/gateway", world.origin);
    for r#use in Use::ALL {
        for call in assistants::calls(&client, &gateway, &world.token, r#use) {
            let answer = call.send().await.unwrap();
            world.answers.add(format!("{:?}", answer.headers()).as_bytes());
            world.answers.add(&answer.bytes().await.unwrap());
        }
    }
    for route in plane::ROUTES {
        let path = route.path.replace("{connection}", &connections["openai"]).replace("{version}", "1");
        let status = world.ask(&client, &route.method.parse().unwrap(), &path, None).await;
        assert_ne!(status, 0, "{path}");
    }

    live_with(&mut world, &connections["openai"]).await;
    people_and_pages(&mut world).await;
    let listed: BTreeSet<String> = commands::NAMES.iter().map(|n| (*n).to_owned()).collect();
    assert_eq!(world.called, listed, "every command has a case here");
    let (answers, logs) = (world.answers.bytes(), logs().bytes());
    assert!(String::from_utf8_lossy(&answers).contains("••••"), "no provider quoted a key");
    assert!(String::from_utf8_lossy(&logs).contains("TRACE"), "the logs are at trace level");
    world.nothing_leaked();
    the_search_finds_what_is_planted(&world, &client).await;
    if let Some(told) = std::env::var_os(CHILD) {
        std::fs::write(told, world.keys.join("\n")).unwrap();
        panic!("the child crashes with every secret in memory");
    }
}
