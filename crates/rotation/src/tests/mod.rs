//! What the machine promises: one by one, in any order of events, and in every order up to a bound.

mod anything;
mod everything;
mod moves;
mod world;

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;

use crate::trouble::{Pause, Then};
use crate::*;

fn at(seconds: i64) -> Instant {
    Instant::from_unix_millis(1_000_000_000_000 + seconds * 1_000)
}

fn plan(way: Way, old: Option<u32>, leaked: bool) -> Plan {
    Plan { connection: ConnectionId::new(at(0), [7; 10]), old, new: old.unwrap_or(0) + 1, way, leaked }
}

/// How long ago something was, to the limit beyond which it makes no difference.
fn age(then: Instant, now: Instant) -> Instant {
    Instant::from_unix_millis(now.millis_since(then).clamp(0, CUT_LIMIT_MILLIS))
}

/// What is left of a time to come.
fn rest(until: Instant, now: Instant) -> Instant {
    Instant::from_unix_millis(until.millis_since(now).max(0))
}

impl Rotation {
    /// The same rotation, with ages that make no difference left out.
    fn timeless(&self, now: Instant) -> Self {
        let mut same = self.clone();
        same.reached.iter_mut().for_each(|(stage, at)| {
            let counts = matches!(stage, Stage::Promoted | Stage::Proven);
            *at = if counts { age(*at, now) } else { Instant::default() };
        });
        same.done.iter_mut().for_each(|(effect, at)| {
            *at = if *effect == Effect::Retire { age(*at, now) } else { Instant::default() };
        });
        for trouble in same.troubles.values_mut() {
            let long = now.millis_since(trouble.since) / FRESH_LIMIT_MILLIS;
            trouble.since = Instant::from_unix_millis(long.clamp(0, PATIENCE_MILLIS / FRESH_LIMIT_MILLIS + 1));
            trouble.tries = trouble.tries.min(7);
            if let Then::Again(pause) = &mut trouble.then {
                *pause = Pause { from: Instant::default(), until: rest(pause.until, now) };
            }
        }
        if let Some(under_way) = same.under_way.as_mut() {
            let asks = under_way.effect.asks_person();
            let long = if asks { now.millis_since(under_way.since) } else { 0 };
            under_way.since = Instant::from_unix_millis(long.clamp(0, PERSON_LIMIT_MILLIS));
        }
        same
    }
}

/// A rotation and what it handed out last.
struct Run {
    rotation: Rotation,
    now: Instant,
    handed: Vec<Effect>,
    last: Vec<Effect>,
}

impl Run {
    fn begin(plan: Plan) -> Self {
        let mut run = Self { rotation: Rotation::new(plan, at(0)), now: at(0), handed: Vec::new(), last: Vec::new() };
        run.tell(Event::Begin);
        run
    }

    fn tell(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.rotation.step(event, self.now);
        assert!(effects.len() <= 1, "{effects:?}");
        self.handed.extend(&effects);
        self.last = effects.clone();
        effects
    }

    fn done(&mut self) -> Vec<Effect> {
        self.tell(Event::Done(self.rotation.under_way().unwrap()))
    }

    fn fail(&mut self, failure: Failure) -> Vec<Effect> {
        self.tell(Event::Failed(self.rotation.under_way().unwrap(), failure))
    }

    fn wait(&mut self, seconds: i64) -> Vec<Effect> {
        self.now = self.now.plus_millis(seconds * 1_000);
        self.tell(Event::Tick)
    }

    /// Answers *done* until this effect is under way, with the facts that a well agency would tell.
    fn until(&mut self, effect: Effect) -> &mut Self {
        for _ in 0..40 {
            match self.rotation.under_way() {
                Some(e) if e == effect => return self,
                Some(Effect::AskConfirmation) => self.tell(Event::Found(works())),
                None if self.rotation.stage() == Stage::Promoted => self.tell(Event::Found(proven())),
                None => {
                    let wakes = self.rotation.wakes_at().unwrap_or_else(|| panic!("{:?}", self.rotation.status()));
                    self.now = wakes.max(self.now);
                    self.tell(Event::Tick)
                }
                Some(_) => Vec::new(),
            };
            if self.rotation.under_way().is_some_and(|e| e != effect) {
                self.done();
            }
        }
        panic!("{effect:?} never came: {:?} {:?}", self.handed, self.rotation.status());
    }
}

fn works() -> Facts {
    Facts { new_stage: Some(VersionStage::Ready), new_works: true, old_current: true, ..Facts::default() }
}

fn proven() -> Facts {
    Facts { new_stage: Some(VersionStage::Current), new_works: true, proven: true, drained: true, ..Facts::default() }
}

#[test]
fn a_rotation_by_itself_makes_proves_and_only_then_revokes() {
    use Effect::*;
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(End).done();
    let all = [Make, Keep, Test, Push, AskConfirmation, Promote, Retire, RevokeOld, ProveOldDead, ForgetOld, End];
    assert_eq!(run.handed, all);
    assert_eq!((run.rotation.status(), run.rotation.stage()), (Status::Done, Stage::Done));
    assert!(run.rotation.steps().iter().all(|step| matches!(step.state, StepState::Done(_))));
}

#[test]
fn a_leaked_key_is_retired_first_and_revoked_before_the_new_one_is_even_checked() {
    use Effect::*;
    let mut run = Run::begin(plan(Way::Automatic, Some(2), true));
    assert_eq!(run.rotation.runs_on(), RunsOn::Old);
    run.until(End).done();
    let all = [Retire, Make, Keep, RevokeOld, ProveOldDead, ForgetOld, Test, Push, AskConfirmation, Promote, End];
    assert_eq!(run.handed, all);
    let mut guided = Run::begin(plan(Way::Guided, Some(2), true));
    guided.until(AskForKey);
    assert_eq!(guided.handed, [Retire, AskToRevokeOld, ProveOldDead, ForgetOld, AskForKey]);
    assert_eq!(guided.rotation.runs_on(), RunsOn::None);
}

#[test]
fn nothing_holds_up_the_end_of_a_leaked_key() {
    use Effect::*;
    let mut run = Run::begin(plan(Way::Automatic, Some(2), true));
    assert_eq!(
        run.fail(Failure::Unreachable(Party::Agency)),
        [Make],
        "the agency is away, so the provider comes first"
    );
    assert_eq!(run.fail(Failure::Unknown), [RevokeOld]);
    assert_eq!(run.done(), [ProveOldDead]);
    assert_eq!(run.fail(Failure::StillAccepted), []);
    assert_eq!(run.wait(1), [Retire]);
}

#[test]
fn a_weaker_key_stops_before_the_push_until_a_person_takes_it() {
    use Effect::*;
    let weak = || Failure::Weaker(vec![Weakness::NoCredit]);
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Test).fail(weak());
    let why = Reason::Weaker(vec![Weakness::NoCredit]);
    assert_eq!(run.rotation.status(), Status::Stuck { why, next: NextAct::UseAnyway });
    assert_eq!((run.wait(100_000), run.rotation.wakes_at()), (vec![], None));
    let mut another = Run { rotation: run.rotation.clone(), ..Run::begin(plan(Way::Automatic, Some(2), false)) };
    assert_eq!(run.tell(Event::GoOn), [Push]);
    assert_eq!(another.tell(Event::PasteAnother), [RevokeNew]);
    assert_eq!((another.done(), another.done()), (vec![ForgetNew], vec![AskForKey]));
    assert_eq!(another.rotation.stage(), Stage::Planned);
}
