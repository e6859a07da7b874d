//! What people and assistants do, well and badly, with marked keys.

use std::collections::BTreeSet;

use ownkey_agency::gateway::{self, Door};
use ownkey_agency::store::Made;
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{Fault, FaultKind, KeyKind};
use ownkey_providers::{hosts, routes};
use ownkey_tests::calls;
use ownkey_tests::device::now;
use serde_json::json;

use super::world::World;

/// The admin key's journey: OpenAI makes the work key.
pub(crate) async fn made_for_me(world: &mut World) {
    let id = world.must("connect_start", json!({ "provider": "openai", "uses": ["chat"] })).await;
    let id = id.as_str().unwrap().to_owned();
    world.must("connect_how", json!({ "id": id, "how": "made_for_me" })).await;
    world.marked(Provider::OpenAi, KeyKind::Work);
    assert!(world.call("connect_paste", json!({ "id": id })).await.is_err(), "a work key where an admin key belongs");
    world.marked(Provider::OpenAi, KeyKind::Admin);
    let _pasted = world.call("connect_paste", json!({ "id": id })).await;
    assert!(world.call("connect_paste_sure", json!({ "id": id })).await.is_err(), "the clipboard is cleared");
    for kind in [FaultKind::EchoKey, FaultKind::HangUp] {
        world.faults(Provider::OpenAi, 20, kind);
        let _failed = world.call("connect_make", json!({ "id": id, "keep_admin_key": true })).await;
        world.no_faults(Provider::OpenAi);
    }
    world.must("connect_make", json!({ "id": id, "keep_admin_key": true })).await;
    let _checked = world.call("connect_check", json!({ "id": id })).await;
    world.must("connect_review", json!({ "id": id })).await;
    world.must("connect_send", json!({ "id": id })).await;
    world.receipt_came(&id).await;
    assert_eq!(world.mark_what_the_agency_opens(), 6, "five pasted keys and one that was made");
    let _ended = world.call("connect_discard", json!({ "id": id })).await;
    world.marked(Provider::OpenAi, KeyKind::Admin);
    world.must("keep_admin_key", json!({ "provider": "openai" })).await;
    assert!(world.call("keep_admin_key", json!({ "provider": "gemini" })).await.is_err(), "its keys end by hand");
    bills(&mut *world, &id).await;
    world.must("forget_admin_key", json!({ "provider": "openai" })).await;
}

/// The provider is asked for its figures with the admin key, also while it quotes the key or hangs up.
async fn bills(world: &mut World, connection: &str) {
    world.must("bills_switch", json!({ "on": true })).await;
    for kind in [FaultKind::EchoKey, FaultKind::Garbage, FaultKind::HangUp] {
        world.faults(Provider::OpenAi, 20, kind);
        let _failed = world.call("bills_fetch", json!({})).await;
        world.no_faults(Provider::OpenAi);
    }
    world.must("bills_fetch", json!({})).await;
    world.must("bills_stop", json!({})).await;
    world.must("bills_margin", json!({ "permille": 10, "micro": 1_000_000 })).await;
    assert!(world.call("bills_add_file", json!({ "connection": connection })).await.is_err(), "no file was chosen");
    world.must("bills_leave_file", json!({})).await;
    world.must("bills_alert", json!({ "connection": connection, "micro": 1_000_000 })).await;
    let limit = |micro: Option<u64>| json!({ "connection": connection, "micro": micro });
    let _set_or_not_openais = world.call("bills_spend_limit", limit(Some(50_000_000))).await;
    let _taken_away = world.call("bills_spend_limit", limit(None)).await;
    let rate =
        json!({ "provider": "openai", "model": "gpt-4o-mini", "unit": "output", "price": "0.5", "from": "2026-11-01" });
    world.must("bills_rate_add", json!({ "rate": rate })).await;
    world.must("bills_rate_remove", json!({ "rate": rate })).await;
    let shown = world.must("bills", json!({ "month": null })).await;
    let saving = json!({ "month": shown["month"], "connection": connection });
    let _saved_or_without_figures = world.call("bills_save", saving.clone()).await;
    let _sent_or_without_figures = world.call("bills_send", saving).await;
    world.must("bills_switch", json!({ "on": false })).await;
}

/// Every route of the gateway on a provider that quotes the key, answers nonsense, hangs up, or serves other countries.
pub(crate) async fn routes_that_fail(world: &World, client: &reqwest::Client, provider: Provider, connection: &str) {
    let state = world.agency.record.state(world.client).unwrap();
    let control = world.sims.control();
    for (number, route) in routes::all(provider).iter().enumerate() {
        let thing = format!("thing_{number:08}");
        let path = calls::path_of(route, &thing);
        if route.refers.is_some() {
            let thing = calls::remembered(route, &thing);
            let connection = Some(connection.parse().unwrap());
            let made = Made { client: state.client(), provider, thing, connection, at: now() };
            world.agency.things.remember(&made).unwrap();
        }
        let there = hosts::in_path(provider, &path).map_or(path.as_str(), |(_, path)| path);
        for kind in [FaultKind::EchoKey, FaultKind::Garbage, FaultKind::HangUp, FaultKind::Region] {
            world.no_faults(provider);
            let fault = Fault::on(&format!("{} {there}", route.method), 1, kind);
            control.inject(simulated(provider), fault);
            let _status = world.ask(client, &route.method, &format!("/gateway/{provider}{path}"), Some(provider)).await;
        }
        world.no_faults(provider);
        let echoed = control.ledger(simulated(provider));
        let echoed =
            echoed.iter().any(|r| r.fault == Some("echo_key") && r.route == format!("{} {there}", route.method));
        assert!(echoed, "{}: the provider was not reached at {path}", route.id);
    }
}

/// The routes in OpenAI's shape, on a preferred account whose provider quotes the key, answers nonsense, hangs up, or
/// serves other countries.
pub(crate) async fn unified_routes_that_fail(world: &World, client: &reqwest::Client) {
    let control = world.sims.control();
    let unified = gateway::ROUTES.iter().filter_map(|(path, door)| match door {
        Door::Unified(r#use) => Some((*path, *r#use)),
        Door::Direct(_) => None,
    });
    let mut tried = 0;
    for (path, r#use) in unified {
        let state = world.agency.record.state(world.client).unwrap();
        let preferred = state.of_use(r#use).assignment.as_ref().unwrap().preferred.unwrap();
        let provider = state.connections()[&preferred].provider;
        for kind in [FaultKind::EchoKey, FaultKind::Garbage, FaultKind::HangUp, FaultKind::Region] {
            world.no_faults(provider);
            let before = control.ledger(simulated(provider)).len();
            world.faults(provider, 1, kind);
            let _status = world.ask(client, &reqwest::Method::POST, path, None).await;
            let reached = control.ledger(simulated(provider)).len() > before;
            assert!(reached, "{path}: {provider} was not reached");
            tried += 1;
        }
        world.no_faults(provider);
    }
    assert_eq!(tried, 2 * 4);
}

/// The unified chat route on an account at Anthropic, whose answers are translated: whole and streamed, in every way that
/// one can fail.
pub(crate) async fn translated_calls_that_fail(world: &mut World, client: &reqwest::Client, connections: [&str; 2]) {
    let [usual, anthropic] = connections;
    prefer(world, anthropic, connections).await;
    let control = world.sims.control().clone();
    let mut quoted = 0;
    for stream in [false, true] {
        let faults = [
            FaultKind::EchoKey,
            FaultKind::Garbage,
            FaultKind::HangUp,
            FaultKind::Region,
            FaultKind::ActedButNoAnswer,
            FaultKind::CutStream { after_events: 3 },
            FaultKind::ErrorEvent { after_events: 3 },
        ];
        for kind in faults {
            world.no_faults(Provider::Anthropic);
            let before = control.ledger(simulated(Provider::Anthropic)).len();
            world.faults(Provider::Anthropic, 1, kind);
            let hello = [json!({ "role": "user", "content": "Say hello." })];
            let body = json!({ "model": "claude-haiku-4-5", "messages": hello, "stream": stream });
            let address = format!("{}/gateway/chat/v1/chat/completions", world.origin);
            let _status = world.keep(client.post(address).bearer_auth(&world.token).json(&body)).await;
            let rows = control.ledger(simulated(Provider::Anthropic)).split_off(before);
            assert!(rows.iter().any(|r| r.route == "POST /v1/messages"), "Anthropic was not reached: {rows:?}");
            quoted += rows.iter().filter(|r| r.fault == Some("echo_key")).count();
        }
    }
    assert_eq!(quoted, 2);
    world.no_faults(Provider::Anthropic);
    prefer(world, usual, connections).await;
}

/// Prefers a connection for chat.
async fn prefer(world: &mut World, connection: &str, serving: [&str; 2]) {
    let _offline = world.call("refresh", json!({})).await;
    let state = world.must("app_state", json!({})).await;
    let chat = state["uses"].as_array().unwrap().iter().find(|u| u["use"] == "chat").unwrap();
    let change = json!({
        "use": "chat", "payer": "own", "serving": serving, "preferred": connection, "model": null,
        "revision": chat["revision"]
    });
    world.must("change_use", json!({ "change": change })).await;
}

/// What a person does with connections that are there.
pub(crate) async fn live_with(world: &mut World, connection: &str) {
    world.faults(Provider::OpenAi, 20, FaultKind::EchoKey);
    let _echoed = world.call("check_now", json!({ "connection": connection })).await;
    world.no_faults(Provider::OpenAi);
    let _checked = world.call("check_now", json!({ "connection": connection })).await;
    world.must("rename_connection", json!({ "connection": connection, "name": "Renamed" })).await;
    let change =
        json!({ "use": "voice", "payer": "platform", "serving": [], "preferred": null, "model": null, "revision": 0 });
    let _stale_or_done = world.call("change_use", json!({ "change": change })).await;
    for on in [true, false] {
        let what = json!({ "kind": "connection", "of": connection });
        let _stale_or_done = world.call("pause", json!({ "what": what, "on": on })).await;
    }
    let change = json!({ "use": "voice", "stop": true, "revision": 0 });
    let _stale_or_done = world.call("limit_fallback", json!({ "change": change })).await;
    let change = json!({
        "scope": { "kind": "client" }, "money_micro": 5_000_000, "units": null, "calls_per_minute": null, "hard": false,
    });
    let _stale_or_done = world.call("set_limit", json!({ "change": change })).await;
    let schedule = json!({ "kind": "every", "days": 30 });
    world.must("set_schedule", json!({ "connection": connection, "schedule": schedule })).await;
    let member = world.must("app_state", json!({})).await["me"]["member"].clone();
    world.must("set_owner", json!({ "connection": connection, "member": member })).await;
    let _nothing_is_proposed = world.call("answer_agreement", json!({ "schedule": schedule, "accept": true })).await;
    world.must("receipt", json!({ "connection": connection, "version": 1 })).await;
    world.must("history", json!({ "filter": { "group": null, "connection": null, "before": null } })).await;
    world.must("rotation_start", json!({ "connection": connection, "leaked": false })).await;
    world.marked(Provider::OpenAi, KeyKind::Work);
    let nobody = json!({ "connection": connection, "assistant": "as_00000000000000000000000000" });
    assert!(world.call("rotation_try", nobody).await.is_err());
    world.must("rotation_try", json!({ "connection": connection, "assistant": null })).await;
    for on in [true, false] {
        let _off_where_none_is_waited_for =
            world.call("rotation_watch", json!({ "connection": connection, "on": on })).await;
    }
    for command in [
        "rotation_paste",
        "rotation_revoked",
        "rotation_go_on",
        "rotation_paste_another",
        "rotation_wait",
        "rotation_leave",
        "rotation_cancel",
    ] {
        let _done_or_refused = world.call(command, json!({ "connection": connection })).await;
        world.app.rotations_go_on().await;
    }
    world.must("version_calls", json!({ "connection": connection, "version": 1, "before": null })).await;
    let _over_or_not = world.call("rotation_save", json!({ "connection": connection })).await;
    let _over_or_not = world.call("rotation_close", json!({ "connection": connection })).await;
    world.faults(Provider::OpenAi, 1, FaultKind::EchoKey);
    let _asked = world.call("revoke", json!({ "connection": connection })).await;
    world.no_faults(Provider::OpenAi);
    let _in_use_or_gone = world.call("stop_leaked", json!({ "connection": connection, "version": 1 })).await;
    let _asked = world.call("prove_revoked", json!({ "connection": connection, "version": 1 })).await;
}

pub(crate) async fn people_and_pages(world: &mut World) {
    let invited = world.must("invite_member", json!({ "name": "Vera", "role": "viewer" })).await;
    let state = world.must("app_state", json!({})).await;
    let people = state.to_string();
    let members: BTreeSet<&str> = people.split('"').filter(|t| t.starts_with("mb_")).collect();
    for member in members {
        let _refused_or_done =
            world.call("change_member", json!({ "member": member, "role": "member", "revision": 0 })).await;
    }
    world.must("alarm_read", json!({})).await;
    let _nobody = world.call("remove_member", json!({ "member": "mb_00000000000000000000000000" })).await;
    let _nobody = world.call("revoke_device", json!({ "device": "dv_00000000000000000000000000" })).await;
    let page = json!({ "kind": "provider_keys", "of": "openai" });
    world.must("open_page", json!({ "link": page })).await;
    let copies = [
        json!({ "kind": "page", "of": page }),
        json!({ "kind": "report", "of": "ABC-DEF" }),
        json!({ "kind": "invite", "of": invited["link"] }),
        json!({ "kind": "egress_addresses" }),
    ];
    for what in copies {
        world.must("copy", json!({ "what": what })).await;
        world.ipc.add(world.host.clipboard().unwrap().as_bytes());
    }
    world.must("set_preferences", json!({ "preferences": { "language": "de", "theme": "dark" } })).await;
    let _none_here = world.call("practice_key", json!({ "id": "cn_00000000000000000000000000" })).await;
    world.must("quit", json!({})).await;
}
