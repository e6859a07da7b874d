//! When a key is due, for both sides the same: by the connection's schedule, by what was agreed, by its expiry.

use ownkey_protocol::act::{Deed, Schedule};
use ownkey_protocol::code::Code;
use ownkey_protocol::law::{Due, DueReason, Reminder};
use ownkey_protocol::vocabulary::{Account, Provider, Role, Use};

use crate::world::{HOUR, Who, World, at, confirm, connection, member, promote, push};

const DAY: i64 = 24 * HOUR;
const QUARTER: Schedule = Schedule::Every { days: 90 };

/// A client whose connection 1 serves since the beginning.
fn serving() -> (World, Who) {
    let (mut world, owner) = World::with_owner();
    world.connect(&owner, 1, Provider::OpenAi, &[Use::Chat]);
    (world, owner)
}

fn due(world: &World) -> Option<Due> {
    world.state.due(connection(1))
}

fn own(schedule: Option<Schedule>) -> Deed {
    Deed::ConnectionSchedule { connection: connection(1), schedule }
}

/// The agency proposes, an owner agrees.
fn agree(world: &mut World, owner: &Who, schedule: Option<Schedule>) {
    let operator = world.operator();
    world.must(&operator, Deed::AgreementPropose { schedule });
    world.must(owner, Deed::AgreementAccept { schedule });
}

/// Version `n` comes into use.
fn replace(world: &mut World, owner: &Who, version: u32) {
    world.must(owner, push(1, version, Account::Untold));
    let gateway = world.gateway();
    world.must(&gateway, confirm(1, version, Account::Untold));
    world.must(owner, promote(1, version, &[Use::Chat], &[]));
}

#[test]
fn a_key_is_due_by_the_earliest_of_schedule_agreement_and_expiry() {
    let (mut world, owner) = serving();
    assert_eq!(due(&world), None, "nothing is scheduled");
    agree(&mut world, &owner, Some(QUARTER));
    let by = |days: i64, reason| Some(Due { version: 1, at: at(days * DAY), reason });
    assert_eq!(due(&world), by(90, DueReason::Agreement));
    world.must(&owner, own(Some(Schedule::Every { days: 30 })));
    assert_eq!(due(&world), by(30, DueReason::Schedule));
    world.must(&owner, own(None));
    assert_eq!(due(&world), by(90, DueReason::Agreement));
}

#[test]
fn what_the_provider_ends_sooner_is_due_sooner() {
    let (mut world, owner) = serving();
    agree(&mut world, &owner, Some(QUARTER));
    let mut next = push(1, 2, Account::Untold);
    if let Deed::VersionPush { expires, .. } = &mut next {
        *expires = Some(at(10 * DAY));
    }
    world.must(&owner, next);
    let gateway = world.gateway();
    world.must(&gateway, confirm(1, 2, Account::Untold));
    assert_eq!(due(&world).unwrap().version, 1, "it is not in use yet");
    world.must(&owner, promote(1, 2, &[Use::Chat], &[]));
    assert_eq!(due(&world), Some(Due { version: 2, at: at(10 * DAY), reason: DueReason::Expiry }));
}

#[test]
fn each_key_counts_anew_and_a_date_only_for_keys_that_are_older_than_it() {
    let (mut world, owner) = serving();
    world.must(&owner, own(Some(Schedule::Every { days: 60 })));
    world.clock = 50 * DAY;
    replace(&mut world, &owner, 2);
    assert_eq!(due(&world).unwrap().at, at(110 * DAY));
    let date = at(70 * DAY);
    world.must(&owner, own(Some(Schedule::By { at: date })));
    assert_eq!(due(&world), Some(Due { version: 2, at: date, reason: DueReason::Schedule }));
    world.clock = 55 * DAY;
    replace(&mut world, &owner, 3);
    assert_eq!(due(&world), None, "it was replaced since the date was set");
}

#[test]
fn a_connections_own_schedule_may_be_shorter_than_what_was_agreed_but_not_longer() {
    let (mut world, owner) = serving();
    world.must(&owner, own(Some(Schedule::Every { days: 120 })));
    agree(&mut world, &owner, Some(QUARTER));
    assert_eq!(due(&world).unwrap().at, at(90 * DAY), "what was longer before does not count");
    world.refused(&owner, own(Some(Schedule::Every { days: 91 })), Code::ActRefused);
    world.must(&owner, own(Some(QUARTER)));
    agree(&mut world, &owner, None);
    world.must(&owner, own(Some(Schedule::Every { days: 120 })));
}

#[test]
fn only_what_was_proposed_can_be_agreed_to_and_only_while_it_waits() {
    let (mut world, owner) = serving();
    let operator = world.operator();
    world.refused(&owner, Deed::AgreementAccept { schedule: None }, Code::ActRefused);
    world.refused(&owner, Deed::AgreementDecline {}, Code::NotFound);
    world.must(&operator, Deed::AgreementPropose { schedule: Some(QUARTER) });
    assert_eq!(due(&world), None, "a proposal binds nobody");
    world.refused(&owner, Deed::AgreementAccept { schedule: Some(Schedule::Every { days: 30 }) }, Code::ActRefused);
    world.must(&owner, Deed::AgreementDecline {});
    world.refused(&owner, Deed::AgreementAccept { schedule: Some(QUARTER) }, Code::ActRefused);
    world.must(&operator, Deed::AgreementPropose { schedule: Some(QUARTER) });
    world.must(&operator, Deed::AgreementPropose { schedule: Some(Schedule::Every { days: 30 }) });
    world.refused(&owner, Deed::AgreementAccept { schedule: Some(QUARTER) }, Code::ActRefused);
    assert_eq!(world.state.agreement().agreed, None);
}

#[test]
fn what_is_no_schedule_is_refused() {
    let (mut world, owner) = serving();
    world.clock = DAY;
    let operator = world.operator();
    let wrong = [
        Schedule::Every { days: 0 },
        Schedule::Every { days: 731 },
        Schedule::By { at: at(DAY) },
        Schedule::By { at: at(732 * DAY) },
    ];
    for schedule in wrong {
        world.refused(&owner, own(Some(schedule)), Code::Malformed);
        world.refused(&operator, Deed::AgreementPropose { schedule: Some(schedule) }, Code::Malformed);
    }
}

#[test]
fn a_connection_is_looked_after_by_somebody_who_may_replace_its_key() {
    let (mut world, owner) = serving();
    let worker = world.join(&owner, 2, Role::Member);
    world.join(&owner, 3, Role::Viewer);
    let to = |n| Deed::ConnectionOwner { connection: connection(1), member: member(n) };
    assert_eq!(world.state.looked_after_by(connection(1)), Some(owner.member_id()), "who opened it");
    world.refused(&owner, to(3), Code::ActRefused);
    world.refused(&owner, to(9), Code::ActRefused);
    world.must(&owner, to(2));
    assert_eq!(world.state.looked_after_by(connection(1)), Some(worker.member_id()));
    world.must(&owner, Deed::MemberRemove { member: member(2) });
    assert_eq!(world.state.looked_after_by(connection(1)), None);
}

#[test]
fn reminders_come_fourteen_and_three_days_before_at_the_day_and_weekly_after() {
    let (date, hour) = (at(100 * DAY), |days: i64, hours: i64| at((100 + days) * DAY + hours * HOUR));
    let told = [
        (hour(-15, 0), None),
        (hour(-14, 0), Some(Reminder::TwoWeeks)),
        (hour(-3, -1), Some(Reminder::TwoWeeks)),
        (hour(-3, 0), Some(Reminder::ThreeDays)),
        (hour(0, -1), Some(Reminder::ThreeDays)),
        (hour(0, 0), Some(Reminder::Due)),
        (hour(7, -1), Some(Reminder::Due)),
        (hour(7, 0), Some(Reminder::Late(1))),
        (hour(20, 0), Some(Reminder::Late(2))),
        (hour(21, 0), Some(Reminder::Late(3))),
    ];
    for (now, expected) in told {
        assert_eq!(Reminder::at(date, now), expected, "{now}");
    }
    let mut steps: Vec<_> = told.into_iter().filter_map(|(_, step)| step).collect();
    steps.dedup();
    assert!(steps.is_sorted(), "a later one is more pressing");
}
