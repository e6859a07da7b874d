//! Rotations, with the app and the agency killed in turn at every point that the engine lists: started again, the
//! rotation ends well, one key lives at the provider, one item is in the keychain, and the record holds one line per act.
//!
//! Where kills belong is found by a run of each kind without any; a point on the engine's list that no kind comes to
//! fails the test. The agency is killed in three ways: while the app stands at a point, so that the effect that follows
//! finds nobody; after an effect; and, for each effect that signs an act, when the act is committed and its answer is not
//! told yet. The rotations of one kind follow each other on one connection; kinds run beside each other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use ownkey_app::rotation_points;
use ownkey_protocol::act::Deed;
use ownkey_rotation::Effect;
use ownkey_tests::processes::Processes;
use tokio::task::JoinSet;

use crate::kinds::{Kind, drafts, points_of};

/// Where an act is written down by the app, before it is sent.
const ACT: &str = "act: stored before sending";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    App,
    Agency,
    /// The agency, once it has committed the next act of the app and before the app knows.
    AgencyUnheard,
}

struct Run {
    kind: Kind,
    world: Processes,
    /// Version in use.
    current: u32,
    /// Version that the next rotation makes.
    next: u32,
}

impl Run {
    async fn new(kind: Kind) -> Result<Self> {
        let world = kind.world(&format!("crash-{kind:?}")).await?;
        Ok(Self { kind, world, current: 1, next: 2 })
    }

    /// A rotation without a kill: the points that it comes to, in order.
    async fn unharmed(&mut self) -> Result<Vec<String>> {
        let from = self.world.deeds(0)?.len();
        let passed = self.kind.prepare(&mut self.world, None).await?;
        self.kind.walk(&self.world).await?;
        let points = self.world.app.points().split_off(passed);
        self.ended(from).await?;
        Ok(points)
    }

    async fn killed(&mut self, side: Side, point: &str) -> Result<()> {
        let from = self.world.deeds(0)?.len();
        self.comes_to(point).await?;
        match side {
            Side::App => {
                self.world.kill_app().await?;
                self.world.reopen(self.kind.shift()).await?;
            }
            Side::Agency => self.kill_agency(point).await?,
            Side::AgencyUnheard => self.kill_agency_unheard().await?,
        }
        self.kind.walk(&self.world).await?;
        self.ended(from).await
    }

    /// A rotation begins, and stands still at a point.
    async fn comes_to(&mut self, point: &str) -> Result<()> {
        self.kind.prepare(&mut self.world, Some(point)).await?;
        tokio::select! {
            held = self.world.app.held() => held,
            walked = self.kind.walk(&self.world) => bail!("not reached: {walked:?}"),
        }
    }

    /// What is begun at the point finds no agency; what has ended there finds one that has been started anew.
    async fn kill_agency(&mut self, point: &str) -> Result<()> {
        let effect = Effect::ALL.into_iter().map(points_of).find(|[before, _]| *before == point);
        let passed = self.world.app.points().len();
        self.world.server.kill()?;
        self.world.app.go()?;
        if let Some([_, after]) = effect {
            tokio::select! {
                tried = self.world.app.reaches(after, passed) => tried.with_context(|| format!("no {after}"))?,
                // What is asked of a person is done by the person.
                walked = self.kind.walk(&self.world) => drop(walked?),
            }
        }
        self.world.server.revive().await
    }

    async fn kill_agency_unheard(&mut self) -> Result<()> {
        self.world.way.lose_next_answer();
        self.world.app.go()?;
        tokio::select! {
            () = self.world.way.lost() => {}
            walked = self.kind.walk(&self.world) => bail!("no act was sent: {walked:?}"),
        }
        self.world.server.kill()?;
        self.world.server.revive().await
    }

    /// What must hold after every rotation, however it went.
    async fn ended(&mut self, from: usize) -> Result<()> {
        let (kind, world) = (self.kind, &mut self.world);
        let new = if kind.end() == "done" { self.next } else { self.current };
        let living = world.living_keys();
        ensure!(living.len() == 1, "not one key lives: {living:?}");
        let mut expected = vec![format!("key/{}/{new}", world.connection)];
        if kind == Kind::HandedOver {
            let drafts = drafts(world).await?;
            ensure!(drafts.len() == 1, "drafts: {drafts:?}");
            expected.extend(drafts.iter().map(|draft| format!("key/{draft}/draft")));
        }
        expected.sort();
        let kept = world.kept_keys().await?;
        ensure!(kept == expected, "the keychain holds {kept:?}, not {expected:?}");
        let ran = world.call().await?;
        ensure!(ran == new.to_string(), "calls run on {ran}, not on {new}");
        let acts = acts(&world.deeds(from)?);
        ensure!(acts.values().all(|times| *times == 1), "an act stands there twice: {acts:?}");
        let signed = self.signed(&acts);
        ensure!(signed.iter().all(|act| acts.contains_key(act)), "{acts:?} lack one of {signed:?}");
        // A version's number is used up by the push of it.
        if acts.contains_key(&format!("push {}", self.next)) {
            self.next += 1;
        }
        self.current = new;
        self.kind.tidy(&mut self.world).await
    }

    /// What must stand on the record.
    fn signed(&self, acts: &BTreeMap<String, usize>) -> Vec<String> {
        let (old, new) = (self.current, self.next);
        match self.kind {
            Kind::GuidedBack | Kind::AutomaticBack => {
                ["lease", &format!("push {new}"), &format!("retire {new}"), "end"].map(str::to_owned).to_vec()
            }
            // A lease that could not be had is neither used nor given back.
            Kind::HandedOver => acts.contains_key("lease").then(|| "end".to_owned()).into_iter().collect(),
            _ => {
                let about = [("push", new), ("promote", new), ("retire", old), ("revoked", old)];
                let about = about.iter().map(|(act, version)| format!("{act} {version}"));
                about.chain(["lease".to_owned(), "end".to_owned()]).collect()
            }
        }
    }
}

/// What the app signed, and how often. That it asked for a check may stand there as often as it asked.
fn acts(deeds: &[Deed]) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for deed in deeds {
        let act = match deed {
            Deed::RotationLease { .. } => "lease".to_owned(),
            Deed::VersionPush { version, .. } => format!("push {version}"),
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

/// Where each side is killed in a kind of rotation, from the points that an unharmed one came to.
fn kills(points: &[String]) -> Vec<(Side, &'static str)> {
    let mut kills = Vec::new();
    for point in rotation_points.iter().filter(|point| points.iter().any(|at| at == *point)) {
        kills.extend([(Side::App, *point), (Side::Agency, *point)]);
    }
    // How often the agency is asked before it has answered is a matter of time.
    for effect in Effect::ALL.into_iter().filter(|effect| *effect != Effect::AskConfirmation) {
        let [before, after] = points_of(effect);
        let mut within = points.iter().skip_while(|at| *at != before).take_while(|at| *at != after);
        if within.any(|at| at == ACT) {
            kills.push((Side::AgencyUnheard, before));
        }
    }
    kills
}

/// What became of the rotations of one kind.
#[derive(Default)]
struct Told {
    came_to: BTreeSet<String>,
    kills: usize,
    wrong: Vec<String>,
}

async fn killed_everywhere(kind: Kind) -> Result<Told> {
    let mut run = Run::new(kind).await?;
    let points = run.unharmed().await.with_context(|| format!("{kind:?}, unharmed"))?;
    let mut told = Told { came_to: points.iter().cloned().collect(), ..Told::default() };
    for (side, point) in kills(&points) {
        told.kills += 1;
        if let Err(why) = run.killed(side, point).await {
            told.wrong.push(format!("{kind:?}, {side:?} killed at {point}: {why:#}"));
            run = Run::new(kind).await?;
        }
    }
    Ok(told)
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout, reason = "how many kills it were, and how long they took")]
async fn either_process_may_be_killed_at_every_point_of_a_rotation() {
    let (begun, mut running) = (Instant::now(), JoinSet::new());
    Kind::ALL.into_iter().for_each(|kind| drop(running.spawn(killed_everywhere(kind))));
    let mut all = Told::default();
    while let Some(told) = running.join_next().await {
        let told = told.unwrap().unwrap();
        all.kills += told.kills;
        all.came_to.extend(told.came_to);
        all.wrong.extend(told.wrong);
    }
    println!("{} kills, {:.0} s", all.kills, begun.elapsed().as_secs_f32());
    assert!(all.wrong.is_empty(), "{} of {}:\n{}", all.wrong.len(), all.kills, all.wrong.join("\n"));
    let never: Vec<_> = rotation_points.iter().filter(|point| !all.came_to.contains(**point)).collect();
    assert!(never.is_empty(), "no kind of rotation comes to {never:?}: nothing is killed there");
}
