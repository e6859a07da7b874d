//! What the machine promises: one by one, in any order of events, and in every order up to a bound.

mod anything;
mod end_of_old;
mod everything;
mod moves;
mod two;
mod world;

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;

use crate::trouble::{Pause, Then};
use crate::*;

fn at(seconds: i64) -> Instant {
    Instant::from_unix_millis(1_000_000_000_000 + seconds * 1_000)
}

fn plan(way: Way, old: Option<u32>, leaked: bool) -> Plan {
    let archives = way == Way::Guided;
    Plan {
        connection: ConnectionId::new(at(0), [7; 10]),
        old,
        new: old.unwrap_or(0) + 1,
        way,
        leaked,
        archives,
        witness: !archives,
    }
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
            *at =
                if matches!(effect, Effect::Retire | Effect::StartTrial) { age(*at, now) } else { Instant::default() };
        });
        same.listens_since = same.listens_since.map(|_| Instant::default());
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
                None if self.rotation.tries_first() => self.tell(Event::Found(Facts { proven: true, ..works() })),
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
    let all =
        [Make, Keep, Test, Push, AskConfirmation, Promote, Retire, AskUse, RevokeOld, ProveOldDead, ForgetOld, End];
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
fn a_leak_that_is_learnt_of_meanwhile_ends_the_old_key_first_and_the_new_one_goes_on() {
    use Effect::*;
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Test);
    assert_eq!(run.tell(Event::Leaked), [], "what is under way is answered first");
    assert_eq!((run.done(), run.rotation.may_leak()), (vec![Retire], false));
    run.until(End).done();
    let all = [Make, Keep, Test, Retire, RevokeOld, ProveOldDead, ForgetOld, Push, AskConfirmation, Promote, End];
    assert_eq!(run.handed, all, "nothing is made twice");
    assert_eq!((run.rotation.status(), run.rotation.plan().leaked), (Status::Done, true));

    let mut asked = Run::begin(plan(Way::Guided, Some(2), false));
    assert_eq!(asked.last, [AskForKey]);
    assert_eq!(asked.tell(Event::Leaked), [Retire], "who is asked for a key is not waited for");
    assert_eq!((asked.done(), asked.done(), asked.done()), (vec![AskToRevokeOld], vec![ProveOldDead], vec![ForgetOld]));
    assert_eq!(asked.done(), [AskForKey]);
}

#[test]
fn a_leak_waits_neither_for_proof_nor_for_calls_and_a_key_that_was_taken_back_is_followed_by_the_old_one() {
    use Effect::*;
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Promote).done();
    assert_eq!(run.tell(Event::Leaked), [Retire]);
    assert_eq!((run.done(), run.done(), run.rotation.runs_on()), (vec![RevokeOld], vec![ProveOldDead], RunsOn::New));
    let mut cutting = Run::begin(plan(Way::Automatic, Some(2), false));
    cutting.until(Promote).done();
    cutting.tell(Event::Found(Facts { drained: false, ..proven() }));
    cutting.wait(60);
    cutting.done();
    assert_eq!(cutting.tell(Event::Leaked), [RevokeOld], "its calls are not waited for");
    let mut back = Run::begin(plan(Way::Automatic, Some(2), false));
    back.until(Push).done();
    back.tell(Event::CancelAsked);
    back.done();
    back.tell(Event::Leaked);
    let mut handed = back.done();
    while let Some(effect) = back.rotation.under_way() {
        handed.push(effect);
        back.done();
    }
    assert!(handed.contains(&RevokeOld) && back.rotation.status() == Status::Abandoned, "{handed:?}");
    let mut none = Run::begin(plan(Way::Automatic, None, false));
    assert!(!none.rotation.may_leak() && none.tell(Event::Leaked).is_empty() && !none.rotation.plan().leaked);
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

#[test]
fn a_key_of_another_account_is_offered_as_a_new_connection_and_never_revoked() {
    use Effect::*;
    let mut run = Run::begin(plan(Way::Guided, Some(2), false));
    run.until(Test).fail(Failure::Weaker(vec![Weakness::NoCredit, Weakness::OtherAccount]));
    let next = NextAct::OfferNewConnection;
    assert_eq!(run.rotation.status(), Status::Stuck { why: Reason::OtherAccount, next });
    assert_eq!((run.tell(Event::GoOn), run.done(), run.done()), (vec![HandOver], vec![End], vec![]));
    assert_eq!((run.rotation.status(), run.rotation.runs_on()), (Status::Abandoned, RunsOn::Old));
}

#[test]
fn a_provider_that_still_accepts_the_old_key_is_asked_again_for_a_quarter_of_an_hour() {
    let mut run = Run::begin(plan(Way::Guided, Some(2), false));
    run.until(Effect::ProveOldDead);
    let (began, mut pauses) = (run.now, Vec::new());
    let stuck = Status::Stuck { why: Reason::StillAccepted, next: NextAct::TryAgain };
    loop {
        run.fail(Failure::StillAccepted);
        if run.rotation.status() == stuck {
            break;
        }
        let again = run.rotation.wakes_at().unwrap();
        assert_eq!(run.rotation.status(), Status::Waiting(Wait::StillAccepted { again }));
        pauses.push(again.millis_since(run.now) / 1_000);
        run.now = again;
        assert_eq!(run.tell(Event::Tick), [Effect::ProveOldDead]);
    }
    assert_eq!(pauses[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
    assert!(run.now.millis_since(began) >= PATIENCE_MILLIS);
    assert_eq!(run.tell(Event::GoOn), [Effect::AskToRevokeOld], "it may not have been revoked at all");
    assert_eq!(run.rotation.stage(), Stage::Revoked, "the stage is not lost");
}

#[test]
fn the_old_version_waits_for_its_calls_and_says_until_when() {
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Effect::Promote).done();
    assert_eq!(run.rotation.status(), Status::Waiting(Wait::Proof { probe: run.now.plus_millis(PROBE_AFTER_MILLIS) }));
    run.tell(Event::Found(Facts { drained: false, ..proven() }));
    let retire = run.now.plus_millis(DRAIN_LIMIT_MILLIS);
    assert_eq!(run.rotation.status(), Status::Waiting(Wait::Draining { retire }));
    assert_eq!((run.rotation.runs_on(), run.wait(59), run.wait(1)), (RunsOn::Both, vec![], vec![Effect::Retire]));
    run.done();
    let cut = run.now.plus_millis(CUT_LIMIT_MILLIS);
    assert_eq!(run.rotation.status(), Status::Waiting(Wait::Cutting { cut }));
    assert_eq!((run.wait(59), run.wait(1)), (vec![], vec![Effect::AskUse]));
    assert_eq!(run.done(), [Effect::RevokeOld]);
}

#[test]
fn without_traffic_the_agency_probes_and_only_the_record_proves() {
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Effect::Promote).done();
    assert_eq!((run.wait(59), run.wait(1)), (vec![], vec![Effect::AskProof]));
    run.done();
    assert_eq!(run.rotation.stage(), Stage::Promoted, "it was asked, not answered");
    assert_eq!(run.tell(Event::Found(proven())), [Effect::Retire]);
}

#[test]
fn cancelling_is_possible_until_the_new_version_is_current_and_says_what_it_does() {
    use Effect::*;
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Promote);
    let means = run.rotation.may_cancel().unwrap();
    let takes_all = (true, Some(Way::Automatic), true, false);
    assert_eq!((means.retires_new, means.revokes_new, means.forgets_new, means.revokes_old), takes_all);
    let mut late = Run { rotation: run.rotation.clone(), now: run.now, handed: vec![], last: vec![] };
    run.tell(Event::CancelAsked);
    assert_eq!(run.fail(Failure::Unknown), [RetireNew]);
    assert_eq!((run.done(), run.done(), run.done(), run.done()), (vec![RevokeNew], vec![ForgetNew], vec![End], vec![]));
    assert_eq!(run.rotation.status(), Status::Abandoned);

    late.tell(Event::CancelAsked);
    late.done();
    assert_eq!((late.rotation.may_cancel(), late.rotation.stage()), (None, Stage::Promoted), "it was current before");
    assert!(!late.rotation.goes_back());
}

#[test]
fn after_a_crash_what_was_under_way_is_handed_out_again_in_every_stage() {
    for way in [Way::Automatic, Way::Guided] {
        let mut run = Run::begin(plan(way, Some(2), false));
        while run.rotation.status() != Status::Done {
            let Some(effect) = run.rotation.under_way() else {
                run.tell(Event::Found(proven()));
                continue;
            };
            let written = serde_json::to_vec(&run.rotation).unwrap();
            run.rotation = serde_json::from_slice(&written).unwrap();
            assert_eq!(run.tell(Event::Resume), [effect]);
            if effect == Effect::AskConfirmation {
                run.tell(Event::Found(works()));
            }
            run.done();
        }
    }
}

#[test]
fn without_the_admin_key_a_person_goes_on_by_hand() {
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.fail(Failure::AdminRefused);
    assert_eq!(run.tell(Event::GoOn), [Effect::AskForKey], "it was refused at once, so no key was made");
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.fail(Failure::Unknown);
    run.wait(1);
    run.fail(Failure::AdminRefused);
    assert_eq!(run.tell(Event::GoOn), [Effect::AskToRevokeNew], "one may have been made");
    assert_eq!((run.done(), run.done()), (vec![Effect::ForgetNew], vec![Effect::AskForKey]));
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Effect::RevokeOld).fail(Failure::AdminRefused);
    assert_eq!(run.tell(Event::GoOn), [Effect::AskToRevokeOld]);
}

#[test]
fn the_new_version_serves_one_assistant_until_it_is_proven_and_only_then_all() {
    use Effect::*;
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    assert!(run.rotation.may_try());
    run.tell(Event::TryFirst(true));
    run.until(StartTrial).done();
    let probe = run.now.plus_millis(PROBE_AFTER_MILLIS);
    assert_eq!(run.rotation.status(), Status::Waiting(Wait::Trial { probe }));
    assert_eq!((run.rotation.runs_on(), run.rotation.may_try()), (RunsOn::Old, true));
    let mut probed = Run { rotation: run.rotation.clone(), now: run.now, handed: vec![], last: vec![] };
    let mut all = Run { rotation: run.rotation.clone(), now: run.now, handed: vec![], last: vec![] };
    let mut leaked = Run { rotation: run.rotation.clone(), now: run.now, handed: vec![], last: vec![] };
    let mut back = Run { rotation: run.rotation.clone(), now: run.now, handed: vec![], last: vec![] };
    assert_eq!(run.tell(Event::Found(Facts { proven: true, ..works() })), [Promote], "a call of the assistant");
    assert!(!run.rotation.may_try());
    run.done();
    run.tell(Event::Found(proven()));
    assert_eq!(run.rotation.reached(Stage::Proven), Some(run.now));
    assert_eq!((probed.wait(59), probed.wait(1)), (vec![], vec![AskProof]));
    assert_eq!(probed.done(), []);
    assert_eq!(probed.tell(Event::Found(Facts { proven: true, ..works() })), [Promote]);
    assert_eq!(all.tell(Event::TryFirst(false)), [Promote], "the person has seen enough");
    assert_eq!(leaked.tell(Event::Leaked), [Retire]);
    leaked.done();
    assert!(leaked.handed.iter().all(|effect| *effect != StartTrial) && !leaked.rotation.tries_first());
    back.tell(Event::CancelAsked);
    assert_eq!(back.rotation.under_way(), Some(RetireNew), "which ends the trial");
}

#[test]
fn a_trial_that_is_refused_stands_still_until_the_person_does_without_it() {
    let mut run = Run::begin(plan(Way::Guided, Some(2), false));
    run.tell(Event::TryFirst(true));
    run.until(Effect::StartTrial).fail(Failure::Refused);
    assert_eq!(run.rotation.status(), Status::Stuck { why: Reason::Refused, next: NextAct::TryAgain });
    assert_eq!(run.tell(Event::TryFirst(false)), [Effect::Promote]);
}

#[test]
fn a_person_who_does_not_answer_is_told_and_may_still_answer() {
    let mut run = Run::begin(plan(Way::Guided, Some(2), false));
    assert_eq!(run.rotation.status(), Status::Waiting(Wait::Person(Effect::AskForKey)));
    run.wait(PERSON_LIMIT_MILLIS / 1_000);
    assert_eq!(run.rotation.status(), Status::Stuck { why: Reason::Unanswered, next: NextAct::TryAgain });
    assert_eq!(run.tell(Event::GoOn), [Effect::AskForKey]);
    assert_eq!(run.done(), [Effect::Keep]);
}

#[test]
fn a_number_that_another_device_took_and_a_version_that_was_sent_back_are_put_before_a_person() {
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Effect::Push).fail(Failure::Refused);
    run.tell(Event::Found(Facts { new_taken: true, ..Facts::default() }));
    assert_eq!(run.rotation.status(), Status::Stuck { why: Reason::NumberTaken, next: NextAct::Cancel });
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Effect::Promote).done();
    let back = Facts { new_stage: Some(VersionStage::Previous), old_current: true, ..Facts::default() };
    assert_eq!(run.tell(Event::Found(back)), []);
    assert_eq!(run.rotation.status(), Status::Stuck { why: Reason::SentBack, next: NextAct::TryAgain });
    assert_eq!(run.tell(Event::GoOn), [Effect::Promote]);
}

#[test]
fn what_the_agency_finds_weaker_or_refuses_is_not_promoted() {
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Effect::AskConfirmation);
    let pending = Facts { new_stage: Some(VersionStage::Pending), ..Facts::default() };
    run.done();
    run.tell(Event::Found(Facts { new_refused: true, ..pending }));
    assert_eq!(run.rotation.status(), Status::Stuck { why: Reason::AgencyRefused, next: NextAct::TryAgain });
    run.tell(Event::Found(Facts { new_weaker: vec![Weakness::NoCredit], ..works() }));
    let why = Reason::Weaker(vec![Weakness::NoCredit]);
    assert_eq!(run.rotation.status(), Status::Stuck { why, next: NextAct::UseAnyway });
    assert_eq!(run.tell(Event::GoOn), [Effect::Promote]);
}

#[test]
fn what_was_given_up_is_tried_again_when_the_app_is_started_again() {
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    while run.rotation.under_way().is_some() {
        run.fail(Failure::Unreachable(Party::Provider));
        run.now = run.rotation.wakes_at().unwrap_or(run.now);
        run.tell(Event::Tick);
    }
    let why = Reason::Unreachable(Party::Provider);
    assert_eq!(run.rotation.status(), Status::Stuck { why, next: NextAct::TryAgain });
    assert_eq!(run.tell(Event::Resume), [Effect::Make]);
}

#[test]
fn a_key_that_may_have_been_made_is_not_forgotten_by_a_cancel_and_a_refused_admin_key() {
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.fail(Failure::Unknown);
    run.wait(1);
    run.tell(Event::CancelAsked);
    assert_eq!(run.fail(Failure::AdminRefused), [Effect::RevokeNew]);
}
