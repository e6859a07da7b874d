//! What is left of keys in memory: a rotation of each kind, between an app and an agency that are processes of their own,
//! and both read from outside. Run by `cargo xtask test leaks`, which gives them a keychain.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{KeySpec, Sims, SimsConfig};
use ownkey_tests::leak::Search;
use ownkey_tests::memory::leaks;
use ownkey_tests::processes::Processes;

/// After this a key is gone from memory.
const PROMISED: Duration = Duration::from_secs(5);

fn search(name: &str, key: &str) -> Search {
    let mut search = Search::default();
    search.add(name, key);
    search
}

/// Waits until nothing is found in a process any more, no longer than is promised.
async fn forgets(what: &str, pid: u32, search: &Search) {
    let begun = Instant::now();
    loop {
        let began_to_look = begun.elapsed();
        let found = leaks(pid, search).unwrap();
        if found.is_empty() {
            return;
        }
        assert!(began_to_look < PROMISED, "{what}, after {:.1} s: {found:#?}", began_to_look.as_secs_f32());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn is_forgotten(kind: &str, world: Processes, leaked: bool) {
    let old = search("the old key", &world.kept_key(1).await.unwrap());
    // On several connections to the provider, which are kept.
    for call in join_all((0..8).map(|_| world.call())).await {
        call.unwrap();
    }
    assert!(!leaks(world.server.pid(), &old).unwrap().is_empty(), "{kind}: an agency cannot call without the key");

    world.app.hold_at("rotation: after push", 0).unwrap();
    world.begin(leaked).await.unwrap();
    tokio::select! {
        held = world.app.held() => held.unwrap(),
        played = world.play() => panic!("{kind}: nothing is pushed: {played:?}"),
    }
    let new = search("the new key", &world.kept_key(2).await.unwrap());
    forgets(&format!("{kind}: the app, Pushed"), world.app.pid(), &new).await;

    world.app.go().unwrap();
    assert_eq!(world.play().await.unwrap(), "done", "{kind}");
    let both = [("app", world.app.pid()), ("agency", world.server.pid())];
    for (process, pid) in both {
        forgets(&format!("{kind}: the {process}, Done"), pid, &old).await;
    }
    forgets(&format!("{kind}: the app, Done"), world.app.pid(), &new).await;
    if let Some(admin) = world.admin.as_ref().map(|key| search("the admin key", &key.text)) {
        for (process, pid) in both {
            forgets(&format!("{kind}: the {process}, Done"), pid, &admin).await;
        }
        assert_eq!(admin.find_below(world.folder.path()).unwrap(), None, "{kind}: any file");
    }
    for (name, key) in [("old", &old), ("new", &new)] {
        assert_eq!(key.find_below(&world.opening.data_dir).unwrap(), None, "{kind}: {name}, the app's journal");
        assert_eq!(key.find_below(world.server.data()).unwrap(), None, "{kind}: {name}, the agency's folder");
    }
    assert_eq!(world.call().await.unwrap(), "2", "{kind}");
    assert!(!leaks(world.server.pid(), &new).unwrap().is_empty(), "{kind}: the search still finds what is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_the_old_key_is_in_no_memory_and_the_new_one_only_where_calls_are_made() {
    for leaked in [false, true] {
        let guided = Processes::by_hand("leaks-guided", Provider::Anthropic).await.unwrap();
        is_forgotten(&format!("guided, leaked: {leaked}"), guided, leaked).await;
        let automatic = Processes::made_for_me("leaks-automatic").await.unwrap();
        is_forgotten(&format!("automatic, leaked: {leaked}"), automatic, leaked).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_memory_of_a_process_is_found() {
    let sims = Sims::start(SimsConfig::default()).await.unwrap();
    let make = || sims.control().make_key(simulated(Provider::OpenAi), "Planted", KeySpec::default()).text;
    let (planted, other) = (make(), make());
    let mut child = std::process::Command::new("sleep").arg("60").env("PLANTED", &planted[20..28]).spawn().unwrap();
    let found = |key: &str| leaks(child.id(), &search("planted", key)).unwrap();
    let (there, absent) = (found(&planted), found(&other));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(there.iter().any(|leak| leak.contains("planted in plain")), "{there:?}");
    assert!(absent.is_empty(), "{absent:?}");
}
