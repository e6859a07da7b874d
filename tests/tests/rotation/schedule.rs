//! Dates, with a moved clock: what is due is replaced by itself where it can be, and reminded of where it cannot.

use std::time::Duration;

use ownkey_agency::operator::{self, Command};
use ownkey_app::wire::{ConnectionView, DueNear, NeedKind, Preferences, QuietHours, RotationState, RotationView};
use ownkey_demo::client::Headless;
use ownkey_protocol::act::Schedule;
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use serde_json::Value;

use crate::devices::second;
use crate::world::{ACCOUNT, World};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MONTH: Schedule = Schedule::Every { days: 30 };
const QUARTER: Schedule = Schedule::Every { days: 90 };

impl World {
    async fn schedule(&self, schedule: Schedule) {
        self.client.app.set_schedule(self.connection(), Some(schedule)).await.unwrap();
    }

    /// So many days go by, and the app looks at its dates.
    async fn days_later(&self, days: u32) {
        later(&self.client, days).await;
    }

    async fn shown(&self) -> ConnectionView {
        self.client.app.app_state().await.unwrap().connections.remove(0)
    }

    /// What the person is told through the system, by its words.
    fn told(&self) -> Vec<&'static str> {
        self.client.host.notices().into_iter().map(|notice| notice.about).collect()
    }

    async fn needs(&self) -> Vec<NeedKind> {
        self.client.app.app_state().await.unwrap().needs_you.iter().map(|need| need.kind).collect()
    }

    async fn rotations(&self) -> Vec<RotationView> {
        self.client.app.app_state().await.unwrap().rotations
    }

    fn propose(&self, schedule: Option<Schedule>) {
        let client = self.servers.clients[0].id;
        operator::run(&self.servers.agency, "Mara", Command::AgreementPropose { client, schedule }).unwrap();
    }

    fn listed(&self) -> Vec<Value> {
        let rows = operator::run(&self.servers.agency, "Mara", Command::Rotations {}).unwrap();
        rows.as_array().unwrap().clone()
    }
}

async fn later(client: &Headless, days: u32) {
    client.host.move_clock(DAY * days);
    client.app.look_at_schedule().await;
}

async fn prefer(world: &World, change: impl FnOnce(&mut Preferences)) {
    let mut preferences = world.client.app.app_state().await.unwrap().preferences;
    change(&mut preferences);
    world.client.app.set_preferences(preferences).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_replaced_by_itself_and_the_person_is_told() {
    let world = World::made_for_me().await;
    world.schedule(MONTH).await;
    let due = world.shown().await.due.unwrap();
    assert!(due.by_itself && due.near.is_none());
    world.days_later(29).await;
    assert!(world.rotations().await.is_empty(), "half a day early at most");
    assert_eq!(world.needs().await, [], "nobody has to do anything");

    world.days_later(30).await;
    world.until(|view| view.automatic).await;
    world.call_until_version(2).await;
    assert_eq!(world.until_over().await.state, RotationState::Done);
    assert_eq!(world.told(), ["replaced"]);
    assert_eq!(world.living_keys().len(), 1);
    world.days_later(61).await;
    assert_eq!(world.shown().await.current, Some(2), "a clock that runs away does not burn key after key");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn not_in_quiet_hours_and_not_where_it_was_switched_off() {
    let world = World::made_for_me().await;
    world.schedule(MONTH).await;
    // All day but one minute; the clock of the test never stands there.
    let all_day = QuietHours { from: 1, until: 0 };
    prefer(&world, |preferences| preferences.quiet = Some(all_day)).await;
    world.days_later(31).await;
    assert!(world.rotations().await.is_empty());
    assert_eq!(world.needs().await, [NeedKind::KeyDue], "it is said instead");
    assert_eq!(world.told(), ["due"]);

    prefer(&world, |preferences| (preferences.quiet, preferences.by_itself) = (None, false)).await;
    world.days_later(31).await;
    assert!(world.rotations().await.is_empty());
    assert!(!world.shown().await.due.unwrap().by_itself);

    prefer(&world, |preferences| preferences.by_itself = true).await;
    world.days_later(31).await;
    assert_eq!(world.rotations().await.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_that_are_none_are_refused() {
    let world = World::made_for_me().await;
    let mut preferences = world.client.app.app_state().await.unwrap().preferences;
    preferences.quiet = Some(QuietHours { from: 0, until: 24 * 60 });
    let refused = world.client.app.set_preferences(preferences).await;
    assert_eq!(refused.map_err(|fault| fault.code), Err(Code::Malformed));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_goes_by_hand_it_is_reminded_of_in_time_and_once_each() {
    let world = World::connected(Provider::Anthropic).await;
    world.schedule(QUARTER).await;
    let steps: [(u32, &[&str], &[NeedKind]); 9] = [
        (75, &[], &[]),
        (76, &["due-soon"], &[NeedKind::KeyDueSoon]),
        (80, &[], &[NeedKind::KeyDueSoon]),
        (87, &["due-soon"], &[NeedKind::KeyDueSoon]),
        (90, &["due"], &[NeedKind::KeyDue]),
        (91, &[], &[NeedKind::KeyDue]),
        (97, &["due"], &[NeedKind::KeyDue]),
        (103, &[], &[NeedKind::KeyDue]),
        (104, &["due"], &[NeedKind::KeyDue]),
    ];
    for (day, told, needs) in steps {
        // A moment after the hour at which the key was sent.
        world.client.host.move_clock(DAY * day + Duration::from_secs(60));
        for _ in 0..2 {
            world.client.app.look_at_schedule().await;
        }
        assert_eq!(world.told(), told, "day {day}");
        assert_eq!(world.needs().await, needs, "day {day}");
    }
    let world = world.reopened().await;
    world.days_later(104).await;
    assert_eq!(world.told(), [""; 0], "not again after a restart");
    assert!(world.rotations().await.is_empty(), "nothing begins without a person");
    world.days_later(105).await;
    assert_eq!(world.shown().await.due.unwrap().near, Some(DueNear::Late));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_after_a_connection_is_told_and_nobody_else() {
    let world = World::connected(Provider::Anthropic).await;
    let ben = second(&world).await;
    world.schedule(MONTH).await;
    let bens = ben.app.app_state().await.unwrap().me.unwrap().member;
    world.client.app.refresh().await.unwrap();
    world.client.app.set_owner(world.connection(), bens).await.unwrap();
    ben.app.sync().await.unwrap();
    for client in [&world.client, &ben] {
        later(client, 31).await;
    }
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(ben.host.notices().len(), 1);
    assert_eq!(world.needs().await, [NeedKind::KeyDue], "all who may replace it see it in the window");
    assert_eq!(world.shown().await.owner_member, ben.app.app_state().await.unwrap().me.unwrap().member);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_computer_replaces_the_keys_that_it_brought_and_no_other() {
    let world = World::made_for_me().await;
    let ben = second(&world).await;
    // He has connected the same account once more, and kept its admin key: he could make a new key for both.
    ben.have_made(&world.servers, ACCOUNT).await.unwrap();
    world.client.app.refresh().await.unwrap();
    world.schedule(MONTH).await;
    ben.app.sync().await.unwrap();
    later(&ben, 31).await;
    let state = ben.app.app_state().await.unwrap();
    assert!(state.rotations.is_empty(), "he can neither end the old key nor prove that it is dead: {state:#?}");
    assert!(!state.connections[0].due.as_ref().unwrap().by_itself);
    world.days_later(31).await;
    let annas = world.rotations().await;
    assert_eq!((annas.len(), &annas[0].connection), (1, &world.connection()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agency_proposes_holds_once_an_owner_agrees() {
    let world = World::connected(Provider::Anthropic).await;
    world.propose(Some(QUARTER));
    world.client.app.sync().await.unwrap();
    assert_eq!(world.needs().await, [NeedKind::AgreementWaits]);
    assert!(world.shown().await.due.is_none());
    let accepted = world.client.app.answer_agreement(Some(MONTH), true).await;
    assert_eq!(accepted.map_err(|fault| fault.code), Err(Code::ActRefused), "nobody agrees to what he did not see");
    world.client.app.answer_agreement(Some(QUARTER), true).await.unwrap();
    assert_eq!((world.needs().await, world.shown().await.due.is_some()), (vec![], true));
    let longer = world.client.app.set_schedule(world.connection(), Some(Schedule::Every { days: 120 })).await;
    assert_eq!(longer.map_err(|fault| fault.code), Err(Code::ActRefused));
    world.schedule(MONTH).await;

    world.propose(None);
    world.client.app.sync().await.unwrap();
    world.client.app.answer_agreement(None, false).await.unwrap();
    let agreement = world.client.app.app_state().await.unwrap().agreement;
    assert_eq!((agreement.agreed, agreement.proposal), (Some(QUARTER), None), "what was turned down changes nothing");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agency_sees_who_is_due() {
    let world = World::connected(Provider::Anthropic).await;
    assert_eq!(world.listed(), Vec::<Value>::new());
    world.schedule(Schedule::Every { days: 10 }).await;
    let rows = world.listed();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["due"]["version"], &rows[0]["due"]["late"]), (&1.into(), &false.into()), "{rows:?}");
    assert_eq!(rows[0]["due"]["owner_name"], world.shown().await.owner);
    world.end().await;
}
