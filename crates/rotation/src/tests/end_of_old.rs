//! The end of the old key: by an admin key, and after the second witness was asked.

use super::*;

/// Where the provider is asked when it saw the keys last.
fn asked_for_use() -> Run {
    let mut run = Run::begin(plan(Way::Automatic, Some(2), false));
    run.until(Effect::AskUse);
    run
}

impl Run {
    /// The provider says so, and the question is answered.
    fn used(&mut self, old: Option<Instant>, new: LastUse) -> Vec<Effect> {
        assert_eq!(self.tell(Event::Used { old, new }), []);
        self.done()
    }
}

#[test]
fn a_use_of_the_old_key_after_the_gateways_last_one_stops_before_it_is_revoked() {
    use Effect::*;
    let mut run = asked_for_use();
    let (before, after) = (run.now.plus_millis(-5_000), run.now.plus_millis(2_000));
    assert_eq!(run.used(Some(after), LastUse::At(run.now)), []);
    let stuck = Status::Stuck { why: Reason::StillUsed, next: NextAct::RevokeAnyway };
    assert_eq!((run.rotation.status(), run.rotation.may_cancel()), (stuck.clone(), None));
    assert_eq!((run.wait(100_000), run.rotation.wakes_at()), (vec![], None), "it waits for a person");
    let again = run.now.plus_millis(LISTEN_MILLIS);
    run.tell(Event::WaitOn);
    assert_eq!(run.rotation.status(), Status::Waiting(Wait::Quiet { again }));
    assert_eq!((run.wait(3_599), run.wait(1)), (vec![], vec![AskUse]));
    let mut quiet = Run { rotation: run.rotation.clone(), now: run.now, handed: vec![], last: vec![] };
    assert_eq!(quiet.used(Some(after), LastUse::At(run.now)), [RevokeOld], "not since");
    assert_eq!(run.used(Some(run.now), LastUse::At(run.now)), []);
    assert_eq!(run.rotation.status(), stuck);
    let mut left = Run { rotation: run.rotation.clone(), now: run.now, handed: vec![], last: vec![] };
    assert_eq!(run.tell(Event::GoOn), [RevokeOld], "all the same");
    assert_eq!((left.tell(Event::LeaveOld), left.done()), (vec![End], vec![]));
    assert_eq!((left.rotation.status(), left.rotation.reached(Stage::Verified)), (Status::Done, None));
    assert_eq!(asked_for_use().used(Some(before), LastUse::Untold), [RevokeOld], "the gateway's own");
    let mut other = asked_for_use();
    other.used(Some(after), LastUse::Untold);
    assert_eq!(other.tell(Event::Leaked), [RevokeOld], "whoever uses it must not");
}

#[test]
fn the_provider_confirms_that_the_new_key_is_used_before_the_old_one_is_revoked() {
    let mut run = asked_for_use();
    let pushed = run.rotation.reached(Stage::Pushed).unwrap();
    for earlier in [LastUse::Never, LastUse::At(pushed.plus_millis(-2_000))] {
        assert_eq!(run.used(None, earlier), []);
        let again = run.rotation.wakes_at().unwrap();
        assert_eq!(
            run.rotation.status(),
            Status::Waiting(Wait::Retry { effect: Effect::AskUse, why: Reason::Unseen, again })
        );
        run.now = again;
        assert_eq!(run.tell(Event::Tick), [Effect::AskUse]);
    }
    let mut never = Run { rotation: run.rotation.clone(), now: run.now, handed: vec![], last: vec![] };
    assert_eq!(run.used(None, LastUse::At(pushed.plus_millis(-900))), [Effect::RevokeOld], "it is rounded down");
    while never.rotation.under_way().is_some() {
        never.used(None, LastUse::Never);
        never.now = never.rotation.wakes_at().unwrap_or(never.now);
        never.tell(Event::Tick);
    }
    let unseen = Status::Stuck { why: Reason::Unseen, next: NextAct::RevokeAnyway };
    assert_eq!((never.rotation.status(), never.tell(Event::GoOn)), (unseen, vec![Effect::RevokeOld]));
    assert_eq!(asked_for_use().fail(Failure::AdminRefused), [Effect::RevokeOld], "which says what is wrong");
}

/// By hand, with an admin key that ends the old key.
fn ended_by_admin(leaked: bool) -> Run {
    let plan = plan(Way::Guided, Some(2), leaked);
    let mut run = Run { rotation: Rotation::new(plan, at(0)), now: at(0), handed: vec![], last: vec![] };
    assert_eq!(run.tell(Event::AdminKept), []);
    run.tell(Event::Begin);
    run
}

#[test]
fn with_an_admin_key_a_key_that_a_person_replaces_is_switched_off_and_archived_once_it_is_dead() {
    use Effect::*;
    let mut run = ended_by_admin(false);
    assert!(run.rotation.ends_old_itself());
    run.until(End).done();
    let before = [AskForKey, Keep, Test, Push, AskConfirmation, Promote, Retire];
    assert_eq!(run.handed, [&before[..], &[RevokeOld, ProveOldDead, ForgetOld, ArchiveOld, End]].concat());
    let mut leaked = ended_by_admin(true);
    leaked.until(AskForKey);
    assert_eq!(leaked.handed, [Retire, RevokeOld, ProveOldDead, ForgetOld, AskForKey], "to tidy up can wait");
    leaked.until(End);
    assert!(leaked.handed.ends_with(&[Promote, ArchiveOld, End]), "{:?}", leaked.handed);
}

#[test]
fn a_key_that_the_list_does_not_tell_apart_and_a_refused_admin_key_are_ended_by_hand() {
    use Effect::*;
    let mut run = ended_by_admin(false);
    run.until(RevokeOld);
    assert_eq!(run.fail(Failure::NotFound), [AskToRevokeOld]);
    assert_eq!((run.done(), run.done(), run.done()), (vec![ProveOldDead], vec![ForgetOld], vec![End]));
    let mut run = ended_by_admin(false);
    run.until(RevokeOld).fail(Failure::AdminRefused);
    assert_eq!(run.rotation.status(), Status::Stuck { why: Reason::AdminRefused, next: NextAct::GoByHand });
    assert_eq!(run.tell(Event::GoOn), [AskToRevokeOld]);
    assert_eq!(run.tell(Event::AdminKept), [RevokeOld], "another one was brought");
}

#[test]
fn what_is_only_tidied_up_never_holds_a_rotation_up() {
    let mut run = ended_by_admin(false);
    assert_eq!(run.until(Effect::ArchiveOld).fail(Failure::AdminRefused), [Effect::End]);
    let mut run = ended_by_admin(false);
    run.until(Effect::ArchiveOld);
    while run.rotation.under_way() == Some(Effect::ArchiveOld) {
        run.fail(Failure::Unreachable(Party::Provider));
        run.now = run.rotation.wakes_at().unwrap_or(run.now);
        run.tell(Event::Tick);
    }
    assert_eq!((run.rotation.under_way(), run.rotation.troubles.len()), (Some(Effect::End), 0));
}
