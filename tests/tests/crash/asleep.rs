//! The laptop is shut in the middle of a rotation: the app stands still as a whole (SIGSTOP) while its lease runs out, and
//! wakes (SIGCONT) in a world that has gone on. Or it does not sleep, and its clock jumps.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use ownkey_demo::servers::simulated;
use ownkey_protocol::vocabulary::Provider;
use ownkey_rotation::Effect;
use ownkey_tests::processes::Processes;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::kinds::points_of;

/// Longer than a lease lasts.
const SLEPT: i64 = 11 * 60;

async fn world(name: &str, provider: Provider) -> Result<Processes> {
    // One after the other: a port that was looked up for one server may be taken by the next.
    static STARTS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = STARTS.lock().await;
    match provider {
        Provider::OpenAi => Processes::made_for_me_timed(name).await,
        provider => Processes::by_hand_timed(name, provider).await,
    }
}

/// A rotation that stands before an effect.
async fn comes_to(world: &Processes, effect: Effect) -> Result<()> {
    world.app.hold_at(points_of(effect)[0], 0)?;
    world.begin(false).await?;
    tokio::select! {
        held = world.app.held() => held,
        played = world.play() => bail!("not reached: {played:?}"),
    }
}

/// The version that a call runs on, by what the window showed last.
fn runs(view: &Value) -> &'static str {
    if view["runs_on"] == "old" { "1" } else { "2" }
}

/// It comes to its end, with one key, in one place.
async fn ends(world: &Processes, version: u32) -> Result<()> {
    let state = world.play().await?;
    ensure!(state == "done", "it ends {state}: {:#?}", world.view().await?);
    let living = world.living_keys();
    ensure!(living.len() == 1, "not one key lives: {living:?}");
    let kept = world.kept_keys().await?;
    ensure!(kept == [format!("key/{}/{version}", world.connection)], "the keychain holds {kept:?}");
    let ran = world.call().await?;
    ensure!(ran == version.to_string(), "calls run on {ran}");
    Ok(())
}

async fn shut_before(effect: Effect, provider: Provider) -> Result<()> {
    let world = world(&format!("asleep-{effect:?}"), provider).await?;
    comes_to(&world, effect).await?;
    let view = world.view().await?.context("no rotation")?;
    world.app.sleep(true)?;
    put_clocks(&world, SLEPT)?;
    world.sims.control().time_passed(simulated(provider), SLEPT);
    let ran = world.call().await?;
    ensure!(ran == runs(&view), "asleep, calls run on {ran}: {view:#}");
    world.app.sleep(false)?;
    world.app.go()?;
    ends(&world, 2).await
}

fn put_clocks(world: &Processes, seconds: i64) -> Result<()> {
    let clocks = world.clocks.as_ref().context("no clocks")?;
    clocks.agency.put(seconds)?;
    clocks.computer.put(seconds)
}

/// The clock of the computer alone jumps while an effect is about to begin.
async fn clock_jumps_before(effect: Effect, provider: Provider, seconds: i64) -> Result<()> {
    let world = world(&format!("clock-{effect:?}{seconds}"), provider).await?;
    comes_to(&world, effect).await?;
    world.clocks.as_ref().context("no clocks")?.computer.put(seconds)?;
    world.app.go()?;
    ends(&world, 2).await?;
    let state = world.app.call("app_state", json!({})).await?;
    let needs = state["needs_you"].as_array().context("no needs")?;
    ensure!(needs.iter().any(|need| need["kind"] == "clock_wrong"), "nobody is told of the clock: {needs:?}");
    Ok(())
}

async fn all(mut running: JoinSet<Result<()>>) {
    let mut wrong = Vec::new();
    while let Some(done) = running.join_next().await {
        wrong.extend(done.unwrap().err().map(|why| format!("{why:#}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_that_was_shut_past_its_lease_goes_on_when_it_is_opened() {
    let mut running = JoinSet::new();
    for effect in [Effect::Make, Effect::Push, Effect::Promote, Effect::ProveOldDead] {
        let what = format!("shut before {effect:?}");
        running.spawn(async move { shut_before(effect, Provider::OpenAi).await.context(what) });
    }
    for effect in [Effect::Test, Effect::Retire] {
        let what = format!("by hand, shut before {effect:?}");
        running.spawn(async move { shut_before(effect, Provider::Anthropic).await.context(what) });
    }
    all(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_in_the_middle_is_told_and_the_rotation_comes_to_its_end() {
    let mut running = JoinSet::new();
    for (effect, seconds) in [
        (Effect::Push, 3_600),
        (Effect::Push, -3_600),
        (Effect::Promote, 3_600),
        (Effect::Promote, -3_600),
        (Effect::ProveOldDead, 86_400),
    ] {
        let what = format!("{seconds} s before {effect:?}");
        running.spawn(async move { clock_jumps_before(effect, Provider::OpenAi, seconds).await.context(what) });
    }
    all(running).await;
}

/// Of what is retired and dead nothing stays on the computer, once it has looked at the record.
async fn forgets_all(world: &Processes) -> Result<()> {
    let begun = Instant::now();
    loop {
        let kept = world.kept_keys().await?;
        if kept.is_empty() {
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(30), "the keychain holds {kept:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The laptop is shut before this effect; meanwhile another owner replaces the key on another computer.
async fn overtaken_before(effect: Effect, version: u32) -> Result<()> {
    let mut world = world(&format!("overtaken-{effect:?}"), Provider::Anthropic).await?;
    let mut other = world.second().await?;
    comes_to(&world, effect).await?;
    world.app.sleep(true)?;
    put_clocks(&world, SLEPT)?;
    world.change_to(&mut other);
    world.app.call("refresh", json!({})).await?;
    world.begin(false).await?;
    let state = match world.play().await {
        Err(_) => world.play().await?, // the agency, which has the old key as well, asks once a minute whether it is dead
        done => done?,
    };
    ensure!(state == "done", "the other ends {state}: {:#?}", world.view().await?);
    world.change_to(&mut other);
    world.app.sleep(false)?;
    world.app.go()?;
    let state = world.play().await?;
    let view = world.view().await?.context("no rotation")?;
    ensure!(state == "stuck", "it wakes and is {state}: {view:#}");
    let stuck = &view["stuck"];
    ensure!(stuck["why"] == "number_taken" && stuck["next"] == "cancel", "{stuck:#}");
    world.press("rotation_go_on").await?;
    let state = world.play().await?;
    ensure!(state == "abandoned", "it goes back and is {state}: {:#?}", world.view().await?);
    let living = world.living_keys();
    ensure!(living.len() == 1, "not one key lives: {living:?}");
    forgets_all(&world).await?;
    let ran = world.call().await?;
    ensure!(ran == version.to_string(), "calls run on {ran}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wakes_after_another_computer_has_replaced_the_key_takes_its_own_new_one_back() {
    let mut running = JoinSet::new();
    for (effect, version) in [(Effect::Push, 2), (Effect::Promote, 3)] {
        let what = format!("shut before {effect:?}");
        running.spawn(async move { overtaken_before(effect, version).await.context(what) });
    }
    all(running).await;
}
