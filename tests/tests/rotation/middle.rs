//! In the middle of a rotation something is away: at every step that needs it the window says what is waited for, calls
//! run on as before, and once it is back the rotation comes to its end, with one key, in one place.

use std::fmt::Debug;

use ownkey_app::wire::{RotationReason, RotationState, RotationView, RotationWaitKind, RunsOnWord};
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{Fault, FaultKind};
use ownkey_rotation::Effect::{self, *};
use tokio::task::JoinSet;

use crate::crash::{acts, points_of};
use crate::network::Line;
use crate::world::World;

/// How many rotations run beside each other.
const AT_ONCE: usize = 4;

/// What is away.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gone {
    /// Nobody reaches the provider.
    Provider,
    /// This computer does not reach the agency.
    Agency,
    /// This computer reaches nobody.
    Network,
    /// The keychain is locked.
    Keychain,
}

impl Gone {
    fn away(self, away: bool, world: &World, line: &Line) {
        let cut = |network: &crate::network::Network| if away { network.cut() } else { network.mend() };
        match self {
            Self::Provider if away => {
                world.control().inject(world.simulated(), Fault::next(100_000, FaultKind::HangUp));
            }
            Self::Provider => world.control().clear_faults(world.simulated()),
            Self::Agency => cut(&line.to_agency),
            Self::Network => {
                cut(&line.to_agency);
                cut(&line.to_provider);
            }
            Self::Keychain => world.client.keychain.lock(away),
        }
    }

    const fn reasons(self) -> &'static [RotationReason] {
        use RotationReason as Why;
        match self {
            Self::Provider => &[Why::ProviderUnreachable, Why::NoAnswer],
            Self::Agency => &[Why::AgencyUnreachable],
            Self::Network => &[Why::AgencyUnreachable, Why::ProviderUnreachable, Why::NoAnswer],
            Self::Keychain => &[Why::KeychainLocked],
        }
    }

    fn is_waited_for(self, view: &RotationView) -> bool {
        let why = |why: Option<RotationReason>| why.is_some_and(|why| self.reasons().contains(&why));
        view.wait.as_ref().is_some_and(|wait| wait.kind == RotationWaitKind::Retry && why(wait.why))
    }
}

/// The version that a call runs on, by what the window shows.
fn version(runs_on: RunsOnWord) -> &'static str {
    match runs_on {
        RunsOnWord::Old => "1",
        RunsOnWord::Both | RunsOnWord::New => "2",
        RunsOnWord::None => "none",
    }
}

async fn away_before(provider: Provider, gone: Gone, effect: Effect) {
    let what = format!("{gone:?} is away before {effect:?} at {provider}");
    let line = Line::start().await;
    let world = World::on(&line, provider).await;
    let before = world.deeds().len();
    let host = world.client.host.clone();
    host.hold_at(points_of(effect)[0]);
    world.begin(false).await;
    tokio::select! {
        () = host.held() => {}
        view = world.play() => panic!("{what}: it is not reached: {view:?}"),
    }
    let runs_on = world.view().await.runs_on;
    gone.away(true, &world, &line);
    host.go();
    let view = world.until(|view| gone.is_waited_for(view)).await;
    assert_eq!((view.state, view.runs_on), (RotationState::Waiting, runs_on), "{what}: {view:?}");
    assert!(view.wait.is_some_and(|wait| wait.until.is_some()), "{what}: it is not said when it goes on");
    if gone != Gone::Provider {
        assert_eq!(world.call().await, version(runs_on), "{what}");
    }
    gone.away(false, &world, &line);
    ended(&world, before, &what).await;
    world.end().await;
}

/// It ends well, and nothing is left but one key in one place, and a line of record per act.
async fn ended(world: &World, before: usize, what: impl Debug) {
    let view = world.play().await;
    assert_eq!(view.state, RotationState::Done, "{what:?}: {view:?}");
    assert_eq!(world.living_keys().len(), 1, "{what:?}: {:?}", world.living_keys());
    assert_eq!(world.kept_keys(), [format!("key/{}/2", world.connection())], "{what:?}");
    assert_eq!(world.call().await, "2", "{what:?}");
    let acts = acts(&world.deeds()[before..]);
    assert!(acts.values().all(|times| *times == 1), "{what:?}: {acts:?}");
}

/// At each of these steps of a rotation by itself, and of one by hand.
async fn away_at(gone: Gone, by_itself: &[Effect], by_hand: &[Effect]) {
    let (mut running, mut lost) = (JoinSet::new(), 0);
    let all = by_itself.iter().map(|effect| (Provider::OpenAi, *effect));
    for (provider, effect) in all.chain(by_hand.iter().map(|effect| (Provider::Anthropic, *effect))) {
        running.spawn(away_before(provider, gone, effect));
        if running.len() >= AT_ONCE {
            lost += usize::from(running.join_next().await.is_some_and(|done| done.is_err()));
        }
    }
    while let Some(done) = running.join_next().await {
        lost += usize::from(done.is_err());
    }
    assert_eq!(lost, 0, "see above: each says what was away, and when");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_at_any_step_is_waited_for() {
    away_at(Gone::Provider, &[Make, Test, RevokeOld, ProveOldDead], &[Test, ProveOldDead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_that_is_away_at_any_step_is_waited_for_and_calls_go_on() {
    away_at(
        Gone::Agency,
        &[Make, Push, AskConfirmation, Promote, Retire, ProveOldDead, End],
        &[Push, Promote, Retire, ProveOldDead],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_gone_at_any_step_is_waited_for_and_calls_go_on() {
    away_at(Gone::Network, &[Make, Push, RevokeOld, ProveOldDead], &[Test, Push, Promote, Retire]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_is_locked_at_any_step_is_waited_for_and_calls_go_on() {
    away_at(
        Gone::Keychain,
        &[Make, Keep, Test, Push, RevokeOld, ProveOldDead, ForgetOld],
        &[Keep, Test, Push, ProveOldDead, ForgetOld],
    )
    .await;
}
