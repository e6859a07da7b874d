//! The computer dies at every point of a rotation that such a run reaches, each time that it reaches it: opened again, the
//! app goes on, and in the end there is one key, in one place, and one line of record per act.

use std::collections::BTreeMap;

use ownkey_app::rotation_points;
use ownkey_app::wire::RotationState;
use ownkey_protocol::act::Deed;
use ownkey_protocol::vocabulary::Provider;
use ownkey_rotation::Effect;
use tokio::task::JoinSet;

use crate::world::World;

/// How many rotations run beside each other.
const AT_ONCE: usize = 4;

/// Within the handing over of a key.
const WITHIN: [&str; 2] = ["rotation: draft of the key written down", "rotation: key handed to the draft"];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Guided,
    Automatic,
    GuidedLeaked,
    AutomaticLeaked,
    GuidedEnded,
    GuidedTried,
    GuidedBack,
    AutomaticBack,
}

impl Kind {
    const fn goes_back(self) -> bool {
        matches!(self, Self::GuidedBack | Self::AutomaticBack)
    }

    const fn leaked(self) -> bool {
        matches!(self, Self::GuidedLeaked | Self::AutomaticLeaked)
    }

    /// What such a rotation does when all goes well.
    const fn effects(self) -> &'static [Effect] {
        use Effect::*;
        match self {
            Self::Guided => &[
                AskForKey,
                Keep,
                Test,
                Push,
                AskConfirmation,
                Promote,
                Retire,
                AskToRevokeOld,
                ProveOldDead,
                ForgetOld,
                End,
            ],
            Self::Automatic => &[
                Make,
                Keep,
                Test,
                Push,
                AskConfirmation,
                Promote,
                Retire,
                AskUse,
                RevokeOld,
                ProveOldDead,
                ForgetOld,
                End,
            ],
            Self::GuidedTried => &[
                AskForKey,
                Keep,
                Test,
                Push,
                AskConfirmation,
                StartTrial,
                Promote,
                Retire,
                AskToRevokeOld,
                ProveOldDead,
                ForgetOld,
                End,
            ],
            Self::GuidedEnded => &[
                AskForKey,
                Keep,
                Test,
                Push,
                AskConfirmation,
                Promote,
                Retire,
                RevokeOld,
                ProveOldDead,
                ForgetOld,
                ArchiveOld,
                End,
            ],
            Self::GuidedLeaked => &[
                Retire,
                AskToRevokeOld,
                ProveOldDead,
                ForgetOld,
                AskForKey,
                Keep,
                Test,
                Push,
                AskConfirmation,
                Promote,
                End,
            ],
            Self::AutomaticLeaked => {
                &[Retire, Make, Keep, RevokeOld, ProveOldDead, ForgetOld, Test, Push, AskConfirmation, Promote, End]
            }
            Self::GuidedBack => &[Push, RetireNew, AskToRevokeNew, ForgetNew, End],
            Self::AutomaticBack => &[Push, RetireNew, RevokeNew, ForgetNew, End],
        }
    }

    /// Where the run begins. The way back begins with a person who cancels once the agency has the new key.
    async fn world(self) -> World {
        let world = match self {
            Self::Guided | Self::GuidedLeaked | Self::GuidedBack => World::connected(Provider::Anthropic).await,
            Self::GuidedTried => {
                let world = World::connected(Provider::Anthropic).await;
                world.tries_first(Some(world.tester())).await.unwrap();
                world
            }
            Self::GuidedEnded => {
                let world = World::connected(Provider::Anthropic).await;
                world.keep_admin().await;
                world
            }
            Self::Automatic | Self::AutomaticLeaked | Self::AutomaticBack => World::made_for_me().await,
        };
        if !self.goes_back() {
            return world;
        }
        world.begin(false).await;
        world.client.host.die_at(points_of(Effect::Push)[1], 0);
        tokio::select! {
            () = world.client.host.died() => {}
            view = world.play() => panic!("nothing was pushed: {view:?}"),
        }
        let world = world.reopened_idle().await;
        world.client.app.rotation_cancel(world.connection()).await.unwrap();
        world
    }
}

/// Before and after an effect, as the engine lists them.
pub(crate) fn points_of(effect: Effect) -> [&'static str; 2] {
    let at = Effect::ALL.iter().position(|one| *one == effect).unwrap();
    [rotation_points[1 + 2 * at], rotation_points[2 + 2 * at]]
}

/// From the press of the button to the end, or to where the computer dies.
async fn walk(world: &mut World, kind: Kind) -> RotationState {
    world.wake();
    if world.client.app.app_state().await.unwrap().rotations.is_empty() {
        world.begin(kind.leaked()).await;
    }
    world.play().await.state
}

/// Which points such a run reaches, and how often.
async fn reached(kind: Kind) -> BTreeMap<&'static str, usize> {
    let mut world = kind.world().await;
    world.client.host.forget_points();
    let state = walk(&mut world, kind).await;
    assert_eq!(state, if kind.goes_back() { RotationState::Abandoned } else { RotationState::Done });
    let mut times = BTreeMap::new();
    for point in world.client.host.points() {
        *times.entry(point).or_insert(0) += 1;
    }
    world.end().await;
    times
}

async fn killed_at(kind: Kind, point: &'static str, nth: usize) {
    let what = format!("killed at {point} for the {nth}. time");
    let mut world = kind.world().await;
    let before = world.deeds().len();
    let host = world.client.host.clone();
    host.die_at(point, nth);
    tokio::select! {
        () = host.died() => {}
        state = walk(&mut world, kind) => panic!("{what}: it ended in {state:?} before"),
    }
    let mut world = world.reopened().await;
    let state = walk(&mut world, kind).await;
    let (version, end) = if kind.goes_back() { (1, RotationState::Abandoned) } else { (2, RotationState::Done) };
    assert_eq!(state, end, "{what}");
    assert_eq!(world.living_keys().len(), 1, "{what}: {:?}", world.living_keys());
    assert_eq!(world.kept_keys(), [format!("key/{}/{version}", world.connection())], "{what}");
    assert_eq!(world.call().await, version.to_string(), "{what}");
    let acts = acts(&world.deeds()[before..]);
    let twice: Vec<_> = acts.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{what}: {acts:?}");
    if !kind.goes_back() {
        let expected = ["lease", "push 2", "promote 2", "retire 1", "revoked 1", "end"];
        assert!(expected.iter().all(|act| acts.contains_key(*act)), "{what}: {acts:?}");
    }
    world.end().await;
}

/// What this device signed, and how often. That it asked for a check may stand there as often as it asked.
pub(crate) fn acts(deeds: &[Deed]) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for deed in deeds {
        let act = match deed {
            Deed::RotationLease { .. } => "lease".to_owned(),
            Deed::VersionPush { version, .. } => format!("push {version}"),
            Deed::TrialStart { version, .. } => format!("trial {version}"),
            Deed::VersionPromote { version, .. } => format!("promote {version}"),
            Deed::VersionRetire { version, .. } => format!("retire {version}"),
            Deed::VersionRevoked { version, .. } => format!("revoked {version}"),
            Deed::RotationEnd { .. } => "end".to_owned(),
            _ => continue,
        };
        *times.entry(act).or_insert(0) += 1;
    }
    times
}

async fn killed_everywhere(kind: Kind) {
    let times = reached(kind).await;
    for effect in kind.effects() {
        for point in points_of(*effect) {
            assert!(times.contains_key(point), "{point} is not reached: {times:?}");
        }
    }
    let known: Vec<_> = kind.effects().iter().flat_map(|effect| points_of(*effect)).collect();
    let strange =
        times.keys().find(|at| at.starts_with("rotation: ") && **at != "rotation: begun" && !known.contains(at));
    assert_eq!(strange, None, "an effect that nobody expects in such a run");
    let (mut running, mut lost) = (JoinSet::new(), 0);
    for (point, times) in times {
        // How often the agency is asked before it has answered is a matter of time.
        let times = if points_of(Effect::AskConfirmation).contains(&point) { 1 } else { times };
        for nth in 0..times {
            running.spawn(killed_at(kind, point, nth));
            if running.len() >= AT_ONCE {
                lost += usize::from(running.join_next().await.unwrap().is_err());
            }
        }
    }
    while let Some(done) = running.join_next().await {
        lost += usize::from(done.is_err());
    }
    assert_eq!(lost, 0, "see above: each says where it was killed");
}

#[test]
fn every_effect_has_its_points() {
    assert_eq!(rotation_points.len(), 1 + 2 * Effect::ALL.len() + WITHIN.len());
    assert!(rotation_points.ends_with(&WITHIN));
    for effect in Effect::ALL {
        let [before, after] = points_of(effect).map(|point| point.trim_start_matches("rotation: "));
        assert_eq!(before.strip_prefix("before "), after.strip_prefix("after "));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guided_survives_being_killed_at_every_point() {
    killed_everywhere(Kind::Guided).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_survives_being_killed_at_every_point() {
    killed_everywhere(Kind::Automatic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guided_and_ended_by_an_admin_key_survives_being_killed_at_every_point() {
    killed_everywhere(Kind::GuidedEnded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guided_and_tried_first_survives_being_killed_at_every_point() {
    killed_everywhere(Kind::GuidedTried).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_by_hand_survives_being_killed_at_every_point() {
    killed_everywhere(Kind::GuidedBack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_by_itself_survives_being_killed_at_every_point() {
    killed_everywhere(Kind::AutomaticBack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guided_after_a_leak_survives_being_killed_at_every_point() {
    killed_everywhere(Kind::GuidedLeaked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_after_a_leak_survives_being_killed_at_every_point() {
    killed_everywhere(Kind::AutomaticLeaked).await;
}

/// A key of another account was pasted, and the person lets it become a connection of its own.
async fn handed_over(world: &World) {
    world.paste(&world.new_key("Another account")).await;
    world.until(|view| view.state == RotationState::Stuck).await;
    world.client.app.rotation_go_on(world.connection()).await.unwrap();
    assert_eq!(world.until_over().await.state, RotationState::Abandoned);
}

#[tokio::test(flavor = "multi_thread")]
async fn handing_a_key_over_survives_being_killed_at_every_point() {
    let around = [Effect::HandOver, Effect::End].into_iter().flat_map(points_of);
    for point in around.chain(WITHIN) {
        let world = World::connected(Provider::Anthropic).await;
        world.begin(false).await;
        world.client.host.die_at(point, 0);
        tokio::select! {
            () = world.client.host.died() => {}
            () = handed_over(&world) => panic!("{point} was not reached"),
        }
        let world = world.reopened().await;
        assert_eq!(world.until_over().await.state, RotationState::Abandoned, "{point}");
        let drafts = world.client.app.app_state().await.unwrap().drafts;
        assert_eq!(drafts.len(), 1, "{point}");
        let mut kept = vec![format!("key/{}/1", world.connection()), format!("key/{}/draft", drafts[0].id)];
        kept.sort();
        assert_eq!(world.kept_keys(), kept, "{point}");
        assert_eq!(world.call().await, "1", "{point}");
        world.end().await;
    }
}
